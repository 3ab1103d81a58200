# This file is part of Ferry.  The LICENSE file at the top level of this
# repository contains the full license terms.
"""What the screens that show Ferry's own tables have in common."""
from sql import Cast, Literal, Null, Table
from sql.functions import AtTimeZone, DateTrunc

from trytond.model import ModelSQL, ModelView, fields
from trytond.i18n import gettext
from trytond.transaction import Transaction

from . import engine, schema
from .exceptions import OperationError

__all__ = ['StatusModel', 'perform']


class StatusModel(ModelSQL, ModelView):
    """A read-only model over one table of schema ferry. Empty as long as the
    schema does not exist."""

    # The name of the table
    _ferry_table = None
    # Column of the field, where it has another name
    _ferry_columns = {'shop': 'channel'}
    # Column that says when the row came to be
    _ferry_created = None

    @classmethod
    def table_query(cls):
        if not schema.is_readable():
            return cls._nothing()
        table = Table(cls._ferry_table, schema='ferry')
        return cls._from(table).select(*[
                cls._column(table, name, field).as_(name)
                for name, field in cls._stored_fields()],
            where=cls._where(table))

    @classmethod
    def _stored_fields(cls):
        return [(n, f) for n, f in cls._fields.items()
            if not isinstance(f, (fields.Function, fields.One2Many))]

    @classmethod
    def _nothing(cls):
        return Table('ir_module').select(*[
                Cast(Null, field.sql_type().base).as_(name)
                for name, field in cls._stored_fields()],
            where=Literal(False))

    @classmethod
    def _from(cls, table):
        return table

    @classmethod
    def _where(cls, table):
        return Literal(True)

    @classmethod
    def _column(cls, table, name, field):
        if name == 'create_uid':
            return Literal(0)
        elif name in {'write_uid', 'write_date'}:
            return Cast(Null, field.sql_type().base)
        elif name == 'create_date':
            if not cls._ferry_created:
                return Cast(Null, field.sql_type().base)
            return AtTimeZone(getattr(table, cls._ferry_created), 'UTC')
        column = getattr(table, cls._ferry_columns.get(name, name))
        if isinstance(field, fields.DateTime):
            return DateTrunc('second', AtTimeZone(column, 'UTC'))
        return column


def perform(record, operation, **arguments):
    "Have Ferry do something about the record of a screen"
    try:
        return engine.perform(
            Transaction().database.name, operation, **arguments)
    except engine.EngineError as e:
        raise OperationError(gettext('ferry.msg_operation_failed',
                record=record.rec_name, reason=str(e)))
