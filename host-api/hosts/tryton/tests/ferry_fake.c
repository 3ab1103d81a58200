/* A stand-in for ferry.so: speaks the C ABI, drives nothing, and misbehaves on demand. For the tests of the host alone.
 *
 * FERRY_FAKE          how to misbehave: one of the words looked for below; unset: behave
 * FERRY_FAKE_JOURNAL  file to which every event is appended: "PID EVENT"
 * FERRY_FAKE_ORDERS   file with one line per order to enter: "CHANNEL REFERENCE JSON"; read at activation
 */
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <ferry/entry.h>
#include <ferry/ext/alert.h>
#include <ferry/ext/events.h>
#include <ferry/ext/log.h>
#include <ferry/ext/operations.h>
#include <ferry/ext/order-entry.h>
#include <ferry/ext/secrets.h>

struct order {
   int channel;
   char reference[64];
   char *json;
};

struct fake {
   ferry_plugin_t plugin;
   const ferry_host_t *host;
   pthread_t worker;
   bool running;
   pthread_mutex_t mutex;
   pthread_cond_t stop;
   bool stopping;
   struct order orders[64];
   unsigned int order_count, next_order;
   bool pumping;
};

static bool misbehaves(const char *how) {
   const char *asked = getenv("FERRY_FAKE");
   return asked != NULL && strcmp(asked, how) == 0;
}

static void journal(const char *format, ...) {
   const char *path = getenv("FERRY_FAKE_JOURNAL");
   FILE *file = path == NULL ? NULL : fopen(path, "a");
   if (file == NULL)
      return;
   char line[4096];
   va_list arguments;
   va_start(arguments, format);
   vsnprintf(line, sizeof line, format, arguments);
   va_end(arguments);
   fprintf(file, "%d %s\n", (int)getpid(), line);
   fclose(file);
}

static ferry_text_t text(const char *string) {
   ferry_text_t result = {string, strlen(string)};
   return result;
}

static void log_line(struct fake *fake, ferry_log_severity_t severity, const char *line) {
   const ferry_host_log_t *log = fake->host->get_extension(fake->host, FERRY_EXT_LOG);
   if (log != NULL)
      log->log(fake->host, severity, text(line));
}

struct buffer {
   char data[1024];
   size_t size;
};

static bool collect(const ferry_sink_t *sink, const char *data, size_t size) {
   struct buffer *buffer = sink->ctx;
   if (buffer->size + size >= sizeof buffer->data)
      return false;
   memcpy(buffer->data + buffer->size, data, size);
   buffer->size += size;
   buffer->data[buffer->size] = '\0';
   return true;
}

static bool init(const ferry_plugin_t *plugin) {
   struct fake *fake = plugin->plugin_data;
   journal("init");
   if (misbehaves("init-fails")) {
      log_line(fake, FERRY_LOG_ERROR, "the fake was told to fail");
      return false;
   }
   return fake->host->get_extension(fake->host, "no.such/1") == NULL;
}

static void load_orders(struct fake *fake) {
   const char *path = getenv("FERRY_FAKE_ORDERS");
   FILE *file = path == NULL ? NULL : fopen(path, "r");
   if (file == NULL)
      return;
   char *line = NULL;
   size_t room = 0;
   while (fake->order_count < 64 && getline(&line, &room, file) > 0) {
      struct order *order = &fake->orders[fake->order_count];
      int json_at = 0;
      if (sscanf(line, "%d %63s %n", &order->channel, order->reference, &json_at) == 2) {
         order->json = strdup(line + json_at);
         order->json[strcspn(order->json, "\n")] = '\0';
         fake->order_count++;
      }
   }
   free(line);
   fclose(file);
}

