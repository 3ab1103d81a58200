-- What people ask of Ferry's tables. Shapes as in host-api/include/ferry/schemas/operations.md.

-- name: channels
SELECT id, name, profile, connector, active, settings::text, ferry.micros(changed_at) FROM ferry.channel ORDER BY id

-- name: upsert_channel
INSERT INTO ferry.channel AS c (id, name, profile, connector, active, settings)
VALUES (:id::integer, :name::text, :profile::text, :connector::text, :active::boolean, :settings::jsonb)
ON CONFLICT (id) DO UPDATE SET name = EXCLUDED.name, profile = EXCLUDED.profile, connector = EXCLUDED.connector,
    active = EXCLUDED.active, settings = EXCLUDED.settings, changed_at = clock_timestamp()
WHERE (c.name, c.profile, c.connector, c.active, c.settings)
    IS DISTINCT FROM (EXCLUDED.name, EXCLUDED.profile, EXCLUDED.connector, EXCLUDED.active, EXCLUDED.settings)

-- name: status
SELECT coalesce(json_agg(json_build_object('id', c.id, 'name', c.name, 'connector', c.connector, 'profile', c.profile,
    'active', c.active, 'portal', json_build_object('state', coalesce(b.state, 'closed'), 'since', ferry.iso(b.since),
        'retry_at', ferry.iso(b.retry_at), 'reason', b.reason),
    'alerts', a.alerts, 'jobs', j.jobs, 'orders', o.orders, 'reviews', v.reviews, 'reconciliations', (
        SELECT coalesce(jsonb_agg(ferry.reconciliation_json(x.id) ORDER BY x.feed), '[]') FROM (
            SELECT DISTINCT ON (r.feed) r.feed, r.id FROM ferry.reconciliation r WHERE r.channel = c.id
            ORDER BY r.feed, r.phase = 'waiting', r.id DESC) x)) ORDER BY c.id), '[]')::text
FROM ferry.channel c LEFT JOIN ferry.breaker b ON b.channel = c.id
CROSS JOIN LATERAL (
    SELECT coalesce(json_agg(ferry.alert_json(l.id)::json ORDER BY l.id), '[]') AS alerts
    FROM (SELECT id FROM ferry.alert l WHERE l.channel = c.id AND l.resolved_at IS NULL ORDER BY id LIMIT 100) l) a
CROSS JOIN LATERAL (
    SELECT coalesce(json_agg(json_build_object('job', j.job,
        'holder', CASE WHEN j.expires_at > clock_timestamp() THEN j.holder END,
        'mine', coalesce(j.expires_at > clock_timestamp() AND j.holder = :holder::text, false),
        'lease_until', ferry.iso(j.expires_at), 'paused', j.paused, 'pause_reason', j.pause_reason, 'requested',
            j.requested,
        'last_run', ferry.run_json(j.last_run), 'last_success_at', ferry.iso(j.last_success_at), 'last_error',
            j.last_error,
        'last_error_at', ferry.iso(j.last_error_at), 'compared_fully_at', ferry.iso(j.compared_fully_at),
        'pending', n.pending, 'due', n.due, 'dead', n.dead, 'absent', n.absent, 'held', (
            SELECT json_build_object('run', h.run, 'reason', h.reason, 'held_at', ferry.iso(h.held_at), 'records', (
                SELECT count(*) FROM ferry.publication q WHERE q.channel = c.id AND q.feed = j.job AND q.state = 'held'))
            FROM ferry.hold h WHERE h.channel = c.id AND h.job = j.job AND h.ended_at IS NULL)) ORDER BY j.job), '[]') AS jobs
    FROM ferry.job j
    CROSS JOIN LATERAL (
        SELECT count(*) FILTER (WHERE p.state = 'pending') + (SELECT count(*) FROM ferry.portal_order po
                WHERE po.channel = c.id AND (po.state = 'ready' OR po.revision = 'due') AND j.job = 'intake') AS pending,
            count(*) FILTER (WHERE p.state = 'pending' AND p.next_attempt_at <= clock_timestamp())
                + (SELECT count(*) FROM ferry.portal_order po WHERE po.channel = c.id AND (po.state = 'ready' OR po.revision = 'due')
                    AND coalesce(po.next_attempt_at, po.revise_at) <= clock_timestamp() AND j.job = 'intake') AS due,
            count(*) FILTER (WHERE p.state = 'absent') AS absent,
            (SELECT count(*) FROM ferry.publication d WHERE d.channel = c.id AND d.feed = j.job
                AND d.state = 'dead') AS dead
        FROM ferry.publication p WHERE p.channel = c.id AND p.feed = j.job AND p.state IN ('pending', 'absent')) n
    WHERE j.channel = c.id) j
