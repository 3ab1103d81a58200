# This file is part of Ferry.  The LICENSE file at the top level of this
# repository contains the full license terms.
import json
import logging
import multiprocessing
import os
import stat
import tempfile
import threading
import time
import unittest
from pathlib import Path
from unittest.mock import patch

from trytond.config import config

from trytond.modules.ferry import abi, engine
from trytond.modules.ferry.tests.tools import (
    FAKE, PATIENCE, DatabaseTestCase, order)


def wait_until(probe, seconds=PATIENCE):
    until = time.monotonic() + seconds
    while not probe():
        if time.monotonic() > until:
            raise AssertionError("did not happen in %s seconds" % seconds)
        time.sleep(0.01)


class EngineCase(DatabaseTestCase):

    def setUp(self):
        super().setUp()
        self.folder = Path(tempfile.mkdtemp())
        self.journal = self.folder / 'journal'
        self.environment = patch.dict(
            os.environ, FERRY_FAKE_JOURNAL=str(self.journal))
        self.environment.start()
        self.addCleanup(self.environment.stop)
        self.addCleanup(self.reset)
        if not config.has_section('ferry'):
            config.add_section('ferry')
        self.configure(**{'library': FAKE, 'secret.portal': 'hidden'})

    def reset(self):
        engine.stop(0)
        engine._process.scheduled.clear()
        engine._process.forks = False
        config.remove_section('ferry')

    def configure(self, **options):
        for name, value in options.items():
            config.set('ferry', name, value)

    def misbehave(self, how):
        patcher = patch.dict(os.environ, FERRY_FAKE=how)
        patcher.start()
        self.addCleanup(patcher.stop)

    def events(self, pid=None):
        if not self.journal.exists():
            return []
        lines = [l.split(' ', 1) for l in
            self.journal.read_text().splitlines()]
        return [e for p, e in lines if pid is None or int(p) == pid]

    def wait_for(self, event, pid=None):
        wait_until(lambda: any(
                e.startswith(event) for e in self.events(pid)))

    def start(self):
        return engine._ensure(engine._current(), self.database, abi.ENGINE)

    def problem(self):
        "Start; return the one line that is logged"
        with self.assertLogs('ferry', 'WARNING') as logs:
            started = self.start()
            started.join()
        self.assertEqual(len(logs.records), 1, logs.output)
        return logs.records[0].getMessage()


class LibraryTestCase(EngineCase):
    "What is wrong with ferry.so is said in one line; the ERP goes on"

    def test_missing(self):
        self.configure(library='/no/such/ferry.so')
        line = self.problem()
        self.assertIn('/no/such/ferry.so', line)
        self.assertIn('set "library" in section [ferry]', line)

    def test_not_installed(self):
        config.remove_option('ferry', 'library')
        with patch.object(os.path, 'exists', return_value=False):
            self.assertIn('ferry.so is not installed', self.problem())

    def test_not_a_library(self):
        self.configure(library=__file__)
        self.assertIn('cannot load', self.problem())

    def test_foreign_library(self):
        import _json
        path = getattr(_json, '__file__', None) or (
            '/lib/x86_64-linux-gnu/libm.so.6')
        self.configure(library=path)
        self.assertIn('is not a Ferry module', self.problem())

    def test_misbehaviour(self):
        for how, expected in [
                ('major', 'speaks ABI 2.0.0, this Tryton module 1.0.0'),
                ('no-factory', 'offers no ferry.plugin-factory/1'),
                ('refuses', 'refuses ABI 1.0.0'),
                ('no-pump', 'has no function "pump"'),
                ('invalid', 'database: cannot be understood; correct it; '
                    'notify: neither'),
                ('garbage', 'activate() failed with status 4711'),
                ]:
            with self.subTest(how=how):
                self.misbehave(how)
                try:
                    self.assertIn(expected, self.problem())
                finally:
                    engine.stop(0)

    def test_init_fails(self):
        self.misbehave('init-fails')
        with self.assertLogs('ferry', 'ERROR') as logs:
            self.start().join()
        self.assertIn('could not be initialised', logs.output[-1])
        self.assertIn('destroy', self.events())

    def test_failure_stays_quiet_and_saves_go_on(self):
        self.configure(library='/no/such/ferry.so')
        self.problem()
        engine._process.scheduled.add(self.database)
        with self.transaction(), self.assertLogs('ferry') as logs:
            logging.getLogger('ferry').info('only this')
            self.create_move()
        self.assertEqual(len(logs.records), 1)


