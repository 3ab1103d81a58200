"""Products and customers of Tryton on a real shop: what changes arrives, and nothing else is sent."""
from decimal import Decimal

from .world import Case, sku

SETTINGS = ('"jobs": ["product", "customer", "stock", "intake", "order_status"], "customer_code_field": "erpPartyCode", '
            '"tax_identifier_field": "erpTaxIdentifier", "credit_hold_field": "erpCreditHold", "product_fields": '
            '{"unit": "erpUnit", "categories": "erpCategories", "attributes": "erpAttributes", "images": "erpImages"}')
CUSTOMER = ('query($c:String!){customers(options:{filter:{erpPartyCode:{eq:$c}}}){items{id firstName lastName emailAddress '
            'phoneNumber customFields{erpPartyCode erpTaxIdentifier erpCreditHold} groups{name} '
            'addresses{fullName streetLine1 streetLine2 postalCode city country{code} defaultBillingAddress}}}}')
VARIANT = ('query($s:String!){productVariants(options:{filter:{sku:{eq:$s}}}){items{name enabled product{name description '
           'customFields{erpId}} customFields{erpUnit erpCategories erpAttributes erpImages}}}}')


class Masters(Case):
    def setUp(self):
        super().setUp()
        self.erp = self.start_erp()
        client = self.erp.client()
        self.germany = client.one('country.country', ['code', '=', 'DE'])
        self.austria = client.one('country.country', ['code', '=', 'AT'])
        self.trade = client.create('party.category', name='Trade')
        self.ada = self.party(client, 'Ada Byron', 'Ada@Example.com')
        self.bea = self.party(client, 'Bea Curie', 'bea@example.com')
        self.party(client, 'A supplier', 'supplier@example.com', categories=[])
        self.connect(client=client, settings=SETTINGS, ferry_customers='all',
                     ferry_customer_categories=[('add', [self.trade])])
        self.arrived()

    def party(self, client, name, email, categories=None):
        return client.create(
            'party.party', name=name, addresses=[('create', [dict(
                street='Gasse 1\nHof 2', postal_code='80331', city='München', country=self.germany, invoice=True)])],
            contact_mechanisms=[('create', [dict(type='email', value=email), dict(type='phone', value='+49 89 123456')])],
            categories=[('add', [self.trade] if categories is None else categories)])

    def arrived(self):
        """Everything that is wanted is confirmed."""
        self.eventually(lambda: self.state.settled('product') == self.world.portal.products
                        and self.state.settled('customer') == 2, 90, 'products and customers are on the portal',
                        lambda: self.state.rows('SELECT feed, state, reason, count(*) FROM ferry.publication GROUP BY 1, 2, 3'))
        self.quiet()

    def sent(self):
        """How many records of each feed were ever found changed."""
        return dict(self.state.rows("SELECT job, sum(changed) FROM ferry.run WHERE job IN ('product', 'customer') GROUP BY job"))

    def customer(self, party):
        code = self.client.get('party.party', party, 'code')
        items = self.admin.ask(CUSTOMER, c=code)['customers']['items']
        return items[0] if len(items) == 1 else items

    def variant(self, number):
        return self.admin.ask(VARIANT, s=sku(number))['productVariants']['items'][0]

    def compare_everything(self):
        """A comparison of everything and a look by watermark; waits until both have ended."""
        runs = self.state.value("SELECT count(*) FROM ferry.run WHERE mode = 'full' AND job IN ('product', 'customer')")
        self.client.button('web.shop', 'ferry_compare', self.channel)
        self.eventually(lambda: self.state.value("SELECT count(*) FROM ferry.run WHERE mode = 'full' AND job IN ('product', "
                                                 "'customer') AND finished_at IS NOT NULL") >= runs + 2, 30, 'both compared')
        self.quiet()

    def test_what_changes_arrives_and_an_unchanged_run_sends_nothing(self):
        self.assertEqual({'product': self.world.portal.products, 'customer': 2}, {k: int(v) for k, v in self.sent().items()})
        ada = self.customer(self.ada)
        self.assertEqual(['', 'Ada Byron', 'ada@example.com', '+49 89 123456'], [
            ada[name] for name in ('firstName', 'lastName', 'emailAddress', 'phoneNumber')])
        self.assertEqual([('Gasse 1', 'Hof 2', 'München', 'DE')], [
            (a['streetLine1'], a['streetLine2'], a['city'], a['country']['code']) for a in ada['addresses']])
        self.assertEqual([], self.admin.ask('{customers(options:{filter:{emailAddress:{eq:"supplier@example.com"}}}){items{id}}}')[
            'customers']['items'], 'a party outside the scope')
        exchanges = self.state.value("SELECT count(*) FROM ferry.exchange WHERE job IN ('product', 'customer')")
        before = self.sent()
        self.compare_everything()
        self.assertEqual(before, self.sent())
        self.assertEqual(exchanges, self.state.value(
            "SELECT count(*) FROM ferry.exchange WHERE job IN ('product', 'customer')"), 'an unchanged run sends nothing')
        self.change_one_of_each(before)
        self.withdraw_one_of_each()
        self.assert_balanced()

    def change_one_of_each(self, before):
        template = self.client.get('product.product', self.product(7), 'template')
        address, = self.client.get('party.party', self.ada, 'addresses')
        others = self.variant(8), self.customer(self.bea)
        category = self.client.create('product.category', name='Hammers', parent=self.client.create(
            'product.category', name='Tools'))
        self.client.write('product.template', template, name='Hammer', categories=[('add', [category])])
        self.client.write('party.address', address, street='Weg 3', city='Wien', country=self.austria)
        self.eventually(lambda: self.variant(7)['name'] == 'Hammer', 15, 'the name', lambda: self.variant(7))
        self.eventually(lambda: 'Weg 3' in [a['streetLine1'] for a in self.customer(self.ada)['addresses']], 15, 'the address',
                        lambda: self.customer(self.ada))
        self.quiet()
        shown = self.variant(7)
        self.assertEqual(('Hammer', str(template), '["Tools / Hammers"]', 'u'), (
            shown['product']['name'], shown['product']['customFields']['erpId'], shown['customFields']['erpCategories'],
            shown['customFields']['erpUnit']))
        new, = [a for a in self.customer(self.ada)['addresses'] if a['streetLine1'] == 'Weg 3']
        self.assertEqual(('Wien', 'AT', True), (new['city'], new['country']['code'], new['defaultBillingAddress']))
        self.assertEqual(others, (self.variant(8), self.customer(self.bea)), 'nothing else changed')
        self.assertEqual({job: 1 for job in before}, {job: int(n - before[job]) for job, n in self.sent().items()})

    def withdraw_one_of_each(self):
        """A product that is published no more and a party that left the scope: withdrawn, and kept on the portal."""
        self.client.write('web.shop', self.channel, products=[('remove', [self.product(7)])])
        self.client.write('party.party', self.bea, categories=[('remove', [self.trade])])
        self.eventually(lambda: not self.variant(7)['enabled'], 15, 'the product is withdrawn', lambda: self.variant(7))
        self.eventually(lambda: self.state.value("SELECT desired IS NULL AND acknowledged IS NULL AND state = 'settled' FROM "
                                                 "ferry.publication WHERE feed = 'customer' AND key = %s", self.bea), 15,
                        'the party is withdrawn', lambda: self.state.rows(
                            "SELECT label, state, desired, reason FROM ferry.publication WHERE feed = 'customer'"))
        self.assertEqual('Bea Curie', self.customer(self.bea)['lastName'])

    def test_a_customer_that_the_portal_cannot_keep_stops_only_itself(self):
        nobody = self.party(self.client, 'No Mail', 'none')
        eve = self.party(self.client, 'Eve', 'eve@example.com')
        self.eventually(lambda: self.customer(eve), 15, 'the next one arrives')
        state = 'SELECT state, reason FROM ferry.publication WHERE feed = \'customer\' AND key = %s'
        self.eventually(lambda: [row[0] for row in self.state.rows(state, nobody)] == ['dead'], 15, 'it waits for a person',
                        lambda: self.state.rows(state, nobody))
        code = self.client.get('party.party', nobody, 'code')
        self.assertIn(f'"{code}" has no e-mail address', self.state.rows(state, nobody)[0][1])
        self.assertIn(f'1 customers have no e-mail address, one of them party {code}', self.host('check').stdout)
        mail = self.client.one('party.contact_mechanism', ['party', '=', nobody], ['type', '=', 'email'])
        self.client.write('party.contact_mechanism', mail, value='Now@example.com')
        self.eventually(lambda: self.customer(nobody), 15, 'it arrives once it is mended', lambda: self.state.rows(state, nobody))
        self.assertEqual('now@example.com', self.customer(nobody)['emailAddress'])

    def test_credit_and_texts_follow_as_the_erp_has_them(self):
        client = self.client
        client.write('party.party', self.ada, credit_limit_amount=Decimal(0),
                     identifiers=[('create', [dict(type='de_vat', code='136695976')])])
        self.eventually(lambda: self.customer(self.ada)['customFields']['erpCreditHold'], 15, 'credit is held',
                        lambda: self.customer(self.ada))
        self.assertEqual('DE136695976', self.customer(self.ada)['customFields']['erpTaxIdentifier'])
        attribute = client.create('product.attribute', name='colour', string='Colour', type_='selection', selection='r: Red')
        group = client.create('product.attribute.set', name='Cups', attributes=[('add', [attribute])])
        client.write('product.template', client.get('product.product', self.product(9), 'template'), attribute_set=group)
        client.write('product.product', self.product(9), attributes={'colour': 'r'}, description='For tea')
        client.create('ir.attachment', name='front', type='link', link='https://img.example/9.png',
                      resource=f'product.product,{self.product(9)}')
        self.eventually(lambda: self.variant(9)['customFields']['erpImages'] == '["https://img.example/9.png"]', 15, 'the image',
                        lambda: self.variant(9))
        self.quiet()
        shown = self.variant(9)
        self.assertEqual(('{"colour":"Red"}', 'For tea'), (shown['customFields']['erpAttributes'], shown['product']['description']))
