/* SPDX-License-Identifier: MIT */
/*
 * The configuration's whole grammar is accepted; what this version does not do
 * with it yet is said once at start, so that nobody trusts what is not there.
 * An address for the web on loopback is what a herd has that nobody has
 * configured: no warning, and --check-config says nothing of it.
 */
#include "local.h"

#include <stdio.h>
#include <string.h>

#include "herd/log.h"
#include "herd/tell.h"

typedef void (*say_call)(enum herd_log_level level, const char *place, const char *key, const char *consequence);

static void say_in_log(enum herd_log_level level, const char *place, const char *key, const char *consequence)
{
    struct herd_log_event log;

    if (!herd_log_begin(&log, level, "not_built")) return;
    herd_log_string(&log, "key", key);
    if (place[0] != '\0') herd_log_text(&log, "place", (struct herd_text){place, strlen(place) - 2}); /* without ": " */
    herd_log_string(&log, "msg", consequence);
    herd_log_end(&log);
}

static void tell(enum herd_log_level level, const char *place, const char *key, const char *consequence)
{
    if (level == HERD_LOG_WARNING) herd_tell(level, "herd-server: %swarning: %s: %s", place, key, consequence);
}

static void judge_address(const struct herd_server_config *server, const struct herd_address *address, const char *key,
                          const char *consequence, enum herd_log_level level, say_call say)
{
    char place[4200] = "";

    if (address->text == NULL) return;
    if (address->line > 0) snprintf(place, sizeof place, "%s:%d: ", server->file, address->line);
    say(level, place, key, consequence);
}

static void judge_server(const struct herd_server_config *server, say_call say)
{
    bool alone = herd_address_is_loopback(&server->web.socket);

    judge_address(server, &server->web, "web", "this version has no web address",
                  alone ? HERD_LOG_INFO : HERD_LOG_WARNING, say);
    judge_address(server, &server->clients_tls, "clients_tls", "this version does not speak TLS to clients",
                  HERD_LOG_WARNING, say);
}

static void judge_providers(const struct herd_config *config, say_call say)
{
    const char *place = herd_config_place(config, "places.providers");
    unsigned i;

    for (i = 0; i < config->places.provider_count; i++) {
        const char *name = config->places.providers[i];
        char consequence[120];
        if (herd_places_provider_exists(name)) continue;
        snprintf(consequence, sizeof consequence, "%s is not built into this version: passed over", name);
        say(HERD_LOG_WARNING, place, "places.providers", consequence);
    }
}

void notbuilt(const struct herd_config *config, const struct herd_server_config *self)
{
    say_call say = self != NULL ? say_in_log : tell;
    unsigned i;

    for (i = 0; i < config->server_count; i++)
        if (self == NULL || self == &config->servers[i]) judge_server(&config->servers[i], say);
    judge_providers(config, say);
}
