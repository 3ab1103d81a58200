#!/usr/bin/python3
"""Checks that files include only what their folder may know, and that folders do not know each other in a circle.

usage: include_directions.py [ROOT]
Prints one line per offence and the closing counts; exits 1 when there is an offence.
"""
import re
import sys
from pathlib import Path

INCLUDE = re.compile(r'^\s*#\s*include\s+[<"]([^">]+)[">]', re.M)

# folder → folders it may include from, besides itself. host-api and config know nobody; the domain is pure; a connector
# and a profile never see a socket, a database or the runtime.
MAY_KNOW = {
    'config': set(),
    'host-api/include': set(),
    'host-api/cxx': {'host-api/include'},
    'host-api/hosts': {'host-api/include', 'host-api/cxx', 'config'},
    'plugin/domain': set(),
    'plugin/connector': {'plugin/domain', 'config'},
    'plugin/engine': {'plugin/connector', 'plugin/domain', 'config'},
    'connectors/http': {'plugin/connector', 'plugin/domain', 'config'},
    'connectors/*': {'plugin/connector', 'plugin/domain', 'config'},
    'sql/odbc': {'plugin/domain'},
    'sql/notify': {'plugin/domain'},
    'sql/state': {'sql/odbc', 'plugin/engine', 'plugin/connector', 'plugin/domain', 'config'},
    'plugin/runtime': {'plugin/engine', 'plugin/connector', 'plugin/domain', 'config', 'connectors/http', 'sql/state',
                       'sql/notify', 'host-api/include'},
    'plugin/abi': {'plugin/runtime', 'plugin/engine', 'plugin/domain', 'config', 'host-api/include', 'host-api/cxx'},
}
SOURCES = {'.h', '.cpp', '.cc', '.c'}
# what tests beside their source may use in addition
TESTS_MAY_KNOW = {'sql/testing', 'tests/support'}


def folder_of(path):
    """The house's folder of a path from the root, or None outside of it."""
    parts = path.parts
    two = '/'.join(parts[:2])
    if two in MAY_KNOW:
        return two
    if parts[0] == 'connectors' and len(parts) > 2:
        return two
    return parts[0] if parts[0] in MAY_KNOW else None


def resolve(root, source, name):
    """The folder that an included file belongs to: includes are written from the root, or beside the source."""
    if (root / name).exists():
        return folder_of(Path(name)) or '/'.join(Path(name).parts[:2])
    if (root / 'host-api' / 'include' / name).exists():
        return 'host-api/include'
    if (source.parent / name).exists():
        return folder_of((source.parent / name).resolve().relative_to(root.resolve()))
    return None  # generated, or another library's


def allowed(folder):
    return MAY_KNOW[folder] if folder in MAY_KNOW else MAY_KNOW['connectors/*']


def includes(root):
    """(source, its folder, the folder it includes from), for every include within the house."""
    for top in sorted({key.partition('/')[0] for key in MAY_KNOW}):
        for source in sorted((root / top).rglob('*')):
            folder = source.suffix in SOURCES and folder_of(source.relative_to(root))
            if folder:
                for name in INCLUDE.findall(source.read_text(encoding='utf-8')):
                    yield source.relative_to(root), folder, resolve(root, source, name), name


def offences(root):
    for source, folder, other, name in includes(root):
        if other in (None, folder) or other in allowed(folder):
            continue
        if '_test' in source.stem and other in TESTS_MAY_KNOW:
            continue
        yield f'{source} includes "{name}": {folder} may not know {other}'


def circle(root):
    """A circle of folders, if there is one."""
    knows = {}
    for _, folder, other, _ in includes(root):
        if other and other != folder:
            knows.setdefault(folder, set()).add(other)
    finished = set()

    def walk(folder, path):
        if folder in path:
            return path[path.index(folder):] + [folder]
        if folder in finished:
            return None
        for other in sorted(knows.get(folder, ())):
            found = walk(other, path + [folder])
            if found:
                return found
        finished.add(folder)
        return None

    for folder in sorted(knows):
        found = walk(folder, [])
        if found:
            return found
    return None


def main():
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parents[2]
    wrong = list(offences(root))
    around = circle(root)
    for line in wrong:
        print(line)
    if around:
        print('a circle of folders: ' + ' → '.join(around))
    failed = bool(wrong) + bool(around)
    print(f'{2 - failed} passed, {failed} failed')
    sys.exit(1 if failed else 0)


if __name__ == '__main__':
    main()
