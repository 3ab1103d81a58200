-- Net prices of one sale unit, per published product and price list (part): what the list's lines make of the list price or
-- the cost price, where it is not a percentage off the list price for all of them (that is the feed discount), in the
-- shop's currency by the rate of the day. What only the ERP can evaluate it is asked for before a run compares (section
-- questions); what fails there, has not been answered, or is below zero, is not published, and section findings names it.
-- Windows as in discount.sql; shared sections are in common.sql.

-- name: tables
web_shop "web_shop-product_product" ir_configuration company_company currency_currency currency_currency_rate product_product
product_template product_list_price product_cost_price product_uom product_category "product_template-product_category"
product_category_customer_taxes_rel account_tax account_tax_rule_line account_configuration_default_tax_rule

-- name: boundary
%midnight%

-- name: days
%condition_days% UNION ALL %rate_days% UNION ALL %tax_days%

-- name: days without product_price_list
SELECT NULL::date

-- name: all
SELECT x.product FROM "web_shop-product_product" x WHERE x.shop = :channel::integer AND x.active

-- name: related
%kits_of%

-- name: changed
WITH since AS MATERIALIZED (SELECT ferry.age_of((:since::text)::xid8) AS age)
%changed_prices% UNION %changed_conditions% UNION %changed_list_prices% UNION %changed_costs% UNION %changed_taxes%

-- name: changed without product_price_list
SELECT NULL::bigint WHERE false

-- name: figure
amount

-- name: unconditioned
NULL::numeric

-- name: of_the_erp
-- ferry.formula() could not read it.
(c.variable IS NULL AND c.value IS NULL)

-- name: about
-- A value's name in ferry.evaluated_price: it lasts from day to day.
c.price_list || ' ' || trim_scale(c.quantity) || CASE c.turn WHEN 1 THEN '' ELSE to_char(c.day, ' YYYY-MM-DD') END

-- name: questions
-- host-api/include/ferry/schemas/price.md. Where every formula can be read, no condition is looked at.
SELECT q.key, q.about, q.question FROM (
    WITH RECURSIVE %shop%, %unit%, %taxes%, %conditions%
    SELECT c.product AS key, %about% AS about, '{"product":' || c.product || ',"price_list":' || c.price_list
        || ',"quantity":"' || trim_scale(c.quantity) || '","date":"' || to_char(c.day, 'YYYY-MM-DD') || '"}' AS question
    FROM condition c WHERE NOT c.is_discount AND %of_the_erp%
) q WHERE (SELECT EXISTS (
    SELECT FROM (
        SELECT DISTINCT l.formula FROM product_price_list_line l JOIN product_price_list p ON p.id = l.price_list AND p.active
        WHERE p.company = (SELECT s.company FROM web_shop s WHERE s.id = :channel::integer)
            AND l.formula !~ '^ *(0|[1-9][0-9]*)([.][0-9]+)? *$' %of_keys%
    ) d WHERE ferry.formula(d.formula) IS NULL))

-- name: questions without product_price_list
SELECT NULL::bigint, NULL::text, NULL::text WHERE false

