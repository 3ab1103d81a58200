# This file is part of Ferry.  The LICENSE file at the top level of this
# repository contains the full license terms.
"""After import: what the portal changes of an order that is a sale already.

A document says all of an order as the portal shows it now, so it does not
matter how many were missed or in which order things happened: what is still to
be done follows from it and from the sale. What the portal changed, as against
what people did to the sale, is the difference to the document that the sale
was made of or last brought up to date with, which the sale remembers."""
import json
import logging
from collections import Counter
from decimal import Decimal, InvalidOperation

from trytond.i18n import gettext
from trytond.modules.product import round_price
from trytond.pool import Pool

from . import difference, match, schema, withdrawal
from .abi import Status
from .order import (
    Entry, _as_order_user, _decimal, _find_shop, _lock, _no_shop, _plain,
    _transact)
from .party import Customer
from .refund import Refund, goods, paid_by_ferry, refunds, returns

__all__ = ['revise', 'Revision']

logger = logging.getLogger('ferry')


def revise(database_name, channel, reference, document):
    "Return (status, id, number, reason)"
    def work(transaction):
        Sale = Pool().get('sale.sale')
        _lock(transaction, channel, reference)
        if not _is_newest(transaction, channel, reference, document):
            return Status.BUSY, 0, '', gettext(
                'ferry.msg_revise_outdated', order=reference)
        sale = match.find_linked(channel, reference)
        if not sale:
            return Status.NOT_FOUND, 0, '', ''
        shop = _find_shop(channel)
        if not shop:
            return _no_shop(channel)
        with _as_order_user(transaction, shop) as shop:
            # nobody else changes it meanwhile
            Sale.lock([sale])
            Revision(shop, reference, document, Sale(sale.id)).make()
        sale = Sale(sale.id)
        return Status.OK, sale.id, sale.number or sale.rec_name, ''
    return _transact(database_name, work)


def _is_newest(transaction, channel, reference, document):
    """Whether nobody has seen a newer document: a process that stood still
    must not put an older one in its place"""
    if not schema.has_table('portal_order'):
        return True
    cursor = transaction.connection.cursor()
    cursor.execute('SELECT document FROM ferry.portal_order '
        'WHERE channel = %s AND reference = %s', (channel, reference))
    return all(known == document for known, in cursor)


