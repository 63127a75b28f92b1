/* SPDX-License-Identifier: MIT */
#ifndef HERD_PLACES_LOCAL_H
#define HERD_PLACES_LOCAL_H

/*
 * What the files of this room share: providers, what waits for them, and the
 * breaker. Whose fields are what of a request is in herd/places.h.
 */

#include <stdint.h>

#include "herd/buffer.h"
#include "herd/cut.h"
#include "herd/list.h"
#include "herd/machine.h"
#include "herd/places.h"
#include "herd/placesjson.h"
#include "herd/random.h"
#include "herd/siphash.h"

/*
 * A circuit breaker: after `failures_max` failures running (0: never) it opens
 * for `open_ms` give or take a fifth, then lets one request through (half open)
 * and closes or opens again by what becomes of it.
 */
enum breaker_state { BREAKER_CLOSED, BREAKER_OPEN, BREAKER_HALF_OPEN };

struct breaker {
    enum breaker_state state;
    struct herd_text who; /* in the log */
    uint32_t failures_max;
    uint32_t open_ms;
    uint32_t failures; /* running */
    int64_t until_ms;  /* OPEN: when it may be tried */
};

/* `who` is a view that stays. */
void breaker_init(struct breaker *breaker, struct herd_text who, uint32_t failures_max, uint32_t open_ms);
/* Whether a request may be made now. Where it says yes, succeed, fail or withdraw follows. */
bool breaker_try(struct breaker *breaker, int64_t now_ms);
void breaker_succeed(struct breaker *breaker);
/* Whether it has opened by this. */
bool breaker_fail(struct breaker *breaker, int64_t now_ms, struct herd_random *random);
/* The request was never made: the next one may be. */
void breaker_withdraw(struct breaker *breaker);

#define PLACES_BUCKETS 256

#define PLACES_ROUNDS 64 /* who asks more than this has its later questions all in the last one */

struct places_queue {
    struct herd_list_node rounds[PLACES_ROUNDS]; /* herd_places_request.queue_node, from rounds[round % ..] on */
    uint64_t round;                              /* being served: nothing waits in an earlier one */
    unsigned come;                               /* so many came to be in it since it is being served */
};

struct places_provider;

/*
 * A kind of provider: what is told apart between them. Each has a file of its own
 * and a row in the table of providers.c; to add one, add these, its options to
 * config/, and the row that reads them in server/placeoptions.c.
 */
struct provider_kind {
    const char *name; /* in the configuration, the log and the counters */
    bool remote;      /* asked over the network; else it answers from the indexes and has no build and no read */
    /* Takes its settings, in the form that it needs; `provider` is zeroed but for its kind. NULL: it has none. */
    void (*open)(struct places_provider *provider, const struct herd_places_provider_options *options);
    /* Appends what tells an area from others: areas of one key are one request. */
    void (*append_key)(const struct herd_places_area *area, struct herd_buffer *out);
    /* Fills the message, which is empty, to ask for that area. */
    void (*build)(const struct places_provider *provider, const struct herd_places_area *area,
                  struct herd_places_message *ret_message);
    /*
     * Turns an answer into the legacy shape, in place; that is looked at only then. 0, -EINVAL where it is none of
     * that provider's. NULL: it has that shape.
     */
    int (*read)(const struct places_provider *provider, long http_status, struct herd_buffer *body);
};

/* NULL: there is none of that name. */
const struct provider_kind *provider_find(const char *name);
extern const struct provider_kind provider_local, provider_google_legacy;

void places_area_set(struct herd_places_area *area, const struct herd_position *centre,
                     const struct herd_decimal *radius_km);
void places_area_copy(struct herd_places_area *area, const struct herd_places_area *from);
/* Views: `34.068930,-118.445127` and `10000`. */
struct herd_text places_area_centre(const struct herd_places_area *area);
struct herd_text places_area_radius(const struct herd_places_area *area);
/* The key of a provider that is told every digit. */
void places_area_append_exact(const struct herd_places_area *area, struct herd_buffer *out);

/* For build: appends a header to the message, `Name: ` and the value; at most HERD_PLACES_HEADERS_MAX. */
void places_message_header(struct herd_places_message *message, const char *name, struct herd_text value);
/* Sets its views of the headers: it is complete. */
void places_message_seal(struct herd_places_message *message);
void places_message_finish(struct herd_places_message *message);

