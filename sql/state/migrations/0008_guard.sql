-- Change sets that look like an accident are held for a person (plugin/engine/guard.h), and members of documents that
-- the ERP does not own (plugin/engine/ownership.h).

ALTER TABLE ferry.publication
    DROP CONSTRAINT publication_state_check,
    ADD CONSTRAINT publication_state_check CHECK (state IN ('settled', 'pending', 'dead', 'absent', 'held')),
    ADD CONSTRAINT publication_held_says_why CHECK (state <> 'held' OR reason IS NOT NULL),
    -- Something else than `acknowledged` may have reached the portal: a newer value replaced one whose answer is not
    -- known. Such a record is sent even when it is to show again what the portal confirmed last.
    ADD in_doubt boolean NOT NULL DEFAULT false;
CREATE INDEX publication_held ON ferry.publication (channel, feed) WHERE state = 'held';

-- Withdrawals of the last day add up.
CREATE INDEX publication_withdrawn ON ferry.publication (channel, feed, changed_at) WHERE fingerprint IS NULL;

-- A change set that was held. Its records are the lane's publications in state `held`, in their newest form: a later
-- run that has to be held as well takes over what waits, so that each lane has one at most.
CREATE TABLE ferry.hold (
    run bigint PRIMARY KEY,                        -- the run that found it; what people name it by
    channel integer NOT NULL REFERENCES ferry.channel ON DELETE CASCADE,
    job text NOT NULL,
    reason text NOT NULL,                          -- for a person: what exceeds which limit, the largest by name
    records bigint NOT NULL,                       -- held at the time
    is_first boolean NOT NULL,                     -- because it was the first publication
    held_at timestamptz NOT NULL,
    ended_at timestamptz,
    outcome text CHECK (outcome IN ('released', 'discarded', 'joined', 'within_limits', 'restored')),
        -- joined: by a later one; within_limits: released by itself; restored: the ERP says again what the portal shows
    ended_by text,                                 -- the person; NULL: nobody
    note text,
    CHECK ((ended_at IS NULL) = (outcome IS NULL))
);
CREATE UNIQUE INDEX hold_lasting ON ferry.hold (channel, job) WHERE ended_at IS NULL;
CREATE INDEX hold_ended ON ferry.hold (ended_at) WHERE ended_at IS NOT NULL;

ALTER TABLE ferry.run ADD held text;               -- why its change set was held; kept when it is no longer
CREATE OR REPLACE FUNCTION ferry.run_json(run bigint) RETURNS json LANGUAGE sql STABLE
    RETURN (SELECT json_build_object('id', r.id, 'mode', r.mode, 'started_at', ferry.iso(r.started_at),
        'finished_at', ferry.iso(r.finished_at), 'inbound', r.inbound, 'changed', r.changed, 'unchanged', r.unchanged,
        'successful', r.successful, 'failed', r.failed, 'deferred', r.deferred, 'held', r.held, 'error', r.error)
        FROM ferry.run r WHERE r.id = run);

-- ---- figures of documents. They are canonical text, in which no text can hold an unescaped quotation mark: a member is
-- found without reading the document as JSON, which would cost more than the comparison itself.

CREATE FUNCTION ferry.numbers_in(document text, member text) RETURNS numeric[] LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (SELECT array_agg(split_part(piece, '"', 1)::numeric)
        FROM unnest((string_to_array(document, '"' || member || '":"'))[2:]) AS piece);
CREATE FUNCTION ferry.least_in(document text, member text) RETURNS numeric LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (SELECT min(n) FROM unnest(ferry.numbers_in(document, member)) AS n);
CREATE FUNCTION ferry.greatest_in(document text, member text) RETURNS numeric LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (SELECT max(n) FROM unnest(ferry.numbers_in(document, member)) AS n);

-- What a customer may come to pay: an amount, the least of several, or what a discount leaves of a hundred. NULL: the
-- feed has no prices, or there is no document. Simple enough to be expanded where it stands.
CREATE FUNCTION ferry.price_in(feed text, document text) RETURNS numeric LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN feed NOT IN ('list_price', 'cost', 'fixed_net_price', 'discount') THEN NULL
        WHEN feed = 'discount' THEN 100 - ferry.greatest_in(document, 'percent')
        WHEN feed = 'fixed_net_price' THEN ferry.least_in(document, 'amount')
        ELSE nullif(split_part(split_part(document, '"amount":"', 2), '"', 1), '')::numeric END;
CREATE FUNCTION ferry.is_out_of_stock(feed text, document text) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN feed = 'stock' AND strpos(document, '"quantity":"0"') > 0;
-- For people, and for the order in which they see changes: the figure that counts, and how much of it changes.
CREATE FUNCTION ferry.figure_in(feed text, document text) RETURNS numeric LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN feed = 'stock' THEN ferry.least_in(document, 'quantity') ELSE ferry.price_in(feed, document) END;
CREATE FUNCTION ferry.relative_change(feed text, previous text, document text) RETURNS numeric
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN previous IS NULL THEN NULL WHEN document IS NULL THEN 1
        ELSE abs(ferry.figure_in(feed, document) - ferry.figure_in(feed, previous))
            / coalesce(nullif(ferry.figure_in(feed, previous), 0), 1) END;

-- ---- ownership

-- The document without some of its members; the rest as it stands, in its order.
CREATE FUNCTION ferry.owned(document text, disowned text[]) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN document IS NOT NULL THEN (
        SELECT '{' || coalesce(string_agg(to_json(m.key) || ':' || m.value, ',' ORDER BY m.position), '') || '}'
        FROM json_each(document::json) WITH ORDINALITY AS m(key, value, position) WHERE m.key <> ALL (disowned)) END;
ALTER TABLE ferry.job ADD disowned text[] NOT NULL DEFAULT '{}';  -- as its publications were last rid of them
