"""The stand-in portal as a process, and its control pages (tests/portal/control.h)."""
import json
import re
import urllib.request

from installer.stage.processes import Child, StageError, tail, wait_until


class Portal:
    def __init__(self, program, folder, seed, journal):
        self.journal = journal
        self.child = Child(folder, 'soak-portal')
        self._command = [str(program), '--seed', str(seed), '--journal', str(journal)]
        self._control = None
        self.url = None

    def start(self):
        self.child.log.unlink(missing_ok=True)
        self.child.start(self._command)
        ready = wait_until(self._ready, 10)
        if not ready:
            raise StageError(f'ferry_portal does not start: {tail(self.child.log)}')
        self.url, self._control = (f'http://127.0.0.1:{port}' for port in ready.groups())

    def _ready(self):
        return re.search(r'READY port=(\d+) control=(\d+)', tail(self.child.log))

    def stop(self):
        self.child.stop(5)

    def ask(self, page, **values):
        request = urllib.request.Request(f'{self._control}/{page}', json.dumps(values).encode())
        with urllib.request.urlopen(request, timeout=30) as reply:
            return json.load(reply)

    def place(self, lines):
        return self.ask('orders', lines=[{'sku': sku, 'quantity': quantity} for sku, quantity in lines])

    def saleable(self, *skus):
        return {sku: shown['saleable'] for sku, shown in self.ask('stock', skus=skus).items()}

    def prices(self, *skus):
        """SKU → (list price, cost)."""
        return {sku: (shown['list_price'], shown['cost']) for sku, shown in self.ask('prices', skus=skus).items()}

    def records(self, skus, customers):
        """(SKU → (name, per cent off, fixed net price), party's code → name)"""
        shown = self.ask('records', skus=skus, customers=customers)
        return {sku: tuple(values[name] for name in ('name', 'discount', 'fixed_price'))
                for sku, values in shown['products'].items()}, shown['customers']


# Shares per million of the requests to which each can happen. What asks everybody to wait is rarer than the rest: each of
# them costs the whole channel its wait. An exchange takes two requests; where half of the exchanges fail, the breaker is open
# for most of the time, rightly, and little is learnt of the rest. What an answer may look like without having failed
# (reordered, with a field that nobody knows, a page twice) comes more often.
_FAULTS = {
    'slow answer': 5_000, '429': 20, '429 with seconds': 500, '429 with a date': 200, '423': 10_000, '5xx': 30_000,
    'THROTTLED': 20, 'reset before': 30_000, 'reset after': 30_000, 'half an answer': 30_000, 'answer lost': 300, 'applied late': 500,
    'reordered': 250_000, 'missing items': 20_000, 'duplicated page': 100_000, 'repeated cursor': 20_000, 'page drift': 30_000,
    'token expired': 3_000, 'unknown field': 250_000, 'null value': 5_000, 'changed type': 5_000,
}


def storm(without=()):
    """The climate of the soak."""
    faults = dict(_FAULTS)
    for name in without:
        del faults[name]
    return dict(faults=faults, usual_latency_ms=2, slow_latency_ms=400, most_wait_ms=1500, most_late_ms=1500, skew_ms=-90_000)
