"""What people and programs do in the ERP and in the shop meanwhile: threads that go on until they are told to stop."""
import contextlib
import random
import threading
import time
from decimal import Decimal

import psycopg2

from installer.stage.ferry import move_stock
from installer.stage.rpc import RpcError

from .money import take_back
from .stage import CUSTOMERS, DATABASE, LISTED

CANARIES = 6  # the last products: touched by nobody but who measures recovery

# A done receipt, as a program beside the ERP would write it
_RECEIPT = '''
INSERT INTO stock_move (product, uom, quantity, internal_quantity, from_location, to_location, company, state, planned_date,
    effective_date, create_uid, create_date)
SELECT m.product, m.uom, %(quantity)s, %(quantity)s, m.from_location, m.to_location, m.company, 'done', m.planned_date,
    m.effective_date, 0, CURRENT_TIMESTAMP AT TIME ZONE 'UTC'
FROM stock_move m JOIN product_product p ON p.id = m.product WHERE p.code = %(sku)s AND m.state = 'done' ORDER BY m.id LIMIT 1'''
# Another quantity for the first receipt of each product; in the order of their ids, so that two of these never deadlock
_REWRITE = '''
UPDATE stock_move m SET quantity = n.quantity, internal_quantity = n.quantity FROM (
    SELECT min(o.id) AS id, min(g.quantity) AS quantity
    FROM unnest(%(skus)s, %(quantities)s) AS g(sku, quantity) JOIN product_product p ON p.code = g.sku
    JOIN stock_move o ON o.product = p.id AND o.state = 'done' GROUP BY p.id ORDER BY 1) n WHERE m.id = n.id'''
_PRICE = '''
UPDATE product_list_price l SET list_price = n.price FROM (
    SELECT p.template, min(g.price) AS price FROM unnest(%(skus)s, %(prices)s) AS g(sku, price)
    JOIN product_product p ON p.code = g.sku GROUP BY p.template ORDER BY 1) n WHERE l.template = n.template'''
_COST = '''
UPDATE product_cost_price c SET cost_price = n.price FROM (
    SELECT p.id, min(g.price) AS price FROM unnest(%(skus)s, %(prices)s) AS g(sku, price)
    JOIN product_product p ON p.code = g.sku GROUP BY p.id ORDER BY 1) n WHERE c.product = n.id'''
# In every language
_PRODUCT = '''
WITH named AS (
    UPDATE product_template t SET name = n.name FROM unnest(%(skus)s, %(names)s) AS n(sku, name)
    JOIN product_product p ON p.code = n.sku WHERE t.id = p.template RETURNING t.id, t.name)
UPDATE ir_translation r SET value = n.name FROM named n
WHERE r.name = 'product.template,name' AND r.type = 'model' AND r.res_id = n.id'''
_DISCOUNT = '''
UPDATE product_price_list_line l SET formula = 'unit_price * ' || n.rate FROM unnest(%(skus)s, %(rates)s) AS n(sku, rate)
JOIN product_product p ON p.code = n.sku WHERE l.product = p.id AND starts_with(l.formula, 'unit_price')'''
_NET = '''
UPDATE product_price_list_line l SET formula = n.price FROM unnest(%(skus)s, %(prices)s) AS n(sku, price)
JOIN product_product p ON p.code = n.sku WHERE l.product = p.id AND NOT starts_with(l.formula, 'unit_price')'''
_CUSTOMER = "UPDATE party_party SET name = %(name)s WHERE name LIKE 'Dealer %%' AND id %% %(of)s = %(number)s"
_LOST = (psycopg2.Error, RpcError, OSError)  # of somebody whose server was just killed


