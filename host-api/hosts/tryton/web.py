# This file is part of Ferry.  The LICENSE file at the top level of this
# repository contains the full license terms.
import json
import urllib.parse
from decimal import Decimal

from trytond.i18n import gettext
from trytond.model import ModelSQL, ModelView, fields
from trytond.pool import Pool, PoolMeta
from trytond.pyson import Eval
from trytond.rpc import RPC
from trytond.transaction import Transaction

from trytond.modules.product import price_digits

from . import change, engine, match, schema
from .alert import are_addresses
from .exceptions import OperationError, ShopSettingsError

__all__ = ['Location', 'Shop', 'Shop_Country', 'Shop_OrderCategory',
    'Shop_PartyCategory', 'Shop_Warehouse']

PROFILE = 'tryton-6.0'

# Writes the channel only when something in it changed
_UPSERT = (
    'INSERT INTO ferry.channel AS c '
    '(id, name, profile, connector, active, settings) '
    'VALUES (%s, %s, %s, %s, %s, %s) '
    'ON CONFLICT (id) DO UPDATE SET name = EXCLUDED.name, '
    'profile = EXCLUDED.profile, connector = EXCLUDED.connector, '
    'active = EXCLUDED.active, settings = EXCLUDED.settings, '
    'changed_at = clock_timestamp() '
    'WHERE (c.name, c.profile, c.connector, c.active, c.settings) '
    'IS DISTINCT FROM (EXCLUDED.name, EXCLUDED.profile, '
    'EXCLUDED.connector, EXCLUDED.active, EXCLUDED.settings)')
_DEACTIVATE = (
    'UPDATE ferry.channel SET active = false, changed_at = clock_timestamp() '
    'WHERE id = ANY(%s) AND active')
_DELETE = (
    'DELETE FROM ferry.channel c WHERE id = ANY(%s) AND NOT EXISTS '
    '(SELECT FROM ferry.portal_order o WHERE o.channel = c.id)')

_states = {
    'invisible': Eval('type') != 'ferry',
    }
_depends = ['type']
_required = {
    'invisible': Eval('type') != 'ferry',
    'required': Eval('type') == 'ferry',
    }

# The settings that have a field of their own, by their name in the channel
_SETTINGS = {
    'base_url': 'ferry_base_url',
    'username': 'ferry_username',
    'password': 'ferry_secret',
    'poll_interval': 'ferry_poll_interval',
    'batch_cap': 'ferry_batch_cap',
    'safety_stock': 'ferry_safety_stock',
    'order_states': 'ferry_order_states',
    'total_tolerance': 'ferry_tolerance',
    'owner': 'ferry_owner',
    'customers': 'ferry_customers',
    'customer_categories': 'ferry_customer_categories',
    'customer_countries': 'ferry_customer_countries',
    }


def service_domain():
    return [
        ('type', '=', 'service'),
        ('template.type', '=', 'service'),
        ('salable', '=', True),
        ]


