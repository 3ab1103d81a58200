-- The lane's lease and what people see of it. `:micros` values are microseconds since the epoch (ferry.instant).

-- name: acquire
WITH created AS (
    INSERT INTO ferry.job (channel, job, holder, epoch, expires_at)
    SELECT :channel::integer, :job::text, :holder::text, 1, clock_timestamp() + :ttl::bigint * interval '1 microsecond'
    WHERE NOT EXISTS (SELECT FROM ferry.job WHERE channel = :channel::integer AND job = :job::text)
    ON CONFLICT DO NOTHING
    RETURNING *
), taken AS (
    -- waits for a concurrent taker and then sees its row: only one of them finds the lease free
    UPDATE ferry.job
    SET epoch = CASE WHEN holder = :holder::text THEN epoch ELSE epoch + 1 END,
        holder = :holder::text,
        expires_at = clock_timestamp() + :ttl::bigint * interval '1 microsecond'
    WHERE channel = :channel::integer AND job = :job::text
        AND (holder IS NULL OR holder = :holder::text OR expires_at IS NULL OR expires_at <= clock_timestamp())
    RETURNING *
), lane AS (
    SELECT true AS held, * FROM created
    UNION ALL SELECT true, * FROM taken
    UNION ALL SELECT false, * FROM ferry.job
        WHERE channel = :channel::integer AND job = :job::text AND NOT EXISTS (SELECT FROM taken)
)
SELECT held, epoch, greatest(ferry.micros(expires_at) - ferry.micros(clock_timestamp()), 0), paused, requested,
    ferry.can_compare(snapshot, cluster), ferry.micros(compared_fully_at), ferry.micros(next_boundary),
    ferry.micros(portal_clock)
FROM lane

-- name: release
UPDATE ferry.job SET holder = NULL, expires_at = NULL
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
INSERT INTO ferry.job (channel, job, paused, pause_reason) VALUES (:channel::integer, :job::text, true, :reason::text)
ON CONFLICT (channel, job) DO UPDATE SET paused = true, pause_reason = EXCLUDED.pause_reason

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
