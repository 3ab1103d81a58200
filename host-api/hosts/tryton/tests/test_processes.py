# This file is part of Ferry.  The LICENSE file at the top level of this
# repository contains the full license terms.
"""Where engines come up and how they go down, in every kind of server."""
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

from trytond.config import config
from trytond.modules.ferry.tests.tools import (
    FAKE, PATIENCE, TEMPLATE, clone, create_schema, drop)


def free_port():
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


@unittest.skipUnless(TEMPLATE, "run by run.py, which makes the template")
class ProcessesTestCase(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.database = clone()
        create_schema(cls.database)

    @classmethod
    def tearDownClass(cls):
        drop(cls.database)
        super().tearDownClass()

    def setUp(self):
        super().setUp()
        self.folder = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)
        self.journal = self.folder / 'journal'
        self.port = free_port()
        self.log = self.folder / 'log'
        configuration = self.folder / 'trytond.conf'
        configuration.write_text(
            '[database]\nuri = %s\n[web]\nlisten = 127.0.0.1:%d\n'
            '[queue]\nworker = True\n'
            '[ferry]\nlibrary = %s\nsecret.portal = hidden\n' % (
                config.get('database', 'uri'), self.port, FAKE))
        self.environment = dict(os.environ,
            TRYTOND_CONFIG=str(configuration),
            TRYTOND_DATABASE_NAMES=self.database,
            TRYTOND_LOGGING_LEVEL='20',
            PYTHONWARNINGS='ignore',
            FERRY_FAKE_JOURNAL=str(self.journal))
        self.process = None
        self.addCleanup(self.end)

    def end(self):
        if self.process and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def start(self, *command):
        if not shutil.which(command[0]):
            self.skipTest("%s is not installed" % command[0])
        with open(self.log, 'w') as log:
            self.process = subprocess.Popen(
                command, env=self.environment, cwd=str(self.folder),
                stdout=log, stderr=subprocess.STDOUT, start_new_session=True)

    def events(self):
        if not self.journal.exists():
            return []
        return [(int(pid), event) for pid, event in (
                l.split(' ', 1) for l in self.journal.read_text().splitlines())]

    def active(self):
        return {p for p, e in self.events() if e.startswith('activate 1')}

    def wait_until(self, probe, seconds=PATIENCE):
        until = time.monotonic() + seconds
        while not probe():
            if time.monotonic() > until or (
                    self.process and self.process.poll() is not None):
                self.fail("did not happen:\n%s\n%s" % (
                        self.events(), self.log.read_text()[-4000:]))
            time.sleep(0.05)

    def stop(self, signal_):
        self.process.send_signal(signal_)
        return self.process.wait(PATIENCE)

    def assert_clean(self):
        ended = {p for p, e in self.events() if e == 'destroy'}
        self.assertEqual(self.active() - ended, set(), self.log.read_text())

    def test_trytond(self):
        self.start('trytond', '-d', self.database)
        self.wait_until(lambda: self.active() == {self.process.pid})
        self.assertEqual(self.stop(signal.SIGINT), 0)
        self.assert_clean()

    def test_trytond_terminated(self):
        "The default of systemd ends trytond at once; nothing hangs"
        self.start('trytond', '-d', self.database)
        self.wait_until(self.active)
        self.stop(signal.SIGTERM)

    def test_cron(self):
        self.start('trytond-cron', '-d', self.database)
        self.wait_until(lambda: self.active() == {self.process.pid})
        self.stop(signal.SIGINT)
        self.assert_clean()

    def test_worker(self):
        self.start('trytond-worker', '-d', self.database, '-n', '2')
        self.wait_until(lambda: self.process.pid in self.active())
        self.stop(signal.SIGINT)

    def test_admin_starts_none(self):
        self.start('trytond-admin', '-d', self.database, '-u', 'ferry')
        self.assertEqual(self.process.wait(PATIENCE), 0)
        self.assertEqual(self.events(), [])

    def test_uwsgi_prefork(self):
        self.start('uwsgi', '--plugin', 'python3', '--master',
            '--processes', '2', '--enable-threads', '--http-socket',
            '127.0.0.1:%d' % self.port, '--die-on-term',
            '--module', 'trytond.application:app')
        self.wait_until(lambda: len(self.active()) == 2)
        self.assertNotIn(self.process.pid, self.active())
        self.stop(signal.SIGTERM)

    def test_uwsgi_lazy_apps(self):
        self.start('uwsgi', '--plugin', 'python3', '--master', '--lazy-apps',
            '--processes', '2', '--enable-threads', '--http-socket',
            '127.0.0.1:%d' % self.port, '--die-on-term',
            '--module', 'trytond.application:app')
        self.wait_until(lambda: len(self.active()) == 2)
        self.assertNotIn(self.process.pid, self.active())
        self.stop(signal.SIGTERM)

    def test_uwsgi_without_threads(self):
        self.start('uwsgi', '--plugin', 'python3', '--http-socket',
            '127.0.0.1:%d' % self.port, '--die-on-term',
            '--module', 'trytond.application:app')
        self.wait_until(
            lambda: 'add "enable-threads = true"' in self.log.read_text())
        self.assertEqual(self.events(), [])

    def test_gunicorn(self):
        self.start('gunicorn', '-w', '2', '-k', 'gthread', '-b',
            '127.0.0.1:%d' % self.port, 'trytond.application:app')
        self.wait_until(lambda: len(self.active()) == 2)
        self.assertNotIn(self.process.pid, self.active())
        self.stop(signal.SIGTERM)
        self.assert_clean()

    def test_gunicorn_preload(self):
        self.start('gunicorn', '-w', '2', '-k', 'gthread', '--preload', '-b',
            '127.0.0.1:%d' % self.port, 'trytond.application:app')
        self.wait_until(
            lambda: len(self.active() - {self.process.pid}) == 2)
        # should the master have been slow to fork, it has stopped its engine
        time.sleep(1)
        mine = [e for p, e in self.events() if p == self.process.pid]
        self.assertEqual(mine.count('destroy'), len(
                [e for e in mine if e.startswith('activate')]))
        self.stop(signal.SIGTERM)
        self.assert_clean()
