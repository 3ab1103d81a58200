-- What is to be sent, and what became of it.

-- name: due
-- That a state is one of two is said for the planner: it cannot see it in `kind`, and would not use the partial index.
WITH lane AS (
    SELECT FROM ferry.job
    WHERE channel = :channel::integer AND job = :job::text AND holder = :holder::text AND epoch = :epoch::bigint
        AND expires_at > clock_timestamp()
), kind(rank, state, priority) AS (
    VALUES (0, 'pending', 0), (2, 'pending', 1), (3, 'absent', 0), (4, 'absent', 1)
), waiting AS (
    SELECT min(w.next_attempt_at) AS next_due FROM kind CROSS JOIN LATERAL (
        SELECT p.next_attempt_at FROM ferry.publication p
        WHERE p.channel = :channel::integer AND p.feed = :feed::text AND p.state IN ('pending', 'absent')
            AND p.state = kind.state AND p.priority = kind.priority AND p.next_attempt_at > now()
                ORDER BY p.next_attempt_at LIMIT 1) w
), doubtful AS (
    SELECT min(p.confirm_at) AS next_due FROM ferry.publication p
    WHERE p.channel = :channel::integer AND p.feed = :feed::text AND p.state = 'settled' AND p.confirm_at > now()
), due AS (
    (SELECT kind.rank, d.next_attempt_at AS due_at, d.* FROM kind CROSS JOIN LATERAL (
        SELECT p.* FROM ferry.publication p
        WHERE p.channel = :channel::integer AND p.feed = :feed::text AND p.state IN ('pending', 'absent')
            AND p.state = kind.state AND p.priority = kind.priority AND p.next_attempt_at <= now()
            AND (p.key, p.part) NOT IN (SELECT * FROM unnest(:except_keys::bigint[], :except_parts::integer[]))
        ORDER BY p.next_attempt_at LIMIT :most::bigint) d)
    UNION ALL
    -- few, and perhaps selling too much: only what decreases goes before
    (SELECT 1, p.confirm_at, p.* FROM ferry.publication p
    WHERE p.channel = :channel::integer AND p.feed = :feed::text AND p.state = 'settled' AND p.confirm_at <= now()
        AND (p.key, p.part) NOT IN (SELECT * FROM unnest(:except_keys::bigint[], :except_parts::integer[]))
    ORDER BY p.confirm_at LIMIT :most::bigint)
    ORDER BY rank, due_at LIMIT :most::bigint
)
SELECT EXISTS (SELECT FROM lane), ferry.micros(least((SELECT next_due FROM waiting), (SELECT next_due FROM doubtful))),
    due.key, due.part, due.label, due.desired, due.acknowledged, due.state, due.attempts, due.snoozes,
    ferry.micros(due.next_attempt_at), due.reason, ferry.micros(due.confirm_at)
FROM (VALUES (1)) one LEFT JOIN due ON EXISTS (SELECT FROM lane)
ORDER BY due.rank, due.due_at

