# This file is part of Ferry.  The LICENSE file at the top level of this
# repository contains the full license terms.
"""What a save in Tryton costs with Ferry, as a ratio to one without.

    run.py overhead

Two clones of one template, saves taking turns so that the machine's moods
hit both alike: with the module and its tables; with the module but reporting
nothing (its mixin taken off every model). A save is what an RPC does: start a
transaction, write, commit. Prints the tenth percentile of each and their ratio."""
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

    def save(self, database, move, quantity):
        began = time.perf_counter()
        with Transaction().start(
                database, 1, context={'company': self.company}) as transaction:
            Move = Pool(database).get('stock.move')
            Move.write([Move(move)], {'quantity': quantity})
            transaction.commit()
        return time.perf_counter() - began

    def test_overhead(self):
        moves = {}
        database = self.database
        for self.database in [database, self.plain]:
            with self.transaction():
                moves[self.database] = self.create_move().id
        self.database = database
        self.assertNotIn(
            change.ChangeMixin, Pool(self.plain).get('stock.move').__mro__)
        times = {database: [], self.plain: []}
        for i in range(ROUNDS):
            for name in [database, self.plain][::1 if i % 2 else -1]:
                times[name].append(self.save(name, moves[name], i % 7 + 1))
        # the quickest tenth: what the machine's other work does not touch
        with_, without = (
            statistics.quantiles(times[n][20:], n=10)[0]
            for n in [database, self.plain])
        print('a save with Ferry %.3f ms, without %.3f ms: ratio %.3f' % (
                with_ * 1000, without * 1000, with_ / without),
            file=sys.stderr)
        self.assertLess(with_ / without, 1.1)


if __name__ == '__main__':
    unittest.main()
