/* SPDX-License-Identifier: MIT */
/*
 * The places service's driver: maps the index and has a worker check it, which
 * also reads its pages in, so that the loop never waits for the disk; performs
 * the requests that the service wishes for.
 *
 * An index that is configured and missing stops the start. One that turns out
 * damaged does not: the herd goes on, and WHATSAT says what is wrong.
 */
#include "local.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "herd/log.h"
#include "herd/memory.h"

#define KEY_BYTES_MAX 4096
#define PROVIDERS_MAX 2

/* -- Errands: requests under way ------------------------------------------ */

struct errand {
    struct server *server;
    struct herd_places_request *request;
    const char *provider;
};

static void log_failure(const struct errand *errand, const struct herd_fetch_answer *answer)
{
    struct herd_log_event log;

    if (!herd_log_begin(&log, HERD_LOG_WARNING, "places_failed")) return;
    herd_log_string(&log, "provider", errand->provider);
    herd_log_string(&log, "reason", answer->error_text);
    herd_log_end(&log);
}

static void on_fetched(struct herd_fetch *fetch, struct herd_fetch_answer *answer, void *owner)
{
    struct errand *errand = owner;
    struct server *server = errand->server;
    struct herd_places *places = server->placework.places;
    int64_t now_ms = (int64_t)uv_now(&server->loop.uv);

    (void)fetch;
    server->placework.errands--;
    if (answer->error == 0) {
        herd_places_answer(places, errand->request, answer->http_status, answer->body, now_ms);
    } else {
        if (answer->error != -ECANCELED) log_failure(errand, answer);
        herd_places_fail(places, errand->request, answer->error_text, now_ms);
    }
    herd_memory_free(errand);
    placework_pump(server);
}

void placework_pump(struct server *server)
{
    struct placework *work = &server->placework;
    struct herd_places_wish wish;

    while (herd_places_next_wish(work->places, (int64_t)uv_now(&server->loop.uv), &wish)) {
        struct errand *errand = herd_memory_allocate(sizeof *errand);
        struct herd_fetch_request request = {
            .url = wish.url, .timeout_ms = wish.timeout_ms, .body_bytes_max = wish.body_bytes_max};

        *errand = (struct errand){server, wish.request, wish.provider};
        work->errands++;
        herd_fetch_start(work->fetcher, &request, on_fetched, errand);
    }
}

/* -- The index --------------------------------------------------------------- */

static void check_index(struct herd_worker *worker)
{
    struct server *server = worker->owner;
    struct placework *work = &server->placework;

    if (herd_places_index_open(work->map, work->map_length, &work->index, &work->problem) == 0) work->problem = NULL;
}

static void say_unusable(const struct placework *work)
{
    struct herd_log_event log;

    if (!herd_log_begin(&log, HERD_LOG_ERROR, "places_unusable")) return;
    herd_log_string(&log, "path", work->path);
    herd_log_string(&log, "reason", work->problem);
    herd_log_end(&log);
}

static void on_checked(struct herd_worker *worker, int status)
{
    struct server *server = worker->owner;
    struct placework *work = &server->placework;

    if (status == 0 && work->problem != NULL) say_unusable(work);
    herd_places_set_index(work->places, status == 0 && work->problem == NULL ? &work->index : NULL);
    placework_pump(server);
}

/* `<directory of the program>/../share/herd/places.idx`. */
static char *beside_program(void)
{
    static const char tail[] = "/../share/herd/places.idx";
    char *path = herd_memory_allocate(4096 + sizeof tail);
    ssize_t length = readlink("/proc/self/exe", path, 4096);
    char *slash;

    if (length <= 0) length = 0;
    path[length] = '\0';
    slash = strrchr(path, '/');
    if (slash == NULL) slash = path;
    memcpy(slash, tail, sizeof tail);
    return path;
}

static char *copy_string(const char *string)
{
    size_t size = strlen(string) + 1;

    return memcpy(herd_memory_allocate(size), string, size);
}

