"""The figures that the profile reads are Tryton's own."""
import subprocess

from installer.stage.tryton import REPOSITORY

from .world import Case, report


class Profile(Case):
    def test_on_hand_assigned_and_forecast_equal_trytons_over_random_movements(self):
        """Drafts, undated ones, assigned, done, two closed periods; see the script."""
        erp = self.world.erp
        self.erp = self.start_erp()
        self.connect()
        self.erp.kill()
        done = subprocess.run(
            ['/usr/bin/python3', REPOSITORY / 'sql/profiles/tryton-6.0/compare_with_tryton.py', '-c', self.conf,
             '-d', self.database, '--libpq', self.world.cluster.uri('postgres', self.database),
             '--shop', str(self.channel), '--moves', '150'],
            capture_output=True, text=True, timeout=300, env=erp.environment())
        self.assertEqual(0, done.returncode, done.stdout[-3000:] + done.stderr[-3000:])
        report(done.stdout.strip().splitlines()[-1])
