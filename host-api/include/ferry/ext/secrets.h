// The host's secrets: settings hold only names, the host keeps the values (Tryton: the server's configuration file).
// Without it, any setting that names a secret is a problem.
#ifndef FERRY_EXT_SECRETS_H
#define FERRY_EXT_SECRETS_H

#include <ferry/host.h>

#ifdef __cplusplus
extern "C" {
#endif

#define FERRY_EXT_SECRETS "ferry.secrets/1"

typedef struct ferry_host_secrets {
   // Writes the value of the secret `name` to `value`. Asked again whenever a connection or a log-in is made, so a changed
   // secret is taken up without a restart. The module keeps it in memory only as long as it needs it.
   // FERRY_OK | FERRY_E_NOT_FOUND (nothing is written). [thread-safe]
   ferry_status_t (*resolve)(const ferry_host_t *host, ferry_text_t name, const ferry_sink_t *value);
} ferry_host_secrets_t;

#ifdef __cplusplus
}
#endif

#endif
