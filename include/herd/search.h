/* SPDX-License-Identifier: MIT */
#ifndef HERD_SEARCH_H
#define HERD_SEARCH_H

/*
 * Drives the places service (places.h) on a loop: sends its requests with the
 * fetcher, has a worker read the indexes and look whether their files change,
 * keeps its time. What a configuration says of places is in force as a whole, a
 * set: a service with its keys and its indexes. Another one may take its place
 * while questions are under way:
 *
 *     open                                       the first set; questions wait until its indexes are read
 *     prepare --worker: keys, indexes--> on_ready(0) --commit--> new questions go to it
 *        |                \-> on_ready(code, why)         \----> the old one answers who waits for it, then goes
 *        \-> abandon, at any time before commit: as if nothing had been prepared
 *
 * A ticket is answered by the service that it asked (herd_places_ticket.places),
 * so nobody who waits loses an answer. Counts go on from set to set.
 *
 * Commit cannot fail: all that can is done in prepare, off the loop. At open the
 * keys are read and the indexes' files opened at once, as nobody is served yet.
 */

#include <stdio.h>

#include "herd/fetch.h"
#include "herd/loop.h"
#include "herd/places.h"
#include "herd/worker.h"

struct herd_search_set; /* private to search */

struct herd_search_provider {
    const char *name;      /* one that exists (herd_places_provider_exists) */
    const char *url;       /* of a remote one */
    const char *key_file;  /* NULL: it needs no key */
    const char *key_place; /* where that was set, as faults about it begin: `herd.conf:12: `; "": nowhere */
};

/* All of it is copied. */
struct herd_search_options {
    const struct herd_search_provider *providers; /* in order */
    unsigned provider_count;
    const char *const *indexes; /* paths, for the local provider */
    unsigned index_count;       /* 0: the one beside the program, which may be missing or no good */
    const char *index_place;    /* as key_place */
    const char *user_agent;
    struct herd_places_options places; /* limits and order; its providers and counts are not looked at */
    struct herd_fetch_limits fetch;
};

/* What was prepared is ready to be put in force; or `code` is a sysexits code, and `messages` says why, a line each. */
typedef void (*herd_search_ready)(void *owner, int code, struct herd_text messages);

struct herd_search {
    struct herd_loop *loop;
    struct herd_search_set *current;  /* NULL: not open */
    struct herd_search_set *prepared; /* being prepared, or ready; NULL: none */
    struct herd_list_node retired;    /* herd_search_set.node: those that are waited for, by who asked or by a worker */
    struct herd_fetcher *fetcher;     /* NULL: no provider has needed one yet */
    struct herd_places_counts counts; /* of all sets there were */
    uv_timer_t due_timer;             /* when the first of the questions that wait has waited too long */
    uint64_t unasked;                 /* questions that were never asked, as last logged */
    long trouble;                     /* the HTTP status of the last answer, where that was none, as logged */
    bool closing;
};

/*
 * 0, or a sysexits code with lines of what is wrong in `messages`; close and
 * finish are due in both cases. `search` is zeroed, and stays where it is.
 */
int herd_search_open(struct herd_search *search, struct herd_loop *loop, const struct herd_search_options *options,
                     FILE *messages);
/* Whom new questions are to be put to: another one after each commit. */
struct herd_places *herd_search_places(const struct herd_search *search);
/* Sends what there is to send; after each question that waits. Harmless before open. */
void herd_search_pump(struct herd_search *search);
/* Once a second. */
void herd_search_tick(struct herd_search *search);
const struct herd_places_counts *herd_search_counts(const struct herd_search *search);
const struct herd_fetch_counts *herd_search_fetch_counts(const struct herd_search *search);

/*
 * Nothing is prepared yet. 0, and on_ready follows, once, never before this
 * returns, but not after abandon or close; or a sysexits code with a line in
 * `messages`, and nothing is prepared.
 */
int herd_search_prepare(struct herd_search *search, const struct herd_search_options *options, FILE *messages,
                        herd_search_ready on_ready, void *owner);
/* After on_ready(0). */
void herd_search_commit(struct herd_search *search);
/* Harmless where nothing is prepared. */
void herd_search_abandon(struct herd_search *search);

/* Cancels what is under way and closes what is on the loop. Once. */
void herd_search_close(struct herd_search *search);
/* After the loop has ended. No ticket is left. */
void herd_search_finish(struct herd_search *search);

/*
 * Reads the keys and the configured indexes as a start would and keeps nothing.
 * 0, or the sysexits code of the first fault; all of them are in `messages`.
 */
int herd_search_check(const struct herd_search_options *options, FILE *messages);

#endif
