-- Sections that several feeds of this profile share; a feed's own section of the same name goes before.
--
-- Prices are computed as Tryton does: decimals of 28 significant digits at every step, a unit's factor and rate as decimals
-- of 12 places (the default of [product] uom_conversion_decimal), the figure at last with as many as [product]
-- price_decimal says, which ir_configuration holds.

-- name: today
(now() AT TIME ZONE coalesce(nullif(c.timezone, ''), 'UTC'))::date

-- name: shop
shop AS MATERIALIZED (
    SELECT s.id, s.company, %today% AS today, c.currency AS company_currency, s.currency, k.code AS currency_code,
        coalesce(nullif(c.timezone, ''), 'UTC') AS zone,
        coalesce(nullif(f.settings->>'price_digits', '')::integer, k.digits) AS digits,
        coalesce((SELECT i.product_price_decimal FROM ir_configuration i ORDER BY i.id LIMIT 1), 4) AS price_decimal,
        coalesce(f.settings->>'price_tax', '') = 'included' AS with_tax,
        CASE jsonb_typeof(f.settings->'price_lists')
            WHEN 'array' THEN ARRAY(SELECT jsonb_array_elements_text(f.settings->'price_lists'))
            WHEN 'string' THEN string_to_array(replace(f.settings->>'price_lists', ' ', ''), ',')
            ELSE '{}' END AS price_lists
    FROM web_shop s JOIN company_company c ON c.id = s.company JOIN currency_currency k ON k.id = s.currency
    JOIN ferry.channel f ON f.id = s.id
    WHERE s.id = :channel::integer
)

-- name: exchange
-- The rates of the day; NULL where the company's currency is the shop's.
exchange AS MATERIALIZED (
    SELECT CASE WHEN shop.currency <> shop.company_currency THEN coalesce(nullif(t.rate, 0), ferry.refuse(
            'currency ' || t.code || ' has no rate on ' || shop.today || ': add one to it in the ERP')) END AS to_rate,
        CASE WHEN shop.currency <> shop.company_currency THEN coalesce(nullif(f.rate, 0), ferry.refuse(
            'currency ' || f.code || ' has no rate on ' || shop.today || ': add one to it in the ERP')) END AS from_rate
    FROM shop
    CROSS JOIN LATERAL (SELECT k.code, (SELECT r.rate FROM currency_currency_rate r WHERE r.currency = k.id
        AND r.date <= shop.today ORDER BY r.date DESC LIMIT 1) AS rate FROM currency_currency k
        WHERE k.id = shop.currency) t
    CROSS JOIN LATERAL (SELECT k.code, (SELECT r.rate FROM currency_currency_rate r WHERE r.currency = k.id
        AND r.date <= shop.today ORDER BY r.date DESC LIMIT 1) AS rate FROM currency_currency k
        WHERE k.id = shop.company_currency) f
)

-- name: unit
-- Which of factor and rate counts is Uom.accurate_field: the one with fewer digits.
unit AS MATERIALIZED (
    SELECT u.id, u.digits, u.factor AS float_factor, u.rate AS float_rate, d.factor, d.rate,
        CASE WHEN scale(d.rate) < scale(d.factor) THEN false WHEN scale(d.factor) < scale(d.rate) THEN true
            ELSE u.factor >= 1 END AS by_factor
    FROM product_uom u CROSS JOIN LATERAL (SELECT trim_scale(round(u.factor::text::numeric, 12)) AS factor,
        trim_scale(round(u.rate::text::numeric, 12)) AS rate) d
)

-- name: listing
-- What the channel publishes.
SELECT p.id, p.code, p.template, t.type, t.default_uom, coalesce(t.sale_uom, t.default_uom) AS sale_uom,
        coalesce(t.account_category, 0) AS account_category
    FROM "web_shop-product_product" x
    JOIN product_product p ON p.id = x.product AND p.active AND p.code <> ''
    JOIN product_template t ON t.id = p.template AND t.active
    WHERE x.shop = :channel::integer AND x.active

-- name: listed.keyed
-- Key by key: the planner would begin with every product.
candidate l CROSS JOIN LATERAL (%listing% AND x.product = l.key OFFSET 0) p

-- name: listed.full
(%listing%) p

-- name: list_price
-- product.template.get_multivalue('list_price'): the company's value goes before the one of no company.
(SELECT v.list_price FROM product_list_price v WHERE v.template = p.template
        AND (v.company = (SELECT company FROM shop) OR v.company IS NULL)
        ORDER BY v.company IS NULL, v.id LIMIT 1)

