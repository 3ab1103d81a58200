# This file is part of Ferry.  The LICENSE file at the top level of this
# repository contains the full license terms.
"""Match before create: which sales that a person keyed may be the order of a
portal, and the link that makes one of them that order.

A sale is a candidate when nothing links it to a portal yet, it is no return of
another sale, and
- it was keyed since the order was placed, or so many days before, carries the
  order number of the portal in its reference or description, or as a sale of
  the same customer the customer's own, and at least its customer, its total or
  its date is that of the order; or
- it has no reference at all, and its customer, total and date are those of
  the order.
A candidate with the number, the customer, the total and the date of the order
is equal."""
import datetime as dt
import re
import urllib.parse
from collections import namedtuple
from datetime import timedelta

from trytond.i18n import gettext
from trytond.pool import Pool
from trytond.transaction import Transaction

from . import party

__all__ = ['Candidate', 'candidates', 'find_linked', 'equal', 'link',
    'try_lock', 'listing', 'refund_web_id', 'web_id', 'WINDOW']

WINDOW = 3  # days
# the sales that are not made from another sale, as a return is
NO_RETURN = ['OR',
    ('origin', '=', None),
    ('origin', 'not like', 'sale.sale,%'),
    ]
LISTED = 5


class Candidate(namedtuple(
            'Candidate', 'sale has_number has_party has_total has_date')):
    __slots__ = ()

    @property
    def is_equal(self):
        return all(self[1:])


def web_id(channel, reference):
    "The external reference; unique over all shops"
    return '%s:%s' % (channel, reference)


def refund_web_id(channel, reference, refund):
    """The external reference of the sale that returns something of the order:
    no order has it, since that of an order begins with a digit"""
    return 'refund:%s:%s:%s' % (
        channel, urllib.parse.quote(refund, safe=''), reference)


def find_linked(channel, reference):
    "The sale that is the order of the portal"
    Sale = Pool().get('sale.sale')
    sales = Sale.search([
            ('web_id', '=', web_id(channel, reference)),
            ])
    if sales:
        return sales[0]


def lock_key(channel, reference):
    return 'ferry:' + web_id(channel, reference)


def try_lock(channel, reference):
    "Whether no other transaction enters or links the order"
    cursor = Transaction().connection.cursor()
    cursor.execute(
        'SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))',
        (lock_key(channel, reference),))
    (locked,), = cursor.fetchall()
    return locked


def customers(order, guest=None):
    "The parties that the customer of the order may be"
    return party.known(order['customer'], guest)


def candidates(shop, order, placed_on, gross):
    """The sales that may be the order, the likeliest first. The caller has
    made sure that none is linked to it."""
    Sale = Pool().get('sale.sale')
    parties = customers(order, shop.guest_party)
    numbers = [order['reference'], order.get('customer_reference')]
    days = timedelta(
        WINDOW if shop.ferry_match_days is None else shop.ferry_match_days)
    free = [
        ('company', '=', shop.company.id),
        ('web_id', 'in', [None, '']),
        ('state', '!=', 'cancelled'),
        # what is returned of a sale carries its numbers, and is no order
        NO_RETURN,
        ['OR', ('web_shop', '=', None), ('web_shop', '=', shop.id)],
        ]
    patterns = ['%' + re.sub(r'([\\%_])', r'\\\1', number) + '%'
        for number in numbers if number]

    def has_number(sale):
        number, own = [
            any(_names(text, n) for text in [sale.reference, sale.description])
            for n in numbers]
        # a customer's own number means nothing on another's sale
        return number or (own and sale.party in parties)

    # nobody keys an order before there is one: years of sales are not read
    numbered = [s for s in Sale.search(free + [
                # a day more: it is in UTC
                ('create_date', '>=', _midnight(
                        placed_on - days - timedelta(1))),
                ['OR'] + [(field, 'ilike', pattern)
                    for field in ['reference', 'description']
                    for pattern in patterns],
                ])
        if has_number(s)]
    nameless = []
    if parties:
        earliest, latest = placed_on - days, placed_on + days
        nameless = [s for s in Sale.search(free + [
                    ('party', 'in', [p.id for p in parties]),
                    ('reference', 'in', [None, '']),
                    ['OR',
                        [('sale_date', '>=', earliest),
                            ('sale_date', '<=', latest)],
                        [('sale_date', '=', None),
                            # a day more: it is in UTC
                            ('create_date', '>=', _midnight(
                                    earliest - timedelta(1))),
                            ('create_date', '<', _midnight(
                                    latest + timedelta(2)))],
                        ],
                    ])
            if s not in numbered]

    found = []
    for sale, is_numbered in (
            [(s, True) for s in numbered] + [(s, False) for s in nameless]):
        has_total = (sale.currency.code == order['currency']
            and sale.total_amount == gross)
        candidate = Candidate(sale, is_numbered, sale.party in parties,
            has_total, abs(_date(shop, sale) - placed_on) <= days)
        if is_numbered:
            is_candidate = any(candidate[2:])
        else:
            is_candidate = all(candidate[2:])
        if is_candidate:
            found.append(candidate)
    found.sort(key=lambda c: (-sum(c[1:]), -c.sale.id))
    return found


def _midnight(date):
    return dt.datetime.combine(date, dt.time())


def _names(text, number):
    "Whether the text has the number as a word of its own"
    return bool(number) and bool(re.search(
            r'(?<![\w-])%s(?![\w-])' % re.escape(number), text or '',
            re.IGNORECASE))


def _date(shop, sale):
    "When it was sold; a draft has only the day it was keyed"
    return sale.sale_date or local_date(shop, sale.create_date)


def local_date(shop, moment):
    "The date where the company is; the moment is in UTC"
    if shop.company.timezone:
        import pytz
        moment = pytz.utc.localize(moment).astimezone(
            pytz.timezone(shop.company.timezone))
    return moment.date()


def equal(found):
    "The one sale that is the order, where there is no doubt about it"
    if len(found) == 1 and found[0].is_equal:
        return found[0].sale


def listing(found):
    "The candidates for a clerk: number, party, date, total"
    pool = Pool()
    Lang = pool.get('ir.lang')
    lang = Lang.get()
    texts = []
    for candidate in found[:LISTED]:
        sale = candidate.sale
        texts.append(', '.join([
                    sale.rec_name, sale.party.rec_name,
                    lang.strftime(sale.sale_date or sale.create_date.date()),
                    lang.currency(sale.total_amount, sale.currency)]))
    if len(found) > LISTED:
        texts.append(gettext('ferry.msg_order_candidates_more',
                count=len(found) - LISTED))
    return '; '.join(texts)


def link(shop, reference, sale, document):
    """Make the sale the order of the portal. The unique external reference
    lets one transaction through, for the order as for the sale."""
    Sale = Pool().get('sale.sale')
    values = {
        'web_shop': shop.id,
        'web_id': web_id(shop.id, reference),
        'ferry_document': document,
        }
    if not sale.reference:
        values['reference'] = reference
    Sale.write([sale], values)
    # a draft has no number yet, and the portal is to show one
    Sale.set_number([Sale(sale.id)])
