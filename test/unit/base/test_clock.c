/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "herd/clock.h"
#include "herd/random.h"

#define SECONDS_MAX INT64_C(9000000000)
#define UNTOUCHED INT64_C(-77)

static const struct {
    const char *text;
    int64_t ns;
} times[] = {
    {"0", 0},
    {"0.0", 0},
    {"000", 0},
    {"1", 1000000000},
    {"1520023934.918963997", 1520023934918963997},
    {"1520023934.9189639979", 1520023934918963997},
    {"1520023934.91896399799999999", 1520023934918963997},
    {"1520023934.5", 1520023934500000000},
    {"1520023934.500", 1520023934500000000},
    {"0000000000000000001520023934.5", 1520023934500000000},
    {"0.000000001", 1},
    {"0.0000000009", 0},
    {"0.123456789", 123456789},
    {"12345678.12345678", 12345678123456780},
    {"123456789.123456789", 123456789123456789},
    {"8999999999.999999999", 8999999999999999999},
    {"9000000000", 9000000000000000000},
    {"9000000000.000000000000000", 9000000000000000000},
};

static const char *const bad_times[] = {
    "",
    ".",
    ".5",
    "5.",
    "+5",
    "-5",
    "- 5",
    "5 ",
    " 5",
    "5\n",
    "1e9",
    "0x10",
    "nan",
    "inf",
    "1,5",
    "1.2.3",
    "1.-2",
    "1.+2",
    "1..2",
    "12345678x",
    "1234567.x",
    "1.1234567x",
    "1.12345678x",
    "1.123456789x",
    "1.1234567890x",
    "9000000000.000000001",
    "9000000000.0000000001",
    "9000000001",
    "10000000000",
    "99999999999999999999999999",
    "1.\xb2",
    "\xef\xbc\x91",
    "1/",
    "1:",
    "12345678:",
    "/2345678",
    "1234:678.5",
};

static void times_are_read_exactly(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        int64_t ns = UNTOUCHED;
        assert_int_equal(herd_time_parse(herd_text_of(times[i].text), SECONDS_MAX, &ns), 0);
        if (ns != times[i].ns) fail_msg("%s became %" PRId64, times[i].text, ns);
    }
}

static void other_times_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(bad_times) / sizeof(bad_times[0]); i++) {
        int64_t ns = UNTOUCHED;
        if (herd_time_parse(herd_text_of(bad_times[i]), SECONDS_MAX, &ns) != -EINVAL) fail_msg("took %s", bad_times[i]);
        assert_int_equal(ns, UNTOUCHED);
    }
    int64_t ns = UNTOUCHED;
    assert_int_equal(herd_time_parse(HERD_TEXT("1\0"), SECONDS_MAX, &ns), -EINVAL);
    assert_int_equal(herd_time_parse((struct herd_text){NULL, 0}, SECONDS_MAX, &ns), -EINVAL);
    assert_int_equal(herd_time_parse(HERD_TEXT("11"), 10, &ns), -EINVAL);
    assert_int_equal(herd_time_parse(HERD_TEXT("1"), 0, &ns), -EINVAL);
    assert_int_equal(herd_time_parse(HERD_TEXT("0.0"), 0, &ns), 0);
}

static const struct {
    int64_t ns;
    const char *text;
} differences[] = {
    {0, "+0.000000000"},
    {1, "+0.000000001"},
    {-1, "-0.000000001"},
    {-500, "-0.000000500"},
    {999999999, "+0.999999999"},
    {1000000000, "+1.000000000"},
    {-1000000000, "-1.000000000"},
    {-1000000001, "-1.000000001"},
    {263873386, "+0.263873386"},
    {INT64_C(1234567890123456789), "+1234567890.123456789"},
    {INT64_MAX, "+9223372036.854775807"},
    {INT64_MIN + 1, "-9223372036.854775807"},
    {INT64_MIN, "-9223372036.854775808"},
};

static void differences_have_one_form(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(differences) / sizeof(differences[0]); i++) {
        char out[HERD_DIFFERENCE_LENGTH_MAX];
        struct herd_text written = {out, herd_difference_format(differences[i].ns, out)};
        assert_true(herd_text_equal(written, herd_text_of(differences[i].text)));
        int64_t ns = UNTOUCHED;
        assert_int_equal(herd_difference_parse(written, &ns), 0);
        assert_true(ns == differences[i].ns);
    }
}

static const struct {
    const char *text;
    int status;
} bad_differences[] = {
    {"", -EINVAL},
    {"+", -EINVAL},
    {"0.000000000", -EINVAL},
    {"+0", -EINVAL},
    {"+0.", -EINVAL},
    {"+.000000000", -EINVAL},
    {"+0.00000000", -EINVAL},
    {"+0.0000000000", -EINVAL},
    {"-0.000000000", -EINVAL},
    {"+00.000000000", -EINVAL},
    {"+01.000000000", -EINVAL},
    {"--0.500000000", -EINVAL},
    {"+-1.000000000", -EINVAL},
    {"+1e-05", -EINVAL},
    {"+1.00000000a", -EINVAL},
    {"+1.000000000 ", -EINVAL},
    {" +1.000000000", -EINVAL},
    {"+1,000000000", -EINVAL},
    {"+9223372036.854775808", -ERANGE},
    {"-9223372036.854775809", -ERANGE},
    {"+9999999999.999999999", -ERANGE},
    {"+10000000000.000000000", -ERANGE},
    {"+99999999999999999999999999.000000000", -ERANGE},
};

static void other_differences_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(bad_differences) / sizeof(bad_differences[0]); i++) {
        int64_t ns = UNTOUCHED;
        if (herd_difference_parse(herd_text_of(bad_differences[i].text), &ns) != bad_differences[i].status)
            fail_msg("%s", bad_differences[i].text);
        assert_int_equal(ns, UNTOUCHED);
    }
}

/* Against printf, at every size of number. */
static void random_differences_round_trip(void **state)
{
    (void)state;
    struct herd_random random;
    herd_random_init(&random, 11);
    for (int i = 0; i < 20000; i++) {
        int64_t ns = (int64_t)(herd_random_next(&random) >> herd_random_below(&random, 64));
        if (herd_random_below(&random, 2) == 0) ns = (int64_t)(0 - (uint64_t)ns);
        uint64_t size = ns < 0 ? 0 - (uint64_t)ns : (uint64_t)ns;
        char expected[64];
        snprintf(expected, sizeof(expected), "%c%" PRIu64 ".%09" PRIu64, ns < 0 ? '-' : '+', size / 1000000000,
                 size % 1000000000);
        char out[HERD_DIFFERENCE_LENGTH_MAX];
        struct herd_text written = {out, herd_difference_format(ns, out)};
        assert_true(herd_text_equal(written, herd_text_of(expected)));
        int64_t back = 0;
        assert_int_equal(herd_difference_parse(written, &back), 0);
        assert_true(back == ns);
    }
}

static void clocks_run(void **state)
{
    (void)state;
    int64_t before = herd_clock_monotonic_ns();
    assert_true(herd_clock_monotonic_ns() >= before);
    assert_true(herd_clock_wall_ns() > INT64_C(1500000000) * HERD_NS_PER_S);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_are_read_exactly),        cmocka_unit_test(other_times_are_refused),
        cmocka_unit_test(differences_have_one_form),     cmocka_unit_test(other_differences_are_refused),
        cmocka_unit_test(random_differences_round_trip), cmocka_unit_test(clocks_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
