"""Brings up a private PostgreSQL, Tryton and Vendure, for the demo and for the functional tests.

Everything lives under one folder and on private ports of the loopback interface; no service of the machine is touched.
Runs under Debian's own Python (/usr/bin/python3), whose packages hold trytond and psycopg2.
"""
