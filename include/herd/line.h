/* SPDX-License-Identifier: MIT */
#ifndef HERD_LINE_H
#define HERD_LINE_H

/*
 * Cuts a stream of bytes into lines at LF. Nothing else ends a line; CR, NUL
 * and every other byte belong to it. A line that lies whole in what was just
 * read is a view of it and is not copied; only an unfinished tail is kept.
 */

#include "herd/buffer.h"
#include "herd/text.h"

#define HERD_LINE_SHOWN_MAX 256 /* bytes of an over-long line that are given back */

enum herd_line_status {
    HERD_LINE_NONE,     /* no whole line: input was used up, feed more */
    HERD_LINE_READY,    /* *ret_line is a line without its LF */
    HERD_LINE_TOO_LONG, /* over the limit: *ret_line is its first HERD_LINE_SHOWN_MAX bytes; feed no more */
};

struct herd_framer {
    struct herd_buffer held; /* an unfinished line, or bytes put back by herd_framer_hold */
    size_t scanned;          /* bytes of held that are known to hold no LF */
    size_t used;             /* bytes of held that the last line took; dropped at the next call */
    size_t limit;            /* longest line without its LF */
};

void herd_framer_init(struct herd_framer *framer, size_t limit);
void herd_framer_finish(struct herd_framer *framer);

/*
 * The next line of what is held followed by *input; *input is moved past what
 * was taken. With NONE all of it was taken and the tail is held. A line of
 * exactly `limit` bytes is ready, one more byte without LF is too long.
 * The line is valid until the next call with this framer, or until the bytes
 * of *input go.
 */
enum herd_line_status herd_framer_next(struct herd_framer *framer, struct herd_text *input, struct herd_text *ret_line);

/* What came and was not given out yet: the beginning of a line. Valid until the next call with this framer. */
struct herd_text herd_framer_unfinished(const struct herd_framer *framer);

/* Keeps the rest of `input` for later calls (with an empty input), when the reader must stop here. */
void herd_framer_hold(struct herd_framer *framer, struct herd_text input);

/* Whether an unfinished line, or anything held, is waiting. */
static inline bool herd_framer_pending(const struct herd_framer *framer)
{
    return herd_buffer_length(&framer->held) > framer->used;
}

/*
 * End of input. After next returned NONE: true and the bytes that have no LF,
 * where there are any. To be called once.
 */
bool herd_framer_end(struct herd_framer *framer, struct herd_text *ret_line);

#endif