class EngineTestCase(EngineCase):

    def test_life(self):
        with self.assertLogs('ferry', 'DEBUG') as logs:
            self.start()
            self.wait_for('secret double')
            engine.stop()
        events = self.events()
        self.assertEqual(events[0], 'init')
        self.assertTrue(events[1].startswith('activate 1 {"database": '
                '"Driver=PostgreSQL ANSI;Servername='), events[1])
        self.assertEqual(events[-2:], ['deactivate 3000', 'destroy'])
        lines = [r.getMessage() for r in logs.records]
        self.assertIn('%s: the fake works' % self.database, lines)
        unknown, = [r for r in logs.records if 'unknown sev' in r.getMessage()]
        self.assertEqual(unknown.levelno, logging.ERROR)

    def test_no_secret_in_settings(self):
        self.start()
        self.wait_for('activate')
        settings = json.loads(self.events()[1].split(' ', 2)[2])
        self.assertEqual(
            set(settings), {'database', 'notify', 'database_password'})
        self.assertNotIn('tryton:', str(settings))
        self.assertNotIn('hidden', str(settings))
        self.assertNotIn('PWD', settings['database'])

    def test_secrets(self):
        readable, double = self.folder / 'open', self.folder / 'double'
        for path in [readable, double]:
            path.write_text('from a file\n')
            path.chmod(0o600)
        readable.chmod(0o644)
        self.configure(**{
                'secret_file.open': str(readable),
                'secret_file.double': str(double),
                'secret.double': 'twice',
                })
        with self.assertLogs('ferry', 'ERROR') as logs:
            self.start()
            self.wait_for('secret double')
        events = self.events()
        self.assertIn('secret portal 0 hidden', events)
        self.assertIn('secret nothing 3 ', events)
        self.assertIn('secret open 3 ', events)
        self.assertIn('secret double 3 ', events)
        self.assertIn('secret database 0 tryton', events)
        self.assertIn('chmod o-r', ' '.join(logs.output))
        self.assertNotIn('hidden', ' '.join(logs.output))
        readable.chmod(stat.S_IRUSR)
        self.assertEqual(engine.secret('open'), 'from a file')

    def test_settings_of_the_section_win(self):
        self.configure(**{
                'database': 'Driver=X', 'notify': '', 'only': '7/stock, 8',
                'host.engine': 'auto'})
        self.assertEqual(json.loads(engine.settings('erp')), {
                'database': 'Driver=X', 'notify': '',
                'only': ['7/stock', '8'], 'database_password': 'database'})

    def test_settings_follow_the_uri(self):
        with patch.object(engine, '_database_uri', lambda: engine.parse_uri(
                    'postgresql://try%20ton:p%40ss@db.example:5433/'
                    '?sslmode=require')):
            self.assertEqual(json.loads(engine.settings("o'hara")), {
                    'database': 'Driver=PostgreSQL ANSI;'
                    "Servername=db.example;Port=5433;Database=o'hara;"
                    'UID=try ton;SSLmode=require',
                    'notify': "host='db.example' port='5433' "
                    "dbname='o\\'hara' user='try ton' sslmode='require'",
                    'database_password': 'database'})
            self.assertEqual(engine.secret('database'), 'p@ss')
            with self.assertRaises(abi.LibraryError):
                engine.settings('a;b')

    def test_operations(self):
        answer = engine.perform(
            self.database, 'status', channel=7, reason="Grüße")
        self.assertEqual(answer['operation'], 'status')
        self.assertEqual(
            answer['arguments'], {'channel': 7, 'reason': "Grüße"})

    def test_operation_refused(self):
        self.misbehave('operations-fail')
        with self.assertRaisesRegex(engine.EngineError, 'check the base URL'):
            engine.perform(self.database, 'test-connection', channel=7)

    def test_operations_missing(self):
        self.misbehave('no-extensions')
        with self.assertRaisesRegex(engine.EngineError, 'no operations'):
            engine.perform(self.database, 'status')
        engine._process.engines[self.database].changed()

    def test_operation_without_library(self):
        self.configure(library='/no/such/ferry.so')
        with self.assertLogs('ferry', 'ERROR'), \
                self.assertRaisesRegex(engine.EngineError, 'does not run'):
            engine.perform(self.database, 'status')

    def test_button_starts_no_engine_where_none_is_wanted(self):
        self.configure(**{'host.engine': 'off'})
        engine.perform(self.database, 'status')
        self.wait_for('activate 2')

    def test_operations_during_stop(self):
        "perform() and changed() race with stop() without touching freed memory"
        engine.perform(self.database, 'status')
        running = engine._process.engines[self.database]
        done = threading.Event()

        def hammer():
            while not done.is_set():
                running.changed()
                try:
                    running.perform('status', '{}')
                except engine.EngineError:
                    return
        threads = [threading.Thread(target=hammer) for _ in range(4)]
        for thread in threads:
            thread.start()
        time.sleep(0.1)
        engine.stop()
        done.set()
        for thread in threads:
            thread.join(PATIENCE)
            self.assertFalse(thread.is_alive())

    def test_orders_are_entered_on_our_thread(self):
        with self.transaction():
            shop = self.create_shop()
            channel = shop.id
        orders = self.folder / 'orders'
        orders.write_text(''.join('%s %s %s\n' % (c, r, document)
                for c, r, document in [
                    (channel, 'E1', order('E1')),
                    (channel, 'E2', order('E2', lines=[('NIX', '1', '1')])),
                    (4711, 'E3', order('E3')),
                    (channel, 'E1', order('E1')),
                    ]))
        with patch.dict(os.environ, FERRY_FAKE_ORDERS=str(orders)):
            self.start()
            self.wait_for('order E3')
            wait_until(lambda: sum(
                    e.startswith('order') for e in self.events()) == 4)
        first, second, third, again = [
            e for e in self.events() if e.startswith('order')]
        # what the entry committed is reported once the module has returned
        wait_until(lambda: 'changed' in self.events())
        self.assertNotIn('the host', ' '.join(self.events()))
        self.assertRegex(first, 'order E1 found 3 entered 0 id [1-9]')
        self.assertRegex(second, 'entered 4 .*line 77.*"NIX"')
        self.assertRegex(third, 'entered 2 ')
        self.assertRegex(again, 'order E1 found 0 entered 0 id [1-9]')

    def test_exceptions_do_not_cross(self):
        orders = self.folder / 'orders'
        orders.write_text('1 X %s\n' % order('X'))
        with patch.dict(os.environ, FERRY_FAKE_ORDERS=str(orders)), \
                patch('trytond.modules.ferry.order.enter',
                    side_effect=ZeroDivisionError), \
                self.assertLogs('ferry', 'ERROR') as logs:
            self.start()
            self.wait_for('order X')
        self.assertIn('entered 8', [
                e for e in self.events() if e.startswith('order')][0])
        self.assertIn('misbehaviour: enter: ZeroDivisionError()',
            ' '.join(logs.output))

    def test_alert(self):
        self.misbehave('alert')
        with patch('trytond.modules.ferry.job.notify') as notify:
            self.start()
            wait_until(lambda: notify.called)
        self.assertEqual(notify.call_args[0][1], 'somebody must act')

    def test_channels_follow_when_the_schema_appears(self):
        self.sql('DROP SCHEMA ferry CASCADE')
        from trytond.modules.ferry import schema
        from trytond.modules.ferry.tests.tools import create_schema
        schema.forget()
        with self.transaction():
            shop = self.create_shop().id
        with patch.object(schema, 'RETRY', 0):
            self.start()
            self.wait_for('activate')
            schema.forget()
            create_schema(self.database)
            wait_until(lambda: self.sql(
                    'SELECT id FROM ferry.channel WHERE id = %s', shop))


