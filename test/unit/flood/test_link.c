/* SPDX-License-Identifier: MIT */
/* A link as tables of what happens to it, and of what it asks of its driver and tells it. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "linkdrive.h"

static const struct {
    const char *script;
    const char *trace;
    enum herd_link_state state;
} histories[] = {
    /* Dialling. */
    {"tick", "dialling connect", HERD_LINK_CONNECTING},
    {"tick tick", "dialling connect", HERD_LINK_CONNECTING},
    {"tick nobody tick", "dialling connect failed", HERD_LINK_IDLE},
    {"tick nobody +5000 tick", "dialling connect failed dialling connect", HERD_LINK_CONNECTING},
    {"stop tick", "", HERD_LINK_IDLE},
    {"tick stop open", "dialling connect close:canceled", HERD_LINK_CLOSING},
    {"tick cut", "dialling connect close:canceled", HERD_LINK_CLOSING},
    {"tick cut nobody", "dialling connect close:canceled failed", HERD_LINK_IDLE},
    {"tick cut open", "dialling connect close:canceled close:canceled", HERD_LINK_CLOSING},
    {"cut close fin", "", HERD_LINK_IDLE},
    /* The handshake. */
    {"tick open welcome", "dialling connect welcomed", HERD_LINK_UP},
    {"tick open hello", "dialling connect", HERD_LINK_UP},
    {"tick open refuse", "dialling connect close:proto", HERD_LINK_CLOSING},
    {"tick open refuse welcome gone", "dialling connect close:proto failed", HERD_LINK_IDLE},
    {"tick open hello fin gone", "dialling connect close:reset failed", HERD_LINK_IDLE},
    {"tick open hello gone", "dialling connect failed", HERD_LINK_IDLE},
    {"tick open +2999 tick", "dialling connect", HERD_LINK_UP},
    {"tick open +3000 tick", "dialling connect close:timeout", HERD_LINK_CLOSING},
    /* Live. */
    {"tick open welcome fin", "dialling connect welcomed close:reset", HERD_LINK_CLOSING},
    {"tick open welcome fin fin cut gone", "dialling connect welcomed close:reset down", HERD_LINK_IDLE},
    {"tick open welcome gone", "dialling connect welcomed down", HERD_LINK_IDLE},
    {"tick open welcome +3999 tick", "dialling connect welcomed", HERD_LINK_UP},
    {"tick open welcome +4000 tick", "dialling connect welcomed close:timeout", HERD_LINK_CLOSING},
    {"tick open welcome stop +3000 tick pong:0 +3000 tick", "dialling connect welcomed", HERD_LINK_UP},
    {"tick open welcome stop close gone +9999 tick", "dialling connect welcomed close:ok down", HERD_LINK_IDLE},
    {"tick open welcome cut gone", "dialling connect welcomed close:canceled down", HERD_LINK_IDLE},
    /* The neighbour is somewhere else. */
    {"tick nobody renew tick", "dialling connect failed dialling connect", HERD_LINK_CONNECTING},
    {"tick renew nobody tick", "dialling connect close:canceled failed dialling connect", HERD_LINK_CONNECTING},
    {"tick open welcome renew gone tick", "dialling connect welcomed close:canceled down dialling connect",
     HERD_LINK_CONNECTING},
    {"tick open welcome fin renew gone tick", "dialling connect welcomed close:reset down dialling connect",
     HERD_LINK_CONNECTING},
    {"tick renew nobody tick nobody tick", "dialling connect close:canceled failed dialling connect failed",
     HERD_LINK_IDLE},
    /* Clocks. */
    {"tick open welcome pong:999 pong:-999", "dialling connect welcomed", HERD_LINK_UP},
    {"tick open welcome pong:1000 pong:1500 pong:500", "dialling connect welcomed far", HERD_LINK_UP},
    {"tick open welcome pong:-1000 pong:-499 pong:-999", "dialling connect welcomed far near", HERD_LINK_UP},
    /* The neighbour's sessions. */
    {"in:0", "", HERD_LINK_IDLE},
    {"in:1", "heard", HERD_LINK_IDLE},
    {"tick nobody in:1 tick", "dialling connect failed heard dialling connect", HERD_LINK_CONNECTING},
    {"stop in:1 tick", "heard", HERD_LINK_IDLE},
    {"tick in:1 nobody tick", "dialling connect heard failed", HERD_LINK_IDLE},
    {"in:1 in:1", "heard drop heard", HERD_LINK_IDLE},
    {"in:1 in:2 in:3", "heard drop heard drop heard", HERD_LINK_IDLE},
    {"in:1 in:2 in:1", "heard drop heard drop heard rival", HERD_LINK_IDLE},
    {"in:1 in:2 in:1 in:2 in:1", "heard drop heard drop heard rival drop heard drop heard", HERD_LINK_IDLE},
    {"in:1 in:2 in:1 +60000 in:2", "heard drop heard drop heard rival drop heard rival", HERD_LINK_IDLE},
};

static void it_does_what_the_tables_say(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(histories) / sizeof(histories[0]); i++) {
        void *world;
        drive_setup(&world);
        struct drive *drive = world;
        drive_play(drive, histories[i].script);
        if (strcmp(drive->trace, histories[i].trace) != 0)
            fail_msg("%s: %s instead of %s", histories[i].script, drive->trace, histories[i].trace);
        assert_int_equal(drive->link.state, histories[i].state);
        drive_teardown(&world);
    }
}

/* -- When it wants to be called -- */

