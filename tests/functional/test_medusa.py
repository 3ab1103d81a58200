"""The same between a real Tryton and another real portal: Medusa."""
import datetime as dt
import json
import threading
from decimal import Decimal

from installer.stage import medusa
from installer.stage.ferry import make_channel

from . import test_reconcile, test_terms
from .fault_proxy import FaultProxy
from .medusa_case import SECRET, MedusaCase
from .world import LEASE, POLL, report, sku, stopwatch

PRICES = 'list_price', 'cost', 'fixed_net_price'


class Customer(medusa.Shop):
    """Somebody with an account in the shop; a guest where there is no e-mail address."""

    def __init__(self, url, admin, email=None):
        super().__init__(url, admin)
        self.id = None
        if email:
            account = {'email': email, 'password': 'a-password-of-his'}
            self._headers['authorization'] = 'Bearer ' + self.ask('/auth/customer/emailpass/register', account)['token']
            self.id = self.ask('/store/customers', {'email': email})['customer']['id']
            self._headers['authorization'] = 'Bearer ' + self.ask('/auth/customer/emailpass', account)['token']

    def price(self, wanted):
        """What the shop shows him as the price of one piece."""
        found = self.ask('/store/products', **{
            'id': self._admin.variant(wanted)['product_id'], 'region_id': self._admin.first('regions'),
            'fields': 'id,variants.sku,*variants.calculated_price'})['products'][0]['variants']
        return {each['sku']: each['calculated_price']['calculated_amount'] for each in found}[wanted]

    def unit_price(self, wanted, quantity):
        """What so many of them cost each, in the cart."""
        return self._line(wanted, quantity)['unit_price']

    def pays(self, wanted, quantity):
        """What so many of them cost together, without tax and to the cent."""
        return Decimal(str(self._line(wanted, quantity)['total'])).quantize(Decimal('0.01'))

    def _line(self, wanted, quantity):
        line, = self.ask('/store/carts?fields=*items,*items.adjustments,items.total,total', {
            'region_id': self._admin.first('regions'),
            'items': [{'variant_id': self._admin.variant(wanted)['id'], 'quantity': quantity}]})['cart']['items']
        return line


