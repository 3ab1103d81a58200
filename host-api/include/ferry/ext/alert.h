// Calling a person, in the host's own way (a notification, a mail, an entry on a screen). Without it, the log line is
// all there is.
#ifndef FERRY_EXT_ALERT_H
#define FERRY_EXT_ALERT_H

#include <ferry/host.h>

#ifdef __cplusplus
extern "C" {
#endif

#define FERRY_EXT_ALERT "ferry.alert/1"

typedef struct ferry_host_alert {
   // A person must act. `line`: what is wrong and how to mend it; the same line also went to the log with
   // FERRY_LOG_ERROR. The same line may come again; the host decides how often it disturbs. Returns at once; must not
   // call into the module. [thread-safe]
   void (*alert)(const ferry_host_t *host, ferry_text_t line);
} ferry_host_alert_t;

// The alerts that are watched for, beside the above: each with what it is about, raised once, repeated while it lasts and
// resolved once. A host that has it carries them on (the ERP's mail); each piece of news reaches one host.
#define FERRY_EXT_ALERT_NEWS "ferry.alert/2"

typedef struct ferry_host_alert_news {
   // `alert_json`: schemas/alert.md. Returns at once; must not call into the module. [thread-safe]
   void (*news)(const ferry_host_t *host, ferry_text_t alert_json);
} ferry_host_alert_news_t;

#ifdef __cplusplus
}
#endif

#endif
