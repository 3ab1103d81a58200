-- The cost price of one sale unit per published product, without tax, in the shop's currency by the rate of the day.
-- Only for channels whose setting `jobs` names it. Shared sections are in common.sql.

-- name: tables
web_shop "web_shop-product_product" ir_configuration company_company currency_currency currency_currency_rate
product_product product_template product_cost_price product_uom

-- name: boundary
%midnight%

-- name: days
%rate_days%

-- name: all
SELECT x.product FROM "web_shop-product_product" x WHERE x.shop = :channel::integer AND x.active

-- name: related
%kits_of%

-- name: changed
WITH since AS MATERIALIZED (SELECT ferry.age_of((:since::text)::xid8) AS age)
%changed_prices% UNION %changed_costs%

-- name: desired
WITH %shop%, %exchange%, %unit%
SELECT p.id AS key, 0 AS part, p.code AS label,
    '{"sku":' || to_json(p.code::text) || ',"currency":' || to_json(shop.currency_code::text) || ',"amount":"'
    || trim_scale(round(ferry.half_even(sold.price, shop.price_decimal), shop.digits)) || '"}' AS document
FROM shop CROSS JOIN exchange CROSS JOIN %listed%
JOIN unit du ON du.id = p.default_uom JOIN unit su ON su.id = p.sale_uom
CROSS JOIN LATERAL (SELECT %cost% AS price OFFSET 0) q
%sold%
WHERE q.price IS NOT NULL
