/* SPDX-License-Identifier: MIT */
/* Limits of lines and of time, heartbeats, and what clocks say. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "rig.h"

#define PING "PING 1500000000000000000 0 " RIG_DIGEST "\n"
#define PONG "PONG 1500000000000000000 0 " RIG_DIGEST "\n"

/* A line of `length` bytes with its LF behind it, that begins with a word. */
static char *long_line(const char *word, size_t length)
{
    char *line = malloc(length + 2);
    assert_non_null(line);
    memset(line, 'x', length);
    memcpy(line, word, strlen(word));
    line[length] = '\n';
    line[length + 1] = '\0';
    return line;
}

static void lines_have_limits(void **state)
{
    static const struct {
        bool live;
        size_t length;
        bool too_long;
    } lines[] = {
        {false, 1024, false}, {false, 1025, true}, {true, 1025, false}, {true, 10240, false}, {true, 10241, true}};
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        struct rig rig;
        struct herd_inbound inbound;
        struct herd_outbound *outbound = &rig.outbounds[0];
        char *line = long_line(lines[i].live ? "NEWS " : "REFUSE name ", lines[i].length);
        rig_init(&rig, 10);
        herd_inbound_init(&inbound, &rig.flood, true, &rig.now);
        if (lines[i].live) {
            rig_dial(&rig, 0, RIG_ONE, "- 0");
            herd_inbound_finish(&inbound);
            rig_accept(&rig, &inbound, 0, RIG_ONE);
        } else {
            herd_outbound_start(outbound, &rig.now, &rig.out);
        }
        herd_buffer_clear(&rig.out);
        int error = rig_feed(&rig, &inbound, line);
        assert_int_equal(error, lines[i].live && !lines[i].too_long ? 0 : -EPROTO);
        const char *belongs = lines[i].too_long ? "REFUSE protocol the line is too long\n"
                                                : "REFUSE protocol this line does not belong here\n";
        rig_assert_said(&rig, lines[i].live ? "" : belongs);
        if (lines[i].live) assert_string_equal(inbound.end.text, lines[i].too_long ? "a line is too long" : "");

        error = herd_outbound_receive(outbound, herd_text_of(line), &rig.now, &rig.out);
        assert_int_equal(error, lines[i].live && !lines[i].too_long ? 0 : -EPROTO);
        assert_int_equal(strcmp(outbound->end.text, "a line is too long") == 0, lines[i].too_long);
        assert_int_equal(rig_neighbour(&rig, 0)->connected, error == 0);
        rig_assert_said(&rig, "");
        free(line);
        herd_inbound_finish(&inbound);
        rig_finish(&rig);
    }
    (void)state;
}

static void the_handshake_has_a_deadline(void **state)
{
    static const char *const said[] = {"", "HELLO 1-1 herd Hands " RIG_ONE " -\n"};
    static const char *const answered[] = {"", "HELLO 1 herd Hands " RIG_ONE " - -\n"};
    for (size_t i = 0; i < 2; i++) {
        struct rig rig;
        struct herd_inbound inbound;
        struct herd_outbound *outbound = &rig.outbounds[0];
        rig_init(&rig, 10);
        int64_t deadline_ms = rig.now.monotonic_ms + HERD_HANDSHAKE_MS;
        herd_inbound_init(&inbound, &rig.flood, true, &rig.now);
        herd_outbound_start(outbound, &rig.now, &rig.out);
        rig.now.monotonic_ms = deadline_ms - 1; /* progress does not put it off */
        assert_int_equal(rig_feed(&rig, &inbound, said[i]), 0);
        assert_int_equal(herd_outbound_receive(outbound, herd_text_of(answered[i]), &rig.now, &rig.out), 0);
        assert_true(herd_inbound_deadline(&inbound) == deadline_ms);
        assert_true(herd_outbound_deadline(outbound) == deadline_ms);
        herd_buffer_clear(&rig.out);
        assert_int_equal(herd_inbound_tick(&inbound, &rig.now, &rig.out), 0);
        assert_int_equal(herd_outbound_tick(outbound, &rig.now, &rig.out), 0);
        rig.now.monotonic_ms++;
        assert_int_equal(herd_inbound_tick(&inbound, &rig.now, &rig.out), -ETIMEDOUT);
        assert_int_equal(herd_outbound_tick(outbound, &rig.now, &rig.out), -ETIMEDOUT);
        assert_string_equal(inbound.end.text, "no handshake in time");
        assert_string_equal(outbound->end.text, "no handshake in time");
        rig_assert_said(&rig, "");
        assert_true(herd_inbound_deadline(&inbound) == INT64_MAX);
        assert_true(herd_outbound_deadline(outbound) == INT64_MAX);
        assert_int_equal(herd_inbound_tick(&inbound, &rig.now, &rig.out), 0); /* it ends once */
        assert_int_equal(herd_outbound_tick(outbound, &rig.now, &rig.out), 0);
        herd_inbound_finish(&inbound);
        rig_finish(&rig);
    }
    (void)state;
}

