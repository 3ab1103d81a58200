#!/usr/bin/python3
"""One way out: only connectors/http opens a connection to a portal, and only what holds a turn of the credential's limiter
uses it. Looks at the sources, and with a build folder also at what its objects call.

usage: one_transport.py [BUILD]
Prints one line per offence and the closing counts; exits 1 when there is an offence.
"""
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# what a source would need to reach the network, or to start a program that does → folders that may
WAYS = {
    r'#\s*include\s*[<"](sys/socket|netinet/|arpa/|netdb|sys/un|resolv|boost/asio/(?!error)|boost/beast|curl|openssl)': {'connectors/http'},
    r'\bSSL_(CTX_)?new\b|\bgetaddrinfo\b|\bgethostbyname': {'connectors/http'},
    r'#\s*include\s*[<"](libpq-fe|postgresql/)': {'sql/notify'},
    r'#\s*include\s*[<"](sql|sqlext|sqltypes)\.h': {'sql/odbc'},
    r'\b(popen|system|posix_spawnp?|execv[pe]*|execl[pe]*|fork|vfork)\s*\(': set(),
    # what a connector's pure half must not have either
    r'#\s*include\s*"connectors/http/': {'connectors/http', 'plugin/runtime'},
}
PYTHON_WAYS = r'^\s*(import|from)\s+(socket|ssl|http|urllib\.request|urllib3|requests|httpx|aiohttp|subprocess|smtplib|ftplib|asyncio)\b'
# the client is used where a Conversation has asked the limiter for the turn
# the webhook goes to a person's own address, not to the portal
SENDERS = {'plugin/runtime/lane_driver.cpp', 'plugin/runtime/probe.cpp', 'plugin/runtime/webhook.cpp'}

# symbols of the same kinds in objects → libraries that may need them
SYMBOLS = {
    r'(socket|connect|sendto|sendmsg|getaddrinfo|gethostbyname.*|inet_pton)': {'libferry_http.a'},
    r'SSL_(new|connect|write.*|CTX_new)': {'libferry_http.a'},
    r'PQconnect.*': {'libferry_notify.a'},
    r'SQL(DriverConnect|Connect).*': {'libferry_odbc.a'},
    r'(popen|system|posix_spawnp?|execv.*|execl.*|fork|vfork)': set(),
}
# a connector is pure: no clock, no thread, no file either
PURE = r'(clock_gettime|gettimeofday|time|pthread_create|open|open64|fopen|fopen64|_ZNSt6chrono3_V212s.*_clock3nowEv|_ZNSt6thread.*)'


def sources():
    for top in ('config', 'host-api', 'plugin', 'connectors', 'sql'):
        for path in sorted((ROOT / top).rglob('*')):
            if path.suffix in {'.h', '.cpp', '.cc', '.c'} and '_test' not in path.stem and not {
                    'tests', 'testing', 'support'} & set(path.relative_to(ROOT).parts):
                yield path


def without_comments(text):
    return re.sub(r'//[^\n]*|/\*.*?\*/|"(\\.|[^"\\\n])*"(?<!\.h")', '', text, flags=re.S)


def source_offences():
    """F3_NoSourceReachesTheNetworkButTheOneTransport"""
    for path in sources():
        name = path.relative_to(ROOT)
        text = path.read_text(encoding='utf-8')
        for way, allowed in WAYS.items():
            for found in re.finditer(way, text if 'include' in way else without_comments(text)):
                if not any(str(name).startswith(folder + '/') for folder in allowed):
                    yield f'{name}: {found.group(0).strip()}'
    for path in sorted((ROOT / 'host-api/hosts/tryton').glob('*.py')):
        for found in re.finditer(PYTHON_WAYS, path.read_text(encoding='utf-8'), re.M):
            yield f'{path.relative_to(ROOT)}: {found.group(0).strip()}'


def limiter_offences():
    """F3_TheTransportIsUsedOnlyWithATurnOfTheLimiter"""
    seen = set()
    for path in sources():
        name = str(path.relative_to(ROOT))
        if name.startswith('connectors/http/'):
            continue
        text = path.read_text(encoding='utf-8')
        if not re.search(r'\bclient_?\.send\(|\bclient->send\(', text):
            continue
        seen.add(name)
        if name not in SENDERS:
            yield f'{name} sends requests itself'
    if 'Conversation conversation(' not in (ROOT / 'plugin/runtime/probe.cpp').read_text():
        yield 'plugin/runtime/probe.cpp: no Conversation asks for the turn'
    if seen != SENDERS:
        yield f'the senders are {sorted(seen)}: this test has become blind'
    # a request leaves a conversation in one function only, and that asks for the turn first
    conversation = (ROOT / 'plugin/engine/conversation.cpp').read_text()
    asks = [m.start() for m in re.finditer(r'return Ask\{', conversation)]
    send = conversation.index('Conversation::Turn Conversation::send(')
    end = conversation.index('\n}\n', send)
    if not asks or any(not send < at < end for at in asks):
        yield 'plugin/engine/conversation.cpp: a request leaves outside of send()'
    if conversation[send:end].count('need_turn(') < len(asks):
        yield 'plugin/engine/conversation.cpp: a request leaves without a turn of the limiter'


def csv_offences():
    """NothingIsExportedAsASpreadsheetWhereTextCouldBecomeAFormula"""
    for path in [*sources(), *sorted((ROOT / 'host-api/hosts/tryton').glob('*.py'))]:
        for found in re.finditer(r'\bimport csv\b|\btext/csv\b|\.(csv|xlsx?|ods)\b|spreadsheet', path.read_text(encoding='utf-8')):
            yield f'{path.relative_to(ROOT)}: {found.group(0)}'


def undefined(library):
    listed = subprocess.run(['nm', '-u', str(library)], capture_output=True, text=True, check=True).stdout
    return {line.split()[1].split('@')[0] for line in listed.splitlines() if len(line.split()) == 2}


def object_offences(build):
    """F3_NoObjectCallsTheNetworkButTheOneTransport"""
    libraries = sorted(build.glob('libferry_*.a'))
    if len(libraries) < 10:
        yield f'{build} holds {len(libraries)} libraries: build it first'
    for library in libraries:
        called = undefined(library)
        for way, allowed in SYMBOLS.items():
            for symbol in sorted(called):
                if re.fullmatch(way, symbol) and library.name not in allowed:
                    yield f'{library.name} calls {symbol}'
        if library.name.startswith('libferry_connector_') or library.name in {'libferry_engine.a', 'libferry_domain.a'}:
            yield from (f'{library.name} is not pure: it calls {symbol}' for symbol in sorted(called) if re.fullmatch(PURE, symbol))
    if 'SSL_new' not in str(undefined(build / 'libferry_http.a')) and 'connect' not in undefined(build / 'libferry_http.a'):
        yield 'libferry_http.a seems not to reach the network: this test has become blind'


def main():
    checks = [source_offences, limiter_offences, csv_offences]
    if len(sys.argv) > 1:
        checks.append(object_offences)
    failed = 0
    for check in checks:
        offences = list(check(Path(sys.argv[1])) if check is object_offences else check())
        failed += bool(offences)
        for line in offences:
            print(f'{check.__doc__}: {line}')
    print(f'{len(checks) - failed} passed, {failed} failed')
    sys.exit(1 if failed else 0)


if __name__ == '__main__':
    main()
