"""A Tryton server with something to look at: made for the pictures, or one that runs already."""
import importlib.util
import os
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TESTS = ROOT / 'host-api' / 'hosts' / 'tryton' / 'tests'
SAO = '/usr/share/tryton-sao/www'


def _load(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Stage:
    def __init__(self, options):
        self._options = options
        self._cluster = self._server = self._folder = None

    def __enter__(self):
        if self._options.url:
            self.url, self.database = self._options.url, self._options.database
            self.sale = self._options.sale
            return self
        try:
            self._make()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        if self._server:
            self._server.terminate()
            self._server.wait(20)
        if self._cluster:
            self._cluster.stop()
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _make(self):
        run = _load(TESTS / 'run.py')
        self._folder = Path(tempfile.mkdtemp(prefix='ferry-screens-'))
        uri = self._options.uri
        if not uri:
            self._cluster = run.Cluster(self._folder)
            uri = self._cluster.start()
        with socket.socket() as probe:
            probe.bind(('127.0.0.1', 0))
            port = probe.getsockname()[1]
        configuration = self._folder / 'trytond.conf'
        configuration.write_text(
            f'[database]\nuri = {uri}\n[web]\nlisten = 127.0.0.1:{port}\nroot = {SAO}\n'
            f'[ferry]\nlibrary = {run.make_fake(self._folder)}\nsecret.portal = none\n')
        (self._folder / 'password').write_text(self._options.password + '\n')
        environment = dict(os.environ, TRYTOND_CONFIG=str(configuration), DB_NAME='unused',
                           TRYTONPASSFILE=str(self._folder / 'password'), PYTHONPATH=str(run.make_site(self._folder)),
                           FERRY_TEST_TEMPLATE=run.TEMPLATE)
        if not self._options.uri:
            print('making the template database (a minute or two)', flush=True)
            run.make_template(environment)
        self.database = f'screens_{os.getpid()}'
        answer = run.in_module(
            'import runpy; print("SALE", runpy.run_path(sys.argv[1])["populate"](tools, sys.argv[2]))', environment,
            str(Path(__file__).with_name('populate.py')), self.database, stdout=subprocess.PIPE, text=True)
        self.sale = int(answer.stdout.rsplit('SALE', 1)[1])
        self._server = subprocess.Popen(['trytond', '-c', str(configuration), '-d', self.database], env=environment,
                                        stderr=open(self._folder / 'trytond.log', 'w'))
        self.url = f'http://127.0.0.1:{port}'
        self._await_server()

    def _await_server(self):
        until = time.monotonic() + 60
        while time.monotonic() < until:
            try:
                urllib.request.urlopen(self.url, timeout=5).close()
                return
            except OSError:
                time.sleep(0.2)
        raise RuntimeError('trytond does not answer: ' + (self._folder / 'trytond.log').read_text()[-2000:])
