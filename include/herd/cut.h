/* SPDX-License-Identifier: MIT */
#ifndef HERD_CUT_H
#define HERD_CUT_H

/*
 * The cut of a provider's answer. One pass over the bytes, allocating nothing,
 * validates the whole text as JSON (RFC 8259) and notes where the elements of
 * the top-level `results` array end; the body is then cut as text, so that
 * every byte that stays is the provider's own.
 *
 * Checked: the grammar to the last byte; nesting of at most so many arrays and
 * objects; no control byte (below 0x20) within a string; escapes are those of
 * the grammar, \u with four hex digits. Numbers may be of any length. Not
 * checked: that bytes from 0x80 up are UTF-8, that \u surrogates come in
 * pairs, that keys are unique. A byte order mark is no JSON.
 */

#include "herd/buffer.h"
#include "herd/command.h"

#define HERD_CUT_DEPTH_MAX 1024 /* no depth_max is above */

struct herd_cut {
    size_t start;                /* offset just after the `[` of results; 0: there is no such array */
    size_t ends[HERD_BOUND_MAX]; /* offsets just after the first elements */
    size_t last_end;             /* offset just after the last element; `start` where it is empty */
    size_t count;                /* all elements, also those after ends[] */
};

/*
 * Scans a body. Returns 0 where it is JSON with an object at the top, -E2BIG at
 * an array or object within `depth_max` others, else -EINVAL; *ret_cut is left
 * alone by errors. Of several top-level `results` the last counts, as JSON
 * parsers have it; the key may be spelled with escapes.
 */
int herd_cut_scan(struct herd_text body, unsigned depth_max, struct herd_cut *ret_cut);

/*
 * Appends the scanned body with at most `bound` (<= HERD_BOUND_MAX) elements of
 * results: everything up to the end of element `bound`, then everything after
 * the end of the last one; bound 0 leaves `[]`. Every run of two or more
 * newlines (LF or CRLF) becomes its first one; newlines before the first byte
 * and at the end go.
 */
void herd_cut_append(struct herd_buffer *out, struct herd_text body, const struct herd_cut *cut, unsigned bound);

#endif
