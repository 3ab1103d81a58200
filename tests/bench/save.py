#!/usr/bin/python3
"""Measures what Ferry adds to a save in Tryton: pairs of the same save with and without it, in turn, in one process.

usage: save.py [--quick] [--build FOLDER]
  --quick  fewer saves, and only if the company's database has been made by an earlier run; making it takes a minute or two

With Ferry: its module is active and its tables are there, so that each save reports what it changed in its own
transaction. Without: the same server, in which no model counts as one that concerns a portal. The engine itself is kept
out of this process (host.engine = off): it works after the commit, in threads of its own.
Prints one JSON object.
"""
import argparse
import datetime as dt
import gc
import json
import os
import statistics
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
sys.dont_write_bytecode = True

from installer.stage.ferry import Ferry  # noqa: E402
from installer.stage.postgres import Cluster  # noqa: E402
from installer.stage.processes import StageError, free_port  # noqa: E402
from installer.stage.tryton import Erp, python_path  # noqa: E402

DATABASE = 'bench_save'
PAIRS, QUICK_PAIRS = 200, 40


class Hooks:
    """Ferry's part of a save, to be taken out and put back: without it no model is a source of changes."""

    def __init__(self):
        from trytond.modules.ferry import change
        self._module = change
        self._sources = change.sources

    def switch(self, on):
        self._module.sources = self._sources if on else lambda model: ()


class Saves:
    """The saves that are measured: each is one transaction, begun and committed as the server does for a client."""

    def __init__(self):
        from trytond.pool import Pool
        from trytond.transaction import Transaction
        Pool.start()
        Pool(DATABASE).init()
        self._transaction = Transaction
        self._pool = Pool(DATABASE)
        with Transaction().start(DATABASE, 1):
            self._context = self._pool.get('res.user').get_preferences(context_only=True)
        with self._begun():
            self._prepare()

    def _begun(self):
        return self._transaction().start(DATABASE, 1, context=dict(self._context))

    def _prepare(self):
        get = self._pool.get
        product, = get('product.product').search([('type', '=', 'goods')], limit=1)
        warehouse, = get('stock.location').search([('type', '=', 'warehouse')], limit=1)
        lost, = get('stock.location').search([('type', '=', 'lost_found')], limit=1)
        party, = get('party.party').search([], limit=1)
        self._move = dict(product=product.id, uom=product.default_uom.id, quantity=1.0,
                          from_location=lost.id, to_location=warehouse.storage_location.id,
                          company=self._context['company'], currency=1, unit_price=None)
        self._draft = get('stock.move').create([self._move])[0].id
        self._sale = dict(party=party.id, company=self._context['company'], currency=1, warehouse=warehouse.id,
                          lines=[('create', [dict(type='line', product=product.id, unit=product.default_uom.id,
                                                  quantity=float(n + 1), unit_price=10) for n in range(3)])])

    def move_done(self):
        """A stock movement entered and done, as in Tryton's own list of moves."""
        with self._begun():
            Move = self._pool.get('stock.move')
            moves = Move.create([self._move])
            Move.do(moves)

    def move_changed(self):
        """One field of a draft move: the smallest save that concerns a portal."""
        with self._begun():
            Move = self._pool.get('stock.move')
            Move.write([Move(self._draft)], {'planned_date': dt.date(2030, 1, 1 + time.monotonic_ns() % 28)})

    def sale_entered(self):
        """A sale with three lines."""
        with self._begun():
            self._pool.get('sale.sale').create([self._sale])


def paired(save, hooks, pairs):
    """Milliseconds on the clock and of this process's processor time, with and without, of pairs in alternating order."""
    clock, processor = {True: [], False: []}, {True: [], False: []}
    for number in range(-10, pairs):  # the first ones warm caches
        for on in ((True, False) if number % 2 else (False, True)):
            hooks.switch(on)
            began = time.perf_counter(), time.process_time()
            save()
            if number >= 0:
                clock[on].append((time.perf_counter() - began[0]) * 1000)
                processor[on].append((time.process_time() - began[1]) * 1000)
    hooks.switch(True)
    return clock, processor


def ratio(times):
    return statistics.median(with_ferry / without for with_ferry, without in zip(times[True], times[False]))


def measured(_, is_quick):
    pairs = QUICK_PAIRS if is_quick else PAIRS
    saves, hooks = Saves(), Hooks()
    gc.disable()
    rows = []
    for save in (saves.move_done, saves.sale_entered, saves.move_changed):
        clock, processor = paired(save, hooks, pairs)
        rows.append(dict(what=save.__doc__.split('.')[0].split(':')[0], ratio=ratio(clock), processor=ratio(processor),
                         without_ms=statistics.median(clock[False]),
                         added_ms=statistics.median(a - b for a, b in zip(clock[True], clock[False]))))
        gc.collect()
    return dict(pairs=pairs, rows=rows)


def stage():
    folder = Path(os.environ.get('XDG_CACHE_HOME') or Path.home() / '.cache') / 'ferry' / 'bench'
    cluster = Cluster(folder, free_port(), durable=True)
    cluster.create()
    if cluster.running:
        cluster.stop('immediate')
    cluster.start()
    return folder, cluster


def prepared(folder, cluster, build, database, if_made=False):
    """The configuration for a database with Ferry enabled in it; None with `if_made` when the company is still to be made."""
    erp = Erp(cluster, folder)
    if if_made and not erp.has_template_with_ferry:
        return None
    template = erp.template_with_ferry()
    cluster.drop_database(database)
    cluster.create_database(database, 'tryton', template)
    Ferry(erp, None, build).enable(database)
    return erp.configure('bench', **{'host.engine': 'off'})


def measure(documentation, database, measured):
    """The program: prints what measured(cluster, is_quick) returns, with Tryton set up for the database."""
    parser = argparse.ArgumentParser(description=documentation, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--quick', action='store_true')
    parser.add_argument('--build', type=Path, default=ROOT / 'build' / 'release')
    arguments = parser.parse_args()
    folder, cluster = stage()
    try:
        conf = prepared(folder, cluster, arguments.build, database, if_made=arguments.quick)
        if conf is None:
            print(json.dumps(dict(skipped='not measured: --only save without --quick makes the company first')))
            return
        sys.path.insert(0, python_path(folder))
        os.environ['TRYTOND_CONFIG'] = str(conf)
        from trytond.config import config
        config.update_etc(str(conf))
        print(json.dumps(measured(cluster, arguments.quick)))
    finally:
        cluster.stop()


if __name__ == '__main__':
    try:
        measure(__doc__, DATABASE, measured)
    except StageError as problem:
        sys.exit(f'save.py: {problem}')
