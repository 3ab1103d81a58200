#!/usr/bin/python3
# This file is part of Ferry.  The LICENSE file at the top level of this
# repository contains the full license terms.
"""Runs the tests of the Tryton module on a private PostgreSQL cluster.

    run.py [--uri postgresql://USER:PASSWORD@HOST:PORT/] [--fast] [TEST...]

Needs Debian's tryton-server, the modules that tryton.cfg names, python3-psycopg2
and gcc. Without --uri it makes a cluster in a temporary folder and removes it
afterwards. TEST: test_order, test_order.OrderTestCase, test_order.OrderTestCase.test_kit.
"""
import argparse
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
MODULE = HERE.parent
INCLUDE = MODULE.parents[1] / 'include'
PYTHON = '/usr/bin/python3'  # the one that Debian's trytond belongs to
TEMPLATE = 'ferry_template'
MODULES = ['ferry', 'account_invoice_stock', 'product_attribute',
    'product_kit', 'product_price_list_dates', 'sale_credit_limit',
    'sale_discount', 'sale_price_list', 'sale_shipment_cost']


class Cluster:
    "A PostgreSQL cluster that nobody else uses"

    def __init__(self, folder):
        self.data = folder / 'postgresql'
        programs = sorted(Path('/usr/lib/postgresql').glob('*/bin/initdb'))
        if not programs:
            sys.exit('PostgreSQL is missing: install postgresql')
        self.programs = programs[-1].parent
        with socket.socket() as probe:
            probe.bind(('127.0.0.1', 0))
            self.port = probe.getsockname()[1]
        if os.geteuid() == 0:
            user = pwd.getpwnam('postgres')
            os.chown(folder, user.pw_uid, user.pw_gid)
        folder.chmod(0o755)

    def _run(self, program, *arguments):
        command = [str(self.programs / program), '-D', str(self.data)]
        if os.geteuid() == 0:
            command = ['runuser', '-u', 'postgres', '--'] + command
        subprocess.run(command + list(arguments), check=True, cwd='/',
            stdout=subprocess.DEVNULL)

    def start(self):
        self._run('initdb', '-A', 'trust', '-U', 'tryton', '-E', 'UTF8',
            '--locale=C.UTF-8')
        with open(self.data / 'postgresql.conf', 'a') as file:
            file.write(
                "port=%d\nunix_socket_directories=''\n"
                "listen_addresses='127.0.0.1'\nfsync=off\n"
                "synchronous_commit=off\nfull_page_writes=off\n" % self.port)
        self._run('pg_ctl', '-w', '-l', str(self.data / 'log'), 'start')
        return 'postgresql://tryton:tryton@127.0.0.1:%d/' % self.port

    def stop(self):
        self._run('pg_ctl', '-m', 'immediate', 'stop')


def make_site(folder):
    "Install the module the way a package does: by its entry point"
    site = folder / 'site'
    (site / 'trytond' / 'modules').mkdir(parents=True)
    (site / 'trytond' / 'modules' / 'ferry').symlink_to(MODULE)
    info = site / 'ferry_tryton-6.0.0.dist-info'
    info.mkdir()
    (info / 'METADATA').write_text(
        'Metadata-Version: 2.1\nName: ferry_tryton\nVersion: 6.0.0\n')
    (info / 'entry_points.txt').write_text(
        '[trytond.modules]\nferry = trytond.modules.ferry\n')
    return site


def make_fake(folder):
    fake = folder / 'ferry_fake.so'
    subprocess.run(['gcc', '-std=c11', '-D_GNU_SOURCE', '-Wall', '-Wextra',
            '-Werror', '-fPIC', '-shared', '-I', str(INCLUDE),
            str(HERE / 'ferry_fake.c'), '-o', str(fake), '-lpthread'],
        check=True)
    return fake


def in_module(code, environment, *arguments, **options):
    "Run code that uses the module: starting the pool makes it importable"
    return subprocess.run([PYTHON, '-W', 'ignore', '-c',
            'import sys; from trytond.config import config; '
            'config.update_etc(); '
            'from trytond.pool import Pool; Pool.start(); '
            'from trytond.modules.ferry.tests import tools; ' + code,
            *arguments],
        env=environment, **dict({'check': True}, **options))


def make_template(environment):
    in_module("tools.drop('%s'); tools.clone('%s', 'template0')" % (
            TEMPLATE, TEMPLATE), environment)
    for modules in [['ir'], MODULES]:
        subprocess.run(['trytond-admin', '-d', TEMPLATE, '-u', *modules,
                '--email', 'admin@example.com', '-p',
                '--activate-dependencies'],
            check=True, env=environment, stderr=subprocess.DEVNULL)
    in_module("tools.create_company('%s')" % TEMPLATE, environment)


def main():
    # A shell starts background jobs with SIGINT ignored, and what we start
    # would inherit that: trytond ends cleanly by SIGINT only
    signal.signal(signal.SIGINT, signal.default_int_handler)
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument('--uri')
    parser.add_argument('--keep-template', action='store_true',
        help="use the template that --uri already has, and leave it there")
    parser.add_argument('tests', nargs='*')
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix='ferry-tryton-'))
    cluster = None
    try:
        uri = options.uri
        if not uri:
            cluster = Cluster(folder)
            uri = cluster.start()
        (folder / 'trytond.conf').write_text('[database]\nuri = %s\n' % uri)
        (folder / 'password').write_text('admin12345\n')
        environment = dict(os.environ,
            TRYTOND_CONFIG=str(folder / 'trytond.conf'),
            TRYTONPASSFILE=str(folder / 'password'),
            PYTHONPATH=str(make_site(folder)),
            PYTHONDONTWRITEBYTECODE='1',
            DB_NAME='ferry_module_test',
            FERRY_TEST_TEMPLATE=TEMPLATE,
            FERRY_TEST_FAKE=str(make_fake(folder)))
        if not options.keep_template:
            print('making the template database (a minute or two)', flush=True)
            make_template(environment)
        tests = options.tests or sorted(
            p.stem for p in HERE.glob('test_*.py'))
        failed = [t for t in tests if in_module(
                'import importlib, unittest; '
                'unittest.main(importlib.import_module(sys.argv.pop(1)))',
                environment,
                'trytond.modules.ferry.tests.' + t.split('.', 1)[0],
                '-v', *t.split('.', 1)[1:],
                check=False, cwd=str(folder)).returncode]
        if failed:
            sys.exit('failed: %s' % ' '.join(failed))
    finally:
        if cluster:
            cluster.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == '__main__':
    main()
