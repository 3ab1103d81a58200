# This file is part of Ferry.  The LICENSE file at the top level of this
# repository contains the full license terms.
"""The wizard that links an order of a portal to a sale that a person entered.

It only writes the external reference into the sale, in the transaction of the
user and under the lock of the order entry, then asks for a retry: the order
entry finds the sale by it as it finds any other."""
from trytond.i18n import gettext
from trytond.model import ModelView, fields
from trytond.pool import Pool
from trytond.pyson import Eval
from trytond.transaction import Transaction
from trytond.wizard import Button, StateTransition, StateView, Wizard

from . import match
from .exceptions import LinkWarning, OperationError
from .order import Entry

__all__ = ['Link', 'LinkAsk']


class LinkAsk(ModelView):
    "Portal Order Link"
    __name__ = 'ferry.portal_order.link.ask'

    reference = fields.Char("Order", readonly=True)
    placed_on = fields.Date("Placed on", readonly=True)
    customer = fields.Char("Customer", readonly=True)
    charged = fields.Char("Total", readonly=True)
    company = fields.Many2One('company.company', "Company", readonly=True)
    currency = fields.Many2One('currency.currency', "Currency", readonly=True)
    candidates = fields.Many2Many(
        'sale.sale', None, None, "Candidates", readonly=True,
        help="The sales that may be the order, the likeliest first.")
    sale = fields.Many2One(
        'sale.sale', "Sale", required=True,
        domain=[
            ('company', '=', Eval('company', -1)),
            ('currency', '=', Eval('currency', -1)),
            ('web_id', 'in', [None, '']),
            ('state', '!=', 'cancelled'),
            match.NO_RETURN,
            ],
        depends=['company', 'currency'],
        help="The sale that is the order from now on.")


class Link(Wizard):
    "Portal Order Link"
    __name__ = 'ferry.portal_order.link'

    start = StateView(
        'ferry.portal_order.link.ask',
        'ferry.portal_order_link_ask_view_form', [
            Button("Cancel", 'end', 'tryton-cancel'),
            Button("Link", 'link', 'tryton-ok', default=True),
            ])
    link = StateTransition()

    def _order(self):
        PortalOrder = Pool().get('ferry.portal_order')
        return PortalOrder(Transaction().context['active_id'])

    def default_start(self, fields):
        Currency = Pool().get('currency.currency')
        order = self._order()
        entry = Entry(order.shop, order.reference, order.document)
        found = entry.candidates()
        currencies = Currency.search(
            [('code', '=', entry.order['currency'])], limit=1)
        usable = [c.sale.id for c in found if c.sale.currency in currencies]
        return {
            'reference': order.reference,
            'placed_on': entry.placed_on(),
            'customer': _customer(entry),
            'charged': '%(gross)s %(currency)s' % entry.order,
            'company': order.shop.company.id,
            'currency': currencies[0].id if currencies else None,
            'candidates': [c.sale.id for c in found],
            'sale': usable[0] if len(usable) == 1 else None,
            }

    def transition_link(self):
        order = self._order()
        entry = Entry(order.shop, order.reference, order.document)
        sale = self.start.sale
        if not match.try_lock(order.shop.id, order.reference):
            raise OperationError(gettext(
                    'ferry.msg_link_busy', order=order.reference))
        linked = match.find_linked(order.shop.id, order.reference)
        if linked != sale:
            _check(order, entry, sale, linked)
            _warn(order, entry, sale)
            match.link(order.shop, order.reference, sale, order.document)
        if order.state in {'review', 'waiting', 'skipped'}:
            type(order).retry([order])
        return 'end'


def _check(order, entry, sale, linked):
    def refuse(message, **arguments):
        raise OperationError(gettext(message, order=order.reference,
                sale=sale.rec_name, **arguments))
    if linked or order.state == 'linked':
        raise OperationError(gettext('ferry.msg_link_order_linked',
                order=order.reference,
                sale=linked.rec_name if linked else order.number))
    if sale.web_id:
        refuse('ferry.msg_link_sale_linked',
            other=sale.ferry_reference or sale.web_id)
    if sale.company != order.shop.company:
        refuse('ferry.msg_link_company', company=sale.company.rec_name,
            expected=order.shop.company.rec_name)
    if sale.currency.code != entry.order['currency']:
        refuse('ferry.msg_link_currency', currency=sale.currency.code,
            expected=entry.order['currency'])
    if sale.state == 'cancelled':
        refuse('ferry.msg_link_cancelled')


def _warn(order, entry, sale):
    pool = Pool()
    Lang, Warning = pool.get('ir.lang'), pool.get('res.user.warning')
    lang = Lang.get()
    differences = []
    gross = entry.gross()
    if sale.total_amount != gross:
        differences.append(gettext('ferry.msg_link_total',
                sale=sale.rec_name, order=order.reference,
                total=lang.currency(sale.total_amount, sale.currency),
                charged=lang.currency(gross, sale.currency)))
    if sale.party not in match.customers(entry.order, order.shop.guest_party):
        differences.append(gettext('ferry.msg_link_customer',
                sale=sale.rec_name, order=order.reference,
                party=sale.party.rec_name, customer=_customer(entry)))
    name = 'ferry_link_%s_%s' % (order.id, sale.id)
    if differences and Warning.check(name):
        raise LinkWarning(name, '\n'.join(differences))


def _customer(entry):
    customer = entry.order['customer']
    return ' '.join(filter(None, [customer['name'],
                '<%s>' % customer['email'] if customer.get('email') else '']))
