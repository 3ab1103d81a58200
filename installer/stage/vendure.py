"""The portal: an unmodified Vendure from the npm registry, its shop API as a customer uses it and its admin API."""
import hashlib
import json
import os
import re
import secrets
import shutil
import subprocess
import threading
import urllib.error
import urllib.request
from pathlib import Path

from .processes import Child, StageError, free_port, need, run

SOURCE = Path(__file__).resolve().parent.parent / 'portals' / 'vendure'
ADMIN = 'portal-admin'
STANDARD_TAX = 20  # per cent


def sku(number):
    return f'SKU-{number:06d}'


def _digest(*parts):
    return hashlib.sha256('\0'.join(parts).encode()).hexdigest()[:12]


def check_node():
    need('node', 'nodejs')
    need('npm', 'npm')
    version = subprocess.run(['node', '--version'], capture_output=True, text=True).stdout.strip()
    if int(re.sub(r'^v(\d+).*', r'\1', version) or 0) < 18:
        raise StageError(f'node {version} is too old: Vendure needs 18 or newer')


class Portal:
    """Installed and seeded once per folder and lock file; each database copied from the seeded one is a fresh shop."""

    def __init__(self, cluster, folder, products=50):
        self.cluster = cluster
        self.folder = Path(folder)
        self.products = products
        lock = (SOURCE / 'package-lock.json').read_text()
        self.home = self.folder / f'vendure-{_digest(lock)}'
        self.digest = _digest(lock, (SOURCE / 'portal.js').read_text())
        self._template = f'vendure_{products}_{self.digest}'
        self._log = self.folder / 'log' / 'vendure-install.log'
        self._password_file = self.folder / 'portal-admin.password'

    @property
    def password(self):
        if not self._password_file.exists():
            self._password_file.parent.mkdir(parents=True, exist_ok=True)
            self._password_file.touch(0o600)
            self._password_file.write_text(secrets.token_urlsafe(12))
        return self._password_file.read_text()

    def install(self):
        check_node()
        if not (self.home / 'installed').exists():
            for older in self.folder.glob('vendure-*/'):
                shutil.rmtree(older)
            self.home.mkdir(parents=True)
            for name in ('package.json', 'package-lock.json'):
                shutil.copy(SOURCE / name, self.home)
            run(['npm', 'ci', '--omit=dev', '--ignore-scripts', '--no-audit', '--no-fund'], self._log,
                'npm ci', cwd=self.home)
            (self.home / 'installed').touch()
        shutil.copy(SOURCE / 'portal.js', self.home)

    def _environment(self, database, **more):
        return dict(os.environ, PORTAL_ADMIN=ADMIN, PORTAL_ADMIN_PW=self.password, NODE_ENV='production',
                    PGHOST='127.0.0.1', PGPORT=str(self.cluster.port), PGUSER='portal',
                    PGPASSWORD=self.cluster.password('portal'), PGDATABASE=database, **more)

    def seed(self):
        return self.cluster.template(self._template, 'portal', lambda database: run(
            ['node', 'portal.js'], self._log, 'seeding Vendure', cwd=self.home,
            env=self._environment(database, PORTAL_SEED=str(self.products))))

    def upgrade(self, database):
        """Of a shop that an older portal.js made. No server of it may run."""
        run(['node', 'portal.js'], self._log, 'upgrading Vendure', cwd=self.home,
            env=self._environment(database, PORTAL_UPGRADE='yes', PORTAL_PORT=str(free_port())))

    def server(self, name, database, port, ui_port=None, session=None):
        return Server(self, name, database, port, ui_port, session)


class Server:
    """One running shop."""

    def __init__(self, portal, name, database, port, ui_port, session):
        self.portal = portal
        self.database = database
        self.port = port
        self.child = Child(portal.folder, name)
        more = {'PORTAL_PORT': str(port)}
        if ui_port:
            more['PORTAL_UI_PORT'] = str(ui_port)
        if session:
            more['PORTAL_SESSION'] = session
        self._environment = portal._environment(database, **more)

    @property
    def url(self):
        return f'http://127.0.0.1:{self.port}'

    def start(self):
        self.child.start(['node', 'portal.js'], env=self._environment, cwd=self.portal.home)

    def wait_ready(self):
        self.child.wait_ready(self._healthy, 90, f'Vendure on port {self.port}')

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


