-- The lane's lease and what people see of it. `:micros` values are microseconds since the epoch (ferry.instant).

-- name: meet
-- One at a time among those who use a credential; and the lane has its row.
WITH lane AS (
    INSERT INTO ferry.job (channel, job, expires_at)
    SELECT :channel::integer, :job::text, clock_timestamp()
    WHERE NOT EXISTS (SELECT FROM ferry.job WHERE channel = :channel::integer AND job = :job::text)
    ON CONFLICT DO NOTHING
)
SELECT pg_advisory_xact_lock(hashtextextended('ferry credential ' || :credential::text, 0))::text

-- name: acquire
-- A lane that became free goes to who drives its neighbours already, for `affinity` exclusively: lanes with one
-- credential gather in one process, which then has the whole rate. Whoever comes back to a lease of his that has run out
-- may find others: he joins them as anybody does, or not at all where there is no request for him in the rate.
WITH other AS (
    SELECT holder, min(joined_at) AS joined_at, max(renewed_before) AS knows_at FROM ferry.job
    WHERE :credential::text <> '' AND credential = :credential::text AND holder <> :holder::text
        AND expires_at > clock_timestamp()
    GROUP BY holder
), mine AS (
    SELECT (SELECT count(*) FROM other) AS others,
        (SELECT min(joined_at) FROM ferry.job WHERE credential = :credential::text AND holder = :holder::text
            AND expires_at > clock_timestamp()) AS joined_at
), taken AS (
    -- waits for a concurrent taker and then sees its row: only one of them finds the lease free
    UPDATE ferry.job j
    SET epoch = CASE WHEN j.holder = :holder::text THEN j.epoch ELSE j.epoch + 1 END,
        holder = :holder::text,
        expires_at = clock_timestamp() + :ttl::bigint * interval '1 microsecond',
        credential = :credential::text,
        joined_at = coalesce(mine.joined_at, clock_timestamp()),
        renewed_before = CASE WHEN j.holder = :holder::text AND mine.joined_at IS NOT NULL THEN j.renewed_at END,
        renewed_at = clock_timestamp(),
        taken_over_at = CASE WHEN j.holder <> :holder::text THEN clock_timestamp() ELSE j.taken_over_at END
    FROM mine
    WHERE j.channel = :channel::integer AND j.job = :job::text
        AND (j.holder = :holder::text AND j.expires_at > clock_timestamp()
            OR ((j.holder IS NULL OR j.expires_at <= clock_timestamp())
            AND (mine.others = 0 OR mine.joined_at IS NOT NULL OR (mine.others < :rate::bigint AND (j.holder = :holder::text
                OR coalesce(j.expires_at, '-infinity') <= clock_timestamp() - :affinity::bigint * interval '1 microsecond')))))
    RETURNING j.*
), lane AS (
    SELECT true AS held, * FROM taken
    UNION ALL SELECT false, * FROM ferry.job
        WHERE channel = :channel::integer AND job = :job::text AND NOT EXISTS (SELECT FROM taken)
)
SELECT held, epoch,
    -- free, and left to somebody else: ask again in a second
    CASE WHEN expires_at > clock_timestamp() THEN ferry.micros(expires_at) - ferry.micros(clock_timestamp())
        WHEN held THEN 0 ELSE 1000000 END,
    paused, requested,
    ferry.can_compare(snapshot, cluster), ferry.micros(compared_fully_at), ferry.micros(next_boundary),
    ferry.micros(portal_clock), 1 + (SELECT others FROM mine),
    -- whoever was there before us has read an answer that counts us
    NOT EXISTS (SELECT FROM other o WHERE o.joined_at <= lane.joined_at
        AND coalesce(o.knows_at <= lane.joined_at, true)),
    ferry.micros(taken_over_at),
    ferry.micros(unread_since)
FROM lane

-- name: release
UPDATE ferry.job SET holder = NULL, expires_at = clock_timestamp()
WHERE channel = :channel::integer AND job = :job::text AND holder = :holder::text AND epoch = :epoch::bigint

-- name: fence
SELECT 1 FROM ferry.job
WHERE channel = :channel::integer AND job = :job::text AND holder = :holder::text AND epoch = :epoch::bigint
    AND expires_at > clock_timestamp()
FOR SHARE

-- name: report
UPDATE ferry.job
SET last_error = nullif(:error::text, ''), last_error_at = CASE WHEN :error::text = '' THEN last_error_at
    ELSE clock_timestamp() END
WHERE channel = :channel::integer AND job = :job::text AND holder = :holder::text AND epoch = :epoch::bigint
    AND expires_at > clock_timestamp()
    AND (last_error IS DISTINCT FROM nullif(:error::text, '') OR :error::text <> '')

-- name: pause
WITH paused AS (
    INSERT INTO ferry.job AS j (channel, job, paused, pause_reason, paused_at)
    VALUES (:channel::integer, :job::text, true, :reason::text, clock_timestamp())
    ON CONFLICT (channel, job) DO UPDATE SET paused = true, pause_reason = EXCLUDED.pause_reason,
        paused_at = CASE WHEN j.paused THEN j.paused_at ELSE EXCLUDED.paused_at END
    RETURNING job
)
SELECT max(pg_notify('ferry', 'pause')::text) FROM paused

-- name: resume
WITH resumed AS (
    UPDATE ferry.job SET paused = false, pause_reason = NULL
    WHERE channel = :channel::integer AND (job = :job::text OR :job::text = '') AND paused
    RETURNING job
)
SELECT count(*), max(pg_notify('ferry', job)::text) FROM resumed

-- name: request
WITH asked AS (
    INSERT INTO ferry.job AS j (channel, job, requested) VALUES (:channel::integer, :job::text, :mode::text)
    ON CONFLICT (channel, job) DO UPDATE SET requested =
        CASE WHEN j.requested = 'full' THEN 'full' ELSE EXCLUDED.requested END
    RETURNING job
)
SELECT count(*), max(pg_notify('ferry', job)::text) FROM asked
