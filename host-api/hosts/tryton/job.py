# This file is part of Ferry.  The LICENSE file at the top level of this
# repository contains the full license terms.
from sql import Cast, Null
from sql.aggregate import Count
from sql.functions import Extract, Function

from trytond.bus import notify
from trytond.i18n import gettext
from trytond.model import ModelView, fields
from trytond.pool import Pool
from trytond.pyson import Eval, If
from trytond.transaction import Transaction
from trytond.wizard import Button, StateTransition, StateView, Wizard

from . import schema
from .status import StatusModel, perform

__all__ = ['Job', 'Run', 'Exchange', 'Test', 'TestResult']

JOBS = [
    ('product', "Products"),
    ('stock', "Stock"),
    ('list_price', "List Prices"),
    ('cost', "Costs"),
    ('discount', "Discounts"),
    ('fixed_net_price', "Fixed Net Prices"),
    ('customer', "Customers"),
    ('order_status', "Order Status"),
    ('intake', "Order Intake"),
    ('reconcile', "Reconciliation"),
    ]
FEEDS = [j for j in JOBS if j[0] not in {'intake', 'reconcile'}]


class Cardinality(Function):
    __slots__ = ()
    _function = 'CARDINALITY'


class ArrayToString(Function):
    __slots__ = ()
    _function = 'ARRAY_TO_STRING'


