"""What is wrong is said in one line that names it and how to mend it; the ERP itself keeps working."""
import re
import time

from installer.stage.processes import free_port
from installer.stage.rpc import RpcError

from .world import Case


class Diagnosis(Case):
    def says(self, server, *patterns, seconds=40):
        """A single line of the server's log matches every pattern."""
        def line():
            return next((line for line in self.log_of(server).splitlines()
                         if all(re.search(pattern, line, re.I) for pattern in patterns)), None)
        self.eventually(line, seconds, f'a line of the log that says {patterns}',
                        lambda: [line for line in self.log_of(server).splitlines() if 'ferry' in line.lower()][-5:])
        found = line()
        self.assertLess(len(found), 1000)
        return found

    def check_says(self, *patterns):
        """ferry-host check says the same, and ends with 1."""
        done = self.host('check')
        self.assertEqual(1, done.returncode, done.stdout + done.stderr)
        text = done.stdout + done.stderr
        self.assertTrue(any(all(re.search(pattern, line, re.I) for pattern in patterns) for line in text.splitlines()),
                        f'{patterns} in: {text}')
        self.assertNotIn(self.world.portal.password, text)

    def erp_works(self):
        began = time.monotonic()
        self.client = self.erp.client()
        self.move(1, 1)
        self.assertLess(time.monotonic() - began, 10)

    def test_a_wrong_password_of_the_portal(self):
        self.conf = self.configure(**{'secret.vendure': 'wrong'})
        self.erp = self.start_erp()
        self.connect(wait=False)
        self.says(self.erp, 'password|credential|log-in|login|refused')
        self.check_says('password|credential|log-in|login')
        self.erp_works()

    def test_a_secret_that_is_not_there(self):
        self.erp = self.start_erp()
        self.connect(wait=False, ferry_secret='nowhere')
        self.says(self.erp, 'nowhere')
        self.check_says('nowhere')
        self.erp_works()

    def test_the_portal_is_down(self):
        self.erp = self.start_erp()
        nobody = free_port()
        self.connect(wait=False, url=f'http://127.0.0.1:{nobody}')
        self.says(self.erp, f'{nobody}|refused')
        self.check_says('refus|reach|connect')
        self.erp_works()

    def test_the_database_is_not_reachable_for_ferry(self):
        section = self.world.ferry.section(self.database)
        self.conf = self.configure(database=re.sub(r'Port=\d+', f'Port={free_port()}', section['database']))
        self.erp = self.start_erp()
        self.says(self.erp, 'database|connect')
        self.check_says('database|connect')
        self.erp_works()

    def test_a_right_is_missing(self):
        with self.world.cluster.cursor(self.database) as cursor:
            cursor.execute('REVOKE SELECT ON stock_move FROM ferry')
        self.erp = self.start_erp()
        self.connect(wait=False)
        self.says(self.erp, 'stock_move')
        self.check_says('stock_move', 'GRANT SELECT')
        self.erp_works()
        self.world.ferry.enable(self.database)
        self.shows(2, 100, 60)

    def test_a_setting_that_does_not_exist(self):
        self.erp = self.start_erp()
        with self.assertRaises(RpcError) as refused:
            self.connect(wait=False, ferry_settings='{"pol_interval": 3}')
        self.assertIn('pol_interval', str(refused.exception))

    def test_a_server_setting_that_does_not_exist(self):
        self.conf = self.configure(notfy='x')
        self.erp = self.start_erp()
        self.says(self.erp, 'notfy')
        self.erp_works()

    def test_no_secret_is_ever_written(self):
        self.begin()
        order = self.place((1, 1))
        self.eventually(lambda: self.number_on_portal(order), 40, 'the order was imported')
        secrets = [self.world.portal.password, self.world.cluster.password('ferry')]
        text = self.log_of(self.erp) + self.host('status', '--json').stdout + self.host('check').stdout
        text += '\n'.join(str(row) for table in ('exchange', 'run', 'job', 'channel')
                          for row in self.state.rows(f'SELECT t::text FROM ferry.{table} t'))
        for secret in secrets:
            self.assertNotIn(secret, text)
