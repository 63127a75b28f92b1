/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "herd/tellings.h"

#define QUIET_MS HERD_TELLINGS_QUIET_MS

static bool say(struct herd_tellings *tellings, const char *who, const char *what, int64_t now_ms, uint32_t *ret_unsaid)
{
    return herd_tellings_say(tellings, herd_text_of(who), herd_text_of(what), now_ms, ret_unsaid);
}

static void each_pair_is_said_once_a_minute(void **state)
{
    (void)state;
    struct herd_tellings tellings = {0};
    uint32_t unsaid = 9;
    assert_true(say(&tellings, "a", "left", 0, &unsaid));
    assert_int_equal(unsaid, 0);
    assert_true(say(&tellings, "b", "left", 0, &unsaid));
    assert_true(say(&tellings, "a", "proof", 0, &unsaid));
    assert_false(say(&tellings, "a", "left", 1, &unsaid));
    assert_false(say(&tellings, "a", "left", QUIET_MS, &unsaid));
    assert_true(say(&tellings, "a", "left", QUIET_MS + 1, &unsaid));
    assert_int_equal(unsaid, 2);
    assert_true(say(&tellings, "a", "left", 2 * QUIET_MS + 1, &unsaid));
    assert_int_equal(unsaid, 0);
}

static void the_oldest_is_forgotten(void **state)
{
    (void)state;
    struct herd_tellings tellings = {0};
    uint32_t unsaid;
    char who[16];
    for (int i = 0; i <= HERD_TELLINGS_KNOWN; i++) {
        snprintf(who, sizeof who, "%d", i);
        assert_true(say(&tellings, who, "left", 100 + i, &unsaid));
    }
    assert_false(say(&tellings, "1", "left", 200, &unsaid));
    assert_true(say(&tellings, "0", "left", 200, &unsaid));
}

static void long_texts_are_cut(void **state)
{
    (void)state;
    struct herd_tellings tellings = {0};
    uint32_t unsaid;
    char text[200] = "";
    for (size_t i = 0; i + 1 < sizeof text; i++)
        text[i] = 'x';
    assert_true(say(&tellings, text, text, 5, &unsaid));
    assert_false(say(&tellings, text, text, 6, &unsaid));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_pair_is_said_once_a_minute),
        cmocka_unit_test(the_oldest_is_forgotten),
        cmocka_unit_test(long_texts_are_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
