# This file is part of Ferry.  The LICENSE file at the top level of this
# repository contains the full license terms.
import datetime as dt
import threading
import uuid
from decimal import Decimal
from unittest.mock import patch

from trytond.exceptions import UserError
from trytond.modules.ferry import engine, match
from trytond.modules.ferry import order as entry
from trytond.modules.ferry.abi import Status
from trytond.modules.ferry.exceptions import LinkWarning
from trytond.modules.ferry.tests.tools import (
    PATIENCE, DatabaseTestCase, order)
from trytond.pool import Pool
from trytond.transaction import Transaction

PLACED = dt.date(2026, 11, 20)


class MatchTestCase(DatabaseTestCase):
    "A shop, a customer and an order (24.00 with tax) of its own for each test"

    def setUp(self):
        super().setUp()
        # unlike any number of another test
        self.reference = 'P' + uuid.uuid4().hex[:8].upper()
        self.email = self.reference.lower() + '@example.com'
        with self.transaction():
            self.shop = self.create_shop().id
            self.party = self.create_party(self.email)

    def create_party(self, email=None):
        values = {'name': "Customer %s" % (email or self.reference),
            'addresses': [('create', [{'street': "Gasse 1"}])]}
        if email:
            values['contact_mechanisms'] = [
                ('create', [{'type': 'email', 'value': email}])]
        party, = self.get('party.party').create([values])
        return party.id

    def key(self, reference=None, party=None, price='10.00', date=PLACED,
            state='confirmed', **values):
        "A person enters the order: its id"
        Sale, Line = self.get('sale.sale'), self.get('sale.line')
        with self.transaction():
            sale = Sale(party=party or self.party, reference=reference,
                sale_date=date)
            sale.on_change_party()
            address = sale.party.addresses[0]
            sale.invoice_address = sale.shipment_address = address
            for name, value in values.items():
                setattr(sale, name, value)
            line = Line(sale=sale, type='line', quantity=2)
            line.product = self.product('T001A')
            line.on_change_product()
            line.unit_price = Decimal(price)
            sale.lines = [line]
            sale.save()
            if state != 'draft':
                Sale.quote([sale])
            if state == 'confirmed':
                Sale.confirm([sale])
            return sale.id

    def document(self, **values):
        values.setdefault('customer', {
                'email': self.email, 'name': "Ada Byron"})
        return order(self.reference, **values)

    def enter(self, **values):
        return entry.enter(self.database, self.shop, self.reference,
            self.document(**values))

    def linked(self):
        return [id_ for id_, in self.sql(
                'SELECT id FROM sale_sale WHERE web_id = %s',
                '%s:%s' % (self.shop, self.reference))]

    def sales(self):
        "How many sales anybody made of this order"
        count, = self.sql('SELECT count(*) FROM sale_sale s WHERE party IN ('
            'SELECT party FROM party_contact_mechanism WHERE value = %s) '
            'OR reference = %s', self.email, self.reference)[0]
        return count

    def assert_linked(self, sale, answer=None):
        status, id_, number, reason = answer or self.enter()
        self.assertEqual((status, id_, reason), (Status.OK, sale, ''))
        self.assertEqual(self.linked(), [sale])
        self.assertEqual(self.sales(), 1)
        return number

    def assert_reviewed(self, *sales, **values):
        before = self.sales()
        status, id_, _, reason = self.enter(**values)
        self.assertEqual((status, id_), (Status.REJECTED, 0), reason)
        self.assertIn(self.reference, reason)
        self.assertIn("Link it", reason)
        with self.transaction():
            for sale in self.get('sale.sale').browse(sales):
                for part in [sale.rec_name, sale.party.rec_name]:
                    self.assertIn(part, reason)
        self.assertEqual(self.linked(), [])
        self.assertEqual(self.sales(), before)
        return reason


