/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rig.h"

#define LINE(client, time) "AT Goloman +0.000000000 " client " +1+1 " time " Goloman\n"
#define PING(count) "PING 1500000000000000000 " count " " RIG_DIGEST "\n"

static int setup(void **state)
{
    struct rig *rig = calloc(1, sizeof(*rig));
    if (rig == NULL) return -1;
    rig_init(rig, 100000);
    *state = rig;
    return 0;
}

static int teardown(void **state)
{
    rig_finish(*state);
    free(*state);
    return 0;
}

static void report_many(struct rig *rig, unsigned count, unsigned seconds)
{
    char client[24];
    for (unsigned i = 0; i < count; i++) {
        snprintf(client, sizeof(client), "c%u", i);
        rig_report(rig, client, seconds);
    }
}

/* The pulse is due, and comes. */
static void tick(struct rig *rig, unsigned slot)
{
    rig->outbounds[slot].heard_ms = rig->now.monotonic_ms = rig->outbounds[slot].pulse_ms;
    assert_int_equal(herd_outbound_tick(&rig->outbounds[slot], &rig->now, &rig->out), 0);
}

/* How many lines were said since, and the last MARK among them. */
static unsigned count_lines(struct rig *rig, const char *word, uint64_t *ret_mark)
{
    char line[256];
    unsigned count = 0;
    unsigned long long mark;
    while (rig_take_line(rig, line, sizeof(line))) {
        count += strncmp(line, word, strlen(word)) == 0;
        if (sscanf(line, "MARK %llu", &mark) == 1) *ret_mark = mark;
    }
    return count;
}

static void a_new_neighbour_is_told_everything(void **state)
{
    struct rig *rig = *state;
    rig_report(rig, "kiwi", 5);
    rig_report(rig, "emu", 6);
    rig_report(rig, "kiwi", 7);
    assert_false(herd_outbound_busy(&rig->outbounds[0]));
    assert_false(herd_outbound_pump(&rig->outbounds[0], RIG_ALL, &rig->out));
    rig_dial(rig, 0, RIG_ONE, "- 0");
    assert_true(herd_outbound_busy(&rig->outbounds[0]));
    rig_pump(rig, 0);
    assert_false(herd_outbound_busy(&rig->outbounds[0]));
    rig_assert_said(rig, LINE("kiwi", "7") LINE("emu", "6"));
    tick(rig, 0);
    rig_assert_said(rig, "MARK 3\n" PING("2"));
    tick(rig, 0);
    rig_assert_said(rig, PING("2")); /* told once */

    rig_report(rig, "emu", 8);
    assert_true(herd_outbound_busy(&rig->outbounds[0]));
    rig_pump(rig, 0);
    rig_assert_said(rig, LINE("emu", "8"));
    tick(rig, 0);
    rig_assert_said(rig, "MARK 4\n" PING("2"));
}

/* Of ten clients with sequence numbers 2 to 11: c0 changed last. */
static void a_claim_of_this_run_spares_what_it_covers(void **state)
{
    static const struct {
        const char *claim;
        unsigned lines;
    } claims[] = {
        {"- 0", 10},
        {RIG_SELF " 0", 10},
        {RIG_SELF " 1", 10},
        {RIG_SELF " 2", 9},
        {RIG_SELF " 10", 1},
        {RIG_SELF " 11", 0},
        {RIG_SELF " 12", 10}, /* never reached, so never told */
        {RIG_SELF " 18446744073709551615", 10},
        {"00000000000000ab 11", 10}, /* of another run */
        {"0000000000000000 0", 10},
    };
    struct rig *rig = *state;
    report_many(rig, 10, 5);
    rig_report(rig, "c0", 6);
    for (size_t i = 0; i < sizeof(claims) / sizeof(claims[0]); i++) {
        uint64_t mark = 0;
        rig_dial(rig, 1, RIG_ONE, claims[i].claim);
        rig_pump(rig, 1);
        assert_int_equal(count_lines(rig, "AT ", &mark), claims[i].lines);
        tick(rig, 1);
        assert_int_equal(count_lines(rig, "MARK ", &mark), claims[i].lines > 0);
        if (claims[i].lines > 0) assert_true(mark == 11);
        herd_outbound_stop(&rig->outbounds[1]);
    }
}

