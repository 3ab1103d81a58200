# This file is part of Ferry.  The LICENSE file at the top level of this
# repository contains the full license terms.

from trytond.model import ModelSQL
from trytond.pool import Pool

from . import alert
from . import change
from . import job
from . import publication
from . import portal_order
from . import portal_order_link
from . import preview
from . import reconciliation
from . import sale
from . import shipping
from . import web

__all__ = ['register']


def register():
    Pool.register(
        web.Shop,
        web.Shop_Warehouse,
        web.Shop_PartyCategory,
        web.Shop_OrderCategory,
        web.Shop_Country,
        shipping.ShippingMethod,
        web.Location,
        job.Job,
        job.Run,
        job.Exchange,
        publication.Publication,
        publication.Refusal,
        publication.DiscardAsk,
        alert.Alert,
        portal_order.PortalOrder,
        portal_order.SkipAsk,
        portal_order_link.LinkAsk,
        reconciliation.Reconciliation,
        reconciliation.Finding,
        sale.Sale,
        sale.Line,
        job.TestResult,
        preview.PreviewChange,
        preview.PreviewResult,
        module='ferry', type_='model')
    Pool.register(
        sale.LineComponent,
        module='ferry', type_='model', depends=['product_kit'])
    Pool.register(
        shipping.ShippingMethodCarrier,
        module='ferry', type_='model', depends=['carrier'])
    Pool.register(
        job.Test,
        preview.Preview,
        publication.Discard,
        portal_order.Skip,
        portal_order_link.Link,
        module='ferry', type_='wizard')
    Pool.register_mixin(change.ChangeMixin, ModelSQL, module='ferry')
