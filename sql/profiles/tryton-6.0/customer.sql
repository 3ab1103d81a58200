-- The parties in the channel's customer scope. Who is in it: setting `customers`, narrowed by `customer_categories` and
-- `customer_countries`; never the shop's guest party, a company of the ERP's own, or a party that another replaced.
-- An address's street begins with the name of the building, as Tryton prints it; an address without anything is left out.

-- name: tables
web_shop company_company party_party party_address party_contact_mechanism party_identifier party_category
party_category_rel country_country country_subdivision sale_sale

-- name: scope
scope AS MATERIALIZED (
    -- lists of ids and codes: a JSON array, or a text with commas
    SELECT s.id, s.company, s.guest_party, coalesce(nullif(f.settings->>'customers', ''), 'orders') AS who,
        coalesce(string_to_array(translate(f.settings->>'customer_categories', '[]" ', ''), ','), '{}') AS categories,
        coalesce(string_to_array(translate(f.settings->>'customer_countries', '[]" ', ''), ','), '{}') AS countries,
        coalesce(string_to_array(translate(f.settings->>'price_lists', '[]" ', ''), ','), '{}') AS price_lists
    FROM web_shop s JOIN ferry.channel f ON f.id = s.id WHERE s.id = :channel::integer
), inside AS (
    -- the categories that are named, and those below them
    SELECT c.id FROM party_category c WHERE c.id::text IN (SELECT unnest(scope.categories) FROM scope)
    UNION
    SELECT c.id FROM inside i JOIN party_category c ON c.parent = i.id
)

-- name: party
SELECT p.id, p.code::text AS code, coalesce(nullif(p.name, ''), '[' || p.code || ']')::text AS name
    FROM party_party p CROSS JOIN scope
    WHERE p.active AND p.replaced_by IS NULL AND p.code <> '' AND p.id IS DISTINCT FROM scope.guest_party
        AND NOT EXISTS (SELECT FROM company_company c WHERE c.party = p.id)
        AND (scope.who = 'all' OR (scope.who = 'price_list' AND %has_list%) OR (scope.who = 'orders'
            AND EXISTS (SELECT FROM sale_sale s WHERE s.party = p.id AND s.web_shop = scope.id)))
        AND (scope.categories = '{}' OR EXISTS (SELECT FROM party_category_rel r JOIN inside i ON i.id = r.category
            WHERE r.party = p.id))
        AND (scope.countries = '{}' OR EXISTS (SELECT FROM party_address a JOIN country_country c ON c.id = a.country
            WHERE a.party = p.id AND a.active AND c.code::text = ANY (scope.countries)))

-- name: parties.keyed
-- Key by key: the planner would begin with every party.
candidate l CROSS JOIN LATERAL (%party% AND p.id = l.key OFFSET 0) p

-- name: parties.full
(%party%) p

-- name: own_list
-- party.party.get_multivalue('sale_price_list'): the company's value goes before the one of no company.
(SELECT v.sale_price_list FROM party_party_sale_price_list v WHERE v.party = p.id
    AND (v.company = scope.company OR v.company IS NULL) ORDER BY v.company IS NULL, v.id LIMIT 1)

-- name: has_list
coalesce(%own_list% IS NOT NULL AND (scope.price_lists = '{}' OR %own_list%::text = ANY (scope.price_lists)), false)

-- name: has_list without party_party_sale_price_list
false

-- name: list
-- The one of the party, or that of everybody: as a sale takes it.
LEFT JOIN product_price_list l ON l.id = coalesce(%own_list%, (SELECT v.sale_price_list
    FROM sale_configuration_sale_price_list v WHERE v.company = scope.company OR v.company IS NULL
    ORDER BY v.company IS NULL, v.id LIMIT 1))

-- name: list without party_party_sale_price_list
CROSS JOIN (SELECT NULL::integer AS id, NULL::text AS name) l

-- name: contact
-- The first that is one, of the types `m.type` must be of.
FROM party_contact_mechanism m WHERE m.party = p.id AND m.active

-- name: first
ORDER BY m.sequence NULLS FIRST, m.id LIMIT 1

-- name: email
coalesce((SELECT lower(btrim(m.value)) %contact% AND m.type = 'email' AND m.value ~ '^ *[^@ ]+@[^@ ]+ *$' %first%), '')

-- name: phone
coalesce((SELECT btrim(m.value) %contact% AND m.type IN ('phone', 'mobile') AND btrim(m.value) <> '' %first%), '')

