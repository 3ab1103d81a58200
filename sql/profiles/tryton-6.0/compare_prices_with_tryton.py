#!/usr/bin/python3
"""Compares the documents of the price feeds with Tryton's own figures, on a real Tryton database.

usage: compare_prices_with_tryton.py -c trytond.conf -d DATABASE --libpq CONNINFO [--prices 2000] [--seed 1] [--shop ID]

Makes random currencies, units, taxes, categories, products, kits, price lists and parties through Tryton's models, and then
for shops in currencies of 0, 2 and 3 digits and companies in two time zones compares
  list_price with web.shop.get_products(), without and with tax;
  cost with the product's cost price in the shop's unit and currency;
  discount and fixed_net_price with product.get_sale_price() for random parties, products, quantities and days.
The database is changed: use a copy. Exit status 0: all equal."""
import datetime as dt
import json
import os
import random
import re
import sys
import zoneinfo
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal

import compare_with_tryton as profile

FORMULAS = [
    'unit_price * 0.9', 'unit_price * (1 - 12.5/100)', 'list_price * 0.95', 'unit_price * (100 - 7) / 100', 'unit_price',
    'unit_price/1.25', 'unit_price * 1.05', 'unit_price / 3', 'unit_price / 7 * 3', 'unit_price - 0.0005',
    'unit_price * 0.123456789', '(unit_price + 1) * 0.7', '12.34', '7', '0.0625', '3.33335', 'cost_price * 1.3', 'cost_price + 0.5',
    'cost_price / 0.6', "unit_price * Decimal('0.85')",
    '50 - unit_price / 1000', '.5 * unit_price', '-(-unit_price * 0.75)', ' unit_price*2/3 ', '1 + 2 * 3 - 4 / 8']
ONLY_THE_ERP = ['10 if unit_price > 10 else cost_price', 'unit_price ** 1', 'unit_price - 100000',
                'unit_price * 0.9 if unit_price > 5 else unit_price', 'unit_price + cost_price']


def query(feed, kind, missing):
    """The feed's `desired`, as the store composes it."""
    named = dict(profile.sections(os.path.join(profile.HERE, 'common.sql')),
        **profile.sections(os.path.join(profile.HERE, feed + '.sql')))
    text = re.sub(r'--[^\n]*', '', profile.resolve(named, 'desired', kind, missing))
    keys = profile.resolve(named, 'all', kind, missing) if kind == 'full' else 'SELECT unnest(:keys::bigint[])'
    text = 'WITH candidate(key) AS (%s) SELECT d.key, d.part, d.document FROM (%s) d' % (keys, text)
    return re.sub(r'(?<!:):([a-z_]+)', r'%(\1)s', text.replace('%', '%%'))


def documents(connection, feed, shop, missing, found):
    """By key and part; computed with everything and key by key, which must agree."""
    with connection.cursor() as cursor:
        cursor.execute(query(feed, 'full', missing), {'channel': shop})
        full = {(key, part): document for key, part, document in cursor.fetchall()}
        cursor.execute('SELECT product FROM "web_shop-product_product" WHERE shop = %s', (shop,))
        keys = [key for key, in cursor.fetchall()]
        keyed = {}
        for at in range(0, len(keys), 25):
            cursor.execute(query(feed, 'keyed', missing), {'channel': shop, 'keys': keys[at:at + 25]})
            keyed.update({(key, part): document for key, part, document in cursor.fetchall()})
    connection.rollback()
    if full != keyed:
        found.append('%s: the keyed and the full query disagree' % feed)
    return {key: json.loads(document) for key, document in full.items()}


def shown(price, digits, price_decimal=4):
    """As the page of the documents rounds: to what Tryton keeps of a price, then half away from zero; canonical."""
    price = price.quantize(Decimal(1).scaleb(-price_decimal), ROUND_HALF_EVEN).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
    text = format(price, 'f')
    return (text.rstrip('0').rstrip('.') if '.' in text else text) or '0'