class Shop(metaclass=PoolMeta):
    __name__ = 'web.shop'

    ferry_connector = fields.Char(
        "Connector", states=_required, depends=_depends,
        help="The kind of portal, by the name of its connector.")
    ferry_base_url = fields.Char(
        "Base URL", states=_required, depends=_depends,
        help="The address of the portal's API.")
    ferry_username = fields.Char(
        "User Name", states=_states, depends=_depends,
        help="The name to log in to the portal with, where it needs one.")
    ferry_secret = fields.Char(
        "Secret", states=_states, depends=_depends,
        help="The name of the password in the configuration of the server: "
        "secret.NAME or secret_file.NAME in section [ferry].\n"
        "The password itself is never stored here.")
    ferry_poll_interval = fields.Integer(
        "Poll Interval", states=_required, depends=_depends,
        help="Look for changes that were not reported every so many seconds.")
    ferry_batch_cap = fields.Integer(
        "Batch Cap", states=_required, depends=_depends,
        help="The most records to send at once.")
    ferry_safety_stock = fields.Numeric(
        "Safety Stock", digits=(16, 4), states=_required, depends=_depends,
        help="The quantity of each product that is never offered.")
    ferry_order_states = fields.Char(
        "Order States", states=_states, depends=_depends,
        help="Import orders that are in one of these states of the portal, "
        "separated by commas.\n"
        "Leave empty for those the connector proposes.")
    ferry_tolerance = fields.Numeric(
        "Tolerance", digits=price_digits, states=_required, depends=_depends,
        help="The difference of totals up to which an order is imported with "
        "an adjustment line.")
    ferry_match_days = fields.Integer(
        "Match within Days", states=_states, depends=_depends,
        help="A sale that a person entered is taken for an order of the "
        "portal only when it has the same number, customer and total and is "
        "at most so many days away.\n"
        "Leave empty for %s days." % match.WINDOW)
    ferry_adjustment_product = fields.Many2One(
        'product.product', "Adjustment Product",
        domain=service_domain(), states=_states,
        context={
            'company': Eval('company', -1),
            },
        depends=_depends + ['company'],
        help="Used on adjustment lines and for surcharges without product.")
    ferry_shipping_product = fields.Many2One(
        'product.product', "Shipping Product",
        domain=service_domain(), states=_states,
        context={
            'company': Eval('company', -1),
            },
        depends=_depends + ['company'],
        help="Used for the shipping charged by the portal.\n"
        "Leave empty to use the product of the carrier.")
    ferry_refund_product = fields.Many2One(
        'product.product', "Refund Product",
        domain=service_domain(), states=_states,
        context={
            'company': Eval('company', -1),
            },
        depends=_depends + ['company'],
        help="Used where the portal gave money back and no goods return; its "
        "customer taxes are taken out of the amount.\n"
        "Leave empty to use the adjustment product.")
    ferry_kept_reasons = fields.Text(
        "Goods Not Returned", states=_states, depends=_depends,
        help="One reason per line, as 'damaged'. Where what the portal gives "
        "as the reason of a refund contains one of them, in any case, the "
        "goods do not come back into stock: the return is of money alone, "
        "with the refund product.\n"
        "Leave empty to return the goods that any refund names.")
    ferry_confirm_returns = fields.Boolean(
        "Confirm Returns", states=_states, depends=_depends,
        help="Confirm the sale that returns what the portal refunded, which "
        "makes its credit note and, for goods that come back, its return "
        "shipment: the warehouse decides there whether they go back into "
        "stock.\n"
        "Otherwise it is left as a quotation.")
    ferry_shipping_methods = fields.One2Many(
        'ferry.shipping_method', 'shop', "Shipping Methods", states=_states,
        depends=_depends,
        help="What stands for the shipping methods of the portal, where it "
        "is not the shipping product.")
    ferry_new_parties = fields.Boolean(
        "New Parties", states=_states, depends=_depends,
        help="Create a party for the customer of an order who is none yet.\n"
        "Otherwise such an order is to be reviewed.")
    ferry_order_categories = fields.Many2Many(
        'web.shop-order-party.category', 'shop', 'category',
        "Order Categories", states=_states, depends=_depends,
        help="Import only orders of parties in one of the categories, or in "
        "one below it. Any other order is left alone: nothing is created, and "
        "nobody needs to review it. That goes for customers who are no party "
        "yet as well, whatever New Parties says. A sale that a person entered "
        "for the order is linked all the same.\n"
        "When the party gets a category the order comes in within an hour "
        "while it is open on the portal, whenever it changes there, or at "
        "once by Retry.\n"
        "Leave empty for orders of anybody.")
    ferry_order_user = fields.Many2One(
        'res.user', "Order User", states=_states, depends=_depends,
        help="The user who enters the orders, with the access rights of this "
        "user.\n"
        "Leave empty to enter them as the system.")
    ferry_customers = fields.Selection([
            (None, ""),
            ('orders', "With a Sale of the Shop"),
            ('price_list', "With a Price List of Their Own"),
            ('all', "All"),
            ], "Customers", states=_states, depends=_depends,
        help="The parties that the portal gets as customers, where customers "
        "are among its jobs.\n"
        "Leave empty for those with a sale of the shop.")
    ferry_customer_categories = fields.Many2Many(
        'web.shop-party.category', 'shop', 'category', "Customer Categories",
        states=_states, depends=_depends,
        help="Of these parties only those in one of the categories, or in "
        "one below it.\n"
        "Leave empty for parties of any category or none.")
    ferry_customer_countries = fields.Many2Many(
        'web.shop-country.country', 'shop', 'country', "Customer Countries",
        domain=[
            ('code', '!=', None),
            ],
        states=_states, depends=_depends,
        help="Of these parties only those with an address in one of the "
        "countries.\n"
        "Leave empty for parties of any country.")
    ferry_owner = fields.Text(
        "Not Owned by Tryton", states=_states, depends=_depends,
        help="What Ferry leaves alone, one field a line with its owner, "
        "portal or nobody: product.description = portal\n"
        "Everything else is Tryton's, and the portal is made to show it.")
    ferry_settings = fields.Text(
        "Other Settings", states=_states, depends=_depends,
        help="Further settings of the channel and its connector, as a JSON "
        "object.")
    ferry_warehouses = fields.One2Many(
        'web.shop-stock.location', 'shop', "Warehouses", states=_states,
        depends=_depends,
        help="The warehouses whose stock is offered, each with the location "
        "of the portal it supplies.")

    ferry_alert_emails = fields.Char(
        "Alert E-Mails", states=_states, depends=_depends,
        help="Who is mailed when this shop needs attention: e-mail addresses "
        "separated by commas.")
    ferry_alerts = fields.One2Many(
        'ferry.alert', 'shop', "Alerts", readonly=True,
        filter=[('resolved_at', '=', None)],
        states=_states, depends=_depends)
    ferry_jobs = fields.One2Many(
        'ferry.job', 'shop', "Jobs", readonly=True,
        states=_states, depends=_depends)
    ferry_status = fields.Function(fields.Char(
            "Status", states=_states, depends=_depends), 'get_ferry_status')
    ferry_paused = fields.Function(fields.Boolean(
            "Paused", states=_states, depends=_depends), 'get_ferry_paused')

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls.type.selection.append(('ferry', "Ferry"))
        cls.warehouses.states = dict(cls.warehouses.states or {})
        cls.warehouses.states['invisible'] = (
            cls.warehouses.states.get('invisible', False)
            | (Eval('type') == 'ferry'))
        cls.warehouses.depends = list(cls.warehouses.depends or []) + ['type']
        cls.__rpc__.update({
                'autocomplete_ferry_connector': RPC(instantiate=0),
                })
        visible = {
            'invisible': ((Eval('type') != 'ferry') | (Eval('id', -1) < 0)),
            'depends': ['type'],
            }
        cls._buttons.update({
                'ferry_test': visible,
                'ferry_sync': visible,
                'ferry_compare': visible,
                'ferry_pause': {
                    'invisible': visible['invisible'] | Eval('ferry_paused'),
                    'depends': ['type', 'ferry_paused'],
                    },
                'ferry_resume': {
                    'invisible': visible['invisible'] | ~Eval('ferry_paused'),
                    'depends': ['type', 'ferry_paused'],
                    },
                })

    @classmethod
    def __register__(cls, module_name):
        handler = cls.__table_handler__(module_name)
        # the shops of before have always made parties
        defaults = [(name, default) for name, default in [
                ('ferry_new_parties', cls.default_ferry_new_parties()),
                ('ferry_confirm_returns', cls.default_ferry_confirm_returns()),
                ] if not handler.column_exist(name)]
        super().__register__(module_name)
        table = cls.__table__()
        for name, default in defaults:
            Transaction().connection.cursor().execute(
                *table.update([getattr(table, name)], [default]))

    @classmethod
    def __post_setup__(cls):
        super().__post_setup__()
        engine.schedule(Transaction().database.name)

    @classmethod
    def view_attributes(cls):
        return super().view_attributes() + [
            ('//page[@id="ferry"]', 'states', _states),
            ('//page[@id="ferry_portal"]', 'states', _states),
            ]

    @classmethod
    def default_ferry_poll_interval(cls):
        return 30

    @classmethod
    def default_ferry_batch_cap(cls):
        return 100

    @classmethod
    def default_ferry_safety_stock(cls):
        return Decimal(0)

    @classmethod
    def default_ferry_tolerance(cls):
        return Decimal('0.05')

    @classmethod
    def default_ferry_match_days(cls):
        return match.WINDOW

    @classmethod
    def default_ferry_new_parties(cls):
        return True

    @classmethod
    def default_ferry_confirm_returns(cls):
        return True

    @classmethod
    def default_ferry_customers(cls):
        return 'orders'

    @property
    def to_sync(self):
        return super().to_sync or self.type == 'ferry'

    @fields.depends('ferry_connector')
    def autocomplete_ferry_connector(self):
        try:
            known = engine.ask(Transaction().database.name, 'settings')
        except engine.EngineError:
            return []
        typed = (self.ferry_connector or '').lower()
        return [c['id'] for c in known['connectors'] if typed in c['id']]

    @classmethod
    def get_ferry_status(cls, shops, name):
        problem = schema.problem()
        status = gettext(problem) if problem else None
        if not status:
            statuses = {}
            ill = cls._ferry_ill_portals(shops)
            for shop in shops:
                concerned = {
                    j.job_string for j in shop.ferry_jobs
                    if j.last_error or j.paused or j.attention or j.held}
                if shop.type != 'ferry':
                    statuses[shop.id] = None
                elif not shop.ferry_jobs:
                    statuses[shop.id] = gettext('ferry.msg_status_new')
                elif concerned:
                    statuses[shop.id] = gettext('ferry.msg_status_attention',
                        jobs=', '.join(sorted(concerned)))
                else:
                    statuses[shop.id] = gettext('ferry.msg_status_good')
                if shop.id in ill:
                    statuses[shop.id] = gettext('ferry.msg_status_portal_ill',
                        reason=ill[shop.id], status=statuses[shop.id])
                if statuses[shop.id] and shop.ferry_alerts:
                    statuses[shop.id] = gettext('ferry.msg_status_alerts',
                        count=len(shop.ferry_alerts),
                        status=statuses[shop.id])
            return statuses
        return {s.id: status if s.type == 'ferry' else None for s in shops}

    @classmethod
    def _ferry_ill_portals(cls, shops):
        "What the portal did last, of shops whose portal is left alone"
        if not schema.has_table('breaker'):
            return {}
        cursor = Transaction().connection.cursor()
        cursor.execute("SELECT channel, coalesce(reason, '') "
            "FROM ferry.breaker WHERE state = 'open' AND channel = ANY(%s)",
            ([s.id for s in shops if s.type == 'ferry'],))
        return dict(cursor.fetchall())

    @classmethod
    def get_ferry_paused(cls, shops, name):
        return {
            s.id: bool(s.ferry_jobs) and all(j.paused for j in s.ferry_jobs)
            for s in shops}

    @classmethod
    def validate(cls, shops):
        super().validate(shops)
        for shop in shops:
            if shop.type == 'ferry':
                shop._check_ferry()

    def _check_ferry(self):
        url = urllib.parse.urlparse(self.ferry_base_url or '')
        if url.scheme not in {'http', 'https'} or not url.hostname:
            raise ShopSettingsError(gettext(
                    'ferry.msg_shop_base_url',
                    shop=self.rec_name, value=self.ferry_base_url or ''))
        for name, least in [
                ('ferry_poll_interval', 1),
                ('ferry_batch_cap', 1),
                ('ferry_safety_stock', 0),
                ('ferry_tolerance', 0),
                ('ferry_match_days', 0),
                ]:
            value = getattr(self, name)
            if name == 'ferry_match_days' and value is None:
                continue
            if value is None or value < least:
                raise ShopSettingsError(gettext(
                        'ferry.msg_shop_least', shop=self.rec_name,
                        field=self._ferry_label(name), least=least,
                        value='' if value is None else value))
        if not are_addresses(self.ferry_alert_emails):
            raise ShopSettingsError(gettext(
                    'ferry.msg_shop_emails', shop=self.rec_name,
                    value=self.ferry_alert_emails))
        self._check_ferry_settings(self.ferry_channel_settings())

    def _check_ferry_settings(self, settings):
        "Ask the module, where one is loaded"
        try:
            answer = engine.ask(
                Transaction().database.name, 'check-settings',
                profile=PROFILE, connector=self.ferry_connector,
                settings=settings)
        except engine.EngineError:
            return
        if answer and answer['problems']:
            raise ShopSettingsError(gettext(
                    'ferry.msg_shop_settings', shop=self.rec_name,
                    problems='\n'.join('%s: %s' % (
                            self._ferry_setting_label(p['field']),
                            p['message'])
                        for p in answer['problems'])))

    @classmethod
    def _ferry_label(cls, name):
        return cls.fields_get([name])[name]['string']

    @classmethod
    def _ferry_setting_label(cls, setting):
        if setting in _SETTINGS:
            return cls._ferry_label(_SETTINGS[setting])
        return setting

    def _ferry_owners(self):
        "The owners of the fields that are not Tryton's"
        owners = {}
        for line in filter(str.strip, self.ferry_owner.splitlines()):
            field, equals, owner = map(str.strip, line.partition('='))
            if not (field and equals and owner) or field in owners:
                raise ShopSettingsError(gettext(
                        'ferry.msg_shop_owner', shop=self.rec_name,
                        field=self._ferry_label('ferry_owner'), line=line))
            owners[field] = owner
        return owners

    def ferry_channel_settings(self):
        "The settings of the channel, for ferry.channel"
        settings = {}
        if (self.ferry_settings or '').strip():
            try:
                settings = json.loads(self.ferry_settings)
                if not isinstance(settings, dict):
                    raise ValueError("a JSON object is needed")
            except ValueError as e:
                raise ShopSettingsError(gettext(
                        'ferry.msg_shop_json', shop=self.rec_name,
                        field=self._ferry_label('ferry_settings'),
                        error=str(e)))
            doubles = [s for s in _SETTINGS if s in settings]
            if doubles:
                raise ShopSettingsError(gettext(
                        'ferry.msg_shop_double', shop=self.rec_name,
                        setting=doubles[0],
                        field=self._ferry_setting_label(doubles[0])))
        for setting, name in _SETTINGS.items():
            value = getattr(self, name)
            if value is None or value == '' or value == ():
                continue
            if setting == 'order_states':
                value = [s.strip() for s in value.split(',') if s.strip()]
            elif setting == 'owner':
                value = self._ferry_owners()
            elif setting == 'customer_categories':
                value = sorted(str(c.id) for c in value)
            elif setting == 'customer_countries':
                value = sorted(c.code for c in value)
            elif isinstance(value, Decimal):
                value = format(value.normalize(), 'f')
            settings[setting] = value
        locations = {
            w.warehouse.code or '': w.ferry_location
            for w in self.ferry_warehouses if w.ferry_location}
        if '' in locations:
            raise ShopSettingsError(gettext(
                    'ferry.msg_shop_warehouse_code', shop=self.rec_name,
                    warehouse=next(
                        w.warehouse.rec_name for w in self.ferry_warehouses
                        if w.ferry_location and not w.warehouse.code)))
        if locations:
            settings['locations'] = locations
        return settings

    @classmethod
    def create(cls, vlist):
        shops = super().create(vlist)
        cls.ferry_publish_channels(shops)
        return shops

    @classmethod
    def write(cls, *args):
        super().write(*args)
        cls.ferry_publish_channels(
            cls.browse({s.id for shops in args[::2] for s in shops}))

    @classmethod
    def delete(cls, shops):
        ids = list(map(int, shops))
        super().delete(shops)
        if schema.is_writable():
            cursor = Transaction().connection.cursor()
            cursor.execute(_DEACTIVATE, (ids,))
            if cursor.rowcount:
                change.hints().channels = True
                cursor.execute(_DELETE, (ids,))

    @classmethod
    def ferry_publish_channels(cls, shops=None):
        """Write the shops (None: all) into ferry.channel and notify.
        Return False if it does not exist yet: the engine calls again then."""
        if not schema.is_writable():
            return False
        if shops is None:
            with Transaction().set_context(active_test=False):
                shops = cls.search([])
        cursor = Transaction().connection.cursor()
        changed = 0
        for shop in shops:
            if shop.type == 'ferry':
                cursor.execute(_UPSERT, (
                        shop.id, shop.name, PROFILE, shop.ferry_connector,
                        shop.active,
                        json.dumps(shop.ferry_channel_settings(),
                            sort_keys=True)))
            else:
                cursor.execute(_DEACTIVATE, ([shop.id],))
            changed += cursor.rowcount
        if changed:
            change.hints().channels = True
        return True

    def _ferry_perform(self, operation, **arguments):
        try:
            return engine.perform(
                Transaction().database.name, operation,
                channel=self.id, **arguments)
        except engine.EngineError as e:
            raise OperationError(gettext(
                    'ferry.msg_operation_failed', record=self.rec_name,
                    reason=str(e)))

    @classmethod
    @ModelView.button_action('ferry.wizard_shop_test')
    def ferry_test(cls, shops):
        pass

    @classmethod
    @ModelView.button
    def ferry_sync(cls, shops):
        for shop in shops:
            shop._ferry_perform('run-now', mode='incremental')

    @classmethod
    @ModelView.button
    def ferry_compare(cls, shops):
        for shop in shops:
            shop._ferry_perform('run-now', mode='full')

    @classmethod
    @ModelView.button
    def ferry_pause(cls, shops):
        pool = Pool()
        User = pool.get('res.user')
        reason = gettext('ferry.msg_paused_by',
            user=User(Transaction().user).rec_name)
        for shop in shops:
            shop._ferry_perform('pause', reason=reason)

    @classmethod
    @ModelView.button
    def ferry_resume(cls, shops):
        for shop in shops:
            shop._ferry_perform('resume')


