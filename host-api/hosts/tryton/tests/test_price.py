# This file is part of Ferry.  The LICENSE file at the top level of this
# repository contains the full license terms.
"""Prices that only Tryton can evaluate, and that those which the profile works
out by itself are Tryton's own."""
import datetime as dt
import json
import random
import re
import threading
from contextlib import contextmanager
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from unittest import mock

from trytond.modules.ferry import price
from trytond.modules.ferry.abi import Status
from trytond.modules.ferry.tests.tools import ROOT, DatabaseTestCase
from trytond.transaction import Transaction

PROFILE = ROOT / 'sql' / 'profiles' / 'tryton-6.0'
SIMPLE = [
    '7', '12.345', '0.0625', 'unit_price - 0.5', 'unit_price / 3',
    'unit_price * 1.05', 'cost_price * 1.3', 'cost_price + 0.5',
    '(unit_price + 1) * 0.7', '-(1 - unit_price)',
    "unit_price * Decimal('1.85')", '50 - unit_price / 7']
ONLY_THE_ERP = [
    'unit_price if unit_price > 10 else cost_price * 2',
    'unit_price + cost_price',
    'unit_price * cost_price / (list_price + 1)',
    'unit_price ** 2 / 7',
    "Decimal('3') if cost_price > 3 else unit_price"]


