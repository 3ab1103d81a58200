"""Thousands of products in Tryton's tables, as copies of the first one: preparation, which is not what a test is about."""
from psycopg2 import sql

from installer.stage.vendure import sku

_STOCK = 100  # of each, where the first product has it


def _copy(cursor, table, source, each, **changed):
    """Inserts a copy of the rows of `table` that the condition `source` finds, for each row of the query `each`, called n.
    `changed`: columns that are otherwise, as SQL."""
    cursor.execute("SELECT column_name FROM information_schema.columns WHERE table_name = %s AND column_name <> 'id' AND "
                   "table_schema = 'public'", (table,))
    columns = [name for name, in cursor]
    values = [sql.SQL(changed[name]) if name in changed else sql.Identifier('s', name) for name in columns]
    cursor.execute(sql.SQL('INSERT INTO {table} ({columns}) SELECT {values} FROM {table} s CROSS JOIN ({each}) n WHERE {source}').format(
        table=sql.Identifier(table), columns=sql.SQL(', ').join(map(sql.Identifier, columns)),
        values=sql.SQL(', ').join(values), each=sql.SQL(each), source=sql.SQL(source)))
    return cursor.rowcount


def add_products(cursor, first, last):
    """Products first..last, each as the shop of that size has it: code, list price, cost and what is in stock."""
    numbers = f"SELECT i, 'SKU-' || lpad(i::text, 6, '0') AS code FROM generate_series({int(first)}, {int(last)}) i"
    made = (f"SELECT p.id AS product, p.template, g.i FROM ({numbers}) g JOIN product_product p ON p.code = g.code")
    templates = (f"SELECT t.id AS template, g.code, g.i FROM ({numbers}) g JOIN product_template t ON t.code = g.code")
    model = f"(SELECT id FROM product_product WHERE code = '{sku(1)}')"
    its_template = f"(SELECT template FROM product_product WHERE code = '{sku(1)}')"
    _copy(cursor, 'product_template', f's.id = {its_template}', numbers, code='n.code',
          name="'Item ' || lpad(n.i::text, 6, '0')")
    _copy(cursor, 'product_product', f's.id = {model}', templates, code='n.code', template='n.template')
    of_template = f's.template = {its_template}'
    _copy(cursor, 'product_list_price', of_template, made, template='n.template', list_price='(1000 + n.i % 500) / 100.0')
    _copy(cursor, 'product_cost_price_method', of_template, made, template='n.template')
    _copy(cursor, 'product_cost_price', f's.product = {model}', made, product='n.product')
    return put(cursor, f'SELECT product FROM ({made}) m', _STOCK)


def publish(cursor, shop):
    """In a shop that has the first product: all the others too."""
    others = f"SELECT id AS product FROM product_product WHERE code LIKE 'SKU-%' AND code <> '{sku(1)}'"
    return _copy(cursor, 'web_shop-product_product', f's.shop = {int(shop)}', others, product='n.product')


def put(cursor, products, quantity, location=None):
    """Done moves like that of the first product, for the products of a query; into another location where one is given."""
    changed = dict(product='n.product', quantity=str(int(quantity)), internal_quantity=str(int(quantity)), origin='NULL')
    if location:
        changed['to_location'] = str(int(location))
    return _copy(cursor, 'stock_move', f"s.id = (SELECT min(m.id) FROM stock_move m JOIN product_product p ON p.id = m.product "
                 f"WHERE p.code = '{sku(1)}' AND m.state = 'done')", products, **changed)
