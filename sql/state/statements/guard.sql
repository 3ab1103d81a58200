-- What the guard counts, and what becomes of change sets that are held. `{previous}` and `{document}` stand for what
-- the portal confirmed of a record and what it is to show, `{in_doubt}` for whether it may have been sent something since.
-- The decision is plugin/engine/guard.h.

-- name: figures
-- Of a record that is to be sent.
{previous} IS DISTINCT FROM {document} AND {previous} IS NOT NULL OR {in_doubt} AND {document} IS NULL AS is_change,
    ({previous} IS NOT NULL OR {in_doubt}) AND {document} IS NULL AS is_withdrawal,
    ferry.is_out_of_stock(:feed::text, {document}) AND NOT ferry.is_out_of_stock(:feed::text, {previous}) AS is_zeroing,
    ferry.price_in(:feed::text, {document}) / nullif(ferry.price_in(:feed::text, {previous}), 0) AS price_ratio

-- name: change_set
-- Of all such records `m`; parts of a price in hundredths of a percent.
count(*), count(*) FILTER (WHERE m.is_change), count(*) FILTER (WHERE m.is_withdrawal),
    count(*) FILTER (WHERE m.is_zeroing), coalesce(round((1 - min(m.price_ratio)) * 10000)::bigint, 0),
    CASE WHEN max(m.price_ratio) > 1 THEN round(least(max(m.price_ratio) - 1, 1000000) * 10000)::bigint ELSE 0 END

-- name: first
-- No row: the lane has never compared anything.
SELECT 1 FROM ferry.job WHERE channel = :channel::integer AND job = :feed::text AND compared_fully_at IS NOT NULL

-- name: confirmed
-- With those that are on their way for the first time.
SELECT count(*) FROM (SELECT FROM ferry.publication p WHERE p.channel = :channel::integer AND p.feed = :feed::text
    AND (p.acknowledged_fingerprint IS NOT NULL OR p.state <> 'settled') LIMIT :most::bigint) c

-- name: withdrawn
-- Whether anything that the portal confirmed is still wanted or, where it has confirmed nothing yet, anything that was on
-- its way before this run; and what other runs of the last day withdrew, unless a person was asked about it.
SELECT EXISTS (SELECT FROM ferry.publication p WHERE p.channel = :channel::integer AND p.feed = :feed::text
        AND p.acknowledged_fingerprint IS NOT NULL AND p.fingerprint IS NOT NULL)
    OR EXISTS (SELECT FROM ferry.publication p WHERE p.channel = :channel::integer AND p.feed = :feed::text
        AND (p.in_doubt OR p.run <> :run::bigint) AND p.fingerprint IS NOT NULL)
    AND NOT EXISTS (SELECT FROM ferry.publication p WHERE p.channel = :channel::integer AND p.feed = :feed::text
        AND p.acknowledged_fingerprint IS NOT NULL),
    count(*), count(*) FILTER (WHERE q.acknowledged_fingerprint IS NULL)
FROM ferry.publication q WHERE q.channel = :channel::integer AND q.feed = :feed::text AND q.fingerprint IS NULL
    AND q.changed_at > now() - interval '1 day' AND q.run <> :run::bigint AND q.state <> 'held'
    AND NOT EXISTS (SELECT FROM ferry.hold h WHERE h.run = q.run)

-- name: hold
-- The run's records, as yet seen by nobody, wait for a person with those that wait already.
WITH held AS (
    UPDATE ferry.publication p SET state = 'held', next_attempt_at = NULL, reason = 'held: ' || :reason::text
    WHERE p.channel = :channel::integer AND p.feed = :feed::text AND p.state = 'pending' AND p.run = :run::bigint
    RETURNING p.key
)
SELECT count(*) FROM held

-- name: largest
-- Of what is held.
SELECT p.label, trim_scale(ferry.figure_in(:feed::text, p.acknowledged))::text,
    trim_scale(ferry.figure_in(:feed::text, p.desired))::text, p.desired IS NULL
FROM ferry.publication p WHERE p.channel = :channel::integer AND p.feed = :feed::text AND p.state = 'held'
ORDER BY ferry.relative_change(:feed::text, p.acknowledged, p.desired) DESC NULLS LAST, p.label LIMIT :most::bigint

-- name: join
UPDATE ferry.hold SET ended_at = clock_timestamp(), outcome = 'joined', note = 'by run ' || :run::bigint
WHERE channel = :channel::integer AND job = :feed::text AND ended_at IS NULL

-- name: note
WITH noted AS (
    UPDATE ferry.run SET held = :reason::text WHERE id = :run::bigint
)
INSERT INTO ferry.hold (run, channel, job, reason, records, is_first, held_at)
SELECT :run::bigint, :channel::integer, :feed::text, :reason::text, count(*), :is_first::boolean, clock_timestamp()
FROM ferry.publication p WHERE p.channel = :channel::integer AND p.feed = :feed::text AND p.state = 'held'

