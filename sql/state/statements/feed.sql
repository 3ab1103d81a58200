-- A feed run. The profile's sections are set in where `%section%` stands; they are part of this build, never data.

-- name: open
-- Pins the lane and takes the snapshot that becomes the watermark. A run that looks at reports alone goes on from the
-- last one that did. Where a boundary has come, everything is compared: a run that was decided on before it and begins
-- after it would otherwise move it on without having looked. Reports leave it where it is. Last: whether the channel
-- shares what it publishes with others.
SELECT pg_current_snapshot()::text, j.seen::text, pg_snapshot_xmin(j.seen)::text,
    ferry.can_compare(j.snapshot, j.cluster) AND ferry.can_compare(j.seen, j.cluster)
        AND (:mode::text = 'hints' OR coalesce(j.next_boundary > now(), true)),
    j.cluster IS NOT NULL AND j.cluster <> ferry.cluster(),
    coalesce((SELECT true FROM ferry.change_hint h
        WHERE h.feed = :job::text AND h.key = 0 AND h.txid >= pg_snapshot_xmin(j.seen)
            AND NOT pg_visible_in_snapshot(h.txid, j.seen) LIMIT 1), false),
    (%shared%),
    j.compared_fully_at IS NULL, j.disowned <> :disowned::text[], w.run, coalesce(w.is_first, false)
FROM (
    SELECT cluster, snapshot, next_boundary, compared_fully_at, disowned,
        CASE WHEN :mode::text = 'hints' THEN coalesce(hint_snapshot, snapshot) ELSE snapshot END AS seen
    FROM ferry.job
    WHERE channel = :channel::integer AND job = :job::text AND holder = :holder::text AND epoch = :epoch::bigint
        AND expires_at > clock_timestamp()
    FOR SHARE
) j LEFT JOIN ferry.hold w ON w.channel = :channel::integer AND w.job = :job::text AND w.ended_at IS NULL

-- name: take_turn
-- Taken before the snapshot, by the runs of channels that share: each sees what the others were given. A statement that
-- reads would fix the snapshot before it had waited.
LOCK TABLE ferry.division IN SHARE ROW EXCLUSIVE MODE

-- name: refresh_fingerprints
-- After a restore into, or an upgrade to, another server version: a fingerprint belongs to the version that
-- computed it.
UPDATE ferry.publication
SET fingerprint = hashtextextended(desired, 0), acknowledged_fingerprint = hashtextextended(acknowledged, 0)
WHERE channel = :channel::integer AND feed = :feed::text
    AND (fingerprint IS DISTINCT FROM hashtextextended(desired, 0)
        OR acknowledged_fingerprint IS DISTINCT FROM hashtextextended(acknowledged, 0))

-- name: disown
-- What is not the ERP's any more is forgotten on both sides: nothing is sent for that, and what waits is sent without
-- it.
WITH trimmed AS (
    UPDATE ferry.publication p SET desired = o.desired, fingerprint = hashtextextended(o.desired, 0),
        acknowledged = o.acknowledged, acknowledged_fingerprint = hashtextextended(o.acknowledged, 0)
    FROM (SELECT q.key, q.part, ferry.owned(q.desired, :disowned::text[]) AS desired,
            ferry.owned(q.acknowledged, :disowned::text[]) AS acknowledged
        FROM ferry.publication q WHERE q.channel = :channel::integer AND q.feed = :feed::text) o
    WHERE p.channel = :channel::integer AND p.feed = :feed::text AND p.key = o.key AND p.part = o.part
        AND (p.desired IS DISTINCT FROM o.desired OR p.acknowledged IS DISTINCT FROM o.acknowledged)
)
UPDATE ferry.job SET disowned = :disowned::text[] WHERE channel = :channel::integer AND job = :feed::text

-- name: owned
SELECT o.key, o.part, o.label, ferry.owned(o.document, :disowned::text[]) AS document FROM (%desired%) o OFFSET 0

-- name: hinted
SELECT h.key FROM ferry.change_hint h
WHERE h.feed = :feed::text AND h.txid >= (:since::text)::xid8
    AND NOT pg_visible_in_snapshot(h.txid, :snapshot::pg_snapshot)