class GraphQLError(Exception):
    """The portal refused; the text is its own."""


class Client:
    """One session at one of the two GraphQL APIs."""

    def __init__(self, url, channel=None):
        self._url = url
        self._token = None
        self._channel = channel

    def ask(self, query, **variables):
        headers = {'content-type': 'application/json'}
        if self._channel:
            headers['vendure-token'] = self._channel
        if self._token:
            headers['authorization'] = 'Bearer ' + self._token
        body = json.dumps({'query': query, 'variables': variables}).encode()
        request = urllib.request.Request(self._url, body, headers)
        try:
            with urllib.request.urlopen(request, timeout=60) as reply:
                self._token = reply.headers.get('vendure-auth-token') or self._token
                answer = json.load(reply)
        except urllib.error.HTTPError as error:
            raise GraphQLError(f'HTTP {error.code}: {error.read(500).decode(errors="replace")}') from None
        if answer.get('errors'):
            raise GraphQLError(answer['errors'][0]['message'])
        return answer['data']

    def change(self, mutation, **variables):
        """One mutation whose result is a union: an ErrorResult is an exception."""
        (result,) = self.ask(mutation, **variables).values()
        if isinstance(result, dict) and result.get('errorCode'):
            raise GraphQLError(f"{result['errorCode']}: {result.get('message', '')}")
        return result


_ERROR = '... on ErrorResult{errorCode message}'

ADDRESS = {'fullName': 'Ada Byron', 'company': 'Engines Ltd', 'streetLine1': 'Gasse 1', 'streetLine2': 'Hof 2', 'city': 'München',
           'postalCode': '80331', 'countryCode': 'DE', 'phoneNumber': '+49 89 1234'}
CUSTOMER = {'firstName': 'Ada', 'lastName': 'Byron', 'emailAddress': 'ada@example.com', 'phoneNumber': '+49 89 1234'}


class Shop(Client):
    """A customer in the shop. Each instance is one session with one order at a time."""

    def __init__(self, url, channel=None):
        super().__init__(url + '/shop-api', channel)

    def add(self, variant, quantity):
        return self.change('mutation($v:ID!,$q:Int!){addItemToOrder(productVariantId:$v,quantity:$q){'
                           '__typename ... on Order{id code} ' + _ERROR + '}}', v=variant, q=quantity)

    def place(self, items, customer=None, address=None, method='settle'):
        """Puts (variant id, quantity) into the cart, goes to the till and pays; the order as the shop shows it."""
        for variant, quantity in items:
            self.add(variant, quantity)
        self.checkout(customer or CUSTOMER, address or ADDRESS)
        return self.pay(method)

    def checkout(self, customer, address):
        self.change('mutation($i:CreateCustomerInput!){setCustomerForOrder(input:$i){__typename ' + _ERROR + '}}', i=customer)
        self.change('mutation($i:CreateAddressInput!){setOrderShippingAddress(input:$i){__typename ' + _ERROR + '}}', i=address)
        shipping = self.ask('{eligibleShippingMethods{id code}}')['eligibleShippingMethods'][0]['id']
        self.change('mutation($i:[ID!]!){setOrderShippingMethod(shippingMethodId:$i){__typename ' + _ERROR + '}}', i=[shipping])
        self.change('mutation{transitionOrderToState(state:"ArrangingPayment"){__typename ' + _ERROR + '}}')

    def pay(self, method='settle'):
        return self.change('mutation($i:PaymentInput!){addPaymentToOrder(input:$i){__typename '
                           '... on Order{id code state totalWithTax total orderPlacedAt} ' + _ERROR + '}}',
                           i={'method': method, 'metadata': {}})


_ORDER = '''id code state orderPlacedAt updatedAt total totalWithTax shippingWithTax customFields{erpOrderNumber erpStatus}
    lines{id quantity unitPrice linePrice proratedLinePrice productVariant{id sku}}
    payments{id state amount} fulfillments{id state method trackingCode lines{orderLineId quantity}}'''


