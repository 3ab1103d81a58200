"""Returns and refunds in both directions, on both portals: each becomes one, to the cent."""
import json
import time
from decimal import Decimal

from installer.stage import medusa
from installer.stage.ferry import return_goods

from . import test_medusa, test_revisions
from .medusa_case import MedusaCase
from .world import LEASE, Case, sku

SINCE = '2020-01-01T00:00:00Z'
DEAD = "SELECT reason FROM ferry.publication WHERE feed = 'order_status' AND state = 'dead'"
REFUNDS = ('id,display_id,items.id,items.variant_sku,payment_collections.payments.id,payment_collections.payments.refunds.id,'
           'payment_collections.payments.refunds.amount,payment_collections.payments.refunds.note')


class Returned:
    """What a person returns in the ERP."""

    returns_of, look_again, revision_of, is_taken_over = (
        getattr(test_revisions.Revisions, name) for name in ('returns_of', 'look_again', 'revision_of', 'is_taken_over'))

    def give_back(self, sale, quantities, description='Came back'):
        """Tryton's own wizard, with {product number: quantity} of the lines kept; (id, number, what is to be paid)."""
        client = self.client
        returned = return_goods(client, sale, {self.product(number): quantity for number, quantity in quantities.items()},
                                description)
        return returned, client.get('sale.sale', returned, 'number'), -client.get('sale.sale', returned, 'total_amount')

    def is_paid_back_once(self, order, sale, expected):
        self.eventually(lambda: self.refunds(order) == expected, 40, f'the refunds {expected}', lambda: (
            self.refunds(order), self.state.rows(
                "SELECT state, desired, reason FROM ferry.publication WHERE feed = 'order_status'")))
        before = self.returns_of(sale)
        # read back by the intake, it is no other return
        self.look_again(order)
        self.is_taken_over(order)
        self.assertEqual(before, self.returns_of(sale))
        self.quiet()
        self.assertEqual(expected, self.refunds(order))
        self.assert_balanced()


