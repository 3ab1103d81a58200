-- Ferry's own tables, in the ERP's database, schema ferry. Applied by sql/state/migrate.cpp under a lock, in one
-- transaction, as the role that owns the schema. Times are timestamptz; documents are canonical JSON kept as text,
-- because what is compared is their text.

-- Microseconds since the epoch, UTC, and back: how times cross to and from C++. Exact until the year 2255.
CREATE FUNCTION ferry.micros(at timestamptz) RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE
    RETURN (date_part('epoch', at) * 1000000)::bigint;
CREATE FUNCTION ferry.instant(micros bigint) RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE
    RETURN timestamptz 'epoch' + micros * interval '1 microsecond';

-- A time as it stands in JSON for people and hosts.
CREATE FUNCTION ferry.iso(at timestamptz) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
    RETURN to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');

-- Which history of transactions this is: cluster, timeline, database, major version (fingerprints belong to it).
-- Another value than last time means restored, copied, promoted or upgraded. A role that may not read the control file
-- gets the database and version only: then a restore under the same database is noticed by can_compare() alone.
CREATE FUNCTION ferry.cluster() RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
    history text := '-';
BEGIN
    IF has_function_privilege('pg_catalog.pg_control_system()', 'execute')
            AND has_function_privilege('pg_catalog.pg_control_checkpoint()', 'execute') THEN
        SELECT s.system_identifier || '.' || c.timeline_id INTO history
        FROM pg_control_system() s, pg_control_checkpoint() c;
    END IF;
    RETURN history || '/' || (SELECT oid FROM pg_database WHERE datname = current_database())
        || '/' || current_setting('server_version_num')::integer / 10000;
END
$$;

-- For `age(t.xmin) BETWEEN 0 AND (SELECT ferry.age_of(since))`: rows of t written by transactions from `since` on.
-- Comparing ages holds across the wrap-around of 32-bit transaction ids, comparing the ids does not. A row frozen long
-- ago may pass by chance, which costs one needless comparison.
CREATE FUNCTION ferry.age_of(since xid8) RETURNS integer LANGUAGE sql STABLE
    RETURN age((since::text::numeric % 4294967296)::text::xid);

