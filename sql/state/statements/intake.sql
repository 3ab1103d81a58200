-- Portal orders on their way in.

-- name: begin
INSERT INTO ferry.run (channel, job, mode, started_at, holder)
VALUES (:channel::integer, :job::text, 'intake', clock_timestamp(), :holder::text)
RETURNING id

-- name: store
-- Only new and changed orders are written. An order contributes one to the run that saw it changed: deferred while
-- waiting or ready, failed in review, successful when linked or skipped. One that is cancelled, or that a person
-- skips, after it may have been handed to the ERP stays ready: it is looked for there before it is skipped. One that the ERP
-- has already is to be revised there.
WITH given AS MATERIALIZED (
    SELECT DISTINCT ON (g.reference) g.*,
        hashtextextended(concat_ws('|', g.portal_state, g.acknowledged, g.open, g.cancelled, g.document,
            CASE WHEN g.admission <> 'import' THEN g.admission || g.ruling END), 0) AS fingerprint
    FROM unnest(:references::text[], :portal_ids::text[], :states::text[], :placed::bigint[], :acknowledged::boolean[],
        :open::boolean[], :cancelled::boolean[], :documents::text[], :admissions::text[], :rulings::text[])
        WITH ORDINALITY AS g(reference, portal_id, portal_state, placed, acknowledged, open, cancelled, document,
            admission, ruling, position)
    ORDER BY g.reference, g.position DESC
), renamed AS (
    -- an order that changed its number: imported again it would be doubled
    UPDATE ferry.portal_order o SET
        reason = 'the portal now calls this order ' || quote_literal(left(g.reference,
            100)) || ': check both numbers by hand',
        last_seen_at = clock_timestamp()
    FROM given g
    WHERE o.channel = :channel::integer AND o.portal_id = g.portal_id AND o.reference <> g.reference
    RETURNING g.reference
), known AS MATERIALIZED (
    SELECT g.*, o.state AS old_state, o.reason AS old_reason, o.cancelled AS was_cancelled, o.handed_over, o.erp_id,
        o.skip_asked_at IS NOT NULL AS is_to_be_skipped, o.revision AS old_revision, o.revise_at AS old_revise_at,
        -- what is still to be shipped there is nothing to revise: mostly Ferry itself has told the portal of the shipment
        o.cancelled IS DISTINCT FROM g.cancelled OR o.document IS DISTINCT FROM g.document
            AND regexp_replace(o.document, '"open_quantity":"[^"]*"', '', 'g')
                IS DISTINCT FROM regexp_replace(g.document, '"open_quantity":"[^"]*"', '', 'g') AS is_revised,
        o.fingerprint IS DISTINCT FROM g.fingerprint AS is_changed, o.last_seen_at, coalesce(o.left_alone, false) AS was_left_alone,
        -- an answer may lack the moment: what is known of it stays, and an order is as old as it has been seen
        CASE WHEN g.placed > 0 THEN ferry.instant(g.placed) ELSE coalesce(o.placed_at, now()) END AS placed_at,
        -- the ERP may have it, or a person has asked for it: too late for a rule
        CASE WHEN o.handed_over AND o.ask_again_at IS NULL OR o.admitted THEN 'import' ELSE g.admission END AS ruled
    FROM (SELECT * FROM given WHERE reference NOT IN (SELECT reference FROM renamed)) g
    LEFT JOIN ferry.portal_order o ON o.channel = :channel::integer AND o.reference = g.reference
), decided AS MATERIALIZED (
    SELECT k.*, CASE
        WHEN k.old_state = 'linked' OR k.old_state = 'skipped' AND NOT k.was_left_alone THEN k.old_state
        WHEN (k.cancelled OR k.is_to_be_skipped) AND k.handed_over THEN 'ready'
        WHEN k.cancelled OR k.ruled = 'never' THEN 'skipped'
        WHEN k.acknowledged AND k.ruled = 'import' THEN 'ready'
        WHEN k.acknowledged AND k.ruled = 'review' OR k.old_state = 'review' AND k.ruled <> 'wait' THEN 'review'
        ELSE 'waiting' END AS new_state
    FROM known k WHERE k.is_changed
), told AS MATERIALIZED (
    SELECT d.*, CASE WHEN NOT d.cancelled AND d.new_state = CASE d.ruled WHEN 'never' THEN 'skipped' WHEN 'review' THEN 'review'
        WHEN 'wait' THEN 'waiting' END AND (d.old_state IS DISTINCT FROM 'skipped' OR d.was_left_alone)
        THEN nullif(d.ruling, '') END AS ruled_so
    FROM decided d
), seen AS (
    -- often enough to look at the longest unseen first, seldom enough not to rewrite every open order at each poll
    UPDATE ferry.portal_order o SET last_seen_at = clock_timestamp() FROM known k
    WHERE NOT k.is_changed AND k.last_seen_at < clock_timestamp() - interval '1 minute'
        AND o.channel = :channel::integer AND o.reference = k.reference
), stored AS (
    INSERT INTO ferry.portal_order AS o (channel, reference, portal_id, placed_at, portal_state, open, cancelled,
        cancelled_at, document, fingerprint, state, reason, left_alone, erp_id, next_attempt_at, revision, revise_at,
        first_seen_at, last_seen_at, run)
    SELECT :channel::integer, reference, portal_id, placed_at, portal_state, open, cancelled,
        CASE WHEN cancelled THEN clock_timestamp() END, document, fingerprint, new_state,
        CASE WHEN new_state = 'ready' AND cancelled THEN
                'cancelled on the portal; it is looked for in the ERP before it is skipped'
            WHEN ruled_so IS NOT NULL THEN ruled_so
            WHEN new_state = old_state AND NOT was_left_alone AND (is_to_be_skipped OR NOT (new_state = 'ready' AND was_cancelled))
                THEN old_reason
            WHEN new_state = 'skipped' THEN 'cancelled on the portal before it was imported' END,
        new_state = 'skipped' AND ruled_so IS NOT NULL, erp_id,
        CASE WHEN new_state = 'ready' THEN clock_timestamp() END,
        CASE WHEN new_state = 'linked' AND is_revised THEN 'due' ELSE old_revision END,
        CASE WHEN new_state = 'linked' AND is_revised THEN clock_timestamp() ELSE old_revise_at END,
        now(), now(), :run::bigint
    FROM told
    ON CONFLICT (channel, reference) DO UPDATE SET
        placed_at = EXCLUDED.placed_at, portal_state = EXCLUDED.portal_state, open = EXCLUDED.open,
        cancelled = EXCLUDED.cancelled,
        cancelled_at = CASE WHEN EXCLUDED.cancelled THEN coalesce(o.cancelled_at, EXCLUDED.cancelled_at) END,
        document = EXCLUDED.document, fingerprint = EXCLUDED.fingerprint,
        state = EXCLUDED.state,
        reason = EXCLUDED.reason, left_alone = EXCLUDED.left_alone,
        attempts = CASE WHEN EXCLUDED.state = o.state AND EXCLUDED.cancelled = o.cancelled THEN o.attempts ELSE 0 END,
        next_attempt_at = CASE WHEN EXCLUDED.state = o.state AND EXCLUDED.cancelled = o.cancelled THEN o.next_attempt_at
            ELSE EXCLUDED.next_attempt_at END,
        revision = EXCLUDED.revision, revise_at = EXCLUDED.revise_at,
        ask_again_at = CASE WHEN o.ask_again_at IS NOT NULL THEN 'infinity'::timestamptz END,
        last_seen_at = EXCLUDED.last_seen_at, run = EXCLUDED.run, txid = pg_current_xact_id()
    RETURNING reference
), counted AS (
    UPDATE ferry.run r SET
        inbound = r.inbound + n.inbound, changed = r.changed + n.changed,
            unchanged = r.unchanged + n.inbound - n.changed,
        successful = r.successful + n.successful, failed = r.failed + n.failed,
        deferred = r.deferred + n.changed - n.successful - n.failed
    FROM (SELECT (SELECT count(*) FROM given) AS inbound, count(*) AS changed,
            count(*) FILTER (WHERE new_state IN ('linked', 'skipped')) AS successful,
            count(*) FILTER (WHERE new_state = 'review') AS failed
        FROM decided) n
    WHERE r.id = :run::bigint
)
SELECT (SELECT count(*) FROM given), (SELECT count(*) FROM stored),
    coalesce((SELECT array_agg(reference) FROM stored), '{}')::text

