"""Every outbound feed from one Tryton to two portals: one value of each kind changes, and these records arrive."""
from decimal import Decimal

from . import shown
from .both_portals import FEEDS, BothPortals
from .world import report, sku, stopwatch

JOBS = [*FEEDS, 'intake', 'reconcile']
LIST = 'Dealers'
MOVED, PRICED, COSTED, DISCOUNTED, NET, RENAMED, UNPUBLISHED = 11, 12, 13, 14, 15, 16, 17  # the products

# Whose record goes out, on either portal; `customer` is the party's code
RECORDS = {
    'stock': [sku(MOVED), sku(UNPUBLISHED)],
    'list_price': [sku(PRICED), sku(UNPUBLISHED)],
    'cost': [sku(COSTED), sku(UNPUBLISHED)],
    'discount': [sku(DISCOUNTED)],
    'fixed_net_price': [sku(NET)],
    'product': [sku(RENAMED), sku(UNPUBLISHED)],
    'customer': ['customer'],
    'order_status': [],
}
ADA = 'ada@example.com'

# What a person then sees there, feed by feed. Addresses are added: those that customers have are theirs
EVERYWHERE = {
    'list_price': {('list_price', sku(PRICED)): Decimal('12.34')},
    'cost': {('cost', sku(COSTED)): Decimal('7.13'), ('cost', sku(UNPUBLISHED)): None},
    'fixed_net_price': {('fixed_net_price', sku(NET)): Decimal('4.75')},
    'product': {('product', sku(RENAMED)): ('Hammer', 'For nails', True),
                ('product', sku(UNPUBLISHED)): (f'Item {UNPUBLISHED:06d}', '', False)},
    'customer': {('customer', ADA): ('customer', 'Ada King', [('Gasse 1', 'München'), ('Weg 3', 'Wien')])},
    'order_status': {},
}
EXPECTED = {
    'Vendure': {**EVERYWHERE, 'stock': {('stock', sku(MOVED)): 66, ('stock', sku(UNPUBLISHED)): 0},
                'discount': {('discount', LIST, sku(DISCOUNTED)): Decimal(15)}},
    'Medusa': {**EVERYWHERE, 'stock': {('stock', sku(MOVED)): 44, ('stock', sku(UNPUBLISHED)): 0},
               'discount': {('discount', sku(DISCOUNTED)): Decimal(15)}},
}


