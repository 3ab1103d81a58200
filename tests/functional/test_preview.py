"""What the preview in Tryton shows is what then arrives on the portal; looking at it sends and changes nothing."""
import json
import time
from decimal import Decimal

from . import shown
from .world import Case, report, sku

JOBS = ['product', 'stock', 'list_price', 'cost']
MOVED, PRICED, COSTED, RENAMED, UNPUBLISHED = 11, 12, 13, 16, 17  # the products

# Whose record goes out, job by job
RECORDS = {
    'product': {sku(RENAMED), sku(UNPUBLISHED)},
    'stock': {sku(MOVED), sku(UNPUBLISHED)},
    'list_price': {sku(PRICED), sku(UNPUBLISHED)},
    'cost': {sku(COSTED), sku(UNPUBLISHED)},
}


def meant(job, document, before):
    """What a person sees on the portal where it has this document; `before`: what was seen, for what a withdrawal leaves."""
    values = json.loads(document) if document else None
    if job == 'stock':
        return Decimal(values['quantity']) if values else 0
    if job == 'list_price':
        return Decimal(values['amount']) if values else before
    if job == 'cost':
        return Decimal(values['amount']) if values else None
    return (values['name'], values.get('description') or '', True) if values else (*before[:2], False)


class Preview(Case):

    def begin_in_step(self):
        self.begin(settings=f'"jobs": {json.dumps(JOBS)}')
        self.eventually(lambda: all(self.state.settled(job) == self.world.portal.products for job in JOBS), 60,
                        'every job is in step', lambda: [(job, self.state.settled(job)) for job in JOBS])
        self.quiet()
        self.jobs = {job: self.client.one('ferry.job', ['shop', '=', self.channel], ['job', '=', job]) for job in JOBS}

    def preview(self, job):
        """What the wizard shows, as the client asks for it."""
        answer, = self.client.wizard('ferry.job.preview', 'ferry.job', self.jobs[job], result=('end', {})).values()
        self.assertEqual(self.jobs[job], answer['job'])
        self.assertEqual(answer['changed'], len(answer['changes']))
        return answer

    def shop(self):
        """{(job, SKU): what the portal shows}."""
        seen = {}
        for item in shown.vendure_variants(self.admin):
            code, product, cost = item['sku'], item['product'], item['customFields']['costPrice']
            seen['stock', code] = sum(level['stockOnHand'] for level in item['stockLevels'])
            seen['list_price', code] = Decimal(item['price']) / 100
            seen['cost', code] = None if cost is None else Decimal(cost) / 100
            seen['product', code] = (product['name'], product['description'], item['enabled'])
        return seen

    def left_behind(self):
        """What anything that is sent or decided leaves in Ferry's tables."""
        return self.state.rows(
            "SELECT (SELECT count(*) FROM ferry.exchange), (SELECT count(*) FROM ferry.hold), (SELECT md5(string_agg(p::text, '|' "
            'ORDER BY p.channel, p.feed, p.key)) FROM ferry.publication p)')

    def all_jobs(self, button):
        self.client.button('ferry.job', button, *self.jobs.values())

    def pause(self):
        self.all_jobs('pause')
        time.sleep(1)  # the engine is told; it need not wait until it renews its leases
        self.quiet()

    def template(self, number):
        return self.client.get('product.product', self.product(number), 'template')

    def change_one_of_each(self):
        client = self.client
        self.move(MOVED, 10)
        client.write('product.template', self.template(PRICED), list_price=Decimal('12.34'))
        client.wizard('product.modify_cost_price', 'product.product', self.product(COSTED),
                      start=('modify', {'cost_price': "Decimal('7.125')"}))
        client.write('product.template', self.template(RENAMED), name='Hammer')
        client.write('web.shop', self.channel, products=[('remove', [self.product(UNPUBLISHED)])])

    def test_F20_what_the_preview_shows_is_what_then_arrives(self):
        self.begin_in_step()
        for job in JOBS:
            answer = self.preview(job)
            self.assertEqual((0, []), (answer['changed'], answer['changes']), job)
            self.assertEqual(self.world.portal.products, answer['inbound'], job)
        self.pause()
        self.change_one_of_each()
        before, untouched = self.shop(), self.left_behind()

        previews = {job: self.preview(job) for job in JOBS}
        self.assertEqual(previews, {job: self.preview(job) for job in JOBS}, 'looking changes nothing')
        self.assertEqual(untouched, self.left_behind())
        self.assertEqual(before, self.shop())
        expected = dict(before)
        for job, answer in previews.items():
            self.assertEqual(RECORDS[job], {change['label'] for change in answer['changes']}, job)
            self.assertEqual((0, 1, 0), (answer['added'], answer['withdrawn'], answer['held']), job)
            self.assertFalse(answer['would_hold'])
            for change in answer['changes']:
                key = job, change['label']
                self.assertEqual(before[key], meant(job, change['acknowledged'], before[key]), 'the portal has what it is said to have')
                self.assertIn(change['record_name'], {'Hammer', before['product', key[1]][0]})
                expected[key] = meant(job, change['desired'], before[key])
        report(f'{len(shown.difference(before, expected))} values would change on the portal')

        self.all_jobs('resume')
        self.eventually(lambda: self.shop() == expected, 30, 'the portal shows what the preview has said',
                        lambda: shown.difference(expected, self.shop()))
        self.quiet()
        self.assertEqual(expected, self.shop())
        for job in JOBS:
            self.assertEqual(0, self.preview(job)['changed'], 'nothing is left to be sent')
        self.assert_balanced()

    def test_F20_the_preview_says_what_would_be_held_and_it_is(self):
        self.begin_in_step()
        self.pause()
        prices = {}
        for number in range(1, self.world.portal.products + 1):
            prices[sku(number)] = Decimal(number) / 100
            self.client.write('product.template', self.template(number), list_price=prices[sku(number)])
        before = self.shop()

        answer = self.preview('list_price')
        would = {change['label']: meant('list_price', change['desired'], None) for change in answer['changes']}
        self.assertEqual({}, shown.difference(prices, would))
        self.assertTrue(answer['would_hold'])
        self.all_jobs('resume')
        self.eventually(lambda: self.client.get('ferry.job', self.jobs['list_price'], 'held') == len(prices), 30, 'it is held')
        held, = self.state.rows('SELECT reason FROM ferry.hold WHERE channel = %s AND ended_at IS NULL', self.channel)
        self.assertTrue(held[0].startswith(answer['would_hold']), (answer['would_hold'], held[0]))
        self.assertEqual(len(prices), self.preview('list_price')['held'], 'the preview says so too')
        self.assertEqual(before, self.shop())
        report(f'held, as the preview had said: {held[0]}')

        self.client.button('ferry.job', 'release_held', self.jobs['list_price'])
        self.eventually(lambda: {code: self.shop()['list_price', code] for code in prices} == prices, 30, 'released, it arrives')
        self.assert_balanced()
