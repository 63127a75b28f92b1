/* SPDX-License-Identifier: MIT */
#include "herd/route.h"

#include <assert.h>

#include "herd/mask.h"
#include "local.h"

/*     +0.263873386 and a blank
 *     0 2         12            */
#define POINT 2
#define FRACTION 3
#define BLANK 12
#define DIFFERENCE_DIGITS 0x0ffa /* bits 1 and 3 to 11 */

_Static_assert(HERD_ROUTE_START_MAX <= UINT8_MAX && HERD_ROUTE_END_MAX <= UINT8_MAX, "lengths are bytes");

bool herd_route_make(const struct herd_peer_at *at, struct herd_route *ret_route)
{
    char *end = ret_route->end;
    size_t length = 1; /* LF */
    assert(at->origin.length <= HERD_ROUTE_START_MAX - 4 && at->visited_count <= HERD_PEER_VISITED_MAX);
    ret_route->start_length = 0;
    for (unsigned i = 0; i < at->visited_count; i++)
        length += 1 + at->visited[i].length;
    if (length > HERD_ROUTE_END_MAX) return false;
    for (unsigned i = 0; i < at->visited_count; i++) {
        *end++ = ' ';
        end = herd_put(end, at->visited[i]);
    }
    *end = '\n';
    ret_route->end_length = (uint8_t)length;
    char *start = herd_put(ret_route->start, HERD_TEXT("AT "));
    start = herd_put(start, at->origin);
    *start++ = ' ';
    ret_route->start_length = (uint8_t)(start - ret_route->start);
    return true;
}

/* A difference of less than ten seconds in its one form, and a blank; sixteen bytes can be read there. */
static inline bool scan_difference(const char *bytes, int64_t *ret_ns)
{
    bool negative = bytes[0] == '-';
    if ((herd_mask_digits(bytes) & ((1 << (BLANK + 1)) - 1)) != DIFFERENCE_DIGITS) return false;
    if ((!negative && bytes[0] != '+') || bytes[POINT] != '.' || bytes[BLANK] != ' ') return false;
    int64_t size = (bytes[1] - '0') * HERD_NS_PER_S + herd_word_number(herd_word_load(bytes + FRACTION)) * INT64_C(10) +
                   bytes[BLANK - 1] - '0';
    *ret_ns = negative ? -size : size;
    return !negative || size != 0;
}

const char *herd_route_scan(const struct herd_route *route, struct herd_text bytes, struct herd_report *ret_report,
                            int64_t *ret_difference_ns)
{
    const char *difference = bytes.bytes + route->start_length;
    const char *end = bytes.bytes + bytes.length;
    if (end - difference < HERD_MASK_STEP || !scan_difference(difference, ret_difference_ns)) return NULL;
    return plain_scan(difference + BLANK + 1, end, ' ', ret_report);
}

struct herd_text herd_route_append(struct herd_buffer *out, const struct herd_route *route, int64_t difference_ns,
                                   const struct herd_report *report)
{
    size_t room =
        (size_t)HERD_ROUTE_START_MAX + HERD_DIFFERENCE_LENGTH_MAX + 1 + herd_report_length(report) + HERD_ROUTE_END_MAX;
    char *line = herd_buffer_reserve(out, room);
    herd_word_copy(line, route->start, route->start_length);
    char *end = at_write_rest(line + route->start_length, difference_ns, report);
    herd_word_copy(end, route->end, route->end_length);
    size_t length = (size_t)(end - line) + route->end_length;
    herd_buffer_commit(out, length);
    return (struct herd_text){line, length};
}
