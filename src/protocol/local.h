/* SPDX-License-Identifier: MIT */
#ifndef HERD_PROTOCOL_LOCAL_H
#define HERD_PROTOCOL_LOCAL_H

#include "herd/clock.h"
#include "herd/command.h"

/* The first byte from `at` on that is no white space, or `end`. */
static inline const char *herd_field_start(const char *at, const char *end)
{
    while (at < end && herd_is_space(*at))
        at++;
    return at;
}

/* Where the field that starts at `at` ends: at the first white space, or at `end`. */
const char *herd_field_end(const char *at, const char *end);

/* Where the position that starts at `at` ends, whatever follows it; NULL where there is none. */
const char *herd_position_scan(const char *at, const char *end);

/* Checks the lengths of client and time as IAMAT takes them, reads the time and sets time_ns. */
bool herd_report_check(struct herd_report *report);

/* Copies a text, which may be empty, and returns where the next one goes. */
static inline char *herd_put(char *out, struct herd_text text)
{
    if (text.length > 0) memcpy(out, text.bytes, text.length);
    return out + text.length;
}

/* The most that herd_at_write writes. */
static inline size_t herd_at_room(struct herd_text server, const struct herd_report *report)
{
    return 3 + server.length + 1 + HERD_DIFFERENCE_LENGTH_MAX + 1 + report->client.length + 1 +
           report->position.length + 1 + report->time.length;
}

/* Writes `AT <server> <difference> <client> <position> <time>`: the number of bytes. */
size_t herd_at_write(char *out, struct herd_text server, int64_t difference_ns, const struct herd_report *report);

#endif
