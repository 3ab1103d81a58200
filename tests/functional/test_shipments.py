"""What the warehouse sends is on the portal, parcel by parcel, once."""
import time

from installer.stage.vendure import Shop

from .world import Case, sku


class Shipments(Case):
    def parcels(self, order):
        """What the portal shows as sent: [(method, tracking, {SKU: pieces})], in its order."""
        seen = self.admin.order(order['code'])
        skus = {line['id']: line['productVariant']['sku'] for line in seen['lines']}
        return [(made['method'], made['trackingCode'], {skus[line['orderLineId']]: line['quantity'] for line in made['lines']})
                for made in seen['fulfillments'] if made['state'] == 'Shipped']

    def shows_parcels(self, order, expected, seconds=30):
        self.eventually(lambda: self.parcels(order) == expected, seconds, f'the parcels {expected}', lambda: (
            self.admin.order(order['code'])['fulfillments'], self.state.rows(
                "SELECT state, desired, reason FROM ferry.publication WHERE feed = 'order_status'")))

    def number_of(self, shipment):
        return self.client.get('stock.shipment.out', shipment, 'number')

    def method_of(self, shipment):
        """Who takes it, as Tryton has it: the rest of a sale goes with whom the first parcel went."""
        carrier = self.client.get('stock.shipment.out', shipment, 'carrier')
        name = self.client.get('party.party', self.client.get('carrier', carrier, 'party'), 'name') if carrier else 'ERP'
        return f'{name} [{self.number_of(shipment)}]'

    def address(self, shipment, tracking):
        """As a person at the packing table: who takes it, and under which number."""
        carrier = self.client.search('carrier', limit=1)[0]
        self.client.write('stock.shipment.out', shipment, carrier=carrier, reference=tracking)

    def test_E3_an_order_that_leaves_in_two_parcels_shows_two_fulfilments_with_their_lines_and_tracking(self):
        self.begin()
        order = self.place((1, 10), (2, 3))
        sale = self.sale_of(order)
        first = self.shipment_of(sale)
        self.address(first, 'TRACK-1')
        self.ship(sale, {1: 4})
        expected = [(f'Post [{self.number_of(first)}]', 'TRACK-1', {sku(1): 4, sku(2): 3})]
        self.shows_parcels(order, expected)  # after the first one, not only after the last
        self.assertEqual('PartiallyShipped', self.admin.order(order['code'])['state'])
        second = self.ship_rest(sale)
        expected.append((self.method_of(second), '', {sku(1): 6}))
        self.shows_parcels(order, expected)
        self.assertEqual('Shipped', self.admin.order(order['code'])['state'])
        self.quiet()
        # what is said of a parcel later adds none
        self.client.write('stock.shipment.out', second, reference='TRACK-2')
        self.eventually(lambda: self.state.value("SELECT acknowledged LIKE '%%TRACK-2%%' FROM ferry.publication "
                                                 "WHERE feed = 'order_status'"), 30, 'it was looked at')
        self.assertEqual(expected, self.parcels(order))
        self.assertEqual(2, len(self.admin.order(order['code'])['fulfillments']))
        self.assert_balanced()

    def test_a_fulfilment_of_which_the_answer_was_lost_is_made_once(self):
        proxy = self.proxy()
        self.begin(url=proxy.url)
        order = self.place((1, 10))
        sale = self.sale_of(order)
        self.eventually(lambda: self.number_on_portal(order), 30, 'the number is on the portal')
        self.quiet()
        proxy.hold_reply('addFulfillmentToOrder')
        self.ship(sale, {1: 4})
        self.assertTrue(proxy.caught.wait(30), 'no fulfilment was sent')
        self.assertEqual(1, len(self.admin.order(order['code'])['fulfillments']), 'the portal has it already')
        proxy.refuse()  # whoever waits for the answer is cut off
        proxy.release()
        proxy.accept()
        expected = [(self.method_of(self.shipment_of(sale)), '', {sku(1): 4})]
        self.shows_parcels(order, expected, 90)
        time.sleep(5)
        self.assertEqual(1, len(self.admin.order(order['code'])['fulfillments']))
        self.shows(1, 90)

    def test_killed_before_the_answer_makes_no_second_fulfilment(self):
        proxy = self.proxy()
        self.begin(url=proxy.url)
        order = self.place((1, 10))
        sale = self.sale_of(order)
        self.eventually(lambda: self.number_on_portal(order), 30, 'the number is on the portal')
        self.quiet()
        proxy.hold_reply('addFulfillmentToOrder')
        self.ship(sale, {1: 4})
        self.assertTrue(proxy.caught.wait(30), 'no fulfilment was sent')
        self.erp.kill()
        proxy.release()
        self.erp.start()
        self.erp.wait_ready()
        self.shows_parcels(order, [(self.method_of(self.shipment_of(sale)), '', {sku(1): 4})], 60)
        self.assertEqual(1, len(self.admin.order(order['code'])['fulfillments']))

    def test_what_a_person_has_fulfilled_there_is_not_fulfilled_again(self):
        self.begin()
        order = self.place((1, 10))
        sale = self.sale_of(order)
        lines = self.admin.order(order['code'])['lines']
        self.admin.fulfil(self.admin.order(order['code']), {lines[0]['id']: 8})
        self.ship(sale, {1: 4})
        reason = "SELECT reason FROM ferry.publication WHERE feed = 'order_status' AND state = 'dead'"
        self.eventually(lambda: self.state.value(reason), 30, 'a person is told')
        for part in (order['code'], self.number_of(self.shipment_of(sale)), sku(1), '2 left to fulfil'):
            self.assertIn(part, self.state.value(reason))
        self.assertEqual([8], [line['quantity'] for made in self.admin.order(order['code'])['fulfillments']
                               for line in made['lines']])
        self.assertTrue(self.number_on_portal(order))

    def test_an_order_that_is_only_authorised_is_fulfilled_when_it_is_paid(self):
        self.begin()
        shop = Shop(self.vendure.url)
        order = shop.place([(self.variants[sku(1)]['id'], 2)], method='authorize')
        sale = self.sale_of(order)
        self.ship(sale)
        waiting = "SELECT reason FROM ferry.publication WHERE feed = 'order_status' AND state = 'pending'"
        self.eventually(lambda: 'PaymentAuthorized' in (self.state.value(waiting) or ''), 30, 'it waits for the payment')
        self.assertEqual([], self.admin.order(order['code'])['fulfillments'])
