"""A browser to take pictures with: headless Chromium through chromedriver's own protocol, standard library only."""
import base64
import json
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

FLAGS = ['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
         '--disable-background-networking', '--disable-component-update', '--disable-sync', '--hide-scrollbars',
         '--lang=en-US']


class BrowserError(Exception):
    """What the browser would not do, with the page's own words where it has any."""


class Browser:
    def __init__(self, width=1600, height=1000):
        if not shutil.which('chromedriver'):
            raise BrowserError('chromedriver is missing: install chromium and chromium-driver')
        with socket.socket() as probe:
            probe.bind(('127.0.0.1', 0))
            port = probe.getsockname()[1]
        self._profile = tempfile.mkdtemp(prefix='ferry-screens-')
        self._driver = subprocess.Popen(['chromedriver', f'--port={port}', '--log-level=SEVERE'],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self._base = f'http://127.0.0.1:{port}'
        self._await_driver()
        options = {'args': FLAGS + [f'--user-data-dir={self._profile}', f'--window-size={width},{height}']}
        session = self._call('POST', '/session', {'capabilities': {'alwaysMatch': {
            'browserName': 'chrome', 'goog:chromeOptions': options, 'goog:loggingPrefs': {'browser': 'ALL'}}}})
        self._base += '/session/' + session['sessionId']

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self._call('DELETE', '')
        except (BrowserError, OSError):
            pass
        self._driver.terminate()
        self._driver.wait(10)
        shutil.rmtree(self._profile, ignore_errors=True)

    def _await_driver(self):
        for _ in range(200):
            try:
                if self._call('GET', '/status')['ready']:
                    return
            except OSError:
                pass
            time.sleep(0.05)
        raise BrowserError('chromedriver does not answer')

    def _call(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self._base + path, data, {'Content-Type': 'application/json'}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=120) as reply:
                return json.load(reply)['value']
        except urllib.error.HTTPError as error:
            raise BrowserError(json.load(error)['value']['message'].splitlines()[0]) from None

    def open(self, url):
        self._call('POST', '/url', {'url': url})

    def script(self, code, *arguments):
        return self._call('POST', '/execute/sync', {'script': code, 'args': list(arguments)})

    def wait(self, condition, seconds=30, *arguments):
        """Until the JavaScript expression is true; returns its value."""
        until = time.monotonic() + seconds
        while True:
            value = self.script(f'return {condition}', *arguments)
            if value:
                return value
            if time.monotonic() > until:
                raise BrowserError(f'not within {seconds} s: {condition}')
            time.sleep(0.1)

    def type(self, selector, text):
        element = self._call('POST', '/element', {'using': 'css selector', 'value': selector})
        self._call('POST', f'/element/{next(iter(element.values()))}/value', {'text': text})

    def picture(self, path):
        path.write_bytes(base64.b64decode(self._call('GET', '/screenshot')))

    def errors(self):
        """What the page logged as errors since the last call."""
        return [entry['message'] for entry in self._call('POST', '/se/log', {'type': 'browser'})
                if entry['level'] == 'SEVERE']