class PriceTestCase(DatabaseTestCase):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        self = cls('setUp')
        with self.transaction():
            cls.shop = self.create_shop(products=[
                    ('add', [self.product('T%03dA' % i).id
                            for i in range(10)])]).id
        with self.transaction():
            self.get('web.shop').ferry_publish_channels()

    def setUp(self):
        "The prices and lists of a test are gone with it"
        super().setUp()
        self.sql('UPDATE product_price_list SET active = false')
        with self.transaction():
            for i in range(10):
                template = self.product('T%03dA' % i).template
                template.list_price = Decimal('12.5')
                template.save()

    def price_list(self, *lines, **values):
        with self.transaction():
            price_list, = self.get('product.price_list').create([dict({
                            'name': "List", 'company': self.company,
                            'lines': [('create', [
                                        line if isinstance(line, dict)
                                        else {'formula': line}
                                        for line in lines])],
                            }, **values)])
            return price_list.id

    def question(self, price_list, code='T001A', quantity='0', date=None):
        with self.transaction():
            product = self.product(code).id
        return {
            'product': product, 'price_list': price_list,
            'quantity': quantity,
            'date': (date or dt.date.today()).isoformat()}

    def evaluate(self, *questions, shop=None):
        status, answers, reason = price.evaluate(
            self.database, shop or self.shop, json.dumps({
                    'schema': 'ferry.price/1', 'questions': questions}))
        self.assertEqual(status, Status.OK, reason)
        return json.loads(answers)['answers']

    def figure(self, price_list, **asked):
        answer, = self.evaluate(self.question(price_list, **asked))
        return Decimal(answer['price']) if 'price' in answer else answer

    # list price 12.5, cost price 4

    def test_formulas(self):
        for formula, expected in zip(ONLY_THE_ERP, [
                    '12.5', '16.5', '3.703703703703703703703703704',
                    '22.32142857142857142857142857', '3']):
            self.assertEqual(
                self.figure(self.price_list(formula)), Decimal(expected),
                formula)

    def test_the_line_of_quantity_and_day(self):
        tomorrow = dt.date.today() + dt.timedelta(days=1)
        price_list = self.price_list(
            {'formula': 'unit_price - cost_price', 'quantity': 10.0,
                'sequence': 1},
            {'formula': 'unit_price + cost_price', 'start_date': tomorrow,
                'sequence': 2},
            {'formula': 'unit_price * 2', 'sequence': 3})
        self.assertEqual(self.figure(price_list), 25)
        self.assertEqual(self.figure(price_list, quantity='9.5'), 25)
        self.assertEqual(
            self.figure(price_list, quantity='10'), Decimal('8.5'))
        self.assertEqual(
            self.figure(price_list, date=tomorrow), Decimal('16.5'))

    def test_tax_is_taken_off(self):
        price_list = self.price_list(
            'unit_price + cost_price', tax_included=True)
        self.assertEqual(self.figure(price_list), Decimal('13.75'))

    def test_a_failing_formula_fails_alone(self):
        failing = self.price_list("Decimal(1) / (unit_price - Decimal('12.5'))")
        sound = self.price_list('unit_price + cost_price')
        first, second, third = self.evaluate(
            self.question(failing), self.question(sound),
            dict(self.question(sound), product=10 ** 6))
        self.assertIn('DivisionByZero', first['error'])
        self.assertEqual(Decimal(second['price']), Decimal('16.5'))
        self.assertIn('not exist', third['error'])
        # alike, of two products
        with self.transaction():
            template = self.product('T002A').template
            template.list_price = Decimal('13.5')
            template.save()
        one, other = self.evaluate(
            self.question(failing), self.question(failing, 'T002A'))
        self.assertIn('error', one)
        self.assertEqual(Decimal(other['price']), 1)

    def in_vain(self, *questions):
        status, answers, reason = price.evaluate(
            self.database, self.shop, json.dumps({'questions': questions}))
        self.assertEqual((status, answers), (Status.REJECTED, ''))
        return reason

    def lost(self):
        "What was given up has ended"
        for thread in price._lost:
            thread.join(30)
            self.assertFalse(thread.is_alive())

    def test_a_slow_formula_gives_the_thread_back(self):
        "And is asked again in parts, in which the others get their price"
        sound, slow = (
            self.question(self.price_list('unit_price + cost_price'), code)
            for code in ['T001A', 'T002A'])
        Product = self.get('product.product')
        with self.slowed(Product, slow['product'], 'pg_sleep(60)'):
            self.assertIn('longer', self.in_vain(sound, slow))
            self.lost()  # its query was cancelled
            self.assertIn('longer', self.in_vain(slow))
            answer, = self.evaluate(sound)
            self.assertEqual(Decimal(answer['price']), Decimal('16.5'))
            self.lost()
        one, other = self.evaluate(sound, slow)
        self.assertEqual(one['price'], other['price'])

    def test_a_statement_that_is_cancelled_is_a_failure_of_its_own(self):
        "Not of a database that is busy, which no narrowing would find"
        question = self.question(self.price_list('unit_price + cost_price'))
        with self.slowed(self.get('product.product'), question['product'],
                "set_config('statement_timeout', '50', true)",
                'pg_sleep(9)'), \
                mock.patch.object(price, 'LONGEST', 60):
            self.assertIn('statement timeout', self.in_vain(question))

    def test_prices_that_never_end_are_not_piled_up(self):
        question = self.question(self.price_list('unit_price + cost_price'))
        release = threading.Event()
        with self.slowed(
                self.get('product.product'), question['product'], release), \
                mock.patch.object(price, 'MOST_LOST', 2):
            self.in_vain(question)
            self.in_vain(question)
            status, _, reason = price.evaluate(
                self.database, self.shop, json.dumps(
                    {'questions': [question]}))
            self.assertEqual(status, Status.BUSY)
            self.assertIn('2 prices', reason)
            release.set()
            self.lost()
        self.evaluate(question)

    @contextmanager
    def slowed(self, Product, slow, *how):
        "A formula of a module of the ERP's that takes its time for one"
        original = Product.get_sale_price.__func__

        def get_sale_price(cls, products, quantity=0):
            if slow in {p.id for p in products}:
                for each in how:
                    if isinstance(each, str):
                        Transaction().connection.cursor().execute(
                            'SELECT ' + each)
                    else:
                        each.wait(30)
            return original(cls, products, quantity=quantity)

        with mock.patch.object(
                Product, 'get_sale_price', classmethod(get_sale_price)), \
                mock.patch.object(price, 'LONGEST', 1):
            yield

    def test_what_is_no_decimal_is_no_price(self):
        price_list = self.price_list('unit_price')
        # past the check of the form, as an import can
        self.sql("UPDATE product_price_list_line SET formula = '7 // 2'"
            ' WHERE price_list = %s', price_list)
        self.assertEqual(self.figure(price_list), 3)
        for formula in ['unit_price +', 'round(unit_price)',
                'nothing * 2', '1 / 0', "'7'"]:
            self.sql('UPDATE product_price_list_line SET formula = %s'
                ' WHERE price_list = %s', formula, price_list)
            self.assertTrue(self.figure(price_list)['error'], formula)

    def test_unknown_shop(self):
        status, answers, reason = price.evaluate(
            self.database, 10 ** 6, '{"questions": []}')
        self.assertEqual((status, answers), (Status.UNSUPPORTED, ''))
        self.assertIn('1000000', reason)

    # ---- the profile's own figures ------------------------------------------

    def native(self):
        "fixed_net_price of the profile, by product and list"
        found = {}
        for key, part, _, document in self.sql(
                query('desired').replace(':channel', str(self.shop))):
            found[key, part] = json.loads(document)['tiers']
        return found

    def questions(self):
        return self.sql(query('questions').replace(
                ':channel', str(self.shop)))

    def test_native_figures_are_those_of_tryton(self):
        chance = random.Random(11)
        with self.transaction():
            codes = ['T%03dA' % i for i in range(10)]
            products = {c: self.product(c).id for c in codes}
            for code in codes:
                template = self.product(code).template
                template.list_price = Decimal(
                    chance.randint(1, 2000000)) / 10000
                template.save()
        for number in range(20):
            lines = []
            for _ in range(chance.randint(1, 6)):
                line = {'formula': chance.choice(SIMPLE + ONLY_THE_ERP),
                    'quantity': chance.choice([None, 1.0, 2.5, 10.0]),
                    'sequence': chance.randint(1, 4)}
                if chance.random() < .5:
                    line['product'] = products[chance.choice(codes)]
                lines.append(line)
            self.price_list(*lines, tax_included=number % 4 == 0)
        asked = self.questions()
        self.assertGreater(len(asked), 20)
        answers = self.evaluate(*[json.loads(q) for _, _, q in asked])
        for (key, about, _), answer in zip(asked, answers):
            self.sql('INSERT INTO ferry.evaluated_price (channel, feed, key,'
                ' about, price, error, round) VALUES'
                " (%s, 'fixed_net_price', %s, %s, %s, %s, '')", self.shop,
                key, about, answer.get('price'), answer.get('error'))
        native = self.native()
        self.assertGreater(len(native), 50)
        compared = 0
        for (product, price_list), tiers in native.items():
            for tier in tiers:
                theirs, = self.evaluate({
                        'product': product, 'price_list': price_list,
                        'quantity': tier['quantity'],
                        'date': dt.date.today().isoformat()})
                self.assertEqual(Decimal(tier['amount']), shown(
                        Decimal(theirs['price'])), (tier, theirs))
                compared += 1
        self.assertGreater(compared, 100)
        self.sql('DELETE FROM ferry.evaluated_price')
        self.assertLess(len(self.native()), len(native),
            "what is not evaluated is not published")


def shown(figure):
    return figure.quantize(Decimal('1e-4'), ROUND_HALF_EVEN).quantize(
        Decimal('0.01'), ROUND_HALF_UP)


def query(section):
    "A section of the profile for every key, as the store composes it"
    named = {}
    for file in ['common.sql', 'fixed_net_price.sql']:
        parts = re.split(r'^-- name: (.*)$', (PROFILE / file).read_text(),
            flags=re.M)
        named.update(zip(parts[1::2], parts[2::2]))

    def resolved(name):
        text = named.get(name + '.full', named.get(name))
        text = re.sub(r'--[^\n]*', '', text).strip()
        return re.sub(
            r'%([a-z_]+)%', lambda match: resolved(match.group(1)), text)
    return 'WITH candidate(key) AS (%s) SELECT * FROM (%s) q' % (
        resolved('all'), resolved(section))
