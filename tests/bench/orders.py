#!/usr/bin/python3
"""Measures what it costs to bring portal orders into Tryton, and what of it is Ferry's.

usage: orders.py [--orders NUMBER] [--build FOLDER]
  --orders  so many instead of 1,000

Paid orders of 1 to 40 lines wait in a stand-in portal, one in ten of them defective. A real server of Tryton with the real
module imports them in one go, and Tryton's own worker processes them, which is how a company with so many orders runs it;
each defective one must be in review with a reason that names order, line and SKU, and each other one must be a sale in
processing with the portal's total. Then a sample of the same orders is entered in this process, each twice, in turn: by
Tryton's own routine alone (create, quote, confirm, process of a sale with the same lines), and by the module's order entry,
as the engine calls it. Prints one JSON object.
"""
import argparse
import json
import os
import random
import signal
import sys
import time
from decimal import Decimal
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).resolve().parent)]
sys.dont_write_bytecode = True

import save  # noqa: E402
from installer.stage.ferry import Ferry, State, make_channel  # noqa: E402
from installer.stage.processes import StageError, free_port, wait_until  # noqa: E402
from installer.stage.tryton import PYTHON, Erp, Server, python_path  # noqa: E402
from installer.stage.vendure import Portal as Vendure, sku  # noqa: E402
from tests.functional import bulk  # noqa: E402
from tests.soak.portal import Portal  # noqa: E402

IMPORTED, DIRECT = 'bench_orders', 'bench_orders_direct'
ORDERS, SAMPLE, WARM_UP = 1000, 40, 3
LINES = 40
PRODUCTS = 2000  # so that an order is about few of them
DEFECTS = {'NOT-IN-ERP': 'unknown', 'SKU-000049': 'not salable', 'SKU-000050': 'inactive'}
SEED = 20261129


def processor_time(pid):
    try:
        fields = Path(f'/proc/{pid}/stat').read_text().rpartition(')')[2].split()
    except OSError:  # it has ended
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')


def family(pid):
    return [pid, *Path(f'/proc/{pid}/task/{pid}/children').read_text().split()]


