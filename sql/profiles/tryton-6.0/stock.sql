-- Available to sell per published product of a web shop.
--
-- Where stock counts: everything below a warehouse's storage, picking and output zones; that is what Tryton shows for
-- the storage zone (context stock_skip_warehouse), plus goods that were picked and still stand in the output zone. Those
-- are promised to somebody by the outgoing move that will take them from there, so on hand minus reserved does not
-- change while a shipment is picked and packed. The input zone does not count (not put away yet), nor does any other
-- location of the warehouse outside these zones, nor lost-and-found (its type is not storage), nor what the channel's
-- setting quarantine_locations names by code, nor what lies below.
--   on hand   done moves in minus out up to today by the company's calendar, closed periods from stock_period_cache
--   reserved  what is promised and has not left: assigned moves out of these zones; draft moves to customers of waiting
--             shipments and of sales; lines of confirmed sales as far as no move exists for them yet (a cancelled move
--             counts as none until a person has ignored it)
--   claimed   lines of portal orders of every channel, neither cancelled nor skipped, that the ERP has not reserved:
--             there is no sale with that web_id in state confirmed or later. Both are read in one snapshot, so an order
--             counts here or there, never twice and never nowhere
-- A kit sells as often as its scarcest component allows; what is reserved or claimed for a kit is so for its components.
-- Where the portal has locations (setting `locations`), claims and open quantities belong to the shop's first warehouse,
-- which is where its sales are delivered from; what is promised beyond a warehouse's stock is taken off the others'.
-- Not reproduced: flat_childs (a display matter), lots.
--
-- Where a channel that sells from these warehouses has settings of allocation, what may be sold is divided: the rule, and
-- why the sum that can be bought never passes it, stand in plugin/domain/allocation.h; a test shows that this is the same
-- rule. Its figures are per product and in its sale unit; with `locations` each location is divided by itself.
--   pool      what may be sold, as above, at least 0
--   share     the channel's ring-fenced quantity as far as the pool reaches (smaller ids first), and its percentage of
--             what nobody has ring-fenced; 0 below low_stock_threshold; at most allocation_cap
--   held      what another channel may be holding: the largest number that its portal may show (publication.exposed),
--             less its open orders. A portal that subtracts no open orders is told them in its document: its number was
--             made when they were sold, and it is sent again when they change, because then it has moved by itself
--   told      the share; and where the percentages of all who publish the product are at most 100 together, and all sell
--             from the same warehouses and quarantine alike, no more than the stock less what the others hold
-- A channel counts while it is active and does `stock`; one that is paused or whose portal is ill holds what it shows.
-- A kit and its components are divided each by itself.
--
-- Sections named `x.keyed` and `x.full` stand for `%x%` in that kind of run, `x.shared` where stock is divided, `x without
-- t` where the ERP has no table t. `desired` yields (key, part, label, document).

-- name: tables
web_shop "web_shop-product_product" "web_shop-stock_location" company_company stock_location stock_move stock_period
stock_period_cache stock_shipment_out product_product product_template product_uom sale_sale sale_line
sale_line_moves_ignored_rel

-- name: urgent
-- A decrease goes first: until it has arrived, customers buy what is not there.
coalesce((({previous})::json->>'quantity')::numeric > coalesce((({document})::json->>'quantity')::numeric, 0), false)

-- name: boundary
-- What is dated tomorrow counts from tomorrow, and no row is written then.
SELECT ((now() AT TIME ZONE z.zone)::date + 1)::timestamp AT TIME ZONE z.zone
FROM (SELECT coalesce(nullif(c.timezone, ''), 'UTC') AS zone FROM web_shop s JOIN company_company c ON c.id = s.company
    WHERE s.id = :channel::integer) z

-- name: shared
-- Whether stock is divided among the channels that sell from these warehouses.
SELECT EXISTS (SELECT FROM ferry.channel c JOIN ferry.channel own ON own.id = :channel::integer
    WHERE c.active AND c.profile = own.profile AND ferry.has_allocation(c.settings) AND (c.id = own.id OR EXISTS (
        SELECT FROM "web_shop-stock_location" x JOIN "web_shop-stock_location" o ON o.warehouse = x.warehouse
        WHERE x.shop = c.id AND o.shop = own.id)))

-- name: all
SELECT x.product FROM "web_shop-product_product" x WHERE x.shop = :channel::integer AND x.active

-- name: reported
-- Products of portal orders that changed after the last comparison; any channel's, because they share the stock.
-- Order by order: how few there are cannot be estimated, and every line ever ordered would be read for them.
SELECT p.id
FROM (SELECT o.channel, o.reference FROM ferry.portal_order o
    WHERE o.txid >= (:since::text)::xid8 AND NOT pg_visible_in_snapshot(o.txid, :snapshot::pg_snapshot) OFFSET 0) o
CROSS JOIN LATERAL (SELECT l.sku FROM ferry.portal_order_line l
    WHERE l.channel = o.channel AND l.reference = o.reference OFFSET 0) l