class World:
    """Random master data, made through Tryton's own models."""

    def __init__(self, pool, shop, seed):
        self.pool, self.random = pool, random.Random(seed)
        self.shop = pool.get('web.shop')(shop)
        self.company = self.shop.company
        self.today = pool.get('ir.date').today()

    def price(self, most=200):
        return Decimal(self.random.randint(0, most * 10000)) / 10000

    def currencies(self):
        Currency = self.pool.get('currency.currency')
        known = {c.code for c in Currency.search([])}
        for code, digits in (('JPY', 0), ('USD', 2), ('KWD', 3)):
            if code in known:
                continue
            rates = [dict(date=self.today + dt.timedelta(days=days), rate=Decimal(self.random.randint(1, 10 ** 9)) / 10 ** 6)
                     for days in (-400, -30, 0, 1, 20)]
            Currency.create([dict(name=code, code=code, symbol=code, digits=digits, rounding=Decimal(1).scaleb(-digits),
                rates=[('create', rates)])])
        base = self.company.currency
        Rate = self.pool.get('currency.currency.rate')
        if not Rate.search([('currency', '=', base.id), ('date', '=', self.today)]):
            Rate.create([dict(currency=base.id, date=self.today, rate=Decimal('1.0837'))])

    def units(self):
        Uom = self.pool.get('product.uom')
        unit, = Uom.search([('symbol', '=', 'u')])
        values = [dict(name=name, symbol=name, category=unit.category.id, factor=factor, rate=rate, digits=digits,
            rounding=10.0 ** -digits) for name, factor, rate, digits in (
                ('box of 7', 7.0, round(1 / 7, 12), 0), ('dozen', 12.0, round(1 / 12, 12), 0),
                ('third', round(1 / 3, 12), 3.0, 0), ('tenth', 0.1, 10.0, 2))]
        pieces = [unit] + list(Uom.create(values))
        weights = Uom.search([('symbol', 'in', ['kg', 'g', 'lb', 'oz'])])
        return [pieces, weights]

    def taxes(self):
        Tax, Account = self.pool.get('account.tax'), self.pool.get('account.account')
        account, = Account.search([('name', '=', 'Main Tax')], limit=1)
        common = dict(company=self.company.id, invoice_account=account.id, credit_note_account=account.id)

        def tax(name, **values):
            return dict(common, name=name, description=name, **values)
        days = [self.today + dt.timedelta(days=n) for n in (-1, 0, 1)]
        taxes = list(Tax.create([
            tax('7', type='percentage', rate=Decimal('0.07')), tax('eco', type='fixed', amount=Decimal('0.35'), sequence=1),
            tax('luxury', type='percentage', rate=Decimal('0.123'), sequence=2, update_unit_price=True),
            tax('late', type='percentage', rate=Decimal('0.0875'), sequence=3),
            tax('gone', type='percentage', rate=Decimal('0.5'), sequence=3, end_date=days[0]),
            tax('last day', type='percentage', rate=Decimal('0.01'), sequence=4, end_date=days[1], update_unit_price=True),
            tax('tomorrow', type='percentage', rate=Decimal('0.5'), sequence=4, start_date=days[2], update_unit_price=True),
            tax('group', type='none', sequence=5)]))
        Tax.create([tax('part', type='percentage', rate=Decimal('0.02'), parent=taxes[-1].id),
            tax('fixed part', type='fixed', amount=Decimal('0.011'), parent=taxes[-1].id),
            tax('inactive part', type='percentage', rate=Decimal('0.9'), parent=taxes[-1].id, active=False)])
        return taxes + list(Tax.search([('parent', '=', None), ('rate', '=', Decimal('0.2'))]))

    def tax_rule(self, taxes):
        Rule, Configuration = self.pool.get('account.tax.rule'), self.pool.get('account.configuration')
        rule, = Rule.create([dict(name='Shops', kind='sale', company=self.company.id, lines=[('create', [
            dict(origin_tax=taxes[0].id, tax=taxes[3].id, keep_origin=True, sequence=2),
            dict(origin_tax=taxes[1].id, sequence=1),
            dict(origin_tax=taxes[2].id, tax=taxes[1].id, end_date=self.today - dt.timedelta(days=1), sequence=1)])])])
        configuration = Configuration(1)
        configuration.default_customer_tax_rule = rule
        configuration.save()

    def categories(self, taxes):
        Category = self.pool.get('product.category')
        accounting = []
        for number in range(6):
            values = dict(name='Account %s' % number, accounting=True)
            if number % 3 == 2:
                values.update(parent=accounting[-1].id, taxes_parent=True)
            else:
                values['customer_taxes'] = [('add', [t.id for t in self.random.sample(taxes, self.random.randint(0, 5))])]
            accounting += Category.create([values])
        plain = []
        for number in range(9):
            plain += Category.create([dict(name='Category %s' % number,
                parent=self.random.choice(plain).id if plain and self.random.random() < .6 else None)])
        return accounting, plain

    def products(self, count, units, accounting, plain):
        Template = self.pool.get('product.template')
        made, plain_products = [], []
        for number in range(count):
            some = self.random.choice(units)
            is_kit = number % 10 == 9
            values = dict(name='P%s' % number, code='COMPARE%s' % number, type='kit' if is_kit else 'goods', salable=True,
                default_uom=self.random.choice(some).id, sale_uom=self.random.choice(some).id, list_price=self.price(),
                account_category=self.random.choice(accounting).id,
                categories=[('add', [c.id for c in self.random.sample(plain, self.random.randint(0, 3))])],
                products=[('create', [dict(cost_price=self.price(100))])])
            if is_kit:
                values['components'] = [('create', [self.component(p, units)
                    for p in self.random.sample(plain_products, 3)])]
            template, = Template.create([values])
            made += template.products
            plain_products += [] if is_kit else template.products
        self.pool.get('web.shop').write([self.shop], dict(products=[('add', [p.id for p in made])]))
        return made

    def component(self, product, units):
        unit = self.random.choice([u for u in sum(units, []) if u.category == product.default_uom.category])
        quantity = self.random.choice([1.0, 12.0, 3.0] + ([0.3, 2.5] if unit.digits else []))
        return dict(product=product.id, quantity=quantity, unit=unit.id)

    def price_lists(self, count, products, plain, accounting):
        PriceList = self.pool.get('product.price_list')
        for number in range(count):
            formulas = FORMULAS + (ONLY_THE_ERP if number % 4 == 3 else [])
            if number % 3 == 0:
                formulas = FORMULAS[:6]
            lines = []
            for _ in range(self.random.randint(1, 14)):
                line = dict(formula=self.random.choice(formulas), sequence=self.random.choice([None, 1, 2, 3]),
                    quantity=self.random.choice([None, 0.0, 1.0, 2.5, 5.0, 10.0, 12.0, 24.0, 0.3]))
                if self.random.random() < .6:
                    line['product'] = self.random.choice(products).id
                if self.random.random() < .4:
                    line['category'] = self.random.choice(plain + accounting).id
                if self.random.random() < .4:
                    days = sorted(self.today + dt.timedelta(days=self.random.randint(-9, 9)) for _ in range(2))
                    line['start_date'] = self.random.choice([None, days[0]])
                    line['end_date'] = self.random.choice([None, days[1]])
                lines.append(line)
            PriceList.create([dict(name='List %s' % number, company=self.company.id, tax_included=number % 3 == 1,
                unit=self.random.choice(['product_default', 'product_sale']), lines=[('create', lines)])])

    def parties(self):
        Party, PriceList = self.pool.get('party.party'), self.pool.get('product.price_list')
        for price_list in PriceList.search([('company', '=', self.company.id)]):
            Party.create([dict(name='Customer of ' + price_list.name, sale_price_list=price_list.id)])

    def build(self, products, lists):
        self.currencies()
        units, taxes = self.units(), self.taxes()
        accounting, plain = self.categories(taxes)
        made = self.products(products, units, accounting, plain)
        self.price_lists(lists, made, plain, accounting)
        self.parties()
        self.tax_rule(taxes)


