/* SPDX-License-Identifier: MIT */
/*
 * The places service.
 *
 * The happy path with local indexes: ask says READY, render searches and
 * writes. With a remote provider: ask opens a request or joins the one for the
 * same, next (placesqueue.c) hands it to the driver when it is its turn, with
 * what its provider has built to be sent; answer has the provider turn the body
 * into our shape and scans it once, each ticket's render cuts its own slice, the
 * last one frees the body.
 *
 *     places.buckets -> request -> request ...       not yet settled, by hash of the key
 *     request.waiting -> ticket -> ticket ...        WAITING
 *     ticket.request -> request                      WAITING, or READY with a body to cut
 *     request.holders                                READY tickets, and places_request_settle() itself
 *
 * When a provider fails, the request moves to the next one that can be asked:
 * it waits for its turn there, or for the indexes, joins a request for the same
 * that is already there, or, where indexes are at hand, its tickets are local ones.
 * Where no provider is left they are settled with the last error body that a
 * provider sent, or with one that tells the reason. When all askers of a request are gone it
 * is dropped before the driver took it; after that it stays until the driver
 * tells its end, because identical questions may still join and the breaker
 * wants to know.
 *
 * on_ready may ask, render and leave any ticket: so places_request_settle() takes the tickets
 * off one by one, after the request is out of every list.
 */
#include "herd/places.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>

#include "herd/cut.h"
#include "herd/memory.h"
#include "local.h"

#define HTTP_OK 200
#define HTTP_TOO_MANY_REQUESTS 429
#define HTTP_SERVER_ERROR 500

const char places_no_index[] = "The index of places is missing or damaged.";
static const char no_provider[] = "No provider of places is set up.";
const char places_left_alone[] = "The places provider keeps failing and is left alone for a while.";
static const char too_big[] = "The places provider's answer is larger than this server takes.";
static const char too_deep[] = "The places provider's answer is nested deeper than this server takes.";

static void provider_init(struct places_provider *provider, const struct herd_places_provider_options *options,
                          const struct herd_places_options *limits)
{
    *provider = (struct places_provider){.kind = provider_find(options->name)};
    assert(provider->kind != NULL);
    breaker_init(&provider->breaker, herd_text_of(provider->kind->name), limits->breaker_failures, limits->breaker_ms);
    places_queue_init(&provider->queue);
    if (provider->kind->open != NULL) provider->kind->open(provider, options);
}

/* `https://maps.example.org:443` of `https://maps.example.org:443/json`. */
static struct herd_text host_of(const struct places_provider *provider)
{
    struct herd_text url = herd_buffer_text(&provider->url);
    size_t length = 0;
    for (unsigned slashes = 0; length < url.length; length++)
        if (url.bytes[length] == '/' && ++slashes == 3) break;
    return (struct herd_text){url.bytes, length};
}

/* Providers at one host share how much it is asked at once. */
static void find_hosts(struct herd_places *places)
{
    for (unsigned i = 0; i < places->provider_count; i++) {
        struct places_provider *provider = &places->providers[i];
        if (provider->kind->remote) places->remote_count++;
        while (provider->host < i && !herd_text_equal(host_of(&places->providers[provider->host]), host_of(provider)))
            provider->host++;
    }
}

struct herd_places *herd_places_create(const struct herd_places_options *options)
{
    struct herd_places *places = herd_memory_allocate_zeroed(1, sizeof(*places));
    places->providers = herd_memory_allocate_zeroed(options->provider_count, sizeof(*places->providers));
    places->provider_count = options->provider_count;
    for (unsigned i = 0; i < options->provider_count; i++)
        provider_init(&places->providers[i], &options->providers[i], options);
    find_hosts(places);
    places->local_rank = options->local_rank;
    places->timeout_ms = options->timeout_ms;
    places->body_bytes_max = options->body_bytes_max;
    places->depth_max = options->depth_max;
    places->transfers_max = options->transfers_max;
    places->transfers_per_host_max = options->transfers_per_host_max;
    places->queue_max = options->queue_max;
    places->counts = options->counts != NULL ? options->counts : &places->own_counts;
    for (unsigned i = 0; i < PLACES_BUCKETS; i++)
        herd_list_init(&places->buckets[i]);
    herd_list_init(&places->index_waiters);
    herd_list_init(&places->due);
    uint64_t seed;
    herd_random_system(&seed, sizeof(seed));
    herd_random_init(&places->random, seed);
    herd_random_system(&places->hash_key, sizeof(places->hash_key));
    return places;
}

