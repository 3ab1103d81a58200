"""The process that drives the lanes is killed right before and right after each step of an order's life. Which steps there are is
found by looking: one order is imported, numbered and shipped while all that changes something is written down, and then
another order is sent through for each of these. A step that is added to Ferry is found without a word here."""
import datetime as dt
import os
import re
import time

from installer.stage.processes import free_port, wait_until
from installer.stage.rpc import RpcError

from .steps import HttpProxy, Names, SqlProxy, Watch
from .world import Case, report

LEASE = 3
SETTINGS = ('"lease": 3, "order_poll_interval": 1, "jobs": "order_status,intake", "rate_per_second": 200, "request_timeout": 5, '
            '"max_attempts": 1000')
# Nothing that anybody else could see lies between the end of a step and the beginning of the next: the process is killed before
# each, and after those whose answer it waits for from somebody who has it already, the portal or the ERP's commit. Inside a
# transaction of the ERP nothing shows until it commits. FERRY_STEPS=all kills before and after each of all these; another value is a
# regular expression for the steps to be killed at. A third of the kills is what every run can afford: each day another one.
WANTED = os.environ.get('FERRY_STEPS', '')
ALL = WANTED == 'all'
SHARE = 3
SERVERS = 3  # one drives the lanes, one takes over, one is starting again


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

    def send_new(self):
        order = self.order()
        self.all_arrive([order], self.is_numbered, 'one more order is numbered')
        self.send(order)

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

    def fill(self):
        """No job keeps the shop's stock here."""
        location = self.admin.ask('{stockLocations{items{id}}}')['stockLocations']['items'][0]['id']
        self.admin.ask('mutation($i:[UpdateProductVariantInput!]!){updateProductVariants(input:$i){id}}', i=[
            {'id': variant['id'], 'stockLevels': [{'stockLocationId': location, 'stockOnHand': 1000}]}
            for variant in self.variants.values()])

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

    @staticmethod
    def moments(step):
        is_answered = step.startswith(('portal: ', 'ERP: commit'))
        return ('before', 'after') if ALL or is_answered else ('before',)

    def begin_again(self):
        """Whoever was killed."""
        for server in self._servers:
            if not server.child.pid:
                server.child.kill()  # also what it had started
                server.start()

    def kill_at(self, step, when, work):
        """Sends an order through, and does not wait for more than the kill: the next one is killed while the one before is still
        on its way. → whether the step was met."""
        self.watch.arm(step, when)
        work()
        self.watch.sprung.wait(20)
        self.watch.disarm()
        self.begin_again()
        return self.watch.sprung.is_set()

    def kill_at_each(self, steps, work):
        """→ how often, and what was not met again."""
        kills, missed = 0, []
        moments = [(step, when) for step in steps if ALL or re.search(WANTED, step) for when in self.moments(step)]
        if not WANTED:
            moments = moments[dt.date.today().toordinal() % SHARE::SHARE]
        for step, when in moments:
            if self.kill_at(step, when, work):
                kills += 1
            else:
                missed.append(f'{when} {step}')
        return kills, missed

    def all_arrive(self, orders, done, what):
        self.eventually(lambda: all(map(done, orders)), 240, what, lambda: (
            [(self.state.order(order['code']), order['code']) for order in orders if not done(order)][:3],
            self.state.rows('SELECT job, holder, expires_at, paused, pause_reason FROM ferry.job'),
            self.state.rows("SELECT label, state, reason, next_attempt_at FROM ferry.publication WHERE state <> 'settled'")))

    def test_killed_before_and_after_each_step_one_order_has_one_number_and_one_fulfilment(self):
        for name in range(SERVERS):
            self.server_behind_proxies(f'server{name}')
        for server in self._servers:
            server.wait_ready()
        self.connect(url=self.portal.url, wait=False, settings='', ferry_settings='{' + SETTINGS + '}', ferry_poll_interval=1)
        self.eventually(lambda: len(self.state.holders()) == 2, 40, 'both lanes are held')
        self.fill()
        until_numbered, until_shipped = self.trace()
        for part in (until_numbered, until_shipped):
            self.assertGreater(len([step for step in part if step.startswith('portal: ')]), 1, part)
            self.assertGreater(len([step for step in part if step.startswith('Ferry: ')]), 3, part)
        self.assertTrue([step for step in until_numbered if step.startswith('ERP: commit') and 'sale_sale' in step], until_numbered)
        report('until an order is numbered: ' + '; '.join(until_numbered))
        report('until its parcel is on the portal: ' + '; '.join(until_shipped))
        began = time.monotonic()
        kills, missed = self.kill_at_each(until_numbered, self.order)
        self.all_arrive(self.placed, self.is_numbered, 'every order is numbered')
        waiting = self.placed[1:]  # the first one is shipped

        def ship():
            if waiting:
                self.send(waiting.pop(0))
            else:
                self.send_new()
        more, missed_too = self.kill_at_each(until_shipped, ship)
        self.send(*waiting)
        self.all_arrive(self.placed, self.is_shipped, 'every parcel is on the portal')
        kills, missed = kills + more, missed + missed_too
        report(f'{kills} kills, {(time.monotonic() - began) / max(kills, 1):.1f} s each; not met again: {missed or "none"}')
        self.assertTrue(kills > 2 * len(missed) or WANTED, missed)
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