class Match(MatchTestCase):

    def test_B14_an_order_keyed_by_hand_is_linked_not_created(self):
        sale = self.key(self.reference)
        number = self.assert_linked(sale)
        with self.transaction():
            sale = self.get('sale.sale')(sale)
            self.assertEqual(sale.number, number)
            self.assertEqual(sale.web_shop.id, self.shop)
            self.assertEqual(len(sale.lines), 1)
            self.assertEqual(sale.ferry_reference, self.reference)

    def test_B12_asked_again_after_a_lost_answer_it_is_the_same(self):
        sale = self.key(self.reference)
        number = self.assert_linked(sale)
        self.assertEqual(self.assert_linked(sale), number)
        self.assertEqual(entry.find(self.database, self.shop, self.reference),
            (Status.OK, sale, number, ''))

    def test_number_in_the_description_in_any_case(self):
        sale = self.key(
            "PO 4711", description="as %s of the shop" % self.reference.lower())
        self.assert_linked(sale)

    def test_a_draft_gets_a_number_and_stays_a_draft(self):
        sale = self.key(self.reference, state='draft')
        number = self.assert_linked(sale)
        with self.transaction():
            sale = self.get('sale.sale')(sale)
            self.assertEqual((sale.state, sale.number), ('draft', number))

    def test_part_of_another_number_is_no_number(self):
        self.key(self.reference + '9')
        self.key('X' + self.reference)
        status, id_, _, reason = self.enter()
        self.assertEqual((status, reason), (Status.OK, ''))
        self.assertEqual(self.linked(), [id_])

    def test_B14_several_are_reviewed(self):
        first, second = self.key(self.reference), self.key(self.reference)
        reason = self.assert_reviewed(first, second)
        self.assertIn("24.00", reason)
        self.assertIn("11/20/2026", reason)
        # the clerk tells which one it is not
        with self.transaction():
            Sale = self.get('sale.sale')
            Sale.write([Sale(second)], {'reference': "another"})
        self.assertEqual(self.enter()[:2], (Status.OK, first))

    def test_B14_one_equal_beside_one_that_differs_is_reviewed(self):
        self.assert_reviewed(
            self.key(self.reference), self.key(self.reference, price='9'))

    def test_B14_another_total_is_reviewed(self):
        self.assertIn("21.60", self.assert_reviewed(
                self.key(self.reference, price='9.00')))

    def test_B14_another_customer_is_reviewed(self):
        with self.transaction():
            other = self.create_party()
        self.assert_reviewed(self.key(self.reference, party=other))

    def test_B14_another_date_is_reviewed(self):
        self.assert_reviewed(self.key(
                self.reference, date=PLACED - dt.timedelta(days=5)))

    def test_the_window_is_a_setting(self):
        sale = self.key(self.reference, date=PLACED + dt.timedelta(days=5))
        self.assert_reviewed(sale)
        with self.transaction():
            Shop = self.get('web.shop')
            Shop.write([Shop(self.shop)], {'ferry_match_days': 5})
        self.assert_linked(sale)

    def test_B14_without_a_number_the_same_sale_is_reviewed(self):
        self.assert_reviewed(self.key())

    def test_other_business_of_the_customer_is_no_candidate(self):
        self.key("PO 4711")
        self.key(price='9.00')
        self.key(date=PLACED - dt.timedelta(days=4))
        self.assertEqual(self.enter()[0], Status.OK)
        self.assertEqual(self.sales(), 4)

    def test_B14_the_customers_own_number_is_a_number(self):
        sale = self.key("PO-4711")
        self.assert_linked(sale, self.enter(customer_reference='PO-4711'))
        with self.transaction():
            self.assertEqual(
                self.get('sale.sale')(sale).reference, "PO-4711")

    def test_B14_the_customers_own_number_with_another_total_is_reviewed(self):
        self.assert_reviewed(self.key("po-4711", price='11.00'),
            customer_reference='PO-4711')

    def test_another_customers_own_number_is_chance(self):
        with self.transaction():
            other = self.create_party()
        sale = self.key("PO-4711", party=other)
        status, id_, _, reason = self.enter(customer_reference='PO-4711')
        self.assertEqual((status, reason), (Status.OK, ''))
        self.assertNotEqual(id_, sale)

    def test_the_number_alone_is_chance(self):
        with self.transaction():
            other = self.create_party()
        self.key(self.reference, party=other, price='99',
            date=PLACED - dt.timedelta(days=400))
        self.assertEqual(self.enter()[0], Status.OK)

    def test_cancelled_is_no_candidate(self):
        sale = self.key(self.reference, state='quotation')
        with self.transaction():
            Sale = self.get('sale.sale')
            Sale.cancel([Sale(sale)])
        status, id_, _, _ = self.enter()
        self.assertEqual(status, Status.OK)
        self.assertNotEqual(id_, sale)

    def test_a_candidate_comes_before_what_cannot_be_created(self):
        sale = self.key(self.reference)
        self.assert_linked(sale, self.enter(lines=[('NIX', '2', '10.00')]))

    def test_what_a_person_keyed_is_linked_whatever_the_shops_categories(self):
        with self.transaction():
            trade, = self.get('party.category').create([{'name': "Trade"}])
            Shop = self.get('web.shop')
            Shop.write([Shop(self.shop)], {
                    'ferry_order_categories': [('add', [trade.id])]})
        sale = self.key(self.reference)
        other = self.key(self.reference, state='draft')
        # which of them it is matters to nobody
        status, _, _, reason = self.enter()
        self.assertEqual(status, Status.NOT_FOUND, reason)
        with self.transaction():
            Sale = self.get('sale.sale')
            Sale.cancel([Sale(other)])
        self.assertEqual(self.enter()[:2], (Status.OK, sale))
        self.assertEqual(self.linked(), [sale])

    def test_two_orders_race_for_one_sale(self):
        "The sale carries both numbers: it becomes one order"
        other = 'Q' + self.reference
        sale = self.key(self.reference, description=other)
        documents = {self.reference: self.document(),
            other: order(other, customer={'email': self.email})}
        barrier = threading.Barrier(2)
        answers = {}
        original = match.link

        def together(*args):
            if not getattr(local, 'waited', False):
                local.waited = True
                barrier.wait(PATIENCE)
            return original(*args)

        def work(reference):
            answers[reference] = entry.enter(
                self.database, self.shop, reference, documents[reference])
        local = threading.local()
        with patch.object(match, 'link', together):
            threads = [threading.Thread(target=work, args=(r,))
                for r in documents]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(PATIENCE)
        self.assertEqual({a[0] for a in answers.values()}, {Status.OK})
        self.assertEqual([a[1] for a in answers.values()].count(sale), 1)


