"""Several processes of the ERP load Ferry at once: each lane is driven by one of them."""
import os
import re
import signal
import time

from installer.stage.processes import free_port

from .world import LEASE, Case

LANES = 4  # stock, order_status, intake, reconcile


def process_of(holder):
    """The id of the process in a lease's holder (host:process:number)."""
    return int(re.split(r':', holder)[1])


class Processes(Case):
    def lanes(self):
        return {job: holder for (_, job), holder in self.state.holders().items()}

    def all_lanes_held(self, seconds=30):
        self.eventually(lambda: len(self.lanes()) == LANES, seconds, 'every lane has a holder', self.lanes)

    def holders_are(self, count_at_most):
        """Looks for a while: a lane never has two holders (its row is the lease), epochs do not run away."""
        epochs = self.state.rows('SELECT job, epoch FROM ferry.job ORDER BY job')
        time.sleep(LEASE + 1)
        self.assertEqual(epochs, self.state.rows('SELECT job, epoch FROM ferry.job ORDER BY job'))
        self.assertLessEqual(len(set(self.lanes().values())), count_at_most)

    def takes_over(self, kill):
        """Kills the holder of the stock lane; another process has it within the lease, and stock flows."""
        before = self.lanes()['stock']
        killed = time.monotonic()
        kill(process_of(before))
        self.eventually(lambda: self.lanes().get('stock') not in {None, before}, LEASE + 10, 'another process took over',
                        self.lanes)
        self.assertLess(time.monotonic() - killed, LEASE + 8)
        self.all_lanes_held()

    def test_two_servers_a_cron_and_a_worker_share_the_lanes(self):
        self.erp = self.start_erp()
        self.start_erp('second', port=free_port())
        self.start_erp('cron', 'cron')
        self.start_erp('worker', 'worker')
        self.connect()
        self.all_lanes_held()
        self.holders_are(LANES)
        order = self.place((1, 2))
        self.eventually(lambda: self.number_on_portal(order), 60, 'the order was imported')
        self.sale_of(order)

        def kill(process):
            os.kill(process, signal.SIGKILL)
        self.takes_over(kill)
        alive = next(server for server in self._servers if server.port and server.child.pid)
        self.client = alive.client()
        self.move(3, 7)
        self.shows(3, 107, 30)
        order = self.place((2, 2))
        self.eventually(lambda: self.number_on_portal(order), 60, 'the next order was imported')
        self.sale_of(order)
        self.shows(2, 98, 30)
        self.assert_balanced()

    def test_uwsgi_forks_and_one_child_drives_each_lane(self):
        self.prefork('uwsgi')

    def test_gunicorn_forks_and_one_child_drives_each_lane(self):
        self.prefork('gunicorn')

    def prefork(self, kind):
        self.erp = self.start_erp(kind=kind)
        self.connect(wait=False)
        self.all_lanes_held(60)
        self.shows(50, 100, 60)
        master = self.erp.child.pid
        self.assertNotIn(master, {process_of(holder) for holder in self.lanes().values()})
        self.holders_are(LANES)
        self.move(3, 7)
        self.shows(3, 107, 30)
        order = self.place((1, 2))
        self.eventually(lambda: self.number_on_portal(order), 60, 'the order was imported')
        self.sale_of(order)
        self.takes_over(lambda process: os.kill(process, signal.SIGKILL))
        self.move(4, 7)
        self.shows(4, 107, 30)
        self.erp.stop()
        self.assertIsNone(self.erp.child.pid)
