# This file is part of Ferry.  The LICENSE file at the top level of this
# repository contains the full license terms.
from collections import defaultdict

from sql import Cast, Literal, Null
from sql.conditionals import Case

from trytond.i18n import gettext
from trytond.model import ModelView, fields
from trytond.pool import Pool
from trytond.pyson import Eval, If
from trytond.transaction import Transaction

from .job import FEEDS
from .status import StatusModel, perform

__all__ = ['Publication']


class Publication(StatusModel):
    "Ferry Publication"
    __name__ = 'ferry.publication'
    _ferry_table = 'publication'

    shop = fields.Many2One('web.shop', "Shop", readonly=True)
    feed = fields.Selection(FEEDS, "Feed", readonly=True)
    feed_string = feed.translated('feed')
    label = fields.Char("Record", readonly=True,
        help="The SKU or the reference of the order.")
    product = fields.Many2One('product.product', "Product", readonly=True,
        states={
            'invisible': ~Eval('product'),
            })
    sale = fields.Many2One('sale.sale', "Sale", readonly=True,
        states={
            'invisible': ~Eval('sale'),
            })
    state = fields.Selection([
            ('settled', "Settled"),
            ('pending', "Waiting"),
            ('dead', "Refused"),
            ('absent', "Not on the Portal"),
            ], "State", readonly=True)
    reason = fields.Text("Reason", readonly=True)
    desired = fields.Text("Should be", readonly=True,
        help="What the portal should show. Empty: nothing any more.")
    acknowledged = fields.Text("Last confirmed", readonly=True,
        help="What the portal last confirmed to have taken.")
    changed_at = fields.DateTime("Changed at", readonly=True)
    acknowledged_at = fields.DateTime("Confirmed at", readonly=True)
    next_attempt_at = fields.DateTime("Next Attempt", readonly=True)
    attempts = fields.Integer("Attempts", readonly=True)
    snoozes = fields.Integer("Postponed", readonly=True,
        help="How often the portal asked to wait.")
    run = fields.Many2One('ferry.run', "Run", readonly=True)
    exchange = fields.Many2One('ferry.exchange', "Exchange", readonly=True)

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls._order = [('changed_at', 'DESC')]
        refused = {
            'invisible': Eval('state') != 'dead',
            'depends': ['state'],
            }
        cls._buttons.update({
                'replay': refused,
                'discard': refused,
                })

    @classmethod
    def _column(cls, table, name, field):
        if name == 'id':
            # One number of the key's parts, exact in the client's numbers
            feed = Case(
                *[(table.feed == feed, Literal(i))
                    for i, (feed, _) in enumerate(FEEDS, 1)],
                else_=Literal(0))
            return (((table.key * Literal(64) + table.part) * Literal(16)
                    + feed) * Literal(1024) + table.channel)
        elif name in {'product', 'sale'}:
            feeds = (['order_status'] if name == 'sale'
                else ['stock', 'product', 'list_price', 'cost'])
            return Cast(
                Case((table.feed.in_(feeds), table.key), else_=Null),
                'INTEGER')
        return super()._column(table, name, field)

    def get_rec_name(self, name):
        return '%s: %s' % (self.feed_string, self.label)

    @classmethod
    def view_attributes(cls):
        return super().view_attributes() + [
            ('/tree/field[@name="state"]', 'visual',
                If(Eval('state') == 'dead', 'danger',
                    If(Eval('state') == 'absent', 'warning', ''))),
            ]

    @classmethod
    def _perform(cls, publications, operation, **arguments):
        lanes = defaultdict(list)
        for publication in publications:
            lanes[publication.shop, publication.feed].append(publication)
        for (shop, feed), publications in lanes.items():
            perform(publications[0], operation,
                channel=shop.id, job=feed,
                labels=sorted({p.label for p in publications}), **arguments)

    @classmethod
    @ModelView.button
    def replay(cls, publications):
        cls._perform(publications, 'replay')

    @classmethod
    @ModelView.button
    def discard(cls, publications):
        User = Pool().get('res.user')
        cls._perform(publications, 'discard',
            reason=gettext('ferry.msg_discarded_by',
                user=User(Transaction().user).rec_name))
