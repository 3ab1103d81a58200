"""What the soak stands on: a private PostgreSQL that keeps what it has acknowledged, three processes of the ERP with the
real module, and the stand-in portal. Each can be ended at any moment and started again."""
import contextlib
import json
import os
import subprocess

from installer.stage.ferry import Ferry, State, make_channel
from installer.stage.postgres import Cluster
from installer.stage.processes import StageError, belongs_to_postgres, free_port, wait_until
from installer.stage.tryton import Erp
from installer.stage.vendure import Portal as Vendure
from installer.stage.vendure import sku
from tests.functional.fault_proxy import FaultProxy

from .money import SINCE
from .portal import Portal

DATABASE = 'soak'
LEASE = 3
JOBS = ['product', 'stock', 'list_price', 'cost', 'discount', 'fixed_net_price', 'customer', 'order_status', 'intake', 'reconcile']
EACH = 4  # feeds with a record of each product
CUSTOMERS = 20
LISTED = 40  # products in the price list: half of them cheaper by per cent, the others with a net price
RATE = 120  # requests per second that the channel may send
SMALL_DISK = 'soak_small_disk'


class Stage:
    def __init__(self, folder, build, products, seed, progress):
        self.folder, self.progress = folder, progress
        self.products = [sku(number) for number in range(1, products + 1)]
        self.cluster = Cluster(folder, free_port(), durable=True)
        self.erp = Erp(self.cluster, folder, products)
        self.ferry = Ferry(self.erp, Vendure(self.cluster, folder), build)
        program = build / 'tests' / 'portal' / 'ferry_portal'
        for needed in (self.ferry.library, self.ferry.host, program):
            if not needed.exists():
                raise StageError(f'{needed} is missing: build Ferry first')
        self.portal = Portal(program, folder, seed, folder / 'log' / 'soak-journal.jsonl')
        self.state = State(self.cluster, DATABASE)
        self.disk = SmallDisk(self.cluster)
        self.servers = {}
        self.proxy = None

    def begin(self):
        self.cluster.create()
        if self.cluster.running:  # an earlier run was killed
            self.cluster.stop('immediate')
        self.disk.forget()
        self.cluster.start(fast=True)
        template = self.erp.template_with_ferry()
        self.cluster.drop_database(DATABASE)
        self.disk.forget_tablespace()
        self.cluster.create_database(DATABASE, 'tryton', template)
        self.cluster.stop()
        self.cluster.start()
        self.ferry.enable(DATABASE)
        self.progress('the database is ready')
        self.portal.start()
        self.portal.ask('variants', skus=[*self.products, 'NOT-IN-ERP'], on_hand=0)
        self.proxy = FaultProxy(self.cluster.port)
        self._make_servers()
        for name in ('second', 'first', 'cron'):  # whoever is first drives the lanes
            self.servers[name].child.log.unlink(missing_ok=True)
            self.servers[name].start()
            self.servers[name].wait_ready()
        self.progress('two servers and a cron process of the ERP run')
        self._connect(self.servers['second'].client())
        records = EACH * len(self.products) + LISTED + CUSTOMERS
        if not wait_until(lambda: self._synchronised() == records, 600):
            raise StageError(f'only {self._synchronised()} of {records} records are on the portal after the first synchronisation')
        self.progress(f'{len(self.products)} products are on the portal')
        self.disk.take(DATABASE)

    def _connect(self, client):
        trade = client.create('party.category', name='Trade')
        for number in range(CUSTOMERS):
            client.create('party.party', name=f'Dealer {number}', categories=[('add', [trade])], contact_mechanisms=[
                ('create', [dict(type='email', value=f'dealer{number}@example.com')])])
        goods = client.search('product.product', ['code', 'in', self.products[:LISTED]], order=[['code', 'ASC']])
        price_list = client.create('product.price_list', name='Dealers', company=1, unit='product_default', lines=[('create', [
            dict(sequence=number, product=product, formula='unit_price * 0.9' if number < LISTED // 2 else '4.5')
            for number, product in enumerate(goods)])])
        self.channel = make_channel(
            client, self.portal.url, ferry_poll_interval=1, ferry_batch_cap=2, ferry_settings=_settings(price_list),
            ferry_customers='all', ferry_customer_categories=[('add', [trade])])

    def _synchronised(self):
        return self.state.value("SELECT count(*) FROM ferry.publication WHERE state = 'settled'")

    def _make_servers(self):
        """The second server reaches the database through the proxy and is never killed: its memory is watched."""
        section = self.ferry.section(DATABASE)
        through = dict(section, **{key: section[key].replace(str(self.cluster.port), str(self.proxy.port))
                                   for key in ('database', 'notify')})
        ports = free_port(), free_port()
        self.conf = self.erp.configure('soak-first', ports[0], **section)
        second = self.erp.configure('soak-second', ports[1], **through)
        self.servers = {
            'first': self.erp.server('soak-first', DATABASE, ports[0], self.conf),
            'second': self.erp.server('soak-second', DATABASE, ports[1], second),
            'cron': self.erp.cron('soak-cron', DATABASE, self.conf)}

    def client(self, name):
        return self.servers[name].client()

    def host(self, *arguments):
        """What a person does with ferry-host; its output, or why it failed."""
        done = self.ferry.run_host(self.conf, DATABASE, *arguments)
        return (done.stdout + done.stderr).strip()

    def end(self):
        for server in self.servers.values():
            server.kill()
        if self.proxy:
            self.proxy.close()
        self.portal.stop()
        if self.cluster.running:
            with contextlib.suppress(Exception):
                self.disk.give_back(DATABASE)  # the database stays for a look until the next run
            self.cluster.stop('fast')
        self.disk.forget()


def _settings(price_list):
    values = {'lease': LEASE, 'order_poll_interval': 1, 'rate_per_second': RATE, 'request_timeout': 2, 'page_size': 25,
              'full_interval': 60, 'max_attempts': 1000, 'jobs': JOBS,
              'customer_code_field': 'erpPartyCode', 'order_refund_since': SINCE,
              'order_state_field': 'erpStatus', 'order_invoices_field': 'erpInvoices', 'order_cancelled_field': 'erpCancelled',
              'price_list_channels': {str(price_list): 'list'},
              # prices jump here for no reason: nobody is to be asked about that
              'guard_changed': 0, 'guard_fall': 0, 'guard_rise': 0}
    return json.dumps(values)


class SmallDisk:
    """A disk of its own for the exchange trail, so that it can be full while the ERP's is not. Needs the right to mount."""

    def __init__(self, cluster):
        self._cluster = cluster
        self.reason = None  # why it is not there

    @property
    def folder(self):
        """Beside the cluster, because its user can get there."""
        return self._cluster.data.resolve().with_name(self._cluster.data.resolve().name + '-small-disk')

    def take(self, database):
        """Moves the trail to it."""
        belongs_to_postgres(self.folder)
        done = subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=1g', 'tmpfs', str(self.folder)], capture_output=True, text=True)
        if done.returncode:
            self.reason = f'a disk that can be full needs the right to mount: {done.stderr.strip()}'
            return
        belongs_to_postgres(self.folder)
        self.folder.chmod(0o700)
        self._cluster.query('postgres', f"CREATE TABLESPACE {SMALL_DISK} LOCATION '{self.folder}'")
        self._move(database, SMALL_DISK)

    def _move(self, database, tablespace):
        with self._cluster.cursor(database) as cursor:
            cursor.execute(f'ALTER TABLE ferry.exchange SET TABLESPACE {tablespace}')
            cursor.execute("SELECT indexrelid::regclass::text FROM pg_index WHERE indrelid = 'ferry.exchange'::regclass")
            for index, in cursor.fetchall():
                cursor.execute(f'ALTER INDEX {index} SET TABLESPACE {tablespace}')

    def fill(self):
        """No page can be added any more; what is there stays."""
        for _ in range(100):  # it may grow while it is measured, and cannot be made smaller than what is in it
            status = os.statvfs(self.folder)
            used = (status.f_blocks - status.f_bfree) * status.f_frsize
            if self._resize(used // 1024):
                return
        raise RuntimeError('the small disk grows more quickly than it can be filled')

    def free(self):
        if not self._resize(1024 * 1024):
            raise RuntimeError('the small disk cannot be given room again')

    def _resize(self, kilobytes):
        """Whether it could be done."""
        done = subprocess.run(['mount', '-o', f'remount,size={max(kilobytes, 4)}k', str(self.folder)], capture_output=True)
        return not done.returncode

    def give_back(self, database):
        if not self.reason:
            self._move(database, 'pg_default')
        self.forget_tablespace()

    def forget_tablespace(self):
        self._cluster.query('postgres', f'DROP TABLESPACE IF EXISTS {SMALL_DISK}')

    def forget(self):
        """Also what an earlier run left."""
        if self.folder.is_mount():
            subprocess.run(['umount', '-l', str(self.folder)], check=False, capture_output=True)
