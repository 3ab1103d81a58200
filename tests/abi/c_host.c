/* A host in C, as small as one can be: loads the module, makes an instance, lets it refuse bad settings, asks for an
 * operation that needs no database, and unloads. Exit code 0 when all of it went as ferry/plugin.h says. */
#include <dlfcn.h>
#include <ferry/entry.h>
#include <ferry/ext/log.h>
#include <ferry/ext/operations.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct buffer {
   char text[65536];
   size_t size;
} buffer_t;

static int misbehaviours = 0;

static void expect(bool holds, const char *what) {
   if (holds) return;
   fprintf(stderr, "not so: %s\n", what);
   exit(1);
}

static bool write_to_buffer(const ferry_sink_t *sink, const char *data, size_t size) {
   buffer_t *buffer = (buffer_t *)sink->ctx;
   if (size > sizeof buffer->text - buffer->size) return false;
   memcpy(buffer->text + buffer->size, data, size);
   buffer->size += size;
   return true;
}

static ferry_text_t text(const char *of) {
   ferry_text_t result;
   result.data = of;
   result.size = strlen(of);
   return result;
}

static void write_log(const ferry_host_t *host, ferry_log_severity_t severity, ferry_text_t line) {
   (void)host;
   if (severity >= FERRY_LOG_HOST_MISBEHAVING) ++misbehaviours;
   fprintf(stderr, "%d %.*s\n", (int)severity, (int)line.size, line.data);
}

static const ferry_host_log_t host_log = {write_log};

static const void *get_extension(const ferry_host_t *host, const char *id) {
   (void)host;
   return strcmp(id, FERRY_EXT_LOG) == 0 ? (const void *)&host_log : NULL;
}

static void request_pump(const ferry_host_t *host) { (void)host; }

static void refuses_bad_settings(const ferry_plugin_t *plugin) {
   static buffer_t diagnostics;
   const ferry_sink_t sink = {&diagnostics, write_to_buffer};
   const ferry_status_t status =
       plugin->activate(plugin, FERRY_ACTIVATE_OPERATIONS, text("{\"databose\": \"x\"}"), &sink);
   expect(status == FERRY_E_INVALID, "settings with a typo are refused");
   expect(diagnostics.size > 0, "the diagnostics say why");
   expect(memchr(diagnostics.text, '\n', diagnostics.size) != NULL, "all problems are named, one per line");
   fprintf(stderr, "refused as expected:\n%.*s\n", (int)diagnostics.size, diagnostics.text);
}

static void answers_an_operation(const ferry_plugin_t *plugin) {
   static buffer_t result, reason;
   const ferry_sink_t no_diagnostics = {&reason, write_to_buffer};
   const ferry_sink_t result_sink = {&result, write_to_buffer};
   const ferry_plugin_operations_t *operations =
       (const ferry_plugin_operations_t *)plugin->get_extension(plugin, FERRY_EXT_OPERATIONS);
   expect(operations != NULL, "operations are offered");
   const ferry_text_t settings = text("{\"database\": \"none\"}");
   expect(plugin->activate(plugin, FERRY_ACTIVATE_OPERATIONS, settings, &no_diagnostics) == FERRY_OK,
          "sound settings are accepted");
   expect(operations->perform(plugin, text("settings"), text(""), &result_sink, &no_diagnostics) == FERRY_OK,
          "the settings page needs no database");
   expect(result.size > 0 && result.text[0] == '{', "the result is a JSON object");
   const ferry_text_t unknown = text("no-such-operation");
   expect(operations->perform(plugin, unknown, text(""), &result_sink, &no_diagnostics) == FERRY_E_INVALID,
          "an unknown operation is refused");
   expect(reason.size > 0, "the reason says why");
   expect(plugin->pump(plugin) == 0, "nothing waits for the host");
   plugin->deactivate(plugin, 0);
}

static const ferry_entry_t *entry_of(void *library) {
   const ferry_entry_t *(*get_entry)(void);
   *(void **)&get_entry = dlsym(library, "ferry_get_entry");
   expect(get_entry != NULL, "the module exports ferry_get_entry");
   return get_entry();
}

static void drive(const char *path) {
   ferry_host_t host = {ferry_abi_version(), NULL, "c-host", "1", get_extension, request_pump};
   void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
   if (library == NULL) fprintf(stderr, "%s\n", dlerror());
   expect(library != NULL, "the module can be loaded");
   const ferry_entry_t *entry = entry_of(library);
   expect(ferry_version_is_compatible(entry->abi_version), "the versions are compatible");
   expect(entry->get_factory("no.such/1") == NULL, "an unknown factory is null");
   const ferry_plugin_factory_t *factory = (const ferry_plugin_factory_t *)entry->get_factory(FERRY_PLUGIN_FACTORY);
   expect(factory != NULL, "there is a factory");
   host.abi_version.major += 1;
   expect(factory->create(&host) == NULL, "a host of another major version is refused");
   host.abi_version.major -= 1;
   const ferry_plugin_t *plugin = factory->create(&host);
   expect(plugin != NULL, "an instance is made");
   expect(plugin->init(plugin), "it can be initialised");
   refuses_bad_settings(plugin);
   answers_an_operation(plugin);
   expect(misbehaviours == 0, "nobody misbehaved");
   expect(plugin->pump(plugin) == 0 && misbehaviours == 1, "a call in the wrong state is reported, not crashed on");
   misbehaviours = 0;
   plugin->destroy(plugin);
   expect(dlclose(library) == 0, "the module can be unloaded");
}

int main(int count, char **arguments) {
   expect(count == 2, "usage: abi_c_host PATH-OF-FERRY.SO");
   drive(arguments[1]);
   drive(arguments[1]);
   return 0;
}
