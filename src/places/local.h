/* SPDX-License-Identifier: MIT */
#ifndef HERD_PLACES_LOCAL_H
#define HERD_PLACES_LOCAL_H

/* What the files of this room share: providers, what waits for them, and the breaker. */

#include <stdint.h>

#include "herd/buffer.h"
#include "herd/cut.h"
#include "herd/list.h"
#include "herd/places.h"
#include "herd/placesjson.h"
#include "herd/random.h"
#include "herd/siphash.h"

/*
 * A circuit breaker: after `failures_max` failures running (0: never) it opens
 * for `open_ms` give or take a fifth, then lets one request through (half open)
 * and closes or opens again by what becomes of it.
 */
enum herd_breaker_state { HERD_BREAKER_CLOSED, HERD_BREAKER_OPEN, HERD_BREAKER_HALF_OPEN };

struct herd_breaker {
    enum herd_breaker_state state;
    uint32_t failures_max;
    uint32_t open_ms;
    uint32_t failures; /* running */
    int64_t until_ms;  /* OPEN: when it may be tried */
};

void herd_breaker_init(struct herd_breaker *breaker, uint32_t failures_max, uint32_t open_ms);
/* Whether a request may be made now. Where it says yes, succeed, fail or withdraw follows. */
bool herd_breaker_try(struct herd_breaker *breaker, int64_t now_ms);
void herd_breaker_succeed(struct herd_breaker *breaker);
/* Whether it has opened by this. */
bool herd_breaker_fail(struct herd_breaker *breaker, int64_t now_ms, struct herd_random *random);
/* The request was never made: the next one may be. */
void herd_breaker_withdraw(struct herd_breaker *breaker);

#define HERD_PLACES_BUCKETS 256

#define HERD_PLACES_ROUNDS 64 /* who asks more than this has its later questions all in the last one */

struct herd_places_queue {
    struct herd_list_node rounds[HERD_PLACES_ROUNDS]; /* herd_places_request.queue_node, from rounds[round % ..] on */
    uint64_t round;                                   /* being served: nothing waits in an earlier one */
    unsigned come;                                    /* so many came to be in it since it is being served */
};

struct herd_places_provider {
    char *name;
    bool local;
    struct herd_buffer url;
    struct herd_buffer encoded_key;
    struct herd_breaker breaker;
    struct herd_places_queue queue;
    unsigned host;        /* the first provider at the same host, maybe itself */
    unsigned host_flying; /* of such a first one: requests under way to the host */
};

enum herd_places_request_state {
    HERD_PLACES_REQUEST_INDEX,  /* in places.index_waiters */
    HERD_PLACES_REQUEST_WISH,   /* in its provider's queue */
    HERD_PLACES_REQUEST_FLYING, /* the driver has it */
    HERD_PLACES_REQUEST_DONE,   /* in no list */
};

struct herd_places_request {
    struct herd_list_node bucket_node; /* herd_places.buckets */
    struct herd_list_node queue_node;  /* herd_places.index_waiters or herd_places_queue.rounds */
    struct herd_list_node due_node;    /* herd_places.due */
    struct herd_list_node waiting;     /* herd_places_ticket.node */
    enum herd_places_request_state state;
    unsigned provider;
    unsigned holders;
    bool probe;               /* the one that a half open breaker has let through */
    bool hurried;             /* FLYING: most of its time had passed before the provider was asked */
    uint64_t round;           /* WISH: in the provider's queue */
    int64_t due_ms;           /* WISH: when it has waited too long */
    int64_t deadline_ms;      /* of the question */
    struct herd_buffer place; /* `location=34.06893,-118.445127&radius=10000` */
    struct herd_buffer body;  /* an answer, or the last provider's error body, or ours; empty: none yet */
    struct herd_cut cut;      /* of body */
};

