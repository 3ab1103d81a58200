# This file is part of Ferry.  The LICENSE file at the top level of this
# repository contains the full license terms.
import email
import email.header
import json
import os
from unittest.mock import patch

from trytond.pool import Pool
from trytond.transaction import Transaction

from trytond.modules.ferry.alert import addresses
from trytond.modules.ferry.exceptions import ShopSettingsError
from trytond.modules.ferry.tests.test_engine import EngineCase, wait_until
from trytond.modules.ferry.tests.tools import DatabaseTestCase

PERFORM = 'trytond.modules.ferry.status.engine.perform'


def news(shop, state='raised', text="stock: nothing gets through"):
    return json.dumps({
            'id': 1, 'channel': shop, 'job': 'stock', 'rule': 'no_success',
            'state': state, 'text': text})


class ScreensTestCase(DatabaseTestCase):

    def setUp(self):
        super().setUp()
        with self.transaction():
            self.shop = self.create_shop().id
        self.addCleanup(self.sql, 'TRUNCATE ferry.publication')

    def alert(self, **values):
        values = dict({
                'channel': self.shop, 'job': 'stock', 'rule': 'no_success',
                'text': 'mend it', 'raised_at': 'now', 'news': 'raised',
                'news_at': 'now'}, **values)
        (id_,), = self.sql(
            'INSERT INTO ferry.alert (%s) VALUES (%s) RETURNING id' % (
                ', '.join(values), ', '.join(['%s'] * len(values))),
            *values.values())
        return id_

    def refuse(self, count, reason, first=1):
        for key in range(first, first + count):
            self.sql("INSERT INTO ferry.publication (channel, feed, key, "
                "label, desired, fingerprint, state, reason, run, changed_at) "
                "VALUES (%s, 'stock', %s, %s, '{}', 1, 'dead', %s, 1, now())",
                self.shop, key, 'T%03dA' % key, reason % ('T%03dA' % key))

    def test_alerts_of_the_shop(self):
        id_ = self.alert()
        self.alert(job='intake', news='resolved', resolved_at='now')
        with self.transaction(user=1, _check_access=True,
                companies=[self.company]), patch(PERFORM) as perform:
            shop = self.get('web.shop')(self.shop)
            alert, = shop.ferry_alerts
            self.assertEqual(alert.id, id_)
            self.assertEqual(
                alert.rec_name, "%s: No Success" % shop.rec_name)
            self.assertEqual(alert.text, 'mend it')
            self.assertEqual(len(self.get('ferry.alert').search(
                        [('shop', '=', self.shop)])), 2)
            self.get('ferry.alert').acknowledge([alert])
        self.assertEqual(perform.call_args[0][1], 'acknowledge')
        self.assertEqual(perform.call_args[1], {
                'channel': self.shop, 'ids': [id_], 'by': "Administrator"})

    def test_the_status_counts_them(self):
        self.alert()
        self.sql("INSERT INTO ferry.job (channel, job) VALUES (%s, 'stock')",
            self.shop)
        with self.transaction():
            shop = self.get('web.shop')(self.shop)
            self.assertEqual(
                shop.ferry_status, "1 alerts last. All jobs are running.")

    def test_the_status_tells_of_an_ill_portal(self):
        self.sql("INSERT INTO ferry.job (channel, job) VALUES (%s, 'stock')",
            self.shop)
        self.sql("INSERT INTO ferry.breaker (channel, state, since, retry_at, "
            "reason) VALUES (%s, 'open', now(), now(), 'status 502')",
            self.shop)
        with self.transaction():
            shop = self.get('web.shop')(self.shop)
            self.assertIn("left alone until it is well again (status 502)",
                shop.ferry_status)
        self.sql("UPDATE ferry.breaker SET state = 'closed'")
        with self.transaction():
            shop = self.get('web.shop')(self.shop)
            self.assertEqual(shop.ferry_status, "All jobs are running.")

    def read_through(self, table):
        "How often this transaction read the table from end to end"
        cursor = Transaction().connection.cursor()
        cursor.execute("SELECT seq_scan FROM pg_stat_xact_user_tables "
            "WHERE schemaname = 'ferry' AND relname = %s", (table,))
        return cursor.fetchone()[0]

    def test_F17_screens_do_not_read_a_history_from_end_to_end(self):
        other = self.shop + 1
        self.sql("INSERT INTO ferry.job (channel, job) VALUES (%s, 'stock')",
            self.shop)
        for shop in [self.shop, other]:
            self.sql("INSERT INTO ferry.publication (channel, feed, key, "
                "label, desired, fingerprint, state, run, changed_at) "
                "SELECT %s, 'stock', g, 'H' || g, '{}', 1, 'settled', 1, "
                "now() FROM generate_series(1000, 6000) g", shop)
            self.sql("INSERT INTO ferry.run (channel, job, mode, started_at, "
                "holder) SELECT %s, 'stock', 'hints', now(), 'one' "
                "FROM generate_series(1, 5000)", shop)
            self.sql("INSERT INTO ferry.exchange (channel, job, started_at, "
                "finished_at, requests, keys, verdicts, status, request, "
                "reply) SELECT %s, 'stock', now(), now(), 1, '{1}', "
                "'{delivered}', 200, '', '' "
                "FROM generate_series(1, 5000)", shop)
        self.addCleanup(self.sql, 'TRUNCATE ferry.run, ferry.exchange')
        self.refuse(3, 'unknown SKU "%s"')
        self.sql('ANALYZE ferry.publication, ferry.run, ferry.exchange')
        with self.transaction():
            Job, Run, Exchange = map(self.get, [
                    'ferry.job', 'ferry.run', 'ferry.exchange'])
            job, = Job.search([('shop', '=', self.shop)])
            self.assertEqual((job.waiting, job.attention), (0, 3))
            runs = Run.search([('shop', '=', self.shop)], limit=100)
            exchanges = Exchange.search([], limit=100)
            self.assertEqual((len(runs), len(exchanges)), (100, 100))
            self.assertTrue(runs[0].mode and exchanges[0].verdicts)
            refusal, = self.get('ferry.refusal').search(
                [('shop', '=', self.shop)])
            self.assertEqual(refusal.count, 3)
            refused = self.get('ferry.publication').search(
                [('shop', '=', self.shop), ('state', '=', 'dead')])
            self.assertEqual(len(refused), 3)
            for table in ['publication', 'run', 'exchange']:
                self.assertEqual(self.read_through(table), 0, table)

    def test_refused_by_reason(self):
        self.refuse(12, 'unknown SKU "%s"')
        self.refuse(1, 'the price of %s is locked', first=20)
        Refusal = self.get('ferry.refusal')
        with self.transaction(user=1, _check_access=True,
                companies=[self.company]), patch(PERFORM) as perform:
            many, one = Refusal.search([('shop', '=', self.shop)])
            self.assertEqual((many.count, one.count), (12, 1))
            self.assertEqual(many.reason, 'unknown SKU "..."')
            self.assertEqual(many.example, 'T001A')
            self.assertEqual(many.rec_name, 'Stock: unknown SKU "..."')
            Refusal.replay([many])
        self.assertEqual(perform.call_args[0][1], 'replay')
        self.assertEqual(perform.call_args[1], {
                'channel': self.shop, 'job': 'stock',
                'group': 'unknown SKU "..."'})

    def test_discard_with_a_note_and_take_it_back(self):
        self.refuse(2, 'unknown SKU "%s"')
        Discard = Pool(self.database).get('ferry.discard', type='wizard')
        for model, expected in [
                ('ferry.refusal', {'group': 'unknown SKU "..."'}),
                ('ferry.publication', {'labels': ['T001A', 'T002A']}),
                ]:
            with self.subTest(model=model), self.transaction(), \
                    patch(PERFORM) as perform:
                records = self.get(model).search([('shop', '=', self.shop)])
                session = Discard.create()[0]
                with Transaction().set_context(active_model=model,
                        active_ids=[r.id for r in records]):
                    wizard = Discard(session)
                    wizard.start.note = "sold elsewhere"
                    self.assertEqual(wizard.transition_discard(), 'end')
                self.assertEqual(perform.call_args[0][1], 'discard')
                self.assertEqual(perform.call_args[1], dict(
                        expected, channel=self.shop, job='stock',
                        reason="sold elsewhere (Administrator)"))
        self.sql("UPDATE ferry.publication SET state = 'settled', "
            "discarded = reason, reason = 'discarded: x'")
        Publication = self.get('ferry.publication')
        with self.transaction(), patch(PERFORM) as perform:
            found = Publication.search([('discarded', '!=', None)])
            self.assertEqual(len(found), 2)
            Publication.undo_discard(found)
        self.assertEqual(perform.call_args[0][1], 'undo-discard')

    def hold(self, count):
        self.sql("INSERT INTO ferry.job (channel, job) VALUES (%s, 'stock')",
            self.shop)
        (run,), = self.sql("INSERT INTO ferry.run (channel, job, mode, "
            "started_at, holder, held) VALUES (%s, 'stock', 'full', now(), "
            "'x', 'too many') RETURNING id", self.shop)
        for key in range(1, count + 1):
            self.sql("INSERT INTO ferry.publication (channel, feed, key, "
                "label, desired, fingerprint, state, reason, run, changed_at) "
                "VALUES (%s, 'stock', %s, %s, '{}', 1, 'held', 'held: x', %s, "
                "now())", self.shop, key, 'T%03dA' % key, run)
        self.sql("INSERT INTO ferry.hold (run, channel, job, reason, records, "
            "is_first, held_at) VALUES (%s, %s, 'stock', '3 of 3 products go "
            "to a stock of zero (limit 30 %%)', 3, false, now())",
            run, self.shop)
        return run

    def test_held_with_its_reason_released_and_discarded(self):
        run = self.hold(3)
        Discard = Pool(self.database).get('ferry.discard', type='wizard')
        with self.transaction(user=1, _check_access=True,
                companies=[self.company]), patch(PERFORM) as perform:
            job, = self.get('web.shop')(self.shop).ferry_jobs
            self.assertEqual(job.held, 3)
            self.assertEqual(job.held_reason,
                "3 of 3 products go to a stock of zero (limit 30 %)")
            self.assertEqual(job.held_run.held, "too many")
            self.assertEqual(self.get('web.shop')(self.shop).ferry_status,
                "Needs attention: Stock.")
            job.release_held([job])
            self.assertEqual(perform.call_args[0][1], 'release')
            self.assertEqual(perform.call_args[1], {
                    'channel': self.shop, 'job': 'stock', 'run': run,
                    'by': "Administrator"})
            session = Discard.create()[0]
            with Transaction().set_context(
                    active_model='ferry.job', active_ids=[job.id]):
                wizard = Discard(session)
                wizard.start.note = "a mistake"
                wizard.transition_discard()
            self.assertEqual(perform.call_args[0][1], 'discard-held')
            self.assertEqual(perform.call_args[1], {
                    'channel': self.shop, 'job': 'stock', 'run': run,
                    'by': "Administrator",
                    'reason': "a mistake (Administrator)"})
        held, = self.sql("SELECT count(*) FROM ferry.publication")
        with self.transaction():
            self.assertEqual(self.get('ferry.publication').search(
                    [('state', '=', 'held')], count=True), held[0])

    def test_releasing_asks_first(self):
        with self.transaction():
            button, = self.get('ir.model.button').search([
                    ('model.model', '=', 'ferry.job'),
                    ('name', '=', 'release_held'),
                    ])
            self.assertIn("Is that what you want?", button.confirm)

    def test_what_is_not_tryton_s_to_say(self):
        with self.transaction():
            shop = self.create_shop(ferry_owner=(
                    "product.description = portal\n\nproduct.name=nobody"))
            self.assertEqual(shop.ferry_channel_settings()['owner'], {
                    'product.description': 'portal',
                    'product.name': 'nobody'})
            for wrong in ["product.name", "= portal", "a.b = portal\na.b = x"]:
                with self.assertRaises(ShopSettingsError):
                    self.create_shop(ferry_owner=wrong)

    def test_screens_of_an_older_schema(self):
        with patch('trytond.modules.ferry.schema.has_table',
                return_value=False), self.transaction():
            self.assertEqual(self.get('ferry.alert').search([]), [])
            self.assertEqual(self.get('ferry.refusal').search([]), [])


