"""A shop with a night behind it: orders imported and in review, runs, a refused record. Written the way the module and
its engine write it, so that the pictures show what people will see."""
import json

REVIEW = ('Order T7XW9C4, line 81: no active product has the SKU "T099X" (Mug, limited edition) as its code. '
          'Create the product or correct its code, then retry.')
ORDER = '''INSERT INTO ferry.portal_order (channel, reference, portal_id, placed_at, portal_state, open, cancelled, document,
    fingerprint, state, reason, erp_id, erp_number, first_seen_at, last_seen_at, linked_at, run, next_attempt_at)
    VALUES (%s, %s, %s, now() - interval '3 hours', %s, true, false, %s, 1, %s, %s, %s, %s, now() - interval '2 hours',
    now() - interval '1 minute', CASE WHEN %s = 'linked' THEN now() - interval '1 hour' END, 1, %s)'''


def populate(tools, database):
    tools.clone(database)
    tools.create_schema(database)
    from trytond.modules.ferry import order as entry
    from trytond.pool import Pool
    from trytond.transaction import Transaction
    Pool(database).init()
    case = _case(tools, database)
    with case.transaction():
        shop = case.create_shop(name='Portal', ferry_base_url='https://shop.example/admin-api').id
    numbers = {}
    for reference in ['T7XW9C1', 'T7XW9C2']:
        status, sale, number, reason = entry.enter(
            database, shop, reference, tools.order(reference, lines=[('T001A', '2', '10.00'), ('T002A', '1', '17.50')],
                                                   shipping=['5.00']))
        assert status == 0, reason
        numbers[reference] = sale, number
    with case.transaction():
        Sale = case.get('sale.sale')  # somebody keyed another order of the customer by hand
        Sale.copy([Sale(numbers['T7XW9C1'][0])], {'reference': 'T7XW9C4'})
    _write(tools, database, shop, numbers)
    tools.sql(database, "UPDATE ir_module_config_wizard_item SET state = 'done'")
    return numbers['T7XW9C1'][0]


def _case(tools, database):
    case = tools.DatabaseTestCase()
    case.database = database
    (case.company,), = tools.sql(database, 'SELECT id FROM company_company')
    return case


def _write(tools, database, shop, numbers):
    def sql(query, *parameters):
        return tools.sql(database, query, *parameters)
    for reference, (sale, number) in numbers.items():
        document = tools.order(reference)
        sql(ORDER, shop, reference, reference[-1], 'PaymentSettled', document, 'linked', None, sale, number, 'linked', None)
        status = json.dumps({'order': '1', 'reference': reference, 'number': number, 'state': 'processing'})
        sql("INSERT INTO ferry.publication (channel, feed, key, label, desired, fingerprint, acknowledged, "
            "acknowledged_fingerprint, acknowledged_at, state, run, exchange, changed_at) VALUES (%s, 'order_status', %s, %s, "
            "%s, 1, %s, 1, now(), 'settled', 1, 1, now())", shop, sale, reference, status, status)
    sql(ORDER, shop, 'T7XW9C4', '4', 'PaymentSettled', tools.order('T7XW9C4', lines=[('T099X', '1', '9.00')]), 'review',
        REVIEW, None, None, 'review', None)
    sql(ORDER, shop, 'T7XW9C5', '5', 'PaymentAuthorized', tools.order('T7XW9C5'), 'waiting', None, None, None, 'waiting',
        None)
    for job, mode, counts, error in [
            ('intake', 'intake', (4, 3, 1, 2, 1, 0), None), ('stock', 'full', (50, 50, 0, 49, 1, 0), None),
            ('stock', 'hints', (2, 2, 0, 2, 0, 0), None), ('order_status', 'hints', (2, 2, 0, 2, 0, 0), None),
            ('stock', 'watermark', (7, 0, 7, 0, 0, 0), None)]:
        sql('INSERT INTO ferry.run (channel, job, mode, started_at, finished_at, holder, inbound, changed, unchanged, '
            "successful, failed, deferred, error) VALUES (%s, %s, %s, now() - interval '90 ms', now(), 'erp1/4711', %s, %s, "
            '%s, %s, %s, %s, %s)', shop, job, mode, *counts, error)
    for job in ['stock', 'order_status', 'intake']:
        sql('INSERT INTO ferry.job (channel, job, holder, expires_at, last_run, last_success_at, compared_fully_at) VALUES '
            "(%s, %s, 'erp1/4711', now() + interval '15 s', (SELECT max(id) FROM ferry.run WHERE job = %s), now(), now())",
            shop, job, job)
    stock = '{"sku":"T003A","location":"1","quantity":"%s"}'
    (key,), = sql("SELECT id FROM product_product WHERE code = 'T003A'")
    sql("INSERT INTO ferry.publication (channel, feed, key, label, desired, fingerprint, acknowledged, "
        "acknowledged_fingerprint, acknowledged_at, state, attempts, reason, run, exchange, changed_at) VALUES (%s, 'stock', "
        "%s, 'T003A', %s, 1, %s, 2, now() - interval '1 day', 'dead', 1, 'the portal refused it: \"stock location 1 does not "
        "hold this variant\"; assign the variant to the location on the portal, then replay', 2, 1, now())",
        shop, key, stock % 98, stock % 100)
    sql("INSERT INTO ferry.exchange (channel, job, started_at, finished_at, requests, keys, verdicts, status, request, reply) "
        "VALUES (%s, 'stock', now() - interval '41 ms', now(), 1, ARRAY[%s, 7], '{rejected,delivered}', 200, %s, %s)", shop, key,
        'POST /admin-api\nauthorization: ***\n\n{"query":"mutation($input: [UpdateProductVariantInput!]!) …"}',
        '200\n\n{"data":{"updateProductVariants":[null,{"id":"7"}]}}')
    sql("INSERT INTO ferry.reconciliation (channel, feed, heal, by_person, phase, started_at, finished_at, pages, listed, "
        "lacking, agreed, left_out, differing, missing, surplus, healed, variance) VALUES (%s, 'stock', true, false, "
        "'finished', now() - interval '40 s', now(), 1, 50, 1, 47, 1, 1, 1, 1, 2, 7)", shop)
    for kind, label, key, shown, healed in [
            ('differing', 'T001A', 1, stock % 107, True), ('missing', 'T002A', 2, None, True),
            ('surplus', 'MUG-OLD', None, stock % 3, False)]:
        sql("INSERT INTO ferry.reconciliation_finding (reconciliation, kind, state, label, key, part, acknowledged, shown, "
            "variance, healed, confirmed_at) SELECT max(id), %s, 'confirmed', %s, %s, 0, %s, %s, %s, %s, now() "
            "FROM ferry.reconciliation", kind, label, key, stock % 100 if key else None, shown,
            7 if kind == 'differing' else None, healed)
