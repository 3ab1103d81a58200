-- Percentages off the list price, per published product and price list (part): where every line of the list that applies to
-- the product, now or later, multiplies unit_price or list_price by a number. All other conditions are fixed_net_price.
-- A tier whose last day is over is left out, and one that has begun has no `from`: the document changes at each of these
-- midnights, so that it also reaches portals that have no windows. Shared sections are in common.sql.

-- name: tables
web_shop "web_shop-product_product" ir_configuration company_company currency_currency currency_currency_rate product_product
product_template product_list_price product_cost_price product_uom product_category "product_template-product_category"
product_category_customer_taxes_rel account_tax account_tax_rule_line account_configuration_default_tax_rule

-- name: boundary
%midnight%

-- name: days
%condition_days% UNION ALL %tax_days%

-- name: days without product_price_list
SELECT NULL::date

-- name: all
SELECT x.product FROM "web_shop-product_product" x WHERE x.shop = :channel::integer AND x.active

-- name: changed
WITH since AS MATERIALIZED (SELECT ferry.age_of((:since::text)::xid8) AS age)
%changed_prices% UNION %changed_conditions% UNION %changed_taxes%

-- name: changed without product_price_list
SELECT NULL::bigint WHERE false

-- name: figure
percent

-- name: unconditioned
0

-- name: wanted_percentages
%shop%, %unit%, %taxes%, %conditions%, valued AS (
    SELECT c.product, c.price_list, c.turn, c.day, c.next_day, c.quantity, (1 - c.factor) * 100 AS value
    FROM condition c WHERE c.is_discount
), %tiers%

-- name: desired
WITH RECURSIVE %wanted_percentages%
SELECT p.id AS key, t.price_list AS part, p.code AS label,
    '{"sku":' || to_json(p.code::text) || ',"list":"' || t.price_list || '","list_name":' || to_json(c.name::text)
    || ',"tiers":[' || t.tiers || ']}' AS document
FROM tiered t JOIN offered p ON p.id = t.product JOIN chosen c ON c.id = t.price_list
WHERE t.number <= 100

-- name: findings
WITH RECURSIVE %wanted_percentages%
%too_many% ORDER BY 1

-- name: findings without product_price_list
SELECT NULL::text WHERE false

-- name: desired without product_price_list
SELECT NULL::bigint AS key, 0 AS part, NULL::text AS label, NULL::text AS document WHERE false
