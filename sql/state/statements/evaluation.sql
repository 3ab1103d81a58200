-- What only the ERP can evaluate of a feed's documents: section `questions` of the profile.

-- name: answer
INSERT INTO ferry.evaluated_price AS e (channel, feed, key, about, price, error, round, evaluated_at)
SELECT :channel::integer, :feed::text, a.key, a.about, a.price, a.error, :round::text, clock_timestamp()
FROM unnest(:keys::bigint[], :abouts::text[], :prices::numeric[], :errors::text[]) a(key, about, price, error)
ON CONFLICT (channel, feed, key, about) DO UPDATE SET price = EXCLUDED.price, error = EXCLUDED.error,
    round = EXCLUDED.round, is_due = false, evaluated_at = EXCLUDED.evaluated_at

-- name: due
SELECT e.key FROM ferry.evaluated_price e
WHERE e.channel = :channel::integer AND e.feed = :feed::text AND e.is_due

-- name: needed
-- What the candidates need and this round has not dealt with; what they need no more is forgotten.
WITH candidate(key) AS (%candidates%),
needed AS MATERIALIZED (SELECT q.key, q.about, q.question FROM (%questions%) q(key, about, question)),
forgotten AS (
    DELETE FROM ferry.evaluated_price e WHERE e.channel = :channel::integer AND e.feed = :feed::text AND %among%
        AND NOT EXISTS (SELECT FROM needed n WHERE n.key = e.key AND n.about = e.about)
)
SELECT n.key, n.about, n.question FROM needed n
WHERE NOT EXISTS (SELECT FROM ferry.evaluated_price e WHERE e.channel = :channel::integer AND e.feed = :feed::text
    AND e.key = n.key AND e.about = n.about AND e.round = :round::text)
ORDER BY n.key, n.about LIMIT :most::bigint

-- name: given
SELECT unnest(:keys::bigint[])

-- name: among_given
e.key = ANY (:keys::bigint[])

-- name: put_off
INSERT INTO ferry.evaluated_price AS e (channel, feed, key, about, round, is_due)
SELECT :channel::integer, :feed::text, q.key, q.about, :round::text, true
FROM unnest(:keys::bigint[], :abouts::text[]) q(key, about)
ON CONFLICT (channel, feed, key, about) DO UPDATE SET round = EXCLUDED.round, is_due = true