static void lines_are_added_while_there_is_room(void **state)
{
    struct rig *rig = *state;
    const size_t length = strlen(LINE("c0", "5"));
    const struct {
        size_t room;
        unsigned lines;
    } rooms[] = {{0, 0}, {1, 1}, {length, 1}, {length + 1, 2}, {2 * length, 2}, {9 * length, 4}};
    uint64_t mark;
    rig_dial(rig, 0, RIG_ONE, "- 0");
    rig_pump(rig, 0);
    report_many(rig, 10, 5);
    herd_buffer_append(&rig->out, HERD_TEXT("what was there before does not count\n"));
    for (size_t i = 0; i < sizeof(rooms) / sizeof(rooms[0]); i++) {
        assert_true(herd_outbound_busy(&rig->outbounds[0]));
        assert_false(herd_outbound_pump(&rig->outbounds[0], rooms[i].room, &rig->out));
        assert_int_equal(count_lines(rig, "AT ", &mark), rooms[i].lines);
    }
    assert_false(herd_outbound_busy(&rig->outbounds[0]));
}

/* kiwi's first change waits behind nothing and is conflated away; emu's still waits when kiwi's last one has gone. */
static void mark_is_a_low_watermark(void **state)
{
    struct rig *rig = *state;
    struct herd_outbound *outbound = &rig->outbounds[0];
    rig_dial(rig, 0, RIG_ONE, "- 0");
    rig_pump(rig, 0);
    rig_report(rig, "kiwi", 1); /* 1 */
    rig_report(rig, "emu", 1);  /* 2 */
    rig_report(rig, "rhea", 1); /* 3 */
    rig_report(rig, "kiwi", 2); /* 4, sent first */
    herd_outbound_pump(outbound, 1, &rig->out);
    rig_assert_said(rig, LINE("kiwi", "2"));
    tick(rig, 0);
    rig_assert_said(rig, PING("3"));
    rig_report(rig, "kiwi", 3); /* 5, at the end */
    herd_outbound_pump(outbound, 1, &rig->out);
    tick(rig, 0);
    rig_assert_said(rig, LINE("emu", "1") PING("3"));
    herd_outbound_pump(outbound, 1, &rig->out);
    tick(rig, 0);
    rig_assert_said(rig, LINE("rhea", "1") "MARK 4\n" PING("3"));
    herd_outbound_pump(outbound, 1, &rig->out);
    tick(rig, 0);
    rig_assert_said(rig, LINE("kiwi", "3") "MARK 5\n" PING("3"));
}

static void no_mark_during_the_scan(void **state)
{
    struct rig *rig = *state;
    struct herd_outbound *outbound = &rig->outbounds[0];
    uint64_t mark = 0;
    unsigned lines = 0;
    report_many(rig, 3 * HERD_SCAN_SLICE + 10, 5);
    rig_dial(rig, 0, RIG_ONE, "- 0");
    for (unsigned slice = 0; slice < 3; slice++) {
        assert_true(herd_outbound_pump(outbound, RIG_ALL, &rig->out));
        tick(rig, 0);
        lines += count_lines(rig, "AT ", &mark);
        assert_int_equal(lines, (slice + 1) * HERD_SCAN_SLICE);
        assert_true(mark == 0);
    }
    assert_false(herd_outbound_pump(outbound, RIG_ALL, &rig->out));
    assert_int_equal(count_lines(rig, "AT ", &mark), 10);
    assert_true(mark == 3 * HERD_SCAN_SLICE + 10); /* so many lines went out that it does not wait for the pulse */
}

