"""A customer who looks at prices all the while."""
import random
import threading
from decimal import Decimal

from installer.stage.vendure import GraphQLError, Shop

_PAUSE = 1  # seconds between two looks
_AT_ONCE = 20  # products in a look
_PAGE = '{products(options:{take:%d,skip:%d,sort:{id:ASC}}){items{variants{sku price}}}}'


class Onlooker:
    """Sees, in the shop's own API for customers, a page of the catalogue at a time. `right`: SKU → (price before, price after).
    Wrong is any other price, the new one before allow(), and the old one where the new one has been seen."""

    def __init__(self, url, right, seed):
        self._shop = Shop(url)
        self._right = right
        self._chance = random.Random(seed)
        self._allowed = threading.Event()
        self._ended = threading.Event()
        self._changed = set()
        self.looks, self.old, self.new, self.wrong = 0, 0, 0, []
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def allow(self):
        """New prices may be seen from now on."""
        self._allowed.set()

    def leave(self):
        """→ (looks, old prices seen, new ones seen, [(sku, price, why it is wrong)])."""
        self._ended.set()
        self._thread.join(90)
        return self.looks, self.old, self.new, self.wrong

    def _watch(self):
        while not self._ended.wait(_PAUSE):
            skip = self._chance.randrange(max(1, len(self._right) - _AT_ONCE + 1))
            try:
                items = self._shop.ask(_PAGE % (_AT_ONCE, skip))['products']['items']
            except (OSError, GraphQLError) as error:
                self.wrong.append((None, None, f'the shop does not answer: {error}'))
                continue
            self.looks += 1
            for variant in (variant for item in items for variant in item['variants']):
                self._judge(variant['sku'], Decimal(variant['price']) / 100)

    def _judge(self, sku, price):
        before, after = self._right[sku]
        if price == after:
            self.new += 1
            if not self._allowed.is_set():
                self.wrong.append((sku, price, 'before a person has released it'))
            self._changed.add(sku)
        elif price == before:
            self.old += 1
            if sku in self._changed:
                self.wrong.append((sku, price, 'again, after the new one'))
        else:
            self.wrong.append((sku, price, f'neither {before} nor {after}'))