-- name: tax_identifier
-- party.party.tax_identifier, of the types that tax_identifier_types() names. Numbers of the European Union and of
-- Switzerland begin with the country already; Tryton takes it off the others. Greece writes EL, Monaco is French for taxes,
-- and the letters of a Mexican name are no country.
coalesce((SELECT CASE WHEN i.type IN ('eu_vat', 'ch_vat') OR (i.type <> 'mx_rfc' AND starts_with(i.code, i.prefix))
        THEN i.code ELSE i.prefix || i.code END
    FROM (SELECT upper(regexp_replace(i.code, '[-./ ]', '', 'g')) AS code, i.type, i.sequence, i.id,
            CASE split_part(i.type, '_', 1) WHEN 'gr' THEN 'EL' WHEN 'mc' THEN 'FR'
                ELSE upper(split_part(i.type, '_', 1)) END AS prefix
        FROM party_identifier i WHERE i.party = p.id AND coalesce((to_jsonb(i)->>'active')::boolean, true) AND i.type IN (
            'ad_nrt', 'al_nipt', 'ar_cuit', 'be_vat', 'bg_vat', 'by_unp', 'ch_vat', 'cl_rut', 'cn_uscc', 'co_rut', 'cr_cpj',
            'cz_dic', 'de_vat', 'dk_cvr', 'do_rnc', 'ec_ruc', 'ee_kmkr', 'es_nif', 'eu_vat', 'fi_alv', 'fr_tva', 'gb_vat',
            'gr_vat', 'gt_nit', 'hu_anum', 'id_npwp', 'ie_vat', 'il_hp', 'is_vsk', 'it_iva', 'jp_cn', 'kr_brn', 'lt_pvm',
            'lu_tva', 'lv_pvn', 'mc_tva', 'md_idno', 'mt_vat', 'mx_rfc', 'nl_btw', 'no_mva', 'nz_ird', 'pe_ruc', 'pl_nip',
            'pt_nif', 'py_ruc', 'ro_cf', 'rs_pib', 'ru_inn', 'se_vat', 'si_ddv', 'sk_dph', 'sm_coe', 'us_atin', 'us_ein',
            'us_itin', 'us_ptin', 'us_ssn', 'us_tin', 'uy_ruc', 've_rif', 'za_tin')) i
    ORDER BY i.sequence NULLS FIRST, i.id LIMIT 1), '')

-- name: addresses
coalesce((SELECT string_agg('{"name":' || to_json(coalesce(nullif(a.party_name, ''), p.name)::text) || ',"street":'
        || to_json(coalesce(g.street, '')) || ',"postal_code":' || to_json(btrim(coalesce(a.postal_code, '')))
        || ',"city":' || to_json(btrim(coalesce(a.city, ''))) || ',"subdivision":' || to_json(coalesce(d.code, '')::text)
        || ',"country":' || to_json(coalesce(c.code, '')::text) || ',"invoice":' || coalesce(a.invoice, false)
        || ',"delivery":' || coalesce(a.delivery, false) || '}', ',' ORDER BY a.sequence NULLS FIRST, a.id)
    FROM party_address a LEFT JOIN country_country c ON c.id = a.country
    LEFT JOIN country_subdivision d ON d.id = a.subdivision
    CROSS JOIN LATERAL (SELECT string_agg(w.line, chr(10) ORDER BY w.number) AS street FROM (
        SELECT btrim(w.line, ' ' || chr(9) || chr(13)) AS line, w.number
        FROM regexp_split_to_table(concat_ws(chr(10), a.name, a.street), chr(10)) WITH ORDINALITY w(line, number)) w
        WHERE w.line <> '') g
    WHERE a.party = p.id AND a.active AND (g.street IS NOT NULL OR btrim(a.postal_code) <> '' OR btrim(a.city) <> ''
        OR a.country IS NOT NULL OR a.subdivision IS NOT NULL)), '')

-- name: credit_hold
-- party.party.check_credit_limit() would stop an order of any amount.
coalesce((SELECT k.amount <= %owed% OR %dunned% FROM (SELECT CASE
        WHEN EXISTS (SELECT %limit_of_party%) THEN (SELECT v.credit_limit_amount %limit_of_party% %company_first%)
        ELSE (SELECT v.default_credit_limit_amount FROM account_configuration_default_credit_limit_amount v
            WHERE v.company = scope.company OR v.company IS NULL %company_first%) END AS amount OFFSET 0) k
    WHERE k.amount IS NOT NULL), false)

-- name: credit_hold without party_party_credit_limit_amount
false

-- name: limit_of_party
FROM party_party_credit_limit_amount v WHERE v.party = p.id AND (v.company = scope.company OR v.company IS NULL)

-- name: company_first
ORDER BY v.company IS NULL, v.id LIMIT 1

