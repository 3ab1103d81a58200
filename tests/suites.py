"""The suites of tests/run: builds every flavour, runs what was built, adds up the counts."""
import argparse
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTHON = '/usr/bin/python3'
PROGRAM_TIME = 1800  # seconds for a test program that others starve; alone, the longest takes some minutes under a sanitizer
SLOW_INPUT = 120  # seconds for one input of a fuzzer: those that take any time at all take forever, the others wait for a core
HISTORIES = 10_000  # simulated weeks
SOAK_MINUTES = 3
COVERAGE = 90  # per cent of the branches of the pure folders
CORES = os.cpu_count() or 2
_print_lock = threading.Lock()
_began = time.monotonic()


def say(text):
    with _print_lock:
        print(f'[{time.monotonic() - _began:5.0f} s] {text}', flush=True)


_failures = []  # a line each and what it printed, said once more at the end: a log is often read from there
_FAILED = re.compile(r'^(?:\[  FAILED  \] (?P<gtest>[\w/]+\.[\w./]+)|(?:FAIL|ERROR): (?P<unittest>\S+)|.*?\bFAILED +[\d.]+ s  (?P<functional>\S+)|'
                     r'FAILED +(?P<law>.+)|(?P<sanitizer>(?:SUMMARY|WARNING): \w*Sanitizer.*))', re.M)


# What unittest, GoogleTest and tests/functional/run print of a failing test, among all that went well.
_REASONS = re.compile(r'^={70}\n(?:FAIL|ERROR): .*?(?=^={70}$|^-{70}\nRan )|^\S+:\d+: Failure\n.*?(?=^\S+:\d+: Failure$|^\[)|'
                      r'^\[[^\n]*\bFAILED +[\d.]+ s .*?(?=^\[|\Z)', re.M | re.S)


def reasons(output):
    """The end of it where nothing says what belongs to the failure."""
    found = [reason.group().rstrip()[-2500:] for reason in _REASONS.finditer(output)]
    return '\n'.join(found[:3]) or '\n'.join(output.rstrip().splitlines()[-15:])[-2500:]


def show(title, output):
    """What a failing test printed."""
    named = list(dict.fromkeys(next(filter(None, found.groups())).strip() for found in _FAILED.finditer(output)))
    with _print_lock:
        _failures.append((f'{title}: {"; ".join(named[:10]) or output.strip().rpartition(chr(10))[2]}'[:600], reasons(output)))
        print(f'---- {title}\n{output.rstrip()[-20000:]}\n----', flush=True)


class Counts:
    def __init__(self):
        self._lock = threading.Lock()
        self.passed = self.failed = self.skipped = 0

    def add(self, suite, passed=0, failed=0, skipped=0):
        with self._lock:
            self.passed += passed
            self.failed += failed
            self.skipped += skipped
        say(f'{suite}: {passed} passed, {failed} failed, {skipped} skipped')

    def __str__(self):
        return f'{self.passed} passed, {self.failed} failed, {self.skipped} skipped'


class Program:
    """One of the programs that CTest would run."""

    def __init__(self, test):
        properties = {prop['name']: prop['value'] for prop in test.get('properties', ())}
        command_line = test.get('command', [])
        self.is_gtest = bool(command_line) and Path(command_line[0]).name.endswith('_test')
        self.arguments = command_line[:1] if self.is_gtest else command_line
        self.name = Path(command_line[0]).name if self.is_gtest else test['name']
        self.environment = dict(pair.split('=', 1) for pair in properties.get('ENVIRONMENT', ()))
        # the tests find their data by paths from there
        self.folder = properties.get('WORKING_DIRECTORY', ROOT)


_children = set()


def command(arguments, timeout, nice=0, environment=None, echo=None, folder=ROOT):
    """Runs to the end: (status, output). What takes too long is ended with everything it started. With `echo`, each line
    that it returns a text for is said at once."""
    process = subprocess.Popen([str(a) for a in arguments], cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, text=True, errors='replace', start_new_session=True,
                               env=dict(os.environ, **(environment or {})), preexec_fn=lambda: os.nice(nice))
    _children.add(process)
    late = threading.Event()

    def end():
        late.set()
        os.killpg(process.pid, signal.SIGKILL)
    timer = threading.Timer(timeout, end)
    timer.start()
    lines = []
    try:
        for line in process.stdout:
            lines.append(line)
            said = echo and echo(line)
            if said:
                say(said)
        status = process.wait()
    finally:
        timer.cancel()
        _children.discard(process)
    if late.is_set():
        lines.append(f'ended after {timeout} s\n')
        status = status or 1
    return status, ''.join(lines)


