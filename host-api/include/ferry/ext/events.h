// The host's word that something was committed. Saves latency only: what it reports is found without it, later.
#ifndef FERRY_EXT_EVENTS_H
#define FERRY_EXT_EVENTS_H

#include <ferry/plugin.h>

#ifdef __cplusplus
extern "C" {
#endif

#define FERRY_EXT_EVENTS "ferry.events/1"

typedef struct ferry_plugin_events {
   // Rows of ferry.change_hint, or of ferry.channel, were committed: look now. Call it after the commit, once per
   // transaction. Calls collapse; returns at once; does nothing when the engine does not run. [thread-safe & active]
   void (*changed)(const ferry_plugin_t *plugin);
} ferry_plugin_events_t;

#ifdef __cplusplus
}
#endif

#endif