-- name: cost_price
-- product.product.get_multivalue('cost_price') of product c; 0 where nobody has set one.
CASE WHEN EXISTS (SELECT FROM product_cost_price v WHERE v.product = c.id
        AND (v.company = (SELECT company FROM shop) OR v.company IS NULL))
    THEN (SELECT v.cost_price FROM product_cost_price v WHERE v.product = c.id
        AND (v.company = (SELECT company FROM shop) OR v.company IS NULL)
        ORDER BY v.company IS NULL, v.id LIMIT 1) ELSE 0 END

-- name: cost
-- A kit costs what its components do, as module product_kit adds them up.
CASE WHEN p.type <> 'kit' THEN (SELECT %cost_price% FROM product_product c WHERE c.id = p.id)
    ELSE coalesce((SELECT ferry.half_even(sum(ferry.significant(ferry.significant(CASE WHEN k.unit = t.default_uom
                OR v.price = 0 THEN v.price WHEN ku.by_factor THEN b.price * ku.factor
                ELSE ferry.divided(b.price, ku.rate) END) * k.quantity::text::numeric)),
            (SELECT price_decimal FROM shop))
        FROM product_component k JOIN product_product c ON c.id = k.product JOIN product_template t ON t.id = c.template
        JOIN unit du ON du.id = t.default_uom JOIN unit ku ON ku.id = k.unit
        CROSS JOIN LATERAL (SELECT %cost_price% AS price OFFSET 0) v
        CROSS JOIN LATERAL (SELECT CASE WHEN du.by_factor THEN ferry.divided(v.price, du.factor)
            ELSE ferry.significant(v.price * du.rate) END AS price OFFSET 0) b
        WHERE k.parent_template = p.template AND (k.parent_product = p.id
            OR NOT EXISTS (SELECT FROM product_component o WHERE o.parent_product = p.id))), 0) END

-- name: cost without product_component
(SELECT %cost_price% FROM product_product c WHERE c.id = p.id)

-- name: sold
-- Of one default unit in the company's currency (q.price), of one sale unit in the shop's: Product.get_sale_price.
CROSS JOIN LATERAL (SELECT CASE WHEN p.default_uom = p.sale_uom OR q.price = 0 THEN q.price
    WHEN du.by_factor THEN ferry.divided(q.price, du.factor) ELSE ferry.significant(q.price * du.rate) END AS price
    OFFSET 0) base
CROSS JOIN LATERAL (SELECT CASE WHEN p.default_uom = p.sale_uom OR q.price = 0 THEN base.price
    WHEN su.by_factor THEN ferry.significant(base.price * su.factor) ELSE ferry.divided(base.price, su.rate) END AS price
    OFFSET 0) per_unit
CROSS JOIN LATERAL (SELECT CASE WHEN exchange.to_rate IS NULL THEN per_unit.price ELSE ferry.divided(
    ferry.significant(per_unit.price * exchange.to_rate), exchange.from_rate) END AS price OFFSET 0) sold

-- name: dated_tax
coalesce(t.start_date, DATE '-infinity') <= (SELECT today FROM shop)
    AND coalesce(t.end_date, DATE 'infinity') >= (SELECT today FROM shop)

-- name: matched_rule
-- The first line of the shop's customer tax rule that matches the tax o: account.tax.rule.line.match().
SELECT l.tax, l.keep_origin FROM account_tax_rule_line l CROSS JOIN shop WHERE l.rule = rule.id
    AND l."group" IS NOT DISTINCT FROM o."group" AND (l.origin_tax IS NULL OR l.origin_tax = o.tax)
    AND coalesce(l.start_date, DATE '-infinity') <= shop.today AND coalesce(l.end_date, DATE 'infinity') >= shop.today
    ORDER BY l.sequence NULLS FIRST, l.id LIMIT 1