JOIN product_product p ON p.code = l.sku AND p.active

-- name: related
-- Components of a kit among the candidates, and kits that share a component with one.
SELECT k.product FROM candidate c JOIN product_product p ON p.id = c.key
    JOIN product_component k ON k.parent_template = p.template
UNION
SELECT p.id FROM candidate c JOIN product_component k ON k.product = c.key
    JOIN product_product p ON p.template = k.parent_template
UNION
SELECT s.id FROM candidate c JOIN product_product p ON p.id = c.key
    JOIN product_component k ON k.parent_template = p.template
JOIN product_component o ON o.product = k.product JOIN product_product s ON s.template = o.parent_template

-- name: related without product_component
SELECT NULL::bigint WHERE false

-- name: changed
-- Rows of every table that contributes, written by transactions that the last comparison did not see.
WITH since AS MATERIALIZED (SELECT ferry.age_of((:since::text)::xid8) AS age),
sale_of AS (SELECT s.id FROM sale_sale s WHERE age(s.xmin) BETWEEN 0 AND (SELECT age FROM since))
SELECT m.product FROM stock_move m WHERE age(m.xmin) BETWEEN 0 AND (SELECT age FROM since)
UNION SELECT c.product FROM stock_period_cache c WHERE age(c.xmin) BETWEEN 0 AND (SELECT age FROM since)
UNION SELECT l.product FROM sale_line l WHERE age(l.xmin) BETWEEN 0 AND (SELECT age FROM since)
UNION SELECT l.product FROM sale_of s JOIN sale_line l ON l.sale = s.id
UNION SELECT l.product FROM sale_line_moves_ignored_rel r JOIN sale_line l ON l.id = r.sale_line
    WHERE age(r.xmin) BETWEEN 0 AND (SELECT age FROM since)
UNION SELECT m.product FROM stock_shipment_out s JOIN stock_move m ON m.shipment = 'stock.shipment.out,' || s.id
    WHERE age(s.xmin) BETWEEN 0 AND (SELECT age FROM since)
UNION SELECT p.id FROM product_product p WHERE age(p.xmin) BETWEEN 0 AND (SELECT age FROM since)
UNION SELECT p.id FROM product_template t JOIN product_product p ON p.template = t.id
    WHERE age(t.xmin) BETWEEN 0 AND (SELECT age FROM since)
UNION SELECT x.product FROM "web_shop-product_product" x WHERE age(x.xmin) BETWEEN 0 AND (SELECT age FROM since)
UNION %changed_kits%
UNION SELECT x.product FROM "web_shop-product_product" x WHERE x.shop = :channel::integer AND x.active AND (
    EXISTS (SELECT FROM product_uom u WHERE age(u.xmin) BETWEEN 0 AND (SELECT age FROM since))
    OR EXISTS (SELECT FROM stock_location l WHERE age(l.xmin) BETWEEN 0 AND (SELECT age FROM since))
    OR EXISTS (SELECT FROM stock_period p WHERE age(p.xmin) BETWEEN 0 AND (SELECT age FROM since))
    OR EXISTS (SELECT FROM web_shop s WHERE age(s.xmin) BETWEEN 0 AND (SELECT age FROM since))
    OR EXISTS (SELECT FROM "web_shop-stock_location" w WHERE age(w.xmin) BETWEEN 0 AND (SELECT age FROM since))
    OR EXISTS (SELECT FROM company_company c WHERE age(c.xmin) BETWEEN 0 AND (SELECT age FROM since))
    -- any channel: it may share the stock
    OR EXISTS (SELECT FROM ferry.channel c WHERE age(c.xmin) BETWEEN 0 AND (SELECT age FROM since)))

-- name: changed_kits
SELECT p.id FROM product_component k JOIN product_product p ON p.template = k.parent_template
    WHERE age(k.xmin) BETWEEN 0 AND (SELECT age FROM since)
UNION SELECT c.product FROM sale_line_component c WHERE age(c.xmin) BETWEEN 0 AND (SELECT age FROM since)
UNION SELECT c.product FROM sale_of s JOIN sale_line l ON l.sale = s.id JOIN sale_line_component c ON c.line = l.id
UNION SELECT c.product FROM "sale_line_component-ignored-stock_move" r JOIN sale_line_component c ON c.id = r.component
    WHERE age(r.xmin) BETWEEN 0 AND (SELECT age FROM since)

-- name: changed_kits without product_component
SELECT NULL::integer WHERE false

