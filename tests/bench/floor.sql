-- What PostgreSQL alone needs for the work of a feed run and its acknowledgements: the same candidates, the same
-- desired state, the same comparison, the same rows to be remembered; written by hand, in one transaction, with nobody
-- to tell.

-- name: compare
BEGIN ISOLATION LEVEL REPEATABLE READ;
SET LOCAL work_mem = '64MB';
CREATE TEMP TABLE candidate ON COMMIT DROP AS
    SELECT DISTINCT h.key FROM ferry.change_hint h
    JOIN (SELECT coalesce(hint_snapshot, snapshot) AS seen FROM ferry.job WHERE channel = 1 AND job = '%feed%') j
        ON h.txid >= pg_snapshot_xmin(j.seen) AND NOT pg_visible_in_snapshot(h.txid, j.seen)
    WHERE h.feed = '%feed%' AND h.key <> 0;
ANALYZE candidate;
CREATE TEMP TABLE difference ON COMMIT DROP AS
    SELECT w.*, row_number() OVER () - 1 AS number
    FROM (SELECT d.key, d.part, d.label, d.document, hashtextextended(d.document, 0) AS fingerprint
        FROM (%desired%) d) w
    LEFT JOIN LATERAL (SELECT p.fingerprint FROM ferry.publication p
        WHERE p.channel = 1 AND p.feed = '%feed%' AND p.key = w.key AND p.part = w.part OFFSET 0) k ON true
    WHERE w.fingerprint IS DISTINCT FROM k.fingerprint;
ANALYZE difference;
INSERT INTO ferry.run (channel, job, mode, started_at, finished_at, holder, inbound, changed, successful)
    SELECT 1, '%feed%', 'hints', now(), clock_timestamp(), 'PostgreSQL', count(*), count(*), count(*) FROM difference;

-- name: mark
-- What makes a change survive a crash between the comparison and the portal's answer.
INSERT INTO ferry.publication AS p (channel, feed, key, part, label, desired, fingerprint, state, next_attempt_at, run,
        changed_at)
    SELECT 1, '%feed%', d.key, d.part, d.label, d.document, d.fingerprint, 'pending', now(),
        currval(pg_get_serial_sequence('ferry.run', 'id')), now()
    FROM difference d
    ON CONFLICT (channel, feed, key, part) DO UPDATE SET label = EXCLUDED.label, desired = EXCLUDED.desired,
        fingerprint = EXCLUDED.fingerprint, state = 'pending', attempts = 0, snoozes = 0,
        next_attempt_at = EXCLUDED.next_attempt_at, reason = NULL, run = EXCLUDED.run, changed_at = EXCLUDED.changed_at;

-- name: acknowledge
UPDATE ferry.publication p SET acknowledged = d.document, acknowledged_fingerprint = d.fingerprint,
        acknowledged_at = now(), state = 'settled', next_attempt_at = NULL
    FROM difference d WHERE p.channel = 1 AND p.feed = '%feed%' AND p.key = d.key AND p.part = d.part;

-- name: mark and acknowledge
INSERT INTO ferry.publication AS p (channel, feed, key, part, label, desired, fingerprint, acknowledged,
        acknowledged_fingerprint, acknowledged_at, state, run, changed_at)
    SELECT 1, '%feed%', d.key, d.part, d.label, d.document, d.fingerprint, d.document, d.fingerprint, now(), 'settled',
        currval(pg_get_serial_sequence('ferry.run', 'id')), now()
    FROM difference d
    ON CONFLICT (channel, feed, key, part) DO UPDATE SET label = EXCLUDED.label, desired = EXCLUDED.desired,
        fingerprint = EXCLUDED.fingerprint, acknowledged = EXCLUDED.acknowledged,
        acknowledged_fingerprint = EXCLUDED.acknowledged_fingerprint, acknowledged_at = EXCLUDED.acknowledged_at,
        state = 'settled', attempts = 0, snoozes = 0, next_attempt_at = NULL, reason = NULL, run = EXCLUDED.run,
        changed_at = EXCLUDED.changed_at;

-- name: record
INSERT INTO ferry.exchange (channel, job, started_at, finished_at, requests, keys, verdicts, status, request, reply)
    SELECT 1, '%feed%', now(), now(), 1, array_agg(d.key), array_agg('delivered'::text), 200,
        left('POST /%feed% [' || string_agg(d.document, ',') || ']', %trail%), '{"applied":' || count(*) || '}'
    FROM difference d GROUP BY d.number / %batch%;
UPDATE ferry.job SET hint_snapshot = pg_current_snapshot(),
    last_run = currval(pg_get_serial_sequence('ferry.run', 'id')), last_success_at = clock_timestamp() WHERE channel = 1 AND job = '%feed%';
COMMIT
