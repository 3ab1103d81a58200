# This file is part of Ferry.  The LICENSE file at the top level of this
# repository contains the full license terms.
"""Order entry: a portal's order (schema ferry.order/1) becomes a sale, through
the routines of the sale module, in one transaction."""
import datetime as dt
import json
import logging
import re
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

from . import match
from .abi import Status
from .exceptions import OrderOutOfScope, OrderRejected
from .party import Customer

__all__ = ['enter', 'find', 'Entry']

logger = logging.getLogger('ferry')

REASON_MAX = 1000  # characters
LINES_MAX = 2000  # one order holds the locks of its products for so long


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
        _lock(transaction, channel, reference)
        sale = _find_sale(channel, reference)
        if not sale:
            shop = _find_shop(channel)
            if not shop:
                return _no_shop(channel)
            with _as_order_user(transaction, shop) as shop:
                sale = Entry(shop, reference, document).enter()
        else:
            transaction.tasks.extend(_left_behind(transaction, sale))
        return Status.OK, sale.id, sale.number or sale.rec_name, ''
    return _transact(database_name, work)


def _left_behind(transaction, sale):
    """Tasks of a sale whose process was killed after it was confirmed and
    before it was processed: nobody else runs them without a queue worker."""
    if (sale.state != 'confirmed'
            or config.getboolean('queue', 'worker', default=False)):
        return []
    cursor = transaction.connection.cursor()
    cursor.execute(
        'SELECT id FROM ir_queue WHERE dequeued_at IS NULL'
        ' AND (scheduled_at IS NULL OR scheduled_at <= CURRENT_TIMESTAMP)'
        " AND data::jsonb->>'model' = 'sale.sale'"
        " AND data::jsonb->>'method' = 'process'"
        " AND data::jsonb->'instances' @> to_jsonb(%s::integer) ORDER BY id",
        (sale.id,))
    return [id_ for id_, in cursor.fetchall()]


def _find_shop(channel):
    "The shop that is the channel, if it still is one"
    for shop in Pool().get('web.shop').search([
                ('id', '=', channel),
                ('type', '=', 'ferry'),
                ]):
        return shop


def _no_shop(channel):
    return Status.UNSUPPORTED, 0, '', gettext(
        'ferry.msg_order_no_shop', channel=channel)


class _Waited(Exception):
    "Somebody else entered the order meanwhile: look again, in a new snapshot"


def _lock(transaction, channel, reference):
    """One process at a time for the same order. The unique constraint alone
    would do, but those who race for it end in deadlocks."""
    if not match.try_lock(channel, reference):
        transaction.connection.cursor().execute(
            "SET LOCAL lock_timeout = '10s'; "
            'SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))',
            (match.lock_key(channel, reference),))
        raise _Waited('another process was entering the same order')


def _find_sale(channel, reference):
    return match.find_linked(channel, reference)


class _as_order_user:
    "The shop in the context in which a person would enter the order"

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
        return Pool().get('web.shop')(shop.id)

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
            if lost_races == 3:
                return Status.REJECTED, 0, '', _one_line(e.message)
            if count:
                continue
            return Status.BUSY, 0, '', _one_line(e.message)
        except OrderOutOfScope as e:
            return Status.NOT_FOUND, 0, '', _one_line(e.message)
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


def _decimal(text):
    "Plain digits only: written out, an exponent can take a gigabyte"
    if not re.fullmatch(r'-?[0-9]{1,18}(\.[0-9]{1,18})?', text):
        raise InvalidOperation('"%s" is not a plain number' % text[:40])
    return Decimal(text)


def _plain(number):
    return format(number.normalize(), 'f')


