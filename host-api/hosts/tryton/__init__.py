# This file is part of Ferry.  The LICENSE file at the top level of this
# repository contains the full license terms.

from trytond.model import ModelSQL
from trytond.pool import Pool

from . import change
from . import job
from . import publication
from . import portal_order
from . import sale
from . import web

__all__ = ['register']


def register():
    Pool.register(
        web.Shop,
        web.Shop_Warehouse,
        web.Location,
        job.Job,
        job.Run,
        job.Exchange,
        publication.Publication,
        portal_order.PortalOrder,
        sale.Sale,
        sale.Line,
        job.TestResult,
        module='ferry', type_='model')
    Pool.register(
        sale.LineComponent,
        module='ferry', type_='model', depends=['product_kit'])
    Pool.register(
        job.Test,
        module='ferry', type_='wizard')
    Pool.register_mixin(change.ChangeMixin, ModelSQL, module='ferry')