-- name: frame
-- The shop, its places and units: what every figure rests on.
shop AS MATERIALIZED (
    SELECT s.id, s.company, (now() AT TIME ZONE coalesce(nullif(c.timezone, ''), 'UTC'))::date AS today,
        coalesce(nullif(f.settings->>'safety_stock', '')::numeric, 0) AS safety,
        CASE jsonb_typeof(f.settings->'locations') WHEN 'object' THEN f.settings->'locations'
            WHEN 'string' THEN nullif(f.settings->>'locations', '')::jsonb END AS portal_locations,
        CASE jsonb_typeof(f.settings->'quarantine_locations')
            WHEN 'array' THEN ARRAY(SELECT jsonb_array_elements_text(f.settings->'quarantine_locations'))
            WHEN 'string' THEN string_to_array(replace(f.settings->>'quarantine_locations', ' ', ''), ',')
            ELSE '{}' END AS quarantine,
        (SELECT max(p.date) FROM stock_period p WHERE p.company = s.company AND p.state = 'closed') AS closed
    FROM web_shop s JOIN company_company c ON c.id = s.company JOIN ferry.channel f ON f.id = s.id
    WHERE s.id = :channel::integer
), warehouse AS MATERIALIZED (
    SELECT w.id, w.storage_location, w.output_location, w.picking_location,
        shop.portal_locations->>w.code AS portal_location,
        CASE WHEN shop.portal_locations IS NULL THEN 0 ELSE w.id END AS part,
        row_number() OVER (ORDER BY x.id) = 1 AS is_first
    FROM shop JOIN "web_shop-stock_location" x ON x.shop = shop.id JOIN stock_location w ON w.id = x.warehouse
    WHERE shop.portal_locations IS NULL OR shop.portal_locations->>w.code IS NOT NULL
), part AS MATERIALIZED (
    SELECT w.part, min(w.portal_location) AS portal_location, bool_or(w.is_first) AS is_first FROM warehouse w
        GROUP BY w.part
), place AS MATERIALIZED (
    SELECT DISTINCT ON (l.id) l.id AS location, w.id AS warehouse, w.part
    FROM shop CROSS JOIN warehouse w
    JOIN stock_location z ON z.id IN (w.storage_location, w.output_location, w.picking_location)
    JOIN stock_location l ON l."left" >= z."left" AND l."right" <= z."right"
    WHERE l.type = 'storage' AND NOT EXISTS (
        SELECT FROM stock_location q WHERE q.code = ANY (shop.quarantine) AND l."left" >= q."left"
            AND l."right" <= q."right")
    ORDER BY l.id, w.id
), unit AS MATERIALIZED (
    -- the more exact of the two, as Tryton takes it
    SELECT u.id, u.digits, CASE WHEN u.factor > u.rate THEN u.factor::numeric ELSE 1 / u.rate::numeric END AS factor
    FROM product_uom u
)

-- name: claims
-- Portal orders that the ERP has not reserved, as products in their default unit.
claim AS MATERIALIZED (
    SELECT o.channel, o.reference FROM ferry.portal_order o
    WHERE o.state IN ('waiting', 'ready', 'review') AND NOT o.cancelled
        AND NOT EXISTS (SELECT FROM sale_sale s WHERE nullif(s.web_id::text, '') = o.channel || ':' || o.reference
            AND s.state IN ('confirmed', 'processing', 'done', 'cancelled'))
    UNION
    SELECT o.channel, o.reference FROM ferry.portal_order o JOIN sale_sale s ON s.id = o.erp_id
    WHERE o.state = 'linked' AND o.open AND NOT o.cancelled AND s.state IN ('draft', 'quotation')
), claimed_product AS MATERIALIZED (
    SELECT p.id AS product, sum(l.quantity * su.factor / du.factor) AS quantity
    FROM claim c JOIN ferry.portal_order_line l ON l.channel = c.channel AND l.reference = c.reference
    JOIN product_product p ON p.code = l.sku AND p.active JOIN product_template t ON t.id = p.template
    JOIN unit du ON du.id = t.default_uom JOIN unit su ON su.id = coalesce(t.sale_uom, t.default_uom)
    GROUP BY p.id
)

-- name: recipe
-- What one of a kit takes, in the components' default units.
recipe AS MATERIALIZED (
    SELECT n.product, k.product AS item, k.quantity::numeric * ku.factor / du.factor AS quantity, coalesce(k.fixed,
        false) AS fixed,
        du.digits
    FROM (%kits% UNION SELECT product FROM claimed_product) n
    JOIN product_product p ON p.id = n.product JOIN product_template t ON t.id = p.template AND t.type = 'kit'
    JOIN product_component k ON k.parent_template = t.id AND (k.parent_product = p.id
        OR NOT EXISTS (SELECT FROM product_component o WHERE o.parent_product = p.id))
    JOIN product_product kp ON kp.id = k.product JOIN product_template kt ON kt.id = kp.template
    JOIN unit ku ON ku.id = k.unit JOIN unit du ON du.id = kt.default_uom
)

-- name: recipe without product_component
recipe AS MATERIALIZED (
    SELECT NULL::integer AS product, NULL::integer AS item, NULL::numeric AS quantity, false AS fixed,
        NULL::integer AS digits WHERE false
)

-- name: kits.keyed
SELECT b.product FROM published b WHERE b.is_kit

