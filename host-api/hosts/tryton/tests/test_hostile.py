# This file is part of Ferry.  The LICENSE file at the top level of this
# repository contains the full license terms.
"""What a portal's customers write stays text in the ERP, and its numbers and
lists are bounded."""
import json

from trytond.modules.ferry import order as entry
from trytond.modules.ferry.abi import Status
from trytond.modules.ferry.tests.tools import DatabaseTestCase, order, sql

TEXTS = [
    "'; DROP TABLE sale_sale; --",
    '"; DROP TABLE sale_sale; --',
    '%(order)s %s %n {0} $$',
    '=HYPERLINK("http://evil")', '+1', '-1', '@SUM(1)',
    '<script>alert(1)</script>&amp;<b',
    '../../../../etc/passwd',
    "a\\' OR 1=1",
    '\u202eright to left',
    '%', '_', '*',
    ]


class HostileTestCase(DatabaseTestCase):

    def setUp(self):
        super().setUp()
        with self.transaction():
            self.shop = self.create_shop().id

    def enter(self, document):
        return entry.enter(self.database, self.shop,
            json.loads(document)['reference'], document)

    def test_text_of_a_customer_stays_text(self):
        for count, text in enumerate(TEXTS):
            with self.subTest(text):
                address = {'name': text, 'company': text, 'street': text,
                    'postal_code': text[:20], 'city': text,
                    'subdivision': text, 'country': 'DE', 'phone': ''}
                email = 'hostile%d@example.com' % count
                status, id_, _, reason = self.enter(order(
                        'H%d %s' % (count, text),
                        customer={'name': text, 'email': email},
                        invoice_address=address, delivery_address=address))
                self.assertEqual((status, reason), (Status.OK, ''))
                with self.transaction():
                    sale = self.get('sale.sale')(id_)
                    self.assertEqual(sale.reference, 'H%d %s' % (count, text))
                    self.assertEqual(sale.party.name, text)
                    for name in ['street', 'city']:
                        self.assertEqual(
                            getattr(sale.invoice_address, name), text)
        self.assertEqual(
            sql(self.database, 'SELECT count(*) FROM sale_sale '
                "WHERE reference LIKE 'H%%'"), [(len(TEXTS),)])

    def test_text_as_sku_is_looked_for_and_named(self):
        for count, text in enumerate(TEXTS):
            with self.subTest(text):
                status, _, _, reason = self.enter(order(
                        'S%d' % count, lines=[(text, '1', '1.00')]))
                self.assertEqual(status, Status.REJECTED)
                self.assertIn('S%d' % count, reason)
                self.assertIn(' '.join(text.split()), reason)
                self.assertNotIn('\n', reason)

    def test_a_wildcard_is_no_customer(self):
        "Nobody orders in the name of whoever an e-mail address of % matches"
        self.assertEqual(self.enter(order('W0'))[0], Status.OK)
        with self.transaction():
            known = self.get('party.contact_mechanism').search(
                [('value', '=', 'ada@example.com')])[0].party.id
        for email in ['%', '_da@example.com', 'ada@example.co_', 'ADA%',
                '\\ada@example.com']:
            status, id_, _, reason = self.enter(order(
                    'W %s' % email, customer={'email': email}))
            self.assertIn(status, {Status.OK, Status.REJECTED}, reason)
            if status == Status.OK:
                with self.transaction():
                    self.assertNotEqual(
                        self.get('sale.sale')(id_).party.id, known)

    def test_numbers_are_plain_and_bounded(self):
        for count, number in enumerate(['NaN', 'Infinity', '1e999999999',
                    '-sNaN', '1' * 40, '', ' 1', '0x1', '١', '1_000']):
            for name in ['quantity', 'unit_price', 'tax_rate']:
                if name == 'tax_rate' and not number:
                    continue  # the portal applied none
                document = json.loads(order('N%d %s' % (count, name)))
                document['lines'][0][name] = number
                status, _, _, reason = self.enter(json.dumps(document))
                self.assertEqual(status, Status.REJECTED, number)
                self.assertIn('is not a plain number', reason)

    def test_lines_are_bounded(self):
        document = json.loads(order('L'))
        document['lines'] *= entry.LINES_MAX + 1
        status, _, _, reason = self.enter(json.dumps(document))
        self.assertEqual(status, Status.REJECTED)
        self.assertIn('has 2001 lines; at most 2000 are entered', reason)

    def test_nesting_and_other_types_are_refused(self):
        for value in [None, [], {}, 1, True, 'x']:
            for name in ['customer', 'invoice_address', 'lines', 'placed_at',
                    'currency', 'gross']:
                if name == 'customer' and value == {}:
                    continue  # nothing but the invoice address is known
                document = json.loads(order('T'))
                document[name] = value
                status, _, _, reason = self.enter(json.dumps(document))
                self.assertEqual(status, Status.REJECTED, (name, value))
                self.assertTrue(reason)
                self.assertNotIn('\n', reason)
        deep = '[' * 100000 + ']' * 100000
        status, _, _, reason = entry.enter(self.database, self.shop, 'D', deep)
        self.assertEqual(status, Status.REJECTED)
        self.assertLessEqual(len(reason), entry.REASON_MAX)