struct places_provider {
    const struct provider_kind *kind;
    struct herd_buffer url;
    struct herd_buffer key; /* in the form in which it is sent */
    /*
     * Whether it may be asked now. A token bucket and a daily budget belong here, too: places_provider_try asks
     * all of them, and placesqueue.c take, which every request that is sent passes, is where they are charged.
     */
    struct breaker breaker;
    struct places_queue queue;
    unsigned host;        /* the first provider at the same host, maybe itself */
    unsigned host_flying; /* of such a first one: requests under way to the host */
};

/* Whether a request to it may be made now. Where it says yes one is, or the breaker is told that none was. */
bool places_provider_try(struct places_provider *provider, int64_t now_ms);

struct herd_places {
    struct places_provider *providers;
    unsigned provider_count;
    enum herd_places_rank local_rank;
    uint32_t timeout_ms;
    uint32_t body_bytes_max;
    uint32_t depth_max;
    uint32_t transfers_max;
    uint32_t transfers_per_host_max;
    uint32_t queue_max;
    unsigned remote_count; /* providers that are asked over the network */
    struct herd_places_counts *counts;
    struct herd_places_counts own_counts; /* where the options name none */
    const struct herd_places_index *indexes;
    unsigned index_count;
    bool indexes_known;
    int64_t now_ms; /* of the latest call that told it */
    unsigned request_count;
    unsigned ticket_count;                         /* WAITING or READY */
    struct herd_list_node buckets[PLACES_BUCKETS]; /* herd_places_request.bucket_node */
    struct herd_list_node index_waiters;           /* herd_places_request.queue_node */
    struct herd_list_node due;                     /* herd_places_request.due_node, the first to be late first */
    unsigned queued;                               /* in all providers' queues */
    unsigned flying;
    struct herd_siphash_key hash_key;
    struct herd_random random;
    struct herd_places_area area; /* of the question being asked */
    struct herd_buffer key;       /* of an area that is looked for */
    struct herd_places_scratch scratch;
};

/* The request for the same that is not settled, or NULL. */
struct herd_places_request *places_request_find(struct herd_places *places, unsigned provider,
                                                const struct herd_places_area *area);
/* A new one that is in no list, with the whole time that a question has. */
struct herd_places_request *places_request_open(struct herd_places *places, const struct herd_places_area *area);
/* Its state is another from now on. */
void places_request_move(struct herd_places_request *request, enum herd_places_request_state state);
/* The ticket waits with it; one that waits for a provider goes as early as this asker's turn is. */
void places_request_join(struct herd_places *places, struct herd_places_request *request,
                         struct herd_places_ticket *ticket);
/* The ticket waits no longer. */
void places_request_part(struct herd_places_ticket *ticket);
/* Puts one that is in no list where the requests of that provider wait; takes it out of there, or from the driver. */
void places_request_enlist(struct herd_places *places, struct herd_places_request *request, unsigned provider);
void places_request_unlist(struct herd_places *places, struct herd_places_request *request);
/* The tickets of `from` wait with `into`; an error body goes with them where that one has none yet. */
void places_request_merge(struct herd_places *places, struct herd_places_request *from,
                          struct herd_places_request *into);
/*
 * Ends a request that is in no list: every ticket becomes READY to cut its body
 * (`with_body`), or as a local one.
 */
void places_request_settle(struct herd_places *places, struct herd_places_request *request, bool with_body);
/* One that waits for its provider is not to be sent, for `reason` (a literal): on to the next. */
void places_request_pass(struct herd_places *places, struct herd_places_request *request, const char *reason);
extern const char places_no_index[];
extern const char places_left_alone[];
/* Nobody waits any more for one that the driver has not taken. */
void places_request_drop(struct herd_places *places, struct herd_places_request *request);
/* A ticket that held the settled request's body is done with it. */
void places_request_release(struct herd_places *places, struct herd_places_request *request);
void places_request_free(struct herd_places *places, struct herd_places_request *request);

/* What waits for its provider (placesqueue.c): the queue of one, and a request in it. */
void places_queue_init(struct places_queue *queue);
/* The request waits for the indexes to be read, no longer than for its share of the time. */
void places_queue_await_index(struct herd_places *places, struct herd_places_request *request);
void places_queue_push(struct herd_places *places, struct herd_places_request *request);
void places_queue_remove(struct herd_places *places, struct herd_places_request *request);
/* That ticket joined it: it may go earlier. Nothing where it does not wait for a provider. */
void places_queue_join(struct herd_places *places, struct herd_places_request *request,
                       const struct herd_places_ticket *ticket);
void places_queue_land(struct herd_places *places, const struct herd_places_request *request);

/* What a local ticket is answered: from the indexes, of which there are some. */
void places_answer_local(struct herd_places *places, const struct herd_places_ticket *ticket, struct herd_buffer *out);

#endif
