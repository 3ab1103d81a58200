#!/usr/bin/python3
"""Compares the documents of products and customers with Tryton's own values, on a real Tryton database.

usage: compare_masters_with_tryton.py -c trytond.conf -d DATABASE --libpq CONNINFO [--records 80] [--seed 1] [--shop ID]

Makes random products (variants, attributes of every type, category trees, units, images, translations that are missing, fuzzy
and of a parent language) and parties (addresses, contacts, identifiers of many countries, lists, sales, invoices, credit
limits) through Tryton's models, then compares every member of every document
  of a product in each language with the fields of product.product;
  of a customer with those of party.party, the list that sale.sale takes and what check_credit_limit() says;
and who is published with Party.search() for each customer scope.
The database is changed: use a copy. Exit status 0: all equal."""
import datetime as dt
import json
import sys
import urllib.parse
from decimal import Decimal

import compare_prices_with_tryton as prices
import compare_with_tryton as profile
from random_masters import LANGUAGES, World

OPTIONAL = ('product_attribute', 'party_party_sale_price_list', 'party_party_credit_limit_amount', 'account_dunning')
IMAGES = ('.jpg', '.jpeg', '.png', '.gif', '.webp', '.avif', '.svg')


def documents(connection, feed, shop, missing, found):
    """By key; computed with everything and key by key, which must agree."""
    with connection.cursor() as cursor:
        cursor.execute(prices.query(feed, 'full', missing), {'channel': shop})
        full = {key: document for key, _, document in cursor.fetchall()}
        cursor.execute('SELECT id FROM party_party UNION SELECT id FROM product_product')
        keys = [key for key, in cursor.fetchall()]
        keyed = {}
        for at in range(0, len(keys), 25):
            cursor.execute(prices.query(feed, 'keyed', missing), {'channel': shop, 'keys': keys[at:at + 25]})
            keyed.update({key: document for key, _, document in cursor.fetchall()})
    connection.rollback()
    if full != keyed:
        found.append('%s: the keyed and the full query disagree' % feed)
    return {key: json.loads(document) for key, document in full.items()}


