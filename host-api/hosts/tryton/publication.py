# This file is part of Ferry.  The LICENSE file at the top level of this
# repository contains the full license terms.
from collections import defaultdict

from sql import Cast, Literal, Null
from sql.aggregate import Count, Min
from sql.conditionals import Case
from sql.functions import Function

from trytond.i18n import gettext
from trytond.model import ModelView, fields
from trytond.pool import Pool
from trytond.pyson import Eval, If
from trytond.transaction import Transaction
from trytond.wizard import Button, StateTransition, StateView, Wizard

from . import schema
from .job import FEEDS
from .status import StatusModel, perform

__all__ = ['Discard', 'DiscardAsk', 'Publication', 'Refusal']


class ReasonGroup(Function):
    __slots__ = ()
    _function = 'ferry.reason_group'


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
            ('held', "Held"),
            ], "State", readonly=True)
    reason = fields.Text("Reason", readonly=True)
    discarded = fields.Text("Was refused for", readonly=True,
        states={
            'invisible': ~Eval('discarded'),
            },
        help="Why the portal had refused what was then discarded.")
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
                'undo_discard': {
                    'invisible': (
                        ~Eval('discarded') | (Eval('state') != 'settled')),
                    'depends': ['discarded', 'state'],
                    },
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
                    If(Eval('state').in_(['absent', 'held']), 'warning', ''))),
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
    @ModelView.button_action('ferry.wizard_discard')
    def discard(cls, publications):
        pass

    @classmethod
    def ferry_discard(cls, publications, reason):
        cls._perform(publications, 'discard', reason=reason)

    @classmethod
    @ModelView.button
    def undo_discard(cls, publications):
        cls._perform(publications, 'undo-discard')


class Refusal(StatusModel):
    "Ferry Refusal"
    __name__ = 'ferry.refusal'
    _ferry_table = 'publication'

    shop = fields.Many2One('web.shop', "Shop", readonly=True)
    feed = fields.Selection(FEEDS, "Feed", readonly=True)
    feed_string = feed.translated('feed')
    reason = fields.Text("Reason", readonly=True,
        help="What the reasons of the records have in common.")
    count = fields.Integer("Records", readonly=True)
    example = fields.Char("Such as", readonly=True)
    since = fields.DateTime("Since", readonly=True)

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls._order = [('count', 'DESC'), ('id', 'ASC')]
        cls._buttons.update({
                'replay': {},
                'discard': {},
                })

    @classmethod
    def table_query(cls):
        Publication = Pool().get('ferry.publication')
        if not schema.has_table('alert'):  # came with the grouping
            return cls._nothing()
        table = Publication.__table__()
        reason = ReasonGroup(table.reason, table.label)
        columns = {
            'id': Min(table.id),
            'shop': table.shop,
            'feed': table.feed,
            'reason': reason,
            'count': Count(Literal('*')),
            'example': Min(table.label),
            'since': Min(table.changed_at),
            'create_uid': Literal(0),
            }
        return table.select(*[
                columns.get(name, Cast(Null, field.sql_type().base)
                    ).as_(name)
                for name, field in cls._stored_fields()],
            where=table.state == 'dead',
            group_by=[table.shop, table.feed, reason])

    def get_rec_name(self, name):
        return '%s: %s' % (self.feed_string, self.reason)

    @classmethod
    def _perform(cls, refusals, operation, **arguments):
        for refusal in refusals:
            perform(refusal, operation, channel=refusal.shop.id,
                job=refusal.feed, group=refusal.reason, **arguments)

    @classmethod
    @ModelView.button
    def replay(cls, refusals):
        cls._perform(refusals, 'replay')

    @classmethod
    @ModelView.button_action('ferry.wizard_discard')
    def discard(cls, refusals):
        pass

    @classmethod
    def ferry_discard(cls, refusals, reason):
        cls._perform(refusals, 'discard', reason=reason)


class DiscardAsk(ModelView):
    "Ferry Discard"
    __name__ = 'ferry.discard.ask'

    note = fields.Char("Note", required=True,
        help="Why the records are given up until they change; shown with "
        "each of them.")


class Discard(Wizard):
    "Ferry Discard"
    __name__ = 'ferry.discard'

    start = StateView(
        'ferry.discard.ask', 'ferry.discard_ask_view_form', [
            Button("Cancel", 'end', 'tryton-cancel'),
            Button("Discard", 'discard', 'tryton-ok', default=True),
            ])
    discard = StateTransition()

    def transition_discard(self):
        pool = Pool()
        User = pool.get('res.user')
        context = Transaction().context
        Model = pool.get(context['active_model'])
        Model.ferry_discard(Model.browse(context['active_ids']),
            reason=gettext('ferry.msg_discarded_by', note=self.start.note,
                user=User(Transaction().user).rec_name))
        return 'end'
