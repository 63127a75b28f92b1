/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "herd/limitwatch.h"

/* Looks at a limit that has bitten `count` times at `now_s`: what is told, and with how many. */
static void look(struct herd_limit_watch *watch, int64_t now_s, uint64_t count, enum herd_limit_news news,
                 uint64_t bites)
{
    uint64_t found = 0;
    assert_int_equal(herd_limit_look(watch, count, now_s * 1000, &found), news);
    if (news != HERD_LIMIT_SAME) assert_int_equal(found, bites);
}

static void what_never_bites_is_never_told(void **state)
{
    (void)state;
    struct herd_limit_watch watch = {0};
    for (int64_t now_s = 0; now_s < 300; now_s++)
        look(&watch, now_s, 0, HERD_LIMIT_SAME, 0);
}

static void begin_and_end_are_told_once(void **state)
{
    (void)state;
    struct herd_limit_watch watch = {0};
    look(&watch, 1, 3, HERD_LIMIT_BEGAN, 3);
    for (int64_t now_s = 2; now_s < 500; now_s++)
        look(&watch, now_s, 3 + (uint64_t)now_s, HERD_LIMIT_SAME, 0);
    for (int64_t now_s = 500; now_s < 509; now_s++)
        look(&watch, now_s, 502, HERD_LIMIT_SAME, 0);
    look(&watch, 509, 502, HERD_LIMIT_ENDED, 502);
    look(&watch, 510, 502, HERD_LIMIT_SAME, 0);
    look(&watch, 511, 503, HERD_LIMIT_BEGAN, 1);
}

static void a_bite_now_and_then_is_one_spell(void **state)
{
    (void)state;
    struct herd_limit_watch watch = {0};
    look(&watch, 1, 1, HERD_LIMIT_BEGAN, 1);
    for (uint64_t bite = 2; bite < 50; bite++) {
        look(&watch, (int64_t)bite * 9, bite, HERD_LIMIT_SAME, 0);
        look(&watch, (int64_t)bite * 9 + 8, bite, HERD_LIMIT_SAME, 0);
    }
    look(&watch, 49 * 9 + 10, 49, HERD_LIMIT_ENDED, 49);
}

static void what_begins_again_within_a_minute_is_told_with_the_next(void **state)
{
    (void)state;
    struct herd_limit_watch watch = {0};
    look(&watch, 100, 5, HERD_LIMIT_BEGAN, 5);
    look(&watch, 110, 5, HERD_LIMIT_ENDED, 5);
    look(&watch, 120, 7, HERD_LIMIT_SAME, 0);
    look(&watch, 140, 7, HERD_LIMIT_SAME, 0); /* no end of what did not begin */
    look(&watch, 159, 8, HERD_LIMIT_SAME, 0);
    look(&watch, 160, 9, HERD_LIMIT_BEGAN, 4);
    look(&watch, 170, 9, HERD_LIMIT_ENDED, 4);
}

static void counts_that_are_told_add_up(void **state)
{
    (void)state;
    struct herd_limit_watch watch = {0};
    uint64_t count = 0;
    uint64_t told = 0;
    for (int64_t now_s = 0; now_s < 1000; now_s++) {
        uint64_t bites = 0;
        count += now_s % 37 < 11 ? 3 : 0;
        if (herd_limit_look(&watch, count, now_s * 1000, &bites) == HERD_LIMIT_ENDED) told += bites;
    }
    uint64_t bites = 0;
    assert_int_equal(herd_limit_look(&watch, count + 1, 2000 * 1000, &bites), HERD_LIMIT_BEGAN);
    assert_int_equal(told + bites, count + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_never_bites_is_never_told),
        cmocka_unit_test(begin_and_end_are_told_once),
        cmocka_unit_test(a_bite_now_and_then_is_one_spell),
        cmocka_unit_test(what_begins_again_within_a_minute_is_told_with_the_next),
        cmocka_unit_test(counts_that_are_told_add_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