void herd_places_destroy(struct herd_places *places)
{
    if (places == NULL) return;
    for (unsigned i = 0; i < PLACES_BUCKETS; i++) {
        while (!herd_list_empty(&places->buckets[i]))
            places_request_free(places,
                                HERD_CONTAINER(places->buckets[i].next, struct herd_places_request, bucket_node));
    }
    assert(places->request_count == 0 && places->ticket_count == 0);
    for (unsigned i = 0; i < places->provider_count; i++) {
        herd_buffer_finish(&places->providers[i].url);
        herd_buffer_finish(&places->providers[i].key);
    }
    herd_memory_free(places->providers);
    herd_buffer_finish(&places->area.text);
    herd_buffer_finish(&places->key);
    herd_memory_free(places);
}

const struct herd_places_counts *herd_places_counts(const struct herd_places *places)
{
    return places->counts;
}

/* What can be done for an area with the providers from `provider` on. */
enum choice {
    CHOICE_LOCAL, /* indexes are at hand */
    CHOICE_JOIN,  /* *ret_request is for the same */
    CHOICE_OPEN,  /* a request to *ret_provider; its breaker has been told */
    CHOICE_NONE,
};

static enum choice choose(struct herd_places *places, const struct herd_places_area *area, unsigned provider,
                          unsigned *ret_provider, struct herd_places_request **ret_request)
{
    for (; provider < places->provider_count; provider++) {
        struct places_provider *candidate = &places->providers[provider];
        bool remote = candidate->kind->remote;
        if (!remote && places->indexes_known && places->index_count == 0) continue;
        if (!remote && places->indexes_known) return CHOICE_LOCAL;
        *ret_provider = provider;
        *ret_request = places_request_find(places, provider, area);
        if (*ret_request != NULL) return CHOICE_JOIN;
        if (!remote || places_provider_try(candidate, places->now_ms)) return CHOICE_OPEN;
        places->counts->left_alone++;
    }
    return CHOICE_NONE;
}

/* Why no provider could be asked at all. */
static const char *none_reason(const struct herd_places *places)
{
    for (unsigned i = 0; i < places->provider_count; i++)
        if (places->providers[i].kind->remote) return places_left_alone;
    return places->provider_count == 0 ? no_provider : places_no_index;
}

/* The request's provider failed for `reason`, or is not asked: on to the next. */
static void move_on(struct herd_places *places, struct herd_places_request *request, const char *reason)
{
    unsigned provider = 0;
    struct herd_places_request *other = NULL;
    places_request_unlist(places, request);
    if (herd_list_empty(&request->waiting)) {
        places_request_free(places, request);
        return;
    }
    switch (choose(places, &request->area, request->number + 1, &provider, &other)) {
    case CHOICE_LOCAL:
        places_request_settle(places, request, false);
        break;
    case CHOICE_JOIN:
        places_request_merge(places, request, other);
        break;
    case CHOICE_OPEN:
        places_request_enlist(places, request, provider);
        break;
    case CHOICE_NONE:
        if (herd_buffer_length(&request->body) == 0) herd_json_append_failure(&request->body, reason);
        places_request_settle(places, request, true);
        break;
    }
}