CROSS JOIN LATERAL (
    SELECT json_build_object('waiting', count(*) FILTER (WHERE p.state = 'waiting'), 'ready',
        count(*) FILTER (WHERE p.state = 'ready'),
        'review', count(*) FILTER (WHERE p.state = 'review' OR p.revision = 'review'), 'linked', count(*) FILTER (WHERE p.state = 'linked'),
        'skipped', count(*) FILTER (WHERE p.state = 'skipped')) AS orders
    FROM ferry.portal_order p WHERE p.channel = c.id) o
CROSS JOIN LATERAL (
    SELECT coalesce(json_agg(json_build_object('reference', r.reference, 'reason', r.reason, 'last_seen_at',
        ferry.iso(r.last_seen_at))
        ORDER BY r.last_seen_at DESC), '[]') AS reviews
    FROM (SELECT * FROM ferry.portal_order p WHERE p.channel = c.id AND (p.state = 'review' OR p.revision = 'review')
        ORDER BY p.last_seen_at DESC LIMIT 100) r) v
WHERE c.id = :channel::integer OR :channel::integer = 0

-- name: runs
SELECT coalesce(json_agg(ferry.run_json(r.id) ORDER BY r.id DESC), '[]')::text FROM (
    SELECT id FROM ferry.run WHERE channel = :channel::integer AND job = :job::text
        ORDER BY id DESC LIMIT :most::bigint) r

-- name: dead_letters
WITH dead AS (
    SELECT p.*, ferry.reason_group(p.reason, p.label) AS grouped FROM ferry.publication p
    WHERE p.channel = :channel::integer AND (p.feed = :job::text OR :job::text = '') AND p.state = 'dead'
)
SELECT json_build_object(
    'groups', (SELECT coalesce(json_agg(json_build_object('job', g.feed, 'group', g.grouped, 'count', g.n,
            'oldest_at', ferry.iso(g.oldest), 'labels', g.labels) ORDER BY g.n DESC, g.feed, g.grouped), '[]')
        FROM (SELECT d.feed, d.grouped, count(*) AS n, min(d.changed_at) AS oldest,
                to_json((array_agg(d.label ORDER BY d.label))[1:5]) AS labels
            FROM dead d WHERE d.grouped = :group::text OR :group::text = '' GROUP BY d.feed, d.grouped
            ORDER BY n DESC LIMIT 200) g),
    'letters', (SELECT coalesce(json_agg(json_build_object('job', l.feed, 'label', l.label, 'reason', l.reason,
            'attempts', l.attempts, 'desired', l.desired, 'changed_at', ferry.iso(l.changed_at))
            ORDER BY l.changed_at DESC, l.label), '[]')
        FROM (SELECT * FROM dead d WHERE d.grouped = :group::text OR :group::text = ''
            ORDER BY d.changed_at DESC, d.label LIMIT :most::bigint) l))::text

