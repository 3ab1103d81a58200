# This file is part of Ferry.  The LICENSE file at the top level of this
# repository contains the full license terms.
"""Real databases for the tests: clones of a template with a small company.

run.py makes the template and says by FERRY_TEST_TEMPLATE where it is."""
import datetime as dt
import json
import os
import unittest
import uuid
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

import psycopg2

from trytond.config import config
from trytond.modules.ferry import order as entry
from trytond.modules.ferry.abi import Status
from trytond.pool import Pool
from trytond.transaction import Transaction

TEMPLATE = os.environ.get('FERRY_TEST_TEMPLATE')
FAKE = os.environ.get('FERRY_TEST_FAKE')
ROOT = Path(__file__).resolve().parents[4]
MIGRATIONS = ROOT / 'sql' / 'state' / 'migrations'
PATIENCE = 180  # seconds for another thread or process, on a busy machine too


def server():
    "A connection to the cluster that commits by itself"
    connection = psycopg2.connect(
        config.get('database', 'uri').rstrip('/') + '/postgres')
    connection.autocommit = True
    return connection


def clone(name=None, template=None):
    name = name or 'ferry_%s' % uuid.uuid4().hex[:10]
    connection = server()
    connection.cursor().execute('CREATE DATABASE "%s" TEMPLATE "%s"' % (
            name, template or TEMPLATE))
    connection.close()
    return name


def drop(name):
    Pool.stop(name)
    connection = server()
    connection.cursor().execute(
        'DROP DATABASE IF EXISTS "%s" WITH (FORCE)' % name)
    connection.close()


def sql(database, query, *parameters):
    "Execute one statement outside of Tryton and return its rows"
    connection = psycopg2.connect(
        config.get('database', 'uri').rstrip('/') + '/' + database)
    connection.autocommit = True
    try:
        cursor = connection.cursor()
        cursor.execute(query, parameters or None)
        return cursor.fetchall() if cursor.description else None
    finally:
        connection.close()


def create_schema(database):
    "Ferry's own tables, as the module would create them"
    sql(database, 'CREATE SCHEMA IF NOT EXISTS ferry')
    for migration in sorted(MIGRATIONS.glob('*.sql')):
        sql(database, migration.read_text())


@unittest.skipUnless(TEMPLATE, "run by run.py, which makes the template")
class DatabaseTestCase(unittest.TestCase):
    "Tests on a clone that really commit"
    with_schema = True

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if not Pool._started:
            Pool.start()
        cls.database = clone()
        if cls.with_schema:
            create_schema(cls.database)
        Pool(cls.database).init()
        (cls.company,), = sql(cls.database, 'SELECT id FROM company_company')

    @classmethod
    def tearDownClass(cls):
        drop(cls.database)
        super().tearDownClass()

    @contextmanager
    def transaction(self, user=1, commit=True, **context):
        context.setdefault('company', self.company)
        with Transaction().start(
                self.database, user, context=context) as transaction:
            yield transaction
            if not commit:
                transaction.rollback()

    def get(self, name):
        return Pool(self.database).get(name)

    def product(self, code):
        product, = self.get('product.product').search([('code', '=', code)])
        return product

    def create_move(self, code='T001A', quantity=1, **values):
        "A move from the supplier into the storage, draft"
        Location, Move = self.get('stock.location'), self.get('stock.move')
        supplier, = Location.search([('code', '=', 'SUP')])
        storage, = Location.search([('code', '=', 'STO')])
        product = self.product(code)
        currency, = self.get('currency.currency').search([('code', '=', 'EUR')])
        move, = Move.create([dict({
                        'product': product.id, 'quantity': quantity,
                        'uom': product.default_uom.id,
                        'from_location': supplier.id,
                        'to_location': storage.id,
                        'company': self.company, 'unit_price': Decimal(1),
                        'currency': currency.id}, **values)])
        return move

    def sql(self, query, *parameters):
        return sql(self.database, query, *parameters)

    def create_shop(self, **values):
        Shop = self.get('web.shop')
        warehouse, = self.get('stock.location').search(
            [('type', '=', 'warehouse')])
        guests = self.get('party.party').search([('name', '=', "Guest")])
        currency, = self.get('currency.currency').search([('code', '=', 'EUR')])
        shop, = Shop.create([dict({
                        'name': "Shop %s" % uuid.uuid4().hex[:6],
                        'type': 'ferry',
                        'company': self.company,
                        'currency': currency.id,
                        'guest_party': guests[0].id,
                        'ferry_connector': 'vendure',
                        'ferry_base_url': 'https://shop.example/admin-api',
                        'ferry_username': 'erp',
                        'ferry_secret': 'portal',
                        'ferry_shipping_product': self.product('SHIP').id,
                        'ferry_warehouses': [('create', [{
                                        'warehouse': warehouse.id,
                                        'ferry_location': '1',
                                        }])],
                        }, **values)])
        return shop