static void ticket_init(struct herd_places *places, struct herd_places_ticket *ticket,
                        const struct herd_position *location, const struct herd_question *question)
{
    uint64_t micrometres = 0; /* a radius is at most 50 km, so it fits */
    int error = herd_decimal_scale(&question->radius_km, 9, &micrometres);
    assert(error == 0 && question->bound <= HERD_BOUND_MAX && ticket->state == HERD_PLACES_IDLE);
    (void)error;
    places->ticket_count++;
    ticket->places = places;
    herd_list_init(&ticket->node);
    ticket->bound = question->bound;
    ticket->latitude_e9 = herd_coordinate_e9(&location->latitude);
    ticket->longitude_e9 = herd_coordinate_e9(&location->longitude);
    ticket->radius_m = (double)micrometres / 1e6;
    ticket->request = NULL;
    ticket->failure = NULL;
    ticket->state = HERD_PLACES_READY;
}

enum herd_places_state herd_places_ask(struct herd_places *places, struct herd_places_ticket *ticket,
                                       const struct herd_position *location, const struct herd_question *question,
                                       int64_t now_ms)
{
    unsigned provider = 0;
    struct herd_places_request *request = NULL;
    places->now_ms = now_ms;
    ticket_init(places, ticket, location, question);
    /* The common case needs no text of the area. */
    if (places->provider_count > 0 && !places->providers[0].kind->remote && places->index_count > 0)
        return ticket->state;
    places_area_set(&places->area, location, &question->radius_km);
    enum choice choice = choose(places, &places->area, 0, &provider, &request);
    if (choice == CHOICE_LOCAL) return ticket->state;
    if (choice == CHOICE_NONE) {
        ticket->failure = none_reason(places);
        return ticket->state;
    }
    if (choice == CHOICE_OPEN) request = places_request_open(places, &places->area);
    places_request_join(places, request, ticket);
    if (choice == CHOICE_OPEN) places_request_enlist(places, request, provider);
    return ticket->state;
}

void herd_places_leave(struct herd_places_ticket *ticket)
{
    struct herd_places *places = ticket->places;
    enum herd_places_state state = ticket->state;
    struct herd_places_request *request = ticket->request;
    if (state == HERD_PLACES_IDLE) return;
    assert(places->ticket_count > 0);
    ticket->state = HERD_PLACES_IDLE;
    ticket->request = NULL;
    places->ticket_count--;
    if (request == NULL) return;
    if (state == HERD_PLACES_READY) {
        places_request_release(places, request);
        return;
    }
    places_request_part(ticket);
    bool taken = request->state == HERD_PLACES_REQUEST_FLYING || request->state == HERD_PLACES_REQUEST_LOOSE;
    if (!taken && herd_list_empty(&request->waiting)) places_request_drop(places, request);
}

void herd_places_give_up(struct herd_places_ticket *ticket, const char *reason)
{
    if (ticket->state != HERD_PLACES_WAITING) return;
    herd_places_leave(ticket);
    ticket->places->ticket_count++;
    ticket->failure = reason;
    ticket->state = HERD_PLACES_READY;
}

bool herd_places_idle(const struct herd_places *places)
{
    assert(places->ticket_count > 0 || places->request_count == places->flying);
    return places->ticket_count == 0 && places->request_count == 0;
}

void herd_places_set_indexes(struct herd_places *places, const struct herd_places_index *indexes, unsigned count)
{
    places->indexes = indexes;
    places->index_count = count;
    places->indexes_known = true;
    while (!herd_list_empty(&places->index_waiters)) {
        struct herd_places_request *request =
            HERD_CONTAINER(places->index_waiters.next, struct herd_places_request, queue_node);
        if (places->index_count == 0) {
            move_on(places, request, places_no_index);
            continue;
        }
        places_request_unlist(places, request);
        places_request_settle(places, request, false);
    }
}

void places_request_pass(struct herd_places *places, struct herd_places_request *request, const char *reason)
{
    if (request->probe) breaker_withdraw(&places->providers[request->number].breaker);
    move_on(places, request, reason);
}

