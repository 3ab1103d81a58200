#!/usr/bin/env python3
# This file is part of Ferry.  The LICENSE file at the top level of this
# repository contains the full license terms.
import os
from configparser import ConfigParser

from setuptools import setup

HERE = os.path.dirname(os.path.abspath(__file__))

config = ConfigParser()
config.read(os.path.join(HERE, 'tryton.cfg'))
info = dict(config.items('tryton'))
major, minor, _ = info['version'].split('.')

requires = ['trytond >= %s.%s, < %s.%s' % (
        major, minor, major, int(minor) + 1)]
for dep in info['depends'].strip().splitlines():
    if dep not in {'ir', 'res'}:
        requires.append('trytond_%s >= %s.%s, < %s.%s' % (
                dep, major, minor, major, int(minor) + 1))

setup(
    name='ferry_tryton',
    version=info['version'],
    description="Tryton module to keep commerce portals true to the ERP",
    package_dir={'trytond.modules.ferry': '.'},
    packages=['trytond.modules.ferry', 'trytond.modules.ferry.tests'],
    package_data={
        'trytond.modules.ferry': info['xml'].strip().splitlines() + [
            'tryton.cfg', 'view/*.xml', 'doc/*.rst', 'tests/*.c'],
        },
    python_requires='>=3.6',
    install_requires=requires,
    zip_safe=False,
    entry_points="""
    [trytond.modules]
    ferry = trytond.modules.ferry
    """,
    )