def order(reference='R1', lines=None, shipping=None, surcharges=None,
        gross=None, **values):
    """A document of ferry.order/1; lines: (sku, quantity, net unit price).
    All with 20 % tax."""
    lines = [('T001A', '2', '10.00')] if lines is None else lines
    rate = Decimal('1.20')
    cent = Decimal('0.01')

    def amounts(net):
        net = Decimal(net)
        return {'net': str(net.quantize(cent)),
            'gross': str((net * rate).quantize(cent)), 'tax_rate': '20'}

    address = {
        'name': 'Ada Byron', 'company': '', 'street': 'Gasse 1',
        'postal_code': '80331', 'city': 'München', 'subdivision': '',
        'country': 'DE', 'phone': ''}
    document = {
        'schema': 'ferry.order/1',
        'reference': reference,
        'portal_id': '42',
        'placed_at': '2026-11-20T23:13:08.5Z',
        'state': 'PaymentSettled',
        'currency': 'EUR',
        'customer': {
            'name': 'Ada Byron', 'email': 'ada@example.com', 'phone': '',
            'erp_code': None},
        'invoice_address': address,
        'delivery_address': dict(address),
        'lines': [dict({
                    'line': str(i), 'sku': sku, 'name': 'Cup',
                    'quantity': quantity, 'unit_price': price},
                **amounts(Decimal(quantity) * Decimal(price)))
            for i, (sku, quantity, price) in enumerate(lines, 77)],
        'shipping': [dict({'code': 'standard', 'name': 'Standard'},
                **amounts(net)) for net in shipping or []],
        'surcharges': [dict({'sku': '', 'name': 'Gift wrapping'},
                **amounts(net)) for net in surcharges or []],
        'payments': [],
        }
    parts = (
        document['lines'] + document['shipping'] + document['surcharges'])
    document['net'] = str(sum(Decimal(p['net']) for p in parts))
    document['gross'] = gross or str(sum(Decimal(p['gross']) for p in parts))
    for name, value in values.items():
        if isinstance(value, dict):
            document[name] = dict(document[name], **value)
        else:
            document[name] = value
    return json.dumps(document)


class OrderCase(DatabaseTestCase):
    "Orders on their way into one shop"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.count = 0

    def setUp(self):
        super().setUp()
        with self.transaction():
            self.shop = self.create_shop().id
        type(self).count += 1
        # every test has a customer and an order number of its own
        self.reference = 'R%d' % self.count
        self.email = 'customer%d@example.com' % self.count

    def document(self, **values):
        customer = {'email': self.email, 'name': "Customer %d" % self.count}
        customer.update(values.pop('customer', {}))
        return order(self.reference, customer=customer, **values)

    def enter(self, document=None, **values):
        return entry.enter(self.database, self.shop, self.reference,
            document or self.document(**values))

    def enter_well(self, **values):
        status, id_, number, reason = self.enter(**values)
        self.assertEqual((status, reason), (Status.OK, ''))
        return id_

    def rejected(self, **values):
        status, id_, number, reason = self.enter(**values)
        self.assertEqual(status, Status.REJECTED, reason)
        self.assertEqual(id_, 0)
        self.assertNotIn('\n', reason)
        self.assertIn(self.reference, reason)
        with self.transaction():
            self.assertFalse(self.get('sale.sale').search(
                    [('reference', '=', self.reference)]))
            self.assertFalse(self.get('party.contact_mechanism').search(
                    [('value', '=', self.email)]))
        return reason

    def configure(self, **values):
        Shop = self.get('web.shop')
        with self.transaction():
            Shop.write([Shop(self.shop)], values)