-- name: kits.full
SELECT b.id AS product FROM product_product b JOIN product_template bt ON bt.id = b.template WHERE bt.type = 'kit'

-- name: items.keyed
item AS MATERIALIZED (
    SELECT product AS item FROM published WHERE NOT is_kit UNION SELECT item FROM recipe
),

-- name: items.full

-- name: of_items.keyed
AND p.id IN (SELECT i.item FROM item i)

-- name: of_items.full

-- name: moves.keyed
SELECT i.item, m.from_location, m.to_location, m.state, m.internal_quantity, m.day, m.shipment, m.origin
FROM item i CROSS JOIN LATERAL (
    SELECT m.from_location, m.to_location, m.state, m.internal_quantity, m.shipment, m.origin,
        coalesce(m.effective_date, m.planned_date, DATE '9999-12-31') AS day
    FROM stock_move m WHERE m.product = i.item AND m.company = (SELECT company FROM shop)
        AND m.state IN ('done', 'assigned', 'draft') OFFSET 0) m

-- name: moves.full
SELECT m.product AS item, m.from_location, m.to_location, m.state, m.internal_quantity,
    coalesce(m.effective_date, m.planned_date, DATE '9999-12-31') AS day, m.shipment, m.origin
FROM stock_move m WHERE m.company = (SELECT company FROM shop) AND m.state IN ('done', 'assigned', 'draft')

-- name: cached.keyed
SELECT i.item, c.location, c.internal_quantity FROM item i CROSS JOIN LATERAL (
    SELECT c.location, c.internal_quantity FROM stock_period_cache c JOIN stock_period p ON p.id = c.period
    WHERE c.product = i.item AND p.company = (SELECT company FROM shop) AND p.state = 'closed'
        AND p.date = (SELECT closed FROM shop) OFFSET 0) c

-- name: cached.full
SELECT c.product AS item, c.location, c.internal_quantity
FROM stock_period_cache c JOIN stock_period p ON p.id = c.period
WHERE p.company = (SELECT company FROM shop) AND p.state = 'closed' AND p.date = (SELECT closed FROM shop)

-- name: balance
-- Per item and part: on hand, and what is promised and has not left.
flow AS NOT MATERIALIZED (
    SELECT m.item, m.internal_quantity AS quantity, f.part AS from_part, t.part AS to_part,
        m.state = 'done' AND m.day <= (SELECT today FROM shop)
            AND m.day > coalesce((SELECT closed FROM shop), DATE '-infinity') AS counts,
        -- within one warehouse a move only changes the place
        f.location IS NOT NULL AND f.warehouse IS DISTINCT FROM t.warehouse AND CASE m.state
            WHEN 'assigned' THEN true
            WHEN 'draft' THEN m.to_location IN (SELECT l.id FROM stock_location l WHERE l.type = 'customer')
                AND (starts_with(m.origin, 'sale.line,') OR starts_with(m.origin, 'sale.line.component,')
                    OR EXISTS (SELECT FROM stock_shipment_out s WHERE s.state IN ('waiting', 'assigned', 'picked',
                        'packed')
                        AND s.id = CASE WHEN starts_with(m.shipment, 'stock.shipment.out,')
                            THEN split_part(m.shipment, ',', 2)::integer END))
            ELSE false END AS is_reserved
    FROM (%moves%) m LEFT JOIN place f ON f.location = m.from_location LEFT JOIN place t ON t.location = m.to_location
    WHERE f.location IS NOT NULL OR t.location IS NOT NULL
), balance AS (
    SELECT b.item, b.part, sum(b.on_hand) AS on_hand, sum(b.reserved) AS reserved FROM (
        -- each move once: where it arrives, or where it leaves when it arrives nowhere here or in the same part
        SELECT item, coalesce(to_part, from_part) AS part, CASE WHEN NOT counts THEN 0
                WHEN from_part IS NULL OR from_part <> to_part THEN quantity WHEN to_part IS NULL THEN -quantity
                    ELSE 0 END AS on_hand,
            CASE WHEN is_reserved AND (to_part IS NULL OR from_part = to_part) THEN quantity ELSE 0 END AS reserved
        FROM flow
        UNION ALL
        -- and where it left for another part; not even looked for where there is one part
        SELECT item, from_part, CASE WHEN counts THEN -quantity ELSE 0 END, CASE WHEN is_reserved THEN quantity ELSE 0
            END
        FROM flow WHERE (SELECT count(*) FROM part) > 1 AND from_part <> to_part
        UNION ALL
        SELECT c.item, p.part, c.internal_quantity, 0 FROM (%cached%) c JOIN place p ON p.location = c.location
        UNION ALL
        SELECT u.item, u.part, 0, u.quantity::float8 FROM unmoved u
    ) b GROUP BY b.item, b.part
)

