/* SPDX-License-Identifier: MIT */
/* herd-server: one server of a herd, in the foreground. */
#include "local.h"

#include <curl/curl.h>
#include <jansson.h>
#include <libconfig.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

#include "herd/log.h"
#include "herd/memory.h"
#include "herd/signals.h"
#include "herd/standard.h"
#include "herd/tell.h"

#define LARGE_BYTES (128 * 1024)
#define KEPT_BYTES (16 * 1024 * 1024)

static void print_help(void)
{
    puts("Usage: herd-server --name NAME [--config FILE]\n"
         "\n"
         "Runs one server of a herd in the foreground.\n"
         "\n"
         "  -n, --name NAME      which server of the configuration this is\n"
         "  -c, --config FILE    the herd's configuration; default: $HERD_CONFIG, then\n"
         "                       /etc/herd/herd.conf, else a herd of five on loopback\n"
         "  -t, --check-config   check the configuration and what a start would open,\n"
         "                       exit: 0, or 78 and all that is wrong\n"
         "      --against FILE   with --check-config: say what a reload would change in the\n"
         "                       servers, or the server --name, that run with FILE; exit: 78\n"
         "                       where they would refuse it, too\n"
         "      --dump-config    print the configuration in effect and exit\n"
         "  -V, --version        print versions and credits and exit\n"
         "  -h, --help           print this and exit\n"
         "\n"
         "Signals: SIGTERM and SIGINT drain and exit 0, a second one ends at once;\n"
         "SIGUSR1 writes the state to the log, SIGHUP puts a changed configuration in force.\n"
         "Exit: 0; 64 usage; 66 a file cannot be read; 69 an address cannot be listened on;\n"
         "71 system; 77 permission; 78 configuration.\n"
         "\n"
         "Options of the configuration:\n");
    herd_config_help(stdout);
}

static void print_version(void)
{
    printf("herd-server %s\n", HERD_VERSION);
    printf("libuv %s, libcurl %s, jansson %s, libconfig %d.%d.%d\n", uv_version_string(),
           curl_version_info(CURLVERSION_NOW)->version, jansson_version_str(), LIBCONFIG_VER_MAJOR, LIBCONFIG_VER_MINOR,
           LIBCONFIG_VER_REVISION);
    puts("Places: \302\251 GeoNames (CC BY 4.0), https://www.geonames.org/");
}

/* The server that is meant: its index, or -1 and it is said. */
static int find_self(const struct herd_config *config, const char *name)
{
    const char *names[HERD_SERVERS_MAX];
    const char *meant;
    int self = herd_config_find_server(config, name);
    unsigned i;

    if (self >= 0) return self;
    for (i = 0; i < config->server_count; i++)
        names[i] = config->servers[i].name;
    meant = herd_suggest(name, names, config->server_count);
    herd_tell(HERD_LOG_ERROR, "herd-server: no server \"%s\" in %s%s%s%s", name,
              config->source != NULL ? config->source : "the built-in herd", meant != NULL ? " (did you mean \"" : "",
              meant != NULL ? meant : "", meant != NULL ? "\"?)" : "");
    return -1;
}

static void add_origin(struct herd_log_event *log, const struct herd_config *config)
{
    herd_log_string(log, "version", HERD_VERSION);
    herd_log_string(log, "config", config->source != NULL ? config->source : "built-in");
}

/* The first line of the log: whatever comes to pass, it is known of what. */
static void log_starting(const struct herd_config *config)
{
    struct herd_log_event log;

    if (!herd_log_begin(&log, HERD_LOG_INFO, "starting")) return;
    add_origin(&log, config);
    herd_log_end(&log);
}

static void log_listening(const struct server *server)
{
    static const char *const secrets[] = {"none: peers from loopback only", "one: peers must prove it",
                                          "two: peers must prove either, the first signs"};
    struct herd_log_event log;

    if (!herd_log_begin(&log, HERD_LOG_INFO, "listening")) return;
    add_origin(&log, server->config);
    herd_log_string(&log, "clients", server->self->clients_listen.text);
    herd_log_string(&log, "peers", server->self->peers_listen.text);
    herd_log_string(&log, "secret", secrets[server->core.flood.keys.count]);
    herd_log_end(&log);
}

