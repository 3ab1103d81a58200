"""Tryton's own RPC, as its clients speak it."""
import base64
import datetime as dt
import http.client
import json
import urllib.error
import urllib.request
from decimal import Decimal


class RpcError(Exception):
    """What the server answered instead of a result; the first line is for people."""


def _encode(value):
    if isinstance(value, Decimal):
        return {'__class__': 'Decimal', 'decimal': str(value)}
    if isinstance(value, dt.datetime):
        return {'__class__': 'datetime', 'year': value.year, 'month': value.month, 'day': value.day, 'hour': value.hour,
                'minute': value.minute, 'second': value.second, 'microsecond': value.microsecond}
    if isinstance(value, dt.date):
        return {'__class__': 'date', 'year': value.year, 'month': value.month, 'day': value.day}
    raise TypeError(f'{type(value).__name__} cannot cross')


def _decode(value):
    kind = value.get('__class__')
    if kind == 'Decimal':
        return Decimal(value['decimal'])
    if kind in {'date', 'datetime'}:
        parts = {key: part for key, part in value.items() if key != '__class__'}
        return (dt.date if kind == 'date' else dt.datetime)(**parts)
    if kind == 'bytes':
        return base64.b64decode(value['base64'])
    return value


def version(url):
    """Of the server, which says so without a log-in."""
    body = json.dumps({'id': 1, 'method': 'common.server.version', 'params': []}).encode()
    with urllib.request.urlopen(urllib.request.Request(url + '/', body, {'content-type': 'application/json'}), timeout=10) as reply:
        return json.load(reply)['result']


class Client:
    """A session of one user in one database."""

    def __init__(self, url, database, user, password):
        self._url = f'{url}/{database}/'
        self._header = None
        user_id, session = self._ask('common.db.login', user, {'password': password})[:2]
        token = base64.b64encode(f'{user}:{user_id}:{session}'.encode()).decode()
        self._header = 'Session ' + token
        self.context = self._ask('model.res.user.get_preferences', True, {})

    def _ask(self, method, *params):
        body = json.dumps({'id': 1, 'method': method, 'params': params}, default=_encode).encode()
        headers = {'content-type': 'application/json'}
        if self._header:
            headers['authorization'] = self._header
        try:
            with urllib.request.urlopen(urllib.request.Request(self._url, body, headers), timeout=120) as reply:
                answer = json.loads(reply.read(), object_hook=_decode)
        except (ConnectionError, http.client.HTTPException) as error:
            raise RpcError(f'{method}: {error!r}') from None
        except urllib.error.HTTPError as error:
            raise RpcError(f'{method}: HTTP {error.code} {error.read(300).decode(errors="replace")}') from None
        if isinstance(answer, list):
            return answer
        if 'error' in answer:
            raise RpcError(f"{method}: {' '.join(str(part) for part in answer['error'])}")
        return answer['result']

    def call(self, model, method, *arguments, **context):
        return self._ask(f'model.{model}.{method}', *arguments, dict(self.context, **context))

    def create(self, model, **values):
        return self.call(model, 'create', [values])[0]

    def write(self, model, record, **values):
        self.call(model, 'write', [record], values)

    def search(self, model, *domain, limit=None, order=None):
        return self.call(model, 'search', list(domain), 0, limit, order)

    def one(self, model, *domain):
        found = self.search(model, *domain, limit=2)
        if len(found) != 1:
            raise RpcError(f'{model}: {len(found) or "no"} records for {domain}')
        return found[0]

    def read(self, model, ids, *names):
        return self.call(model, 'read', ids if isinstance(ids, list) else [ids], list(names))

    def get(self, model, record, *names):
        values = self.read(model, record, *names)[0]
        return values[names[0]] if len(names) == 1 else [values[name] for name in names]

    def button(self, model, name, *records):
        return self.call(model, name, list(records))

    def wizard(self, name, model, record, **answers):
        """Runs a wizard on a record. answers: state that asks → (button, what is filled in beside the defaults). → what each of
        these states showed."""
        context = dict(self.context, active_model=model, active_id=record, active_ids=[record])
        session, state, end = self._ask(f'wizard.{name}.create', context)
        values, shown = {}, {}
        while state != end:
            asked = self._ask(f'wizard.{name}.execute', session, values, state, context)
            state, values = end, {}
            if 'view' in asked:
                asking = asked['view']['state']
                button, given = answers[asking]
                shown[asking] = asked['view'].get('defaults') or {}
                state, values = button, {asking: dict(shown[asking], **given)}
        self._ask(f'wizard.{name}.delete', session, context)
        return shown