class Comparison:
    def __init__(self, pool, connection, shop, generator, label, found):
        self.pool, self.connection, self.random, self.label, self.found = pool, connection, generator, label, found
        self.shop = pool.get('web.shop')(shop)
        self.zone = zoneinfo.ZoneInfo(self.shop.company.timezone or 'UTC')
        self.today = pool.get('ir.date').today()
        self.compared = self.left_to_the_erp = 0
        with connection.cursor() as cursor:
            cursor.execute("SELECT to_regclass('product_component') IS NULL")
            self.missing = ['product_component'] if cursor.fetchone()[0] else []

    def settings(self, **values):
        with self.connection.cursor() as cursor:
            cursor.execute('UPDATE ferry.channel SET settings = settings || %s WHERE id = %s', (json.dumps(values), self.shop.id))
        self.connection.commit()

    def documents(self, feed):
        return documents(self.connection, feed, self.shop.id, self.missing, self.found)

    def check(self, ours, theirs, what):
        self.compared += 1
        if ours != theirs:
            self.found.append('%s: %s is %s here and %s in Tryton' % (self.label, what, ours, theirs))

    def list_prices(self, digits):
        from trytond.transaction import Transaction
        # by itself get_products() forgets the shop's currency
        with Transaction().set_context(self.shop.get_context()):
            products, prices, taxes = self.shop.get_products()
        for tax in ('excluded', 'included'):
            self.settings(price_tax=tax)
            ours = self.documents('list_price')
            for product in products:
                price = prices[product.id] + (taxes[product.id] if tax == 'included' else 0)
                self.check(ours.get((product.id, 0), {}).get('amount'), shown(price, digits),
                    'list price, tax %s, of %s' % (tax, product.code))

    def costs(self, digits):
        Uom, Currency = self.pool.get('product.uom'), self.pool.get('currency.currency')
        ours = self.documents('cost')
        for product in self.shop.products:
            cost = product.get_multivalue('cost_price', company=self.shop.company.id)
            cost = Uom.compute_price(product.default_uom, cost, product.sale_uom)
            cost = Currency.compute(self.shop.company.currency, cost, self.shop.currency, round=False)
            self.check(ours.get((product.id, 0), {}).get('amount'), shown(cost, digits), 'cost of ' + product.code)

    def tier(self, document, quantity, day):
        """The one that applies at noon of that day."""
        noon = dt.datetime.combine(day, dt.time(12), self.zone)
        valid = [t for t in document['tiers'] if Decimal(t['quantity']) <= quantity
            and not (t['from'] and dt.datetime.fromisoformat(t['from'].replace('Z', '+00:00')) > noon)
            and not (t['until'] and dt.datetime.fromisoformat(t['until'].replace('Z', '+00:00')) <= noon)]
        return max(valid, key=lambda t: Decimal(t['quantity'])) if valid else None

    def conditions(self, digits, count):
        from trytond.transaction import Transaction
        Product, Party = self.pool.get('product.product'), self.pool.get('party.party')
        discounts, prices = self.documents('discount'), self.documents('fixed_net_price')
        both = set(discounts) & set(prices)
        if both:
            self.found.append('%s: both a discount and a price: %s' % (self.label, sorted(both)[:5]))
        taxes = self.taxes()
        parties = [p for p in Party.search([]) if p.sale_price_list]
        for _ in range(count):
            party, product = self.random.choice(parties), self.random.choice(self.shop.products)
            steps = 10 ** product.sale_uom.digits
            quantity = self.random.choice([0, 1, 2, 3, 5, 7, 10, 12, 24, 30, 300]) + Decimal(self.random.randint(0, 9)) / steps
            day = self.today + dt.timedelta(days=self.random.choice([0, 0, 1, 2, 4, 7, 9, 10]))
            with Transaction().set_context(self.shop.get_context(), uom=product.sale_uom.id, date=day):
                base = Product.get_sale_price([Product(product.id)])[product.id]
                with Transaction().set_context(price_list=party.sale_price_list.id, customer=party.id, taxes=taxes[product.id]):
                    theirs = Product.get_sale_price([Product(product.id)], quantity=float(quantity))[product.id]
            key = product.id, party.sale_price_list.id
            self.condition(discounts.get(key), prices.get(key), base, theirs, quantity, day, digits,
                '%s of %s in %s on %s' % (quantity, product.code, party.sale_price_list.name, day), party.sale_price_list)

    def condition(self, discount, price, base, theirs, quantity, day, digits, what, price_list):
        tier = self.tier(discount or price or {'tiers': []}, quantity, day)
        if not discount and not price and any(line.formula in ONLY_THE_ERP for line in price_list.lines):
            self.left_to_the_erp += 1
        elif tier and price:
            self.check(tier['amount'], shown(theirs, digits), 'price of ' + what)
        else:
            ours = base * (100 - Decimal(tier['percent'] if tier else 0)) / 100
            self.check(ours.quantize(Decimal('1e-12')), theirs.quantize(Decimal('1e-12')), 'discount of ' + what)

    def taxes(self):
        """As web.shop.get_products() finds the taxes of each product."""
        rule = self.shop._customer_taxe_rule()
        found = {}
        for product in self.shop.products:
            taxes = set()
            for tax in product.customer_taxes_used:
                taxes.update(rule.apply(tax, {}) or [] if rule else [tax.id])
            taxes.update(rule.apply(None, {}) or [] if rule else [])
            found[product.id] = sorted(taxes)
        return found


