/* SPDX-License-Identifier: MIT */
#ifndef HERD_REPLY_H
#define HERD_REPLY_H

/* What a server answers its clients (docs/protocol.md, part 1). */

#include "herd/buffer.h"
#include "herd/command.h"
#include "herd/name.h"

/* Appends `AT <server> <difference> <client> <position> <time>` without an LF. */
void herd_reply_append_at(struct herd_buffer *out, struct herd_text server, int64_t difference_ns,
                          const struct herd_report *report);

/* `AT <server> `, with which all lines of one server begin: made once. Bytes behind `length` are zeros. */
struct herd_at_start {
    char bytes[3 + HERD_NAME_LENGTH_MAX + 1];
    size_t length;
};

/* Fills in that of a server. */
void herd_at_start_make(struct herd_text server, struct herd_at_start *ret_start);

/*
 * As herd_reply_append_at, with an LF. Returns the line without it, for whoever
 * else wants these bytes; valid until the buffer is changed.
 */
struct herd_text herd_reply_append_at_line(struct herd_buffer *out, const struct herd_at_start *start,
                                           int64_t difference_ns, const struct herd_report *report);

/* Appends `? `, the line as it came, and LF. */
void herd_reply_append_invalid(struct herd_buffer *out, struct herd_text line);

#endif
