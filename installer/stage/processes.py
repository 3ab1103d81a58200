"""Progress lines, and child processes that are found again by a file that holds their id."""
import os
import pwd
import shutil
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path


class StageError(Exception):
    """What went wrong and how to mend it, in one line for people."""


class Progress:
    """Lines with the seconds since the start, so that nobody waits in front of a silent screen."""

    def __init__(self, quiet=False, began=0.0):
        """`began`: seconds that passed before."""
        self._began = time.monotonic() - began
        self._quiet = quiet
        self._lock = threading.Lock()

    @property
    def seconds(self):
        return time.monotonic() - self._began

    def __call__(self, text):
        if not self._quiet:
            with self._lock:
                print(f'[{self.seconds:5.0f} s] {text}', flush=True)


def free_port():
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


def is_free(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(('127.0.0.1', port))
        except OSError:
            return False
    return True


def answers(port):
    try:
        socket.create_connection(('127.0.0.1', port), 1).close()
    except OSError:
        return False
    return True


def wait_until(probe, seconds, pause=0.1):
    """Asks until the answer is true; returns it, or the last one when the time is over."""
    until = time.monotonic() + seconds
    while True:
        answer = probe()
        if answer or time.monotonic() > until:
            return answer
        time.sleep(pause)


def as_postgres(command):
    """PostgreSQL refuses to run as root: there, its programs run as the user postgres."""
    if os.geteuid():
        return command
    return ['runuser', '-u', 'postgres', '--', *command]


def belongs_to_postgres(folder):
    """Makes an empty folder that the cluster's user owns."""
    folder.mkdir(parents=True, exist_ok=True)
    if not os.geteuid():
        user = pwd.getpwnam('postgres')
        os.chown(folder, user.pw_uid, user.pw_gid)


_running = set()
_interrupted = threading.Event()


def run(command, log, what, **kwargs):
    """Runs to the end with its output in a file; a failure shows the end of it."""
    if _interrupted.is_set():
        raise StageError('interrupted')
    log.parent.mkdir(parents=True, exist_ok=True)
    with open(log, 'ab') as output:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, **kwargs)
    _running.add(process)
    try:
        status = process.wait()
    finally:
        _running.discard(process)
    if status and not _interrupted.is_set():
        raise StageError(f'{what} failed with status {status}; the end of {log}:\n{tail(log)}')
    if status:
        raise StageError('interrupted')


def interrupt():
    """Ends what run() is waiting for, in any thread; nothing more is run."""
    _interrupted.set()
    for process in list(_running):
        process.terminate()


def tail(path, lines=20):
    try:
        with open(path, encoding='utf-8', errors='replace') as file:
            return ''.join(file.readlines()[-lines:]).rstrip()
    except OSError:
        return '(no log)'


def _born(pid):
    """When a process started, in the kernel's ticks; None when it is gone or only waits to be reaped."""
    try:
        fields = Path(f'/proc/{pid}/stat').read_text().rpartition(')')[2].split()
    except OSError:
        return None
    return None if fields[0] in 'ZX' else fields[19]


def _default_interrupt():
    # A shell starts background jobs with SIGINT ignored, and trytond ends cleanly by SIGINT only
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Child:
    """One server in a session of its own. Its file in run/ holds id and birth, so that an id used anew is not taken
    for it, and a later call of the demo can stop what an earlier one started."""

    def __init__(self, folder, name, stop_signal=signal.SIGTERM):
        self.name = name
        self.log = Path(folder) / 'log' / f'{name}.log'
        self._file = Path(folder) / 'run' / f'{name}.pid'
        self._signal = stop_signal
        self._process = None

    @property
    def pid(self):
        if self._process:
            self._process.poll()
        try:
            pid, born = self._file.read_text().split()
        except (OSError, ValueError):
            return None
        return int(pid) if _born(pid) == born else None

    @property
    def started(self):
        """When, as time.time(); None if it does not run."""
        return self._file.stat().st_mtime if self.pid else None

    def start(self, command, env=None, cwd=None):
        if self.pid:
            raise StageError(f'{self.name} runs already')
        for path in (self.log, self._file):
            path.parent.mkdir(parents=True, exist_ok=True)
        with open(self.log, 'ab') as output:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, start_new_session=True,
                env=dict(os.environ, **(env or {})), cwd=cwd, preexec_fn=_default_interrupt)
        self._file.write_text(f'{self._process.pid} {_born(self._process.pid) or 0}\n')

    def wait_ready(self, probe, seconds, what):
        """Until the probe says yes; a server that died meanwhile is reported with the end of its log."""
        if not wait_until(lambda: not self.pid or probe(), seconds) or not self.pid:
            state = 'does not answer' if self.pid else 'ended'
            raise StageError(f'{what} {state}; the end of {self.log}:\n{tail(self.log)}')

    def signal(self, number):
        """To the server and whatever it started."""
        if self.pid:
            try:
                os.killpg(self.pid, number)
            except ProcessLookupError:
                pass

    def stop(self, seconds=20):
        group = self.pid
        if group:
            # the master alone: a prefork server ends its own children
            os.kill(group, self._signal)
            wait_until(lambda: not self.pid, seconds)
            try:
                os.killpg(group, signal.SIGKILL)
            except ProcessLookupError:
                pass
            wait_until(lambda: not self.pid, 5)
        self._file.unlink(missing_ok=True)

    def kill(self):
        self.signal(signal.SIGKILL)
        wait_until(lambda: not self.pid, 5)
        self._file.unlink(missing_ok=True)


def need(program, package):
    if not shutil.which(program):
        raise StageError(f'{program} is missing: run installer/install-packages (Debian package {package})')
