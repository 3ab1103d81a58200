-- Numbered migrations.

-- name: exists
SELECT to_regclass('ferry.migration') IS NOT NULL

-- name: prepare
-- Asked first: CREATE SCHEMA IF NOT EXISTS wants the right to create even where there is nothing to create.
DO $$ BEGIN
    IF to_regnamespace('ferry') IS NULL THEN
        CREATE SCHEMA ferry;
    END IF;
END $$;
CREATE TABLE IF NOT EXISTS ferry.migration (
    number integer PRIMARY KEY,
    name text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
)

-- name: lock
-- The key is Ferry's own: any number will do, as long as it never changes.
SELECT pg_advisory_xact_lock(7091650112)::text

-- name: current
SELECT coalesce(max(number), 0) FROM ferry.migration

-- name: applied
INSERT INTO ferry.migration (number, name) VALUES (:number::integer, :name::text)