class Import:
    """The orders, through the portal and a server of Tryton with Ferry in it."""

    def __init__(self, folder, cluster, build, count):
        self._count, self._chance = count, random.Random(SEED)
        self._erp = Erp(cluster, folder)
        self._ferry = Ferry(self._erp, Vendure(cluster, folder), build)
        self._state = State(cluster, IMPORTED)
        self._cluster = cluster
        self._portal = Portal(build / 'tests' / 'portal' / 'ferry_portal', folder, SEED, folder / 'log' / 'bench-journal.jsonl')
        port = free_port()
        conf = self._erp.configure('bench-orders', port, **self._ferry.section(IMPORTED))
        self._record = folder / 'log' / 'bench-orders.jsonl'
        command = [PYTHON, '-B', str(Path(__file__).with_name('orders_server.py')), str(self._record), '-c', str(conf), '-d', IMPORTED]
        # its own configuration, not that of this process, which keeps the engine out
        self._server = Server(self._erp, 'bench-orders', IMPORTED, port, [*command, '-vv'], signal.SIGINT, {'TRYTOND_CONFIG': str(conf)})
        # the one engine is that of the server, where it is measured
        idle = self._erp.configure('bench-worker', **dict(self._ferry.section(IMPORTED), **{'host.engine': 'off'}))
        self._worker = self._erp.worker('bench-worker', IMPORTED, idle)
        self._worker.environment['TRYTOND_CONFIG'] = str(idle)
        for path in (conf, idle):
            path.write_text(path.read_text() + '[queue]\nworker = True\n')

    def __enter__(self):
        self._portal.start()
        self._server.start()
        self._server.wait_ready()
        self._worker.start()
        return self

    def __exit__(self, *_):
        self._worker.kill()
        self._server.kill()
        self._portal.stop()

    def run(self):
        """Seconds from the moment that intake is allowed to the last decision, where they went, and the documents of what was
        imported."""
        client = self._server.client()
        skus = [sku(number) for number in range(1, PRODUCTS + 1)]
        self._portal.ask('variants', skus=sorted({*skus, *DEFECTS}), on_hand=0)
        settings = {'jobs': ['stock']}
        shop = make_channel(client, self._portal.url, products=1, active=False, ferry_settings=json.dumps(settings))
        with self._cluster.cursor(IMPORTED, 'tryton') as cursor:
            bulk.publish(cursor, shop)
        client.write('web.shop', shop, active=True)
        if not wait_until(lambda: self._state.settled() >= len(skus), 120):
            raise StageError(f'only {self._state.settled()} of {len(skus)} products are on the portal')
        self._spoil(client)
        defective = self._place(sorted(set(skus) - set(DEFECTS)))
        before = self._processor()
        began = time.monotonic()
        settings['jobs'] = ['stock', 'intake', 'order_status']
        client.write('web.shop', shop, ferry_settings=json.dumps(settings))
        deciding = self._wait(began)
        seconds = time.monotonic() - began
        processor = {who: spent - before.get(who, 0) for who, spent in self._processor().items()}
        calls = [json.loads(line) for line in self._record.read_text().splitlines()]
        entry = {what: sum(call[what] for call in calls) for what in ('seconds', 'processor')}
        processor.update(entry=entry['processor'], server=processor['server'] - entry['processor'])
        return dict(seconds=seconds, deciding=deciding, entry=entry['seconds'], processor=processor), self._judge(shop, defective)

    def _processor(self):
        """Processor seconds up to now of the server, the worker and the database, there for Tryton and for Ferry."""
        spent = dict(server=processor_time(self._server.child.pid), worker=sum(map(processor_time, family(self._worker.child.pid))),
                     tryton=0.0, ferry=0.0)
        for user, pid in self._cluster.query('postgres', 'SELECT usename, pid FROM pg_stat_activity WHERE datname = %s', (IMPORTED,)):
            if user in spent:
                spent[user] += processor_time(pid)
        return spent

    def _spoil(self, client):
        """The ERP stops selling two products that the portal has."""
        product = client.one('product.product', ['code', '=', 'SKU-000049'])
        client.write('product.template', client.get('product.product', product, 'template'), salable=False)
        client.write('product.product', client.one('product.product', ['code', '=', 'SKU-000050']), active=False)

    def _place(self, skus):
        """Order → the SKU that it cannot be imported with."""
        defective, chance = {}, self._chance
        for number in range(self._count):
            lines = [(code, chance.randint(1, 3)) for code in chance.sample(skus, chance.randint(1, LINES))]
            bad = chance.choice(list(DEFECTS)) if number % 10 == 4 else None
            if bad:
                lines[chance.randrange(len(lines))] = (bad, 1)
            code = self._portal.place(lines)['code']
            if bad:
                defective[code] = bad
        return defective

    def _wait(self, began):
        """Until each is in review or in processing. → seconds until each was decided: in review or confirmed."""
        decided, ended, told, moved, deciding = 0, 0, began, began, None
        while ended < self._count:
            time.sleep(0.25)
            now, before = time.monotonic(), (decided, ended)
            (decided, ended), = self._state.rows(
                "SELECT count(*), count(*) FILTER (WHERE o.state = 'review' OR s.state = 'processing') FROM ferry.portal_order o "
                "LEFT JOIN sale_sale s ON s.id = o.erp_id WHERE o.state IN ('linked', 'review')")
            if decided == self._count:
                deciding = deciding or now - began
            if (decided, ended) != before:
                moved = now
            elif now - moved > 120:
                raise StageError(f'of {self._count} orders {decided} are decided and {ended} processed, and no other one for two minutes')
            if now - told > 15:
                told = now
                print(f'        of {self._count} orders {decided} are decided and {ended} processed after {now - began:.0f} s',
                      file=sys.stderr, flush=True)
        return deciding

    def _judge(self, shop, defective):
        rows = self._state.rows('SELECT o.reference, o.state, o.reason, o.document, s.state, s.total_amount_cache,'
                                ' (SELECT count(*) FROM sale_sale d WHERE d.reference = o.reference)'
                                ' FROM ferry.portal_order o LEFT JOIN sale_sale s ON s.id = o.erp_id WHERE o.channel = %s', shop)
        documents = []
        for reference, state, reason, document, sale, total, sales in rows:
            bad = defective.get(reference)
            if bad:
                right = state == 'review' and not sales and all(word in reason for word in (reference, bad))
            else:
                right = state == 'linked' and sale == 'processing' and sales == 1 and total == Decimal(json.loads(document)['gross'])
                documents.append(json.loads(document))
            if not right:
                raise StageError(f'order {reference} ({bad or "good"}) is {state}, {sale}, {sales} sales, {total}: {reason}')
        return documents


