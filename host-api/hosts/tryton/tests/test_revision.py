# This file is part of Ferry.  The LICENSE file at the top level of this
# repository contains the full license terms.
import datetime as dt
import json
import threading
from decimal import Decimal
from unittest.mock import patch

from trytond.ir import queue
from trytond.modules.ferry import match, revision
from trytond.modules.ferry.abi import Status
from trytond.modules.ferry.refund import Refund
from trytond.modules.ferry.tests.tools import PATIENCE, OrderCase


def refund(gross, lines=(), id_='5', shipping='0.00', **values):
    return dict({
            'refund': id_, 'at': '2026-12-01T10:00:00Z',
            'reason': "Came back", 'gross': gross, 'shipping': shipping,
            'lines': [{'line': line, 'sku': sku, 'quantity': quantity}
                for line, sku, quantity in lines]}, **values)


class RevisionCase(OrderCase):

    def changed(self, document=None, **values):
        "A document with other members"
        return json.dumps(dict(
                json.loads(document or self.document()), **values))

    def revise(self, document):
        return revision.revise(
            self.database, self.shop, self.reference, document)

    def revise_well(self, document, id_):
        status, found, number, reason = self.revise(document)
        self.assertEqual((status, reason), (Status.OK, ''))
        self.assertEqual(found, id_)
        before = self.everything()
        self.assertEqual(self.revise(document)[0], Status.OK)
        self.assertEqual(self.everything(), before)

    def refused(self, document):
        before = self.everything()
        status, id_, number, reason = self.revise(document)
        self.assertEqual(status, Status.REJECTED, reason)
        self.assertEqual(id_, 0)
        self.assertNotIn('\n', reason)
        self.assertIn(self.reference, reason)
        self.assertTrue(reason.endswith('.'), reason)
        self.assertEqual(self.everything(), before)
        return reason

    def everything(self):
        "What there is of sales and what comes of them, to the last write"
        return [self.sql('SELECT * FROM %s ORDER BY id' % table)
            for table in ['sale_sale', 'sale_line', 'stock_move',
                'stock_shipment_out', 'stock_shipment_out_return',
                'account_invoice', 'party_address']]

    def enter_confirmed(self, **values):
        "As with a queue worker that has not processed it yet"
        with patch.object(queue, 'has_worker', True):
            return self.enter_well(**values)

    def returns(self, id_):
        "To be called in a transaction"
        return self.get('sale.sale').search(
            [('origin', '=', 'sale.sale,%d' % id_)], order=[('id', 'ASC')])

    def lines(self, sale):
        return [(l.product.code if l.product else None, l.quantity,
                l.unit_price) for l in sale.lines]

    def ship(self, id_, until='done'):
        Shipment = self.get('stock.shipment.out')
        with self.transaction():
            shipment, = self.get('sale.sale')(id_).shipments
            Shipment.assign_force([shipment])
            for step in ['pick', 'pack', 'done']:
                if until == 'assign':
                    break
                getattr(Shipment, step)([shipment])
                if step == until:
                    break
            return shipment.number

    def post(self, id_, number):
        "As far as it can be seen: posting would need a fiscal year"
        with self.transaction():
            invoice, = self.get('sale.sale')(id_).invoices
            invoice = invoice.id
        self.sql("UPDATE account_invoice SET state = 'posted', number = %s "
            "WHERE id = %s", number, invoice)

    def return_by_hand(self, id_, quantity=None):
        "As the wizard does"
        Sale, Line = self.get('sale.sale'), self.get('sale.line')
        with self.transaction():
            returned, = Sale.copy([Sale(id_)],
                default={'origin': 'sale.sale,%d' % id_})
            returned = Sale(returned.id)
            for line in returned.lines:
                line.quantity = -(quantity or line.quantity)
            Line.save(returned.lines)
            return returned.id

    def forecast(self, code='T001A'):
        with self.transaction():
            warehouse, = self.get('stock.location').search(
                [('type', '=', 'warehouse')])
            warehouse = warehouse.id
        with self.transaction(locations=[warehouse], stock_date_end=None):
            return self.product(code).forecast_quantity


