"""No secret leaves the process but on the wire it belongs to; and the role that Ferry works as can do what it must and
nothing else. Looked for: the password of Ferry's role, that of the portal's user, and the portal's session tokens."""
import resource
import signal
import subprocess
import threading
from pathlib import Path

import psycopg2

from installer.stage.processes import free_port

from .world import Case, report

MANY = 20  # products are enough


def processes():
    return [path for path in Path('/proc').iterdir() if path.name.isdigit()]


def contents(path):
    try:
        return path.read_bytes()
    except OSError:  # it ended, or is the kernel's
        return b''


class CommandLines(threading.Thread):
    """Every command line that was seen on the machine, also of what lived for some milliseconds only."""

    def __init__(self):
        super().__init__(daemon=True)
        self.seen = set()
        self._done = threading.Event()

    def run(self):
        while not self._done.wait(0.01):
            self.seen.update(contents(path / 'cmdline') for path in processes())

    def stop(self):
        self._done.set()
        self.join()


class Secrets(Case):
    def configure(self, **ferry):
        """As the README tells: every secret in a file that nobody else reads."""
        self.folder = Path(self.world.erp.folder) / 'secrets' / self.database
        self.folder.mkdir(parents=True, exist_ok=True)
        section = self.world.ferry.section(self.database)
        self.secrets = {}
        for name in [name for name in section if name.startswith('secret.')]:
            value = section.pop(name)
            path = self.folder / name.removeprefix('secret.')
            path.touch(0o600)
            path.write_text(value + '\n')
            section['secret_file.' + name.removeprefix('secret.')] = str(path)
            self.secrets[name] = value.encode()
        self.port = free_port()
        return self.world.erp.configure(self.id(), self.port, **dict(section, **ferry))

    def every_secret(self):
        tokens = self.world.cluster.query(self.vendure.database, 'SELECT token FROM session')
        found = dict(self.secrets)
        found.update((f'session {n}', token.encode()) for n, (token,) in enumerate(tokens))
        self.assertGreater(len(found), 2, 'no session of the portal is known')
        return found

    def assert_free(self, where, data):
        for name, value in self.every_secret().items():
            self.assertNotIn(value, data, f'{where} holds {name}')

    def processes_of(self, server):
        """A server and whatever it started."""
        session = str(server.child.pid)
        return [path for path in processes() if contents(path / 'stat').rpartition(b')')[2].split()[3:4] == [session.encode()]]

    def journey(self):
        """Stock goes out, an order comes in, its number goes back, something fails, and people look at everything."""
        self.begin(products=MANY, wait=False)
        self.eventually(lambda: self.state.settled() == MANY, 60, 'the first synchronisation')
        self.move(1, 5)
        order = self.place((2, 1))
        self.eventually(lambda: self.number_on_portal(order), 40, 'the number is on the portal')
        said = b''
        for operation in (['check'], ['status'], ['explain', 'SKU-000001'], ['explain', order['code']], ['settings'],
                          ['test-connection', str(self.channel)], ['preview', str(self.channel), 'stock']):
            done = self.host(*operation)
            said += (done.stdout + done.stderr).encode()
        return said

    def test_no_secret_in_any_log_table_process_list_or_environment(self):
        lines = CommandLines()
        lines.start()
        said = self.journey()
        family = self.processes_of(self.erp)
        self.assertTrue(family)
        environments = b'\0'.join(contents(path / 'environ') for path in family)
        self.assertIn(b'PYTHONPATH', environments)
        lines.stop()
        self.assertIn(b'ferry-host', b' '.join(lines.seen), 'short processes were not seen')
        self.assert_free('what ferry-host said', said)
        self.assert_free('a command line', b'\n'.join(lines.seen))
        self.assert_free('the environment of the server or its children', environments)
        self.erp.stop()
        logs = {path: contents(path) for path in (self.erp.child.log, self.world.cluster.data.resolve() / 'server.log')}
        for path, text in logs.items():
            self.assertTrue(text, path)
            self.assert_free(path, text)
        # the whole database of the ERP, as a backup would have it: Ferry's schema and the ERP's tables
        uri = self.world.cluster.uri('postgres', self.database)
        dump = subprocess.run(['pg_dump', '--dbname', uri], capture_output=True, check=True).stdout
        self.assertIn(b'COPY ferry.exchange', dump)
        self.assertIn(b'authorization: ***', dump, 'the trail shows no request')
        self.assert_free('a dump of the database', dump)
        report(f'{len(self.every_secret())} secrets looked for in {len(lines.seen)} command lines, {len(family)} environments, '
               f'{len(logs)} logs, a dump of {len(dump)} bytes')

    def test_no_core_file_is_written_though_the_server_may(self):
        soft, hard = resource.getrlimit(resource.RLIMIT_CORE)
        resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
        try:
            self.begin(products=MANY, wait=False)
            self.eventually(lambda: self.state.settled() == MANY, 60, 'the first synchronisation')
            limits = contents(Path(f'/proc/{self.erp.child.pid}/limits')).decode()
            line = next(line for line in limits.splitlines() if line.startswith('Max core file size'))
            self.assertEqual('0', line.split()[4], line)
            before = set(Path.cwd().glob('core*'))
            self.erp.child.signal(signal.SIGABRT)
            self.eventually(lambda: not self.erp.child.pid, 20, 'the server ended')
            self.assertEqual(before, set(Path.cwd().glob('core*')))
        finally:
            resource.setrlimit(resource.RLIMIT_CORE, (soft, hard))

    def test_a_secret_file_that_others_may_read_is_not_used(self):
        for path in self.folder.iterdir():
            if path.name != 'database':
                path.chmod(0o644)
        self.erp = self.start_erp()
        self.connect(wait=False)
        self.eventually(lambda: 'chmod o-r' in self.log_of(self.erp), 40, 'the log names the remedy')
        check = self.host('check')
        self.assertEqual(1, check.returncode)
        self.assertIn('chmod o-r', check.stdout + check.stderr)

    def test_enabling_writes_no_password_into_the_servers_log(self):
        cluster = self.world.cluster
        cluster.query('postgres', "ALTER ROLE postgres SET log_statement TO 'all'")
        try:
            self.world.ferry.enable(self.database)
        finally:
            cluster.query('postgres', 'ALTER ROLE postgres RESET log_statement')
        log = contents(cluster.data.resolve() / 'server.log')
        self.assertIn(b'ALTER ROLE "ferry" PASSWORD \'SCRAM-SHA-256$', log)
        self.assertNotIn(self.secrets['secret.database'], log)
        self.assertEqual([(1,)], cluster.query(self.database, 'SELECT 1', role='ferry'), 'the password still opens')

    def test_enabling_takes_no_password_file_that_others_may_read(self):
        path = self.folder / 'open.password'
        path.write_text('word\n')
        path.chmod(0o644)
        done = subprocess.run([str(self.world.ferry.build.parents[1] / 'installer/enable'), self.database, '--erp-role', 'tryton',
                               '--password-file', str(path)], capture_output=True, text=True)
        self.assertEqual((1, f'enable: others may read {path}: chmod o-r {path}\n'), (done.returncode, done.stderr))

    def test_the_databases_password_is_not_sent_to_a_portal(self):
        """Whoever may edit a shop says where it connects to, and with which secret."""
        self.erp = self.start_erp()
        self.connect(wait=False, ferry_secret='database')
        self.eventually(lambda: 'keeps for the database' in self.log_of(self.erp), 40, 'the log names the reason')
        self.assertEqual(0, self.state.exchanges())


