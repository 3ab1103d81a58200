"""What a process of the ERP does, step by step: proxies in front of the database and of the portal that write down each message
which changes something, and that end the process right before such a message arrives or right after it did.

Nothing here knows the steps: they are what passes by. SQL is told apart by its text (named after Ferry's own catalogue of
statements where it is one of those), a commit by the tables that were written before it, a request by its operation."""
import os
import re
import signal
import struct
import threading
from pathlib import Path

from .fault_proxy import FaultProxy, pieces

ROOT = Path(__file__).resolve().parents[2]
STATEMENTS = ROOT / 'sql' / 'state' / 'statements'
_WRITES = re.compile(r'\b(?:INSERT INTO|UPDATE|DELETE FROM)\s+(?:ONLY\s+)?"?([a-z_][\w.]*)"?', re.I)


def _plain(text):
    """SQL without comments and the names of its parameters."""
    text = re.sub(r'--[^\n]*', '', text)
    text = re.sub(r'(?<!:):[a-z_]+|\$\d+|\?', '?', text)
    return ' '.join(text.split())


def catalogue():
    """{plain text: name} of each statement in sql/state/statements; one that is put together, by its beginning."""
    found = {}
    for file in sorted(STATEMENTS.glob('*.sql')):
        parts = re.split(r'^-- name: (.+)$', file.read_text(), flags=re.M)
        for name, text in zip(parts[1::2], parts[2::2]):
            found[_plain(text).partition('%')[0]] = f'{file.stem}.{name}'
    return found


class Names:
    def __init__(self):
        self._known = catalogue()
        self._seen = {}

    def of(self, text):
        if text not in self._seen:
            plain = _plain(text)
            named = [name for begin, name in self._known.items() if len(begin) > 40 and plain.startswith(begin)]
            self._seen[text] = named[0] if named else plain[:70]
        return self._seen[text]


def tables_written(text):
    """Without UPDATE's of rows that are only locked: FOR UPDATE OF."""
    return {table.lower() for table in _WRITES.findall(re.sub(r'FOR (NO KEY )?UPDATE( OF \w+)?|DO UPDATE', '', _plain(text)))
            if table.lower() not in {'set', 'of', 'skip', 'nowait'}}


def process_at(port):
    """Whose end of a connection to 127.0.0.1 that local port is."""
    wanted = f'{port:04X}'
    inodes = set()
    for line in Path('/proc/net/tcp').read_text().splitlines()[1:]:
        fields = line.split()
        if fields[1].partition(':')[2] == wanted:
            inodes.add(f'socket:[{fields[9]}]')
    for folder in Path('/proc').iterdir():
        if not folder.name.isdigit() or int(folder.name) == os.getpid():
            continue
        try:
            for link in (folder / 'fd').iterdir():
                if os.readlink(link) in inodes:
                    return int(folder.name)
        except OSError:
            continue
    return None


class Watch:
    """What has passed by, and the trap for one step."""

    def __init__(self):
        self._lock = threading.Lock()
        self._trace = []
        self._trap = None  # (step, when)
        self.sprung = threading.Event()

    def begin(self):
        with self._lock:
            self._trace = []

    def steps(self):
        """Each once, in the order in which they came."""
        with self._lock:
            return list(dict.fromkeys(self._trace))

    def arm(self, step, when):
        with self._lock:
            self._trap = (step, when)
            self.sprung.clear()

    def disarm(self):
        with self._lock:
            self._trap = None

    def passes(self, step, when, process):
        """Whether the message may go on: else its process was ended by it."""
        with self._lock:
            if when == 'before':
                self._trace.append(step)
            if self._trap != (step, when):
                return True
            self._trap = None
            os.kill(process, signal.SIGKILL)
            self.sprung.set()
        return False


class Proxy(FaultProxy):
    """Passes bytes both ways, message by message. A subclass reads messages."""

    def __init__(self, upstream_port, watch):
        self.watch = watch
        super().__init__(upstream_port)

    def _pass(self, client, server):
        talk = self.talk(process_at(client.getpeername()[1]))
        for is_asked, data in pieces(client, server):
            if not (talk.asked(data, server.sendall) if is_asked else talk.answered(data)):
                return
            if not is_asked:
                client.sendall(data)


