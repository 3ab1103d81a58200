// What the module gives to the host: one plugin instance drives one database.
//
// Life of an instance:
//   factory->create(host) -> init -> activate -> ... -> deactivate -> [activate ...] -> destroy
// Forking: up to and including init() the module has neither started a thread nor opened a connection, so the process
// may fork. Activate in the process that will use it, after the fork; a child must not use an instance that its parent
// had activated.
#ifndef FERRY_PLUGIN_H
#define FERRY_PLUGIN_H

#include <ferry/host.h>

#ifdef __cplusplus
extern "C" {
#endif

// Static; valid as long as the module is loaded. All texts NUL-terminated UTF-8, none null.
typedef struct ferry_plugin_descriptor {
   ferry_version_t abi_version;
   const char *id;          // "ferry"
   const char *name;        // "Ferry"
   const char *version;     // of the module, "0.1.0"
   const char *description; // one sentence
} ferry_plugin_descriptor_t;

// How an instance is activated.
enum {
   // Drives the lanes of every active channel that no other process holds, until deactivate().
   FERRY_ACTIVATE_ENGINE = 1,
   // Starts no engine; only FERRY_EXT_OPERATIONS works, on the caller's threads. For `check`, `status` and the like.
   FERRY_ACTIVATE_OPERATIONS = 2
};

// Owned by the module; valid until destroy() returns. No function pointer is null.
typedef struct ferry_plugin {
   const ferry_plugin_descriptor_t *desc;
   void *plugin_data; // the module's; the host does not look at it

   // Must be called first, once. Fetches the host's extensions. Starts no thread, does no I/O. False: the instance is
   // unusable, the reason was logged; destroy() it. [host-thread & !active]
   bool (*init)(const struct ferry_plugin *plugin);

   // Frees the instance; deactivates it first if that was forgotten (with no time to drain). No other function of it is
   // running or called afterwards. Allowed without init(). [host-thread & !active]
   void (*destroy)(const struct ferry_plugin *plugin);

   // Checks the settings and starts. `config_json`: an object as in schemas/settings.md. `mode`: FERRY_ACTIVATE_*.
   // Returns at once: connecting happens on the module's threads, again and again while the database is away.
   // Every problem of the settings is written to `diagnostics`, one line each, naming the setting and how to mend it.
   // FERRY_OK: active, nothing was written; FERRY_E_INVALID: not active, diagnostics say why; FERRY_E_INTERNAL: not
   // active. [host-thread & !active]
   ferry_status_t (*activate)(const struct ferry_plugin *plugin, uint32_t mode, ferry_text_t config_json,
                              const ferry_sink_t *diagnostics);

   // Takes no new work, waits at most `drain_ms` milliseconds for what is under way, joins every thread of the module.
   // Unfinished work stays in the tables and is carried on by the next holder of the lane; nothing is lost by a
   // `drain_ms` of 0. Does nothing when not active. A host with a global interpreter lock releases it around this call:
   // worker threads may be inside the host's log. [host-thread]
   void (*deactivate)(const struct ferry_plugin *plugin, uint32_t drain_ms);

   // Makes at most ONE call into FERRY_EXT_ORDER_ENTRY or FERRY_EXT_PRICE, so that one portal order is one ERP
   // transaction, and so is one batch of prices. Returns how many calls wait after it: call again while that is not 0 (in between, the host may do other work). 0 when not
   // active. [host-thread & active]
   uint32_t (*pump)(const struct ferry_plugin *plugin);

   // The module's half of an extension (ext/*.h), by its id; null: not offered. Valid until destroy() returns. Not
   // before init(). [thread-safe]
   const void *(*get_extension)(const struct ferry_plugin *plugin, const char *id);
} ferry_plugin_t;

#ifdef __cplusplus
}
#endif

#endif
