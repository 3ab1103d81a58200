"""Makes an empty database the ERP of a small company that trades: run by erp.py in a process of its own.

usage: TRYTOND_CONFIG=... bootstrap.py DATABASE PRODUCTS
The modules are active already. Amounts and tax are those of the stage's shop, so that an order's total agrees.
"""
import datetime as dt
import os
import sys
from decimal import Decimal

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))

from trytond.config import config  # noqa: E402

config.update_etc(os.environ['TRYTOND_CONFIG'])

from trytond.pool import Pool  # noqa: E402
from trytond.transaction import Transaction  # noqa: E402

from installer.stage.vendure import STANDARD_TAX, sku  # noqa: E402

TODAY = dt.date.today()
STOCK = 100.0  # of each product
ORDER_USER = 'orders'


class Company:
    """Each step is one transaction; what later steps need of it is kept as ids."""

    def __init__(self, database, products):
        self.database = database
        self.products = products
        self.context = {}
        self.ids = {}

    def transaction(self):
        return Transaction().start(self.database, 1, context=dict(self.context))

    def build(self):
        for step in (self.company, self.chart, self.fiscal_years, self.taxes, self.countries, self.goods, self.services,
                     self.parties, self.stock, self.users, self.finish):
            with self.transaction():
                step()

    def company(self):
        pool = Pool()
        euro, = pool.get('currency.currency').create([dict(
            name='Euro', code='EUR', numeric_code='978', symbol='€', digits=2, rounding=Decimal('0.01'),
            rates=[('create', [dict(date=dt.date(2020, 1, 1), rate=Decimal(1))])])])
        party, = pool.get('party.party').create([dict(name='Hanse Handel GmbH', addresses=[('create', [dict(
            street='Hauptstr. 1', postal_code='10115', city='Berlin')])])])
        company, = pool.get('company.company').create([dict(party=party.id, currency=euro.id)])
        User = pool.get('res.user')
        User.write([User(1)], dict(companies=[('add', [company.id])], company=company.id))
        self.ids.update(company=company.id, euro=euro.id)
        self.context = dict(company=company.id, language='en')

    def chart(self):
        pool = Pool()
        Account = pool.get('account.account')
        template, = pool.get('account.account.template').search([('parent', '=', None)], limit=1)
        CreateChart = pool.get('account.create_chart', type='wizard')
        session, _, _ = CreateChart.create()
        wizard = CreateChart(session)
        wizard.account.account_template = template
        wizard.account.company = self.ids['company']
        wizard.transition_create_account()
        accounts = {kind: Account.search([(f'type.{kind}', '=', True)], limit=1)[0]
                    for kind in ('receivable', 'payable', 'revenue', 'expense')}
        wizard.properties.company = self.ids['company']
        wizard.properties.account_receivable = accounts['receivable']
        wizard.properties.account_payable = accounts['payable']
        wizard.properties.category_account_revenue = accounts['revenue']
        wizard.properties.category_account_expense = accounts['expense']
        wizard.transition_create_properties()
        CreateChart.delete(session)
        self.ids.update((kind, account.id) for kind, account in accounts.items())

    def fiscal_years(self):
        pool = Pool()
        ModelData = pool.get('ir.model.data')
        FiscalYear = pool.get('account.fiscalyear')
        company = self.ids['company']
        for year in (TODAY.year - 1, TODAY.year, TODAY.year + 1):
            posts, = pool.get('ir.sequence').create([dict(
                name=f'Moves {year}', company=company,
                sequence_type=ModelData.get_id('account', 'sequence_type_account_move'))])
            invoices, = pool.get('ir.sequence.strict').create([dict(
                name=f'Invoices {year}', prefix=f'{year}-', company=company,
                sequence_type=ModelData.get_id('account_invoice', 'sequence_type_account_invoice'))])
            numbers = dict.fromkeys(('out_invoice_sequence', 'in_invoice_sequence', 'out_credit_note_sequence',
                                     'in_credit_note_sequence'), invoices.id)
            fiscal_year, = FiscalYear.create([dict(
                name=str(year), start_date=dt.date(year, 1, 1), end_date=dt.date(year, 12, 31), company=company,
                post_move_sequence=posts.id, invoice_sequences=[('create', [dict(numbers, company=company)])])])
            FiscalYear.create_period([fiscal_year])

    def taxes(self):
        pool = Pool()
        account, = pool.get('account.account').search([('name', '=', 'Main Tax')])
        tax, = pool.get('account.tax').create([dict(
            name=f'VAT {STANDARD_TAX}%', description=f'VAT {STANDARD_TAX}%', type='percentage',
            rate=Decimal(STANDARD_TAX) / 100, company=self.ids['company'], invoice_account=account.id,
            credit_note_account=account.id)])
        term, = pool.get('account.invoice.payment_term').create([dict(name='30 days', lines=[('create', [dict(
            type='remainder', relativedeltas=[('create', [dict(days=30)])])])])])
        self.ids.update(tax=tax.id, term=term.id)

    def countries(self):
        Pool().get('country.country').create([
            dict(name='Germany', code='DE', code3='DEU', code_numeric='276'),
            dict(name='Austria', code='AT', code3='AUT', code_numeric='040')])

    def goods(self):
        pool = Pool()
        Template = pool.get('product.template')
        category, = pool.get('product.category').create([dict(
            name='Goods', accounting=True, account_revenue=self.ids['revenue'], account_expense=self.ids['expense'],
            customer_taxes=[('add', [self.ids['tax']])])])
        unit, = pool.get('product.uom').search([('symbol', '=', 'u')])
        self.ids['template'] = dict(default_uom=unit.id, sale_uom=unit.id, salable=True, account_category=category.id,
                                    cost_price_method='fixed')
        templates = Template.create([dict(
            self.ids['template'], name=f'Item {number:06d}', code=sku(number), type='goods',
            list_price=Decimal(1000 + number % 500) / 100, products=[('create', [dict(cost_price=Decimal('6.5'))])])
            for number in range(1, self.products + 1)])
        self.ids['goods'] = [product.id for template in templates for product in template.products]

    def services(self):
        pool = Pool()
        shipping, rounding = pool.get('product.template').create([dict(
            self.ids['template'], name=name, code=code, type='service', list_price=Decimal(price),
            products=[('create', [dict(cost_price=Decimal(0))])])
            for name, code, price in (('Shipping', 'SHIPPING', 5), ('Adjustment', 'ADJUSTMENT', 0))])
        carrier, = pool.get('party.party').create([dict(name='Post')])
        pool.get('carrier').create([dict(party=carrier.id, carrier_product=shipping.products[0].id)])

    def parties(self):
        Configuration = Pool().get('account.configuration')
        configuration = Configuration(1)
        configuration.default_customer_payment_term = self.ids['term']
        configuration.save()
        Pool().get('party.party').create([dict(name='Guests of the shop')])

    def stock(self):
        pool = Pool()
        Inventory = pool.get('stock.inventory')
        warehouse, = pool.get('stock.location').search([('type', '=', 'warehouse')])
        inventory, = Inventory.create([dict(
            location=warehouse.storage_location.id, company=self.ids['company'], date=TODAY - dt.timedelta(days=1),
            empty_quantity='keep',
            lines=[('create', [dict(product=product, quantity=STOCK) for product in self.ids['goods']])])])
        Inventory.confirm([inventory])

    def users(self):
        pool = Pool()
        ModelData = pool.get('ir.model.data')
        groups = [ModelData.get_id(module, name) for module, name in (
            ('sale', 'group_sale'), ('stock', 'group_stock'), ('account', 'group_account'))]
        pool.get('res.user').create([dict(
            name='Order entry', login=ORDER_USER, companies=[('add', [self.ids['company']])], company=self.ids['company'],
            groups=[('add', groups)])])

    def finish(self):
        """Without this the web client opens the configuration wizards at the first log-in."""
        pool = Pool()
        Item = pool.get('ir.module.config_wizard.item')
        Item.write(Item.search([]), dict(state='done'))


def main():
    database, products = sys.argv[1], int(sys.argv[2])
    Pool.start()
    Pool(database).init()
    company = Company(database, products)
    company.build()


if __name__ == '__main__':
    main()