-- name: settle
-- One exchange per element of the first arrays, one item per element of the item arrays. A publication contributes one
-- to its run: deferred while pending or absent, successful when settled, failed when dead; the run follows each change.
WITH exchange AS MATERIALIZED (
    SELECT x.*, nextval(pg_get_serial_sequence('ferry.exchange', 'id')) AS id
    FROM unnest(:started::bigint[], :finished::bigint[], :requests::integer[], :statuses::integer[], :sent::text[],
        :replies::text[]) WITH ORDINALITY AS x(started, finished, requests, status, request, reply, number)
), item AS MATERIALIZED (
    SELECT * FROM unnest(:numbers::integer[], :keys::bigint[], :parts::integer[], :documents::text[], :verdicts::text[],
        :states::text[], :attempts::integer[], :snoozes::integer[], :next_attempts::bigint[], :reasons::text[],
        :confirms::bigint[])
        WITH ORDINALITY AS i(number, key, part, document, verdict, state, attempts, snoozes, next_attempt, reason,
            confirm, position)
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
    SELECT x.number, x.id, x.started, x.finished FROM exchange x
), latest AS (
    SELECT DISTINCT ON (key, part) * FROM item ORDER BY key, part, position DESC
), old AS MATERIALIZED (
    -- fewer attempts than the exchange found: the ERP said something else meanwhile and the same again, or a person
    -- replayed the record. What an exchange that began before has to say of it is not about this beginning.
    SELECT p.key, p.part, p.run, p.state,
        coalesce(p.desired, '') <> l.document OR (l.verdict <> 'delivered'
            AND p.attempts < l.attempts - (l.verdict NOT IN ('snooze', 'drifted'))::integer) AS moved_on,
        (p.state = 'held' OR p.state = 'settled' AND p.discarded IS NOT NULL AND starts_with(p.reason, 'discarded: '))
            AND (coalesce(p.desired, '') <> l.document OR l.verdict <> 'delivered') AS stays,
        l.document, l.verdict = 'delivered' AS delivered, l.state AS told, l.attempts, l.snoozes, l.next_attempt,
        l.reason, nullif(l.confirm, 0) AS confirm, x.id AS exchange, x.started, x.finished, p.exposed
    FROM latest l JOIN sent x ON x.number = l.number CROSS JOIN LATERAL (
        SELECT p.key, p.part, p.run, p.state, p.attempts, p.desired, p.exposed, p.discarded, p.reason
        FROM ferry.publication p
        WHERE p.channel = :channel::integer AND p.feed = :feed::text AND p.key = l.key AND p.part = l.part OFFSET 0) p
    FOR UPDATE OF p
), settled AS (
    UPDATE ferry.publication p SET
        acknowledged = CASE WHEN o.delivered THEN nullif(o.document, '') ELSE p.acknowledged END,
        acknowledged_fingerprint = CASE WHEN o.delivered THEN hashtextextended(nullif(o.document, ''), 0)
            ELSE p.acknowledged_fingerprint END,
        acknowledged_at = CASE WHEN o.delivered THEN ferry.instant(o.finished) ELSE p.acknowledged_at END,
        in_doubt = p.in_doubt AND NOT o.delivered,
        -- what was under way when its record came to be held or was discarded: only that value's own arrival ends it
        state = CASE WHEN o.stays THEN o.state WHEN o.moved_on THEN 'pending' ELSE o.told END,
        attempts = CASE WHEN o.moved_on OR o.stays THEN 0 ELSE o.attempts END,
        snoozes = CASE WHEN o.moved_on OR o.stays THEN 0 ELSE o.snoozes END,
        next_attempt_at = CASE WHEN o.stays THEN NULL WHEN o.moved_on THEN clock_timestamp()
            WHEN o.told IN ('pending', 'absent') THEN ferry.instant(o.next_attempt) END,
        reason = CASE WHEN o.stays THEN p.reason WHEN NOT o.moved_on THEN o.reason END,
        -- what came into doubt while the exchange was under way is not settled by it
        confirm_at = greatest(ferry.instant(o.confirm), CASE WHEN p.confirm_at > ferry.instant(o.started)
            THEN p.confirm_at END),
        exchange = o.exchange,
        -- nothing but this and what is wished by now can be shown any more, unless a request may still be applied
        exposed = CASE WHEN p.exposed IS NULL THEN NULL
            WHEN o.delivered AND o.confirm IS NULL AND NOT coalesce(p.confirm_at > ferry.instant(o.started), false)
                THEN greatest(ferry.exposure(nullif(o.document, '')), ferry.exposure(p.desired))
            WHEN o.told = 'absent' THEN ferry.exposure(p.desired) ELSE p.exposed END
    FROM old o
    WHERE p.channel = :channel::integer AND p.feed = :feed::text AND p.key = o.key AND p.part = o.part
    RETURNING p.run, o.state AS old_state, p.state AS new_state, p.key, o.exposed AS old_exposed, p.exposed
), left_to_others AS (
    -- the channels that share this record have more room than they knew
    INSERT INTO ferry.change_hint (feed, key)
    SELECT DISTINCT :feed::text, s.key FROM settled s WHERE s.exposed < s.old_exposed
    RETURNING pg_notify('ferry', feed)::text
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

-- name: wake_absent
-- What waits for these is looked for at once, and by its time again if it is still not there. A record that is being
-- written is left to its time: lanes never wait for one another.
WITH brought AS (
    SELECT DISTINCT p.label FROM unnest(:keys::bigint[], :parts::integer[]) b(key, part) CROSS JOIN LATERAL (
        SELECT p.label FROM ferry.publication p
        WHERE p.channel = :channel::integer AND p.feed = :feed::text AND p.key = b.key AND p.part = b.part OFFSET 0) p
), waiting AS MATERIALIZED (
    SELECT p.feed, p.key, p.part FROM brought b CROSS JOIN LATERAL (
        SELECT p.feed, p.key, p.part FROM ferry.publication p
        WHERE p.channel = :channel::integer AND p.label = b.label AND p.state = 'absent'
            AND p.feed = ANY (:waiting::text[]) AND p.next_attempt_at > now() OFFSET 0) p
    FOR UPDATE OF p SKIP LOCKED
), woken AS (
    UPDATE ferry.publication p SET next_attempt_at = clock_timestamp() FROM waiting w
    WHERE p.channel = :channel::integer AND p.feed = w.feed AND p.key = w.key AND p.part = w.part
    RETURNING p.feed
)
SELECT count(*), max(pg_notify('ferry', f.feed)::text) FROM (SELECT DISTINCT feed FROM woken) f

-- name: came_meanwhile
-- What was found absent, and came while it was being looked for: whoever brought it did not see it wait. Found by its key,
-- which the feeds of a product share; any other is looked for by its time.
WITH missed AS MATERIALIZED (
    SELECT p.key, p.part FROM unnest(:keys::bigint[], :parts::integer[], :started::bigint[]) l(key, part, started)
    CROSS JOIN LATERAL (
        SELECT p.key, p.part, p.label FROM ferry.publication p
        WHERE p.channel = :channel::integer AND p.feed = :feed::text AND p.key = l.key AND p.part = l.part
            AND p.state = 'absent' OFFSET 0) p
    CROSS JOIN LATERAL (
        SELECT FROM ferry.publication b
        WHERE b.channel = :channel::integer AND b.feed = ANY (:awaited::text[]) AND b.key = p.key AND b.label = p.label
            AND b.acknowledged IS NOT NULL AND b.acknowledged_at > ferry.instant(l.started) LIMIT 1) b
), woken AS (
    UPDATE ferry.publication p SET next_attempt_at = clock_timestamp() FROM missed m
    WHERE p.channel = :channel::integer AND p.feed = :feed::text AND p.key = m.key AND p.part = m.part
    RETURNING p.feed
)
SELECT count(*), max(pg_notify('ferry', feed)::text) FROM woken
