/* SPDX-License-Identifier: MIT */

/* Fetching: how many at once, who waits, cancelling, closing. */

#include "netfetch.h"

static void test_sixteen_per_host(void **state)
{
    (void)state;
    enum { COUNT = 70 };
    struct scene *scene = scene_open();
    scene->web.hold = true;
    for (unsigned i = 0; i < COUNT; i++)
        scene_get(scene, "/ok");
    UNTIL(&scene->fixture, scene->web.held_count >= 16);
    fixture_turn(&scene->fixture, 50);
    assert_int_equal(scene->web.held_count, 16);
    assert_int_equal(scene->web.connections, 16);
    struct ask *other = scene_get_host(scene, 2, "/ok"); /* another host does not wait behind it */
    UNTIL(&scene->fixture, scene->web.held_count == 17);
    web_release(&scene->web);
    UNTIL(&scene->fixture, scene->dones == COUNT + 1);
    for (unsigned i = 0; i < COUNT; i++)
        assert_int_equal(scene->asks[i].error, 0);
    assert_int_equal(other->error, 0);
    assert_true(scene->web.connections <= 17); /* and they were used again */
    scene_close(scene);
}

static void test_sixty_four_in_all(void **state)
{
    (void)state;
    enum { HOSTS = 6, EACH = 16 };
    struct scene *scene = scene_open();
    scene->web.hold = true;
    for (unsigned i = 0; i < HOSTS * EACH; i++)
        scene_get_host(scene, 1 + i / EACH, "/ok");
    UNTIL(&scene->fixture, scene->web.held_count >= 64);
    fixture_turn(&scene->fixture, 50);
    assert_int_equal(scene->web.held_count, 64);
    web_release(&scene->web);
    UNTIL(&scene->fixture, scene->dones == HOSTS * EACH);
    for (unsigned i = 0; i < HOSTS * EACH; i++)
        assert_int_equal(scene->asks[i].error, 0);
    scene_close(scene);
}

/* 16 run, 1024 wait, the next is told at once. */
static void test_queue_overflows(void **state)
{
    (void)state;
    enum { ROOM = 16 + 1024 };
    struct scene *scene = scene_open();
    scene->web.hold = true;
    for (unsigned i = 0; i < ROOM; i++)
        scene_get(scene, "/ok");
    struct ask *over = scene_get(scene, "/ok");
    scene_wait(scene, over);
    assert_int_equal(over->error, -EBUSY);
    assert_int_equal(scene->dones, 1);
    herd_fetch_cancel(scene->asks[ROOM - 1].fetch); /* one leaves: there is room for one */
    struct ask *fits = scene_get(scene, "/ok");
    struct ask *over_again = scene_get(scene, "/ok");
    scene_wait(scene, over_again);
    assert_int_equal(over_again->error, -EBUSY);
    assert_int_equal(fits->dones, 0);
    scene_close(scene); /* with 16 running and 1024 waiting */
}

/* The same with limits of our own: of one host, of all, of those that wait; each is counted. */
static void test_limits_as_given(void **state)
{
    (void)state;
    struct herd_fetch_limits limits = {HERD_FETCH_DEFAULTS};
    limits.transfers_max = 3;
    limits.transfers_per_host_max = 2;
    limits.queue_max = 2;
    struct scene *scene = scene_open_with(&limits);
    const struct herd_fetch_counts *counts = herd_fetcher_counts(scene->fetcher);
    scene->web.hold = true;
    for (unsigned i = 0; i < 2; i++)
        scene_get(scene, "/ok");
    assert_int_equal(counts->waited, 0);
    scene_get(scene, "/ok"); /* the host has two */
    assert_int_equal(counts->waited, 1);
    scene_get_host(scene, 2, "/ok");
    assert_int_equal(counts->waited, 1);
    scene_get_host(scene, 3, "/ok"); /* there are three in all */
    assert_int_equal(counts->waited, 2);
    assert_int_equal(counts->queue_full, 0);
    struct ask *over = scene_get_host(scene, 4, "/ok");
    assert_int_equal(counts->queue_full, 1);
    scene_wait(scene, over);
    assert_int_equal(over->error, -EBUSY);
    UNTIL(&scene->fixture, scene->web.held_count == 3);
    web_release(&scene->web);
    UNTIL(&scene->fixture, scene->dones == 6);
    for (unsigned i = 0; i < 5; i++)
        assert_int_equal(scene->asks[i].error, 0);
    assert_int_equal(counts->requests, 6);
    scene_close(scene);
}

/* Nobody may wait: who does not run is told so. */
static void test_no_queue(void **state)
{
    (void)state;
    struct herd_fetch_limits limits = {HERD_FETCH_DEFAULTS};
    limits.transfers_max = 1;
    limits.queue_max = 0;
    struct scene *scene = scene_open_with(&limits);
    scene->web.hold = true;
    scene_get(scene, "/ok");
    struct ask *over = scene_get_host(scene, 2, "/ok");
    scene_wait(scene, over);
    assert_int_equal(over->error, -EBUSY);
    scene_close(scene);
}

/* The time in the queue counts. */
static void test_deadline_in_the_queue(void **state)
{
    (void)state;
    struct scene *scene = scene_open();
    char url[64];
    scene->web.hold = true;
    for (unsigned i = 0; i < 16; i++)
        scene_get(scene, "/ok");
    snprintf(url, sizeof url, "http://127.0.0.1:%u/ok", scene->web.port);
    struct ask *later = scene_start(scene, url, (struct herd_fetch_request){.timeout_ms = 100});
    struct ask *sooner = scene_start(scene, url, (struct herd_fetch_request){.timeout_ms = 30});
    struct ask *patient = scene_start(scene, url, (struct herd_fetch_request){.timeout_ms = 60000});
    scene_wait(scene, sooner);
    scene_wait(scene, later);
    assert_int_equal(sooner->error, -ETIMEDOUT);
    assert_int_equal(later->error, -ETIMEDOUT);
    assert_string_equal(later->text, "timed out waiting for its turn");
    assert_int_equal(patient->dones, 0);
    web_release(&scene->web);
    scene_wait(scene, patient);
    assert_int_equal(patient->error, 0);
    scene_close(scene);
}