class Runner:
    def __init__(self, options):
        self.options = options
        self.counts = Counts()
        self.took = []  # each suite, as it ended

    # ---- building ---------------------------------------------------------------------------------------------------

    def build(self, preset, nice=0, targets=(), definitions=()):
        """Configures and builds; whether it could. A build counts as one test: it must be free of warnings."""
        folder = ROOT / 'build' / preset
        say(f'{preset}: building')
        status, output = command(['cmake', '--preset', preset, '-DFERRY_TESTS=ON', *definitions], 300, nice)
        if not status:
            status, output = command(['ninja', '-C', folder, f'-j{CORES}', *targets], 2400, nice, echo=Milestones(preset))
        self.counts.add(f'{preset} build', int(not status), int(bool(status)))
        if status:
            show(f'{preset} build', output[-6000:])
        return not status

    # ---- what CTest knows -------------------------------------------------------------------------------------------

    def programs(self, preset):
        """Each test program. Those of GoogleTest run once as a whole, not once per test: what they set up for all their
        tests is set up once."""
        _, output = command(['ctest', '--test-dir', ROOT / 'build' / preset, '--show-only=json-v1'], 300)
        found = {}
        for test in json.loads(output[output.index('{'):])['tests']:
            program = Program(test)
            found.setdefault(program.name, program)
        return list(found.values())

    def run_programs(self, preset, nice=0, names=(), workers=1, without=None, zone=None):
        """All of them, or those of these names, on a machine of that zone; `without`: the tests of a program that are left to
        another suite."""
        passed = failed = skipped = 0
        programs = self.programs(preset)
        for name in sorted(set(names) - {program.name for program in programs}):
            show(f'{preset}: {name}', 'there is no such test program')
            failed += 1
        chosen = [program for program in programs if not names or program.name in names]
        for program in chosen:
            if zone:
                program.environment['TZ'] = zone
            if program.name in (without or {}):
                program.arguments.append(f'--gtest_filter=-{without[program.name]}')
        chosen.sort(key=lambda program: program.name not in LONG)  # the long ones begin first
        with ThreadPoolExecutor(workers) as pool:
            for ok, bad, left_out in pool.map(lambda program: self.run_program(preset, program, nice), chosen):
                passed, failed, skipped = passed + ok, failed + bad, skipped + left_out
        self.counts.add(f'{preset} tests', passed, failed, skipped)

    def run_program(self, preset, program, nice):
        zone = program.environment.get('TZ')
        title = f'{preset}: {program.name}' + (f' in {zone}' if zone else '')
        if not program.arguments:
            show(title, 'was not built')
            return 0, 1, 0
        more = dict(nice=nice, environment=dict(SANITIZERS, **program.environment), folder=program.folder)
        if not program.is_gtest:
            status, output = command(program.arguments, 300, **more)
            if status:
                show(title, output)
            return int(not status), int(bool(status)), 0
        with tempfile.NamedTemporaryFile(suffix='.json') as report:
            arguments = [*program.arguments, '--gtest_brief=1', f'--gtest_output=json:{report.name}']
            status, output = command(arguments, PROGRAM_TIME, **more)
            if status and SANITIZER_CRASHED in output:
                say(f'{title}: the leak sanitizer itself crashed at the end; once more, without looking for leaks')
                more['environment']['ASAN_OPTIONS'] += ':detect_leaks=0'
                status, output = command(arguments, PROGRAM_TIME, **more)
            try:
                suites = json.load(report)['testsuites']
            except ValueError:
                suites = []
        tests = [test for suite in suites for test in suite['testsuite']]
        bad = sum(bool(test.get('failures')) for test in tests)
        left_out = [test for test in tests if test.get('result') in {'SKIPPED', 'SUPPRESSED'}]
        for test in left_out:
            say(f'{preset}: skipped {test["classname"]}.{test["name"]}: {reason(output)}')
        if status and not bad:
            bad = 1  # it crashed, or a sanitizer spoke at its end
        if bad:
            show(title, output)
        return max(0, len(tests) - bad - len(left_out)), bad, len(left_out)

    # ---- suites -----------------------------------------------------------------------------------------------------

    def layering(self):
        self.counted('layering', [ROOT / 'tests' / 'layering' / 'include_directions.py'], 60)
        self.counted('one transport', [ROOT / 'tests' / 'layering' / 'one_transport.py'], 60)
        self.counted('stories', [ROOT / 'tests' / 'layering' / 'stories.py'], 60)

    def release(self):
        if self.build('release'):
            self.run_programs('release')
            self.counted('one transport', [ROOT / 'tests' / 'layering' / 'one_transport.py', ROOT / 'build' / 'release'], 60)

    def debug(self):
        if self.build('debug', 10):
            self.run_programs('debug', 10, workers=CORES, without=PROVEN_ONCE, zone=EAST)

    def tsan(self):
        if self.build('tsan', 10, THREADED):
            self.run_programs('tsan', 10, THREADED, CORES, zone=WEST)

    def fuzz(self):
        """Each fuzzer for a while, two at a time. What it finds is kept in build/debug/found: mend it, add a test, and keep
        the input as a seed in tests/fuzz/corpus."""
        if not self.build('debug', 10, ['fuzz']):
            return
        programs = sorted(path for path in (ROOT / 'build/debug/tests/fuzz').glob('fuzz_*') if os.access(path, os.X_OK))
        with ThreadPoolExecutor(2) as pool:
            good = list(pool.map(self.fuzz_one, programs))
        self.counts.add('fuzz', good.count(True), good.count(False))

    def fuzz_one(self, program):
        name = program.name.removeprefix('fuzz_')
        found = ROOT / 'build/debug/found'
        found.mkdir(parents=True, exist_ok=True)
        seeds = [ROOT / 'tests/fuzz/corpus' / name, *(ROOT.glob('connectors/*/golden') if name == 'portal' else ())]
        with tempfile.TemporaryDirectory(prefix='ferry-fuzz-') as grown:
            status, output = command(
                [program, grown, *seeds, f'-max_total_time={self.options.fuzz}', f'-timeout={SLOW_INPUT}', '-rss_limit_mb=1500',
                 '-max_len=16384', '-print_final_stats=1', f'-dict={ROOT}/tests/fuzz/json.dict', f'-artifact_prefix={found}/{name}-'],
                self.options.fuzz + SLOW_INPUT + 60, 10, SANITIZERS)
        tried = re.search(r'number_of_executed_units:\s*(\d+)', output)
        seen = re.findall(r'cov: (\d+)', output)
        say(f'fuzz: {name}: {tried[1] if tried else 0} inputs, {seen[-1] if seen else 0} branches seen')
        good = not status and bool(tried)
        if not good:
            show(f'fuzz: {name}', output[-8000:])
        return good

    def zones(self):
        """What knows of time and is not among the threaded ones, which lived in this zone already."""
        self.run_programs('release', 10, sorted(KNOW_OF_TIME - set(THREADED)), CORES, zone=WEST)

    def coverage(self):
        folder = ROOT / 'build' / 'coverage'
        if not self.build('coverage', 10, ['ferry_domain_test', 'ferry_engine_test']):
            return
        for old in folder.rglob('*.gcda'):
            old.unlink()
        for name in ('ferry_domain_test', 'ferry_engine_test'):
            status, output = command([folder / name, '--gtest_brief=1'], 600, 10)
            if status:
                show(f'coverage: {name}', output)
        for part in ('domain', 'engine'):
            _, output = command(
                ['gcovr', '--root', ROOT, '--filter', f'plugin/{part}/', '--exclude', r'.*_test\.cpp', '--branches',
                 '--exclude-unreachable-branches', '--exclude-throw-branches', '--object-directory', folder, folder], 300, 10)
            total = re.search(r'^TOTAL\s+\d+\s+\d+\s+(\d+)%', output, re.M)
            share = int(total.group(1)) if total else 0
            say(f'coverage: {share} % of the branches of plugin/{part}')
            enough = share >= COVERAGE
            if not enough:
                show(f'coverage of plugin/{part} is below {COVERAGE} %', output)
            self.counts.add(f'coverage of plugin/{part}', int(enough), int(not enough))

    def simulation(self):
        """Needs the release build."""
        program = ROOT / 'build/release/tests/simulation/ferry_simulation'
        self.counted('simulation', [program, '--histories', HISTORIES], 2400, nice=10,
                     echo=lambda line: None if ' passed, ' in line else 'simulation: ' + line.rstrip())

    def tryton_module(self):
        status, output = command([PYTHON, ROOT / 'host-api/hosts/tryton/tests/run.py'], 1500)
        ran = sum(map(int, re.findall(r'^Ran (\d+) tests?', output, re.M)))
        bad = sum(map(int, re.findall(r'(?:failures|errors)=(\d+)', output)))
        left_out = sum(map(int, re.findall(r'skipped=(\d+)', output)))
        for line in re.findall(r'^.* \.\.\. skipped .*$', output, re.M):
            say(f'tryton-module: {line}')
        if status and not bad:
            bad = 1
        if bad:
            show('tryton-module', output)
        self.counts.add('tryton-module', max(0, ran - bad - left_out), bad, left_out)

    def functional(self):
        arguments = [ROOT / 'tests/functional/run']
        if self.options.keep:
            arguments.append('--keep')
        self.counted('functional', arguments, 4800,
                     echo=lambda line: 'functional: ' + line.rstrip() if re.match(r'\[|    ', line) else None)

    def soak(self):
        minutes = self.options.soak or SOAK_MINUTES
        status, output = self.counted('soak', [ROOT / 'tests/soak/run', '--minutes', minutes], minutes * 60 + 900,
                                      echo=lambda line: 'soak: ' + line.rstrip() if line.startswith('[') else None)
        if not status:
            report = output[output.find('\n\n'):]
            with _print_lock:
                print(report.strip(), flush=True)

    def screens(self):
        with tempfile.TemporaryDirectory(prefix='ferry-screens-') as folder:
            status, output = command([ROOT / 'tests/screens/run', '--output', folder], 600)
        taken = len(re.findall(r'^ok ', output, re.M))
        bad = len(re.findall(r'^error ', output, re.M)) or bool(status)
        if bad:
            show('screens', output)
        self.counts.add('screens', taken, int(bad))

    def bench(self):
        """Figures, not goals: a machine that builds at the same time proves nothing. It must run to its end."""
        status, output = command([ROOT / 'tests/bench/run', '--quick'], 900)
        with _print_lock:
            print(output, flush=True)
        self.counts.add('bench', int(not status), int(bool(status)))

    def counted(self, suite, arguments, timeout, **more):
        """A program that closes with its own counts."""
        status, output = command(arguments, timeout, **more)
        found = re.findall(r'^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$', output, re.M)
        passed, failed, skipped = (int(n or 0) for n in found[-1]) if found else (0, 0, 0)
        if status and not failed:
            failed = 1
        if failed:
            show(suite, output)
        self.counts.add(suite, passed, failed, skipped)
        return status, output


