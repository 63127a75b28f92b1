/* SPDX-License-Identifier: MIT */
/* Lines of known routes against the parser and the writer that know every form. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "herd/random.h"
#include "herd/route.h"

#define REPORT "kiwi.cs.ucla.edu +34.068930-118.445127 1520023934.918963997"

static int parse(struct herd_text line, struct herd_peer_at *ret_at)
{
    struct herd_text rest;
    if (herd_peer_verb_of(line, &rest) != HERD_PEER_AT) return -1;
    return herd_peer_parse_at(rest, ret_at);
}

/* The route of a line without its LF. */
static struct herd_route route_of(const char *line)
{
    struct herd_peer_at at;
    struct herd_route route;
    assert_int_equal(parse(herd_text_of(line), &at), 0);
    assert_true(herd_route_make(&at, &route));
    return route;
}

/* In memory of exactly its length, so that a read behind the end is found. Views are of `bytes` afterwards. */
static size_t scan(const struct herd_route *route, struct herd_text bytes, struct herd_report *ret_report,
                   int64_t *ret_difference_ns)
{
    char *copy = malloc(bytes.length + 1);
    struct herd_text copied = {copy + 1, bytes.length};
    const char *stop = NULL;
    size_t length = 0;
    assert_non_null(copy);
    memcpy(copy + 1, bytes.bytes, bytes.length);
    if (herd_route_begins(route, copied)) stop = herd_route_scan(route, copied, ret_report, ret_difference_ns);
    if (stop != NULL && herd_route_ends(route, stop, copied.bytes + copied.length)) {
        length = (size_t)(stop - copied.bytes) + route->end_length;
        ret_report->client.bytes = bytes.bytes + (ret_report->client.bytes - copied.bytes);
        ret_report->position.bytes = bytes.bytes + (ret_report->position.bytes - copied.bytes);
        ret_report->time.bytes = bytes.bytes + (ret_report->time.bytes - copied.bytes);
    }
    free(copy);
    return length;
}

/* True where the line was taken; then all is as the parser says, and writing it gives the same bytes again. */
static bool agrees(const struct herd_route *route, struct herd_text bytes)
{
    struct herd_report report;
    int64_t difference_ns;
    struct herd_peer_at at;
    struct herd_buffer out = HERD_BUFFER_INIT;
    size_t length = scan(route, bytes, &report, &difference_ns);
    if (length == 0) return false;
    assert_int_equal((const char *)memchr(bytes.bytes, '\n', bytes.length) + 1 - bytes.bytes, length);
    assert_int_equal(parse((struct herd_text){bytes.bytes, length - 1}, &at), 0);
    assert_true(at.difference_ns == difference_ns && at.report.time_ns == report.time_ns);
    assert_true(herd_text_equal(at.report.client, report.client));
    assert_true(herd_text_equal(at.report.position, report.position));
    assert_true(herd_text_equal(at.report.time, report.time));
    assert_true(report.joined);
    struct herd_route same;
    assert_true(herd_route_make(&at, &same));
    assert_true(same.start_length == route->start_length && same.end_length == route->end_length);
    struct herd_text written = herd_route_append(&out, route, difference_ns, &report);
    assert_true(herd_text_equal(written, (struct herd_text){bytes.bytes, length}));
    herd_buffer_finish(&out);
    return true;
}

static const char *const usual[] = {
    "AT Goloman +0.263873386 " REPORT " Goloman Hands\n",
    "AT g -9.999999999 k +1-2.5 8999999999.999999999 g\n",
    "AT Goloman -0.000000001 " REPORT " Goloman a b c d e f g\nAT",
    "AT a-name-that-is-longer-than-sixteen-bytes +0.000000000 k -0.5+179 0000000000.000000000 x\n",
};

