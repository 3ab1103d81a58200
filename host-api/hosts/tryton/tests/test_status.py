# This file is part of Ferry.  The LICENSE file at the top level of this
# repository contains the full license terms.
"""What the profile's feed `order_status` reads of sales that Tryton's own
routines have shipped."""
import importlib.util
import json
import re

import psycopg2

from trytond.config import config
from trytond.modules.ferry import order as entry
from trytond.modules.ferry.tests.tools import ROOT, DatabaseTestCase, order
from trytond.pool import Pool
from trytond.transaction import Transaction

PROFILE = ROOT / 'sql' / 'profiles' / 'tryton-6.0'


def composer():
    spec = importlib.util.spec_from_file_location(
        'compare_with_tryton', PROFILE / 'compare_with_tryton.py')
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class StatusTestCase(DatabaseTestCase):

    OPTIONAL = ['carrier', 'stock_package', 'sale_line_component']

    def setUp(self):
        super().setUp()
        with self.transaction():
            self.shop = self.create_shop().id
        self.sql('INSERT INTO ferry.channel (id, name, profile, connector)'
            " VALUES (%s, 'Shop', 'tryton-6.0', 'vendure')"
            ' ON CONFLICT DO NOTHING', self.shop)

    def section(self, name):
        compare = composer()
        missing = [table for table in self.OPTIONAL if self.sql(
                'SELECT to_regclass(%s) IS NULL', table)[0][0]]
        text = compare.resolve(
            compare.sections(PROFILE / 'order_status.sql'), name, 'keyed',
            missing)
        text = re.sub('--[^\n]*', '', text).replace('%', '%%')
        return re.sub(r'(?<!:):([a-z_]+)', r'%(\1)s', text)

    def ask(self, query, **values):
        connection = psycopg2.connect(
            config.get('database', 'uri').rstrip('/') + '/' + self.database)
        connection.autocommit = True
        try:
            cursor = connection.cursor()
            cursor.execute(query, dict(values, channel=self.shop))
            return cursor.fetchall()
        finally:
            connection.close()

    def shipments(self, sale):
        rows = self.ask(
            'WITH candidate(key) AS (SELECT %(sale)s::bigint)'
            ' SELECT d.document FROM (' + self.section('desired') + ') d',
            sale=sale)
        return json.loads(rows[0][0])['shipments']

    def import_order(self, reference, **values):
        status, sale, number, reason = entry.enter(
            self.database, self.shop, reference, order(reference, **values))
        self.assertEqual((status, reason), (0, ''))
        self.sql('INSERT INTO ferry.portal_order (channel, reference,'
            ' portal_id, placed_at, portal_state, open, cancelled, document,'
            ' fingerprint, state, first_seen_at, last_seen_at, erp_id,'
            " erp_number) VALUES (%s, %s, '42', now(), 'x', true, false,"
            " '{}', 0, 'linked', now(), now(), %s, %s)",
            self.shop, reference, sale, number)
        return sale

    def ship(self, sale, quantity=None):
        "As the warehouse does; with a quantity only so much of each line"
        Shipment, Move = self.get('stock.shipment.out'), self.get('stock.move')
        Sale = self.get('sale.sale')
        with self.transaction():
            waiting = [s for s in Sale(sale).shipments
                if s.state in {'draft', 'waiting'}]
            shipment, = waiting
            if shipment.state == 'draft':
                Shipment.wait([shipment])
            if quantity:
                for move in shipment.inventory_moves:
                    Move.write([move], {'quantity': quantity})
            Shipment.assign_force([shipment])
            Shipment.pick([shipment])
            Shipment.pack([shipment])
            Shipment.done([shipment])
            Sale.process([Sale(sale)])
            return shipment.id, shipment.number

    def test_two_parcels(self):
        sale = self.import_order(
            'S1', lines=[('T001A', '10', '10.00'), ('T002A', '3', '5.00')])
        self.assertEqual(self.shipments(sale), [])
        since, = self.ask("SELECT pg_snapshot_xmax(pg_current_snapshot())::text")[0]
        _, first = self.ship(sale, 2)
        expected = [{'number': first, 'carrier': '', 'tracking': '', 'lines': [
                    {'sku': 'T001A', 'quantity': '2'},
                    {'sku': 'T002A', 'quantity': '2'}]}]
        self.assertEqual(self.shipments(sale), expected)
        found = self.ask('SELECT s.key FROM (' + self.section('changed')
            + ') s(key)', since=since, snapshot='1:1:')
        self.assertEqual(found, [(sale,)])
        id_, second = self.ship(sale)
        expected.append({'number': second, 'carrier': '', 'tracking': '',
                'lines': [{'sku': 'T001A', 'quantity': '8'},
                    {'sku': 'T002A', 'quantity': '1'}]})
        self.assertEqual(self.shipments(sale), expected)
        # what a module of carriers, or a person, notes later
        with self.transaction():
            party, = self.get('party.party').create([{'name': 'Post'}])
            product = self.product('T001A')
            service, = self.get('product.template').create([{
                        'name': 'Delivery', 'type': 'service',
                        'default_uom': product.default_uom.id,
                        'account_category':
                            product.template.account_category.id,
                        'salable': True, 'sale_uom': product.default_uom.id,
                        'list_price': 1,
                        'products': [('create', [{}])]}])
            carrier, = self.get('carrier').create([{
                        'party': party.id,
                        'carrier_product': service.products[0].id}])
            self.get('stock.shipment.out').write(
                [self.get('stock.shipment.out')(id_)],
                {'carrier': carrier.id, 'reference': 'TRACK-2'})
        expected[1].update(carrier='Post', tracking='TRACK-2')
        self.assertEqual(self.shipments(sale), expected)

    def refunds(self, sale):
        rows = self.ask(
            'WITH candidate(key) AS (SELECT %(sale)s::bigint)'
            ' SELECT d.document FROM (' + self.section('desired') + ') d',
            sale=sale)
        return json.loads(rows[0][0]).get('refunds')

    def give_back(self, sale):
        "As Tryton's wizard does"
        Wizard = Pool().get('sale.return_sale', type='wizard')
        session_id, *_ = Wizard.create()
        with Transaction().set_context(active_model='sale.sale',
                active_id=sale, active_ids=[sale]):
            _, data = Wizard(session_id).do_return_({'views': []})
        Wizard.delete(session_id)
        return data['res_id'][0]

    def test_what_people_return(self):
        sale = self.import_order(
            'S3', lines=[('T001A', '3', '10.00'), ('T002A', '1', '3.3333')])
        self.ship(sale)
        self.sql('UPDATE ferry.channel SET settings = %s WHERE id = %s',
            '{"order_refund_since": "2020-01-01T00:00:00+01:00"}', self.shop)
        Sale, Line = self.get('sale.sale'), self.get('sale.line')
        with self.transaction():
            returned = self.give_back(sale)
            lines = Sale(returned).lines
            Line.write([l for l in lines if l.product.code == 'T001A'],
                {'quantity': -2})
        self.assertIsNone(self.refunds(sale), "a draft")
        since, = self.ask(
            "SELECT pg_snapshot_xmax(pg_current_snapshot())::text")[0]
        with self.transaction():
            Sale.write([Sale(returned)], {'description': "Came back"})
            Sale.quote([Sale(returned)])
        self.assertIsNone(self.refunds(sale), "a quotation")
        with self.transaction():
            Sale.confirm([Sale(returned)])
            Sale.process([Sale(returned)])
            number = Sale(returned).number
            total = Sale(returned).total_amount
        expected = [{
                'number': number, 'total': format(-total.normalize(), 'f'),
                'currency': 'EUR', 'reason': "Came back", 'lines': [
                    {'sku': 'T001A', 'quantity': '2'},
                    {'sku': 'T002A', 'quantity': '1'}]}]
        self.assertEqual(self.refunds(sale), expected)
        found = self.ask('SELECT s.key FROM (' + self.section('changed')
            + ') s(key)', since=since, snapshot='1:1:')
        self.assertEqual(found, [(sale,)])
        # what came from the portal is known there
        with self.transaction():
            Sale.write([Sale(returned)], {'web_id': 'refund:1:5:S3'})
        self.assertIsNone(self.refunds(sale))
        with self.transaction():
            Sale.write([Sale(returned)], {'web_id': None})
        self.assertEqual(self.refunds(sale), expected)
        self.sql('UPDATE ferry.channel SET settings = %s WHERE id = %s',
            '{"order_refund_since": "2200-01-01T00:00:00Z"}', self.shop)
        self.assertIsNone(self.refunds(sale), "entered before")

    def test_a_parcel_that_was_cancelled_is_none(self):
        sale = self.import_order('S2')
        Shipment = self.get('stock.shipment.out')
        with self.transaction():
            Shipment.cancel(self.get('sale.sale')(sale).shipments)
        self.assertEqual(self.shipments(sale), [])
