/* SPDX-License-Identifier: MIT */

/* Fetching: many at once, none at all, cancelling, closing. */

#include "netfetch.h"

#include <sys/resource.h>

/* As many as are started, at once: how many that may be is for others to say. */
static void test_all_at_once(void **state)
{
    (void)state;
    enum { COUNT = 100 };
    struct scene *scene = scene_open();
    scene->web.hold = true;
    for (unsigned i = 0; i < COUNT; i++)
        scene_get(scene, "/ok");
    UNTIL(&scene->fixture, scene->web.held_count == COUNT);
    web_release(&scene->web);
    UNTIL(&scene->fixture, scene->dones == COUNT);
    for (unsigned i = 0; i < COUNT; i++)
        assert_int_equal(scene->asks[i].error, 0);
    assert_int_equal(herd_fetcher_counts(scene->fetcher)->requests, COUNT);
    scene_close(scene);
}

/* Out of descriptors is no fault of the other end, and is told apart from what is. */
static void test_no_descriptors(void **state)
{
    (void)state;
    struct scene *scene = scene_open();
    struct rlimit before, none;
    scene_wait(scene,
               scene_start(scene, "no url", (struct herd_fetch_request){.timeout_ms = 0})); /* curl has started */
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = (struct rlimit){.rlim_cur = 0, .rlim_max = before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    struct ask *ask = scene_get(scene, "/ok");
    scene_wait(scene, ask);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_int_equal(ask->error, -EMFILE);
    assert_string_equal(ask->text, "no descriptors are left");
    ask = scene_get(scene, "/ok");
    scene_wait(scene, ask);
    assert_int_equal(ask->error, 0);
    scene_close(scene);
}

/* Also for a request that is under way. */
static void test_other_limits(void **state)
{
    (void)state;
    const struct herd_fetch_limits little = {.connect_timeout_ms = 2000, .header_bytes_max = 16};
    const struct herd_fetch_limits much = {HERD_FETCH_DEFAULTS};
    struct scene *scene = scene_open();
    struct ask *ask = scene_get(scene, "/think");
    UNTIL(&scene->fixture, scene->web.held_count == 1);
    herd_fetcher_configure(scene->fetcher, &little);
    web_release(&scene->web);
    scene_wait(scene, ask);
    assert_int_equal(ask->error, -EFBIG);
    herd_fetcher_configure(scene->fetcher, &much);
    ask = scene_get(scene, "/ok");
    scene_wait(scene, ask);
    assert_int_equal(ask->error, 0);
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
    assert_int_equal(a->error, -EINVAL);
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
    UNTIL(&scene->fixture, scene->web.held_count == 20);
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
        cmocka_unit_test(test_all_at_once),          cmocka_unit_test(test_no_descriptors),
        cmocka_unit_test(test_other_limits),         cmocka_unit_test(test_cancel),
        cmocka_unit_test(test_inside_on_done),       cmocka_unit_test(test_close_in_flight),
        cmocka_unit_test(test_close_inside_on_done), cmocka_unit_test(test_close_unused),
        cmocka_unit_test(test_two_fetchers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
