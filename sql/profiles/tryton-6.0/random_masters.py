"""Random products and customers in a real Tryton database, for compare_masters_with_tryton.py."""
import datetime as dt
import random
from decimal import Decimal

LANGUAGES = ('en', 'de', 'es', 'es_419')
LINKS = ('https://img.example/%s.jpg', 'http://img.example/%s.PNG?size=2', 'https://img.example/a/%s.webp#top',
         'https://intra.example/%s.pdf', 'https://intra.example/%s', 'file:///srv/%s.jpg', 'https://intra.example/x?y=%s.jpg')
WORDS = ('Cup', 'Tasse "blau"', 'Ärmel', '100 % wool', "it's", 'Back\\slash', 'Zange', '<b>bold</b>', 'Żuraw')
# valid ones, as stdnum has them
IDENTIFIERS = (
    ('eu_vat', 'BE0897290877'), ('eu_vat', 'ATU12345675'), ('de_vat', '136695976'), ('de_vat', 'DE136695976'),
    ('be_vat', '0897290877'), ('fr_tva', '23334175221'), ('nl_btw', '004495445B01'), ('es_nif', '54362315K'),
    ('gr_vat', '023456780'), ('it_iva', '00743110157'), ('gb_vat', '980780684'), ('ch_vat', 'CHE-107.787.577 IVA'),
    ('us_ein', '91-1144442'), ('dk_cvr', '13585628'), ('pl_nip', '8567346215'), ('mx_rfc', 'GODE 561231 GR8'),
    ('de_stnr', '18181508155'), (None, 'anything'))


