#!/usr/bin/python3
"""The script that a shop without Ferry would have: it finds the list prices that differ from what the portal confirmed and
sends them in batches, with the same guarantees.

usage: prices_script.py < JOB, then a line for each round: all | hinted

JOB, one line of JSON: database (conninfo), port (of the portal on this machine), in_flight, batch, all and hinted (SELECTs of
key, label and document: of every record, and of those in the relation `candidate`). Prints one line of JSON per round.

The guarantees, as Ferry has them:
- what changed is what differs, by fingerprint, from a table of this script's own: nothing is lost by a transaction that
  committed late, by a clock, or by a price that changes without a write; a record that is wanted no more is withdrawn;
- a batch is recorded as under way and committed before its request is sent, and recorded as confirmed and committed after the
  answer: a crash at any moment leaves neither a lost change nor one that is taken for confirmed;
- each exchange leaves a trail with the request, the answer and the keys.

`all` compares everything, as a script must that is not told by the ERP what a transaction touched. `hinted` is handed those
keys for nothing, by the hints that Ferry's module writes in the ERP.

Written to be fast: PostgreSQL compares, so that only changes are fetched; one statement per batch and record; as many
connections to the database and, kept alive, to the portal as requests in flight; everything prepared before the first round.
"""
import http.client
import json
import queue
import sys
import threading

import psycopg2
from psycopg2.extras import execute_values

TABLES = """
DROP SCHEMA IF EXISTS script CASCADE;
CREATE SCHEMA script;
CREATE TABLE script.record (
    key bigint PRIMARY KEY, label text NOT NULL, document text, fingerprint bigint, acknowledged text,
    acknowledged_fingerprint bigint, state text NOT NULL, changed_at timestamptz, acknowledged_at timestamptz
);
CREATE INDEX ON script.record (key) WHERE state = 'pending';
CREATE TABLE script.exchange (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, at timestamptz NOT NULL DEFAULT now(), keys bigint[] NOT NULL,
    status integer NOT NULL, request text NOT NULL, reply text NOT NULL
);
CREATE TABLE script.progress (seen pg_snapshot NOT NULL);
"""

# What was under way when an earlier round was cut off is sent again.
DIFFERENCE = """
WITH wanted AS MATERIALIZED (
    SELECT d.key, d.label, d.document, hashtextextended(d.document, 0) AS fingerprint FROM ({desired}) d
)
SELECT coalesce(w.key, r.key), coalesce(w.label, r.label), w.document, w.fingerprint
FROM {joined}
WHERE w.fingerprint IS DISTINCT FROM r.fingerprint OR r.state = 'pending'
"""

EVERYTHING = 'wanted w FULL JOIN script.record r ON r.key = w.key'
THESE = 'candidate c LEFT JOIN wanted w ON w.key = c.key LEFT JOIN script.record r ON r.key = c.key'

CANDIDATES = """
CREATE TEMP TABLE candidate ON COMMIT DROP AS
    SELECT h.key FROM ferry.change_hint h CROSS JOIN script.progress p
    WHERE h.feed = 'list_price' AND h.key <> 0 AND h.txid >= pg_snapshot_xmin(p.seen)
        AND NOT pg_visible_in_snapshot(h.txid, p.seen)
    UNION SELECT r.key FROM script.record r WHERE r.state = 'pending';
ANALYZE candidate
"""

UNDER_WAY = """
INSERT INTO script.record AS r (key, label, document, fingerprint, state, changed_at) VALUES %s
ON CONFLICT (key) DO UPDATE SET label = EXCLUDED.label, document = EXCLUDED.document,
    fingerprint = EXCLUDED.fingerprint, state = 'pending', changed_at = EXCLUDED.changed_at
"""

CONFIRMED = """
WITH confirmed AS (
    UPDATE script.record SET acknowledged = document, acknowledged_fingerprint = fingerprint, acknowledged_at = now(),
        state = 'settled'
    WHERE key = ANY (%(keys)s)
)
INSERT INTO script.exchange (keys, status, request, reply)
VALUES (%(keys)s, %(status)s, left(%(request)s, 8192), left(%(reply)s, 8192))
"""