/* Takes `config`. */
static int serve(struct herd_config *config, const char *path, unsigned self)
{
    struct server *server;
    struct herd_messages messages;
    unsigned descriptors = descriptors_raise();
    int code;
    int end;

    if (descriptors == 0) return EX_OSERR;
    herd_messages_begin(&messages);
    code = logopen(config, config->servers[self].name, messages.out);
    herd_messages_tell(&messages, "herd-server");
    if (code != 0) return code;
    log_starting(config);
    server = herd_memory_allocate_zeroed(1, sizeof *server);
    code = server_start(server, config, path, self, descriptors);
    if (code == 0) {
        notbuilt(server->config, server->self);
        log_listening(server);
        running_keep(server->config, server->self->name);
        notify_ready(server->self->name, server->self->clients_listen.text);
        server_run(server);
        code = server->exit_code;
    }
    if (code == -ECANCELED) {
        herd_log_message(HERD_LOG_INFO, "stopping", "a signal, while the journal was read: nothing of it was changed");
        code = 0;
    }
    end = server_finish(server);
    herd_memory_free(server);
    if (code == 0 && end == 0) herd_log_message(HERD_LOG_INFO, "stopped", "drained");
    herd_log_close();
    return code != 0 ? code : end;
}

static int load(const char *path, struct herd_config *ret_config)
{
    struct herd_messages messages;
    int code;

    herd_messages_begin(&messages);
    code = herd_config_load(path, messages.out, ret_config);
    herd_messages_tell(&messages, "herd-server");
    return code;
}

/* What else is wrong is said although the name is unknown. */
static int check(const struct herd_config *config, const char *path, const struct arguments *arguments, int code)
{
    struct herd_messages messages;
    int found;

    herd_messages_begin(&messages);
    found = checkstart(config, messages.out);
    herd_messages_tell(&messages, "herd-server");
    if (code == 0) code = found;
    if (code == 0 && arguments->against != NULL) return against(arguments->against, config, arguments->name);
    if (code == 0) printf("%s: ok\n", path != NULL ? path : "the built-in herd");
    return code;
}

static int with_config(const struct arguments *arguments)
{
    const char *path = arguments->config != NULL ? arguments->config : herd_config_default_path();
    struct herd_config config = {0};
    int code = load(path, &config);
    int self = -1;

    if (code != 0) return arguments->action == ACTION_CHECK ? EX_CONFIG : code;
    if (arguments->name != NULL && arguments->against == NULL) {
        self = find_self(&config, arguments->name);
        if (self < 0) code = EX_CONFIG;
    }
    if (code == 0 && arguments->action == ACTION_DUMP)
        herd_config_dump(&config, stdout);
    else if (arguments->action == ACTION_CHECK)
        code = check(&config, path, arguments, code);
    else if (code == 0)
        code = serve(&config, arguments->config, (unsigned)self);
    herd_config_finish(&config);
    return code;
}

/*
 * Buffers of a burst are large and live shortly, records are small and stay.
 * glibc learns to take both from one heap, where the records then fill the
 * holes of the buffers: at a million clients that cost a tenth more memory.
 * What a turn's buffers leave free at the heap's end is kept for those of the
 * next: given back each time, it would be faulted in anew each time, which cost
 * deep pipelines up to a third of their speed.
 */
static void shape_heap(void)
{
#if defined(__GLIBC__)
    mallopt(M_MMAP_THRESHOLD, LARGE_BYTES);
    mallopt(M_TRIM_THRESHOLD, KEPT_BYTES);
#endif
}

/*
 * SIGUSR1 and SIGHUP never end a server. The others end it as they end any
 * program until the loop is there to read them; but process 1 would not be told
 * of them before that, and whoever stops a container would wait in vain.
 */
static void hold_signals(void)
{
    static const int numbers[] = {SIGUSR1, SIGHUP, 0};
    static const int numbers_first[] = {SIGUSR1, SIGHUP, SIGTERM, SIGINT, 0};

    herd_signals_begin(getpid() == 1 ? numbers_first : numbers);
}

int main(int argc, char **argv)
{
    struct arguments arguments;
    int code;

    hold_signals();
    herd_standard_fill();
    shape_heap();
    code = arguments_parse(argc, argv, &arguments);
    if (code != 0) return code;
    signal(SIGPIPE, SIG_IGN);
    if (arguments.action == ACTION_HELP) {
        print_help();
        return herd_standard_end("herd-server", 0);
    }
    if (arguments.action == ACTION_VERSION) {
        print_version();
        return herd_standard_end("herd-server", 0);
    }
    return herd_standard_end("herd-server", with_config(&arguments));
}
