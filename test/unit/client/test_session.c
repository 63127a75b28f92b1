/* SPDX-License-Identifier: MIT */
/* Real connections: lines that do not end, last replies, reading on. */
#include "visit.h"

#define POSITION "+34.068930-118.445127"
#define REPORT(client)                                                                                                 \
    "IAMAT " client " " POSITION " 0000000001.000000000\n" /* in the form that is read without being cut */

/* The client gets this, and the end. */
static void expect_last(struct visit *visit, const char *expected)
{
    UNTIL(visit->world, receive(&visit->client) && (visit->client.ended || visit->client.reset));
    assert_true(visit_has(visit, expected));
    assert_false(visit->client.reset);
}

/* And is listened to for a moment more: what it is still sending does not bring a reset. */
static void expect_lingering(struct visit *visit)
{
    assert_int_equal(visit->clients->counts.sessions, 1);
    assert_int_equal(visit->session->stream.linger_ms, 1000);
    visit->session->stream.linger_ms = NEVER_MS; /* however slow this machine is */
    assert_int_equal(visit->session->stream.state, HERD_STREAM_LINGERING);
    visit_say(visit, "still\nsending\n");
    visit_turn(visit, 10);
    visit_say(visit, "and more\n");
    assert_int_equal(visit->clients->counts.sessions, 1);
    shutdown(visit->client.fd, SHUT_WR);
    UNTIL(visit->world, visit->clients->counts.sessions == 0);
}

static struct herd_version stored(struct visit *visit, const char *client)
{
    struct herd_version version;
    uint32_t record = herd_store_find(&visit->world->core.store, herd_text_of(client));

    assert_int_not_equal(record, 0);
    herd_store_view(&visit->world->core.store, record, &version);
    return version;
}

/* It was received when it came, not when we had waited long enough for its end. */
static void a_line_without_end_is_answered_in_time(void **state)
{
    struct visit *visit = *state;
    struct herd_version version;
    int64_t read_ns;

    visit->clients->options.line_timeout_ms = 30;
    visit_begin(visit);
    visit_say(visit, "junk\nIAMAT kiwi " POSITION " 1.5");
    UNTIL(visit->world, herd_deadline_running(&visit->session->started));
    read_ns = visit->session->read_ns;
    UNTIL(visit->world, visit->clients->counts.line_timeouts == 1);
    UNTIL(visit->world, receive(&visit->client) && visit->client.ended);
    version = stored(visit, "kiwi");
    assert_int_equal(version.report.time_ns + version.difference_ns, read_ns);
    assert_memory_equal(visit->client.bytes, "? junk\nAT Goloman +", strlen("? junk\nAT Goloman +"));
    assert_int_equal(visit->client.bytes[visit->client.length - 1], '\n');
    assert_int_equal(visit->world->core.counts.iamat, 1);
    expect_lingering(visit);
    assert_int_equal(visit->clients->counts.invalid, 1); /* nothing of what came later */
}

static void bytes_do_not_put_the_time_off(void **state)
{
    struct visit *visit = *state;

    visit->clients->options.line_quiet_ms = NEVER_MS;
    visit_begin(visit);
    visit_say(visit, "a");
    UNTIL(visit->world, herd_deadline_running(&visit->session->started));
    uint64_t since_ms = visit->session->started.since_ms;
    UNTIL(visit->world, uv_now(&visit->world->loop.uv) > since_ms);
    visit_say(visit, "b");
    UNTIL(visit->world, herd_buffer_length(&visit->session->framer.held) == 2);
    assert_int_equal(visit->session->started.since_ms, since_ms);
    assert_true(visit->session->quiet.since_ms > since_ms);
}

