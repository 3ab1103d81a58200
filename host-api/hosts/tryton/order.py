# This file is part of Ferry.  The LICENSE file at the top level of this
# repository contains the full license terms.
"""Order entry: a portal's order (schema ferry.order/1) becomes a sale, through
the routines of the sale module, in one transaction."""
import datetime as dt
import json
import logging
import time
from decimal import Decimal, InvalidOperation

from trytond import backend
from trytond.config import config
from trytond.exceptions import UserError, UserWarning
from trytond.i18n import gettext
from trytond.model.exceptions import SQLConstraintError
from trytond.modules.product import price_digits, round_price
from trytond.pool import Pool
from trytond.transaction import Transaction
from trytond.worker import run_task

from .abi import Status
from .exceptions import OrderRejected

__all__ = ['enter', 'find', 'Entry']

logger = logging.getLogger('ferry')

REASON_MAX = 1000  # characters


def find(database_name, channel, reference):
    "Return (status, id, number, reason)"
    def work(transaction):
        sale = _find_sale(channel, reference)
        if not sale:
            return Status.NOT_FOUND, 0, '', ''
        return Status.OK, sale.id, sale.number or sale.rec_name, ''
    return _transact(database_name, work)


def enter(database_name, channel, reference, document):
    "Return (status, id, number, reason)"
    def work(transaction):
        Shop = Pool().get('web.shop')
        _lock(transaction, channel, reference)
        sale = _find_sale(channel, reference)
        if not sale:
            shops = Shop.search([
                    ('id', '=', channel),
                    ('type', '=', 'ferry'),
                    ])
            if not shops:
                return Status.UNSUPPORTED, 0, '', gettext(
                    'ferry.msg_order_no_shop', channel=channel)
            shop, = shops
            with _as_order_user(transaction, shop):
                sale = Entry(Shop(shop.id), reference, document).enter()
        return Status.OK, sale.id, sale.number or sale.rec_name, ''
    return _transact(database_name, work)


class _Waited(Exception):
    "Somebody else entered the order meanwhile: look again, in a new snapshot"


def _lock(transaction, channel, reference):
    """One process at a time for the same order. The unique constraint alone
    would do, but those who race for it end in deadlocks."""
    key = 'ferry:' + web_id(channel, reference)
    cursor = transaction.connection.cursor()
    cursor.execute(
        'SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))', (key,))
    (locked,), = cursor.fetchall()
    if not locked:
        cursor.execute(
            "SET LOCAL lock_timeout = '10s'; "
            'SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))', (key,))
        raise _Waited('another process was entering the same order')


def _find_sale(channel, reference):
    Sale = Pool().get('sale.sale')
    sales = Sale.search([
            ('web_id', '=', web_id(channel, reference)),
            ])
    if sales:
        return sales[0]


def web_id(channel, reference):
    "The external reference; unique over all shops"
    return '%s:%s' % (channel, reference)


class _as_order_user:
    "The context in which a person would enter the order"

    def __init__(self, transaction, shop):
        self.transaction = transaction
        self.shop = shop

    def __enter__(self):
        User = Pool().get('res.user')
        shop, transaction = self.shop, self.transaction
        context = {}
        user = shop.ferry_order_user
        self._managers = [transaction.set_user(user.id if user else 0)]
        if user:
            context.update(User.get_preferences(context_only=True))
            context['_check_access'] = True
        context.update({
                'company': shop.company.id,
                '_skip_warnings': True,
                })
        if shop.language:
            context.setdefault('language', shop.language.code)
        self._managers.append(transaction.set_context(context))

    def __exit__(self, *args):
        for manager in reversed(self._managers):
            manager.__exit__(*args)


