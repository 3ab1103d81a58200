# This file is part of Ferry.  The LICENSE file at the top level of this
# repository contains the full license terms.
import re

from sql import Cast

from trytond.i18n import gettext
from trytond.model import ModelView, fields
from trytond.pool import Pool
from trytond.pyson import Eval, If
from trytond.transaction import Transaction
from trytond.wizard import Button, StateTransition, StateView, Wizard

from .exceptions import OperationError
from .status import StatusModel, perform

__all__ = ['PortalOrder', 'Skip', 'SkipAsk']


class PortalOrder(StatusModel):
    "Portal Order"
    __name__ = 'ferry.portal_order'
    _rec_name = 'reference'
    _ferry_table = 'portal_order'
    _ferry_columns = dict(
        StatusModel._ferry_columns, sale='erp_id', number='erp_number')
    _ferry_created = 'first_seen_at'

    shop = fields.Many2One('web.shop', "Shop", readonly=True)
    reference = fields.Char("Reference", readonly=True,
        help="The number of the order on the portal.")
    portal_id = fields.Char("Portal ID", readonly=True)
    portal_state = fields.Char("Portal State", readonly=True)
    placed_at = fields.DateTime("Placed at", readonly=True)
    open = fields.Boolean("Open", readonly=True,
        help="The portal may still ship, change or cancel it.")
    cancelled = fields.Boolean("Cancelled", readonly=True)
    state = fields.Selection([
            ('waiting', "Waiting"),
            ('ready', "To Import"),
            ('review', "To Review"),
            ('linked', "Imported"),
            ('skipped', "Skipped"),
            ], "State", readonly=True)
    revision = fields.Selection([
            (None, ""),
            ('due', "To Take Over"),
            ('review', "To Review"),
            ], "Change", readonly=True,
        help="What the portal has changed of the order since it was "
        "imported.")
    reason = fields.Text("Reason", readonly=True, states={
            'invisible': ~Eval('reason'),
            })
    attempts = fields.Integer("Attempts", readonly=True)
    next_attempt_at = fields.DateTime("Next Attempt", readonly=True)
    sale = fields.Many2One('sale.sale', "Sale", readonly=True)
    number = fields.Char("Number", readonly=True)
    linked_at = fields.DateTime("Imported at", readonly=True)
    first_seen_at = fields.DateTime("First seen", readonly=True)
    last_seen_at = fields.DateTime("Last seen", readonly=True)
    document = fields.Text("Document", readonly=True)

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls._order = [('placed_at', 'DESC'), ('id', 'DESC')]
        cls._buttons.update({
                'retry': {
                    'invisible': (
                        ~Eval('state').in_(['review', 'waiting', 'skipped'])
                        & (Eval('revision') != 'review')),
                    'depends': ['state', 'revision'],
                    },
                'retry_same': {
                    'invisible': ((Eval('state') != 'review')
                        & (Eval('revision') != 'review')),
                    'depends': ['state', 'revision'],
                    },
                'link': {
                    'invisible': ~Eval('state').in_(
                        ['review', 'waiting', 'skipped']),
                    'depends': ['state'],
                    },
                'skip': {
                    'invisible': (
                        ~Eval('state').in_(['review', 'waiting'])
                        & (Eval('revision') != 'review')),
                    'depends': ['state', 'revision'],
                    },
                })

    @classmethod
    def _column(cls, table, name, field):
        column = super()._column(table, name, field)
        return Cast(column, 'INTEGER') if name == 'sale' else column

    @classmethod
    def view_attributes(cls):
        return super().view_attributes() + [
            ('/tree/field[@name="state"]', 'visual',
                If(Eval('state') == 'review', 'danger',
                    If(Eval('state') == 'skipped', 'muted', ''))),
            ('/tree/field[@name="revision"]', 'visual',
                If(Eval('revision') == 'review', 'danger', '')),
            ]

    @classmethod
    def _perform(cls, orders, operation, **arguments):
        for order in orders:
            perform(order, operation, channel=order.shop.id,
                reference=order.reference, **arguments)

    @classmethod
    @ModelView.button
    def retry(cls, orders):
        cls._perform(orders, 'retry-order')

    @classmethod
    @ModelView.button
    def retry_same(cls, orders):
        "Retry whatever is in review for the reasons of these orders"
        kinds = {
            (o.shop, o.reason_kind) for o in orders if o.is_in_review}
        alike = [o for o in cls.search([
                    ['OR',
                        ('state', '=', 'review'),
                        ('revision', '=', 'review'),
                        ],
                    ('shop', 'in', list({s.id for s, _ in kinds})),
                    ])
            if (o.shop, o.reason_kind) in kinds]
        for order in alike:
            try:
                cls.retry([order])
            except OperationError:
                # somebody else was faster with it; the others still are due
                if order in orders:
                    raise

    @property
    def is_in_review(self):
        return 'review' in {self.state, self.revision}

    @property
    def reason_kind(self):
        """What the reason says, without the names and numbers that are those
        of a single order"""
        kind = (self.reason or '').replace(self.reference, '…')
        kind = re.sub(r'"[^"]*"', '"…"', kind)
        kind = re.sub(r'\([^()]*\)', '(…)', kind)
        # the remedy, and candidates, come in the sentences after it
        kind = re.split(r'[.;] ', kind, maxsplit=1)[0]
        return re.sub(r'[0-9][0-9.,]*', '…', kind)

    @classmethod
    @ModelView.button_action('ferry.wizard_portal_order_link')
    def link(cls, orders):
        pass

    @classmethod
    @ModelView.button_action('ferry.wizard_portal_order_skip')
    def skip(cls, orders):
        pass

    @classmethod
    def ferry_skip(cls, orders, note):
        User = Pool().get('res.user')
        cls._perform(orders, 'skip-order',
            reason=gettext('ferry.msg_skipped_by', note=note,
                user=User(Transaction().user).rec_name))


class SkipAsk(ModelView):
    "Portal Order Skip"
    __name__ = 'ferry.portal_order.skip.ask'

    note = fields.Char("Note", required=True,
        help="Why the orders are never imported; shown with each of them.")


class Skip(Wizard):
    "Portal Order Skip"
    __name__ = 'ferry.portal_order.skip'

    start = StateView(
        'ferry.portal_order.skip.ask',
        'ferry.portal_order_skip_ask_view_form', [
            Button("Cancel", 'end', 'tryton-cancel'),
            Button("Skip", 'skip', 'tryton-ok', default=True),
            ])
    skip = StateTransition()

    def transition_skip(self):
        PortalOrder = Pool().get('ferry.portal_order')
        PortalOrder.ferry_skip(
            PortalOrder.browse(Transaction().context['active_ids']),
            self.start.note)
        return 'end'