class Job(StatusModel):
    "Ferry Job"
    __name__ = 'ferry.job'
    _ferry_table = 'job'

    shop = fields.Many2One('web.shop', "Shop", readonly=True)
    job = fields.Selection(JOBS, "Job", readonly=True)
    job_string = job.translated('job')
    paused = fields.Boolean("Paused", readonly=True)
    pause_reason = fields.Char("Pause Reason", readonly=True)
    requested = fields.Selection([
            (None, ""),
            ('incremental', "Synchronization"),
            ('full', "Full Comparison"),
            ], "Requested", readonly=True)
    holder = fields.Char("Driven by", readonly=True,
        help="The process that drives this job.")
    expires_at = fields.DateTime("Held until", readonly=True)
    last_run = fields.Many2One('ferry.run', "Last Run", readonly=True)
    last_success_at = fields.DateTime("Last Success", readonly=True)
    last_error = fields.Text("Last Error", readonly=True)
    last_error_at = fields.DateTime("Last Error at", readonly=True)
    compared_fully_at = fields.DateTime("Compared fully at", readonly=True)
    waiting = fields.Function(fields.Integer("Waiting",
            help="The number of records that are to be sent, or of orders to "
            "be imported."), 'get_counts')
    attention = fields.Function(fields.Integer("Need Attention",
            help="The number of records that the portal refused, or of orders "
            "to review."), 'get_counts')
    held = fields.Function(fields.Integer("Held",
            help="The number of records of a change set that looks like an "
            "accident and waits for a person."), 'get_held')
    held_reason = fields.Function(fields.Text("Held because",
            states={
                'invisible': ~Eval('held', 0),
                },
            depends=['held']), 'get_held')
    held_run = fields.Function(fields.Many2One('ferry.run', "Held Run",
            states={
                'invisible': ~Eval('held', 0),
                },
            depends=['held']), 'get_held')

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls._order = [('shop', 'ASC'), ('job', 'ASC')]
        held = {
            'invisible': ~Eval('held', 0),
            'depends': ['held'],
            }
        cls._buttons.update({
                'sync': {},
                'compare': {
                    'invisible': Eval('job').in_(['intake', 'reconcile']),
                    'depends': ['job'],
                    },
                'preview': {
                    'invisible': Eval('job').in_(['intake', 'reconcile']),
                    'depends': ['job'],
                    },
                'pause': {
                    'invisible': Eval('paused', False),
                    'depends': ['paused'],
                    },
                'resume': {
                    'invisible': ~Eval('paused', False),
                    'depends': ['paused'],
                    },
                'release_held': held,
                'discard_held': held,
                })

    def get_rec_name(self, name):
        return '%s: %s' % (self.shop.rec_name, self.job_string)

    @classmethod
    def get_counts(cls, jobs, names):
        pool = Pool()
        Publication = pool.get('ferry.publication')
        Order = pool.get('ferry.portal_order')
        states = {'waiting': {'pending', 'ready', 'due'},
            'attention': {'dead', 'review'}}
        counts = {}
        cursor = Transaction().connection.cursor()
        shops = [j.shop.id for j in jobs]
        # state by state: the indexes hold the rows of one kind only
        for Model, columns, field, state in [
                (Publication, ['feed'], 'state', 'pending'),
                (Publication, ['feed'], 'state', 'dead'),
                (Order, [], 'state', 'ready'),
                (Order, [], 'state', 'review'),
                (Order, [], 'revision', 'due'),
                (Order, [], 'revision', 'review')]:
            table = Model.__table__()
            group = [getattr(table, c) for c in ['shop'] + columns]
            cursor.execute(*table.select(
                    *group, Count(table.id),
                    where=table.shop.in_(shops or [-1])
                    & (getattr(table, field) == state),
                    group_by=group))
            for shop, *feed, count in cursor:
                key = shop, feed[0] if feed else 'intake', state
                counts[key] = counts.get(key, 0) + count
        return {n: {j.id: sum(
                    counts.get((j.shop.id, j.job, s), 0) for s in states[n])
                for j in jobs} for n in names}

    @classmethod
    def get_held(cls, jobs, names):
        "What waits for a person: records, why, and the run that found them"
        found = {}
        if schema.has_table('hold'):
            cursor = Transaction().connection.cursor()
            cursor.execute('SELECT h.channel, h.job, h.reason, h.run, '
                '(SELECT count(*) FROM ferry.publication p '
                'WHERE p.channel = h.channel AND p.feed = h.job '
                "AND p.state = 'held') FROM ferry.hold h "
                'WHERE h.ended_at IS NULL AND h.channel = ANY(%s)',
                ([j.shop.id for j in jobs],))
            for shop, job, reason, run, count in cursor:
                found[shop, job] = {
                    'held': count, 'held_reason': reason, 'held_run': run}
        nothing = {'held': 0, 'held_reason': None, 'held_run': None}
        return {n: {
                j.id: found.get((j.shop.id, j.job), nothing)[n]
                for j in jobs} for n in names}

    @classmethod
    def view_attributes(cls):
        return super().view_attributes() + [
            ('/tree/field[@name="held"]', 'visual',
                If(Eval('held', 0) > 0, 'danger', '')),
            ('/form/separator[@id="held"]', 'states', {
                    'invisible': ~Eval('held', 0),
                    }),
            ]

    @classmethod
    def alert(cls, line):
        "Show the line to the members of Ferry's group who are logged in"
        pool = Pool()
        User = pool.get('res.user')
        ModelData = pool.get('ir.model.data')
        group = ModelData.get_id('ferry', 'group_ferry_admin')
        for user in User.search([('groups', '=', group)]):
            notify(gettext('ferry.msg_alert'), line, user=user.id)

    @classmethod
    def _perform(cls, jobs, operation, **arguments):
        for job in jobs:
            perform(job, operation,
                channel=job.shop.id, job=job.job, **arguments)

    @classmethod
    @ModelView.button
    def sync(cls, jobs):
        cls._perform(jobs, 'run-now', mode='incremental')

    @classmethod
    @ModelView.button
    def compare(cls, jobs):
        cls._perform(jobs, 'run-now', mode='full')

    @classmethod
    @ModelView.button_action('ferry.wizard_job_preview')
    def preview(cls, jobs):
        pass

    @classmethod
    @ModelView.button
    def pause(cls, jobs):
        User = Pool().get('res.user')
        cls._perform(jobs, 'pause', reason=gettext('ferry.msg_paused_by',
                user=User(Transaction().user).rec_name))

    @classmethod
    @ModelView.button
    def resume(cls, jobs):
        cls._perform(jobs, 'resume')

    @classmethod
    def _end_held(cls, jobs, operation, **arguments):
        "Only what the user has seen: a run that joined it is another one"
        User = Pool().get('res.user')
        for job in jobs:
            cls._perform([job], operation, run=job.held_run.id,
                by=User(Transaction().user).rec_name, **arguments)

    @classmethod
    @ModelView.button
    def release_held(cls, jobs):
        cls._end_held(jobs, 'release')

    @classmethod
    @ModelView.button_action('ferry.wizard_discard')
    def discard_held(cls, jobs):
        pass

    @classmethod
    def ferry_discard(cls, jobs, reason):
        cls._end_held(jobs, 'discard-held', reason=reason)


