/* SPDX-License-Identifier: MIT */
#ifndef HERD_PLACES_H
#define HERD_PLACES_H

/*
 * The places service: answers "what is within r of here, at most n" with the
 * JSON body of a WHATSAT reply, from the providers that the configuration
 * lists, in order (the next is asked where one fails). Logic without I/O: the
 * driver sends the requests that it makes and tells it the answers and the time.
 *
 * The way of a question:
 *
 *     ask --> READY                        local indexes: render writes the JSON straight into the reply
 *         \-> WAITING -> on_ready -> READY  joined or opened a request; several tickets share one
 *     render (once, when it is first in the connection's order) or leave, whichever comes first
 *
 *     question (protocol): what a client asks     ticket: one asking, in its connection's order
 *     request: what one provider is asked for all tickets of the same area
 *
 * Questions that are the same to a provider (place and radius, as far as it
 * tells them apart) are one request while it is under way; each ticket cuts the
 * answer to its own bound. An answer is kept while a ticket still has to render
 * it, no longer.
 *
 * What is an answer: a JSON object with HTTP status 200, whatever its own
 * `status` says (REQUEST_DENIED too), is relayed. A JSON object with another
 * HTTP status is the provider's error body: the next provider is asked, and
 * where none answers the last error body is relayed as it came. Anything else
 * (no answer, no JSON) is a failure: the next provider is asked.
 *
 * Failures never surface as errors: a ticket whose providers all failed
 * renders a body of the legacy shape with status UNKNOWN_ERROR. A provider
 * that failed so many times running (no answer, no JSON, HTTP 429 or 5xx) is
 * left alone for a while, as if it had failed at once, then tried with one
 * request. Only what the provider did counts: not that its turn did not come,
 * that it was asked with little time left, or that an answer is beyond our own
 * limits.
 *
 * timeout_ms is for a question in all: a provider gets an equal share of what
 * is left with the remote ones after it. Who joins a request shares its fate.
 *
 * So many requests are under way at once, and so many of them to one host; more
 * wait. Whose turn it is goes round by connection (struct herd_places_asker);
 * where too many wait, who has most of them loses one.
 */

#include <stdbool.h>
#include <stdint.h>

#include "herd/buffer.h"
#include "herd/command.h"
#include "herd/counters.h"
#include "herd/cut.h"
#include "herd/list.h"
#include "herd/placesindex.h"
#include "herd/position.h"

struct herd_places;

/* Whether there is a provider of that name, and whether it is asked over the network; else it answers from indexes. */
bool herd_places_provider_exists(const char *name);
bool herd_places_provider_remote(const char *name);

struct herd_places_provider_options {
    const char *name;     /* one that exists */
    const char *url;      /* where a remote one is asked; else NULL */
    struct herd_text key; /* the key's bytes, for those that need one */
};

/* What has no configuration, as initialisers of herd_places_options. */
#define HERD_PLACES_DEFAULTS                                                                                           \
    .timeout_ms = 8000, .body_bytes_max = 4 * 1024 * 1024, .depth_max = 64, .breaker_failures = 5, .breaker_ms = 5000, \
    .transfers_max = 64, .transfers_per_host_max = 16, .queue_max = 1024

struct herd_places_counts {
    uint64_t requests;       /* given to the driver */
    uint64_t failures;       /* of them: no answer, or none that is JSON */
    uint64_t too_deep;       /* depth_max */
    uint64_t breaker_opened; /* breaker_failures */
    uint64_t left_alone;     /* not asked, as the breaker was open */
    uint64_t waited;         /* transfers_max or transfers_per_host_max */
    uint64_t queue_full;     /* not asked: queue_max */
    uint64_t late;           /* not asked: had waited for all of its time */
};

