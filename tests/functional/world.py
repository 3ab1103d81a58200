"""What every functional test stands on: one private cluster, one installed shop, and per test fresh databases."""
import contextlib
import os
import threading
import time
import unittest
from pathlib import Path

from installer.stage.ferry import Ferry, State, make_channel, move_stock
from installer.stage.postgres import Cluster
from installer.stage.processes import Progress, StageError, free_port, tail, wait_until
from installer.stage.tryton import REPOSITORY, Erp
from installer.stage.vendure import Portal, Shop, sku

from .fault_proxy import FaultProxy

POLL = 2  # seconds; the channel's poll interval in tests
LEASE = 5


class World:
    """Prepared once per run of the tests."""

    def __init__(self, folder, build, progress):
        self.folder = Path(folder)
        self.cluster = Cluster(self.folder, free_port(), durable=False)
        self.cluster.create()
        if self.cluster.running:  # an earlier run was killed
            self.cluster.stop('immediate')
        self.cluster.start()
        self.erp = Erp(self.cluster, self.folder)
        self.portal = Portal(self.cluster, self.folder)
        self.ferry = Ferry(self.erp, self.portal, build)
        if not self.ferry.library.exists():
            raise StageError(f'{self.ferry.library} is missing: build Ferry first')
        self._prepare(progress)
        self._count = 0
        self.following = None  # the test after this one: its portals start while this one runs

    def _prepare(self, progress):
        problems = []

        def shop():
            try:
                self.portal.install()
                self.shop_template = self.portal.seed()
                progress('the shop is ready')
            except Exception as problem:
                problems.append(problem)
        side = threading.Thread(target=shop)
        side.start()
        self.erp_template = self.erp.template_with_ferry()
        progress('the ERP is ready')
        side.join()
        if problems:
            raise problems[0]

    def fresh(self, products=None):
        """Names of a new ERP database and a new shop database, of the usual size or with so many products."""
        shop = Portal(self.cluster, self.folder, products).seed() if products else self.shop_template
        names = self.fresh_database('erp', 'tryton', self.erp_template), self.fresh_database('shop', 'portal', shop)
        self.ferry.enable(names[0])
        return names

    def fresh_database(self, kind, owner, template):
        self._count += 1
        name = f'{kind}{self._count}'
        self.cluster.drop_database(name)
        self.cluster.create_database(name, owner, template)
        return name

    def start_following(self):
        test, self.following = self.following, None
        if test:
            with contextlib.suppress(Exception):  # it tries again itself, and then says why
                test.start_portals()

    def stop(self):
        self.cluster.stop('immediate')