-- name: unmoved
-- Lines of confirmed sales as far as no move exists for them yet.
unmoved AS MATERIALIZED (
    SELECT q.item, q.part, sum(q.quantity) AS quantity FROM (
        SELECT l.product AS item, w.part, greatest(0, l.quantity::numeric * lu.factor / du.factor - coalesce((
            SELECT sum(m.internal_quantity::numeric) FROM stock_move m
            WHERE m.origin = 'sale.line,' || l.id AND (m.state IN ('draft', 'assigned', 'done') OR m.state = 'cancelled'
                AND EXISTS (SELECT FROM sale_line_moves_ignored_rel r WHERE r.sale_line = l.id AND r.move = m.id))),
                    0)) AS quantity
        FROM sale_sale s JOIN sale_line l ON l.sale = s.id JOIN warehouse w ON w.id = s.warehouse
        JOIN product_product p ON p.id = l.product JOIN product_template t ON t.id = p.template
            AND t.type IN ('goods', 'assets')
        JOIN unit lu ON lu.id = l.unit JOIN unit du ON du.id = t.default_uom
        WHERE s.state IN ('confirmed', 'processing') AND s.company = (SELECT company FROM shop) AND l.type = 'line'
            AND l.quantity > 0 %of_items%
        %unmoved_kits%
    ) q GROUP BY q.item, q.part
)

-- name: unmoved_kits
UNION ALL
        SELECT c.product, w.part, greatest(0, c.quantity::numeric * lu.factor / du.factor - coalesce((
            SELECT sum(m.internal_quantity::numeric) FROM stock_move m
            WHERE m.origin = 'sale.line.component,' || c.id AND (m.state IN ('draft', 'assigned', 'done')
                OR m.state = 'cancelled'
                AND EXISTS (SELECT FROM "sale_line_component-ignored-stock_move" r WHERE r.component = c.id
                    AND r.move = m.id))), 0))
        FROM sale_sale s JOIN sale_line l ON l.sale = s.id JOIN sale_line_component c ON c.line = l.id
        JOIN warehouse w ON w.id = s.warehouse
        JOIN product_product p ON p.id = c.product JOIN product_template t ON t.id = p.template
        JOIN unit lu ON lu.id = c.unit JOIN unit du ON du.id = t.default_uom
        WHERE s.state IN ('confirmed', 'processing') AND s.company = (SELECT company FROM shop) AND l.type = 'line'
            AND c.quantity > 0 %of_items%

-- name: unmoved_kits without product_component

-- name: released_kits
-- A kit as often as it was taken out whole.
UNION ALL
        SELECT n.reference, n.sku, round(min(n.share) * n.quantity, 8) FROM (
            SELECT h.reference, l.id, p.code AS sku, l.quantity::numeric * lu.factor / su.factor AS quantity,
                coalesce((SELECT sum(m.internal_quantity::numeric)
                    FROM "sale_line_component-ignored-stock_move" r JOIN stock_move m ON m.id = r.move
                    WHERE r.component = c.id AND m.state = 'cancelled'), 0)
                    / nullif(c.quantity::numeric * cu.factor / cdu.factor, 0) AS share
            FROM holding h JOIN ferry.portal_order o ON o.channel = %whose% AND o.reference = h.reference
            JOIN sale_line l ON l.sale = o.erp_id JOIN sale_line_component c ON c.line = l.id
            JOIN product_product p ON p.id = l.product JOIN product_template t ON t.id = p.template
            JOIN unit lu ON lu.id = l.unit JOIN unit su ON su.id = coalesce(t.sale_uom, t.default_uom)
            JOIN product_product cp ON cp.id = c.product JOIN product_template ct ON ct.id = cp.template
            JOIN unit cu ON cu.id = c.unit JOIN unit cdu ON cdu.id = ct.default_uom
        ) n GROUP BY n.reference, n.id, n.sku, n.quantity

-- name: released_kits without product_component

-- name: opened.keyed
-- What this portal itself still holds back, per SKU.
SELECT l.sku, sum(greatest(0, l.quantity - coalesce(r.quantity, 0))) AS quantity
FROM published p CROSS JOIN LATERAL (
    SELECT l.reference, l.sku, sum(l.open_quantity) AS quantity FROM ferry.portal_order_line l
    WHERE l.sku = p.code AND l.open_quantity > 0 AND l.channel = %whose% GROUP BY l.reference, l.sku OFFSET 0) l
JOIN holding h ON h.reference = l.reference
LEFT JOIN released r ON r.reference = l.reference AND r.sku = l.sku
GROUP BY l.sku

-- name: opened.full
SELECT l.sku, sum(greatest(0, l.quantity - coalesce(r.quantity, 0))) AS quantity
FROM (SELECT l.reference, l.sku, sum(l.open_quantity) AS quantity FROM ferry.portal_order_line l
    JOIN holding h ON h.reference = l.reference
    WHERE l.channel = %whose% AND l.open_quantity > 0 GROUP BY l.reference, l.sku) l
