-- What a published variant is, for people who look for it: in the language of the shop, which is the field Language of
-- web.shop; without one, that of the database. Texts are found as Tryton finds them: in the language, in those it is a kind
-- of (pt_BR, pt), then as the record holds them. A variant is called as its product: Tryton 6.0 has no other name for it.
-- Images are attachments of type link to a variant or its product whose address is that of an image: Tryton 6.0 has no
-- module for images, and an attachment that is none may not be for everybody. Shared sections are in common.sql.

-- name: tables
web_shop "web_shop-product_product" "web_shop-product_category" ir_configuration ir_lang ir_translation ir_attachment
product_product product_template product_uom product_category "product_template-product_category"

-- name: spoken
spoken AS (
    -- the shop's language, then what it is a kind of, the nearest first
    SELECT coalesce((SELECT l.code FROM web_shop s JOIN ir_lang l ON l.id = s.language WHERE s.id = :channel::integer),
        (SELECT nullif(i.language, '') FROM ir_configuration i ORDER BY i.id LIMIT 1), 'en')::text AS code, 0 AS turn
    UNION ALL
    SELECT n.code, s.turn + 1 FROM spoken s CROSS JOIN LATERAL (SELECT coalesce(
        (SELECT nullif(l.parent, '') FROM ir_lang l WHERE l.code = s.code ORDER BY l.id LIMIT 1),
        CASE WHEN strpos(s.code, '@') > 0 THEN regexp_replace(s.code, '@[^@]*$', '')
            WHEN strpos(s.code, '_') > 0 THEN regexp_replace(s.code, '_[^_]*$', '') END)::text AS code) n
    WHERE n.code <> '' AND s.turn < 10
)

-- name: translated
SELECT t.value FROM spoken s JOIN ir_translation t ON t.lang = s.code AND t.type = 'model' AND t.value <> ''
    AND t.fuzzy IS NOT TRUE

-- name: nearest
ORDER BY s.turn, t.id DESC LIMIT 1

-- name: published_category
-- A shop that lists categories publishes these, any other all.
(EXISTS (SELECT FROM "web_shop-product_category" w WHERE w.shop = :channel::integer AND w.active
        AND w.category = r.category)
    OR NOT EXISTS (SELECT FROM "web_shop-product_category" w WHERE w.shop = :channel::integer AND w.active))

-- name: categories
placed AS MATERIALIZED (
    SELECT DISTINCT r.template, r.category FROM (SELECT DISTINCT o.template FROM offered o) o
    JOIN "product_template-product_category" r ON r.template = o.template WHERE %published_category%
), upward AS (
    SELECT d.category AS foot, d.category AS id, 0 AS height FROM (SELECT DISTINCT p.category FROM placed p) d
    UNION ALL
    SELECT u.foot, c.parent, u.height + 1 FROM upward u JOIN product_category c ON c.id = u.id
    WHERE c.parent IS NOT NULL AND u.height < 100
), called AS MATERIALIZED (
    SELECT c.id, coalesce((%translated% WHERE t.name = 'product.category,name' AND t.res_id = c.id %nearest%), c.name)::text
        AS name
    FROM (SELECT DISTINCT u.id FROM upward u) d JOIN product_category c ON c.id = d.id
), path AS MATERIALIZED (
    SELECT u.foot AS category, string_agg(c.name, ' / ' ORDER BY u.height DESC) AS path
    FROM upward u JOIN called c ON c.id = u.id GROUP BY u.foot
), shelved AS MATERIALIZED (
    SELECT d.template, string_agg(to_json(d.path)::text, ',' ORDER BY d.path COLLATE "C") AS paths
    FROM (SELECT DISTINCT p.template, h.path FROM placed p JOIN path h ON h.category = p.category) d GROUP BY d.template
)

-- name: symbols
symbol AS MATERIALIZED (
    SELECT u.id, u.digits, coalesce((%translated% WHERE t.name = 'product.uom,symbol' AND t.res_id = u.id %nearest%), u.symbol,
        '')::text AS symbol
    FROM product_uom u WHERE u.id IN (SELECT o.sale_uom FROM offered o)
)

-- name: choices
-- What the values of selections are called: lines of `value: label`, a translated one before that of the record.
choice AS MATERIALIZED (
    SELECT DISTINCT ON (a.id, o.value) a.id AS attribute, o.value, o.label
    FROM product_attribute a
    CROSS JOIN LATERAL (VALUES (0, a.selection::text), (1, (%translated% WHERE t.name = 'product.attribute,selection'
        AND t.res_id = a.id %nearest%)::text)) w(turn, text)
    CROSS JOIN LATERAL (
        SELECT btrim(split_part(l.line, ':', 1), %blank%) AS value,
            btrim(substr(l.line, strpos(l.line, ':') + 1), %blank%) AS label, l.number
        FROM regexp_split_to_table(w.text, chr(10)) WITH ORDINALITY l(line, number) WHERE strpos(l.line, ':') > 0) o
    WHERE a.type_ IN ('selection', 'multiselection')
    ORDER BY a.id, o.value, w.turn DESC, o.number DESC
),