class Entry:
    "One order on its way into the sales of a shop"

    def __init__(self, shop, reference, document):
        self.shop = shop
        self.reference = reference
        self.document = document
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
        found = self.candidates()
        keyed = self.keyed(found)
        if keyed:
            return keyed
        customer = Customer(self.shop, self.order)
        customer.check_scope()
        if found:
            self.reject('ferry.msg_order_candidates',
                candidates=match.listing(found))
        if self.order.get('cancelled'):
            self.reject('ferry.msg_order_cancelled')
        return self.fill(self.sale(customer))

    def fill(self, sale):
        "Give the draft the lines of the order, and confirm it"
        Sale = Pool().get('sale.sale')
        if len(self.order['lines']) > LINES_MAX:
            self.reject('ferry.msg_order_lines',
                count=len(self.order['lines']), most=LINES_MAX)
        products = self.products()
        sale.lines = list(sale.lines) + [
            self.line(sale, line, products[line['sku']])
            for line in self.order['lines']
            ] + self.charges(sale)
        sale.save()
        self.adjust(sale, self.gross())
        Sale.quote([sale])
        Sale.confirm([sale])
        # only now: a confirmed sale keeps its total, each look before would
        # compute the taxes of every line
        confirmed = Sale(sale.id)
        self.check_total(confirmed, self.gross())
        return confirmed

    # ---- match --------------------------------------------------------------

    def keyed(self, found):
        "The sale that a person entered before, now linked to the order"
        sale = match.equal(found)
        if sale:
            match.link(self.shop, self.reference, sale, self.document)
            return Pool().get('sale.sale')(sale.id)

    def candidates(self):
        return match.candidates(
            self.shop, self.order, self.placed_on(), self.gross())

    def gross(self):
        return _decimal(self.order['gross'])

    # ---- the sale -----------------------------------------------------------

    def sale(self, customer):
        Party = Pool().get('party.party')
        party = customer.party()
        sale = self.shop.get_sale(party)
        sale.currency = self.currency()
        sale.web_id = match.web_id(self.shop.id, self.reference)
        sale.ferry_document = self.document
        sale.reference = self.reference
        sale.description = self.order.get('customer_reference') or None
        sale.sale_date = self.placed_on()
        sale.lines = []
        invoice, delivery = (
            self.order['invoice_address'], self.order['delivery_address'])
        sale.invoice_address = customer.address(
            party, invoice, 'invoice')
        sale.shipment_address = customer.address(
            party, delivery, 'delivery')
        sale.party = Party(party.id)
        self.choose_carrier(sale)
        return sale

    def choose_carrier(self, sale):
        if 'shipment_cost_method' in sale._fields:
            # What the portal charged for shipping counts
            sale.shipment_cost_method = None
            sale.on_change_shipment_address()
            for values in self.order['shipping']:
                method = self.shipping_method(values)
                if getattr(method, 'carrier', None):
                    sale.carrier = method.carrier

    def currency(self):
        "The one that the customer paid in, whatever the shop is kept in"
        Currency = Pool().get('currency.currency')
        code = self.order['currency']
        if code == self.shop.currency.code:
            return self.shop.currency
        currencies = Currency.search([
                ('code', '=', code),
                ('rates', '!=', None),
                ])
        if not currencies:
            self.reject('ferry.msg_order_currency', currency=code,
                expected=self.shop.currency.code)
        return currencies[0]

    def placed_on(self):
        "The date at which the customer placed the order, where the company is"
        placed_at = dt.datetime.fromisoformat(
            self.order['placed_at'].replace('Z', '+00:00'))
        return match.local_date(self.shop, placed_at.astimezone(
                dt.timezone.utc).replace(tzinfo=None))

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
        quantity = _decimal(values['quantity'])
        unit = product.sale_uom
        if quantity != round(quantity, unit.digits):
            self.reject('ferry.msg_order_quantity', line=label,
                quantity=values['quantity'], unit=unit.rec_name,
                digits=unit.digits)
        line = self.new_line(
            sale, product, quantity, _decimal(values['unit_price']))
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
        charged = _decimal(values['tax_rate'])
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
        net = _decimal(values['net'])
        if not net and not _decimal(values['gross']):
            return []
        line = self.new_line(sale, product, Decimal(1), net)
        line.description = name or None
        self.check_tax(line, name or product.rec_name, values)
        return [line]

    def shipping_method(self, values):
        "What the shop says of the shipping method of the portal"
        for method in self.shop.ferry_shipping_methods:
            if method.code == values['code']:
                return method

    def shipping_product(self, sale, values):
        method = self.shipping_method(values)
        carrier = getattr(sale, 'carrier', None)
        product = (method.shipping_product if method else None
            ) or self.shop.ferry_shipping_product
        if not product and carrier:
            product = carrier.carrier_product
        if not product and (
                _decimal(values['net']) or _decimal(values['gross'])):
            self.reject('ferry.msg_order_shipping_product',
                amount=values['gross'],
                method=values['code'] or values['name'])
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

    def adjust(self, sale, gross):
        """What is left between the totals becomes one visible line without
        tax; a unit price is never bent."""
        Line = Pool().get('sale.line')
        residual = gross - sale.total_amount
        if not residual:
            return
        if abs(residual) > self.shop.ferry_tolerance:
            self.reject_total(sale, gross)
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

    def check_total(self, sale, gross):
        "Also at the end, as quoting may have applied rules of the ERP"
        if sale.total_amount != gross:
            self.reject_total(sale, gross)

    def reject_total(self, sale, gross):
        Lang = Pool().get('ir.lang')
        lang = Lang.get()
        self.reject('ferry.msg_order_total',
            charged=lang.currency(gross, sale.currency),
            total=lang.currency(sale.total_amount, sale.currency),
            tolerance=lang.currency(
                self.shop.ferry_tolerance, sale.currency,
                digits=price_digits[1]))