-- name: taxes
-- What the customer taxes of an accounting category come to: web.shop.get_products() with account.tax.compute(), as a
-- share of the price and an amount, because every step of both is linear in the price; and the same for
-- account.tax.reverse_compute(). Category 0: a product without one.
account_of AS (
    SELECT c.id AS category, c.id AS source, c.parent, coalesce(c.taxes_parent, false) AS of_parent, 1 AS depth
    FROM product_category c
    UNION ALL
    SELECT a.category, c.id, c.parent, coalesce(c.taxes_parent, false), a.depth + 1
    FROM account_of a JOIN product_category c ON c.id = a.parent WHERE a.of_parent AND a.depth < 100
), accounted AS MATERIALIZED (
    SELECT a.category, a.source FROM account_of a WHERE NOT a.of_parent UNION ALL SELECT 0, NULL
), original AS MATERIALIZED (
    SELECT a.category, t.id AS tax, t."group" FROM accounted a
    JOIN product_category_customer_taxes_rel r ON r.category = a.source JOIN account_tax t ON t.id = r.tax
        AND t.company = (SELECT company FROM shop)
), rule AS MATERIALIZED (
    SELECT r.id FROM (SELECT (SELECT v.default_customer_tax_rule FROM account_configuration_default_tax_rule v
        WHERE v.company = shop.company OR v.company IS NULL ORDER BY v.company IS NULL, v.id LIMIT 1) AS id FROM shop) r
    WHERE r.id IS NOT NULL
), applied AS MATERIALIZED (
    SELECT o.category, o.tax FROM original o WHERE NOT EXISTS (SELECT FROM rule)
    UNION
    SELECT o.category, unnest(CASE WHEN m.tax IS NULL AND m.keep_origin IS NULL THEN ARRAY[o.tax]
        WHEN m.tax IS NULL THEN '{}' WHEN m.keep_origin THEN ARRAY[m.tax, o.tax] ELSE ARRAY[m.tax] END)
    FROM original o CROSS JOIN rule LEFT JOIN LATERAL (
        SELECT l.tax, coalesce(l.keep_origin, false) AS keep_origin FROM (%matched_rule%) l) m ON true
    UNION
    SELECT a.category, m.tax FROM accounted a CROSS JOIN rule
    CROSS JOIN (SELECT NULL::integer AS tax, NULL::integer AS "group") o
    CROSS JOIN LATERAL (%matched_rule%) m WHERE m.tax IS NOT NULL
), tax_tree AS (
    SELECT t.id AS top, t.id, t.type, t.rate, t.amount FROM account_tax t
    WHERE t.id IN (SELECT tax FROM applied) AND %dated_tax%
    UNION ALL
    SELECT x.top, t.id, t.type, t.rate, t.amount FROM tax_tree x JOIN account_tax t ON t.parent = x.id
    WHERE t.active AND %dated_tax%
), tax_sum AS MATERIALIZED (
    SELECT x.top, coalesce(sum(x.rate) FILTER (WHERE x.type = 'percentage'), 0) AS rate,
        coalesce(sum(x.amount) FILTER (WHERE x.type = 'fixed'), 0) AS amount FROM tax_tree x GROUP BY x.top
), tax_step AS MATERIALIZED (
    -- taxes of one sequence see the same price; those marked so change it for the next
    SELECT a.category, row_number() OVER (PARTITION BY a.category ORDER BY t.sequence NULLS FIRST) AS step,
        sum(coalesce(s.rate, 0)) AS rate, sum(coalesce(s.amount, 0)) AS amount,
        coalesce(sum(s.rate) FILTER (WHERE t.update_unit_price), 0) AS more_rate,
        coalesce(sum(s.amount) FILTER (WHERE t.update_unit_price), 0) AS more_amount,
        bool_or(coalesce(t.update_unit_price, false)) AS updates
    FROM applied a JOIN account_tax t ON t.id = a.tax LEFT JOIN tax_sum s ON s.top = t.id
    GROUP BY a.category, t.sequence
), tax_walk AS (
    SELECT a.category, 0::bigint AS step, 1::numeric AS price_rate, 0::numeric AS price_amount, 0::numeric AS rate,
        0::numeric AS amount, 0::numeric AS back_rate, 0::numeric AS back_amount, 0::numeric AS varied_rate,
        0::numeric AS varied_amount, false AS varies
    FROM accounted a
    UNION ALL
    SELECT w.category, s.step, w.price_rate * (1 + s.more_rate), w.price_amount * (1 + s.more_rate) + s.more_amount,
        w.rate + s.rate * w.price_rate, w.amount + s.rate * w.price_amount + s.amount,
        w.back_rate + b.rate, w.back_amount + b.amount,
        w.varied_rate + CASE WHEN s.updates THEN b.rate ELSE 0 END,
        w.varied_amount + CASE WHEN s.updates THEN b.amount ELSE 0 END, w.varies OR s.updates
    FROM tax_walk w JOIN tax_step s ON s.category = w.category AND s.step = w.step + 1
    CROSS JOIN LATERAL (SELECT s.rate * CASE WHEN w.varies THEN 1 + w.varied_rate ELSE 1 END AS rate,
        s.amount + CASE WHEN w.varies THEN w.varied_amount * s.rate ELSE 0 END AS amount) b
), taxed AS MATERIALIZED (
    SELECT DISTINCT ON (w.category) w.category, w.rate, w.amount, w.back_rate, w.back_amount
    FROM tax_walk w ORDER BY w.category, w.step DESC
)