class AmendmentTestCase(RevisionCase):

    def test_no_sale(self):
        self.assertEqual(self.revise(self.document())[0], Status.NOT_FOUND)
        with self.transaction():
            self.assertFalse(self.get('sale.sale').search(
                    [('reference', '=', self.reference)]))

    def test_the_sale_remembers(self):
        document = self.document()
        id_ = self.enter_well()
        with self.transaction():
            Sale = self.get('sale.sale')
            self.assertEqual(Sale(id_).ferry_document, document)
            copy, = Sale.copy([Sale(id_)])
            self.assertIsNone(copy.ferry_document)

    def test_B6_what_is_no_change_of_the_order_changes_nothing(self):
        id_ = self.enter_confirmed()
        document = json.loads(self.document())
        document['state'] = 'PartiallyShipped'
        document['payments'] = [{'method': 'card', 'state': 'Settled',
                'amount': '24.00', 'transaction': 'T'}]
        document['lines'][0].update(open_quantity='0', gross='24.01')
        document['customer']['phone'] = '1'
        with self.transaction():
            # a person corrected where it goes
            sale = self.get('sale.sale')(id_)
            before = self.lines(sale)
            address, = self.get('party.address').create([{
                        'party': sale.party.id, 'street': "Other"}])
            self.get('sale.sale').write(
                [sale], {'shipment_address': address.id})
        self.revise_well(json.dumps(document), id_)
        with self.transaction():
            sale = self.get('sale.sale')(id_)
            self.assertEqual(self.lines(sale), before)
            self.assertEqual(sale.state, 'confirmed')
            self.assertEqual(sale.shipment_address.street, "Other")
            self.assertEqual(
                json.loads(sale.ferry_document)['state'], 'PartiallyShipped')

    def test_E5_an_order_that_is_edited_is_followed(self):
        id_ = self.enter_confirmed(
            lines=[('T001A', '2', '10.00'), ('T002A', '1', '3.00')],
            shipping=['5.00'])
        with self.transaction():
            number = self.get('sale.sale')(id_).number
        document = json.loads(self.document(lines=[
                    ('T001A', '3', '9.50'), ('T003A', '1', '7.00')],
                shipping=['6.00'], gross='49.79'))
        document['delivery_address'].update(name="Eve", phone='0123')
        with patch.object(queue, 'has_worker', True):
            self.revise_well(json.dumps(document), id_)
        with self.transaction():
            sale = self.get('sale.sale')(id_)
            self.assertEqual((sale.state, sale.number), ('confirmed', number))
            self.assertEqual(self.lines(sale), [
                    ('T001A', 3, Decimal('9.5000')),
                    ('T003A', 1, Decimal('7.0000')),
                    ('SHIP', 1, Decimal('6.0000')),
                    (None, 1, Decimal('-0.0100'))])
            self.assertEqual(sale.total_amount, Decimal('49.79'))
            self.assertEqual(sale.shipment_address.party_name, "Eve")
            self.assertEqual(sale.invoice_address.party_name, "Ada Byron")
        # and once more, now from what it was made of the second time
        with patch.object(queue, 'has_worker', True):
            self.revise_well(self.document(), id_)
        with self.transaction():
            self.assertEqual(self.lines(self.get('sale.sale')(id_)),
                [('T001A', 2, Decimal('10.0000'))])

    def test_of_a_draft_and_a_quotation(self):
        for state in ['draft', 'quotation']:
            with self.subTest(state=state):
                self.setUp()
                id_ = self.enter_confirmed()
                with self.transaction():
                    Sale = self.get('sale.sale')
                    Sale.draft([Sale(id_)])
                    if state == 'quotation':
                        Sale.quote([Sale(id_)])
                self.revise_well(
                    self.document(lines=[('T001A', '1', '10.00')]), id_)
                with self.transaction():
                    sale = Sale(id_)
                    self.assertEqual(sale.state, 'processing')
                    self.assertEqual(sale.total_amount, Decimal('12.00'))

    def test_that_cannot_be_entered(self):
        id_ = self.enter_confirmed()
        self.assertIn('"NIX"', self.refused(
                self.document(lines=[('NIX', '1', '1.00')])))
        self.assertIn('24.06', self.refused(
                self.document(lines=[('T001A', '1', '20.00')], gross='24.06')))

    def test_E5_once_processing_a_person_decides(self):
        id_ = self.enter_well()
        document = self.document(
            lines=[('T001A', '3', '10.00'), ('T002A', '1', '5.00')])
        reason = self.refused(document)
        self.assertIn('Processing', reason)
        self.assertIn('line 77 (T001A): quantity 2 → 3', reason)
        self.assertIn('line 78 (T002A): quantity 0 → 1', reason)
        Sale, Line = self.get('sale.sale'), self.get('sale.line')
        with self.transaction():
            # the remedy: another sale with what is more
            more, = Sale.copy([Sale(id_)], default={
                    'lines': None, 'origin': 'sale.sale,%d' % id_})
            for code, price in [('T001A', 10), ('T002A', 5)]:
                line = Line(sale=more, product=self.product(code),
                    quantity=1)
                line.on_change_product()
                line.unit_price = Decimal(price)
                line.save()
        self.revise_well(document, id_)

    def test_E5_less_of_a_sale_that_is_processing(self):
        "And paid back: the return that a person entered is the refund's"
        id_ = self.enter_well()
        document = json.loads(self.document(lines=[('T001A', '1', '10.00')]))
        self.refused(json.dumps(document))
        document['refunds'] = [refund('12.00')]
        self.refused(json.dumps(document))
        by_hand = self.return_by_hand(id_, 1)
        self.revise_well(json.dumps(document), id_)
        with self.transaction():
            returned, = self.returns(id_)
            self.assertEqual(returned.id, by_hand)
            self.assertEqual(returned.web_id, match.refund_web_id(
                    self.shop, self.reference, '5'))

    def test_edited_on_both_sides(self):
        id_ = self.enter_confirmed()
        Sale, Line = self.get('sale.sale'), self.get('sale.line')

        def edit(quantity):
            with self.transaction():
                if Sale(id_).state != 'draft':
                    Sale.draft([Sale(id_)])
                Line.write(list(Sale(id_).lines), {'quantity': quantity})
        edit(4)
        document = self.document(lines=[('T001A', '5', '10.00')])
        reason = self.refused(document)
        self.assertIn('quantity 2 → 5', reason)
        edit(5)
        self.revise_well(document, id_)
        with self.transaction():
            self.assertEqual(Sale(id_).state, 'draft')
            self.assertEqual(Sale(id_).ferry_document, document)

    def test_contact_after_the_parcel_has_left(self):
        id_ = self.enter_well()
        self.ship(id_)
        document = json.loads(self.document())
        document['delivery_address'].update(name="Eve", phone='+49 89 123')
        reason = self.refused(json.dumps(document))
        self.assertIn(
            'name of the delivery address "Ada Byron" → "Eve"', reason)
        self.assertIn('phone of the delivery address "" → "+49 89 123"',
            reason)
        Address = self.get('party.address')
        with self.transaction():
            sale = self.get('sale.sale')(id_)
            Address.write([sale.shipment_address], {'party_name': "Eve"})
            party = sale.party.id
        reason = self.refused(json.dumps(document))
        with self.transaction():
            self.get('party.contact_mechanism').create([{
                        'party': party, 'type': 'phone',
                        'value': '+49 (89) 123'}])
        # the invoice address was the same record and was left alone
        self.revise_well(json.dumps(document), id_)

    def test_total_alone(self):
        id_ = self.enter_well()
        self.revise_well(self.document(gross='24.03'), id_)
        self.assertIn('total 24.03 → 30',
            self.refused(self.document(gross='30.00')))

    def test_cancelled_here(self):
        id_ = self.enter_confirmed()
        with self.transaction():
            Sale = self.get('sale.sale')
            Sale.draft([Sale(id_)])
            Sale.cancel([Sale(id_)])
        document = self.document(lines=[('T001A', '1', '10.00')])
        self.assertIn("is cancelled", self.refused(document))
        self.revise_well(self.document(), id_)
        self.revise_well(self.changed(document, cancelled=True), id_)

    def test_sale_from_before(self):
        "What it was made of is not known: only what is said to be new counts"
        id_ = self.enter_confirmed()
        self.sql('UPDATE sale_sale SET ferry_document = NULL WHERE id = %s',
            id_)
        document = self.document(lines=[('T001A', '9', '10.00')])
        self.revise_well(document, id_)
        with self.transaction():
            sale = self.get('sale.sale')(id_)
            self.assertEqual(sale.lines[0].quantity, 2)
            self.assertEqual(sale.ferry_document, document)
        self.revise_well(self.changed(document, cancelled=True), id_)
        with self.transaction():
            self.assertEqual(self.get('sale.sale')(id_).state, 'cancelled')

    def test_keyed_sale(self):
        Sale = self.get('sale.sale')
        id_ = self.enter_confirmed()
        document = self.document()
        # as a person would have keyed it
        self.sql('UPDATE sale_sale SET web_id = NULL, web_shop = NULL, '
            'ferry_document = NULL WHERE id = %s', id_)
        self.assertEqual(self.enter_well(), id_)
        with self.transaction():
            self.assertEqual(Sale(id_).ferry_document, document)
        self.revise_well(self.document(lines=[('T001A', '1', '10.00')]), id_)
        with self.transaction():
            self.assertEqual(Sale(id_).total_amount, Decimal('12.00'))

    def test_broken_document(self):
        id_ = self.enter_confirmed()
        document = json.loads(self.document())
        for broken in ['[]', 'nonsense',
                self.document().replace('"lines"', '"linen"'),
                json.dumps(dict(document, refunds=[{'refund': '5'}])),
                json.dumps(dict(document, refunds=[refund('-1.00')])),
                json.dumps(dict(
                        document, refunds=[refund('1.00'), refund('2.00')]))]:
            with self.subTest(document=broken[:40]):
                self.assertIn("cannot be read", self.refused(broken))

    def test_order_user(self):
        "Who may enter sales may follow the portal"
        ModelData = self.get('ir.model.data')
        with self.transaction():
            clerk, = self.get('res.user').create([{
                        'name': "Clerk", 'login': 'revise%d' % self.count,
                        'companies': [('add', [self.company])],
                        'company': self.company,
                        'groups': [('add', [
                                    ModelData.get_id('sale', 'group_sale')])],
                        }])
            clerk = clerk.id
        self.configure(ferry_order_user=clerk)
        id_ = self.enter_confirmed()
        with patch.object(queue, 'has_worker', True):
            self.revise_well(
                self.document(lines=[('T001A', '1', '10.00')]), id_)
        with self.transaction():
            Sale = self.get('sale.sale')
            Sale.process([Sale(id_)])
        document = json.loads(self.document(lines=[('T001A', '1', '10.00')]))
        document['refunds'] = [refund('12.00', [('77', 'T001A', '1')])]
        self.revise_well(json.dumps(document), id_)
        with self.transaction():
            returned, = self.returns(id_)
            self.assertEqual(returned.create_uid.id, clerk)
        self.revise_well(
            self.changed(json.dumps(document), cancelled=True), id_)