static void silence_ends_a_line_and_nothing_else(void **state)
{
    struct visit *visit = *state;

    visit->clients->options.line_quiet_ms = 20;
    visit_begin(visit);
    visit_say(visit, "one");
    UNTIL(visit->world, visit_has(visit, "? one\n"));
    assert_null(visit->session->framer.held.memory);
    visit_say(visit, " more\nwhole\n"); /* the late rest is a line of its own, as is a late end */
    UNTIL(visit->world, visit_has(visit, "? one\n?  more\n? whole\n"));
    visit_say(visit, REPORT("kiwi") "two");
    UNTIL(visit->world, visit->clients->counts.lines_quiet == 2);
    visit_say(visit, "\n" REPORT("kiwi"));
    UNTIL(visit->world, visit->world->core.counts.iamat == 2 && visit->clients->counts.invalid == 5);
    assert_int_equal(visit->clients->counts.lines_quiet, 2);
    assert_int_equal(visit->clients->counts.line_timeouts, 0);
    assert_int_equal(visit->session->stream.state, HERD_STREAM_OPEN);
}

/* While the client is not read from its lines cannot end. */
static void both_clocks_stand_still_while_nothing_is_read(void **state)
{
    struct visit *visit = *state;

    visit->clients->options.line_timeout_ms = 5;
    visit->clients->options.line_quiet_ms = 1;
    visit_begin(visit);
    visit->session->wait.position = 1; /* its last reply is not on the disk yet */
    herd_framer_hold(&visit->session->framer, HERD_TEXT("held"));
    herd_deadline_start(&visit->clients->started, &visit->session->started);
    herd_deadline_start(&visit->clients->quiet, &visit->session->quiet);
    uint64_t began_ms = visit->session->started.since_ms;
    UNTIL(visit->world, visit->session->started.since_ms > began_ms + 5);
    assert_int_equal(visit->clients->counts.lines_quiet, 0);
    visit->session->wait.position = 0;
    UNTIL(visit->world, visit_has(visit, "? held\n"));
    assert_int_equal(visit->clients->counts.lines_quiet, 1);
    assert_int_equal(visit->clients->counts.line_timeouts, 0);
}

static void a_line_without_end_is_answered_when_idle(void **state)
{
    struct visit *visit = *state;

    visit->clients->options.idle_timeout_ms = 20;
    visit_begin(visit);
    visit_say(visit, "half");
    expect_last(visit, "? half\n");
    assert_int_equal(visit->clients->counts.idle_timeouts, 1);
}

/* Whichever way its lines are read, and whatever was read together with them. */
static void nothing_after_http_is_executed(void **state)
{
    struct visit *visit = *state;

    visit_begin(visit);
    visit_say(visit, REPORT("before") "POST / HTTP/1.1\r\n" REPORT("batch") "IAMAT line +1+1 1\nhalf");
    UNTIL(visit->world, receive(&visit->client) && visit->client.ended);
    assert_int_equal(herd_store_count(&visit->world->core.store), 1);
    stored(visit, "before");
    assert_int_equal(visit->clients->counts.http, 1);
    assert_int_equal(visit->clients->counts.invalid, 1);
    assert_memory_equal(visit->client.bytes + visit->client.length - 19, "? POST / HTTP/1.1\r\n", 19);
    expect_lingering(visit);
    assert_int_equal(herd_store_count(&visit->world->core.store), 1);
}

static void http_without_an_end_ends_the_connection_too(void **state)
{
    struct visit *visit = *state;

    visit->clients->options.line_quiet_ms = 20;
    visit_begin(visit);
    visit_say(visit, "PRI * HTTP/2.0");
    expect_last(visit, "? PRI * HTTP/2.0\n");
    assert_int_equal(visit->clients->counts.http, 1);
    expect_lingering(visit);
}

static void http_at_the_end_of_file(void **state)
{
    struct visit *visit = *state;

    visit_begin(visit);
    visit_say(visit, "GET / HTTP/1.0");
    shutdown(visit->client.fd, SHUT_WR);
    expect_last(visit, "? GET / HTTP/1.0\n");
    assert_int_equal(visit->clients->counts.http, 1);
}

static void a_line_too_long_lingers(void **state)
{
    struct visit *visit = *state;

    visit->clients->options.line_bytes_max = 4;
    visit_begin(visit);
    visit_say(visit, "12345678\nmore\n");
    expect_last(visit, "? 12345\n");
    expect_lingering(visit);
    assert_int_equal(visit->clients->counts.lines_too_long, 1);
}

static void the_only_reply_lingers(void **state)
{
    struct visit *visit = *state;

    visit->clients->options.close_after_reply = true;
    visit_begin(visit);
    visit_say(visit, "one\ntwo\nthree\n");
    expect_last(visit, "? one\n");
    expect_lingering(visit);
    assert_int_equal(visit->clients->counts.invalid, 1);
}