-- name: doubt_moved
-- An order has changed, or is shipped when it is first seen: the portal may have moved its own number with it. What it
-- confirmed is looked at again, also when what is wanted of it stays the same because the ERP received as many. What an
-- order was last seen to hold back does not matter: that answer may have been garbled. What a person has discarded is not
-- sent, in doubt or not.
WITH moved AS (
    SELECT p.channel, p.feed, p.key, p.part FROM ferry.publication p
    WHERE p.channel = :channel::integer AND p.feed = 'stock' AND p.label IN (
        SELECT l.sku FROM ferry.portal_order o JOIN ferry.portal_order_line l USING (channel, reference)
        WHERE o.channel = :channel::integer AND o.reference = ANY (:references::text[])
            AND (o.first_seen_at < o.last_seen_at OR l.open_quantity < l.quantity))
        AND (p.state <> 'settled' OR p.fingerprint IS NOT DISTINCT FROM p.acknowledged_fingerprint)
    ORDER BY p.key, p.part FOR UPDATE
)
-- a doubt that lasts longer already is not cut short
UPDATE ferry.publication p SET confirm_at = greatest(p.confirm_at, clock_timestamp()) FROM moved m
WHERE p.channel = m.channel AND p.feed = m.feed AND p.key = m.key AND p.part = m.part

