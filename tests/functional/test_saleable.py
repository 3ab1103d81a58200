"""The portal changes its own stock: what its customer can buy is never more than the ERP has, and never less for good."""
import threading
import time

from installer.stage.vendure import Shop

from .world import Case, report, sku


class Sampler(threading.Thread):
    """Looks again and again at what can be bought, and keeps every look at which it was more than allowed."""

    def __init__(self, admin, number, allowed):
        super().__init__(daemon=True)
        self._admin, self._sku = admin, sku(number)
        self.allowed = allowed
        self._ended = threading.Event()
        self.looks = 0
        self.excesses = []

    def run(self):
        while not self._ended.is_set():
            allowed = self.allowed  # before the look: it only ever falls ahead of what lowers it
            seen = self._admin.stock(self._sku)
            self.looks += 1
            if seen['saleable'] > max(allowed, self.allowed):
                self.excesses.append((allowed, seen))
            time.sleep(0.02)

    def stop(self):
        self._ended.set()
        self.join()


class Saleable(Case):
    def watch(self, number, allowed):
        sampler = Sampler(self.vendure.admin(), number, allowed)
        sampler.start()
        self._closing.callback(sampler.stop)
        return sampler

    def finish(self, sampler):
        sampler.stop()
        self.assertEqual([], sampler.excesses[:5])
        report(f'{sampler.looks} looks, never more than allowed')

    def test_equals_available_to_sell_from_order_to_shipment(self):
        self.begin()
        sampler = self.watch(1, 100)
        order = self.place((1, 10))
        sampler.allowed = 90
        self.shows(1, 90)
        sale = self.sale_of(order)
        self.eventually(lambda: self.number_on_portal(order), 30, 'imported')
        self.settle(1, 90)
        # partly shipped in the ERP, and by that on the portal
        self.ship(sale, {1: 4})
        self.eventually(lambda: self.admin.order(order['code'])['state'] == 'PartiallyShipped', 20, 'partly shipped there')
        self.settle(1, 90)
        self.assertEqual(96, self.admin.stock(sku(1))['on_hand'])
        # the rest
        self.ship_rest(sale)
        self.eventually(lambda: self.admin.order(order['code'])['state'] == 'Shipped', 20, 'shipped there')
        self.settle(1, 90)
        self.assertEqual({'on_hand': 90, 'allocated': 0}, {name: self.admin.stock(sku(1))[name] for name in ('on_hand', 'allocated')})
        self.finish(sampler)

    def test_equals_available_to_sell_where_a_person_enters_the_parcels_on_the_portal(self):
        """The same pieces by hand, before Ferry could tell them: they are that parcel, and nothing is fulfilled twice."""
        self.begin(ferry_owner='order_status.shipments = portal')
        sampler = self.watch(1, 100)
        order = self.place((1, 10))
        sampler.allowed = 90
        sale = self.sale_of(order)
        self.ship(sale, {1: 4})
        self.settle(1, 90)
        self.assertEqual([], self.admin.order(order['code'])['fulfillments'], 'the portal owns them')
        self.admin.fulfil(self.admin.order(order['code']), {line['id']: 4 for line in self.admin.order(order['code'])['lines']})
        self.settle(1, 90)
        self.ship_rest(sale)
        self.admin.fulfil(self.admin.order(order['code']),
                          {line['id']: 6 for line in self.admin.order(order['code'])['lines']})
        self.settle(1, 90)
        self.finish(sampler)

    def settle(self, number, quantity):
        """It is so, and stays so for longer than every interval of the channel."""
        self.shows(number, quantity)
        time.sleep(3)
        self.shows(number, quantity)
        self.quiet()

    def test_an_order_cancelled_in_the_erp_first_gives_its_goods_back_once(self):
        """The portal's own release must not come on top of what the ERP has released."""
        self.begin()
        sampler = self.watch(2, 100)
        order = self.place((2, 10))
        sampler.allowed = 90
        sale = self.sale_of(order)
        self.settle(2, 90)
        sampler.allowed = 100
        self.cancel_in_erp(sale)
        time.sleep(5)
        self.admin.cancel(self.admin.order(order['code']))
        self.settle(2, 100)
        self.finish(sampler)

    def test_an_order_cancelled_on_the_portal_first_gives_its_goods_back_once(self):
        self.begin()
        sampler = self.watch(2, 100)
        order = self.place((2, 10))
        sampler.allowed = 90
        sale = self.sale_of(order)
        self.settle(2, 90)
        sampler.allowed = 100
        self.admin.cancel(self.admin.order(order['code']))
        self.eventually(lambda: self.client.get('stock.shipment.out', self.shipment_of(sale), 'state') == 'cancelled', 40,
                        'the ERP takes the cancellation over, and promises them no longer')
        self.settle(2, 100)
        self.finish(sampler)

    def cancel_in_erp(self, sale):
        """What a person does with a confirmed sale: cancels its shipment and delivers nothing in its place."""
        self.client.button('stock.shipment.out', 'cancel', self.shipment_of(sale))
        self.eventually(lambda: self.client.get('sale.sale', sale, 'shipment_state') == 'exception', 10, 'a shipment exception')
        self.client.wizard('sale.handle.shipment.exception', 'sale.sale', sale, ask=('handle', {'recreate_moves': []}))

    def test_an_order_that_waits_for_review_is_not_sold_twice(self):
        """Placed and not imported: the ERP cannot reserve it, yet the portal must not offer it again."""
        self.begin()
        unknown = self.admin.add_product('Unknown', 'NOT-IN-ERP')
        self.admin.set_stock(unknown, 10)
        sampler = self.watch(1, 100)
        order = Shop(self.vendure.url).place([(self.variants[sku(1)]['id'], 10), (unknown, 1)])
        sampler.allowed = 90
        self.eventually(lambda: (self.state.order(order['code']) or {}).get('state') == 'review', 30, 'it waits for review')
        self.settle(1, 90)
        self.move(1, 5)
        sampler.allowed = 95
        self.settle(1, 95)
        self.finish(sampler)
