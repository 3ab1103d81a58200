-- The base sales price of one sale unit per published product, for everybody: what web.shop.get_products() of Tryton
-- answers today, rounded to the portal's digits. A product without a list price is not published.
-- Shared sections are in common.sql.

-- name: tables
web_shop "web_shop-product_product" ir_configuration company_company currency_currency currency_currency_rate
product_product product_template product_list_price product_uom product_category product_category_customer_taxes_rel account_tax
account_tax_rule_line account_configuration_default_tax_rule

-- name: urgent
-- A rise goes first: until it has arrived, customers buy for less than the company asks.
coalesce((({document})::json->>'amount')::numeric > (({previous})::json->>'amount')::numeric, false)

-- name: boundary
%midnight%

-- name: days
%rate_days% UNION ALL %tax_days%

-- name: all
SELECT x.product FROM "web_shop-product_product" x WHERE x.shop = :channel::integer AND x.active

-- name: changed
WITH since AS MATERIALIZED (SELECT ferry.age_of((:since::text)::xid8) AS age)
%changed_prices% UNION %changed_list_prices% UNION %changed_taxes%

-- name: desired
WITH RECURSIVE %shop%, %exchange%, %unit%, %taxes%
SELECT p.id AS key, 0 AS part, p.code AS label,
    '{"sku":' || to_json(p.code::text) || ',"currency":' || to_json(shop.currency_code::text) || ',"amount":"'
    || trim_scale(round(ferry.half_even(CASE WHEN shop.with_tax THEN ferry.significant(sold.price
        * (1 + coalesce(x.rate, 0)) + coalesce(x.amount, 0)) ELSE sold.price END, shop.price_decimal), shop.digits))
    || '","tax":"' || CASE WHEN shop.with_tax THEN 'included' ELSE 'excluded' END || '"}' AS document
FROM shop CROSS JOIN exchange CROSS JOIN %listed%
JOIN unit du ON du.id = p.default_uom JOIN unit su ON su.id = p.sale_uom
LEFT JOIN taxed x ON x.category = p.account_category
CROSS JOIN LATERAL (SELECT %list_price% AS price OFFSET 0) q
%sold%
WHERE q.price IS NOT NULL