class ForkTestCase(EngineCase):

    def setUp(self):
        super().setUp()
        patcher = patch.object(engine, '_is_server', lambda: True)
        patcher.start()
        self.addCleanup(patcher.stop)

    def fork(self, work):
        "Run the work in a child; return its exit code"
        pid = os.fork()
        if not pid:
            try:
                work()
                os._exit(0)
            except BaseException:
                import traceback
                traceback.print_exc()
                os._exit(1)
        return pid, os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

    def test_scheduled_start(self):
        engine.schedule(self.database)
        self.assertFalse(engine._process.engines)
        self.wait_for('activate 1')

    def test_engine_stops_before_fork_and_comes_back_on_commit(self):
        engine.schedule(self.database)
        self.wait_for('secret double')
        pid, code = self.fork(lambda: self.assertFalse(
                engine._current().engines))
        self.assertEqual(code, 0)
        self.assertEqual(self.events()[-2:], ['deactivate 0', 'destroy'])
        self.assertFalse(self.events(pid))
        # a process that forks waits for a commit of its own
        engine._start_scheduled(os.getpid())
        self.assertFalse(engine._process.engines)
        engine.committed(self.database)
        wait_until(lambda: sum(
                e.startswith('activate') for e in self.events()) == 2)

    def test_child_starts_lazily(self):
        engine.schedule(self.database)
        pid, code = self.fork(lambda: self.wait_for('activate', os.getpid()))
        self.assertEqual(code, 0)

    def test_child_of_a_pool_starts_only_on_commit(self):
        engine.schedule(self.database)
        context = multiprocessing.get_context('fork')
        with context.Pool(1) as pool:
            time.sleep(2 * engine.START_DELAY)
            pid = pool.apply(os.getpid)
            self.assertFalse(self.events(pid))
            pool.apply(engine.committed, [self.database])
            self.wait_for('activate', pid)

    def test_fork_that_python_does_not_see(self):
        "uwsgi may fork without calling Python's hooks"
        engine.schedule(self.database)
        engine._process.pid = -1
        self.assertEqual(engine._current().pid, os.getpid())
        self.assertEqual(engine._current().scheduled, {self.database})
        engine.committed(self.database)
        self.wait_for('activate')

    def test_fork_within_order_entry_does_not_hang(self):
        with self.transaction():
            shop = self.create_shop().id
        orders = self.folder / 'orders'
        orders.write_text('%s F1 %s\n' % (shop, order('F1')))

        def fork(*args):
            self.code = self.fork(lambda: None)[1]
            return 6, 0, '', 'later'
        with patch.dict(os.environ, FERRY_FAKE_ORDERS=str(orders)), \
                patch('trytond.modules.ferry.order.enter', fork), \
                self.assertLogs('ferry', 'WARNING'):
            self.start()
            self.wait_for('order F1')
        self.assertEqual(self.code, 0)


