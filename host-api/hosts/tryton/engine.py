# This file is part of Ferry.  The LICENSE file at the top level of this
# repository contains the full license terms.
"""The engine of each database in this process.

An engine is one plugin instance of ferry.so with one thread of ours, which
alone creates, activates, pumps, deactivates and destroys it. It starts lazily
in the process that will use it and never lives across a fork: a process that
forks stops its engines first, and from then on starts one only when it commits
something itself (the master of a prefork server never does)."""
import atexit
import ctypes
import json
import logging
import multiprocessing
import os
import re
import resource
import stat
import sys
import threading
import urllib.parse
from contextlib import contextmanager

from trytond import __version__, backend
from trytond.config import config, parse_uri
from trytond.pool import Pool
from trytond.transaction import Transaction

from . import abi
from .abi import LibraryError, Severity, Status

__all__ = ['schedule', 'committed', 'perform', 'stop', 'EngineError']

logger = logging.getLogger('ferry')

SECTION = 'ferry'
SERVERS = {'trytond', 'trytond-cron', 'trytond-worker'}
START_DELAY = 0.5  # seconds; the time in which a server may still fork
START_TIMEOUT = 15  # seconds that a button waits for an engine to come up
STOP_TIMEOUT = 30  # seconds for an order entry under way
DRAIN_MS = 3000

_LEVELS = {
    Severity.DEBUG: logging.DEBUG,
    Severity.INFO: logging.INFO,
    Severity.WARNING: logging.WARNING,
    }


class EngineError(Exception):
    "No engine can answer; the text says why and how to mend it."


# ---- settings: see host-api/include/ferry/schemas/settings.md ----------------


def _options():
    if config.has_section(SECTION):
        return config.options(SECTION)
    return []


def _database_uri():
    return parse_uri(config.get('database', 'uri'))


def settings(database_name):
    "The server's settings of the module, as JSON without any secret"
    values = {}
    for option in _options():
        if (option != 'library'
                and not option.startswith(
                    ('secret.', 'secret_file.', 'host.'))):
            values[option] = config.get(SECTION, option)
    if 'only' in values:
        values['only'] = [
            lane.strip() for lane in values['only'].split(',')
            if lane.strip()]
    if 'database' not in values or 'notify' not in values:
        database, notify = _connections(database_name)
        values.setdefault('database', database)
        values.setdefault('notify', notify)
    if ('database_password' not in values
            and (_database_uri().password
                or {'secret.database', 'secret_file.database'}
                & set(_options()))):
        values['database_password'] = 'database'
    return json.dumps(values)


def _connections(database_name):
    "The connection strings of ODBC and of libpq that follow from the uri"
    uri = _database_uri()
    query = dict(urllib.parse.parse_qsl(uri.query))
    sslmode = query.pop('sslmode', None)
    if query:
        # Anything but a plain word may be a part of a password with a "?"
        name = min(query, key=lambda n: not re.fullmatch('[a-z_]{1,30}', n))
        raise LibraryError(
            '%s of the database uri is not understood; set "database" and '
            '"notify" in section [ferry] of trytond.conf'
            % ('parameter "%s"' % name
                if re.fullmatch('[a-z_]{1,30}', name) else 'a parameter'))
    database, notify = ['Driver=PostgreSQL ANSI'], []
    for attribute, parameter, value in [
            ('Servername', 'host', urllib.parse.unquote(uri.hostname or '')),
            ('Port', 'port', str(uri.port or '')),
            ('Database', 'dbname', database_name),
            ('UID', 'user', urllib.parse.unquote(uri.username or '')),
            ('SSLmode', 'sslmode', sslmode),
            ]:
        if not value:
            continue
        if set(';{}') & set(value):
            raise LibraryError(
                '%s "%s" cannot stand in an ODBC connection string; set '
                '"database" and "notify" in section [ferry] of trytond.conf'
                % (attribute, value))
        database.append('%s=%s' % (attribute, value))
        notify.append("%s='%s'" % (
                parameter, value.replace('\\', '\\\\').replace("'", "\\'")))
    return ';'.join(database), ' '.join(notify)


def secret(name):
    """Return the value of a secret or None.
    It stands in section [ferry] of the configuration as secret.NAME or
    secret_file.NAME; "database" is also the password of the database uri."""
    value = config.get(SECTION, 'secret.' + name)
    path = config.get(SECTION, 'secret_file.' + name)
    if value is not None and path:
        logger.error(
            'secret "%s" is not used: remove either secret.%s or '
            'secret_file.%s from section [ferry] of trytond.conf',
            name, name, name)
        return
    if path:
        return _read_secret(name, path)
    if value is None and name == 'database':
        password = _database_uri().password
        if password:
            value = urllib.parse.unquote(password)
    return value


