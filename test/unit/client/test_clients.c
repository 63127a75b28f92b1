/* SPDX-License-Identifier: MIT */
/* All sessions together: options that change while they run, a drain, an end at once. */
#include "visit.h"

#define POSITION "+34.068930-118.445127"
#define REPORT(client) "IAMAT " client " " POSITION " 0000000001.000000000\n"

static void a_new_limit_holds_for_the_line_that_has_begun(void **state)
{
    struct visit *visit = *state;

    visit_begin(visit);
    visit_say(visit, "1234567");
    UNTIL(visit->world, herd_buffer_length(&visit->session->framer.held) == 7);
    visit->clients->options.line_bytes_max = 4;
    visit_configure(visit);
    visit_say(visit, "8\nmore\n");
    UNTIL(visit->world, receive(&visit->client) && visit->client.ended);
    assert_true(visit_has(visit, "? 12345\n"));
    assert_int_equal(visit->clients->counts.lines_too_long, 1);
}

/* Who came when there was no limit, too; and where it goes nobody is ended by the one before. */
static void silence_gets_a_limit_and_loses_it(void **state)
{
    struct visit *visit = *state;

    visit_begin(visit);
    assert_false(herd_deadline_running(&visit->session->idle));
    visit->clients->options.idle_timeout_ms = NEVER_MS;
    visit_configure(visit);
    assert_true(herd_deadline_running(&visit->session->idle));
    visit->clients->options.idle_timeout_ms = 0;
    visit_configure(visit);
    assert_false(herd_deadline_running(&visit->session->idle));
    visit->clients->options.idle_timeout_ms = 1;
    visit_configure(visit);
    UNTIL(visit->world, visit->clients->counts.idle_timeouts == 1);
}

/* A line that began before there was one. */
static void an_unfinished_line_gets_a_limit(void **state)
{
    struct visit *visit = *state;

    visit->clients->options.line_timeout_ms = 0;
    visit_begin(visit);
    visit_say(visit, "half");
    UNTIL(visit->world, herd_framer_pending(&visit->session->framer));
    assert_false(herd_deadline_running(&visit->session->started));
    visit->clients->options.line_timeout_ms = 1;
    visit_configure(visit);
    UNTIL(visit->world, visit->clients->counts.line_timeouts == 1);
    UNTIL(visit->world, visit_has(visit, "? half\n"));
}

/* Its own copies, and what the core has come to refuse. */
static void who_is_connected_takes_them_over(void **state)
{
    struct visit *visit = *state;
    struct herd_core_limits limits = visit->world->core.limits;

    visit_begin(visit);
    assert_false(visit->session->grant.judged);
    limits.max_future_s = 10;
    herd_core_configure(&visit->world->core, &limits);
    visit->clients->options.wire_bytes_per_s_max = 7;
    visit->clients->options.write_stall_ms = 8;
    visit->clients->options.line_bytes_max = 9;
    visit_configure(visit);
    assert_true(visit->session->grant.judged);
    assert_int_equal(visit->session->wire.bytes_max, 7);
    assert_int_equal(visit->session->stream.stall_ms, 8);
    assert_int_equal(visit->session->framer.limit, 9);
}

/* They were taken while they could be. */
static void what_was_collected_is_answered_before(void **state)
{
    struct world *world = *state;
    struct herd_text input = herd_text_of(REPORT("a"));
    struct herd_clients_options options = world->clients.options;

    assert_int_equal(reports_take(&world->sessions[0], &input, 1), 1);
    options.close_after_reply = true;
    herd_clients_configure(&world->clients, &options);
    world_expect(&world->sessions[0], "AT Goloman +0.500000000 a " POSITION " 0000000001.000000000\n");
    assert_int_equal(world->sessions[0].state, SESSION_TAKING);
}

/* The neighbours are heard once after each read, and only for a question. */
static void a_question_has_the_neighbours_heard(void **state)
{
    struct visit *visit = *state;

    visit_begin(visit);
    visit_say(visit, REPORT("a") "junk\n");
    UNTIL(visit->world, visit->clients->counts.invalid == 1);
    assert_int_equal(visit->world->heard, 0);
    visit_say(visit, "WHATSAT nobody 10 5\nWHATSAT nobody 10 5\n");
    UNTIL(visit->world, visit->clients->counts.invalid == 3);
    assert_int_equal(visit->world->heard, 1);
    visit_say(visit, "WHATSAT nobody 10 5\n");
    UNTIL(visit->world, visit->clients->counts.invalid == 4);
    assert_int_equal(visit->world->heard, 2);
}

/* A drain waits for what was asked; who is told that there is no answer is gone then. */
static void a_drain_answers_what_was_asked(void **state)
{
    struct visit *visit = *state;

    visit_begin(visit);
    visit_say(visit, REPORT("a") "WHATSAT a 10 5\n"); /* no index is known yet */
    UNTIL(visit->world, visit->session->pending_count == 1);
    herd_clients_drain(visit->clients);
    visit_say(visit, "junk\n");
    visit_turn(visit, 5);
    assert_int_equal(visit->session->state, SESSION_FINISHING);
    assert_int_equal(visit->world->gone, 0);
    herd_clients_give_up(visit->clients);
    UNTIL(visit->world, visit->world->gone == 1);
    assert_int_equal(visit->clients->counts.sessions, 0);
    assert_int_equal(visit->clients->counts.invalid, 0);
    UNTIL(visit->world, receive(&visit->client) && visit->client.ended);
    assert_memory_equal(visit->client.bytes + visit->client.length - 3, "}\n\n", 3);
}

static void all_are_cut_off(void **state)
{
    struct visit *visit = *state;

    visit_begin(visit);
    visit_say(visit, REPORT("a") "WHATSAT a 10 5\n");
    UNTIL(visit->world, visit->session->pending_count == 1);
    herd_clients_cut_off(visit->clients, -EIO);
    assert_int_equal(visit->world->gone, 0);
    UNTIL(visit->world, visit->world->gone == 1);
    assert_true(herd_list_empty(&visit->clients->sessions));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_new_limit_holds_for_the_line_that_has_begun, visit_setup, visit_teardown),
        cmocka_unit_test_setup_teardown(silence_gets_a_limit_and_loses_it, visit_setup, visit_teardown),
        cmocka_unit_test_setup_teardown(an_unfinished_line_gets_a_limit, visit_setup, visit_teardown),
        cmocka_unit_test_setup_teardown(who_is_connected_takes_them_over, visit_setup, visit_teardown),
        cmocka_unit_test_setup_teardown(what_was_collected_is_answered_before, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(a_question_has_the_neighbours_heard, visit_setup, visit_teardown),
        cmocka_unit_test_setup_teardown(a_drain_answers_what_was_asked, visit_setup, visit_teardown),
        cmocka_unit_test_setup_teardown(all_are_cut_off, visit_setup, visit_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