-- name: priced
-- A formula's result is of one default unit, and with tax where the list says so: Product._get_sale_unit_price. What the
-- ERP evaluates it answers of one sale unit, in the shop's currency and without tax.
priced AS MATERIALIZED (
    SELECT c.product, c.price_list, c.turn, c.day, c.next_day, c.quantity, c.formula,
        figure.price, round(ferry.half_even(figure.price, shop.price_decimal), shop.digits) AS value,
        bool_and(coalesce(figure.price >= 0, false)) OVER (PARTITION BY c.product, c.price_list) AS is_complete,
        %of_the_erp% AS of_the_erp, e.error, e.is_due, e.evaluated_at
    FROM shop CROSS JOIN exchange CROSS JOIN condition c JOIN offered p ON p.id = c.product
    JOIN unit du ON du.id = p.default_uom JOIN unit su ON su.id = p.sale_uom
    CROSS JOIN LATERAL (SELECT ferry.worked_out(CASE c.variable WHEN 'unit_price' THEN %list_price%
        WHEN 'cost_price' THEN coalesce(%cost%, 0) ELSE c.value END, c.steps) AS price OFFSET 0) r
    CROSS JOIN LATERAL (SELECT CASE WHEN c.tax_included THEN ferry.divided(ferry.significant(r.price
        - coalesce(c.back_amount, 0)), 1 + coalesce(c.back_rate, 0)) ELSE r.price END AS price OFFSET 0) q
    %sold%
    LEFT JOIN ferry.evaluated_price e ON %of_the_erp% AND e.channel = :channel::integer AND e.feed = 'fixed_net_price'
        AND e.key = c.product AND e.about = %about%
    CROSS JOIN LATERAL (SELECT CASE WHEN %of_the_erp% THEN e.price ELSE sold.price END AS price OFFSET 0) figure
    WHERE NOT c.is_discount
)

-- name: wanted_prices
%shop%, %exchange%, %unit%, %taxes%, %conditions%, %priced%, valued AS (
    SELECT p.product, p.price_list, p.turn, p.day, p.next_day, p.quantity, p.value FROM priced p WHERE p.is_complete
), %tiers%

-- name: desired
WITH RECURSIVE %wanted_prices%
SELECT p.id AS key, t.price_list AS part, p.code AS label,
    '{"sku":' || to_json(p.code::text) || ',"list":"' || t.price_list || '","list_name":' || to_json(c.name::text)
    || ',"currency":' || to_json(shop.currency_code::text) || ',"tiers":[' || t.tiers || ']}' AS document
FROM shop CROSS JOIN tiered t JOIN offered p ON p.id = t.product JOIN chosen c ON c.id = t.price_list
WHERE t.number <= 100

-- name: findings
-- For people: what is not published and why.
WITH RECURSIVE %wanted_prices%
SELECT 'price list ' || c.id || ' (' || c.name || '): the formula "' || left(p.formula, 200) || '" '
    || CASE WHEN bool_or(p.error IS NOT NULL) THEN 'fails in the ERP (' || min(p.error) || '): correct it there'
        WHEN bool_or(p.price IS NULL AND p.of_the_erp) THEN 'can only be evaluated by the ERP, which has not done so yet: '
            'let a server of the ERP run this feed'
        WHEN bool_or(p.price IS NULL) THEN 'has no result: it divides by zero, or there is no list price'
        ELSE 'comes to less than zero' END
    || '; this list''s prices of ' || count(DISTINCT p.product) || ' products, one of them ' || min(o.code)
    || ', are not published'
FROM priced p JOIN chosen c ON c.id = p.price_list JOIN offered o ON o.id = p.product
WHERE NOT coalesce(p.price >= 0, false)
GROUP BY c.id, c.name, p.formula
UNION ALL
SELECT 'price list ' || c.id || ' (' || c.name || '): the formula "' || left(p.formula, 200) || '" was last evaluated by the '
    'ERP on ' || to_char(min(p.evaluated_at) AT TIME ZONE min(shop.zone), 'YYYY-MM-DD') || ' and is to be evaluated again: '
    'let a server of the ERP run this feed; until then this list''s prices of ' || count(DISTINCT p.product)
    || ' products, one of them ' || min(o.code) || ', stay as they were'
FROM priced p CROSS JOIN shop JOIN chosen c ON c.id = p.price_list JOIN offered o ON o.id = p.product
WHERE p.is_due AND p.price >= 0
GROUP BY c.id, c.name, p.formula
UNION ALL
%too_many%
ORDER BY 1

-- name: findings without product_price_list
SELECT NULL::text WHERE false

-- name: desired without product_price_list
SELECT NULL::bigint AS key, 0 AS part, NULL::text AS label, NULL::text AS document WHERE false
