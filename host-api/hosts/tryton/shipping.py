# This file is part of Ferry.  The LICENSE file at the top level of this
# repository contains the full license terms.
"""What stands in the ERP for the shipping methods of a portal."""
from trytond.model import ModelSQL, ModelView, Unique, fields
from trytond.pool import PoolMeta

from .web import service_domain

__all__ = ['ShippingMethod', 'ShippingMethodCarrier']


class ShippingMethod(ModelSQL, ModelView):
    "Portal Shipping Method"
    __name__ = 'ferry.shipping_method'

    shop = fields.Many2One(
        'web.shop', "Shop", ondelete='CASCADE', select=True, required=True)
    code = fields.Char(
        "Code", required=True,
        help="The code of the shipping method on the portal, or its id where "
        "the portal has no codes.")
    shipping_product = fields.Many2One(
        'product.product', "Shipping Product", domain=service_domain(),
        help="Used for what the portal charges for this method.\n"
        "Leave empty to use the product of the web shop or of the carrier.")

    @classmethod
    def __setup__(cls):
        super().__setup__()
        table = cls.__table__()
        cls._sql_constraints += [
            ('code_unique', Unique(table, table.shop, table.code),
                'ferry.msg_shipping_method_unique'),
            ]

    def get_rec_name(self, name):
        return self.code


class ShippingMethodCarrier(metaclass=PoolMeta):
    __name__ = 'ferry.shipping_method'

    carrier = fields.Many2One(
        'carrier', "Carrier",
        help="Who carries the goods when the customer has chosen this method.")
