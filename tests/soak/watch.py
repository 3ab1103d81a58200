"""What the processes of the ERP use, over time."""
import threading
import time
import typing
from pathlib import Path

import psycopg2

from .stage import DATABASE

EVERY = 2  # seconds


class Sample(typing.NamedTuple):
    passed: float  # seconds
    process: int
    memory: int  # kB
    files: int  # open
    threads: int


class Watch:
    """Samples of each server, and of the database's connections."""

    def __init__(self, stage):
        self.stage = stage
        self.samples = {name: [] for name in stage.servers}
        self.connections = []  # (seconds, by role)
        self._began = time.monotonic()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._go_on, daemon=True)

    def start(self):
        self._thread.start()

    def stop(self):
        self._stop.set()
        self._thread.join()

    def _go_on(self):
        while not self._stop.wait(EVERY):
            passed = time.monotonic() - self._began
            for name, server in self.stage.servers.items():
                sample = _of_process(server.child.pid)
                if sample:
                    self.samples[name].append(Sample(passed, *sample))
            try:
                rows = self.stage.cluster.query('postgres', 'SELECT usename, count(*) FROM pg_stat_activity WHERE datname = %s '
                                                "AND backend_type = 'client backend' GROUP BY usename", (DATABASE,))
            except psycopg2.Error:
                continue  # it is down
            self.connections.append((passed, dict(rows)))

    def memory(self, name):
        """kB now; 0 when it does not run."""
        samples = self.samples[name]
        return samples[-1].memory if samples else 0

    def growth(self, name, field):
        """Of the process that has lived through the whole second half: (per minute, over the half, at its begin) by a line
        through the samples; None without such a process."""
        samples = self.samples[name]
        if not samples:
            return None
        half = [s for s in samples if s.passed >= samples[-1].passed / 2]  # the watch ends with the storm
        if len(half) < 5 or len({s.process for s in half}) > 1:
            return None
        slope, begin = _line([(s.passed, getattr(s, field)) for s in half])
        return slope * 60, slope * (half[-1].passed - half[0].passed), begin


def _of_process(pid):
    if not pid:
        return None
    try:
        status = dict(line.split(':', 1) for line in Path(f'/proc/{pid}/status').read_text().splitlines())
        files = sum(1 for _ in Path(f'/proc/{pid}/fd').iterdir())
        return pid, int(status['VmRSS'].split()[0]), files, int(status['Threads'])
    except (OSError, KeyError, ValueError):
        return None  # it has just ended


def _line(points):
    """Least squares: (slope, value at the first point)."""
    mean_x = sum(x for x, _ in points) / len(points)
    mean_y = sum(y for _, y in points) / len(points)
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    slope = sum((x - mean_x) * (y - mean_y) for x, y in points) / spread
    return slope, mean_y + slope * (points[0][0] - mean_x)
