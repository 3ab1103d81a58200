-- A synthetic Tryton 6.0 database: the tables that the feeds of stock and of list prices read, with Tryton's own columns and indexes (foreign
-- keys and checks left out: nothing here depends on them). bench_fill() gives it a history.

CREATE TABLE account_configuration_default_tax_rule (
    id integer PRIMARY KEY, company integer, configuration integer, create_date timestamp(6), create_uid integer,
    default_customer_tax_rule integer, default_supplier_tax_rule integer, write_date timestamp(6), write_uid integer
);
CREATE TABLE account_tax (
    id integer PRIMARY KEY, active boolean DEFAULT false, amount numeric, company integer NOT NULL,
    create_date timestamp(6), create_uid integer, description varchar NOT NULL, end_date date, "group" integer,
    name varchar NOT NULL, parent integer, rate numeric, sequence integer, start_date date, type varchar NOT NULL,
    update_unit_price boolean DEFAULT false, write_date timestamp(6), write_uid integer
);
CREATE TABLE account_tax_rule_line (
    id integer PRIMARY KEY, create_date timestamp(6), create_uid integer, end_date date, "group" integer,
    keep_origin boolean DEFAULT false, origin_tax integer, rule integer NOT NULL, sequence integer, start_date date,
    tax integer, write_date timestamp(6), write_uid integer
);
CREATE TABLE company_company (
    id integer PRIMARY KEY, create_date timestamp(6), create_uid integer, currency integer NOT NULL, footer text,
    header text, party integer NOT NULL, timezone varchar, write_date timestamp(6), write_uid integer,
    cancel_invoice_out boolean DEFAULT false, purchase_taxes_expense boolean DEFAULT false
);
CREATE TABLE currency_currency (
    id integer PRIMARY KEY, active boolean DEFAULT false, code varchar(3) NOT NULL, create_date timestamp(6),
    create_uid integer, digits integer NOT NULL, name varchar NOT NULL, numeric_code varchar(3),
    rounding numeric NOT NULL, symbol varchar(10) NOT NULL, write_date timestamp(6), write_uid integer
);
CREATE TABLE currency_currency_rate (
    id integer PRIMARY KEY, create_date timestamp(6), create_uid integer, currency integer, date date NOT NULL,
    rate numeric NOT NULL, write_date timestamp(6), write_uid integer
);
CREATE TABLE ir_configuration (
    id integer PRIMARY KEY, create_date timestamp(6), create_uid integer, hostname varchar, language varchar,
    product_price_decimal integer, write_date timestamp(6), write_uid integer
);
CREATE TABLE product_category (
    id integer PRIMARY KEY, accounting boolean DEFAULT false, account_parent boolean DEFAULT false,
    create_date timestamp(6), create_uid integer, name varchar NOT NULL, parent integer,
    taxes_parent boolean DEFAULT false, write_date timestamp(6), write_uid integer
);
CREATE TABLE product_category_customer_taxes_rel (
    id integer PRIMARY KEY, category integer NOT NULL, create_date timestamp(6), create_uid integer,
    tax integer NOT NULL, write_date timestamp(6), write_uid integer
);
CREATE TABLE product_component (
    id integer PRIMARY KEY, create_date timestamp(6), create_uid integer, fixed boolean DEFAULT false,
    parent_product integer, parent_template integer NOT NULL, product integer NOT NULL, quantity float8 NOT NULL,
    sequence integer, unit integer NOT NULL, write_date timestamp(6), write_uid integer
);
CREATE TABLE product_list_price (
    id integer PRIMARY KEY, company integer, create_date timestamp(6), create_uid integer, list_price numeric,
    template integer, write_date timestamp(6), write_uid integer
);
CREATE TABLE product_product (
    id integer PRIMARY KEY, active boolean DEFAULT false, code varchar, create_date timestamp(6), create_uid integer,
    description text, suffix_code varchar, template integer NOT NULL, write_date timestamp(6), write_uid integer
);
CREATE TABLE product_template (
    id integer PRIMARY KEY, active boolean DEFAULT false, code varchar, consumable boolean DEFAULT false,
    create_date timestamp(6), create_uid integer, default_uom integer NOT NULL, name varchar NOT NULL,
    type varchar NOT NULL, write_date timestamp(6), write_uid integer, account_category integer, lead_time interval,
    salable boolean DEFAULT false, sale_uom integer
);
CREATE TABLE product_uom (
    id integer PRIMARY KEY, active boolean DEFAULT false, category integer NOT NULL, create_date timestamp(6),
    create_uid integer, digits integer NOT NULL, factor float8 NOT NULL, name varchar NOT NULL, rate float8 NOT NULL,
    rounding float8 NOT NULL, symbol varchar(10) NOT NULL, write_date timestamp(6), write_uid integer
);
CREATE TABLE sale_line (
    id integer PRIMARY KEY, actual_quantity float8, create_date timestamp(6), create_uid integer, description text,
    note text, product integer, quantity float8, sale integer NOT NULL, sequence integer, type varchar NOT NULL,
    unit integer, unit_price numeric, write_date timestamp(6), write_uid integer, component_parent integer,
    base_price numeric
);
CREATE TABLE sale_line_component (
    id integer PRIMARY KEY, create_date timestamp(6), create_uid integer, fixed boolean DEFAULT false,
    line integer NOT NULL, price_ratio numeric NOT NULL, product integer NOT NULL, quantity float8 NOT NULL,
    quantity_ratio float8, sequence integer, unit integer NOT NULL, write_date timestamp(6), write_uid integer
);
CREATE TABLE "sale_line_component-ignored-stock_move" (
    id integer PRIMARY KEY, component integer NOT NULL, create_date timestamp(6), create_uid integer,
    move integer NOT NULL, write_date timestamp(6), write_uid integer
);
CREATE TABLE sale_line_moves_ignored_rel (
    id integer PRIMARY KEY, create_date timestamp(6), create_uid integer, move integer NOT NULL,
    sale_line integer NOT NULL, write_date timestamp(6), write_uid integer
);
CREATE TABLE sale_sale (
    id integer PRIMARY KEY, comment text, company integer NOT NULL, confirmed_by integer, contact integer,
    create_date timestamp(6), create_uid integer, currency integer NOT NULL, description varchar,
    invoice_address integer, invoice_method varchar NOT NULL, invoice_party integer, invoice_state varchar NOT NULL,
    number varchar, origin varchar, party integer NOT NULL, payment_term integer, quoted_by integer,
    reference varchar, sale_date date, shipment_address integer, shipment_method varchar NOT NULL,
    shipment_party integer, shipment_state varchar NOT NULL, shipping_date date, state varchar NOT NULL,
    tax_amount_cache numeric, total_amount_cache numeric, untaxed_amount_cache numeric, warehouse integer,
    write_date timestamp(6), write_uid integer, price_list integer, web_id varchar, web_shop integer
);
CREATE TABLE stock_location (
    id integer PRIMARY KEY, active boolean DEFAULT false, address integer, code varchar, create_date timestamp(6),
    create_uid integer, flat_childs boolean DEFAULT false, input_location integer, "left" integer NOT NULL,
    lost_found_location integer, name varchar NOT NULL, output_location integer, parent integer,
    picking_location integer, "right" integer NOT NULL, storage_location integer, type varchar,
    write_date timestamp(6), write_uid integer
);
CREATE TABLE stock_move (
    id integer PRIMARY KEY, company integer NOT NULL, cost_price numeric, create_date timestamp(6),
    create_uid integer, currency integer, effective_date date, from_location integer NOT NULL,
    internal_quantity float8 NOT NULL, origin varchar, planned_date date, product integer NOT NULL,
    quantity float8 NOT NULL, shipment varchar, state varchar, to_location integer NOT NULL, unit_price numeric,
    unit_price_updated boolean DEFAULT false, uom integer NOT NULL, write_date timestamp(6), write_uid integer
);
CREATE TABLE stock_period (
    id integer PRIMARY KEY, company integer NOT NULL, create_date timestamp(6), create_uid integer,
    date date NOT NULL, state varchar, write_date timestamp(6), write_uid integer
);
CREATE TABLE stock_period_cache (
    id integer PRIMARY KEY, create_date timestamp(6), create_uid integer, internal_quantity float8,
    location integer NOT NULL, period integer NOT NULL, product integer NOT NULL, write_date timestamp(6),
    write_uid integer
);
CREATE TABLE stock_shipment_out (
    id integer PRIMARY KEY, company integer NOT NULL, create_date timestamp(6), create_uid integer,
    customer integer NOT NULL, delivery_address integer NOT NULL, done_by integer, effective_date date,
    number varchar, packed_by integer, picked_by integer, planned_date date, reference varchar, state varchar,
    warehouse integer NOT NULL, write_date timestamp(6), write_uid integer
);
CREATE TABLE web_shop (
    id integer PRIMARY KEY, active boolean DEFAULT false, company integer NOT NULL, create_date timestamp(6),
    create_uid integer, currency integer NOT NULL, guest_party integer, language integer, name varchar NOT NULL,
    type varchar, write_date timestamp(6), write_uid integer
);
CREATE TABLE "web_shop-product_product" (
    id integer PRIMARY KEY, active boolean DEFAULT false, create_date timestamp(6), create_uid integer,
    product integer NOT NULL, shop integer NOT NULL, write_date timestamp(6), write_uid integer
);
CREATE TABLE "web_shop-stock_location" (
    id integer PRIMARY KEY, create_date timestamp(6), create_uid integer, shop integer NOT NULL,
    warehouse integer NOT NULL, write_date timestamp(6), write_uid integer
);

