/* SPDX-License-Identifier: MIT */
/* Two servers of one name take each other's place again and again; a server that starts anew does so once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "rig.h"

#define SESSIONS_MAX 8

/* Sessions in their order; a digit is the run that comes, `-` in front: the session before it has ended by then. */
static const struct {
    const char *runs;
    const char *rivals; /* one digit for each session: whether it shows two servers */
} histories[] = {
    {"1", "0"},         {"11", "00"},     {"12", "00"},     {"1-2-3", "000"}, {"123", "000"},    {"1222", "0000"},
    {"12-2-2", "0000"}, {"121", "001"},   {"1212", "0011"}, {"12-1", "001"},  {"122-1", "0001"}, {"12121", "00111"},
    {"1-2", "00"},      {"1-1-1", "000"}, {"1231", "0000"}, /* three of one name in turn: noticed with the next that
                                                               comes back to back */
};

static void who_comes_back_after_it_was_replaced_has_a_rival(void **state)
{
    for (size_t i = 0; i < sizeof(histories) / sizeof(histories[0]); i++) {
        struct herd_inbound sessions[SESSIONS_MAX];
        struct rig rig;
        unsigned count = 0;
        unsigned rivals = 0;
        rig_init(&rig, 10);
        for (const char *run = histories[i].runs; *run != '\0'; run++) {
            char incarnation[17];
            if (*run == '-') {
                herd_inbound_stop(&sessions[count - 1]);
                continue;
            }
            snprintf(incarnation, sizeof(incarnation), "%016d", *run - '0');
            rig_accept(&rig, &sessions[count], 0, incarnation);
            if (sessions[count].replaced != NULL) herd_inbound_stop(sessions[count].replaced);
            assert_int_equal(sessions[count].rival, histories[i].rivals[count] == '1');
            rivals += sessions[count].rival;
            count++;
        }
        assert_int_equal(rig.flood.counts.rivals, rivals);
        for (unsigned session = 0; session < count; session++)
            herd_inbound_finish(&sessions[session]);
        rig_finish(&rig);
    }
    (void)state;
}

static void neighbours_are_not_each_others_rivals(void **state)
{
    struct herd_inbound sessions[4];
    struct rig rig;
    rig_init(&rig, 10);
    for (unsigned i = 0; i < 4; i++) {
        rig_accept(&rig, &sessions[i], i % 2, i < 2 ? RIG_ONE : RIG_TWO);
        assert_false(sessions[i].rival);
    }
    assert_int_equal(rig.flood.counts.rivals, 0);
    for (unsigned i = 0; i < 4; i++)
        herd_inbound_finish(&sessions[i]);
    rig_finish(&rig);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_comes_back_after_it_was_replaced_has_a_rival),
        cmocka_unit_test(neighbours_are_not_each_others_rivals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
