-- Reconciliation: what the portal shows against what it confirmed. The portal can neither hash nor be joined, and
-- reading it is what costs (a page of 200 takes it longer than the comparison of a million keys takes here). So each of
-- its pages is compared as it comes, as one set against the publications of its labels: no second pass over the portal
-- is needed for what differs or is surplus. What it lacks cannot be seen on any page; for that the keys listed are
-- folded into 1024 hashed ranges, a few kilobytes however large the catalogue, and only ranges that differ from ours
-- are looked at key by key. A page that was read twice or a deletion that shifted the pages makes a range differ too,
-- which costs a look and never a finding.
--
-- Believed: the portal confirmed what is desired, and nothing is under way. Only such records are compared.

-- name: open
-- The oldest that is open; of feeds that the channel still does.
SELECT id, feed, phase, cursor, ferry.micros(window_from), ferry.micros(window_to)
FROM ferry.reconciliation
WHERE channel = :channel::integer AND phase <> 'finished' AND feed = ANY (:feeds::text[])
ORDER BY phase = 'waiting', id LIMIT 1 FOR UPDATE

-- name: create
-- By the schedule, or because a person asked for a run of the lane.
INSERT INTO ferry.reconciliation (channel, feed, heal, by_person)
SELECT :channel::integer, f.feed, :heal::boolean, false
FROM unnest(:feeds::text[]) WITH ORDINALITY AS f(feed, position)
JOIN ferry.job j ON j.channel = :channel::integer AND j.job = f.feed
WHERE NOT j.paused AND j.compared_fully_at IS NOT NULL
ORDER BY f.position

-- name: nothing
-- Nothing is open: whatever was asked for is done.
UPDATE ferry.job SET requested = NULL
WHERE channel = :channel::integer AND job = :job::text AND requested IS NOT NULL AND NOT EXISTS (
    SELECT FROM ferry.reconciliation WHERE channel = :channel::integer AND phase <> 'finished')

-- name: dismiss
-- Of feeds that the channel does not do (any more).
UPDATE ferry.reconciliation SET phase = 'finished', finished_at = clock_timestamp(),
    error = 'this channel does not do ' || feed
WHERE channel = :channel::integer AND phase <> 'finished' AND feed <> ALL (:feeds::text[])

-- name: start
UPDATE ferry.reconciliation r SET started_at = clock_timestamp(),
    phase = CASE WHEN j.problem IS NULL THEN 'listing' ELSE 'finished' END,
    finished_at = CASE WHEN j.problem IS NOT NULL THEN clock_timestamp() END, error = j.problem,
    seen_counts = array_fill(0, ARRAY[1024]), seen_digests = array_fill(0::bigint, ARRAY[1024]),
    variance = CASE WHEN r.feed = 'stock' THEN 0 END,
    window_from = CASE WHEN r.feed = 'order_status' THEN greatest(clock_timestamp() - interval '30 days',
        coalesce(ferry.instant(nullif(:orders_since::bigint, 0)), (SELECT min(o.placed_at) FROM ferry.portal_order o
            WHERE o.channel = r.channel), clock_timestamp() - interval '1 day')) END,
    window_to = CASE WHEN r.feed = 'order_status' THEN clock_timestamp() END
FROM (
    SELECT CASE WHEN k.job IS NULL OR k.compared_fully_at IS NULL THEN 'nothing was ever synchronised'
        WHEN k.paused THEN 'the job is paused: what it should show is not up to date' END AS problem
    FROM (VALUES (1)) one LEFT JOIN ferry.job k ON k.channel = :channel::integer AND k.job = :feed::text
) j
WHERE r.id = :reconciliation::bigint
RETURNING r.phase, ferry.micros(r.window_from), ferry.micros(r.window_to)

