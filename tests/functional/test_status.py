"""What became of an order in the ERP stands on the portal's order: its state, its invoices, what will never be sent."""
from installer.stage import medusa
from installer.stage.vendure import Shop

from .both_portals import BothPortals
from .world import sku

FIELDS = {'order_state_field': 'erpStatus', 'order_invoices_field': 'erpInvoiceNumber', 'order_cancelled_field': 'erpCancelled',
          'order_invoice_url': 'https://erp.example.com/invoice?number={number}'}
KEYS = {'erpStatus': 'erp_state', 'erpInvoiceNumber': 'erp_invoices', 'erpCancelled': 'erp_cancelled'}


class Status(BothPortals):
    def both(self):
        """A channel on each portal, of the same goods."""
        self.erp = self.start_erp()
        self.client = self.erp.client()
        self.on_vendure = self.channel_on_vendure(settings=FIELDS)
        self.on_medusa = self.channel_on_medusa()
        for side in (self.on_vendure, self.on_medusa):
            self.eventually(lambda: self.settled_in(side).get('stock') == self.world.portal.products, 120,
                            'the first synchronisation', lambda: self.not_settled(side))
        self.variants = self.on_vendure.admin.variants()

    def place_on_both(self, *items):
        """→ [(the sale, how to see the fields on the portal)]"""
        vendure = Shop(self.vendure.url).place([(self.variants[sku(number)]['id'], quantity) for number, quantity in items])
        on_medusa = medusa.Shop(self.medusa.url, self.on_medusa.admin).place([(sku(number), quantity) for number, quantity in items])
        found = []
        for side, code, seen in ((self.on_vendure, vendure['code'], lambda: self.fields_on_vendure(vendure)),
                                 (self.on_medusa, str(on_medusa['display_id']), lambda: self.fields_on_medusa(on_medusa))):
            self.channel = side.channel
            found.append((self.sale_of({'code': code}), seen))
        return found

    def fields_on_vendure(self, order):
        found, = self.on_vendure.admin.ask(
            'query($c:String!){orders(options:{filter:{code:{eq:$c}}}){items{customFields{' + ' '.join(KEYS) + '}}}}',
            c=order['code'])['orders']['items']
        return {name: text or '' for name, text in found['customFields'].items()}

    def fields_on_medusa(self, order):
        metadata = self.on_medusa.admin.order(order['id'])['metadata'] or {}
        return {name: metadata.get(key, '') for name, key in KEYS.items()}

    def shows_fields(self, seen, seconds=40, **expected):
        def shown():
            return {name: text for name, text in seen().items() if name in expected} == expected
        self.eventually(shown, seconds, f'the fields {expected}', lambda: (seen(), self.state.rows(
            "SELECT state, desired, reason FROM ferry.publication WHERE feed = 'order_status'")))

    def post_invoice(self, sale):
        """As a clerk does it. → number and date as the portal shows them"""
        invoice, = self.client.get('sale.sale', sale, 'invoices')
        self.client.button('account.invoice', 'post', invoice)
        number, date = self.client.get('account.invoice', invoice, 'number', 'invoice_date')
        return number, f'{number} ({date})'

    def test_the_state_the_invoice_and_what_will_never_be_sent_are_on_both_portals(self):
        self.both()
        for (sale, seen), url in zip(self.place_on_both((1, 10), (2, 3)), (FIELDS['order_invoice_url'], None)):
            self.shows_fields(seen, erpStatus='processing', erpInvoiceNumber='', erpCancelled='')
            document = "SELECT desired FROM ferry.publication WHERE feed = 'order_status' AND key = %s"
            for member in ('invoices', 'cancelled'):
                self.assertNotIn(member, self.state.value(document, sale))
            number, invoiced = self.post_invoice(sale)
            if url:
                invoiced += ' ' + url.replace('{number}', number.replace('/', '%2F'))
            self.shows_fields(seen, erpInvoiceNumber=invoiced, erpCancelled='')
            # four of ten are sent; the rest never will be: its shipment is cancelled, and a person says so
            self.ship(sale, {1: 4})
            rest = self.client.search('stock.shipment.out', ['id', 'in', self.client.get('sale.sale', sale, 'shipments')],
                                      ['state', '!=', 'done'])
            self.client.button('stock.shipment.out', 'cancel', *rest)
            self.eventually(lambda: self.client.get('sale.sale', sale, 'shipment_state') == 'exception', 20, 'the exception')
            self.client.wizard('sale.handle.shipment.exception', 'sale.sale', sale,
                               ask=('handle', {'recreate_moves': []}))
            self.shows_fields(seen, erpCancelled=f'6 x {sku(1)}', erpInvoiceNumber=invoiced)
            self.quiet()
            exchange = self.last_exchange()
            self.client.write('sale.sale', sale, comment='nothing that a portal is told')
            self.quiet()
            self.assertEqual(exchange, self.state.value(
                "SELECT coalesce(max(id), 0) FROM ferry.exchange WHERE id <= %s OR job = 'order_status'", exchange))
        self.assert_balanced()
