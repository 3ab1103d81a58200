# This file is part of Ferry.  The LICENSE file at the top level of this
# repository contains the full license terms.
"""What contributes to a portal: the models, and the SELECTs that lead from
their records to record keys of the feeds. `change.py` reports by them."""
from trytond.pool import Pool

__all__ = ['sources']

STOCK, ORDER_STATUS = 'stock', 'order_status'
LIST_PRICE, COST = 'list_price', 'cost'
DISCOUNT, FIXED_NET_PRICE = 'discount', 'fixed_net_price'
PRICES = [LIST_PRICE, COST, DISCOUNT, FIXED_NET_PRICE]
CONDITIONS = [DISCOUNT, FIXED_NET_PRICE]
TAXED = [LIST_PRICE, DISCOUNT, FIXED_NET_PRICE]
PRODUCT, CUSTOMER = 'product', 'customer'
CREDIT_LIMIT = 'party.party.credit_limit_amount'
EVERYTHING = 'SELECT 0'  # key 0: anything may have changed


class Source:
    """A feed and the SELECT of its keys by ids. `fields`: those that matter
    (None: all); `moving`: those by which a record leaves one key for another;
    `on_create`: whether a new record alone changes anything; `needs`: a model
    without which it plays no part, of a module that need not be activated."""
    __slots__ = ('feed', 'select', 'fields', 'moving', 'on_create', 'needs')

    def __init__(
            self, feed, select, fields=None, moving=(), on_create=True,
            needs=None):
        self.feed = feed
        self.select = select
        self.fields = fields and frozenset(fields)
        self.moving = frozenset(moving)
        self.on_create = on_create
        self.needs = needs

    @property
    def is_global(self):
        return self.select is EVERYTHING


def each(feeds, select, **values):
    "The same source for several feeds"
    return [Source(feed, select, **values) for feed in feeds]


def sales_of_moves(which, fields):
    "The sales of a web shop that moves belong to, by lines or by components"
    def select(table, line):
        prefix = table.replace('_', '.')
        return ('SELECT l.sale FROM stock_move m'
            f" JOIN {table} c ON c.id = CASE WHEN starts_with(m.origin, '{prefix},')"
            " THEN split_part(m.origin, ',', 2)::integer END"
            f' JOIN sale_line l ON l.id = c.{line}'
            ' JOIN sale_sale s ON s.id = l.sale'
            ' JOIN web_shop w ON w.id = s.web_shop'
            f" WHERE w.type = 'ferry' AND {which}")
    return [
        Source(ORDER_STATUS, select('sale_line', 'id'),
            fields=fields, on_create=False),
        Source(ORDER_STATUS, select('sale_line_component', 'line'),
            fields=fields, on_create=False, needs='sale.line.component')]


def sales_of_invoices(lines):
    "The sales of a web shop that invoices bill, or take something back of"
    return Source(ORDER_STATUS,
        'SELECT o.id FROM account_invoice_line v ' + lines
        + ' JOIN sale_line l ON l.id = CASE'
        " WHEN starts_with(b.origin, 'sale.line,')"
        " THEN split_part(b.origin, ',', 2)::integer END"
        ' JOIN sale_sale s ON s.id = l.sale'
        ' JOIN sale_sale o ON o.id = CASE'
        " WHEN starts_with(s.origin, 'sale.sale,')"
        " THEN split_part(s.origin, ',', 2)::integer ELSE s.id END"
        ' JOIN web_shop w ON w.id = o.web_shop'
        " WHERE w.type = 'ferry' AND v.invoice = ANY(%s)",
        fields=['state', 'number', 'invoice_date'], on_create=False)


