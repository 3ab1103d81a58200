"""Outages, one after the other, at random moments; after each: how long until the portal shows what was written during it."""
import random
import statistics
import time

from installer.stage.processes import wait_until

from .stage import LEASE
from .work import CANARIES, set_quantity

PATIENCE = 120  # seconds; what takes longer is not recovered
SLOW = 30  # what takes longer is worth a line
# Words that a statement under way contains, for cutting the connection in the middle of it
_STATEMENTS = ('COMMIT', 'ferry.publication', 'ferry.exchange', 'ferry.portal_order', 'ferry.job')


class Trouble:
    def __init__(self, stage, seed, longest):
        self.stage = stage
        self.recovered = {}  # kind → seconds
        self.lost = []  # what was never recovered
        self.kills = 0
        self._long = longest  # seconds that the portal is down
        self._random = random.Random(f'{seed}/trouble')
        self._canary = 0
        self._kinds = [self.kill, self.stop_database, self.cut_statement, self.keep_from_database, self.portal_down, self.end_sessions]
        if not stage.disk.reason:
            self._kinds.append(self.fill_disk)

    def go_on(self, until):
        """Every kind once, then at random, killing most often."""
        first = self._random.sample(self._kinds, len(self._kinds))
        while time.monotonic() < until:
            kind = first.pop() if first else self._random.choice([self.kill] * 5 + self._kinds)
            self.happen(kind)
            time.sleep(self._random.uniform(1, 5))

    def happen(self, kind):
        name = kind.__name__.replace('_', ' ')
        self._canary += 1
        sku = self.stage.products[-1 - self._canary % CANARIES]
        quantity = 1000 + self._canary
        kind(lambda: set_quantity(self.stage, sku, quantity))
        ended = time.monotonic()

        def is_shown():
            return self.stage.portal.saleable(sku)[sku] == quantity
        if not wait_until(is_shown, SLOW, 0.05):
            self.stage.progress(f'{name}: not recovered after {SLOW} s; {self._known_of(sku)}')
        if wait_until(is_shown, PATIENCE - SLOW, 0.05):
            self.recovered.setdefault(name, []).append(time.monotonic() - ended)
        else:
            self.lost.append(f'{name}: {sku} does not show {quantity} within {PATIENCE} s')
            self.stage.progress(self.lost[-1])

    def _known_of(self, sku):
        return self.stage.state.rows(
            "SELECT p.state, p.desired, p.attempts, p.snoozes, p.next_attempt_at - now(), p.reason, (SELECT count(*) FROM "
            "ferry.publication w WHERE w.state = 'pending' AND w.next_attempt_at < now()) AS due FROM ferry.publication p "
            "WHERE feed = 'stock' AND label = %s", sku) + self.stage.state.rows('SELECT job, holder, expires_at - now(), last_error FROM ferry.job')

    # ---- kinds: each calls `change` in the middle and returns when the outage is over ---------------------------------

    def kill(self, change):
        """kill -9 of a process of the ERP, mostly of one that drives a lane."""
        holders = {int(holder.split(':')[1]) for holder in self.stage.state.holders().values()}
        candidates = [self.stage.servers[name] for name in ('first', 'cron')]
        holding = [server for server in candidates if server.child.pid in holders]
        server = self._random.choice(holding if holding and self._random.random() < 0.7 else candidates)
        server.kill()
        self.kills += 1
        change()
        time.sleep(self._random.uniform(0, LEASE))
        server.start()

    def stop_database(self, change):
        """Every connection breaks, what was not committed is gone."""
        change()
        self.stage.cluster.stop('immediate')
        time.sleep(self._random.uniform(0, 3))
        self.stage.cluster.start()

    def cut_statement(self, change):
        """The connection breaks while a statement is under way, or its answer."""
        proxy = self.stage.proxy
        hold = self._random.choice((proxy.hold_request, proxy.hold_reply))
        hold(self._random.choice(_STATEMENTS))
        change()
        proxy.caught.wait(5)
        proxy.refuse()
        proxy.release()
        proxy.accept()

    def keep_from_database(self, change):
        """One process cannot reach the database for longer than its leases last."""
        self.stage.proxy.refuse()
        change()
        time.sleep(LEASE + self._random.uniform(0, 3))
        self.stage.proxy.accept()

    def portal_down(self, change):
        seconds, self._long = self._long, self._random.uniform(3, 10)  # once for long
        self.stage.portal.ask('down', seconds=seconds)
        change()
        time.sleep(seconds)

    def end_sessions(self, change):
        """Log-ins end now, and from now on after 20 s."""
        change()
        self.stage.portal.ask('tokens', seconds=20)

    def fill_disk(self, change):
        """No exchange can be recorded."""
        self.stage.disk.fill()
        change()
        time.sleep(self._random.uniform(5, 10))
        self.stage.disk.free()

    def report(self):
        lines = []
        for name, times in sorted(self.recovered.items()):
            lines.append(f'{name:20} {len(times):4} times, recovered after {statistics.median(times):5.1f} s (median), '
                         f'{max(times):5.1f} s (slowest)')
        return lines + self.lost