class Work:
    def __init__(self, stage, seed):
        self.stage = stage
        self.products = stage.products[:-CANARIES]
        self.counts = dict.fromkeys(('sql', 'prices', 'masters', 'terms', 'rpc', 'late', 'fulfilled', 'cancelled', 'returned', 'paid back',
                                    'broken off'), 0)
        self.slowest_rpc = 0.0
        self.orders = {}  # code → what was ordered
        self._come_back = set()  # ids of orders of which something was returned
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._go_on, args=(task, random.Random(f'{seed}/{task.__name__}')), daemon=True)
                         for task in (self.program, self.price_program, self.master_program, self.terms_program,
                                      self.late_program, self.clerk, self.customers, self.warehouse, self.returns)]

    def start(self):
        for thread in self._threads:
            thread.start()

    def stop(self):
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _go_on(self, task, chance):
        while not self._stop.is_set():
            try:
                task(chance)
            except _LOST:
                self._count('broken off')
                self._stop.wait(0.5)

    def _count(self, name, number=1):
        with self._lock:
            self.counts[name] += number

    # ---- the ERP ----------------------------------------------------------------------------------------------------

    def program(self, chance):
        """Another program writes the ERP's tables by plain SQL, many products at once."""
        with self.stage.cluster.cursor(DATABASE, 'tryton') as cursor:
            while not self._stop.wait(0.2):
                skus = chance.sample(self.products, 16)
                cursor.execute(_REWRITE, {'skus': skus, 'quantities': [float(chance.randint(0, 500)) for _ in skus]})
                self._count('sql', len(skus))
                if chance.random() < 0.1:
                    cursor.execute(_RECEIPT, {'sku': chance.choice(skus), 'quantity': chance.randint(1, 5)})
                    self._count('sql')

    def price_program(self, chance):
        """List prices and costs, by plain SQL."""
        with self.stage.cluster.cursor(DATABASE, 'tryton') as cursor:
            while not self._stop.wait(0.5):
                skus = chance.sample(self.products, 8)
                prices = [Decimal(chance.randint(1, 100_000)) / 100 for _ in skus]
                cursor.execute(chance.choice((_PRICE, _PRICE, _COST)), {'skus': skus, 'prices': prices})
                self._count('prices', len(skus))

    def master_program(self, chance):
        """Products and customers get other names, by plain SQL."""
        with self.stage.cluster.cursor(DATABASE, 'tryton') as cursor:
            while not self._stop.wait(1):
                skus = chance.sample(self.products, 2)
                cursor.execute(_PRODUCT, {'skus': skus, 'names': [f'Item {chance.randint(1, 999)}' for _ in skus]})
                number = chance.randrange(CUSTOMERS)
                cursor.execute(_CUSTOMER, {'name': f'Dealer {chance.randint(1, 999)}', 'of': CUSTOMERS, 'number': number})
                self._count('masters', len(skus) + cursor.rowcount)

    def terms_program(self, chance):
        """Price lists, by plain SQL."""
        with self.stage.cluster.cursor(DATABASE, 'tryton') as cursor:
            while not self._stop.wait(1):
                skus = chance.sample(self.products[:LISTED], 4)
                cursor.execute(_DISCOUNT, {'skus': skus, 'rates': [f'0.{chance.randint(11, 99)}' for _ in skus]})
                self._count('terms', cursor.rowcount)
                cursor.execute(_NET, {'skus': skus, 'prices': [f'{chance.randint(1, 99)}.{chance.randint(10, 99)}' for _ in skus]})
                self._count('terms', cursor.rowcount)

    def late_program(self, chance):
        """Writes, and commits long after; now and then not at all."""
        with contextlib.closing(self.stage.cluster.connect(DATABASE, 'tryton')) as connection:
            connection.autocommit = False
            with connection.cursor() as cursor:
                for sku in chance.sample(self.products, 3):
                    cursor.execute(_RECEIPT, {'sku': sku, 'quantity': chance.randint(1, 9)})
                self._stop.wait(chance.uniform(3, 20))
            if chance.random() < 0.8:
                connection.commit()
                self._count('late', 3)
        self._stop.wait(1)

    def clerk(self, chance):
        """Saves stock moves in the ERP itself."""
        client = self.stage.client(chance.choice(('first', 'second')))
        for _ in range(20):
            began = time.monotonic()
            move_stock(client, chance.choice(self.products), chance.choice((-2, -1, 1, 2, 5)))
            self.slowest_rpc = max(self.slowest_rpc, time.monotonic() - began)
            self._count('rpc')
            if self._stop.wait(chance.uniform(0.2, 1)):
                return

    # ---- the shop ---------------------------------------------------------------------------------------------------

    def customers(self, chance):
        lines = [(sku, chance.randint(1, 3)) for sku in chance.sample(self.products, chance.choice((1, 1, 2, 3)))]
        if chance.random() < 0.03:
            lines.append(('NOT-IN-ERP', 1))
        order = self.stage.portal.place(lines)
        with self._lock:
            self.orders[order['code']] = dict(order, lines=lines, placed=time.monotonic())
        self._stop.wait(chance.uniform(0.5, 2.5))

    def warehouse(self, chance):
        """Orders are shipped and cancelled on the portal itself."""
        self._stop.wait(chance.uniform(1, 4))
        open_ = [order for order in self.stage.portal.ask('shop')['orders'] if order['state'] == 'PaymentSettled']
        imported = [order for order in open_ if order['number']]  # nobody ships what the ERP does not know
        if chance.random() < 0.2 and open_:  # its import may be under way
            self.stage.portal.ask('cancel', id=chance.choice(open_)['id'])
            self._count('cancelled')
        elif imported:
            self.stage.portal.ask('fulfil', id=chance.choice(imported)['id'])
            self._count('fulfilled')

    def returns(self, chance):
        """What was shipped comes back: of one half of the orders in the ERP, of the other on the portal, which pays by itself."""
        self._stop.wait(chance.uniform(1, 4))
        shipped = [order for order in self.stage.portal.ask('shop')['orders']
                   if order['state'] == 'Shipped' and order['number'] and order['id'] not in self._come_back]
        known = self.known_orders()
        if not shipped:
            return
        order = chance.choice(shipped)
        self._come_back.add(order['id'])
        sku, ordered = chance.choice(known[order['code']]['lines'])
        pieces = chance.randint(1, ordered)
        if int(order['id']) % 2:
            goods = [] if chance.random() < 0.3 else [{'sku': sku, 'quantity': pieces}]
            cents = {} if goods else {'cents': chance.randint(1, 900)}
            self._count('paid back', self.stage.portal.ask('refund', id=order['id'], reason='came back', lines=goods, **cents)['paid'])
        else:
            take_back(self.stage.client(chance.choice(('first', 'second'))), self.stage.channel, order['code'], sku, pieces)
            self._count('returned')

    def known_orders(self):
        with self._lock:
            return dict(self.orders)


def set_quantity(stage, sku, quantity):
    """What the ERP has of a product, by plain SQL."""
    with stage.cluster.cursor(DATABASE, 'tryton') as cursor:
        cursor.execute(_REWRITE, {'skus': [sku], 'quantities': [float(quantity)]})
