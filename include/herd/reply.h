/* SPDX-License-Identifier: MIT */
#ifndef HERD_REPLY_H
#define HERD_REPLY_H

/* What a server answers its clients (docs/protocol.md, part 1). */

#include "herd/buffer.h"
#include "herd/command.h"

/* Appends `AT <server> <difference> <client> <position> <time>` without an LF. */
void herd_reply_append_at(struct herd_buffer *out, struct herd_text server, int64_t difference_ns,
                          const struct herd_report *report);

/*
 * The same with an LF. Returns the line without it, for whoever else wants
 * these bytes; valid until the buffer is changed.
 */
struct herd_text herd_reply_append_at_line(struct herd_buffer *out, struct herd_text server, int64_t difference_ns,
                                           const struct herd_report *report);

/* Appends `? `, the line as it came, and LF. */
void herd_reply_append_invalid(struct herd_buffer *out, struct herd_text line);

#endif
