-- What the portal should know of the sale that its order became. The key is the sale's id.

-- name: tables
sale_sale

-- name: all
SELECT o.erp_id FROM ferry.portal_order o WHERE o.channel = :channel::integer AND o.state = 'linked'

-- name: reported
SELECT o.erp_id FROM ferry.portal_order o
WHERE o.channel = :channel::integer AND o.state = 'linked' AND o.txid >= (:since::text)::xid8
    AND NOT pg_visible_in_snapshot(o.txid, :snapshot::pg_snapshot)

-- name: changed
SELECT o.erp_id FROM sale_sale s JOIN ferry.portal_order o ON o.erp_id = s.id
WHERE age(s.xmin) BETWEEN 0 AND (SELECT ferry.age_of((:since::text)::xid8))
    AND o.channel = :channel::integer AND o.state = 'linked'

-- name: desired
-- A sale that was deleted in the ERP reads as cancelled: the portal keeps the order, so its number is never withdrawn.
SELECT o.erp_id AS key, 0 AS part, o.reference AS label,
    '{"order":' || to_json(o.portal_id) || ',"reference":' || to_json(o.reference)
    || ',"number":' || to_json(coalesce(nullif(s.number::text, ''), o.erp_number, ''))
    || ',"state":' || to_json(coalesce(s.state::text, 'cancelled')) || '}' AS document
FROM candidate c JOIN ferry.portal_order o ON o.erp_id = c.key AND o.channel = :channel::integer AND o.state = 'linked'
LEFT JOIN sale_sale s ON s.id = o.erp_id