-- name: owed
-- party.party.credit_amount: what is not reconciled, and with module sale_credit_limit what is sold and not invoiced.
coalesce((SELECT sum(coalesce(m.debit, 0) - coalesce(m.credit, 0)) FROM account_move_line m
        JOIN account_account a ON a.id = m.account JOIN account_account_type y ON y.id = a.type
        WHERE m.party = p.id AND m.reconciliation IS NULL AND a.company = scope.company AND y.receivable), 0)
    + CASE WHEN EXISTS (SELECT FROM ir_module o WHERE o.name = 'sale_credit_limit' AND o.state <> 'not activated')
        THEN %sold_on_account% ELSE 0 END

-- name: sold_on_account
-- Foreign money by the rate of the day.
coalesce((SELECT sum(round(CASE WHEN s.currency = n.currency THEN b.amount
            ELSE b.amount * %rate_of_company% / %rate_of_sale% END, k.digits))
        FROM sale_sale s JOIN company_company n ON n.id = s.company JOIN currency_currency k ON k.id = n.currency
        CROSS JOIN LATERAL (SELECT coalesce(sum((l.quantity::numeric - %invoiced%) * l.unit_price), 0) AS amount
            FROM sale_line l WHERE l.sale = s.id AND l.quantity <> 0) b
        WHERE s.party = p.id AND s.state IN ('confirmed', 'processing') AND s.company = scope.company), 0)

-- name: invoiced
-- In the line's unit; only what has been posted counts.
coalesce((SELECT sum(il.quantity::numeric * CASE WHEN il.unit = l.unit OR il.unit IS NULL THEN 1
            ELSE coalesce((SELECT iu.factor::numeric / lu.factor::numeric FROM product_uom iu, product_uom lu
                WHERE iu.id = il.unit AND lu.id = l.unit), 1) END)
        FROM account_invoice_line il JOIN account_invoice iv ON iv.id = il.invoice
        WHERE il.origin = 'sale.line,' || l.id AND il.type = 'line' AND iv.move IS NOT NULL), 0)

-- name: rate_of_company
(SELECT r.rate FROM currency_currency_rate r WHERE r.currency = n.currency AND r.date <= current_date
    ORDER BY r.date DESC LIMIT 1)

-- name: rate_of_sale
(SELECT r.rate FROM currency_currency_rate r WHERE r.currency = s.currency AND r.date <= current_date
    ORDER BY r.date DESC LIMIT 1)

-- name: dunned
EXISTS (SELECT FROM account_dunning g JOIN account_dunning_level v ON v.id = g.level
    JOIN account_move_line m ON m.id = g.line
    WHERE m.party = p.id AND m.reconciliation IS NULL AND g.blocked IS NOT TRUE
        AND coalesce((to_jsonb(v)->>'credit_limit')::boolean, false))

-- name: dunned without account_dunning
false

-- name: all
SELECT p.id FROM party_party p WHERE p.active

-- name: changed
WITH since AS MATERIALIZED (SELECT ferry.age_of((:since::text)::xid8) AS age)
SELECT p.id FROM party_party p WHERE age(p.xmin) BETWEEN 0 AND (SELECT age FROM since)
UNION SELECT a.party FROM party_address a WHERE age(a.xmin) BETWEEN 0 AND (SELECT age FROM since)
UNION SELECT m.party FROM party_contact_mechanism m WHERE age(m.xmin) BETWEEN 0 AND (SELECT age FROM since)
UNION SELECT i.party FROM party_identifier i WHERE age(i.xmin) BETWEEN 0 AND (SELECT age FROM since)
UNION SELECT r.party FROM party_category_rel r WHERE age(r.xmin) BETWEEN 0 AND (SELECT age FROM since)
UNION SELECT s.party FROM sale_sale s WHERE s.web_shop = :channel::integer
    AND age(s.xmin) BETWEEN 0 AND (SELECT age FROM since)
UNION SELECT a.party FROM party_address a JOIN country_country c ON c.id = a.country
    WHERE age(c.xmin) BETWEEN 0 AND (SELECT age FROM since)
UNION SELECT a.party FROM party_address a JOIN country_subdivision d ON d.id = a.subdivision
    WHERE age(d.xmin) BETWEEN 0 AND (SELECT age FROM since)