# ---- the company of the template ----------------------------------------------


def create_company(database):
    "A company with a chart, a tax of 20 %, products, parties and stock"
    pool = Pool(database)
    pool.init()
    with Transaction().start(database, 1):
        from trytond.modules.account.tests import create_chart
        from trytond.modules.company.tests import (
            create_company as new_company, set_company)
        Currency = pool.get('currency.currency')
        euro, = Currency.create([{
                    'name': "Euro", 'code': 'EUR', 'symbol': '€',
                    'rounding': Decimal('0.01'), 'digits': 2,
                    'rates': [('create', [{
                                    'date': dt.date(2020, 1, 1),
                                    'rate': Decimal(1)}])]}])
        company = new_company(currency=euro)
        User = pool.get('res.user')
        User.write([User(1)], {
                'companies': [('add', [company.id])], 'company': company.id})
        with set_company(company):
            create_chart(company, tax=False)
            _create_records(pool, company)


def _create_records(pool, company):
    Account, Tax = pool.get('account.account'), pool.get('account.tax')

    def account(type_):
        return Account.search(
            [('type.%s' % type_, '=', True), ('company', '=', company.id)],
            limit=1)[0]
    revenue, expense = account('revenue'), account('expense')
    taxes, = Account.search(
        [('name', '=', "Main Tax"), ('company', '=', company.id)])
    Configuration = pool.get('account.configuration')
    configuration = Configuration(1)
    configuration.default_account_receivable = account('receivable')
    configuration.default_account_payable = account('payable')
    configuration.default_category_account_revenue = revenue
    configuration.default_category_account_expense = expense
    configuration.save()
    tax, = Tax.create([{
                'name': "VAT", 'description': "VAT", 'type': 'percentage',
                'rate': Decimal('0.20'), 'company': company.id,
                'invoice_account': taxes.id,
                'credit_note_account': taxes.id}])
    category, = pool.get('product.category').create([{
                'name': "Goods", 'accounting': True,
                'account_revenue': revenue.id, 'account_expense': expense.id,
                'customer_taxes': [('add', [tax.id])]}])
    unit, = pool.get('product.uom').search([('symbol', '=', 'u')])
    Template = pool.get('product.template')

    def template(name, code, type_='goods', **values):
        return dict({
                'name': name, 'type': type_, 'default_uom': unit.id,
                'sale_uom': unit.id, 'salable': True,
                'list_price': Decimal('12.5'), 'account_category': category.id,
                'cost_price_method': 'fixed',
                'products': [('create', [{
                                'suffix_code': code,
                                'cost_price': Decimal(4)}])]}, **values)
    goods = Template.create(
        [template("Cup %d" % i, 'T%03dA' % i) for i in range(10)])
    Template.create([
            template("Shipping", 'SHIP', 'service'),
            template("Adjustment", 'ADJ', 'service'),
            template("Not for sale", 'NOSALE', salable=False)])
    germany, = pool.get('country.country').create([{
                'name': "Germany", 'code': 'DE', 'code3': 'DEU',
                'code_numeric': '276'}])
    pool.get('country.subdivision').create([{
                'name': "Bayern", 'code': 'DE-BY', 'type': 'state',
                'country': germany.id}])
    pool.get('party.party').create([{'name': "Guest"}])
    Location = pool.get('stock.location')
    warehouse, = Location.search([('type', '=', 'warehouse')])
    Inventory = pool.get('stock.inventory')
    inventory, = Inventory.create([{
                'location': warehouse.storage_location.id,
                'company': company.id,
                'date': dt.date.today() - dt.timedelta(days=1),
                'empty_quantity': 'keep',
                'lines': [('create', [{
                                'product': t.products[0].id, 'quantity': 100.0}
                            for t in goods])]}])
    Inventory.confirm([inventory])
