"""What the customers of a price list pay in the shop is what they pay in Tryton."""
import datetime as dt
from decimal import Decimal

from installer.stage.vendure import Shop, sku

from .world import Case, report, stopwatch

JOBS = '"jobs": ["stock", "discount", "fixed_net_price"]'
WINDOW_LATER = dt.date.today() + dt.timedelta(days=30)


class Terms(Case):
    def price_list(self, name, *lines):
        return self.client.create('product.price_list', name=name, company=1, lines=[('create', [
            dict(line, sequence=number, product=self.product(line['product'])) for number, line in enumerate(lines, 1)])])

    def line_of(self, price_list, number):
        return self.client.one('product.price_list.line', ['price_list', '=', price_list],
                               ['product', '=', self.product(number)], ['quantity', '=', None])

    def tryton_price(self, price_list, number, quantity):
        """The unit price that Tryton itself puts on a sale line."""
        unit = self.client.get('product.product', self.product(number), 'default_uom')
        changed = self.client.call('sale.line', 'on_change_product', {
            'product': self.product(number), 'quantity': float(quantity), 'unit': unit, 'type': 'line', 'taxes': [],
            '_parent_sale.price_list': price_list, '_parent_sale.party': self.party, '_parent_sale.company': 1,
            '_parent_sale.sale_date': None,
            '_parent_sale.currency': self.client.one('currency.currency', ['code', '=', 'EUR'])})
        return Decimal(str(changed['unit_price']))

    def shop(self, email, channel=None, log_in=True):
        """The shop as a logged-in customer sees it, in a channel of the portal's."""
        shop = Shop(self.vendure.url, channel)
        if log_in:
            shop.change('mutation($u:String!){login(username:$u,password:"a-password"){__typename '
                        '... on ErrorResult{errorCode message}}}', u=email)
        return shop

    def pays(self, shop, number, quantity):
        """What a piece costs when so many are ordered, without tax; of a cart that is empty before and after."""
        shop.add(self.variants[sku(number)]['id'], quantity)
        line, = shop.ask('{activeOrder{lines{quantity proratedLinePrice}}}')['activeOrder']['lines']
        shop.ask('mutation{removeAllOrderLines{__typename}}')
        return Decimal(line['proratedLinePrice']) / 100 / quantity

    def documents(self, feed):
        return {label: acknowledged for label, acknowledged in self.state.rows(
            "SELECT label, acknowledged FROM ferry.publication WHERE feed = %s AND state = 'settled'", feed)}

    def prepare(self):
        self.erp = self.start_erp()
        self.client = self._servers[0].client()
        self.party = self.client.create('party.party', name='A dealer')
        self.dealers = self.price_list(
            'Dealers', {'product': 1, 'formula': 'unit_price * 0.8', 'quantity': 10.0},
            {'product': 1, 'formula': 'unit_price * 0.9'}, {'product': 2, 'formula': 'unit_price * 0.5'},
            {'product': 3, 'formula': 'unit_price * 0.75', 'start_date': WINDOW_LATER},
            {'product': 4, 'formula': '7.5'}, {'product': 5, 'formula': '8.25'})
        admin = self.portal_admin()
        self.list_channel = admin.add_channel('list')
        self.own = admin.add_promotion('Opening week', 10, 'SKU-000050')
        self.connect(settings=f'{JOBS}, "price_list_channels": {{"{self.dealers}": "list"}}')
        self.eventually(lambda: (len(self.documents('discount')), len(self.documents('fixed_net_price'))) == (3, 2), 60,
                        'the price list is on the portal', lambda: self.state.rows(
                            "SELECT feed, label, state, desired, reason FROM ferry.publication WHERE feed <> 'stock'"))
        self.quiet()

    def test_what_only_tryton_can_evaluate_is_evaluated_by_tryton(self):
        self.prepare()
        in_list = self.shop('', 'list', log_in=False)
        with stopwatch() as passed:
            self.client.write('product.price_list.line', self.line_of(self.dealers, 4),
                              formula='unit_price if unit_price > 1000 else unit_price / 2 + cost_price')
            wanted = self.tryton_price(self.dealers, 4, 1).quantize(Decimal('0.01'))
            self.eventually(lambda: self.pays(in_list, 4, 1) == wanted, 30, f'the customer pays {wanted}',
                            lambda: (self.pays(in_list, 4, 1), self.host('check').stdout, self.log_of(self.erp)[-2000:]))
            report(f'saved → evaluated by Tryton → what the customer pays: {passed():.2f} s')
        self.assertNotEqual(Decimal('7.5'), wanted)
        self.assertNotIn('evaluated', self.host('check').stdout)

        # one that fails in Tryton is no price, and is named; the other prices of the list stay
        self.client.write('product.price_list.line', self.line_of(self.dealers, 4),
                          formula=f'Decimal(1) / (unit_price - {self.list_price(4)}) + unit_price + cost_price')
        self.eventually(lambda: sku(4) not in self.admin.skus_in('list'), 30, 'it is withdrawn')
        self.assertIn('fails in the ERP (DivisionByZero', self.host('check').stdout)
        self.assertEqual(Decimal('8.25'), self.pays(in_list, 5, 1))

        self.assert_balanced()

    def list_price(self, number):
        template = self.client.get('product.product', self.product(number), 'template')
        return self.client.get('product.template', template, 'list_price')

    def test_a_customer_of_the_list_pays_what_tryton_says(self):
        self.prepare()
        admin = self.admin
        admin.add_customer('dealer@example.com', 'a-password', f'erp:{self.dealers}')
        admin.add_customer('other@example.com', 'a-password')
        dealer, other, in_list = (self.shop('dealer@example.com'), self.shop('other@example.com'),
                                  self.shop('dealer@example.com', 'list'))
        for number, quantity in ((1, 1), (1, 9), (1, 10), (2, 3), (3, 2)):
            wanted = self.tryton_price(self.dealers, number, quantity).quantize(Decimal('0.0001'))
            line = (wanted * quantity).quantize(Decimal('0.01'))
            self.assertEqual(line, (self.pays(dealer, number, quantity) * quantity).quantize(Decimal('0.01')), (number, quantity))
        for number in (4, 5):
            self.assertEqual(self.tryton_price(self.dealers, number, 2), self.pays(in_list, number, 2), number)
        self.assertEqual(Decimal('10.01'), self.pays(other, 1, 10), 'nobody else gets it')
        later = [promotion for promotion in admin.promotions() if promotion['name'] == 'Dealers' and promotion['startsAt']]
        self.assertEqual(1, len(later), 'what begins later is there ahead')
        self.assertTrue(later[0]['startsAt'] > dt.datetime.utcnow().isoformat(), later)
        own = admin.promotion(self.own)

        # one percentage and one price change: these two records go out, and no other
        before = dict(self.documents('discount'), **self.documents('fixed_net_price'))
        with stopwatch() as passed:
            self.client.write('product.price_list.line', self.line_of(self.dealers, 2), formula='unit_price * 0.6')
            self.client.write('product.price_list.line', self.line_of(self.dealers, 4), formula='7.25')
            self.eventually(lambda: self.pays(dealer, 2, 1) == Decimal('6.01') and self.pays(in_list, 4, 1) == Decimal('7.25'),
                            30, 'the customer pays the new prices', lambda: (self.pays(dealer, 2, 1), self.pays(in_list, 4, 1)))
            report(f'saved → what the customer pays: {passed():.2f} s')
        self.quiet()
        after = dict(self.documents('discount'), **self.documents('fixed_net_price'))
        self.assertEqual({sku(2), sku(4)}, {label for label in after if after[label] != before.get(label)})
        for number, shop in ((2, dealer), (4, in_list)):
            self.assertEqual(self.tryton_price(self.dealers, number, 1).quantize(Decimal('0.01')), self.pays(shop, number, 1))

        exchanges = self.state.exchanges()
        runs = self.state.value('SELECT max(id) FROM ferry.run')
        self.state.rows('UPDATE product_price_list_line SET formula = formula RETURNING id')  # by another program
        self.eventually(lambda: self.state.value(
            "SELECT count(DISTINCT job) FROM ferry.run WHERE id > %s AND job <> 'stock' AND unchanged > 0 AND changed = 0",
            runs) == 2, 30, 'both feeds looked at the lists again', self.state.runs)
        self.assertEqual(exchanges, self.state.exchanges(), 'an unchanged run sends nothing')

        self.client.call('product.price_list.line', 'delete', [self.line_of(self.dealers, 2), self.line_of(self.dealers, 5)])
        self.eventually(lambda: self.pays(dealer, 2, 1) == Decimal('10.02'), 30, 'the list price again')
        self.eventually(lambda: sku(5) not in admin.skus_in('list'), 30, 'withdrawn from the channel of the list')
        self.assertEqual(own, admin.promotion(self.own), "the shop's own promotion was not touched")
        self.assert_balanced()