static void *work(void *data) {
   struct fake *fake = data;
   log_line(fake, FERRY_LOG_INFO, "the fake works");
   log_line(fake, 77, "an unknown severity");
   const ferry_host_secrets_t *secrets = fake->host->get_extension(fake->host, FERRY_EXT_SECRETS);
   ferry_text_t names[] = {text("portal"), text("nothing"), text("database"), text("open"), text("double")};
   for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
      struct buffer value = {{0}, 0};
      ferry_sink_t sink = {&value, collect};
      ferry_status_t status = secrets->resolve(fake->host, names[i], &sink);
      journal("secret %s %d %s", names[i].data, (int)status, value.data);
   }
   if (misbehaves("alert")) {
      const ferry_host_alert_t *alert = fake->host->get_extension(fake->host, FERRY_EXT_ALERT);
      alert->alert(fake->host, text("somebody must act"));
   }
   if (misbehaves("news")) {
      const ferry_host_alert_news_t *alert = fake->host->get_extension(fake->host, FERRY_EXT_ALERT_NEWS);
      alert->news(fake->host, text(getenv("FERRY_FAKE_NEWS")));
   }
   if (fake->order_count > 0)
      fake->host->request_pump(fake->host);
   pthread_mutex_lock(&fake->mutex);
   while (!fake->stopping)
      pthread_cond_wait(&fake->stop, &fake->mutex);
   pthread_mutex_unlock(&fake->mutex);
   log_line(fake, FERRY_LOG_INFO, "the fake stops");
   return NULL;
}

static ferry_status_t activate(const ferry_plugin_t *plugin, uint32_t mode, ferry_text_t config_json,
                               const ferry_sink_t *diagnostics) {
   struct fake *fake = plugin->plugin_data;
   if (misbehaves("invalid")) {
      const char *problem = "database: cannot be understood; correct it\nnotify: neither\n";
      diagnostics->write(diagnostics, problem, strlen(problem));
      return FERRY_E_INVALID;
   }
   if (misbehaves("garbage"))
      return 4711;
   journal("activate %u %.*s", (unsigned)mode, (int)config_json.size, config_json.data);
   load_orders(fake);
   fake->stopping = false;
   fake->running = pthread_create(&fake->worker, NULL, work, fake) == 0;
   return FERRY_OK;
}

static void deactivate(const ferry_plugin_t *plugin, uint32_t drain_ms) {
   struct fake *fake = plugin->plugin_data;
   if (!fake->running)
      return;
   pthread_mutex_lock(&fake->mutex);
   fake->stopping = true;
   pthread_cond_signal(&fake->stop);
   pthread_mutex_unlock(&fake->mutex);
   pthread_join(fake->worker, NULL);
   fake->running = false;
   journal("deactivate %u", (unsigned)drain_ms);
}

static void destroy(const ferry_plugin_t *plugin) {
   struct fake *fake = plugin->plugin_data;
   deactivate(plugin, 0);
   journal("destroy");
   for (unsigned int i = 0; i < fake->order_count; i++)
      free(fake->orders[i].json);
   free(fake);
}

static uint32_t pump(const ferry_plugin_t *plugin) {
   struct fake *fake = plugin->plugin_data;
   if (fake->next_order >= fake->order_count)
      return 0;
   const struct order *order = &fake->orders[fake->next_order++];
   const ferry_host_order_entry_t *entry = fake->host->get_extension(fake->host, FERRY_EXT_ORDER_ENTRY);
   struct buffer number = {{0}, 0}, reason = {{0}, 0};
   ferry_sink_t number_sink = {&number, collect}, reason_sink = {&reason, collect};
   int64_t id = 0;
   fake->pumping = true;
   ferry_status_t found =
       entry->find(fake->host, order->channel, text(order->reference), &id, &number_sink, &reason_sink);
   number.size = reason.size = 0;
   ferry_status_t status = entry->enter(fake->host, order->channel, text(order->reference), text(order->json), &id,
                                        &number_sink, &reason_sink);
   fake->pumping = false;
   journal("order %s found %d entered %d id %lld number %s reason %s", order->reference, (int)found, (int)status,
           (long long)id, number.data, reason.data);
   return fake->order_count - fake->next_order;
}

static void changed(const ferry_plugin_t *plugin) {
   const struct fake *fake = plugin->plugin_data;
   journal(fake->pumping ? "the host called back from within pump()" : "changed");
}

