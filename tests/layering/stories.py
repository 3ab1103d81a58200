#!/usr/bin/python3
"""Checks that each failure story that Ferry promises not to repeat has a test that carries its name.

usage: stories.py [ROOT]
A test carries a story's name when it is called `A5_...` (C++), `test_A5_...` (Python), or says it in the docstring of a
check (`tests/layering`). Prints one line per story without a test and the closing counts; exits 1 when there is one.
"""
import re
import sys
from pathlib import Path

# What really happened to users of other connectors, as what must hold here. A later feed adds its stories.
STORIES = {
    # changes that are missed, or found where there are none
    'A1': 'a row whose transaction commits after later ones were seen is not lost',
    'A2': 'nor is it when that transaction is longer than any overlap in time',
    'A3': 'an item that failed in one of two warehouses is sent there again: what counts is item and location',
    'A5': 'a change of whatever a value rests on leads to exactly the records it changes',
    'A6': 'what a date brings goes out at that date, although nothing is written',
    'A8': 'a value counts as shown only when the portal has confirmed it',
    'A9': 'a list that is cut off is an error; counts agree with what the portal says',
    'A10': 'everything is synchronised beyond the first page',
    'A12': 'no request too many or too few around the size of a batch',
    'A14': 'a time is the same time in every zone of server and portal',
    'A16': 'every channel has its own watermarks',
    'A17': 'what changes during a run is found by the next',
    'A18': 'a run that died is repeated: the watermark moves with the work and not before',
    'A19': 'the first run needs no state',
    # orders
    'B1': 'what has the same SKU on both sides is the same product',
    'B2': 'an order makes no product again that somebody has switched off',
    'B4': 'any order of events leads to the same',
    'B5': 'what Ferry writes on a portal is no change that comes back',
    'B6': 'what is read back of an order that is entered overwrites nothing',
    'B8': 'nothing is found by its name',
    'B10': 'an order that is taken back and confirmed again stays the same order',
    'B11': 'what was seen before a restart is known after it',
    'B12': 'an answer that was lost leads to the same order, not to a second one',
    'B14': 'an order that somebody keyed before it was imported is found, not made again',
    'E1': 'what comes back on the portal is returned in the ERP',
    'E2': 'a refund of nothing is none',
    'E3': 'each parcel is told when it leaves, with its own lines',
    'E4': 'an order without a customer is reviewed, not created',
    'E5': 'an order that the portal edits after import is followed, or reviewed with each difference',
    'E6': 'an order that is not paid yet is imported once it is',
    'E7': 'one bad order stops only itself',
    'E9': 'a customer that a person corrected is not overwritten',
    'E11': 'an order that is gone from the portal is not a cancelled one, and one that comes back is the same',
    'E14': 'a reason names order, line and SKU',
    'E15': 'no difference becomes a silent balance',
    'E16': 'any number of orders of one window is imported',
    'E17': 'a payment method without a rule says what to do, and its orders come in once it has one',
    # stock
    'C1': 'what is reserved is not offered',
    'C2': 'what is sold and not yet delivered is not put back',
    'C4': 'nothing below zero is offered',
    'C5': 'a cancellation gives stock back to every shop',
    'C6': 'stock is as quick while a hundred thousand prices go out',
    'C8': 'shops that sell from one warehouse never offer more than there is, together',
    'C9': 'a location that the portal deleted stops only its own records, and they are never taken for done',
    'C12': 'what is too many for the portal is skipped record by record, with the reason',
    'C13': 'a small subset that changed is all that is read',
    # prices and money
    'D1': 'a discount is taken off before the tax',
    'D2': 'a feed writes its own records and fields and nothing else',
    'D5': 'the amounts of an order are in its own currency',
    'D6': 'tax rounded per line or per total: the totals are equal to the cent and the difference is visible',
    'D8': 'no unit price is bent to make totals match',
    'D10': 'an amount goes out in the currency it is in, by the rate of the ERP',
    'D11': 'of a batch that is refused in part, the refused keep their old value and have a reason',
    'D12': 'a promotion of the portal is not overwritten by a base price',
    'D13': 'a hundred currencies make no more work than one',
    # limits, queues, operation
    'F1': 'never more requests than configured, whatever mixture of jobs runs',
    'F2': 'time that passed is subtracted once',
    'F3': 'no request bypasses the limiter',
    'F4': 'whoever waits longest is served first, within a bounded time',
    'F6': 'a job whose process died in any state goes on within its lease',
    'F8': 'a backlog that grows is told early; a newer value replaces a waiting older one',
    'F9': 'a failing run is not joined by a second one',
    'F10': 'a channel can be switched off without the portal',
    'F11': 'a column is written only by the job that owns it',
    'F12': 'one bad record of a batch stops only itself',
    'F13': 'what happens during an outage or beyond a limit is not lost',
    'F14': 'answers are matched by key; no answer is an unknown one',
    'F16': 'memory does not grow with the catalogue',
    'F17': 'no screen and no lane reads a table of history from end to end',
    'F18': 'more than 1024 open files hurt nobody',
    'F19': 'two shops of one company both run',
    'F20': 'a preview sends nothing',
    'F21': 'every error is visible with its reason',
}

TOPS = ('config', 'connectors', 'host-api', 'installer', 'plugin', 'sql', 'tests')
NAMES = {
    'cpp': re.compile(r'^\s*TEST(?:_F|_P)?\(\s*\w+\s*,\s*([A-Z]\d+)_\w', re.M),
    'py': re.compile(r'^\s*(?:def test_|""")([A-Z]\d+)_\w', re.M),
}


def tests(root):
    for top in TOPS:
        yield from ((path, NAMES['cpp']) for path in (root / top).rglob('*_test.cpp'))
        yield from ((path, NAMES['py']) for path in (root / top).rglob('*.py'))


def tested(root):
    """The stories that some test is named after."""
    return {story for path, name in tests(root) for story in name.findall(path.read_text(encoding='utf-8'))}


def main():
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parents[2]
    named = tested(root)
    missing = [story for story in STORIES if story not in named]
    for story in missing:
        print(f'no test is named after {story}: {STORIES[story]}')
    print(f'{len(STORIES) - len(missing)} passed, {len(missing)} failed')
    sys.exit(1 if missing else 0)


if __name__ == '__main__':
    main()
