"""What must hold once the weather is fine and everything has had its time. Each law returns what breaks it."""
from decimal import Decimal

from . import money
from .stage import RATE

WARM_AFTER = 600  # seconds
WARM_MEMORY = 192 << 10  # kB: a warm server has 110 to 133 MB in a storm of half an hour
UNDER_WAY = 6  # requests: one of each lane, that may be held up on either side
_MOST = 10  # examples of each kind of breach

# What may be sold of each product: everything that is promised to a customer is reserved, by a move or by a confirmed sale
# that has none yet
_ERP = '''
SELECT p.code, coalesce(sum(CASE
    WHEN m.state = 'done' AND t.type = 'storage' AND f.type <> 'storage' THEN m.internal_quantity
    WHEN m.state = 'done' AND f.type = 'storage' AND t.type <> 'storage' THEN -m.internal_quantity
    WHEN m.state IN ('draft', 'assigned') AND t.type = 'customer' THEN -m.internal_quantity
    ELSE 0 END), 0) - coalesce((SELECT sum(l.quantity) FROM sale_line l JOIN sale_sale s ON s.id = l.sale
        WHERE l.product = p.id AND s.state IN ('confirmed', 'processing') AND l.quantity > 0
            AND NOT EXISTS (SELECT FROM stock_move o WHERE o.origin = 'sale.line,' || l.id)), 0)
FROM product_product p LEFT JOIN stock_move m ON m.product = p.id
LEFT JOIN stock_location f ON f.id = m.from_location LEFT JOIN stock_location t ON t.id = m.to_location
WHERE p.code LIKE 'SKU-%%' GROUP BY p.id, p.code'''

_PRICES = '''
SELECT p.code, l.list_price, c.cost_price FROM product_product p JOIN product_list_price l ON l.template = p.template
JOIN product_cost_price c ON c.product = p.id WHERE p.code LIKE 'SKU-%%'
'''

_NAMES = "SELECT p.code, t.name FROM product_product p JOIN product_template t ON t.id = p.template WHERE p.code LIKE 'SKU-%%'"
_TERMS = '''
SELECT p.code, l.formula FROM product_price_list_line l JOIN product_product p ON p.id = l.product WHERE p.code LIKE 'SKU-%%'
'''
_CUSTOMERS = "SELECT code, name FROM party_party WHERE name LIKE 'Dealer %%'"


def _amount(text):
    return Decimal(text) if text else None


def _off_and_net(formula):
    """What a line of a price list is to a customer: per cent off, or a net price; each None where it is the other."""
    before, times, rate = formula.partition('unit_price * ')
    return (100 * (1 - Decimal(rate)), None) if times else (None, Decimal(before))