def _transact(database_name, work):
    """Run the work in one transaction, again when another one was in its way,
    and turn what happens into a status and one line for a clerk."""
    retry = config.getint('database', 'retry')
    lost_races = 0
    for count in range(retry, -1, -1):
        if count != retry:
            time.sleep(0.02 * (retry - count))
        try:
            with Transaction().start(database_name, 0) as transaction:
                try:
                    answer = work(transaction)
                    transaction.commit()
                except BaseException:
                    transaction.rollback()
                    transaction.tasks.clear()
                    raise
                tasks = list(transaction.tasks)
                transaction.tasks.clear()
        except (backend.DatabaseOperationalError, _Waited) as e:
            if count:
                continue
            return Status.BUSY, 0, '', _one_line(e)
        except SQLConstraintError as e:
            # Somebody was faster with the same order: it is found next time
            lost_races += 1
            if lost_races < 3:
                continue
            return Status.REJECTED, 0, '', _one_line(e.message)
        except (UserError, UserWarning) as e:
            return Status.REJECTED, 0, '', _one_line(
                ' '.join(filter(None, [e.message, e.description])))
        except _connection_errors() as e:
            return Status.RETRY, 0, '', _one_line(e)
        except Exception as e:
            logger.error('%s: order entry failed', database_name,
                exc_info=True)
            return Status.REJECTED, 0, '', _one_line(
                'The ERP failed with %r; see the log of the server.' % e)
        for task in tasks:
            run_task(Pool(database_name), task)
        return answer


def _connection_errors():
    errors = [MemoryError, OSError]
    try:
        from psycopg2 import InterfaceError
        errors.append(InterfaceError)
    except ImportError:
        pass
    return tuple(errors)


def _one_line(text):
    line = ' '.join(str(text).split())
    if len(line) > REASON_MAX:
        line = line[:REASON_MAX - 1] + '…'
    return line


def _plain(number):
    return format(number.normalize(), 'f')


def _same(value, other):
    "Whether two texts of an address are the same but for space and case"
    return ' '.join((value or '').split()).casefold() == ' '.join(
        (other or '').split()).casefold()


