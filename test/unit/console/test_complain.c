/* SPDX-License-Identifier: MIT */
/* How commands read numbers and say what is wrong. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "herd/console.h"

static void counts_are_decimal(void **state)
{
    static const struct {
        const char *text;
        unsigned max;
        int error;
        unsigned count;
    } cases[] = {
        {"1", 1, 0, 1},         {"999999999", 999999999, 0, 999999999},
        {"007", 10, 0, 7},      {"0", 10, -EINVAL, 0},
        {"11", 10, -EINVAL, 0}, {"", 10, -EINVAL, 0},
        {"-1", 10, -EINVAL, 0}, {"+1", 10, -EINVAL, 0},
        {"1 ", 10, -EINVAL, 0}, {"0x1", 10, -EINVAL, 0},
        {"1.", 10, -EINVAL, 0}, {"4294967297", UINT32_MAX, -EINVAL, 0},
    };
    (void)state;
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        unsigned count = 0;
        assert_int_equal(herd_count_parse(cases[i].text, cases[i].max, &count), cases[i].error);
        assert_int_equal(count, cases[i].count);
    }
}

static void errors_begin_small(void **state)
{
    (void)state;
    assert_string_equal(herd_error_text(ECONNREFUSED), "connection refused");
    assert_string_equal(herd_error_text(-ECONNREFUSED), "connection refused");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_are_decimal),
        cmocka_unit_test(errors_begin_small),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
