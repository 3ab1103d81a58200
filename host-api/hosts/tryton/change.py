# This file is part of Ferry.  The LICENSE file at the top level of this
# repository contains the full license terms.
"""Reports what is saved, in the transaction that saves it.

A model that contributes to what a portal shows has sources (`source.py`):
which of its fields matter, and the SELECT that leads from its records to record
keys of a feed. The keys are looked up by one statement just before the commit,
so that a save costs no read of the ORM; only what a write or delete is about to
take away is looked up before it.

Hints save latency, never truth: whatever fails here is logged and forgotten,
because the scheduled comparison finds the change as well."""
import logging
import time

from trytond.transaction import Transaction

from . import engine, schema
from .source import sources

__all__ = ['ChangeMixin']

logger = logging.getLogger('ferry')


class Hints:
    """Data manager: the hints of one transaction.
    Its equality makes it one per transaction. It empties itself when the
    transaction ends either way, because a transaction keeps its data managers
    after the commit (every RPC commits twice) and after the rollback that
    precedes a retry."""

    def __init__(self):
        self.clear()

    def __eq__(self, other):
        return isinstance(other, Hints)

    __hash__ = None

    def clear(self):
        self.records = {}  # Source -> ids, resolved at commit
        self.keys = {}  # feed -> keys known by now
        self.channels = False
        self._written = False

    def add(self, source, ids):
        if source.is_global:
            self.keys.setdefault(source.feed, set()).add(0)
        else:
            self.records.setdefault(source, set()).update(ids)

    def add_now(self, transaction, source, ids):
        "Keys that the records are about to lose"
        if source.is_global:
            self.keys.setdefault(source.feed, set()).add(0)
            return
        if not schema.is_writable(transaction):
            return
        cursor = transaction.connection.cursor()
        cursor.execute(source.select, (list(ids),))
        self.keys.setdefault(source.feed, set()).update(
            key for key, in cursor if key is not None)

    def tpc_begin(self, transaction):
        pass

    def commit(self, transaction):
        if not (self.records or self.keys or self.channels):
            return
        cursor = transaction.connection.cursor()
        try:
            if not schema.is_writable(transaction):
                return
            cursor.execute(*self._statement())
            self._written = True
        except Exception:
            _complain()
            try:
                cursor.execute('ROLLBACK TO SAVEPOINT ferry')
            except Exception:
                pass  # the connection is gone: the commit itself will say so

    def _statement(self):
        "Everything in one round trip, under a savepoint"
        selects, parameters, feeds = [], [], set()
        for source, ids in self.records.items():
            selects.append(
                "SELECT '%s', k FROM (%s) AS s(k) WHERE k IS NOT NULL" % (
                    source.feed, source.select))
            parameters.append(list(ids))
            feeds.add(source.feed)
        for feed, keys in self.keys.items():
            if keys:
                selects.append("SELECT '%s', unnest(%%s)" % feed)
                parameters.append(list(keys))
                feeds.add(feed)
        statements = ['SAVEPOINT ferry']
        if selects:
            statements.append(
                'INSERT INTO ferry.change_hint (feed, key) '
                'SELECT DISTINCT h.f, h.k FROM (%s) AS h(f, k)'
                % ' UNION ALL '.join(selects))
        if self.channels:
            feeds.add('channel')
        statements += ["NOTIFY ferry, '%s'" % f for f in sorted(feeds)]
        statements.append('RELEASE SAVEPOINT ferry')
        return '; '.join(statements), parameters

    def tpc_vote(self, transaction):
        pass

    def tpc_finish(self, transaction):
        written = self._written
        self.clear()
        if written:
            engine.committed(transaction.database.name)

    def tpc_abort(self, transaction):
        self.clear()


def hints():
    return Transaction().join(Hints())


_complained = 0


def _complain():
    global _complained
    now = time.monotonic()
    if now - _complained > 60 or not _complained:
        _complained = now
        logger.warning(
            'changes could not be reported to Ferry and will be found by its '
            'next comparison', exc_info=True)


class ChangeMixin:
    "Outermost on every stored model; does nothing on most"
    __slots__ = ()

    @classmethod
    def create(cls, vlist):
        records = super().create(vlist)
        for source in sources(cls):
            if source.on_create and records:
                hints().add(source, map(int, records))
        return records

    @classmethod
    def write(cls, records, values, *args):
        concerned = []
        if sources(cls):
            actions = iter((records, values) + args)
            for records_, values_ in zip(actions, actions):
                ids = list(map(int, records_))
                for source in sources(cls):
                    if not ids or (source.fields
                            and source.fields.isdisjoint(values_)):
                        continue
                    if not source.moving.isdisjoint(values_):
                        hints().add_now(Transaction(), source, ids)
                    concerned.append((source, ids))
        super().write(records, values, *args)
        for source, ids in concerned:
            hints().add(source, ids)

    @classmethod
    def delete(cls, records):
        for source in sources(cls):
            if records:
                hints().add_now(
                    Transaction(), source, list(map(int, records)))
        super().delete(records)
