// What the portal changes of an order that the ERP has already: cancellations, amendments, refunds. A host without it
// enters orders and leaves their changes to people.
#ifndef FERRY_EXT_ORDER_REVISION_H
#define FERRY_EXT_ORDER_REVISION_H

#include <ferry/host.h>

#ifdef __cplusplus
extern "C" {
#endif

#define FERRY_EXT_ORDER_REVISION "ferry.order-revision/1"

// Only used of a host that offers FERRY_EXT_ORDER_ENTRY too.
typedef struct ferry_host_order_revision {
   // Brings the ERP's order up to `order_json`, which is the whole order as the portal shows it now (schema
   // ferry.order/1), within ONE transaction. The host knows by itself what the portal said before. May be called again
   // with the same document, which changes nothing any more, and with a newer one before the one between was ever seen.
   // Never makes an order of the ERP for the portal's order; a refund becomes one document of the ERP, once.
   //
   // channel_id, reference, erp_id, erp_number, reason: as for enter() of ferry.order-entry/1. The reason names order,
   // line and SKU, what differs, and the remedy.
   //
   // FERRY_OK            the ERP's order is as the portal says, committed; erp_id and erp_number are set
   // FERRY_E_REJECTED    a person has to look: what was shipped or invoiced is not undone by itself
   // FERRY_E_NOT_FOUND   the ERP has no order with this reference any more
   // FERRY_E_BUSY | FERRY_E_RETRY | FERRY_E_UNSUPPORTED as for enter()
   // [host-thread & active], only from within pump()
   ferry_status_t (*revise)(const ferry_host_t *host, int32_t channel_id, ferry_text_t reference, ferry_text_t order_json,
                            int64_t *erp_id, const ferry_sink_t *erp_number, const ferry_sink_t *reason);
} ferry_host_order_revision_t;

#ifdef __cplusplus
}
#endif

#endif
