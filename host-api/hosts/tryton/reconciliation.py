# This file is part of Ferry.  The LICENSE file at the top level of this
# repository contains the full license terms.
from trytond.model import ModelView, fields
from trytond.pyson import Eval, If

from .job import FEEDS
from .status import StatusModel, perform

__all__ = ['Reconciliation', 'Finding']


class Reconciliation(StatusModel):
    "Ferry Reconciliation"
    __name__ = 'ferry.reconciliation'
    _ferry_table = 'reconciliation'
    _ferry_created = 'requested_at'

    shop = fields.Many2One('web.shop', "Shop", readonly=True)
    feed = fields.Selection(FEEDS, "Feed", readonly=True)
    feed_string = feed.translated('feed')
    phase = fields.Selection([
            ('waiting', "Waiting"),
            ('listing', "Reading the Portal"),
            ('looking', "Looking for the Missing"),
            ('confirming', "Confirming"),
            ('finished', "Finished"),
            ], "State", readonly=True)
    heal = fields.Boolean("Heals", readonly=True,
        help="What is found to be wrong is sent again.")
    by_person = fields.Boolean("On Request", readonly=True)
    requested_at = fields.DateTime("Requested at", readonly=True)
    started_at = fields.DateTime("Started at", readonly=True)
    finished_at = fields.DateTime("Finished at", readonly=True)
    parity = fields.Numeric("Parity (%)", digits=(6, 3), readonly=True,
        help="How many of the compared records the portal shows as it "
        "confirmed them.")
    variance = fields.Numeric("Variance", readonly=True,
        help="The units by which the quantities on the portal are off.")
    listed = fields.Integer("Listed", readonly=True,
        help="The number of records that the portal shows.")
    lacking = fields.Integer("Not Listed", readonly=True,
        help="The number of records that the portal had confirmed and did "
        "not list.")
    agreed = fields.Integer("Agreeing", readonly=True)
    left_out = fields.Integer("Left out", readonly=True,
        help="The number of records known to differ, because something is "
        "under way, refused or withdrawn.")
    differing = fields.Integer("Differing", readonly=True)
    missing = fields.Integer("Missing", readonly=True,
        help="The number of records that the portal does not have any more.")
    surplus = fields.Integer("Surplus", readonly=True,
        help="The number of records that only the portal has.")
    explained = fields.Integer("Explained", readonly=True,
        help="The number of differences that were gone when looked at "
        "again.")
    unconfirmed = fields.Integer("Unconfirmed", readonly=True,
        help="The number of differences that could not be looked at again.")
    healed = fields.Integer("Healed", readonly=True,
        help="The number of records that are sent, or orders that are looked "
        "for, again.")
    error = fields.Text("Error", readonly=True)
    findings = fields.One2Many(
        'ferry.reconciliation.finding', 'reconciliation', "Findings",
        readonly=True)

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls._order = [('id', 'DESC')]
        cls._buttons.update({
                'report_again': {},
                'heal_again': {},
                })

    def get_rec_name(self, name):
        return '%s: %s (%s)' % (
            self.shop.rec_name, self.feed_string, self.id)

    @classmethod
    def view_attributes(cls):
        return super().view_attributes() + [
            ('/tree/field[@name="%s"]' % name, 'visual',
                If(Eval(name, 0) > 0, visual, ''))
            for name, visual in [
                ('differing', 'danger'),
                ('missing', 'danger'),
                ('surplus', 'warning'),
                ]]

    @classmethod
    def _perform(cls, reconciliations, **arguments):
        for shop, feed in sorted(
                {(r.shop.id, r.feed) for r in reconciliations}):
            perform(reconciliations[0], 'reconcile',
                channel=shop, feed=feed, **arguments)

    @classmethod
    @ModelView.button
    def report_again(cls, reconciliations):
        cls._perform(reconciliations)

    @classmethod
    @ModelView.button
    def heal_again(cls, reconciliations):
        cls._perform(reconciliations, heal=True)


class Finding(StatusModel):
    "Ferry Finding"
    __name__ = 'ferry.reconciliation.finding'
    _ferry_table = 'reconciliation_finding'
    _ferry_created = 'seen_at'

    reconciliation = fields.Many2One(
        'ferry.reconciliation', "Reconciliation", readonly=True)
    kind = fields.Selection([
            ('differing', "Differing"),
            ('missing', "Missing"),
            ('surplus', "Surplus"),
            ], "Finding", readonly=True)
    label = fields.Char("Record", readonly=True,
        help="The SKU or the reference of the order.")
    acknowledged = fields.Text("Last confirmed", readonly=True)
    shown = fields.Text("Shown", readonly=True,
        help="What the portal shows. Empty: it does not have the record.")
    variance = fields.Numeric("Variance", readonly=True)
    healed = fields.Boolean("Healed", readonly=True,
        help="It is sent, or the order is looked for, again.")
    seen_at = fields.DateTime("Seen at", readonly=True)
    confirmed_at = fields.DateTime("Confirmed at", readonly=True)

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls._order = [('id', 'ASC')]

    @classmethod
    def _where(cls, table):
        return table.state == 'confirmed'

    def get_rec_name(self, name):
        return self.label