LEFT JOIN released r ON r.reference = l.reference AND r.sku = l.sku
GROUP BY l.sku

-- name: whose
:channel::integer

-- name: whose.shared
s.id

-- name: subtracts
:on_hand::boolean

-- name: subtracts.shared
true

-- name: open_orders
holding AS MATERIALIZED (
    -- not what the ERP has cancelled: when the portal releases it, it must not show more than there is
    SELECT o.reference FROM ferry.portal_order o
    WHERE %subtracts% AND o.channel = %whose% AND o.open AND NOT o.cancelled AND NOT EXISTS (
        SELECT FROM sale_sale s WHERE nullif(s.web_id::text, '') = o.channel || ':' || o.reference
            AND s.state = 'cancelled')
), released AS MATERIALIZED (
    -- of a confirmed sale: what a person took out of it, by a cancelled move that will not be made again
    SELECT q.reference, q.sku, sum(q.quantity) AS quantity FROM (
        SELECT h.reference, p.code AS sku, m.internal_quantity::numeric * du.factor / su.factor AS quantity
        FROM holding h JOIN ferry.portal_order o ON o.channel = %whose% AND o.reference = h.reference
        JOIN sale_line l ON l.sale = o.erp_id JOIN sale_line_moves_ignored_rel r ON r.sale_line = l.id
        JOIN stock_move m ON m.id = r.move AND m.state = 'cancelled' JOIN product_product p ON p.id = m.product
        JOIN product_template t ON t.id = p.template JOIN unit du ON du.id = t.default_uom
        JOIN unit su ON su.id = coalesce(t.sale_uom, t.default_uom)
        %released_kits%
    ) q GROUP BY q.reference, q.sku
), opened AS (%opened%)

-- name: opened_by
%open_orders%

-- name: opened_by.shared
opened AS MATERIALIZED (
    SELECT s.id AS channel, o.sku, o.quantity
    FROM sharer s CROSS JOIN LATERAL (WITH %open_orders% SELECT o.sku, o.quantity FROM opened o) o
)

-- name: listing
-- What the channel publishes.
SELECT p.id, p.code, t.type, t.default_uom, coalesce(t.sale_uom, t.default_uom) AS sale_uom
    FROM "web_shop-product_product" x
    JOIN product_product p ON p.id = x.product AND p.active AND p.code <> ''
    JOIN product_template t ON t.id = p.template AND t.active AND t.type IN ('goods', 'assets', 'kit')
    WHERE x.shop = :channel::integer AND x.active

-- name: listed.keyed
-- Key by key: the planner misjudges the joins with units, and would begin with every product.
candidate c CROSS JOIN LATERAL (%listing% AND x.product = c.key OFFSET 0) p

-- name: listed.full
(%listing%) p

-- name: sharers

-- name: sharers.shared
-- Who sells from these warehouses, and what is whose.
, seller AS MATERIALIZED (
    SELECT c.id, p.warehouses, p.first_part, ferry.list_setting(c.settings, 'quarantine_locations') AS quarantine,
        ferry.number_setting(c.settings, 'allocation_percent', 100) AS percent,
        ferry.number_setting(c.settings, 'allocation_cap', NULL) AS cap,
        ferry.number_setting(c.settings, 'allocation_reserved', 0) AS reserved,
        ferry.number_setting(c.settings, 'low_stock_threshold', 0) AS threshold
    FROM ferry.channel c JOIN shop ON true JOIN ferry.channel own ON own.id = shop.id AND own.profile = c.profile
    JOIN web_shop s ON s.id = c.id AND s.company = shop.company
    CROSS JOIN LATERAL (
        SELECT array_agg(w.id ORDER BY w.id) AS warehouses, CASE WHEN coalesce(c.settings->>'locations', '') = '' THEN 0
            ELSE (array_agg(w.id ORDER BY x.id))[1] END AS first_part
        FROM "web_shop-stock_location" x JOIN stock_location w ON w.id = x.warehouse
        WHERE x.shop = c.id AND (coalesce(c.settings->>'locations', '') = ''
            OR strpos(c.settings->>'locations', to_json(w.code)::text) > 0)) p
    WHERE c.id = shop.id OR c.active AND (ferry.list_setting(c.settings, 'jobs') IN ('{}', '{""}')
        OR 'stock' = ANY (ferry.list_setting(c.settings, 'jobs')))
), sharer AS MATERIALIZED (
    SELECT s.*, s.id = own.id AS is_own,
        coalesce(s.warehouses = own.warehouses, false) AND s.quarantine = own.quarantine AS is_alike
    FROM seller s JOIN seller own ON own.id = :channel::integer
    WHERE s.id = own.id OR s.warehouses && own.warehouses
)

-- name: exposed.keyed
SELECT b.product, b.code, s.id AS channel, s.first_part, p.part, p.exposed
FROM published b CROSS JOIN sharer s CROSS JOIN LATERAL (
    SELECT p.part, %exposed_number% AS exposed FROM ferry.publication p
    WHERE p.channel = s.id AND p.feed = 'stock' AND p.key = b.product OFFSET 0) p