-- name: explain
SELECT json_build_object('label', :label::text,
    'publications', (SELECT coalesce(json_agg(json_build_object('channel', p.channel, 'feed', p.feed, 'key', p.key,
        'part', p.part,
            'state', p.state, 'desired', p.desired, 'acknowledged', p.acknowledged, 'acknowledged_at',
                ferry.iso(p.acknowledged_at),
            'changed_at', ferry.iso(p.changed_at), 'attempts', p.attempts, 'snoozes', p.snoozes,
            'next_attempt_at', ferry.iso(p.next_attempt_at), 'confirm_at', ferry.iso(p.confirm_at),
            'reason', p.reason, 'run', ferry.run_json(p.run),
            'exchanges', e.exchanges) ORDER BY p.channel, p.feed, p.key, p.part), '[]')
        FROM (SELECT * FROM ferry.publication WHERE label = :label::text
            AND (channel = :channel::integer OR :channel::integer = 0) ORDER BY channel, feed, key, part LIMIT 100) p
        CROSS JOIN LATERAL (
            SELECT coalesce(json_agg(json_build_object('id', x.id, 'started_at', ferry.iso(x.started_at),
                'finished_at', ferry.iso(x.finished_at), 'verdict', x.verdicts[array_position(x.keys, p.key)],
                    'status', x.status,
                'requests', x.requests, 'request', x.request, 'reply', x.reply) ORDER BY x.id DESC), '[]') AS exchanges
            FROM (SELECT * FROM ferry.exchange x WHERE x.keys @> ARRAY[p.key] AND x.channel = p.channel
                AND x.job = p.feed
                ORDER BY x.id DESC LIMIT 10) x) e),
    'orders', (SELECT coalesce(json_agg(json_build_object('channel', o.channel, 'reference', o.reference, 'portal_id',
        o.portal_id,
            'portal_state', o.portal_state, 'state', o.state, 'reason', o.reason, 'attempts', o.attempts,
            'next_attempt_at', ferry.iso(o.next_attempt_at), 'erp_id', o.erp_id, 'erp_number', o.erp_number,
            'placed_at', ferry.iso(o.placed_at), 'first_seen_at', ferry.iso(o.first_seen_at), 'last_seen_at',
                ferry.iso(o.last_seen_at),
            'linked_at', ferry.iso(o.linked_at), 'document', o.document) ORDER BY o.channel, o.reference), '[]')
        FROM (SELECT * FROM ferry.portal_order WHERE reference = :label::text
            AND (channel = :channel::integer OR :channel::integer = 0) LIMIT 100) o))::text

-- name: replay
-- A dead letter counted as failed in its run; it waits again.
WITH chosen AS (
    SELECT key, part, run, label FROM ferry.publication
    WHERE channel = :channel::integer AND feed = :job::text AND state = 'dead'
        AND (label = ANY (:labels::text[]) OR NOT :only_labels::boolean)
        AND (:reason::text = '' OR strpos(reason, :reason::text) > 0)
        AND (:group::text = '' OR ferry.reason_group(reason, label) = :group::text)
    FOR UPDATE
), replayed AS (
    UPDATE ferry.publication p SET state = 'pending', attempts = 0, snoozes = 0, next_attempt_at = clock_timestamp(),
        reason = NULL
    FROM chosen c WHERE p.channel = :channel::integer AND p.feed = :job::text AND p.key = c.key AND p.part = c.part
), counted AS (
    UPDATE ferry.run r SET failed = r.failed - n.n, deferred = r.deferred + n.n, finished_at = NULL
    FROM (SELECT run, count(*) AS n FROM chosen GROUP BY run) n WHERE r.id = n.run
), woken AS (
    SELECT pg_notify('ferry', :job::text)::text AS x FROM (SELECT 1 FROM chosen LIMIT 1) one
)
SELECT (SELECT count(*) FROM chosen), (SELECT coalesce(json_agg(label), '[]') FROM (SELECT label FROM chosen
    ORDER BY label LIMIT 1000) l)::text,
    (SELECT count(x) FROM woken)

-- name: discard
-- Taken as settled, with the note kept, until the ERP's value changes. Counted as successful: nothing is left to do.
WITH chosen AS (
    SELECT key, part, run, label FROM ferry.publication
    WHERE channel = :channel::integer AND feed = :job::text AND state = 'dead'
        AND (label = ANY (:labels::text[]) OR NOT :only_labels::boolean)
        AND (:reason::text = '' OR strpos(reason, :reason::text) > 0)
        AND (:group::text = '' OR ferry.reason_group(reason, label) = :group::text)
    FOR UPDATE
), discarded AS (
    UPDATE ferry.publication p SET state = 'settled', attempts = 0, snoozes = 0, discarded = p.reason,
        reason = 'discarded: ' || :note::text, confirm_at = NULL
    FROM chosen c WHERE p.channel = :channel::integer AND p.feed = :job::text AND p.key = c.key AND p.part = c.part
), counted AS (
    UPDATE ferry.run r SET failed = r.failed - n.n, successful = r.successful + n.n
    FROM (SELECT run, count(*) AS n FROM chosen GROUP BY run) n WHERE r.id = n.run
)
SELECT (SELECT count(*) FROM chosen), (SELECT coalesce(json_agg(label), '[]') FROM (SELECT label FROM chosen
    ORDER BY label LIMIT 1000) l)::text