static void test_cancel(void **state)
{
    (void)state;
    struct scene *scene = scene_open();
    struct ask *at_once = scene_get(scene, "/silent"), *in_flight = scene_get(scene, "/silent");
    struct ask *told_soon = scene_start(scene, "no url", (struct herd_fetch_request){.timeout_ms = 0});
    herd_fetch_cancel(at_once->fetch);
    herd_fetch_cancel(at_once->fetch);
    herd_fetch_cancel(told_soon->fetch);
    assert_int_equal(scene->dones, 0); /* in a later turn */
    scene_wait(scene, at_once);
    scene_wait(scene, told_soon);
    assert_int_equal(at_once->error, -ECANCELED);
    assert_int_equal(told_soon->error, -ECANCELED);
    UNTIL(&scene->fixture, scene->web.requests == 1);
    herd_fetch_cancel(in_flight->fetch);
    scene_wait(scene, in_flight);
    assert_int_equal(in_flight->error, -ECANCELED);
    UNTIL(&scene->fixture, scene->web.alive == 0); /* its connection is closed, not left hanging */
    scene_close(scene);
}

/* A place that is cancelled goes to who waits. */
static void test_cancel_lets_next_run(void **state)
{
    (void)state;
    struct scene *scene = scene_open();
    scene->web.hold = true;
    for (unsigned i = 0; i < 17; i++)
        scene_get(scene, "/ok");
    UNTIL(&scene->fixture, scene->web.held_count == 16);
    herd_fetch_cancel(scene->asks[0].fetch);
    UNTIL(&scene->fixture, scene->web.requests == 17);
    scene_close(scene);
}

/* Owners may do as they like inside on_done. */
static void test_inside_on_done(void **state)
{
    (void)state;
    struct scene *scene = scene_open();
    struct ask *first = scene_get(scene, "/ok"), *silent = scene_get(scene, "/silent");
    first->cancel = silent->fetch;
    first->ask_again = true;
    scene_wait(scene, first);
    scene_wait(scene, silent);
    assert_int_equal(silent->error, -ECANCELED);
    UNTIL(&scene->fixture, scene->ask_count == 3 && scene->dones == 3);
    assert_int_equal(scene->asks[2].error, 0);
    struct ask *a = scene_start(scene, "no url", (struct herd_fetch_request){.timeout_ms = 0});
    struct ask *b = scene_start(scene, "no url", (struct herd_fetch_request){.timeout_ms = 0});
    a->cancel = b->fetch; /* both are to be told in the same turn */
    scene_wait(scene, b);
    assert_int_equal(a->error, -EIO);
    assert_int_equal(b->error, -ECANCELED);
    scene_close(scene);
}

static void test_close_in_flight(void **state)
{
    (void)state;
    struct scene *scene = scene_open();
    scene->web.hold = true;
    for (unsigned i = 0; i < 20; i++)
        scene_get(scene, "/ok");
    UNTIL(&scene->fixture, scene->web.held_count == 16);
    for (unsigned i = 0; i < 5; i++)
        scene_get_host(scene, 2, "/ok"); /* and some that only connect */
    herd_fetcher_close(scene->fetcher, scene_on_closed, scene);
    struct ask *late = scene_get(scene, "/ok");
    assert_int_equal(scene->dones, 0);
    UNTIL(&scene->fixture, scene->closed);
    for (unsigned i = 0; i < 25; i++)
        assert_int_equal(scene->asks[i].error, -ECANCELED);
    assert_int_equal(late->error, -ECANCELED);
    scene_finish(scene);
}

static void test_close_inside_on_done(void **state)
{
    (void)state;
    struct scene *scene = scene_open();
    struct ask *silent = scene_get(scene, "/silent"), *ask = scene_get(scene, "/ok");
    ask->close_fetcher = true;
    UNTIL(&scene->fixture, scene->closed);
    assert_int_equal(ask->error, 0);
    assert_int_equal(silent->error, -ECANCELED);
    scene_finish(scene);
}

static void test_close_unused(void **state)
{
    (void)state;
    struct scene *scene = scene_open(); /* curl was never started */
    scene_close(scene);
}

static void test_two_fetchers(void **state)
{
    (void)state;
    struct scene *one = scene_open(), *two = scene_open();
    scene_wait(one, scene_get(one, "/ok"));
    scene_wait(two, scene_get(two, "/ok"));
    scene_close(one);
    scene_wait(two, scene_get(two, "/ok")); /* the other's cleanup does not concern it */
    assert_int_equal(two->asks[1].error, 0);
    scene_close(two);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sixteen_per_host),
        cmocka_unit_test(test_sixty_four_in_all),
        cmocka_unit_test(test_queue_overflows),
        cmocka_unit_test(test_limits_as_given),
        cmocka_unit_test(test_no_queue),
        cmocka_unit_test(test_deadline_in_the_queue),
        cmocka_unit_test(test_cancel),
        cmocka_unit_test(test_cancel_lets_next_run),
        cmocka_unit_test(test_inside_on_done),
        cmocka_unit_test(test_close_in_flight),
        cmocka_unit_test(test_close_inside_on_done),
        cmocka_unit_test(test_close_unused),
        cmocka_unit_test(test_two_fetchers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