static void marks_come_by_themselves_in_a_long_flood(void **state)
{
    struct rig *rig = *state;
    uint64_t mark = 0;
    rig_dial(rig, 0, RIG_ONE, "- 0");
    rig_pump(rig, 0);
    report_many(rig, 20000, 5);
    for (unsigned turn = 1; herd_outbound_busy(&rig->outbounds[0]); turn++) {
        herd_outbound_pump(&rig->outbounds[0], 65536, &rig->out);
        report_many(rig, 100, 5 + turn);
        if (turn > 200) break;
    }
    assert_in_range(count_lines(rig, "MARK ", &mark), 1, 20);
    assert_true(mark >= 20000 && mark < rig->store.seq);
}

/* What the neighbour itself teaches is never queued for it, and covered by the next MARK all the same. */
static void what_the_neighbour_taught_is_marked(void **state)
{
    struct rig *rig = *state;
    struct herd_inbound inbound;
    rig_dial(rig, 0, RIG_ONE, "- 0");
    rig_pump(rig, 0);
    rig_accept(rig, &inbound, 0, RIG_ONE);
    assert_int_equal(rig_feed(rig, &inbound, "AT Hands +0.000000000 kiwi +1+1 5 Hands\n"), 0);
    assert_false(herd_outbound_busy(&rig->outbounds[0]));
    tick(rig, 0);
    rig_assert_said(rig, "MARK 1\n" PING("1"));
    herd_inbound_finish(&inbound);
}

/* Passing over cancelled entries takes no room, yet is done in slices. */
static void cancelled_entries_are_passed_in_slices(void **state)
{
    struct rig *rig = *state;
    struct herd_inbound inbound;
    char line[128];
    unsigned turns = 1;
    uint64_t mark = 0;
    rig_dial(rig, 0, RIG_ONE, "- 0");
    rig_pump(rig, 0);
    rig_accept(rig, &inbound, 0, RIG_ONE);
    report_many(rig, 3 * HERD_SCAN_SLICE, 5);
    for (unsigned i = 0; i < 3 * HERD_SCAN_SLICE; i++) {
        snprintf(line, sizeof(line), "AT Goloman +0.000000000 c%u +1+1 5 Goloman Hands\n", i);
        assert_int_equal(rig_feed(rig, &inbound, line), 0);
    }
    assert_int_equal(herd_outbound_lag(&rig->outbounds[0]), 3 * HERD_SCAN_SLICE);
    while (herd_outbound_pump(&rig->outbounds[0], RIG_ALL, &rig->out))
        turns++;
    assert_in_range(turns, 3, 4);
    assert_int_equal(count_lines(rig, "AT ", &mark), 0);
    assert_true(mark == 3 * HERD_SCAN_SLICE);
    herd_inbound_finish(&inbound);
}

static void a_reconnect_begins_afresh(void **state)
{
    struct rig *rig = *state;
    uint64_t mark = 0;
    rig_dial(rig, 0, RIG_ONE, "- 0");
    rig_pump(rig, 0);
    report_many(rig, 2 * HERD_SCAN_SLICE + 1, 5); /* the FIFO is long when the stream breaks */
    herd_outbound_stop(&rig->outbounds[0]);
    rig_dial(rig, 0, RIG_ONE, RIG_SELF " 8000");
    for (unsigned slice = 0; slice < 2; slice++) {
        assert_true(herd_outbound_pump(&rig->outbounds[0], RIG_ALL, &rig->out));
        rig_report(rig, "c5", 6 + slice); /* while it is emptied */
    }
    rig_assert_said(rig, "");
    rig_pump(rig, 0);
    assert_int_equal(count_lines(rig, "AT ", &mark), 2 * HERD_SCAN_SLICE + 1 - 8000 + 1);
    assert_int_equal(rig->store.seq, 2 * HERD_SCAN_SLICE + 3);
}