class Admin(Client):
    """A user of the shop's own administration."""

    def __init__(self, url, user, password):
        super().__init__(url + '/admin-api')
        self._credentials = {'u': user, 'p': password}
        self._lock = threading.Lock()
        self.log_in()

    def log_in(self):
        self.change('mutation($u:String!,$p:String!){login(username:$u,password:$p){__typename '
                    '... on CurrentUser{id} ' + _ERROR + '}}', **self._credentials)

    def variants(self):
        """SKU → {id, stock on hand, allocated, what the customer can buy}."""
        with self._lock:
            items = self.ask('{productVariants(options:{take:1000}){items{id sku '
                             'stockLevels{stockLocationId stockOnHand stockAllocated}}}}')['productVariants']['items']
        return {item['sku']: self._stock(item) for item in items}

    def stock(self, wanted):
        with self._lock:
            items = self.ask('query($s:String!){productVariants(options:{filter:{sku:{eq:$s}}}){items{id sku '
                             'stockLevels{stockLocationId stockOnHand stockAllocated}}}}', s=wanted)['productVariants']['items']
        return self._stock(items[0])

    @staticmethod
    def _stock(item):
        on_hand = sum(level['stockOnHand'] for level in item['stockLevels'])
        allocated = sum(level['stockAllocated'] for level in item['stockLevels'])
        return {'id': item['id'], 'on_hand': on_hand, 'allocated': allocated, 'saleable': on_hand - allocated}

    def saleable(self, wanted):
        return self.stock(wanted)['saleable']

    def set_stock(self, variant, quantity):
        location = self.ask('{stockLocations{items{id}}}')['stockLocations']['items'][0]['id']
        self.ask('mutation($i:[UpdateProductVariantInput!]!){updateProductVariants(input:$i){id}}',
                 i=[{'id': variant, 'stockLevels': [{'stockLocationId': location, 'stockOnHand': quantity}]}])

    def order(self, code):
        found = self.ask('query($c:String!){orders(options:{filter:{code:{eq:$c}}}){items{' + _ORDER + '}}}', c=code)
        return found['orders']['items'][0]

    def orders(self):
        return self.ask('{orders(options:{take:100}){items{' + _ORDER + '}}}')['orders']['items']

    def fulfil(self, order, quantities=None):
        """Ships lines of the order as read by order(); {line id: quantity}, all of it by default."""
        lines = [{'orderLineId': line['id'], 'quantity': (quantities or {}).get(line['id'], 0 if quantities else line['quantity'])}
                 for line in order['lines']]
        done = self.change('mutation($i:FulfillOrderInput!){addFulfillmentToOrder(input:$i){__typename '
                           '... on Fulfillment{id} ' + _ERROR + '}}',
                           i={'lines': [line for line in lines if line['quantity']],
                              'handler': {'code': 'manual-fulfillment', 'arguments': [
                                  {'name': 'method', 'value': 'Post'}, {'name': 'trackingCode', 'value': 'T1'}]}})
        self.change('mutation($i:ID!){transitionFulfillmentToState(id:$i,state:"Shipped"){__typename ' + _ERROR + '}}',
                    i=done['id'])

    def cancel(self, order, quantities=None):
        """All of it, with the shipping, or only {line id: quantity}."""
        what = {'lines': [{'orderLineId': line, 'quantity': quantity} for line, quantity in quantities.items()]} if quantities else {}
        self.change('mutation($i:CancelOrderInput!){cancelOrder(input:$i){__typename ' + _ERROR + '}}',
                    i={'orderId': order['id'], 'reason': 'changed my mind', 'cancelShipping': not quantities, **what})

    def refund(self, order, quantities, amount, reason='damaged in transit', settled=True):
        """Gives back an amount in cents, for {line id: quantity}; the id of the refund."""
        made = self.change('mutation($i:RefundOrderInput!){refundOrder(input:$i){__typename ... on Refund{id} ' + _ERROR + '}}', i={
            'paymentId': order['payments'][0]['id'], 'reason': reason, 'amount': amount, 'shipping': 0, 'adjustment': 0,
            'lines': [{'orderLineId': line, 'quantity': quantity} for line, quantity in quantities.items()]})
        if settled:
            self.settle_refund(made['id'])
        return made['id']

    def settle_refund(self, refund):
        self.change('mutation($i:SettleRefundInput!){settleRefund(input:$i){__typename ' + _ERROR + '}}',
                    i={'id': refund, 'transactionId': f'CN-{refund}'})

    def settle(self, order):
        for payment in order['payments']:
            if payment['state'] == 'Authorized':
                self.change('mutation($i:ID!){settlePayment(id:$i){__typename ' + _ERROR + '}}', i=payment['id'])

    def set_number(self, order_id, number):
        self.ask('mutation($i:UpdateOrderInput!){setOrderCustomFields(input:$i){id}}',
                 i={'id': order_id, 'customFields': {'erpOrderNumber': number}})

    def add_product(self, name, code, price=1000):
        """A product that the ERP does not know."""
        product = self.ask('mutation($i:CreateProductInput!){createProduct(input:$i){id}}', i={
            'enabled': True, 'translations': [{'languageCode': 'en', 'name': name, 'slug': name.lower().replace(' ', '-'),
                                               'description': ''}]})['createProduct']['id']
        variant = self.ask('mutation($i:[CreateProductVariantInput!]!){createProductVariants(input:$i){id}}', i=[{
            'productId': product, 'sku': code, 'price': price, 'stockOnHand': 10, 'trackInventory': 'TRUE',
            'translations': [{'languageCode': 'en', 'name': name}]}])['createProductVariants'][0]['id']
        return variant

    # ---- for whom a price list is

    def add_channel(self, token):
        """A channel that sells in euro, prices without tax, from the first stock location; its id."""
        found = self.ask('{zones{items{id}} stockLocations{items{id}}}')
        zone, location = found['zones']['items'][0]['id'], found['stockLocations']['items'][0]['id']
        channel = self.change(f'mutation($i:CreateChannelInput!){{createChannel(input:$i){{... on Channel{{id}} {_ERROR}}}}}', i={
            'code': token, 'token': token, 'defaultLanguageCode': 'en', 'pricesIncludeTax': False, 'defaultCurrencyCode': 'EUR',
            'availableCurrencyCodes': ['EUR'], 'defaultTaxZoneId': zone, 'defaultShippingZoneId': zone})['id']
        self.ask('mutation($i:AssignStockLocationsToChannelInput!){assignStockLocationsToChannel(input:$i){id}}',
                 i={'stockLocationIds': [location], 'channelId': channel})
        return channel

    def add_promotion(self, name, percent, *codes, **more):
        """As a person makes one: so much per cent off products, from one piece on; `more`: startsAt, endsAt."""
        variants = json.dumps([self.stock(code)['id'] for code in codes])
        operation = lambda code, **given: {'code': code, 'arguments': [{'name': n, 'value': v} for n, v in given.items()]}
        return self.change(f'mutation($i:CreatePromotionInput!){{createPromotion(input:$i){{... on Promotion{{id}} {_ERROR}}}}}', i={
            **more, 'enabled': True, 'translations': [{'languageCode': 'en', 'name': name}],
            'conditions': [operation('contains_products', minimum='1', productVariantIds=variants)],
            'actions': [operation('products_percentage_discount', discount=str(percent), productVariantIds=variants)]})['id']

    def promotions(self):
        return self.ask('{promotions(options:{take:1000}){items{id name enabled startsAt endsAt updatedAt '
                        'conditions{code args{name value}} actions{code args{name value}}}}}')['promotions']['items']

    def promotion(self, wanted):
        return next(promotion for promotion in self.promotions() if promotion['id'] == wanted)

    def add_customer(self, email, password, group=None):
        """A customer who can log in, in the customer group of that name."""
        customer = self.change(f'mutation($i:CreateCustomerInput!,$p:String){{createCustomer(input:$i,password:$p)'
                               f'{{... on Customer{{id}} {_ERROR}}}}}', i=dict(CUSTOMER, emailAddress=email), p=password)['id']
        if group:
            found, = self.ask('query($n:String!){customerGroups(options:{filter:{name:{eq:$n}}}){items{id}}}',
                              n=group)['customerGroups']['items']
            self.ask('mutation($g:ID!,$c:ID!){addCustomersToGroup(customerGroupId:$g,customerIds:[$c]){id}}',
                     g=found['id'], c=customer)
        return customer

    def of_channel(self, channel, query, **variables):
        """As the administration of one channel sees it."""
        before, self._channel = self._channel, channel
        try:
            return self.ask(query, **variables)
        finally:
            self._channel = before

    def skus_in(self, channel):
        """What a channel has."""
        found = self.of_channel(channel, '{productVariants(options:{take:1000}){items{sku}}}')['productVariants']['items']
        return {item['sku'] for item in found}
