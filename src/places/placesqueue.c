/* SPDX-License-Identifier: MIT */
/*
 * What waits for a provider, and who goes next.
 *
 * The happy path: a request has a round, the provider has room, so the driver
 * gets it at once. Where as many are under way as may be, it waits, and every
 * connection has one request a round: one that asks its first question is in
 * the round being served, one that has five unanswered is five rounds later, and
 * who was served in this round is in the next: else those who ask again at once
 * would keep it open for ever. So would those who ask once, each on another
 * connection: so many of them get into the round being served, the others are
 * in the next. So a single question waits for about one round, whatever others
 * have queued. A request that several share goes in the earliest
 * of their rounds.
 *
 *     provider.queue.rounds[(round + 0) % 64] -> request -> request ...    oldest first
 *                          [(round + 1) % 64] -> request ...
 *     places.due                              -> all of them, by when they have waited too long
 *
 * What never gets to the provider: one that has waited for all of its time; all
 * of them, but the breaker's probe, once the provider is left alone; and the
 * last of the latest round, which is one of who asks most, where too many wait.
 * They move on to the next provider, and no breaker hears of it: it was not the
 * provider's doing.
 */
#include <assert.h>

#include "local.h"

#define COME_MAX 64 /* into a round that is being served */

static const char too_late[] = "The question has waited too long for its turn at the places provider.";
static const char no_index_yet[] = "The index of places is still being read.";
static const char too_many[] = "Too many questions wait for the places provider.";

void places_queue_init(struct places_queue *queue)
{
    queue->round = 1; /* nobody was served in round 0 */
    for (unsigned i = 0; i < PLACES_ROUNDS; i++)
        herd_list_init(&queue->rounds[i]);
}

/* Rounds until the turn of who asks: one for each other question, or one after a turn in this round, or when as many
 * have come to be in it as may. */
static unsigned ticket_lead(const struct herd_places *places, const struct herd_places_request *request,
                            const struct herd_places_ticket *ticket)
{
    const struct herd_places_asker *asker = ticket->asker;
    const struct places_queue *queue = &places->providers[request->number].queue;
    if (asker != NULL && asker->waiting > 1) return asker->waiting - 1;
    if (queue->come >= COME_MAX) return 1;
    return asker != NULL && asker->served_by == request->number && asker->served_round == queue->round;
}

static unsigned request_lead(const struct herd_places *places, const struct herd_places_request *request)
{
    unsigned least = PLACES_ROUNDS - 1;
    for (struct herd_list_node *node = request->waiting.next; node != &request->waiting; node = node->next) {
        const struct herd_places_ticket *ticket = HERD_CONTAINER(node, struct herd_places_ticket, node);
        unsigned lead = ticket_lead(places, request, ticket);
        if (lead < least) least = lead;
    }
    return least;
}

static bool has_room(const struct herd_places *places, const struct places_provider *provider)
{
    return places->flying < places->transfers_max &&
           places->providers[provider->host].host_flying < places->transfers_per_host_max;
}

/* An equal share of the time that is left, for this provider and each remote one after it. */
static uint32_t share_of_time_ms(const struct herd_places *places, const struct herd_places_request *request)
{
    int64_t left_ms = request->deadline_ms - places->now_ms;
    unsigned remote = 0;
    for (unsigned i = request->number; i < places->provider_count; i++)
        if (places->providers[i].kind->remote) remote++;
    if (remote == 0) remote = 1; /* the local one, whose index is not read yet, is the last */
    return left_ms > remote ? (uint32_t)(left_ms / remote) : 1;
}

/* Most requests have the same time, so the place is nearly always at the end. */
static void insert_by_due(struct herd_places *places, struct herd_places_request *request)
{
    struct herd_list_node *after = places->due.previous;
    while (after != &places->due &&
           HERD_CONTAINER(after, struct herd_places_request, due_node)->due_ms > request->due_ms)
        after = after->previous;
    herd_list_append(after->next, &request->due_node); /* right before the one that follows */
}

static void put_in_round(struct places_queue *queue, struct herd_places_request *request, unsigned lead)
{
    if (lead >= PLACES_ROUNDS) lead = PLACES_ROUNDS - 1;
    if (lead == 0) queue->come++;
    request->round = queue->round + lead;
    herd_list_append(&queue->rounds[request->round % PLACES_ROUNDS], &request->queue_node);
}

void places_queue_push(struct herd_places *places, struct herd_places_request *request)
{
    struct places_provider *provider = &places->providers[request->number];
    places_request_move(request, HERD_PLACES_REQUEST_QUEUED);
    request->due_ms = places->now_ms + share_of_time_ms(places, request);
    if (!has_room(places, provider)) places->counts->waited++;
    put_in_round(&provider->queue, request, request_lead(places, request));
    insert_by_due(places, request);
    places->queued++;
}

void places_queue_await_index(struct herd_places *places, struct herd_places_request *request)
{
    places_request_move(request, HERD_PLACES_REQUEST_INDEX);
    request->due_ms = places->now_ms + share_of_time_ms(places, request);
    herd_list_append(&places->index_waiters, &request->queue_node);
    insert_by_due(places, request);
}

void places_queue_join(struct herd_places *places, struct herd_places_request *request,
                       const struct herd_places_ticket *ticket)
{
    if (request->state != HERD_PLACES_REQUEST_QUEUED) return;
    struct places_queue *queue = &places->providers[request->number].queue;
    unsigned lead = ticket_lead(places, request, ticket);
    if (queue->round + lead >= request->round) return;
    herd_list_remove(&request->queue_node);
    put_in_round(queue, request, lead);
}

