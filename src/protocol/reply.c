/* SPDX-License-Identifier: MIT */
#include "herd/reply.h"

#include "local.h"

void herd_reply_append_at(struct herd_buffer *out, struct herd_text server, int64_t difference_ns,
                          const struct herd_report *report)
{
    char *at = herd_buffer_reserve(out, herd_at_room(server, report));
    herd_buffer_commit(out, herd_at_write(at, server, difference_ns, report));
}

struct herd_text herd_reply_append_at_line(struct herd_buffer *out, struct herd_text server, int64_t difference_ns,
                                           const struct herd_report *report)
{
    char *line = herd_buffer_reserve(out, herd_at_room(server, report) + 1);
    size_t length = herd_at_write(line, server, difference_ns, report);
    line[length] = '\n';
    herd_buffer_commit(out, length + 1);
    return (struct herd_text){line, length};
}

void herd_reply_append_invalid(struct herd_buffer *out, struct herd_text line)
{
    char *start = herd_buffer_reserve(out, line.length + 3);
    char *at = herd_put(start, HERD_TEXT("? "));
    at = herd_put(at, line);
    *at++ = '\n';
    herd_buffer_commit(out, (size_t)(at - start));
}
