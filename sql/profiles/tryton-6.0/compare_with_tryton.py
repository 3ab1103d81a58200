#!/usr/bin/python3
"""Compares the figures behind stock.sql with Tryton's own, on a real Tryton database.

usage: compare_with_tryton.py -c trytond.conf -d DATABASE --libpq CONNINFO [--moves 300] [--seed 1] [--shop ID]

Makes random movements through Tryton's models (drafts, assigned, done, internal, between zones, dated yesterday to
tomorrow, old ones that a period is closed over) for the published products of a web shop, then compares per product
on hand, assigned and forecast of section `parts` with products_by_location() of Tryton for the same date and locations:
before a period is closed, after, and after more movements on top of it. Needs ferry's schema and a row of ferry.channel for
the shop (both are made when missing, in this database only). The database is changed: use a copy.

Exit status 0: all equal. As a module: compare(pool, database, connection, shop, moves, seed) -> list of differences."""
import argparse
import datetime as dt
import os
import random
import re
import sys
from decimal import Decimal

HERE = os.path.dirname(os.path.abspath(__file__))


def read(path):
    with open(path, encoding='utf-8') as file:
        return file.read()


def sections(path):
    text = '\n' + read(path)
    parts = re.split(r'\n-- name: *([^\n]+)\n', text)
    return {name.strip(): body.strip() for name, body in zip(parts[1::2], parts[2::2])}


def resolve(named, name, kind, missing):
    """The section with every %x% replaced, as the store composes it."""
    def find(section):
        for table in missing:
            if '%s without %s' % (section, table) in named:
                return named['%s without %s' % (section, table)]
        return named.get('%s.%s' % (section, kind), named.get(section))
    text = find(name)
    while True:
        mark = re.search(r'%([a-z_]+)%', text)
        if not mark:
            return text
        text = text[:mark.start()] + find(mark.group(1)) + text[mark.end():]


def parts(cursor, shop, kind):
    named = sections(os.path.join(HERE, 'stock.sql'))
    cursor.execute("SELECT to_regclass('product_component') IS NULL")
    missing = ['product_component'] if cursor.fetchone()[0] else []
    query = re.sub(r'--[^\n]*', '', resolve(named, 'parts', kind, missing))
    query = re.sub(r'(?<!:):([a-z_]+)', r'%(\1)s', query.replace('%', '%%'))
    cursor.execute(query, {'channel': shop})
    return {row[0]: row[1:] for row in cursor.fetchall()}


def tryton_figures(pool, locations, products):
    Product, Date = pool.get('product.product'), pool.get('ir.date')
    from trytond.transaction import Transaction
    today = Date.today()

    def total(**context):
        with Transaction().set_context(**context):
            found = Product.products_by_location(locations, grouping_filter=(products,))
        sums = dict.fromkeys(products, Decimal(0))
        for (_, product), quantity in found.items():
            sums[product] += Decimal(str(quantity))
        return sums
    on_hand = total(stock_date_end=today)
    free = total(stock_date_end=today, stock_assign=True)
    forecast = total(stock_date_end=dt.date.max, forecast=True)
    return {p: (on_hand[p], on_hand[p] - free[p], forecast[p]) for p in products}


def differences(pool, connection, shop, label):
    """Where our figures and Tryton's differ; each a text."""
    found = []
    with connection.cursor() as cursor:
        ours = parts(cursor, shop, 'full')
        keyed = parts(cursor, shop, 'keyed')
    connection.rollback()
    if ours != keyed:
        found.append('%s: the keyed and the full query disagree' % label)
    if not ours:
        return found + ['%s: no product is published' % label]
    locations = [int(x) for x in next(iter(ours.values()))[5].strip('{}').split(',')]
    theirs = tryton_figures(pool, locations, list(ours))
    for product, row in ours.items():
        for name, our, their in zip(('on hand', 'assigned', 'forecast'), row[1:4], theirs[product]):
            if Decimal(our) != their:
                found.append('%s: product %s: %s is %s here and %s in Tryton' % (label, row[0], name, our, their))
    return found


