"""A private PostgreSQL cluster: password log-in on the loopback interface, no socket, no service of the machine."""
import contextlib
import hashlib
import json
import os
import re
import secrets
import shutil
import subprocess
import tempfile
from pathlib import Path

import psycopg2
from psycopg2 import sql

from .processes import StageError, as_postgres, belongs_to_postgres, run, tail, wait_until

# tryton owns the ERP's databases, portal the shop's; ferry reads the ERP and owns its own schema there
ROLES = ('tryton', 'portal', 'ferry')
_SETTINGS = {
    'listen_addresses': '127.0.0.1',
    'unix_socket_directories': '',
    'max_connections': '200',
    'shared_buffers': '256MB',
    'max_wal_size': '2GB',
    'log_min_messages': 'warning',
    'timezone': 'UTC',
}
# Tests throw their databases away; the demo's cluster keeps what it has acknowledged
_FAST = {'fsync': 'off', 'synchronous_commit': 'off', 'full_page_writes': 'off'}


def programs():
    """The folder of the newest PostgreSQL server programs, 15 at least."""
    found = sorted((int(p.parent.parent.name), p.parent) for p in Path('/usr/lib/postgresql').glob('*/bin/initdb')
                   if p.parent.parent.name.isdigit())
    if not found or found[-1][0] < 15:
        raise StageError('PostgreSQL 15 or newer is missing: run installer/install-packages')
    return found[-1][1]


def _reachable(folder):
    """Whether the cluster's user can get to a folder below this one."""
    return os.geteuid() != 0 or not subprocess.run(
        as_postgres(['test', '-x', str(folder)]), stderr=subprocess.DEVNULL).returncode


