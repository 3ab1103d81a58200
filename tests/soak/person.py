"""The one who looks after it: lets a paused job go on, tries reviewed orders again, replays dead letters. Notes why."""
import collections
import re
import threading

import psycopg2

from .money import look_at_finished


class Person:
    def __init__(self, stage):
        self.stage = stage
        self.noted = collections.Counter()  # (what, reason without its particulars) → how often
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._go_on, daemon=True)

    def start(self):
        self._thread.start()

    def stop(self):
        self._stop.set()
        self._thread.join()

    def _go_on(self):
        while not self._stop.wait(5):
            try:
                self.resume()
            except psycopg2.Error:
                pass  # it is down

    def resume(self):
        for job, reason in self.stage.state.rows('SELECT job, pause_reason FROM ferry.job WHERE paused'):
            self._note(f'paused {job}', reason)
            self.stage.host('resume', '--channel', str(self.stage.channel), '--job', job)

    def mend(self):
        """What waits for a person, when the weather is fine."""
        state, channel = self.stage.state, str(self.stage.channel)
        self.resume()
        look_at_finished(self.stage)
        for feed, label, reason in state.rows("SELECT feed, label, reason FROM ferry.publication WHERE state = 'dead'"):
            self._note(f'dead letter of {feed}', reason)
            self.stage.host('replay', '--channel', channel, '--job', feed, label)
        for reference, reason in state.rows("SELECT reference, reason FROM ferry.portal_order WHERE state = 'review'"):
            self._note('review', reason)
            if 'NOT-IN-ERP' not in reason:  # that cause is not mended
                self.stage.host('retry-order', reference, '--channel', channel)

    def _note(self, what, reason):
        self.noted[what, re.sub(r'"[^"]*"|\'[^\']*\'|[0-9.]+', '…', reason or 'NO REASON')] += 1

    def report(self):
        return [f'{count:5} x {what}: {reason[:160]}' for (what, reason), count in self.noted.most_common(15)]
