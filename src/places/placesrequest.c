/* SPDX-License-Identifier: MIT */
/*
 * Requests: who shares them, where they wait, how they end.
 *
 *     places.buckets -> request -> request ...       not yet settled, by hash of the key
 *     request.waiting -> ticket -> ticket ...        WAITING
 *     ticket.request -> request                      WAITING, or READY with a body to cut
 *     request.holders                                READY tickets, and settle itself
 *
 * on_ready may ask, render and leave any ticket: so settle takes the tickets
 * off one by one, after the request is out of every list.
 */
#include <assert.h>

#include "herd/memory.h"
#include "local.h"

static const struct herd_machine request_machine = {
    .name = "places_request",
    .states = {[HERD_PLACES_REQUEST_LOOSE] = {"loose",
                                              HERD_TO(HERD_PLACES_REQUEST_INDEX) | HERD_TO(HERD_PLACES_REQUEST_QUEUED)},
               [HERD_PLACES_REQUEST_INDEX] = {"index", HERD_TO(HERD_PLACES_REQUEST_LOOSE)},
               [HERD_PLACES_REQUEST_QUEUED] = {"queued", HERD_TO(HERD_PLACES_REQUEST_FLYING) |
                                                             HERD_TO(HERD_PLACES_REQUEST_LOOSE)},
               [HERD_PLACES_REQUEST_FLYING] = {"flying", HERD_TO(HERD_PLACES_REQUEST_LOOSE)}}};

void places_request_move(struct herd_places_request *request, enum herd_places_request_state state)
{
    herd_machine_move_named(&request_machine, &request->state, state, herd_text_of(request->provider));
}

void places_request_free(struct herd_places *places, struct herd_places_request *request)
{
    assert(herd_list_empty(&request->waiting) && request->holders == 0);
    places_request_unlist(places, request);
    places_message_finish(&request->message);
    herd_buffer_finish(&request->area.text);
    herd_buffer_finish(&request->key);
    herd_buffer_finish(&request->body);
    herd_memory_free(request);
    places->request_count--;
}

void places_request_release(struct herd_places *places, struct herd_places_request *request)
{
    assert(request->holders > 0);
    if (--request->holders == 0) places_request_free(places, request);
}

static struct herd_list_node *bucket_of(struct herd_places *places, struct herd_text key)
{
    return &places->buckets[herd_siphash(&places->hash_key, key) % PLACES_BUCKETS];
}

struct herd_places_request *places_request_find(struct herd_places *places, unsigned provider,
                                                const struct herd_places_area *area)
{
    herd_buffer_clear(&places->key);
    places->providers[provider].kind->append_key(area, &places->key);
    struct herd_text key = herd_buffer_text(&places->key);
    struct herd_list_node *bucket = bucket_of(places, key);
    for (struct herd_list_node *node = bucket->next; node != bucket; node = node->next) {
        struct herd_places_request *request = HERD_CONTAINER(node, struct herd_places_request, bucket_node);
        if (request->number == provider && herd_text_equal(herd_buffer_text(&request->key), key)) return request;
    }
    return NULL;
}

void places_request_enlist(struct herd_places *places, struct herd_places_request *request, unsigned provider)
{
    const struct provider_kind *kind = places->providers[provider].kind;
    assert(request->state == HERD_PLACES_REQUEST_LOOSE);
    request->number = provider;
    request->provider = kind->name;
    request->probe = places->providers[provider].breaker.state == BREAKER_HALF_OPEN;
    herd_buffer_clear(&request->key);
    kind->append_key(&request->area, &request->key);
    herd_list_append(bucket_of(places, herd_buffer_text(&request->key)), &request->bucket_node);
    if (kind->remote) {
        places_queue_push(places, request);
    } else {
        places_queue_await_index(places, request);
    }
}

void places_request_unlist(struct herd_places *places, struct herd_places_request *request)
{
    if (request->state == HERD_PLACES_REQUEST_QUEUED) places_queue_remove(places, request);
    if (request->state == HERD_PLACES_REQUEST_FLYING) places_queue_land(places, request);
    herd_list_remove(&request->bucket_node);
    herd_list_remove(&request->queue_node);
    herd_list_remove(&request->due_node);
    if (request->state != HERD_PLACES_REQUEST_LOOSE) places_request_move(request, HERD_PLACES_REQUEST_LOOSE);
}

struct herd_places_request *places_request_open(struct herd_places *places, const struct herd_places_area *area)
{
    struct herd_places_request *request = herd_memory_allocate_zeroed(1, sizeof(*request));
    herd_list_init(&request->bucket_node);
    herd_list_init(&request->queue_node);
    herd_list_init(&request->due_node);
    herd_list_init(&request->waiting);
    request->state = HERD_PLACES_REQUEST_LOOSE;
    request->deadline_ms = places->now_ms + places->timeout_ms;
    places_area_copy(&request->area, area);
    places->request_count++;
    return request;
}

void places_request_join(struct herd_places *places, struct herd_places_request *request,
                         struct herd_places_ticket *ticket)
{
    if (ticket->asker != NULL) ticket->asker->waiting++;
    herd_list_append(&request->waiting, &ticket->node);
    ticket->request = request;
    ticket->state = HERD_PLACES_WAITING;
    places_queue_join(places, request, ticket);
}

void places_request_part(struct herd_places_ticket *ticket)
{
    herd_list_remove(&ticket->node);
    if (ticket->asker == NULL) return;
    assert(ticket->asker->waiting > 0);
    ticket->asker->waiting--;
}

void places_request_settle(struct herd_places *places, struct herd_places_request *request, bool with_body)
{
    assert(request->state == HERD_PLACES_REQUEST_LOOSE && request->holders == 0);
    request->holders = 1;
    while (!herd_list_empty(&request->waiting)) {
        struct herd_places_ticket *ticket = HERD_CONTAINER(request->waiting.next, struct herd_places_ticket, node);
        places_request_part(ticket);
        ticket->state = HERD_PLACES_READY;
        ticket->request = with_body ? request : NULL;
        if (with_body) request->holders++;
        ticket->on_ready(ticket);
    }
    places_request_release(places, request);
}

void places_request_merge(struct herd_places *places, struct herd_places_request *from,
                          struct herd_places_request *into)
{
    while (!herd_list_empty(&from->waiting)) {
        struct herd_places_ticket *ticket = HERD_CONTAINER(from->waiting.next, struct herd_places_ticket, node);
        herd_list_remove(&ticket->node);
        herd_list_append(&into->waiting, &ticket->node);
        ticket->request = into;
        places_queue_join(places, into, ticket);
    }
    if (herd_buffer_length(&into->body) == 0) {
        struct herd_buffer body = into->body;
        into->body = from->body;
        into->cut = from->cut;
        from->body = body;
    }
    places_request_free(places, from);
}

void places_request_drop(struct herd_places *places, struct herd_places_request *request)
{
    if (request->probe) breaker_withdraw(&places->providers[request->number].breaker);
    places_request_free(places, request);
}
