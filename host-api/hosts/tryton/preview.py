# This file is part of Ferry.  The LICENSE file at the top level of this
# repository contains the full license terms.
"""What a full comparison of a job would change, without sending it."""
from trytond.i18n import gettext
from trytond.model import ModelView, fields
from trytond.pool import Pool
from trytond.pyson import Eval
from trytond.transaction import Transaction
from trytond.wizard import Button, StateTransition, StateView, Wizard

from .status import perform

__all__ = ['Preview', 'PreviewResult', 'PreviewChange']

SHOWN = 200  # what a person looks through; the largest come first
# the jobs whose records carry nothing but the code of a product
BY_PRODUCT = {'product', 'stock', 'list_price', 'cost'}


class PreviewChange(ModelView):
    "Ferry Preview Change"
    __name__ = 'ferry.job.preview.change'

    label = fields.Char("Record", readonly=True,
        help="How the portal knows the record.")
    record_name = fields.Char("Name", readonly=True)
    acknowledged = fields.Text("Portal has", readonly=True,
        help="What the portal confirmed last.")
    desired = fields.Text("Should be", readonly=True,
        help="What the portal would show; empty when it would be withdrawn.")


class PreviewResult(ModelView):
    "Ferry Preview"
    __name__ = 'ferry.job.preview.result'

    job = fields.Many2One('ferry.job', "Job", readonly=True)
    inbound = fields.Integer("Examined", readonly=True)
    changed = fields.Integer("Changed", readonly=True)
    added = fields.Integer("Of them new", readonly=True)
    withdrawn = fields.Integer("Of them withdrawn", readonly=True)
    held = fields.Integer("Held already", readonly=True,
        help="The number of records that wait for a person already; they are "
        "not among the changed ones.")
    would_hold = fields.Text("Would be held because", readonly=True,
        states={
            'invisible': ~Eval('would_hold'),
            },
        help="The limits that the changes exceed: they would wait for a "
        "person.")
    more = fields.Char("Not shown", readonly=True,
        states={
            'invisible': ~Eval('more'),
            })
    changes = fields.One2Many('ferry.job.preview.change', None, "Changes",
        readonly=True)


class Preview(Wizard):
    "Ferry Preview"
    __name__ = 'ferry.job.preview'

    start = StateTransition()
    result = StateView(
        'ferry.job.preview.result', 'ferry.job_preview_result_view_form', [
            Button("Close", 'end', 'tryton-close', default=True),
            ])

    def transition_start(self):
        return 'result'

    def default_result(self, fields):
        # asked for here: the state of a wizard is written to the database
        # between two states, and this is to leave nothing behind
        Job = Pool().get('ferry.job')
        job = Job(Transaction().context['active_id'])
        answer = perform(job, 'preview',
            channel=job.shop.id, job=job.job, limit=SHOWN)
        result = {n: answer[n] for n in [
                'inbound', 'changed', 'added', 'withdrawn', 'held',
                'would_hold']}
        result['job'] = job.id
        changes = answer['changes']
        hidden = answer['changed'] - len(changes)
        result['more'] = gettext(
            'ferry.msg_preview_more', count=hidden) if hidden > 0 else None
        names = self._names(job.job, [c['label'] for c in changes])
        result['changes'] = [{
                'label': c['label'],
                'record_name': names.get(c['label']),
                'acknowledged': c['acknowledged'],
                'desired': c['desired'],
                } for c in changes]
        return result

    @classmethod
    def _names(cls, job, labels):
        "The names of the products with these codes"
        if job not in BY_PRODUCT:
            return {}
        Product = Pool().get('product.product')
        with Transaction().set_context(active_test=False):
            products = Product.search([('code', 'in', labels)])
        return {p.code: p.name for p in products}