class Cluster:
    def __init__(self, folder, port, durable):
        self.folder = Path(folder)
        self.port = port
        self._durable = durable
        self._passwords_file = self.folder / 'passwords.json'
        self.log = self.folder / 'log' / 'postgresql.log'

    @property
    def data(self):
        return self.folder / 'postgresql'

    def password(self, role):
        return json.loads(self._passwords_file.read_text())[role]

    def create(self):
        if (self.data / 'PG_VERSION').exists():
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        self.data.unlink(missing_ok=True) if self.data.is_symlink() else shutil.rmtree(self.data, ignore_errors=True)
        home = self.data
        if not _reachable(self.folder):
            # A work tree in root's own home: the data live where the cluster's user may go
            key = hashlib.sha256(str(self.folder).encode()).hexdigest()[:12]
            home = Path(f'/var/tmp/ferry-postgresql-{key}')
            shutil.rmtree(home, ignore_errors=True)
            self.data.symlink_to(home)
        belongs_to_postgres(home)
        home.chmod(0o700)
        words = {role: secrets.token_urlsafe(18) for role in ('postgres', *ROLES)}
        self._passwords_file.touch(0o600)
        self._passwords_file.write_text(json.dumps(words))
        with tempfile.NamedTemporaryFile('w', dir='/tmp') as given:
            given.write(words['postgres'] + '\n')
            given.flush()
            belongs_to_reader(given.name)
            run(as_postgres([str(programs() / 'initdb'), '-D', str(home), '-U', 'postgres', '-E', 'UTF8', '--locale=C.UTF-8',
                             '-A', 'scram-sha-256', f'--pwfile={given.name}', '--no-sync']), self.log, 'initdb', cwd='/')

    def _options(self, fast):
        settings = dict(_SETTINGS, port=str(self.port), **(_FAST if fast else {}))
        return ' '.join(f"-c {name}={value or chr(39) * 2}" for name, value in settings.items())

    def _control(self, *arguments):
        return as_postgres([str(programs() / 'pg_ctl'), '-D', str(self.data.resolve()), '-s', *arguments])

    @property
    def running(self):
        return self.data.exists() and not subprocess.run(
            self._control('status'), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd='/').returncode

    def start(self, fast=None):
        """`fast` overrides durability, for a bootstrap that is repeated if it fails."""
        fast = not self._durable if fast is None else fast
        server_log = self.data.resolve() / 'server.log'
        done = subprocess.run(self._control('-w', '-t', '60', '-l', str(server_log), '-o', self._options(fast), 'start'),
                              stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, cwd='/')
        if done.returncode:
            raise StageError(f'PostgreSQL does not start on port {self.port}: {done.stderr.strip()}; '
                             f'the end of {server_log}:\n{tail(server_log)}')
        self._roles()

    def _roles(self):
        with self.cursor() as cursor:
            cursor.execute('SELECT rolname FROM pg_roles')
            known = {name for name, in cursor}
            for role in ROLES:
                if role not in known:
                    cursor.execute(sql.SQL('CREATE ROLE {} LOGIN PASSWORD %s').format(sql.Identifier(role)),
                                   (self.password(role),))

    def stop(self, mode='fast'):
        if self.running:
            subprocess.run(self._control('-w', '-t', '60', '-m', mode, 'stop'), stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL, cwd='/')

    def remove(self):
        self.stop('immediate')
        home = self.data.resolve()
        shutil.rmtree(home, ignore_errors=True)
        if self.data.is_symlink():
            self.data.unlink()
        self._passwords_file.unlink(missing_ok=True)

    def uri(self, role, database=''):
        return f'postgresql://{role}:{self.password(role)}@127.0.0.1:{self.port}/{database}'

    def connect(self, database='postgres', role='postgres'):
        connection = psycopg2.connect(self.uri(role, database))
        connection.autocommit = True
        return connection

    @contextlib.contextmanager
    def cursor(self, database='postgres', role='postgres'):
        with contextlib.closing(self.connect(database, role)) as connection, connection.cursor() as cursor:
            yield cursor

    def query(self, database, text, parameters=(), role='postgres'):
        with self.cursor(database, role) as cursor:
            cursor.execute(text, parameters)
            return cursor.fetchall() if cursor.description else []

    def exists(self, database):
        return bool(self.query('postgres', 'SELECT 1 FROM pg_database WHERE datname = %s', (database,)))

    def create_database(self, name, owner, template='template0'):
        """A new database; as a copy of a template it takes a fraction of a second."""
        with self.cursor() as cursor:
            cursor.execute(sql.SQL('CREATE DATABASE {} OWNER {} TEMPLATE {}').format(
                sql.Identifier(name), sql.Identifier(owner), sql.Identifier(template)))

    def drop_database(self, name):
        with self.cursor() as cursor:
            cursor.execute(sql.SQL('DROP DATABASE IF EXISTS {} WITH (FORCE)').format(sql.Identifier(name)))

    def template(self, name, owner, build, base='template0'):
        """A database to copy from, built once under its own name; `name` should hold a digest of what it is built from."""
        if self.exists(name):
            return name
        unfinished = name + '_new'
        self.drop_database(unfinished)
        self.create_database(unfinished, owner, base)
        build(unfinished)
        wait_until(lambda: not self.query(
            'postgres', 'SELECT 1 FROM pg_stat_activity WHERE datname = %s', (unfinished,)), 10)
        with self.cursor() as cursor:
            cursor.execute(sql.SQL('ALTER DATABASE {} RENAME TO {}').format(sql.Identifier(unfinished), sql.Identifier(name)))
        self._forget_older(name)
        return name

    def _forget_older(self, name):
        """Templates of the same kind from earlier inputs are of no use any more."""
        kind = re.sub(r'_[0-9a-f]+$', '', name)
        for older, in self.query('postgres', 'SELECT datname FROM pg_database WHERE datname ~ %s AND datname <> %s',
                                 (f'^{kind}_[0-9a-f]{{12}}$', name)):
            self.drop_database(older)


def belongs_to_reader(path):
    """The password file of initdb is read by the cluster's user."""
    if not os.geteuid():
        shutil.chown(path, 'postgres')
