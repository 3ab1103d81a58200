"""Acknowledged orders come in: each becomes one sale, and its number goes back."""
import json
import threading
import time
from decimal import Decimal

from installer.stage.vendure import ADDRESS, CUSTOMER, GraphQLError, Shop

from .world import Case, report, sku, stopwatch


class Orders(Case):
    def test_an_order_becomes_exactly_one_sale_with_the_portals_total(self):
        self.begin()
        order = self.place((1, 2), (7, 3))
        with stopwatch() as passed:
            self.eventually(lambda: self.number_on_portal(order), 40, 'the number is on the portal')
            report(f'placed → number on the portal: {passed():.2f} s')
        sale = self.sale_of(order)
        client = self.client
        number, party, invoice, delivery, lines, total, shop, reference = client.get(
            'sale.sale', sale, 'number', 'party', 'invoice_address', 'shipment_address', 'lines', 'total_amount', 'web_shop',
            'reference')
        self.assertEqual(number, self.number_on_portal(order))
        self.assertEqual((self.channel, order['code']), (shop, reference))
        self.assertEqual(Decimal(order['totalWithTax']) / 100, total)
        self.assertEqual('Ada Byron', client.get('party.party', party, 'name'))
        mechanisms = {m['value'] for m in client.read('party.contact_mechanism', client.get(
            'party.party', party, 'contact_mechanisms'), 'value')}
        self.assertIn(CUSTOMER['emailAddress'], mechanisms)
        for address in (invoice, delivery):
            street, postal_code, city, country = client.get('party.address', address, 'street', 'postal_code', 'city', 'country')
            self.assertEqual(f"{ADDRESS['streetLine1']}\n{ADDRESS['streetLine2']}", street)
            self.assertEqual((ADDRESS['postalCode'], ADDRESS['city']), (postal_code, city))
            self.assertEqual(client.one('country.country', ['code', '=', 'DE']), country)
        seen = [(line['product'], line['quantity'], line['unit_price'], len(line['taxes']))
                for line in client.read('sale.line', lines, 'product', 'quantity', 'unit_price', 'taxes')]
        self.assertIn((self.product(1), 2.0, Decimal('10.01'), 1), seen)
        self.assertIn((self.product(7), 3.0, Decimal('10.07'), 1), seen)
        # the shipping, and where the portal rounds in another way, the cent between the totals
        adjustments = [line for line in seen if line[0] == client.one('product.product', ['code', '=', 'ADJUSTMENT'])]
        self.assertEqual(3, len(seen) - len(adjustments), seen)
        self.assertLessEqual(sum(abs(line[2]) for line in adjustments), Decimal('0.05'))
        self.shows(1, 98)
        self.shows(7, 97)
        self.assert_balanced()

    def test_the_same_customer_is_found_again(self):
        self.begin()
        orders = [self.place((1, 1)), self.place((2, 1))]
        parties = {self.client.get('sale.sale', self.sale_of(order), 'party') for order in orders}
        self.assertEqual(1, len(parties))

    def test_E14_an_unknown_sku_is_reviewed_and_the_others_are_imported(self):
        self.begin()
        unknown = self.admin.add_product('Unknown thing', 'NOT-IN-ERP')
        first = self.place((1, 1))
        wrong = Shop(self.vendure.url).place([(self.variants[sku(2)]['id'], 1), (unknown, 2)])
        last = self.place((3, 1))
        for order in (first, last):
            self.sale_of(order)
            self.eventually(lambda: self.number_on_portal(order), 30, 'its number is on the portal')
        self.eventually(lambda: (self.state.order(wrong['code']) or {}).get('state') == 'review', 30, 'a review case')
        reason = self.state.order(wrong['code'])['reason']
        line = next(line['id'] for line in self.admin.order(wrong['code'])['lines'] if line['productVariant']['sku'] == 'NOT-IN-ERP')
        for part in (wrong['code'], line, 'NOT-IN-ERP'):
            self.assertIn(part, reason)
        self.assertEqual(0, self.state.value('SELECT count(*) FROM sale_sale WHERE reference = %s', wrong['code']))
        # the user mends the cause and presses Retry
        known = self.client.get('product.product', self.product(2), 'template')
        self.client.call('product.template', 'copy', [known], {'code': 'NOT-IN-ERP'})
        done = self.host('retry-order', wrong['code'], '--channel', str(self.channel))
        self.assertEqual(0, done.returncode, done.stderr)
        self.sale_of(wrong)
        self.eventually(lambda: self.number_on_portal(wrong), 30, 'its number is on the portal')

    def key(self, order, number, quantity, price):
        """A clerk enters a portal's order by hand, with its number and its total, and confirms it. → the sale"""
        client = self.client
        party = client.create('party.party', name='Ada Byron', addresses=[('create', [{'street': ADDRESS['streetLine1']}])],
                              contact_mechanisms=[('create', [{'type': 'email', 'value': CUSTOMER['emailAddress']}])])
        address = client.get('party.party', party, 'addresses')[0]
        unit = client.get('product.product', self.product(number), 'default_uom')
        total = Decimal(order['totalWithTax']) / 100
        lines = [{'type': 'line', 'product': self.product(number), 'quantity': float(quantity), 'unit': unit, 'unit_price': price},
                 {'type': 'line', 'product': client.one('product.product', ['code', '=', 'SHIPPING']), 'quantity': 1.0,
                  'unit': unit, 'unit_price': total - price * quantity}]
        sale = client.create(
            'sale.sale', company=1, party=party, invoice_address=address, shipment_address=address, reference=order['code'],
            currency=client.one('currency.currency', ['code', '=', 'EUR']),
            warehouse=client.one('stock.location', ['type', '=', 'warehouse']), lines=[('create', lines)])
        self.assertEqual(total, client.get('sale.sale', sale, 'total_amount'))
        for button in ('quote', 'confirm'):
            client.button('sale.sale', button, sale)
        return sale

    def test_B14_an_order_keyed_by_hand_before_the_import_stays_one_order(self):
        self.begin()
        intake = ('--channel', str(self.channel), '--job', 'intake')
        self.assertEqual(0, self.host('pause', *intake, '--reason', 'a day without Ferry').returncode)
        self.quiet()
        order = self.place((1, 2))
        sale = self.key(order, 1, 2, Decimal('10.01'))
        self.assertIsNone(self.state.order(order['code']))
        self.assertEqual(0, self.host('resume', *intake).returncode)
        self.assertEqual(sale, self.sale_of(order))
        self.eventually(lambda: self.number_on_portal(order) == self.client.get('sale.sale', sale, 'number'), 40,
                        'the number of the keyed sale is on the portal')
        self.assertEqual(1, self.state.value('SELECT count(*) FROM sale_sale'))
        self.shows(1, 98)
        self.assert_balanced()

    def test_E16_more_orders_than_a_page_are_all_imported_once(self):
        self.begin(settings='"page_size": 10')
        orders = []
        lock = threading.Lock()

        def customer(number):
            for turn in range(8):
                order = self.place((number, 1), customer=dict(CUSTOMER, emailAddress=f'c{number}@example.com'))
                with lock:
                    orders.append(order)
        customers = [threading.Thread(target=customer, args=(number,)) for number in (1, 2, 3)]
        for thread in customers:
            thread.start()
        for thread in customers:
            thread.join()
        self.assertEqual(24, len(orders))
        self.eventually(lambda: self.state.value("SELECT count(*) FROM ferry.portal_order WHERE state = 'linked'") == 24, 120,
                        '24 orders linked', lambda: self.state.rows('SELECT state, count(*) FROM ferry.portal_order GROUP BY 1'))
        self.eventually(lambda: all(o['customFields']['erpOrderNumber'] for o in self.admin.orders()
                                    if o['state'] != 'AddingItems'), 60, 'all numbers are on the portal')
        self.assertEqual(24, self.state.value('SELECT count(*) FROM sale_sale WHERE web_id IS NOT NULL'))
        for number in (1, 2, 3):
            self.shows(number, 92)
        self.assert_balanced()

    def test_an_authorised_payment_is_an_acknowledged_order(self):
        self.begin()
        order = self.place((1, 1), method='authorize')
        self.assertEqual('PaymentAuthorized', order['state'])
        self.sale_of(order)

    def in_state(self, order, state):
        """Waits until Ferry has it so; why."""
        self.eventually(lambda: (self.state.order(order['code']) or {}).get('state') == state, 40, f"order {order['code']} {state}",
                        lambda: self.state.order(order['code']))
        return self.state.order(order['code'])['reason']

    def test_a_rule_of_a_payment_method_lets_orders_wait_for_their_money(self):
        self.begin(settings='"payment_rules": {"authorize:Authorized": "wait"}')
        paid_later, let_in = self.place((1, 1), method='authorize'), self.place((2, 1), method='authorize')
        for order in (paid_later, let_in):
            self.assertIn('its payment by "authorize" is "Authorized": setting \'payment_rules\' says \'wait\'',
                          self.in_state(order, 'waiting'))
        self.shows(1, 99)  # it is sold all the same
        self.admin.settle(self.admin.order(paid_later['code']))
        self.sale_of(paid_later)
        # a person lets the other one in; shipping it on the portal does not put it back
        done = self.host('retry-order', let_in['code'], '--channel', str(self.channel))
        self.assertEqual(0, done.returncode, done.stderr)
        self.sale_of(let_in)
        self.eventually(lambda: self.number_on_portal(let_in), 30, 'its number is on the portal')
        self.assert_balanced()

    def test_an_order_out_of_scope_is_left_alone_until_the_channel_takes_it(self):
        self.begin(settings='"order_countries": ["AT"]')
        order = self.place((1, 1))
        self.assertEqual('it goes to "DE", which setting \'order_countries\' does not name', self.in_state(order, 'skipped'))
        self.assertEqual(0, self.state.value('SELECT count(*) FROM sale_sale WHERE web_id IS NOT NULL'))
        settings = json.loads(self.client.get('web.shop', self.channel, 'ferry_settings'))
        settings['order_countries'].append('DE')
        self.client.write('web.shop', self.channel, ferry_settings=json.dumps(settings))
        self.sale_of(order)
        self.eventually(lambda: self.number_on_portal(order), 30, 'its number is on the portal')

    def test_only_orders_of_parties_in_a_category_are_imported_until_the_party_gets_it(self):
        self.erp = self.start_erp()
        client = self.erp.client()
        trade = client.create('party.category', name='Trade')
        dealers = client.create('party.category', name='Dealers', parent=trade)
        parties = {name: client.create('party.party', name=name, categories=[('add', categories)], contact_mechanisms=[
            ('create', [{'type': 'email', 'value': f'{name.lower()}@example.com'}])])
            for name, categories in (('Dealer', [dealers]), ('Known', []), ('Later', []))}
        self.connect(client=client, ferry_order_categories=[('add', [trade])])

        def by(name):
            return self.place((1, 1), customer=dict(CUSTOMER, emailAddress=f'{name.lower()}@example.com'))
        orders = {name: by(name) for name in ('Known', 'Later', 'Stranger', 'Dealer')}
        self.assertEqual(parties['Dealer'], client.get('sale.sale', self.sale_of(orders['Dealer']), 'party'))
        for name, why in (('Known', 'customer Known is in none of the "Order Categories"'),
                          ('Later', 'customer Later is in none of the "Order Categories"'),
                          ('Stranger', 'stranger@example.com is no party yet')):
            reason = self.in_state(orders[name], 'skipped')
            for part in (orders[name]['code'], why):
                self.assertIn(part, reason)
        # three are left alone and nobody is asked to look; nothing of them is in the ERP, and they hold back no stock
        self.assertEqual((4, 4, 0, 0), self.state.rows('SELECT sum(changed), sum(successful), sum(failed), sum(deferred) FROM '
                                                       "ferry.run WHERE job = 'intake'")[0])
        self.assertEqual(1, self.state.value('SELECT count(*) FROM sale_sale'))
        self.assertEqual(0, self.state.value("SELECT count(*) FROM party_contact_mechanism WHERE value LIKE 'stranger%%'"))
        self.shows(1, 99)
        self.assert_balanced()
        # a retry asks again and overrules nothing
        code = orders['Known']['code']
        self.assertEqual(0, self.host('retry-order', code, '--channel', str(self.channel)).returncode)
        self.assertIn('"Order Categories"', self.in_state(orders['Known'], 'skipped'))
        for name in ('Known', 'Later'):
            client.write('party.party', parties[name], categories=[('add', [dealers])])
        self.assertEqual(0, self.host('retry-order', code, '--channel', str(self.channel)).returncode)
        self.sale_of(orders['Known'])
        # the other one comes in by itself, when its hour is over
        self.assertEqual('skipped', self.state.order(orders['Later']['code'])['state'])
        with self.world.cluster.cursor(self.database) as cursor:
            cursor.execute("UPDATE ferry.portal_order SET ask_again_at = ask_again_at - interval '1 hour'")
        self.assertEqual(parties['Later'], client.get('sale.sale', self.sale_of(orders['Later']), 'party'))
        self.eventually(lambda: self.number_on_portal(orders['Later']), 30, 'its number is on the portal')
        self.assertIn('is no party yet', self.in_state(orders['Stranger'], 'skipped'))
        self.assertEqual(3, self.state.value('SELECT count(*) FROM sale_sale'))
        self.assert_balanced()

    def test_E17_an_order_paid_by_a_method_without_a_rule_is_imported_once_it_has_one(self):
        given = '{"lease": 5, "payment_rules": {%s"settle": "import", "*": "review"}}'
        self.begin(ferry_settings=given % '')
        ruled = self.place((1, 1))
        unruled = self.place((2, 1), method='authorize')
        self.sale_of(ruled)
        self.eventually(lambda: (self.state.order(unruled['code']) or {}).get('state') == 'review', 30, 'a review case')
        reason = self.state.order(unruled['code'])['reason']
        for part in ('"authorize"', "'payment_rules'", 'give "authorize" a rule of its own'):
            self.assertIn(part, reason)
        self.assertEqual(0, self.state.value('SELECT count(*) FROM sale_sale WHERE reference = %s', unruled['code']))
        # a person does what the reason says, and retries it
        self.client.write('web.shop', self.channel, ferry_settings=given % '"authorize": "import", ')
        done = self.host('retry-order', unruled['code'], '--channel', str(self.channel))
        self.assertEqual(0, done.returncode, done.stderr)
        self.sale_of(unruled)
        self.eventually(lambda: self.number_on_portal(unruled), 30, 'its number is on the portal')
        # the next one comes in by itself
        later = self.place((3, 1), method='authorize')
        self.sale_of(later)
        self.assertEqual(3, self.state.value('SELECT count(*) FROM sale_sale WHERE web_shop = %s', self.channel))

    def test_only_orders_of_a_customer_group_are_imported_until_somebody_joins_it(self):
        self.begin(settings='"order_customer_groups": ["Dealers"], "order_channels": ["__default_channel__"]')
        order = self.place((1, 1))
        self.eventually(lambda: (self.state.order(order['code']) or {}).get('state') == 'skipped', 30, 'it is left alone',
                        lambda: self.state.order(order['code']))
        self.assertIn("'order_customer_groups'", self.state.order(order['code'])['reason'])
        customer = self.admin.ask('query($c:String!){orders(options:{filter:{code:{eq:$c}}}){items{customer{id}}}}',
                                  c=order['code'])['orders']['items'][0]['customer']['id']
        self.admin.ask('mutation($i:CreateCustomerGroupInput!){createCustomerGroup(input:$i){id}}',
                       i={'name': 'Dealers', 'customerIds': [customer]})
        self.sale_of(order)
        self.eventually(lambda: self.number_on_portal(order), 30, 'its number is on the portal')


