# This file is part of Ferry.  The LICENSE file at the top level of this
# repository contains the full license terms.
"""A sale that is given up, by Tryton's own routines: what it has made of
shipments and invoices is cancelled and ignored, so that nothing stays reserved.
What has left the storage or the books is never touched."""
from trytond.pool import Pool
from trytond.transaction import Transaction

__all__ = ['is_withdrawn', 'obstacles', 'undelivered', 'withdraw']

# as far as no goods have been moved and nothing has been posted
_OPEN = {
    'stock.shipment.out': {'draft', 'waiting', 'assigned'},
    'stock.shipment.out.return': {'draft'},
    'account.invoice': {'draft', 'validated'},
    'stock.move': {'staging', 'draft', 'assigned'},
    }


def moves(sale):
    "Those to or from the customer, also of the components of kits"
    for line in sale.lines:
        yield from line.moves
        for component in getattr(line, 'components', None) or []:
            yield from component.moves


def _papers(sale):
    "What there is of the sale that is not cancelled"
    loose = [m for m in moves(sale) if not m.shipment]
    return [r for r in [
            *sale.shipments, *sale.shipment_returns, *sale.invoices, *loose]
        if r.state != 'cancelled']


def is_withdrawn(sale):
    "Whether the sale came to nothing: cancelled, or all that it made is"
    if sale.state == 'cancelled':
        return True
    return (sale.state in {'processing', 'done'}
        and not _papers(sale)
        and any(r.state == 'cancelled'
            for r in [*moves(sale), *sale.invoices]))


def obstacles(sale):
    "What can no longer be cancelled for the sale, for a clerk"
    if sale.state not in {'processing', 'done'}:
        return []
    own = set(moves(sale))
    found = []
    for record in _papers(sale):
        if record.state not in _OPEN[record.__name__] or not _is_of(
                sale, own, record):
            found.append(_named(record))
    return sorted(found)


def undelivered(sale):
    "What would still leave for the customer, for a clerk"
    return sorted(_named(r) for r in _papers(sale)
        if r.__name__ in {'stock.shipment.out', 'stock.move'}
        and r.state != 'done')


def _is_of(sale, own, record):
    "Whether it holds nothing of another sale: a person may have joined them"
    if record.__name__ == 'stock.shipment.out':
        return own.issuperset(record.outgoing_moves)
    elif record.__name__ == 'stock.shipment.out.return':
        return own.issuperset(record.incoming_moves)
    elif record.__name__ == 'account.invoice':
        return all(line.origin in sale.lines for line in record.lines
            if line.type == 'line')
    return True


def _named(record):
    states = type(record).fields_get(['state'])['state']['selection']
    return '%s (%s)' % (record.rec_name, dict(states)[record.state])


def withdraw(sale):
    """Cancel the sale. The caller has made sure that there are no obstacles.

    What follows from it is done as the system, as Tryton processes sales."""
    pool = Pool()
    Sale = pool.get('sale.sale')
    if sale.state == 'confirmed':
        Sale.draft([sale])
        sale = Sale(sale.id)
    if sale.state in {'draft', 'quotation'}:
        Sale.cancel([sale])
    elif sale.state in {'processing', 'done'}:
        transaction = Transaction()
        with transaction.set_user(0), transaction.set_context(
                _check_access=False, active_model='sale.sale',
                active_id=sale.id, active_ids=[sale.id]):
            sale = Sale(sale.id)
            papers = {}
            for record in _papers(sale):
                papers.setdefault(record.__name__, []).append(record)
            for name, records in papers.items():
                pool.get(name).cancel(records)
            _ignore('sale.handle.shipment.exception', 'recreate_moves')
            _ignore('sale.handle.invoice.exception', 'recreate_invoices')
            Sale.process([Sale(sale.id)])
    return Sale(sale.id)


def _ignore(name, recreate):
    "Answer Tryton's question: none of the cancelled is made again"
    Wizard = Pool().get(name, type='wizard')
    session_id, *_ = Wizard.create()
    ask = Wizard(session_id).default_ask(None)
    ask[recreate] = []
    Wizard.execute(session_id, {'ask': ask}, 'handle')
    Wizard.delete(session_id)