class Feeds(BothPortals):
    def prepare_erp(self):
        self.start_erp()
        self.client = client = self._servers[0].client()
        self.countries = {code: client.one('country.country', ['code', '=', code]) for code in ('DE', 'AT')}
        self.trade = client.create('party.category', name='Trade')
        self.ada, self.bea = (self.party(name, email) for name, email in (('Ada Byron', ADA), ('Bea Curie', 'bea@example.com')))
        self.dealers = client.create('product.price_list', name=LIST, company=1, unit='product_default', lines=[('create', [
            {'sequence': number, 'product': self.product(product), 'formula': formula} for number, product, formula in (
                (1, DISCOUNTED, 'unit_price * 0.9'), (2, DISCOUNTED + 10, 'unit_price * 0.8'), (3, NET, '4.5'), (4, NET + 10, '6.25'))])])

    def party(self, name, email):
        return self.client.create(
            'party.party', name=name, categories=[('add', [self.trade])], addresses=[('create', [dict(
                street='Gasse 1', postal_code='80331', city='München', country=self.countries['DE'], invoice=True)])],
            contact_mechanisms=[('create', [dict(type='email', value=email)])])

    def connect_both(self):
        customers = dict(ferry_customers='all', ferry_customer_categories=[('add', [self.trade])])
        self.portal_admin().add_channel('list')
        on_vendure = self.channel_on_vendure(**customers, settings={
            'jobs': JOBS, 'allocation_percent': 60, 'price_list_channels': {str(self.dealers): 'list'},
            'customer_code_field': 'erpPartyCode'})
        on_medusa = self.channel_on_medusa(**customers, settings={'jobs': JOBS, 'allocation_percent': 40})
        self.sides = {'Vendure': on_vendure, 'Medusa': on_medusa}
        self.views = {'Vendure': lambda: shown.vendure(on_vendure.admin, 'list'), 'Medusa': lambda: shown.medusa(on_medusa.admin)}
        for name, side in self.sides.items():
            side.feeds = self.feeds_of(side)
            report(f'{name}: {", ".join(side.feeds)}')

    def in_step(self):
        counts = dict.fromkeys(('product', 'stock', 'list_price', 'cost'), self.world.portal.products)
        counts.update(discount=2, fixed_net_price=2, customer=2)
        for side in self.sides.values():
            wanted = {feed: count for feed, count in counts.items() if feed in side.feeds}
            self.eventually(lambda: self.settled_in(side) == wanted, 90, 'the portal is in step',
                            lambda: (self.settled_in(side), self.not_settled(side)))

    # ---- the scenario -----------------------------------------------------------------------------------------------

    def test_one_value_of_each_kind_arrives_on_both_portals_and_nothing_else(self):
        self.prepare_erp()
        self.connect_both()
        self.in_step()
        self.quiet()
        before = {name: view() for name, view in self.views.items()}
        exchange, run = self.last_exchange(), self.state.value('SELECT max(id) FROM ferry.run')
        with stopwatch() as passed:
            self.change_one_of_each()
            self.everything_arrives(before)
            report(f'one value of each kind saved → on both portals: {passed():.2f} s')
        self.quiet()
        self.only_these_were_sent(exchange, run)
        self.nothing_more_is_sent()
        self.assert_balanced()

    def change_one_of_each(self):
        client = self.client
        template = lambda number: client.get('product.product', self.product(number), 'template')
        self.move(MOVED, 10)
        client.write('product.template', template(PRICED), list_price=Decimal('12.34'))
        client.wizard('product.modify_cost_price', 'product.product', self.product(COSTED),
                      start=('modify', {'cost_price': "Decimal('7.125')"}))
        for product, formula in ((DISCOUNTED, 'unit_price * 0.85'), (NET, '4.75')):
            client.write('product.price_list.line', client.one('product.price_list.line', [
                'product', '=', self.product(product)]), formula=formula)
        client.write('party.party', self.ada, name='Ada King', addresses=[(
            'write', client.get('party.party', self.ada, 'addresses'),
            dict(street='Weg 3', city='Wien', country=self.countries['AT']))])
        client.write('product.template', template(RENAMED), name='Hammer', products=[(
            'write', [self.product(RENAMED)], dict(description='For nails'))])
        for side in self.sides.values():
            client.write('web.shop', side.channel, products=[('remove', [self.product(UNPUBLISHED)])])

    def expected(self, name):
        """{what is shown otherwise than before: as what}, of the feeds that the portal has."""
        table, side = EXPECTED[name], self.sides[name]
        self.assertEqual(set(), set(side.feeds) - set(table), f'feeds of {name} for which this test expects nothing yet')
        expected = {key: value for feed in side.feeds for key, value in table[feed].items()}
        code = self.client.get('party.party', self.ada, 'code')
        return {key: tuple(code if part == 'customer' else part for part in value) if isinstance(value, tuple) else value
                for key, value in expected.items()}

    def everything_arrives(self, before):
        self.expectations = {name: self.expected(name) for name in self.views}
        for name, view in self.views.items():
            changed = lambda: shown.difference(before[name], view())
            self.eventually(lambda: changed() == self.expectations[name], 120, f'exactly what was changed is otherwise on {name}',
                            lambda: (self.otherwise(name, changed()), self.state.rows(
                                "SELECT channel, feed, label, state, attempts, next_attempt_at, reason FROM ferry.publication "
                                "WHERE state <> 'settled'")))

    def otherwise(self, name, changed):
        """{what: (as it is, as it should be)}"""
        wanted = self.expectations[name]
        return {key: (changed.get(key), wanted.get(key)) for key in changed.keys() | wanted.keys()
                if key not in changed or key not in wanted or changed[key] != wanted[key]}

    def only_these_were_sent(self, exchange, run):
        code = self.client.get('party.party', self.ada, 'code')
        for name, side in self.sides.items():
            wanted = {feed: [code if label == 'customer' else label for label in RECORDS[feed]] for feed in side.feeds}
            self.assertEqual(sorted((feed, label) for feed, labels in wanted.items() for label in labels),
                             self.sent_since(exchange, side), f'what was sent to {name}')
            self.assertEqual({feed: len(labels) for feed, labels in wanted.items() if labels}, self.found_since(run, side), name)

    def nothing_more_is_sent(self):
        """Not after a look by watermark, not after a comparison of everything."""
        before = {name: view() for name, view in self.views.items()}
        exchange, run = self.last_exchange(), self.state.value('SELECT max(id) FROM ferry.run')
        for side in self.sides.values():
            for mode in (), ('--full',):  # by watermark, then everything
                done = self.host('run-once', '--channel', str(side.channel), *mode)
                self.assertEqual(0, done.returncode, done.stdout + done.stderr)
            self.eventually(lambda: self.compared_since(run, side) == set(side.feeds), 20, 'every feed has compared everything',
                            lambda: self.compared_since(run, side))
        self.quiet()
        for name, side in self.sides.items():
            self.assertEqual([], self.sent_since(exchange, side), name)
            self.assertEqual({}, self.found_since(run, side), name)
        self.assertEqual(exchange, self.last_exchange(), 'an unchanged run sends nothing')
        self.assertEqual(before, {name: view() for name, view in self.views.items()})

    def compared_since(self, run, side):
        return {job for job, in self.state.rows(
            "SELECT job FROM ferry.run WHERE id > %s AND channel = %s AND mode = 'full' AND finished_at IS NOT NULL", run,
            side.channel) if job in FEEDS}
