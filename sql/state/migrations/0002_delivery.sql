-- Delivery: discarding that can be taken back, how each channel's portal fares, and alerts.

-- Why a discarded dead letter had been refused, for taking the discard back. Of no meaning unless `reason` still says
-- "discarded: ...".
ALTER TABLE ferry.publication ADD COLUMN discarded text;
-- Since when a job rests.
ALTER TABLE ferry.job ADD COLUMN paused_at timestamptz;

-- What reasons have in common: without the record's own label and long numbers, so that they can be counted.
CREATE FUNCTION ferry.reason_group(reason text, label text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN regexp_replace(CASE WHEN label = '' THEN reason ELSE replace(reason, label, '...') END, '[0-9]{4,}', '#', 'g');

-- The circuit breaker of a channel, as the process that last learned something knows it (plugin/engine/breaker.h).
CREATE TABLE ferry.breaker (
    channel integer PRIMARY KEY REFERENCES ferry.channel ON DELETE CASCADE,
    state text NOT NULL CHECK (state IN ('closed', 'open')),
    since timestamptz NOT NULL,                    -- when it came to be in that state
    retry_at timestamptz,                          -- open: when the next probe is due
    reason text
);

-- Watching a channel for alerts: one process at a time takes its turn.
CREATE TABLE ferry.watch (
    channel integer PRIMARY KEY REFERENCES ferry.channel ON DELETE CASCADE,
    looked_at timestamptz NOT NULL,
    since timestamptz NOT NULL                     -- looked at without a gap since then
);

-- How much waited, at each look; kept for the window that alerts look back.
CREATE TABLE ferry.backlog (
    channel integer NOT NULL REFERENCES ferry.channel ON DELETE CASCADE,
    job text NOT NULL,
    at timestamptz NOT NULL,
    waiting bigint NOT NULL,
    PRIMARY KEY (channel, job, at)
);

CREATE INDEX portal_order_first_seen ON ferry.portal_order (channel, first_seen_at);

-- An alert: raised once, repeated while it lasts, resolved once. Each way out (the host, a webhook) notes what news it
-- has carried.
CREATE TABLE ferry.alert (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    channel integer NOT NULL REFERENCES ferry.channel ON DELETE CASCADE,
    job text NOT NULL,
    rule text NOT NULL,
    text text NOT NULL,                            -- what, since when, where to look, how to mend
    raised_at timestamptz NOT NULL,
    resolved_at timestamptz,
    acknowledged_at timestamptz,                   -- a person knows: it is not repeated
    acknowledged_by text,
    news text NOT NULL CHECK (news IN ('raised', 'repeated', 'resolved')),
    news_at timestamptz NOT NULL,
    called_at timestamptz,                         -- the news that the host was told of
    posted_at timestamptz,                         -- the news that the webhook took
    post_attempts integer NOT NULL DEFAULT 0,      -- in a row
    post_after timestamptz,                        -- not before
    CHECK ((resolved_at IS NULL) = (news <> 'resolved')),
    CHECK ((acknowledged_at IS NULL) = (acknowledged_by IS NULL))
);
-- Whatever two processes do at once, an alert that lasts is there once.
CREATE UNIQUE INDEX alert_lasting ON ferry.alert (channel, job, rule) WHERE resolved_at IS NULL;
CREATE INDEX alert_by_channel ON ferry.alert (channel, id DESC);
CREATE INDEX alert_to_call ON ferry.alert (id) WHERE called_at IS DISTINCT FROM news_at;
CREATE INDEX alert_to_post ON ferry.alert (channel) WHERE posted_at IS DISTINCT FROM news_at;
-- As it crosses to hosts, webhooks and screens: host-api/include/ferry/schemas/alert.md.
CREATE FUNCTION ferry.alert_json(alert bigint) RETURNS text LANGUAGE sql STABLE
    RETURN (SELECT json_build_object('id', a.id, 'channel', a.channel, 'channel_name', c.name, 'job', a.job,
        'rule', a.rule, 'state', a.news, 'text', a.text, 'raised_at', ferry.iso(a.raised_at),
        'resolved_at', ferry.iso(a.resolved_at), 'acknowledged_at', ferry.iso(a.acknowledged_at),
        'acknowledged_by', a.acknowledged_by)::text
        FROM ferry.alert a JOIN ferry.channel c ON c.id = a.channel WHERE a.id = alert);
