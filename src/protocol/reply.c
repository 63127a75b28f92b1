/* SPDX-License-Identifier: MIT */
#include "herd/reply.h"

#include "local.h"

void herd_reply_append_at(struct herd_buffer *out, struct herd_text server, int64_t difference_ns,
                          const struct herd_report *report)
{
    char *at = herd_buffer_reserve(out, at_room(server, report));
    herd_buffer_commit(out, at_write(at, server, difference_ns, report));
}

#define START_PIECE 16

void herd_at_start_make(struct herd_text server, struct herd_at_start *ret_start)
{
    memset(ret_start, 0, sizeof *ret_start);
    char *at = herd_put(ret_start->bytes, HERD_TEXT("AT "));
    at = herd_put(at, server);
    *at++ = ' ';
    ret_start->length = (size_t)(at - ret_start->bytes);
}

struct herd_text herd_reply_append_at_line(struct herd_buffer *out, const struct herd_at_start *start,
                                           int64_t difference_ns, const struct herd_report *report)
{
    size_t room = start->length + HERD_DIFFERENCE_LENGTH_MAX + 1 + herd_report_length(report) + 1;
    char *line = herd_buffer_reserve(out, room);
    memcpy(line, start->bytes, START_PIECE); /* most names end in it; what is too much is written over */
    if (start->length > START_PIECE) memcpy(line, start->bytes, start->length);
    char *at = at_write_rest(line + start->length, difference_ns, report);
    *at++ = '\n';
    herd_buffer_commit(out, (size_t)(at - line));
    return (struct herd_text){line, (size_t)(at - line) - 1};
}

void herd_reply_append_invalid(struct herd_buffer *out, struct herd_text line)
{
    char *start = herd_buffer_reserve(out, line.length + 3);
    char *at = herd_put(start, HERD_TEXT("? "));
    at = herd_put(at, line);
    *at++ = '\n';
    herd_buffer_commit(out, (size_t)(at - start));
}
