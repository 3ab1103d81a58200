/* Published structs never grow and never change: their layout on 64-bit systems, written down. A line here changes only
 * together with FERRY_ABI_VERSION_MAJOR. */
#include <ferry/entry.h>
#include <ferry/ext/alert.h>
#include <ferry/ext/events.h>
#include <ferry/ext/log.h>
#include <ferry/ext/operations.h>
#include <ferry/ext/order-entry.h>
#include <ferry/ext/order-revision.h>
#include <ferry/ext/price.h>
#include <ferry/ext/secrets.h>
#include <stddef.h>

#if defined(__cplusplus)
#define FERRY_LAYOUT(condition) static_assert(condition, #condition)
#else
#define FERRY_LAYOUT(condition) _Static_assert(condition, #condition)
#endif

FERRY_LAYOUT(FERRY_ABI_VERSION_MAJOR == 1);
FERRY_LAYOUT(sizeof(void *) == 8);

FERRY_LAYOUT(sizeof(ferry_version_t) == 12);
FERRY_LAYOUT(offsetof(ferry_version_t, minor) == 4 && offsetof(ferry_version_t, revision) == 8);
FERRY_LAYOUT(sizeof(ferry_text_t) == 16 && offsetof(ferry_text_t, size) == 8);
FERRY_LAYOUT(sizeof(ferry_sink_t) == 16 && offsetof(ferry_sink_t, write) == 8);
FERRY_LAYOUT(sizeof(ferry_status_t) == 4 && sizeof(ferry_log_severity_t) == 4);

FERRY_LAYOUT(sizeof(ferry_host_t) == 56);
FERRY_LAYOUT(offsetof(ferry_host_t, abi_version) == 0 && offsetof(ferry_host_t, host_data) == 16);
FERRY_LAYOUT(offsetof(ferry_host_t, name) == 24 && offsetof(ferry_host_t, version) == 32);
FERRY_LAYOUT(offsetof(ferry_host_t, get_extension) == 40 && offsetof(ferry_host_t, request_pump) == 48);

FERRY_LAYOUT(sizeof(ferry_plugin_descriptor_t) == 48);
FERRY_LAYOUT(offsetof(ferry_plugin_descriptor_t, id) == 16 && offsetof(ferry_plugin_descriptor_t, name) == 24);
FERRY_LAYOUT(offsetof(ferry_plugin_descriptor_t, version) == 32);
FERRY_LAYOUT(offsetof(ferry_plugin_descriptor_t, description) == 40);

FERRY_LAYOUT(sizeof(ferry_plugin_t) == 64);
FERRY_LAYOUT(offsetof(ferry_plugin_t, desc) == 0 && offsetof(ferry_plugin_t, plugin_data) == 8);
FERRY_LAYOUT(offsetof(ferry_plugin_t, init) == 16 && offsetof(ferry_plugin_t, destroy) == 24);
FERRY_LAYOUT(offsetof(ferry_plugin_t, activate) == 32 && offsetof(ferry_plugin_t, deactivate) == 40);
FERRY_LAYOUT(offsetof(ferry_plugin_t, pump) == 48 && offsetof(ferry_plugin_t, get_extension) == 56);

FERRY_LAYOUT(sizeof(ferry_plugin_factory_t) == 16 && offsetof(ferry_plugin_factory_t, create) == 8);
FERRY_LAYOUT(sizeof(ferry_entry_t) == 24 && offsetof(ferry_entry_t, get_factory) == 16);

FERRY_LAYOUT(sizeof(ferry_host_log_t) == 8 && sizeof(ferry_host_secrets_t) == 8 && sizeof(ferry_host_alert_t) == 8);
FERRY_LAYOUT(sizeof(ferry_host_alert_news_t) == 8);
FERRY_LAYOUT(sizeof(ferry_host_order_entry_t) == 16 && offsetof(ferry_host_order_entry_t, find) == 8);
FERRY_LAYOUT(sizeof(ferry_host_order_revision_t) == 8 && sizeof(ferry_host_price_t) == 8);
FERRY_LAYOUT(sizeof(ferry_plugin_operations_t) == 8 && sizeof(ferry_plugin_events_t) == 8);

FERRY_LAYOUT(FERRY_OK == 0 && FERRY_E_INVALID == 1 && FERRY_E_UNSUPPORTED == 2 && FERRY_E_NOT_FOUND == 3);
FERRY_LAYOUT(FERRY_E_REJECTED == 4 && FERRY_E_BUSY == 5 && FERRY_E_RETRY == 6 && FERRY_E_CANCELLED == 7);
FERRY_LAYOUT(FERRY_E_INTERNAL == 8 && FERRY_ACTIVATE_ENGINE == 1 && FERRY_ACTIVATE_OPERATIONS == 2);
FERRY_LAYOUT(FERRY_LOG_DEBUG == 0 && FERRY_LOG_INFO == 1 && FERRY_LOG_WARNING == 2 && FERRY_LOG_ERROR == 3);
FERRY_LAYOUT(FERRY_LOG_HOST_MISBEHAVING == 5 && FERRY_LOG_PLUGIN_MISBEHAVING == 6);