def _read_secret(name, path):
    try:
        with open(path, encoding='utf-8') as file:
            if os.fstat(file.fileno()).st_mode & stat.S_IROTH:
                logger.error(
                    'secret "%s" is not used: others may read "%s"; '
                    'run chmod o-r on it', name, path)
                return
            return re.sub(r'\r?\n\Z', '', file.read())
    except (OSError, ValueError) as e:
        logger.error(
            'secret "%s" cannot be read from "%s": %s; correct '
            'secret_file.%s in section [ferry] of trytond.conf',
            name, path, getattr(e, 'strerror', None) or type(e).__name__,
            name)


def library_path():
    path = config.get(SECTION, 'library')
    if path:
        return path
    candidates = [
        os.path.join(os.path.dirname(os.path.realpath(__file__)), 'ferry.so'),
        os.path.join(os.path.dirname(__file__), 'ferry.so'),
        '/usr/lib/ferry/ferry.so',
        ]
    for path in candidates:
        if os.path.exists(path):
            return path
    raise LibraryError(
        'ferry.so is not installed (looked for %s); install it or set '
        '"library" in section [ferry] of trytond.conf'
        % ', '.join(candidates[1:]))


# ---- one engine -------------------------------------------------------------


def _write_no_core_file():
    """A core file of this process would hold the secrets of every channel.
    Who needs one: prlimit --core=unlimited --pid PID, while it runs."""
    soft, hard = resource.getrlimit(resource.RLIMIT_CORE)
    if soft:
        resource.setrlimit(resource.RLIMIT_CORE, (0, hard))


class _Services(abi.Services):
    name = 'trytond'
    version = __version__

    def __init__(self, engine):
        self._engine = engine

    def log(self, severity, line):
        if severity in {
                Severity.HOST_MISBEHAVING, Severity.PLUGIN_MISBEHAVING}:
            line = 'misbehaviour: ' + line
        logger.log(
            _LEVELS.get(severity, logging.ERROR), '%s: %s',
            self._engine.database_name, line)

    def secret(self, name):
        return secret(name)

    def alert(self, line):
        self._engine.alert(line)

    def news(self, alert):
        self._engine.news(alert)

    def request_pump(self):
        self._engine.wake()

    def enter(self, channel, reference, document):
        from . import order
        return order.enter(
            self._engine.database_name, channel, reference, document)

    def revise(self, channel, reference, document):
        from . import revision
        return revision.revise(
            self._engine.database_name, channel, reference, document)

    def find(self, channel, reference):
        from . import order
        return order.find(self._engine.database_name, channel, reference)

    def evaluate(self, channel, questions):
        from . import price
        return price.evaluate(
            self._engine.database_name, channel, questions)


