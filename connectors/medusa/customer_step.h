// What is to be done next about one customer document, seen what the portal shows.
#pragma once

#include "connectors/medusa/customer_document.h"
#include "connectors/medusa/customer_view.h"
#include "connectors/medusa/price_list_view.h"
#include "connectors/medusa/settings.h"
#include "connectors/medusa/stepwise_push.h"

namespace ferry::medusa {

NextStep next_customer_step(const Settings& settings, const WantedCustomer& wanted, const CustomerView& customers,
                            const PriceListView& groups);

}  // namespace ferry::medusa