struct herd_places_options {
    const struct herd_places_provider_options *providers; /* in order; everything is copied */
    unsigned provider_count;
    enum herd_places_rank local_rank;
    uint32_t timeout_ms;               /* for a question in all */
    uint32_t body_bytes_max;           /* longest answer of a provider */
    uint32_t depth_max;                /* nesting of its JSON; at most HERD_CUT_DEPTH_MAX */
    uint32_t breaker_failures;         /* running, until a provider is left alone; 0: never */
    uint32_t breaker_ms;               /* for so long, give or take a fifth */
    uint32_t transfers_max;            /* requests that the driver has at once; at least 1 */
    uint32_t transfers_per_host_max;   /* of them to one host; at least 1 */
    uint32_t queue_max;                /* requests that wait; may be 0 */
    struct herd_places_counts *counts; /* where it counts, which others may go on with; NULL: in its own */
};

extern const struct herd_counter_table herd_places_counters;

/*
 * What a question is about, as providers hear of it: a place in the client's own
 * digits, `34.068930,-118.445127`, and a radius in metres, `10000`; in one text
 * with a blank between.
 */
struct herd_places_area {
    struct herd_buffer text;
    size_t centre_length;
};

enum herd_places_state { HERD_PLACES_IDLE, HERD_PLACES_WAITING, HERD_PLACES_READY };

/* Who asks: a connection. Zeroed at first; stays where it is while a ticket of its waits. */
struct herd_places_asker {
    unsigned waiting;      /* its tickets that wait */
    unsigned served_by;    /* the provider that was last asked for it */
    uint64_t served_round; /* whose turn that was; 0: none yet */
};

/* One question of one client. The asker owns it; it stays where it is until rendered or left, or is moved. */
struct herd_places_ticket {
    struct herd_list_node node; /* a request's or the indexes' waiters */
    struct herd_places *places; /* whom it asked */
    enum herd_places_state state;
    unsigned bound;
    int64_t latitude_e9;
    int64_t longitude_e9;
    double radius_m;
    struct herd_places_request *request; /* whose answer it renders; NULL: the local indexes, or a failure */
    const char *failure;                 /* a literal: why no provider could be asked at all; NULL otherwise */
    struct herd_places_asker *asker;     /* whose turns it takes; NULL: of somebody who has no other question */
    void (*on_ready)(struct herd_places_ticket *ticket);
};

struct herd_places *herd_places_create(const struct herd_places_options *options);
/* No ticket may be WAITING or READY any more. Takes NULL. */
void herd_places_destroy(struct herd_places *places);
/* What happened so far. */
const struct herd_places_counts *herd_places_counts(const struct herd_places *places);

/*
 * Asks. `location` is the position as the client sent it (checked), `radius`
 * as in the command; nothing of them is kept as a view. Returns the ticket's
 * state: READY, or WAITING and on_ready follows, never before this returns.
 */
enum herd_places_state herd_places_ask(struct herd_places *places, struct herd_places_ticket *ticket,
                                       const struct herd_position *location, const struct herd_question *question,
                                       int64_t now_ms);
/*
 * The ticket `from` is `to` from now on, whose memory is not a ticket's yet; `from` is none any more. So an asker
 * may ask with a ticket on its stack, and keep it only where it has to wait.
 */
void herd_places_move(struct herd_places_ticket *from, struct herd_places_ticket *to);
/* Appends the JSON body, without newlines at its end; the ticket must be READY and is IDLE after. */
void herd_places_render(struct herd_places_ticket *ticket, struct herd_buffer *out);
/* The asker is gone. Harmless for an IDLE ticket. */
void herd_places_leave(struct herd_places_ticket *ticket);
/* The asker waits no longer: a WAITING ticket becomes READY and renders a failure, `reason` (a literal) its message. */
void herd_places_give_up(struct herd_places_ticket *ticket, const char *reason);
/* Whether no ticket is WAITING or READY and no request is under way: nobody needs it any more. */
bool herd_places_idle(const struct herd_places *places);

/* Gives the local provider its indexes (placesindex.h), which stay where they are until others are set; it searches all
 * of them as one. 0 for "there are none": its questions then fail over. Waiting tickets become ready in this call. */