def compare(pool, database, connection, shop, count, seed):
    from trytond.transaction import Transaction
    with Transaction().start(database, 1) as transaction:
        context = pool.get('res.user').get_preferences(context_only=True)
        with transaction.set_context(context):
            World(pool, shop, seed).build(products=60, lists=20)
    found, compared, left = [], 0, 0
    cases = [('EUR', 'Asia/Kolkata', 2), ('JPY', 'America/St_Johns', 0), ('KWD', 'Asia/Kolkata', 3), ('USD', 'Asia/Kolkata', 4)]
    for number, (code, zone, digits) in enumerate(cases):
        with Transaction().start(database, 1, context=context):
            Shop = pool.get('web.shop')
            currency, = pool.get('currency.currency').search([('code', '=', code)])
            Shop.write([Shop(shop)], dict(currency=currency.id))
            pool.get('company.company').write([Shop(shop).company], dict(timezone=zone))
        with Transaction().start(database, 1, context=context, readonly=True):
            one = Comparison(pool, connection, shop, random.Random('%s %s' % (seed, number)), '%s in %s' % (code, zone), found)
            one.settings(price_digits='4' if code == 'USD' else '')
            one.list_prices(digits)
            one.costs(digits)
            one.conditions(digits, count // len(cases))
            compared, left = compared + one.compared, left + one.left_to_the_erp
    if left > compared / 4:
        found.append('%d of %d prices were left to the ERP' % (left, compared))
    return found, compared, left


def main():
    parser = profile.arguments(__doc__)
    parser.add_argument('--prices', type=int, default=2000)
    given = parser.parse_args()
    pool, connection = profile.start(given)
    found, compared, left = compare(pool, given.database, connection, given.shop, given.prices, given.seed)
    for line in found[:50]:
        print(line)
    print('%d differences in %d prices, %d more are only for the ERP' % (len(found), compared, left))
    return 1 if found else 0


if __name__ == '__main__':
    sys.exit(main())
