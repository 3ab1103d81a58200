"""The figures that the profile reads are Tryton's own."""
import subprocess

from installer.stage.tryton import REPOSITORY

from .world import Case, report


class Profile(Case):
    def compare(self, script, *more):
        erp = self.world.erp
        self.erp = self.start_erp()
        self.connect()
        self.erp.kill()
        done = subprocess.run(
            ['/usr/bin/python3', REPOSITORY / 'sql/profiles/tryton-6.0' / script, '-c', self.conf, '-d', self.database,
             '--libpq', self.world.cluster.uri('postgres', self.database), '--shop', str(self.channel), *more],
            capture_output=True, text=True, timeout=900, env=erp.environment())
        self.assertEqual(0, done.returncode, done.stdout[-3000:] + done.stderr[-3000:])
        report(done.stdout.strip().splitlines()[-1])

    def test_on_hand_assigned_and_forecast_equal_trytons_over_random_movements(self):
        """Drafts, undated ones, assigned, done, two closed periods; see the script."""
        self.compare('compare_with_tryton.py', '--moves', '150')

    def test_prices_costs_and_conditions_equal_trytons_over_random_lists(self):
        """Currencies of 0, 2 and 3 digits, boxes and pieces, taxes, kits, parties, quantities and days; see the script."""
        self.compare('compare_prices_with_tryton.py', '--prices', '1200', '--seed', '6')

    def test_products_and_customers_equal_trytons_over_random_records(self):
        """Variants, attributes, categories, four languages, addresses, identifiers, credit limits, scopes; see the script."""
        self.compare('compare_masters_with_tryton.py', '--records', '80', '--seed', '4')