class Engine:
    "One plugin instance of one database, with the thread that drives it"

    def __init__(self, database_name, mode):
        self.database_name = database_name
        self.problem = None
        self._mode = mode
        self._instance = None
        self._users = 0
        self._condition = threading.Condition()
        self._ready = threading.Event()
        self._wake = threading.Event()
        self._stopping = False
        self._drain_ms = DRAIN_MS
        self._alerts = []
        self._news = []
        self._entered = False
        self._thread = threading.Thread(
            target=self._run, name='ferry %s' % database_name, daemon=True)

    def start(self):
        self._thread.start()

    def wake(self):
        self._wake.set()

    def alert(self, line):
        self._alerts.append(line)
        self._wake.set()

    def news(self, alert):
        self._news.append(alert)
        self._wake.set()

    def is_ready(self):
        return self._ready.is_set() and not self.problem

    def is_current_thread(self):
        return threading.current_thread() is self._thread

    def stop(self, drain_ms=DRAIN_MS):
        "Ask to stop; join() waits for it"
        self._drain_ms = drain_ms
        self._stopping = True
        self._wake.set()

    def join(self):
        if self._thread.ident is not None:
            self._thread.join(STOP_TIMEOUT)

    @contextmanager
    def _use(self):
        "The instance, kept from being destroyed; None if there is none"
        with self._condition:
            instance = self._instance
            if instance:
                self._users += 1
        try:
            yield instance
        finally:
            if instance:
                with self._condition:
                    self._users -= 1
                    self._condition.notify_all()

    def changed(self):
        if self.is_current_thread():
            # an order entry: the module may not be called from within it
            self._entered = True
            return
        with self._use() as instance:
            if instance:
                instance.changed()

    def perform(self, operation, arguments):
        self._ready.wait(START_TIMEOUT)
        with self._use() as instance:
            if not instance:
                raise EngineError(self.problem or 'Ferry is stopping')
            return instance.perform(operation, arguments)

    def _run(self):
        instance = None
        try:
            _write_no_core_file()
            Pool(self.database_name).init()
            instance = abi.Instance(
                abi.Library(library_path()), _Services(self))
            instance.init()
            status, problems = instance.activate(
                self._mode, settings(self.database_name))
            if status != Status.OK:
                raise LibraryError('; '.join(
                        p for p in problems.splitlines() if p)
                    or 'activate() failed with status %d' % status)
        except Exception as e:
            self.problem = 'Ferry does not run: %s' % (
                e if isinstance(e, LibraryError) else repr(e))
            logger.error('%s: %s', self.database_name, self.problem)
            if instance:
                instance.destroy()
            self._ready.set()
            return
        with self._condition:
            self._instance = instance
        self._ready.set()
        try:
            self._loop(instance)
        finally:
            self._finish(instance)

    def _loop(self, instance):
        pause = 1 if self._mode == abi.ENGINE else None
        while not self._stopping:
            self._wake.wait(pause)
            self._wake.clear()
            if pause and not self._stopping:
                pause = None if self._publish_channels() else min(
                    pause * 2, 60)
            self._send_alerts()
            self._mail_news()
            while not self._stopping and self._pump(instance):
                pass

    def _pump(self, instance):
        waiting = instance.pump()
        if self._entered:
            self._entered = False
            instance.changed()
        return waiting

    def _finish(self, instance):
        with self._condition:
            self._instance = None
        instance.deactivate(self._drain_ms)
        with self._condition:
            while self._users:
                self._condition.wait()
        instance.destroy()

    def _publish_channels(self):
        """Bring ferry.channel up to date with the shops, which may have been
        saved before its schema existed. False: the schema does not exist yet"""
        try:
            with Transaction().start(self.database_name, 0):
                Shop = Pool(self.database_name).get('web.shop')
                return Shop.ferry_publish_channels()
        except backend.DatabaseOperationalError:
            return False
        except Exception:
            logger.error(
                '%s: the channels could not be published',
                self.database_name, exc_info=True)
            return False

    def _send_alerts(self):
        "Show the alerts to the members of Ferry's group who are logged in"
        while self._alerts:
            line = self._alerts.pop(0)
            try:
                with Transaction().start(self.database_name, 0, readonly=True):
                    Pool(self.database_name).get('ferry.job').alert(line)
            except Exception:
                logger.warning(
                    '%s: an alert could not be shown', self.database_name,
                    exc_info=True)


    def _mail_news(self):
        "Mail what became of alerts, each in a transaction of its own"
        while self._news:
            alert = self._news.pop(0)
            try:
                with Transaction().start(self.database_name, 0):
                    Pool(self.database_name).get('ferry.alert').mail(alert)
            except Exception:
                logger.warning(
                    '%s: an alert could not be mailed', self.database_name,
                    exc_info=True)


# ---- the engines of this process --------------------------------------------


class _Process:
    def __init__(self):
        self.pid = os.getpid()
        self.lock = threading.RLock()
        self.engines = {}
        self.scheduled = set()
        self.forks = False
        self.exiting = False


_process = _Process()


def _current():
    "The state of this process; a child that forked without our hooks is new"
    global _process
    if _process.pid != os.getpid():
        scheduled = _process.scheduled
        _process = _Process()
        _process.scheduled = scheduled
    return _process


def _uwsgi():
    try:
        import uwsgi
    except ImportError:
        return
    return uwsgi


def _is_server():
    "Whether this process serves Tryton, as opposed to administrating it"
    if Pool.test or config.get(SECTION, 'host.engine', default='auto') == 'off':
        return False
    return (os.path.basename(sys.argv[0] if sys.argv else '') in SERVERS
        or 'trytond.application' in sys.modules)


def _obstacle():
    "Why no engine can live in this process, or None"
    if backend.name != 'postgresql':
        return 'Ferry needs the PostgreSQL backend'
    uwsgi = _uwsgi()
    if uwsgi and not (
            {'enable-threads', 'threads'} & set(getattr(uwsgi, 'opt', {}))):
        return ('Ferry needs threads: add "enable-threads = true" to the '
            'configuration of uwsgi')
    monkey = sys.modules.get('gevent.monkey')
    if monkey and monkey.is_module_patched('threading'):
        return 'Ferry does not run in coroutine mode; start trytond without it'


def schedule(database_name):
    "The pool of the database is being initialised: start its engine soon"
    if not _is_server():
        return
    process = _current()
    with process.lock:
        if database_name in process.scheduled:
            return
        process.scheduled.add(database_name)
        problem = _obstacle()
    if problem:
        logger.error('%s: %s', database_name, problem)
        return
    uwsgi = _uwsgi()
    if uwsgi and not uwsgi.worker_id():
        _hook_uwsgi(uwsgi)
    else:
        _start_later()


