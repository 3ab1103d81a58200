"""The process that drives the lanes is killed right before and right after each step of an order's life. Which steps there are is
found by looking: one order is imported, numbered and shipped while all that changes something is written down, and then
another order is sent through for each of these. A step that is added to Ferry is found without a word here."""
import os
import time

from installer.stage.processes import free_port, wait_until
from installer.stage.rpc import RpcError

from .steps import HttpProxy, Names, SqlProxy, Watch
from .world import Case, report

LEASE = 3
SETTINGS = ('"lease": 3, "order_poll_interval": 1, "jobs": "order_status,intake", "rate_per_second": 200, "request_timeout": 5, '
            '"max_attempts": 1000')
# Inside a transaction of the ERP nothing shows until it commits: what is killed there is what is killed before the commit.
# FERRY_STEPS=all goes through each of those statements all the same, in a quarter of an hour more.
ALL = os.environ.get('FERRY_STEPS') == 'all'


class Steps(Case):
    def setUp(self):
        self.watch, names = Watch(), Names()
        super().setUp()
        cluster = self.world.cluster
        self.sql = SqlProxy(cluster.port, self.watch, 'Ferry', names)
        self.erp_sql = SqlProxy(cluster.port, self.watch, 'ERP', names)
        self.portal = HttpProxy(self.vendure.port, self.watch)
        for proxy in (self.sql, self.erp_sql, self.portal):
            self._closing.callback(proxy.close)
        self.placed = []

    def server_behind_proxies(self, name):
        """As start_erp(), with each connection by way of a proxy. `start` is left to the caller."""
        cluster, erp = self.world.cluster, self.world.erp
        section = self.world.ferry.section(self.database)
        for key in ('database', 'notify'):
            section[key] = section[key].replace(str(cluster.port), str(self.sql.port))
        port = free_port()
        conf = erp.configure(f'{self.id()}.{name}', port, **section)
        conf.write_text(conf.read_text().replace(f'@127.0.0.1:{cluster.port}/', f'@127.0.0.1:{self.erp_sql.port}/'))
        server = erp.server(f'{self.id()}.{name}', self.database, port, conf)
        server.child.log.unlink(missing_ok=True)
        self._servers.append(server)
        server.start()
        return server

    # ---- an order ---------------------------------------------------------------------------------------------------

    def order(self):
        placed = self.place((len(self.placed) % 40 + 1, 1))
        self.placed.append(placed)
        return placed

    def is_numbered(self, order):
        """On both sides."""
        known = self.state.order(order['code']) or {}
        return known.get('state') == 'linked' and known['erp_number'] and self.number_on_portal(order) == known['erp_number']

    def is_shipped(self, order):
        return self.admin.order(order['code'])['state'] == 'Shipped'

    def anybody(self, work, seconds=60):
        """A person's work through whichever server answers; what was interrupted is looked at and gone on with."""
        def attempt():
            for server in self._servers:
                try:
                    if server.child.pid:
                        self.client = server.client()
                        return work() or True
                except (OSError, RpcError, AssertionError):
                    continue
            return False
        self.assertTrue(wait_until(attempt, seconds), 'no server of the ERP answers')

    def send(self, *orders):
        """The warehouse ships all of these."""
        def work():
            sales = [row[0] for order in orders for row in self.state.rows(
                'SELECT erp_id FROM ferry.portal_order WHERE reference = %s', order['code'])]
            shipments = [shipment for sale in sales for shipment in self.client.get('sale.sale', sale, 'shipments')]
            self.assertEqual(len(sales), len(shipments))
            for state, button in (('draft', 'wait'), ('waiting', 'assign_force'), ('assigned', 'pick'), ('picked', 'pack'),
                                  ('packed', 'done')):
                left = [found['id'] for found in self.client.read('stock.shipment.out', shipments, 'state')
                        if found['state'] == state]
                if left:
                    self.client.call('stock.shipment.out', button, left)
        self.anybody(work)

    # ---- a step -----------------------------------------------------------------------------------------------------

    def is_to_be_tried(self, step):
        return ALL or not step.startswith('ERP: ') or step.startswith('ERP: commit')

    def trace(self):
        """The steps of an order until it is numbered, and those until its parcel is on the portal."""
        self.watch.begin()
        order = self.order()
        self.eventually(lambda: self.is_numbered(order), 40, 'the first order is numbered', lambda: self.state.order(order['code']))
        time.sleep(2)  # what comes after
        until_numbered = self.watch.steps()
        self.watch.begin()
        self.send(order)
        self.eventually(lambda: self.is_shipped(order), 40, 'the first parcel is on the portal')
        time.sleep(2)
        # the ERP's own are the warehouse's there, not Ferry's
        until_shipped = [step for step in self.watch.steps() if not step.startswith('ERP: ')]
        return [step for step in until_numbered if self.is_to_be_tried(step)], until_shipped

    def begin_again(self):
        """Whoever was killed."""
        for server in self._servers:
            if not server.child.pid:
                server.child.kill()  # also what it had started
                server.start()

    def kill_at(self, step, when, work, done):
        """→ whether the step was met."""
        self.watch.arm(step, when)
        order = work()
        # a step that only comes in another order of events is not waited for once the order has arrived
        wait_until(lambda: self.watch.sprung.is_set() or done(order) and not wait_until(self.watch.sprung.is_set, 1.5), 30, 0.05)
        self.watch.disarm()
        self.begin_again()
        self.eventually(lambda: done(order), 60, f'the order goes on, killed {when} {step}', lambda: (
            self.state.order(order['code']), self.state.rows('SELECT job, holder, expires_at, paused, pause_reason FROM ferry.job'),
            self.state.rows("SELECT state, reason FROM ferry.publication WHERE label = %s", order['code'])))
        return self.watch.sprung.is_set()

    def test_killed_before_and_after_each_step_one_order_has_one_number_and_one_fulfilment(self):
        self.erp = self.server_behind_proxies('first')
        second = self.server_behind_proxies('second')
        for server in (self.erp, second):
            server.wait_ready()
        self.connect(url=self.portal.url, wait=False, settings='', ferry_settings='{' + SETTINGS + '}', ferry_poll_interval=1)
        self.eventually(lambda: len(self.state.holders()) == 2, 40, 'both lanes are held')
        until_numbered, until_shipped = self.trace()
        report(f'{len(until_numbered)} steps until an order is numbered, {len(until_shipped)} until its parcel is on the portal')
        for part in (until_numbered, until_shipped):
            self.assertGreater(len([step for step in part if step.startswith('portal: ')]), 1, part)
            self.assertGreater(len([step for step in part if step.startswith('Ferry: ')]), 3, part)
        self.assertTrue([step for step in until_numbered if step.startswith('ERP: commit') and 'sale_sale' in step], until_numbered)
        kills, missed, waiting = 0, [], []
        began = time.monotonic()

        def place():
            waiting.append(self.order())
            return waiting[-1]

        def ship():
            order = waiting.pop(0)
            self.send(order)
            return order
        for steps, work, done in ((until_numbered, place, self.is_numbered), (until_shipped, ship, self.is_shipped)):
            for step in steps:
                for when in ('before', 'after'):
                    if self.kill_at(step, when, work, done):
                        kills += 1
                    else:
                        missed.append(f'{when} {step}')
        report(f'{kills} kills, {(time.monotonic() - began) / max(kills, 1):.1f} s each; not met again: {missed or "none"}')
        self.assertGreater(kills, len(until_numbered) + len(until_shipped), missed)
        if waiting:
            self.send(*waiting)
        self.eventually(lambda: all(map(self.is_shipped, waiting)), 120, 'all parcels are on the portal')
        self.quiet(60)
        self.judge()

    def judge(self):
        """One order, one number, one fulfilment."""
        sales = self.state.rows('SELECT web_id, number FROM sale_sale WHERE web_shop = %s', self.channel)
        self.assertEqual(sorted(f"{self.channel}:{order['code']}" for order in self.placed), sorted(row[0] for row in sales))
        numbers = dict(sales)
        self.assertEqual(len(sales), len(set(numbers.values())), 'a number was given twice')
        shipments = self.state.value("SELECT count(*) FROM stock_shipment_out WHERE state = 'done'")
        self.assertEqual(len(self.placed), shipments)
        for order in self.placed:
            seen = self.admin.order(order['code'])
            self.assertEqual(numbers[f"{self.channel}:{order['code']}"], seen['customFields']['erpOrderNumber'])
            made = [one for one in seen['fulfillments'] if one['state'] != 'Cancelled']
            self.assertEqual(['Shipped'], [one['state'] for one in made], order)
            self.assertEqual([1], [line['quantity'] for one in made for line in one['lines']], order)
        self.assert_balanced()