class LeastPrivilege(Case):
    """What installer/enable grants. Every functional test runs under this role."""

    def as_ferry(self, statement):
        """What PostgreSQL says to the role; empty: it was done."""
        connection = self.world.cluster.connect(self.database, 'ferry')
        try:
            with connection.cursor() as cursor:
                cursor.execute(statement)
            return ''
        except psycopg2.Error as error:
            return str(error).splitlines()[0]
        finally:
            connection.close()

    def test_the_engine_works_under_the_role_and_only_there(self):
        self.begin(products=MANY, wait=False)
        self.eventually(lambda: self.state.settled() == MANY, 60, 'the first synchronisation')
        self.assertEqual('ferry', self.state.value("SELECT nspowner::regrole::text FROM pg_namespace WHERE nspname = 'ferry'"))
        sessions = self.state.rows('SELECT usename, count(*) FROM pg_stat_activity WHERE datname = %s AND pid <> '
                                   'pg_backend_pid() GROUP BY 1', self.database)
        self.assertGreaterEqual(dict(sessions).get('ferry', 0), 2, sessions)
        self.assertEqual({'ferry', 'tryton'}, set(dict(sessions)))
        order = self.place((2, 1))
        self.eventually(lambda: self.number_on_portal(order), 40, 'the number is on the portal')
        self.assertNotIn('permission denied', self.log_of(self.erp))

    def test_the_role_reads_what_the_profile_reads_and_nothing_else(self):
        readable = {name for name, in self.state.rows(
            "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'public' "
            "AND c.relkind IN ('r', 'v', 'm', 'p', 'f') AND has_table_privilege('ferry', c.oid, 'SELECT')")}
        listed = subprocess.run([str(self.world.ferry.build.parents[1] / 'installer/enable'), self.database, '--dry-run',
                                 '--erp-role', 'tryton'], capture_output=True, text=True, check=True).stdout
        self.assertIn('stock_move', readable)
        self.assertEqual([], [name for name in sorted(readable) if f'"{name}"' not in listed])
        self.assertFalse(readable & {'res_user', 'res_user_application', 'party_configuration', 'account_move', 'ir_cron'},
                         readable)
        written = self.state.rows(
            "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname NOT IN ('ferry') "
            "AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND c.relkind IN ('r', 'v', 'p') AND "
            "has_table_privilege('ferry', c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER')")
        self.assertEqual([], written)
        self.assertEqual([(False,) * 5], self.state.rows(
            "SELECT rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls FROM pg_roles WHERE rolname = 'ferry'"))
        self.assertEqual([], self.state.rows("SELECT * FROM pg_auth_members WHERE member = 'ferry'::regrole"))

    def test_the_role_is_refused_everything_else(self):
        for statement in (
                'INSERT INTO stock_move DEFAULT VALUES', "UPDATE sale_sale SET state = 'done'", 'DELETE FROM product_product',
                'TRUNCATE stock_move', 'BEGIN; LOCK TABLE stock_move IN EXCLUSIVE MODE', 'SELECT password_hash FROM res_user',
                'SELECT * FROM account_move', "SELECT nextval('sale_sale_id_seq')", 'CREATE TABLE public.mine (x int)',
                'CREATE SCHEMA mine', 'ALTER TABLE stock_move ADD COLUMN mine int',
                'CREATE INDEX mine ON stock_move (id)', "CREATE FUNCTION public.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
                'CREATE EXTENSION file_fdw', 'CREATE DATABASE mine', 'CREATE ROLE mine', 'SET ROLE tryton',
                'ALTER ROLE ferry SUPERUSER', "COPY (SELECT 1) TO PROGRAM 'true'", "SELECT pg_read_file('/etc/passwd')",
                'DROP TABLE stock_move'):
            with self.subTest(statement):
                self.assertRegex(self.as_ferry(statement), 'permission denied|must be|not owner')
        self.assertEqual('', self.as_ferry('SELECT count(*) FROM stock_move'))
        self.assertEqual('', self.as_ferry('CREATE TABLE ferry.mine (x int); DROP TABLE ferry.mine'))
