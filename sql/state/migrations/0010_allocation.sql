-- Dividing stock among channels: plugin/domain/allocation.h says why, sql/profiles/*/stock.sql how.

-- The largest number that the portal may show: of those wished since the last one confirmed, and that one; whichever of
-- them was sent, and whatever became of it. NULL: not divided, or none but the two documents.
ALTER TABLE ferry.publication ADD exposed numeric;

-- Held by a comparison that divides stock, from before it looks until its result is to be seen, so that what one channel
-- was given is never given to another. Holds no rows.
CREATE TABLE ferry.division ();

-- What a document of stock exposes to sale: its number, and what a portal that does not subtract its own open orders had
-- sold of it when the number was made.
CREATE FUNCTION ferry.exposure(document text) RETURNS numeric LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN coalesce((document::json->>'quantity')::numeric, 0) + coalesce((document::json->>'open')::numeric, 0);

-- Settings of other channels, which may be wrong: those channels do not run, and must not keep this one from running.
CREATE FUNCTION ferry.number_setting(settings jsonb, name text, fallback numeric) RETURNS numeric LANGUAGE sql IMMUTABLE
    PARALLEL SAFE
    RETURN CASE WHEN settings->>name ~ '^[0-9]{1,18}([.][0-9]{1,18})?$' THEN (settings->>name)::numeric
        ELSE fallback END;
CREATE FUNCTION ferry.list_setting(settings jsonb, name text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE jsonb_typeof(settings->name)
        WHEN 'array' THEN ARRAY(SELECT jsonb_array_elements_text(settings->name) ORDER BY 1)
        WHEN 'string' THEN ARRAY(SELECT unnest(string_to_array(replace(settings->>name, ' ', ''), ',')) ORDER BY 1)
        ELSE '{}' END;
CREATE FUNCTION ferry.has_allocation(settings jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN ferry.number_setting(settings, 'allocation_percent', 100) <> 100
        OR ferry.number_setting(settings, 'allocation_cap', NULL) IS NOT NULL
        OR ferry.number_setting(settings, 'allocation_reserved', 0) > 0
        OR ferry.number_setting(settings, 'low_stock_threshold', 0) > 0;