-- name: undo_discard
-- Only what still is as it was discarded: a value that changed since was sent, and has nothing to be taken back.
WITH chosen AS (
    SELECT key, part, run, label FROM ferry.publication
    WHERE channel = :channel::integer AND feed = :job::text AND state = 'settled' AND discarded IS NOT NULL
        AND starts_with(reason, 'discarded: ') AND (label = ANY (:labels::text[]) OR NOT :only_labels::boolean)
    FOR UPDATE
), restored AS (
    UPDATE ferry.publication p SET state = 'dead', reason = p.discarded, discarded = NULL
    FROM chosen c WHERE p.channel = :channel::integer AND p.feed = :job::text AND p.key = c.key AND p.part = c.part
), counted AS (
    UPDATE ferry.run r SET successful = r.successful - n.n, failed = r.failed + n.n
    FROM (SELECT run, count(*) AS n FROM chosen GROUP BY run) n WHERE r.id = n.run
)
SELECT (SELECT count(*) FROM chosen), (SELECT coalesce(json_agg(label), '[]') FROM (SELECT label FROM chosen
    ORDER BY label LIMIT 1000) l)::text

-- name: retry_order
-- What a person skipped may be taken up again; what the portal cancelled may not. Of one that the ERP has, its change is.
WITH old AS (
    SELECT channel, reference, state, cancelled, run, revision FROM ferry.portal_order
    WHERE channel = :channel::integer AND (reference = :reference::text
        OR :reference::text = '' AND (state = 'review' OR revision = 'review'))
    FOR UPDATE
), revised AS (
    UPDATE ferry.portal_order o SET revision = 'due', revise_at = clock_timestamp(), reason = NULL, attempts = 0
    FROM old WHERE o.channel = old.channel AND o.reference = old.reference AND old.revision IS NOT NULL
    RETURNING 1
), retried AS (
    UPDATE ferry.portal_order o SET state = 'ready', reason = NULL, attempts = 0, next_attempt_at = clock_timestamp(),
        skip_asked_at = NULL, skip_reason = NULL, admitted = true, left_alone = false, txid = pg_current_xact_id()
    FROM old WHERE o.channel = old.channel AND o.reference = old.reference
        AND (old.state IN ('review', 'waiting', 'ready') OR old.state = 'skipped' AND NOT old.cancelled)
    RETURNING o.run, old.state AS old_state
), counted AS (
    UPDATE ferry.run r SET failed = r.failed - n.reviewed, successful = r.successful - n.skipped,
        deferred = r.deferred + n.reviewed + n.skipped
    FROM (SELECT run, count(*) FILTER (WHERE old_state = 'review') AS reviewed,
            count(*) FILTER (WHERE old_state = 'skipped') AS skipped FROM retried GROUP BY run) n
    WHERE r.id = n.run
), woken AS (
    SELECT pg_notify('ferry', 'intake')::text AS x FROM (
        (SELECT 1 FROM retried LIMIT 1) UNION (SELECT 1 FROM revised LIMIT 1)) one
)
SELECT (SELECT count(*) FROM retried) + (SELECT count(*) FROM revised), (SELECT count(*) FROM old), (SELECT min(state) FROM old), (SELECT count(x)
    FROM woken)

-- name: skip_order
-- What may have been handed to the ERP stays ready until it was looked for there. Of one that the ERP has, the change is left
-- as it is: a person has seen to it.
WITH old AS (
    SELECT channel, reference, state, handed_over, run, revision FROM ferry.portal_order
    WHERE channel = :channel::integer AND reference = :reference::text
    FOR UPDATE
), settled AS (
    UPDATE ferry.portal_order o SET revision = NULL, revise_at = NULL, reason = NULL
    FROM old WHERE o.channel = old.channel AND o.reference = old.reference AND old.revision = 'review'
    RETURNING o.state
), skipped AS (
    UPDATE ferry.portal_order o SET state = CASE WHEN old.handed_over THEN 'ready' ELSE 'skipped' END,
        reason = CASE WHEN old.handed_over THEN 'to be skipped; it is looked for in the ERP first: ' ELSE '' END
            || :reason::text,
        skip_asked_at = coalesce(o.skip_asked_at, clock_timestamp()), skip_reason = :reason::text, attempts = 0,
        next_attempt_at = CASE WHEN old.handed_over THEN clock_timestamp() END, txid = pg_current_xact_id()
    FROM old WHERE o.channel = old.channel AND o.reference = old.reference AND old.state IN ('review', 'waiting',
        'ready')
    RETURNING o.run, old.state AS old_state, o.state AS new_state
), counted AS (
    UPDATE ferry.run r SET successful = r.successful + (n.new_state = 'skipped')::integer,
        failed = r.failed - (n.old_state = 'review')::integer,
        deferred = r.deferred + (n.new_state = 'ready')::integer - (n.old_state <> 'review')::integer
    FROM skipped n WHERE r.id = n.run
), woken AS (
    SELECT pg_notify('ferry', CASE new_state WHEN 'ready' THEN 'intake' ELSE 'stock' END)::text AS x FROM skipped
)
SELECT (SELECT count(*) FROM skipped) + (SELECT count(*) FROM settled), (SELECT count(*) FROM old),
    (SELECT min(state) FROM old), coalesce((SELECT min(new_state) FROM skipped), (SELECT min(state) FROM settled)), (SELECT count(x) FROM woken)