-- name: candidates
-- With the keys that depend on a candidate, such as kits on their components.
WITH candidate(key) AS MATERIALIZED (SELECT DISTINCT s.key FROM (%sources%) s(key) WHERE s.key <> 0 LIMIT :most::bigint)
SELECT count(*), coalesce(array_agg(k.key), '{}')::text,
    -- few keys: the prepared plan, which expects ten; many: one for their number, with room for what it compares
    set_config('plan_cache_mode', CASE WHEN count(*) <= 200 THEN 'force_generic_plan' ELSE 'force_custom_plan' END,
        true),
    set_config('work_mem', CASE WHEN count(*) <= 200 THEN current_setting('work_mem') ELSE '64MB' END, true)
FROM (SELECT c.key FROM candidate c UNION SELECT r.key::bigint FROM (%related%) r(key)) k

-- name: keyed
-- Candidate keys are given; the planner knows how many, and what is known is looked up key by key.
WITH candidate(key) AS (SELECT unnest(:keys::bigint[])),
wanted AS (
    SELECT d.key, d.part, d.label, d.document, hashtextextended(d.document, 0) AS fingerprint FROM (%desired%) d
), known AS (
    SELECT k.* FROM candidate c CROSS JOIN LATERAL (
        SELECT p.key, p.part, p.label, p.fingerprint FROM ferry.publication p
        WHERE p.channel = :channel::integer AND p.feed = :feed::text AND p.key = c.key OFFSET 0) k
)

-- name: full
-- Every key, and every publication: one that is wanted no more is withdrawn.
WITH candidate(key) AS (SELECT DISTINCT a.key::bigint FROM (%all%) a(key)),
wanted AS (
    SELECT d.key, d.part, d.label, d.document, hashtextextended(d.document, 0) AS fingerprint FROM (%desired%) d
), known AS (
    SELECT p.key, p.part, p.label, p.fingerprint FROM ferry.publication p
    WHERE p.channel = :channel::integer AND p.feed = :feed::text
)

-- name: compared
, compared AS MATERIALIZED (
    SELECT coalesce(w.key, k.key) AS key, coalesce(w.part, k.part) AS part,
        w.fingerprint IS DISTINCT FROM k.fingerprint AS is_changed,
        -- unchanged rows are only counted: they stay narrow
        CASE WHEN w.fingerprint IS DISTINCT FROM k.fingerprint THEN coalesce(w.label, k.label) END AS label,
        CASE WHEN w.fingerprint IS DISTINCT FROM k.fingerprint THEN w.document END AS document,
        w.fingerprint
    FROM wanted w FULL JOIN known k ON k.key = w.key AND k.part = w.part
    WHERE w.key IS NOT NULL OR k.fingerprint IS NOT NULL
)

-- name: mark
, new_run AS (
    INSERT INTO ferry.run (channel, job, mode, started_at, finished_at, holder, inbound, changed, unchanged, deferred)
    SELECT :channel::integer, :feed::text, :mode::text, now(),
        CASE WHEN count(*) FILTER (WHERE is_changed) = 0 THEN clock_timestamp() END, :holder::text,
        count(*), count(*) FILTER (WHERE is_changed), count(*) FILTER (WHERE NOT is_changed),
            count(*) FILTER (WHERE is_changed)
    FROM compared HAVING count(*) > 0 OR :mode::text = 'full'
    RETURNING id, inbound, changed
), marked AS (
    INSERT INTO ferry.publication AS p
        (channel, feed, key, part, label, desired, fingerprint, state, next_attempt_at, run, changed_at)
    SELECT :channel::integer, :feed::text, c.key, c.part, c.label, c.document, c.fingerprint, 'pending',
        clock_timestamp(),
        r.id, clock_timestamp()
    FROM compared c CROSS JOIN new_run r WHERE c.is_changed
    ON CONFLICT (channel, feed, key, part) DO UPDATE SET
        label = EXCLUDED.label, desired = EXCLUDED.desired, fingerprint = EXCLUDED.fingerprint,
        state = CASE WHEN p.state = 'held' THEN 'held' ELSE 'pending' END,
        priority = CASE WHEN (%urgent%) THEN 0 ELSE 1 END,
        attempts = 0, snoozes = 0, next_attempt_at = CASE WHEN p.state <> 'held' THEN EXCLUDED.next_attempt_at END,
        reason = CASE WHEN p.state = 'held' THEN p.reason END, exposed = %exposed%,
        run = EXCLUDED.run, changed_at = EXCLUDED.changed_at,
        in_doubt = p.in_doubt OR p.state NOT IN ('settled', 'held')
    RETURNING p.state = 'held' AS is_held, %figures%
)
SELECT r.id, r.inbound, r.changed, m.*
FROM new_run r CROSS JOIN (SELECT %change_set% FROM marked m WHERE NOT m.is_held) m

