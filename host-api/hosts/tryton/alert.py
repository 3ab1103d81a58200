# This file is part of Ferry.  The LICENSE file at the top level of this
# repository contains the full license terms.
import json
import re
from email.header import Header
from email.mime.text import MIMEText
from email.utils import getaddresses

from trytond.config import config
from trytond.i18n import gettext
from trytond.model import ModelView, fields
from trytond.pool import Pool
from trytond.pyson import Bool, Eval, If
from trytond.sendmail import sendmail_transactional
from trytond.transaction import Transaction

from . import schema
from .job import JOBS
from .status import StatusModel, perform

__all__ = ['Alert', 'addresses', 'are_addresses']


def addresses(text):
    "The e-mail addresses of a text, separated by commas"
    return [a for _, a in getaddresses([text or '']) if a]


def are_addresses(text):
    "Whether the text is nothing but e-mail addresses, separated by commas"
    found = getaddresses([text or '']) if (text or '').strip() else []
    return all(
        re.fullmatch(r'[^@\s]+@[^@\s;]+', address) for _, address in found)


class Alert(StatusModel):
    "Ferry Alert"
    __name__ = 'ferry.alert'
    _ferry_table = 'alert'
    _ferry_created = 'raised_at'

    shop = fields.Many2One('web.shop', "Shop", readonly=True)
    job = fields.Selection(JOBS, "Job", readonly=True)
    rule = fields.Selection([
            ('backlog_grows', "Backlog grows"),
            ('errors', "Many Failures"),
            ('no_success', "No Success"),
            ('oldest_unsent', "Waiting for long"),
            ('paused', "Paused for long"),
            ('held', "Held Change Set"),
            ('unread', "Orders without Code or Id"),
            ], "Rule", readonly=True)
    rule_string = rule.translated('rule')
    text = fields.Text("What to do", readonly=True)
    raised_at = fields.DateTime("Since", readonly=True)
    resolved_at = fields.DateTime("Over since", readonly=True)
    acknowledged_at = fields.DateTime("Acknowledged at", readonly=True)
    acknowledged_by = fields.Char("Acknowledged by", readonly=True)

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls._order = [('id', 'DESC')]
        cls._buttons.update({
                'acknowledge': {
                    'invisible': (
                        Bool(Eval('resolved_at'))
                        | Bool(Eval('acknowledged_at'))),
                    'depends': ['resolved_at', 'acknowledged_at'],
                    },
                })

    @classmethod
    def table_query(cls):
        # the server may be updated before the tables are
        if not schema.has_table(cls._ferry_table):
            return cls._nothing()
        return super().table_query()

    def get_rec_name(self, name):
        return '%s: %s' % (self.shop.rec_name, self.rule_string)

    @classmethod
    def view_attributes(cls):
        return super().view_attributes() + [
            ('/tree', 'visual',
                If(Bool(Eval('resolved_at')), 'muted',
                    If(Bool(Eval('acknowledged_at')), '', 'danger')),
                ['resolved_at', 'acknowledged_at']),
            ]

    @classmethod
    @ModelView.button
    def acknowledge(cls, alerts):
        User = Pool().get('res.user')
        user = User(Transaction().user).rec_name
        for alert in alerts:
            perform(alert, 'acknowledge',
                channel=alert.shop.id, ids=[alert.id], by=user)

    @classmethod
    def mail(cls, news):
        """Mail the news of an alert (JSON, schemas/alert.md) to the addresses
        of its shop, with the commit of the transaction"""
        news = json.loads(news)
        Shop = Pool().get('web.shop')
        shops = Shop.search([('id', '=', news['channel'])])
        to = addresses(shops[0].ferry_alert_emails) if shops else []
        if not to:
            return
        state = {
            'raised': 'ferry.msg_alert_raised',
            'repeated': 'ferry.msg_alert_repeated',
            'resolved': 'ferry.msg_alert_resolved',
            }.get(news['state'], 'ferry.msg_alert_raised')
        message = MIMEText(news['text'], _charset='utf-8')
        message['From'] = from_ = config.get('email', 'from')
        message['To'] = ', '.join(to)
        message['Subject'] = Header(
            gettext(state, shop=shops[0].rec_name.replace('\n', ' ')), 'utf-8')
        sendmail_transactional(from_, to, message)