-- A channel: one shop on one portal. Written by the ERP's module when a web.shop is saved (or by ferry-host), read by
-- every engine. Holds the names of secrets, never a secret.
CREATE TABLE ferry.channel (
    id integer PRIMARY KEY,                        -- the ERP's id of the shop
    name text NOT NULL,
    profile text NOT NULL,                         -- folder under sql/profiles
    connector text NOT NULL,                       -- folder under connectors
    active boolean NOT NULL DEFAULT true,
    settings jsonb NOT NULL DEFAULT '{}',          -- common and the connector's own: see `ferry-host settings`
    changed_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- One job on one channel: its lane (who may drive it), its watermark, its pause switch, what a person asked of it.
CREATE TABLE ferry.job (
    id bigint GENERATED ALWAYS AS IDENTITY UNIQUE, -- for screens, which address a row by one number
    channel integer NOT NULL REFERENCES ferry.channel ON DELETE CASCADE,
    job text NOT NULL,
    -- the lane's lease: the epoch grows each time another holder takes over, and fences every write of an older one
    holder text,
    epoch bigint NOT NULL DEFAULT 0,
    expires_at timestamptz,
    -- watermark of a feed: what the last finished comparison had seen; void (compare everything) when the database it
    -- belongs to is another one (restored, copied, upgraded)
    snapshot pg_snapshot,
    cluster text,
    compared_fully_at timestamptz,
    next_boundary timestamptz,                     -- when a validity date changes the desired state without a write
    -- watermark of the intake, by the portal's clock
    portal_clock timestamptz,
    -- for people
    paused boolean NOT NULL DEFAULT false,
    pause_reason text,
    requested text CHECK (requested IN ('incremental', 'full')),
    last_run bigint,
    last_success_at timestamptz,
    last_error text,
    last_error_at timestamptz,
    PRIMARY KEY (channel, job)
);

-- "Look at this record": written in the ERP's own transaction when a record is saved. Never the source of truth.
-- A lane reads the hints whose transaction its last snapshot did not see; they are purged when every lane has.
CREATE TABLE ferry.change_hint (
    feed text NOT NULL,
    key bigint NOT NULL,                           -- 0: anything may have changed, compare everything
    txid xid8 NOT NULL DEFAULT pg_current_xact_id()
);
CREATE INDEX change_hint_txid ON ferry.change_hint (txid);
-- Hints of transactions below this were purged: a lane whose watermark is older compares everything.
CREATE TABLE ferry.hint_horizon (
    singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    txid xid8 NOT NULL DEFAULT '0'
);
INSERT INTO ferry.hint_horizon DEFAULT VALUES;

-- Whether a lane's watermark may be built upon: same history of transactions, no hint purged since, not from the
-- future, and younger than half the circle of transaction ids.
CREATE FUNCTION ferry.can_compare(snapshot pg_snapshot, cluster text) RETURNS boolean LANGUAGE sql STABLE
    RETURN coalesce(cluster = ferry.cluster()
        AND pg_snapshot_xmin(snapshot) >= (SELECT txid FROM ferry.hint_horizon)
        AND pg_snapshot_xmin(snapshot) <= pg_snapshot_xmax(pg_current_snapshot())
        AND pg_snapshot_xmax(pg_current_snapshot())::text::numeric
            - pg_snapshot_xmin(snapshot)::text::numeric < 2000000000,
        false);

-- What one portal should show of one record, and what it last confirmed. See plugin/domain/publication.h.
CREATE TABLE ferry.publication (
    channel integer NOT NULL,
    feed text NOT NULL,
    key bigint NOT NULL,
    part integer NOT NULL DEFAULT 0,
    label text NOT NULL,                           -- SKU, order reference
    desired text,                                  -- NULL: withdrawn, the record is no longer published
    fingerprint bigint,                            -- of desired: hashtextextended(desired, 0)
    acknowledged text,
    acknowledged_fingerprint bigint,
    acknowledged_at timestamptz,
    state text NOT NULL CHECK (state IN ('settled', 'pending', 'dead', 'absent')),
    priority smallint NOT NULL DEFAULT 1 CHECK (priority IN (0, 1)),  -- smaller goes first: 0 a decrease of stock
    attempts integer NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    snoozes integer NOT NULL DEFAULT 0 CHECK (snoozes >= 0),
    next_attempt_at timestamptz,
    reason text,
    run bigint NOT NULL,                           -- the run that last marked it pending
    exchange bigint,                               -- the last exchange it was part of
    changed_at timestamptz NOT NULL,               -- when the desired state last changed
    PRIMARY KEY (channel, feed, key, part),
    CHECK ((desired IS NULL) = (fingerprint IS NULL)),
    CHECK ((acknowledged IS NULL) = (acknowledged_fingerprint IS NULL)),
    CHECK ((state IN ('pending', 'absent')) = (next_attempt_at IS NOT NULL)),
    CHECK (state <> 'dead' OR reason IS NOT NULL)
) WITH (fillfactor = 80);
CREATE INDEX publication_due ON ferry.publication (channel, feed, state, priority, next_attempt_at)
    WHERE state IN ('pending', 'absent');
CREATE INDEX publication_dead ON ferry.publication (channel, feed, changed_at) WHERE state = 'dead';
CREATE INDEX publication_label ON ferry.publication (label);

-- One execution of a job. A row that a newer run takes over stays `deferred` in the older run's counts.
CREATE TABLE ferry.run (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    channel integer NOT NULL,
    job text NOT NULL,
    mode text NOT NULL CHECK (mode IN ('hints', 'watermark', 'full', 'intake')),
    started_at timestamptz NOT NULL,
    finished_at timestamptz,
    holder text NOT NULL,
    inbound integer NOT NULL DEFAULT 0,
    changed integer NOT NULL DEFAULT 0,
    unchanged integer NOT NULL DEFAULT 0,
    successful integer NOT NULL DEFAULT 0,
    failed integer NOT NULL DEFAULT 0,
    deferred integer NOT NULL DEFAULT 0,
    error text,
    CONSTRAINT inbound_balances CHECK (inbound = changed + unchanged),
    CONSTRAINT changed_balances CHECK (changed = successful + failed + deferred),
    CONSTRAINT counts_are_not_negative
        CHECK (least(inbound, changed, unchanged, successful, failed, deferred) >= 0)
);
CREATE INDEX run_by_job ON ferry.run (channel, job, id DESC);
CREATE FUNCTION ferry.run_json(run bigint) RETURNS json LANGUAGE sql STABLE
    RETURN (SELECT json_build_object('id', r.id, 'mode', r.mode, 'started_at', ferry.iso(r.started_at),
        'finished_at', ferry.iso(r.finished_at), 'inbound', r.inbound, 'changed', r.changed, 'unchanged', r.unchanged,
        'successful', r.successful, 'failed', r.failed, 'deferred', r.deferred, 'error', r.error)
        FROM ferry.run r WHERE r.id = run);

-- Everything that was said to the portal and answered, per batch; redacted and bounded; purged after the retention.
CREATE TABLE ferry.exchange (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    channel integer NOT NULL,
    job text NOT NULL,
    started_at timestamptz NOT NULL,
    finished_at timestamptz NOT NULL,
    requests integer NOT NULL,
    keys bigint[] NOT NULL,                        -- the record keys of the batch, in its order
    verdicts text[] NOT NULL,                      -- one per key, same order
    status integer NOT NULL,                       -- HTTP status of the last reply; 0: none arrived
    request text NOT NULL,
    reply text NOT NULL
);
CREATE INDEX exchange_by_job ON ferry.exchange (channel, job, id DESC);
CREATE INDEX exchange_keys ON ferry.exchange USING gin (keys);
CREATE INDEX exchange_age ON ferry.exchange USING brin (finished_at);

-- A portal's order as it was last seen, and how its import stands.
CREATE TABLE ferry.portal_order (
    id bigint GENERATED ALWAYS AS IDENTITY UNIQUE, -- for screens, which address a row by one number
    channel integer NOT NULL REFERENCES ferry.channel ON DELETE RESTRICT,
    reference text NOT NULL,                       -- the portal's order number; the external reference
    portal_id text NOT NULL,
    placed_at timestamptz NOT NULL,
    portal_state text NOT NULL,
    open boolean NOT NULL,                         -- the portal may still ship, change or cancel it
    cancelled boolean NOT NULL,                    -- cancelled on the portal as a whole
    document text NOT NULL,                        -- ferry.order/1
    fingerprint bigint NOT NULL,
    state text NOT NULL CHECK (state IN ('waiting', 'ready', 'review', 'linked', 'skipped')),
        -- waiting: its portal status does not permit import yet; ready: to be imported at next_attempt_at;
        -- review: needs a person, see reason; linked: it has its order in the ERP; skipped: will never be imported
    reason text,
    attempts integer NOT NULL DEFAULT 0,
    next_attempt_at timestamptz,
    erp_id bigint,                                 -- the ERP's id of the order
    erp_number text,
    first_seen_at timestamptz NOT NULL,
    last_seen_at timestamptz NOT NULL,
    linked_at timestamptz,
    run bigint,                                    -- the intake run that last saw it changed; counts it
    txid xid8 NOT NULL DEFAULT pg_current_xact_id(), -- of the last change: feeds find it by this
    PRIMARY KEY (channel, reference),
    UNIQUE (channel, portal_id),
    CHECK ((state = 'linked') = (erp_id IS NOT NULL)),
    CHECK ((state = 'ready') = (next_attempt_at IS NOT NULL)),
    CHECK (state <> 'review' OR reason IS NOT NULL)
);
CREATE INDEX portal_order_txid ON ferry.portal_order (txid);
CREATE INDEX portal_order_ready ON ferry.portal_order (channel, next_attempt_at) WHERE state = 'ready';
CREATE INDEX portal_order_open ON ferry.portal_order (channel) WHERE open;
CREATE INDEX portal_order_unfinished ON ferry.portal_order (channel) WHERE state IN ('waiting', 'ready', 'review');
CREATE INDEX portal_order_review ON ferry.portal_order (channel) WHERE state = 'review';
CREATE INDEX portal_order_erp ON ferry.portal_order (erp_id);

-- What of a portal order the portal itself still holds back from sale.
CREATE TABLE ferry.portal_order_line (
    channel integer NOT NULL,
    reference text NOT NULL,
    line text NOT NULL,                            -- the portal's id of the line
    sku text NOT NULL,
    quantity numeric NOT NULL,                     -- ordered, in sale units
    open_quantity numeric NOT NULL,                -- of these neither fulfilled nor cancelled on the portal
    PRIMARY KEY (channel, reference, line),
    FOREIGN KEY (channel, reference) REFERENCES ferry.portal_order ON DELETE CASCADE,
    CHECK (open_quantity >= 0 AND quantity >= open_quantity)
);
CREATE INDEX portal_order_line_sku ON ferry.portal_order_line (sku) WHERE open_quantity > 0;
