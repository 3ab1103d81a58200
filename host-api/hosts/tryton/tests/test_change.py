# This file is part of Ferry.  The LICENSE file at the top level of this
# repository contains the full license terms.
import select
from decimal import Decimal
from unittest.mock import patch

import psycopg2
import psycopg2.extensions

from trytond.config import config
from trytond.modules.ferry import change, engine, schema
from trytond.modules.ferry.tests.tools import DatabaseTestCase, order
from trytond.transaction import Transaction


class ChangeTestCase(DatabaseTestCase):

    def setUp(self):
        super().setUp()
        patcher = patch.object(engine, 'committed')
        self.committed = patcher.start()
        self.addCleanup(patcher.stop)
        self.sql('DELETE FROM ferry.change_hint')

    def hints(self, feed='stock'):
        return sorted(key for key, in self.sql(
                'SELECT key FROM ferry.change_hint WHERE feed = %s', feed))

    def forget(self):
        self.sql('DELETE FROM ferry.change_hint')
        self.committed.reset_mock()

    def test_create_write_delete(self):
        with self.transaction():
            move = self.create_move('T001A')
            first, second = self.product('T001A').id, self.product('T002A').id
        self.assertEqual(self.hints(), [first])
        self.committed.assert_called_once_with(self.database)
        self.forget()
        Move = self.get('stock.move')
        with self.transaction():
            Move.write([Move(move.id)], {'product': second})
        self.assertEqual(self.hints(), sorted([first, second]))
        self.forget()
        with self.transaction():
            Move.do([Move(move.id)])
        self.assertEqual(self.hints(), [second])
        self.forget()
        with self.transaction():
            move = self.create_move('T003A')
            third = move.product.id
        self.forget()
        with self.transaction():
            Move.delete([Move(move.id)])
        self.assertEqual(self.hints(), [third])

    def test_one_hint_for_many_writes(self):
        with self.transaction():
            moves = [self.create_move('T001A') for _ in range(3)]
            self.get('stock.move').do(moves)
            product = self.product('T001A').id
        self.assertEqual(self.hints(), [product])

    def test_same_transaction(self):
        with self.transaction() as transaction:
            self.create_move()
            transaction.commit()
            cursor = transaction.connection.cursor()
            cursor.execute('SELECT txid::text, xmin::text, pg_snapshot_xmax('
                'pg_current_snapshot())::text FROM ferry.change_hint')
            (txid, xmin, _), = cursor.fetchall()
            cursor.execute(
                'SELECT max(xmin::text::bigint)::text FROM stock_move')
            (move_xmin,), = cursor.fetchall()
            # the hint was released from its savepoint into the transaction
            # that wrote the move
            self.assertEqual(txid, move_xmin)

    def test_rollback(self):
        with self.transaction(commit=False):
            self.create_move()
        self.assertEqual(self.hints(), [])
        self.committed.assert_not_called()

    def test_retry_in_the_same_transaction(self):
        "The dispatcher rolls back and reuses the transaction"
        with self.transaction() as transaction:
            self.create_move('T001A')
            transaction.rollback()
            self.create_move('T002A')
            second = self.product('T002A').id
        self.assertEqual(self.hints(), [second])

    def test_commit_twice(self):
        "Every RPC does"
        with self.transaction() as transaction:
            self.create_move()
            transaction.commit()
            transaction.commit()
        self.assertEqual(len(self.hints()), 1)
        self.committed.assert_called_once_with(self.database)

    def test_failed_save_reports_nothing(self):
        with self.assertRaises(Exception):
            with self.transaction():
                self.create_move(quantity=Decimal('1.23456'))
        self.assertEqual(self.hints(), [])

    def test_nothing_concerned(self):
        with self.transaction() as transaction:
            self.get('res.group').create([{'name': "Somebody"}])
            self.assertNotIn(change.Hints(), transaction._datamanagers)
        self.committed.assert_not_called()

    def test_models(self):
        with self.transaction():
            product = self.product('T004A')
            id_ = product.id
            product.template.salable = False
            product.template.save()
        self.assertIn(id_, self.hints())
        self.forget()
        with self.transaction():
            Location = self.get('stock.location')
            storage, = Location.search([('code', '=', 'STO')])
            bin_, = Location.create([{
                        'name': "Bin", 'type': 'storage',
                        'parent': storage.id}])
        self.assertEqual(self.hints(), [])
        with self.transaction():
            Location.write([Location(bin_.id)], {'parent': None})
        self.assertEqual(self.hints(), [0])
        self.forget()
        with self.transaction():
            Uom = self.get('product.uom')
            uom, = Uom.create([{
                        'name': "Dozen", 'symbol': 'dz', 'rate': 0.1,
                        'factor': 10.0, 'digits': 0, 'rounding': 1,
                        'category': Uom.search([], limit=1)[0].category.id}])
            self.forget()
        with self.transaction():
            Uom.write([Uom(uom.id)], {'digits': 1})
        self.assertEqual(self.hints(), [0])

    def test_shop(self):
        with self.transaction():
            shop = self.create_shop()
            product = self.product('T005A').id
        self.forget()
        Shop = self.get('web.shop')
        with self.transaction():
            Shop.write([Shop(shop.id)], {'products': [('add', [product])]})
        self.assertIn(product, self.hints())
        self.forget()
        with self.transaction():
            Shop.write([Shop(shop.id)], {'products': [('remove', [product])]})
        self.assertIn(product, self.hints())
        self.forget()
        with self.transaction():
            Shop.write([Shop(shop.id)], {'ferry_safety_stock': Decimal(3)})
        self.assertEqual(self.hints(), [0])

    def test_sale(self):
        from trytond.modules.ferry import order as entry
        with self.transaction():
            shop = self.create_shop().id
            product = self.product('T001A').id
        status, sale, number, reason = entry.enter(
            self.database, shop, 'C1', order('C1'))
        self.assertEqual((status, reason), (0, ''))
        self.assertIn(product, self.hints())
        self.assertIn(sale, self.hints('order_status'))
        # what leaves, and who takes it, is told of the sale
        self.forget()
        Shipment = self.get('stock.shipment.out')
        with self.transaction():
            shipment, = self.get('sale.sale')(sale).shipments
            Shipment.write([shipment], {'reference': 'T1'})
            shipment = shipment.id
        self.assertEqual(self.hints('order_status'), [sale])
        for button in ['assign_force', 'pick', 'pack', 'done']:
            self.forget()
            with self.transaction():
                getattr(Shipment, button)([Shipment(shipment)])
            self.assertEqual(self.hints('order_status'), [sale], button)
        self.forget()
        with self.transaction():
            self.create_move('T001A')
            move = self.create_move('T002A')
            self.get('stock.move').do([move])
        self.assertEqual(self.hints('order_status'), [], "a receipt")
        # what a person returns of it
        Sale = self.get('sale.sale')
        with self.transaction():
            returned, = Sale.copy(
                [Sale(sale)], default={'origin': 'sale.sale,%d' % sale})
            returned = returned.id
        for button in ['quote', 'confirm', 'process']:
            self.forget()
            with self.transaction():
                getattr(Sale, button)([Sale(returned)])
            self.assertEqual(self.hints('order_status'), [sale], button)

    def test_invoice_and_ignored_move(self):
        from trytond.modules.ferry import order as entry
        with self.transaction():
            shop = self.create_shop().id
        status, sale, number, reason = entry.enter(
            self.database, shop, 'C2', order('C2'))
        self.assertEqual((status, reason), (0, ''))
        Invoice = self.get('account.invoice')
        Sale, Line = self.get('sale.sale'), self.get('sale.line')
        with self.transaction():
            Sale.process([Sale(sale)])
        self.forget()
        with self.transaction():
            invoice, = Sale(sale).invoices
            Invoice.write([invoice], {'comment': 'no news'})
            invoice = invoice.id
        self.assertEqual(self.hints('order_status'), [], "a comment")
        with self.transaction():
            Invoice.write([Invoice(invoice)], {'number': 'I1'})
        self.assertEqual(self.hints('order_status'), [sale], "numbered")
        self.forget()
        with self.transaction():
            credit, = Invoice.credit([Invoice(invoice)])
            Invoice.write([credit], {'number': 'I2'})
        self.assertEqual(self.hints('order_status'), [sale], "credited")
        self.forget()
        with self.transaction():
            line = Sale(sale).lines[0]
            Line.write([line], {
                    'moves_ignored': [('add', [m.id for m in line.moves])]})
        self.assertEqual(self.hints('order_status'), [sale], "ignored")

    def test_kit(self):
        Template = self.get('product.template')
        with self.transaction():
            cup = self.product('T006A')
            kit, = Template.create([{
                        'name': "Set", 'type': 'kit',
                        'default_uom': cup.default_uom.id,
                        'sale_uom': cup.default_uom.id, 'salable': True,
                        'account_category': cup.template.account_category.id,
                        'list_price': Decimal(50),
                        'products': [('create', [{'suffix_code': 'KIT'}])],
                        'components': [('create', [{
                                        'product': cup.id, 'quantity': 4,
                                        'unit': cup.default_uom.id}])]}])
            variant = kit.products[0].id
        self.forget()
        Component = self.get('product.component')
        with self.transaction():
            component, = Component.search([])
            Component.write([component], {'quantity': 6})
        self.assertEqual(self.hints(), [variant])
        self.forget()
        with self.transaction():
            Component.delete(Component.search([]))
        self.assertEqual(self.hints(), [variant])

    PRICES = ['list_price', 'cost', 'discount', 'fixed_net_price']

    def price_hints(self):
        "The keys of each price feed, those without any left out"
        found = {feed: self.hints(feed) for feed in self.PRICES}
        self.forget()
        return {feed: keys for feed, keys in found.items() if keys}

    def test_prices(self):
        with self.transaction():
            product = self.product('T004A').id
        Product = self.get('product.product')
        with self.transaction():
            Template = self.get('product.template')
            Template.write(
                [Product(product).template], {'list_price': Decimal('12.34')})
        self.assertEqual(self.price_hints(),
            {'list_price': [product], 'fixed_net_price': [product]})
        with self.transaction():
            Product.write([Product(product)], {'cost_price': Decimal('3.5')})
        self.assertEqual(self.price_hints(),
            {'cost': [product], 'fixed_net_price': [product]})
        with self.transaction():
            template = Product(product).template
            template.account_category, = self.get('product.category').copy(
                [template.account_category])
            template.save()
        self.assertEqual(
            self.price_hints(), {feed: [product] for feed in self.PRICES})

    def test_rates(self):
        with self.transaction():
            Currency = self.get('currency.currency')
            Currency.create([{
                        'name': "Yen", 'code': 'JPY', 'symbol': "Y",
                        'digits': 0, 'rounding': Decimal(1)}])
        self.assertEqual(self.price_hints(), {})
        with self.transaction():
            yen, = Currency.search([('code', '=', 'JPY')])
            self.get('currency.currency.rate').create(
                [{'currency': yen.id, 'rate': Decimal(130)}])
        self.assertEqual(
            self.price_hints(), {feed: [0] for feed in self.PRICES})

    def test_taxes(self):
        Category, Tax = self.get('product.category'), self.get('account.tax')
        everything = {
            feed: [0] for feed in ['list_price', 'discount', 'fixed_net_price']}
        with self.transaction():
            product = self.product('T002A')
            id_ = product.id
            above, = Category.copy([product.template.account_category])
            tax, = Tax.copy(above.customer_taxes)
            above.customer_taxes = [tax]
            above.save()
            above, tax = above.id, tax.id
            below, = Category.create([{
                        'name': "Below", 'accounting': True, 'parent': above,
                        'taxes_parent': True}])
            product.template.account_category = below
            product.template.save()
        self.forget()
        with self.transaction():
            Category.write([Category(above)],
                {'customer_taxes': [('remove', [tax])]})
        self.assertIn(id_, self.hints('list_price'))
        self.forget()
        with self.transaction():
            Tax.write([Tax(tax)], {'rate': Decimal('0.25')})
        self.assertEqual(self.price_hints(), everything)
        with self.transaction():
            Category.write([Category(below.id)], {'taxes_parent': False})
        self.assertEqual(self.price_hints(), everything)

    def test_price_lists(self):
        PriceList = self.get('product.price_list')
        Line = self.get('product.price_list.line')
        with self.transaction():
            product = self.product('T003A').id
            list_, = PriceList.create([{
                        'name': "Trade", 'company': self.company,
                        'lines': [('create', [{
                                        'product': product,
                                        'formula': 'unit_price * 0.9'}])]}])
        self.assertEqual(self.price_hints(),
            {'discount': [product], 'fixed_net_price': [product]})
        with self.transaction():
            PriceList.write([PriceList(list_.id)], {'lines': [('create', [{
                                'formula': 'unit_price'}])]})
        self.assertEqual(
            self.price_hints(), {'discount': [0], 'fixed_net_price': [0]})
        with self.transaction():
            Line.delete(Line.search([('product', '=', product)]))
        self.assertEqual(self.price_hints(),
            {'discount': [product], 'fixed_net_price': [product]})
        with self.transaction():
            category, = self.get('product.category').create([{'name': "Cups"}])
            template = self.product('T003A').template
            template.categories = [category]
            template.save()
        self.assertEqual(self.price_hints(),
            {'discount': [product], 'fixed_net_price': [product]})

    def test_notification(self):
        listener = psycopg2.connect(
            config.get('database', 'uri').rstrip('/') + '/' + self.database)
        self.addCleanup(listener.close)
        listener.autocommit = True
        listener.cursor().execute('LISTEN ferry')
        with self.transaction():
            self.create_move()
            self.create_shop()
        self.assertTrue(select.select([listener], [], [], 10)[0])
        listener.poll()
        self.assertEqual(
            {n.payload for n in listener.notifies}, {'stock', 'channel'})

    def test_wakes_after_the_commit(self):
        seen = []
        self.committed.side_effect = lambda name: seen.append(self.hints())
        with self.transaction():
            self.create_move()
        self.assertEqual(len(seen[0]), 1)


