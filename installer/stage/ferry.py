"""Ferry on the stage: enabled in a database as installer/enable does it, and a channel made as a user would."""
import os
import subprocess
from pathlib import Path

from .processes import StageError
from .tryton import REPOSITORY
from .vendure import ADMIN

SECRET = 'vendure'


class Ferry:
    """ferry.so and ferry-host of one build folder, for the databases of one stage."""

    def __init__(self, erp, portal, build=REPOSITORY / 'build' / 'release'):
        self.erp = erp
        self.portal = portal
        self.build = Path(build)
        self._password_file = erp.folder / 'ferry.password'

    @property
    def library(self):
        return self.build / 'ferry.so'

    @property
    def host(self):
        return self.build / 'ferry-host'

    def enable(self, database):
        """What the administrator runs, with the same rights as a result."""
        cluster = self.erp.cluster
        if not self._password_file.exists():
            self._password_file.touch(0o600)
            self._password_file.write_text(cluster.password('ferry'))
        done = subprocess.run(
            [str(REPOSITORY / 'installer' / 'enable'), database, '--password-file', str(self._password_file), '--ferry-host',
             str(self.host)], capture_output=True, text=True,
            env=dict(os.environ, PGHOST='127.0.0.1', PGPORT=str(cluster.port), PGUSER='postgres',
                     PGPASSWORD=cluster.password('postgres')))
        if done.returncode:
            raise StageError(f'installer/enable failed: {done.stderr.strip()}')

    def section(self, name):
        """Section [ferry] of trytond.conf, for the database `name`."""
        cluster = self.erp.cluster
        return {
            'library': str(self.library),
            'database': f'Driver=PostgreSQL ANSI;Servername=127.0.0.1;Port={cluster.port};Database={name};UID=ferry',
            'notify': f"host='127.0.0.1' port='{cluster.port}' dbname='{name}' user='ferry'",
            'database_password': 'database',
            'secret.database': cluster.password('ferry'),
            f'secret.{SECRET}': self.portal.password,
        }

    def run_host(self, conf, database, *arguments):
        """ferry-host with the configuration of the server; the finished process."""
        return subprocess.run([str(self.host), '-c', str(conf), '-d', database, *arguments], capture_output=True, text=True)


def make_channel(client, url, products=None, **values):
    """Saves a web.shop of type ferry through Tryton's RPC and returns its id. `values` override the fields."""
    goods = client.search('product.product', ['code', 'like', 'SKU-%'], order=[['code', 'ASC']])
    settings = dict(
        name='Web shop', type='ferry', company=1, currency=client.one('currency.currency', ['code', '=', 'EUR']),
        guest_party=client.one('party.party', ['name', '=', 'Guests of the shop']),
        products=[('add', goods[:products] if products else goods)],
        ferry_connector='vendure', ferry_base_url=url, ferry_username=ADMIN, ferry_secret=SECRET,
        ferry_order_user=client.one('res.user', ['login', '=', 'orders']),
        ferry_shipping_product=client.one('product.product', ['code', '=', 'SHIPPING']),
        ferry_adjustment_product=client.one('product.product', ['code', '=', 'ADJUSTMENT']))
    settings.update(values)
    if 'ferry_warehouses' not in settings:
        settings['ferry_warehouses'] = [('create', [{'warehouse': client.one('stock.location', ['type', '=', 'warehouse'])}])]
    return client.create('web.shop', **settings)


def move_stock(client, product_code, quantity):
    """A receipt (or a loss, when negative) done in Tryton: creates the move and does it, two saves."""
    product, = client.read('product.product', client.search('product.product', ['code', '=', product_code]), 'id',
                           'default_uom', 'cost_price')
    warehouse = client.one('stock.location', ['type', '=', 'warehouse'])
    inside = client.get('stock.location', warehouse, 'storage_location')
    outside = client.one('stock.location', ['type', '=', 'lost_found'])
    places = (outside, inside) if quantity > 0 else (inside, outside)
    move = client.create('stock.move', product=product['id'], uom=product['default_uom'], quantity=float(abs(quantity)),
                         from_location=places[0], to_location=places[1], company=1, currency=None, unit_price=None)
    client.button('stock.move', 'do', move)
    return move


def return_goods(client, sale, quantities, description='Came back'):
    """Tryton's own wizard, with {product: quantity} of the lines kept and the rest deleted; the return, confirmed."""
    before = set(client.search('sale.sale', ['origin', '=', f'sale.sale,{sale}']))
    client.wizard('sale.return_sale', 'sale.sale', sale, start=('return_', {}))
    returned, = set(client.search('sale.sale', ['origin', '=', f'sale.sale,{sale}'])) - before
    for line in client.read('sale.line', client.get('sale.sale', returned, 'lines'), 'product'):
        if line['product'] in quantities:
            client.write('sale.line', line['id'], quantity=-float(quantities[line['product']]))
        else:
            client.call('sale.line', 'delete', [line['id']])
    client.write('sale.sale', returned, description=description)
    for button in ('quote', 'confirm'):
        client.button('sale.sale', button, returned)
    if client.get('sale.sale', returned, 'state') == 'confirmed':
        client.button('sale.sale', 'process', returned)
    return returned


class State:
    """What Ferry's tables say, for people and tests."""

    def __init__(self, cluster, database):
        self._cluster = cluster
        self._database = database

    def rows(self, text, *parameters):
        return self._cluster.query(self._database, text, parameters)

    def value(self, text, *parameters):
        rows = self.rows(text, *parameters)
        return rows[0][0] if rows else None

    def runs(self):
        return self.rows('SELECT job, count(*), sum(inbound), sum(changed), sum(unchanged), sum(successful), sum(failed), '
                         'sum(deferred) FROM ferry.run GROUP BY job ORDER BY job')

    def settled(self, feed='stock'):
        return self.value("SELECT count(*) FROM ferry.publication WHERE feed = %s AND state = 'settled' "
                          'AND desired = acknowledged', feed)

    def waiting(self):
        return self.value("SELECT count(*) FROM ferry.publication WHERE state IN ('pending', 'dead')")

    def order(self, reference):
        rows = self.rows('SELECT state, reason, erp_id, erp_number FROM ferry.portal_order WHERE reference = %s', reference)
        return dict(zip(('state', 'reason', 'erp_id', 'erp_number'), rows[0])) if rows else None

    def holders(self):
        return dict(((channel, job), holder) for channel, job, holder in self.rows(
            'SELECT channel, job, holder FROM ferry.job WHERE expires_at > clock_timestamp()'))

    def exchanges(self):
        return self.value('SELECT count(*) FROM ferry.exchange')
