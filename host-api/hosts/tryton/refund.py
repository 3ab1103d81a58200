# This file is part of Ferry.  The LICENSE file at the top level of this
# repository contains the full license terms.
"""What the portal has paid back becomes sales with negative quantities, as
Tryton's own return of a sale makes them, one for each refund."""
import datetime as dt
import re
from decimal import Decimal
from itertools import product

from trytond.i18n import gettext
from trytond.modules.product import price_digits, round_price
from trytond.pool import Pool
from trytond.transaction import Transaction

from . import match, withdrawal
from .order import _decimal, _plain

__all__ = ['Refund', 'refunds', 'returns', 'paid_by_ferry', 'goods']


def refunds(entry):
    "Those of the order that say anything; a document may have none"
    found = entry.order.get('refunds') or []
    if len({r['refund'] for r in found}) != len(found):
        entry.reject('ferry.msg_order_document',
            error="a refund is there twice")
    for values in found:
        if _decimal(values['gross']) < 0:
            entry.reject('ferry.msg_order_document',
                error="refund %(refund)s is negative" % values)
    return [r for r in found if _decimal(r['gross'])]


def returns(sale):
    "The sales that return something of the sale, whoever made them"
    Sale = Pool().get('sale.sale')
    with Transaction().set_context(_check_access=False):
        found = Sale.search([
                ('origin', '=', str(sale)),
                ('state', '!=', 'cancelled'),
                ], order=[('id', 'ASC')])
    return [Sale(s.id) for s in found if not withdrawal.is_withdrawn(s)]


def paid_by_ferry(entry, sale):
    """The sales that people returned something of the sale with, and that
    Ferry has paid back on the portal: the reason of the refund ends with the
    number of the return, as in "Damaged [55]" """
    numbers = {
        (re.search(r'\[([^[]*)\]$', r['reason'] or '') or [None, None])[1]
        for r in refunds(entry)}
    return [s for s in returns(sale)
        if not s.web_id and (s.number or str(s.id)) in numbers]


def goods(sale):
    "The lines of a sale that a person or a portal chose"
    return [l for l in sale.lines if l.type == 'line' and l.product
        and not getattr(l, 'component_parent', None)]