static ferry_status_t perform(const ferry_plugin_t *plugin, ferry_text_t operation, ferry_text_t arguments_json,
                              const ferry_sink_t *result, const ferry_sink_t *reason) {
   (void)plugin;
   char answer[2048];
   journal("perform %.*s %.*s", (int)operation.size, operation.data, (int)arguments_json.size, arguments_json.data);
   if (misbehaves("operations-fail")) {
      const char *why = "the portal cannot be reached; check the base URL";
      reason->write(reason, why, strlen(why));
      return FERRY_E_RETRY;
   }
   if (operation.size == 14 && memcmp(operation.data, "check-settings", 14) == 0) {
      const bool wrong = memmem(arguments_json.data, arguments_json.size, "base_ulr", 8) != NULL;
      snprintf(answer, sizeof answer, wrong ? "{\"problems\":[{\"field\":\"base_ulr\",\"message\":\"unknown setting\"}]}"
                                            : "{\"problems\":[]}");
   } else if (operation.size == 7 && memcmp(operation.data, "preview", 7) == 0) {
      snprintf(answer, sizeof answer,
               "{\"inbound\":10,\"changed\":1,\"added\":0,\"withdrawn\":0,\"held\":0,"
               "\"would_hold\":\"half of the records change\","
               "\"changes\":[{\"label\":\"T001A\",\"acknowledged\":\"5\",\"desired\":\"3\"}]}");
   } else {
      snprintf(answer, sizeof answer,
               "{\"ok\":true,\"message\":\"all is well\",\"connectors\":[{\"id\":\"vendure\",\"title\":\"Vendure\"}],"
               "\"operation\":\"%.*s\",\"arguments\":%.*s}",
               (int)operation.size, operation.data, (int)arguments_json.size, arguments_json.data);
   }
   // in two parts, as the contract allows
   const size_t half = strlen(answer) / 2;
   result->write(result, answer, half);
   result->write(result, answer + half, strlen(answer) - half);
   return FERRY_OK;
}

static const ferry_plugin_events_t kEvents = {changed};
static const ferry_plugin_operations_t kOperations = {perform};

static const void *get_extension(const ferry_plugin_t *plugin, const char *id) {
   (void)plugin;
   if (strcmp(id, FERRY_EXT_EVENTS) == 0)
      return misbehaves("no-extensions") ? NULL : (const void *)&kEvents;
   if (strcmp(id, FERRY_EXT_OPERATIONS) == 0)
      return misbehaves("no-extensions") ? NULL : (const void *)&kOperations;
   return NULL;
}

static const ferry_plugin_descriptor_t kDescriptor = {
    {FERRY_ABI_VERSION_MAJOR, FERRY_ABI_VERSION_MINOR, FERRY_ABI_VERSION_REVISION}, "ferry", "Fake", "0.0.0", "A fake."};

static const ferry_plugin_t *create(const ferry_host_t *host) {
   if (misbehaves("refuses") || !ferry_version_is_compatible(host->abi_version))
      return NULL;
   struct fake *fake = calloc(1, sizeof *fake);
   fake->host = host;
   pthread_mutex_init(&fake->mutex, NULL);
   pthread_cond_init(&fake->stop, NULL);
   ferry_plugin_t plugin = {&kDescriptor, fake, init, destroy, activate, deactivate, pump, get_extension};
   if (misbehaves("no-pump"))
      plugin.pump = NULL;
   fake->plugin = plugin;
   return &fake->plugin;
}

static const ferry_plugin_factory_t kFactory = {&kDescriptor, create};

static const void *get_factory(const char *id) {
   return strcmp(id, FERRY_PLUGIN_FACTORY) == 0 && !misbehaves("no-factory") ? &kFactory : NULL;
}

FERRY_EXPORT const ferry_entry_t *ferry_get_entry(void) {
   static ferry_entry_t entry = {{FERRY_ABI_VERSION_MAJOR, FERRY_ABI_VERSION_MINOR, FERRY_ABI_VERSION_REVISION},
                                 get_factory};
   entry.abi_version.major = FERRY_ABI_VERSION_MAJOR + (misbehaves("major") ? 1 : 0);
   return &entry;
}
