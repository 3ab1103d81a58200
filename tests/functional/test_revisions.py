"""What the portal changes of an order after the ERP has it: cancellations and refunds, each taken over once."""
from decimal import Decimal

from .world import Case, sku


class Revisions(Case):
    def revision_of(self, order):
        """(revision, reason) of a portal's order, as the screens show it."""
        return self.state.rows('SELECT revision, reason FROM ferry.portal_order WHERE reference = %s', order['code'])[0]

    def returns_of(self, sale):
        """The sales that give something of it back: [(total, [(SKU, quantity)])]."""
        found = []
        for returned in self.client.search('sale.sale', ('origin', '=', f'sale.sale,{sale}'), order=[('id', 'ASC')]):
            lines = self.client.read('sale.line', self.client.get('sale.sale', returned, 'lines'), 'product', 'quantity')
            found.append((self.client.get('sale.sale', returned, 'total_amount'),
                          [(self.client.get('product.product', line['product'], 'code'), line['quantity'])
                           for line in lines if line['product']]))
        return found

    def is_taken_over(self, order):
        self.eventually(lambda: self.revision_of(order) == (None, None), 40, 'the change is taken over',
                        lambda: self.revision_of(order))

    def test_an_order_cancelled_on_the_portal_is_cancelled_in_the_erp(self):
        self.begin()
        order, other = self.place((1, 10)), self.place((2, 1))
        sale, untouched = self.sale_of(order), self.sale_of(other)
        self.admin.cancel(self.admin.order(order['code']))
        self.eventually(lambda: self.client.get('stock.shipment.out', self.shipment_of(sale), 'state') == 'cancelled', 30,
                        'the shipment is cancelled', lambda: self.revision_of(order))
        self.is_taken_over(order)
        self.shows(1, 100, 30)
        self.assertEqual('processing', self.client.get('sale.sale', untouched, 'state'))
        self.assert_balanced()

    def test_an_order_cancelled_after_it_was_shipped_is_for_a_person(self):
        self.begin()
        order = self.place((1, 10))
        sale = self.sale_of(order)
        self.eventually(lambda: self.number_on_portal(order), 30, 'the number is on the portal')
        self.client.button('ferry.job', 'pause', *self.jobs('order_status'))
        shipment = self.shipment_of(sale)
        self.ship(sale)
        self.admin.cancel(self.admin.order(order['code']))
        self.eventually(lambda: self.revision_of(order)[0] == 'review', 40, 'a person is asked',
                        lambda: self.revision_of(order))
        for part in (order['code'], self.client.get('stock.shipment.out', shipment, 'number')):
            self.assertIn(part, self.revision_of(order)[1])
        self.assertEqual('done', self.client.get('stock.shipment.out', shipment, 'state'))

    def jobs(self, name):
        return self.client.search('ferry.job', ('job', '=', name))

    def test_E1_goods_refunded_on_the_portal_come_back_in_the_erp_once(self):
        """E2: what is still pending there is none yet."""
        self.begin()
        order = self.place((1, 10))
        sale = self.sale_of(order)
        self.ship(sale)
        self.eventually(lambda: self.admin.order(order['code'])['state'] == 'Shipped', 40, 'it is shipped on the portal')
        seen = self.admin.order(order['code'])
        line = seen['lines'][0]
        gross = round(seen['totalWithTax'] - seen['shippingWithTax'])
        refund = self.admin.refund(seen, {line['id']: 3}, gross * 3 // 10, settled=False)
        self.look_again(order)
        self.assertEqual([], self.returns_of(sale), 'it is only promised')
        self.admin.settle_refund(refund)
        self.look_again(order)
        self.eventually(lambda: self.returns_of(sale), 40, 'the return is entered', lambda: self.revision_of(order))
        (total, lines), = self.returns_of(sale)
        self.assertEqual(Decimal(-(gross * 3 // 10)) / 100, total)
        self.assertIn((sku(1), -3.0), lines)
        self.look_again(order)
        self.is_taken_over(order)
        self.assertEqual(1, len(self.returns_of(sale)))
        self.assert_balanced()

    def look_again(self, order):
        """What the portal has finished is looked at every hour: here the hour is over, and the next look done."""
        with self.world.cluster.connect(self.database) as connection, connection.cursor() as cursor:
            cursor.execute("UPDATE ferry.portal_order SET last_seen_at = last_seen_at - interval '2 hours'")
        self.eventually(lambda: self.state.value(
            "SELECT last_seen_at > clock_timestamp() - interval '1 minute' FROM ferry.portal_order WHERE reference = %s",
            order['code']), 40, 'it was looked at again')
