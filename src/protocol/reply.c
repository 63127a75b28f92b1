/* SPDX-License-Identifier: MIT */
#include "herd/reply.h"

#include "local.h"

size_t herd_at_write(char *out, struct herd_text server, int64_t difference_ns, const struct herd_report *report)
{
    char *at = herd_put(out, HERD_TEXT("AT "));
    at = herd_put(at, server);
    *at++ = ' ';
    at += herd_difference_format(difference_ns, at);
    *at++ = ' ';
    at = herd_put(at, report->client);
    *at++ = ' ';
    at = herd_put(at, report->position);
    *at++ = ' ';
    at = herd_put(at, report->time);
    return (size_t)(at - out);
}

void herd_reply_append_at(struct herd_buffer *out, struct herd_text server, int64_t difference_ns,
                          const struct herd_report *report)
{
    char *at = herd_buffer_reserve(out, herd_at_room(server, report));
    herd_buffer_commit(out, herd_at_write(at, server, difference_ns, report));
}

void herd_reply_append_invalid(struct herd_buffer *out, struct herd_text line)
{
    char *start = herd_buffer_reserve(out, line.length + 3);
    char *at = herd_put(start, HERD_TEXT("? "));
    at = herd_put(at, line);
    *at++ = '\n';
    herd_buffer_commit(out, (size_t)(at - start));
}
