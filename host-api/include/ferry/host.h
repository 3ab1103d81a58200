// What the host (the ERP server, or a program that loads the module) gives to the module.
//
// Threads. Every function of this ABI carries a tag:
//   [host-thread]    symbolic: a thread that the host lends by calling into the module. It may be another OS thread each
//                    time, but never two at once for one plugin instance. Only here may the module call the ERP.
//   [worker-thread]  a thread that the module started in activate() and joins in deactivate(). No [host-thread] function
//                    is ever called there.
//   [thread-safe]    any thread, several at once.
//   & [active]       only between a successful activate() and deactivate(); & [!active] only outside of it.
// A function of the host never calls back into the module, unless it says so.
#ifndef FERRY_HOST_H
#define FERRY_HOST_H

#include <ferry/types.h>
#include <ferry/version.h>

#ifdef __cplusplus
extern "C" {
#endif

// Owned by the host; unchanged and valid until the plugin's destroy() returns.
typedef struct ferry_host {
   ferry_version_t abi_version; // FERRY_ABI_VERSION_* of the headers the host was built with
   void *host_data;             // the host's; the module does not look at it
   const char *name;            // "trytond"; NUL-terminated UTF-8, not null
   const char *version;         // "6.0.29"; NUL-terminated UTF-8, not null

   // The host's half of an extension (ext/*.h), by its id. Null: the host does not offer it. The answer for an id stays
   // the same, and the pointer valid, until destroy() returns.
   // Not called before init(). [thread-safe]
   const void *(*get_extension)(const struct ferry_host *host, const char *id);

   // "Please call plugin->pump() on a [host-thread] soon." Calls collapse; returns at once, without calling pump().
   // Only called when the host offers FERRY_EXT_ORDER_ENTRY or FERRY_EXT_PRICE. [thread-safe & active]
   void (*request_pump)(const struct ferry_host *host);
} ferry_host_t;

#ifdef __cplusplus
}
#endif

#endif