SOURCES = {
    'account.invoice': [
        sales_of_invoices('JOIN account_invoice_line b ON b.id = v.id'),
        sales_of_invoices('JOIN account_invoice_line b ON b.id = CASE'
            " WHEN starts_with(v.origin, 'account.invoice.line,')"
            " THEN split_part(v.origin, ',', 2)::integer END")],
    'stock.move': [
        Source(STOCK, 'SELECT product FROM stock_move WHERE id = ANY(%s)',
            moving=['product']),
        *sales_of_moves('m.id = ANY(%s)',
            fields=['state'])],
    'sale.sale': [
        Source(STOCK, 'SELECT product FROM sale_line WHERE sale = ANY(%s)',
            fields=['state', 'warehouse', 'web_shop', 'web_id', 'company']),
        Source(ORDER_STATUS,
            'SELECT s.id FROM sale_sale s JOIN web_shop w ON w.id = s.web_shop'
            " WHERE w.type = 'ferry' AND s.id = ANY(%s)",
            fields=['state', 'number', 'web_shop', 'web_id']),
        # what a person returns of such a sale
        Source(ORDER_STATUS,
            'SELECT s.id FROM sale_sale r JOIN sale_sale s ON s.id = CASE'
            " WHEN starts_with(r.origin, 'sale.sale,')"
            " THEN split_part(r.origin, ',', 2)::integer END"
            ' JOIN web_shop w ON w.id = s.web_shop'
            " WHERE w.type = 'ferry' AND r.id = ANY(%s)",
            fields=['state', 'number', 'web_id', 'description'],
            on_create=False),
        Source(CUSTOMER,
            'SELECT s.party FROM sale_sale s JOIN web_shop w'
            " ON w.id = s.web_shop WHERE w.type = 'ferry' AND s.id = ANY(%s)",
            fields=['party', 'web_shop'], moving=['party', 'web_shop']),
        Source(CUSTOMER, 'SELECT party FROM sale_sale WHERE id = ANY(%s)',
            fields=['state'], on_create=False, needs=CREDIT_LIMIT)],
    'sale.line': [
        Source(STOCK, 'SELECT product FROM sale_line WHERE id = ANY(%s)',
            fields=['product', 'quantity', 'unit', 'type', 'sale'],
            moving=['product'])],
    'sale.line-ignored-stock.move': [
        Source(STOCK,
            'SELECT l.product FROM sale_line_moves_ignored_rel r'
            ' JOIN sale_line l ON l.id = r.sale_line WHERE r.id = ANY(%s)'),
        Source(ORDER_STATUS,
            'SELECT l.sale FROM sale_line_moves_ignored_rel r'
            ' JOIN sale_line l ON l.id = r.sale_line'
            ' JOIN sale_sale s ON s.id = l.sale'
            ' JOIN web_shop w ON w.id = s.web_shop'
            " WHERE w.type = 'ferry' AND r.id = ANY(%s)")],
    'stock.shipment.out': [
        Source(STOCK, 'SELECT product FROM stock_move WHERE shipment = ANY('
            "ARRAY(SELECT 'stock.shipment.out,' || unnest(%s)))",
            fields=['state'], on_create=False),
        *sales_of_moves("m.shipment = ANY("
            "ARRAY(SELECT 'stock.shipment.out,' || unnest(%s)))",
            fields=['state', 'reference', 'carrier'])],
    'product.product': [
        *each([STOCK] + PRICES, 'SELECT unnest(%s)',
            fields=['active', 'code', 'suffix_code', 'template']),
        Source(PRODUCT, 'SELECT unnest(%s)',
            fields=['active', 'code', 'suffix_code', 'template',
                'description', 'attributes'])],
    'product.template': [
        Source(PRODUCT,
            'SELECT id FROM product_product WHERE template = ANY(%s)',
            fields=['active', 'code', 'name', 'default_uom', 'sale_uom',
                'attribute_set']),
        Source(STOCK,
            'SELECT id FROM product_product WHERE template = ANY(%s)',
            fields=['active', 'code', 'type', 'salable', 'default_uom',
                'sale_uom', 'consumable']),
        *each(PRICES,
            'SELECT id FROM product_product WHERE template = ANY(%s)',
            fields=['active', 'code', 'type', 'default_uom', 'sale_uom',
                'account_category'])],
    'product.list_price': [
        *each([LIST_PRICE, FIXED_NET_PRICE],
            'SELECT p.id FROM product_list_price v JOIN product_product p'
            ' ON p.template = v.template WHERE v.id = ANY(%s)',
            moving=['template'])],
    'product.cost_price': [
        *each([COST, FIXED_NET_PRICE],
            'SELECT product FROM product_cost_price WHERE id = ANY(%s)',
            moving=['product'])],
    'product.template-product.category': [
        *each(CONDITIONS + [PRODUCT],
            'SELECT p.id FROM "product_template-product_category" c'
            ' JOIN product_product p ON p.template = c.template'
            ' WHERE c.id = ANY(%s)', moving=['template'])],
    'product.category': [
        *each(TAXED, EVERYTHING, on_create=False,
            fields=['parent', 'taxes_parent', 'accounting']),
        Source(PRODUCT,
            'WITH RECURSIVE below(id) AS (SELECT unnest(%s)'
            ' UNION SELECT c.id FROM below b'
            ' JOIN product_category c ON c.parent = b.id)'
            ' SELECT p.id FROM below b'
            ' JOIN "product_template-product_category" r ON r.category = b.id'
            ' JOIN product_product p ON p.template = r.template',
            fields=['name', 'parent'], on_create=False)],
    'product.category-customer-account.tax': [
        *each(TAXED,
            'WITH RECURSIVE below(id) AS ('
            'SELECT category FROM product_category_customer_taxes_rel'
            ' WHERE id = ANY(%s) UNION SELECT c.id FROM below b'
            ' JOIN product_category c ON c.parent = b.id AND c.taxes_parent)'
            ' SELECT p.id FROM below b JOIN product_template t'
            ' ON t.account_category = b.id'
            ' JOIN product_product p ON p.template = t.id',
            moving=['category'])],
    'account.tax': [
        *each(TAXED, EVERYTHING, fields=['type', 'rate', 'amount',
                'sequence', 'start_date', 'end_date', 'update_unit_price',
                'parent', 'active', 'group', 'company'])],
    'account.tax.rule.line': [*each(TAXED, EVERYTHING)],
    'account.configuration.default_tax_rule': [*each(TAXED, EVERYTHING)],
    'currency.currency': [
        *each(PRICES, EVERYTHING, on_create=False,
            fields=['code', 'digits'])],
    'currency.currency.rate': [*each(PRICES, EVERYTHING)],
    'company.company': [
        *each([STOCK] + PRICES, EVERYTHING, on_create=False,
            fields=['currency', 'timezone']),
        Source(CUSTOMER, EVERYTHING, fields=['party'])],
    'product.uom': [
        *each([STOCK] + PRICES, EVERYTHING, on_create=False,
            fields=['factor', 'rate', 'digits']),
        Source(PRODUCT, EVERYTHING, on_create=False,
            fields=['symbol', 'digits'])],
    'stock.location': [
        Source(STOCK, EVERYTHING, on_create=False, fields=[
                'parent', 'type', 'active', 'flat_childs',
                'storage_location', 'input_location', 'output_location',
                'picking_location', 'lost_found_location'])],
    'stock.period': [
        Source(STOCK, EVERYTHING, on_create=False, fields=['state', 'date'])],
    'web.shop': [
        Source(STOCK, EVERYTHING, on_create=False, fields=[
                'active', 'type', 'company', 'ferry_connector',
                'ferry_safety_stock']),
        *each(PRICES, EVERYTHING, on_create=False, fields=[
                'active', 'type', 'company', 'currency', 'ferry_connector',
                'ferry_settings']),
        Source(PRODUCT, EVERYTHING, on_create=False, fields=[
                'active', 'type', 'language', 'ferry_connector',
                'ferry_settings']),
        Source(ORDER_STATUS, EVERYTHING, on_create=False,
            fields=['ferry_settings']),
        Source(CUSTOMER, EVERYTHING, on_create=False, fields=[
                'active', 'type', 'company', 'guest_party',
                'ferry_connector', 'ferry_settings', 'ferry_customers',
                'ferry_customer_categories', 'ferry_customer_countries'])],
    'web.shop-stock.location': [Source(STOCK, EVERYTHING)],
    'web.shop-product.product': [
        *each([STOCK, PRODUCT] + PRICES,
            'SELECT product FROM "web_shop-product_product"'
            ' WHERE id = ANY(%s)', moving=['product'])],
    'web.shop-product.category': [*each([STOCK, PRODUCT], EVERYTHING)],
    # Texts that are translated are saved as fields of their records
    'ir.attachment': [
        Source(PRODUCT,
            "SELECT split_part(resource, ',', 2)::integer FROM ir_attachment"
            " WHERE resource ~ '^product[.]product,[0-9]+$' AND id = ANY(%s)",
            fields=['type', 'link', 'resource'], moving=['resource']),
        Source(PRODUCT,
            'SELECT p.id FROM ir_attachment i JOIN product_product p'
            " ON p.template = nullif(split_part(i.resource, ',', 2), '')"
            "::integer WHERE i.resource ~ '^product[.]template,[0-9]+$'"
            ' AND i.id = ANY(%s)',
            fields=['type', 'link', 'resource'], moving=['resource'])],
    'party.party': [
        Source(CUSTOMER, 'SELECT unnest(%s)',
            fields=['active', 'code', 'name', 'replaced_by'])],
    'party.address': [
        Source(CUSTOMER, 'SELECT party FROM party_address WHERE id = ANY(%s)',
            moving=['party'])],
    'party.contact_mechanism': [
        Source(CUSTOMER,
            'SELECT party FROM party_contact_mechanism WHERE id = ANY(%s)',
            fields=['active', 'party', 'sequence', 'type', 'value'],
            moving=['party'])],
    'party.identifier': [
        Source(CUSTOMER,
            'SELECT party FROM party_identifier WHERE id = ANY(%s)',
            moving=['party'])],
    'party.party-party.category': [
        Source(CUSTOMER,
            'SELECT party FROM party_category_rel WHERE id = ANY(%s)',
            moving=['party'])],
    'party.category': [
        Source(CUSTOMER, EVERYTHING, on_create=False, fields=['parent'])],
    'country.country': [
        Source(CUSTOMER, EVERYTHING, on_create=False, fields=['code'])],
    'country.subdivision': [
        Source(CUSTOMER, EVERYTHING, on_create=False, fields=['code'])],
    'account.move.line': [
        Source(CUSTOMER,
            'SELECT party FROM account_move_line WHERE id = ANY(%s)',
            fields=['party', 'account', 'debit', 'credit', 'reconciliation'],
            moving=['party'], needs=CREDIT_LIMIT)],
    }

