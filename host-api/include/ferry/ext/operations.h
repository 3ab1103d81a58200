// What people may ask of the module: the buttons of the ERP's screens and the commands of ferry-host.
#ifndef FERRY_EXT_OPERATIONS_H
#define FERRY_EXT_OPERATIONS_H

#include <ferry/plugin.h>

#ifdef __cplusplus
extern "C" {
#endif

#define FERRY_EXT_OPERATIONS "ferry.operations/1"

typedef struct ferry_plugin_operations {
   // Performs one operation of schemas/operations.md: `operation` is its name, `arguments_json` its arguments (an object;
   // empty text = {}), its result (JSON) goes to `result`. Blocks: it uses the database and, for some, the portal. So no
   // ERP transaction that locks Ferry's tables may be open on the calling thread, and a global interpreter lock is
   // released around it. Works in both modes of activate().
   //
   // FERRY_OK: `result` was written. Otherwise `reason` receives one line: what is wrong and how to mend it.
   // FERRY_E_INVALID      unknown operation or arguments that do not fit, or not active
   // FERRY_E_NOT_FOUND    no such channel, job, order or record
   // FERRY_E_REJECTED     it does not apply as things stand (a database newer than the module; an order that is linked)
   // FERRY_E_BUSY         the lane is held or locked by somebody else
   // FERRY_E_RETRY        the database or the portal cannot be reached
   // FERRY_E_CANCELLED    the instance is being deactivated
   // FERRY_E_INTERNAL     a defect
   // [thread-safe & active]
   ferry_status_t (*perform)(const ferry_plugin_t *plugin, ferry_text_t operation, ferry_text_t arguments_json,
                             const ferry_sink_t *result, const ferry_sink_t *reason);
} ferry_plugin_operations_t;

#ifdef __cplusplus
}
#endif

#endif
