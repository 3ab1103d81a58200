"""What goes back to customers: people return goods in the ERP, which Ferry pays back on the portal, and the portal's own people
pay back what the ERP then has to return."""
import re
from decimal import Decimal

from installer.stage.ferry import return_goods

SINCE = '2020-01-01T00:00:00Z'

# Sales that return something of a portal's order, once nobody edits them any more: what they are worth, and of which refund
# they were made
_RETURNS = """
SELECT split_part(s.web_id, ':', 2), r.number, -r.total_amount_cache, r.web_id
FROM sale_sale r JOIN sale_sale s ON r.origin = 'sale.sale,' || s.id AND s.web_id <> ''
WHERE r.web_id LIKE 'refund:%%' AND r.state <> 'cancelled' OR coalesce(r.web_id, '') = '' AND r.state IN ('processing', 'done')"""


def take_back(client, channel, code, sku, pieces):
    """So many pieces of a portal's order."""
    return_goods(client, client.one('sale.sale', ['web_id', '=', f'{channel}:{code}']),
                 {client.one('product.product', ['code', '=', sku]): pieces})


def look_at_finished(stage):
    """What the portal has finished is looked at every hour: here the hour is over."""
    with stage.cluster.cursor('soak') as cursor:
        cursor.execute("UPDATE ferry.portal_order SET last_seen_at = last_seen_at - interval '2 hours' WHERE NOT open")


def _number_in(reason):
    found = re.search(r'\[([^[]*)\]$', reason)
    return found and found[1]


def breaches(stage):
    """Each return is one refund, and each refund one return, of the same amount."""
    returns = stage.state.rows(_RETURNS)
    broken = []
    for order in stage.portal.ask('shop')['orders']:
        own = [row for row in returns if row[0] == order['code']]
        for refund in order['refunds']:
            number, amount = _number_in(refund['reason']), Decimal(refund['amount']) / 100
            made_of = [row for row in own if (row[3] == f"refund:{stage.channel}:{refund['id']}:{order['code']}"
                                              or not row[3] and number and row[1] == number)]
            if [row[2] for row in made_of] != [amount]:
                broken.append(f"{order['code']}: refund {refund['id']} of {amount} ({refund['reason']!r}) has the returns {made_of}; "
                              f"{stage.state.order(order['code'])}")
            if refund['state'] != 'Settled':
                broken.append(f"{order['code']}: refund {refund['id']} is {refund['state']}")
        for _, number, total, refunded in own:
            paid = [refund for refund in order['refunds'] if _number_in(refund['reason']) == number]
            if not refunded and [Decimal(refund['amount']) / 100 for refund in paid] != [total]:
                broken.append(f"{order['code']}: return {number} of {total} has the refunds {paid}")
    return broken