static void the_only_reply_to_a_collected_report_lingers(void **state)
{
    struct visit *visit = *state;

    visit->clients->options.close_after_reply = true;
    visit_begin(visit);
    visit_say(visit, REPORT("a") REPORT("b") REPORT("c"));
    UNTIL(visit->world, receive(&visit->client) && visit->client.ended);
    assert_int_equal(herd_store_count(&visit->world->core.store), 1);
    expect_lingering(visit);
}

/* Down to the mark, and not before. */
static void reading_goes_on_at_the_resume_mark(void **state)
{
    struct visit *visit = *state;
    struct herd_stream *stream;
    char line[1001];

    visit->clients->options.output_pause_bytes = 4096;
    visit->clients->options.output_resume_bytes = 1024;
    visit_begin(visit);
    stream = &visit->session->stream;
    herd_stream_hold(stream);
    memset(line, 'x', sizeof line - 1);
    line[999] = '\n';
    line[1000] = '\0';
    for (unsigned i = 0; i < 6; i++)
        visit_say(visit, line); /* one more than the limit on replies allows */
    UNTIL(visit->world, stream->paused && herd_framer_pending(&visit->session->framer));
    herd_buffer_consume(&stream->out, herd_stream_queued(stream) - 1025);
    visit->session->task.run(&visit->session->task);
    assert_true(stream->paused);
    assert_int_equal(herd_stream_queued(stream), 1025);
    herd_buffer_consume(&stream->out, 1);
    visit->session->task.run(&visit->session->task);
    assert_false(stream->paused);
    UNTIL(visit->world, visit->clients->counts.invalid == 6);
    herd_stream_release(stream);
}

/* What is left of the last read and what is read next are of one turn. */
static void a_turn_takes_so_many_lines_and_no_more(void **state)
{
    struct visit *visit = *state;
    const uint64_t *answered = &visit->clients->counts.invalid;
    char lines[2 * 15 + 1] = "";

    visit->clients->options.lines_per_turn_max = 10;
    visit_begin(visit);
    for (unsigned i = 0; i < 15; i++)
        memcpy(lines + 2 * i, "x\n", 3);
    visit_say(visit, lines);
    UNTIL(visit->world, *answered == 10);
    visit_say(visit, lines);
    for (unsigned i = 0; i < 3; i++) {
        uint64_t before = *answered;
        visit_turn(visit, 1);
        assert_in_range(*answered - before, 0, 10);
    }
    UNTIL(visit->world, *answered == 30);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_line_without_end_is_answered_in_time, visit_setup, visit_teardown),
        cmocka_unit_test_setup_teardown(bytes_do_not_put_the_time_off, visit_setup, visit_teardown),
        cmocka_unit_test_setup_teardown(silence_ends_a_line_and_nothing_else, visit_setup, visit_teardown),
        cmocka_unit_test_setup_teardown(both_clocks_stand_still_while_nothing_is_read, visit_setup, visit_teardown),
        cmocka_unit_test_setup_teardown(a_line_without_end_is_answered_when_idle, visit_setup, visit_teardown),
        cmocka_unit_test_setup_teardown(nothing_after_http_is_executed, visit_setup, visit_teardown),
        cmocka_unit_test_setup_teardown(http_without_an_end_ends_the_connection_too, visit_setup, visit_teardown),
        cmocka_unit_test_setup_teardown(http_at_the_end_of_file, visit_setup, visit_teardown),
        cmocka_unit_test_setup_teardown(a_line_too_long_lingers, visit_setup, visit_teardown),
        cmocka_unit_test_setup_teardown(the_only_reply_lingers, visit_setup, visit_teardown),
        cmocka_unit_test_setup_teardown(the_only_reply_to_a_collected_report_lingers, visit_setup, visit_teardown),
        cmocka_unit_test_setup_teardown(reading_goes_on_at_the_resume_mark, visit_setup, visit_teardown),
        cmocka_unit_test_setup_teardown(a_turn_takes_so_many_lines_and_no_more, visit_setup, visit_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
