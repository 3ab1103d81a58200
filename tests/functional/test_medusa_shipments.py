"""What the warehouse sends is on Medusa, parcel by parcel, once."""
import time

from installer.stage import medusa

from . import test_medusa, test_shipments
from .medusa_case import MedusaCase
from .world import sku

FIELDS = ('id,status,items.id,items.variant_sku,fulfillments.id,fulfillments.created_at,fulfillments.metadata,fulfillments.shipped_at,'
          'fulfillments.canceled_at,fulfillments.labels.tracking_number,fulfillments.items.line_item_id,fulfillments.items.quantity')


class MedusaShipments(MedusaCase):
    connect = test_medusa.Medusa.connect
    number_on_portal = test_medusa.Medusa.number_of
    number_of, address = test_shipments.Shipments.number_of, test_shipments.Shipments.address

    def place(self, *items):
        return medusa.Shop(self.medusa.url, self.admin).place([(sku(number), quantity) for number, quantity in items])

    def sale_of(self, order):
        return super().sale_of({'code': str(order['display_id'])})

    def fulfilments(self, order):
        """All that are not cancelled, in the order in which they were made."""
        seen = self.admin.ask('/admin/orders', **{'id[]': order['id'], 'fields': FIELDS})['orders'][0]
        skus = {line['id']: line['variant_sku'] for line in seen['items']}
        return [{'parcel': (made['metadata'] or {}).get('erp_shipment'), 'carrier': (made['metadata'] or {}).get('erp_carrier'),
                 'tracking': [label['tracking_number'] for label in made['labels']], 'has_left': bool(made['shipped_at']),
                 'pieces': {skus[item['line_item_id']]: item['quantity'] for item in made['items']}}
                for made in sorted(seen['fulfillments'], key=lambda made: made['created_at']) if not made['canceled_at']]

    def parcels(self, order):
        """What the portal shows as sent: [(number, tracking, {SKU: pieces})]."""
        return [(made['parcel'], made['tracking'], made['pieces']) for made in self.fulfilments(order) if made['has_left']]

    def shows_parcels(self, order, expected, seconds=30):
        self.eventually(lambda: self.parcels(order) == expected, seconds, f'the parcels {expected}', lambda: (
            self.fulfilments(order), self.state.rows(
                "SELECT state, desired, reason FROM ferry.publication WHERE feed = 'order_status'")))

    def test_E3_an_order_that_leaves_in_two_parcels_shows_two_fulfilments_with_their_lines_and_tracking(self):
        self.begin()
        order = self.place((1, 10), (2, 3))
        sale = self.sale_of(order)
        first = self.shipment_of(sale)
        self.address(first, 'TRACK-1')
        self.ship(sale, {1: 4})
        expected = [(self.number_of(first), ['TRACK-1'], {sku(1): 4, sku(2): 3})]
        self.shows_parcels(order, expected)  # after the first one, not only after the last
        self.assertEqual('Post', self.fulfilments(order)[0]['carrier'])
        second = self.ship_rest(sale)
        expected.append((self.number_of(second), [], {sku(1): 6}))
        self.shows_parcels(order, expected)
        self.quiet()
        # reserved on the portal, then sent by both: what the customer can buy is what the ERP has left
        self.shows(1, 90)
        self.shows(2, 97)
        stock = self.admin.stock(sku(1))
        self.assertEqual((90, 0), (stock['on_hand'], stock['allocated']))
        # what is said of a parcel later adds none
        self.client.write('stock.shipment.out', second, reference='TRACK-2')
        self.eventually(lambda: self.state.value("SELECT acknowledged LIKE '%%TRACK-2%%' FROM ferry.publication "
                                                 "WHERE feed = 'order_status'"), 30, 'it was looked at')
        self.assertEqual(expected, self.parcels(order))
        self.assertEqual(2, len(self.fulfilments(order)))
        self.assert_balanced()

    def test_a_fulfilment_of_which_the_answer_was_lost_is_made_once(self):
        proxy = self.proxy(self.medusa.port)
        self.erp = self.start_erp()
        self.connect(url=proxy.url)
        order = self.place((1, 10))
        sale = self.sale_of(order)
        self.eventually(lambda: self.number_on_portal(order['id']), 30, 'the number is on the portal')
        self.quiet()
        proxy.hold_reply(f"POST /admin/orders/{order['id']}/fulfillments")
        self.ship(sale, {1: 4})
        self.assertTrue(proxy.caught.wait(30), 'no fulfilment was sent')
        self.assertEqual(1, len(self.fulfilments(order)), 'the portal has it already')
        proxy.refuse()  # whoever waits for the answer is cut off
        proxy.release()
        proxy.accept()
        self.shows_parcels(order, [(self.number_of(self.shipment_of(sale)), [], {sku(1): 4})], 90)
        time.sleep(5)
        self.assertEqual(1, len(self.fulfilments(order)))
        self.shows(1, 90)

    def test_what_a_person_has_fulfilled_there_is_not_fulfilled_again(self):
        self.begin()
        order = self.place((1, 10))
        sale = self.sale_of(order)
        line = self.admin.order(order['id'])['items'][0]['id']
        self.admin.ask(f"/admin/orders/{order['id']}/fulfillments", {'items': [{'id': line, 'quantity': 8}]})
        self.ship(sale, {1: 4})
        reason = "SELECT reason FROM ferry.publication WHERE feed = 'order_status' AND state = 'dead'"
        self.eventually(lambda: self.state.value(reason), 30, 'a person is told')
        for part in (str(order['display_id']), self.number_of(self.shipment_of(sale)), sku(1), '2 left to fulfil'):
            self.assertIn(part, self.state.value(reason))
        self.assertEqual([{sku(1): 8}], [made['pieces'] for made in self.fulfilments(order)])
        self.assertTrue(self.number_on_portal(order['id']))
