/* SPDX-License-Identifier: MIT */

/* The loop: phases, tasks, what keeps it alive, how it ends. */

#include "netfixture.h"

#include <signal.h>

struct trace {
    struct herd_loop *loop;
    char text[64];
};

static void note(struct trace *trace, char letter)
{
    size_t length = strlen(trace->text);
    assert_true(length + 1 < sizeof trace->text);
    trace->text[length] = letter;
    trace->text[length + 1] = '\0';
}

static void on_flood(void *owner)
{
    note(owner, 'F');
}

static void on_journal(void *owner)
{
    note(owner, 'J');
}

static void on_replies(void *owner)
{
    note(owner, 'R');
}

/* The log's phase runs in every turn; the trace shows it where something ran before. */
static void on_log(void *owner)
{
    struct trace *trace = owner;
    size_t length = strlen(trace->text);
    if (length > 0 && trace->text[length - 1] != 'L') note(trace, 'L');
}

static void trace_phases(struct herd_loop *loop, struct trace *trace)
{
    trace->loop = loop;
    trace->text[0] = '\0';
    herd_loop_on_phase(loop, HERD_PHASE_FLOOD, on_flood, trace);
    herd_loop_on_phase(loop, HERD_PHASE_JOURNAL, on_journal, trace);
    herd_loop_on_phase(loop, HERD_PHASE_REPLIES, on_replies, trace);
    herd_loop_on_phase(loop, HERD_PHASE_LOG, on_log, trace);
}

static void test_empty_loop_ends(void **state)
{
    (void)state;
    struct herd_loop loop;
    assert_int_equal(herd_loop_init(&loop), 0);
    herd_loop_run(&loop); /* its own handles do not hold it */
    assert_int_equal(herd_loop_finish(&loop), 0);
}

static void test_finish_tells_of_open_handle(void **state)
{
    (void)state;
    struct herd_loop loop;
    uv_timer_t timer;
    assert_int_equal(herd_loop_init(&loop), 0);
    uv_timer_init(&loop.uv, &timer);
    assert_int_equal(herd_loop_finish(&loop), UV_EBUSY);
    uv_close((uv_handle_t *)&timer, NULL);
    assert_int_equal(herd_loop_finish(&loop), 0);
}

static void test_phases_in_order(void **state)
{
    (void)state;
    struct fixture fixture;
    struct trace trace;
    fixture_open(&fixture);
    trace_phases(&fixture.loop, &trace);
    herd_loop_mark(&fixture.loop, HERD_PHASE_REPLIES);
    herd_loop_mark(&fixture.loop, HERD_PHASE_FLOOD);
    herd_loop_mark(&fixture.loop, HERD_PHASE_JOURNAL);
    herd_loop_mark(&fixture.loop, HERD_PHASE_FLOOD);
    UNTIL(&fixture, trace.text[0] != '\0');
    assert_string_equal(trace.text, "FJRL");
    fixture_turn(&fixture, 5);
    assert_string_equal(trace.text, "FJRL"); /* nothing marked, nothing run */
    fixture_close(&fixture);
}

static void on_log_marks_flood(void *owner)
{
    struct trace *trace = owner;
    on_log(owner);
    if (strcmp(trace->text, "RL") == 0) herd_loop_mark(trace->loop, HERD_PHASE_FLOOD);
}

static void test_phase_marks_later_and_earlier(void **state)
{
    (void)state;
    struct herd_loop loop; /* no tick: a loop that slept would not come back */
    struct trace trace;
    uv_timer_t alive;
    assert_int_equal(herd_loop_init(&loop), 0);
    uv_timer_init(&loop.uv, &alive);
    uv_timer_start(&alive, fixture_on_tick, DEADLINE_MS, 0);
    trace_phases(&loop, &trace);
    herd_loop_on_phase(&loop, HERD_PHASE_LOG, on_log_marks_flood, &trace);
    herd_loop_mark(&loop, HERD_PHASE_REPLIES);
    uint64_t begun = uv_hrtime();
    while (strlen(trace.text) < 3)
        uv_run(&loop.uv, UV_RUN_ONCE);
    assert_true(uv_hrtime() - begun < (uint64_t)DEADLINE_MS * 1000000);
    assert_string_equal(trace.text, "RLFL");
    uv_close((uv_handle_t *)&alive, NULL);
    assert_int_equal(herd_loop_finish(&loop), 0);
}

