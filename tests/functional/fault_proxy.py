"""A TCP proxy in front of the portal that misbehaves on demand."""
import selectors
import socket
import threading


class FaultProxy:
    """Passes bytes both ways. `hold_request(text)`: a request that contains the text is kept here and never arrives until
    release(). `hold_reply(text)`: it arrives, its answer is kept here. `caught` is set when that happened. `refuse()`
    closes everything and accepts nobody until `accept()`. `slow(seconds)`: each answer takes so much longer, until it is slow(0)."""

    def __init__(self, upstream_port):
        self._upstream = ('127.0.0.1', upstream_port)
        self._lock = threading.Lock()
        self._text = None
        self._holds_request = False
        self._refusing = False
        self._delay = 0
        self._hurry = threading.Event()
        self._pairs = set()
        self.caught = threading.Event()
        self._released = threading.Event()
        self._listener = socket.create_server(('127.0.0.1', 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self):
        return f'http://127.0.0.1:{self.port}'

    def hold_request(self, text):
        self._hold(text, True)

    def hold_reply(self, text):
        self._hold(text, False)

    def _hold(self, text, request):
        with self._lock:
            self._text, self._holds_request = text.encode(), request
            self.caught.clear()
            self._released.clear()

    def release(self):
        """What is held goes on, if both ends are still there."""
        with self._lock:
            self._text = None
        self._released.set()

    def refuse(self):
        self._refusing = True
        self._drop_all()

    def accept(self):
        self._refusing = False

    def slow(self, seconds):
        self._delay = seconds
        if seconds:
            self._hurry.clear()
        else:
            self._hurry.set()

    def close(self):
        self._refusing = True
        self.slow(0)
        self.release()
        self._listener.close()
        self._drop_all()

    def _drop_all(self):
        with self._lock:
            pairs, self._pairs = self._pairs, set()
        for pair in pairs:
            for end in pair:
                _close(end)

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if self._refusing:
                _close(client)
                continue
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        try:
            server = socket.create_connection(self._upstream)
        except OSError:
            _close(client)
            return
        with self._lock:
            self._pairs.add((client, server))
        try:
            self._pass(client, server)
        except OSError:
            pass
        finally:
            with self._lock:
                self._pairs.discard((client, server))
            _close(client)
            _close(server)

    def _pass(self, client, server):
        # a request may come in pieces: the end of the last piece is looked at together with the next
        tail, holding, asked = b'', False, False
        for is_asked, data in pieces(client, server):
            if is_asked:
                caught = self._text and self._text in tail + data
                tail = data[-200:]
                if caught and self._holds_request:
                    self.caught.set()
                    self._released.wait()
                holding, asked = holding or bool(caught and not self._holds_request), True
                server.sendall(data)
            else:
                if holding:
                    self.caught.set()
                    self._released.wait()
                    holding = False
                if asked and self._delay:
                    self._hurry.wait(self._delay)
                asked = False
                client.sendall(data)


def pieces(client, server):
    """(whether it comes from the client, what) until either end closes."""
    with selectors.DefaultSelector() as both:
        both.register(client, selectors.EVENT_READ)
        both.register(server, selectors.EVENT_READ)
        while True:
            for key, _ in both.select():
                data = key.fileobj.recv(65536)
                if not data:
                    return
                yield key.fileobj is client, data


def _close(end):
    try:
        end.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    end.close()
