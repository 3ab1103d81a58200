"""The ERP: Tryton's own server programs on a database that was bootstrapped once and is copied ever after."""
import hashlib
import json
import os
import secrets
import shutil
import signal
import subprocess
from pathlib import Path

from .postgres import Cluster
from .processes import Child, run
from .rpc import Client, RpcError, version

REPOSITORY = Path(__file__).resolve().parent.parent.parent
MODULE = REPOSITORY / 'host-api' / 'hosts' / 'tryton'
PYTHON = '/usr/bin/python3'
WEB_CLIENT = '/usr/share/tryton-sao/www'
MODULES = ('account_invoice_stock', 'product_attribute', 'product_kit', 'product_price_list_dates', 'sale', 'sale_credit_limit',
           'sale_discount', 'sale_price_list', 'sale_shipment_cost', 'stock', 'web_shop')


def _digest(*parts):
    return hashlib.sha256('\0'.join(parts).encode()).hexdigest()[:12]


def _module_text():
    """What the Tryton module is made of, as far as its activation depends on it."""
    files = sorted(p for p in MODULE.rglob('*') if p.suffix in {'.py', '.xml', '.cfg', '.po'} and 'tests' not in p.parts)
    return '\0'.join(f'{p.relative_to(MODULE)}\0{p.read_text(encoding="utf-8")}' for p in files)


def python_path(folder):
    """A folder for PYTHONPATH through which trytond finds the module where it lies, nothing installed."""
    home = Path(folder) / 'modules'
    info = home / 'trytond_ferry-6.0.0.dist-info'
    package = home / 'trytond' / 'modules'
    info.mkdir(parents=True, exist_ok=True)
    package.mkdir(parents=True, exist_ok=True)
    (info / 'METADATA').write_text('Metadata-Version: 2.1\nName: trytond_ferry\nVersion: 6.0.0\n')
    (info / 'entry_points.txt').write_text('[trytond.modules]\nferry = trytond.modules.ferry\n')
    link = package / 'ferry'
    if not link.is_symlink() or link.resolve() != MODULE:
        link.unlink(missing_ok=True)
        link.symlink_to(MODULE)
    return str(home)


