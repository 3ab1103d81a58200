"""A retailer's Friday: every base price changes while goods come and go, and one portal is slow.

By default 600 products, so that every run can afford it, and 300 where Vendure is slow;
tests/functional/run --products 12000 makes it 12,000 (and some ten minutes). The Medusa sells the first 50 of them. Once it
is the slow one, once the Vendure is. A customer looks at Vendure's prices all the while. How much stock is slowed down by
the prices is printed; what is asserted is an order of events, which no busy machine can upset.
"""
import datetime as dt
import math
import os
import time
from decimal import Decimal

from . import bulk, shown
from .both_portals import BothPortals
from .onlooker import Onlooker
from .world import report, sku, stopwatch

PRODUCTS = int(os.environ.get('FERRY_FRIDAY_PRODUCTS') or 0)  # 0: as many as every run can afford
OF_MEDUSA = 50
IMPORTED = 1000  # rows in one import
IDLE_LOOKS = 25
MOST_PRICE_BATCHES = 3  # that may end between a change of stock and its arrival; of a dozen at least
VERY_SLOW, SLOW = 25, 2  # seconds for an answer; both less than a request may take
ELSEWHERE = 50  # in the second warehouse, of each
JOBS = ['stock', 'list_price']


def price_before(number):
    return Decimal(1000 + number % 500) / 100


def price_after(number):
    return price_before(number) + 1


def p95(values):
    return sorted(values)[math.ceil(len(values) * 0.95) - 1]