-- name: matched
-- A page against the publications of its labels. What a document says of fields that are not the ERP's is no matter.
r AS MATERIALIZED (
    SELECT * FROM ferry.reconciliation WHERE id = :reconciliation::bigint
), shown AS MATERIALIZED (
    SELECT s.position, s.label, s.identity, o.document, replace(s.identity, '\u0000', '\ufffd')::jsonb AS identifies,
        replace(o.document, '\u0000', '\ufffd')::jsonb AS shows
    FROM unnest(:labels::text[], :identities::text[], :documents::text[])
        WITH ORDINALITY AS s(label, identity, document, position)
    LEFT JOIN ferry.job j ON j.channel = :channel::integer AND j.job = :feed::text
    CROSS JOIN LATERAL (SELECT CASE WHEN j.disowned <> '{}' THEN ferry.owned(s.document, j.disowned) ELSE s.document
        END AS document) o
), matched AS MATERIALIZED (
    SELECT s.position, s.label, s.identity, s.document, s.shows, p.key, p.part, p.acknowledged,
        p.acknowledged_fingerprint AS fingerprint, coalesce(p.is_believed, false) AS is_believed,
        coalesce(p.acknowledged::jsonb @> s.shows, false) AS agrees,
        p.key IS NOT NULL OR EXISTS (
            SELECT FROM ferry.portal_order o, r WHERE r.feed = 'order_status' AND o.channel = r.channel
                AND (o.reference = s.label OR o.portal_id = s.shows->>'order')) AS is_known
    FROM shown s LEFT JOIN LATERAL (
        SELECT p.key, p.part, p.acknowledged, p.acknowledged_fingerprint,
            p.state = 'settled' AND p.fingerprint = p.acknowledged_fingerprint AS is_believed
        FROM ferry.publication p
        WHERE p.channel = :channel::integer AND p.feed = :feed::text AND p.label = s.label
            AND (s.identity = '{}' OR coalesce(p.acknowledged, p.desired) IS NULL
                OR coalesce(p.acknowledged, p.desired)::jsonb @> s.identifies) OFFSET 0) p ON true
)

-- name: expected
-- Whether the portal should list publication p. Of orders: those of the window, but for its last second.
p.state = 'settled' AND p.fingerprint = p.acknowledged_fingerprint AND (r.window_from IS NULL OR EXISTS (
    SELECT FROM ferry.portal_order o WHERE o.channel = p.channel AND o.reference = p.label
        AND o.placed_at >= r.window_from AND o.placed_at < r.window_to - interval '1 second'))

