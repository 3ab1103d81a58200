"""Tryton's own server, which writes down how long each order entry took: orders_server.py RECORD, then trytond's arguments.

One JSON line in the file RECORD for each: seconds on the clock from the engine's call to the answer, and this thread's
processor time.
"""
import json
import os
import runpy
import shutil
import sys
import time
from pathlib import Path


def timed(order, record):
    enter = order.enter

    def timed_enter(*arguments):
        began = time.perf_counter(), time.thread_time()
        answer = enter(*arguments)
        record.write(json.dumps(dict(seconds=time.perf_counter() - began[0], processor=time.thread_time() - began[1])) + '\n')
        return answer
    order.enter = timed_enter


def main():
    path = Path(sys.argv.pop(1))
    sys.argv[0] = shutil.which('trytond')
    from trytond.config import config
    config.update_etc(os.environ['TRYTOND_CONFIG'])
    from trytond.pool import Pool
    Pool.start()
    from trytond.modules.ferry import order
    timed(order, open(path, 'w', buffering=1))
    runpy.run_path(sys.argv[0], run_name='__main__')


main()