class Day(BothPortals):
    """What both days have in common."""
    products = PRODUCTS or 600
    batch = 100 if PRODUCTS else 50  # prices in a request to Vendure

    def prepare_erp(self):
        self.start_erp()
        self.client = client = self._servers[0].client()
        self.first = client.one('stock.location', ['type', '=', 'warehouse'])
        self.second, self.outlet = self.warehouse('Second'), self.warehouse('Outlet')
        self.storages = {house: client.get('stock.location', house, 'storage_location')
                         for house in (self.first, self.second, self.outlet)}
        self.lost = client.one('stock.location', ['type', '=', 'lost_found'])
        with self.world.cluster.cursor(self.database, 'tryton') as cursor:
            bulk.add_products(cursor, OF_MEDUSA + 1, self.products)
            bulk.put(cursor, "SELECT id AS product FROM product_product WHERE code LIKE 'SKU-%'", ELSEWHERE,
                     self.storages[self.second])
            cursor.execute('ANALYZE')
        self.ids = {code: (product, template) for code, product, template in self.state.rows(
            "SELECT code, id, template FROM product_product WHERE code LIKE 'SKU-%%'")}
        self.assertEqual(self.products, len(self.ids))
        self.unit = client.one('product.uom', ['symbol', '=', 'u'])

    def warehouse(self, name):
        places = {f'{kind}_location': self.client.create('stock.location', name=f'{name} {kind}', type='storage')
                  for kind in ('input', 'output', 'storage')}
        return self.client.create('stock.location', name=name, code=name[:3].upper(), type='warehouse', **places)

    def connect_both(self):
        houses = [('create', [{'warehouse': house} for house in (self.first, self.second)])]
        self.proxy_of_vendure = self.proxy()
        self.vendure_side = self.channel_on_vendure(
            self.proxy_of_vendure.url, active=False, products=1, ferry_warehouses=houses, ferry_batch_cap=self.batch,
            settings={'jobs': JOBS, 'allocation_percent': 60})
        with self.world.cluster.cursor(self.database, 'tryton') as cursor:
            bulk.publish(cursor, self.vendure_side.channel)
        self.client.write('web.shop', self.vendure_side.channel, active=True)
        self.proxy_of_medusa = self.proxy(self.medusa.port)
        self.medusa_side = self.channel_on_medusa(
            self.proxy_of_medusa.url, products=OF_MEDUSA, ferry_warehouses=houses, ferry_batch_cap=5,
            settings={'jobs': JOBS, 'allocation_percent': 40})
        self.sides = {self.vendure_side.channel: self.products, self.medusa_side.channel: OF_MEDUSA}
        for side in (self.vendure_side, self.medusa_side):
            self.eventually(lambda: self.settled_in(side) == dict.fromkeys(JOBS, self.sides[side.channel]), 60 + self.products / 6,
                            'the portal is in step', lambda: (self.settled_in(side), self.not_settled(side)))
        self.onlooker = Onlooker(self.vendure.url, {sku(number): (price_before(number), price_after(number))
                                                    for number in range(1, self.products + 1)}, self.products)
        self._closing.callback(self.onlooker.leave)

    # ---- goods come and go ------------------------------------------------------------------------------------------

    def goods(self, number, quantity, origin, destination):
        """A move done in Tryton; → when it was committed."""
        move = self.client.create('stock.move', product=self.ids[sku(number)][0], uom=self.unit, quantity=float(quantity),
                                  from_location=origin, to_location=destination, company=1, currency=None, unit_price=None)
        self.client.button('stock.move', 'do', move)
        return time.time()

    def change_stock(self, turn):
        """Turn by turn a receipt into one warehouse and a transfer out of the other, each of a product of its own."""
        number = turn + 101
        if turn % 2:
            committed = self.goods(number, 10, self.lost, self.storages[self.first])
        else:
            committed = self.goods(number, 10, self.storages[self.second], self.storages[self.outlet])
        self.offered[number] = 96 if turn % 2 else 84  # its share of 150, 10 more or less
        return number, committed

    def arrival(self, number, after):
        """(when the portal confirmed what was committed then, how many batches of prices ended meanwhile), once it has."""
        return self.state.rows(
            "SELECT extract(epoch FROM e.finished_at)::float8, (SELECT count(*) FROM ferry.exchange p WHERE p.channel = e.channel "
            "AND p.job = 'list_price' AND p.finished_at BETWEEN to_timestamp(%s) AND e.finished_at) FROM ferry.exchange e "
            "WHERE e.channel = %s AND e.job = 'stock' AND e.keys @> ARRAY[%s::bigint] AND e.finished_at > to_timestamp(%s) "
            'ORDER BY e.id LIMIT 1', after, self.vendure_side.channel, self.ids[sku(number)][0], after - 1)

    def stock_arrives(self, turn):
        """Changes one product's stock and waits for it. → (seconds, batches of prices that ended meanwhile)."""
        number, committed = self.change_stock(turn)
        found = []

        def look():
            found[:] = self.arrival(number, committed)
            return found
        self.eventually(look, 60, f'the stock of {sku(number)} arrives', lambda: self.not_settled(self.vendure_side))
        (confirmed, batches), = found
        return max(0.0, confirmed - committed), batches

    # ---- the prices -------------------------------------------------------------------------------------------------

    def import_prices(self):
        """Every list price, as Tryton's own import of a file does it."""
        rows = [[str(self.ids[sku(number)][1]), str(price_after(number))] for number in range(1, self.products + 1)]
        for first in range(0, len(rows), IMPORTED):
            part = rows[first:first + IMPORTED]
            self.assertEqual(len(part), self.client.call('product.template', 'import_data', ['id', 'list_price'], part))

    def is_held(self):
        return {channel: records for channel, records in self.state.rows(
            "SELECT channel, count(*) FROM ferry.publication p WHERE feed = 'list_price' AND desired IS DISTINCT FROM "
            "acknowledged AND EXISTS (SELECT FROM ferry.hold h WHERE h.channel = p.channel AND h.job = p.feed AND h.ended_at IS NULL) "
            'GROUP BY channel')} == self.sides

    def release(self):
        self.onlooker.allow()
        for channel in self.sides:
            done = self.host('release', '--channel', str(channel), '--job', 'list_price')
            self.assertEqual(0, done.returncode, done.stdout + done.stderr)

    def prices_waiting(self, side):
        return self.state.value("SELECT count(*) FROM ferry.publication WHERE channel = %s AND feed = 'list_price' AND "
                                'acknowledged IS DISTINCT FROM desired', side.channel)

    # ---- promotions of the portals' own -----------------------------------------------------------------------------

    def schedule_promotions(self):
        saturday = dt.datetime.utcnow() + dt.timedelta(days=1)
        window = [moment.isoformat(timespec='seconds') + 'Z' for moment in (saturday, saturday + dt.timedelta(days=2))]
        admin = self.vendure_side.admin
        admin.add_promotion('This week', 10, sku(1), sku(2))
        admin.add_promotion('Weekend', 25, *(sku(number) for number in range(3, 9)), startsAt=window[0], endsAt=window[1])
        admin = self.medusa_side.admin
        admin.ask('/admin/price-lists', {
            'title': 'Weekend', 'description': 'of the shop', 'status': 'active', 'type': 'sale', 'starts_at': window[0],
            'ends_at': window[1], 'prices': [{'variant_id': admin.variant(sku(number))['id'], 'currency_code': 'eur', 'amount': 5}
                                             for number in range(3, 6)]})

    def promotions(self):
        admin = self.medusa_side.admin
        lists = admin.ask('/admin/price-lists', fields='id,title,status,type,starts_at,ends_at,updated_at,prices.amount,'
                                                       'prices.updated_at')
        return self.vendure_side.admin.promotions(), lists['price_lists']

    # ---- the change -------------------------------------------------------------------------------------------------

    def begin_the_day(self):
        """Both portals in step and every price changed, which waits for a person. → the last exchange before that."""
        self.offered = {}
        self.prepare_erp()
        self.connect_both()
        self.idle = [self.stock_arrives(turn)[0] for turn in range(IDLE_LOOKS)]
        sent = self.last_exchange()
        with stopwatch() as passed:
            self.import_prices()
            report(f'{self.products} list prices imported into Tryton in {passed():.1f} s')
        self.eventually(self.is_held, 60, 'so large a change waits for a person')
        self.assertEqual([], self.batches_of_prices(sent), 'nothing goes out before somebody has released it')
        self.schedule_promotions()
        return sent

    def changes_until_prices_are_there(self, turn):
        """Stock that changes and arrives while prices are still on their way."""
        busy = []
        while True:
            arrived = self.stock_arrives(turn)
            if not self.prices_waiting(self.vendure_side):
                return busy
            busy.append(arrived)
            turn += 1

    def batches_of_prices(self, exchange):
        """[(how many, from, until)] that went to Vendure after that exchange."""
        return self.state.rows(
            'SELECT cardinality(keys), extract(epoch FROM started_at)::float8, extract(epoch FROM finished_at)::float8 FROM '
            "ferry.exchange WHERE id > %s AND channel = %s AND job = 'list_price' ORDER BY id", exchange,
            self.vendure_side.channel)

    def sent_once(self, exchange):
        """Every price went to Vendure once after that exchange, in full batches. → seconds it took."""
        batches = self.batches_of_prices(exchange)
        self.assertEqual(self.products, sum(size for size, _, _ in batches), 'every price was sent once')
        self.assertEqual(math.ceil(self.products / self.batch), len(batches))
        took = max(until for _, _, until in batches) - min(since for _, since, _ in batches)
        report(f'{self.products} prices on Vendure in {took:.1f} s, {self.products / took:.0f} a second, {len(batches)} batches')
        return took

    def everything_is_right(self, promotions):
        for side in (self.medusa_side, self.vendure_side):
            self.eventually(lambda: self.prices_waiting(side) == 0, 60, 'the slower portal gets its prices too',
                            lambda: self.not_settled(side))
        items = shown.vendure_variants(self.vendure_side.admin)
        self.assertEqual({sku(number): price_after(number) for number in range(1, self.products + 1)},
                         {item['sku']: Decimal(item['price']) / 100 for item in items})
        stock = {item['sku']: sum(level['stockOnHand'] for level in item['stockLevels']) for item in items}
        self.assertEqual({sku(number): self.offered.get(number, 90) for number in range(1, self.products + 1)}, stock)
        self.assertEqual({sku(number): [float(price_after(number))] for number in range(1, OF_MEDUSA + 1)},
                         {item['sku']: [price['amount'] for price in item['prices']]
                          for item in shown.medusa_variants(self.medusa_side.admin)})
        self.assertEqual(promotions, self.promotions(), "the portals' own promotions were not touched")
        self.assert_balanced()
        self.no_wrong_price()

    def no_wrong_price(self):
        looks, old, new, wrong = self.onlooker.leave()
        report(f'a customer looked {looks} times: {old} old prices, {new} new ones, {len(wrong)} wrong')
        self.assertEqual([], wrong[:5])
        self.assertGreater(old, 0)
        self.assertGreater(new, 0)