-- name: conditions
-- What the price lists make of the price of each published product: per product and list, from which quantity on and from
-- which day on which line is the first to match, as product.price_list.compute() looks for it. Quantities are of the sale
-- unit, the least in its digits that match in the list's unit by Tryton's own floating point.
chosen AS MATERIALIZED (
    SELECT l.id, l.name, l.unit, coalesce(l.tax_included, false) AS tax_included
    FROM product_price_list l CROSS JOIN shop WHERE l.company = shop.company AND l.active
        AND (shop.price_lists = '{}' OR l.id::text = ANY (shop.price_lists))
), line AS MATERIALIZED (
    -- the days are columns of a module that need not be active
    SELECT l.id, l.price_list, l.product, l.category, coalesce(l.quantity, 0) AS quantity, l.formula,
        row_number() OVER (PARTITION BY l.price_list ORDER BY l.sequence NULLS FIRST, l.id) AS rank,
        coalesce((to_jsonb(l)->>'start_date')::date, DATE '-infinity') AS starts,
        coalesce((to_jsonb(l)->>'end_date')::date, DATE 'infinity') AS ends
    FROM product_price_list_line l WHERE l.price_list IN (SELECT id FROM chosen) %of_keys%
    UNION ALL
    -- where no line matches, Tryton still takes the tax off the list price
    SELECT -c.id, c.id, NULL, NULL, 0, 'unit_price', 9223372036854775807, DATE '-infinity', DATE 'infinity'
    FROM chosen c WHERE c.tax_included
), formula AS MATERIALIZED (
    SELECT d.formula, f.parsed->>'of' AS variable, (f.parsed->>'value')::numeric AS value, f.parsed->'steps' AS steps,
        CASE WHEN f.parsed->>'of' = 'unit_price' THEN ferry.factor_of(f.parsed->'steps') END AS factor
    FROM (SELECT DISTINCT l.formula FROM line l) d
    CROSS JOIN LATERAL (SELECT ferry.formula(d.formula) AS parsed OFFSET 0) f
), below AS (
    SELECT DISTINCT l.category AS top, l.category AS id FROM line l WHERE l.category IS NOT NULL
    UNION
    SELECT b.top, c.id FROM below b JOIN product_category c ON c.parent = b.id
), offered AS MATERIALIZED (
    SELECT p.* FROM %listed%
), member AS MATERIALIZED (
    SELECT b.top AS category, p.id AS product, p.sale_uom, p.default_uom FROM offered p
    JOIN "product_template-product_category" r ON r.template = p.template JOIN below b ON b.id = r.category
    UNION
    SELECT b.top, p.id, p.sale_uom, p.default_uom FROM offered p JOIN below b ON b.id = p.account_category
), applying AS MATERIALIZED (
    SELECT l.offered AS product, l.price_list, l.rank, l.formula, l.starts, l.ends, least_.quantity
    FROM (
        SELECT p.id AS offered, p.sale_uom, p.default_uom, l.* FROM line l JOIN offered p ON p.id = l.product
            WHERE l.category IS NULL
        UNION ALL
        SELECT p.id, p.sale_uom, p.default_uom, l.* FROM line l CROSS JOIN offered p
            WHERE l.product IS NULL AND l.category IS NULL
        UNION ALL
        SELECT m.product, m.sale_uom, m.default_uom, l.* FROM line l JOIN member m ON m.category = l.category
            WHERE l.product IS NULL OR l.product = m.product
    ) l JOIN chosen c ON c.id = l.price_list JOIN unit su ON su.id = l.sale_uom
    JOIN unit lu ON lu.id = CASE WHEN c.unit = 'product_sale' THEN l.sale_uom ELSE l.default_uom END
    CROSS JOIN LATERAL (SELECT ('1e-' || least(su.digits, 6))::numeric AS step OFFSET 0) grid
    CROSS JOIN LATERAL (SELECT grid.step * ceil(round(l.quantity::text::numeric
            * CASE WHEN lu.by_factor THEN lu.factor ELSE 1 / lu.rate END
            / CASE WHEN su.by_factor THEN su.factor ELSE 1 / su.rate END, 9) / grid.step) AS quantity OFFSET 0) near_
    CROSS JOIN LATERAL (
        SELECT CASE WHEN l.quantity = 0 THEN 0 ELSE coalesce(min(g.quantity), near_.quantity) END AS quantity
        FROM unnest(ARRAY[near_.quantity - grid.step, near_.quantity, near_.quantity + grid.step]) g(quantity)
        CROSS JOIN LATERAL (SELECT CASE WHEN su.by_factor THEN g.quantity::float8 * su.float_factor
            ELSE g.quantity::float8 / su.float_rate END AS quantity OFFSET 0) base
        WHERE g.quantity > 0 AND l.quantity <= CASE WHEN lu.by_factor THEN base.quantity / lu.float_factor
            ELSE base.quantity * lu.float_rate END
    ) least_
    WHERE l.ends >= (SELECT today FROM shop)
), considered AS MATERIALIZED (
    -- all lines of one product and list in a row: joined with one another they would be planned as if there were one, and
    -- a list of thousands of prices take minutes
    SELECT a.product, a.price_list, array_agg(a.formula ORDER BY a.rank) AS formulas,
        array_agg(a.quantity ORDER BY a.rank) AS quantities, array_agg(a.starts ORDER BY a.rank) AS starts,
        array_agg(a.ends ORDER BY a.rank) AS ends
    FROM applying a GROUP BY a.product, a.price_list
), winner AS MATERIALIZED (
    SELECT c.product, c.price_list, m.turn, m.day, m.next_day, b.quantity, f.formula
    FROM considered c CROSS JOIN LATERAL (
        -- the days on which another line may begin to match
        SELECT d.day, lead(d.day) OVER w AS next_day, row_number() OVER w AS turn FROM (
            SELECT (SELECT today FROM shop) AS day
            UNION SELECT s.day FROM unnest(c.starts) s(day) WHERE s.day > (SELECT today FROM shop)
            UNION SELECT e.day + 1 FROM unnest(c.ends) e(day) WHERE e.day < DATE 'infinity'
        ) d WINDOW w AS (ORDER BY d.day)
    ) m CROSS JOIN LATERAL (SELECT DISTINCT q.quantity FROM unnest(c.quantities) q(quantity)) b
    CROSS JOIN LATERAL (
        SELECT l.formula FROM unnest(c.formulas, c.quantities, c.starts, c.ends)
            WITH ORDINALITY l(formula, quantity, starts, ends, rank)
        WHERE l.quantity <= b.quantity AND m.day BETWEEN l.starts AND l.ends ORDER BY l.rank LIMIT 1
    ) f
), condition AS MATERIALIZED (
    -- A product's conditions of a list are all percentages off the list price (back to the list price itself there is no
    -- percentage), or all prices.
    SELECT w.*, bool_and(coalesce(w.factor BETWEEN 0 AND 1 AND (w.factor < 1 OR w.factor_before = 1), false))
            OVER (PARTITION BY w.product, w.price_list) AS is_discount
    FROM (
        SELECT f.*, lag(f.factor, 1, 1) OVER (PARTITION BY f.product, f.price_list, f.turn ORDER BY f.quantity)
            AS factor_before
        FROM (
            SELECT w.product, w.price_list, w.turn, w.day, w.next_day, w.quantity, w.formula, f.variable, f.value, f.steps,
                c.tax_included, x.back_rate, x.back_amount,
                -- a list of prices with tax has its formulas' results taken for such
                CASE WHEN c.tax_included AND (x.back_rate <> 0 OR x.back_amount <> 0) THEN NULL ELSE f.factor END AS factor
            FROM winner w JOIN chosen c ON c.id = w.price_list JOIN formula f ON f.formula = w.formula
            JOIN offered p ON p.id = w.product LEFT JOIN taxed x ON x.category = p.account_category
        ) f
    ) w
)

