/* SPDX-License-Identifier: MIT */
/*
 * The configuration's whole grammar is accepted; what this version does not do
 * with it yet is said once at start, so that nobody trusts what is not there.
 */
#include "local.h"

#include <string.h>

#include "herd/log.h"

static void say(const char *key, const char *consequence)
{
    struct herd_log_event log;

    if (!herd_log_begin(&log, HERD_LOG_WARNING, "not_built")) return;
    herd_log_string(&log, "key", key);
    herd_log_string(&log, "msg", consequence);
    herd_log_end(&log);
}

static void say_providers(const struct herd_config *config)
{
    unsigned i;

    for (i = 0; i < config->places.provider_count; i++) {
        const char *name = config->places.providers[i];
        if (strcmp(name, "local") != 0 && strcmp(name, "google_legacy") != 0)
            say("places.providers", strcmp(name, "google") == 0
                                        ? "google is not built into this version: passed over"
                                        : "overpass is not built into this version: passed over");
    }
}

void notbuilt(const struct herd_config *config, const struct herd_server_config *self)
{
    if (self->web.text != NULL) say("web", "this version has no web address");
    if (self->clients_tls.text != NULL) say("clients_tls", "this version does not speak TLS to clients");
    say_providers(config);
}