class VendureTraps(Case):
    def test_1_an_order_paid_long_after_it_was_begun_is_seen(self):
        """Paying does not move the order's updatedAt: a window over that would miss it."""
        self.begin()
        shop = Shop(self.vendure.url)
        shop.add(self.variants[sku(1)]['id'], 1)
        shop.checkout(CUSTOMER, ADDRESS)
        for number in (2, 3):  # later orders move every watermark on
            self.sale_of(self.place((number, 1)))
        order = shop.pay()
        self.sale_of(order)
        self.eventually(lambda: self.number_on_portal(order), 30, 'its number is on the portal')

    def test_2_a_number_that_the_portal_lost_is_written_again(self):
        """Vendure loses a custom field that is set while the order changes its state."""
        self.begin()
        order = self.place((1, 1), method='authorize')
        self.eventually(lambda: self.number_on_portal(order), 40, 'its number is on the portal')
        number = self.number_on_portal(order)
        found = self.admin.order(order['code'])
        self.admin.set_number(found['id'], None)
        self.admin.settle(found)
        self.eventually(lambda: self.number_on_portal(order) == number, 90, 'the number is there again')

    def test_4_deadlocks_with_another_writer_are_survived(self):
        """Somebody else writes the same variants in the opposite order at the same time."""
        self.begin()
        until = time.monotonic() + 10

        def other():
            admin = self.vendure.admin()
            ids = [self.variants[sku(number)]['id'] for number in range(50, 0, -1)]
            while time.monotonic() < until:
                try:
                    admin.ask('mutation($i:[UpdateProductVariantInput!]!){updateProductVariants(input:$i){id}}',
                              i=[{'id': variant, 'customFields': {'costPrice': 1}} for variant in ids])
                except GraphQLError:
                    pass  # the deadlock may hit this side
        side = threading.Thread(target=other)
        side.start()
        with self.world.cluster.cursor(self.database, 'tryton') as cursor:
            # every product at once: one batch as large as the other's
            cursor.execute('UPDATE stock_move SET quantity = quantity + 1, internal_quantity = internal_quantity + 1 '
                           "WHERE state = 'done'")
        side.join()
        self.eventually(lambda: {s['on_hand'] for s in self.admin.variants().values()} == {101}, 90, 'every product shows 101',
                        lambda: {s['on_hand'] for s in self.admin.variants().values()})
        self.quiet(60)
        self.assert_balanced()

    def test_5_fulfilling_on_the_portal_after_the_stock_was_sent_does_not_drift(self):
        self.begin()
        order = self.place((1, 2))
        sale = self.sale_of(order)
        self.ship(sale)
        self.eventually(lambda: self.admin.order(order['code'])['state'] == 'Shipped', 20, 'Ferry fulfils it there')
        self.shows(1, 98)
        self.quiet()
        self.move(1, 1)
        self.shows(1, 99)
        self.assertEqual(0, self.admin.stock(sku(1))['allocated'])
