/* SPDX-License-Identifier: MIT */
/* Reports of several connections that are collected and answered together. */
#include "clientfixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../ownfolder.h"

#define REPORT(client) "IAMAT " client " +34.068930-118.445127 0000000001.000000000\n"
#define OLDER(client) "IAMAT " client " +34.068930-118.445127 0000000000.999999999\n"
#define ANSWER(difference, client) "AT Goloman " difference " " client " +34.068930-118.445127 0000000001.000000000\n"

/* As if `text` had been read into the loop's buffer behind what is kept there. Returns what was not taken. */
static struct herd_text take(struct world *world, unsigned session, const char *text)
{
    struct herd_loop *loop = &world->loop;
    char *at = loop->read_memory + loop->kept;
    struct herd_text input = {at, strlen(text)};
    memcpy(at, text, strlen(text));
    reports_take(&world->sessions[session], &input, 256);
    if (input.length == 0) reports_keep(&world->sessions[session], input.bytes);
    return input;
}

static void ignore_wake(void *owner)
{
    (void)owner;
}

static void each_gets_its_own_in_order(void **state)
{
    struct world *world = *state;
    struct herd_loop *loop = &world->loop;
    world->sessions[1].read_ns += 7;
    assert_int_equal(take(world, 0, REPORT("a") REPORT("b")).length, 0);
    assert_int_equal(take(world, 1, REPORT("c")).length, 0);
    world->sessions[0].read_ns += 100; /* what was collected keeps the time at which it was read */
    assert_int_equal(world->clients.reports.batch.count, 3);
    assert_int_equal(loop->kept, strlen(REPORT("a")) * 3);
    assert_true((loop->dirty_phases & 1u << HERD_PHASE_COMMANDS) != 0);
    world_expect(&world->sessions[0], "");
    reports_answer(&world->clients);
    world_expect(&world->sessions[0], ANSWER("+0.500000000", "a") ANSWER("+0.500000000", "b"));
    world_expect(&world->sessions[1], ANSWER("+0.500000007", "c"));
    assert_int_equal(world->clients.reports.batch.count, 0);
    reports_answer(&world->clients);
    world_expect(&world->sessions[0], "");
    assert_int_equal(herd_store_count(&world->core.store), 3);
}

/* A connection that goes on without new input leaves what others wait with alone. */
static void who_has_read_nothing_keeps_nothing(void **state)
{
    struct world *world = *state;
    size_t kept;
    take(world, 0, REPORT("a"));
    kept = world->loop.kept;
    reports_keep(&world->sessions[1], NULL);
    assert_int_equal(world->loop.kept, kept);
    reports_answer(&world->clients);
    world_expect(&world->sessions[0], ANSWER("+0.500000000", "a"));
}

static void enough_of_them_are_answered_at_once(void **state)
{
    struct world *world = *state;
    char lines[HERD_LOOK_AHEAD_MAX * 80] = "";
    char client[64];
    for (unsigned i = 0; i < HERD_LOOK_AHEAD_MAX - 1; i++) {
        snprintf(client, sizeof client, REPORT("c%02u"), i);
        strcat(lines, client);
    }
    take(world, 0, lines);
    assert_int_equal(world->clients.reports.batch.count, HERD_LOOK_AHEAD_MAX - 1);
    take(world, 1, REPORT("last"));
    assert_int_equal(world->clients.reports.batch.count, 0);
    world_expect(&world->sessions[1], ANSWER("+0.500000000", "last"));
    assert_int_equal(herd_store_count(&world->core.store), HERD_LOOK_AHEAD_MAX);
}

/* Where too much of the buffer would be held up nothing is collected on. */
static void what_cannot_be_kept_is_answered(void **state)
{
    struct world *world = *state;
    struct herd_loop *loop = &world->loop;
    take(world, 0, REPORT("a"));
    loop->kept = HERD_LOOP_KEPT_MAX;
    take(world, 1, REPORT("b"));
    assert_int_equal(world->clients.reports.batch.count, 0);
    assert_int_equal(loop->kept, 0);
    world_expect(&world->sessions[0], ANSWER("+0.500000000", "a"));
    world_expect(&world->sessions[1], ANSWER("+0.500000000", "b"));
}

static void other_lines_are_left(void **state)
{
    struct world *world = *state;
    assert_int_equal(take(world, 0, REPORT("a") "WHATSAT a 10 5\n").length, strlen("WHATSAT a 10 5\n"));
    reports_answer(&world->clients); /* as the session does before it goes on with them */
    world_expect(&world->sessions[0], ANSWER("+0.500000000", "a"));
    assert_int_equal(take(world, 0, "IAMAT b +1+1 5\n").length, strlen("IAMAT b +1+1 5\n"));
    assert_int_equal(take(world, 0, "IAMAT b +34.068930-118.445127 00000").length, 35);
    assert_int_equal(world->clients.reports.batch.count, 0);
}