class Comparison:
    def __init__(self, pool, connection, shop, found):
        self.pool, self.connection, self.found, self.compared = pool, connection, found, 0
        self.shop = pool.get('web.shop')(shop)
        with connection.cursor() as cursor:
            cursor.execute('SELECT t FROM unnest(%s) t WHERE to_regclass(t) IS NULL', (list(OPTIONAL),))
            self.missing = [table for table, in cursor.fetchall()]
        connection.rollback()

    def settings(self, **values):
        with self.connection.cursor() as cursor:
            cursor.execute("UPDATE ferry.channel SET settings = settings - '{customers,customer_categories,customer_countries}'"
                '::text[] || %s WHERE id = %s', (json.dumps(values), self.shop.id))
        self.connection.commit()

    def check(self, ours, theirs, what):
        self.compared += 1
        if ours != theirs:
            self.found.append('%s is %r here and %r in Tryton' % (what, ours, theirs))

    def compare(self, feed, expected, what):
        """expected: key → members, some of the document's."""
        ours = documents(self.connection, feed, self.shop.id, self.missing, self.found)
        self.check(sorted(ours), sorted(expected), 'what is published of %s' % what)
        for key, members in expected.items():
            for name, value in members.items():
                self.check(ours.get(key, {}).get(name), value, '%s of %s %s' % (name, what, key))

    # ---- products ---------------------------------------------------------------------------------------------------

    def products(self, language):
        from trytond.transaction import Transaction
        with Transaction().set_context(self.shop.get_context(), language=language):
            Product = self.pool.get('product.product')
            products = Product.browse([p.id for p in self.shop.products])
            return {p.id: dict(sku=p.code, product=str(p.template.id), name=p.name, description=p.description or '',
                unit=p.sale_uom.symbol, digits=p.sale_uom.digits, categories=sorted({c.rec_name for c in p.categories}),
                attributes=self.attributes(p), images=self.images(p)) for p in products}

    def attributes(self, product):
        from trytond.model.fields.dict import TranslatedDict
        values = TranslatedDict('attributes', 'values').__get__(product, type(product)) or {}
        if not product.template.attribute_set:
            return {}
        keys = {k['name']: k for k in self.pool.get('product.attribute').get_keys(product.template.attribute_set.attributes)}
        return {name: self.shown(value, dict(keys[name].get('selection', [])))
                for name, value in sorted(values.items()) if name in keys and value != []}

    def shown(self, value, labels):
        if isinstance(value, bool):
            return 'true' if value else 'false'
        if isinstance(value, (Decimal, float, int)):
            text = format(Decimal(repr(value) if isinstance(value, float) else value), 'f')
            return (text.rstrip('0').rstrip('.') if '.' in text else text) or '0'
        if isinstance(value, dt.datetime):
            return value.isoformat() + 'Z'
        if isinstance(value, dt.date):
            return value.isoformat()
        if isinstance(value, (list, tuple)):
            return ', '.join(labels[each] for each in value)
        return value

    def images(self, product):
        Attachment = self.pool.get('ir.attachment')
        links = [a.link for record in (product, product.template) for a in Attachment.search([('resource', '=', str(record))])]
        parsed = [(link, urllib.parse.urlparse(link)) for link in links]
        return [link for link, url in parsed if url.scheme in ('http', 'https') and url.path.lower().endswith(IMAGES)]

    # ---- customers --------------------------------------------------------------------------------------------------

    def customer(self, party):
        Sale = self.pool.get('sale.sale')
        sale = Sale(company=self.shop.company, party=party)
        sale.on_change_party()
        phone = party.contact_mechanism_get({'phone', 'mobile'})
        emails = [m.value.lower() for m in party.contact_mechanisms if m.type == 'email' and '@' in m.value]
        return dict(code=party.code, name=party.rec_name, email=emails[0] if emails else '', phone=phone.value if phone else '',
            tax_identifier=self.tax_identifier(party.tax_identifier), list=str(sale.price_list.id) if sale.price_list else '',
            list_name=sale.price_list.name if sale.price_list else '', credit_hold=self.credit_hold(party),
            addresses=list(filter(None, map(self.address, party.addresses))))

    def tax_identifier(self, identifier):
        from stdnum import get_cc_module
        if not identifier:
            return ''
        country, _, kind = identifier.type.partition('_')
        number = get_cc_module(country, kind).compact(identifier.code)
        if country in ('eu', 'ch'):
            return number
        return {'gr': 'EL'}.get(country, country.upper()) + number.replace('-', '')

    def credit_hold(self, party):
        from trytond.modules.account_credit_limit.exceptions import CreditLimitError
        try:
            party.check_credit_limit(Decimal('0.01'))
        except CreditLimitError:
            return True
        return False

    def address(self, address):
        lines = [line.strip() for line in '\n'.join(filter(None, [address.name, address.street])).splitlines() if line.strip()]
        if not lines and not any([address.postal_code, address.city, address.country, address.subdivision]):
            return None
        # what Tryton prints has every line in this order
        printed = address.full_address.splitlines()
        self.check([line for line in printed if line in lines], lines, 'street as printed of address %s' % address.id)
        return dict(name=address.party_full_name or address.party.rec_name, street='\n'.join(lines),
            postal_code=address.postal_code or '', city=address.city or '',
            subdivision=address.subdivision.code if address.subdivision else '',
            country=address.country.code if address.country else '', invoice=bool(address.invoice),
            delivery=bool(address.delivery))

    def customers(self, *domain):
        Party, Company = self.pool.get('party.party'), self.pool.get('company.company')
        nobody = [c.party.id for c in Company.search([])] + [self.shop.guest_party.id]
        return Party.search([('id', 'not in', nobody), ('replaced_by', '=', None), *domain])

    def scopes(self):
        Sale, Category = self.pool.get('sale.sale'), self.pool.get('party.category')
        bought = [s.party.id for s in Sale.search([('web_shop', '=', self.shop.id)])]
        listed = [p.id for p in self.customers() if any(v.sale_price_list for v in p.sale_price_lists)]
        trade, = Category.search([('name', '=', 'Trade')])
        for values, domain in (
                (dict(), [('id', 'in', bought)]), (dict(customers='price_list'), [('id', 'in', listed)]),
                (dict(customers='all', customer_categories=[str(trade.id)]), [('categories', 'child_of', [trade.id], 'parent')]),
                (dict(customers='all', customer_countries=['DE']), [('addresses.country.code', '=', 'DE')]),
                (dict(customers='orders', customer_countries=['DE']), [('addresses.country.code', '=', 'DE'), ('id', 'in', bought)])):
            self.settings(**values)
            self.compare('customer', {p.id: {} for p in self.customers(*domain)}, 'scope %s' % values)
        self.settings(customers='all')


def compare(pool, database, connection, shop, count, seed):
    from trytond.transaction import Transaction
    with Transaction().start(database, 1) as transaction:
        context = pool.get('res.user').get_preferences(context_only=True)
        with transaction.set_context(context):
            World(pool, shop, seed).build(count)
    found, compared = [], 0
    for code in (None,) + LANGUAGES:
        with Transaction().start(database, 1, context=context):
            Lang, Shop = pool.get('ir.lang'), pool.get('web.shop')
            Shop.write([Shop(shop)], dict(language=Lang.search([('code', '=', code)])[0].id if code else None))
        with Transaction().start(database, 1, context=context, readonly=True):
            one = Comparison(pool, connection, shop, found)
            one.compare('product', one.products(code), 'product in %s' % code)
            compared += one.compared
    for default in (None, Decimal(0)):
        with Transaction().start(database, 1, context=context):
            configuration = pool.get('account.configuration')(1)
            configuration.default_credit_limit_amount = default
            configuration.save()
        with Transaction().start(database, 1, context=context) as transaction:
            one = Comparison(pool, connection, shop, found)
            one.settings(customers='all')
            expected = {p.id: one.customer(p) for p in one.customers()}
            one.compare('customer', expected, 'customer')
            one.check(len({members['credit_hold'] for members in expected.values()}), 2, 'whether some are held and some not')
            transaction.rollback()  # check_credit_limit() locks
            one.scopes()
            compared += one.compared
    return found, compared


def main():
    parser = profile.arguments(__doc__)
    parser.add_argument('--records', type=int, default=80)
    given = parser.parse_args()
    pool, connection = profile.start(given)
    found, compared = compare(pool, given.database, connection, given.shop, given.records, given.seed)
    for line in found[:50]:
        print(line)
    print('%d differences in %d values of products and customers' % (len(found), compared))
    return 1 if found else 0


if __name__ == '__main__':
    sys.exit(main())