# Seen on a busy machine only, in the program that unloads the module again and again, after all its tests had passed.
SANITIZER_CRASHED = 'LeakSanitizer has encountered a fatal error'
SANITIZERS = {
    'ASAN_OPTIONS': 'detect_stack_use_after_return=1:strict_string_checks=1',
    'UBSAN_OPTIONS': 'print_stacktrace=1',
    'TSAN_OPTIONS': 'halt_on_error=1:second_deadlock_stack=1',
    'LSAN_OPTIONS': f'suppressions={ROOT}/tests/lsan.supp',
}

# name → (what for, method, needed path). The first group runs by itself, then the next two side by side:
# the functional tests mostly wait, the builds mostly compute.
FIRST = {
    'layering': 'includes go in the direction of the design; each story has its test',
    'release': 'what is shipped, built by g++; unit, conformance and ABI tests',
}
WAITING = {
    'tryton-module': "the Tryton module's own tests",
    'functional': 'the real module between a real Tryton and a real Vendure',
    'soak': 'real processes killed, cut off and rained on: nothing lost, nothing doubled, nothing stuck',
    'screens': "Ferry's screens in Tryton's web client",
}
COMPUTING = {
    'simulation': f'{HISTORIES} simulated weeks of the engine under faults, each law checked at every step',
    'debug': 'the same tests under the address and undefined behaviour sanitizers, on a machine east of Greenwich',
    'tsan': 'the tests with more than one thread, built by clang, under the thread sanitizer, west of Greenwich',
    'zones': 'the other tests that know of time, west of Greenwich',
    'fuzz': 'nonsense for everything that reads what others wrote (--fuzz SECONDS for each)',
    'coverage': f'at least {COVERAGE} % of the branches of plugin/domain and plugin/engine',
}
# By name only: figures of a machine that builds at the same time prove nothing, and pass or fail nothing.
ASKED_FOR = {'bench': 'tests/bench/run --quick: it runs to its end and prints its figures'}
LONG = {'ferry_state_test', 'simulation_test'}
# That the laws find a planted mistake does not depend on how they were compiled: the release build shows it.
PROVEN_ONCE = {'simulation_test': '*.Finds*'}
# Half hours, and one that is behind and changes with the season: the release build runs in the zone of the machine, mostly UTC.
EAST, WEST = 'Asia/Kolkata', 'America/St_Johns'
KNOW_OF_TIME = {'ferry_domain_test', 'ferry_connector_test', 'ferry_engine_test', 'ferry_connector_medusa_test',
                'ferry_connector_vendure_test', 'ferry_state_test'}