class Entry:
    """The same orders in this process, without the engine."""

    def __init__(self):
        from trytond.pool import Pool
        from trytond.transaction import Transaction
        Pool.start()
        Pool(DIRECT).init()
        from trytond.modules.ferry import order  # found only now, through its entry point
        self._pool, self._entry = Pool(DIRECT), order
        with Transaction().start(DIRECT, 1):
            self._context = self._pool.get('res.user').get_preferences(context_only=True)
        with Transaction().start(DIRECT, 1, context=dict(self._context)):
            self._shop, self._party = self._make()

    def _make(self):
        get = self._pool.get
        one = {name: get(name).search([domain])[0] for name, domain in {
            'currency.currency': ('code', '=', 'EUR'), 'party.party': ('name', '=', 'Guests of the shop'),
            'product.product': ('code', '=', 'ADJUSTMENT'), 'stock.location': ('type', '=', 'warehouse'),
            'res.user': ('login', '=', 'orders')}.items()}
        shop, = get('web.shop').create([dict(
            name='Web shop', type='ferry', company=self._context['company'], currency=one['currency.currency'].id,
            guest_party=one['party.party'].id, ferry_connector='vendure', ferry_base_url='https://shop.example',
            ferry_username='erp', ferry_secret='vendure', ferry_order_user=one['res.user'].id,
            ferry_adjustment_product=one['product.product'].id,
            ferry_warehouses=[('create', [{'warehouse': one['stock.location'].id}])])])
        country, = get('country.country').search([('code', '=', 'DE')]) or [None]
        party, = get('party.party').create([dict(name='Anna Muster', addresses=[('create', [dict(
            street='Hauptstr. 5', city='Berlin', postal_code='10115', country=country and country.id, invoice=True,
            delivery=True)])])])
        return shop.id, party.id

    def alone(self, document):
        """Tryton's routine, for a sale of the same lines: as the client calls it, and with the same handling of its tasks."""
        def work(transaction):
            get = self._pool.get
            Sale, Line, Product = get('sale.sale'), get('sale.line'), get('product.product')
            shop = get('web.shop')(self._shop)
            with self._entry._as_order_user(transaction, shop):
                products = {p.code: p for p in Product.search([('code', 'in', [line['sku'] for line in document['lines']])])}
                sale = shop.get_sale(get('party.party')(self._party))
                sale.reference = document['reference']
                lines = []
                for values in document['lines']:
                    line = Line(sale=sale, type='line', product=products[values['sku']], quantity=float(values['quantity']))
                    line.on_change_product()
                    line.unit_price = Decimal(values['unit_price'])
                    lines.append(line)
                sale.lines = lines
                sale.save()
                Sale.quote([sale])
                Sale.confirm([sale])
            return self._entry.Status.OK, sale.id, '', ''
        self._well(self._entry._transact(DIRECT, work))

    def entered(self, document):
        self._well(self._entry.enter(DIRECT, self._shop, document['reference'], json.dumps(document)))

    def _well(self, answer):
        if answer[0] != self._entry.Status.OK:
            raise StageError(f'an order could not be entered: {answer}')

    def measure(self, documents):
        """Seconds per line of an order, alone and entered, each up to confirmed and for the task that processes it."""
        spent = {self.alone: [0.0, 0.0], self.entered: [0.0, 0.0]}
        task, in_task = self._entry.run_task, [0.0]

        def timed_task(*arguments):
            began = time.perf_counter()
            task(*arguments)
            in_task[0] += time.perf_counter() - began
        self._entry.run_task = timed_task
        for number, document in enumerate(documents):
            for way in sorted(spent, key=lambda way: (number % 2) ^ (way == self.alone)):
                in_task[0], began = 0.0, time.perf_counter()
                way(document)
                if number >= WARM_UP:
                    spent[way][0] += time.perf_counter() - began - in_task[0]
                    spent[way][1] += in_task[0]
        lines = sum(len(document['lines']) for document in documents[WARM_UP:])
        return {way.__name__: [seconds / lines for seconds in both] for way, both in spent.items()}


def sampled(documents, count):
    """Of all lengths, in random order."""
    by_length = sorted(documents, key=lambda document: len(document['lines']))
    sample = by_length[::max(1, len(by_length) // count)]
    random.Random(SEED).shuffle(sample)
    return sample


def measured(folder, cluster, build, count):
    with Import(folder, cluster, build, count) as imported:
        figures, documents = imported.run()
    print(f'        imported: {json.dumps(figures)}', file=sys.stderr, flush=True)
    ways = Entry().measure(sampled(documents, SAMPLE))
    lines = sum(len(document['lines']) for document in documents)
    times = {name: [each * lines for each in both] for name, both in ways.items()}
    return dict(figures, orders=count, imported=len(documents), lines=lines, alone=times['alone'][0], entered=times['entered'][0],
                processing=times['alone'][1])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--orders', type=int, default=ORDERS)
    parser.add_argument('--build', type=Path, default=ROOT / 'build' / 'release')
    arguments = parser.parse_args()
    folder, cluster = save.stage()
    try:
        save.prepared(folder, cluster, arguments.build, IMPORTED)
        conf = save.prepared(folder, cluster, arguments.build, DIRECT)
        for database in (IMPORTED, DIRECT):
            with cluster.cursor(database, 'tryton') as cursor:
                bulk.add_products(cursor, 51, PRODUCTS)
                cursor.execute('ANALYZE')
        sys.path.insert(0, python_path(folder))
        os.environ['TRYTOND_CONFIG'] = str(conf)
        from trytond.config import config
        config.update_etc(str(conf))
        print(json.dumps(measured(folder, cluster, arguments.build, arguments.orders)))
    finally:
        cluster.stop()


if __name__ == '__main__':
    try:
        main()
    except StageError as problem:
        sys.exit(f'orders.py: {problem}')