class World:
    """Random master data, made through Tryton's own models."""

    def __init__(self, pool, shop, seed):
        self.pool, self.random = pool, random.Random(seed)
        self.shop = pool.get('web.shop')(shop)
        self.company = self.shop.company
        self.count = 0

    def text(self, field='name'):
        self.count += 1
        word = {'symbol': 'ü', 'selection': 'red: ' + self.random.choice(WORDS)}.get(field) or self.random.choice(WORDS)
        return '%s %s' % (word, self.count)

    def some(self, of, most):
        return self.random.sample(of, self.random.randint(0, min(most, len(of))))

    def translate(self, records, field):
        """Some in some languages; some of these made fuzzy by a later change of the original."""
        from trytond.transaction import Transaction
        Model = type(records[0])
        for language in LANGUAGES[1:]:
            for record in records:
                if self.random.random() < .4:
                    with Transaction().set_context(language=language):
                        Model.write([Model(record.id)], {field: self.text(field)})
        for record in records:
            if self.random.random() < .2 and field != 'selection':
                Model.write([Model(record.id)], {field: self.text(field)})

    def languages(self):
        Lang = self.pool.get('ir.lang')
        Lang.write(Lang.search([('code', 'in', LANGUAGES)]), dict(translatable=True))

    def categories(self):
        Category = self.pool.get('product.category')
        made = []
        for _ in range(14):
            made += Category.create([dict(name=self.text(),
                parent=self.random.choice(made).id if made and self.random.random() < .7 else None)])
        self.translate(made, 'name')
        return made

    def attributes(self):
        Attribute, Set = self.pool.get('product.attribute'), self.pool.get('product.attribute.set')
        self.kinds = Attribute.create([dict(name=name, string=name, type_=kind, selection='red: Red\nblue : Blue: dark\n'
            if 'selection' in kind else None) for name, kind in (
                ('ok', 'boolean'), ('count', 'integer'), ('Text', 'char'), ('ratio', 'float'), ('weight', 'numeric'),
                ('made', 'date'), ('seen', 'datetime'), ('colour', 'selection'), ('colours', 'multiselection'))])
        self.translate([a for a in self.kinds if 'selection' in a.type_], 'selection')
        return [Set.create([dict(name='Set %s' % n, attributes=[('add', [a.id for a in self.some(self.kinds, 8)])])])[0]
                for n in range(4)]

    def value(self, kind):
        pick = self.random
        return {'boolean': pick.random() < .5, 'integer': pick.randint(-5, 10 ** 6), 'char': self.text(),
                'float': pick.randint(-999, 999) / 8, 'numeric': Decimal(pick.randint(0, 10 ** 6)) / 1000,
                'date': dt.date(2026, pick.randint(1, 12), pick.randint(1, 28)),
                'datetime': dt.datetime(2026, 1, pick.randint(1, 28), pick.randint(0, 23), pick.randint(0, 59), 7),
                'selection': pick.choice(['red', 'blue']), 'multiselection': self.some(['red', 'blue'], 2)}[kind]

    def products(self, count, categories, sets):
        Template, Uom = self.pool.get('product.template'), self.pool.get('product.uom')
        units = Uom.search([('symbol', 'in', ['u', 'kg', 'g', 'm', 'h'])])
        self.translate(units, 'symbol')
        made = []
        for number in range(count):
            unit = self.random.choice(units)
            attributes = [{a.name: self.value(a.type_) for a in self.some(self.kinds, 9)} for _ in range(3)]
            template, = Template.create([dict(name=self.text(), code='MASTER%s' % number, type='goods', salable=True,
                default_uom=unit.id, sale_uom=unit.id, list_price=Decimal(1),
                attribute_set=self.random.choice(sets + [None] * 1) and self.random.choice(sets).id,
                categories=[('add', [c.id for c in self.some(categories, 3)])],
                products=[('create', [dict(suffix_code='-%s' % n, description=self.random.choice([None, self.text() + '\nmore']),
                    attributes=attributes[n], cost_price=Decimal(1)) for n in range(self.random.randint(1, 3))])])])
            made.append(template)
        products = [p for t in made for p in t.products]
        self.translate(made, 'name')
        self.translate([p for p in products if p.description], 'description')
        for record in made + products:
            self.attach(record)
        self.pool.get('web.shop').write([self.shop], dict(products=[('add', [p.id for p in products])]))

    def attach(self, record):
        Attachment = self.pool.get('ir.attachment')
        for link in self.some(LINKS, 3):
            self.count += 1
            Attachment.create([dict(name='a', type='link', link=link % self.count, resource=str(record))])

    def contacts(self):
        kinds = [('email', 'Me%s@Example.com'), ('email', 'none%s'), ('phone', '+49 89 12345%s'), ('mobile', '+49 171 12345%s'),
                 ('website', 'https://example.com/%s')]
        found = []
        for kind, value in self.some(kinds * 2, 5):
            self.count += 1
            found.append(dict(type=kind, value=value % (10 + self.count % 90), active=self.random.random() < .8,
                sequence=self.random.choice([None, 1, 2])))
        return found

    def addresses(self, subdivision):
        return [self.random.choice([dict(), dict(country=subdivision.country.id, subdivision=subdivision.id)]) | dict(
            party_name=self.random.choice([None, self.text()]), name=self.random.choice([None, 'Tower']),
            street=self.random.choice([None, 'Gasse 1', 'Gasse 2\n  Hof \n\n3. Stock\n']),
            sequence=self.random.choice([None, 1, 2]), postal_code=self.random.choice([None, '80331']), city=self.random.choice([None, 'München']),
            invoice=self.random.random() < .5, delivery=self.random.random() < .5, active=self.random.random() < .9)
            for _ in range(self.random.randint(0, 3))]

    def lists(self):
        PriceList = self.pool.get('product.price_list')
        made = PriceList.create([dict(name='List "%s"' % n, company=self.company.id) for n in range(3)])
        configuration = self.pool.get('sale.configuration')(1)
        configuration.sale_price_list = made[0]
        configuration.save()
        return made

    def parties(self, count, lists):
        Party, Category = self.pool.get('party.party'), self.pool.get('party.category')
        Subdivision, Country = self.pool.get('country.subdivision'), self.pool.get('country.country')
        germany, = Country.search([('code', '=', 'DE')])
        subdivision, = Subdivision.create([dict(name='Bayern', code='DE-BY', type='state', country=germany.id)])
        self.groups = Category.create([dict(name='Trade')])
        self.groups += Category.create([dict(name='Retail', parent=self.groups[0].id), dict(name='Others')])
        made = []
        for number in range(count):
            identifiers = [dict(type=kind, code=code, sequence=self.random.choice([None, 1, 2]))
                           for kind, code in self.some(IDENTIFIERS, 3)]
            party, = Party.create([dict(name=self.random.choice([None, self.text()]) if number % 9 == 0 else self.text(),
                addresses=[('create', self.addresses(subdivision))], identifiers=[('create', identifiers)],
                contact_mechanisms=[('create', self.contacts())], active=number % 13 != 0,
                categories=[('add', [c.id for c in self.some(self.groups, 2)])])])
            if self.random.random() < .6:
                party.sale_price_list = self.random.choice(lists + [None])
                party.save()
            made.append(party)
        return made

    def sales(self, parties):
        Sale, Invoice, Party = self.pool.get('sale.sale'), self.pool.get('account.invoice'), self.pool.get('party.party')
        product = next(p for p in self.shop.products if p.template.account_category)
        for party in parties:
            # Tryton cannot print the invoice of a party without a name
            if not party.name or not party.addresses or not party.active or self.random.random() < .3:
                continue
            sale = Sale(company=self.company, currency=self.company.currency, party=party)
            if self.random.random() < .5:
                sale.web_shop, sale.web_id = self.shop, 'order of %s' % party.code
            sale.on_change_party()
            sale.invoice_address = sale.shipment_address = party.addresses[0]
            sale.invoice_method, sale.shipment_method = 'order', 'order'
            sale.warehouse, = self.pool.get('stock.location').search([('type', '=', 'warehouse')], limit=1)
            sale.lines = [self.line(product)]
            sale.save()
            depth = self.random.randint(0, 3)
            if depth > 0:
                Sale.quote([sale])
                Sale.confirm([sale])
            if depth > 1:
                Sale.process([sale])
            if depth > 2:
                invoices = list(Sale(sale.id).invoices)
                Invoice.write(invoices, dict(invoice_date=self.pool.get('ir.date').today()))
                Invoice.post(invoices)
            if self.random.random() < .8:
                limit = self.random.choice([-1, 0, 0, 1]) + Sale(sale.id).total_amount
                Party.write([party], dict(credit_limit_amount=limit))

    def line(self, product):
        line = self.pool.get('sale.line')(type='line', product=product, quantity=float(self.random.randint(1, 9)),
            unit=product.sale_uom, unit_price=Decimal(self.random.randint(1, 10 ** 6)) / 1000)
        line.description = ''
        return line

    def build(self, count):
        self.languages()
        self.products(count, self.categories(), self.attributes())
        self.sales(self.parties(count, self.lists()))
