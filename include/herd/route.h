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

#define HERD_ROUTE_START_MAX (3 + HERD_NAME_LENGTH_MAX + 1) /* `AT `, a name, a blank */
#define HERD_ROUTE_END_MAX 128 /* of eight servers' names fifteen bytes each; longer ways have no route */

struct herd_route {
    uint8_t start_length; /* 0: none yet */
    uint8_t end_length;
    char start[HERD_ROUTE_START_MAX];
    char end[HERD_ROUTE_END_MAX];
};

/* The route of a line, whose names are valid. False, and no route, where it is too long for one. */
bool herd_route_make(const struct herd_peer_at *at, struct herd_route *ret_route);

/*
 * Reads a whole usual line of the route off the start of `bytes`: the report,
 * which views them, and the difference, less than ten seconds. Returns the
 * line's length with its LF; 0: it is another line, or not whole, or there is
 * no route. Then what was to be returned is undefined.
 */
size_t herd_route_scan(const struct herd_route *route, struct herd_text bytes, struct herd_report *ret_report,
                       int64_t *ret_difference_ns);

/* Appends the line of the route, as herd_peer_append_at does. Returns it with its LF, valid until `out` is changed. */
struct herd_text herd_route_append(struct herd_buffer *out, const struct herd_route *route, int64_t difference_ns,
                                   const struct herd_report *report);

#endif