-- name: store_lines
-- What the stored orders hold back, as the document's lines say. A quantity that is no decimal counts as nothing.
-- A line that is gone (a cancelled order has none), or has another SKU now, stays and holds nothing: feeds find its
-- product by it.
WITH gone AS (
    UPDATE ferry.portal_order_line SET quantity = 0, open_quantity = 0
    WHERE channel = :channel::integer AND reference = ANY (:references::text[]) AND quantity > 0
        AND (reference, line, sku) NOT IN (SELECT o.reference, l.line->>'line', coalesce(l.line->>'sku', '')
            FROM ferry.portal_order o,
            json_array_elements(replace(o.document, '\u0000', '\ufffd')::json->'lines') AS l(line)
            WHERE o.channel = :channel::integer AND o.reference = ANY (:references::text[])
                AND l.line->>'line' IS NOT NULL)
)
INSERT INTO ferry.portal_order_line AS p (channel, reference, line, sku, quantity, open_quantity)
SELECT :channel::integer, q.reference, q.line, q.sku, sum(q.quantity), sum(least(q.open_quantity, q.quantity))
FROM (
    SELECT o.reference, l.line->>'line' AS line, coalesce(l.line->>'sku', '') AS sku,
        CASE WHEN l.line->>'quantity' ~ '^[0-9]{1,15}([.][0-9]{1,10})?$' THEN (l.line->>'quantity')::numeric ELSE 0
            END AS quantity,
        CASE WHEN l.line->>'open_quantity' ~ '^[0-9]{1,15}([.][0-9]{1,10})?$' THEN (l.line->>'open_quantity')::numeric
            ELSE 0 END
            AS open_quantity
    FROM ferry.portal_order o, json_array_elements(replace(o.document, '\u0000', '\ufffd')::json->'lines') AS l(line)
    WHERE o.channel = :channel::integer AND o.reference = ANY (:references::text[])
) q WHERE q.line IS NOT NULL
GROUP BY q.reference, q.line, q.sku
ON CONFLICT (channel, reference, line, sku) DO UPDATE SET
    quantity = EXCLUDED.quantity, open_quantity = EXCLUDED.open_quantity

-- name: notify
SELECT pg_notify('ferry', j)::text FROM unnest(:jobs::text[]) AS j

-- name: open
SELECT portal_id FROM (
    SELECT portal_id, last_seen_at FROM ferry.portal_order WHERE channel = :channel::integer AND open
    UNION ALL SELECT portal_id, last_seen_at FROM ferry.portal_order
    WHERE channel = :channel::integer AND state = 'linked' AND NOT open AND :watched_since::bigint > 0
        AND placed_at >= ferry.instant(:watched_since::bigint) AND last_seen_at < clock_timestamp() - interval '1 hour'
) o ORDER BY last_seen_at LIMIT 1000

