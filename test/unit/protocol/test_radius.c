/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "herd/buffer.h"
#include "herd/command.h"

static const struct {
    const char *kilometres, *metres;
} cases[] = {
    {"0", "0"},
    {"0.0", "0"},
    {"000.00000", "0"},
    {"10", "10000"},
    {"010", "10000"},
    {"50.000", "50000"},
    {"10.5871263", "10587.1263"},
    {"10.5871260", "10587.126"},
    {"10.5", "10500"},
    {"10.50", "10500"},
    {"10.500000", "10500"},
    {"10.5001", "10500.1"},
    {"0.0005", "0.5"},
    {"0.001", "1"},
    {"0.01", "10"},
    {"0.1", "100"},
    {"0.12", "120"},
    {"0.123", "123"},
    {"0.1234", "123.4"},
    {"0.00000000000000000001", "0.00000000000000001"},
    {"49.99999999999999999999", "49999.99999999999999999"},
};

static void decimal_point_moves_by_three(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct herd_decimal radius;
        struct herd_buffer out = HERD_BUFFER_INIT;
        assert_int_equal(herd_decimal_parse(herd_text_of(cases[i].kilometres), &radius), 0);
        herd_radius_append_metres(&radius, &out);
        struct herd_text written = herd_buffer_text(&out);
        if (!herd_text_equal(written, herd_text_of(cases[i].metres)))
            fail_msg("%s became %.*s", cases[i].kilometres, HERD_TEXT_ARGS(written));
        herd_buffer_finish(&out);
    }
}

/* Every radius with three digits of fraction, against integers. */
static void whole_metres_are_integers(void **state)
{
    (void)state;
    struct herd_buffer out = HERD_BUFFER_INIT;
    for (unsigned metres = 0; metres <= 50000; metres++) {
        char kilometres[16], expected[16];
        snprintf(kilometres, sizeof(kilometres), "%u.%03u", metres / 1000, metres % 1000);
        snprintf(expected, sizeof(expected), "%u", metres);
        struct herd_decimal radius;
        assert_int_equal(herd_decimal_parse(herd_text_of(kilometres), &radius), 0);
        herd_radius_append_metres(&radius, &out);
        assert_true(herd_text_equal(herd_buffer_text(&out), herd_text_of(expected)));
        herd_buffer_clear(&out);
    }
    herd_buffer_finish(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decimal_point_moves_by_three),
        cmocka_unit_test(whole_metres_are_integers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
