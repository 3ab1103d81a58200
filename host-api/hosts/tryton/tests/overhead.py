# This file is part of Ferry.  The LICENSE file at the top level of this
# repository contains the full license terms.
"""What a save in Tryton costs with Ferry, as a ratio to one without.

    run.py overhead

Two clones of one template, saves taking turns so that the machine's moods
hit both alike: with the module and its tables; with its mixin taken off every
model. A save is what an RPC does: start a transaction, write, commit. Counted
is the processor time of the server and of its database session, which other
work on the machine does not change, unlike the time on the clock; both are
printed."""
import statistics
import sys
import time
import unittest

from trytond.pool import Pool
from trytond.transaction import Transaction

from trytond.modules.ferry import change
from trytond.modules.ferry.tests.tools import DatabaseTestCase, clone, drop

ROUNDS = 400


class OverheadTestCase(DatabaseTestCase):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.plain = clone()
        pool = Pool(cls.plain)
        pool.init()
        # as if the module had registered no mixin
        for name, model in list(pool.iterobject()):
            if model.__mro__[1] is change.ChangeMixin:
                pool.add(model.__mro__[2])

    @classmethod
    def tearDownClass(cls):
        drop(cls.plain)
        super().tearDownClass()

    def setUp(self):
        super().setUp()
        self.used = {}
        self.clock = {}

    def save(self, database, move, quantity):
        began = time.perf_counter(), time.process_time()
        with Transaction().start(
                database, 1, context={'company': self.company}) as transaction:
            session = transaction.connection.get_backend_pid()
            before = on_cpu(session)
            Move = Pool(database).get('stock.move')
            Move.write([Move(move)], {'quantity': quantity})
            transaction.commit()
        self.used.setdefault(database, []).append(
            time.process_time() - began[1] + on_cpu(session) - before)
        self.clock.setdefault(database, []).append(
            time.perf_counter() - began[0])

    def test_overhead(self):
        moves = {}
        database = self.database
        for self.database in [database, self.plain]:
            with self.transaction():
                moves[self.database] = self.create_move().id
        self.database = database
        self.assertNotIn(
            change.ChangeMixin, Pool(self.plain).get('stock.move').__mro__)
        for i in range(ROUNDS):
            for name in [database, self.plain][::1 if i % 2 else -1]:
                self.save(name, moves[name], i % 7 + 1)
        for what, times in [
                ('on the clock', self.clock), ('of processors', self.used)]:
            with_, without = (
                statistics.median(times[n][20:])
                for n in [database, self.plain])
            print('a save with Ferry %.3f ms %s, without %.3f ms: ratio %.3f'
                % (with_ * 1000, what, without * 1000, with_ / without),
                file=sys.stderr)
        self.assertLess(with_ / without, 1.1)


def on_cpu(pid):
    "Seconds that the process has run"
    with open('/proc/%d/schedstat' % pid) as file:
        return int(file.read().split()[0]) / 1e9


if __name__ == '__main__':
    unittest.main()