class Shop_Warehouse(ModelView, metaclass=PoolMeta):
    __name__ = 'web.shop-stock.location'

    ferry_location = fields.Char(
        "Portal Location",
        help="The id of the location of the portal that this warehouse "
        "supplies.\n"
        "Leave empty for all warehouses where the portal has none.")

    @classmethod
    def create(cls, vlist):
        records = super().create(vlist)
        cls._ferry_publish({r.shop.id for r in records})
        return records

    @classmethod
    def write(cls, *args):
        records = sum(args[::2], [])
        shops = {r.shop.id for r in records}
        super().write(*args)
        cls._ferry_publish(
            shops | {r.shop.id for r in cls.browse(records)})

    @classmethod
    def delete(cls, records):
        shops = {r.shop.id for r in records}
        super().delete(records)
        cls._ferry_publish(shops)

    @classmethod
    def _ferry_publish(cls, ids):
        "The channel holds the portal's locations by the warehouses' codes"
        Shop = Pool().get('web.shop')
        with Transaction().set_context(active_test=False):
            Shop.ferry_publish_channels(Shop.search([
                        ('id', 'in', list(ids)),
                        ('type', '=', 'ferry'),
                        ]))


class Shop_PartyCategory(ModelSQL):
    "Web Shop - Party Category"
    __name__ = 'web.shop-party.category'

    shop = fields.Many2One(
        'web.shop', "Shop", ondelete='CASCADE', select=True, required=True)
    # a shop that loses its last category would have everybody as customer
    category = fields.Many2One(
        'party.category', "Category", ondelete='RESTRICT', required=True)


class Shop_OrderCategory(ModelSQL):
    "Web Shop - Party Category of Orders"
    __name__ = 'web.shop-order-party.category'

    shop = fields.Many2One(
        'web.shop', "Shop", ondelete='CASCADE', select=True, required=True)
    # a shop that loses its last category would take everybody's orders
    category = fields.Many2One(
        'party.category', "Category", ondelete='RESTRICT', required=True)


class Shop_Country(ModelSQL):
    "Web Shop - Country"
    __name__ = 'web.shop-country.country'

    shop = fields.Many2One(
        'web.shop', "Shop", ondelete='CASCADE', select=True, required=True)
    country = fields.Many2One(
        'country.country', "Country", ondelete='RESTRICT', required=True)


class Location(metaclass=PoolMeta):
    __name__ = 'stock.location'

    @classmethod
    def write(cls, *args):
        super().write(*args)
        if any('code' in values for values in args[1::2]):
            Warehouse = Pool().get('web.shop-stock.location')
            warehouses = Warehouse.search([
                    ('warehouse', 'in', [
                            l.id for records in args[::2] for l in records]),
                    ])
            Warehouse._ferry_publish({w.shop.id for w in warehouses})
