/* SPDX-License-Identifier: MIT */
/* What no row of the table of options can see alone: names that are there twice, limits that belong together,
 * providers that lack something. Addresses and links have files of their own. */
#include "local.h"

static void check_names(const struct herd_config *config, struct config_report *report)
{
    for (unsigned i = 0; i < config->server_count; i++) {
        const struct herd_server_config *server = &config->servers[i];
        if (server->name == NULL) continue;
        int first = herd_config_find_server(config, server->name);
        if (first == (int)i) continue;
        config_report_error(report, server->line, "servers[%u]: servers[%d] is called \"%s\" too", i, first,
                            server->name);
    }
}

static void check_limits(const struct herd_config *config, struct config_report *report)
{
    if (config->limits.output_resume_bytes >= config->limits.output_pause_bytes) {
        config_report_begin_option(report, "limits.output_resume_bytes");
        fprintf(report->out, " must be less than limits.output_pause_bytes, which is %lu",
                (unsigned long)config->limits.output_pause_bytes);
        config_report_end(report);
    }
    if (config->limits.provider_transfers_per_host_max > config->limits.provider_transfers_max) {
        config_report_begin_option(report, "limits.provider_transfers_per_host_max");
        fprintf(report->out, " must be at most limits.provider_transfers_max, which is %lu",
                (unsigned long)config->limits.provider_transfers_max);
        config_report_end(report);
    }
}

static bool uses_provider(const struct herd_config *config, const char *name)
{
    for (unsigned i = 0; i < config->places.provider_count; i++) {
        if (strcmp(config->places.providers[i], name) == 0) return true;
    }
    return false;
}

static void check_key(const struct herd_config *config, const char *provider, const char *key_file,
                      struct config_report *report)
{
    if (!uses_provider(config, provider) || key_file != NULL) return;
    config_report_begin_option(report, "places.providers");
    fprintf(report->out, ": \"%s\" needs places.%s.key_file", provider, provider);
    config_report_end(report);
}

/* Whether the host of an http:// URL is this machine. */
static bool url_is_loopback(const char *url)
{
    const char *host = url + strlen("http://");
    struct herd_text text = {host, strcspn(host, "/")};
    const char *bracket = memchr(text.bytes, ']', text.length);
    size_t from = bracket == NULL ? 0 : (size_t)(bracket - text.bytes);
    const char *colon = memchr(text.bytes + from, ':', text.length - from);
    if (colon != NULL) text.length = (size_t)(colon - text.bytes);
    if (herd_text_equal(text, HERD_TEXT("localhost"))) return true;

    char address[64];
    struct sockaddr_storage socket;
    int length = snprintf(address, sizeof(address), "%.*s:80", HERD_TEXT_ARGS(text));
    if (length < 0 || (size_t)length >= sizeof(address)) return false;
    return herd_address_parse(address, &socket) == 0 && herd_address_is_loopback(&socket);
}

static void warn_plain_url(const char *key, const char *url, struct config_report *report)
{
    if (url == NULL || strncmp(url, "http://", strlen("http://")) != 0 || url_is_loopback(url)) return;
    config_report_begin_option_warning(report, key);
    fputs(": clients' places and the key travel unencrypted over http://", report->out);
    config_report_end(report);
}

static void check_places(const struct herd_config *config, struct config_report *report)
{
    if (config->places.provider_count == 0) {
        config_report_begin_option(report, "places.providers");
        fputs(" names none", report->out);
        config_report_end(report);
    }
    if (config->places.local_index_count > HERD_LOCAL_INDEXES_MAX) {
        config_report_begin_option(report, "places.local.indexes");
        fprintf(report->out, " names %u files, at most %d", config->places.local_index_count, HERD_LOCAL_INDEXES_MAX);
        config_report_end(report);
    }
    if (uses_provider(config, "overpass") && config->places.overpass_url == NULL) {
        config_report_begin_option(report, "places.providers");
        fputs(": \"overpass\" needs places.overpass.url", report->out);
        config_report_end(report);
    }
    check_key(config, "google", config->places.google_key_file, report);
    check_key(config, "google_legacy", config->places.google_legacy_key_file, report);
    warn_plain_url("places.google_legacy.url", config->places.google_legacy_url, report);
    warn_plain_url("places.google.url", config->places.google_url, report);
    warn_plain_url("places.overpass.url", config->places.overpass_url, report);
}

void config_check(const struct herd_config *config, struct config_report *report)
{
    check_names(config, report);
    config_check_addresses(config, report);
    check_limits(config, report);
    check_places(config, report);
}