static void lag_is_what_is_queued_and_left_to_scan(void **state)
{
    struct rig *rig = *state;
    struct herd_outbound *outbound = &rig->outbounds[0];
    report_many(rig, HERD_SCAN_SLICE + 10, 5);
    assert_int_equal(herd_outbound_lag(outbound), HERD_SCAN_SLICE + 10);
    rig_dial(rig, 0, RIG_ONE, "- 0");
    assert_int_equal(herd_outbound_lag(outbound), HERD_SCAN_SLICE + 10);
    assert_true(herd_outbound_pump(outbound, 1, &rig->out)); /* one is sent */
    assert_int_equal(herd_outbound_lag(outbound), HERD_SCAN_SLICE + 9);
    assert_false(herd_outbound_pump(outbound, 1, &rig->out));
    assert_int_equal(herd_outbound_lag(outbound), HERD_SCAN_SLICE + 8);
    rig_report(rig, "c0", 6); /* sent already: queued again */
    rig_report(rig, "c9", 6); /* queued */
    assert_int_equal(herd_outbound_lag(outbound), HERD_SCAN_SLICE + 9);
    rig_pump(rig, 0);
    assert_int_equal(herd_outbound_lag(outbound), 0);
}

static void assert_bytes(struct herd_buffer *out, const char *expected)
{
    assert_int_equal(herd_buffer_length(out), strlen(expected));
    assert_memory_equal(herd_buffer_text(out).bytes, expected, strlen(expected));
    herd_buffer_clear(out);
}

/* Two neighbours pumped together are told what each would be told alone, whatever room they have. */
static void several_share_their_lines(void **state)
{
    struct rig *rig = *state;
    struct herd_buffer outs[2] = {HERD_BUFFER_INIT, HERD_BUFFER_INIT};
    struct herd_pump pumps[2];
    rig_dial(rig, 0, RIG_ONE, "- 0");
    rig_dial(rig, 1, RIG_ONE, "- 0");
    rig_pump(rig, 0);
    rig_pump(rig, 1);
    herd_buffer_clear(&rig->out);
    rig_report(rig, "kiwi", 5);
    rig_report(rig, "emu", 6);
    rig_report(rig, "moa", 7);
    for (unsigned i = 0; i < 2; i++)
        pumps[i] = (struct herd_pump){
            .outbound = &rig->outbounds[i], .room = i == 0 ? RIG_ALL : strlen(LINE("kiwi", "5")) + 1, .out = &outs[i]};
    uint64_t sent = rig->flood.counts.at_sent;
    herd_flood_pump(pumps, 2);
    assert_bytes(&outs[0], LINE("kiwi", "5") LINE("emu", "6") LINE("moa", "7"));
    assert_bytes(&outs[1], LINE("kiwi", "5") LINE("emu", "6"));
    assert_true(rig->flood.counts.at_sent - sent == 5);
    assert_int_equal(herd_outbound_lag(&rig->outbounds[0]), 0);
    assert_int_equal(herd_outbound_lag(&rig->outbounds[1]), 1);
    rig_report(rig, "kiwi", 8); /* behind moa at the second, alone at the first */
    pumps[1].room = RIG_ALL;
    herd_flood_pump(pumps, 2);
    assert_bytes(&outs[0], LINE("kiwi", "8"));
    assert_bytes(&outs[1], LINE("moa", "7") LINE("kiwi", "8"));
    herd_buffer_finish(&outs[0]);
    herd_buffer_finish(&outs[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_new_neighbour_is_told_everything, setup, teardown),
        cmocka_unit_test_setup_teardown(a_claim_of_this_run_spares_what_it_covers, setup, teardown),
        cmocka_unit_test_setup_teardown(lines_are_added_while_there_is_room, setup, teardown),
        cmocka_unit_test_setup_teardown(several_share_their_lines, setup, teardown),
        cmocka_unit_test_setup_teardown(mark_is_a_low_watermark, setup, teardown),
        cmocka_unit_test_setup_teardown(no_mark_during_the_scan, setup, teardown),
        cmocka_unit_test_setup_teardown(marks_come_by_themselves_in_a_long_flood, setup, teardown),
        cmocka_unit_test_setup_teardown(what_the_neighbour_taught_is_marked, setup, teardown),
        cmocka_unit_test_setup_teardown(cancelled_entries_are_passed_in_slices, setup, teardown),
        cmocka_unit_test_setup_teardown(a_reconnect_begins_afresh, setup, teardown),
        cmocka_unit_test_setup_teardown(lag_is_what_is_queued_and_left_to_scan, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
