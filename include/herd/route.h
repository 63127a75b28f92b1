/* SPDX-License-Identifier: MIT */
#ifndef HERD_ROUTE_H
#define HERD_ROUTE_H

/*
 * A route: what the AT lines of one origin have in common that passed the same
 * servers.
 *
 *     AT Goloman +0.263873386 kiwi.cs.ucla.edu +34.068930-118.445127 1520023934.918963997 Goloman Hands LF
 *     '--start--'                                                                        '-----end-----'
 *
 * A flood has few of them and many lines of each. Who knows the route of a
 * line reads it in one pass, without looking for its end or for any name in
 * it, and writes it with three copies. What is read so is what herd_peer_parse_at
 * reads; a line that is not of the route, or not in the usual form, is left to that.
 */

#include <stdint.h>

#include "herd/name.h"
#include "herd/peerline.h"
#include "herd/word.h"

#define HERD_ROUTE_START_MAX (3 + HERD_NAME_LENGTH_MAX + 1) /* `AT `, a name, a blank */
#define HERD_ROUTE_END_MAX 128 /* eight names of up to fourteen bytes, say; longer ways have no route */

struct herd_route {
    uint8_t start_length; /* 0: none yet */
    uint8_t end_length;
    char start[HERD_ROUTE_START_MAX];
    char end[HERD_ROUTE_END_MAX];
};

/* The route of a line, whose names are valid. False, and no route, where it is too long for one. */
bool herd_route_make(const struct herd_peer_at *at, struct herd_route *ret_route);

/* Whether `bytes` begin as lines of the route do. */
static inline bool herd_route_begins(const struct herd_route *route, struct herd_text bytes)
{
    return route->start_length != 0 && bytes.length >= route->start_length &&
           herd_word_same(bytes.bytes, route->start, route->start_length);
}

/*
 * What lies between the start, with which `bytes` begin, and the end of a usual
 * line: the difference, less than ten seconds, and the report, which views
 * `bytes`. Returns where the end should be, at least one byte; NULL: it is
 * another line, or not whole, and what was to be returned is undefined.
 */
const char *herd_route_scan(const struct herd_route *route, struct herd_text bytes, struct herd_report *ret_report,
                            int64_t *ret_difference_ns);

/* Whether the line that has come to `at` ends as lines of the route do; `end` is where the bytes end. */
static inline bool herd_route_ends(const struct herd_route *route, const char *at, const char *end)
{
    return end - at >= route->end_length && herd_word_same(at, route->end, route->end_length);
}

/* Appends the line of the route, as herd_peer_append_at does. Returns it with its LF, valid until `out` is changed. */
struct herd_text herd_route_append(struct herd_buffer *out, const struct herd_route *route, int64_t difference_ns,
                                   const struct herd_report *report);

#endif