# Models of modules that need not be activated: nothing is saved, nothing is
# reported. From a component to its kits and back leads the profile.
SOURCES.update({
    'sale.line.component': [
        Source(STOCK,
            'SELECT product FROM sale_line_component WHERE id = ANY(%s)')],
    'product.component': [
        *each([STOCK, COST, FIXED_NET_PRICE],
            'SELECT p.id FROM product_component c JOIN product_product p'
            ' ON p.id = c.parent_product OR (c.parent_product IS NULL'
            ' AND p.template = c.parent_template) WHERE c.id = ANY(%s)',
            moving=['parent_product', 'parent_template'])],
    'product.attribute': [
        Source(PRODUCT, EVERYTHING, on_create=False,
            fields=['name', 'type_', 'selection'])],
    'product.attribute-product.attribute-set': [Source(PRODUCT, EVERYTHING)],
    'web.shop-product.attribute': [Source(PRODUCT, EVERYTHING)],
    'party.party.sale_price_list': [
        Source(CUSTOMER,
            'SELECT party FROM party_party_sale_price_list'
            ' WHERE id = ANY(%s)', moving=['party'])],
    'sale.configuration.sale_price_list': [Source(CUSTOMER, EVERYTHING)],
    CREDIT_LIMIT: [
        Source(CUSTOMER,
            'SELECT party FROM party_party_credit_limit_amount'
            ' WHERE id = ANY(%s)', moving=['party'])],
    'account.configuration.default_credit_limit_amount': [
        Source(CUSTOMER, EVERYTHING)],
    'account.dunning': [
        Source(CUSTOMER,
            'SELECT l.party FROM account_dunning d'
            ' JOIN account_move_line l ON l.id = d.line'
            ' WHERE d.id = ANY(%s)', fields=['line', 'level', 'blocked'],
            moving=['line'], needs=CREDIT_LIMIT)],
    'account.dunning.level': [
        Source(CUSTOMER, EVERYTHING, on_create=False,
            fields=['credit_limit'])],
    'product.price_list': [
        *each(CONDITIONS, EVERYTHING, on_create=False),
        Source(CUSTOMER, EVERYTHING, on_create=False, fields=['name'])],
    'product.price_list.line': [
        *each(CONDITIONS,
            'SELECT coalesce(product, 0) FROM product_price_list_line'
            ' WHERE id = ANY(%s)', moving=['product'])],
    })


def sources(model):
    "The sources of a model's class, remembered on it"
    found = model.__dict__.get('_ferry_sources')
    if found is None:
        model._ferry_sources = found = tuple(
            s for s in SOURCES.get(model.__name__, ())
            if not s.needs or _has_model(s.needs))
    return found


def _has_model(name):
    try:
        Pool().get(name)
    except KeyError:
        return False
    return True
