# This file is part of Ferry.  The LICENSE file at the top level of this
# repository contains the full license terms.
"""What a portal changed of an order, between two documents of it, as texts for
a clerk. States, payments and what is still to be fulfilled are no change of
the order; amounts follow from quantities and prices."""
from itertools import zip_longest

from trytond.i18n import gettext

from .order import _decimal, _plain

__all__ = ['address', 'differences', 'listing', 'total', 'LISTED']

LISTED = 5
WIDTH = 60  # characters of a value


def differences(old, new):
    found = []
    if old['currency'] != new['currency']:
        found.append(_changed(gettext('ferry.msg_revise_currency'),
                old['currency'], new['currency']))
    found += _lines(old['lines'], new['lines'])
    for name, message, label in [
            ('shipping', 'ferry.msg_revise_shipping', 'code'),
            ('surcharges', 'ferry.msg_revise_surcharge', 'name')]:
        found += _charges(old[name], new[name], message, label)
    for name in ['invoice_address', 'delivery_address']:
        found += address(old, new, name)
    return found


def _lines(old, new):
    found = []
    old, new = [{l['line']: l for l in lines} for lines in [old, new]]
    for key in [*old, *(k for k in new if k not in old)]:
        before, after = old.get(key), new.get(key)
        values = before or after
        names = {'line': key, 'sku': values['sku']}

        def differ(message, before, after):
            if before != after:
                found.append(_changed(gettext(message, **names),
                        before, after))
        if before and after:
            differ('ferry.msg_revise_sku', before['sku'], after['sku'])
            for name in ['quantity', 'unit_price', 'tax_rate']:
                differ('ferry.msg_revise_' + name,
                    _number(before[name]), _number(after[name]))
        else:
            differ('ferry.msg_revise_quantity',
                _number(before['quantity']) if before else '0',
                _number(after['quantity']) if after else '0')
    return found


def _charges(old, new, message, label):
    found = []
    for before, after in zip_longest(old, new):
        named = before or after
        if _charge(before, label) != _charge(after, label):
            found.append(_changed(
                    gettext(message, name=named[label] or named['name']),
                    _number(before['net']) if before else '0',
                    _number(after['net']) if after else '0'))
    return found


def _charge(values, label):
    if values:
        return (values[label], _number(values['net']),
            _number(values['tax_rate']))


def address(old, new, name):
    found = []
    for field in new[name]:
        before, after = old[name].get(field) or '', new[name][field] or ''
        if before != after:
            found.append(_changed(
                    gettext('ferry.msg_revise_' + name, field=field),
                    '"%s"' % before, '"%s"' % after))
    return found


def total(old, new):
    return _changed(
        gettext('ferry.msg_revise_total'), _plain(old), _plain(new))


def _number(text):
    return _plain(_decimal(text)) if text else ''


def _changed(what, old, new):
    return '%s %s → %s' % (what, _short(old), _short(new))


def _short(text):
    text = ' '.join(text.split())
    return text if len(text) <= WIDTH else text[:WIDTH - 1] + '…'


def listing(found):
    texts = found[:LISTED]
    if len(found) > LISTED:
        texts.append(gettext('ferry.msg_order_candidates_more',
                count=len(found) - LISTED))
    return ', '.join(texts)
