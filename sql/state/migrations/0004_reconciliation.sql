-- What a portal shows, compared with what it confirmed.

-- One comparison of one feed. Its state is all here, so that any process goes on where another one was killed.
CREATE TABLE ferry.reconciliation (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    channel integer NOT NULL REFERENCES ferry.channel ON DELETE CASCADE,
    feed text NOT NULL,
    heal boolean NOT NULL,                         -- findings are marked to be sent again, not only reported
    by_person boolean NOT NULL,                    -- asked for; otherwise by the schedule
    phase text NOT NULL DEFAULT 'waiting'
        CHECK (phase IN ('waiting', 'listing', 'looking', 'confirming', 'finished')),
    requested_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    started_at timestamptz,
    finished_at timestamptz,
    window_from timestamptz,                       -- of a feed of orders: those placed in it, by the portal's clock
    window_to timestamptz,
    cursor text NOT NULL DEFAULT '',               -- listing: the page to be read next
    pages integer NOT NULL DEFAULT 0,
    -- The keys are divided into 1024 ranges by their hash. Of each: how many were listed, and the exclusive or of their
    -- hashes. A range in which our own keys make the same figures lacks nothing; only the others are looked at by key.
    seen_counts integer[],
    seen_digests bigint[],
    differs boolean[],                             -- looking: the ranges to be looked at
    looked_key bigint NOT NULL DEFAULT 0,          -- looking: how far
    looked_part integer NOT NULL DEFAULT -1,
    -- counts of records; what is suspected counts as unconfirmed until it was looked at for the second time
    listed bigint NOT NULL DEFAULT 0,              -- shown by the portal
    lacking bigint NOT NULL DEFAULT 0,             -- confirmed once, and not shown at the first look
    agreed bigint NOT NULL DEFAULT 0,
    left_out bigint NOT NULL DEFAULT 0,            -- under way, refused, absent, withdrawn: known to differ
    differing bigint NOT NULL DEFAULT 0,
    missing bigint NOT NULL DEFAULT 0,
    surplus bigint NOT NULL DEFAULT 0,             -- the portal has it and no publication (or order of ours) knows it
    explained bigint NOT NULL DEFAULT 0,           -- gone at the second look, or the record had moved on by then
    unconfirmed bigint NOT NULL DEFAULT 0,         -- beyond the bound of findings, or could not be told
    healed bigint NOT NULL DEFAULT 0,
    variance numeric,                              -- units by which the portal's quantities are off; NULL: has none
    parity numeric GENERATED ALWAYS AS (CASE WHEN agreed + differing + missing + unconfirmed > 0 THEN
        trunc(100.0 * agreed / (agreed + differing + missing + unconfirmed), 3) END) STORED,
    error text,                                    -- why nothing was compared
    CONSTRAINT reconciliation_balances
        CHECK (listed + lacking = agreed + left_out + differing + missing + surplus + explained + unconfirmed),
    CONSTRAINT reconciliation_counts_are_not_negative
        CHECK (least(listed, lacking, agreed, left_out, differing, missing, surplus, explained, unconfirmed,
            healed) >= 0),
    CONSTRAINT healed_is_part_of_what_was_found CHECK (healed <= differing + missing + surplus),
    CHECK ((phase = 'finished') = (finished_at IS NOT NULL))
);
CREATE INDEX reconciliation_open ON ferry.reconciliation (channel, id) WHERE phase <> 'finished';
CREATE INDEX reconciliation_by_feed ON ferry.reconciliation (channel, feed, id DESC);

CREATE TABLE ferry.reconciliation_finding (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    reconciliation bigint NOT NULL REFERENCES ferry.reconciliation ON DELETE CASCADE,
    kind text NOT NULL CHECK (kind IN ('differing', 'missing', 'surplus')),
    state text NOT NULL DEFAULT 'suspected' CHECK (state IN ('suspected', 'confirmed', 'explained', 'unconfirmed')),
    label text NOT NULL,
    identity text NOT NULL DEFAULT '{}',           -- what tells records of one label apart on the portal
    key bigint,                                    -- of the publication; NULL: surplus
    part integer,
    acknowledged text,                             -- what the portal had confirmed
    fingerprint bigint,                            -- of it: another one at the second look is another story
    shown text,                                    -- what it shows, for people: bounded; NULL: nothing
    variance numeric,
    healed boolean NOT NULL DEFAULT false,
    seen_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    confirmed_at timestamptz,
    CHECK ((kind = 'surplus') = (key IS NULL))
);
CREATE INDEX reconciliation_finding_of ON ferry.reconciliation_finding (reconciliation, state);

CREATE FUNCTION ferry.reconciliation_json(reconciliation bigint) RETURNS jsonb LANGUAGE sql STABLE
    RETURN (SELECT jsonb_build_object('id', r.id, 'channel', r.channel, 'feed', r.feed, 'heal', r.heal, 'by_person',
        r.by_person, 'phase', r.phase, 'requested_at', ferry.iso(r.requested_at), 'started_at', ferry.iso(r.started_at),
        'finished_at', ferry.iso(r.finished_at), 'listed', r.listed, 'lacking', r.lacking, 'agreed', r.agreed,
        'left_out', r.left_out, 'differing', r.differing, 'missing', r.missing, 'surplus', r.surplus, 'explained',
        r.explained, 'unconfirmed', r.unconfirmed, 'healed', r.healed, 'parity', r.parity::text, 'variance',
        trim_scale(r.variance)::text, 'error', r.error)
        FROM ferry.reconciliation r WHERE r.id = reconciliation);

-- Units by which what is shown is off, where both documents have a quantity.
CREATE FUNCTION ferry.quantity_off(acknowledged jsonb, shown jsonb) RETURNS numeric LANGUAGE sql IMMUTABLE
    RETURN CASE WHEN acknowledged->>'quantity' ~ '^-?[0-9]{1,15}([.][0-9]{1,10})?$'
            AND shown->>'quantity' ~ '^-?[0-9]{1,15}([.][0-9]{1,10})?$'
        THEN abs((shown->>'quantity')::numeric - (acknowledged->>'quantity')::numeric) END;
