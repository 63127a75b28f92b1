/* SPDX-License-Identifier: MIT */
/*
 * Requests under way. The happy path: what a set's service wants sent is
 * fetched, the answer told to the same service, which has its tickets ready
 * then. A request that fails is logged, and the service asks the next provider.
 */
#include <errno.h>
#include <stdio.h>

#include "herd/log.h"
#include "local.h"

#define HTTP_OK 200

static void log_failure(const struct herd_places_request *request, const struct herd_fetch_answer *answer)
{
    struct herd_log_event log;

    if (!herd_log_begin(&log, HERD_LOG_WARNING, "places_failed")) return;
    herd_log_string(&log, "provider", request->provider);
    herd_log_string(&log, "reason", answer->error_text);
    herd_log_end(&log);
}

/* Once when it is other than it was; `trouble` is 0 where all is well. */
static void note_answer(struct herd_search *search, const char *provider, long http_status, int error)
{
    long trouble = error == 0 && http_status == HTTP_OK ? 0 : http_status;
    struct herd_log_event log;

    if (trouble == search->trouble) return;
    search->trouble = trouble;
    if (!herd_log_begin(&log, trouble == 0 ? HERD_LOG_INFO : HERD_LOG_WARNING,
                        trouble == 0 ? "places_recovered" : "places_failed"))
        return;
    herd_log_string(&log, "provider", provider);
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
    struct herd_search_set *set = request->driver;
    struct herd_search *search = set->search;
    int64_t now_ms = (int64_t)uv_now(&search->loop->uv);
    char reason[160];

    (void)fetch;
    if (answer->error == 0) {
        long http_status = answer->http_status;
        const char *provider = request->provider;
        log_step(request, "places_answered", answer);
        note_answer(search, provider, http_status,
                    herd_places_answer(set->places, request, http_status, answer->body, now_ms));
    } else {
        if (answer->error != -ECANCELED) log_failure(request, answer);
        snprintf(reason, sizeof reason, "The places provider failed: %s.", answer->error_text);
        herd_places_fail(set->places, request, failure_of(answer->error), reason, now_ms);
    }
    herd_search_pump(search);
}

static void send_request(struct herd_search_set *set, struct herd_places_request *request)
{
    const struct herd_places_message *message = &request->message;
    const struct herd_fetch_request fetch = {
        .url = herd_buffer_text(&message->url),
        .post = message->post ? herd_buffer_text(&message->body) : (struct herd_text){NULL, 0},
        .headers = message->headers,
        .timeout_ms = request->timeout_ms,
        .body_bytes_max = request->body_bytes_max,
    };

    request->driver = set;
    log_step(request, "places_asked", NULL);
    herd_fetch_start(set->search->fetcher, &fetch, on_fetched, request);
}

int64_t search_set_pump(struct herd_search_set *set, int64_t now_ms)
{
    struct herd_places_request *request;

    while ((request = herd_places_next(set->places, now_ms)) != NULL)
        send_request(set, request);
    return herd_places_due_ms(set->places);
}
