/* SPDX-License-Identifier: MIT */
#ifndef HERD_PROTOCOL_LOCAL_H
#define HERD_PROTOCOL_LOCAL_H

#include "herd/clock.h"
#include "herd/command.h"
#include "herd/word.h"

/* The first byte from `at` on that is no white space, or `end`. */
static inline const char *field_start(const char *at, const char *end)
{
    if (end - at > 1 && *at == ' ' && (unsigned char)at[1] > ' ') return at + 1; /* one blank, as a rule */
    while (at < end && herd_is_space(*at))
        at++;
    return at;
}

/* Where the field that starts at `at` ends: at the first white space, or at `end`. */
const char *field_end(const char *at, const char *end);

/* Where the position that starts at `at` ends, whatever follows it; NULL where there is none. */
const char *position_scan(const char *at, const char *end);

/* Checks the lengths of client and time as IAMAT takes them, reads the time and sets time_ns. */
bool report_check(struct herd_report *report);

/*
 * Reads `<client> <position> <time>` in its most usual form with the byte
 * `last` behind it: where that byte is, or NULL; then it is in another form.
 */
const char *plain_scan(const char *client, const char *end, char last, struct herd_report *ret_report);

/* Copies a text, which may be empty, and returns where the next one goes. */
static inline char *herd_put(char *out, struct herd_text text)
{
    if (text.length > 0) memcpy(out, text.bytes, text.length);
    return out + text.length;
}

/* The most that at_write writes. */
static inline size_t at_room(struct herd_text server, const struct herd_report *report)
{
    return 3 + server.length + 1 + HERD_DIFFERENCE_LENGTH_MAX + 1 + herd_report_length(report);
}

/* Writes `<difference> <client> <position> <time>`; returns where the next byte goes. */
static inline char *at_write_rest(char *out, int64_t difference_ns, const struct herd_report *report)
{
    out += herd_difference_format(difference_ns, out);
    *out++ = ' ';
    return herd_report_write(report, out);
}

/* Writes `AT <server> <difference> <client> <position> <time>`: the number of bytes. */
static inline size_t at_write(char *out, struct herd_text server, int64_t difference_ns,
                              const struct herd_report *report)
{
    char *at = herd_put(out, HERD_TEXT("AT "));
    herd_word_copy(at, server.bytes, server.length);
    at += server.length;
    *at++ = ' ';
    return (size_t)(at_write_rest(at, difference_ns, report) - out);
}

#endif