-- name: purge
-- What is older than the retention and no longer needed; at most so many rows of each, so that it never takes long.
WITH old_exchange AS (
    -- now(), which is the same for every row: by clock_timestamp() no index could be used
    DELETE FROM ferry.exchange WHERE ctid = ANY (ARRAY(SELECT ctid FROM ferry.exchange
        WHERE finished_at < now() - :days::integer * interval '1 day' LIMIT :most::bigint))
    RETURNING 1
), old_run AS (
    DELETE FROM ferry.run WHERE id = ANY (ARRAY(SELECT r.id FROM ferry.run r
        WHERE r.started_at < clock_timestamp() - :days::integer * interval '1 day'
            AND NOT EXISTS (SELECT FROM ferry.job j WHERE j.last_run = r.id)
        ORDER BY r.id LIMIT :most::bigint))
    RETURNING 1
), old_withdrawn AS (
    DELETE FROM ferry.publication WHERE ctid = ANY (ARRAY(SELECT ctid FROM ferry.publication
        WHERE desired IS NULL AND acknowledged IS NULL AND state = 'settled'
            AND changed_at < clock_timestamp() - :days::integer * interval '1 day' LIMIT :most::bigint))
    RETURNING 1
), old_reconciliation AS (
    DELETE FROM ferry.reconciliation WHERE id = ANY (ARRAY(SELECT r.id FROM ferry.reconciliation r
        WHERE r.finished_at < clock_timestamp() - :days::integer * interval '1 day' ORDER BY r.id LIMIT 20))
    RETURNING 1
), old_alert AS (
    DELETE FROM ferry.alert WHERE id = ANY (ARRAY(SELECT id FROM ferry.alert
        WHERE resolved_at < clock_timestamp() - :days::integer * interval '1 day' ORDER BY id LIMIT :most::bigint))
    RETURNING 1
), old_hold AS (
    DELETE FROM ferry.hold WHERE run = ANY (ARRAY(SELECT run FROM ferry.hold
        WHERE ended_at < clock_timestamp() - :days::integer * interval '1 day' ORDER BY ended_at LIMIT :most::bigint))
    RETURNING 1
)
SELECT (SELECT count(*) FROM old_reconciliation) + (SELECT count(*) FROM old_hold) + (SELECT count(*) FROM old_alert) + (SELECT count(*) FROM old_exchange)
    + (SELECT count(*) FROM old_run) + (SELECT count(*) FROM old_withdrawn)

-- name: rights
-- Each object that this role needs and how it stands. The first row tells of the schema and has no object.
SELECT n.object, n.privilege, to_regclass(n.object) IS NOT NULL,
    CASE WHEN to_regclass(n.object) IS NULL THEN false ELSE has_table_privilege(to_regclass(n.object), n.privilege) END,
    current_user::text
FROM unnest(:objects::text[], :privileges::text[]) AS n(object, privilege)

-- name: missing_tables
SELECT n.name FROM unnest(:names::text[]) AS n(name) WHERE to_regclass(quote_ident(n.name)) IS NULL

-- name: schema_rights
SELECT to_regnamespace('ferry') IS NOT NULL,
    CASE WHEN to_regnamespace('ferry') IS NULL THEN has_database_privilege(current_database(), 'CREATE')
        ELSE has_schema_privilege('ferry', 'USAGE') END,
    current_user::text, quote_ident(current_database()), quote_ident(current_user)
