/* SPDX-License-Identifier: MIT */
#ifndef HERD_NET_LOCAL_H
#define HERD_NET_LOCAL_H

/* What the files of net/ share and nobody else sees. */

#include <curl/curl.h>

#include "herd/fetch.h"
#include "herd/loop.h"
#include "herd/stream.h"

/*
 * Memory for a buffer that has none, from the loop's spare ones where there
 * are any: the smallest, or the largest for who is about to append much. It
 * would cost more to let a small one grow than to fill it.
 */
void loop_lend(struct herd_loop *loop, struct herd_buffer *buffer);
void loop_lend_largest(struct herd_loop *loop, struct herd_buffer *buffer);
/* Takes an empty (or no longer wanted) buffer's memory back: keeps it as a spare one, or frees it. */
void loop_return(struct herd_loop *loop, struct herd_buffer *buffer);
/* Sees to it that the sweep runs in at most `delay_ms` from now. */
void loop_sweep_in(struct herd_loop *loop, uint64_t delay_ms);

/* Closes the streams of `blocked` and `lingering` whose time is over; how long until it should run again, 0: not. */
uint64_t stream_sweep(struct herd_loop *loop);

/* Moves it, as stream.c's table of states allows. */
void stream_move(struct herd_stream *stream, enum herd_stream_state to);
/* Gives the kernel what it takes of the output, queues the rest, ends the stream where that was all. */
void stream_write(struct herd_stream *stream);

/* `127.0.0.1:4242` or `[::1]:4242` in `out` of at least 56 bytes; an IPv4 address mapped into IPv6 as IPv4. */
void peername_format(const struct sockaddr *address, char *out, size_t size);
/* 127.0.0.0/8, ::1, or the former mapped into IPv6. */
bool peername_loopback(const struct sockaddr *address);
/* The IPv4 address in network order, mapped ones too: whether it is one. */
bool peername_ipv4(const struct sockaddr *address, uint32_t *ret_address);
/*
 * What tells addresses apart, without their ports: 4 and the IPv4 address, or 6
 * and as much of the IPv6 one as `size` (5 to 17) leaves room for, then zeros.
 * False, and only zeros, for another family.
 */
bool peername_key(const struct sockaddr *address, unsigned char *key, size_t size);

/*
 * Fetching, from the outside in:
 *
 *     fetch.c          the face: start, cancel, close, and telling the owner
 *     fetchtransfer.c  one transfer: its options, its bytes, what became of it
 *     fetchsocket.c    curl's sockets and timer on the loop
 */
struct herd_fetcher {
    struct herd_loop *loop;
    struct herd_fetch_limits limits;
    struct herd_fetch_counts counts;
    CURLM *multi;                   /* NULL before the first fetch, and once closing */
    uv_timer_t curl_timer;          /* when curl wants to be called */
    struct herd_task turn;          /* tells the owners of `finished` */
    struct herd_list_node running;  /* herd_fetch.node: transfers that curl works on */
    struct herd_list_node finished; /* owners not yet told */
    unsigned handles;               /* open uv handles */
    char *user_agent;
    bool global; /* curl_global_init was done */
    bool closing;
    bool telling; /* inside an owner's on_done */
    void (*on_closed)(void *owner);
    void *owner;
};

enum fetch_state {
    FETCH_RUNNING,
    FETCH_FINISHED,
    FETCH_TOLD,
};

struct herd_fetch {
    struct herd_list_node node; /* the list of the fetcher that its state names */
    struct herd_fetcher *fetcher;
    enum fetch_state state;
    uint64_t number; /* in the log */
    CURL *easy;      /* only while RUNNING */
    struct curl_slist *headers;
    char *url;
    char *post; /* NULL: GET */
    size_t post_length;
    uint64_t deadline_ms;
    struct herd_buffer body;
    size_t body_bytes_max;
    size_t header_bytes;
    bool retried;
    bool no_socket;      /* there was no descriptor or memory for one */
    const char *too_big; /* which cap was passed */
    long http_status;
    int error;
    const char *error_text;
    herd_fetch_done on_done;
    void *owner;
};

/* Monotonic milliseconds, not cached. */
uint64_t fetch_now_ms(void);
/* The end of one, from any state before: its owner is told in a later turn. `text` is a literal. */
void fetch_finish(struct herd_fetch *fetch, int error, const char *text);

/* Hands a fetch to curl: 0, or -EIO where it does not take it. */
int fetch_transfer_begin(struct herd_fetch *fetch);
/* Takes a fetch away from curl. */
void fetch_transfer_end(struct herd_fetch *fetch);
/* What curl has finished is retried or told. After every call that lets curl work. */
void fetch_transfer_collect(struct herd_fetcher *fetcher);
/* What a CURLcode is as an errno and in words that hold nothing foreign. */
int fetch_explain(CURLcode code, const char **ret_text);

/* Creates the multi handle on the loop: 0 or -EIO. */
int fetch_socket_open(struct herd_fetcher *fetcher);
/* One of the fetcher's uv handles closed. */
void fetcher_handle_closed(struct herd_fetcher *fetcher);

#endif