-- `products` products, each with the same number of moves (`moves` in all), spread over the heap and over three years:
-- a receipt, then deliveries and receipts in turn. Every tenth move after the first receipts is a sale's delivery, two
-- lines to a sale; 500 of the sales are still open, whatever the history.
CREATE PROCEDURE bench_fill(products integer, moves integer) LANGUAGE plpgsql AS $$
DECLARE
    lines integer := moves / 10;
BEGIN
    INSERT INTO company_company (id, currency, party, create_date) VALUES (1, 1, 1, now());
    INSERT INTO product_uom (id, active, category, digits, factor, name, rate, rounding, symbol)
        VALUES (1, true, 1, 0, 1, 'Unit', 1, 1, 'u');
    INSERT INTO currency_currency (id, active, code, digits, name, rounding, symbol)
        VALUES (1, true, 'EUR', 2, 'Euro', 0.01, '€');
    INSERT INTO ir_configuration (id, language, product_price_decimal) VALUES (1, 'en', 4);
    INSERT INTO product_category (id, accounting, name) VALUES (1, true, 'Goods, 20 % tax');
    INSERT INTO account_tax (id, active, company, description, name, rate, type)
        VALUES (1, true, 1, '20 %', '20 %', 0.2, 'percentage');
    INSERT INTO product_category_customer_taxes_rel (id, category, tax) VALUES (1, 1, 1);
    INSERT INTO stock_location (id, active, code, "left", "right", name, type, parent, input_location, output_location,
            storage_location, lost_found_location) VALUES
        (1, true, 'IN', 26, 27, 'Input Zone', 'storage', 5, NULL, NULL, NULL, NULL),
        (2, true, 'OUT', 20, 21, 'Output Zone', 'storage', 5, NULL, NULL, NULL, NULL),
        (3, true, 'STO', 22, 25, 'Storage Zone', 'storage', 5, NULL, NULL, NULL, NULL),
        (4, true, NULL, 15, 16, 'Lost and Found', 'lost_found', NULL, NULL, NULL, NULL, NULL),
        (5, true, 'WH', 19, 28, 'Warehouse', 'warehouse', NULL, 1, 2, 3, 4),
        (6, true, 'SUP', 31, 32, 'Supplier', 'supplier', NULL, NULL, NULL, NULL, NULL),
        (7, true, 'CUS', 35, 36, 'Customer', 'customer', NULL, NULL, NULL, NULL, NULL),
        (9, true, 'BINA', 23, 24, 'Bin A', 'storage', 3, NULL, NULL, NULL, NULL);
    INSERT INTO web_shop (id, active, company, currency, name, type) VALUES (1, true, 1, 1, 'Shop', 'ferry');
    INSERT INTO "web_shop-stock_location" (id, shop, warehouse) VALUES (1, 1, 5);
    INSERT INTO product_template (id, active, code, create_date, create_uid, default_uom, name, type, salable, sale_uom,
            account_category)
        SELECT n, true, 'SKU-' || lpad(n::text, 7, '0'), now(), 1, 1, 'Item ' || n, 'goods', true, 1, 1
        FROM generate_series(1, products) n;
    INSERT INTO product_list_price (id, company, create_date, create_uid, list_price, template)
        SELECT n, 1, now(), 1, 5 + (n % 50000)::numeric / 100, n FROM generate_series(1, products) n;
    INSERT INTO product_product (id, active, code, create_date, create_uid, template)
        SELECT n, true, 'SKU-' || lpad(n::text, 7, '0'), now(), 1, n FROM generate_series(1, products) n;
    INSERT INTO "web_shop-product_product" (id, active, create_date, create_uid, product, shop)
        SELECT n, true, now(), 1, n, 1 FROM generate_series(1, products) n;
    INSERT INTO stock_move (id, company, create_date, create_uid, currency, effective_date, planned_date, from_location,
            to_location, product, quantity, internal_quantity, state, origin, shipment, unit_price, cost_price, uom)
        SELECT n, 1, d, 1, 1, CASE WHEN n <= moves - 1000 THEN d END, d, CASE WHEN goes THEN 3 ELSE 6 END,
            CASE WHEN goes THEN 7 ELSE 3 END, 1 + (n - 1) % products, q, q,
            CASE WHEN n <= moves - 1000 THEN 'done' ELSE 'assigned' END,
            CASE WHEN n > products AND n % 10 = 0 THEN 'sale.line,' || n / 10 ELSE 'purchase.line,' || n END,
            CASE WHEN n > products AND n % 10 = 0 THEN 'stock.shipment.out,' || (n / 10 + 1) / 2
                ELSE 'stock.shipment.in,' || n / 5 END, 10, 6, 1
        FROM generate_series(1, moves) n CROSS JOIN LATERAL (SELECT
            current_date - 1 - ((moves - n)::bigint * 1095 / moves)::integer AS d,
            n > products AND (n % 10 = 0 OR (n - 1) / products % 2 = 1) AS goes,
            CASE WHEN (n - 1) / products = 0 THEN 1000 WHEN n % 10 = 0 THEN 2 ELSE 5 END AS q) v;
    INSERT INTO sale_line (id, create_date, create_uid, product, quantity, sale, type, unit, unit_price, base_price)
        SELECT n, now(), 1, 1 + (10 * n - 1) % products, 2, (n + 1) / 2, 'line', 1, 10, 10
        FROM generate_series(1, lines) n;
    INSERT INTO sale_sale (id, company, create_date, create_uid, currency, invoice_method, invoice_state, number, party,
            sale_date, shipment_method, shipment_state, state, warehouse)
        SELECT n, 1, now(), 1, 1, 'order', 'none', n::text, 1 + n % 1000, current_date, 'order', 'none',
            CASE WHEN n > lines / 2 - 500 THEN 'processing' ELSE 'done' END, 5
        FROM generate_series(1, (lines + 1) / 2) n;
    INSERT INTO stock_shipment_out (id, company, create_date, create_uid, customer, delivery_address, number, state,
            warehouse)
        SELECT n, 1, now(), 1, 1 + n % 1000, 1 + n % 1000, n::text,
            CASE WHEN n > lines / 2 - 500 THEN 'assigned' ELSE 'done' END, 5
        FROM generate_series(1, (lines + 1) / 2) n;
END
$$;
