# This file is part of Ferry.  The LICENSE file at the top level of this
# repository contains the full license terms.
from trytond.model import fields
from trytond.pool import PoolMeta
from trytond.pyson import Eval
from trytond.transaction import Transaction

from . import schema

__all__ = ['Sale', 'Line', 'LineComponent']

# What the portal knows of the sales of shops of Ferry
_QUERY = (
    'SELECT s.id, w.name AS ferry_portal, '
    'substr(s.web_id, length(s.web_shop::text) + 2) AS ferry_reference, '
    'o.portal_state AS ferry_portal_state, '
    "date_trunc('second', greatest(o.last_seen_at, p.acknowledged_at) "
    "AT TIME ZONE 'UTC') AS ferry_last_sync, "
    "coalesce(nullif(concat_ws(E'\\n', o.reason, p.reason), ''), "
    "j.last_error) AS ferry_error, "
    "CASE WHEN p.acknowledged IS NOT NULL THEN s.number END "
    'AS ferry_number_confirmed '
    'FROM sale_sale s JOIN web_shop w ON w.id = s.web_shop '
    'LEFT JOIN ferry.portal_order o ON o.channel = s.web_shop '
    'AND o.reference = substr(s.web_id, length(s.web_shop::text) + 2) '
    'LEFT JOIN ferry.publication p ON p.channel = s.web_shop '
    "AND p.feed = 'order_status' AND p.key = s.id "
    'LEFT JOIN ferry.job j ON j.channel = s.web_shop '
    "AND j.job = 'order_status' "
    "WHERE w.type = 'ferry' AND s.id = ANY(%s)")
_FIELDS = [
    'ferry_portal', 'ferry_reference', 'ferry_portal_state',
    'ferry_last_sync', 'ferry_error', 'ferry_number_confirmed']


class Sale(metaclass=PoolMeta):
    __name__ = 'sale.sale'

    ferry_portal = fields.Function(
        fields.Char("Portal"), 'get_ferry_status')
    ferry_reference = fields.Function(
        fields.Char("Portal Order",
            help="The number of the order on the portal."),
        'get_ferry_status')
    ferry_portal_state = fields.Function(
        fields.Char("Portal State",
            help="The state of the order as the portal names it."),
        'get_ferry_status')
    ferry_last_sync = fields.Function(
        fields.DateTime("Last Sync",
            help="When the order was last seen on the portal or its status "
            "was confirmed by it."),
        'get_ferry_status')
    ferry_error = fields.Function(
        fields.Text("Last Error", states={
                'invisible': ~Eval('ferry_error'),
                }),
        'get_ferry_status')
    ferry_number_confirmed = fields.Function(
        fields.Char("Number on the Portal",
            help="The number of the sale, once the portal has confirmed it."),
        'get_ferry_status')

    ferry_document = fields.Text(
        "Portal Document", readonly=True, loading='lazy',
        help="What the portal showed of the order when the sale was entered "
        "or last brought up to date.")

    @classmethod
    def copy(cls, sales, default=None):
        default = {} if default is None else default.copy()
        default.setdefault('ferry_document', None)
        return super().copy(sales, default=default)

    @classmethod
    def __register__(cls, module_name):
        super().__register__(module_name)
        # match.py looks among what was keyed lately
        cls.__table_handler__(module_name).index_action('create_date', 'add')

    @classmethod
    def get_ferry_status(cls, sales, names):
        status = {n: {s.id: None for s in sales} for n in names}
        if not schema.is_readable():
            return status
        cursor = Transaction().connection.cursor()
        cursor.execute(_QUERY, ([s.id for s in sales],))
        for id_, *values in cursor:
            for name, value in zip(_FIELDS, values):
                if name in status:
                    status[name][id_] = value
        return status

    @classmethod
    def view_attributes(cls):
        return super().view_attributes() + [
            ('//page[@id="ferry"]', 'states', {
                    'invisible': ~Eval('ferry_portal'),
                    }),
            ]


class Line(metaclass=PoolMeta):
    __name__ = 'sale.line'

    @classmethod
    def __setup__(cls):
        super().__setup__()
        # Ferry looks for the open lines of single products after each save
        cls.product.select = True


class LineComponent(metaclass=PoolMeta):
    __name__ = 'sale.line.component'

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls.product.select = True