# What decides, decodes and simulates has one thread by design (plugin/domain and plugin/engine start none): half of all objects, and
# nothing that the thread sanitizer could find.
THREADED = ['ferry_engine_test', 'ferry_http_test', 'ferry_host_cxx_test', 'ferry_runtime_test', 'ferry_abi_test',
            'ferry_odbc_test', 'ferry_notify_test', 'ferry_state_test', 'abi_module_test', 'portal_test']
NEEDS = {'screens': 'tests/screens/run', 'bench': 'tests/bench/run', 'tryton-module': 'host-api/hosts/tryton/tests/run.py'}


def reason(output):
    found = re.search(r'Skipped\n(.+)', output)
    return found.group(1) if found else 'see its source'


class Milestones:
    """Every fifth of a build."""

    def __init__(self, preset):
        self._preset = preset
        self._next = 20

    def __call__(self, line):
        step = re.match(r'\[(\d+)/(\d+)\]', line)
        share = step and int(step[1]) * 100 // int(step[2])
        if not step or share < self._next:
            return None
        self._next = share // 20 * 20 + 20
        return f'{self._preset}: {step[1]} of {step[2]} built'


def arguments():
    parser = argparse.ArgumentParser(prog='tests/run')
    parser.add_argument('--fast', action='store_true')
    parser.add_argument('--only', default='')
    parser.add_argument('--soak', type=float)
    parser.add_argument('--keep', action='store_true')
    parser.add_argument('--list', action='store_true')
    parser.add_argument('--fuzz', type=int, default=60)
    return parser.parse_args()