-- name: restore
-- Held records that are to show again what the portal shows: nothing is left to do, unless it may show something else.
WITH back AS (
    UPDATE ferry.publication p SET state = CASE WHEN p.in_doubt THEN 'pending' ELSE 'settled' END, reason = NULL,
        next_attempt_at = CASE WHEN p.in_doubt THEN clock_timestamp() END
    WHERE p.channel = :channel::integer AND p.feed = :feed::text AND p.state = 'held'
        AND p.fingerprint IS NOT DISTINCT FROM p.acknowledged_fingerprint
    RETURNING p.run, p.state
), counted AS (
    UPDATE ferry.run r SET successful = r.successful + n.n, deferred = r.deferred - n.n,
        finished_at = CASE WHEN r.deferred = n.n THEN clock_timestamp() END
    FROM (SELECT run, count(*) AS n FROM back WHERE state = 'settled' GROUP BY run ORDER BY run) n WHERE r.id = n.run
)
SELECT count(*) FROM back

-- name: held
-- What is held, as a change set; and whether it has been as it is for a while.
SELECT m.*, coalesce(r.is_quiet, true)
FROM (
    SELECT %change_set% FROM (SELECT %figures% FROM ferry.publication p
        WHERE p.channel = :channel::integer AND p.feed = :feed::text AND p.state = 'held') m) m
CROSS JOIN (
    SELECT max(p.changed_at) < clock_timestamp() - :quiet::bigint * interval '1 microsecond' AS is_quiet
    FROM ferry.publication p
    WHERE p.channel = :channel::integer AND p.feed = :feed::text AND p.state = 'held') r

-- name: release
-- The newest that the ERP says is sent. `run` 0: whichever lasts.
WITH ended AS (
    UPDATE ferry.hold h SET ended_at = clock_timestamp(), outcome = :outcome::text, ended_by = nullif(:by::text, ''),
        note = nullif(:note::text, '')
    WHERE h.channel = :channel::integer AND h.job = :feed::text AND h.ended_at IS NULL
        AND (h.run = :run::bigint OR :run::bigint = 0)
    RETURNING h.run
), released AS (
    UPDATE ferry.publication p SET state = 'pending', attempts = 0, snoozes = 0, next_attempt_at = clock_timestamp(),
        reason = NULL
    FROM ended e WHERE p.channel = :channel::integer AND p.feed = :feed::text AND p.state = 'held'
    RETURNING p.key
), woken AS (
    SELECT pg_notify('ferry', :feed::text)::text AS x FROM ended
)
SELECT (SELECT run FROM ended), (SELECT count(*) FROM released), (SELECT count(x) FROM woken)

-- name: discard
-- Taken as settled until the ERP's value changes, like a dead letter that is given up; and, like that, it can be taken
-- back: it is a dead letter then, to be replayed or discarded record by record.
WITH ended AS (
    UPDATE ferry.hold h SET ended_at = clock_timestamp(), outcome = 'discarded', ended_by = :by::text,
        note = nullif(:note::text, '')
    WHERE h.channel = :channel::integer AND h.job = :feed::text AND h.ended_at IS NULL
        AND (h.run = :run::bigint OR :run::bigint = 0)
    RETURNING h.run
), chosen AS (
    SELECT p.key, p.part, p.run FROM ferry.publication p, ended e
    WHERE p.channel = :channel::integer AND p.feed = :feed::text AND p.state = 'held' FOR UPDATE OF p
), discarded AS (
    UPDATE ferry.publication p SET state = 'settled', attempts = 0, snoozes = 0, discarded = p.reason,
        reason = 'discarded: ' || :note::text, confirm_at = NULL
    FROM chosen c WHERE p.channel = :channel::integer AND p.feed = :feed::text AND p.key = c.key AND p.part = c.part
), counted AS (
    UPDATE ferry.run r SET successful = r.successful + n.n, deferred = r.deferred - n.n,
        finished_at = CASE WHEN r.deferred = n.n THEN clock_timestamp() END
    FROM (SELECT run, count(*) AS n FROM chosen GROUP BY run ORDER BY run) n WHERE r.id = n.run
)
SELECT (SELECT run FROM ended), (SELECT count(*) FROM chosen)

-- name: list
-- What is held now, with the largest changes of each.
SELECT coalesce(json_agg(json_build_object('channel', h.channel, 'job', h.job, 'run', h.run, 'reason', h.reason,
    'held_at', ferry.iso(h.held_at), 'records', n.records, 'changes', n.changes) ORDER BY h.channel, h.job), '[]')::text
FROM ferry.hold h CROSS JOIN LATERAL (
    SELECT (SELECT count(*) FROM ferry.publication p WHERE p.channel = h.channel AND p.feed = h.job
            AND p.state = 'held') AS records,
        coalesce(json_agg(json_build_object('label', s.label, 'acknowledged', s.acknowledged, 'desired', s.desired)
            ORDER BY s.change DESC NULLS LAST, s.label), '[]') AS changes
    FROM (SELECT p.label, p.acknowledged, p.desired,
            ferry.relative_change(p.feed, p.acknowledged, p.desired) AS change
        FROM ferry.publication p WHERE p.channel = h.channel AND p.feed = h.job AND p.state = 'held'
        ORDER BY change DESC NULLS LAST, p.label LIMIT :most::bigint) s) n
WHERE h.ended_at IS NULL AND (h.channel = :channel::integer OR :channel::integer = 0)
    AND (h.job = :job::text OR :job::text = '')