class MissingSchemaTestCase(DatabaseTestCase):
    "The ERP works as if Ferry were not there"
    with_schema = False

    def setUp(self):
        super().setUp()
        schema.forget()
        self.addCleanup(schema.forget)

    def save(self):
        with self.transaction():
            move = self.create_move()
        Move = self.get('stock.move')
        with self.transaction():
            self.assertEqual(Move(move.id).product.code, 'T001A')
            Move.delete([Move(move.id)])

    def test_save(self):
        self.save()

    def test_screens(self):
        with self.transaction():
            shop = self.create_shop()
            for name in ['ferry.job', 'ferry.run', 'ferry.publication',
                    'ferry.exchange', 'ferry.portal_order', 'ferry.alert',
                    'ferry.refusal']:
                self.assertEqual(self.get(name).search([]), [])
            self.assertIn("do not exist in this database yet",
                shop.ferry_status)
            sale, = self.get('sale.sale').create([{
                        'party': shop.guest_party.id,
                        'currency': shop.currency.id,
                        'web_shop': shop.id, 'web_id': 'x'}])
            self.assertIsNone(sale.ferry_portal)

    def test_without_rights(self):
        self.sql('CREATE SCHEMA ferry')
        self.sql('CREATE TABLE ferry.change_hint (feed text, key bigint)')
        self.addCleanup(self.sql, 'DROP SCHEMA ferry CASCADE')
        with patch.object(schema, '_QUERY', 'SELECT true, false, false'):
            schema.forget()
            self.save()
            with self.transaction():
                self.assertIn("grant it USAGE", self.create_shop().ferry_status)
        self.assertEqual(self.sql('SELECT * FROM ferry.change_hint'), [])

    def test_schema_lost_while_running(self):
        "The answer is remembered; the savepoint saves the user's work"
        self.sql('CREATE SCHEMA ferry')
        self.sql('CREATE TABLE ferry.change_hint (feed text, key bigint)')
        self.save()
        self.assertEqual(
            len(self.sql('SELECT * FROM ferry.change_hint')), 2)
        self.sql('DROP SCHEMA ferry CASCADE')
        change._complained = 0
        with self.assertLogs('ferry', 'WARNING') as logs:
            self.save()
        self.assertEqual(len(logs.records), 1)
        self.assertIn('found by its next comparison', logs.output[0])
