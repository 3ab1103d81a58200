# This file is part of Ferry.  The LICENSE file at the top level of this
# repository contains the full license terms.
from unittest.mock import patch

from trytond.pool import Pool
from trytond.transaction import Transaction

from trytond.modules.ferry import engine
from trytond.modules.ferry.exceptions import OperationError
from trytond.modules.ferry.tests.test_engine import EngineCase
from trytond.modules.ferry.tests.tools import DatabaseTestCase

PERFORM = 'trytond.modules.ferry.engine.perform'


def _answer(changes, **values):
    return dict({
            'inbound': 10, 'changed': len(changes), 'added': 0,
            'withdrawn': 0, 'held': 0, 'would_hold': None,
            'changes': [{
                    'label': label, 'acknowledged': old, 'desired': new}
                for label, old, new in changes],
            }, **values)


class PreviewCase:

    def create_job(self, job='stock'):
        with self.transaction():
            shop = self.create_shop().id
        self.sql('INSERT INTO ferry.job (channel, job) VALUES (%s, %s) '
            'ON CONFLICT DO NOTHING', shop, job)
        return shop

    def preview(self, shop, job='stock'):
        Preview = Pool(self.database).get('ferry.job.preview', type='wizard')
        with self.transaction():
            record, = self.get('ferry.job').search(
                [('shop', '=', shop), ('job', '=', job)])
            session, start, _ = Preview.create()
            with Transaction().set_context(
                    active_model='ferry.job', active_id=record.id,
                    active_ids=[record.id]):
                shown = Preview.execute(session, {}, start)['view']
                values = shown['defaults']
                # the client shows what has a field and a view; "job." names
                # the record
                self.assertLessEqual({n for n in values if n[-1] != '.'},
                    set(shown['fields_view']['fields']))
            Preview.delete(session)
        self.assertEqual(values['job'], record.id)
        return values


class PreviewTestCase(PreviewCase, DatabaseTestCase):

    def test_shows_old_and_new_with_the_names_in_the_order_given(self):
        shop = self.create_job()
        changes = [('T002A', '90', '1'), ('GONE', '7', None),
            ('T001A', None, '3')]
        with patch(PERFORM, return_value=_answer(
                    changes, added=1, withdrawn=1, held=4,
                    would_hold="30 % change")) as perform:
            shown = self.preview(shop)
        self.assertEqual(perform.call_args[0], (self.database, 'preview'))
        self.assertEqual(perform.call_args[1],
            {'channel': shop, 'job': 'stock', 'limit': 200})
        self.assertEqual(perform.call_count, 1)
        self.assertEqual(
            [(c['label'], c['record_name'], c['acknowledged'], c['desired'])
                for c in shown['changes']],
            [('T002A', "Cup 2", '90', '1'), ('GONE', None, '7', None),
                ('T001A', "Cup 1", None, '3')])
        self.assertEqual(
            [shown[n] for n in [
                    'inbound', 'changed', 'added', 'withdrawn', 'held']],
            [10, 3, 1, 1, 4])
        self.assertEqual(shown['would_hold'], "30 % change")
        self.assertIsNone(shown['more'])

    def test_says_how_many_are_not_shown(self):
        shop = self.create_job()
        with patch(PERFORM, return_value=_answer(
                    [('T001A', '1', '2')], changed=1001)):
            shown = self.preview(shop)
        self.assertIn('1000 further', shown['more'])

    def test_names_no_product_where_labels_are_not_codes(self):
        shop = self.create_job('customer')
        with patch(PERFORM, return_value=_answer([('T001A', '{}', None)])):
            shown = self.preview(shop, 'customer')
        self.assertIsNone(shown['changes'][0]['record_name'])

    def test_says_why_there_is_none(self):
        shop = self.create_job()
        with patch(PERFORM,
                side_effect=engine.EngineError("the view is missing")), \
                self.assertRaisesRegex(OperationError, "the view is missing"):
            self.preview(shop)


class PreviewThroughModuleTestCase(PreviewCase, EngineCase):

    def test_asks_the_module_for_nothing_but_a_preview(self):
        shop = self.create_job()
        shown = self.preview(shop)
        asked = [e for e in self.events() if e.startswith('perform ')]
        self.assertEqual(len(asked), 1, asked)
        self.assertTrue(asked[0].startswith('perform preview '), asked)
        self.assertEqual(shown['would_hold'], 'half of the records change')
        self.assertEqual(shown['changes'][0]['record_name'], "Cup 1")


del DatabaseTestCase, EngineCase