-- name: exposed
-- Whatever was wished since the portal last confirmed may have been sent, and may still arrive.
greatest(p.exposed, ferry.exposure(p.acknowledged), ferry.exposure(p.desired), ferry.exposure(EXCLUDED.desired))

-- name: show
-- What a run would change; figures as the guard would have them, and the largest changes first.
, change AS MATERIALIZED (
    SELECT c.label, c.part, p.acknowledged, c.document, coalesce(p.state = 'held', false) AS is_held, %figures%
    FROM compared c LEFT JOIN ferry.publication p ON p.channel = :channel::integer AND p.feed = :feed::text
        AND p.key = c.key AND p.part = c.part
    WHERE c.is_changed
)
SELECT n.inbound, n.changed, m.*,
    NOT EXISTS (SELECT FROM compared c JOIN ferry.publication p ON p.channel = :channel::integer
        AND p.feed = :feed::text AND p.key = c.key AND p.part = c.part
        WHERE c.fingerprint IS NOT NULL AND (p.acknowledged_fingerprint IS NOT NULL
            OR p.state <> 'settled' AND NOT EXISTS (SELECT FROM ferry.publication a WHERE a.channel = :channel::integer
                AND a.feed = :feed::text AND a.acknowledged_fingerprint IS NOT NULL))),
    (SELECT count(*) FROM change c WHERE c.acknowledged IS NULL AND c.document IS NOT NULL),
    (SELECT count(*) FROM ferry.publication p WHERE p.channel = :channel::integer AND p.feed = :feed::text
        AND p.state = 'held'), s.label, s.acknowledged, s.document
FROM (SELECT count(*) AS inbound, count(*) FILTER (WHERE is_changed) AS changed FROM compared) n
CROSS JOIN (SELECT %change_set% FROM change m WHERE NOT m.is_held) m
LEFT JOIN LATERAL (
    SELECT c.label, c.acknowledged, c.document FROM change c
    ORDER BY ferry.relative_change(:feed::text, c.acknowledged, c.document) DESC NULLS LAST, c.label, c.part
    LIMIT :most::bigint) s ON true

-- name: finish
UPDATE ferry.job SET
    snapshot = CASE WHEN :mode::text = 'hints' THEN snapshot ELSE :now_snapshot::pg_snapshot END,
    hint_snapshot = :now_snapshot::pg_snapshot,
    cluster = ferry.cluster(),
    compared_fully_at = CASE WHEN :mode::text = 'full' THEN now() ELSE compared_fully_at END,
    next_boundary = CASE WHEN :mode::text = 'hints' THEN next_boundary ELSE (%boundary%) END,
    requested = CASE WHEN :mode::text = 'full' OR requested = 'incremental' THEN NULL ELSE requested END,
    last_run = coalesce(nullif(:run::bigint, 0), last_run),
    last_success_at = CASE WHEN :changed::bigint = 0 THEN clock_timestamp() ELSE last_success_at END
WHERE channel = :channel::integer AND job = :feed::text
RETURNING ferry.micros(next_boundary)

-- name: purge_hints
-- Below the least watermark of the lanes that still run; a lane that rested longer than a day compares everything.
WITH least AS (
    SELECT min(pg_snapshot_xmin(j.snapshot)) AS txid FROM ferry.job j JOIN ferry.channel c ON c.id = j.channel
    WHERE c.active AND NOT j.paused AND j.expires_at > clock_timestamp() - interval '1 day' AND j.snapshot IS NOT NULL
), horizon AS (
    -- in the same transaction, so that no lane can miss a hint without seeing the horizon pass its watermark
    UPDATE ferry.hint_horizon h SET txid = least.txid FROM least
    WHERE h.txid < least.txid AND EXISTS (SELECT FROM ferry.change_hint c WHERE c.txid < least.txid)
    RETURNING h.txid
)
DELETE FROM ferry.change_hint WHERE ctid = ANY (ARRAY(
    SELECT c.ctid FROM ferry.change_hint c WHERE c.txid < coalesce((SELECT txid FROM horizon), (SELECT txid
        FROM ferry.hint_horizon))
    LIMIT :most::bigint FOR UPDATE SKIP LOCKED))
