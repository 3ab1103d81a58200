# This file is part of Ferry.  The LICENSE file at the top level of this
# repository contains the full license terms.
import datetime as dt
import json
import threading
from decimal import Decimal
from unittest.mock import patch

from trytond import backend
from trytond.config import config
from trytond.model.exceptions import SQLConstraintError
from trytond.modules.ferry import order as entry
from trytond.modules.ferry.abi import Status
from trytond.modules.ferry.tests.tools import PATIENCE, OrderCase


class OrderTestCase(OrderCase):

    def test_enter(self):
        id_ = self.enter_well(
            lines=[('T001A', '2', '10.00'), ('T002A', '1', '3.3333')],
            shipping=['5.00'])
        with self.transaction():
            sale = self.get('sale.sale')(id_)
            self.assertEqual(sale.state, 'processing')
            self.assertEqual(sale.web_id, '%s:%s' % (self.shop, self.reference))
            self.assertEqual(sale.reference, self.reference)
            self.assertEqual(sale.total_amount, Decimal('34.00'))
            self.assertEqual([
                    (l.product.code, l.quantity, l.unit_price)
                    for l in sale.lines], [
                    ('T001A', 2, Decimal('10.0000')),
                    ('T002A', 1, Decimal('3.3333')),
                    ('SHIP', 1, Decimal('5.0000'))])
            self.assertTrue(all(l.taxes for l in sale.lines))
            self.assertEqual(sale.party.name, "Customer %d" % self.count)
            self.assertEqual(sale.party.email, self.email)
            self.assertEqual(
                sale.shipment_address.full_address,
                "Gasse 1\n80331 München\nGERMANY")
            self.assertEqual(sale.shipment_address.party_name, "Ada Byron")
            self.assertEqual(sale.invoice_address, sale.shipment_address)
            self.assertEqual(str(sale.sale_date), '2026-11-20')
            self.assertEqual(len(sale.shipments), 1)
            self.assertEqual(sale.ferry_portal, sale.web_shop.rec_name)
            self.assertEqual(sale.ferry_reference, self.reference)

    def test_exactly_once(self):
        first = self.enter()
        self.assertEqual(self.enter(), first)
        self.assertEqual(entry.find(
                self.database, self.shop, self.reference), first)
        self.assertEqual(first[0], Status.OK)
        self.assertTrue(first[2])

    def test_find_nothing(self):
        self.assertEqual(entry.find(
                self.database, self.shop, 'nothing')[0], Status.NOT_FOUND)

    def test_killed_between_confirmed_and_processed(self):
        with patch.object(entry, 'run_task') as killed:
            id_ = self.enter_well()
        killed.assert_called()
        with self.transaction():
            self.assertEqual(self.get('sale.sale')(id_).state, 'confirmed')
        self.assertEqual(self.enter_well(), id_)
        with self.transaction():
            sale = self.get('sale.sale')(id_)
            self.assertEqual(sale.state, 'processing')
            self.assertEqual(len(sale.shipments), 1)
        # nothing is left to be run
        with patch.object(entry, 'run_task') as run:
            self.assertEqual(self.enter_well(), id_)
        run.assert_not_called()

    def test_other_shop_same_reference(self):
        first = self.enter_well()
        with self.transaction():
            self.shop = self.create_shop().id
        self.assertNotEqual(self.enter_well(), first)

    def race(self, place):
        "Four processes enter the same order and are all at the place at once"
        barrier = threading.Barrier(4)
        local = threading.local()
        original = getattr(entry, place)
        answers = []
        document = self.document()

        def together(*args):
            answer = original(*args) if place == '_find_sale' else None
            if not getattr(local, 'waited', False):
                local.waited = True
                barrier.wait(PATIENCE)
            return answer if place == '_find_sale' else original(*args)

        def work():
            answers.append(self.enter(document))
        with patch.object(entry, place, together):
            threads = [threading.Thread(target=work) for _ in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(PATIENCE)
        self.assertEqual(len(answers), 4)
        with self.transaction():
            self.assertEqual(self.get('sale.sale').search([
                        ('reference', '=', self.reference)], count=True), 1)
            self.assertEqual(self.get('party.contact_mechanism').search([
                        ('value', '=', self.email)], count=True), 1)
        return answers

    def test_race(self):
        answers = self.race('_lock')
        self.assertEqual({a[0] for a in answers}, {Status.OK}, answers)
        self.assertEqual(len({a[1] for a in answers}), 1)

    def test_race_for_the_constraint(self):
        "Without the lock the database still lets one of them through"
        with patch.object(entry, '_lock'):
            answers = self.race('_find_sale')
        self.assertLessEqual(
            {a[0] for a in answers}, {Status.OK, Status.BUSY}, answers)
        self.assertEqual(
            {a[1] for a in answers if a[0] == Status.OK}, {self.enter()[1]})

    def test_unknown_sku(self):
        reason = self.rejected(
            lines=[('T001A', '1', '1'), ('NIX', '1', '1')])
        self.assertIn('line 78', reason)
        self.assertIn('"NIX"', reason)

    def products(self):
        with self.transaction(active_test=False):
            return self.get('product.product').search([], count=True)

    def test_B1_the_same_sku_is_the_same_product(self):
        before = self.products()
        id_ = self.enter_well(lines=[('T005A', '1', '1')])
        with self.transaction():
            line, = self.get('sale.sale')(id_).lines
            self.assertEqual(line.product, self.product('T005A'))
        self.assertEqual(self.products(), before)

    def test_B2_a_product_that_is_switched_off_is_not_made_again(self):
        with self.transaction():
            product = self.product('T009A')
            product.active = False
            product.save()
        before = self.products()
        for _ in range(2):
            self.assertIn(
                '"T009A"', self.rejected(lines=[('T009A', '1', '1')]))
        self.assertEqual(self.products(), before)

    def test_B8_no_product_is_found_by_its_name(self):
        document = json.loads(self.document(lines=[('Cup 1', '1', '1')]))
        document['lines'][0]['name'] = "Cup 1"
        status, _, _, reason = self.enter(json.dumps(document))
        self.assertEqual(status, Status.REJECTED)
        self.assertIn('"Cup 1"', reason)

    def test_B10_taken_back_and_confirmed_again_it_is_the_same_order(self):
        from trytond.ir import queue
        Sale = self.get('sale.sale')
        with patch.object(queue, 'has_worker', True):
            id_ = self.enter_well()
            with self.transaction():
                for step in [Sale.draft, Sale.quote, Sale.confirm]:
                    step([Sale(id_)])
        self.assertEqual(self.enter_well(), id_)
        with self.transaction():
            self.assertEqual(Sale.search(
                    [('reference', '=', self.reference)], count=True), 1)

    def test_not_salable(self):
        self.assertIn(
            'not salable', self.rejected(lines=[('NOSALE', '1', '1')]))

    def test_quantity_of_unit(self):
        self.assertIn("does not fit the unit",
            self.rejected(lines=[('T001A', '1.5', '10')]))

    def test_currency(self):
        self.assertIn("USD", self.rejected(currency='USD'))

    def test_D5_amounts_are_in_the_currency_of_the_order(self):
        "Whatever the shop and the company are kept in"
        with self.transaction():
            self.get('currency.currency').create([{
                        'name': "Króna", 'code': 'ISK', 'symbol': 'kr',
                        'rounding': Decimal(1), 'digits': 0,
                        'rates': [('create', [{
                                        'date': dt.date(2020, 1, 1),
                                        'rate': Decimal(150)}])]}])
        id_ = self.enter_well(currency='ISK', shipping=['50'],
            lines=[('T001A', '2', '1500')])
        with self.transaction():
            sale = self.get('sale.sale')(id_)
            self.assertEqual(sale.currency.code, 'ISK')
            self.assertEqual(
                [l.unit_price for l in sale.lines], [1500, 50])
            self.assertEqual(sale.total_amount, 3660)

    def test_tax(self):
        document = json.loads(self.document(gross='21.40'))
        document['lines'][0].update(tax_rate='7', gross='21.40')
        status, _, _, reason = self.enter(json.dumps(document))
        self.assertEqual(status, Status.REJECTED)
        self.assertIn("charged 7 % tax", reason)
        self.assertIn("20 %", reason)

    def test_D8_a_unit_price_is_never_bent(self):
        "What is left between the totals becomes a visible line"
        id_ = self.enter_well(gross='24.02')
        with self.transaction():
            sale = self.get('sale.sale')(id_)
            self.assertEqual(sale.total_amount, Decimal('24.02'))
            line, adjustment = sale.lines
            self.assertEqual(line.unit_price, Decimal('10.0000'))
            self.assertEqual(adjustment.unit_price, Decimal('0.0200'))
            self.assertEqual(
                adjustment.description, "Adjustment to the total of the portal")

    def test_negative_residual_with_product(self):
        with self.transaction():
            adjustment = self.product('ADJ').id
        self.configure(ferry_adjustment_product=adjustment)
        id_ = self.enter_well(gross='23.97')
        with self.transaction():
            sale = self.get('sale.sale')(id_)
            self.assertEqual(sale.total_amount, Decimal('23.97'))
            self.assertEqual(sale.lines[-1].product.code, 'ADJ')
            self.assertEqual(len(sale.lines[-1].taxes), 0)

    def test_total_beyond_tolerance(self):
        reason = self.rejected(gross='24.06')
        self.assertIn('24.06', reason)
        self.assertIn('24.00', reason)
        self.configure(ferry_tolerance=Decimal('0.10'))
        self.enter_well(gross='24.06')

    def test_D6_tax_rounded_per_line_and_per_total(self):
        "The portal rounds tax per line, the ERP per document"
        document = json.loads(self.document(
                lines=[('T001A', '1', '0.99')] * 9))
        self.assertEqual(document['gross'], '10.71')
        id_ = self.enter_well(lines=[('T001A', '1', '0.99')] * 9)
        with self.transaction():
            sale = self.get('sale.sale')(id_)
            self.assertEqual(sale.total_amount, Decimal('10.71'))
            *lines, adjustment = sale.lines
            self.assertEqual(
                [l.unit_price for l in lines], [Decimal('0.99')] * 9)
            self.assertEqual(adjustment.amount, Decimal('0.02'))
            self.assertFalse(adjustment.taxes)

    def test_D1_a_discount_is_taken_off_before_the_tax(self):
        "100 less 20, taxed with 10 %, is 88"
        code = 'TEN%d' % self.count
        with self.transaction():
            cup = self.product('T001A').template
            tax, = self.get('account.tax').copy(
                list(cup.account_category.customer_taxes),
                default={'rate': Decimal('0.10'), 'name': "Ten"})
            category, = self.get('product.category').copy(
                [cup.account_category],
                default={'name': "Ten", 'customer_taxes': [tax.id]})
            self.get('product.template').create([{
                        'name': "Book", 'type': 'goods', 'salable': True,
                        'default_uom': cup.default_uom.id,
                        'sale_uom': cup.default_uom.id,
                        'list_price': Decimal(100),
                        'account_category': category.id,
                        'products': [('create', [{'suffix_code': code}])]}])
        document = json.loads(self.document(lines=[(code, '1', '80.00')]))
        document['lines'][0].update(tax_rate='10', gross='88.00')
        document.update(gross='88.00', payments=[{
                    'method': 'gift-card', 'state': 'Settled',
                    'amount': '88.00', 'transaction': 'G1'}])
        status, id_, _, reason = self.enter(json.dumps(document))
        self.assertEqual((status, reason), (Status.OK, ''))
        with self.transaction():
            sale = self.get('sale.sale')(id_)
            self.assertEqual(sale.untaxed_amount, Decimal('80.00'))
            self.assertEqual(sale.total_amount, Decimal('88.00'))
            # what a gift card pays is no part of the price
            self.assertEqual(len(sale.lines), 1)

    def test_unit_of_sale(self):
        "A portal sells in the sale unit: packs leave the stock as pieces"
        code = 'PACK%d' % self.count
        with self.transaction():
            cup = self.product('T001A').template
            pack, = self.get('product.uom').create([{
                        'name': "Pack of 6", 'symbol': 'P6',
                        'category': cup.default_uom.category.id,
                        'factor': 6., 'rate': round(1 / 6, 12),
                        'rounding': 1., 'digits': 0}])
            self.get('product.template').create([{
                        'name': "Cups", 'type': 'goods', 'salable': True,
                        'default_uom': cup.default_uom.id,
                        'sale_uom': pack.id, 'list_price': Decimal(2),
                        'account_category': cup.account_category.id,
                        'products': [('create', [{'suffix_code': code}])]}])
        id_ = self.enter_well(lines=[(code, '2', '10.00')])
        with self.transaction():
            line, = self.get('sale.sale')(id_).lines
            self.assertEqual((line.quantity, line.unit.symbol), (2, 'P6'))
            self.assertEqual(line.amount, Decimal('20.00'))
            move, = line.moves
            self.assertEqual(move.internal_quantity, 12)

    def test_surcharge(self):
        self.assertIn("Gift wrapping", self.rejected(surcharges=['2.50']))
        with self.transaction():
            adjustment = self.product('ADJ').id
        self.configure(ferry_adjustment_product=adjustment)
        id_ = self.enter_well(surcharges=['2.50'])
        with self.transaction():
            line = self.get('sale.sale')(id_).lines[-1]
            self.assertEqual(line.description, "Gift wrapping")
            self.assertEqual(line.amount, Decimal('2.50'))

    def test_shipping_without_product(self):
        self.configure(ferry_shipping_product=None)
        reason = self.rejected(shipping=['5.00'])
        self.assertIn("no shipping product", reason)
        self.assertIn('"standard"', reason)
        self.enter_well(shipping=['0.00'])

    def test_broken_document(self):
        for document in ['', '[]', 'nonsense', '{"schema": "ferry.order/2"}',
                self.document().replace('"lines"', '"linen"'),
                self.document().replace('"10.00"', '"ten"')]:
            with self.subTest(document=document[:30]):
                status, _, _, reason = self.enter(document or ' ')
                self.assertEqual(status, Status.REJECTED)
                self.assertIn("cannot be read", reason)

    def test_kit(self):
        Template = self.get('product.template')
        code = 'KIT%d' % self.count
        with self.transaction():
            cup = self.product('T003A')
            Template.create([{
                        'name': "Set", 'type': 'kit',
                        'default_uom': cup.default_uom.id,
                        'sale_uom': cup.default_uom.id, 'salable': True,
                        'account_category': cup.template.account_category.id,
                        'list_price': Decimal(50),
                        'products': [('create', [{'suffix_code': code}])],
                        'components': [('create', [{
                                        'product': cup.id, 'quantity': 4,
                                        'unit': cup.default_uom.id}])]}])
        id_ = self.enter_well(lines=[(code, '2', '45.00')])
        with self.transaction():
            sale = self.get('sale.sale')(id_)
            self.assertEqual(sale.total_amount, Decimal('108.00'))
            self.assertEqual(sale.lines[0].components[0].quantity, 8)

    def test_carrier_cost_of_the_erp_does_not_count(self):
        with self.transaction():
            carrier, = self.get('party.party').create([{'name': "Carrier"}])
            carrier, = self.get('carrier').create([{
                        'party': carrier.id,
                        'carrier_product': self.product('SHIP').id}])
        try:
            self.configure(ferry_shipping_product=None)
            id_ = self.enter_well(shipping=['4.00'])
            with self.transaction():
                sale = self.get('sale.sale')(id_)
                self.assertEqual(sale.total_amount, Decimal('28.80'))
                self.assertEqual(len(sale.lines), 2)
        finally:
            with self.transaction():
                self.get('carrier').delete(self.get('carrier').search([]))

    def test_shipping_method_of_the_portal(self):
        "It may have a product and a carrier of its own"
        with self.transaction():
            carrier, = self.get('party.party').create([{'name': "Express"}])
            carrier, = self.get('carrier').create([{
                        'party': carrier.id,
                        'carrier_product': self.product('SHIP').id}])
            other = self.product('ADJ').id
            carrier = carrier.id
        try:
            self.configure(ferry_shipping_product=None,
                ferry_shipping_methods=[('create', [
                            {'code': 'standard', 'shipping_product': other,
                                'carrier': carrier},
                            {'code': 'other'}])])
            id_ = self.enter_well(shipping=['4.00'])
            with self.transaction():
                sale = self.get('sale.sale')(id_)
                self.assertEqual(sale.carrier.id, carrier)
                self.assertEqual(sale.shipments[0].carrier.id, carrier)
                self.assertEqual(sale.lines[1].product.code, 'ADJ')
                self.assertEqual(sale.total_amount, Decimal('28.80'))
        finally:
            # other tests have none
            self.sql("DELETE FROM ferry_shipping_method; "
                "UPDATE sale_sale SET carrier = NULL; "
                "UPDATE stock_shipment_out SET carrier = NULL")
            with self.transaction():
                self.get('carrier').delete(self.get('carrier').search([]))

    def test_customer_reference(self):
        id_ = self.enter_well(customer_reference='PO 4711')
        with self.transaction():
            sale = self.get('sale.sale')(id_)
            self.assertEqual(sale.reference, self.reference)
            self.assertEqual(sale.description, 'PO 4711')

    def test_unknown_channel(self):
        status, _, _, reason = entry.enter(
            self.database, 4711, self.reference, self.document())
        self.assertEqual(status, Status.UNSUPPORTED)
        self.assertIn('4711', reason)

    def test_order_user(self):
        User = self.get('res.user')
        ModelData = self.get('ir.model.data')
        with self.transaction():
            allowed, denied = User.create([{
                        'name': "Clerk", 'login': 'clerk%d' % self.count,
                        'companies': [('add', [self.company])],
                        'company': self.company,
                        'groups': [('add', [
                                    ModelData.get_id('sale', 'group_sale')])],
                        }, {
                        'name': "Nobody", 'login': 'nobody%d' % self.count,
                        'companies': [('add', [self.company])],
                        'company': self.company,
                        }])
            allowed, denied = allowed.id, denied.id
        self.configure(ferry_order_user=denied)
        status, _, _, reason = self.enter()
        self.assertEqual(status, Status.REJECTED)
        self.assertIn("not allowed to access", reason)
        self.configure(ferry_order_user=allowed)
        id_ = self.enter_well()
        with self.transaction():
            self.assertEqual(
                self.get('sale.sale')(id_).create_uid.id, allowed)

    def test_busy(self):
        def locked(*args):
            raise backend.DatabaseOperationalError('locked')
        with patch.object(entry, '_find_sale', locked), \
                patch.object(entry.time, 'sleep'):
            status, _, _, reason = self.enter()
        self.assertEqual((status, reason), (Status.BUSY, 'locked'))

    def test_race_lost_with_the_last_retry(self):
        "What was busy until then is busy still, not without an answer"
        for others, expected in [
                ([SQLConstraintError('taken')], Status.BUSY),
                ([SQLConstraintError('taken')] * 2, Status.BUSY),
                ([SQLConstraintError('taken')] * 3, Status.REJECTED),
                ]:
            retries = config.getint('database', 'retry') + 1
            busy = [backend.DatabaseOperationalError('locked')] * (
                retries - len(others))
            with self.subTest(lost=len(others)), \
                    patch.object(entry.time, 'sleep'), \
                    patch.object(entry, '_find_sale') as find:
                find.side_effect = busy + others
                self.assertEqual(self.enter(), (expected, 0, '', 'taken'))

    def test_defect(self):
        with patch.object(entry.Entry, 'adjust', side_effect=ZeroDivisionError), \
                self.assertLogs('ferry', 'ERROR'):
            status, _, _, reason = self.enter()
        self.assertEqual(status, Status.REJECTED)
        self.assertIn("see the log of the server", reason)
        self.enter_well()

    def test_worker_processes(self):
        "With a queue worker the order stays confirmed for it"
        from trytond.ir import queue
        with patch.object(queue, 'has_worker', True):
            id_ = self.enter_well()
        with self.transaction():
            self.assertEqual(self.get('sale.sale')(id_).state, 'confirmed')
            self.assertTrue(self.get('ir.queue').search(
                    [('dequeued_at', '=', None)]))

    def test_shop_settings(self):
        from trytond.modules.ferry.exceptions import ShopSettingsError
        for values, expected in [
                ({'ferry_base_url': 'shop.example'}, "base URL"),
                ({'ferry_batch_cap': 0}, "Batch Cap"),
                ({'ferry_safety_stock': Decimal(-1)}, "Safety Stock"),
                ({'ferry_settings': '{"a": '}, "Other Settings"),
                ({'ferry_settings': '{"base_url": "x"}'}, "Base URL"),
                ]:
            with self.subTest(values=values):
                with self.assertRaisesRegex(ShopSettingsError, expected):
                    self.configure(**values)

    def test_channel(self):
        self.configure(ferry_order_states=' Paid, Shipped ',
            ferry_safety_stock=Decimal('2.50'),
            ferry_settings='{"rate_per_second": 5}')
        (name, connector, active, settings), = self.sql(
            'SELECT name, connector, active, settings FROM ferry.channel '
            'WHERE id = %s', self.shop)
        self.assertEqual((connector, active), ('vendure', True))
        self.assertEqual(settings, {
                'base_url': 'https://shop.example/admin-api',
                'username': 'erp', 'password': 'portal',
                'poll_interval': 30, 'batch_cap': 100, 'safety_stock': '2.5',
                'order_states': ['Paid', 'Shipped'],
                'total_tolerance': '0.05', 'rate_per_second': 5,
                'customers': 'orders',
                'locations': {'WH': '1'}})
        Shop = self.get('web.shop')
        with self.transaction():
            Shop.write([Shop(self.shop)], {'active': False})
        self.assertEqual(self.sql('SELECT active FROM ferry.channel '
                'WHERE id = %s', self.shop), [(False,)])
        with self.transaction():
            with_orders = self.create_shop().id
        self.sql("INSERT INTO ferry.portal_order (channel, reference, "
            "portal_id, placed_at, portal_state, open, cancelled, document, "
            "fingerprint, state, first_seen_at, last_seen_at) VALUES "
            "(%s, 'x', 'x', now(), 'x', true, false, '{}', 1, 'waiting', "
            "now(), now())", with_orders)
        with self.transaction():
            Shop.delete([Shop(self.shop), Shop(with_orders)])
        self.assertEqual(self.sql(
                'SELECT id, active FROM ferry.channel WHERE id = ANY(%s)',
                [self.shop, with_orders]), [(with_orders, False)])

    def test_warehouse_needs_code(self):
        from trytond.modules.ferry.exceptions import ShopSettingsError
        Location = self.get('stock.location')
        with self.assertRaisesRegex(ShopSettingsError, "has no code"):
            with self.transaction():
                warehouse, = Location.search([('type', '=', 'warehouse')])
                Location.write([warehouse], {'code': None})

    def test_screens(self):
        "Every model of the screens reads its table"
        self.sql("INSERT INTO ferry.run (channel, job, mode, started_at, "
            "finished_at, holder, inbound, unchanged) VALUES (%s, 'stock', "
            "'full', now(), now(), 'h', 50, 50)", self.shop)
        self.sql("INSERT INTO ferry.job (channel, job, paused, last_run, "
            "last_error, last_error_at) VALUES (%s, 'stock', true, "
            "(SELECT max(id) FROM ferry.run), 'portal down', now())",
            self.shop)
        self.sql("INSERT INTO ferry.publication (channel, feed, key, label, "
            "desired, fingerprint, state, reason, run, changed_at) VALUES "
            "(%s, 'stock', (SELECT id FROM product_product WHERE code = "
            "'T001A'), 'T001A', '{}', 1, 'dead', 'no such SKU', 1, now())",
            self.shop)
        self.sql("INSERT INTO ferry.exchange (channel, job, started_at, "
            "finished_at, requests, keys, verdicts, status, request, reply) "
            "VALUES (%s, 'stock', now(), now(), 1, '{7,8}', "
            "'{rejected,delivered}', 200, 'q', 'a')", self.shop)
        self.sql("INSERT INTO ferry.reconciliation (channel, feed, heal, "
            "by_person, phase, finished_at, listed, agreed, differing, "
            "variance) VALUES (%s, 'stock', false, false, 'finished', now(), "
            "4, 3, 1, 7)", self.shop)
        self.sql("INSERT INTO ferry.reconciliation_finding (reconciliation, "
            "kind, state, label, key, part, acknowledged, shown, variance) "
            "SELECT max(id), 'differing', s, 'T001A', 1, 0, '{}', '{}', 7 "
            "FROM ferry.reconciliation, (VALUES ('confirmed'), "
            "('explained')) v(s) GROUP BY s")
        with self.transaction(user=1, _check_access=True, companies=[
                    self.company]):
            shop = self.get('web.shop')(self.shop)
            job, = shop.ferry_jobs
            self.assertTrue(shop.ferry_paused)
            self.assertIn("Stock", shop.ferry_status)
            self.assertEqual(job.rec_name, "%s: Stock" % shop.rec_name)
            self.assertEqual((job.waiting, job.attention), (0, 1))
            self.assertEqual(job.last_run.inbound, 50)
            publication, = self.get('ferry.publication').search([
                    ('shop', '=', self.shop)])
            self.assertEqual(publication.product.code, 'T001A')
            self.assertEqual(publication.rec_name, "Stock: T001A")
            again, = self.get('ferry.publication').search([
                    ('id', '=', publication.id)])
            self.assertEqual(again, publication)
            exchange, = self.get('ferry.exchange').search([
                    ('shop', '=', self.shop)])
            self.assertEqual(exchange.items, 2)
            self.assertEqual(exchange.verdicts, 'rejected, delivered')
            run, = self.get('ferry.run').search([('shop', '=', self.shop)])
            self.assertEqual(run.duration, 0)
            reconciliation, = self.get('ferry.reconciliation').search([
                    ('shop', '=', self.shop)])
            self.assertEqual(reconciliation.parity, 75)
            self.assertEqual(reconciliation.variance, 7)
            finding, = reconciliation.findings
            self.assertEqual(finding.rec_name, 'T001A')
            self.assertIn("Stock", reconciliation.rec_name)

    def test_only_the_group_may_press_buttons(self):
        User = self.get('res.user')
        ModelData = self.get('ir.model.data')
        with self.transaction():
            clerk, = User.create([{
                        'name': "Clerk", 'login': 'other%d' % self.count,
                        'groups': [('add', [
                                    ModelData.get_id('sale', 'group_sale')])],
                        'companies': [('add', [self.company])],
                        'company': self.company,
                        }])
            clerk = clerk.id
        Shop = self.get('web.shop')
        from trytond.exceptions import UserError
        with self.transaction(user=clerk, _check_access=True,
                companies=[self.company]):
            self.get('ferry.run').search([])
            with self.assertRaises(UserError):
                Shop.ferry_sync([Shop(self.shop)])