static const char *const others[] = {
    "AT g -0.000000000 k +1-2 1520023934.918963997 g\n",
    "AT g +10.000000000 k +1-2 1520023934.918963997 g\n",
    "AT g 0.000000000 k +1-2 1520023934.918963997 g\n",
    "AT g +0.00000000 k +1-2 1520023934.918963997 g\n",
    "AT g +0.000000000  k +1-2 1520023934.918963997 g\n",
    "AT g +0.000000000 k +1-2 1520023934.91896399 g\n",
    "AT g +0.000000000 k +1-2 1520023934.918963997 gg\n",
    "AT g +0.000000000 k +1-2 1520023934.918963997 g g\n",
    "AT g +0.000000000 k +1-2 1520023934.918963997  g\n",
    "AT g +0.000000000 k +1-2 1520023934.918963997 g\r\n",
    "AT gg +0.000000000 k +1-2 1520023934.918963997 g\n",
    "AT h +0.000000000 k +1-2 1520023934.918963997 g\n",
    "MARK 1520023934\n",
    "",
};

static void usual_lines_are_taken_where_they_are_whole(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++) {
        char line[256] = {0};
        size_t length = strcspn(usual[i], "\n");
        memcpy(line, usual[i], length);
        struct herd_route route = route_of(line);
        assert_true(agrees(&route, herd_text_of(usual[i])));
        for (size_t cut = 0; cut <= length; cut++)
            assert_false(agrees(&route, (struct herd_text){usual[i], cut}));
    }
}

static void other_lines_are_left_alone(void **state)
{
    (void)state;
    struct herd_route route = route_of("AT g +0.000000000 k +1-2 1520023934.918963997 g");
    struct herd_route none = {.start_length = 0};
    assert_true(agrees(&route, HERD_TEXT("AT g +0.000000000 k +1-2 1520023934.918963997 g\n")));
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        assert_false(agrees(&route, herd_text_of(others[i])));
    for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++)
        assert_false(agrees(&none, herd_text_of(usual[i])));
}

static void a_long_way_has_no_route(void **state)
{
    (void)state;
    char name[HERD_NAME_LENGTH_MAX];
    struct herd_route route;
    struct herd_peer_at at = {.origin = {name, sizeof(name)}, .visited_count = 3};
    memset(name, 'n', sizeof(name));
    at.visited[0] = at.origin;
    at.visited[1] = (struct herd_text){name, HERD_ROUTE_END_MAX - 1 - (1 + sizeof(name)) - (1 + 1) - 1};
    at.visited[2] = HERD_TEXT("x");
    assert_true(herd_route_make(&at, &route));
    assert_int_equal(route.end_length, HERD_ROUTE_END_MAX);
    assert_int_equal(route.start_length, HERD_ROUTE_START_MAX);
    at.visited[2] = HERD_TEXT("xy");
    assert_false(herd_route_make(&at, &route));
    assert_int_equal(route.start_length, 0);
}

/* Whatever is changed about a line: it is read as the parser reads it, or left to that. */
static void nearly_usual_lines_are_never_misread(void **state)
{
    (void)state;
    static const char bytes[] = " \t\r\n0123456789+-.aAGH/";
    struct herd_random random;
    unsigned taken = 0;
    herd_random_init(&random, 67);
    struct herd_route route = route_of("AT Goloman +0.263873386 " REPORT " Goloman Hands");
    for (unsigned round = 0; round < 200000; round++) {
        char line[160] = "AT Goloman +0.263873386 " REPORT " Goloman Hands\n";
        size_t length = strlen(line);
        for (uint64_t changes = herd_random_below(&random, 3); changes > 0; changes--) {
            size_t at = (size_t)herd_random_below(&random, length);
            switch (herd_random_below(&random, 3)) {
            case 0:
                line[at] = bytes[herd_random_below(&random, sizeof(bytes) - 1)];
                break;
            case 1:
                memmove(line + at, line + at + 1, --length - at);
                break;
            default:
                memmove(line + at + 1, line + at, length++ - at);
                line[at] = bytes[herd_random_below(&random, sizeof(bytes) - 1)];
                break;
            }
        }
        taken += agrees(&route, (struct herd_text){line, length});
    }
    assert_true(taken > 20000); /* so that agreeing means something */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(usual_lines_are_taken_where_they_are_whole),
        cmocka_unit_test(other_lines_are_left_alone),
        cmocka_unit_test(a_long_way_has_no_route),
        cmocka_unit_test(nearly_usual_lines_are_never_misread),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
