"""A second portal: an unmodified Medusa from the npm registry, its store API as a customer uses it and its admin API."""
import hashlib
import json
import os
import secrets
import shutil
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

from .processes import Child, free_port, run
from .vendure import check_node, sku

SOURCE = Path(__file__).resolve().parent.parent / 'portals' / 'medusa'
ADMIN = 'portal-admin@example.com'
STANDARD_TAX = 20  # per cent
LOCATION = 'Main warehouse'
_MEDUSA = './node_modules/.bin/medusa'

ADDRESS = {'first_name': 'Ada', 'last_name': 'Byron', 'company': 'Engines Ltd', 'address_1': 'Gasse 1', 'address_2': 'Hof 2',
           'city': 'München', 'postal_code': '80331', 'country_code': 'de', 'phone': '+49 89 1234'}


def _digest(*parts):
    return hashlib.sha256('\0'.join(parts).encode()).hexdigest()[:12]


class Portal:
    """Installed and seeded once per folder and lock file; each database copied from the seeded one is a fresh shop. So many
    variants are one product: with one, a product is what a product of the ERP is."""

    def __init__(self, cluster, folder, products=50, per_product=5):
        self.cluster = cluster
        self.folder = Path(folder)
        self.products = products
        self._per_product = per_product
        lock = (SOURCE / 'package-lock.json').read_text()
        self.home = self.folder / f'medusa-{_digest(lock)}'
        self._template = f'medusa_{per_product}_{_digest(lock, Path(__file__).read_text(), str(products))}'
        self._log = self.folder / 'log' / 'medusa-install.log'
        self._words_file = self.folder / 'medusa.password'

    @property
    def password(self):
        if not self._words_file.exists():
            self._words_file.parent.mkdir(parents=True, exist_ok=True)
            self._words_file.touch(0o600)
            self._words_file.write_text(secrets.token_urlsafe(12))
        return self._words_file.read_text()

    def install(self):
        check_node()
        if not (self.home / 'installed').exists():
            for older in self.folder.glob('medusa-*/'):
                shutil.rmtree(older)
            (self.home / 'src').mkdir(parents=True)
            for name in ('package.json', 'package-lock.json'):
                shutil.copy(SOURCE / name, self.home)
            # not "npm ci", which refuses the lock file for optional packages of other platforms that have no version
            run(['npm', 'install', '--omit=dev', '--ignore-scripts', '--no-audit', '--no-fund'], self._log, 'npm install',
                cwd=self.home)
            (self.home / 'installed').touch()
        shutil.copy(SOURCE / 'medusa-config.js', self.home)

    def environment(self, database):
        return dict(os.environ, NODE_ENV='production', MEDUSA_DISABLE_TELEMETRY='true', MEDUSA_SECRET=self.password,
                    DATABASE_URL=self.cluster.uri('portal', database))

    def seed(self):
        return self.cluster.template(self._template, 'portal', self._build)

    def _build(self, database):
        for what, arguments in (('migrating Medusa', ['db:migrate']),
                                ('making a user of Medusa', ['user', '-e', ADMIN, '-p', self.password])):
            run([_MEDUSA, *arguments], self._log, what, cwd=self.home, env=self.environment(database))
        server = self.server('medusa-seed', database, free_port())
        server.start()
        try:
            server.wait_ready()
            _Seed(server.admin(), self._per_product).sow(self.products)
        finally:
            server.stop()

    def server(self, name, database, port):
        return Server(self, name, database, port)


class Server:
    """One running shop."""

    def __init__(self, portal, name, database, port):
        self.portal = portal
        self.database = database
        self.port = port
        self.child = Child(portal.folder, name)

    @property
    def url(self):
        return f'http://127.0.0.1:{self.port}'

    def start(self):
        self.child.start([_MEDUSA, 'start', '-H', '127.0.0.1', '-p', str(self.port)],
                         env=self.portal.environment(self.database), cwd=self.portal.home)

    def wait_ready(self):
        self.child.wait_ready(self._healthy, 120, f'Medusa on port {self.port}')

    def _healthy(self):
        try:
            with urllib.request.urlopen(f'{self.url}/health', timeout=2) as reply:
                return reply.status == 200
        except (OSError, urllib.error.URLError):
            return False

    def stop(self):
        self.child.stop()

    def admin(self):
        return Admin(self.url, ADMIN, self.portal.password)


class Refused(Exception):
    """The portal refused; the text is its own."""


class Client:
    """One of the two APIs."""

    def __init__(self, url):
        self._url = url
        self._headers = {'content-type': 'application/json'}

    def ask(self, path, body=None, **query):
        """GET, or POST where there is a body."""
        if query:
            path += '?' + urllib.parse.urlencode(query, doseq=True)
        data = None if body is None else json.dumps(body).encode()
        try:
            with urllib.request.urlopen(urllib.request.Request(self._url + path, data, self._headers), timeout=60) as reply:
                return json.load(reply)
        except urllib.error.HTTPError as error:
            raise Refused(f'{path}: HTTP {error.code}: {error.read(500).decode(errors="replace")}') from None


