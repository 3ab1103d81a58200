// The one symbol a module exports. A function, because dlsym() promises that for functions only, and because a script
// host can call it without describing a variable.
//
// A host: loads the module, calls ferry_get_entry(), checks entry->abi_version with ferry_version_is_compatible() and,
// if that fails, touches nothing else; asks for the factory; create(); then see plugin.h.
// Unload the module only after every instance was destroyed.
#ifndef FERRY_ENTRY_H
#define FERRY_ENTRY_H

#include <ferry/plugin.h>

#if defined(_WIN32)
#define FERRY_EXPORT __declspec(dllexport)
#else
#define FERRY_EXPORT __attribute__((visibility("default")))
#endif

#ifdef __cplusplus
extern "C" {
#endif

#define FERRY_PLUGIN_FACTORY "ferry.plugin-factory/1"

// Static; valid as long as the module is loaded.
typedef struct ferry_plugin_factory {
   const ferry_plugin_descriptor_t *desc;

   // A new instance for one database. Reads only host->abi_version and calls nothing of the host: the first call back
   // is made by init(). Null: the major versions differ; one line naming both goes to standard error, because a host of
   // another major cannot be called. `host` stays valid until destroy(). [host-thread]
   const ferry_plugin_t *(*create)(const ferry_host_t *host);
} ferry_plugin_factory_t;

// Static; valid as long as the module is loaded. This struct and ferry_version_t keep their layout in every major
// version, so that the two sides can always read each other's version.
typedef struct ferry_entry {
   ferry_version_t abi_version;

   // A factory by its id; null: the module has none of that id. [thread-safe]
   const void *(*get_factory)(const char *id);
} ferry_entry_t;

// Never null. [thread-safe]
FERRY_EXPORT const ferry_entry_t *ferry_get_entry(void);

#ifdef __cplusplus
}
#endif

#endif