class Erp:
    """Configuration files, template databases and servers under one folder."""

    def __init__(self, cluster: Cluster, folder, products=50):
        self.cluster = cluster
        self.folder = Path(folder)
        self.products = products
        self._log = self.folder / 'log' / 'tryton-bootstrap.log'
        self._password_file = self.folder / 'tryton-admin.password'
        here = Path(__file__).resolve().parent
        self._plain = f"tryton_{_digest((here / 'bootstrap.py').read_text(), ' '.join(MODULES), str(products))}"
        self.module_digest = _digest(self._plain, _module_text())
        self._with_ferry = f'trytonferry_{self.module_digest}'

    @property
    def password(self):
        """Of the user admin, in every database."""
        if not self._password_file.exists():
            self._password_file.parent.mkdir(parents=True, exist_ok=True)
            self._password_file.touch(0o600)
            self._password_file.write_text(secrets.token_urlsafe(12))
        return self._password_file.read_text()

    def environment(self, **more):
        path = [python_path(self.folder)] + [p for p in [os.environ.get('PYTHONPATH')] if p]
        return dict(os.environ, PYTHONPATH=os.pathsep.join(path), PYTHONDONTWRITEBYTECODE='1', **more)

    def configure(self, name, port=None, **ferry):
        """Writes <name>.conf, with `ferry` as section [ferry], and returns its path."""
        sections = {'database': {'uri': self.cluster.uri('tryton')}}
        if port:
            sections['web'] = {'listen': f'127.0.0.1:{port}', 'root': WEB_CLIENT}
        if ferry:
            sections['ferry'] = ferry
        path = self.folder / f'{name}.conf'
        path.touch(0o600)
        path.write_text('\n'.join(f'[{section}]\n' + ''.join(f'{key} = {value}\n' for key, value in values.items())
                                  for section, values in sections.items()))
        return path

    def _administrate(self, database, *arguments):
        """trytond-admin without an engine of Ferry in it."""
        conf = self.configure('admin')
        password = self.folder / 'tryton-admin.password'
        _ = self.password
        run([PYTHON, shutil.which('trytond-admin'), '-c', str(conf), '-d', database, *arguments, '-v'], self._log,
            'trytond-admin', env=self.environment(TRYTONPASSFILE=str(password)))

    def template(self):
        """The bootstrapped company without Ferry."""
        return self.cluster.template(self._plain, 'tryton', self._bootstrap)

    def _bootstrap(self, database):
        self._administrate(database, '-u', 'ir', '--email', 'admin@example.com', '-p')
        self._administrate(database, '-u', *MODULES, '--activate-dependencies')
        conf = self.configure('admin')
        run([PYTHON, str(Path(__file__).with_name('bootstrap.py')), database, str(self.products)], self._log,
            'the bootstrap of the company', env=self.environment(TRYTOND_CONFIG=str(conf)))

    @property
    def has_template_with_ferry(self):
        """Whether the next call returns at once."""
        return self.cluster.exists(self._with_ferry)

    def template_with_ferry(self):
        base = self.template()
        return self.cluster.template(
            self._with_ferry, 'tryton', lambda database: self._administrate(database, '-u', 'ferry'), base)

    def activate_ferry(self, database):
        """What an administrator does: trytond-admin -u ferry."""
        self._administrate(database, '-u', 'ferry', '--activate-dependencies')

    def server(self, name, database, port, conf):
        return Server(self, name, database, port, [PYTHON, shutil.which('trytond'), '-c', str(conf), '-d', database, '-vv'],
                      signal.SIGINT)

    def uwsgi(self, name, database, port, conf, processes=3):
        """Prefork: the application is loaded, then forked."""
        return Server(self, name, database, port, [
            'uwsgi', '--plugin', 'python3', '--http-socket', f'127.0.0.1:{port}', '--master', '--processes', str(processes),
            '--enable-threads', '--die-on-term', '--module', 'trytond.application:app', '--need-app'], signal.SIGTERM,
            dict(TRYTOND_CONFIG=str(conf), TRYTOND_DATABASE_NAMES=database))

    def gunicorn(self, name, database, port, conf, workers=2):
        return Server(self, name, database, port, [
            PYTHON, '-m', 'gunicorn', '--bind', f'127.0.0.1:{port}', '--workers', str(workers), '--threads', '4', '--preload',
            'trytond.application:app'], signal.SIGTERM, dict(TRYTOND_CONFIG=str(conf), TRYTOND_DATABASE_NAMES=database))

    def cron(self, name, database, conf):
        return self._background(name, 'trytond-cron', database, conf)

    def worker(self, name, database, conf):
        return self._background(name, 'trytond-worker', database, conf)

    def _background(self, name, program, database, conf):
        return Server(self, name, database, None, [PYTHON, shutil.which(program), '-c', str(conf), '-d', database, '-vv'],
                      signal.SIGINT)


class Server:
    """One server program of Tryton."""

    def __init__(self, erp, name, database, port, command, stop_signal, environment=None):
        self.erp = erp
        self.database = database
        self.port = port
        self.child = Child(erp.folder, name, stop_signal)
        self._command = command
        self.environment = dict(environment or {})

    @property
    def url(self):
        return f'http://127.0.0.1:{self.port}'

    def start(self):
        self.child.start(self._command, env=self.erp.environment(**self.environment))

    def wait_ready(self, seconds=120):
        if self.port:
            self.child.wait_ready(self._answers, seconds, f'Tryton on port {self.port}')

    def _answers(self):
        try:
            return bool(version(self.url))
        except (OSError, RpcError):
            return False

    def stop(self):
        self.child.stop(40)

    def kill(self):
        self.child.kill()

    def client(self, user='admin'):
        return Client(self.url, self.database, user, self.erp.password)