static void on_timer_marks(uv_timer_t *timer)
{
    struct trace *trace = timer->data;
    herd_loop_mark(trace->loop, HERD_PHASE_JOURNAL);
    uv_close((uv_handle_t *)timer, NULL);
}

static void test_last_turn_is_not_lost(void **state)
{
    (void)state;
    struct herd_loop loop;
    struct trace trace;
    uv_timer_t timer;
    assert_int_equal(herd_loop_init(&loop), 0);
    trace_phases(&loop, &trace);
    uv_timer_init(&loop.uv, &timer);
    timer.data = &trace;
    uv_timer_start(&timer, on_timer_marks, 1, 0);
    herd_loop_run(&loop);
    assert_string_equal(trace.text, "JL");
    assert_int_equal(herd_loop_finish(&loop), 0);
}

struct job {
    struct herd_task task;
    struct herd_loop *loop;
    struct job *victim;
    unsigned runs;
    unsigned again;
};

static void on_job(struct herd_task *task)
{
    struct job *job = HERD_CONTAINER(task, struct job, task);
    job->runs++;
    if (job->again > 0) {
        job->again--;
        herd_loop_soon(job->loop, task);
    }
    if (job->victim != NULL) herd_task_cancel(&job->victim->task);
}

static void test_tasks(void **state)
{
    (void)state;
    struct herd_loop loop;
    assert_int_equal(herd_loop_init(&loop), 0);
    struct job once = {.loop = &loop}, thrice = {.loop = &loop, .again = 2}, never = {.loop = &loop};
    herd_task_init(&once.task, on_job);
    herd_task_init(&thrice.task, on_job);
    herd_task_init(&never.task, on_job);
    once.victim = &never;
    herd_task_cancel(&once.task); /* waits for nothing: harmless */
    herd_loop_soon(&loop, &once.task);
    herd_loop_soon(&loop, &once.task);
    herd_loop_soon(&loop, &thrice.task);
    herd_loop_soon(&loop, &never.task);
    assert_int_equal(once.runs, 0); /* never inside the call */
    herd_loop_run(&loop);           /* waiting tasks keep it alive */
    assert_int_equal(once.runs, 1);
    assert_int_equal(thrice.runs, 3);
    assert_int_equal(never.runs, 0);
    assert_int_equal(herd_loop_finish(&loop), 0);
}

static void on_stop(uv_timer_t *timer)
{
    herd_loop_stop(timer->data);
}

static void test_stop(void **state)
{
    (void)state;
    struct fixture fixture;
    uv_timer_t timer;
    fixture_open(&fixture);
    uv_timer_init(&fixture.loop.uv, &timer);
    timer.data = &fixture.loop;
    uv_timer_start(&timer, on_stop, 1, 0);
    herd_loop_run(&fixture.loop); /* the tick is alive: only stop ends it */
    herd_loop_stop(&fixture.loop);
    herd_loop_run(&fixture.loop); /* stopped before it ran */
    uv_close((uv_handle_t *)&timer, NULL);
    fixture_close(&fixture);
}

static void test_sigpipe_is_ignored(void **state)
{
    (void)state;
    struct fixture fixture;
    struct sigaction action;
    fixture_open(&fixture);
    assert_int_equal(sigaction(SIGPIPE, NULL, &action), 0);
    assert_true(action.sa_handler == SIG_IGN);
    fixture_close(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty_loop_ends),
        cmocka_unit_test(test_finish_tells_of_open_handle),
        cmocka_unit_test(test_phases_in_order),
        cmocka_unit_test(test_phase_marks_later_and_earlier),
        cmocka_unit_test(test_last_turn_is_not_lost),
        cmocka_unit_test(test_tasks),
        cmocka_unit_test(test_stop),
        cmocka_unit_test(test_sigpipe_is_ignored),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
