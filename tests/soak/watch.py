"""What the processes of the ERP use, over time."""
import re
import threading
import time
import typing
from pathlib import Path

import psycopg2

from .stage import DATABASE

EVERY = 2  # seconds
_PARTS_EVERY = 60  # seconds: reading the map of a process stops it for a moment
_ARENA = 64 << 20  # bytes: what malloc gives a thread begins at a multiple of it
_STACK = range(8 << 10, (8 << 10) + 64)  # kB, of a thread


class Sample(typing.NamedTuple):
    passed: float  # seconds
    process: int
    memory: int  # kB
    files: int  # open
    threads: int


class Parts(typing.NamedTuple):
    """Where the memory of a process is, resident kB"""
    passed: float  # seconds
    process: int
    heap: int  # of malloc, first arena
    arenas: int  # of malloc, those of threads
    stacks: int  # of threads
    others: int  # large pieces, and what Python keeps its objects in
    mapped: int  # programs and libraries


class Watch:
    """Samples of each server, and of the database's connections."""

    def __init__(self, stage):
        self.stage = stage
        self.samples = {name: [] for name in stage.servers}
        self.parts = {name: [] for name in stage.servers}
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
        parts_at = 0
        while not self._stop.wait(EVERY):
            passed = time.monotonic() - self._began
            if passed >= parts_at:
                parts_at = passed + _PARTS_EVERY
                for name, server in self.stage.servers.items():
                    parts = _parts_of_process(server.child.pid)
                    if parts:
                        self.parts[name].append(Parts(passed, server.child.pid, **parts))
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

    def seconds(self):
        """How long it has watched."""
        return max((samples[-1].passed for samples in self.samples.values() if samples), default=0)

    def memory(self, name):
        """kB now; 0 when it does not run."""
        samples = self.samples[name]
        return samples[-1].memory if samples else 0

    def most_before(self, field):
        """What any server had at most in the first half."""
        end = self.seconds()
        return max((getattr(s, field) for samples in self.samples.values() for s in samples if s.passed < end / 2), default=0)

    def growth(self, name, field):
        """Of the process that has lived through the whole second half: (per minute, over the half, at its begin) by a line
        through the samples; None without such a process. `field`: of Sample or Parts."""
        samples = (self.samples if field in Sample._fields else self.parts)[name]
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


def _parts_of_process(pid):
    """kB by kind, as in Parts; None when it does not run"""
    if not pid:
        return None
    parts = dict.fromkeys(Parts._fields[2:], 0)
    try:
        with open(f'/proc/{pid}/smaps') as maps:
            for line in maps:
                begins = re.match(r'([0-9a-f]+)-([0-9a-f]+) (\S+) \S+ \S+ \d+ *(.*)', line)
                if begins:
                    kind = _kind_of_part(*(int(address, 16) for address in begins.group(1, 2)), begins[4])
                elif line.startswith('Rss:'):
                    parts[kind] += int(line.split()[1])
    except OSError:
        return None
    return parts


def _kind_of_part(begin, end, name):
    if name == '[heap]':
        return 'heap'
    if name.startswith('/'):
        return 'mapped'
    if begin % _ARENA == 0:
        return 'arenas'
    return 'stacks' if name == '[stack]' or (end - begin) >> 10 in _STACK else 'others'


def _line(points):
    """Least squares: (slope, value at the first point)."""
    mean_x = sum(x for x, _ in points) / len(points)
    mean_y = sum(y for _, y in points) / len(points)
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    slope = sum((x - mean_x) * (y - mean_y) for x, y in points) / spread
    return slope, mean_y + slope * (points[0][0] - mean_x)
