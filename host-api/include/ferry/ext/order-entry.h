// The ERP's own order entry: how a portal's order becomes an order of the ERP, through the ERP's own routines, so that
// its taxes, price rules, sequences and permissions apply. A host without it (ferry-host) imports no orders; another
// process that has it will.
#ifndef FERRY_EXT_ORDER_ENTRY_H
#define FERRY_EXT_ORDER_ENTRY_H

#include <ferry/host.h>

#ifdef __cplusplus
extern "C" {
#endif

#define FERRY_EXT_ORDER_ENTRY "ferry.order-entry/1"

typedef struct ferry_host_order_entry {
   // Exactly one order of the ERP carries the external reference (channel_id, reference) when this answers FERRY_OK, no
   // matter how often, from where, or after which crash it is called. Within ONE transaction that the host opens and
   // ends in this call: finds the order by its external reference; if there is none, links the one that a person keyed
   // (schemas/order.md, "Match before create"); if there is none of those either, enters `order_json` (schema
   // ferry.order/1) as a new one. The reference is under a unique constraint. FERRY_OK is answered
   // only after the commit; with any other answer nothing was changed.
   //
   // channel_id: id of the channel, > 0. reference: the portal's order number, 1 to 200 bytes.
   // erp_id: receives the ERP's id of the order, > 0. erp_number: receives the number people use, not empty.
   // reason: receives one line for a clerk when not FERRY_OK; names order, line and SKU where it applies.
   //
   // FERRY_OK            found or entered, committed; erp_id and erp_number are set
   // FERRY_E_REJECTED    the ERP refuses it until a person changes something (unknown SKU, blocked customer, a total
   //                     that differs from the portal's, orders that may be it): becomes a review case
   // FERRY_E_NOT_FOUND   the ERP has no such order and takes none like it from the channel (its customer is out of the
   //                     channel's scope as only the ERP knows it): left alone like an order that a payment rule "never"
   //                     takes; asked again when the portal changes it, when a person retries it, and now and then while
   //                     it is open on the portal
   // FERRY_E_BUSY        locked or in maintenance: asked again later, no attempt counted
   // FERRY_E_RETRY       transient (serialisation failure, connection): asked again later, attempts counted
   // FERRY_E_UNSUPPORTED this channel has no order entry here: left to another process
   // [host-thread & active], only from within pump()
   ferry_status_t (*enter)(const ferry_host_t *host, int32_t channel_id, ferry_text_t reference, ferry_text_t order_json,
                           int64_t *erp_id, const ferry_sink_t *erp_number, const ferry_sink_t *reason);

   // The first step of enter(): looks for the external reference only.
   // FERRY_OK | FERRY_E_NOT_FOUND | FERRY_E_BUSY | FERRY_E_RETRY | FERRY_E_UNSUPPORTED
   // [host-thread & active], only from within pump()
   ferry_status_t (*find)(const ferry_host_t *host, int32_t channel_id, ferry_text_t reference, int64_t *erp_id,
                          const ferry_sink_t *erp_number, const ferry_sink_t *reason);
} ferry_host_order_entry_t;

#ifdef __cplusplus
}
#endif

#endif