class Refund:
    "One refund of an order on its way into a sale that returns it"

    def __init__(self, entry, sale, values):
        self.entry = entry
        self.sale = sale
        self.values = values
        self.gross = _decimal(values['gross'])

    def reject(self, message, **arguments):
        self.entry.reject(
            message, refund=self.values['refund'], sale=self.sale.rec_name,
            **arguments)

    @property
    def web_id(self):
        return match.refund_web_id(self.entry.shop.id, self.entry.reference,
            self.values['refund'])

    def enter(self):
        Sale = Pool().get('sale.sale')
        with Transaction().set_context(_check_access=False):
            if Sale.search([('web_id', '=', self.web_id)], limit=1):
                return
        if self.is_paid_by_ferry() or self.link_keyed():
            return
        returned = self.copy()
        if not self.are_goods_kept:
            self.return_goods(returned)
        self.return_money(returned)
        returned = Sale(returned.id)
        residual = -self.gross - returned.total_amount
        if abs(residual) > self.entry.shop.ferry_tolerance:
            self.reject_total(returned)
        self.entry.adjust(returned, -self.gross)
        Sale.quote([returned])
        returned = Sale(returned.id)
        if returned.total_amount != -self.gross:
            self.reject_total(returned)
        if self.entry.shop.ferry_confirm_returns:
            Sale.confirm([returned])

    @property
    def are_goods_kept(self):
        "By its reason: damaged, or left to the customer"
        reason = (self.values['reason'] or '').casefold()
        kept = (self.entry.shop.ferry_kept_reasons or '').splitlines()
        return any(r.strip().casefold() in reason for r in kept if r.strip())

    def reject_total(self, returned):
        lang = Pool().get('ir.lang').get()
        self.reject('ferry.msg_refund_total',
            refunded=lang.currency(self.gross, returned.currency),
            total=lang.currency(-returned.total_amount, returned.currency),
            tolerance=lang.currency(
                self.entry.shop.ferry_tolerance, returned.currency,
                digits=price_digits[1]))

    def is_paid_by_ferry(self):
        "It is what the ERP told the portal: perhaps not all of the return"
        return any((self.values['reason'] or '').endswith(
                '[%s]' % (s.number or s.id))
            for s in paid_by_ferry(self.entry, self.sale))

    def link_keyed(self):
        "A person may have entered the return before the portal told of it"
        Sale = Pool().get('sale.sale')
        paid = paid_by_ferry(self.entry, self.sale)
        for returned in returns(self.sale):
            if (not returned.web_id and returned not in paid
                    and returned.total_amount == -self.gross):
                Sale.write([returned], {'web_id': self.web_id})
                return returned

    def copy(self):
        "A sale as the one it returns something of, without its lines"
        Sale = Pool().get('sale.sale')
        default = {
            'lines': None,
            'origin': str(self.sale),
            'web_id': self.web_id,
            'reference': '%s/%s' % (
                self.entry.reference, self.values['refund']),
            'description': self.values['reason'] or None,
            'sale_date': self.settled_on(),
            'invoices_recreated': None,
            }
        if 'shipment_cost_method' in Sale._fields:
            default.update(shipment_cost_method=None, carrier=None)
        returned, = Sale.copy([self.sale], default=default)
        return Sale(returned.id)

    def settled_on(self):
        if not self.values['at']:
            return None  # as any other sale: when it is confirmed
        at = dt.datetime.fromisoformat(
            self.values['at'].replace('Z', '+00:00'))
        return match.local_date(self.entry.shop, at.astimezone(
                dt.timezone.utc).replace(tzinfo=None))

    # ---- goods --------------------------------------------------------------

    def return_goods(self, returned):
        Line = Pool().get('sale.line')
        left = self.returnable()
        taken = {}
        for values in self.values['lines']:
            for line, quantity in self.take(values, left):
                taken[line] = taken.get(line, Decimal(0)) + quantity
        for line, quantity in taken.items():
            default = {
                'sale': returned.id,
                'sequence': None,
                'quantity': -float(quantity),
                }
            if 'shipment_cost' in Line._fields:
                default['shipment_cost'] = None
            Line.copy([line], default=default)

    def returnable(self):
        "The quantity of each line that has not been returned yet"
        Uom = Pool().get('product.uom')
        left = {l: Decimal(str(l.quantity))
            for l in goods(self.sale) if l.quantity > 0}
        back = {}
        for sale in returns(self.sale):
            back.update(
                {l: -l.quantity for l in goods(sale) if l.quantity < 0})
        # first what names its line by the price, for one product may be on
        # several lines
        for is_priced in [True, False]:
            for other, line in product(back, left):
                if line.product != other.product or (
                        is_priced and line.unit_price != other.unit_price):
                    continue
                wanted = Decimal(str(Uom.compute_qty(
                            other.unit, back[other], line.unit)))
                taken = min(left[line], wanted)
                left[line] -= taken
                back[other] = Uom.compute_qty(
                    line.unit, float(wanted - taken), other.unit)
        return left

    def take(self, values, left):
        "The lines of the sale, with quantities, that come back"
        Uom = Pool().get('product.uom')
        label = '%s (%s)' % (values['line'], values['sku'])
        ordered = {l['line']: l for l in self.entry.order['lines']}.get(
            values['line'])
        price = ordered and round_price(_decimal(ordered['unit_price']))
        lines = sorted(
            (l for l in left if l.product.code == values['sku']),
            key=lambda l: l.unit_price != price)
        if not lines:
            self.reject('ferry.msg_refund_sku', line=label)
        unit = lines[0].product.sale_uom
        quantity = _decimal(values['quantity'])
        if quantity <= 0 or quantity != round(quantity, unit.digits):
            self.entry.reject('ferry.msg_order_quantity', line=label,
                quantity=values['quantity'], unit=unit.rec_name,
                digits=unit.digits)
        rest = quantity
        taken = []
        for line in lines:
            wanted = Decimal(str(
                    Uom.compute_qty(unit, float(rest), line.unit)))
            part = min(left[line], wanted)
            if part > 0:
                left[line] -= part
                taken.append((line, part))
                rest = Decimal(str(Uom.compute_qty(
                            line.unit, float(wanted - part), unit)))
        if rest > 0:
            self.reject('ferry.msg_refund_quantity', line=label,
                quantity=_plain(quantity), most=_plain(quantity - rest))
        return taken

    # ---- money --------------------------------------------------------------

    def return_money(self, returned):
        shipping = _decimal(self.values['shipping'])
        if shipping:
            self.charge(returned, self.shipping_product(), shipping,
                gettext('ferry.msg_refund_shipping'))
        money = self.gross - shipping
        if money and (self.are_goods_kept or not self.values['lines']):
            self.charge(returned, self.money_product(), money,
                self.values['reason'] or gettext('ferry.msg_refund_money'))

    def charge(self, returned, service, gross, description):
        "A line of a service that comes to the gross amount"
        Tax = Pool().get('account.tax')
        line = self.entry.new_line(returned, service, Decimal(-1), Decimal(0))
        line.unit_price = round_price(Tax.reverse_compute(
                gross, line.taxes, returned.sale_date))
        line.description = description
        line.save()

    def shipping_product(self):
        shipping = self.entry.order['shipping']
        method = shipping[0] if shipping else {'code': '', 'name': ''}
        gross = self.values['shipping']
        return self.entry.shipping_product(
            self.sale, dict(method, net=gross, gross=gross))

    def money_product(self):
        shop = self.entry.shop
        found = shop.ferry_refund_product or shop.ferry_adjustment_product
        if not found:
            self.reject('ferry.msg_refund_product',
                field=shop._ferry_label('ferry_refund_product'))
        return found