class MailTestCase(DatabaseTestCase):

    def mails(self, document):
        with patch('trytond.modules.ferry.alert.sendmail_transactional') \
                as send, self.transaction():
            self.get('ferry.alert').mail(document)
        return [(c[0][1], email.message_from_string(c[0][2].as_string()))
            for c in send.call_args_list]

    def shop(self, **values):
        with self.transaction():
            return self.create_shop(**values).id

    def test_addresses_of_the_shop(self):
        shop = self.shop(ferry_alert_emails="a@x.example, Bo <b@x.example>")
        for state, subject in [
                ('raised', "Ferry needs attention: "),
                ('repeated', "Ferry still needs attention: "),
                ('resolved', "Ferry is well again: "),
                ]:
            (to, mail), = self.mails(news(shop, state))
            self.assertEqual(to, ['a@x.example', 'b@x.example'])
            self.assertIn(subject, str(email.header.make_header(
                        email.header.decode_header(mail['Subject']))))
            self.assertEqual(mail.get_payload(decode=True).decode(),
                "stock: nothing gets through")

    def test_nobody(self):
        self.assertEqual(self.mails(news(self.shop())), [])
        self.assertEqual(self.mails(news(987654)), [])

    def test_portal_text_writes_no_header(self):
        shop = self.shop(ferry_alert_emails="a@x.example")
        (_, mail), = self.mails(news(shop, text="x\nBcc: evil@x.example"))
        self.assertIsNone(mail['Bcc'])

    def test_addresses_are_checked(self):
        self.assertEqual(addresses(None), [])
        for wrong in ["nobody", "a@x.example, @"]:
            with self.assertRaises(ShopSettingsError):
                self.shop(ferry_alert_emails=wrong)


class EngineNewsTestCase(EngineCase):

    def test_news_are_mailed_on_our_thread(self):
        with self.transaction():
            shop = self.create_shop(ferry_alert_emails="a@x.example").id
        self.misbehave('news')
        with patch.dict(os.environ, FERRY_FAKE_NEWS=news(shop)), \
                patch('trytond.modules.ferry.alert.sendmail_transactional') \
                as send:
            self.start()
            wait_until(lambda: send.called)
        self.assertEqual(send.call_args[0][1], ['a@x.example'])

    def test_mail_that_fails_is_logged_and_nothing_else(self):
        self.misbehave('news')
        with patch.dict(os.environ, FERRY_FAKE_NEWS='no json'), \
                self.assertLogs('ferry', 'WARNING') as logs:
            self.start()
            wait_until(lambda: 'could not be mailed' in ' '.join(logs.output))


del EngineCase, DatabaseTestCase