class Friday(Day):

    def test_C6_D12_all_prices_arrive_and_stock_never_waits_behind_them(self):
        sent = self.begin_the_day()
        promotions = self.promotions()
        self.proxy_of_medusa.slow(VERY_SLOW)
        self.release()
        busy = self.changes_until_prices_are_there(IDLE_LOOKS)
        waiting = self.prices_waiting(self.medusa_side)
        self.proxy_of_medusa.slow(0)

        self.sent_once(sent)
        seconds = [latency for latency, _ in busy]
        report(f'{waiting} prices still waiting for Medusa')
        report(f'stock: p95 of {len(self.idle)} idle {p95(self.idle):.3f} s, of {len(seconds)} during the prices {p95(seconds):.3f} s, '
               f'ratio {p95(seconds) / p95(self.idle):.2f}; at most {max(batches for _, batches in busy)} batches of prices in between')
        self.assertGreater(waiting, 0, 'Medusa was slow all the while')
        self.assertGreater(len(busy), 3, 'stock arrived during the prices')
        self.assertLessEqual(max(batches for _, batches in busy), MOST_PRICE_BATCHES)
        self.everything_is_right(promotions)


class FridayOfASlowVendure(Day):
    products = PRODUCTS or 300
    batch = 100 if PRODUCTS else 10  # many more than can be under way at once

    def test_C6_D12_a_slow_portal_delays_no_other_and_shows_no_wrong_price(self):
        sent = self.begin_the_day()
        promotions = self.promotions()
        self.proxy_of_vendure.slow(VERY_SLOW)
        self.release()
        self.eventually(lambda: self.prices_waiting(self.medusa_side) == 0, 60, 'Medusa has its prices',
                        lambda: self.not_settled(self.medusa_side))
        waiting = self.prices_waiting(self.vendure_side)
        report(f'{waiting} prices still waiting for Vendure when Medusa has its {OF_MEDUSA}')
        self.assertGreater(waiting, 0, 'Vendure was slow all the while')
        self.proxy_of_vendure.slow(SLOW)
        busy = self.changes_until_prices_are_there(IDLE_LOOKS)
        self.proxy_of_vendure.slow(0)

        self.sent_once(sent)
        self.assertGreater(len(busy), 0, 'stock arrived during the prices')
        report(f'stock: p95 of {len(busy)} during the prices {p95([latency for latency, _ in busy]):.3f} s, at most '
               f'{max(batches for _, batches in busy)} batches of prices in between')
        self.assertLessEqual(max(batches for _, batches in busy), MOST_PRICE_BATCHES)
        self.everything_is_right(promotions)