class Movements:
    """Random movements through Tryton's own models."""

    def __init__(self, pool, shop, seed):
        self.pool, self.random = pool, random.Random(seed)
        Shop, Location = pool.get('web.shop'), pool.get('stock.location')
        self.shop = Shop(shop)
        self.products = list(self.shop.products)
        warehouse = self.shop.warehouses[0]
        inside = Location.search([('parent', 'child_of', [warehouse.id]), ('type', '=', 'storage')])
        outside = Location.search([('type', 'in', ['supplier', 'customer', 'lost_found'])])
        self.inside, self.outside = inside, outside

    def make(self, count, states, first_day, last_day):
        Move, today = self.pool.get('stock.move'), self.pool.get('ir.date').today()
        values = []
        for _ in range(count):
            product = self.random.choice(self.products)
            kind = self.random.choice(['in', 'out', 'internal'])
            near, far = self.random.choice(self.inside), self.random.choice(self.outside)
            if kind == 'internal':
                origin, target = self.random.sample(self.inside, 2)
            else:
                origin, target = (far, near) if kind == 'in' else (near, far)
            day = today + dt.timedelta(days=self.random.randint(first_day, last_day))
            values.append(dict(product=product.id, uom=product.default_uom.id, quantity=float(self.random.randint(1, 9)),
                from_location=origin.id, to_location=target.id, company=self.shop.company.id,
                currency=self.shop.currency.id, unit_price=Decimal('1'), planned_date=day))
        to_assign, to_do = [], []
        for move in Move.create(values):
            state = self.random.choice(states)
            if state == 'assigned':
                to_assign.append(move)
            elif state == 'done':
                if move.planned_date <= today:
                    move.effective_date = move.planned_date
                to_do.append(move)
        Move.save(to_do)
        Move.assign(to_assign)
        Move.do(to_do)

    def undated(self, count):
        self.make(count, ['draft'], 0, 3)
        Move = self.pool.get('stock.move')
        drafts = Move.search([('state', '=', 'draft')], limit=count)
        Move.write(drafts, {'planned_date': None})

    def close_period(self, days_ago):
        Period, today = self.pool.get('stock.period'), self.pool.get('ir.date').today()
        period, = Period.create([dict(date=today - dt.timedelta(days=days_ago), company=self.shop.company.id)])
        Period.close([period])


def compare(pool, database, connection, shop, moves, seed):
    from trytond.transaction import Transaction
    with Transaction().start(database, 1):
        context = dict(pool.get('res.user').get_preferences(context_only=True), _skip_warnings=True)
    found = []

    def step(label, work):
        with Transaction().start(database, 1, context=context):
            work(Movements(pool, shop, '%s %s' % (seed, label)))
        with Transaction().start(database, 1, context=context, readonly=True):
            found.extend(differences(pool, connection, shop, label))
    every = ['draft', 'assigned', 'done', 'done']
    step('as found', lambda m: None)
    step('old movements', lambda m: m.make(moves, ['done', 'draft'], -60, -31))
    step('recent movements', lambda m: m.make(moves, every, -20, 5))
    step('undated drafts', lambda m: m.undated(10))
    step('period closed', lambda m: m.close_period(30))
    step('second period closed', lambda m: m.close_period(25))
    step('movements on top', lambda m: m.make(moves, every, -20, 5))
    return found


def prepare(connection, shop):
    """Ferry's tables and the shop's channel, where they are missing."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('ferry.channel') IS NULL")
        if cursor.fetchone()[0]:
            migrations = os.path.join(HERE, '..', '..', 'state', 'migrations')
            cursor.execute('CREATE SCHEMA IF NOT EXISTS ferry')
            for name in sorted(os.listdir(migrations)):
                cursor.execute(read(os.path.join(migrations, name)))
        cursor.execute("INSERT INTO ferry.channel (id, name, profile, connector) SELECT id, name, 'tryton-6.0', 'none' "
            "FROM web_shop WHERE id = %s ON CONFLICT DO NOTHING", (shop,))
    connection.commit()


def arguments(documentation):
    parser = argparse.ArgumentParser(description=documentation.split('\n')[0])
    parser.add_argument('-c', '--config', required=True)
    parser.add_argument('-d', '--database', required=True)
    parser.add_argument('--libpq', required=True, help='connection string of the same database')
    parser.add_argument('--shop', type=int, default=1)
    parser.add_argument('--seed', type=int, default=1)
    return parser


def start(given):
    """Tryton's pool and a connection of our own, with the shop's channel."""
    os.environ['TRYTOND_CONFIG'] = given.config
    from trytond.config import config
    config.update_etc(given.config)
    from trytond.pool import Pool
    import psycopg2
    Pool.start()
    pool = Pool(given.database)
    pool.init()
    connection = psycopg2.connect(given.libpq, options='-c jit=off')
    prepare(connection, given.shop)
    return pool, connection


def main():
    parser = arguments(__doc__)
    parser.add_argument('--moves', type=int, default=300)
    given = parser.parse_args()
    pool, connection = start(given)
    found = compare(pool, given.database, connection, given.shop, given.moves, given.seed)
    for line in found[:50]:
        print(line)
    print('%d differences' % len(found))
    return 1 if found else 0


if __name__ == '__main__':
    sys.exit(main())