static void its_deadline_is_that_of_what_comes_next(void **state)
{
    struct drive *drive = *state;
    int64_t now_ms = drive->rig.now.monotonic_ms;
    assert_true(herd_link_deadline(&drive->link) == now_ms);
    drive_play(drive, "tick");
    assert_true(herd_link_deadline(&drive->link) == INT64_MAX); /* the driver's */
    drive_play(drive, "open");
    assert_true(herd_link_deadline(&drive->link) == now_ms + HERD_HANDSHAKE_MS);
    drive_play(drive, "welcome tick");
    assert_in_range(herd_link_deadline(&drive->link), now_ms + 900, now_ms + 1100);
    drive_play(drive, "cut");
    assert_true(herd_link_deadline(&drive->link) == INT64_MAX);
    drive_play(drive, "gone");
    assert_in_range(herd_link_deadline(&drive->link), now_ms + HERD_REDIAL_BASE_MS, now_ms + HERD_REDIAL_MAX_MS);
    drive_play(drive, "stop");
    assert_true(herd_link_deadline(&drive->link) == INT64_MAX);
}

static void it_wakes_its_driver_where_the_deadline_comes_nearer(void **state)
{
    static const char *const steps[] = {"tick open", "welcome", "fin gone", "+1 in:1", "renew"};
    struct drive *drive = *state;
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        unsigned before = drive->wakes;
        drive_play(drive, steps[i]);
        if (drive->wakes == before) fail_msg("%s woke nobody", steps[i]);
    }
}

/* Failures to connect are counted while they are running. */
static void failures_are_counted_until_it_is_connected(void **state)
{
    struct drive *drive = *state;
    drive_play(drive, "tick nobody +9999 tick nobody");
    assert_int_equal(drive->link.failures, 2);
    assert_int_equal(drive->link.status, -ECONNREFUSED);
    drive_play(drive, "+9999 tick open refuse gone");
    assert_int_equal(drive->link.failures, 0);
    assert_string_equal(drive->link.outbound.end.text, "refused: proof: no");
    assert_true(drive->link.outbound.end.secrets);
}

/* As if so many attempts had failed that it waits as long as it ever does. */
static void wear_out(struct drive *drive)
{
    struct herd_random random;
    herd_random_init(&random, 1);
    while (herd_backoff_next_ms(&drive->link.redial.backoff, &random) < HERD_REDIAL_MAX_MS)
        continue;
}

static void only_a_stable_session_forgets_the_back_off(void **state)
{
    struct drive *drive = *state;
    wear_out(drive);
    drive_play(drive, "tick open welcome");
    for (unsigned second = 0; second < HERD_REDIAL_STABLE_MS / 1000; second++)
        drive_play(drive, "+1000 tick pong:0");
    drive_play(drive, "gone");
    assert_in_range(herd_link_deadline(&drive->link) - drive->rig.now.monotonic_ms, HERD_REDIAL_BASE_MS,
                    3 * HERD_REDIAL_BASE_MS);
    wear_out(drive);
    drive_play(drive, "+9999 tick open welcome +9000 gone");
    assert_true(herd_link_deadline(&drive->link) - drive->rig.now.monotonic_ms > 3 * HERD_REDIAL_BASE_MS);
}

/* -- The flood -- */

static void pump(struct drive *drive)
{
    struct herd_link *link = &drive->link;
    drive->more = false;
    herd_link_pump(&link, 1);
}

static void it_floods_as_far_as_there_is_room(void **state)
{
    struct drive *drive = *state;
    rig_report(&drive->rig, "kiwi", 5);
    pump(drive);
    assert_int_equal(herd_buffer_length(&drive->out), 0);
    assert_true(herd_link_flushed(&drive->link));
    drive_play(drive, "tick open welcome");
    herd_buffer_clear(&drive->out);
    assert_false(herd_link_flushed(&drive->link));
    drive->stuck = true;
    pump(drive);
    assert_int_equal(herd_buffer_length(&drive->out), 0);
    drive->stuck = false;
    drive->room = 0;
    pump(drive);
    assert_int_equal(herd_buffer_length(&drive->out), 0);
    drive->room = 1;
    pump(drive);
    assert_memory_equal(herd_buffer_text(&drive->out).bytes, "AT ", 3);
    assert_true(herd_link_flushed(&drive->link));
    drive_play(drive, "cut");
    assert_true(herd_link_flushed(&drive->link));
}

static void a_divergence_is_told_and_sends_everything_again(void **state)
{
    struct drive *drive = *state;
    rig_report(&drive->rig, "kiwi", 5);
    drive_play(drive, "tick open welcome");
    pump(drive);
    pump(drive);
    assert_true(herd_link_flushed(&drive->link));
    for (unsigned second = 0; second < 12 && herd_link_flushed(&drive->link); second++) {
        drive_hear(drive, "PONG 1500000000000000000 0 0123456789abcdef0123456789abcdef\n");
        drive_play(drive, "+1000 tick");
    }
    assert_string_equal(drive->trace, "dialling connect welcomed diverged");
    assert_false(herd_link_flushed(&drive->link));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_does_what_the_tables_say),
        cmocka_unit_test_setup_teardown(its_deadline_is_that_of_what_comes_next, drive_setup, drive_teardown),
        cmocka_unit_test_setup_teardown(it_wakes_its_driver_where_the_deadline_comes_nearer, drive_setup,
                                        drive_teardown),
        cmocka_unit_test_setup_teardown(failures_are_counted_until_it_is_connected, drive_setup, drive_teardown),
        cmocka_unit_test_setup_teardown(only_a_stable_session_forgets_the_back_off, drive_setup, drive_teardown),
        cmocka_unit_test_setup_teardown(it_floods_as_far_as_there_is_room, drive_setup, drive_teardown),
        cmocka_unit_test_setup_teardown(a_divergence_is_told_and_sends_everything_again, drive_setup, drive_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
