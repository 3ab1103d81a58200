// The host's log. Without it the module writes to standard error.
#ifndef FERRY_EXT_LOG_H
#define FERRY_EXT_LOG_H

#include <ferry/host.h>

#ifdef __cplusplus
extern "C" {
#endif

#define FERRY_EXT_LOG "ferry.log/1"

enum {
   FERRY_LOG_DEBUG = 0,
   FERRY_LOG_INFO = 1,               // one line per run with its counts, start and stop; nothing else in normal operation
   FERRY_LOG_WARNING = 2,            // something failed and is tried again by itself
   FERRY_LOG_ERROR = 3,              // a person must act; the line says what is wrong and how to mend it
   FERRY_LOG_HOST_MISBEHAVING = 5,   // the host broke this contract
   FERRY_LOG_PLUGIN_MISBEHAVING = 6  // the module broke this contract (also used by a host's own checks)
};
typedef int32_t ferry_log_severity_t; // FERRY_LOG_*; an unknown value counts as FERRY_LOG_ERROR

typedef struct ferry_host_log {
   // One line, without a line end. Never contains a secret. Must neither block for long nor call into the module.
   // Called from [worker-thread] too: a host with a global interpreter lock takes it here. [thread-safe]
   void (*log)(const ferry_host_t *host, ferry_log_severity_t severity, ferry_text_t line);
} ferry_host_log_t;

#ifdef __cplusplus
}
#endif

#endif
