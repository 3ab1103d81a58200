# This file is part of Ferry.  The LICENSE file at the top level of this
# repository contains the full license terms.
"""Whether Ferry's own tables are there. They belong to ferry.so, which creates
and migrates them; this module must get along without."""
import os
import time

from trytond.transaction import Transaction

__all__ = ['has_table', 'is_writable', 'is_readable', 'problem']

RETRY = 5  # seconds until a negative answer is asked for again

# Through the catalogue: naming a table of a schema that one may not use fails
_QUERY = (
    "SELECT c.oid IS NOT NULL, "
    "COALESCE(has_schema_privilege(n.oid, 'USAGE') AND "
    "has_table_privilege(c.oid, 'SELECT'), false), "
    "COALESCE(has_schema_privilege(n.oid, 'USAGE') AND "
    "has_table_privilege(c.oid, 'INSERT'), false) "
    "FROM (SELECT 1) AS x "
    "LEFT JOIN pg_namespace n ON n.nspname = 'ferry' "
    "LEFT JOIN pg_class c ON c.relnamespace = n.oid "
    "AND c.relname = 'change_hint'")

_MISSING = (False, False, False)
_answers = {}


def _answer(transaction):
    """(tables exist, may read, may write); complete answers are kept for the
    life of the process, others for some seconds"""
    key = os.getpid(), transaction.database.name
    answer, until = _answers.get(key, (None, 0))
    if answer and (all(answer) or time.monotonic() < until):
        return answer
    if not transaction.database.has_channel():
        answer = _MISSING  # not PostgreSQL
    else:
        cursor = transaction.connection.cursor()
        cursor.execute(_QUERY)
        answer = cursor.fetchone()
    _answers[key] = answer, time.monotonic() + RETRY
    return answer


def forget():
    _answers.clear()


def is_readable(transaction=None):
    return _answer(transaction or Transaction())[1]


def has_table(name):
    "Whether a table that came with a later release is there and readable"
    if not is_readable():
        return False
    cursor = Transaction().connection.cursor()
    cursor.execute(
        "SELECT coalesce(has_table_privilege("
        "to_regclass('ferry.' || %s), 'SELECT'), false)", (name,))
    return cursor.fetchone()[0]


def is_writable(transaction=None):
    return _answer(transaction or Transaction())[2]


def problem(transaction=None):
    "The id of the message that says what is missing, or None"
    exists, readable, writable = _answer(transaction or Transaction())
    if readable and writable:
        return
    return (
        'ferry.msg_schema_rights' if exists else 'ferry.msg_schema_missing')