class Run(StatusModel):
    "Ferry Run"
    __name__ = 'ferry.run'
    _ferry_table = 'run'
    _ferry_created = 'started_at'

    shop = fields.Many2One('web.shop', "Shop", readonly=True)
    job = fields.Selection(JOBS, "Job", readonly=True)
    job_string = job.translated('job')
    mode = fields.Selection([
            ('hints', "Saved Records"),
            ('watermark', "Changed Rows"),
            ('full', "Full Comparison"),
            ('intake', "Order Intake"),
            ], "Mode", readonly=True)
    started_at = fields.DateTime("Started at", readonly=True)
    finished_at = fields.DateTime("Finished at", readonly=True)
    duration = fields.Float("Seconds", digits=(16, 3), readonly=True)
    holder = fields.Char("Driven by", readonly=True,
        help="The process that drove this run.")
    inbound = fields.Integer("Examined", readonly=True)
    unchanged = fields.Integer("Unchanged", readonly=True)
    changed = fields.Integer("Changed", readonly=True)
    successful = fields.Integer("Successful", readonly=True)
    failed = fields.Integer("Failed", readonly=True)
    deferred = fields.Integer("Deferred", readonly=True,
        help="Records that wait for another attempt, or that a newer run took "
        "over.")
    held = fields.Text("Held because", readonly=True,
        states={
            'invisible': ~Eval('held'),
            },
        help="Why its change set waited for a person.")
    error = fields.Text("Error", readonly=True)

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls._order = [('id', 'DESC')]

    @classmethod
    def _column(cls, table, name, field):
        if name == 'duration':
            return Cast(
                Extract('EPOCH', table.finished_at - table.started_at),
                field.sql_type().base)
        elif name == 'held' and not schema.has_table('hold'):
            return Cast(Null, field.sql_type().base)  # came with the guard
        return super()._column(table, name, field)

    def get_rec_name(self, name):
        return str(self.id)

    @classmethod
    def view_attributes(cls):
        return super().view_attributes() + [
            ('/tree/field[@name="failed"]', 'visual',
                If(Eval('failed', 0) > 0, 'danger', '')),
            ]


class Exchange(StatusModel):
    "Ferry Exchange"
    __name__ = 'ferry.exchange'
    _ferry_table = 'exchange'
    _ferry_created = 'started_at'

    shop = fields.Many2One('web.shop', "Shop", readonly=True)
    job = fields.Selection(JOBS, "Job", readonly=True)
    started_at = fields.DateTime("Started at", readonly=True)
    finished_at = fields.DateTime("Finished at", readonly=True)
    requests = fields.Integer("Requests", readonly=True)
    items = fields.Integer("Records", readonly=True)
    verdicts = fields.Text("Verdicts", readonly=True)
    status = fields.Integer("Status", readonly=True,
        help="The HTTP status of the last reply; 0 when none arrived.")
    request = fields.Text("Request", readonly=True)
    reply = fields.Text("Reply", readonly=True)

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls._order = [('id', 'DESC')]

    @classmethod
    def _column(cls, table, name, field):
        if name == 'items':
            return Cardinality(table.keys)
        elif name == 'verdicts':
            return ArrayToString(table.verdicts, ', ')
        return super()._column(table, name, field)

    def get_rec_name(self, name):
        return str(self.id)


class TestResult(ModelView):
    "Ferry Connection Test"
    __name__ = 'ferry.shop.test.result'

    shop = fields.Many2One('web.shop', "Shop", readonly=True)
    ok = fields.Boolean("Successful", readonly=True)
    message = fields.Text("Answer", readonly=True)


class Test(Wizard):
    "Ferry Connection Test"
    __name__ = 'ferry.shop.test'

    start = StateTransition()
    result = StateView(
        'ferry.shop.test.result', 'ferry.shop_test_result_view_form', [
            Button("Close", 'end', 'tryton-close', default=True),
            ])

    def transition_start(self):
        Shop = Pool().get('web.shop')
        shop = Shop(Transaction().context['active_id'])
        answer = perform(shop, 'test-connection', channel=shop.id)
        self.result.shop = shop
        self.result.ok = answer['ok']
        self.result.message = answer['message']
        return 'result'

    def default_result(self, fields):
        return {
            'shop': self.result.shop.id,
            'ok': self.result.ok,
            'message': self.result.message,
            }