class Entry:
    "One order on its way into the sales of a shop"

    def __init__(self, shop, reference, document):
        self.shop = shop
        self.reference = reference
        try:
            self.order = json.loads(document)
            if (self.order['schema'] != 'ferry.order/1'
                    or self.order['reference'] != reference):
                raise ValueError('schema or reference')
        except (ValueError, TypeError, KeyError) as e:
            self.reject('ferry.msg_order_document', error=repr(e))

    def reject(self, message, **arguments):
        raise OrderRejected(gettext(
                message, order=self.reference, shop=self.shop.rec_name,
                **arguments))

    def enter(self):
        try:
            return self._enter()
        except (KeyError, TypeError, InvalidOperation) as e:
            logger.warning('order "%s" of "%s" cannot be read',
                self.reference, self.shop.rec_name, exc_info=True)
            self.reject('ferry.msg_order_document', error=repr(e))

    def _enter(self):
        pool = Pool()
        Sale = pool.get('sale.sale')
        if self.order['currency'] != self.shop.currency.code:
            self.reject('ferry.msg_order_currency',
                currency=self.order['currency'],
                expected=self.shop.currency.code)
        products = self.products()
        party = self.party()
        sale = self.sale(party)
        sale.lines = [
            self.line(sale, line, products[line['sku']])
            for line in self.order['lines']
            ] + self.charges(sale)
        sale.save()
        self.adjust(sale)
        Sale.quote([sale])
        self.check_total(Sale(sale.id))
        Sale.confirm([sale])
        return Sale(sale.id)

    # ---- customer -----------------------------------------------------------

    def party(self):
        pool = Pool()
        Party = pool.get('party.party')
        customer = self.order['customer']
        if customer.get('erp_code'):
            parties = Party.search([('code', '=', customer['erp_code'])])
            if not parties:
                self.reject('ferry.msg_order_customer_code',
                    code=customer['erp_code'])
            return parties[0]
        return self.party_by_email(customer) or self.new_party(customer)

    def party_by_email(self, customer):
        ContactMechanism = Pool().get('party.contact_mechanism')
        email = customer.get('email')
        if not email:
            return
        pattern = email.replace('\\', r'\\').replace('_', r'\_').replace(
            '%', r'\%')
        mechanisms = ContactMechanism.search([
                ('type', '=', 'email'),
                ('value', 'ilike', pattern),
                ('party.active', '=', True),
                ])
        parties = {m.party for m in mechanisms} - {self.shop.guest_party}
        if len(parties) > 1:
            self.reject('ferry.msg_order_customer_ambiguous', email=email,
                parties=', '.join(sorted(p.rec_name for p in parties)[:5]))
        return parties.pop() if parties else None

    def new_party(self, customer):
        pool = Pool()
        Party = pool.get('party.party')
        ContactMechanism = pool.get('party.contact_mechanism')
        address = self.order['invoice_address']
        name = (customer.get('name') or address['company'] or address['name']
            or customer.get('email'))
        if not name:
            self.reject('ferry.msg_order_customer_nameless')
        party = Party(name=name)
        if self.shop.language:
            party.lang = self.shop.language
        party.addresses = []
        party.contact_mechanisms = [
            ContactMechanism(type=type_, value=value)
            for type_, value in [
                ('email', customer.get('email')),
                ('phone', customer.get('phone') or address.get('phone')),
                ] if value]
        party.save()
        return Party(party.id)

    # ---- addresses ----------------------------------------------------------

    def address(self, party, values, usage):
        "Find the address among those of the party, else add it"
        Address = Pool().get('party.address')
        country = self.country(values['country'])
        name = values['company'] or values['name']
        party_name = None if _same(name, party.name) else name
        building = values['name'] if (
            values['company'] and values['name']
            and not _same(values['name'], values['company'])) else None
        for address in party.addresses:
            if (all(_same(getattr(address, f), values[f])
                        for f in ['street', 'postal_code', 'city'])
                    and address.country == country
                    and _same(address.party_name, party_name)
                    and _same(address.name, building)):
                return address
        address = Address(
            party=party, party_name=party_name, name=building, country=country,
            subdivision=self.subdivision(country, values['subdivision']))
        for field in ['street', 'postal_code', 'city']:
            setattr(address, field, values[field] or None)
        setattr(address, usage, True)
        address.save()
        # so that the next address finds it
        party.addresses = list(party.addresses) + [address]
        return address

    def country(self, code):
        Country = Pool().get('country.country')
        if not code:
            return
        countries = Country.search([('code', '=', code.upper())])
        if not countries:
            self.reject('ferry.msg_order_country', code=code)
        return countries[0]

    def subdivision(self, country, value):
        "By code or name; what the ERP does not know is left out"
        Subdivision = Pool().get('country.subdivision')
        if not (country and value):
            return
        for code in [value, '%s-%s' % (country.code, value)]:
            subdivisions = Subdivision.search([
                    ('country', '=', country.id),
                    ['OR', ('code', '=', code), ('name', '=', code)],
                    ])
            if len(subdivisions) == 1:
                return subdivisions[0]

    # ---- the sale -----------------------------------------------------------

    def sale(self, party):
        Party = Pool().get('party.party')
        sale = self.shop.get_sale(party)
        sale.web_id = web_id(self.shop.id, self.reference)
        sale.reference = self.reference
        sale.sale_date = self.placed_on()
        sale.lines = []
        invoice, delivery = (
            self.order['invoice_address'], self.order['delivery_address'])
        sale.invoice_address = self.address(party, invoice, 'invoice')
        sale.shipment_address = self.address(party, delivery, 'delivery')
        sale.party = Party(party.id)
        if 'shipment_cost_method' in sale._fields:
            # What the portal charged for shipping counts
            sale.shipment_cost_method = None
            sale.on_change_shipment_address()
        return sale

    def placed_on(self):
        "The date at which the customer placed the order, where the company is"
        placed_at = dt.datetime.fromisoformat(
            self.order['placed_at'].replace('Z', '+00:00'))
        if self.shop.company.timezone:
            import pytz
            placed_at = placed_at.astimezone(
                pytz.timezone(self.shop.company.timezone))
        return placed_at.date()

    def products(self):
        "The products by SKU"
        Product = Pool().get('product.product')
        skus = {line['sku'] for line in self.order['lines']}
        products = {}
        for product in Product.search([
                    ('code', 'in', list(skus)),
                    ('template.active', '=', True),
                    ]):
            products.setdefault(product.code, []).append(product)
        for line in self.order['lines']:
            found = products.get(line['sku'], [])
            salable = [p for p in found if p.salable]
            if len(salable) != 1:
                message = ('ferry.msg_order_sku_ambiguous' if salable
                    else 'ferry.msg_order_sku_not_salable' if found
                    else 'ferry.msg_order_sku_unknown')
                self.reject(message, line=line['line'], sku=line['sku'],
                    name=line.get('name') or '')
            products[line['sku']] = salable
        return {sku: products[sku][0] for sku in skus}

    def line(self, sale, values, product):
        label = '%s (%s)' % (values['line'], values['sku'])
        quantity = Decimal(values['quantity'])
        unit = product.sale_uom
        if quantity != round(quantity, unit.digits):
            self.reject('ferry.msg_order_quantity', line=label,
                quantity=values['quantity'], unit=unit.rec_name,
                digits=unit.digits)
        line = self.new_line(
            sale, product, quantity, Decimal(values['unit_price']))
        self.check_tax(line, label, values)
        return line

    def new_line(self, sale, product, quantity, unit_price):
        Line = Pool().get('sale.line')
        line = Line(sale=sale, type='line', product=product,
            quantity=float(quantity))
        line.unit = product.sale_uom
        line.on_change_product()
        line.unit_price = round_price(unit_price)
        line.amount = line.on_change_with_amount()
        return line

    def check_tax(self, line, label, values):
        "The ERP's own rules decide the taxes: they must tax as the portal did"
        if values.get('tax_rate') in {None, ''}:
            return
        rate = self.tax_rate(line.taxes)
        charged = Decimal(values['tax_rate'])
        if rate is not None and rate != charged:
            self.reject('ferry.msg_order_tax', line=label,
                charged=_plain(charged), rate=_plain(rate))

    def tax_rate(self, taxes):
        "The sum of the rates in percent; None if taxes are no percentages"
        rate = Decimal(0)
        for tax in taxes:
            if tax.type == 'percentage':
                rate += tax.rate * 100
            elif tax.type == 'none' and tax.childs:
                children = self.tax_rate(tax.childs)
                if children is None:
                    return
                rate += children
            else:
                return
        return rate

    # ---- charges ------------------------------------------------------------

    def charges(self, sale):
        lines = []
        for values in self.order['shipping']:
            lines += self.charge(
                sale, self.shipping_product(sale, values), values,
                values['name'] or values['code'])
        for values in self.order['surcharges']:
            lines += self.charge(
                sale, self.surcharge_product(values), values, values['name'])
        return lines

    def charge(self, sale, product, values, name):
        net = Decimal(values['net'])
        if not net and not Decimal(values['gross']):
            return []
        line = self.new_line(sale, product, Decimal(1), net)
        line.description = name or None
        self.check_tax(line, name or product.rec_name, values)
        return [line]

    def shipping_product(self, sale, values):
        product = self.shop.ferry_shipping_product
        carrier = getattr(sale, 'carrier', None)
        if not product and carrier:
            product = carrier.carrier_product
        if not product and (
                Decimal(values['net']) or Decimal(values['gross'])):
            self.reject('ferry.msg_order_shipping_product',
                amount=values['gross'])
        return product

    def surcharge_product(self, values):
        Product = Pool().get('product.product')
        if values['sku']:
            products = Product.search([
                    ('code', '=', values['sku']),
                    ('salable', '=', True),
                    ])
            if len(products) == 1:
                return products[0]
        if not self.shop.ferry_adjustment_product:
            self.reject('ferry.msg_order_surcharge',
                name=values['name'] or values['sku'])
        return self.shop.ferry_adjustment_product

    # ---- total --------------------------------------------------------------

    def adjust(self, sale):
        """What is left between the totals becomes one visible line without
        tax; a unit price is never bent."""
        Line = Pool().get('sale.line')
        residual = Decimal(self.order['gross']) - sale.total_amount
        if not residual:
            return
        if abs(residual) > self.shop.ferry_tolerance:
            self.reject_total(sale)
        product = self.shop.ferry_adjustment_product
        line = Line(sale=sale, type='line', quantity=1, taxes=[],
            unit_price=round_price(residual),
            description=gettext('ferry.msg_order_adjustment'))
        if product:
            line.product = product
            line.unit = product.sale_uom
        line.save()
        # forget the total that was computed without it
        sale.lines = list(sale.lines) + [line]
        sale.save()

    def check_total(self, sale):
        "Also after quoting, which may have applied rules of the ERP"
        if sale.total_amount != Decimal(self.order['gross']):
            self.reject_total(sale)

    def reject_total(self, sale):
        Lang = Pool().get('ir.lang')
        lang = Lang.get()
        self.reject('ferry.msg_order_total',
            charged=lang.currency(
                Decimal(self.order['gross']), self.shop.currency),
            total=lang.currency(sale.total_amount, self.shop.currency),
            tolerance=lang.currency(
                self.shop.ferry_tolerance, self.shop.currency,
                digits=price_digits[1]))