void places_queue_remove(struct herd_places *places, struct herd_places_request *request)
{
    assert(request->state == HERD_PLACES_REQUEST_QUEUED && places->queued > 0);
    herd_list_remove(&request->queue_node);
    herd_list_remove(&request->due_node);
    places->queued--;
}

/* The next of the provider that the list of its round holds, from the round being served on; NULL: none waits. */
static struct herd_places_request *first_of(struct places_queue *queue)
{
    for (uint64_t round = queue->round; round < queue->round + PLACES_ROUNDS; round++) {
        struct herd_list_node *list = &queue->rounds[round % PLACES_ROUNDS];
        if (!herd_list_empty(list)) return HERD_CONTAINER(list->next, struct herd_places_request, queue_node);
    }
    return NULL;
}

/* The last of the latest round that anybody has. */
static struct herd_places_request *last_of_all(struct herd_places *places)
{
    for (unsigned lead = PLACES_ROUNDS; lead-- > 0;) {
        for (unsigned i = 0; i < places->provider_count; i++) {
            struct places_queue *queue = &places->providers[i].queue;
            struct herd_list_node *list = &queue->rounds[(queue->round + lead) % PLACES_ROUNDS];
            if (!herd_list_empty(list)) return HERD_CONTAINER(list->previous, struct herd_places_request, queue_node);
        }
    }
    return NULL;
}

static struct herd_places_request *late_one(const struct herd_places *places)
{
    if (herd_list_empty(&places->due)) return NULL;
    struct herd_places_request *request = HERD_CONTAINER(places->due.next, struct herd_places_request, due_node);
    return request->due_ms <= places->now_ms ? request : NULL;
}

/* Whether its provider has failed so often since it began to wait that it is not to be asked. */
static bool left_alone(const struct herd_places *places, const struct herd_places_request *request)
{
    return !request->probe && places->providers[request->number].breaker.state != BREAKER_CLOSED;
}

/* The first that may go, or that need not wait any longer because it may not. */
static struct herd_places_request *next_one(struct herd_places *places)
{
    for (unsigned i = 0; i < places->provider_count; i++) {
        struct herd_places_request *request = first_of(&places->providers[i].queue);
        if (request != NULL && (has_room(places, &places->providers[i]) || left_alone(places, request))) return request;
    }
    return NULL;
}

/* Moves on whatever waits in vain; returns the one to go now, or NULL. */
static struct herd_places_request *choose_next(struct herd_places *places)
{
    for (;;) {
        struct herd_places_request *request;
        while ((request = late_one(places)) != NULL) {
            bool index = request->state == HERD_PLACES_REQUEST_INDEX;
            if (!index) places->counts->late++;
            places_request_pass(places, request, index ? no_index_yet : too_late);
        }
        request = next_one(places);
        if (request != NULL && !left_alone(places, request)) return request;
        if (request != NULL) {
            places->counts->left_alone++;
            places_request_pass(places, request, places_left_alone);
        } else if (places->queued > places->queue_max) {
            places->counts->queue_full++;
            places_request_pass(places, last_of_all(places), too_many);
        } else {
            return NULL;
        }
    }
}

/* Who waits for it has had a turn in its round. */
static void note_served(struct herd_places_request *request)
{
    for (struct herd_list_node *node = request->waiting.next; node != &request->waiting; node = node->next) {
        struct herd_places_asker *asker = HERD_CONTAINER(node, struct herd_places_ticket, node)->asker;
        if (asker == NULL) continue;
        asker->served_by = request->number;
        asker->served_round = request->round;
    }
}

/* How long it may take; whether that is so little that a good provider may need longer is noted for its end. */
static uint32_t take(struct herd_places *places, struct herd_places_request *request)
{
    struct places_provider *provider = &places->providers[request->number];
    uint32_t timeout_ms = share_of_time_ms(places, request);
    places_queue_remove(places, request);
    if (provider->queue.round != request->round) provider->queue.come = 0;
    provider->queue.round = request->round;
    note_served(request);
    places_request_move(request, HERD_PLACES_REQUEST_FLYING);
    request->hurried = timeout_ms < places->timeout_ms / places->remote_count / 2;
    places->flying++;
    places->providers[provider->host].host_flying++;
    return timeout_ms;
}

void places_queue_land(struct herd_places *places, const struct herd_places_request *request)
{
    struct places_provider *host = &places->providers[places->providers[request->number].host];
    assert(places->flying > 0 && host->host_flying > 0);
    places->flying--;
    host->host_flying--;
}

struct herd_places_request *herd_places_next(struct herd_places *places, int64_t now_ms)
{
    places->now_ms = now_ms;
    struct herd_places_request *request = choose_next(places);
    if (request == NULL) return NULL;
    const struct places_provider *provider = &places->providers[request->number];
    request->timeout_ms = take(places, request);
    request->body_bytes_max = places->body_bytes_max;
    places->counts->requests++;
    places_message_finish(&request->message); /* of the provider before */
    provider->kind->build(provider, &request->area, &request->message);
    places_message_seal(&request->message);
    return request;
}

int64_t herd_places_due_ms(const struct herd_places *places)
{
    if (herd_list_empty(&places->due)) return INT64_MAX;
    return HERD_CONTAINER(places->due.next, struct herd_places_request, due_node)->due_ms;
}
