"""Stock goes out: from Tryton's own saves, from plain SQL, from transactions that commit late."""
import contextlib
import statistics
import time

from installer.stage.processes import wait_until

from .world import POLL, Case, report, sku, stopwatch

# A done receipt, as a program beside Tryton would write it
_PLAIN_RECEIPT = '''
INSERT INTO stock_move (product, uom, quantity, internal_quantity, from_location, to_location, company, state, planned_date,
    effective_date, create_uid, create_date)
SELECT m.product, m.uom, %(quantity)s, %(quantity)s, m.from_location, m.to_location, m.company, 'done', m.planned_date,
    m.effective_date, 0, CURRENT_TIMESTAMP AT TIME ZONE 'UTC'
FROM stock_move m JOIN product_product p ON p.id = m.product WHERE p.code = %(sku)s AND m.state = 'done' ORDER BY m.id LIMIT 1'''


class Stock(Case):
    def receive_by_sql(self, cursor, number, quantity):
        cursor.execute(_PLAIN_RECEIPT, {'sku': sku(number), 'quantity': quantity})
        self.assertEqual(1, cursor.rowcount)

    def test_a_move_saved_in_tryton_is_on_the_portal_at_once(self):
        self.begin()
        times = []
        for number in range(1, 21):
            self.move(number, 7)
            with stopwatch() as passed:
                self.eventually(lambda: self.admin.stock(sku(number))['on_hand'] == 107, 30, f'{sku(number)} shows 107')
                times.append(passed())
        report(f'saved → shown: median of 20 {statistics.median(times):.2f} s, slowest {max(times):.2f} s')
        self.quiet()
        self.assert_balanced()

    def test_a_row_written_by_plain_sql_is_found_within_the_poll_interval(self):
        self.begin()
        with self.world.cluster.cursor(self.database, 'tryton') as cursor:
            self.receive_by_sql(cursor, 5, 3)
        with stopwatch() as passed:
            self.shows(5, 103, POLL + 10)
            report(f'written → shown: {passed():.2f} s with a poll interval of {POLL} s')

    def test_A1_a_transaction_that_commits_40_s_late_is_not_lost(self):
        self.begin()
        with contextlib.closing(self.world.cluster.connect(self.database, 'tryton')) as late:
            late.autocommit = False
            with late.cursor() as cursor:
                self.receive_by_sql(cursor, 1, 11)
                until = time.monotonic() + 40
                number = 2
                while time.monotonic() < until:
                    self.move(number, 1)
                    self.shows(number, 101)
                    number += 1
                    time.sleep(max(0, min(4, until - time.monotonic())))
                self.assertEqual(100, self.admin.saleable(sku(1)))
            late.commit()
        self.shows(1, 111, POLL + 10)

    def test_a_second_run_with_nothing_changed_sends_nothing(self):
        self.begin()
        self.quiet()
        sent = self.state.exchanges()
        before = self.state.value("SELECT max(id) FROM ferry.run WHERE job = 'stock'")
        done = self.host('run-once', '--channel', str(self.channel), '--job', 'stock', '--full')
        self.assertEqual(0, done.returncode, done.stderr + done.stdout)
        self.eventually(lambda: self.state.value(
            "SELECT count(*) FROM ferry.run WHERE job = 'stock' AND mode = 'full' AND id > %s AND finished_at IS NOT NULL",
            before), 20, 'the full run ended')
        run = self.state.rows("SELECT inbound, changed, unchanged, successful FROM ferry.run WHERE job = 'stock' AND mode = 'full' "
                              'ORDER BY id DESC LIMIT 1')[0]
        self.assertEqual((50, 0, 50, 0), run)
        self.assertEqual(sent, self.state.exchanges())
        self.assert_balanced()

    def test_C1_what_is_reserved_is_not_offered(self):
        """80 on hand, 29 promised to a customer: 51 to sell."""
        self.begin()
        self.move(1, -20)
        self.shows(1, 80)
        self.sell_in_tryton(1, 29)
        self.shows(1, 51)

    def test_C4_never_less_than_nothing_is_offered(self):
        self.begin()
        self.sell_in_tryton(2, 130)
        self.shows(2, 0)

    def sell_in_tryton(self, number, quantity):
        client = self.client
        party = client.create('party.party', name='Walk-in', addresses=[('create', [{'city': 'Berlin'}])])
        product, = client.read('product.product', [self.product(number)], 'sale_uom', 'list_price')
        address = client.search('party.address', ['party', '=', party])[0]
        sale = client.create('sale.sale', party=party, company=1, invoice_address=address, shipment_address=address,
                             currency=client.one('currency.currency', ['code', '=', 'EUR']),
                             warehouse=client.one('stock.location', ['type', '=', 'warehouse']), lines=[('create', [{
                                 'type': 'line', 'product': self.product(number), 'quantity': float(quantity),
                                 'unit': product['sale_uom'], 'unit_price': product['list_price']}])])
        client.button('sale.sale', 'quote', sale)
        client.button('sale.sale', 'confirm', sale)
        return sale

    def test_a_person_changes_the_portals_stock_and_a_full_run_tells(self):
        """Not believed any more after the product was unpublished and published again."""
        self.begin()
        self.client.write('web.shop', self.channel, products=[('remove', [self.product(9)])])
        self.shows(9, 0)
        self.client.write('web.shop', self.channel, products=[('add', [self.product(9)])])
        self.shows(9, 100)


class StockInAnotherZone(Case):
    environment = {'TZ': 'Asia/Kolkata', 'PGTZ': 'America/St_Johns'}

    def test_A14_the_zone_of_the_servers_does_not_matter(self):
        self.begin()
        self.move(1, 7)
        self.shows(1, 107)
        with self.world.cluster.cursor(self.database, 'tryton') as cursor:
            cursor.execute(_PLAIN_RECEIPT, {'sku': sku(2), 'quantity': 4})
        self.shows(2, 104)
        order = self.place((3, 2))
        sale = self.sale_of(order)
        self.eventually(lambda: self.number_on_portal(order), 30, 'the number is on the portal')
        self.assertEqual(time.strftime('%Y-%m-%d', time.gmtime()), str(self.client.get('sale.sale', sale, 'sale_date')))
        self.assertTrue(wait_until(lambda: self.admin.saleable(sku(3)) == 98, 15))
