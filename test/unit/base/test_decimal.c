/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "herd/decimal.h"

static const struct {
    const char *text, *whole, *fraction;
} good[] = {
    {"0", "0", ""},    {"007", "007", ""},
    {"1.5", "1", "5"}, {"10.5871263", "10", "5871263"},
    {"0.0", "0", "0"}, {"123456789012345678901234567890.1", "123456789012345678901234567890", "1"},
};

static const char *const bad[] = {
    "",    ".",   ".5",  "5.",   "1.2.3", "+1",     "-1", "1 ", " 1", "1e3",
    "1,5", "0x1", "nan", "1.5x", "x",     "1.\xb5", "/",  ":",  "1/", "1.:",
};

static void decimals_are_split(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        struct herd_decimal decimal;
        assert_int_equal(herd_decimal_parse(herd_text_of(good[i].text), &decimal), 0);
        assert_true(herd_text_equal(decimal.whole, herd_text_of(good[i].whole)));
        assert_true(herd_text_equal(decimal.fraction, herd_text_of(good[i].fraction)));
    }
}

static void other_texts_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct herd_decimal decimal;
        if (herd_decimal_parse(herd_text_of(bad[i]), &decimal) != -EINVAL) fail_msg("took %s", bad[i]);
    }
    struct herd_decimal decimal;
    assert_int_equal(herd_decimal_parse((struct herd_text){NULL, 0}, &decimal), -EINVAL);
    assert_int_equal(herd_decimal_parse(HERD_TEXT("1\0"), &decimal), -EINVAL);
}

static const struct {
    const char *text;
    unsigned places;
    int status;
    uint64_t value;
    bool more;
} scales[] = {
    {"0", 0, 0, 0, false},
    {"1.5", 0, 0, 1, true},
    {"1.0", 0, 0, 1, false},
    {"1.5", 1, 0, 15, false},
    {"1.5", 9, 0, 1500000000, false},
    {"0.123456789", 9, 0, 123456789, false},
    {"0.1234567891", 9, 0, 123456789, true},
    {"0.1234567890", 9, 0, 123456789, false},
    {"18446744073709551615", 0, 0, UINT64_MAX, false},
    {"18446744073709551616", 0, -ERANGE, 0, false},
    {"00000000000000000000000000001", 0, 0, 1, false},
    {"18446744073.709551615", 9, 0, UINT64_MAX, false},
    {"18446744073.709551616", 9, -ERANGE, 0, false},
    {"18446744074", 9, -ERANGE, 0, false},
};

static void decimals_are_scaled(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(scales) / sizeof(scales[0]); i++) {
        struct herd_decimal decimal;
        uint64_t value = 42;
        assert_int_equal(herd_decimal_parse(herd_text_of(scales[i].text), &decimal), 0);
        assert_int_equal(herd_decimal_scale(&decimal, scales[i].places, &value), scales[i].status);
        assert_true(value == (scales[i].status == 0 ? scales[i].value : 42));
        assert_int_equal(herd_decimal_has_more(&decimal, scales[i].places), scales[i].more);
    }
}

static const struct {
    const char *text;
    uint64_t max;
    int status;
    uint64_t value;
} numbers[] = {
    {"0", 0, 0, 0},
    {"1", 0, -ERANGE, 0},
    {"20", 20, 0, 20},
    {"0020", 20, 0, 20},
    {"21", 20, -ERANGE, 0},
    {"", 20, -EINVAL, 0},
    {"+1", 20, -EINVAL, 0},
    {"-1", 20, -EINVAL, 0},
    {"1.0", 20, -EINVAL, 0},
    {"999x", 20, -EINVAL, 0},
    {"1 ", 20, -EINVAL, 0},
    {"18446744073709551615", UINT64_MAX, 0, UINT64_MAX},
    {"18446744073709551616", UINT64_MAX, -ERANGE, 0},
    {"99999999999999999999999", UINT64_MAX, -ERANGE, 0},
    {"99999999999999999999999x", UINT64_MAX, -EINVAL, 0},
};

static void numbers_have_a_limit(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        uint64_t value = 42;
        assert_int_equal(herd_number_parse(herd_text_of(numbers[i].text), numbers[i].max, &value), numbers[i].status);
        assert_true(value == (numbers[i].status == 0 ? numbers[i].value : 42));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decimals_are_split),
        cmocka_unit_test(other_texts_are_refused),
        cmocka_unit_test(decimals_are_scaled),
        cmocka_unit_test(numbers_have_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