-- name: choices without product_attribute

-- name: blank
' ' || chr(9) || chr(13)

-- name: attribute_text
-- Of a value e.value of attribute a. Tryton keeps a decimal, a date and a time as an object that says so.
CASE jsonb_typeof(e.value)
    WHEN 'string' THEN coalesce((SELECT c.label FROM choice c WHERE c.attribute = a.id AND c.value = e.value #>> '{}'),
        e.value #>> '{}')
    WHEN 'number' THEN trim_scale((e.value #>> '{}')::numeric)::text
    WHEN 'array' THEN (SELECT string_agg(coalesce((SELECT c.label FROM choice c WHERE c.attribute = a.id
        AND c.value = i.value), i.value), ', ' ORDER BY i.number)
        FROM jsonb_array_elements_text(e.value) WITH ORDINALITY i(value, number))
    WHEN 'object' THEN CASE e.value->>'__class__'
        WHEN 'Decimal' THEN trim_scale((e.value->>'decimal')::numeric)::text
        WHEN 'date' THEN to_char(%attribute_day%, 'YYYY-MM-DD')
        WHEN 'datetime' THEN to_char(%attribute_day% + make_time(coalesce((e.value->>'hour')::integer, 0),
            coalesce((e.value->>'minute')::integer, 0), coalesce((e.value->>'second')::integer, 0)),
            'YYYY-MM-DD"T"HH24:MI:SS"Z"') END
    WHEN 'boolean' THEN e.value #>> '{}' END

-- name: attribute_day
make_date((e.value->>'year')::integer, (e.value->>'month')::integer, (e.value->>'day')::integer)

-- name: attributes
-- Of variant v of template t, those of the template's attribute set: what remains of another set is shown by no screen.
-- Named by what Tryton keeps them under, because labels are changed; a shop that lists attributes publishes these.
coalesce((SELECT string_agg(to_json(d.name)::text || ':' || to_json(d.text)::text, ',' ORDER BY d.name COLLATE "C") FROM (
    SELECT DISTINCT ON (e.name) e.name, %attribute_text% AS text
    FROM jsonb_each(%attribute_values%) e(name, value)
    JOIN product_attribute a ON a.name = e.name
    JOIN "product_attribute-product_attribute-set" m ON m.attribute = a.id AND m.attribute_set = t.attribute_set
    WHERE EXISTS (SELECT FROM "web_shop-product_attribute" w WHERE w.shop = :channel::integer AND w.active
            AND w.attribute = a.id)
        OR NOT EXISTS (SELECT FROM "web_shop-product_attribute" w WHERE w.shop = :channel::integer AND w.active)
    ORDER BY e.name, a.id) d WHERE d.text IS NOT NULL), '')

-- name: attributes without product_attribute
''

-- name: attribute_values
CASE jsonb_typeof(nullif(v.attributes::text, '')::jsonb) WHEN 'object' THEN v.attributes::text::jsonb ELSE '{}' END

-- name: images
-- The variant's own before the product's, each in the order of ir.attachment.
coalesce((SELECT string_agg(to_json(i.link::text)::text, ',' ORDER BY i.turn, i.create_date DESC, i.id DESC) FROM (
    SELECT 0 AS turn, i.link, i.create_date, i.id FROM ir_attachment i WHERE i.resource = 'product.product,' || p.id
        AND %image_link%
    UNION ALL
    SELECT 1, i.link, i.create_date, i.id FROM ir_attachment i WHERE i.resource = 'product.template,' || p.template
        AND %image_link%) i), '')

-- name: image_link
i.type = 'link' AND i.link ~* '^https?://[^ ?#]+[.](jpe?g|png|gif|webp|avif|svg)([?#][^ ]*)?$'

-- name: all
SELECT x.product FROM "web_shop-product_product" x WHERE x.shop = :channel::integer AND x.active

-- name: changed
WITH since AS MATERIALIZED (SELECT ferry.age_of((:since::text)::xid8) AS age),
said AS MATERIALIZED (
    SELECT t.name, t.res_id FROM ir_translation t WHERE age(t.xmin) BETWEEN 0 AND (SELECT age FROM since)
), attached AS MATERIALIZED (
    SELECT split_part(i.resource, ',', 1) AS model, i.resource FROM ir_attachment i
    WHERE age(i.xmin) BETWEEN 0 AND (SELECT age FROM since)
)
SELECT p.id FROM product_product p WHERE age(p.xmin) BETWEEN 0 AND (SELECT age FROM since)
UNION SELECT p.id FROM product_template t JOIN product_product p ON p.template = t.id
    WHERE age(t.xmin) BETWEEN 0 AND (SELECT age FROM since)
UNION SELECT x.product FROM "web_shop-product_product" x WHERE age(x.xmin) BETWEEN 0 AND (SELECT age FROM since)
UNION SELECT p.id FROM "product_template-product_category" r JOIN product_product p ON p.template = r.template
    WHERE age(r.xmin) BETWEEN 0 AND (SELECT age FROM since)
UNION SELECT nullif(split_part(a.resource, ',', 2), '')::integer FROM attached a WHERE a.model = 'product.product'
UNION SELECT p.id FROM attached a JOIN product_product p ON p.template = nullif(split_part(a.resource, ',', 2), '')::integer
    WHERE a.model = 'product.template'
UNION SELECT s.res_id FROM said s WHERE s.name = 'product.product,description'
UNION SELECT p.id FROM said s JOIN product_product p ON p.template = s.res_id WHERE s.name = 'product.template,name'
UNION SELECT x.product FROM "web_shop-product_product" x WHERE x.shop = :channel::integer AND x.active AND (
    EXISTS (SELECT FROM web_shop s WHERE s.id = :channel::integer AND age(s.xmin) BETWEEN 0 AND (SELECT age FROM since))
    OR EXISTS (SELECT FROM ferry.channel c WHERE c.id = :channel::integer AND age(c.xmin) BETWEEN 0 AND (SELECT age
        FROM since))
    OR EXISTS (SELECT FROM "web_shop-product_category" w WHERE w.shop = :channel::integer
        AND age(w.xmin) BETWEEN 0 AND (SELECT age FROM since))
    OR EXISTS (SELECT FROM ir_configuration c WHERE age(c.xmin) BETWEEN 0 AND (SELECT age FROM since))
    OR EXISTS (SELECT FROM ir_lang l WHERE age(l.xmin) BETWEEN 0 AND (SELECT age FROM since))
    OR EXISTS (SELECT FROM product_uom u WHERE age(u.xmin) BETWEEN 0 AND (SELECT age FROM since))
    OR EXISTS (SELECT FROM product_category c WHERE age(c.xmin) BETWEEN 0 AND (SELECT age FROM since))
    OR EXISTS (SELECT FROM said s WHERE s.name IN ('product.uom,symbol', 'product.category,name',
        'product.attribute,selection'))
    OR %changed_attributes%)

-- name: changed_attributes
EXISTS (SELECT FROM product_attribute a WHERE age(a.xmin) BETWEEN 0 AND (SELECT age FROM since))
    OR EXISTS (SELECT FROM "product_attribute-product_attribute-set" m
        WHERE age(m.xmin) BETWEEN 0 AND (SELECT age FROM since))
    OR EXISTS (SELECT FROM "web_shop-product_attribute" w WHERE w.shop = :channel::integer
        AND age(w.xmin) BETWEEN 0 AND (SELECT age FROM since))

-- name: changed_attributes without product_attribute
false

-- name: desired
WITH RECURSIVE %spoken%, offered AS MATERIALIZED (SELECT p.* FROM %listed%), %categories%, %choices% %symbols%
SELECT p.id AS key, 0 AS part, p.code AS label,
    '{"sku":' || to_json(p.code::text) || ',"product":"' || p.template || '","name":' || to_json(coalesce(
        (%translated% WHERE t.name = 'product.template,name' AND t.res_id = p.template %nearest%), t.name)::text)
    || ',"description":' || to_json(coalesce((%translated% WHERE t.name = 'product.product,description' AND t.res_id = p.id
        %nearest%), v.description, '')::text)
    || ',"unit":' || to_json(u.symbol) || ',"digits":' || u.digits || ',"categories":[' || coalesce(c.paths, '')
    || '],"attributes":{' || %attributes% || '},"images":[' || %images% || ']}' AS document
FROM offered p JOIN product_template t ON t.id = p.template JOIN product_product v ON v.id = p.id
JOIN symbol u ON u.id = p.sale_uom LEFT JOIN shelved c ON c.template = p.template

-- name: findings
SELECT count(*) || ' products of the shop have no code, one of them called ' || min(t.name)
    || '; they are not published'
FROM "web_shop-product_product" x JOIN product_product p ON p.id = x.product AND p.active AND coalesce(p.code, '') = ''
JOIN product_template t ON t.id = p.template AND t.active
WHERE x.shop = :channel::integer AND x.active HAVING count(*) > 0
UNION ALL
SELECT * FROM (%stray_attributes%) s

-- name: stray_attributes
SELECT 'attribute ' || e.name || ' of ' || count(*) || ' products, one of them ' || min(v.code) || ', is not in the '
    || 'attribute set of its product; it is not published'
FROM %listed% JOIN product_template t ON t.id = p.template JOIN product_product v ON v.id = p.id
CROSS JOIN LATERAL jsonb_each(%attribute_values%) e(name, value)
WHERE NOT EXISTS (SELECT FROM product_attribute a
    JOIN "product_attribute-product_attribute-set" m ON m.attribute = a.id AND m.attribute_set = t.attribute_set
    WHERE a.name = e.name)
GROUP BY e.name ORDER BY e.name

-- name: stray_attributes without product_attribute
SELECT NULL::text WHERE false
