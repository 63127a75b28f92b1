/* SPDX-License-Identifier: MIT */
/*
 * The places service's driver: opens the service with the providers that are
 * configured and built in, and sends the requests that it makes. Its
 * indexes are indexfiles.c.
 *
 * A key that cannot be read stops the start. A request that fails is logged,
 * and the service asks the next provider.
 */
#include "local.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sysexits.h>
#include <unistd.h>

#include "herd/log.h"
#include "herd/memory.h"
#include "herd/path.h"
#include "herd/tell.h"

#define KEY_BYTES_MAX 4096
#define PROVIDERS_MAX 2
#define HTTP_OK 200

/* -- Requests under way --------------------------------------------------- */

static void log_failure(const struct herd_places_request *request, const struct herd_fetch_answer *answer)
{
    struct herd_log_event log;

    if (!herd_log_begin(&log, HERD_LOG_WARNING, "places_failed")) return;
    herd_log_string(&log, "provider", request->provider);
    herd_log_string(&log, "reason", answer->error_text);
    herd_log_end(&log);
}

/* Once when it is other than it was; `trouble` is 0 where all is well. */
static void note_answer(const struct herd_places_request *request, long http_status, int error)
{
    struct placework *work = request->driver;
    long trouble = error == 0 && http_status == HTTP_OK ? 0 : http_status;
    struct herd_log_event log;

    if (trouble == work->trouble) return;
    work->trouble = trouble;
    if (!herd_log_begin(&log, trouble == 0 ? HERD_LOG_INFO : HERD_LOG_WARNING,
                        trouble == 0 ? "places_recovered" : "places_failed"))
        return;
    herd_log_string(&log, "provider", request->provider);
    herd_log_number(&log, "status", http_status);
    if (trouble != 0)
        herd_log_string(&log, "reason",
                        error == 0        ? "an error of the provider"
                        : error == -E2BIG ? "an answer beyond the limits for providers"
                                          : "no JSON");
    herd_log_end(&log);
}

/* For who looks closely: the level is debug. The URL has the key in it and is not told. */
static void log_step(const struct herd_places_request *request, const char *event,
                     const struct herd_fetch_answer *answer)
{
    struct herd_log_event log;

    if (!herd_log_begin(&log, HERD_LOG_DEBUG, event)) return;
    herd_log_string(&log, "provider", request->provider);
    if (answer != NULL) {
        herd_log_number(&log, "status", answer->http_status);
        herd_log_number(&log, "bytes", (int64_t)herd_buffer_length(answer->body));
    }
    herd_log_end(&log);
}

static enum herd_places_failure failure_of(int error)
{
    if (error == -ETIMEDOUT) return HERD_PLACES_SLOW;
    return error == -ECONNREFUSED || error == -EIO ? HERD_PLACES_FAILED : HERD_PLACES_OURS;
}

static void on_fetched(struct herd_fetch *fetch, struct herd_fetch_answer *answer, void *owner)
{
    struct herd_places_request *request = owner;
    struct placework *work = request->driver;
    struct server *server = HERD_CONTAINER(work, struct server, placework);
    struct herd_places *places = work->places;
    int64_t now_ms = (int64_t)uv_now(&server->loop.uv);
    char reason[160];

    (void)fetch;
    if (answer->error == 0) {
        int error;

        log_step(request, "places_answered", answer);
        error = herd_places_answer(places, request, answer->http_status, answer->body, now_ms);
        note_answer(request, answer->http_status, error);
    } else {
        if (answer->error != -ECANCELED) log_failure(request, answer);
        snprintf(reason, sizeof reason, "The places provider failed: %s.", answer->error_text);
        herd_places_fail(places, request, failure_of(answer->error), reason, now_ms);
    }
    placework_pump(server);
}

static void send_request(struct placework *work, struct herd_places_request *request)
{
    const struct herd_places_message *message = &request->message;
    const struct herd_fetch_request fetch = {
        .url = herd_buffer_text(&message->url),
        .post = message->post ? herd_buffer_text(&message->body) : (struct herd_text){NULL, 0},
        .headers = message->headers,
        .timeout_ms = request->timeout_ms,
        .body_bytes_max = request->body_bytes_max,
    };

    herd_fetch_start(work->fetcher, &fetch, on_fetched, request);
}

static void on_due(uv_timer_t *timer)
{
    placework_pump(timer->data);
}

/* Questions that were never asked, for want of room or time: how often is in the state, that it happens is said here.
 */
static void log_unasked(struct placework *work)
{
    const struct herd_places_counts *counts = herd_places_counts(work->places);
    uint64_t unasked = counts->queue_full + counts->late;
    struct herd_log_event log;

    if (unasked == work->unasked) return;
    work->unasked = unasked;
    if (!herd_log_begin(&log, HERD_LOG_WARNING, "places_crowded")) return;
    herd_log_number(&log, "provider_queue_max", (int64_t)counts->queue_full);
    herd_log_number(&log, "waited_too_long", (int64_t)counts->late);
    herd_log_end(&log);
}

void placework_pump(struct server *server)
{
    struct placework *work = &server->placework;
    int64_t now_ms = (int64_t)uv_now(&server->loop.uv);
    struct herd_places_request *request;
    int64_t due_ms;

    while (!work->closing && (request = herd_places_next(work->places, now_ms)) != NULL) {
        request->driver = work;
        log_step(request, "places_asked", NULL);
        send_request(work, request);
    }
    if (work->closing) return;
    log_unasked(work);
    due_ms = herd_places_due_ms(work->places);
    uv_timer_stop(&work->due_timer);
    if (due_ms < INT64_MAX)
        uv_timer_start(&work->due_timer, on_due, due_ms > now_ms ? (uint64_t)(due_ms - now_ms) : 1, 0);
}