-- name: of_keys.keyed
AND (l.product IS NULL OR l.product = ANY (ARRAY(SELECT k.key FROM candidate k)))

-- name: of_keys.full

-- name: tiers
-- From `valued` (product, price_list, turn, day, next_day, quantity, value): what is the same as from a lesser quantity on,
-- or as on the days before, is left out.
kept AS (
    SELECT v.*, lag(v.value) OVER (PARTITION BY v.product, v.price_list, v.turn ORDER BY v.quantity) AS lesser FROM valued v
), tier AS (
    SELECT k.product, k.price_list, k.quantity, k.value, min(k.day) AS starts,
        CASE WHEN bool_and(k.next_day IS NOT NULL) THEN max(k.next_day) END AS ends
    FROM (
        SELECT k.*, k.turn - row_number() OVER (PARTITION BY k.product, k.price_list, k.quantity, k.value ORDER BY k.turn)
            AS run
        FROM kept k WHERE k.value IS DISTINCT FROM coalesce(k.lesser, %unconditioned%)
    ) k GROUP BY k.product, k.price_list, k.quantity, k.value, k.run
), tiered AS MATERIALIZED (
    SELECT t.product, t.price_list, count(*) AS number, string_agg('{"quantity":"' || trim_scale(t.quantity)
        || '","%figure%":"' || trim_scale(t.value) || '","from":'
        || CASE WHEN t.starts <= shop.today THEN 'null' ELSE '"' || to_char(t.starts::timestamp AT TIME ZONE shop.zone
            AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') || '"' END || ',"until":'
        || CASE WHEN t.ends IS NULL THEN 'null' ELSE '"' || to_char(t.ends::timestamp AT TIME ZONE shop.zone
            AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') || '"' END || '}', ',' ORDER BY t.quantity, t.starts) AS tiers
    FROM tier t CROSS JOIN shop GROUP BY t.product, t.price_list
)

-- name: changed_conditions
SELECT l.product FROM product_price_list_line l WHERE age(l.xmin) BETWEEN 0 AND (SELECT age FROM since)
UNION SELECT p.id FROM "product_template-product_category" r JOIN product_product p ON p.template = r.template
    WHERE age(r.xmin) BETWEEN 0 AND (SELECT age FROM since)
UNION SELECT x.product FROM "web_shop-product_product" x WHERE x.shop = :channel::integer AND x.active AND (
    EXISTS (SELECT FROM product_price_list l WHERE age(l.xmin) BETWEEN 0 AND (SELECT age FROM since))
    OR EXISTS (SELECT FROM product_price_list_line l WHERE l.product IS NULL
        AND age(l.xmin) BETWEEN 0 AND (SELECT age FROM since))
    OR EXISTS (SELECT FROM product_category c WHERE age(c.xmin) BETWEEN 0 AND (SELECT age FROM since))
    OR EXISTS (SELECT FROM ir_configuration c WHERE age(c.xmin) BETWEEN 0 AND (SELECT age FROM since)))

-- name: condition_days
SELECT d.day FROM product_price_list p JOIN product_price_list_line l ON l.price_list = p.id
CROSS JOIN LATERAL (VALUES ((to_jsonb(l)->>'start_date')::date), ((to_jsonb(l)->>'end_date')::date + 1)) d(day)
WHERE p.company = z.company AND p.active

-- name: changed_prices
-- What every price rests on, for this channel's products.
SELECT p.id FROM product_product p WHERE age(p.xmin) BETWEEN 0 AND (SELECT age FROM since)
UNION SELECT p.id FROM product_template t JOIN product_product p ON p.template = t.id
    WHERE age(t.xmin) BETWEEN 0 AND (SELECT age FROM since)
UNION SELECT x.product FROM "web_shop-product_product" x WHERE age(x.xmin) BETWEEN 0 AND (SELECT age FROM since)
UNION SELECT x.product FROM "web_shop-product_product" x WHERE x.shop = :channel::integer AND x.active AND (
    EXISTS (SELECT FROM web_shop s WHERE s.id = :channel::integer AND age(s.xmin) BETWEEN 0 AND (SELECT age FROM since))
    OR EXISTS (SELECT FROM company_company c WHERE age(c.xmin) BETWEEN 0 AND (SELECT age FROM since))
    OR EXISTS (SELECT FROM ferry.channel c WHERE c.id = :channel::integer AND age(c.xmin) BETWEEN 0 AND (SELECT age
        FROM since))
    OR EXISTS (SELECT FROM product_uom u WHERE age(u.xmin) BETWEEN 0 AND (SELECT age FROM since))
    OR EXISTS (SELECT FROM currency_currency k WHERE age(k.xmin) BETWEEN 0 AND (SELECT age FROM since)
        AND k.id IN (SELECT unnest(ARRAY[s.currency, c.currency]) FROM web_shop s JOIN company_company c
            ON c.id = s.company WHERE s.id = :channel::integer))
    OR EXISTS (SELECT FROM currency_currency_rate r WHERE age(r.xmin) BETWEEN 0 AND (SELECT age FROM since)
        AND r.currency IN (SELECT unnest(ARRAY[s.currency, c.currency]) FROM web_shop s JOIN company_company c
            ON c.id = s.company WHERE s.id = :channel::integer)))

-- name: changed_list_prices
SELECT p.id FROM product_list_price v JOIN product_product p ON p.template = v.template
    WHERE age(v.xmin) BETWEEN 0 AND (SELECT age FROM since)

-- name: changed_costs
SELECT v.product FROM product_cost_price v WHERE age(v.xmin) BETWEEN 0 AND (SELECT age FROM since)
UNION %changed_kits%

-- name: changed_kits
SELECT p.id FROM product_component k JOIN product_product p ON p.template = k.parent_template
    WHERE age(k.xmin) BETWEEN 0 AND (SELECT age FROM since)

-- name: changed_kits without product_component
SELECT NULL::integer WHERE false

-- name: changed_taxes
-- Categories reach those below that use their parent's taxes; a tax or a rule reaches everything.
SELECT p.id FROM (
    WITH RECURSIVE touched(category) AS (
        (SELECT c.id FROM product_category c WHERE age(c.xmin) BETWEEN 0 AND (SELECT age FROM since)
        UNION SELECT r.category FROM product_category_customer_taxes_rel r
            WHERE age(r.xmin) BETWEEN 0 AND (SELECT age FROM since))
        UNION
        SELECT c.id FROM touched t JOIN product_category c ON c.parent = t.category AND c.taxes_parent
    ) SELECT t.category FROM touched t) t
    JOIN product_template pt ON pt.account_category = t.category JOIN product_product p ON p.template = pt.id
UNION SELECT x.product FROM "web_shop-product_product" x WHERE x.shop = :channel::integer AND x.active AND (
    EXISTS (SELECT FROM account_tax t WHERE age(t.xmin) BETWEEN 0 AND (SELECT age FROM since))
    OR EXISTS (SELECT FROM account_tax_rule_line l WHERE age(l.xmin) BETWEEN 0 AND (SELECT age FROM since))
    OR EXISTS (SELECT FROM account_configuration_default_tax_rule r
        WHERE age(r.xmin) BETWEEN 0 AND (SELECT age FROM since)))

-- name: kits_of
-- Kits of a component among the candidates: they cost what it costs.
SELECT p.id FROM candidate c JOIN product_component k ON k.product = c.key
    JOIN product_product p ON p.template = k.parent_template

-- name: kits_of without product_component
SELECT NULL::bigint WHERE false

-- name: too_many
-- For people.
SELECT 'price list ' || c.id || ' (' || c.name || '): more than 100 tiers for ' || count(*) || ' products, one of them '
    || min(o.code) || ', which are not published'
FROM tiered t JOIN chosen c ON c.id = t.price_list JOIN offered o ON o.id = t.product
WHERE t.number > 100 GROUP BY c.id, c.name

-- name: midnight
-- The midnight that begins the next of these days, where the company is.
SELECT min(d.day)::timestamp AT TIME ZONE min(z.zone) FROM (
    SELECT s.id, s.company, s.currency, c.currency AS company_currency, coalesce(nullif(c.timezone, ''), 'UTC') AS zone,
        %today% AS today FROM web_shop s JOIN company_company c ON c.id = s.company WHERE s.id = :channel::integer
) z CROSS JOIN LATERAL (%days%) d(day) WHERE d.day > z.today

-- name: rate_days
SELECT r.date FROM currency_currency_rate r WHERE z.currency <> z.company_currency
    AND r.currency IN (z.currency, z.company_currency) AND r.date > z.today

-- name: tax_days
SELECT t.start_date FROM account_tax t WHERE t.start_date > z.today
UNION ALL SELECT t.end_date + 1 FROM account_tax t WHERE t.end_date >= z.today
UNION ALL SELECT l.start_date FROM account_tax_rule_line l WHERE l.start_date > z.today
UNION ALL SELECT l.end_date + 1 FROM account_tax_rule_line l WHERE l.end_date >= z.today
