/* SPDX-License-Identifier: MIT */
/*
 * What the configuration says of places, as options of the search. Which of its
 * keys are a provider's is said here, in a row for each; those that this version
 * has not are left out (notbuilt.c says so).
 */
#include "local.h"

#include <assert.h>
#include <string.h>

static void read_google_legacy(const struct herd_config *config, struct herd_search_provider *provider)
{
    provider->url = config->places.google_legacy_url;
    provider->key_file = config->places.google_legacy_key_file; /* herd_config_load demands it */
    provider->key_place = herd_config_place(config, "places.google_legacy.key_file");
}

static const struct {
    const char *name;
    void (*read)(const struct herd_config *config, struct herd_search_provider *provider);
} rows[] = {
    {"google_legacy", read_google_legacy},
};

/* Providers without a row have no keys of their own. */
static void read_provider(const struct herd_config *config, const char *name, struct herd_search_provider *ret_provider)
{
    size_t i;

    *ret_provider = (struct herd_search_provider){.name = name};
    for (i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (strcmp(rows[i].name, name) == 0) rows[i].read(config, ret_provider);
    assert(ret_provider->url != NULL || !herd_places_provider_remote(name));
}

static struct herd_fetch_limits fetch_limits(const struct herd_config *config)
{
    return (struct herd_fetch_limits){
        .connect_timeout_ms = config->limits.provider_connect_timeout_ms,
        .header_bytes_max = config->limits.provider_header_bytes_max,
        .slow_bytes_per_second = config->limits.provider_slow_bytes_per_second,
        .slow_s = config->limits.provider_slow_s,
    };
}

static struct herd_places_options places_options(const struct herd_config *config)
{
    return (struct herd_places_options){
        .timeout_ms = config->places.timeout_ms,
        .body_bytes_max = config->limits.provider_bytes_max,
        .depth_max = config->limits.provider_depth_max,
        .breaker_failures = config->limits.provider_breaker_failures,
        .breaker_ms = config->limits.provider_breaker_ms,
        .transfers_max = config->limits.provider_transfers_max,
        .transfers_per_host_max = config->limits.provider_transfers_per_host_max,
        .queue_max = config->limits.provider_queue_max,
        .local_rank =
            strcmp(config->places.local_rank, "distance") == 0 ? HERD_PLACES_DISTANCE : HERD_PLACES_PROMINENCE,
    };
}

void search_settings_read(const struct herd_config *config, struct search_settings *ret_settings)
{
    unsigned count = 0;
    unsigned i;

    for (i = 0; i < config->places.provider_count && count < SEARCH_PROVIDERS_MAX; i++) {
        const char *name = config->places.providers[i];
        if (!herd_places_provider_exists(name)) continue;
        read_provider(config, name, &ret_settings->providers[count++]);
    }
    ret_settings->options = (struct herd_search_options){
        .providers = ret_settings->providers,
        .provider_count = count,
        .indexes = (const char *const *)config->places.local_indexes,
        .index_count = config->places.local_index_count,
        .index_place = herd_config_place(config, "places.local.indexes"),
        .user_agent = "herd-server",
        .places = places_options(config),
        .fetch = fetch_limits(config),
    };
}

int search_open(struct server *server)
{
    struct search_settings settings;
    struct herd_messages messages;
    int code;

    search_settings_read(server->config, &settings);
    herd_messages_begin(&messages);
    code = herd_search_open(&server->search, &server->loop, &settings.options, messages.out);
    herd_messages_tell(&messages, "herd-server");
    if (code == 0) server->core.places = herd_search_places(&server->search);
    return code;
}