class SqlProxy(Proxy):
    """In front of PostgreSQL. `prefix` says whose connections these are."""

    def __init__(self, upstream_port, watch, prefix, names):
        self.prefix, self.names = prefix, names
        super().__init__(upstream_port, watch)

    def talk(self, process):
        return SqlTalk(self, process)


class SqlTalk:
    """One connection: the messages of PostgreSQL's protocol 3.0 that carry statements."""

    def __init__(self, proxy, process):
        self._proxy, self._process = proxy, process
        self._in, self._out = b'', b''
        self._started = False  # the client has sent its first message, which has no type
        self._statements, self._portals = {}, {}
        self._written = set()  # tables, in the transaction that is open
        self._is_open = False
        self._awaited = None  # the step whose answer is to come

    def asked(self, data, send):
        self._in += data
        while True:
            head = 1 if self._started else 0
            if len(self._in) < head + 4:
                return True
            size = head + struct.unpack('!I', self._in[head:head + 4])[0]
            if len(self._in) < size:
                return True
            message, self._in = self._in[:size], self._in[size:]
            if not self._started:
                self._started = struct.unpack('!I', message[4:8])[0] != 80877103  # asks for TLS first
            else:
                text = self._statement(chr(message[0]), message[5:])
                step = text and self._step(text)
                if step:
                    if not self._proxy.watch.passes(step, 'before', self._process):
                        return False
                    self._awaited = step
            send(message)

    def _statement(self, kind, body):
        """The text that this message has executed."""
        if kind == 'Q':
            return body.rstrip(b'\0').decode(errors='replace')
        if kind == 'P':
            name, text, _ = body.split(b'\0', 2)
            self._statements[name] = text.decode(errors='replace')
        elif kind == 'B':
            portal, name, _ = body.split(b'\0', 2)
            self._portals[portal] = self._statements.get(name, '')
        elif kind == 'E':
            return self._portals.get(body.split(b'\0', 1)[0])
        return None

    def _step(self, text):
        """None: it changes nothing that anybody else could see."""
        begins = re.match(r'\s*BEGIN\b[^;]*;?', text, re.I)
        if begins:
            self._is_open, self._written = True, set()
            text = text[begins.end():]  # the driver may send both at once
        ends = re.match(r'\s*(ROLLBACK|COMMIT|END)\b', text, re.I)
        if not ends:
            return self._writing(text)
        written, self._written = self._written, set()
        was_open, self._is_open = self._is_open, False
        if ends[1].upper() == 'ROLLBACK' or not written or not was_open:
            return None
        return f"{self._proxy.prefix}: commit of {', '.join(sorted(written))}"

    def _writing(self, text):
        tables = tables_written(text)
        if not tables:
            return None
        if self._is_open:
            self._written |= tables
        if self._proxy.prefix == 'Ferry':
            return f'Ferry: {self._proxy.names.of(text)}'
        # of the ERP's own statements, each kind by the tables that it writes
        return f"{self._proxy.prefix}: {text.split(None, 1)[0].lower()} of {', '.join(sorted(tables))}"

    def answered(self, data):
        """False: the process was ended before it got this."""
        if self._awaited is None:
            return True
        self._out = (self._out + data)[-6:]
        if self._out[:1] != b'Z' or self._out[1:5] != b'\0\0\0\5':
            return True  # not ready for the next one
        step, self._awaited, self._out = self._awaited, None, b''
        return self._proxy.watch.passes(step, 'after', self._process)


class HttpProxy(Proxy):
    """In front of the portal: a step is an operation of its API."""

    def talk(self, process):
        return HttpTalk(self, process)


class HttpTalk:
    def __init__(self, proxy, process):
        self._proxy, self._process = proxy, process
        self._held, self._awaited = b'', None

    def asked(self, data, send):
        self._held += data
        head, _, body = self._held.partition(b'\r\n\r\n')
        length = re.search(rb'content-length: *(\d+)', head, re.I)
        if not _ or (length and len(body) < int(length[1])):
            return True  # the rest is to come
        operation = re.search(rb'"query":"(query|mutation) (\w+)', body)
        step = f"portal: {operation[2].decode() if operation else head.split(None, 2)[1].decode()}"
        if not self._proxy.watch.passes(step, 'before', self._process):
            return False
        self._awaited = step
        send(self._held)
        self._held = b''
        return True

    def answered(self, _data):
        if self._awaited is None:
            return True
        step, self._awaited = self._awaited, None
        return self._proxy.watch.passes(step, 'after', self._process)