class Revision:
    "The sale of an order on its way to what the portal shows"

    def __init__(self, shop, reference, document, sale):
        self.shop = shop
        self.reference = reference
        self.entry = Entry(shop, reference, document)
        self.order = self.entry.order
        self.sale = sale
        self.memory = json.loads(sale.ferry_document or document)
        self.document = document  # to be remembered

    def reject(self, message, **arguments):
        self.entry.reject(message, sale=self.sale.rec_name, **arguments)

    def make(self):
        try:
            self.price_returned()
            if self.order.get('cancelled'):
                self.cancel()
            else:
                self.amend()
                self.refund()
            self.remember()
        except (KeyError, TypeError, ValueError, InvalidOperation) as e:
            logger.warning('order "%s" of "%s" cannot be read',
                self.reference, self.shop.rec_name, exc_info=True)
            self.entry.reject('ferry.msg_order_document', error=repr(e))

    def remember(self):
        Sale = Pool().get('sale.sale')
        if self.sale.ferry_document != self.document:
            Sale.write([self.sale], {'ferry_document': self.document})

    def price_returned(self):
        """What came back was sold at the price that is remembered; a portal
        may tell it only to the cents of what is left"""
        known = {l['line']: l for l in self.memory['lines']}
        for line in self.order['lines']:
            before = known.get(line['line'])
            if not line.get('returned') or not before or any(
                    before[name] != line[name]
                    for name in ['sku', 'quantity', 'tax_rate']):
                continue
            for name in ['net', 'gross']:
                self.order[name] = _plain(_decimal(self.order[name])
                    + _decimal(before[name]) - _decimal(line[name]))
            line.update(
                (name, before[name]) for name in ['unit_price', 'net', 'gross'])
            self.document = json.dumps(self.order, ensure_ascii=False)

    # ---- cancelled on the portal --------------------------------------------

    def cancel(self):
        obstacles = withdrawal.obstacles(self.sale)
        if not obstacles and not withdrawal.is_withdrawn(self.sale):
            self.sale = withdrawal.withdraw(self.sale)
        self.refund()
        if withdrawal.is_withdrawn(self.sale):
            return
        # that the money went back stops no parcel
        waiting = withdrawal.undelivered(self.sale)
        if waiting or not self.is_settled():
            obstacles = list(dict.fromkeys(obstacles + waiting))
            self.reject('ferry.msg_revise_cancel',
                obstacles=', '.join(obstacles[:difference.LISTED])
                or self.sale.state_string)

    def is_settled(self):
        "Whether nothing is left of the sale: all came back, or was paid back"
        back = returns(self.sale)
        total = self.sale.total_amount
        if 0 < total <= -sum(s.total_amount for s in back):
            return True
        quantities = self.quantities([self.sale, *back])
        return not any(q > 0 for p, q in quantities.items()
            if p.type != 'service')

    # ---- refunds ------------------------------------------------------------

    def refund(self):
        if withdrawal.is_withdrawn(self.sale):
            # it was never delivered nor invoiced: there is nothing to return,
            # also not what was refunded before it was cancelled
            for values in refunds(self.entry):
                self.withdraw_return(Refund(self.entry, self.sale, values))
            return
        for values in refunds(self.entry):
            Refund(self.entry, self.sale, values).enter()

    def withdraw_return(self, refund):
        for returned in returns(self.sale):
            if returned.web_id != refund.web_id:
                continue
            obstacles = withdrawal.obstacles(returned)
            if obstacles:
                self.reject('ferry.msg_revise_cancel_return',
                    returned=returned.rec_name,
                    obstacles=', '.join(obstacles[:difference.LISTED]))
            withdrawal.withdraw(returned)

    # ---- amendment ----------------------------------------------------------

    def amend(self):
        found = difference.differences(self.memory, self.order)
        before = _decimal(self.memory['gross'])
        if not found and abs(
                self.entry.gross() - before) > self.shop.ferry_tolerance:
            found = [difference.total(before, self.entry.gross())]
        if not found:
            return
        if self.sale.state == 'cancelled':
            self.reject('ferry.msg_revise_cancelled',
                differences=difference.listing(found))
        is_open = self.sale.state in {'draft', 'quotation', 'confirmed'}
        if is_open and self.is_as_entered():
            self.sale = self.rebuild()
        elif not self.is_as_shown():
            self.reject(
                'ferry.msg_revise_edited' if is_open
                else 'ferry.msg_revise_processing',
                state=self.sale.state_string,
                differences=difference.listing(found))

    def is_as_entered(self):
        "Whether the lines are those that the remembered document made"
        expected = Counter(
            (l['sku'], _decimal(l['quantity']), _price(l['unit_price']))
            for l in self.memory['lines'])
        charges = Counter(
            _price(c['net'])
            for c in self.memory['shipping'] + self.memory['surcharges']
            if _decimal(c['net']) or _decimal(c['gross']))
        adjustments = 0
        for line in self.sale.lines:
            if (line.type != 'line'
                    or getattr(line, 'component_parent', None)):
                continue
            quantity = Decimal(str(line.quantity))
            key = (line.product.code if line.product else None, quantity,
                line.unit_price)
            if expected[key]:
                expected[key] -= 1
            elif quantity == 1 and charges[line.unit_price]:
                charges[line.unit_price] -= 1
            elif (quantity == 1 and not line.taxes and line.product
                    in {None, self.shop.ferry_adjustment_product}):
                adjustments += 1
            else:
                return False
        return (adjustments <= 1
            and not any(expected.values()) and not any(charges.values()))

    def rebuild(self):
        "As it was entered, by the same routines, from what the portal shows"
        pool = Pool()
        Sale, Line = pool.get('sale.sale'), pool.get('sale.line')
        if self.sale.state != 'draft':
            Sale.draft([self.sale])
        sale = Sale(self.sale.id)
        Line.delete([l for l in sale.lines if l.type == 'line'])
        sale = Sale(sale.id)
        sale.currency = self.entry.currency()
        customer = Customer(self.shop, self.order)
        # an address that the portal left alone may have been corrected here
        if self.has_changed('invoice_address'):
            sale.invoice_address = customer.address(
                sale.invoice_party or sale.party,
                self.order['invoice_address'], 'invoice')
        if self.has_changed('delivery_address'):
            sale.shipment_address = customer.address(
                sale.shipment_party or sale.party,
                self.order['delivery_address'], 'delivery')
        self.entry.choose_carrier(sale)
        sale.save()
        return self.entry.fill(Sale(sale.id))

    def has_changed(self, address):
        return bool(difference.address(self.memory, self.order, address))

    def is_as_shown(self):
        """Whether a person has made the sale what the portal shows now, alone
        or with the sales and returns that have it as their origin"""
        paid = paid_by_ferry(self.entry, self.sale)
        sales = [self.sale] + [
            s for s in returns(self.sale) if not s.web_id and s not in paid]
        if sum(s.total_amount for s in sales) != self.entry.gross():
            return False
        products = self.entry.products()
        shown = Counter()
        for line in self.order['lines']:
            shown[products[line['sku']]] += _decimal(line['quantity'])
        charged = self.charge_products() - set(shown)
        has = {p: q for p, q in self.quantities(sales).items()
            if q and p not in charged}
        return (has == shown
            and self.is_at('invoice_address', self.sale.invoice_address,
                [i.invoice_address for i in self.sale.invoices
                    if i.state != 'cancelled'])
            and self.is_at('delivery_address', self.sale.shipment_address,
                [s.delivery_address for s in self.sale.shipments
                    if s.state != 'cancelled']))

    @staticmethod
    def quantities(sales):
        "In the sale unit of each product"
        Uom = Pool().get('product.uom')
        found = Counter()
        for sale in sales:
            for line in goods(sale):
                found[line.product] += Decimal(str(Uom.compute_qty(
                            line.unit, line.quantity, line.product.sale_uom)))
        return found

    def charge_products(self):
        "Those of lines that are no line of the portal"
        shop = self.shop
        found = {shop.ferry_shipping_product, shop.ferry_adjustment_product}
        found.update(m.shipping_product for m in shop.ferry_shipping_methods)
        found.update(self.entry.surcharge_product(s)
            for s in self.order['surcharges'])
        carrier = getattr(self.sale, 'carrier', None)
        if carrier:
            found.add(carrier.carrier_product)
        return found

    def is_at(self, name, address, others):
        "Whether the address, or all of what came of it, is the portal's"
        if not self.has_changed(name):
            return True
        values = self.order[name]
        phone = _digits(values['phone'])
        is_known = (not phone or phone == _digits(self.memory[name]['phone'])
            or any(phone == _digits(m.value)
                for m in self.sale.party.contact_mechanisms))
        return is_known and any(
            addresses and all(a and Customer.is_at(a, values)
                for a in addresses)
            for addresses in [[address], others])


def _price(text):
    return round_price(_decimal(text))


def _digits(text):
    return ''.join(c for c in text or '' if c.isdigit())
