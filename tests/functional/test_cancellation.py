"""A sale that is cancelled before anything of it was sent is cancelled on its portal, where the channel says so."""
import json

from installer.stage import medusa

from . import test_medusa
from .medusa_case import MedusaCase
from .world import LEASE, Case, sku


class Unprocessed:
    """Nobody works at the ERP's queue: what is confirmed stays so, and a person can take it back and cancel it."""

    def configure(self, **ferry):
        conf = super().configure(**ferry)
        with open(conf, 'a') as file:
            file.write('\n[queue]\nworker = True\n')
        return conf


def cancel(client, sale):
    for button in ('draft', 'cancel'):
        client.button('sale.sale', button, sale)


class Cancellation(Unprocessed, Case):
    def test_a_sale_that_is_cancelled_is_cancelled_on_vendure(self):
        self.begin(settings='"order_cancel": true')
        order, other = self.place((1, 10)), self.place((2, 1))
        sale, kept = self.sale_of(order), self.sale_of(other)
        self.shows(1, 90)
        cancel(self.client, sale)
        self.eventually(lambda: self.admin.order(order['code'])['state'] == 'Cancelled', 30, 'it is cancelled there', lambda: (
            self.admin.order(order['code']), self.state.rows(
                "SELECT state, desired, reason FROM ferry.publication WHERE feed = 'order_status'")))
        self.assertEqual('PaymentSettled', self.admin.order(other['code'])['state'])
        self.assertEqual('confirmed', self.client.get('sale.sale', kept, 'state'))
        self.quiet()
        self.shows(1, 100)  # its goods are given back once
        self.shows(2, 99)
        self.assert_balanced()

    def test_what_a_person_has_sent_from_vendure_is_not_cancelled_there(self):
        self.begin(settings='"order_cancel": true')
        order = self.place((1, 10))
        sale = self.sale_of(order)
        self.admin.fulfil(self.admin.order(order['code']))
        cancel(self.client, sale)
        reason = "SELECT reason FROM ferry.publication WHERE feed = 'order_status' AND state = 'dead'"
        self.eventually(lambda: self.state.value(reason), 30, 'a person is told')
        for part in (order['code'], 'was cancelled in the ERP', 'is fulfilled there'):
            self.assertIn(part, self.state.value(reason))
        self.assertEqual('Shipped', self.admin.order(order['code'])['state'])


class MedusaCancellation(Unprocessed, MedusaCase):
    connect = test_medusa.Medusa.connect

    def test_a_sale_that_is_cancelled_is_cancelled_on_medusa(self):
        self.begin(ferry_settings=json.dumps({'lease': LEASE, 'order_cancel': True}))
        shop = medusa.Shop(self.medusa.url, self.admin)
        order = shop.place([(sku(1), 10)])
        self.admin.capture(order['id'])
        sale = self.sale_of({'code': str(order['display_id'])})
        self.shows(1, 90)
        cancel(self.client, sale)
        self.eventually(lambda: self.admin.order(order['id'])['status'] == 'canceled', 30, 'it is cancelled there', lambda: (
            self.admin.order(order['id']), self.state.rows(
                "SELECT state, desired, reason FROM ferry.publication WHERE feed = 'order_status'")))
        self.assertEqual('refunded', self.admin.order(order['id'])['payment_status'])
        self.quiet()
        self.shows(1, 100)  # its goods are given back once
        self.assert_balanced()