void herd_places_set_indexes(struct herd_places *places, const struct herd_places_index *indexes, unsigned count);

#define HERD_PLACES_HEADERS_MAX 4

/* What a provider is sent. Built by the provider's own file. */
struct herd_places_message {
    struct herd_buffer url;         /* may hold a key: never logged */
    bool post;                      /* with a body; else a GET */
    struct herd_buffer body;        /* of a POST */
    struct herd_buffer header_text; /* `Name: value`, each with a NUL behind it; may hold a key, too */
    const char *headers[HERD_PLACES_HEADERS_MAX + 1]; /* views of it, NULL at the end */
};

enum herd_places_request_state {
    HERD_PLACES_REQUEST_LOOSE,  /* in no list */
    HERD_PLACES_REQUEST_INDEX,  /* waits for the indexes to be read */
    HERD_PLACES_REQUEST_QUEUED, /* waits for its turn at its provider */
    HERD_PLACES_REQUEST_FLYING, /* the driver has it */
};

/* What one provider is asked. Valid for the driver until it has been answered or failed. */
struct herd_places_request {
    /* For the driver: */
    const char *provider; /* its name, for log and metrics */
    struct herd_places_message message;
    uint32_t timeout_ms;
    size_t body_bytes_max;
    void *driver; /* the driver's own */

    /* The service's own (src/places/local.h): */
    enum herd_places_request_state state;
    unsigned number;                   /* of its provider */
    unsigned holders;                  /* tickets that are READY with its body, and who settles it */
    struct herd_list_node bucket_node; /* herd_places.buckets */
    struct herd_list_node queue_node;  /* herd_places.index_waiters or herd_places_queue.rounds */
    struct herd_list_node due_node;    /* herd_places.due */
    struct herd_list_node waiting;     /* herd_places_ticket.node */
    bool probe;                        /* the one that a half open breaker has let through */
    bool hurried;                      /* FLYING: most of its time had passed before the provider was asked */
    uint64_t round;                    /* QUEUED: in the provider's queue */
    int64_t due_ms;                    /* INDEX, QUEUED: when it has waited too long */
    int64_t deadline_ms;               /* of the question */
    struct herd_places_area area;      /* what is asked */
    struct herd_buffer key;            /* of the area, as its provider tells it from others */
    struct herd_buffer body;           /* an answer, or the last provider's error body, or ours; empty: none yet */
    struct herd_cut cut;               /* of body */
};

/*
 * The next request to send; NULL where there is none, or none may be sent now.
 * Call, until it is NULL, after each ask, answer, fail and set_indexes, and
 * when herd_places_due_ms has come: what has waited in vain becomes ready in
 * this call. Every request that was taken is answered or failed, once, also
 * where its askers are gone.
 */
struct herd_places_request *herd_places_next(struct herd_places *places, int64_t now_ms);
/* When the first of those that wait will have waited too long; INT64_MAX: none waits. */
int64_t herd_places_due_ms(const struct herd_places *places);
/* What became of a request that was taken; calls on_ready of its tickets, or opens the next provider's request. Takes
 * the buffer's memory. 0 where the body is JSON, -EINVAL: it is not, -E2BIG: it is beyond our limits. */
int herd_places_answer(struct herd_places *places, struct herd_places_request *request, long http_status,
                       struct herd_buffer *body, int64_t now_ms);
/* Whose doing it is that there is no answer. */
enum herd_places_failure {
    HERD_PLACES_FAILED, /* the provider's */
    HERD_PLACES_SLOW,   /* the provider's, unless it was asked with little time left */
    HERD_PLACES_OURS,   /* ours: it was not asked at all, or its answer is beyond our limits */
};

/* It failed: `reason` is for the client's error_message, without secrets; it is copied. */
void herd_places_fail(struct herd_places *places, struct herd_places_request *request, enum herd_places_failure failure,
                      const char *reason, int64_t now_ms);

#endif