class CancellationTestCase(RevisionCase):

    def cancelled(self, **values):
        return self.changed(cancelled=True, **values)

    def test_before_it_is_processed(self):
        Sale = self.get('sale.sale')
        for steps in [[], ['draft'], ['draft', 'quote']]:
            with self.subTest(steps=steps):
                self.setUp()
                id_ = self.enter_confirmed()
                with self.transaction():
                    for step in steps:
                        getattr(Sale, step)([Sale(id_)])
                self.revise_well(self.cancelled(
                        lines=[], net='0.00', gross='0.00'), id_)
                with self.transaction():
                    self.assertEqual(Sale(id_).state, 'cancelled')

    def test_C5_before_it_is_shipped_nothing_stays_reserved(self):
        for until in [None, 'assign']:
            with self.subTest(until=until):
                self.setUp()
                before = self.forecast()
                id_ = self.enter_well()
                self.assertEqual(self.forecast(), before - 2)
                if until:
                    self.ship(id_, until)
                self.revise_well(self.cancelled(), id_)
                self.assertEqual(self.forecast(), before)
                with self.transaction():
                    Sale = self.get('sale.sale')
                    # nor does it come back
                    Sale.process([Sale(id_)])
                    sale = Sale(id_)
                    self.assertEqual(sale.state, 'done')
                    self.assertEqual(
                        {s.state for s in sale.shipments}, {'cancelled'})
                    self.assertEqual(
                        {i.state for i in sale.invoices}, {'cancelled'})
                    self.assertEqual(sale.invoice_state, 'none')

    def test_kit(self):
        code = 'KIT%d' % self.count
        before = self.forecast('T003A')
        with self.transaction():
            cup = self.product('T003A')
            self.get('product.template').create([{
                        'name': "Set", 'type': 'kit',
                        'default_uom': cup.default_uom.id,
                        'sale_uom': cup.default_uom.id, 'salable': True,
                        'account_category': cup.template.account_category.id,
                        'list_price': Decimal(50),
                        'products': [('create', [{'suffix_code': code}])],
                        'components': [('create', [{
                                        'product': cup.id, 'quantity': 4,
                                        'unit': cup.default_uom.id}])]}])
        lines = [(code, '2', '45.00')]
        id_ = self.enter_well(lines=lines)
        document = self.document(lines=lines)
        self.revise_well(self.changed(document,
                refunds=[refund('54.00', [('77', code, '1')])]), id_)
        with self.transaction():
            returned, = self.returns(id_)
            component, = returned.lines[0].components
            self.assertEqual(component.quantity, -4)
        self.revise_well(self.changed(document, cancelled=True,
                refunds=[refund('54.00', [('77', code, '1')])]), id_)
        self.assertEqual(self.forecast('T003A'), before)

    def test_what_has_left_is_not_cancelled(self):
        for until in ['pick', 'pack', 'done']:
            with self.subTest(until=until):
                self.setUp()
                id_ = self.enter_well()
                number = self.ship(id_, until)
                reason = self.refused(self.cancelled())
                self.assertIn('%s (' % number, reason)

    def test_what_is_invoiced_is_not_cancelled(self):
        id_ = self.enter_well()
        self.post(id_, 'I7')
        self.assertIn('I7 (Posted)', self.refused(self.cancelled()))

    def test_a_shipment_with_goods_of_another_sale(self):
        id_ = self.enter_well()
        reference, self.reference = self.reference, self.reference + 'X'
        other = self.enter_well()
        self.reference = reference
        with self.transaction():
            Sale, Move = self.get('sale.sale'), self.get('stock.move')
            shipment, = Sale(id_).shipments
            Move.write([m for m in Sale(other).moves],
                {'shipment': str(shipment)})
            number = shipment.number
        self.assertIn(number, self.refused(self.cancelled()))

    def test_shipped_and_come_back(self):
        "Then nothing is left of it"
        id_ = self.enter_well()
        self.ship(id_)
        self.refused(self.cancelled())
        self.return_by_hand(id_)
        self.revise_well(self.cancelled(), id_)

    def test_cancelled_by_hand_before(self):
        id_ = self.enter_well()
        with self.transaction():
            sale = self.get('sale.sale')(id_)
            self.get('stock.shipment.out').cancel(sale.shipments)
        # the goods would be sent again: Tryton waits for an answer
        self.revise_well(self.cancelled(), id_)
        with self.transaction():
            self.assertEqual(self.get('sale.sale')(id_).state, 'done')

    def test_before_it_was_entered(self):
        status, _, _, reason = self.enter(self.cancelled())
        self.assertEqual(status, Status.REJECTED)
        self.assertIn("was cancelled on the portal", reason)