class Laws:
    def __init__(self, stage, work, trouble, watch):
        self.stage, self.work, self.trouble, self.watch = stage, work, trouble, watch

    def all(self):
        """(name, what breaks it)"""
        return [(name.replace('_', ' '), getattr(self, name)()[:_MOST]) for name in (
            'the_portal_shows_what_the_ERP_says', 'the_portal_shows_the_ERPs_prices', 'the_portal_shows_the_ERPs_names_and_terms',
            'every_paid_order_is_one_sale_and_bears_its_number',
            'every_other_sale_is_not_of_the_portal', 'each_return_is_one_refund_and_each_refund_one_return_to_the_cent',
            'the_counts_of_every_run_balance',
            'what_waits_for_a_person_says_why', 'the_rate_was_never_above_the_configured_one', 'every_outage_was_recovered_from',
            'memory_does_not_grow', 'open_files_and_threads_do_not_grow', 'connections_do_not_grow')]

    # ---- nothing lost, nothing doubled --------------------------------------------------------------------------------

    def wanted(self):
        """What a customer should be able to buy of each product."""
        free = {sku: int(quantity) for sku, quantity in self.stage.state.rows(_ERP)}
        shown, sales = self._orders_on_portal(), self._sales()
        for code, order in self.work.known_orders().items():
            if code not in sales and shown[code]['state'] != 'Cancelled':  # claimed, and not in the ERP yet
                for sku, quantity in order['lines']:
                    free[sku] = free.get(sku, 0) - quantity
        return {sku: max(0, free[sku]) for sku in self.stage.products}

    def the_portal_shows_what_the_ERP_says(self):
        shown, wanted = self.stage.portal.saleable(*self.stage.products), self.wanted()
        return [f'{sku}: {shown[sku]} can be bought, the ERP has {wanted[sku]}; {self._known_of(sku)}'
                for sku in self.stage.products if shown[sku] != wanted[sku]]

    def the_portal_shows_the_ERPs_prices(self):
        shown = {sku: tuple(map(_amount, values)) for sku, values in self.stage.portal.prices(*self.stage.products).items()}
        wanted = {sku: values for sku, *values in self.stage.state.rows(_PRICES)}
        return [f'{sku}: the portal has list price and cost {shown[sku]}, the ERP {wanted[sku]}; {self._known_of(sku)}'
                for sku in self.stage.products if list(shown[sku]) != wanted[sku]]

    def the_portal_shows_the_ERPs_names_and_terms(self):
        names, customers = dict(self.stage.state.rows(_NAMES)), dict(self.stage.state.rows(_CUSTOMERS))
        terms = {sku: _off_and_net(formula) for sku, formula in self.stage.state.rows(_TERMS)}
        wanted = {sku: (names[sku], *terms.get(sku, (None, None))) for sku in self.stage.products}
        shown, shown_customers = self.stage.portal.records(list(wanted), list(customers))
        shown = {sku: (name, _amount(off), _amount(net)) for sku, (name, off, net) in shown.items()}
        return [f'{label}: the portal has {there[label]}, the ERP {value}; {self._known_of(label)}'
                for there, here in ((shown, wanted), (shown_customers, customers)) for label, value in here.items()
                if there[label] != value]

    def _known_of(self, sku):
        return self.stage.state.rows('SELECT feed, state, desired, acknowledged, reason FROM ferry.publication WHERE label = %s', sku)

    def _orders_on_portal(self):
        return {order['code']: order for order in self.stage.portal.ask('shop')['orders']}

    def _sales(self):
        """Reference on the portal → numbers of its sales."""
        sales = {}
        for web_id, number in self.stage.state.rows("SELECT web_id, number FROM sale_sale WHERE web_id NOT LIKE 'refund:%%'"):
            sales.setdefault(web_id.partition(':')[2], []).append(number)
        return sales

    def importable(self):
        """The orders that must be in the ERP by now: code → as placed."""
        shown = self._orders_on_portal()
        return {code: order for code, order in self.work.known_orders().items()
                if shown[code]['state'] != 'Cancelled' and all(sku != 'NOT-IN-ERP' for sku, _ in order['lines'])}

    def every_paid_order_is_one_sale_and_bears_its_number(self):
        shown, sales = self._orders_on_portal(), self._sales()
        broken = []
        for code in self.importable():
            numbers = sales.get(code, [])
            if len(numbers) != 1 or shown[code]['number'] != numbers[0]:
                broken.append(f"{code}: sales {numbers}, on the portal {shown[code]['number']!r}; {self.stage.state.order(code)}")
        return broken

    def every_other_sale_is_not_of_the_portal(self):
        placed = self.work.known_orders()
        return [f'{code}: sales {numbers}' for code, numbers in self._sales().items()
                if code not in placed or len(numbers) != 1]

    def each_return_is_one_refund_and_each_refund_one_return_to_the_cent(self):
        return money.breaches(self.stage)

    def the_counts_of_every_run_balance(self):
        rows = self.stage.state.rows(
            'SELECT id, job, inbound, changed, unchanged, successful, failed, deferred FROM ferry.run '
            'WHERE inbound <> changed + unchanged OR changed <> successful + failed + deferred '
            'OR least(inbound, changed, unchanged, successful, failed, deferred) < 0')
        return [str(row) for row in rows] + ([] if self.stage.state.value('SELECT count(*) FROM ferry.run') else ['no run at all'])

    def what_waits_for_a_person_says_why(self):
        rows = self.stage.state.rows(
            "SELECT reference FROM ferry.portal_order WHERE state = 'review' AND coalesce(reason, '') !~ 'NOT-IN-ERP' "
            "UNION ALL SELECT label FROM ferry.publication WHERE state = 'dead' AND coalesce(reason, '') = ''")
        return [row[0] for row in rows]

    # ---- the limits -------------------------------------------------------------------------------------------------

    def the_rate_was_never_above_the_configured_one(self):
        """Measured where requests arrive: those that were held up on the way are counted in a later second."""
        most = self.stage.portal.ask('totals')['most_in_a_second']
        return [f'{most} requests in a second, {RATE} configured'] if most > RATE + UNDER_WAY else []

    def every_outage_was_recovered_from(self):
        return self.trouble.lost + ([] if self.trouble.recovered else ['there was no outage'])

    # ---- nothing leaks ----------------------------------------------------------------------------------------------

    def memory_does_not_grow(self):
        """The second server has lived through everything. One that is a few minutes old has not done every kind of work
        yet, and may still become as large as one that has."""
        is_warm = self.watch.seconds() / 2 >= WARM_AFTER
        return self._grows('memory', 'kB of memory', 0.1, 20_000, 0 if is_warm else WARM_MEMORY)

    def open_files_and_threads_do_not_grow(self):
        """But to as many as a server had that drove the lanes before."""
        return [breach for field, what in (('files', 'open files'), ('threads', 'threads'))
                for breach in self._grows(field, what, 0.2, 8, self.watch.most_before(field))]

    def _grows(self, field, what, share, least, usual=0):
        growth = self.watch.growth('second', field)
        if not growth:
            return [f'{what}: the second server did not live through the second half']
        per_minute, over_half, begin = growth
        allowed = max(begin * share, least, usual - begin)
        return [f'{what}: {per_minute:+.1f} per minute, {over_half:+.0f} over the second half, from {begin:.0f}'] \
            if over_half > allowed else []

    def connections_do_not_grow(self):
        samples = self.watch.connections
        half = len(samples) // 2
        broken = []
        for role in ('tryton', 'ferry'):
            early = max((roles.get(role, 0) for _, roles in samples[:half]), default=0)
            late = max((roles.get(role, 0) for _, roles in samples[half:]), default=0)
            if late > early * 1.3 + 5:
                broken.append(f'{role}: {early} in the first half, {late} in the second')
        return broken


def unfinished(stage, laws):
    """How much is left to do, and why the end is not reached yet; empty: it is."""
    # a cancelled order that may have been handed over waits until nobody can enter it any more, which takes minutes
    rows = stage.state.rows("SELECT state, count(*) FROM ferry.publication WHERE state <> 'settled' GROUP BY 1 UNION ALL "
                            "SELECT state, count(*) FROM ferry.portal_order WHERE state IN ('ready', 'waiting') AND NOT cancelled GROUP BY 1")
    left, waiting = sum(count for _, count in rows), [f'{count} {state}' for state, count in rows]
    for law in (laws.each_return_is_one_refund_and_each_refund_one_return_to_the_cent,
                laws.every_paid_order_is_one_sale_and_bears_its_number, laws.the_portal_shows_what_the_ERP_says,
                laws.the_portal_shows_the_ERPs_prices, laws.the_portal_shows_the_ERPs_names_and_terms):
        broken = law()
        left += len(broken)
        waiting += broken[:1]
    return left, waiting