class Case(unittest.TestCase):
    """A fresh shop and a fresh ERP. `start_erp` and `connect` make what a test needs of it."""

    world = None  # set by the runner
    keep = False
    environment = {}  # of the ERP's servers
    products = None  # of the shop, where it is not the usual number

    database = None  # the ERP's; not before the portals were started

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self._servers, self._portals, self._closing = [], [], contextlib.ExitStack()

    def start_portals(self):
        """What takes long to start and does not depend on what the test does, in new databases. Called while the test before
        this one still runs, where there is one."""
        database, shop = self.world.fresh(self.products)
        self.vendure = self._start_portal('vendure', self.world.portal, shop)
        self.database = database

    def _start_portal(self, name, portal, database):
        server = portal.server(f'{self.id()}.{name}', database, free_port())
        server.child.log.unlink(missing_ok=True)
        self._portals.append(server)
        server.start()
        return server

    def end(self):
        """Whatever was started: also by the test before, or by one that was interrupted."""
        self._closing.close()
        for server in self._servers:
            server.kill() if not self.keep else server.stop()
        for server in self._portals:
            server.child.kill()
        if not self.keep:
            for name in {self.database, *(server.database for server in self._portals)} - {None}:
                self.world.cluster.drop_database(name)
        self._servers, self._portals, self.database = [], [], None

    def setUp(self):
        if not self.database:
            self.start_portals()
        self.conf = self.configure()
        self.state = State(self.world.cluster, self.database)
        self.vendure_ready = False
        self.world.start_following()

    def tearDown(self):
        self.end()

    # ---- making things ----------------------------------------------------------------------------------------------

    def configure(self, **ferry):
        self.port = free_port()
        return self.world.erp.configure(self.id(), self.port, **dict(self.world.ferry.section(self.database), **ferry))

    def start_erp(self, name='tryton', kind='server', port=None, ready=True):
        """A server of the ERP; one that is to be killed and started again keeps its object."""
        erp = self.world.erp
        name = f'{self.id()}.{name}'
        if kind in {'cron', 'worker'}:
            server = getattr(erp, kind)(name, self.database, self.conf)
        else:
            conf = self.conf
            if port and port != self.port:
                conf = erp.configure(name, port, **self.world.ferry.section(self.database))
            server = getattr(erp, kind)(name, self.database, port or self.port, conf)
        server.environment.update(self.environment)
        server.child.log.unlink(missing_ok=True)
        self._servers.append(server)
        server.start()
        if ready:
            server.wait_ready()
        return server

    def portal_admin(self):
        if not self.vendure_ready:
            self.vendure.wait_ready()
            self.vendure_ready = True
        return self.vendure.admin()

    def proxy(self, port=None):
        """In front of the Vendure, or of what listens on a port."""
        proxy = FaultProxy(port or self.vendure.port)
        self._closing.callback(proxy.close)
        return proxy

    def connect(self, url=None, client=None, wait=True, settings='', **values):
        """Makes the channel, waits for the first synchronisation. → (client of the ERP, admin of the portal)."""
        admin = self.portal_admin()
        self.client = client or self._servers[0].client()
        more = f', {settings}' if settings else ''
        values.setdefault('ferry_settings', f'{{"lease": {LEASE}{more}}}')
        values.setdefault('ferry_poll_interval', POLL)
        self.channel = make_channel(self.client, url or self.vendure.url, **values)
        self.admin = admin
        if wait:
            self.eventually(lambda: self.state.settled() == self.world.portal.products, 60, 'the first synchronisation')
        self.variants = admin.variants()
        return self.client, admin

    def begin(self, **values):
        """The usual beginning: one server, one channel, everything synchronised."""
        self.erp = self.start_erp()
        return self.connect(**values)

    # ---- doing things -----------------------------------------------------------------------------------------------

    def move(self, number, quantity):
        return move_stock(self.client, sku(number), quantity)

    def product(self, number):
        return self.client.one('product.product', ['code', '=', sku(number)])

    def place(self, *items, url=None, **more):
        """A customer buys (number of the product, quantity); the order as the shop shows it."""
        return Shop(url or self.vendure.url).place(
            [(self.variants[sku(number)]['id'], quantity) for number, quantity in items], **more)

    def sale_of(self, order):
        """The id of the one sale of a portal's order, when it was linked."""
        self.eventually(lambda: (self.state.order(order['code']) or {}).get('state') == 'linked', 40,
                        f"order {order['code']} linked", lambda: self.state.order(order['code']))
        sales = self.state.rows('SELECT id FROM sale_sale WHERE web_id = %s', f"{self.channel}:{order['code']}")
        self.assertEqual(1, len(sales))
        return sales[0][0]

    def number_on_portal(self, order):
        return self.admin.order(order['code'])['customFields']['erpOrderNumber']

    def shipment_of(self, sale):
        return self.client.get('sale.sale', sale, 'shipments')[0]

    def ship(self, sale, quantities=None):
        """Picks, packs and ships the shipment of a sale; {product number: quantity} ships only so much of it."""
        shipment = self.shipment_of(sale)
        client = self.client
        if quantities:
            for move in client.read('stock.move', client.get('stock.shipment.out', shipment, 'inventory_moves'), 'product'):
                for number, quantity in quantities.items():
                    if move['product'] == self.product(number):
                        client.write('stock.move', move['id'], quantity=float(quantity))
        if not client.button('stock.shipment.out', 'assign_try', shipment):
            client.button('stock.shipment.out', 'assign_force', shipment)
        for button in ('pick', 'pack', 'done'):
            client.button('stock.shipment.out', button, shipment)

    def ship_rest(self, sale):
        """Ships what the first parcel left behind."""
        waiting = [shipment for shipment in self.client.read(
            'stock.shipment.out', self.client.get('sale.sale', sale, 'shipments'), 'state') if shipment['state'] != 'done']
        self.assertEqual(1, len(waiting))
        shipment = waiting[0]['id']
        if waiting[0]['state'] in {'draft', 'waiting'}:
            if waiting[0]['state'] == 'draft':
                self.client.button('stock.shipment.out', 'wait', shipment)
            self.client.button('stock.shipment.out', 'assign_force', shipment)
        for button in ('pick', 'pack', 'done'):
            self.client.button('stock.shipment.out', button, shipment)
        return shipment

    # ---- looking ----------------------------------------------------------------------------------------------------

    def eventually(self, probe, seconds, what, found=lambda: None):
        """Asserts that something becomes true; `found` says what was seen instead."""
        if not wait_until(probe, seconds, 0.05):
            log = '\n'.join(f'--- {server.child.log}\n{tail(server.child.log, 15)}' for server in self._servers[:1])
            self.fail(f'not within {seconds} s: {what}; seen: {found()}\n{log}')

    def shows(self, number, quantity, seconds=15):
        """The customer can buy that much of a product."""
        self.eventually(lambda: self.admin.saleable(sku(number)) == quantity, seconds,
                        f'{quantity} of {sku(number)} can be bought',
                        lambda: (self.admin.stock(sku(number)), self.state.rows(
                            'SELECT state, desired, acknowledged, reason FROM ferry.publication WHERE label = %s', sku(number))))

    def quiet(self, seconds=20):
        """Nothing is left to be sent."""
        self.eventually(lambda: not self.state.waiting(), seconds, 'nothing is pending', lambda: self.state.rows(
            "SELECT label, state, reason FROM ferry.publication WHERE state <> 'settled' LIMIT 5"))

    def host(self, *arguments):
        return self.world.ferry.run_host(self.conf, self.database, *arguments)

    def log_of(self, server):
        return server.child.log.read_text(errors='replace')

    def assert_balanced(self):
        """The counts of every run add up (a CHECK says so too), and no run ended with an error."""
        for row in self.state.rows('SELECT job, inbound, changed, unchanged, successful, failed, deferred FROM ferry.run'):
            self.assertEqual(row[1], row[2] + row[3], row)
            self.assertEqual(row[2], row[4] + row[5] + row[6], row)


def report(text):
    """A figure for whoever reads the run."""
    print(f'    {text}', flush=True)


@contextlib.contextmanager
def stopwatch():
    began = time.monotonic()
    yield lambda: time.monotonic() - began


def default_folder():
    return Path(os.environ.get('FERRY_CACHE', REPOSITORY / '.cache')) / 'stage'


__all__ = ['Case', 'World', 'Progress', 'report', 'stopwatch', 'default_folder', 'sku', 'LEASE', 'POLL']
