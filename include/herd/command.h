/* SPDX-License-Identifier: MIT */
#ifndef HERD_COMMAND_H
#define HERD_COMMAND_H

/*
 * The client's commands (docs/protocol.md, part 1). White space is SP HT CR FF
 * VT (LF ends the line before); every other byte may be part of a field.
 * Parsing owns nothing: all views are of the line.
 */

#include <stdint.h>

#include "herd/position.h"
#include "herd/text.h"
#include "herd/word.h"

#define HERD_CLIENT_LENGTH_MAX 1024
#define HERD_TIME_LENGTH_MAX 64
#define HERD_TIME_SECONDS_MAX INT64_C(9000000000)
#define HERD_RADIUS_KM_MAX 50
#define HERD_BOUND_MAX 20

/* One report of a client, as sent by it. */
struct herd_report {
    struct herd_text client;
    struct herd_text position;
    struct herd_text time;
    int64_t time_ns; /* what `time` says, digits after the ninth dropped */
    bool joined;     /* the three lie behind one another in memory, one blank between them */
};

#define HERD_REPORT_LENGTH_MAX (HERD_CLIENT_LENGTH_MAX + 1 + HERD_POSITION_LENGTH_MAX + 1 + HERD_TIME_LENGTH_MAX)

/* Bytes of `<client> <position> <time>`. */
static inline size_t herd_report_length(const struct herd_report *report)
{
    return report->client.length + 1 + report->position.length + 1 + report->time.length;
}

/* Writes `<client> <position> <time>`, with one copy where they are joined; returns where the next byte goes. */
static inline char *herd_report_write(const struct herd_report *report, char *out)
{
    size_t length = herd_report_length(report);
    if (report->joined) {
        herd_word_copy(out, report->client.bytes, length);
        return out + length;
    }
    memcpy(out, report->client.bytes, report->client.length);
    out += report->client.length;
    *out++ = ' ';
    memcpy(out, report->position.bytes, report->position.length);
    out += report->position.length;
    *out++ = ' ';
    memcpy(out, report->time.bytes, report->time.length);
    return out + report->time.length;
}

struct herd_question {
    struct herd_text client;
    struct herd_decimal radius_km; /* 0 to 50 */
    unsigned bound;                /* 0 to 20 */
};

enum herd_command_kind {
    HERD_COMMAND_INVALID,
    HERD_COMMAND_HTTP, /* invalid, and its last field is HTTP/1.0, HTTP/1.1 or HTTP/2.0: no client of ours */
    HERD_COMMAND_IAMAT,
    HERD_COMMAND_WHATSAT,
};

struct herd_command {
    enum herd_command_kind kind;
    union {
        struct herd_report iamat;
        struct herd_question whatsat;
    } as;
};

/* Whether a byte separates fields. LF is one too, where a line may still hold it. */
static inline bool herd_is_space(char byte)
{
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

/*
 * Takes the next field off the front of *rest, skipping white space before
 * it. Returns an empty view where there is none.
 */
struct herd_text herd_field_next(struct herd_text *rest);

/* Parses one line without its LF. Whether a client is known is the store's to say. */
void herd_command_parse(struct herd_text line, struct herd_command *ret_command);

/*
 * The same for an IAMAT that `bytes` begin with, in its most usual form: one
 * blank between fields, the time with ten digits, a point and nine digits, LF.
 * Returns the line's length with its LF, or 0: it is something else or not
 * there in full, to be cut and parsed as any line. Twice as fast as that.
 */
size_t herd_report_scan(struct herd_text bytes, struct herd_report *ret_report);

struct herd_buffer;
/*
 * Appends a radius of kilometres in metres by moving the decimal point: no
 * leading zeros, no trailing zeros of a fraction: 10.5871263 is `10587.1263`,
 * 10 is `10000`, 0.0005 is `0.5`.
 */
void herd_radius_append_metres(const struct herd_decimal *radius_km, struct herd_buffer *out);

#endif