WHERE NOT s.is_own

-- name: exposed.full
SELECT b.product, b.code, s.id AS channel, s.first_part, p.part, %exposed_number% AS exposed
FROM sharer s JOIN ferry.publication p ON p.channel = s.id AND p.feed = 'stock'
JOIN published b ON b.product = p.key
WHERE NOT s.is_own

-- name: exposed_number
coalesce(p.exposed, greatest(ferry.exposure(p.acknowledged), ferry.exposure(p.desired)))

-- name: told
SELECT f.product AS key, f.part, f.code AS label,
    '{"sku":' || to_json(f.code::text) || ',"location":' || coalesce(to_json(f.portal_location)::text,
        'null') || ',"quantity":"'
    || trim_scale(greatest(0, trunc(round(f.quantity * f.to_sale_unit - (SELECT safety FROM shop), 8), f.sale_digits))
        + CASE WHEN f.is_first THEN coalesce(o.quantity, 0) ELSE 0 END) || '"}' AS document
FROM spared f LEFT JOIN opened o ON o.sku = f.code

-- name: told.shared
, divided AS MATERIALIZED (
    -- among those who publish the product
    SELECT b.product, coalesce(sum(s.reserved) FILTER (WHERE s.id < :channel::integer), 0) AS fenced_before,
        sum(s.reserved) AS fenced_together, sum(s.percent) <= 100 AND bool_and(s.is_alike) AS is_kept_apart
    FROM published b JOIN "web_shop-product_product" x ON x.product = b.product AND x.active
    JOIN sharer s ON s.id = x.shop
    GROUP BY b.product
), held AS MATERIALIZED (
    SELECT e.product, sum(greatest(0, e.exposed - coalesce(o.quantity, 0))) AS quantity
    FROM (%exposed%) e LEFT JOIN opened o ON o.channel = e.channel AND o.sku = e.code AND e.part = e.first_part
    GROUP BY e.product
), pool AS (
    SELECT f.*, greatest(0, round(f.quantity * f.to_sale_unit, 8)) AS stock,
        greatest(0, round(f.quantity * f.to_sale_unit - (SELECT safety FROM shop), 8)) AS pool
    FROM spared f
), share AS (
    SELECT p.*, d.is_kept_apart, own.cap, own.threshold, trunc(
            least(own.reserved, greatest(0, p.pool - d.fenced_before))
            + greatest(0, p.pool - d.fenced_together) * own.percent * 0.01, p.sale_digits) AS quantity_at_rest
    FROM pool p JOIN divided d ON d.product = p.product JOIN sharer own ON own.is_own
), bounded AS (
    SELECT s.*, CASE WHEN s.quantity_at_rest < s.threshold THEN 0
        ELSE least(s.quantity_at_rest, trunc(s.cap, s.sale_digits)) END AS share
    FROM share s
), told AS (
    -- of several locations the first comes first
    SELECT b.*, CASE WHEN NOT b.is_kept_apart THEN b.share ELSE least(b.share, trunc(greatest(0,
        sum(b.stock) OVER (PARTITION BY b.product) - coalesce(h.quantity, 0)
        - (sum(b.share) OVER (PARTITION BY b.product ORDER BY b.part) - b.share)), b.sale_digits)) END AS told
    FROM bounded b LEFT JOIN held h ON h.product = b.product
), document AS (
    SELECT t.*, CASE WHEN t.is_first THEN coalesce(o.quantity, 0) ELSE 0 END AS opened
    FROM told t LEFT JOIN opened o ON o.channel = :channel::integer AND o.sku = t.code
)
SELECT f.product AS key, f.part, f.code AS label,
    '{"sku":' || to_json(f.code::text) || ',"location":' || coalesce(to_json(f.portal_location)::text,
        'null') || ',"quantity":"' || CASE WHEN :on_hand::boolean THEN trim_scale(f.told + f.opened) || '"}'
        ELSE trim_scale(f.told) || '","open":"' || trim_scale(f.opened) || '"}' END AS document
FROM document f