-- name: ready
-- Who asks may hand them to the ERP and be killed: that is known from here on. The last column: for how long it has not
-- been wanted any more, because the portal shows it as cancelled or a person skips it; NULL: it is wanted, or the ERP has
-- it and is to take what has changed of it.
WITH due AS (
    SELECT reference FROM ferry.portal_order
    WHERE channel = :channel::integer AND state = 'ready' AND next_attempt_at <= clock_timestamp()
    UNION ALL SELECT reference FROM ferry.portal_order
    WHERE channel = :channel::integer AND revision = 'due' AND revise_at <= clock_timestamp()
    -- what the ERP knows of its customer may have changed, which nothing on the portal shows
    UNION ALL SELECT reference FROM ferry.portal_order
    WHERE channel = :channel::integer AND state = 'skipped' AND left_alone AND open AND ask_again_at <= clock_timestamp()
), chosen AS MATERIALIZED (
    SELECT reference, document, attempts, state = 'linked' AS is_linked, state = 'skipped' AS was_left_alone,
        -- who has waited longest comes first: changes of old orders, a whole day's refunds perhaps, do not hold up new ones
        CASE state WHEN 'linked' THEN revise_at WHEN 'skipped' THEN ask_again_at ELSE placed_at END AS since,
        ferry.micros(clock_timestamp()) - ferry.micros(least(skip_asked_at,
            CASE WHEN cancelled THEN coalesce(cancelled_at, clock_timestamp()) END)) AS unwanted_for
    FROM ferry.portal_order JOIN due USING (reference) WHERE channel = :channel::integer
    ORDER BY since, reference LIMIT :most::bigint
), marked AS (
    UPDATE ferry.portal_order o SET handed_over = true, handed_fingerprint = o.fingerprint,
        ask_again_at = CASE WHEN c.was_left_alone THEN clock_timestamp() + interval '1 hour' END
    FROM chosen c
    WHERE o.channel = :channel::integer AND o.reference = c.reference AND (c.is_linked OR c.unwanted_for IS NULL)
        AND (NOT o.handed_over OR o.handed_fingerprint IS DISTINCT FROM o.fingerprint OR o.ask_again_at IS NOT NULL)
)
SELECT reference, document, attempts, CASE WHEN NOT is_linked THEN unwanted_for END, is_linked, was_left_alone FROM chosen
ORDER BY since, reference

-- name: record
-- What the ERP leaves alone while the portal shows another document of it already is handed over at once again.
WITH outcome AS (
    SELECT DISTINCT ON (o.reference) o.* FROM unnest(:references::text[], :states::text[], :reasons::text[],
        :attempts::integer[],
        :next_attempts::bigint[], :erp_ids::bigint[], :erp_numbers::text[], :left_alone::boolean[])
        WITH ORDINALITY AS o(reference, state, reason, attempts, next_attempt, erp_id, erp_number, left_alone, position)
    ORDER BY o.reference, o.position DESC
), old AS MATERIALIZED (
    SELECT p.reference, p.state, CASE WHEN (o.state = 'review' OR o.left_alone) AND (p.cancelled OR p.skip_asked_at IS NOT NULL)
                OR o.left_alone AND p.fingerprint IS DISTINCT FROM p.handed_fingerprint THEN 'ready'
            ELSE o.state END AS told, o.left_alone,
        -- whoever skipped it said why
        CASE WHEN o.state = 'skipped' THEN coalesce(p.skip_reason, o.reason) ELSE o.reason END AS reason, o.attempts, o.next_attempt, o.erp_id, o.erp_number,
        -- the ERP was given, or made before a crash of, another document than the portal shows now; or one of which something
        -- was paid back already: an order is entered as it was sold
        o.state = 'linked' AND (p.cancelled OR strpos(p.document, '"refunds":[') > 0
            OR p.fingerprint IS DISTINCT FROM p.handed_fingerprint) AS is_outdated
    FROM outcome o JOIN ferry.portal_order p ON p.channel = :channel::integer AND p.reference = o.reference
    -- what is linked stays linked; what was skipped is not put back, unless the ERP has made an order of it; only what
    -- still is cancelled, or to be skipped, is skipped, and is no case for a person
    WHERE p.state <> 'linked' AND (p.state <> 'skipped' OR o.state = 'linked' OR p.left_alone)
        AND (o.state <> 'skipped' OR o.left_alone OR p.cancelled OR p.skip_asked_at IS NOT NULL)
    FOR UPDATE OF p
), recorded AS (
    UPDATE ferry.portal_order p SET
        state = o.told, reason = o.reason, attempts = coalesce(o.attempts, 0),
        left_alone = o.left_alone AND o.told = 'skipped',
        ask_again_at = CASE WHEN o.left_alone AND o.told = 'skipped' THEN clock_timestamp() + interval '1 hour' END,
        next_attempt_at = CASE WHEN o.told = 'ready' THEN coalesce(ferry.instant(o.next_attempt),
            clock_timestamp()) END,
        erp_id = CASE WHEN o.told = 'linked' THEN o.erp_id END,
        erp_number = CASE WHEN o.told = 'linked' THEN o.erp_number END,
        linked_at = CASE WHEN o.told = 'linked' THEN clock_timestamp() END,
        revision = CASE WHEN o.is_outdated THEN 'due' END, revise_at = CASE WHEN o.is_outdated THEN clock_timestamp() END,
        txid = CASE WHEN o.told = p.state THEN p.txid ELSE pg_current_xact_id() END
    FROM old o WHERE p.channel = :channel::integer AND p.reference = o.reference
    RETURNING p.run, o.state AS old_state, p.state AS new_state
), moved AS (
    SELECT run,
        sum((new_state IN ('linked', 'skipped'))::integer - (old_state IN ('linked',
            'skipped'))::integer) AS successful,
        sum((new_state = 'review')::integer - (old_state = 'review')::integer) AS failed
    FROM recorded WHERE new_state <> old_state GROUP BY run
), counted AS (
    UPDATE ferry.run r SET successful = r.successful + m.successful, failed = r.failed + m.failed,
        deferred = r.deferred - m.successful - m.failed
    FROM (SELECT * FROM moved ORDER BY run) m WHERE r.id = m.run
)
SELECT count(*) FILTER (WHERE new_state <> old_state) FROM recorded

