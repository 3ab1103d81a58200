// The ERP's own prices, where a price list's formula is one that only the ERP can evaluate. Without it, such prices are not
// published and section `findings` of the feed names them; what a host that has it evaluated before stays as it is.
#ifndef FERRY_EXT_PRICE_H
#define FERRY_EXT_PRICE_H

#include <ferry/host.h>

#ifdef __cplusplus
extern "C" {
#endif

#define FERRY_EXT_PRICE "ferry.price/1"

typedef struct ferry_host_price {
   // Evaluates what `questions_json` asks (schemas/price.md) by the ERP's own routines, all of it in ONE transaction that
   // the host opens and ends in this call, and that changes nothing. A formula that fails is an answer like any other:
   // its error. At most 500 questions at a time, so that an order need not wait long.
   //
   // channel_id: id of the channel, > 0.
   // answers_json: receives the answers (schemas/price.md), one per question in the same order.
   // reason: receives one line for people when not FERRY_OK.
   //
   // FERRY_OK            each question is answered, by a price or by an error
   // FERRY_E_REJECTED    they cannot be answered, or not together: asked again in parts, down to the one that fails alone
   // FERRY_E_BUSY        locked or in maintenance: asked again later
   // FERRY_E_RETRY       transient (connection): asked again later
   // FERRY_E_UNSUPPORTED this channel has no prices here: left to another process
   // [host-thread & active], only from within pump()
   ferry_status_t (*evaluate)(const ferry_host_t *host, int32_t channel_id, ferry_text_t questions_json,
                              const ferry_sink_t *answers_json, const ferry_sink_t *reason);
} ferry_host_price_t;

#ifdef __cplusplus
}
#endif

#endif
