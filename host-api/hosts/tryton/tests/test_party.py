# This file is part of Ferry.  The LICENSE file at the top level of this
# repository contains the full license terms.
from contextlib import contextmanager

from trytond.model.modelsql import ForeignKeyError
from trytond.modules.ferry.abi import Status
from trytond.modules.ferry.tests.tools import OrderCase


class PartyTestCase(OrderCase):
    "Who the customer of an order is, and where the goods go"

    @contextmanager
    def sale(self, **values):
        id_ = self.enter_well(**values)
        with self.transaction():
            yield self.get('sale.sale')(id_)

    def test_customer_by_email(self):
        first = self.enter_well()
        self.reference += 'b'
        second = self.enter_well(customer={'email': self.email.upper()})
        with self.transaction():
            Sale = self.get('sale.sale')
            first, second = Sale(first), Sale(second)
            self.assertEqual(first.party, second.party)
            self.assertEqual(first.shipment_address, second.shipment_address)
            self.assertEqual(len(first.party.addresses), 1)

    def test_email_is_no_pattern(self):
        self.enter_well(customer={'email': 'a_b%s@example.com' % self.count})
        self.reference += 'b'
        id_ = self.enter_well(customer={
                'email': 'axb%s@example.com' % self.count, 'name': "Other"})
        with self.transaction():
            self.assertEqual(self.get('sale.sale')(id_).party.name, "Other")

    def test_ambiguous_customer(self):
        Party = self.get('party.party')
        with self.transaction():
            Party.create([{
                        'name': "Twin %s" % i,
                        'contact_mechanisms': [('create', [{
                                        'type': 'email',
                                        'value': self.email}])],
                        } for i in 'AB'])
        status, _, _, reason = self.enter()
        self.assertEqual(status, Status.REJECTED)
        self.assertIn("Twin A, Twin B", reason)

    def test_customer_by_code(self):
        with self.transaction():
            party, = self.get('party.party').create([{
                        'name': "Known", 'code': 'K%d' % self.count}])
            party = party.id
        id_ = self.enter_well(customer={'erp_code': 'K%d' % self.count})
        with self.transaction():
            self.assertEqual(self.get('sale.sale')(id_).party.id, party)
        self.reference += 'b'
        self.assertIn('"K-none"', self.rejected(
                customer={'erp_code': 'K-none', 'email': ''}))

    def test_guest_party_never_buys(self):
        with self.transaction():
            guest, = self.get('party.party').search([('name', '=', "Guest")])
            self.get('party.contact_mechanism').create([{
                        'party': guest.id, 'type': 'email',
                        'value': self.email}])
            guest = guest.id
        id_ = self.enter_well()
        with self.transaction():
            self.assertNotEqual(self.get('sale.sale')(id_).party.id, guest)

    def test_addresses(self):
        id_ = self.enter_well(
            invoice_address={
                'company': "Byron Ltd", 'name': "Ada Byron",
                'subdivision': 'BY'},
            delivery_address={'street': "Other Way 2", 'name': "Bob"})
        with self.transaction():
            sale = self.get('sale.sale')(id_)
            self.assertEqual(sale.invoice_address.party_name, "Byron Ltd")
            self.assertEqual(sale.invoice_address.name, "Ada Byron")
            self.assertEqual(sale.invoice_address.subdivision.code, 'DE-BY')
            self.assertTrue(sale.invoice_address.invoice)
            self.assertEqual(sale.shipment_address.street, "Other Way 2")
            self.assertEqual(sale.shipment_address.party_name, "Bob")
            self.assertTrue(sale.shipment_address.delivery)
            self.assertEqual(len(sale.party.addresses), 2)

    def test_unknown_country(self):
        self.assertIn(
            '"XX"', self.rejected(delivery_address={'country': 'XX'}))

    def test_E4_an_order_without_customer_is_reviewed(self):
        anonymous = {
            'customer': {'name': '', 'email': ''},
            'invoice_address': {'name': '', 'company': ''}}
        # with a guest party, and without one
        for values in [{}, {'guest_party': None}]:
            self.configure(**values)
            self.assertIn("neither a name nor an e-mail address",
                self.rejected(**anonymous))

    def test_E9_what_a_person_corrected_stays(self):
        first = self.enter_well()
        with self.transaction():
            party = self.get('sale.sale')(first).party
            address, = party.addresses
            address.street = "Gasse 11"
            address.save()
            party.name = "Countess of Lovelace"
            party.save()
            party, address = party.id, address.id
        self.reference += 'b'
        second = self.enter_well(customer={'phone': '+49 89 1'})
        self.reference += 'c'
        third = self.enter_well(
            invoice_address={'street': "GASSE  11"},
            delivery_address={'street': "GASSE  11"})
        with self.transaction():
            Sale = self.get('sale.sale')
            party = self.get('party.party')(party)
            self.assertEqual(party.name, "Countess of Lovelace")
            self.assertFalse([
                    m for m in party.contact_mechanisms if m.type == 'phone'])
            corrected = self.get('party.address')(address)
            self.assertEqual(corrected.street, "Gasse 11")
            added = Sale(second).shipment_address
            self.assertNotEqual(added, corrected)
            self.assertEqual(added.street, "Gasse 1")
            self.assertEqual(Sale(second).party, party)
            self.assertEqual(Sale(third).shipment_address, corrected)
            self.assertEqual(len(party.addresses), 2)

    def test_no_new_parties(self):
        self.configure(ferry_new_parties=False)
        reason = self.rejected()
        self.assertIn("Customer %d <%s>" % (self.count, self.email), reason)
        self.assertIn("makes no new parties", reason)
        with self.transaction():
            self.get('party.party').create([{
                        'name': "Known",
                        'contact_mechanisms': [('create', [{
                                        'type': 'email',
                                        'value': self.email}])]}])
        with self.sale() as sale:
            self.assertEqual(sale.party.name, "Known")

    def create_categories(self):
        "Ids of a category, one two below it, and another"
        with self.transaction():
            Category = self.get('party.category')
            trade, other = Category.create([
                    {'name': "Trade %d" % self.count},
                    {'name': "Private %d" % self.count}])
            middle, = Category.create([{'name': "Shops", 'parent': trade.id}])
            below, = Category.create([{'name': "Toys", 'parent': middle.id}])
            return trade.id, below.id, other.id

    def create_known(self, name="Known", **values):
        with self.transaction():
            party, = self.get('party.party').create([dict({
                            'name': name,
                            'contact_mechanisms': [('create', [{
                                            'type': 'email',
                                            'value': self.email}])]},
                        **values)])
            return party.id

    def put_in(self, party, category):
        with self.transaction():
            Party = self.get('party.party')
            Party.write([Party(party)], {
                    'categories': [('add', [category])]})

    def left_alone(self, **values):
        status, id_, number, reason = self.enter(**values)
        self.assertEqual((status, id_, number), (Status.NOT_FOUND, 0, ''))
        self.assertIn(self.reference, reason)
        self.assertIn('"Order Categories"', reason)
        self.assertNotIn('\n', reason)
        with self.transaction():
            self.assertFalse(self.get('sale.sale').search(
                    [('reference', '=', self.reference)]))
        return reason

    def test_order_of_a_party_in_no_category_of_the_shop(self):
        trade, below, other = self.create_categories()
        self.configure(ferry_order_categories=[('add', [trade])])
        party = self.create_known()
        self.assertIn("customer Known ", self.left_alone())
        self.put_in(party, other)
        self.left_alone()
        # what could not be entered either is nobody's concern
        self.left_alone(lines=[('NIX', '1', '1')])
        self.put_in(party, below)
        with self.sale() as sale:
            self.assertEqual(sale.party.id, party)
        # what the ERP has is not put out again
        self.configure(ferry_order_categories=[
                ('remove', [trade]), ('add', [other])])
        self.assertEqual(self.enter()[0], Status.OK)

    def test_order_of_a_new_party_where_categories_are_named(self):
        trade, _, _ = self.create_categories()
        for new_parties in [True, False]:
            self.configure(ferry_new_parties=new_parties,
                ferry_order_categories=[('add', [trade])])
            reason = self.left_alone()
            self.assertIn(self.email, reason)
            self.assertIn("is no party yet", reason)
        with self.transaction():
            self.assertFalse(self.get('party.contact_mechanism').search(
                    [('value', '=', self.email)]))

    def test_order_of_who_may_be_in_a_category_is_reviewed(self):
        trade, _, _ = self.create_categories()
        self.configure(ferry_order_categories=[('add', [trade])])
        self.create_known("Twin A")
        second = self.create_known("Twin B")
        self.assertIn("Twin A, Twin B", self.left_alone())
        self.put_in(second, trade)
        self.assertIn("Twin A, Twin B", self.enter()[3])
        self.assertEqual(self.enter()[0], Status.REJECTED)
        self.reference += 'b'
        status, _, _, reason = self.enter(
            customer={'erp_code': 'K-gone', 'email': ''})
        self.assertEqual(status, Status.REJECTED)
        self.assertIn('"K-gone"', reason)

    def test_a_category_that_a_shop_takes_orders_of_is_not_deleted(self):
        trade, _, _ = self.create_categories()
        self.configure(ferry_order_categories=[('add', [trade])])
        with self.assertRaises(ForeignKeyError), self.transaction():
            Category = self.get('party.category')
            Category.delete(Category.search([('parent', 'child_of', [trade])]))

    def test_customer_by_tax_identifier(self):
        with self.transaction():
            party, = self.get('party.party').create([{
                        'name': "Taxed",
                        'identifiers': [('create', [{
                                        'type': 'eu_vat',
                                        'code': 'BE0897290877'}])]}])
            party = party.id
        customer = {'tax_identifier': 'BE 0897.290.877'}
        with self.sale(customer=customer) as sale:
            self.assertEqual(sale.party.id, party)
            self.get('party.party').copy([self.get('party.party')(party)],
                default={'name': "Twin"})
        self.reference += 'b'
        reason = self.rejected(customer=customer)
        self.assertIn("Taxed, Twin", reason)
        self.assertIn('"BE 0897.290.877"', reason)

    def test_new_party_has_its_tax_identifier(self):
        for text, expected in [
                ('BE 0428.759.497', ['BE0428759497']), ('BE 1', [])]:
            self.reference += 'x'
            self.email = 'x' + self.email
            with self.subTest(text=text), self.sale(
                    customer={'tax_identifier': text}) as sale:
                self.assertEqual(
                    [i.code for i in sale.party.identifiers], expected)

    def test_name_is_no_guess(self):
        "Nobody is taken for another of the same name"
        first = self.enter_well()
        self.reference += 'b'
        second = self.enter_well(customer={'email': 'other.' + self.email})
        with self.transaction():
            Sale = self.get('sale.sale')
            self.assertEqual(Sale(first).party.name, Sale(second).party.name)
            self.assertNotEqual(Sale(first).party, Sale(second).party)