struct herd_places {
    struct herd_places_provider *providers;
    unsigned provider_count;
    enum herd_places_rank local_rank;
    uint32_t timeout_ms;
    uint32_t body_bytes_max;
    uint32_t depth_max;
    uint32_t transfers_max;
    uint32_t transfers_per_host_max;
    uint32_t queue_max;
    unsigned remote_count; /* providers that are not local */
    struct herd_places_counts counts;
    const struct herd_places_index *indexes;
    unsigned index_count;
    bool indexes_known;
    int64_t now_ms; /* of the latest call that told it */
    unsigned request_count;
    struct herd_list_node buckets[HERD_PLACES_BUCKETS]; /* herd_places_request.bucket_node */
    struct herd_list_node index_waiters;                /* herd_places_request.queue_node */
    struct herd_list_node due;                          /* herd_places_request.due_node, the first to be late first */
    unsigned queued;                                    /* in all providers' queues */
    unsigned flying;
    struct herd_siphash_key hash_key;
    struct herd_random random;
    struct herd_buffer place; /* of the question being asked */
    struct herd_buffer url;   /* of the latest wish */
    struct herd_places_scratch scratch;
};

/* An identical request that is not settled, or NULL. */
struct herd_places_request *herd_places_request_find(struct herd_places *places, unsigned provider,
                                                     struct herd_text place);
/* A new one that is in no list, with the whole time that a question has. */
struct herd_places_request *herd_places_request_open(struct herd_places *places, struct herd_text place);
/* The ticket waits with it; one that waits for a provider goes as early as this asker's turn is. */
void herd_places_request_join(struct herd_places *places, struct herd_places_request *request,
                              struct herd_places_ticket *ticket);
/* The ticket waits no longer. */
void herd_places_request_part(struct herd_places_ticket *ticket);
/* Puts one that is in no list where the requests of that provider wait; takes it out of there, or from the driver. */
void herd_places_request_enlist(struct herd_places *places, struct herd_places_request *request, unsigned provider);
void herd_places_request_unlist(struct herd_places *places, struct herd_places_request *request);
/* The tickets of `from` wait with `into`; an error body goes with them where that one has none yet. */
void herd_places_request_merge(struct herd_places *places, struct herd_places_request *from,
                               struct herd_places_request *into);
/*
 * Ends a request that is in no list: every ticket becomes READY to cut its body
 * (`with_body`), or as a local one.
 */
void herd_places_request_settle(struct herd_places *places, struct herd_places_request *request, bool with_body);
/* One that waits for its provider is not to be sent, for `reason` (a literal): on to the next. */
void herd_places_request_pass(struct herd_places *places, struct herd_places_request *request, const char *reason);
extern const char herd_places_no_index[];
extern const char herd_places_left_alone[];
/* Nobody waits any more for one that the driver has not taken. */
void herd_places_request_drop(struct herd_places *places, struct herd_places_request *request);
/* A ticket that held the settled request's body is done with it. */
void herd_places_request_release(struct herd_places *places, struct herd_places_request *request);
void herd_places_request_free(struct herd_places *places, struct herd_places_request *request);

/* What waits for its provider (placesqueue.c): the queue of one, and a request in it. */
void herd_places_queue_init(struct herd_places_queue *queue);
/* The request waits for the indexes to be read, no longer than for its share of the time. */
void herd_places_queue_await_index(struct herd_places *places, struct herd_places_request *request);
void herd_places_queue_push(struct herd_places *places, struct herd_places_request *request);
void herd_places_queue_remove(struct herd_places *places, struct herd_places_request *request);
/* That ticket joined it: it may go earlier. Nothing where it does not wait for a provider. */
void herd_places_queue_join(struct herd_places *places, struct herd_places_request *request,
                            const struct herd_places_ticket *ticket);
void herd_places_queue_land(struct herd_places *places, const struct herd_places_request *request);

/* Appends a key as a URL's query may hold it: all but letters, digits, `-._~` as %XX. */
void herd_google_legacy_append_key(struct herd_buffer *out, struct herd_text key);
/* Appends `<base>?<place>&key=<key>`; with `&` for `?` where the base has a query already. */
void herd_google_legacy_append_url(struct herd_buffer *out, struct herd_text base, struct herd_text place,
                                   struct herd_text encoded_key);

#endif
