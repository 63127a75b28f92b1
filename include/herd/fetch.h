/* SPDX-License-Identifier: MIT */
#ifndef HERD_FETCH_H
#define HERD_FETCH_H

/*
 * HTTP requests without blocking: curl's multi interface on the libuv loop.
 * A fetcher owns one multi handle, a timer and a poll handle per socket.
 * No redirects, no proxy or .netrc or cookies from the environment, http and
 * https only, peers verified. A request begins at once: how many there are at
 * once, and who waits, is for who starts them to say (herd/places.h).
 * A GET that died on a connection kept alive before any byte of an answer
 * came is sent once more on a new one; a POST always has a new one.
 */

#include "herd/buffer.h"
#include "herd/counters.h"
#include "herd/loop.h"

struct herd_fetcher;

struct herd_fetch_limits {
    uint32_t connect_timeout_ms;
    uint32_t header_bytes_max;      /* of an answer, in all */
    uint32_t slow_bytes_per_second; /* what is slower is given up, 0: never, */
    uint32_t slow_s;                /* after it has been for so long */
};

/* What has no configuration, as initialisers of herd_fetch_limits. */
#define HERD_FETCH_DEFAULTS                                                                                            \
    .connect_timeout_ms = 2000, .header_bytes_max = 32 * 1024, .slow_bytes_per_second = 100, .slow_s = 4

struct herd_fetch_counts {
    uint64_t requests;
    uint64_t headers_too_big; /* header_bytes_max */
    uint64_t too_big;         /* body_bytes_max */
    uint64_t timeouts;        /* connecting, too slow, or in all */
};
extern const struct herd_counter_table herd_fetch_counters;

struct herd_fetch_request {
    struct herd_text url;       /* copied; may hold a key: never logged */
    struct herd_text post;      /* body of a POST, copied; bytes NULL: GET */
    const char *const *headers; /* "Name: value" strings, NULL at the end, copied; NULL: none */
    uint32_t timeout_ms;        /* in all */
    size_t body_bytes_max;
};

/*
 * Errors. What the other end did: -ETIMEDOUT, -ECONNREFUSED, -EIO (anything
 * else). What it has no part in: -EFBIG (the answer is beyond a limit),
 * -ECANCELED, -EMFILE (no descriptor is left), -EINVAL (no URL, or the system's
 * certificates are missing), -ENOMEM (libcurl has none, or takes no more).
 */
struct herd_fetch_answer {
    int error;                /* 0, or one of these */
    const char *error_text;   /* for the log; never holds the URL or a key; "" where error is 0 */
    long http_status;         /* 0 where none came */
    struct herd_buffer *body; /* the owner may take it (swap it out); else it is freed after the call */
};

struct herd_fetch; /* one request under way */

/* Calls back exactly once per request, never before herd_fetch_start returned. */
typedef void (*herd_fetch_done)(struct herd_fetch *fetch, struct herd_fetch_answer *answer, void *owner);

/* 0 or a negative errno. `limits` and `user_agent` are copied. curl_global_init is done at the first fetch, not here
 * (it costs 10 ms). */
int herd_fetcher_create(struct herd_loop *loop, const struct herd_fetch_limits *limits, const char *user_agent,
                        struct herd_fetcher **ret_fetcher);
/* Other limits from now on; what is under way keeps the timeouts it began with. */
void herd_fetcher_configure(struct herd_fetcher *fetcher, const struct herd_fetch_limits *limits);
/* What happened so far; as long as the fetcher is there. */
const struct herd_fetch_counts *herd_fetcher_counts(const struct herd_fetcher *fetcher);
/* Starts one; the fetcher owns what it returns until on_done. */
struct herd_fetch *herd_fetch_start(struct herd_fetcher *fetcher, const struct herd_fetch_request *request,
                                    herd_fetch_done on_done, void *owner);
/* on_done(-ECANCELED) follows in a later turn. */
void herd_fetch_cancel(struct herd_fetch *fetch);
/*
 * Cancels all (their on_done run before on_closed), closes every handle, frees
 * itself, then calls on_closed, never before it returns. Once. What is started
 * after it is told -ECANCELED.
 */
void herd_fetcher_close(struct herd_fetcher *fetcher, void (*on_closed)(void *owner), void *owner);

#endif
