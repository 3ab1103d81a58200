-- Watching channels, and what people are told. See plugin/engine/alerts.h for the rules.

-- name: report_breaker
INSERT INTO ferry.breaker AS b (channel, state, since, retry_at, reason)
SELECT :channel::integer, :state::text, clock_timestamp(),
    CASE WHEN :retry_at::bigint > 0 THEN ferry.instant(:retry_at::bigint) END, nullif(:reason::text, '')
WHERE EXISTS (SELECT FROM ferry.channel WHERE id = :channel::integer)
ON CONFLICT (channel) DO UPDATE SET state = EXCLUDED.state, retry_at = EXCLUDED.retry_at, reason = EXCLUDED.reason,
    since = CASE WHEN b.state = EXCLUDED.state THEN b.since ELSE EXCLUDED.since END

-- name: take_turns
-- The channels that nobody looked at for the interval; whoever asks at the same time gets others or none.
WITH turn AS (
    INSERT INTO ferry.watch AS w (channel, looked_at, since)
    SELECT id, clock_timestamp(), clock_timestamp() FROM ferry.channel ORDER BY id
    ON CONFLICT (channel) DO UPDATE SET looked_at = clock_timestamp(),
        -- nobody looked for a while: what lasts since before that may just be about to end
        since = CASE WHEN clock_timestamp() - w.looked_at > :gap::bigint * interval '1 microsecond'
            THEN clock_timestamp() ELSE w.since END
    WHERE clock_timestamp() - w.looked_at >= :every::bigint * interval '1 microsecond'
    RETURNING w.channel
)
SELECT channel FROM turn ORDER BY channel

-- name: note_backlog
WITH old AS (
    DELETE FROM ferry.backlog WHERE channel = :channel::integer
        AND at < clock_timestamp() - :window::bigint * interval '1 microsecond'
)
INSERT INTO ferry.backlog (channel, job, at, waiting)
SELECT j.channel, j.job, clock_timestamp(), CASE WHEN j.job = 'intake'
    THEN (SELECT count(*) FROM ferry.portal_order o WHERE o.channel = j.channel AND (o.state = 'ready' OR o.revision = 'due'))
    ELSE (SELECT count(*) FROM ferry.publication p WHERE p.channel = j.channel AND p.feed = j.job
        AND p.state = 'pending') END
FROM ferry.job j WHERE j.channel = :channel::integer

-- name: figures
-- One row per job of the channel.
SELECT j.job, c.active, j.paused, coalesce(j.pause_reason, ''), ferry.micros(j.paused_at),
    ferry.micros(j.last_success_at), coalesce(j.last_error, ''), ferry.micros(w.since),
    CASE WHEN j.job = 'intake' THEN o.waiting ELSE p.waiting END,
    ferry.micros(CASE WHEN j.job = 'intake' THEN o.oldest ELSE p.oldest END),
    CASE WHEN j.job = 'intake' THEN o.linked ELSE x.delivered END,
    CASE WHEN j.job = 'intake' THEN o.review ELSE x.failed END,
    coalesce((SELECT string_agg(ferry.micros(b.at) || ':' || b.waiting, ' ' ORDER BY b.at) FROM ferry.backlog b
        WHERE b.channel = j.channel AND b.job = j.job
            AND b.at >= clock_timestamp() - :window::bigint * interval '1 microsecond'), ''),
    c.name, ferry.micros(clock_timestamp()), coalesce(h.reason, ''), ferry.micros(h.held_at),
    CASE WHEN h.run IS NOT NULL THEN (SELECT count(*) FROM ferry.publication q WHERE q.channel = j.channel
        AND q.feed = j.job AND q.state = 'held') END,
    coalesce(j.unread, ''), ferry.micros(j.unread_since)
FROM ferry.channel c JOIN ferry.job j ON j.channel = c.id JOIN ferry.watch w ON w.channel = c.id
CROSS JOIN LATERAL (
    SELECT count(*) AS waiting, min(q.changed_at) AS oldest FROM ferry.publication q
    WHERE q.channel = j.channel AND q.feed = j.job AND q.state = 'pending' AND j.job <> 'intake') p
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE v.verdict = 'delivered') AS delivered,
        count(*) FILTER (WHERE v.verdict IN ('rejected', 'retry', 'ambiguous')) AS failed
    FROM ferry.exchange e CROSS JOIN LATERAL unnest(e.verdicts) AS v(verdict)
    WHERE e.channel = j.channel AND e.job = j.job AND j.job <> 'intake'
        AND e.finished_at >= clock_timestamp() - :window::bigint * interval '1 microsecond') x
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE r.state = 'ready' OR r.revision = 'due') AS waiting,
        min(CASE WHEN r.state = 'ready' THEN coalesce(r.cancelled_at, r.first_seen_at) WHEN r.revision = 'due' THEN r.revise_at
            END) AS oldest,
        count(*) FILTER (WHERE r.state = 'linked' AND r.recent) AS linked,
        count(*) FILTER (WHERE r.state = 'review' AND r.recent) AS review
    FROM (SELECT po.state, po.revision, po.revise_at, po.first_seen_at, po.cancelled_at,
            po.first_seen_at >= clock_timestamp() - :window::bigint * interval '1 microsecond' AS recent
        FROM ferry.portal_order po WHERE po.channel = j.channel AND j.job = 'intake' AND (po.state = 'ready' OR po.revision = 'due'
            OR po.first_seen_at >= clock_timestamp() - :window::bigint * interval '1 microsecond')) r) o
