# This file is part of Ferry.  The LICENSE file at the top level of this
# repository contains the full license terms.
import unittest

import trytond.tests.test_tryton
from trytond.modules.company.tests import CompanyTestMixin
from trytond.pool import Pool
from trytond.tests.test_tryton import DB_NAME, ModuleTestCase

from trytond.modules.ferry.tests import tools


def setUpModule():
    if tools.TEMPLATE:
        tools.drop(DB_NAME)
        tools.clone(DB_NAME)


def tearDownModule():
    if tools.TEMPLATE:
        tools.drop(DB_NAME)


class FerryTestCase(CompanyTestMixin, ModuleTestCase):
    'Test Ferry module'
    module = 'ferry'
    extras = ['account_credit_limit', 'account_dunning', 'carrier',
        'product_attribute', 'product_kit', 'sale_credit_limit',
        'sale_discount', 'sale_price_list', 'sale_shipment_cost']

    @classmethod
    def setUpClass(cls):
        if tools.TEMPLATE:  # the clone has it activated already
            Pool(DB_NAME).init()
        else:
            super().setUpClass()

    @classmethod
    def tearDownClass(cls):
        if not tools.TEMPLATE:
            super().tearDownClass()


def suite():
    suite = trytond.tests.test_tryton.suite()
    suite.addTests(
        unittest.TestLoader().loadTestsFromTestCase(FerryTestCase))
    return suite


del ModuleTestCase