def run_suites(runner, names):
    for name in names:
        if not re.search(runner.options.only, name):
            continue
        if name in NEEDS and not (ROOT / NEEDS[name]).exists():
            say(f'skipped {name}: {NEEDS[name]} is not there')
            runner.counts.add(name, skipped=1)
            continue
        say(f'{name}: {next(group[name] for group in (FIRST, WAITING, COMPUTING, ASKED_FOR) if name in group)}')
        began = time.monotonic()
        try:
            getattr(runner, name.replace('-', '_'))()
        except Exception as problem:  # one suite that breaks must not hide the others
            show(name, repr(problem))
            runner.counts.add(name, failed=1)
        runner.took.append(f'{name} {time.monotonic() - began:.0f} s')


def run_from(runner, names, take):
    while True:
        try:
            name = take(names)
        except IndexError:
            return
        run_suites(runner, [name])


def run_side(runner, waiting):
    """What computes, then what is left of what waits, from its end."""
    run_suites(runner, COMPUTING)
    run_from(runner, waiting, deque.pop)


def main():
    options = arguments()
    if options.list:
        for group in (FIRST, WAITING, COMPUTING, ASKED_FOR):
            for name, purpose in group.items():
                print(f'{name:14} {purpose}' + (' (only with --only)' if group is ASKED_FOR else ''))
        return
    runner = Runner(options)
    try:
        if options.soak:
            if runner.build('release', targets=['ferry', 'ferry-host', 'ferry_portal']):
                run_suites(runner, ['soak'])
        else:
            run_suites(runner, FIRST)
        if not options.fast and not options.soak:
            waiting = deque(WAITING)
            side = threading.Thread(target=run_side, args=(runner, waiting))
            side.start()
            run_from(runner, waiting, deque.popleft)
            side.join()
            if options.only:
                run_suites(runner, ASKED_FOR)
    except KeyboardInterrupt:
        for process in list(_children):
            os.killpg(process.pid, signal.SIGTERM)
        sys.exit('interrupted')
    if not runner.counts.passed and not runner.counts.failed:
        sys.exit(f'tests/run: no suite is called like "{options.only}": see --list')
    print('took: ' + ', '.join(runner.took))
    for _, why in _failures:
        print(f'{why}\n')
    for failure, _ in _failures:
        print(f'failed: {failure}')
    print(runner.counts)
    sys.exit(1 if runner.counts.failed else 0)


if __name__ == '__main__':
    main()
