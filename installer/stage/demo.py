"""The demo: brings everything up, shows both journeys with their times, leaves everything running."""
import argparse
import json
import os
import re
import shutil
import signal
import statistics
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from .ferry import Ferry, State, make_channel, move_stock
from .postgres import Cluster
from .processes import (Child, Progress, StageError, answers, free_port, interrupt, is_free, need, run,
                        wait_until)
from .rpc import RpcError
from .tryton import REPOSITORY, Erp
from .vendure import ADMIN, GraphQLError, Portal, Shop, sku

ERP, SHOP = 'erp', 'shop'
PORTS = {'postgresql': 15432, 'tryton': 18000, 'vendure': 13000, 'vendure_ui': 13001}
MOVES = 20
# What the shop's own administration shows of an order's life in Tryton
ORDER_FIELDS = {'order_state_field': 'erpStatus', 'order_invoices_field': 'erpInvoiceNumber', 'order_cancelled_field': 'erpCancelled'}


class Demo:
    def __init__(self, folder):
        self.folder = folder
        self.progress = Progress(began=float(os.environ.get('FERRY_DEMO_BEGAN', 0)))
        self._state_file = folder / 'state.json'
        self.state = json.loads(self._state_file.read_text()) if self._state_file.exists() else {}
        ports = self.state.setdefault('ports', {})
        for name, port in PORTS.items():
            if name not in ports:
                ports[name] = port if is_free(port) else free_port()
        self.cluster = Cluster(folder, ports['postgresql'], durable=True)
        self.erp = Erp(self.cluster, folder)
        self.portal = Portal(self.cluster, folder)
        self.ferry = Ferry(self.erp, self.portal)
        self.ready = threading.Event()

    def save(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        self._state_file.write_text(json.dumps(self.state, indent=1))

    def servers(self):
        """Tryton and Vendure, running or not."""
        ports = self.state['ports']
        conf = self.folder / 'tryton.conf'
        if self.cluster.data.exists():
            conf = self.erp.configure('tryton', ports['tryton'], **self.ferry.section(ERP))
        return (self.erp.server('tryton', ERP, ports['tryton'], conf),
                self.portal.server('vendure', SHOP, ports['vendure'], ports['vendure_ui']))

    def stop(self):
        if not self.folder.exists():
            return
        for name, first in (('tryton', signal.SIGINT), ('vendure', signal.SIGTERM)):
            child = Child(self.folder, name, first)
            if child.pid:
                self.progress(f'stopping {name}')
            child.stop(40)
        if self.cluster.running:
            self.progress('stopping PostgreSQL')
        self.cluster.stop()

    def reset(self):
        self.stop()
        self.cluster.remove()
        shutil.rmtree(self.folder, ignore_errors=True)

    # ---- preparing, side by side ------------------------------------------------------------------------------------

    def build(self):
        need('cmake', 'cmake')
        log, folder = self.folder / 'log' / 'build.log', self.ferry.build
        log.unlink(missing_ok=True)
        ticker = Ticker(log, self.progress)
        ticker.start()
        try:
            run(['cmake', '--preset', 'release', '-B', str(folder), '-DFERRY_TESTS=OFF', '-DFERRY_BENCH=OFF'], log, 'cmake',
                cwd=REPOSITORY)
            run(['ninja', '-C', str(folder), 'ferry', 'ferry-host'], log, 'the build', cwd=REPOSITORY)
        finally:
            ticker.stop()
        return 'Ferry is built (build/release)'

    def prepare_portal(self):
        self.portal.install()
        self.progress('Vendure is installed from the npm registry')
        self.ready.wait()
        template = self.portal.seed()
        if not self.cluster.exists(SHOP):
            self.cluster.create_database(SHOP, 'portal', template)
            self.state['shop'] = self.portal.digest
        return f'the shop has {self.portal.products} products, none in stock'

    def prepare_erp(self):
        try:
            self.cluster.create()
            if not self.cluster.running:
                if not is_free(self.cluster.port):
                    raise StageError(f'port {self.cluster.port} is taken: end what uses it, or --reset for other ports')
                self.cluster.start(fast=not self.state.get('bootstrapped'))
        finally:
            self.ready.set()
        self.progress('PostgreSQL runs; Tryton is being bootstrapped (a minute or two)')
        if not self.cluster.exists(ERP):
            self.cluster.create_database(ERP, 'tryton', self.erp.template_with_ferry())
            self.state['module'] = self.erp.module_digest
        return 'Tryton has a company with 50 products, 100 of each in stock'

    def prepare(self):
        steps = (self.build, self.prepare_portal, self.prepare_erp)
        with ThreadPoolExecutor(len(steps)) as pool:
            waiting = [pool.submit(step) for step in steps]
            try:
                for done in as_completed(waiting):
                    self.progress(done.result())
            except BaseException:
                interrupt()
                self.ready.set()
                raise
        self.save()

    # ---- starting ---------------------------------------------------------------------------------------------------

    def start(self):
        if not self.state.get('bootstrapped'):
            # from here on nothing that was acknowledged may be lost
            self.cluster.stop()
            self.cluster.start()
            self.state['bootstrapped'] = True
            self.save()
        tryton, vendure = self.servers()
        if self.needs_restart(tryton):
            tryton.stop()
        if self.state.get('module') != self.erp.module_digest:
            self.progress('updating the Tryton module')
            tryton.stop()
            self.erp.activate_ferry(ERP)
            self.state['module'] = self.erp.module_digest
            self.save()
        if self.state.get('shop') != self.portal.digest:
            self.progress('updating the shop')
            vendure.stop()
            self.portal.upgrade(SHOP)
            self.state['shop'] = self.portal.digest
            self.save()
        self.ferry.enable(ERP)
        for server in (vendure, tryton):
            if not server.child.pid:
                if answers(server.port):
                    raise StageError(f'port {server.port} is taken: end what uses it, or --reset for other ports')
                server.start()
        vendure.wait_ready()
        tryton.wait_ready()
        self.progress('Tryton and Vendure run')
        return tryton, vendure

    def needs_restart(self, tryton):
        """A server that loaded an older build."""
        started = tryton.child.started
        return started is not None and self.ferry.library.stat().st_mtime > started

    def first_sync(self, client, url):
        state = State(self.cluster, ERP)
        if not client.search('web.shop', ['type', '=', 'ferry']):
            make_channel(client, url, ferry_settings=json.dumps(ORDER_FIELDS))
            self.progress('the channel is saved in Tryton (a web shop of type Ferry)')
        if not wait_until(lambda: (state.settled() or 0) >= self.portal.products, 60):
            raise StageError('the first synchronisation did not finish: see\n'
                             + self.ferry.run_host(self.folder / 'tryton.conf', ERP, 'status').stdout)
        self.progress(f'{state.settled()} products are in stock on the portal')
        return state

    # ---- the journeys -----------------------------------------------------------------------------------------------

    def stock_journey(self, client, admin):
        """Moves saved through Tryton's RPC, as its clients do; how long until the portal shows each."""
        times = []
        for number in range(MOVES):
            code = sku(3 + number)
            before = admin.stock(code)['on_hand']
            move_stock(client, code, 5)
            saved = time.monotonic()
            if not wait_until(lambda: admin.stock(code)['on_hand'] == before + 5, 30, 0.01):
                raise StageError(f'the move of {code} did not reach the portal in 30 s: ferry-host explain {code}')
            times.append(time.monotonic() - saved)
        return code, before, times

    def order_journey(self, admin, url, state):
        """A customer pays in the shop; how long until the portal's order carries the ERP's number."""
        variants = admin.variants()
        order = Shop(url).place([(variants[sku(1)]['id'], 2), (variants[sku(2)]['id'], 1)])
        placed = time.monotonic()
        number = wait_until(lambda: admin.order(order['code'])['customFields']['erpOrderNumber'], 60, 0.05)
        if not number:
            raise StageError(f"order {order['code']} did not get its number in 60 s: {state.order(order['code'])}")
        return order, number, time.monotonic() - placed

    def show(self, tryton, vendure):
        client, admin = tryton.client(), vendure.admin()
        state = self.first_sync(client, vendure.url)
        self.progress(f'{MOVES} stock moves in Tryton')
        code, before, times = self.stock_journey(client, admin)
        self.progress('an order in the shop')
        order, number, seconds = self.order_journey(admin, vendure.url, state)
        sale = client.read('sale.sale', state.order(order['code'])['erp_id'], 'total_amount', 'state')[0]
        wait_until(lambda: not state.waiting(), 10)
        print(f'''
Journey 1: a receipt of 5 × {code} saved in Tryton, {before} → {before + 5} in the shop
    saved → the portal shows it: {times[-1]:.2f} s; median of {len(times)}: {statistics.median(times):.2f} s, slowest {max(times):.2f} s
Journey 2: order {order['code']} placed and paid in the shop, {order['totalWithTax'] / 100:.2f} EUR
    → sale {number} in Tryton, {sale['total_amount']} EUR, {sale['state']}
    placed → its number is on the portal's order: {seconds:.2f} s

Runs        runs  looked at = changed + unchanged   changed = sent + failed + deferred''')
        for job, runs, inbound, changed, unchanged, successful, failed, deferred in state.runs():
            print(f'{job:12}{runs:4} {inbound:10} = {changed:7} + {unchanged:9} {changed:9} = {successful:4} + {failed:6} + {deferred:8}')
        print(f'''
Tryton    {tryton.url}/#{ERP}   log in as admin with {self.erp.password}
          the channel: Sales > Configuration > Web Shops; what Ferry did: Sales > Ferry
Vendure   {vendure.url}/admin   log in as {ADMIN} with {self.portal.password}
Logs      {self.folder}/log
Look in   {os.path.relpath(self.ferry.host)} -c {self.folder}/tryton.conf -d {ERP} status
Stop      installer/demo --stop    Start over   installer/demo --reset
''')


class Ticker(threading.Thread):
    """Says now and then how far the build is."""

    def __init__(self, log, progress):
        super().__init__(daemon=True)
        self._log, self._progress = log, progress
        self._ended = threading.Event()

    def run(self):
        shown = None
        while not self._ended.wait(15):
            text = self._log.read_text(errors='replace') if self._log.exists() else ''
            steps = re.findall(r'^\[(\d+/\d+)\]', text, re.M)
            if steps and steps[-1] != shown:
                shown = steps[-1]
                self._progress(f'building Ferry: {shown}')

    def stop(self):
        self._ended.set()


def arguments():
    parser = argparse.ArgumentParser(prog='installer/demo')
    parser.add_argument('--stop', action='store_true')
    parser.add_argument('--reset', action='store_true')
    parser.add_argument('--folder', type=Path, default=REPOSITORY / '.demo')
    return parser.parse_args()


def main():
    options = arguments()
    demo = Demo(options.folder.resolve())
    if options.stop or options.reset:
        demo.reset() if options.reset else demo.stop()
        demo.progress('nothing of the demo runs any more' + (', and its folder is gone' if options.reset else ''))
        return
    demo.prepare()
    tryton, vendure = demo.start()
    demo.show(tryton, vendure)
    demo.progress('done')


def guarded():
    try:
        main()
    except KeyboardInterrupt:
        print('\ninterrupted: installer/demo goes on from here, installer/demo --stop stops what runs', file=sys.stderr)
        sys.exit(130)
    except (StageError, RpcError, GraphQLError, OSError) as error:
        print(f'demo: {error}', file=sys.stderr)
        sys.exit(1)


if __name__ == '__main__':
    guarded()