static int map_file(struct placework *work)
{
    struct stat status;
    int descriptor = open(work->path, O_RDONLY | O_CLOEXEC);
    int error = 0;

    if (descriptor < 0) return -errno;
    if (fstat(descriptor, &status) < 0)
        error = -errno;
    else if (!S_ISREG(status.st_mode) || status.st_size == 0)
        error = -EINVAL;
    if (error == 0) {
        void *map = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_SHARED, descriptor, 0);
        if (map == MAP_FAILED) {
            error = -errno;
        } else {
            work->map = map;
            work->map_length = (size_t)status.st_size;
        }
    }
    close(descriptor);
    return error;
}

static int open_index(struct server *server)
{
    const struct herd_config *config = server->config;
    struct placework *work = &server->placework;
    bool configured = config->places.local_index_count > 0;
    int error;

    work->path = configured ? copy_string(config->places.local_indexes[0]) : beside_program();
    error = map_file(work);
    if (error == 0) {
        herd_worker_start(&work->worker, &server->loop, check_index, on_checked, server);
        return 0;
    }
    if (configured) {
        fprintf(stderr, "herd-server: cannot read the places index %s: %s\n", work->path, strerror(-error));
        return EX_NOINPUT;
    }
    work->problem = strerror(-error);
    say_unusable(work);
    herd_places_set_index(work->places, NULL);
    return 0;
}

/* -- Opening and closing --------------------------------------------------- */

/* Reads a key file, without white space at its end: 0 or a sysexits code. */
static int read_key(const char *path, char key[KEY_BYTES_MAX], struct herd_text *ret_key)
{
    int descriptor = path != NULL ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    ssize_t length = descriptor >= 0 ? read(descriptor, key, KEY_BYTES_MAX) : -1;
    int error = errno;

    if (descriptor >= 0) close(descriptor);
    if (path == NULL) {
        fprintf(stderr, "herd-server: the provider google_legacy needs places.google_legacy.key_file\n");
        return EX_CONFIG;
    }
    if (length < 0) {
        fprintf(stderr, "herd-server: cannot read the key file %s: %s\n", path, strerror(error));
        return EX_NOINPUT;
    }
    while (length > 0 && (herd_is_space(key[length - 1]) || key[length - 1] == '\0'))
        length--;
    if (length == 0) {
        fprintf(stderr, "herd-server: the key file %s is empty\n", path);
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
            int code = read_key(config->places.google_legacy_key_file, key, &provider->key);
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
        .transfers_max = config->limits.provider_transfers_max,
        .transfers_per_host_max = config->limits.provider_transfers_per_host_max,
        .queue_max = config->limits.provider_queue_max,
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
                                          .local_rank = strcmp(config->places.local_rank, "distance") == 0
                                                            ? HERD_PLACES_DISTANCE
                                                            : HERD_PLACES_PROMINENCE};
    char key[KEY_BYTES_MAX];
    int code = list_providers(config, key, providers, &options.provider_count);

    if (code != 0) return code;
    work->places = herd_places_create(&options);
    explicit_bzero(key, sizeof key);
    work->fetcher_closed = true;
    if (has(providers, options.provider_count, "google_legacy")) {
        struct herd_fetch_limits limits = fetch_limits(config);
        if (herd_fetcher_create(&server->loop, &limits, "herd-server", &work->fetcher) < 0) return EX_OSERR;
        work->fetcher_closed = false;
    }
    return has(providers, options.provider_count, "local") ? open_index(server) : 0;
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
    if (work->map != NULL) herd_worker_cancel(&work->worker);
    if (work->fetcher != NULL) herd_fetcher_close(work->fetcher, on_fetcher_closed, server);
}

void placework_finish(struct server *server)
{
    struct placework *work = &server->placework;

    herd_places_destroy(work->places);
    if (work->map != NULL) munmap(work->map, work->map_length);
    herd_memory_free(work->path);
}