/* Any byte is a sign of life; four seconds without one end the session. */
static void silence_ends_a_session(void **state)
{
    struct rig rig;
    struct herd_inbound inbound;
    struct herd_outbound *outbound = &rig.outbounds[0];
    rig_init(&rig, 10);
    rig_dial(&rig, 0, RIG_ONE, "- 0");
    rig_accept(&rig, &inbound, 0, RIG_ONE);
    for (int i = 0; i < 10; i++) { /* an unfinished line for thirty seconds and more */
        rig.now.monotonic_ms += HERD_SILENCE_MS - 1;
        assert_int_equal(herd_inbound_tick(&inbound, &rig.now, &rig.out), 0);
        assert_int_equal(herd_outbound_tick(outbound, &rig.now, &rig.out), 0);
        assert_int_equal(rig_feed(&rig, &inbound, "x"), 0);
        assert_int_equal(herd_outbound_receive(outbound, HERD_TEXT("x"), &rig.now, &rig.out), 0);
    }
    rig.now.monotonic_ms += HERD_SILENCE_MS;
    assert_true(herd_inbound_deadline(&inbound) <= rig.now.monotonic_ms);
    assert_int_equal(herd_inbound_tick(&inbound, &rig.now, &rig.out), -ETIMEDOUT);
    assert_int_equal(herd_outbound_tick(outbound, &rig.now, &rig.out), -ETIMEDOUT);
    assert_string_equal(inbound.end.text, "silent");
    assert_string_equal(outbound->end.text, "silent");
    assert_false(rig_neighbour(&rig, 0)->connected);
    assert_null(rig_neighbour(&rig, 0)->inbound);
    herd_inbound_finish(&inbound);
    rig_finish(&rig);
    (void)state;
}

/* PING at once, then both every second, give or take a tenth, however rarely bytes come; never earlier than told. */
static void both_ends_keep_their_pulse(void **state)
{
    struct rig rig;
    struct herd_inbound inbound;
    struct herd_outbound *outbound = &rig.outbounds[0];
    rig_init(&rig, 10);
    rig_dial(&rig, 0, RIG_ONE, "- 0");
    rig_accept(&rig, &inbound, 0, RIG_ONE);
    assert_int_equal(herd_outbound_tick(outbound, &rig.now, &rig.out), 0);
    rig_assert_said(&rig, PING);
    for (int i = 0; i < 100; i++) {
        int64_t before_ms = rig.now.monotonic_ms;
        outbound->heard_ms = inbound.heard_ms = before_ms;
        rig.now.monotonic_ms = herd_outbound_deadline(outbound);
        assert_in_range(rig.now.monotonic_ms - before_ms, 900, 1100);
        rig.now.monotonic_ms--;
        assert_int_equal(herd_outbound_tick(outbound, &rig.now, &rig.out), 0);
        rig_assert_said(&rig, "");
        rig.now.monotonic_ms++;
        assert_int_equal(herd_outbound_tick(outbound, &rig.now, &rig.out), 0);
        rig_assert_said(&rig, PING);
        rig.now.monotonic_ms = herd_inbound_deadline(&inbound) - 1;
        assert_int_equal(herd_inbound_tick(&inbound, &rig.now, &rig.out), 0);
        rig_assert_said(&rig, "");
        rig.now.monotonic_ms++;
        assert_int_equal(herd_inbound_tick(&inbound, &rig.now, &rig.out), 0);
        rig_assert_said(&rig, PONG);
        inbound.pulse_ms = outbound->pulse_ms; /* keep in step for the next round */
    }
    herd_inbound_finish(&inbound);
    rig_finish(&rig);
    (void)state;
}

/* The pulse tells how many records there are, and what clock the other has; a mad clock does no harm. */
static void pulses_tell_the_clock(void **state)
{
    static const struct {
        const char *clock;
        int64_t offset_ns;
    } clocks[] = {
        {"1500000000000000000", 0},
        {"1500000000000000007", 7},
        {"1499999999000000000", -INT64_C(1000000000)},
        {"0", -INT64_C(1500000000000000000)},
        {"9223372036854775807", INT64_C(7723372036854775807)},
        {"-9223372036854775808", INT64_MIN},
    };
    for (size_t i = 0; i < sizeof(clocks) / sizeof(clocks[0]); i++) {
        struct rig rig;
        struct herd_inbound inbound;
        char line[64];
        rig_init(&rig, 10);
        rig_dial(&rig, 0, RIG_ONE, "- 0");
        rig_accept(&rig, &inbound, 0, RIG_ONE);
        snprintf(line, sizeof(line), "PING %s 0 -\n", clocks[i].clock);
        assert_int_equal(rig_feed(&rig, &inbound, line), 0);
        assert_true(inbound.clock_offset_ns == clocks[i].offset_ns);
        snprintf(line, sizeof(line), "PONG %s 0 -\n", clocks[i].clock);
        assert_int_equal(herd_outbound_receive(&rig.outbounds[0], herd_text_of(line), &rig.now, &rig.out), 0);
        assert_true(rig.outbounds[0].clock_offset_ns == clocks[i].offset_ns);
        rig_report(&rig, "kiwi", 1);
        assert_int_equal(herd_outbound_tick(&rig.outbounds[0], &rig.now, &rig.out), 0);
        rig_assert_said(&rig, "PING 1500000000000000000 1 " RIG_DIGEST "\n");
        herd_inbound_finish(&inbound);
        rig_finish(&rig);
    }
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_have_limits),      cmocka_unit_test(the_handshake_has_a_deadline),
        cmocka_unit_test(silence_ends_a_session), cmocka_unit_test(both_ends_keep_their_pulse),
        cmocka_unit_test(pulses_tell_the_clock),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