-- name: record_revisions
-- What the portal has changed since the document was handed over is handed over too, whatever came of that one.
WITH outcome AS (
    SELECT DISTINCT ON (o.reference) o.* FROM unnest(:references::text[], :states::text[], :reasons::text[],
        :attempts::integer[],
        :next_attempts::bigint[], :erp_ids::bigint[], :erp_numbers::text[])
        WITH ORDINALITY AS o(reference, state, reason, attempts, next_attempt, erp_id, erp_number, position)
    ORDER BY o.reference, o.position DESC
), told AS MATERIALIZED (
    SELECT o.*, CASE WHEN p.fingerprint IS DISTINCT FROM p.handed_fingerprint THEN 'due'
        WHEN o.state = 'linked' THEN NULL WHEN o.state = 'ready' THEN 'due' ELSE 'review' END AS revision,
        p.fingerprint IS DISTINCT FROM p.handed_fingerprint AS is_outdated
    FROM outcome o JOIN ferry.portal_order p ON p.channel = :channel::integer AND p.reference = o.reference
    WHERE p.revision = 'due' FOR UPDATE OF p
), recorded AS (
    UPDATE ferry.portal_order p SET revision = o.revision, reason = CASE WHEN o.state <> 'linked' THEN o.reason END,
        revise_at = CASE WHEN o.is_outdated THEN clock_timestamp()
            WHEN o.revision = 'due' THEN coalesce(ferry.instant(o.next_attempt), clock_timestamp()) END,
        attempts = CASE WHEN o.is_outdated THEN 0 ELSE coalesce(o.attempts, 0) END,
        erp_number = CASE WHEN o.state = 'linked' THEN o.erp_number ELSE p.erp_number END,
        txid = CASE WHEN o.state = 'linked' THEN pg_current_xact_id() ELSE p.txid END
    FROM told o WHERE p.channel = :channel::integer AND p.reference = o.reference
    RETURNING o.state
)
SELECT count(*) FILTER (WHERE state = 'linked') FROM recorded

-- name: finish
-- A run that found nothing new is not kept: the intake looks every few seconds.
WITH finished AS (
    UPDATE ferry.run SET finished_at = clock_timestamp() WHERE id = :run::bigint AND changed > 0 RETURNING id
), dropped AS (
    DELETE FROM ferry.run WHERE id = :run::bigint AND changed = 0
)
UPDATE ferry.job SET
    -- back as well: a portal whose clock once jumped ahead must not hide the orders of the time between
    portal_clock = coalesce(ferry.instant(nullif(:window_end::bigint, 0)), portal_clock),
    unread_since = ferry.instant(nullif(:unread_since::bigint, 0)),
    unread = CASE WHEN :unread_since::bigint > 0 THEN coalesce(nullif(:unread::text, ''), unread) END,
    -- who reported them may be gone
    last_error = CASE WHEN :unread_since::bigint > 0 OR last_error IS DISTINCT FROM unread THEN last_error END,
    last_run = coalesce((SELECT id FROM finished), last_run),
    requested = NULL,
    last_success_at = clock_timestamp()
WHERE channel = :channel::integer AND job = :job::text