class RefundTestCase(RevisionCase):

    def refunded(self, *refunds, document=None, **values):
        return self.changed(document, refunds=list(refunds), **values)

    def test_E1_what_comes_back_is_returned(self):
        values = {'lines': [('T001A', '3', '10.00'), ('T002A', '1', '3.3333')],
            'shipping': ['5.00']}
        id_ = self.enter_well(**values)
        self.ship(id_)
        document = self.refunded(
            refund('28.01', [('77', 'T001A', '2')], shipping='4.00'),
            document=self.document(**values))
        self.revise_well(document, id_)
        with self.transaction():
            sale = self.get('sale.sale')(id_)
            returned, = self.returns(id_)
            self.assertEqual(self.lines(returned), [
                    ('T001A', -2, Decimal('10.0000')),
                    ('SHIP', -1, Decimal('3.3333')),
                    (None, 1, Decimal('-0.0100'))])
            self.assertEqual(returned.total_amount, Decimal('-28.01'))
            self.assertEqual(returned.lines[0].taxes, sale.lines[0].taxes)
            for field in ['party', 'invoice_address', 'shipment_address',
                    'currency', 'payment_term', 'company', 'warehouse']:
                self.assertEqual(
                    getattr(returned, field), getattr(sale, field), field)
            self.assertEqual(returned.state, 'processing')
            self.assertEqual(returned.reference, self.reference + '/5')
            self.assertEqual(returned.description, "Came back")
            self.assertEqual(str(returned.sale_date), '2026-12-01')
            self.assertIsNone(returned.ferry_document)
            # the warehouse decides where they go
            shipment, = returned.shipment_returns
            self.assertEqual(shipment.state, 'draft')
            invoice, = returned.invoices
            self.assertEqual(invoice.total_amount, Decimal('-28.01'))
        # the rest, with an address of the refund that was never settled
        more = json.loads(document)
        more['refunds'].append(refund('16.00', [
                    ('77', 'T001A', '1'), ('78', 'T002A', '1')], '6', at=''))
        self.revise_well(json.dumps(more), id_)
        with self.transaction():
            self.assertEqual(
                [r.total_amount for r in self.returns(id_)],
                [Decimal('-28.01'), Decimal('-16.00')])

    def test_what_came_back_was_sold_at_what_is_remembered(self):
        """The portal takes what came back off the line, and tells its price
        only to the cents of what is left"""
        id_ = self.enter_well(lines=[('T001A', '10', '10.0133')])
        self.ship(id_)
        document = json.loads(
            self.document(lines=[('T001A', '10', '10.0100')]))
        line, = document['lines']
        line['returned'] = '3'
        # nothing was paid back yet
        self.revise_well(json.dumps(document), id_)
        with self.transaction():
            self.assertFalse(self.returns(id_))
        document['refunds'] = [refund('36.05', [('77', 'T001A', '3')])]
        self.revise_well(json.dumps(document), id_)
        with self.transaction():
            returned, = self.returns(id_)
            self.assertEqual(returned.total_amount, Decimal('-36.05'))
            self.assertEqual(
                self.lines(returned), [('T001A', -3, Decimal('10.0133'))])
            memory = json.loads(self.get('sale.sale')(id_).ferry_document)
            self.assertEqual(memory['lines'][0]['unit_price'], '10.0133')
            self.assertEqual(memory['gross'], '120.16')
        # the rest: the portal does not know its price any more
        for name in ['unit_price', 'net', 'gross']:
            line[name] = '9.00'
        line['returned'] = '10'
        document.update(net='9.00', gross='9.00', refunds=[
                *document['refunds'],
                refund('84.11', [('77', 'T001A', '7')], '6')])
        self.revise_well(json.dumps(document), id_)
        with self.transaction():
            self.assertEqual(
                [r.total_amount for r in self.returns(id_)],
                [Decimal('-36.05'), Decimal('-84.11')])

    def test_what_was_cancelled_before_it_came_back_is_still_a_change(self):
        id_ = self.enter_well(lines=[('T001A', '10', '10.00')])
        self.ship(id_)
        document = json.loads(self.document(lines=[('T001A', '8', '10.00')]))
        document['lines'][0]['returned'] = '3'
        document['refunds'] = [refund('36.00', [('77', 'T001A', '3')])]
        self.assertIn('10 → 8', self.refused(json.dumps(document)))

    def test_money_alone(self):
        id_ = self.enter_well()
        document = self.refunded(refund('9.99'))
        self.assertIn('"Refund Product"', self.refused(document))
        with self.transaction():
            adjustment, refund_product = [
                self.product(c).id for c in ['ADJ', 'SHIP']]
        self.configure(ferry_adjustment_product=adjustment)
        self.revise_well(document, id_)
        self.configure(ferry_refund_product=refund_product)
        document = self.refunded(refund('9.99'), refund('1.20', id_='6'))
        self.revise_well(document, id_)
        with self.transaction():
            first, second = self.returns(id_)
            self.assertEqual(first.total_amount, Decimal('-9.99'))
            self.assertEqual(first.lines[0].product.code, 'ADJ')
            self.assertEqual(first.lines[0].description, "Came back")
            self.assertTrue(first.lines[0].taxes)
            self.assertEqual(
                self.lines(second), [('SHIP', -1, Decimal('1.0000'))])
            self.assertFalse(second.shipment_returns)

    def test_goods_that_are_not_restocked(self):
        "By the reason of the refund"
        with self.transaction():
            adjustment = self.product('ADJ').id
        self.configure(
            ferry_refund_product=adjustment,
            ferry_kept_reasons="damaged\n\nlost in transit")
        id_ = self.enter_well(lines=[('T001A', '3', '10.00')])
        self.ship(id_)
        self.revise_well(self.refunded(
                refund('12.00', [('77', 'T001A', '1')],
                    reason="Arrived DAMAGED"),
                refund('12.00', [('77', 'T001A', '1')], '6'),
                document=self.document(lines=[('T001A', '3', '10.00')])), id_)
        with self.transaction():
            kept, restocked = self.returns(id_)
            self.assertEqual([l.product.code for l in kept.lines], ['ADJ'])
            self.assertEqual(kept.total_amount, Decimal('-12.00'))
            self.assertFalse(kept.shipment_returns)
            self.assertEqual(
                self.lines(restocked), [('T001A', -1, Decimal('10.0000'))])
            self.assertTrue(restocked.shipment_returns)

    def test_shipping_alone(self):
        id_ = self.enter_well(shipping=['5.00'])
        self.revise_well(self.refunded(refund('6.00', shipping='6.00'),
                document=self.document(shipping=['5.00'])), id_)
        with self.transaction():
            returned, = self.returns(id_)
            self.assertEqual(
                self.lines(returned), [('SHIP', -1, Decimal('5.0000'))])

    def test_E2_a_refund_of_nothing_is_none(self):
        id_ = self.enter_well()
        self.revise_well(self.refunded(refund('0.00')), id_)
        with self.transaction():
            self.assertFalse(self.returns(id_))

    def test_E15_a_difference_is_no_balancing_line(self):
        "An exchange: two came back, one went out again"
        id_ = self.enter_well()
        document = self.refunded(refund('12.00', [('77', 'T001A', '2')]))
        reason = self.refused(document)
        self.assertIn('12.00', reason)
        self.assertIn('24.00', reason)
        self.assertIn('refund 5', reason)
        self.return_by_hand(id_, 1)
        self.revise_well(document, id_)
        with self.transaction():
            returned, = self.returns(id_)
            self.assertEqual(returned.total_amount, Decimal('-12.00'))

    def test_no_more_than_was_sold(self):
        id_ = self.enter_well()
        first = refund('12.00', [('77', 'T001A', '1')])
        self.revise_well(self.refunded(first), id_)
        reason = self.refused(self.refunded(
                first, refund('24.00', [('77', 'T001A', '2')], '6')))
        self.assertIn('refund 6, line 77 (T001A): 2 come back', reason)
        self.assertIn('only 1 can', reason)
        # not within one refund either
        self.refused(self.refunded(first, refund('24.00', [
                        ('77', 'T001A', '1'), ('77', 'T001A', '1')], '6')))
        self.assertIn('(T002A)', self.refused(self.refunded(
                    refund('12.00', [('78', 'T002A', '1')], '6'))))
        self.assertIn('1.5', self.refused(self.refunded(
                    refund('18.00', [('77', 'T001A', '1.5')], '6'))))
        self.return_by_hand(id_, 1)  # not of this refund: another total
        self.refused(self.refunded(
                first, refund('12.05', [('77', 'T001A', '1')], '6')))

    def test_what_ferry_paid_back_is_no_other_return(self):
        "Known by its number, also in parts, also beside one of its total"
        id_ = self.enter_well()
        by_hand = self.return_by_hand(id_, 1)
        with self.transaction():
            Sale = self.get('sale.sale')
            Sale.quote([Sale(by_hand)])
            number = Sale(by_hand).number
        first, second = [
            refund('6.00', id_=id_, reason="Damaged [%s]" % number)
            for id_ in ['5', '6']]
        self.revise_well(self.refunded(first), id_)
        self.revise_well(self.refunded(first, second), id_)
        with self.transaction():
            returned, = self.returns(id_)
            self.assertFalse(returned.web_id)
        # the same total, of a person on the portal
        other = refund('12.00', [('77', 'T001A', '1')], '7', reason="Also")
        for order in [[first, second, other], [other, first, second]]:
            self.revise_well(self.refunded(*order), id_)
            with self.transaction():
                _, returned = self.returns(id_)
                self.assertTrue(returned.web_id)

    def test_a_return_that_was_paid_back_is_no_amendment(self):
        "The portal's total does not say what was paid back"
        id_ = self.enter_well()
        self.ship(id_)
        by_hand = self.return_by_hand(id_, 1)
        with self.transaction():
            Sale = self.get('sale.sale')
            Sale.quote([Sale(by_hand)])
            number = Sale(by_hand).number
        address = dict(json.loads(self.document())['delivery_address'],
            phone='+49 1')
        reason = self.refused(self.refunded(
                refund('12.00', reason="[%s]" % number),
                delivery_address=address))
        self.assertIn('+49 1', reason)
        with self.transaction():
            party = self.get('sale.sale')(id_).party
            self.get('party.contact_mechanism').create([{
                        'party': party.id, 'type': 'phone', 'value': '+49 1'}])
        self.revise_well(self.refunded(
                refund('12.00', reason="[%s]" % number),
                delivery_address=address), id_)

    def test_one_product_on_two_lines(self):
        "Each comes back for what it was sold for"
        lines = [('T001A', '1', '10.00'), ('T001A', '1', '8.00')]
        id_ = self.enter_well(lines=lines)
        document = self.document(lines=lines)
        first = refund('9.60', [('78', 'T001A', '1')])
        self.revise_well(self.refunded(first, document=document), id_)
        second = refund('12.00', [('77', 'T001A', '1')], '6')
        self.revise_well(self.refunded(first, second, document=document), id_)
        with self.transaction():
            self.assertEqual(
                [self.lines(r) for r in self.returns(id_)],
                [[('T001A', -1, 8)], [('T001A', -1, 10)]])

    def test_D5_in_the_currency_of_the_order(self):
        with self.transaction():
            adjustment = self.product('ADJ').id
            self.get('currency.currency').create([{
                        'name': "Yen", 'code': 'JPY', 'symbol': '¥',
                        'rounding': Decimal(1), 'digits': 0,
                        'rates': [('create', [{
                                        'date': dt.date(2020, 1, 1),
                                        'rate': Decimal(150)}])]}])
        self.configure(ferry_refund_product=adjustment)
        values = {'currency': 'JPY', 'lines': [('T001A', '2', '1500')]}
        id_ = self.enter_well(**values)
        self.revise_well(self.refunded(
                refund('1800', [('77', 'T001A', '1')]),
                refund('1001', id_='6'),
                document=self.document(**values)), id_)
        with self.transaction():
            self.assertEqual(
                [(r.total_amount, r.currency.code) for r in self.returns(id_)],
                [(-1800, 'JPY'), (-1001, 'JPY')])

    def test_quotation(self):
        self.configure(ferry_confirm_returns=False)
        id_ = self.enter_well()
        self.revise_well(self.refunded(
                refund('12.00', [('77', 'T001A', '1')])), id_)
        with self.transaction():
            returned, = self.returns(id_)
            self.assertEqual(returned.state, 'quotation')

    def test_hand_made_shops_confirm(self):
        with self.transaction():
            self.assertTrue(
                self.get('web.shop')(self.shop).ferry_confirm_returns)

    def test_B4_cancelled_and_refunded_in_any_order(self):
        "Before it is shipped: there is nothing to return"
        back = refund('24.00', [('77', 'T001A', '2')])
        for steps in [
                [self.cancelled(), self.cancelled(back)],
                [self.refunded(back), self.cancelled(back)],
                [self.cancelled(back)],
                # an older one that comes late
                [self.cancelled(back), self.refunded(back)]]:
            for is_processed in [False, True]:
                with self.subTest(steps=len(steps), processed=is_processed):
                    self.setUp()
                    enter = (self.enter_well if is_processed
                        else self.enter_confirmed)
                    before = self.forecast()
                    id_ = enter()
                    for step in steps:
                        self.revise_well(
                            self.of_this_order(step), id_)
                    self.assertEqual(self.forecast(), before)
                    with self.transaction():
                        sale = self.get('sale.sale')(id_)
                        for one in [sale, *self.returns(id_)]:
                            self.assertIn(one.state, {'cancelled', 'done'})
                            self.assertLessEqual({r.state for r in [
                                        *one.shipments, *one.invoices,
                                        *one.shipment_returns]}, {'cancelled'})

    def test_B4_shipped_and_cancelled_and_refunded_in_any_order(self):
        back = refund('24.00', [('77', 'T001A', '2')])
        for steps in [
                [self.refunded(back), self.cancelled(back)],
                [self.cancelled(back)],
                [self.cancelled(back), self.refunded(back)]]:
            with self.subTest(steps=len(steps)):
                self.setUp()
                id_ = self.enter_well()
                self.ship(id_)
                self.refused(self.of_this_order(self.cancelled()))
                for step in steps:
                    self.revise_well(self.of_this_order(step), id_)
                with self.transaction():
                    returned, = self.returns(id_)
                    self.assertEqual(returned.state, 'processing')
                    self.assertEqual(self.lines(returned),
                        [('T001A', -2, Decimal('10.0000'))])

    def test_paid_back_but_still_to_be_shipped(self):
        "Nobody sends a parcel of an order that is cancelled"
        with self.transaction():
            adjustment = self.product('ADJ').id
        self.configure(ferry_refund_product=adjustment)
        id_ = self.enter_well()
        self.post(id_, 'I8')
        back = refund('24.00')
        with self.transaction():
            number = self.get('sale.sale')(id_).shipments[0].number
        reason = self.refused(self.cancelled(back))
        self.assertIn('I8 (Posted)', reason)
        self.assertIn('%s (Waiting)' % number, reason)
        with self.transaction():
            self.get('stock.shipment.out').cancel(
                self.get('sale.sale')(id_).shipments)
        self.revise_well(self.cancelled(back), id_)
        with self.transaction():
            returned, = self.returns(id_)
            self.assertEqual(returned.total_amount, Decimal('-24.00'))

    def test_a_return_under_way_is_not_cancelled(self):
        id_ = self.enter_well()
        back = refund('24.00', [('77', 'T001A', '2')])
        self.revise_well(self.refunded(back), id_)
        with self.transaction():
            returned, = self.returns(id_)
            returned = returned.id
        self.post(returned, 'C7')
        reason = self.refused(self.cancelled(back))
        self.assertIn('C7 (Posted)', reason)

    def cancelled(self, *refunds):
        return self.refunded(*refunds, cancelled=True)

    def of_this_order(self, document):
        values = json.loads(document)
        return self.changed(**{k: values[k]
                for k in ['cancelled', 'refunds'] if k in values})

    def test_a_return_is_no_order(self):
        Sale = self.get('sale.sale')
        id_ = self.enter_well()
        self.revise_well(self.refunded(
                refund('12.00', [('77', 'T001A', '1')])), id_)
        by_hand = self.return_by_hand(id_, 1)
        with self.transaction():
            returned = self.returns(id_)[0]
            self.assertEqual(
                match.find_linked(self.shop, self.reference).id, id_)
            self.assertIsNone(match.find_linked(
                    self.shop, self.reference + '/5'))
            self.assertIsNone(returned.web_shop)
            self.assertIsNone(returned.ferry_portal)
        self.assertEqual(self.enter_well(), id_)
        # of another order with its number neither is a candidate
        self.reference += '/5'
        other = self.enter_well()
        self.assertNotIn(other, {id_, by_hand, returned.id})
        # nor, were the sale not linked, of this one
        self.sql('UPDATE sale_sale SET web_id = NULL, web_shop = NULL '
            'WHERE id = %s', id_)
        self.reference = self.reference[:-2]
        self.assertEqual(self.enter_well(), id_)

    def test_references_do_not_meet(self):
        self.assertEqual(len({
                    match.refund_web_id(1, 'R', '2'),
                    match.refund_web_id(1, '2:R', ''),
                    match.refund_web_id(1, 'R', '2:R'),
                    match.refund_web_id(1, 'R:2', 'R'),
                    match.web_id(1, 'refund:1:2:R')}), 5)

    def race(self, place):
        "Two processes are both at the place before either goes on"
        document = self.refunded(refund('12.00', [('77', 'T001A', '1')]))
        barrier = threading.Barrier(2)
        local = threading.local()
        owner, name = place
        original = getattr(owner, name)
        answers = []

        def together(*args):
            if not getattr(local, 'waited', False):
                local.waited = True
                barrier.wait(PATIENCE)
            return original(*args)
        with patch.object(owner, name, together):
            threads = [threading.Thread(
                    target=lambda: answers.append(self.revise(document)))
                for _ in range(2)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(PATIENCE)
        return answers

    def test_an_older_document_than_is_known_changes_nothing(self):
        "Whoever stood still while another one took the newer one over"
        id_ = self.enter_well()
        older, newer = self.changed(cancelled=True), self.document()
        self.sql("INSERT INTO ferry.portal_order (channel, reference, "
            "portal_id, placed_at, portal_state, open, cancelled, document, "
            "fingerprint, state, erp_id, first_seen_at, last_seen_at) "
            "VALUES (%s, %s, %s, now(), 'x', true, false, %s, 1, 'linked', "
            "%s, now(), now())", self.shop, self.reference, self.reference,
            newer, id_)
        before = self.everything()
        status, _, _, reason = self.revise(older)
        self.assertEqual(status, Status.BUSY)
        self.assertIn(self.reference, reason)
        self.assertEqual(self.everything(), before)
        self.assertEqual(self.revise(newer)[0], Status.OK)

    def test_two_at_once(self):
        id_ = self.enter_well()
        answers = self.race((revision, '_lock'))
        self.assertEqual([a[0] for a in answers], [Status.OK] * 2, answers)
        with self.transaction():
            self.assertEqual(len(self.returns(id_)), 1)

    def test_two_at_once_for_the_constraint(self):
        "Without any lock the database still lets one of them through"
        id_ = self.enter_well()
        with patch.object(revision, '_lock'), \
                patch.object(self.get('sale.sale'), 'lock'):
            answers = self.race((Refund, 'copy'))
        self.assertLessEqual({a[0] for a in answers},
            {Status.OK, Status.BUSY}, answers)
        with self.transaction():
            self.assertEqual(len(self.returns(id_)), 1)