class Returns(Returned, Case):
    def refunds(self, order):
        """[(amount, state, reason, {SKU: pieces})] as the portal shows them."""
        seen = self.admin.ask('query($c:String!){orders(options:{filter:{code:{eq:$c}}}){items{lines{id productVariant{sku}} '
                              'payments{refunds{id total state reason lines{orderLineId quantity}}}}}}', c=order['code'])
        seen, = seen['orders']['items']
        skus = {line['id']: line['productVariant']['sku'] for line in seen['lines']}
        return [(Decimal(refund['total']) / 100, refund['state'], refund['reason'],
                 {skus[line['orderLineId']]: line['quantity'] for line in refund['lines']})
                for payment in seen['payments'] for refund in payment['refunds']]

    def shipped(self, url=None, **settings):
        more = ''.join(f', "{name}": {json.dumps(value)}' for name, value in settings.items())
        self.begin(settings=f'"order_refund_since": "{SINCE}"{more}', **({'url': url} if url else {}))
        order = self.place((1, 10), (2, 1))
        sale = self.sale_of(order)
        self.ship(sale)
        self.eventually(lambda: self.admin.order(order['code'])['state'] == 'Shipped', 40, 'it is shipped on the portal')
        return order, sale

    def test_what_is_returned_in_the_erp_is_paid_back_on_vendure_once(self):
        order, sale = self.shipped()
        _, number, total = self.give_back(sale, {1: 3})
        expected = [(total, 'Settled', f'Came back [{number}]', {sku(1): 3})]
        self.is_paid_back_once(order, sale, expected)
        # a second return, and a refund of a person on the portal with the very amount of the first
        _, second, rest = self.give_back(sale, {2: 1}, 'Damaged')
        expected.append((rest, 'Settled', f'Damaged [{second}]', {sku(2): 1}))
        self.is_paid_back_once(order, sale, expected)
        line = self.admin.order(order['code'])['lines'][0]['id']
        self.admin.refund(self.admin.order(order['code']), {line: 3}, int(total * 100))
        self.look_again(order)
        self.eventually(lambda: len(self.returns_of(sale)) == 3, 40, 'the third return', lambda: self.revision_of(order))
        self.assertEqual(-total, self.returns_of(sale)[2][0])
        self.quiet()
        self.assertEqual(3, len(self.refunds(order)))

    def test_a_refund_of_which_the_answer_was_lost_is_made_once(self):
        proxy = self.proxy()
        order, sale = self.shipped(proxy.url, request_timeout=5)
        self.quiet()
        proxy.hold_reply('FerryRefundOrder')
        _, number, total = self.give_back(sale, {1: 3})
        self.assertTrue(proxy.caught.wait(30), 'no refund was sent')
        proxy.refuse()  # whoever waits for the answer is cut off
        proxy.release()
        proxy.accept()
        # it is looked at once no request can be under way any more: after a minute
        self.eventually(lambda: self.refunds(order) == [(total, 'Settled', f'Came back [{number}]', {sku(1): 3})], 120,
                        'the refund is settled', lambda: self.refunds(order))
        time.sleep(5)
        self.assertEqual(1, len(self.refunds(order)))

    def test_E1_what_is_cancelled_on_vendure_after_it_was_fulfilled_is_one_return_in_the_erp(self):
        order, sale = self.shipped()
        seen = self.admin.order(order['code'])
        first, second = (line['id'] for line in sorted(seen['lines'], key=lambda line: line['productVariant']['sku']))
        self.admin.cancel(seen, {first: 3})
        self.look_again(order)
        self.is_taken_over(order)
        self.assertEqual([], self.returns_of(sale), 'nothing was paid back yet')
        # 10.01 each and 20 % of tax
        self.admin.refund(seen, {first: 3}, 3604, 'did not fit')
        self.look_again(order)
        self.eventually(lambda: self.returns_of(sale), 40, 'the return is entered', lambda: self.revision_of(order))
        expected = [(Decimal('-36.04'), [(sku(1), -3.0)])]
        self.assertEqual(expected, [(total, lines[:1]) for total, lines in self.returns_of(sale)])
        self.is_taken_over(order)
        # all that is left: the order counts as cancelled there
        self.admin.cancel(seen, {first: 7, second: 1})
        self.assertEqual('Cancelled', self.admin.order(order['code'])['state'])
        self.admin.refund(seen, {first: 7, second: 1}, 8408 + 1202, 'did not fit either')
        self.look_again(order)
        self.eventually(lambda: len(self.returns_of(sale)) == 2, 40, 'the second is entered', lambda: self.revision_of(order))
        self.is_taken_over(order)
        total, lines = self.returns_of(sale)[1]
        goods = sorted(line for line in lines if line[0] in (sku(1), sku(2)))
        self.assertEqual((Decimal('-96.10'), [(sku(1), -7.0), (sku(2), -1.0)]), (total, goods))
        self.look_again(order)
        self.is_taken_over(order)
        self.assertEqual(2, len(self.returns_of(sale)), 'asked twice, still one each')
        self.assertEqual(0, self.state.value("SELECT count(*) FROM ferry.portal_order WHERE 'review' IN (state, revision)"))
        self.assert_balanced()

    def test_what_is_cancelled_on_vendure_before_it_is_fulfilled_is_an_edit(self):
        self.begin()
        order = self.place((1, 10), (2, 1))
        sale = self.sale_of(order)
        seen = self.admin.order(order['code'])
        line = next(line['id'] for line in seen['lines'] if line['productVariant']['sku'] == sku(1))
        self.admin.cancel(seen, {line: 3})
        self.admin.refund(seen, {line: 3}, 3604, 'ordered too many')
        self.look_again(order)
        self.eventually(lambda: self.revision_of(order)[0] == 'review', 40, 'a person is asked', lambda: self.revision_of(order))
        self.assertIn('10 → 7', self.revision_of(order)[1])
        self.assertEqual([], self.returns_of(sale))

    def test_what_was_paid_back_before_the_order_came_to_the_erp_is_returned_there(self):
        self.begin()
        intake = self.client.search('ferry.job', ('job', '=', 'intake'))
        self.client.button('ferry.job', 'pause', *intake)
        order = self.place((1, 10))
        self.admin.refund(self.admin.order(order['code']), {}, 500)
        self.client.button('ferry.job', 'resume', *intake)
        sale = self.sale_of(order)
        self.eventually(lambda: self.returns_of(sale), 40, 'the return is entered', lambda: self.revision_of(order))
        self.assertEqual([Decimal('-5.00')], [total for total, _ in self.returns_of(sale)])
        self.is_taken_over(order)
        self.assert_balanced()

    def test_more_than_was_paid_is_for_a_person(self):
        order, sale = self.shipped()
        seen = self.admin.order(order['code'])
        self.client.button('ferry.job', 'pause', *self.client.search('ferry.job', ('job', '=', 'intake')))
        self.admin.refund(seen, {}, seen['totalWithTax'] - 100)
        _, number, total = self.give_back(sale, {1: 3})
        self.eventually(lambda: self.state.value(DEAD), 40, 'a person is told')
        for part in (order['code'], number, f'{total.normalize():f} EUR are to be paid back', '1 EUR left there'):
            self.assertIn(part, self.state.value(DEAD))
        self.assertEqual(1, len(self.refunds(order)))


