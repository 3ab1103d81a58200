"""What a portal shows is compared with what it confirmed: found, reported, and healed where that is wished."""
import json

from installer.stage.vendure import sku

from .world import Case, report


class Reconcile(Case):
    def reconciled(self, *arguments, seconds=180):
        """Asks for a reconciliation and waits for its end. → {feed: reconciliation with its findings}."""
        asked = json.loads(self.host('reconcile', '--channel', str(self.channel), '--json', *arguments).stdout)
        ids = [one['id'] for one in asked['reconciliations']]
        self.eventually(lambda: self.state.rows(
            "SELECT count(*) FROM ferry.reconciliation WHERE id = ANY (%s) AND phase = 'finished'", ids)[0][0] == len(ids),
            seconds, 'reconciled', lambda: self.state.rows('SELECT * FROM ferry.reconciliation_finding'))
        shown = json.loads(self.host('reconciliations', '--channel', str(self.channel), '--json').stdout)
        latest = {one['feed']: one for one in shown['reconciliations'] if one['id'] in ids}
        for one in latest.values():
            self.assertIsNone(one['error'])
            report('{feed}: listed {listed}, agreed {agreed}, parity {parity} %, variance {variance}, healed {healed}'
                   .format(**one))
        return latest

    def findings(self, reconciliation):
        return sorted((f['kind'], f['label'], f['healed']) for f in reconciliation['findings'])

    def test_stock_changed_by_hand_and_products_on_one_side_are_found_and_healed(self):
        self.begin()
        first = self.reconciled('--feed', 'stock')['stock']
        self.assertEqual([], first['findings'])
        self.assertEqual(('100.000', '0'), (first['parity'], first['variance']))
        self.assertEqual(self.world.portal.products, first['agreed'])

        shown = self.admin.stock(sku(1))['on_hand']
        self.admin.set_stock(self.variants[sku(1)]['id'], shown + 7)
        self.admin.ask('mutation($i:ID!){deleteProductVariant(id:$i){result}}', i=self.variants[sku(2)]['id'])
        self.admin.add_product('Only here', 'ONLY-HERE')
        dry = self.reconciled('--feed', 'stock')['stock']
        self.assertEqual([('differing', sku(1), False), ('missing', sku(2), False), ('surplus', 'ONLY-HERE', False)],
                         self.findings(dry))
        self.assertEqual('7', dry['variance'])
        self.assertEqual(shown + 7, self.admin.stock(sku(1))['on_hand'], 'only reported')
        self.assertEqual(0, self.state.waiting())

        healed = self.reconciled('--feed', 'stock', '--heal')['stock']
        self.assertEqual(2, healed['healed'])
        self.shows(1, 100)
        self.eventually(lambda: self.state.rows("SELECT label FROM ferry.publication WHERE state = 'absent'") == [(sku(2),)],
                        20, 'what the portal does not have any more is listed as such')
        self.assertIn('ONLY-HERE', self.admin.variants(), 'nothing is deleted')
        self.assert_balanced()

    def test_a_sale_on_the_portal_is_no_variance(self):
        self.begin()
        order = self.place((1, 10))
        self.sale_of(order)
        self.shows(1, 90)
        self.admin.fulfil(self.admin.order(order['code']),
                          {line['id']: 4 for line in self.admin.order(order['code'])['lines']})
        found = self.reconciled('--feed', 'stock', '--heal')['stock']
        self.assertEqual([], found['findings'])
        self.shows(1, 90)

    def test_orders_on_one_side_and_lost_numbers_are_found_and_healed(self):
        self.begin()
        lost, known = self.place((1, 1)), self.place((2, 2))
        for order in (lost, known):
            self.sale_of(order)
            self.eventually(lambda order=order: self.number_on_portal(order), 30, 'the number is on the portal')
        self.quiet()
        number, portal_id = self.number_on_portal(lost), self.admin.order(lost['code'])['id']
        self.admin.set_number(portal_id, None)
        # placed long before the intake's window
        self.world.cluster.query(self.vendure.database,
                                 'UPDATE "order" SET "orderPlacedAt" = "orderPlacedAt" - interval \'2 hours\'')
        self.state.rows("UPDATE ferry.portal_order SET placed_at = placed_at - interval '2 hours'")
        # an order that was never seen, as after a restore of the ERP's database
        self.state.rows('DELETE FROM ferry.publication WHERE label = %s', known['code'])
        self.state.rows('DELETE FROM ferry.portal_order WHERE reference = %s', known['code'])
        # and one that the portal does not have any more, as after a restore of its database
        self.state.rows(
            "INSERT INTO ferry.portal_order OVERRIDING SYSTEM VALUE SELECT (jsonb_populate_record(o, jsonb_build_object('id', "
            "99999, 'reference', 'GONE', 'portal_id', '99999', 'erp_id', 99999, 'open', false, 'txid', '3'))).* FROM ferry.portal_order o "
            'WHERE reference = %s', lost['code'])
        self.state.rows(
            "INSERT INTO ferry.publication SELECT (jsonb_populate_record(p, jsonb_build_object('key', 99999, 'label', 'GONE', "
            "'run', 0, 'desired', d, 'acknowledged', d))).* FROM ferry.publication p, replace(p.desired, %s, '\"order\":\"99999\"') d "
            "WHERE feed = 'order_status' AND label = %s", f'"order":"{portal_id}"', lost['code'])
        found = self.reconciled('--feed', 'order_status', '--heal')['order_status']
        self.assertEqual(sorted([('differing', lost['code'], True), ('missing', 'GONE', True),
                                 ('surplus', known['code'], True)]), self.findings(found))
        self.eventually(lambda: self.number_on_portal(lost) == number, 20, 'the number is back')
        self.sale_of(known)  # exactly one: it was found by its external reference
        self.eventually(lambda: self.state.value("SELECT state FROM ferry.publication WHERE label = 'GONE'") == 'absent', 20,
                        'the order that is gone is listed as such')
