/* SPDX-License-Identifier: MIT */

/* Deadlines: over in the order in which they began, not before their time, and not when they were stopped. */

#include "netfixture.h"

#include "herd/deadline.h"

#define LIMIT_MS 30

struct wait {
    struct herd_deadline deadline;
    unsigned order; /* 0: not over; else the how many-th that was */
    unsigned again; /* so often it starts itself when it is over */
};

static struct herd_deadlines deadlines;
static unsigned overs;

static void on_over(struct herd_deadline *deadline)
{
    struct wait *wait = HERD_CONTAINER(deadline, struct wait, deadline);
    assert_false(herd_deadline_running(deadline));
    wait->order = ++overs;
    if (wait->again == 0) return;
    wait->again--;
    herd_deadline_start(&deadlines, deadline);
}

static void open_deadlines(struct fixture *fixture, uint64_t limit_ms)
{
    overs = 0;
    fixture_open(fixture);
    herd_deadlines_init(&deadlines, &fixture->loop, limit_ms, on_over);
}

static void close_deadlines(struct fixture *fixture)
{
    herd_deadlines_close(&deadlines);
    herd_deadlines_close(&deadlines);
    fixture_close(fixture);
}

static void start(struct wait *wait)
{
    herd_deadline_start(&deadlines, &wait->deadline);
}

/* One that starts anew goes to the end, one that stops is never told of; those after them are none the later. */
static void test_in_order(void **state)
{
    (void)state;
    struct fixture fixture;
    struct wait waits[4] = {0};
    open_deadlines(&fixture, LIMIT_MS);
    for (unsigned i = 0; i < 4; i++) {
        herd_deadline_init(&waits[i].deadline);
        assert_false(herd_deadline_running(&waits[i].deadline));
        start(&waits[i]);
        assert_true(herd_deadline_running(&waits[i].deadline));
    }
    start(&waits[0]);
    herd_deadline_stop(&waits[1].deadline);
    herd_deadline_stop(&waits[1].deadline);
    assert_false(herd_deadline_running(&waits[1].deadline));
    UNTIL(&fixture, overs == 3);
    assert_int_equal(waits[2].order, 1);
    assert_int_equal(waits[3].order, 2);
    assert_int_equal(waits[0].order, 3);
    assert_int_equal(waits[1].order, 0);
    close_deadlines(&fixture);
}

static void test_not_before_its_time(void **state)
{
    (void)state;
    struct fixture fixture;
    struct wait first = {0}, second = {0};
    open_deadlines(&fixture, LIMIT_MS);
    herd_deadline_init(&first.deadline);
    herd_deadline_init(&second.deadline);
    start(&first);
    uint64_t began_ms = first.deadline.since_ms;
    UNTIL(&fixture, uv_now(&fixture.loop.uv) >= began_ms + LIMIT_MS / 2);
    herd_deadline_stop(&first.deadline); /* the timer runs on, for nobody */
    start(&second);
    began_ms = second.deadline.since_ms;
    UNTIL(&fixture, overs == 1);
    assert_true(uv_now(&fixture.loop.uv) >= began_ms + LIMIT_MS);
    assert_int_equal(first.order, 0);
    assert_int_equal(second.order, 1);
    close_deadlines(&fixture);
}

static void test_starts_again(void **state)
{
    (void)state;
    struct fixture fixture;
    struct wait wait = {.again = 2};
    open_deadlines(&fixture, 1);
    herd_deadline_init(&wait.deadline);
    start(&wait);
    UNTIL(&fixture, overs == 3);
    assert_false(herd_deadline_running(&wait.deadline));
    start(&wait); /* and after a time in which the timer was at rest */
    UNTIL(&fixture, overs == 4);
    close_deadlines(&fixture);
}

static void test_no_limit(void **state)
{
    (void)state;
    struct fixture fixture;
    struct wait wait = {0};
    open_deadlines(&fixture, 0);
    herd_deadline_init(&wait.deadline);
    start(&wait);
    assert_false(herd_deadline_running(&wait.deadline));
    close_deadlines(&fixture);
}

/* It holds for what runs already, as long as that has lasted; without one nothing runs. */
static void test_another_limit(void **state)
{
    (void)state;
    struct fixture fixture;
    struct wait wait = {0};
    open_deadlines(&fixture, 1000000);
    herd_deadline_init(&wait.deadline);
    start(&wait);
    herd_deadlines_configure(&deadlines, 0);
    assert_false(herd_deadline_running(&wait.deadline));
    herd_deadlines_configure(&deadlines, 1000000);
    start(&wait);
    fixture_turn(&fixture, 3);
    assert_true(herd_deadline_running(&wait.deadline));
    herd_deadlines_configure(&deadlines, 2000000); /* still not over */
    fixture_turn(&fixture, 3);
    assert_true(herd_deadline_running(&wait.deadline));
    herd_deadlines_configure(&deadlines, 1);
    UNTIL(&fixture, overs == 1);
    close_deadlines(&fixture);
}

/* Those that are still running when all ends are told nothing; the loop ends empty. */
static void test_close(void **state)
{
    (void)state;
    struct fixture fixture;
    struct wait early = {0}, late = {0};
    open_deadlines(&fixture, 1);
    herd_deadline_init(&early.deadline);
    herd_deadline_init(&late.deadline);
    start(&early);
    herd_deadlines_close(&deadlines);
    start(&late);
    assert_false(herd_deadline_running(&late.deadline));
    herd_deadline_stop(&early.deadline);
    close_deadlines(&fixture);
    assert_int_equal(overs, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_in_order),     cmocka_unit_test(test_not_before_its_time),
        cmocka_unit_test(test_starts_again), cmocka_unit_test(test_no_limit),
        cmocka_unit_test(test_close),        cmocka_unit_test(test_another_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