class ProcessTestCase(unittest.TestCase):
    "Where an engine may live"

    def test_only_in_servers(self):
        for name, test, expected in [
                ('/usr/bin/trytond', False, True),
                ('/usr/bin/trytond-cron', False, True),
                ('/usr/bin/trytond-worker', False, True),
                ('/usr/bin/trytond-admin', False, False),
                ('/usr/bin/trytond', True, False),
                ]:
            with self.subTest(name=name), patch('sys.argv', [name]), \
                    patch.object(engine.Pool, 'test', test), \
                    patch.dict('sys.modules'):
                import sys
                sys.modules.pop('trytond.application', None)
                self.assertEqual(engine._is_server(), expected)

    def test_openssl_is_left_before_a_thread_is_joined(self):
        "or a worker that uwsgi forks then inherits a lock of OpenSSL"
        left = []
        real = engine._LeaveOpenSSL()
        self.assertTrue(real._stop, "OpenSSL was not found")

        def load():
            with patch.object(engine, '_LeaveOpenSSL') as leave:
                leave.side_effect = lambda: Leave()
                engine._leave_openssl_before_the_fork()

        class Leave:
            def __del__(self):
                real._stop()
                left.append(threading.get_ident())

        thread = threading.Thread(target=load)
        thread.start()
        ident = thread.ident
        thread.join()
        self.assertEqual(left, [ident])

    def test_not_in_the_master_of_uwsgi(self):
        class uwsgi:
            opt = {'enable-threads': b'true'}
            worker = 0
            post_fork_hook = None

            @classmethod
            def worker_id(cls):
                return cls.worker
        with patch.dict('sys.modules', uwsgi=uwsgi), \
                patch.object(engine, '_is_server', lambda: True), \
                patch.object(engine, '_start_later') as start:
            engine.schedule('erp')
            start.assert_not_called()
            uwsgi.post_fork_hook()
            start.assert_called_once()
            engine._process.scheduled.clear()
            uwsgi.worker = 2
            engine.schedule('erp')
            self.assertEqual(start.call_count, 2)
            engine._process.scheduled.clear()
            uwsgi.opt = {}
            with self.assertLogs('ferry', 'ERROR') as logs:
                engine.schedule('erp')
            self.assertIn('enable-threads', logs.output[0])
        engine._process.scheduled.clear()