class UnaskedReturns(Returned, Case):
    refunds = Returns.refunds

    def test_without_the_setting_a_person_pays_back_on_the_portal(self):
        self.begin()
        order = self.place((1, 10))
        sale = self.sale_of(order)
        self.ship(sale)
        self.eventually(lambda: self.admin.order(order['code'])['state'] == 'Shipped', 40, 'it is shipped on the portal')
        before = self.state.value("SELECT desired FROM ferry.publication WHERE feed = 'order_status'")
        _, _, total = self.give_back(sale, {1: 3})
        seen = self.admin.order(order['code'])
        self.admin.refund(seen, {seen['lines'][0]['id']: 3}, int(total * 100))
        self.look_again(order)
        self.is_taken_over(order)
        self.quiet()
        self.assertEqual([-total], [each for each, _ in self.returns_of(sale)], 'the return is linked to the refund')
        self.assertEqual([total], [refund[0] for refund in self.refunds(order)])
        self.assertEqual(before.replace('"processing"', '"done"'), self.state.value(
            "SELECT desired FROM ferry.publication WHERE feed = 'order_status'").replace('"processing"', '"done"'))


class MedusaReturns(Returned, MedusaCase):
    connect = test_medusa.Medusa.connect

    def look_again(self, order):
        return test_revisions.Revisions.look_again(self, {'code': str(order['display_id'])})

    def revision_of(self, order):
        return test_revisions.Revisions.revision_of(self, {'code': str(order['display_id'])})

    def seen(self, order):
        return self.admin.ask('/admin/orders', **{'id[]': order['id'], 'fields': REFUNDS})['orders'][0]

    def payment(self, order):
        return self.seen(order)['payment_collections'][0]['payments'][0]['id']

    def refunds(self, order):
        """[(amount, note)] as the portal shows them."""
        found = [refund for collection in self.seen(order)['payment_collections'] for payment in collection['payments']
                 for refund in payment['refunds']]
        return [(Decimal(str(refund['amount'])), refund['note']) for refund in sorted(found, key=lambda refund: refund['id'])]

    def shipped(self, url=None, **settings):
        self.begin(ferry_settings=json.dumps({'lease': LEASE, **settings}), **({'url': url} if url else {}))
        order = medusa.Shop(self.medusa.url, self.admin).place([(sku(1), 10), (sku(2), 1)])
        self.admin.capture(order['id'])
        sale = self.sale_of({'code': str(order['display_id'])})
        self.ship(sale)
        self.eventually(lambda: self.admin.ask('/admin/orders', **{'id[]': order['id'], 'fields': 'id,fulfillments.shipped_at'})[
            'orders'][0]['fulfillments'], 40, 'it is fulfilled on the portal')
        self.quiet()
        return order, sale

    def receive(self, order, wanted, quantity):
        """A person has so many pieces of a SKU back."""
        line = {each['variant_sku']: each['id'] for each in self.seen(order)['items']}[wanted]
        made = self.admin.ask('/admin/returns', {'order_id': order['id'], 'location_id': self.admin.first('stock_locations')})
        at, items = f"/admin/returns/{made['return']['id']}", {'items': [{'id': line, 'quantity': quantity}]}
        for path, body in (('request-items', items), ('request', {}), ('receive', {}), ('receive-items', items), ('receive/confirm', {})):
            self.admin.ask(f'{at}/{path}', body)

    def test_E1_what_came_back_to_medusa_and_was_paid_back_is_one_return_in_the_erp(self):
        order, sale = self.shipped()
        self.receive(order, sku(1), 3)
        self.look_again(order)
        self.is_taken_over(order)
        self.assertEqual([], self.returns_of(sale), 'nothing was paid back yet')
        self.admin.ask(f'/admin/payments/{self.payment(order)}/refund', {'amount': 36.036, 'note': 'did not fit'})
        self.look_again(order)
        self.eventually(lambda: self.returns_of(sale), 40, 'the return is entered', lambda: self.revision_of(order))
        expected = [(Decimal('-36.04'), [(sku(1), -3.0)])]
        self.assertEqual(expected, self.returns_of(sale))
        # goodwill: money alone, which Medusa keeps as a credit as well
        self.admin.ask(f'/admin/payments/{self.payment(order)}/refund', {'amount': 5, 'note': 'late'})
        self.look_again(order)
        self.eventually(lambda: len(self.returns_of(sale)) == 2, 40, 'the second is entered', lambda: self.revision_of(order))
        expected.append((Decimal('-5.00'), [('ADJUSTMENT', -1.0)]))
        self.assertEqual(expected, [(total, lines[:1]) for total, lines in self.returns_of(sale)])
        self.look_again(order)
        self.is_taken_over(order)
        self.assertEqual(2, len(self.returns_of(sale)), 'asked twice, still one each')
        self.assert_balanced()

    def came_back(self, order):
        """({SKU: pieces that the portal's lines have got back}, the returns as [(number in the ERP, status)])."""
        seen = self.admin.ask('/admin/orders', **{'id[]': order['id'], 'fields': 'id,items.variant_sku,'
                              'items.detail.return_dismissed_quantity,items.detail.return_requested_quantity,returns.status,'
                              'returns.metadata'})['orders'][0]
        pieces = {line['variant_sku']: line['detail']['return_dismissed_quantity'] + line['detail']['return_requested_quantity']
                  for line in seen['items']}
        return ({wanted: count for wanted, count in pieces.items() if count},
                sorted((made['metadata']['erp_return'], made['status']) for made in seen['returns']))

    def test_what_is_returned_in_the_erp_is_returned_and_paid_back_on_medusa_once(self):
        order, sale = self.shipped(order_refund_since=SINCE)
        stock = self.admin.stock(sku(1))
        _, number, total = self.give_back(sale, {1: 3})
        expected = [(total, f'Came back [{number}]')]
        self.is_paid_back_once(order, sale, expected)
        self.assertEqual(({sku(1): 3}, [(number, 'received')]), self.came_back(order))
        self.assertEqual(stock, self.admin.stock(sku(1)), 'nobody has put it into stock yet')
        _, second, rest = self.give_back(sale, {1: 7, 2: 1}, 'Damaged')
        expected.append((rest, f'Damaged [{second}]'))
        self.is_paid_back_once(order, sale, expected)
        self.assertEqual(({sku(1): 10, sku(2): 1}, sorted([(number, 'received'), (second, 'received')])), self.came_back(order))

    # in the order in which they come, when each is the last that arrives; what was begun is given up by a DELETE
    CALLS = ('POST /admin/returns HTTP', '/request-items', '/request HTTP', '/request HTTP', '/receive HTTP', '/dismiss-items',
             '/receive/confirm', '/refund?')

    def test_a_return_of_which_any_answer_was_lost_is_made_once(self):
        proxy = self.proxy(self.medusa.port)
        order, sale = self.shipped(proxy.url, order_refund_since=SINCE, request_timeout=5)
        proxy.hold_reply(self.CALLS[0])
        _, number, total = self.give_back(sale, {1: 3})
        for call, later in zip(self.CALLS, (*self.CALLS[1:], 'never')):
            self.eventually(lambda: self.hurry() or proxy.caught.is_set(), 90, f'{call} is sent', lambda: (
                self.came_back(order), self.state.rows("SELECT state, reason FROM ferry.publication WHERE feed = 'order_status'")))
            proxy.refuse()  # whoever waits for the answer is cut off
            proxy.release()
            proxy.hold_reply(later)
            proxy.accept()
        self.eventually(lambda: self.hurry() or not self.state.waiting(), 90, 'nothing is pending')
        self.assertEqual([(total, f'Came back [{number}]')], self.refunds(order))
        self.assertEqual(({sku(1): 3}, [(number, 'received')]), self.came_back(order))

    def hurry(self):
        """No request can be under way any more: a minute is over."""
        with self.world.cluster.cursor(self.database) as cursor:
            cursor.execute("UPDATE ferry.publication SET next_attempt_at = clock_timestamp(), confirm_at = clock_timestamp() "
                           "WHERE feed = 'order_status' AND state = 'pending' AND next_attempt_at > clock_timestamp()")