/* For the breaker; what the asker gets is another matter. */
static void count_failure(struct herd_places *places, const struct herd_places_request *request,
                          enum herd_places_failure failure)
{
    struct breaker *breaker = &places->providers[request->number].breaker;
    bool ours = failure == HERD_PLACES_OURS || (failure == HERD_PLACES_SLOW && request->hurried);
    if (ours && request->probe) breaker_withdraw(breaker);
    if (!ours && breaker_fail(breaker, places->now_ms, &places->random)) places->counts->breaker_opened++;
}

/* Has the provider bring an answer into our shape: 0; -EINVAL where it is none, -E2BIG where it is beyond our limits.
 */
static int read_body(struct herd_places *places, const struct herd_places_request *request, long http_status,
                     struct herd_buffer *body, struct herd_cut *ret_cut)
{
    const struct places_provider *provider = &places->providers[request->number];
    int error = 0;
    if (herd_buffer_length(body) > places->body_bytes_max) return -E2BIG;
    if (provider->kind->read != NULL) error = provider->kind->read(provider, http_status, body);
    if (error == 0) error = herd_cut_scan(herd_buffer_text(body), places->depth_max, ret_cut);
    if (error == -E2BIG) places->counts->too_deep++;
    return error;
}

/* Some write a byte order mark before their JSON, which clients do not expect: the reply begins with what follows. */
static void drop_mark(struct herd_buffer *body)
{
    struct herd_text text = herd_buffer_text(body);
    herd_buffer_consume(body, text.length - herd_text_skip_mark(text).length);
}

/* The answer is none, for `error` of read_body. */
static void refuse_body(struct herd_places *places, struct herd_places_request *request, long http_status,
                        size_t length, int error, int64_t now_ms)
{
    bool bad = http_status >= HTTP_SERVER_ERROR || http_status == HTTP_TOO_MANY_REQUESTS;
    char reason[80];
    snprintf(reason, sizeof(reason), "The places provider answered with HTTP status %ld, without JSON.", http_status);
    if (error == -E2BIG)
        herd_places_fail(places, request, bad ? HERD_PLACES_FAILED : HERD_PLACES_OURS,
                         length > places->body_bytes_max ? too_big : too_deep, now_ms);
    else
        herd_places_fail(places, request, HERD_PLACES_FAILED, reason, now_ms);
}

int herd_places_answer(struct herd_places *places, struct herd_places_request *request, long http_status,
                       struct herd_buffer *body, int64_t now_ms)
{
    struct herd_buffer received = *body;
    struct herd_cut cut;
    assert(request->state == HERD_PLACES_REQUEST_FLYING);
    herd_buffer_init(body);
    drop_mark(&received);
    places->now_ms = now_ms;
    size_t length = herd_buffer_length(&received);
    int error = read_body(places, request, http_status, &received, &cut);
    if (error < 0) {
        herd_buffer_finish(&received);
        refuse_body(places, request, http_status, length, error, now_ms);
        return error;
    }
    herd_buffer_finish(&request->body);
    request->body = received;
    request->cut = cut;
    if (http_status >= HTTP_SERVER_ERROR || http_status == HTTP_TOO_MANY_REQUESTS)
        count_failure(places, request, HERD_PLACES_FAILED);
    else
        breaker_succeed(&places->providers[request->number].breaker);
    if (http_status == HTTP_OK) {
        places_request_unlist(places, request);
        places_request_settle(places, request, true);
    } else {
        move_on(places, request, NULL);
    }
    return 0;
}

void herd_places_fail(struct herd_places *places, struct herd_places_request *request, enum herd_places_failure failure,
                      const char *reason, int64_t now_ms)
{
    assert(request->state == HERD_PLACES_REQUEST_FLYING);
    places->now_ms = now_ms;
    places->counts->failures++;
    count_failure(places, request, failure);
    move_on(places, request, reason);
}
