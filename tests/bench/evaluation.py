#!/usr/bin/python3
"""Measures what a price of a price list costs: computed by the feeds' queries, all at once, and by Tryton, one at a time.

usage: evaluation.py [--build FOLDER]

The company gets random currencies, units, taxes, categories, products and price lists, as
sql/profiles/tryton-6.0/compare_prices_with_tryton.py makes them. A price is a tier of a document that is valid today: of one
product, in one list, from one quantity on. Tryton computes a sample of the same prices, in one transaction, with warm caches,
and must come to the same figures. Prints one JSON object.
"""
import json
import random
import statistics
import sys
import time
from decimal import Decimal
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / 'sql' / 'profiles' / 'tryton-6.0'), str(Path(__file__).resolve().parent)]
sys.dont_write_bytecode = True

import compare_prices_with_tryton as prices  # noqa: E402
import psycopg2  # noqa: E402
import save  # noqa: E402
from installer.stage.processes import StageError  # noqa: E402

DATABASE = 'bench_evaluation'
PRODUCTS, LISTS, SAMPLE, ROUNDS = 400, 12, 1500, 5


class Evaluation:
    def __init__(self, cluster):
        from trytond.pool import Pool
        from trytond.transaction import Transaction
        Pool.start()
        Pool(DATABASE).init()
        self._transaction, self._pool = Transaction, Pool(DATABASE)
        self._connection = psycopg2.connect(host='127.0.0.1', port=cluster.port, dbname=DATABASE, user='postgres',
                                            password=cluster.password('postgres'))
        with Transaction().start(DATABASE, 1):
            self._context = self._pool.get('res.user').get_preferences(context_only=True)
        with self._begun():
            self._shop = self._make()
        with self._connection, self._connection.cursor() as cursor:
            cursor.execute("INSERT INTO ferry.channel (id, name, profile, connector, settings)"
                           " VALUES (%s, 'Shop', 'tryton-6.0', 'vendure', '{}')", (self._shop,))
        self._connection.autocommit = True
        with self._connection.cursor() as cursor:
            cursor.execute('VACUUM ANALYZE')
        self._connection.autocommit = False

    def _begun(self, **context):
        return self._transaction().start(DATABASE, 1, context=dict(self._context, **context))

    def _make(self):
        company = self._context['company']
        currency = self._pool.get('company.company')(company).currency
        guest, = self._pool.get('party.party').create([dict(name='Guest')])
        shop, = self._pool.get('web.shop').create([dict(name='Shop', company=company, currency=currency.id,
                                                        guest_party=guest.id)])
        prices.World(self._pool, shop.id, 1).build(products=PRODUCTS, lists=LISTS)
        return shop.id

    def native(self):
        """Seconds for all documents of both feeds, and their tiers of today as (feed, product, list, tier)."""
        times, tiers = [], []
        for feed in ('discount', 'fixed_net_price'):
            query = prices.query(feed, 'full', [])
            rounds = []
            for _ in range(ROUNDS):
                with self._connection, self._connection.cursor() as cursor:
                    cursor.execute("SET LOCAL work_mem = '64MB'")
                    began = time.perf_counter()
                    cursor.execute(query, {'channel': self._shop})
                    documents = cursor.fetchall()
                    rounds.append(time.perf_counter() - began)
            times.append(statistics.median(rounds))
            tiers += [(feed, product, part, tier) for product, part, document in documents
                      for tier in json.loads(document)['tiers'] if tier['from'] is None]
        return sum(times), tiers

    def by_tryton(self, tiers):
        """Seconds for these prices, each a call of get_sale_price() as a sale's line makes it; and of the list's own
        compute() alone, given the product's price."""
        get = self._pool.get
        Product, PriceList, Party = get('product.product'), get('product.price_list'), get('party.party')
        with self._begun():
            shop = get('web.shop')(self._shop)
            comparison = prices.Comparison(self._pool, self._connection, self._shop, random, 'evaluation', [])
            taxes, base = comparison.taxes(), shop.get_context()
            parties = {p.sale_price_list.id: p for p in Party.search([]) if p.sale_price_list}
            wanted = [(feed, Product(product), PriceList(part), tier, parties[part], self._contexts(
                base, Product(product), part, parties[part], taxes)) for feed, product, part, tier in tiers]
            for _ in range(2):  # the first fills caches
                began = time.perf_counter()
                results = [self._priced(Product, product, tier, context) for _, product, _, tier, _, context in wanted]
                sales = time.perf_counter() - began
            for _ in range(2):
                began = time.perf_counter()
                for (_, product, price_list, tier, party, _), price in zip(wanted, results):
                    price_list.compute(party, product, price, float(tier['quantity']), product.sale_uom)
                lists = time.perf_counter() - began
            self._check(Product, wanted, results, shop.currency.digits)
        return sales, lists

    def _contexts(self, base, product, price_list, party, taxes):
        return dict(base, uom=product.sale_uom.id, price_list=price_list, customer=party.id, taxes=taxes[product.id])

    def _priced(self, Product, product, tier, context):
        with self._transaction().set_context(context):
            return Product.get_sale_price([product], quantity=float(tier['quantity']))[product.id]

    def _check(self, Product, wanted, results, digits):
        for (feed, product, price_list, tier, _, context), theirs in zip(wanted, results):
            if feed == 'fixed_net_price':
                ours, shown = tier['amount'], prices.shown(theirs, digits)
            else:
                with self._transaction().set_context(dict(context, price_list=None)):
                    full = Product.get_sale_price([product])[product.id]
                ours = (full * (100 - Decimal(tier['percent'])) / 100).quantize(Decimal('1e-12'))
                shown = theirs.quantize(Decimal('1e-12'))
            if ours != shown:
                raise StageError(f'{product.code} in {price_list.name} from {tier["quantity"]}: {ours} here, {shown} in Tryton')


def measured(cluster, _is_quick):
    evaluation = Evaluation(cluster)
    native, tiers = evaluation.native()
    sample = random.Random(1).sample(tiers, min(SAMPLE, len(tiers)))
    sales, lists = evaluation.by_tryton(sample)
    micro = 1e6
    return dict(prices=len(tiers), sample=len(sample), native_us=native / len(tiers) * micro,
                sale_us=sales / len(sample) * micro, list_us=lists / len(sample) * micro)


if __name__ == '__main__':
    try:
        save.measure(__doc__, DATABASE, measured)
    except StageError as problem:
        sys.exit(f'evaluation.py: {problem}')