LEFT JOIN ferry.hold h ON h.channel = j.channel AND h.job = j.job AND h.ended_at IS NULL
WHERE c.id = :channel::integer
ORDER BY j.job

-- name: lasting
SELECT id, job, rule, text, ferry.micros(news_at), acknowledged_at IS NOT NULL FROM ferry.alert
WHERE channel = :channel::integer AND resolved_at IS NULL ORDER BY id

-- name: raise
WITH raised AS (
    INSERT INTO ferry.alert (channel, job, rule, text, raised_at, news, news_at)
    VALUES (:channel::integer, :job::text, :rule::text, :text::text, clock_timestamp(), 'raised', clock_timestamp())
    ON CONFLICT DO NOTHING
    RETURNING id
)
SELECT id FROM raised

-- name: repeat
WITH repeated AS (
    UPDATE ferry.alert SET text = :text::text, news = 'repeated', news_at = clock_timestamp(), post_attempts = 0,
        post_after = NULL
    WHERE id = :id::bigint AND resolved_at IS NULL AND ferry.micros(news_at) = :news_at::bigint
    RETURNING id
)
SELECT id FROM repeated

-- name: resolve
WITH resolved AS (
    UPDATE ferry.alert SET resolved_at = clock_timestamp(), news = 'resolved', news_at = clock_timestamp(),
        post_attempts = 0, post_after = NULL
    WHERE id = :id::bigint AND resolved_at IS NULL
    RETURNING id
)
SELECT id FROM resolved

-- name: take_calls
-- News that no host was told of yet, each for one process; what is older than a day is no news any more.
WITH taken AS (
    SELECT a.id FROM ferry.alert a WHERE a.called_at IS DISTINCT FROM a.news_at
        AND a.news_at > clock_timestamp() - interval '1 day'
    ORDER BY a.id LIMIT 100 FOR UPDATE SKIP LOCKED
), called AS (
    UPDATE ferry.alert a SET called_at = a.news_at FROM taken t WHERE a.id = t.id RETURNING a.*
)
SELECT a.id, ferry.micros(a.news_at), ferry.alert_json(a.id) FROM called a ORDER BY a.id

-- name: take_posts
-- News for the channel's webhook whose time has come, each for one process until `again` has passed.
WITH taken AS (
    SELECT a.id FROM ferry.alert a WHERE a.channel = :channel::integer AND a.posted_at IS DISTINCT FROM a.news_at
        AND a.news_at > clock_timestamp() - interval '1 day'
        AND (a.post_after IS NULL OR a.post_after <= clock_timestamp())
    ORDER BY a.id LIMIT 10 FOR UPDATE SKIP LOCKED
), claimed AS (
    UPDATE ferry.alert a SET post_attempts = a.post_attempts + 1,
        post_after = clock_timestamp() + least(interval '1 hour', interval '1 minute' * power(2, least(a.post_attempts, 6)))
    FROM taken t WHERE a.id = t.id RETURNING a.*
)
SELECT a.id, ferry.micros(a.news_at), ferry.alert_json(a.id) FROM claimed a ORDER BY a.id

-- name: posted
UPDATE ferry.alert SET posted_at = ferry.instant(:news_at::bigint), post_attempts = 0
WHERE id = :id::bigint AND ferry.micros(news_at) = :news_at::bigint

-- name: list
SELECT coalesce(json_agg(ferry.alert_json(a.id)::json ORDER BY a.id DESC), '[]')::text FROM (
    SELECT id FROM ferry.alert WHERE (channel = :channel::integer OR :channel::integer = 0)
        AND (resolved_at IS NULL OR :all::boolean)
    ORDER BY id DESC LIMIT :most::bigint) a

-- name: acknowledge
WITH known AS (
    SELECT id FROM ferry.alert WHERE channel = :channel::integer AND resolved_at IS NULL
        AND (id = ANY (:ids::bigint[]) OR cardinality(:ids::bigint[]) = 0) FOR UPDATE
), acknowledged AS (
    UPDATE ferry.alert a SET acknowledged_at = clock_timestamp(), acknowledged_by = :by::text
    FROM known k WHERE a.id = k.id AND a.acknowledged_at IS NULL RETURNING a.id
)
SELECT (SELECT count(*) FROM known), '[]'