class _LeaveOpenSSL:
    """Ends what OpenSSL keeps of a thread, when the thread's own data ends"""

    def __init__(self):
        self._stop = None
        for name in ['libcrypto.so.3', 'libcrypto.so.1.1']:
            try:
                self._stop = ctypes.CDLL(name).OPENSSL_thread_stop
                break
            except (OSError, AttributeError):
                continue

    def __del__(self):
        if self._stop:
            self._stop()


def _leave_openssl_before_the_fork():
    """Tryton loads each database in a thread, joins it, and uwsgi forks at
    once. A joined thread may still run in C: there OpenSSL, which libpq has
    used, forgets it under a global lock. A worker forked in that moment finds
    the lock taken for ever, and its first connection never returns. What is
    local to a thread ends before others are told that the thread has."""
    _local.leave_openssl = _LeaveOpenSSL()


_local = threading.local()


def _hook_uwsgi(uwsgi):
    "Start in the workers: uwsgi may fork them without telling Python"
    _leave_openssl_before_the_fork()
    previous = getattr(uwsgi, 'post_fork_hook', None)
    if getattr(previous, 'ferry', False):
        return

    def post_fork_hook():
        if previous:
            previous()
        _current()
        _start_later()
    post_fork_hook.ferry = True
    uwsgi.post_fork_hook = post_fork_hook


def _start_later():
    timer = threading.Timer(START_DELAY, _start_scheduled, [os.getpid()])
    timer.daemon = True
    timer.start()


def _start_scheduled(pid):
    process = _current()
    if (process.pid != pid or process.forks
            # leave it to processes that stay; a worker's child that commits
            # something starts one all the same
            or multiprocessing.parent_process()):
        return
    for database_name in list(process.scheduled):
        _ensure(process, database_name, abi.ENGINE)


def _ensure(process, database_name, mode):
    "The engine of the database; starts it if there is none"
    with process.lock:
        engine = process.engines.get(database_name)
        if engine is None and not process.exiting and not _obstacle():
            _stop_at_exit()
            engine = Engine(database_name, mode)
            process.engines[database_name] = engine
            engine.start()
        return engine


def committed(database_name):
    "Something that concerns a portal was committed"
    process = _current()
    engine = process.engines.get(database_name)
    if engine is None and database_name in process.scheduled:
        engine = _ensure(process, database_name, abi.ENGINE)
    if engine:
        engine.changed()


def perform(database_name, operation, **arguments):
    """Perform an operation of ferry.operations/1 and return its result.
    Raises EngineError with one line for people."""
    process = _current()
    engine = _ensure(process, database_name,
        abi.ENGINE if _is_server() else abi.OPERATIONS)
    if not engine:
        raise EngineError(_obstacle() or 'the server is stopping')
    status, answer = engine.perform(operation, json.dumps(arguments))
    if status != Status.OK:
        raise EngineError(
            answer or 'operation "%s" failed with status %d' % (
                operation, status))
    return json.loads(answer) if answer else None


def ask(database_name, operation, **arguments):
    "perform(), but only if an engine is at hand already"
    engine = _current().engines.get(database_name)
    if not engine or not engine.is_ready():
        raise EngineError('no engine is active in this process')
    return perform(database_name, operation, **arguments)


def stop(drain_ms=DRAIN_MS):
    "Stop the engines of this process and wait for them"
    process = _current()
    with process.lock:
        engines = list(process.engines.values())
        process.engines.clear()
        for engine in engines:
            engine.stop(drain_ms)
    for engine in engines:
        engine.join()


def _exit():
    _current().exiting = True
    stop()


def _stop_at_exit():
    global _registered
    if not _registered:
        _registered = True
        atexit.register(_exit)
        try:
            # before the interpreter waits for other threads
            threading._register_atexit(_exit)
        except (AttributeError, RuntimeError):
            pass


_registered = False


def _before_fork():
    process = _current()
    process.lock.acquire()
    if process.scheduled:
        process.forks = True
    if not process.engines:
        return
    if any(e.is_current_thread() for e in process.engines.values()):
        logger.warning('fork from within an order entry: Ferry goes on')
        return
    process.forks = True
    stop(drain_ms=0)  # a later commit in this process starts them again


def _after_fork_in_parent():
    _process.lock.release()


def _after_fork_in_child():
    process = _current()
    if process.scheduled:
        _start_later()


os.register_at_fork(
    before=_before_fork,
    after_in_parent=_after_fork_in_parent,
    after_in_child=_after_fork_in_child)