/* Nothing is taken past a line that has only begun. */
static void what_has_begun_comes_first(void **state)
{
    struct world *world = *state;
    herd_framer_hold(&world->sessions[0].framer, HERD_TEXT("IAM"));
    assert_int_equal(take(world, 0, REPORT("a")).length, strlen(REPORT("a")));
    assert_int_equal(world->clients.reports.batch.count, 0);
}

static void the_first_reply_may_be_the_last(void **state)
{
    struct world *world = *state;
    struct herd_session *session = &world->sessions[0];
    world->clients.options.close_after_reply = true;
    take(world, 0, REPORT("a") REPORT("b"));
    reports_answer(&world->clients);
    assert_int_equal(session->state, SESSION_ENDED);
    assert_int_equal(session->stream.state, HERD_STREAM_ENDING);
    world_expect(session, ANSWER("+0.500000000", "a"));
    assert_int_equal(herd_store_count(&world->core.store), 1);
}

/* What finds no room is given back in its place, between replies to what is known. */
static void what_finds_no_room_is_given_back(void **state)
{
    struct world *world = *state;
    struct herd_session *session = &world->sessions[0];
    world->core.store.clients_max = 1;
    take(world, 0, REPORT("a"));
    reports_answer(&world->clients);
    take(world, 0, REPORT("a") REPORT("b") REPORT("a"));
    reports_answer(&world->clients);
    world_expect(session,
                 ANSWER("+0.500000000", "a") ANSWER("+0.500000000", "a") "? " REPORT("b") ANSWER("+0.500000000", "a"));
    assert_int_equal(world->core.counts.refused_clients, 1);
    assert_int_equal(world->clients.counts.invalid, 1);
    assert_int_equal(world->core.counts.iamat, 3);
}

/* Looks like success, by contract; only who reads the counts knows. The same report once more is not stale. */
static void what_is_older_is_counted(void **state)
{
    struct world *world = *state;
    take(world, 0, REPORT("a") REPORT("a") OLDER("a") REPORT("a") OLDER("b"));
    reports_answer(&world->clients);
    assert_int_equal(world->core.counts.iamat, 5);
    assert_int_equal(world->core.counts.stale, 1);
    answer_line(&world->sessions[0], HERD_TEXT("IAMAT a +0+0 0.5"));
    assert_int_equal(world->core.counts.stale, 2);
    assert_int_equal(world->clients.counts.invalid, 0);
    herd_buffer_clear(&world->sessions[0].stream.out);
}

/* With limits that a report may break each line is judged for itself; the first one here is too far ahead. */
static void what_a_limit_refuses_is_given_back(void **state)
{
    struct world *world = *state;
    world->core.limits.max_future_s = 10;
    world->sessions[0].grant.judged = true;
    take(world, 0, "IAMAT a +34.068930-118.445127 0000000012.000000000\n" REPORT("b"));
    reports_answer(&world->clients);
    world_expect(&world->sessions[0],
                 "? IAMAT a +34.068930-118.445127 0000000012.000000000\n" ANSWER("+0.500000000", "b"));
    assert_int_equal(world->core.counts.refused_future, 1);
}

/* ---- with a journal that is `synced`, in a folder of its own ---- */

static char journal_folder[OWN_FOLDER_SIZE];

static int synced_setup(void **state)
{
    if (world_setup(state) != 0 || !own_folder(journal_folder, "reports")) return -1;
    struct world *world = *state;
    const struct herd_core_journal_options options = {.directory = journal_folder, .synced = true};
    struct herd_core_journal_fault fault;
    world->core.port.wake = ignore_wake;
    return herd_core_open_journal(&world->core, &options, 0, &fault);
}

static int synced_teardown(void **state)
{
    struct world *world = *state;
    char command[sizeof journal_folder + 10];
    for (unsigned i = 0; i < WORLD_SESSIONS; i++)
        herd_core_wait_leave(&world->sessions[i].wait);
    herd_core_close_journal(&world->core);
    snprintf(command, sizeof command, "rm -r '%s'", journal_folder);
    return system(command) != 0 ? -1 : world_teardown(state);
}

static void expect_waiting(const struct world *world, unsigned session, bool waits)
{
    assert_int_equal(world->sessions[session].stream.held, waits);
    assert_int_equal(herd_list_empty(&world->sessions[session].wait.node), !waits);
}

