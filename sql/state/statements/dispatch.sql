-- What is to be sent, and what became of it.

-- name: due
-- That a state is one of two is said for the planner: it cannot see it in `kind`, and would not use the partial index.
WITH lane AS (
    SELECT FROM ferry.job
    WHERE channel = :channel::integer AND job = :job::text AND holder = :holder::text AND epoch = :epoch::bigint
        AND expires_at > clock_timestamp()
), kind(rank, state, priority) AS (
    VALUES (0, 'pending', 0), (1, 'pending', 1), (2, 'absent', 0), (3, 'absent', 1)
), waiting AS (
    SELECT min(w.next_attempt_at) AS next_due FROM kind CROSS JOIN LATERAL (
        SELECT p.next_attempt_at FROM ferry.publication p
        WHERE p.channel = :channel::integer AND p.feed = :feed::text AND p.state IN ('pending', 'absent')
            AND p.state = kind.state AND p.priority = kind.priority AND p.next_attempt_at > now()
                ORDER BY p.next_attempt_at LIMIT 1) w
), due AS (
    SELECT kind.rank, d.* FROM kind CROSS JOIN LATERAL (
        SELECT p.* FROM ferry.publication p
        WHERE p.channel = :channel::integer AND p.feed = :feed::text AND p.state IN ('pending', 'absent')
            AND p.state = kind.state AND p.priority = kind.priority AND p.next_attempt_at <= now()
            AND (p.key, p.part) NOT IN (SELECT * FROM unnest(:except_keys::bigint[], :except_parts::integer[]))
        ORDER BY p.next_attempt_at LIMIT :most::bigint) d
    ORDER BY kind.rank, d.next_attempt_at LIMIT :most::bigint
)
SELECT EXISTS (SELECT FROM lane), ferry.micros((SELECT next_due FROM waiting)), due.key, due.part, due.label,
    due.desired,
    due.acknowledged, due.state, due.attempts, due.snoozes, ferry.micros(due.next_attempt_at), due.reason
FROM (VALUES (1)) one LEFT JOIN due ON EXISTS (SELECT FROM lane)
ORDER BY due.rank, due.next_attempt_at

-- name: settle
-- One exchange per element of the first arrays, one item per element of the item arrays. A publication contributes one
-- to its run: deferred while pending or absent, successful when settled, failed when dead; the run follows each change.
WITH exchange AS MATERIALIZED (
    SELECT x.*, nextval(pg_get_serial_sequence('ferry.exchange', 'id')) AS id
    FROM unnest(:started::bigint[], :finished::bigint[], :requests::integer[], :statuses::integer[], :sent::text[],
        :replies::text[]) WITH ORDINALITY AS x(started, finished, requests, status, request, reply, number)
), item AS MATERIALIZED (
    SELECT * FROM unnest(:numbers::integer[], :keys::bigint[], :parts::integer[], :documents::text[], :verdicts::text[],
        :states::text[], :attempts::integer[], :snoozes::integer[], :next_attempts::bigint[], :reasons::text[])
        WITH ORDINALITY AS i(number, key, part, document, verdict, state, attempts, snoozes, next_attempt, reason,
            position)
), recorded AS (
    INSERT INTO ferry.exchange (id, channel, job, started_at, finished_at, requests, keys, verdicts, status, request,
        reply)
    OVERRIDING SYSTEM VALUE
    SELECT x.id, :channel::integer, :feed::text, ferry.instant(x.started), ferry.instant(x.finished), x.requests,
        b.keys, b.verdicts, x.status, x.request, x.reply
    FROM exchange x JOIN (
        SELECT i.number, array_agg(i.key ORDER BY i.position) AS keys, array_agg(i.verdict ORDER BY i.position) AS verdicts
        FROM item i GROUP BY i.number) b ON b.number = x.number
), sent AS MATERIALIZED (
    -- a row that is locked carries a copy of every row it is joined with, so these stay narrow
    SELECT x.number, x.id, x.finished FROM exchange x
), latest AS (
    SELECT DISTINCT ON (key, part) * FROM item ORDER BY key, part, position DESC
), old AS MATERIALIZED (
    SELECT p.key, p.part, p.run, p.state, coalesce(p.desired, '') <> l.document AS moved_on,
        l.document, l.verdict = 'delivered' AS delivered, l.state AS told, l.attempts, l.snoozes, l.next_attempt,
        l.reason, x.id AS exchange, x.finished
    FROM latest l JOIN sent x ON x.number = l.number CROSS JOIN LATERAL (
        SELECT p.key, p.part, p.run, p.state, p.desired FROM ferry.publication p
        WHERE p.channel = :channel::integer AND p.feed = :feed::text AND p.key = l.key AND p.part = l.part OFFSET 0) p
    FOR UPDATE OF p
), settled AS (
    UPDATE ferry.publication p SET
        acknowledged = CASE WHEN o.delivered THEN nullif(o.document, '') ELSE p.acknowledged END,
        acknowledged_fingerprint = CASE WHEN o.delivered THEN hashtextextended(nullif(o.document, ''), 0)
            ELSE p.acknowledged_fingerprint END,
        acknowledged_at = CASE WHEN o.delivered THEN ferry.instant(o.finished) ELSE p.acknowledged_at END,
        state = CASE WHEN o.moved_on THEN 'pending' ELSE o.told END,
        attempts = CASE WHEN o.moved_on THEN 0 ELSE o.attempts END,
        snoozes = CASE WHEN o.moved_on THEN 0 ELSE o.snoozes END,
        next_attempt_at = CASE WHEN o.moved_on THEN clock_timestamp()
            WHEN o.told IN ('pending', 'absent') THEN ferry.instant(o.next_attempt) END,
        reason = CASE WHEN NOT o.moved_on THEN o.reason END,
        exchange = o.exchange
    FROM old o
    WHERE p.channel = :channel::integer AND p.feed = :feed::text AND p.key = o.key AND p.part = o.part
    RETURNING p.run, o.state AS old_state, p.state AS new_state
), moved AS (
    SELECT run,
        sum((new_state = 'settled')::integer - (old_state = 'settled')::integer) AS successful,
        sum((new_state = 'dead')::integer - (old_state = 'dead')::integer) AS failed
    FROM settled WHERE new_state <> old_state GROUP BY run
), counted AS (
    UPDATE ferry.run r SET
        successful = r.successful + m.successful, failed = r.failed + m.failed,
        deferred = r.deferred - m.successful - m.failed,
        finished_at = CASE WHEN r.deferred - m.successful - m.failed = 0 THEN clock_timestamp() END
    FROM (SELECT * FROM moved ORDER BY run) m WHERE r.id = m.run
)
UPDATE ferry.job SET last_success_at = clock_timestamp()
WHERE channel = :channel::integer AND job = :feed::text AND EXISTS (SELECT FROM item WHERE verdict = 'delivered')