/* -- Opening and closing --------------------------------------------------- */

/* Reads a key file, without white space at its end: 0 or a sysexits code. */
static int read_key(const struct herd_config *config, char key[KEY_BYTES_MAX], struct herd_text *ret_key)
{
    const char *path = config->places.google_legacy_key_file;
    const char *place = herd_config_place(config, "places.google_legacy.key_file");
    int descriptor = herd_path_open_file(AT_FDCWD, path, O_RDONLY, 0); /* herd_config_load demands a path */
    ssize_t length = descriptor >= 0 ? read(descriptor, key, KEY_BYTES_MAX) : -1;
    int error = descriptor >= 0 ? -errno : descriptor;

    if (descriptor >= 0) close(descriptor);
    if (length < 0) {
        herd_tell(HERD_LOG_ERROR, "herd-server: %scannot read the key file %s: %s", place, path,
                  herd_path_reason(error));
        return EX_NOINPUT;
    }
    while (length > 0 && (herd_is_space(key[length - 1]) || key[length - 1] == '\0'))
        length--;
    if (length == 0) {
        herd_tell(HERD_LOG_ERROR, "herd-server: %sthe key file %s is empty", place, path);
        return EX_CONFIG;
    }
    *ret_key = (struct herd_text){key, (size_t)length};
    return 0;
}

/* The configured providers that are built in, each once: 0 or a sysexits code. */
static int list_providers(const struct herd_config *config, char key[KEY_BYTES_MAX],
                          struct herd_places_provider_options providers[PROVIDERS_MAX], unsigned *ret_count)
{
    unsigned count = 0;
    unsigned i;

    for (i = 0; i < config->places.provider_count && count < PROVIDERS_MAX; i++) {
        const char *name = config->places.providers[i];
        struct herd_places_provider_options *provider = &providers[count];
        *provider = (struct herd_places_provider_options){.name = name};
        if (strcmp(name, "google_legacy") == 0) {
            int code = read_key(config, key, &provider->key);
            if (code != 0) return code;
            provider->url = config->places.google_legacy_url;
            count++;
        } else if (strcmp(name, "local") == 0) {
            count++;
        }
    }
    *ret_count = count;
    return 0;
}

bool placework_check(const struct herd_config *config)
{
    bool good = true;
    unsigned i;

    for (i = 0; i < config->places.provider_count; i++) {
        const char *name = config->places.providers[i];
        char key[KEY_BYTES_MAX];
        struct herd_text read;
        if (strcmp(name, "google_legacy") == 0) {
            good = read_key(config, key, &read) == 0 && good;
            explicit_bzero(key, sizeof key);
        } else if (strcmp(name, "local") == 0) {
            good = indexfiles_check(config) && good;
        }
    }
    return good;
}

static bool has(const struct herd_places_provider_options *providers, unsigned count, const char *name)
{
    unsigned i;

    for (i = 0; i < count; i++)
        if (strcmp(providers[i].name, name) == 0) return true;
    return false;
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

int placework_open(struct server *server)
{
    const struct herd_config *config = server->config;
    struct placework *work = &server->placework;
    struct herd_places_provider_options providers[PROVIDERS_MAX];
    struct herd_places_options options = {.providers = providers,
                                          .timeout_ms = config->places.timeout_ms,
                                          .body_bytes_max = config->limits.provider_bytes_max,
                                          .depth_max = config->limits.provider_depth_max,
                                          .breaker_failures = config->limits.provider_breaker_failures,
                                          .breaker_ms = config->limits.provider_breaker_ms,
                                          .transfers_max = config->limits.provider_transfers_max,
                                          .transfers_per_host_max = config->limits.provider_transfers_per_host_max,
                                          .queue_max = config->limits.provider_queue_max,
                                          .local_rank = strcmp(config->places.local_rank, "distance") == 0
                                                            ? HERD_PLACES_DISTANCE
                                                            : HERD_PLACES_PROMINENCE};
    char key[KEY_BYTES_MAX];
    int code = list_providers(config, key, providers, &options.provider_count);

    if (code != 0) return code;
    work->places = herd_places_create(&options);
    uv_timer_init(&server->loop.uv, &work->due_timer);
    work->due_timer.data = server;
    explicit_bzero(key, sizeof key);
    work->fetcher_closed = true;
    if (has(providers, options.provider_count, "google_legacy")) {
        struct herd_fetch_limits limits = fetch_limits(config);
        if (herd_fetcher_create(&server->loop, &limits, "herd-server", &work->fetcher) < 0) {
            herd_tell(HERD_LOG_ERROR, "herd-server: libcurl cannot be set up");
            return EX_OSERR;
        }
        work->fetcher_closed = false;
    }
    return has(providers, options.provider_count, "local") ? indexfiles_open(server) : 0;
}

void placework_tick(struct server *server)
{
    if (!server->placework.closing) indexfiles_tick(server);
}

static void on_fetcher_closed(void *owner)
{
    struct server *server = owner;

    server->placework.fetcher = NULL;
    server->placework.fetcher_closed = true;
}

void placework_close(struct server *server)
{
    struct placework *work = &server->placework;

    if (work->closing) return;
    work->closing = true;
    indexfiles_close(server);
    if (work->due_timer.loop != NULL) uv_close((uv_handle_t *)&work->due_timer, NULL);
    if (work->fetcher != NULL) herd_fetcher_close(work->fetcher, on_fetcher_closed, server);
}

void placework_finish(struct server *server)
{
    struct placework *work = &server->placework;

    herd_places_destroy(work->places);
    indexfiles_finish(server);
}
