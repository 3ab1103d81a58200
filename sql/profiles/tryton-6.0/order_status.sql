-- What the portal should know of the sale that its order became. The key is the sale's id.
--
-- A return stands in it, where the channel has the setting order_refund_since, when people entered it from that moment on as a
-- sale whose origin is this one (Tryton's wizard makes it so), and Tryton processes it: confirmed and no draft any more, with
-- its credit note and its receipt on the way, and the last state in which nobody edits its lines. What the portal paid back
-- itself has an external reference, and is not told. The total is Tryton's, what Tryton has cached at the confirmation; the
-- lines are what comes back, per SKU in the product's sale unit. The member is only there where there is such a return.
--   reason    the return's description, unless that is the one of the sale, which the wizard copies
--
-- A shipment stands in it once it has left: state done, with the moves to a customer that belong to the sale's lines, per
-- SKU in the product's sale unit. Each is an entry of its own, in order of id. What a person took out of a shipment was
-- never sent, and returns are no shipments. A kit goes with the shipment by which it is whole, as far as its scarcest
-- component has been sent.
--   number    Tryton's number of the shipment, by which the portal's own record of it is known again
--   carrier   the carrier's party, where a module (sale_shipment_cost, stock_shipment_cost) gives shipments one
--   tracking  of its packages, where stock_package_shipping gives them references; else the shipment's own reference,
--             which is where Tryton's carrier modules, and people without them, keep it
-- An order that has been invoiced, or of which something will never be sent, says so in members of its own; any other has
-- none of them, so that its document stays the text that it was.
--   invoices   posted ones, with credit notes: by its lines, by those of its return sales, and by the lines that a credit
--              note takes back. One that was cancelled after it was posted stays, because its customer has it.
--   cancelled  per SKU, in the product's sale unit: of what the portal's customer ordered, what the sale does not have
--              (any more) once it is confirmed, and moves that were cancelled for good (a person has ignored them). What
--              the portal shows is compared only where the sale knows any of its SKUs: who keyed the order may have
--              meant other products by them. What the portal itself has cancelled is no news.
-- What products, units and carriers are called is no news of a shipment: `changed` does not look for it, a comparison of
-- everything finds it.
--
-- Sections named `x without t` stand for `%x%` where the ERP has no table t.

-- name: tables
sale_sale sale_line stock_move stock_shipment_out stock_location product_product product_template product_uom party_party
account_invoice account_invoice_line sale_line_moves_ignored_rel
currency_currency

-- name: all
SELECT o.erp_id FROM ferry.portal_order o WHERE o.channel = :channel::integer AND o.state = 'linked'

-- name: reported
SELECT o.erp_id FROM ferry.portal_order o
WHERE o.channel = :channel::integer AND o.state = 'linked' AND o.txid >= (:since::text)::xid8
    AND NOT pg_visible_in_snapshot(o.txid, :snapshot::pg_snapshot)

-- name: changed
-- A move that says no sale says it by a line, or by a line's component.
WITH since AS MATERIALIZED (SELECT ferry.age_of((:since::text)::xid8) AS age),
moved AS MATERIALIZED (
    SELECT m.origin FROM stock_move m
        WHERE age(m.xmin) BETWEEN 0 AND (SELECT age FROM since) AND starts_with(m.origin, 'sale.line')
    UNION SELECT m.origin FROM stock_shipment_out h JOIN stock_move m ON m.shipment = 'stock.shipment.out,' || h.id
        WHERE age(h.xmin) BETWEEN 0 AND (SELECT age FROM since) AND starts_with(m.origin, 'sale.line')
    %changed_packages%
), invoiced AS MATERIALIZED (
    SELECT DISTINCT v.origin FROM account_invoice i JOIN account_invoice_line v ON v.invoice = i.id
    WHERE age(i.xmin) BETWEEN 0 AND (SELECT age FROM since)
), billed AS (
    SELECT v.origin FROM invoiced v WHERE starts_with(v.origin, 'sale.line,')
    UNION SELECT o.origin FROM invoiced v JOIN account_invoice_line o ON o.id = CASE
        WHEN starts_with(v.origin, 'account.invoice.line,') THEN split_part(v.origin, ',', 2)::integer END
    WHERE starts_with(o.origin, 'sale.line,')
), sale AS (
    SELECT s.id FROM sale_sale s WHERE age(s.xmin) BETWEEN 0 AND (SELECT age FROM since)
    UNION SELECT CASE WHEN starts_with(s.origin, 'sale.sale,') THEN split_part(s.origin, ',', 2)::integer END
        FROM sale_sale s WHERE age(s.xmin) BETWEEN 0 AND (SELECT age FROM since)
    UNION SELECT l.sale FROM sale_line l WHERE age(l.xmin) BETWEEN 0 AND (SELECT age FROM since)
    UNION SELECT l.sale FROM moved m JOIN sale_line l
        ON l.id = CASE WHEN starts_with(m.origin, 'sale.line,') THEN split_part(m.origin, ',', 2)::integer END
    %changed_components%
    UNION SELECT l.sale FROM sale_line_moves_ignored_rel r JOIN sale_line l ON l.id = r.sale_line
        WHERE age(r.xmin) BETWEEN 0 AND (SELECT age FROM since)
    %changed_ignored%
    UNION SELECT CASE WHEN starts_with(s.origin, 'sale.sale,') THEN split_part(s.origin, ',', 2)::integer ELSE s.id END
        FROM billed b JOIN sale_line l ON l.id = split_part(b.origin, ',', 2)::integer JOIN sale_sale s ON s.id = l.sale
)
SELECT o.erp_id FROM sale s JOIN ferry.portal_order o ON o.erp_id = s.id
WHERE o.channel = :channel::integer AND o.state = 'linked'

-- name: changed_packages
UNION SELECT m.origin FROM stock_package k JOIN stock_move m ON m.shipment = k.shipment
        WHERE age(k.xmin) BETWEEN 0 AND (SELECT age FROM since) AND starts_with(m.origin, 'sale.line')

-- name: changed_packages without stock_package

-- name: changed_components
UNION SELECT l.sale FROM sale_line_component c JOIN sale_line l ON l.id = c.line
        WHERE age(c.xmin) BETWEEN 0 AND (SELECT age FROM since)
    UNION SELECT l.sale FROM moved m JOIN sale_line_component c ON c.id = CASE
            WHEN starts_with(m.origin, 'sale.line.component,') THEN split_part(m.origin, ',', 2)::integer END
        JOIN sale_line l ON l.id = c.line

-- name: changed_components without sale_line_component

-- name: changed_ignored
UNION SELECT l.sale FROM "sale_line_component-ignored-stock_move" r JOIN sale_line_component c ON c.id = r.component
        JOIN sale_line l ON l.id = c.line WHERE age(r.xmin) BETWEEN 0 AND (SELECT age FROM since)

-- name: changed_ignored without sale_line_component

-- name: desired
-- A sale that was deleted in the ERP reads as cancelled: the portal keeps the order, so its number is never withdrawn.
WITH linked AS MATERIALIZED (
    SELECT o.erp_id AS sale, o.portal_id, o.reference, o.erp_number, o.revision
    FROM candidate c JOIN ferry.portal_order o ON o.erp_id = c.key AND o.channel = :channel::integer
        AND o.state = 'linked'
), line AS MATERIALIZED (
    SELECT k.sale, l.id, l.product, l.quantity, l.unit FROM linked k JOIN sale_line l ON l.sale = k.sale
    WHERE l.type = 'line'
), sent AS MATERIALIZED (
    -- what has left, by the line or the component that it was for
    SELECT o.line, o.component, m.product, h.id AS shipment, m.internal_quantity::numeric AS quantity
    FROM (SELECT l.id AS line, NULL::integer AS component, 'sale.line,' || l.id AS origin FROM line l %components%) o
    JOIN stock_move m ON m.origin = o.origin AND m.state = 'done'
    JOIN stock_location t ON t.id = m.to_location AND t.type = 'customer'
    JOIN stock_shipment_out h ON h.id = CASE WHEN starts_with(m.shipment, 'stock.shipment.out,')
        THEN split_part(m.shipment, ',', 2)::integer END AND h.state = 'done'
), unit AS MATERIALIZED (
    -- the more exact of the two, as Tryton takes it
    SELECT u.id, u.digits, CASE WHEN u.factor > u.rate THEN u.factor::numeric ELSE 1 / u.rate::numeric END AS factor
    FROM product_uom u
), %returned%, parcel AS (
    SELECT q.sale, q.shipment, q.sku, trim_scale(round(sum(q.quantity), 6)) AS quantity FROM (
        SELECT l.sale, e.shipment, coalesce(p.code::text, '') AS sku, e.quantity * du.factor / su.factor AS quantity
        FROM sent e JOIN line l ON l.id = e.line JOIN product_product p ON p.id = e.product
        JOIN product_template t ON t.id = p.template JOIN unit du ON du.id = t.default_uom
        JOIN unit su ON su.id = coalesce(t.sale_uom, t.default_uom)
        WHERE e.component IS NULL
        %kits%
    ) q GROUP BY q.sale, q.shipment, q.sku HAVING round(sum(q.quantity), 6) > 0
), told AS (
    SELECT g.sale, string_agg('{"number":' || to_json(coalesce(nullif(to_jsonb(h)->>'number', ''), h.id::text))
        || ',"carrier":' || to_json(coalesce(%carrier%, ''))
        || ',"tracking":' || to_json(coalesce(%packages%, to_jsonb(h)->>'reference', ''))
        || ',"lines":[' || g.lines || ']}', ',' ORDER BY h.id) AS shipments
    FROM (
        SELECT q.sale, q.shipment, string_agg('{"sku":' || to_json(q.sku) || ',"quantity":"' || q.quantity || '"}', ','
            ORDER BY q.sku COLLATE "C") AS lines
        FROM parcel q GROUP BY q.sale, q.shipment
    ) g JOIN stock_shipment_out h ON h.id = g.shipment
    GROUP BY g.sale
), billed AS MATERIALIZED (
    SELECT l.sale, v.id, v.invoice FROM line l JOIN account_invoice_line v ON v.origin = 'sale.line,' || l.id
    UNION ALL SELECT k.sale, v.id, v.invoice FROM linked k JOIN sale_sale r ON r.origin = 'sale.sale,' || k.sale
    JOIN sale_line l ON l.sale = r.id JOIN account_invoice_line v ON v.origin = 'sale.line,' || l.id
), invoiced AS (
    SELECT u.sale, string_agg('{"number":' || to_json(i.number::text) || ',"date":' || to_json(coalesce(i.invoice_date::text, ''))
        || ',"kind":' || CASE WHEN (SELECT sum(v.quantity::numeric * v.unit_price) FROM account_invoice_line v
            WHERE v.invoice = i.id AND v.type = 'line') < 0 THEN '"credit_note"' ELSE '"invoice"' END || '}', ','
        ORDER BY i.invoice_date, i.id) AS invoices
    FROM (SELECT b.sale, b.invoice FROM billed b
        UNION SELECT b.sale, v.invoice FROM billed b JOIN account_invoice_line v ON v.origin = 'account.invoice.line,' || b.id
    ) u JOIN account_invoice i ON i.id = u.invoice
    WHERE i.type = 'out' AND i.number <> '' AND (i.state IN ('posted', 'paid') OR i.state = 'cancelled' AND i.cancel_move IS NOT NULL)
    GROUP BY u.sale
), entered AS MATERIALIZED (
    SELECT l.sale, p.code::text AS sku, sum(l.quantity::numeric * lu.factor / su.factor) AS quantity
    FROM line l JOIN product_product p ON p.id = l.product JOIN product_template t ON t.id = p.template
    JOIN unit lu ON lu.id = l.unit JOIN unit su ON su.id = coalesce(t.sale_uom, t.default_uom)
    JOIN sale_sale s ON s.id = l.sale AND s.state IN ('confirmed', 'processing', 'done')
    WHERE p.code <> '' GROUP BY l.sale, p.code
), ordered AS MATERIALIZED (
    SELECT k.sale, o.sku, sum(o.quantity) AS quantity
    FROM linked k JOIN ferry.portal_order_line o ON o.channel = :channel::integer AND o.reference = k.reference
    WHERE EXISTS (SELECT FROM entered e JOIN ferry.portal_order_line m ON m.sku = e.sku
        WHERE e.sale = k.sale AND m.channel = :channel::integer AND m.reference = k.reference)
    GROUP BY k.sale, o.sku
), ignored AS MATERIALIZED (
    SELECT q.sale, q.sku, sum(q.quantity) AS quantity FROM (
        SELECT l.sale, p.code::text AS sku, m.internal_quantity::numeric * du.factor / su.factor AS quantity
        FROM line l JOIN sale_line_moves_ignored_rel r ON r.sale_line = l.id
        JOIN stock_move m ON m.id = r.move AND m.state = 'cancelled'
        JOIN product_product p ON p.id = m.product JOIN product_template t ON t.id = p.template
        JOIN unit du ON du.id = t.default_uom JOIN unit su ON su.id = coalesce(t.sale_uom, t.default_uom)
        %ignored_kits%
    ) q GROUP BY q.sale, q.sku
), missed AS (
    SELECT q.sale, string_agg('{"sku":' || to_json(q.sku) || ',"quantity":"' || q.quantity || '"}', ',' ORDER BY q.sku COLLATE "C")
        AS cancelled
    FROM (
        -- what the portal wants more of, and a person has not decided yet, may still be sent
        SELECT sale, sku, trim_scale(round(coalesce(CASE WHEN k.revision = 'review' THEN
            least(o.quantity, coalesce(e.quantity, 0)) ELSE o.quantity END, e.quantity) - coalesce(e.quantity, 0)
            + coalesce(i.quantity, 0), 6)) AS quantity
        FROM entered e FULL JOIN ordered o USING (sale, sku) LEFT JOIN ignored i USING (sale, sku)
        JOIN linked k USING (sale)
    ) q JOIN sale_sale s ON s.id = q.sale AND s.state IN ('confirmed', 'processing', 'done')
    WHERE q.quantity > 0 GROUP BY q.sale
)
SELECT k.sale AS key, 0 AS part, k.reference AS label,
    '{"order":' || to_json(k.portal_id) || ',"reference":' || to_json(k.reference)
    || ',"number":' || to_json(coalesce(nullif(s.number::text, ''), k.erp_number, ''))
    || ',"state":' || to_json(coalesce(s.state::text, 'cancelled'))
    || ',"shipments":[' || coalesce(h.shipments, '') || ']' || coalesce(r.refunds, '')
    || coalesce(',"invoices":[' || v.invoices || ']', '')
    || coalesce(',"cancelled":[' || c.cancelled || ']', '')
    || '}' AS document
FROM linked k LEFT JOIN sale_sale s ON s.id = k.sale LEFT JOIN told h ON h.sale = k.sale
    LEFT JOIN returned r ON r.sale = k.sale LEFT JOIN invoiced v ON v.sale = k.sale LEFT JOIN missed c ON c.sale = k.sale

-- name: components
UNION ALL SELECT l.id, c.id, 'sale.line.component,' || c.id FROM line l JOIN sale_line_component c ON c.line = l.id

-- name: components without sale_line_component

-- name: kits
-- What is whole by this shipment less what was whole by the one before.
UNION ALL
        SELECT w.sale, w.shipment, w.sku, w.quantity - lag(w.quantity, 1, 0::numeric) OVER (PARTITION BY w.line
            ORDER BY w.shipment)
        FROM (
            SELECT l.sale, l.id AS line, g.shipment, coalesce(p.code::text, '') AS sku, trunc(round(min(coalesce((
                    SELECT sum(e.quantity) FROM sent e WHERE e.component = c.id AND e.shipment <= g.shipment), 0)
                / (c.quantity::numeric * cu.factor / cdu.factor)) * l.quantity::numeric * lu.factor / su.factor, 8),
                su.digits) AS quantity
            FROM (SELECT DISTINCT e.line, e.shipment FROM sent e WHERE e.component IS NOT NULL) g
            JOIN line l ON l.id = g.line JOIN sale_line_component c ON c.line = l.id AND c.quantity > 0
            JOIN product_product cp ON cp.id = c.product JOIN product_template ct ON ct.id = cp.template
                AND ct.type IN ('goods', 'assets')
            JOIN product_product p ON p.id = l.product JOIN product_template t ON t.id = p.template
            JOIN unit cu ON cu.id = c.unit JOIN unit cdu ON cdu.id = ct.default_uom
            JOIN unit lu ON lu.id = l.unit JOIN unit su ON su.id = coalesce(t.sale_uom, t.default_uom)
            GROUP BY l.sale, l.id, g.shipment, p.code, l.quantity, lu.factor, su.factor, su.digits
        ) w

-- name: kits without sale_line_component

-- name: ignored_kits
-- As many whole ones as its scarcest component leaves are left.
UNION ALL SELECT w.sale, w.sku, w.ordered - trunc(round(w.ordered * (1 - w.share), 8), w.digits)
        FROM (
            SELECT l.sale, p.code::text AS sku, l.quantity::numeric * lu.factor / su.factor AS ordered, su.digits,
                least(1, max(g.quantity / (c.quantity::numeric * cu.factor / cdu.factor))) AS share
            FROM line l JOIN sale_line_component c ON c.line = l.id AND c.quantity > 0
            JOIN (SELECT r.component, sum(m.internal_quantity::numeric) AS quantity
                FROM "sale_line_component-ignored-stock_move" r JOIN stock_move m ON m.id = r.move AND m.state = 'cancelled'
                WHERE r.component IN (SELECT x.id FROM line y JOIN sale_line_component x ON x.line = y.id)
                GROUP BY r.component) g ON g.component = c.id
            JOIN product_product cp ON cp.id = c.product JOIN product_template ct ON ct.id = cp.template
            JOIN product_product p ON p.id = l.product JOIN product_template t ON t.id = p.template
            JOIN unit cu ON cu.id = c.unit JOIN unit cdu ON cdu.id = ct.default_uom
            JOIN unit lu ON lu.id = l.unit JOIN unit su ON su.id = coalesce(t.sale_uom, t.default_uom)
            GROUP BY l.sale, l.id, p.code, l.quantity, lu.factor, su.factor, su.digits
        ) w

-- name: ignored_kits without sale_line_component

-- name: carrier
(SELECT y.name::text FROM carrier x JOIN party_party y ON y.id = x.party
            WHERE x.id = (to_jsonb(h)->>'carrier')::integer)

-- name: carrier without carrier
NULL::text

-- name: packages
(SELECT string_agg(DISTINCT j.reference, ' ' ORDER BY j.reference) FROM stock_package k
            CROSS JOIN LATERAL (SELECT nullif(to_jsonb(k)->>'shipping_reference', '') AS reference) j
            WHERE k.shipment = 'stock.shipment.out,' || h.id)

-- name: packages without stock_package
NULL::text

-- name: returned
returned AS (
    SELECT k.sale, ',"refunds":[' || string_agg('{"number":' || to_json(coalesce(nullif(r.number::text, ''), r.id::text))
        || ',"total":"' || trim_scale(-r.total_amount_cache) || '","currency":' || to_json(c.code::text)
        || ',"reason":' || to_json(CASE WHEN r.description IS DISTINCT FROM s.description
            THEN coalesce(r.description::text, '') ELSE '' END)
        || ',"lines":[' || coalesce(g.lines, '') || ']}', ',' ORDER BY r.id) || ']' AS refunds
    FROM (SELECT (nullif(f.settings->>'order_refund_since', '')::timestamptz AT TIME ZONE 'UTC') AS since
        FROM ferry.channel f WHERE f.id = :channel::integer) f
    JOIN linked k ON f.since IS NOT NULL JOIN sale_sale s ON s.id = k.sale
    JOIN sale_sale r ON r.origin = 'sale.sale,' || k.sale AND r.state IN ('processing', 'done')
        AND coalesce(r.web_id, '') = '' AND r.create_date >= f.since AND r.total_amount_cache < 0
    JOIN currency_currency c ON c.id = r.currency
    LEFT JOIN LATERAL (
        SELECT string_agg('{"sku":' || to_json(q.sku) || ',"quantity":"' || q.quantity || '"}', ','
            ORDER BY q.sku COLLATE "C") AS lines
        FROM (
            SELECT p.code::text AS sku, trim_scale(round(sum(-l.quantity::numeric * lu.factor / su.factor), 6)) AS quantity
            FROM sale_line l JOIN product_product p ON p.id = l.product JOIN product_template t ON t.id = p.template
            JOIN unit lu ON lu.id = l.unit JOIN unit su ON su.id = coalesce(t.sale_uom, t.default_uom)
            WHERE l.sale = r.id AND l.type = 'line' AND l.quantity < 0 AND p.code <> ''
            GROUP BY p.code
        ) q
    ) g ON true
    GROUP BY k.sale
)
