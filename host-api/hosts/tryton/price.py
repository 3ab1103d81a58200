# This file is part of Ferry.  The LICENSE file at the top level of this
# repository contains the full license terms.
"""Prices that only Tryton can evaluate (ferry.price/1): what a price list makes
of a product's price, through the routines of the product, in one transaction
that changes nothing."""
import datetime as dt
import json
import logging
import threading
from collections import defaultdict
from contextlib import contextmanager
from decimal import Decimal

from trytond import backend
from trytond.i18n import gettext
from trytond.pool import Pool
from trytond.transaction import Transaction

from .abi import Status
from .order import _connection_errors, _one_line

__all__ = ['evaluate']

logger = logging.getLogger('ferry')

# Seconds for one call: the engine asks again in parts, so that orders get in
# between and what takes so long is found. It waits for twice as long
# (plugin/engine/evaluation.h).
LONGEST = 60
MOST_LOST = 8  # threads that did not end in time and still run
QUERY_CANCELED = '57014'
_lost = []


def evaluate(database_name, channel, questions):
    "Return (status, answers, reason)"
    _lost[:] = [t for t in _lost if t.is_alive()]
    if len(_lost) >= MOST_LOST:
        return Status.BUSY, '', (
            '%d prices that took too long are still evaluated' % len(_lost))
    thread = _Thread(database_name, channel, questions)
    thread.start()
    thread.join(LONGEST)
    if not thread.is_alive():
        return thread.result
    _lost.append(thread)
    thread.cancel()
    return Status.REJECTED, '', 'it takes longer than %d seconds' % LONGEST


class _Thread(threading.Thread):
    "Evaluates beside the thread that enters orders, which may lose patience"

    def __init__(self, *asked):
        super().__init__(name='ferry prices', daemon=True)
        self.asked = asked
        self.result = Status.REJECTED, '', 'it ended without a result'
        self._lock = threading.Lock()
        self._connection = None

    def run(self):
        self.result = _evaluate(*self.asked, uses=self._uses)

    def _uses(self, connection):
        "None: no more, it may be somebody else's next"
        with self._lock:
            self._connection = connection

    def cancel(self):
        with self._lock:
            cancel = getattr(self._connection, 'cancel', None)
            if cancel:
                cancel()


def _evaluate(database_name, channel, questions, uses):
    try:
        with Transaction().start(
                database_name, 0, readonly=True) as transaction, \
                _used(transaction.connection, uses):
            shops = Pool().get('web.shop').search([
                    ('id', '=', channel),
                    ('type', '=', 'ferry'),
                    ])
            if not shops:
                return Status.UNSUPPORTED, '', gettext(
                    'ferry.msg_price_no_shop', channel=channel)
            shop, = shops
            user = _user(shop)
            if not user:
                return Status.REJECTED, '', gettext(
                    'ferry.msg_price_no_user', company=shop.company.rec_name,
                    shop=shop.rec_name)
            # without access checks: a price list is no secret of the user's
            with transaction.set_user(user.id), \
                    transaction.set_context(
                        shop.get_context(), company=shop.company.id):
                answers = _Evaluation(shop.id).answers(
                    json.loads(questions)['questions'])
        return Status.OK, json.dumps({'answers': answers}), ''
    except backend.DatabaseOperationalError as e:
        # one that the database took too long for may be one price's
        is_slow = getattr(e, 'pgcode', None) == QUERY_CANCELED
        return Status.REJECTED if is_slow else Status.BUSY, '', _one_line(e)
    except _connection_errors() as e:
        return Status.RETRY, '', _one_line(e)
    except Exception as e:
        logger.error('%s: no price could be evaluated', database_name,
            exc_info=True)
        return Status.REJECTED, '', _one_line(
            'The ERP failed with %r; see the log of the server.' % e)


@contextmanager
def _used(connection, uses):
    uses(connection)
    try:
        yield
    finally:
        uses(None)


def _user(shop):
    "Prices are in the currency of the user's company"
    User = Pool().get('res.user')
    if shop.ferry_order_user and shop.ferry_order_user.company == shop.company:
        return shop.ferry_order_user
    users = User.search(
        [('company', '=', shop.company.id)], order=[('id', 'ASC')], limit=1)
    return users[0] if users else None


class _Evaluation:

    def __init__(self, shop):
        pool = Pool()
        self.shop = pool.get('web.shop')(shop)
        self.Product = pool.get('product.product')
        self.PriceList = pool.get('product.price_list')
        self.rule = self.shop._customer_taxe_rule()

    def answers(self, questions):
        "One per question; what is asked of many products alike is asked once"
        products = self.known(self.Product, questions, 'product')
        lists = self.known(self.PriceList, questions, 'price_list')
        answers = [{'error': gettext('ferry.msg_price_gone')}
            for _ in questions]
        alike = defaultdict(dict)
        for index, question in enumerate(questions):
            product = products.get(question['product'])
            price_list = lists.get(question['price_list'])
            if product and price_list:
                taxes = (tuple(self.taxes(product))
                    if price_list.tax_included else ())
                alike[price_list.id, taxes, question['quantity'],
                    question['date']][index] = product.id
        for (price_list, taxes, quantity, date), asked in alike.items():
            context = {
                'price_list': price_list,
                'taxes': list(taxes),
                'date': dt.date.fromisoformat(date),
                }
            with Transaction().set_context(context):
                given = self.prices(
                    set(asked.values()), float(Decimal(quantity)))
            for index, product in asked.items():
                answers[index] = given[product]
        return answers

    @staticmethod
    def known(Model, questions, name):
        ids = {question[name] for question in questions}
        with Transaction().set_context(active_test=False):
            return {r.id: r for r in Model.search([('id', 'in', list(ids))])}

    def prices(self, ids, quantity):
        "One that fails must not keep the others from theirs"
        try:
            prices = self.Product.get_sale_price(
                self.Product.browse(ids), quantity=quantity)
            return {id_: {'price': _plain(prices[id_])} for id_ in ids}
        except Exception as e:
            if isinstance(e, _lasting_errors()):
                raise
            if len(ids) == 1:
                return {id_: {'error': _one_line(_told(e))} for id_ in ids}
        given = {}
        for id_ in ids:
            given.update(self.prices({id_}, quantity))
        return given

    def taxes(self, product):
        "As web.shop.get_products() finds them"
        taxes = set()
        for tax in product.customer_taxes_used:
            if self.rule:
                taxes.update(self.rule.apply(tax, {}) or [])
            else:
                taxes.add(tax.id)
        if self.rule:
            taxes.update(self.rule.apply(None, {}) or [])
        return sorted(taxes)


def _plain(price):
    if not isinstance(price, Decimal) or not price.is_finite():
        raise ValueError("%r is no finite number of type Decimal" % (price,))
    return format(price, 'f')


def _told(error):
    text = getattr(error, 'message', None) or str(error)
    name = type(error).__name__
    if not text or isinstance(error, ArithmeticError):  # it only repeats it
        return name
    return '%s: %s' % (name, text)


def _lasting_errors():
    "After these nothing more can be asked in the same transaction"
    errors = (backend.DatabaseOperationalError,) + _connection_errors()
    try:
        from psycopg2 import Error
    except ImportError:
        return errors
    return errors + (Error,)
