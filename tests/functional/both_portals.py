"""One ERP and two quite different portals, each with a channel of its own."""
import json
from dataclasses import dataclass

from installer.stage import medusa
from installer.stage.ferry import make_channel

from .medusa_case import SECRET, MedusaCase
from .world import LEASE, POLL

FEEDS = 'product', 'stock', 'list_price', 'cost', 'discount', 'fixed_net_price', 'customer', 'order_status'


@dataclass
class Side:
    """A portal with its channel."""
    channel: int
    admin: object
    feeds: tuple = ()  # that its connector has


class BothPortals(MedusaCase):
    per_product = 1

    def channel_on_vendure(self, url=None, settings=None, **values):
        return self._side(self.portal_admin(), values, url or self.vendure.url, settings, name='On Vendure')

    def channel_on_medusa(self, url=None, settings=None, **values):
        self.medusa.wait_ready()
        return self._side(self.medusa.admin(), values, url or self.medusa.url, settings, name='On Medusa',
                          ferry_connector='medusa', ferry_username=medusa.ADMIN, ferry_secret=SECRET)

    def _side(self, admin, values, url, settings, **own):
        settings = {'lease': LEASE, **(settings or {})}
        channel = make_channel(self.client, url, ferry_settings=json.dumps(settings), ferry_poll_interval=POLL, **own, **values)
        return Side(channel, admin)

    def feeds_of(self, side):
        """Asks the channel itself: what its connector does not do cannot be previewed either."""
        feeds = []
        for feed in FEEDS:
            asked = self.host('preview', '--channel', str(side.channel), '--job', feed, '--limit', '1')
            if asked.returncode:
                self.assertIn(f"has no feed '{feed}'", asked.stderr)
            else:
                feeds.append(feed)
        return tuple(feeds)

    def not_settled(self, side):
        return self.state.rows("SELECT feed, label, state, reason FROM ferry.publication WHERE channel = %s AND state <> 'settled' "
                               'LIMIT 5', side.channel)

    def settled_in(self, side):
        """{feed: how many records the portal has confirmed and keeps}."""
        return dict(self.state.rows("SELECT feed, count(*) FROM ferry.publication WHERE channel = %s AND state = 'settled' "
                                    'AND acknowledged IS NOT NULL GROUP BY feed', side.channel))

    def last_exchange(self):
        return self.state.value('SELECT coalesce(max(id), 0) FROM ferry.exchange')

    def sent_since(self, exchange, side):
        """[(feed, label)] of every item of every exchange after that one, twice where it was sent twice."""
        return sorted(self.state.rows(
            'SELECT e.job, p.label FROM ferry.exchange e CROSS JOIN unnest(e.keys) k(key) JOIN (SELECT DISTINCT channel, feed, key, '
            'label FROM ferry.publication) p ON (p.channel, p.feed, p.key) = (e.channel, e.job, k.key) '
            'WHERE e.id > %s AND e.channel = %s', exchange, side.channel))

    def found_since(self, run, side):
        """{feed: how many records its runs after that one found changed}, of those that found any."""
        return {feed: int(changed) for feed, changed in self.state.rows(
            'SELECT job, sum(changed) FROM ferry.run WHERE id > %s AND channel = %s GROUP BY job', run, side.channel)
            if changed and feed in FEEDS}
