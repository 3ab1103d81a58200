# This file is part of Ferry.  The LICENSE file at the top level of this
# repository contains the full license terms.
"""What is reported of the masters: products and customers."""
from decimal import Decimal
from unittest.mock import patch

from trytond.modules.ferry import engine, source
from trytond.modules.ferry.tests.tools import DatabaseTestCase, order


class MastersTestCase(DatabaseTestCase):

    def setUp(self):
        super().setUp()
        patcher = patch.object(engine, 'committed')
        patcher.start()
        self.addCleanup(patcher.stop)
        self.forget()

    def hints(self, feed):
        return sorted(key for key, in self.sql(
                'SELECT key FROM ferry.change_hint WHERE feed = %s', feed))

    def forget(self):
        self.sql('DELETE FROM ferry.change_hint')

    def saved(self, feed):
        "The keys of a feed, which are forgotten then"
        keys = self.hints(feed)
        self.forget()
        return keys

    def test_product_texts(self):
        Template = self.get('product.template')
        Product = self.get('product.product')
        with self.transaction():
            product = self.product('T005A')
            id_, template = product.id, product.template.id
        with self.transaction():
            Product.write([Product(id_)], {'description': "For tea"})
        self.assertEqual(self.saved('product'), [id_])
        with self.transaction(language='de'):
            Template.write([Template(template)], {'name': "Tasse"})
        self.assertEqual(self.saved('product'), [id_])
        with self.transaction():
            Product.write([Product(id_)], {'cost_price': Decimal(9)})
        self.assertEqual(self.saved('product'), [])
        with self.transaction():
            Template.write([Template(template)], {'list_price': Decimal(9)})
        self.assertEqual(self.saved('product'), [])
        Attachment = self.get('ir.attachment')
        for resource in [
                'product.product,%s' % id_, 'product.template,%s' % template]:
            with self.transaction():
                image, = Attachment.create([{
                            'name': "Image", 'type': 'link',
                            'link': 'https://img.example/1.png',
                            'resource': resource}])
            self.assertEqual(self.saved('product'), [id_], resource)
            with self.transaction():
                Attachment.delete([Attachment(image.id)])
            self.assertEqual(self.saved('product'), [id_], resource)
        with self.transaction():
            Attachment.create([{
                        'name': "Contract", 'type': 'link', 'link': 'x',
                        'resource': 'company.company,%s' % self.company}])
        self.assertEqual(self.saved('product'), [])

    def test_product_categories(self):
        Category = self.get('product.category')
        with self.transaction():
            product = self.product('T005A')
            id_ = product.id
            above, = Category.create([{'name': "Kitchen"}])
            category, = Category.create([{
                        'name': "Cups", 'parent': above.id}])
            self.forget()
            product.template.categories = [category]
            product.template.save()
            above, category = above.id, category.id
        self.assertEqual(self.saved('product'), [id_])
        with self.transaction():
            Category.write([Category(above)], {'name': "Household"})
        self.assertEqual(self.saved('product'), [id_])
        with self.transaction():
            Category.write([Category(category)], {'parent': None})
        self.assertEqual(self.saved('product'), [id_])
        with self.transaction():
            Category.delete([Category(category)])
        self.assertEqual(self.saved('product'), [id_])

    def test_product_attributes(self):
        Attribute = self.get('product.attribute')
        Set = self.get('product.attribute.set')
        Product = self.get('product.product')
        with self.transaction():
            id_ = self.product('T005A').id
            attribute, = Attribute.create([{
                        'name': 'colour', 'string': "Colour",
                        'type_': 'selection', 'selection': "r: Red"}])
        self.assertEqual(self.saved('product'), [])
        with self.transaction():
            set_, = Set.create([{
                        'name': "Cups",
                        'attributes': [('add', [attribute.id])]}])
        self.assertEqual(self.saved('product'), [0])
        with self.transaction():
            template = Product(id_).template
            template.attribute_set = set_.id
            template.save()
        self.assertEqual(self.saved('product'), [id_])
        with self.transaction():
            Product.write([Product(id_)], {'attributes': {'colour': 'r'}})
        self.assertEqual(self.saved('product'), [id_])
        with self.transaction():
            Attribute.write(
                [Attribute(attribute.id)], {'selection': "r: Rosy"})
        self.assertEqual(self.saved('product'), [0])

    def test_product_shop(self):
        Shop = self.get('web.shop')
        with self.transaction():
            shop = self.create_shop().id
            product = self.product('T005A').id
            german, = self.get('ir.lang').search([('code', '=', 'de')])
            german.translatable = True
            german.save()
            category, = self.get('product.category').create(
                [{'name': "Published"}])
        self.forget()
        with self.transaction():
            Shop.write([Shop(shop)], {'products': [('add', [product])]})
        self.assertEqual(self.saved('product'), [product])
        with self.transaction():
            Shop.write([Shop(shop)], {'products': [('remove', [product])]})
        self.assertEqual(self.saved('product'), [product])
        for values in [
                {'language': german.id},
                {'categories': [('add', [category.id])]},
                {'ferry_settings': '{"price_lists": ["1"]}'}]:
            with self.transaction():
                Shop.write([Shop(shop)], values)
            self.assertEqual(self.saved('product'), [0], values)
        with self.transaction():
            uom = self.product('T005A').default_uom
            uom.symbol = 'pc'
            uom.save()
        self.assertEqual(self.saved('product'), [0])

    def create_party(self, **values):
        with self.transaction():
            party, = self.get('party.party').create(
                [dict({'name': "Ada"}, **values)])
        return party.id

    def test_customer(self):
        Party = self.get('party.party')
        id_ = self.create_party(
            addresses=[('create', [{'street': "Gasse 1"}])],
            contact_mechanisms=[('create', [{
                            'type': 'email', 'value': 'ada@example.com'}])])
        self.assertEqual(self.saved('customer'), [id_])
        with self.transaction():
            category, = self.get('party.category').create([{'name': "B2B"}])
        self.assertEqual(self.saved('customer'), [])

        def save(change):
            with self.transaction():
                change(Party(id_))
            return self.saved('customer')

        def address(party):
            address, = party.addresses
            address.city = "Ulm"
            address.save()

        def email(party):
            mechanism, = party.contact_mechanisms
            mechanism.value = 'byron@example.com'
            mechanism.save()

        def drop_email(party):
            self.get('party.contact_mechanism').delete(
                party.contact_mechanisms)

        def identifier(party):
            Party.write([party], {'identifiers': [('create', [{
                                'type': 'eu_vat', 'code': 'BE0897290877'}])]})

        def categories(party):
            Party.write([party], {'categories': [('add', [category.id])]})

        for change_ in [
                lambda p: Party.write([p], {'name': "Ada Byron"}),
                address, email, drop_email, identifier, categories,
                lambda p: Party.write([p], {'active': False})]:
            self.assertEqual(save(change_), [id_], change_)
        self.assertEqual(save(lambda p: Party.write(
                        [p], {'lang': None})), [])
        with self.transaction():
            self.get('party.category').write(
                [category], {'parent': self.get('party.category').create(
                        [{'name': "All"}])[0].id})
        self.assertEqual(self.saved('customer'), [0])

    def test_customer_list_and_limit(self):
        Party = self.get('party.party')
        id_ = self.create_party()
        with self.transaction():
            list_, = self.get('product.price_list').create(
                [{'name': "Trade", 'company': self.company}])
        self.forget()
        for values in [
                {'sale_price_list': list_.id},
                {'sale_price_list': None},
                {'credit_limit_amount': Decimal(100)}]:
            with self.transaction():
                Party.write([Party(id_)], values)
            self.assertEqual(self.saved('customer'), [id_], values)
        with self.transaction():
            self.get('product.price_list').write([list_], {'name': "Retail"})
        self.assertEqual(self.saved('customer'), [0])

    def test_customer_buys(self):
        from trytond.modules.ferry import order as entry
        with self.transaction():
            shop = self.create_shop().id
        self.forget()
        status, sale, _, reason = entry.enter(
            self.database, shop, 'C2', order('C2', customer={
                    'name': "Bea", 'email': 'bea@example.com'}))
        self.assertEqual((status, reason), (0, ''))
        with self.transaction():
            party = self.get('sale.sale')(sale).party.id
        self.assertIn(party, self.saved('customer'))

    def test_customer_owes(self):
        from trytond.modules.account.tests import get_fiscalyear
        from trytond.modules.account_invoice.tests import (
            set_invoice_sequences)
        from trytond.modules.company.tests import set_company
        Account, Journal = self.get('account.account'), self.get(
            'account.journal')
        Move, Line = self.get('account.move'), self.get('account.move.line')
        id_ = self.create_party()
        with self.transaction():
            company = self.get('company.company')(self.company)
            with set_company(company):
                year = set_invoice_sequences(get_fiscalyear(company))
                year.save()
                year.create_period([year])
            receivable, = Account.search(
                [('type.receivable', '=', True)], limit=1)
            revenue, = Account.search([('type.revenue', '=', True)], limit=1)
            journal, = Journal.search([], limit=1)
            period = year.periods[0]
            self.forget()
            Move.create([{
                        'journal': journal.id, 'period': period.id,
                        'date': period.start_date, 'lines': [('create', [
                                    {'account': receivable.id, 'party': id_,
                                        'debit': Decimal(7)},
                                    {'account': revenue.id,
                                        'credit': Decimal(7)}])]}])
        self.assertEqual(self.saved('customer'), [id_])
        with self.transaction():
            line, = Line.search([('party', '=', id_)])
            Line.write([line], {'description': "Cups"})
        self.assertEqual(self.saved('customer'), [])
        with self.transaction():
            Move.delete([Line(line.id).move])
        self.assertEqual(self.saved('customer'), [id_])

    def test_customer_scope(self):
        Shop = self.get('web.shop')
        with self.transaction():
            shop = self.create_shop().id
            category, = self.get('party.category').create([{'name': "Shop"}])
            germany, = self.get('country.country').search(
                [('code', '=', 'DE')])
        self.forget()
        for values in [
                {'ferry_customers': 'all'},
                {'ferry_customer_categories': [('add', [category.id])]},
                {'ferry_customer_countries': [('add', [germany.id])]}]:
            with self.transaction():
                Shop.write([Shop(shop)], values)
            self.assertEqual(self.saved('customer'), [0], values)
        (settings,), = self.sql(
            'SELECT settings FROM ferry.channel WHERE id = %s', shop)
        self.assertEqual(
            (settings['customers'], settings['customer_categories'],
                settings['customer_countries']),
            ('all', [str(category.id)], ['DE']))

    def test_a_source_of_a_module_that_is_not_active_is_none(self):
        Line = self.get('account.move.line')

        def known():
            Line._ferry_sources = None
            return len(source.sources(Line))
        self.addCleanup(setattr, Line, '_ferry_sources', None)
        with patch.object(source, '_has_model', return_value=False):
            self.assertEqual(known(), 0)
        with self.transaction():
            self.assertEqual(known(), 1)