UNION %changed_lists%
UNION %changed_credit%
UNION SELECT p.id FROM party_party p WHERE p.active AND (
    EXISTS (SELECT FROM web_shop s WHERE s.id = :channel::integer AND age(s.xmin) BETWEEN 0 AND (SELECT age FROM since))
    OR EXISTS (SELECT FROM ferry.channel c WHERE c.id = :channel::integer AND age(c.xmin) BETWEEN 0 AND (SELECT age
        FROM since))
    OR EXISTS (SELECT FROM company_company c WHERE age(c.xmin) BETWEEN 0 AND (SELECT age FROM since))
    OR EXISTS (SELECT FROM party_category c WHERE age(c.xmin) BETWEEN 0 AND (SELECT age FROM since)))

-- name: changed_lists
SELECT v.party FROM party_party_sale_price_list v WHERE age(v.xmin) BETWEEN 0 AND (SELECT age FROM since)
UNION SELECT p.id FROM party_party p WHERE p.active AND (
    EXISTS (SELECT FROM sale_configuration_sale_price_list v WHERE age(v.xmin) BETWEEN 0 AND (SELECT age FROM since))
    OR EXISTS (SELECT FROM product_price_list l WHERE age(l.xmin) BETWEEN 0 AND (SELECT age FROM since)))

-- name: changed_lists without party_party_sale_price_list
SELECT NULL::integer WHERE false

-- name: changed_credit
SELECT v.party FROM party_party_credit_limit_amount v WHERE age(v.xmin) BETWEEN 0 AND (SELECT age FROM since)
UNION SELECT m.party FROM account_move_line m WHERE age(m.xmin) BETWEEN 0 AND (SELECT age FROM since)
UNION SELECT s.party FROM sale_sale s WHERE age(s.xmin) BETWEEN 0 AND (SELECT age FROM since)
UNION SELECT s.party FROM sale_line l JOIN sale_sale s ON s.id = l.sale
    WHERE age(l.xmin) BETWEEN 0 AND (SELECT age FROM since)
UNION SELECT p.id FROM party_party p WHERE p.active AND (
    EXISTS (SELECT FROM account_configuration_default_credit_limit_amount v
        WHERE age(v.xmin) BETWEEN 0 AND (SELECT age FROM since))
    OR EXISTS (SELECT FROM account_account_type y WHERE age(y.xmin) BETWEEN 0 AND (SELECT age FROM since)))
UNION %changed_dunning%

-- name: changed_credit without party_party_credit_limit_amount
SELECT NULL::integer WHERE false

-- name: changed_dunning
SELECT m.party FROM account_dunning g JOIN account_move_line m ON m.id = g.line
    WHERE age(g.xmin) BETWEEN 0 AND (SELECT age FROM since)
        OR EXISTS (SELECT FROM account_dunning_level v WHERE age(v.xmin) BETWEEN 0 AND (SELECT age FROM since))

-- name: changed_dunning without account_dunning
SELECT NULL::integer WHERE false

-- name: desired
WITH RECURSIVE %scope%
SELECT p.id AS key, 0 AS part, p.code AS label,
    '{"code":' || to_json(p.code) || ',"name":' || to_json(p.name) || ',"email":' || to_json(%email%)
    || ',"phone":' || to_json(%phone%) || ',"tax_identifier":' || to_json(%tax_identifier%)
    || ',"list":"' || coalesce(l.id::text, '') || '","list_name":' || to_json(coalesce(l.name, '')::text)
    || ',"credit_hold":' || %credit_hold% || ',"addresses":[' || %addresses% || ']}' AS document
FROM scope CROSS JOIN LATERAL (SELECT p.* FROM %parties%) p %list%

-- name: findings
-- For people. What a portal makes of a customer without an e-mail address, or with another's, is the portal's business.
WITH RECURSIVE %scope%, customer AS MATERIALIZED (SELECT p.code, %email% AS email FROM %parties%)
SELECT count(*) || ' customers have no e-mail address, one of them party ' || min(c.code) FROM customer c
WHERE c.email = '' HAVING count(*) > 0
UNION ALL
SELECT count(*) || ' e-mail addresses are those of several customers, one of them of the parties ' || min(d.codes) FROM (
    SELECT string_agg(c.code, ', ' ORDER BY c.code) AS codes FROM customer c WHERE c.email <> '' GROUP BY c.email
    HAVING count(*) > 1) d HAVING count(*) > 0
UNION ALL
SELECT 'setting customer_categories names ' || n.id || ', which is no category of parties' FROM scope
CROSS JOIN LATERAL unnest(scope.categories) n(id) WHERE n.id NOT IN (SELECT c.id::text FROM party_category c)
UNION ALL
SELECT 'setting customer_countries names ' || n.code || ', which is no country''s code' FROM scope
CROSS JOIN LATERAL unnest(scope.countries) n(code)
WHERE NOT EXISTS (SELECT FROM country_country c WHERE c.code = n.code)
