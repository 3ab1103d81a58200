"""Killed, cut off and asked to stop at the worst moments: nothing lost, nothing doubled."""
import random
import signal
import time

from installer.stage.rpc import RpcError

from .world import Case, sku


class Faults(Case):
    def restart(self):
        self.erp.start()
        self.erp.wait_ready()

    def test_killed_between_the_erps_commit_and_the_number_on_the_portal(self):
        proxy = self.proxy()
        self.begin(url=proxy.url)
        proxy.hold_request('setOrderCustomFields')
        order = self.place((1, 2))
        self.assertTrue(proxy.caught.wait(40), 'the number was never sent')
        self.assertEqual(1, self.state.value('SELECT count(*) FROM sale_sale WHERE reference = %s', order['code']))
        self.erp.kill()
        proxy.release()
        proxy.refuse()
        proxy.accept()
        self.assertIsNone(self.number_on_portal(order))
        self.restart()
        self.eventually(lambda: self.number_on_portal(order), 40, 'the number is on the portal')
        sale = self.sale_of(order)
        self.assertEqual(self.client.get('sale.sale', sale, 'number'), self.number_on_portal(order))
        self.shows(1, 98)
        self.assert_balanced()

    def test_killed_after_the_number_arrived_and_before_the_answer(self):
        proxy = self.proxy()
        self.begin(url=proxy.url)
        proxy.hold_reply('setOrderCustomFields')
        order = self.place((1, 2))
        self.assertTrue(proxy.caught.wait(40), 'the number was never sent')
        self.erp.kill()
        proxy.release()
        number = self.number_on_portal(order)
        self.assertTrue(number)
        self.restart()
        sale = self.sale_of(order)
        self.eventually(lambda: self.state.settled('order_status') == 1, 40, 'the number is acknowledged')
        self.assertEqual(number, self.number_on_portal(order))
        self.assertEqual(number, self.client.get('sale.sale', sale, 'number'))

    def test_killed_between_sending_stock_and_the_answer(self):
        proxy = self.proxy()
        self.begin(url=proxy.url)
        proxy.hold_reply('updateProductVariants')
        self.move(1, 7)
        self.assertTrue(proxy.caught.wait(20), 'the stock was never sent')
        self.erp.kill()
        proxy.release()
        with self.world.cluster.cursor(self.database, 'tryton') as cursor:
            # meanwhile the value moves on
            cursor.execute("UPDATE stock_move SET quantity = quantity - 3, internal_quantity = internal_quantity - 3 WHERE id = "
                           "(SELECT max(id) FROM stock_move)")
        self.restart()
        self.shows(1, 104, 40)
        self.quiet(40)
        self.assert_balanced()

    def test_killed_before_the_order_reached_the_erp(self):
        proxy = self.proxy()
        self.begin(url=proxy.url)
        proxy.hold_reply('orders')
        order = self.place((1, 2))
        self.assertTrue(proxy.caught.wait(20))
        self.erp.kill()
        proxy.release()
        self.restart()
        self.eventually(lambda: self.number_on_portal(order), 40, 'the number is on the portal')
        self.sale_of(order)

    def test_F6_asked_to_stop_at_any_moment_loses_nothing(self):
        self.begin()
        chance = random.Random(7)
        orders = []
        for turn in range(5):
            self.move(10 + turn, 5)
            orders.append(self.place((1, 1)))
            time.sleep(chance.uniform(0, 2.5))
            self.erp.child.signal(signal.SIGTERM)
            self.eventually(lambda: not self.erp.child.pid, 20, 'the server ended')
            self.restart()
        for turn in range(5):
            self.shows(10 + turn, 105, 40)
        for order in orders:
            self.sale_of(order)
            self.eventually(lambda: self.number_on_portal(order), 40, 'its number is on the portal')
        self.shows(1, 95, 30)
        self.quiet(30)
        self.assert_balanced()

    def test_the_portal_was_away(self):
        proxy = self.proxy()
        self.begin(url=proxy.url)
        proxy.refuse()
        began = time.monotonic()
        self.move(1, 7)
        self.assertLess(time.monotonic() - began, 5, 'the ERP waited for the portal')
        self.eventually(lambda: self.state.value('SELECT last_error FROM ferry.job WHERE last_error IS NOT NULL LIMIT 1'), 60,
                        'the error is shown')
        proxy.accept()
        self.shows(1, 107, 90)
        self.assertEqual(100, self.admin.saleable(sku(2)))

    def test_the_database_was_away(self):
        self.begin()
        with self.world.cluster.cursor() as cursor:
            cursor.execute('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s', (self.database,))
        self.eventually(self.works, 30, 'the ERP works again')
        self.shows(1, 107, 40)

    def works(self):
        try:
            self.move(1, 7)
        except RpcError:
            return False
        return True