-- name: list
WITH %matched%, verdict AS MATERIALIZED (
    SELECT m.*, CASE WHEN NOT m.is_known THEN 'surplus' WHEN NOT m.is_believed THEN 'left_out' WHEN m.agrees THEN 'agreed'
        ELSE 'differing' END AS says
    FROM matched m
), suspected AS (
    INSERT INTO ferry.reconciliation_finding (reconciliation, kind, label, identity, key, part, acknowledged,
        fingerprint, shown)
    SELECT r.id, v.says, v.label, v.identity, v.key, v.part, v.acknowledged, v.fingerprint, left(v.document, 4000)
    FROM verdict v, r WHERE v.says IN ('surplus', 'differing') ORDER BY v.position
    LIMIT (SELECT greatest(0, :most::bigint - count(*)) FROM ferry.reconciliation_finding f
        WHERE f.reconciliation = :reconciliation::bigint)
), seen AS (
    SELECT (k.hash & 1023)::integer + 1 AS range, count(*)::integer AS keys, bit_xor(k.hash) AS digest FROM (
        SELECT hashint8extended(p.key, p.part) AS hash FROM verdict v JOIN ferry.publication p
            ON p.channel = :channel::integer AND p.feed = :feed::text AND p.key = v.key AND p.part = v.part, r
        WHERE v.is_believed AND (%expected%)) k
    GROUP BY 1
), folded AS (
    SELECT array_agg(o.keys + coalesce(s.keys, 0) ORDER BY o.range) AS counts,
        array_agg(o.digest # coalesce(s.digest, 0) ORDER BY o.range) AS digests
    FROM (SELECT u.* FROM r, unnest(r.seen_counts, r.seen_digests) WITH ORDINALITY AS u(keys, digest, range)) o
    LEFT JOIN seen s ON s.range = o.range
), total AS (
    SELECT count(*) AS listed, count(*) FILTER (WHERE says = 'agreed') AS agreed,
        count(*) FILTER (WHERE says = 'left_out') AS left_out,
        count(*) FILTER (WHERE says IN ('surplus', 'differing')) AS suspected
    FROM verdict
), counted AS (
    UPDATE ferry.reconciliation x SET cursor = :cursor::text, pages = x.pages + 1, listed = x.listed + t.listed,
        agreed = x.agreed + t.agreed, left_out = x.left_out + t.left_out, unconfirmed = x.unconfirmed + t.suspected,
        seen_counts = f.counts, seen_digests = f.digests
    FROM total t, folded f WHERE x.id = :reconciliation::bigint
)
SELECT suspected FROM total

-- name: compare_ranges
-- All is listed: the ranges in which our own keys make other figures are looked at. A portal that lists nothing at all
-- where it has confirmed records has said nothing.
WITH r AS MATERIALIZED (
    SELECT * FROM ferry.reconciliation WHERE id = :reconciliation::bigint
), held AS (
    SELECT (k.hash & 1023)::integer + 1 AS range, count(*)::integer AS keys, bit_xor(k.hash) AS digest FROM (
        SELECT hashint8extended(p.key, p.part) AS hash FROM ferry.publication p, r
        WHERE p.channel = :channel::integer AND p.feed = :feed::text AND (%expected%)) k
    GROUP BY 1
), compared AS (
    SELECT array_agg(coalesce(h.keys, 0) <> o.keys OR coalesce(h.digest, 0) <> o.digest ORDER BY o.range) AS differs,
        sum(h.keys) AS keys
    FROM (SELECT u.* FROM r, unnest(r.seen_counts, r.seen_digests) WITH ORDINALITY AS u(keys, digest, range)) o
    LEFT JOIN held h ON h.range = o.range
)
UPDATE ferry.reconciliation x SET differs = c.differs, cursor = '',
    phase = CASE WHEN x.listed = 0 AND c.keys > 0 THEN 'confirming' ELSE 'looking' END,
    error = CASE WHEN x.listed = 0 AND c.keys > 0 THEN 'the portal lists no record at all, but has confirmed '
        || c.keys || '; nothing is concluded from that, see the channel''s settings' END
FROM compared c WHERE x.id = :reconciliation::bigint

-- name: to_look
SELECT p.key, p.part, p.label FROM ferry.publication p, ferry.reconciliation r
WHERE r.id = :reconciliation::bigint AND p.channel = :channel::integer AND p.feed = :feed::text
    AND (p.key, p.part) > (r.looked_key, r.looked_part)
    AND r.differs[(hashint8extended(p.key, p.part) & 1023)::integer + 1] AND (%expected%)
ORDER BY p.key, p.part LIMIT :most::bigint

-- name: looked
UPDATE ferry.reconciliation SET phase = 'confirming' WHERE id = :reconciliation::bigint

-- name: look
-- Of the keys that were asked for: those that the portal does not show.
WITH %matched%, lacking AS MATERIALIZED (
    SELECT p.key, p.part, p.label, p.acknowledged, p.acknowledged_fingerprint FROM ferry.publication p, r
    WHERE p.channel = :channel::integer AND p.feed = :feed::text AND p.label = ANY (:asked::text[])
        AND (p.key, p.part) > (r.looked_key, r.looked_part) AND (p.key, p.part) <= (:to_key::bigint, :to_part::integer)
        AND r.differs[(hashint8extended(p.key, p.part) & 1023)::integer + 1] AND (%expected%)
        AND NOT EXISTS (SELECT FROM matched m WHERE m.key = p.key AND m.part = p.part)
), suspected AS (
    INSERT INTO ferry.reconciliation_finding (reconciliation, kind, label, key, part, acknowledged, fingerprint)
    SELECT :reconciliation::bigint, 'missing', l.label, l.key, l.part, l.acknowledged, l.acknowledged_fingerprint
    FROM lacking l ORDER BY l.key, l.part
    LIMIT (SELECT greatest(0, :most::bigint - count(*)) FROM ferry.reconciliation_finding f
        WHERE f.reconciliation = :reconciliation::bigint)
), counted AS (
    UPDATE ferry.reconciliation x SET looked_key = :to_key::bigint, looked_part = :to_part::integer,
        lacking = x.lacking + n.n, unconfirmed = x.unconfirmed + n.n
    FROM (SELECT count(*) AS n FROM lacking) n WHERE x.id = :reconciliation::bigint
)
SELECT count(*) FROM lacking

-- name: to_confirm
-- Suspects that have been quiet for a while. What the portal's orders may explain waits for the intake to have looked
-- at them since, without trouble; not for ever: what cannot be told by then is no finding.
WITH suspect AS MATERIALIZED (
    SELECT f.label, f.seen_at, f.seen_at + :quiet::bigint * interval '1 microsecond' AS due_at,
        r.feed NOT IN ('stock', 'order_status') OR i.job IS NULL OR f.kind = 'missing'
            OR f.seen_at < clock_timestamp() - :patience::bigint * interval '1 microsecond'
            OR NOT i.paused AND coalesce(i.last_error = i.unread, i.last_error IS NULL)
                AND i.last_success_at > f.seen_at + interval '5 seconds' AS is_ready
    FROM ferry.reconciliation_finding f JOIN ferry.reconciliation r ON r.id = f.reconciliation
    LEFT JOIN ferry.job i ON i.channel = r.channel AND i.job = 'intake'
    WHERE f.reconciliation = :reconciliation::bigint AND f.state = 'suspected'
), chosen AS (
    SELECT label FROM suspect WHERE is_ready AND due_at <= clock_timestamp() GROUP BY label ORDER BY label
        LIMIT :most::bigint
)
SELECT c.label, n.waiting, ferry.micros(n.next)
FROM (SELECT count(*) AS waiting, CASE WHEN count(*) > 0 THEN greatest(min(due_at), clock_timestamp() + interval '1 second')
        END AS next FROM suspect) n
LEFT JOIN chosen c ON true ORDER BY c.label

-- name: confirm
-- The second look. A suspect that the portal shows as before, of a record that was quiet since, is a finding; of those,
-- publications are marked to be sent again and orders to be looked for, where that is wished. Nothing is deleted.
WITH %matched%, asked AS MATERIALIZED (
    SELECT f.*, r.heal, r.feed, r.channel, r.feed NOT IN ('stock', 'order_status') OR f.kind = 'missing'
            OR i.job IS NULL
            OR NOT i.paused AND coalesce(i.last_error = i.unread, i.last_error IS NULL)
                AND i.last_success_at > f.seen_at + interval '5 seconds' AS can_tell
    FROM ferry.reconciliation_finding f JOIN r ON r.id = f.reconciliation
    LEFT JOIN ferry.job i ON i.channel = r.channel AND i.job = 'intake'
    WHERE f.state = 'suspected' AND f.label = ANY (:asked::text[])
        AND f.seen_at <= clock_timestamp() - :quiet::bigint * interval '1 microsecond'
), looked AS MATERIALIZED (
    SELECT a.id, a.kind, a.label, a.key, a.part, a.fingerprint, a.acknowledged, a.heal, a.feed, a.can_tell,
        n.document AS now_shown, n.shows,
        CASE a.kind WHEN 'surplus' THEN n.document IS NOT NULL
            ELSE coalesce(p.state = 'settled' AND p.fingerprint = p.acknowledged_fingerprint
                    AND p.acknowledged_fingerprint = a.fingerprint AND p.acknowledged_at <= a.seen_at, false)
                AND (n.document IS NULL) = (a.kind = 'missing') END AS holds
    FROM asked a
    LEFT JOIN ferry.publication p ON p.channel = a.channel AND p.feed = a.feed AND p.key = a.key AND p.part = a.part
    LEFT JOIN LATERAL (
        SELECT m.document, m.shows FROM matched m
        WHERE CASE a.kind WHEN 'surplus' THEN m.label = a.label AND m.identity = a.identity AND NOT m.is_known
            WHEN 'missing' THEN m.key = a.key AND m.part = a.part
            ELSE m.key = a.key AND m.part = a.part AND NOT m.agrees END
        ORDER BY m.position LIMIT 1) n ON true
), decided AS MATERIALIZED (
    SELECT l.*, CASE WHEN NOT l.holds THEN 'explained' WHEN NOT l.can_tell THEN 'unconfirmed' ELSE 'confirmed'
        END AS becomes
    FROM looked l
), resent AS (
    -- where the portal shows something else, that is what the next push is to find there: if it has moved again by
    -- then, the portal is at work, and its orders are looked at first
    UPDATE ferry.publication p SET state = 'pending', attempts = 0, snoozes = 0, next_attempt_at = clock_timestamp(),
        acknowledged = d.now_shown, acknowledged_fingerprint = hashtextextended(d.now_shown, 0),
        reason = CASE WHEN d.now_shown IS NULL THEN 'reconciliation: the portal does not show it any more'
            ELSE 'reconciliation: the portal shows ' || left(d.now_shown, 500) || ' where it had confirmed '
                || left(p.acknowledged, 500) END
    FROM decided d
    WHERE d.becomes = 'confirmed' AND d.heal AND d.key IS NOT NULL AND p.channel = :channel::integer
        AND p.feed = :feed::text AND p.key = d.key AND p.part = d.part AND p.state = 'settled'
        AND p.fingerprint = p.acknowledged_fingerprint AND p.acknowledged_fingerprint = d.fingerprint
    RETURNING p.key, p.part, p.run
), counted_run AS (
    -- each contributed one to the run that marked it, and waits again
    UPDATE ferry.run x SET successful = x.successful - n.n, deferred = x.deferred + n.n, finished_at = NULL
    FROM (SELECT run, count(*) AS n FROM resent GROUP BY run ORDER BY run) n WHERE x.id = n.run
), looked_for AS (
    -- the intake looks at every open order by its portal id, and stores what it finds
    INSERT INTO ferry.portal_order (channel, reference, portal_id, placed_at, portal_state, open, cancelled, document,
        fingerprint, state, first_seen_at, last_seen_at)
    SELECT :channel::integer, d.label, d.shows->>'order', clock_timestamp(), '', true, false, '{}', 0,
        'waiting', clock_timestamp(), timestamptz 'epoch'
    FROM decided d
    WHERE d.becomes = 'confirmed' AND d.heal AND d.kind = 'surplus' AND d.feed = 'order_status'
        AND coalesce(d.shows->>'order', '') <> ''
        AND EXISTS (SELECT FROM ferry.job i WHERE i.channel = :channel::integer AND i.job = 'intake')
    ON CONFLICT DO NOTHING
    RETURNING reference
), told AS (
    UPDATE ferry.reconciliation_finding f SET state = d.becomes, confirmed_at = clock_timestamp(),
        shown = coalesce(left(d.now_shown, 4000), f.shown),
        variance = CASE WHEN d.becomes = 'confirmed' AND d.kind = 'differing'
            THEN ferry.quantity_off(d.acknowledged::jsonb, d.shows) END,
        healed = EXISTS (SELECT FROM resent s WHERE s.key = d.key AND s.part = d.part)
            OR d.kind = 'surplus' AND EXISTS (SELECT FROM looked_for o WHERE o.reference = d.label)
    FROM decided d WHERE f.id = d.id
    RETURNING f.kind, f.state, f.variance, f.healed
), counted AS (
    UPDATE ferry.reconciliation x SET differing = x.differing + n.differing, missing = x.missing + n.missing,
        surplus = x.surplus + n.surplus, explained = x.explained + n.explained,
        unconfirmed = x.unconfirmed - n.differing - n.missing - n.surplus - n.explained, healed = x.healed + n.healed,
        variance = x.variance + n.variance
    FROM (
        SELECT count(*) FILTER (WHERE kind = 'differing' AND state = 'confirmed') AS differing,
            count(*) FILTER (WHERE kind = 'missing' AND state = 'confirmed') AS missing,
            count(*) FILTER (WHERE kind = 'surplus' AND state = 'confirmed') AS surplus,
            count(*) FILTER (WHERE state = 'explained') AS explained, count(*) FILTER (WHERE healed) AS healed,
            coalesce(sum(variance), 0) AS variance
        FROM told) n
    WHERE x.id = :reconciliation::bigint
)
SELECT (SELECT count(*) FROM resent), (SELECT count(*) FROM looked_for)

-- name: finish
-- More was found than is kept and healed at once: another round follows.
WITH finished AS (
    UPDATE ferry.reconciliation SET phase = 'finished', finished_at = clock_timestamp(), seen_counts = NULL,
        seen_digests = NULL, differs = NULL
    WHERE id = :reconciliation::bigint AND phase <> 'finished'
    RETURNING id, channel, feed, heal, by_person, healed, unconfirmed
), again AS (
    INSERT INTO ferry.reconciliation (channel, feed, heal, by_person)
    SELECT f.channel, f.feed, f.heal, f.by_person FROM finished f
    WHERE f.heal AND f.healed > 0 AND f.unconfirmed > 0 AND (SELECT count(*) FROM ferry.reconciliation_finding n
        WHERE n.reconciliation = f.id) >= :most::bigint
    RETURNING 1
)
UPDATE ferry.job SET compared_fully_at = clock_timestamp(), last_success_at = clock_timestamp(), requested = CASE
    WHEN EXISTS (SELECT FROM again) OR EXISTS (SELECT FROM ferry.reconciliation r WHERE r.channel = :channel::integer
        AND r.phase <> 'finished' AND r.id <> :reconciliation::bigint) THEN requested END
WHERE channel = :channel::integer AND job = :job::text

-- name: counts
SELECT listed, lacking, agreed, left_out, differing, missing, surplus, explained, unconfirmed, healed, parity::text,
    trim_scale(variance)::text, error
FROM ferry.reconciliation WHERE id = :reconciliation::bigint

-- name: request
-- One that waits already is enough; what heals includes what only reports.
WITH wished AS (
    SELECT f.feed, f.position FROM unnest(:feeds::text[]) WITH ORDINALITY AS f(feed, position)
), waiting AS (
    UPDATE ferry.reconciliation r SET heal = r.heal OR :heal::boolean, by_person = true FROM wished w
    WHERE r.channel = :channel::integer AND r.feed = w.feed AND r.phase = 'waiting'
    RETURNING r.id, r.feed, r.heal
), created AS (
    INSERT INTO ferry.reconciliation (channel, feed, heal, by_person)
    SELECT :channel::integer, w.feed, :heal::boolean, true FROM wished w
    WHERE w.feed NOT IN (SELECT feed FROM waiting) ORDER BY w.position
    RETURNING id, feed, heal
), asked AS (
    INSERT INTO ferry.job AS j (channel, job, requested) VALUES (:channel::integer, :job::text, 'incremental')
    ON CONFLICT (channel, job) DO UPDATE SET requested = coalesce(j.requested, EXCLUDED.requested)
    RETURNING job
)
SELECT coalesce((SELECT json_agg(json_build_object('id', x.id, 'feed', x.feed, 'heal', x.heal) ORDER BY x.id)
    FROM (SELECT * FROM waiting UNION ALL SELECT * FROM created) x), '[]')::text,
    (SELECT max(pg_notify('ferry', job)::text) FROM asked)

-- name: show
SELECT coalesce(jsonb_agg(ferry.reconciliation_json(r.id) || jsonb_build_object('findings', f.findings)
    ORDER BY r.id DESC), '[]')::text
FROM (SELECT * FROM ferry.reconciliation WHERE channel = :channel::integer
        AND (feed = :feed::text OR :feed::text = '') ORDER BY id DESC LIMIT :most::bigint) r
CROSS JOIN LATERAL (
    SELECT coalesce(jsonb_agg(jsonb_build_object('kind', n.kind, 'label', n.label, 'key', n.key, 'part', n.part,
        'acknowledged', n.acknowledged, 'shown', n.shown, 'variance', trim_scale(n.variance)::text, 'healed', n.healed,
        'seen_at', ferry.iso(n.seen_at), 'confirmed_at', ferry.iso(n.confirmed_at)) ORDER BY n.id), '[]') AS findings
    FROM (SELECT * FROM ferry.reconciliation_finding WHERE reconciliation = r.id AND state = 'confirmed'
        ORDER BY id LIMIT :most_findings::bigint) n) f