class Desk(MatchTestCase):
    "What a person does on the screen, with the intake beside"

    def setUp(self):
        super().setUp()
        patcher = patch.object(engine, 'perform', self.perform)
        patcher.start()
        self.addCleanup(patcher.stop)
        self.store()

    def store(self, reference=None, **values):
        reference = reference or self.reference
        self.sql("INSERT INTO ferry.portal_order (channel, reference, "
            "portal_id, placed_at, portal_state, open, cancelled, document, "
            "fingerprint, state, next_attempt_at, first_seen_at, "
            "last_seen_at) VALUES (%s, %s, %s, now(), 'x', true, false, %s, "
            "1, 'ready', now(), now(), now())", self.shop, reference, reference,
            order(reference, **dict({
                        'customer': {'email': self.email}}, **values)))

    def perform(self, database, operation, **arguments):
        "As operations_records.cpp"
        state = {'retry-order': 'ready', 'skip-order': 'skipped'}[operation]
        before = self.state(arguments['reference'])
        if before == 'linked' or before == state == 'skipped':
            raise engine.EngineError("there is nothing to do")
        self.sql('UPDATE ferry.portal_order SET state = %s, reason = %s, '
            'next_attempt_at = %s WHERE channel = %s AND reference = %s',
            state, arguments.get('reason'),
            dt.datetime.now() if state == 'ready' else None,
            arguments['channel'], arguments['reference'])

    def intake(self):
        "Enters what is ready, as order_entry.cpp"
        for reference, document in self.sql(
                "SELECT reference, document::text FROM ferry.portal_order "
                "WHERE channel = %s AND state = 'ready'", self.shop):
            status, id_, number, reason = entry.enter(
                self.database, self.shop, reference, document)
            if status == Status.OK:
                values = 'linked', id_, number, None
            elif status == Status.BUSY:
                continue
            else:
                values = 'review', None, None, reason
            self.sql('UPDATE ferry.portal_order SET state = %s, erp_id = %s, '
                'erp_number = %s, reason = %s, next_attempt_at = NULL '
                'WHERE channel = %s '
                'AND reference = %s', *values, self.shop, reference)

    def state(self, reference=None):
        (state,), = self.sql('SELECT state FROM ferry.portal_order WHERE '
            'channel = %s AND reference = %s', self.shop,
            reference or self.reference)
        return state

    def portal_order(self, reference=None):
        order, = self.get('ferry.portal_order').search([
                ('shop', '=', self.shop),
                ('reference', '=', reference or self.reference)])
        return order

    def press(self, button):
        with self.transaction():
            PortalOrder = self.get('ferry.portal_order')
            getattr(PortalOrder, button)([self.portal_order()])

    def wizard(self, name, **values):
        with self.transaction():
            order = self.portal_order()
            Wizard = Pool(self.database).get(
                'ferry.portal_order.' + name, type='wizard')
            with Transaction().set_context(
                    active_model='ferry.portal_order', active_id=order.id,
                    active_ids=[order.id]):
                session, _, _ = Wizard.create()
                shown = Wizard.execute(session, {}, 'start')
                if not values:
                    return shown['view']['defaults']
                defaults = {
                    n: v for n, v in (
                        shown['view'].get('defaults') or {}).items()
                    if not n.endswith('.')}
                Wizard.execute(session, {'start': dict(defaults, **values)},
                    name)
                Wizard.delete(session)

    def test_link_shows_the_candidates_first(self):
        sale = self.key(self.reference, price='9.00')
        defaults = self.wizard('link')
        self.assertEqual(defaults['candidates'], [sale])
        self.assertEqual(defaults['sale'], sale)
        self.assertEqual(defaults['charged'], "24.00 EUR")
        other = self.key(self.reference)
        defaults = self.wizard('link')
        # the likeliest first, and nothing is chosen for the person
        self.assertEqual(defaults['candidates'], [other, sale])
        self.assertIsNone(defaults['sale'])

    def test_B14_link_twice_and_beside_the_intake_is_one_order(self):
        first, second = self.key(self.reference), self.key(self.reference)
        self.intake()
        self.assertEqual(self.state(), 'review')
        for _ in range(2):
            self.wizard('link', sale=second)
            self.intake()
            self.assertEqual(self.state(), 'linked')
            self.assertEqual(self.linked(), [second])
        with self.assertRaisesRegex(UserError, "already"):
            self.wizard('link', sale=first)
        self.assertEqual(self.linked(), [second])
        self.assertEqual(self.sales(), 2)

    def test_link_while_the_intake_enters(self):
        "Whoever comes second finds the order or is told to look again"
        sale = self.key("something else")
        with self.transaction() as transaction:
            self.assertTrue(match.try_lock(self.shop, self.reference))
            refused = []

            def link():
                try:
                    self.wizard('link', sale=sale)
                except UserError as e:
                    refused.append(str(e.message))
            thread = threading.Thread(target=link)
            thread.start()
            thread.join(PATIENCE)
            transaction.rollback()
        self.assertEqual(len(refused), 1)
        self.assertIn("being imported at this moment", refused[0])
        self.assertEqual(self.linked(), [])

    def test_intake_while_a_person_links(self):
        sale = self.key("something else")
        threads = []
        original = match.link

        def link(*args):
            original(*args)
            # the intake comes before the commit and must wait for it
            thread = threading.Thread(target=self.intake)
            thread.start()
            threads.append(thread)
            thread.join(0.5)
            self.assertTrue(thread.is_alive())
        with patch.object(match, 'link', link):
            self.wizard('link', sale=sale)
        threads[0].join(PATIENCE)
        self.intake()
        self.assertEqual(self.linked(), [sale])
        self.assertEqual(self.sales(), 1)

    def test_link_refuses_what_is_linked_already(self):
        sale = self.key(self.reference)
        self.intake()
        self.assertEqual(self.linked(), [sale])
        first = self.reference
        self.reference = 'S' + self.reference
        self.store()
        with self.assertRaisesRegex(UserError, first):
            self.wizard('link', sale=sale)
        self.assertEqual(self.linked(), [])

    def test_link_refuses_another_currency_and_a_cancelled_sale(self):
        with self.transaction():
            dollar, = self.get('currency.currency').create([{
                        'name': "Dollar", 'code': self.reference[:3],
                        'symbol': '$', 'rates': [('create', [{
                                        'date': dt.date(2020, 1, 1),
                                        'rate': Decimal(2)}])]}])
            dollar = dollar.id
        for sale, what in [
                (self.key(currency=dollar, state='draft'), "is in"),
                (self.key(state='draft'), "is cancelled")]:
            if what == "is cancelled":
                with self.transaction():
                    Sale = self.get('sale.sale')
                    Sale.cancel([Sale(sale)])
            with self.subTest(what=what):
                with self.assertRaises(UserError) as caught:
                    self.wizard('link', sale=sale)
                self.assertNotIsInstance(caught.exception, LinkWarning)
        self.assertEqual(self.linked(), [])

    def test_link_refuses_another_company(self):
        from types import SimpleNamespace
        from trytond.modules.ferry import portal_order_link
        sale = self.key(self.reference)
        with self.transaction():
            order = self.portal_order()
            read = entry.Entry(order.shop, order.reference, order.document)
            other = SimpleNamespace(web_id=None, rec_name="S9",
                company=SimpleNamespace(rec_name="Other Ltd"))
            with self.assertRaisesRegex(UserError, "Other Ltd"):
                portal_order_link._check(order, read, other, None)
            portal_order_link._check(
                order, read, self.get('sale.sale')(sale), None)

    def test_link_warns_of_another_total_and_customer(self):
        with self.transaction():
            other = self.create_party()
        sale = self.key("own", party=other, price='9.00')
        with self.assertRaises(LinkWarning) as caught:
            self.wizard('link', sale=sale)
        for part in ["21.60", "24.00", self.email]:
            self.assertIn(part, caught.exception.message)
        self.assertEqual(self.linked(), [])
        with self.transaction():
            self.get('res.user.warning').create([{
                        'user': 1, 'name': caught.exception.name}])
        self.wizard('link', sale=sale)
        self.intake()
        self.assertEqual((self.state(), self.linked()), ('linked', [sale]))

    def test_retry_twice_is_one_order(self):
        self.press('retry')
        self.press('retry')
        self.intake()
        self.assertEqual(self.state(), 'linked')
        with self.assertRaises(UserError):
            self.press('retry')
        self.intake()
        self.assertEqual((len(self.linked()), self.sales()), (1, 1))

    def test_E14_retry_all_of_one_reason(self):
        "A new product mends two orders; the third has another cause"
        code = 'N' + self.reference
        references = ['%s-%d' % (self.reference, i) for i in range(3)]
        for reference in references[:2]:
            self.store(reference, lines=[(code, '1', '1.00')])
        self.store(references[2], currency='USD')
        self.sql('DELETE FROM ferry.portal_order WHERE channel = %s '
            'AND reference = %s', self.shop, self.reference)
        self.intake()
        self.assertEqual([self.state(r) for r in references], ['review'] * 3)
        with self.transaction():
            for reference in references[:2]:
                reason = self.portal_order(reference).reason
                for part in [reference, 'line 77', code, "then retry"]:
                    self.assertIn(part, reason)
            self.get('product.template').copy(
                [self.product('T001A').template], {'code': code})
        self.reference = references[0]
        for expected in ['ready', 'linked']:
            self.press('retry_same')
            self.assertEqual([self.state(r) for r in references],
                [expected, expected, 'review'])
            self.intake()
        self.assertEqual([self.state(r) for r in references],
            ['linked', 'linked', 'review'])
        (count,), = self.sql("SELECT count(*) FROM sale_sale WHERE "
            'web_shop = %s', self.shop)
        self.assertEqual(count, 2)

    def test_skip_with_a_note_twice(self):
        self.wizard('skip', note="fraud")
        with self.assertRaises(UserError):
            self.wizard('skip', note="again")
        self.intake()
        self.assertEqual(self.state(), 'skipped')
        with self.transaction():
            self.assertIn("fraud", self.portal_order().reason)
            self.assertIn("Administrator", self.portal_order().reason)
        self.assertEqual(self.sales(), 0)
        self.press('retry')
        self.intake()
        self.assertEqual((self.state(), self.sales()), ('linked', 1))
        with self.assertRaises(UserError):
            self.wizard('skip', note="too late")