-- name: desired
WITH %frame% %sharers%, %claims%, published AS (
    SELECT p.id AS product, p.code, p.type = 'kit' AS is_kit, du.digits AS default_digits, su.digits AS sale_digits,
        du.factor / su.factor AS to_sale_unit
    FROM %listed% JOIN unit du ON du.id = p.default_uom JOIN unit su ON su.id = p.sale_uom
), %recipe%, %items% %unmoved%, %balance%, claimed AS MATERIALIZED (
    SELECT q.item, sum(q.quantity) AS quantity FROM (
        SELECT c.product AS item, c.quantity FROM claimed_product c WHERE NOT EXISTS (SELECT FROM recipe r
            WHERE r.product = c.product)
        UNION ALL
        SELECT r.item, CASE WHEN r.fixed THEN r.quantity ELSE r.quantity * c.quantity END
        FROM claimed_product c JOIN recipe r ON r.product = c.product
    ) q GROUP BY q.item
), kit AS MATERIALIZED (
    SELECT f.product, f.part, min(CASE WHEN NOT f.fixed THEN f.free / nullif(f.quantity, 0)
        WHEN f.free >= f.quantity THEN f.free ELSE 0 END) AS quantity
    FROM (
        SELECT r.product, part.part, r.fixed, r.quantity, round((coalesce(b.on_hand, 0) - coalesce(b.reserved,
            0))::numeric
            - CASE WHEN part.is_first THEN coalesce(c.quantity, 0) ELSE 0 END, r.digits) AS free
        FROM recipe r CROSS JOIN part LEFT JOIN balance b ON b.item = r.item AND b.part = part.part
        LEFT JOIN claimed c ON c.item = r.item
    ) f GROUP BY f.product, f.part
), %opened_by%,
-- sums of floating quantities differ in their last bits with the plan: rounded to the unit before anything is compared
free AS (
    SELECT p.product, p.code, p.sale_digits, p.to_sale_unit, part.part, part.portal_location, part.is_first,
        CASE WHEN p.is_kit THEN trunc(round(coalesce(k.quantity, 0), 8), p.default_digits)
            ELSE round((coalesce(b.on_hand, 0) - coalesce(b.reserved, 0))::numeric
                - CASE WHEN part.is_first THEN coalesce(c.quantity, 0) ELSE 0 END, p.default_digits) END AS quantity
    FROM published p CROSS JOIN part
    LEFT JOIN balance b ON b.item = p.product AND b.part = part.part
    LEFT JOIN claimed c ON c.item = p.product
    LEFT JOIN kit k ON k.product = p.product AND k.part = part.part
), spared AS (
    -- what is promised beyond one part's stock is taken off the others', in their order
    SELECT f.product, f.part, f.code, f.portal_location, f.is_first, f.sale_digits, f.to_sale_unit,
        least(f.quantity, sum(greatest(f.quantity, 0)) OVER (PARTITION BY f.product ORDER BY f.part)
            - sum(greatest(-f.quantity, 0)) OVER (PARTITION BY f.product)) AS quantity
    FROM free f
) %told%

-- name: parts
-- For people and tests: the figures behind the number, per published product that is no kit; in its default unit.
-- `assigned` and `forecast` are Tryton's own terms over the same locations, to be compared with it.
WITH candidate(key) AS (%all%), %frame%, item AS MATERIALIZED (SELECT DISTINCT c.key AS item FROM candidate c),
move AS (
    SELECT m.*, CASE WHEN t.location IS NOT NULL THEN m.internal_quantity ELSE 0 END AS came,
        CASE WHEN f.location IS NOT NULL THEN m.internal_quantity ELSE 0 END AS left_here
    FROM (%moves%) m LEFT JOIN place f ON f.location = m.from_location LEFT JOIN place t ON t.location = m.to_location
    WHERE (f.location IS NOT NULL OR t.location IS NOT NULL) AND m.day > coalesce((SELECT closed FROM shop),
        DATE '-infinity')
), tryton AS (
    SELECT m.item, sum(CASE WHEN m.state = 'done' AND m.day <= shop.today THEN m.came - m.left_here
        ELSE 0 END) AS on_hand,
        sum(CASE WHEN m.state = 'assigned' THEN m.left_here ELSE 0 END) AS assigned,
        sum(CASE WHEN m.state = 'done' AND m.day <= shop.today OR m.state = 'assigned' OR m.day >= shop.today
            THEN m.came - m.left_here ELSE 0 END) AS forecast
    FROM move m CROSS JOIN shop GROUP BY m.item
), cached AS (
    SELECT c.item, sum(c.internal_quantity) AS quantity FROM (%cached%) c JOIN place p ON p.location = c.location
        GROUP BY c.item
), %unmoved%, %balance%
SELECT p.id, p.code, round((coalesce(t.on_hand, 0) + coalesce(c.quantity, 0))::numeric, u.digits) AS on_hand,
    round(coalesce(t.assigned, 0)::numeric, u.digits) AS assigned,
    round((coalesce(t.forecast, 0) + coalesce(c.quantity, 0))::numeric, u.digits) AS forecast,
    round(coalesce(b.reserved, 0)::numeric, u.digits) AS reserved,
    ARRAY(SELECT location FROM place ORDER BY 1)::text AS locations
FROM item i JOIN product_product p ON p.id = i.item JOIN product_template pt ON pt.id = p.template AND pt.type <> 'kit'
JOIN unit u ON u.id = pt.default_uom
LEFT JOIN tryton t ON t.item = i.item LEFT JOIN cached c ON c.item = i.item
LEFT JOIN (SELECT item, sum(reserved) AS reserved FROM balance GROUP BY item) b ON b.item = i.item
ORDER BY p.id