class Sender(threading.Thread):
    """One request at a time, on connections of its own."""

    def __init__(self, job, batches, answers):
        super().__init__(daemon=True)
        self._batches, self._answers = batches, answers
        self._database = psycopg2.connect(job['database'])
        self._portal = http.client.HTTPConnection('127.0.0.1', job['port'], timeout=60)
        self.start()

    def run(self):
        while True:
            batch = self._batches.get()
            try:
                self._send(batch)
                self._answers.put(None)
            except (psycopg2.Error, OSError, http.client.HTTPException) as problem:
                self._portal.close()
                self._answers.put(problem)

    def _send(self, batch):
        with self._database, self._database.cursor() as cursor:
            execute_values(cursor, UNDER_WAY, batch, "(%s, %s, %s, %s, 'pending', now())", page_size=len(batch))
        body = '[' + ','.join(document or json.dumps(dict(sku=label, amount='0'))
                              for _, label, document, _ in batch) + ']'
        self._portal.request('POST', '/list_price', body.encode(), {'content-type': 'application/json'})
        reply = self._portal.getresponse()
        text = reply.read().decode()
        if reply.status != 200:
            raise OSError('the portal answers %s: %s' % (reply.status, text))
        with self._database, self._database.cursor() as cursor:
            cursor.execute(CONFIRMED, dict(keys=[key for key, *_ in batch], status=reply.status,
                                           request='POST /list_price ' + body, reply=text))


class Script:
    def __init__(self, job):
        self._job = job
        self._database = psycopg2.connect(job['database'])
        self._database.set_session(isolation_level='REPEATABLE READ')
        self._queries = {
            'all': DIFFERENCE.format(desired=job['all'], joined=EVERYTHING),
            'hinted': DIFFERENCE.format(desired=job['hinted'], joined=THESE)}
        self._begin()
        self._batches, self._answers = queue.SimpleQueue(), queue.SimpleQueue()
        for _ in range(job['in_flight']):
            Sender(job, self._batches, self._answers)

    def _begin(self):
        """What the portal shows is what is wanted now."""
        with self._database, self._database.cursor() as cursor:
            cursor.execute(TABLES)
            cursor.execute(
                "INSERT INTO script.record SELECT d.key, d.label, d.document, hashtextextended(d.document, 0), d.document,"
                " hashtextextended(d.document, 0), 'settled', now(), now() FROM (" + self._job['all'] + ') d')
            cursor.execute('INSERT INTO script.progress VALUES (pg_current_snapshot())')
        self._database.autocommit = True
        with self._database.cursor() as cursor:
            cursor.execute('VACUUM ANALYZE script.record')
        self._database.autocommit = False

    def round(self, kind):
        changed, snapshot = self._changed(kind)
        size = self._job['batch']
        batches = [changed[at:at + size] for at in range(0, len(changed), size)]
        for batch in batches:
            self._batches.put(batch)
        for problem in [self._answers.get() for _ in batches]:
            if problem:
                raise problem
        with self._database, self._database.cursor() as cursor:
            cursor.execute('UPDATE script.progress SET seen = %s', (snapshot,))
        return dict(changed=len(changed), requests=len(batches))

    def _changed(self, kind):
        with self._database, self._database.cursor() as cursor:
            cursor.execute("SET LOCAL work_mem = '64MB'")
            if kind == 'hinted':
                cursor.execute(CANDIDATES)
            cursor.execute('SELECT pg_current_snapshot()::text')
            snapshot, = cursor.fetchone()
            cursor.execute(self._queries[kind])
            return cursor.fetchall(), snapshot


def main():
    script = Script(json.loads(sys.stdin.readline()))
    print(json.dumps(dict(ready=True)), flush=True)
    for line in sys.stdin:
        print(json.dumps(script.round(line.strip())), flush=True)


if __name__ == '__main__':
    main()