/* The replies of each session that was answered wait for the disk, and nobody else's do. */
static void what_was_answered_waits_for_the_disk(void **state)
{
    struct world *world = *state;
    world->core.store.clients_max = 3;
    take(world, 0, REPORT("a") REPORT("b"));
    take(world, 1, REPORT("c"));
    take(world, 0, REPORT("a"));
    take(world, 2, REPORT("d")); /* there is no room for it */
    reports_answer(&world->clients);
    expect_waiting(world, 0, true);
    expect_waiting(world, 1, true);
    expect_waiting(world, 2, false);
}

/* Nothing new, but what it repeats may not be on the disk yet: a reply says that it is. */
static void a_repeated_line_waits_too(void **state)
{
    struct world *world = *state;
    take(world, 0, REPORT("a"));
    reports_answer(&world->clients);
    uint64_t position = herd_journal_position(world->core.journal);
    take(world, 1, REPORT("a"));
    reports_answer(&world->clients);
    expect_waiting(world, 1, true);
    answer_line(&world->sessions[2], HERD_TEXT("IAMAT a +34.068930-118.445127 0000000001.000000000"));
    expect_waiting(world, 2, true);
    /* None of it was new, and nothing of it is written again. */
    assert_int_equal(herd_journal_position(world->core.journal), position);
}

/* Judged one by one, where there is a limit that a report may break. */
static void a_repeated_line_waits_where_each_is_judged(void **state)
{
    struct world *world = *state;
    world->sessions[0].grant.judged = world->sessions[1].grant.judged = true;
    take(world, 0, REPORT("a"));
    take(world, 1, REPORT("a"));
    reports_answer(&world->clients);
    expect_waiting(world, 0, true);
    expect_waiting(world, 1, true);
}

/* Replies that wait behind a question are counted until they are given out. */
static void what_waits_behind_a_question_is_counted(void **state)
{
    struct world *world = *state;
    struct herd_session *session = &world->sessions[0];
    take(world, 0, REPORT("a"));
    reports_answer(&world->clients);
    world_expect(session, ANSWER("+0.500000000", "a"));
    answer_line(session, HERD_TEXT("WHATSAT a 10 5"));
    assert_int_equal(session->pending_count, 1);
    take(world, 0, REPORT("b") REPORT("c"));
    reports_answer(&world->clients);
    world_expect(session, "");
    assert_int_equal(session->held_bytes, 2 * strlen(ANSWER("+0.500000000", "b")));
    answer_forget(session);
}

/* In several runs of one batch, the first of which is its last. */
static void nothing_is_answered_after_the_last_reply(void **state)
{
    struct world *world = *state;
    world->clients.options.close_after_reply = true;
    take(world, 0, REPORT("a"));
    take(world, 1, REPORT("b"));
    take(world, 0, REPORT("c"));
    reports_answer(&world->clients);
    world_expect(&world->sessions[0], ANSWER("+0.500000000", "a"));
    world_expect(&world->sessions[1], ANSWER("+0.500000000", "b"));
    assert_int_equal(herd_store_count(&world->core.store), 2);
}

static void who_has_finished_is_not_answered(void **state)
{
    struct world *world = *state;
    take(world, 0, REPORT("a"));
    world->sessions[0].state = SESSION_FINISHING;
    reports_answer(&world->clients);
    world_expect(&world->sessions[0], "");
    assert_int_equal(herd_store_count(&world->core.store), 0);
}

static void a_line_over_the_limit_is_for_others(void **state)
{
    struct world *world = *state;
    world->sessions[0].framer.limit = strlen(REPORT("a")) - 2;
    assert_int_equal(take(world, 0, REPORT("a")).length, strlen(REPORT("a")));
    world->sessions[0].framer.limit++;
    assert_int_equal(take(world, 0, REPORT("a")).length, 0);
    reports_answer(&world->clients);
    world_expect(&world->sessions[0], ANSWER("+0.500000000", "a"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_gets_its_own_in_order, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(who_has_read_nothing_keeps_nothing, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(enough_of_them_are_answered_at_once, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(what_cannot_be_kept_is_answered, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(other_lines_are_left, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(what_has_begun_comes_first, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(the_first_reply_may_be_the_last, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(what_finds_no_room_is_given_back, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(what_is_older_is_counted, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(what_a_limit_refuses_is_given_back, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(what_was_answered_waits_for_the_disk, synced_setup, synced_teardown),
        cmocka_unit_test_setup_teardown(a_repeated_line_waits_too, synced_setup, synced_teardown),
        cmocka_unit_test_setup_teardown(a_repeated_line_waits_where_each_is_judged, synced_setup, synced_teardown),
        cmocka_unit_test_setup_teardown(what_waits_behind_a_question_is_counted, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(nothing_is_answered_after_the_last_reply, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(who_has_finished_is_not_answered, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(a_line_over_the_limit_is_for_others, world_setup, world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