class Medusa(MedusaCase):
    reconciled, findings = test_reconcile.Reconcile.reconciled, test_reconcile.Reconcile.findings
    tryton_price, price_list, line_of = (getattr(test_terms.Terms, name) for name in ('tryton_price', 'price_list', 'line_of'))

    def connect(self, feed='stock', seconds=90, **values):
        self.medusa.wait_ready()
        self.admin = self.medusa.admin()
        self.client = self._servers[0].client()
        self.channel = make_channel(
            self.client, values.pop('url', self.medusa.url), ferry_connector='medusa', ferry_username=medusa.ADMIN, ferry_secret=SECRET,
            **{'ferry_settings': f'{{"lease": {LEASE}}}', 'ferry_poll_interval': POLL, **values})
        self.eventually(lambda: self.state.settled(feed) == self.portal.products, seconds, 'the first synchronisation',
                        lambda: self.state.rows('SELECT state, reason FROM ferry.publication LIMIT 5'))
        return self.client, self.admin

    def number_of(self, order):
        return (self.admin.order(order)['metadata'] or {}).get('erp_order_number')

    def test_stock_out_order_in_number_back(self):
        self.begin()
        self.shows(1, 100)
        self.move(1, 7)
        with stopwatch() as passed:
            self.shows(1, 107)
            report(f'saved → shown on Medusa: {passed():.2f} s')
        order = medusa.Shop(self.medusa.url, self.admin).place([(sku(1), 2), (sku(7), 3)])
        with stopwatch() as passed:
            self.eventually(lambda: self.number_of(order['id']), 40, 'the number is on the portal',
                            lambda: self.state.rows('SELECT reference, state, reason FROM ferry.portal_order'))
            report(f'placed → number on Medusa: {passed():.2f} s')
        reference = str(self.admin.order(order['id'])['display_id'])
        sale = self.sale_of({'code': reference})
        number, party, lines, total = self.client.get('sale.sale', sale, 'number', 'party', 'lines', 'total_amount')
        self.assertEqual(number, self.number_of(order['id']))
        self.assertEqual(Decimal(str(order['total'])).quantize(Decimal('0.01')), total)
        self.assertEqual('Ada Byron', self.client.get('party.party', party, 'name'))
        sold = [(line['product'], line['quantity'], line['unit_price'])
                for line in self.client.read('sale.line', lines, 'product', 'quantity', 'unit_price')]
        self.assertIn((self.product(1), 2.0, Decimal('10.01')), sold)
        self.assertIn((self.product(7), 3.0, Decimal('10.07')), sold)
        # reserved on the portal, then in the ERP: subtracted once, before and after it was shipped, and told so
        self.shows(1, 105)
        self.shows(7, 97)
        self.ship(sale)
        self.eventually(lambda: self.admin.stock(sku(1))['allocated'] == 0, 40, 'the portal knows that it was shipped',
                        lambda: self.state.rows("SELECT state, reason FROM ferry.publication WHERE feed = 'order_status'"))
        self.quiet()
        self.shows(1, 105)
        self.shows(7, 97)
        self.assertEqual(105, self.admin.stock(sku(1))['on_hand'])
        self.assert_balanced()

    def test_only_orders_of_a_customer_group_and_a_sales_channel_are_imported(self):
        self.erp = self.start_erp()
        self.medusa.wait_ready()
        channel = self.medusa.admin().ask('/admin/sales-channels')['sales_channels'][0]['name']
        settings = {'lease': LEASE, 'order_customer_groups': ['Dealers'], 'order_channels': [channel]}
        self.connect(ferry_settings=json.dumps(settings))
        order = medusa.Shop(self.medusa.url, self.admin).place([(sku(1), 1)])
        code = str(order['display_id'])
        self.eventually(lambda: (self.state.order(code) or {}).get('state') == 'skipped', 30, 'it is left alone',
                        lambda: self.state.order(code))
        self.assertIn("'order_customer_groups'", self.state.order(code)['reason'])
        customer = self.admin.ask('/admin/orders', **{'id[]': order['id'], 'fields': 'id,customer_id'})['orders'][0]['customer_id']
        group = self.admin.ask('/admin/customer-groups', {'name': 'Dealers'})['customer_group']['id']
        self.admin.ask(f'/admin/customer-groups/{group}/customers', {'add': [customer]})
        self.sale_of({'code': code})
        self.eventually(lambda: self.number_of(order['id']), 30, 'its number is on the portal')
        self.client.write('web.shop', self.channel, ferry_settings=json.dumps(dict(settings, order_channels=['Another'])))
        outside = str(medusa.Shop(self.medusa.url, self.admin).place([(sku(2), 1)])['display_id'])
        self.eventually(lambda: "'order_channels'" in ((self.state.order(outside) or {}).get('reason') or ''), 30, 'it is left alone',
                        lambda: self.state.order(outside))

    # ---- prices -----------------------------------------------------------------------------------------------------

    def dealers(self):
        """A price list of the ERP with two constant lines of one product, and their ids."""
        price_list = self.client.create('product.price_list', name='Dealers', company=1, unit='product_default', lines=[(
            'create', [{'product': self.product(3), 'quantity': 10.0, 'formula': '4.0', 'sequence': 1},
                       {'product': self.product(3), 'formula': '4.5', 'sequence': 2},
                       {'product': self.product(4), 'formula': '6.25', 'sequence': 3}])])
        return price_list, self.client.get('product.price_list', price_list, 'lines')

    def everything(self):
        """Each price and each cost that the portal has, people's price lists included."""
        shown = {}
        for variant in self.admin.ask('/admin/product-variants', limit=1000, fields='id,sku,metadata,prices.amount')['variants']:
            cost = (variant['metadata'] or {}).get('erp_cost') or {}
            shown['cost', variant['sku']] = cost.get('amount')
            shown['list price', variant['sku']] = [price['amount'] for price in variant['prices']]
        for price_list in self.admin.ask('/admin/price-lists', limit=1000)['price_lists']:
            rows = self.admin.ask(f"/admin/price-lists/{price_list['id']}/prices", limit=1000, fields=(
                'id,amount,min_quantity,max_quantity,price_set.variant.sku'))['prices']
            for row in rows:
                shown[price_list['title'], row['price_set']['variant']['sku'], row['min_quantity']] = row['amount']
        return shown

    def exchanges_of_prices(self):
        return self.state.value('SELECT count(*) FROM ferry.exchange WHERE job = ANY (%s)', list(PRICES))

    def friends(self):
        """A price list and a customer group that a person has made, for the same product."""
        self.medusa.wait_ready()
        admin = self.medusa.admin()
        group = admin.ask('/admin/customer-groups', {'name': 'Friends'})['customer_group']['id']
        admin.ask('/admin/price-lists', {
            'title': 'Friends', 'description': 'of the house', 'status': 'active', 'type': 'override',
            'rules': {'customer.groups.id': [group]},
            'prices': [{'variant_id': admin.variant(sku(3))['id'], 'currency_code': 'eur', 'amount': 1.5}]})
        return group

    def test_one_value_of_each_kind_arrives_and_nothing_else(self):
        self.start_erp()
        self.client = self._servers[0].client()
        price_list, lines = self.dealers()
        friends = self.friends()
        self.connect(ferry_settings=json.dumps({'lease': LEASE, 'jobs': ['stock', 'order_status', 'intake', 'reconcile', *PRICES]}))
        for feed, count in (('list_price', 50), ('cost', 50), ('fixed_net_price', 2)):
            self.eventually(lambda: self.state.settled(feed) == count, 60, f'{count} records of {feed} are settled',
                            lambda: self.state.rows('SELECT label, state, reason FROM ferry.publication WHERE feed = %s '
                                                    "AND state <> 'settled' LIMIT 5", feed))
        groups = {group['name']: group['id'] for group in self.admin.ask('/admin/customer-groups')['customer_groups']}
        guest, dealer, friend = Customer(self.medusa.url, self.admin), *(
            Customer(self.medusa.url, self.admin, f'{name}@example.com') for name in ('dealer', 'friend'))
        self.admin.ask(f"/admin/customer-groups/{groups[f'Dealers (ERP {price_list})']}/customers", {'add': [dealer.id]})
        self.admin.ask(f'/admin/customer-groups/{friends}/customers', {'add': [friend.id]})
        self.assertEqual((10.03, 4.5, 1.5), tuple(each.price(sku(3)) for each in (guest, dealer, friend)))
        self.move(3, 100)
        self.shows(3, 200)
        self.assertEqual([4.5, 4.0], [dealer.unit_price(sku(3), quantity) for quantity in (9, 10)])

        before, sent = self.everything(), self.exchanges_of_prices()
        self.client.write('product.template', self.client.get('product.product', self.product(5), 'template'),
                          list_price=Decimal('12.34'))
        self.client.wizard('product.modify_cost_price', 'product.product', self.product(6),
                           start=('modify', {'cost_price': "Decimal('7.125')"}))
        self.client.write('product.price_list.line', lines[1], formula='4.75')
        expected = dict(before)
        expected['list price', sku(5)] = [12.34]
        expected['cost', sku(6)] = '7.13'
        expected['Dealers', sku(3), None] = 4.75
        with stopwatch() as passed:
            self.eventually(lambda: self.everything() == expected, 40, 'the three values have arrived', lambda: {
                key: value for key, value in self.everything().items() if before.get(key) != value})
            report(f'one list price, cost and net price saved → on Medusa: {passed():.2f} s')
        self.assertEqual((10.03, 4.75, 1.5), tuple(each.price(sku(3)) for each in (guest, dealer, friend)))
        self.assertEqual((12.34, 12.34), (guest.price(sku(5)), dealer.price(sku(5))))
        self.assertEqual(sent + 3, self.exchanges_of_prices(), 'each was one batch of one record')

        self.quiet()
        sent = self.exchanges_of_prices()
        for job in PRICES:
            done = self.host('run-once', '--channel', str(self.channel), '--job', job, '--full')
            self.assertEqual(0, done.returncode, done.stdout + done.stderr)
            self.eventually(lambda: self.state.value(
                "SELECT changed FROM ferry.run WHERE job = %s AND mode = 'full' AND finished_at IS NOT NULL ORDER BY id DESC LIMIT 1",
                job) == 0, 20, 'the full run changes nothing')
        self.assertEqual(sent, self.exchanges_of_prices(), 'an unchanged run sends nothing')

        for feed in PRICES:
            self.assertEqual([], self.reconciled('--feed', feed)[feed]['findings'])
        ours, = [each['id'] for each in self.admin.ask('/admin/price-lists')['price_lists'] if each['title'] == 'Dealers']
        row, = [row for row in self.admin.ask(f'/admin/price-lists/{ours}/prices')['prices'] if row['amount'] == 4.75]
        self.admin.ask(f'/admin/price-lists/{ours}/prices/batch', {'update': [
            {'id': row['id'], 'variant_id': row['price_set']['variant']['id'], 'amount': 9.99}]})
        self.assertEqual(9.99, dealer.price(sku(3)))
        healed = self.reconciled('--feed', 'fixed_net_price', '--heal')['fixed_net_price']
        self.assertEqual([('differing', sku(3), True)], self.findings(healed))
        self.eventually(lambda: self.everything() == expected, 20, 'what was changed by hand is put right', self.everything)

        self.client.write('product.price_list', price_list, lines=[('delete', [lines[0], lines[1]])])
        del expected['Dealers', sku(3), None], expected['Dealers', sku(3), 10]
        self.eventually(lambda: self.everything() == expected, 40, "what is Ferry's is withdrawn, a person's stays", self.everything)
        self.assertEqual((10.03, 10.03, 1.5), tuple(each.price(sku(3)) for each in (guest, dealer, friend)))
        self.assert_balanced()

    # ---- discounts --------------------------------------------------------------------------------------------------

    def promotions(self):
        """{code: (percentage, campaign's start, status)} of all promotions that the portal has."""
        return {one['code']: (one['application_method']['value'], (one['campaign'] or {}).get('starts_at'), one['status'])
                for one in self.admin.ask('/admin/promotions', limit=1000)['promotions']}

    def pays_as_in_tryton(self, dealer, dealers, *cases):
        for number, quantity in cases:
            price = self.tryton_price(dealers, number, quantity)
            self.assertEqual((price * quantity).quantize(Decimal('0.01')), dealer.pays(sku(number), quantity), (number, quantity))

    def test_a_customer_of_the_list_pays_the_percentage_that_tryton_takes_off(self):
        self.start_erp()
        self.client = self._servers[0].client()
        self.party = self.client.create('party.party', name='A dealer')
        dealers = self.price_list(
            'Dealers', {'product': 1, 'formula': 'unit_price * 0.8', 'quantity': 10.0},
            {'product': 1, 'formula': 'unit_price * 0.9'}, {'product': 2, 'formula': 'unit_price * 0.5'},
            {'product': 3, 'formula': 'unit_price * 0.75', 'start_date': test_terms.WINDOW_LATER},
            {'product': 4, 'formula': 'unit_price * 0.95', 'quantity': 5.0}, {'product': 4, 'formula': 'unit_price * 0.85'})
        self.medusa.wait_ready()
        self.admin = self.medusa.admin()
        self.admin.ask('/admin/promotions', {
            'code': 'OPENING', 'type': 'standard', 'status': 'active', 'is_automatic': True, 'application_method': {
                'type': 'percentage', 'target_type': 'items', 'allocation': 'across', 'value': 10,
                'target_rules': [{'attribute': 'items.variant_sku', 'operator': 'in', 'values': [sku(50)]}]}})
        self.connect(ferry_settings=json.dumps(
            {'lease': LEASE, 'jobs': ['stock', 'discount', 'order_status', 'intake', 'reconcile']}))
        self.eventually(lambda: self.state.settled('discount') == 4, 60, 'the discounts are settled', lambda: self.state.rows(
            "SELECT label, state, reason FROM ferry.publication WHERE feed = 'discount'"))
        group, = [one['id'] for one in self.admin.ask('/admin/customer-groups')['customer_groups']]
        dealer, other = (Customer(self.medusa.url, self.admin, f'{name}@example.com') for name in ('dealer', 'other'))
        self.admin.ask(f'/admin/customer-groups/{group}/customers', {'add': [dealer.id]})
        self.pays_as_in_tryton(dealer, dealers, (1, 1), (1, 9), (1, 10), (1, 11), (2, 3), (3, 2), (4, 4), (4, 5))
        self.assertEqual((Decimal('100.10'), Decimal('9.45')), (other.pays(sku(1), 10), other.pays(sku(50), 1)))
        before = self.promotions()
        self.assertEqual(7, len(before), before)
        later = [starts for _, starts, _ in before.values() if starts]
        self.assertEqual(1, len(later), 'what begins later is there ahead')
        self.assertTrue(later[0] > dt.datetime.utcnow().isoformat(), later)

        with stopwatch() as passed:
            self.client.write('product.price_list.line', self.line_of(dealers, 2), formula='unit_price * 0.6')
            self.eventually(lambda: dealer.pays(sku(2), 1) == Decimal('6.01'), 30, 'the customer pays the new price')
            report(f'percentage saved → what the customer of Medusa pays: {passed():.2f} s')
        changed = [code for code, what in self.promotions().items() if before.get(code) != what]
        self.assertEqual([f'erp/{dealers}/{sku(2)}/0+'], changed, 'only that one was written')
        self.quiet()
        exchanges = self.state.exchanges()
        done = self.host('run-once', '--channel', str(self.channel), '--job', 'discount', '--full')
        self.assertEqual(0, done.returncode, done.stdout + done.stderr)
        self.eventually(lambda: self.state.value(
            "SELECT changed FROM ferry.run WHERE job = 'discount' AND mode = 'full' AND finished_at IS NOT NULL "
            'ORDER BY id DESC LIMIT 1') == 0, 20, 'the full run changes nothing')
        self.assertEqual(exchanges, self.state.exchanges(), 'an unchanged run sends nothing')

        self.assertEqual([], self.reconciled('--feed', 'discount')['discount']['findings'])
        expected = self.promotions()
        ids = {one['code']: one['id'] for one in self.admin.ask('/admin/promotions', limit=1000)['promotions']}
        self.admin.ask(f"/admin/promotions/{ids[f'erp/{dealers}/{sku(1)}/0+']}", {'application_method': {'value': 40}})
        self.admin.ask(f"/admin/promotions/{ids[f'erp/{dealers}/{sku(2)}/0+']}", {'status': 'inactive'})
        self.assertEqual((Decimal('6.01'), Decimal('10.02')), (dealer.pays(sku(1), 1), dealer.pays(sku(2), 1)))
        healed = self.reconciled('--feed', 'discount', '--heal')['discount']
        self.assertEqual([('differing', sku(1), True), ('differing', sku(2), True)], self.findings(healed))
        self.eventually(lambda: self.promotions() == expected, 20, 'what was changed by hand is put right', self.promotions)
        self.pays_as_in_tryton(dealer, dealers, (1, 1), (1, 10), (2, 1))

        self.client.call('product.price_list.line', 'delete', [self.line_of(dealers, 2)])
        self.eventually(lambda: dealer.pays(sku(2), 1) == Decimal('10.02'), 30, 'the list price again')
        del expected[f'erp/{dealers}/{sku(2)}/0+']
        self.assertEqual(expected, self.promotions(), "the shop's own promotion was not touched")
        self.assert_balanced()

    # ---- customers and products -------------------------------------------------------------------------------------

    def party(self, name, email, **values):
        return self.client.create('party.party', name=name, categories=[('add', [self.trade])], addresses=[('create', [dict(
            street='Gasse 1\nHof 2', postal_code='80331', city='München', invoice=True,
            country=self.client.one('country.country', ['code', '=', 'DE']))])], contact_mechanisms=[
                ('create', [dict(type='email', value=email)])], **values)

    def customers(self, email):
        return self.admin.ask('/admin/customers', email=email, fields=(
            'id,last_name,has_account,metadata,groups.name,addresses.address_1,addresses.address_2,addresses.city'))['customers']

    def shop_product(self, number):
        found = self.admin.ask('/admin/products', **{'variants[sku][]': sku(number), 'fields': (
            'id,title,description,status,external_id,images.url,categories.name,variants.sku,variants.metadata,'
            'variants.prices.amount')})['products']
        self.assertEqual(1, len(found), 'never two of one SKU')
        return found[0]

    def empty_shop(self):
        """Nothing in it but a person's product of the second SKU, and somebody who has registered."""
        self.medusa.wait_ready()
        admin = self.medusa.admin()
        admin.ask('/admin/products/batch?fields=id', {'delete': [
            each['id'] for each in admin.ask('/admin/products', limit=100, fields='id')['products']]})
        own = admin.ask('/admin/products?fields=id', {
            'title': 'By hand', 'shipping_profile_id': admin.first('shipping_profiles'),
            'options': [{'title': 'Default option', 'values': ['Default option value']}],
            'images': [{'url': 'https://img.example/own.png'}], 'variants': [{
                'title': 'Default variant', 'sku': sku(2), 'options': {'Default option': 'Default option value'},
                'prices': [{'currency_code': 'eur', 'amount': 5}]}]})['product']['id']
        return own, Customer(self.medusa.url, admin, 'bea@example.com').id

    def changed(self):
        """How many records of each feed were ever found changed."""
        return {job: int(count) for job, count in self.state.rows(
            "SELECT job, sum(changed) FROM ferry.run WHERE job IN ('product', 'customer') GROUP BY job")}

    def begin_with_masters(self, **values):
        self.start_erp()
        self.client = self._servers[0].client()
        self.trade = self.client.create('party.category', name='Trade')
        self.price_list, _ = self.dealers()
        self.ada = self.party('Ada Byron', 'Ada@Example.com')
        self.bea = self.party('Bea Curie', 'bea@example.com', sale_price_list=self.price_list)
        own = self.empty_shop()
        self.connect('product', 300, **values, ferry_customers='all', ferry_customer_categories=[('add', [self.trade])], ferry_settings=json.dumps(
            {'lease': LEASE, 'jobs': ['product', 'customer', 'order_status', 'intake', 'reconcile']}))
        for feed, count in (('product', self.portal.products), ('customer', 2)):
            self.eventually(lambda: self.state.settled(feed) == count, 60, f'{count} records of {feed} are settled',
                            lambda: self.state.rows('SELECT label, state, reason FROM ferry.publication WHERE feed = %s '
                                                    "AND state <> 'settled' LIMIT 5", feed))
        self.quiet()
        return own

    def test_products_and_customers_are_made_taken_over_and_withdrawn(self):
        own, account = self.begin_with_masters()
        products = self.admin.ask('/admin/products', limit=100, fields='id,status,external_id')['products']
        self.assertEqual(self.portal.products, len({each['external_id'] for each in products}))
        self.assertEqual((self.portal.products, {'published'}), (len(products), {each['status'] for each in products}))
        adopted = self.shop_product(2)
        self.assertEqual((own, [5], ['https://img.example/own.png']), (
            adopted['id'], [price['amount'] for price in adopted['variants'][0]['prices']],
            [image['url'] for image in adopted['images']]), "what a person made is the ERP's, and its price his own")
        self.assertEqual('u', adopted['variants'][0]['metadata']['erp_unit'])
        bea, = self.customers('bea@example.com')
        code = self.client.get('party.party', self.bea, 'code')
        self.assertEqual((account, True, code, [f'Dealers (ERP {self.price_list})']), (
            bea['id'], bea['has_account'], bea['metadata']['erp_code'], [group['name'] for group in bea['groups']]))
        ada, = self.customers('ada@example.com')
        self.assertEqual(('Ada Byron', [('Gasse 1', 'Hof 2', 'München')]), (ada['last_name'], [
            (each['address_1'], each['address_2'], each['city']) for each in ada['addresses']]))
        self.unchanged_sends_nothing()
        self.changes_arrive()
        self.account_takes_over()
        self.is_put_right()
        self.is_withdrawn()
        self.assert_balanced()

    def lose_answer(self, proxy, text):
        """The next request with that text arrives, and its answer does not. → set when that has happened."""
        proxy.hold_reply(text)
        lost = threading.Event()

        def lose():
            proxy.caught.wait()
            proxy.refuse()
            proxy.release()
            proxy.accept()
            lost.set()
        threading.Thread(target=lose, daemon=True).start()
        return lost

    def test_a_lost_answer_makes_no_second_product_and_no_second_customer(self):
        proxy = FaultProxy(self.medusa.port)
        self._closing.callback(proxy.close)
        lost = self.lose_answer(proxy, f'"sku":"{sku(7)}","manage_inventory"')
        self.begin_with_masters(url=proxy.url)
        self.assertTrue(lost.is_set(), 'the product was made and its answer lost')
        products = self.admin.ask('/admin/products', limit=100, fields='id,external_id')['products']
        self.assertEqual((self.portal.products, 'published'), (len(products), self.shop_product(7)['status']))
        lost = self.lose_answer(proxy, '"email":"eve@example.com"')
        eve = self.party('Eve', 'eve@example.com')
        self.assertTrue(lost.wait(30), 'the customer was made and its answer lost')
        self.eventually(lambda: self.state.settled('customer') == 3, 60, 'it is found', lambda: self.state.rows(
            "SELECT label, state, reason FROM ferry.publication WHERE feed = 'customer'"))
        made, = self.customers('eve@example.com')
        self.assertEqual((self.client.get('party.party', eve, 'code'), 1), (
            made['metadata']['erp_code'], len(made['addresses'])))
        self.assert_balanced()

    def unchanged_sends_nothing(self):
        sent = "SELECT count(*) FROM ferry.exchange WHERE job IN ('product', 'customer')"
        before, exchanges = self.changed(), self.state.value(sent)
        for job in ('product', 'customer'):
            done = self.host('run-once', '--channel', str(self.channel), '--job', job, '--full')
            self.assertEqual(0, done.returncode, done.stdout + done.stderr)
        self.quiet()
        self.assertEqual((before, exchanges), (self.changed(), self.state.value(sent)))

    def changes_arrive(self):
        before, other = self.changed(), self.shop_product(8)
        category = self.client.create('product.category', name='Hammers', parent=self.client.create(
            'product.category', name='Tools'))
        template = self.client.get('product.product', self.product(7), 'template')
        self.client.write('product.template', template, name='Hammer', categories=[('add', [category])])
        self.client.create('ir.attachment', name='front', type='link', link='https://img.example/7.png',
                           resource=f'product.product,{self.product(7)}')
        self.client.write('party.party', self.ada, name='Ada Lovelace', credit_limit_amount=Decimal(0))
        self.eventually(lambda: self.shop_product(7)['images'], 20, 'the image', lambda: self.shop_product(7))
        self.eventually(lambda: self.customers('ada@example.com')[0]['metadata'].get('erp_credit_hold'), 20, 'credit is held',
                        lambda: self.customers('ada@example.com'))
        self.quiet()
        shown = self.shop_product(7)
        self.assertEqual(('Hammer', str(template), ['Hammers'], ['https://img.example/7.png']), (
            shown['title'], shown['external_id'], [each['name'] for each in shown['categories']],
            [each['url'] for each in shown['images']]))
        self.assertEqual('Ada Lovelace', self.customers('ada@example.com')[0]['last_name'])
        self.assertEqual(other, self.shop_product(8), 'nothing else changed')
        self.assertEqual({'product', 'customer'}, {job for job, count in self.changed().items() if count > before[job]})

    def account_takes_over(self):
        """Medusa makes an account beside the guest whom Ferry had made: the next comparison finds it, and it is the party."""
        account = Customer(self.medusa.url, self.admin, 'ada@example.com').id
        code = self.client.get('party.party', self.ada, 'code')
        self.assertEqual([('missing', code, True)], self.findings(self.reconciled('--feed', 'customer', '--heal')['customer']))
        shown = {}

        def has_moved():
            shown.update({each['id']: each for each in self.customers('ada@example.com')})
            return (shown[account]['metadata'] or {}).get('erp_code') and not any(
                (each['metadata'] or {}).get('erp_code') for key, each in shown.items() if key != account)
        self.eventually(has_moved, 20, 'the code has moved to the account', lambda: shown)
        self.assertEqual((2, 'Ada Lovelace'), (len(shown), shown[account]['last_name']))

    def is_put_right(self):
        self.quiet()
        for feed in ('product', 'customer'):
            self.assertEqual([], self.reconciled('--feed', feed)[feed]['findings'])
        product = self.shop_product(9)
        title = product['title']
        self.admin.ask(f"/admin/products/{product['id']}?fields=id", {'status': 'draft'})
        bea, = self.customers('bea@example.com')
        self.admin.ask(f"/admin/customers/{bea['id']}?fields=id", {'last_name': 'Somebody'})
        code = self.client.get('party.party', self.bea, 'code')
        for feed, finding in (('product', ('missing', sku(9), True)), ('customer', ('differing', code, True))):
            self.assertEqual([finding], self.findings(self.reconciled('--feed', feed, '--heal')[feed]))
        self.eventually(lambda: (self.shop_product(9)['status'], self.shop_product(9)['title']) == ('published', title), 20,
                        'it is published again', lambda: self.shop_product(9))
        self.eventually(lambda: self.customers('bea@example.com')[0]['last_name'] == 'Bea Curie', 20, 'the name is right again')

    def is_withdrawn(self):
        """A product that is published no more and a party that left the scope: withdrawn, and kept on the portal."""
        self.client.write('web.shop', self.channel, products=[('remove', [self.product(7)])])
        self.client.write('party.party', self.bea, categories=[('remove', [self.trade])])
        self.eventually(lambda: self.shop_product(7)['status'] == 'draft', 20, 'the product is a draft', lambda: self.shop_product(7))
        self.eventually(lambda: self.customers('bea@example.com')[0]['groups'] == [], 20, 'the party has left the group')
        self.assertEqual('Bea Curie', self.customers('bea@example.com')[0]['last_name'])
        self.client.write('web.shop', self.channel, products=[('add', [self.product(7)])])
        self.eventually(lambda: self.shop_product(7)['status'] == 'published', 20, 'and is back', lambda: self.shop_product(7))
