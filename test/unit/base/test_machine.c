/* SPDX-License-Identifier: MIT */
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "logfixture.h"

#include "herd/machine.h"

enum door_state { DOOR_SHUT, DOOR_OPEN, DOOR_GONE };

static const struct herd_machine door_machine = {
    .name = "door",
    .states = {[DOOR_SHUT] = {"shut", HERD_TO(DOOR_OPEN)},
               [DOOR_OPEN] = {"open", HERD_TO(DOOR_SHUT) | HERD_TO(DOOR_GONE)},
               [DOOR_GONE] = {"gone", 0}}};

struct door {
    char before;
    enum door_state state;
    char after;
};

static void the_table_says_which_may_follow(void **state)
{
    (void)state;
    static const struct {
        unsigned from, to;
        bool allowed;
    } rows[] = {
        {DOOR_SHUT, DOOR_OPEN, true},  {DOOR_OPEN, DOOR_SHUT, true},  {DOOR_OPEN, DOOR_GONE, true},
        {DOOR_SHUT, DOOR_SHUT, false}, {DOOR_OPEN, DOOR_OPEN, false}, {DOOR_SHUT, DOOR_GONE, false},
        {DOOR_GONE, DOOR_SHUT, false}, {DOOR_GONE, DOOR_GONE, false}, {3, DOOR_OPEN, false},
        {16, DOOR_OPEN, false},        {UINT32_MAX, 0, false},        {DOOR_SHUT, 31, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(herd_machine_allows(&door_machine, rows[i].from, rows[i].to), rows[i].allowed);
}

static void a_move_changes_the_state_alone(void **state)
{
    (void)state;
    struct door door = {'b', DOOR_SHUT, 'a'};
    herd_machine_move(&door_machine, &door.state, DOOR_OPEN, 1);
    assert_int_equal(door.state, DOOR_OPEN);
    herd_machine_move_named(&door_machine, &door.state, DOOR_GONE, HERD_TEXT("front"));
    assert_int_equal(door.state, DOOR_GONE);
    assert_int_equal(door.before, 'b');
    assert_int_equal(door.after, 'a');
}

/* What a process that moves from `from` to `to` ends with, and what it says in `out` of `size` bytes. */
static int end_of_move(unsigned from, unsigned to, char *out, size_t size)
{
    int ends[2];
    int status = 0;
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        signal(SIGABRT, SIG_DFL);
        dup2(ends[1], STDERR_FILENO);
        unsigned state = from;
        herd_machine_move(&door_machine, &state, to, 0);
        _exit(0);
    }
    close(ends[1]);
    size_t length = 0;
    for (ssize_t got; (got = read(ends[0], out + length, size - 1 - length)) > 0;)
        length += (size_t)got;
    out[length] = '\0';
    close(ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void a_move_that_is_not_in_the_table_ends_the_process(void **state)
{
    (void)state;
    char said[256];
    unsetenv("JOURNAL_STREAM");
    assert_int_equal(end_of_move(DOOR_SHUT, DOOR_OPEN, said, sizeof said), 0);
    assert_string_equal(said, "");
    assert_int_equal(end_of_move(DOOR_SHUT, DOOR_GONE, said, sizeof said), SIGABRT);
    assert_string_equal(said, "machine door may not move from shut (0) to gone (2)\n");
    assert_int_equal(end_of_move(77, DOOR_OPEN, said, sizeof said), SIGABRT);
    assert_string_equal(said, "machine door may not move from ? (77) to open (1)\n");
}

static void move_twice(void)
{
    struct door door = {.state = DOOR_SHUT};
    herd_machine_move(&door_machine, &door.state, DOOR_OPEN, 7);
    herd_machine_move_named(&door_machine, &door.state, DOOR_SHUT, HERD_TEXT("back door"));
    herd_machine_move(&door_machine, &door.state, DOOR_OPEN, 0);
}

static void moves_are_logged_at_debug_alone(void **state)
{
    struct world *world = *state;
    assert_false(herd_log_debug_on());
    open_file_log(world, HERD_LOG_INFO, false, 0);
    assert_false(herd_log_debug_on());
    move_twice();
    herd_log_close();
    assert_int_equal(count_of(read_file(world, world->path), "event="), 0);

    open_file_log(world, HERD_LOG_DEBUG, false, 0);
    assert_true(herd_log_debug_on());
    move_twice();
    herd_log_close();
    assert_false(herd_log_debug_on());
    const char *text = read_file(world, world->path);
    assert_int_equal(count_of(text, " level=debug server=Goloman event=moved machine=door "), 3);
    assert_int_equal(count_of(text, " machine=door id=7 from=shut to=open\n"), 1);
    assert_int_equal(count_of(text, " machine=door who=\"back door\" from=open to=shut\n"), 1);
    assert_int_equal(count_of(text, " machine=door from=shut to=open\n"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table_says_which_may_follow),
        cmocka_unit_test(a_move_changes_the_state_alone),
        cmocka_unit_test(a_move_that_is_not_in_the_table_ends_the_process),
        LOG_TEST(moves_are_logged_at_debug_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