class Admin(Client):
    """A user of the shop's own administration."""

    def __init__(self, url, user, password):
        super().__init__(url)
        token = self.ask('/auth/user/emailpass', {'email': user, 'password': password})['token']
        self._headers['authorization'] = 'Bearer ' + token

    def first(self, kind):
        """The id of the only one of its kind: 'shipping_options'."""
        return self.ask(f'/admin/{kind.replace("_", "-")}')[kind][0]['id']

    def variant(self, wanted):
        return self.ask('/admin/product-variants', **{'sku[]': wanted, 'fields': 'id,sku,product_id'})['variants'][0]

    def stock(self, wanted):
        """{on hand, allocated, what the customer can buy}."""
        item = self.ask('/admin/inventory-items', **{'sku[]': wanted, 'fields': 'id,*location_levels'})['inventory_items'][0]
        on_hand = sum(level['stocked_quantity'] for level in item['location_levels'])
        allocated = sum(level['reserved_quantity'] for level in item['location_levels'])
        return {'id': item['id'], 'on_hand': on_hand, 'allocated': allocated, 'saleable': on_hand - allocated}

    def saleable(self, wanted):
        return self.stock(wanted)['saleable']

    def order(self, order):
        return self.ask('/admin/orders', **{'id[]': order, 'fields': 'id,display_id,status,payment_status,metadata,total,'
                                            'payment_collections.payments.id'})['orders'][0]

    def capture(self, order):
        for collection in self.order(order)['payment_collections']:
            for payment in collection['payments']:
                self.ask(f"/admin/payments/{payment['id']}/capture", {})

    def cancel(self, order):
        self.ask(f'/admin/orders/{order}/cancel', {})


class Shop(Client):
    """A customer in the shop."""

    def __init__(self, url, admin):
        super().__init__(url)
        self._headers['x-publishable-api-key'] = admin.ask('/admin/api-keys', type='publishable')['api_keys'][0]['token']
        self._admin = admin

    def place(self, items, email='ada@example.com', address=None):
        """Puts (SKU, quantity) into a cart, goes to the till and pays; the order as the shop shows it."""
        region, channel, option = (self._admin.first(kind) for kind in ('regions', 'sales_channels', 'shipping_options'))
        lines = [{'variant_id': self._admin.variant(wanted)['id'], 'quantity': quantity} for wanted, quantity in items]
        cart = self.ask('/store/carts', {'region_id': region, 'sales_channel_id': channel, 'email': email, 'items': lines,
                                         'shipping_address': address or ADDRESS})['cart']['id']
        self.ask(f'/store/carts/{cart}/shipping-methods', {'option_id': option})
        payment = self.ask('/store/payment-collections', {'cart_id': cart})['payment_collection']['id']
        self.ask(f'/store/payment-collections/{payment}/payment-sessions', {'provider_id': 'pp_system_default'})
        return self.ask(f'/store/carts/{cart}/complete', {})['order']


class _Seed:
    """What a Medusa needs before anybody can buy in it."""

    def __init__(self, admin, per_product):
        self._ask, self._first = admin.ask, admin.first
        self._per_product = per_product

    def sow(self, products):
        channel, profile = self._first('sales_channels'), self._first('shipping_profiles')
        self._ask('/admin/regions', {'name': 'Europe', 'currency_code': 'eur', 'countries': ['de', 'fr', 'at'],
                                     'payment_providers': ['pp_system_default']})
        self._ask('/admin/tax-regions', {'country_code': 'de', 'provider_id': 'tp_system', 'default_tax_rate': {
            'name': 'Standard', 'code': 'standard', 'rate': STANDARD_TAX}})
        location = self._ask('/admin/stock-locations', {'name': LOCATION, 'address': {
            'address_1': 'Lagerstr. 1', 'city': 'Berlin', 'country_code': 'DE'}})['stock_location']['id']
        self._deliver_from(location, channel, profile)
        self._offer(products, channel, profile)
        items = self._ask('/admin/inventory-items', limit=products, fields='id')['inventory_items']
        self._ask('/admin/inventory-items/location-levels/batch', {'create': [
            {'inventory_item_id': item['id'], 'location_id': location, 'stocked_quantity': 0} for item in items]})

    def _deliver_from(self, location, channel, profile):
        place = f'/admin/stock-locations/{location}'
        self._ask(f'{place}/sales-channels', {'add': [channel]})
        self._ask(f'{place}/fulfillment-providers', {'add': ['manual_manual']})
        sets = self._ask(f'{place}/fulfillment-sets?fields=*fulfillment_sets', {'name': 'Delivery', 'type': 'shipping'})
        zones = self._ask(f"/admin/fulfillment-sets/{sets['stock_location']['fulfillment_sets'][0]['id']}/service-zones", {
            'name': 'Europe', 'geo_zones': [{'type': 'country', 'country_code': code} for code in ('de', 'fr', 'at')]})
        self._ask('/admin/shipping-options', {
            'name': 'Standard', 'service_zone_id': zones['fulfillment_set']['service_zones'][0]['id'],
            'shipping_profile_id': profile, 'provider_id': 'manual_manual', 'price_type': 'flat',
            'type': {'label': 'Standard', 'description': '2-3 days', 'code': 'standard'},
            'prices': [{'currency_code': 'eur', 'amount': 4.9}],
            'rules': [{'attribute': 'enabled_in_store', 'value': 'true', 'operator': 'eq'},
                      {'attribute': 'is_return', 'value': 'false', 'operator': 'eq'}]})

    def _offer(self, products, channel, profile):
        groups = []
        for first in range(1, products + 1, self._per_product):
            numbers = range(first, min(first + self._per_product, products + 1))
            groups.append({
                'title': f'Things from {first}' if self._per_product > 1 else f'Item {first:06d}', 'status': 'published', 'shipping_profile_id': profile,
                'sales_channels': [{'id': channel}],
                'options': [{'title': 'Thing', 'values': [str(number) for number in numbers]}],
                'variants': [{'title': f'Thing {number}', 'sku': sku(number), 'manage_inventory': True,
                              'options': {'Thing': str(number)},
                              'prices': [{'currency_code': 'eur', 'amount': 10 + number / 100}]} for number in numbers]})
        self._ask('/admin/products/batch?fields=id', {'create': groups})
