/* SPDX-License-Identifier: MIT */
/* The service with several providers, and with one that keeps failing. */
#include "askers.h"

static void asks_the_next_provider(void **state)
{
    struct world *world = *state;
    struct asker askers[2];
    askers_open(world, "gh");
    askers_ask(world, &askers[0], 1);
    struct herd_places_request *request = askers_take(world, "https://g.test/json?" PLACE "&key=k%20y");
    assert_int_equal(request->timeout_ms, 4000); /* half of the time for each */
    world->now_ms += 3000;
    askers_ask(world, &askers[1], 2);
    herd_places_fail(world->places, request, HERD_PLACES_FAILED, "Slow.", world->now_ms);
    request = askers_take(world, "https://h.test/json?" PLACE "&key=k%20y");
    assert_int_equal(request->timeout_ms, 5000);
    assert_int_equal(askers[0].ready, 0);
    askers_answer(world, request, 200, BODY);
    askers_expect_render(&askers[0], "{\n   \"results\" : [ 1 ],\n   \"status\" : \"OK\"\n}");
    askers_expect_render(&askers[1], "{\n   \"results\" : [ 1, 2 ],\n   \"status\" : \"OK\"\n}");
}

static void time_that_is_up_leaves_one_millisecond(void **state)
{
    struct world *world = *state;
    struct asker asker;
    askers_open(world, "gh");
    askers_ask(world, &asker, 1);
    struct herd_places_request *request = askers_take(world, "https://g.test/json?" PLACE "&key=k%20y");
    world->now_ms += 9000;
    herd_places_fail(world->places, request, HERD_PLACES_FAILED, "Slow.", world->now_ms);
    request = askers_take(world, "https://h.test/json?" PLACE "&key=k%20y");
    assert_int_equal(request->timeout_ms, 1);
    herd_places_fail(world->places, request, HERD_PLACES_FAILED, "Slow as well.", world->now_ms);
    askers_expect_render(&asker, FAILED("Slow as well."));
}

/* An error body is kept until somebody answers, and relayed where nobody does. */
static void keeps_the_error_body(void **state)
{
    struct world *world = *state;
    struct asker asker;
    askers_open(world, "gh");
    askers_ask(world, &asker, 1);
    struct herd_places_request *request = askers_take(world, "https://g.test/json?" PLACE "&key=k%20y");
    askers_answer(world, request, 403, ERROR_BODY);
    request = askers_take(world, "https://h.test/json?" PLACE "&key=k%20y");
    askers_answer(world, request, 200, "garbage");
    askers_expect_render(&asker, ERROR_BODY);
    askers_ask(world, &asker, 1);
    request = askers_take(world, "https://g.test/json?" PLACE "&key=k%20y");
    askers_answer(world, request, 403, ERROR_BODY);
    request = askers_take(world, "https://h.test/json?" PLACE "&key=k%20y");
    askers_answer(world, request, 200, BODY);
    askers_expect_render(&asker, "{\n   \"results\" : [ 1 ],\n   \"status\" : \"OK\"\n}");
}

static void falls_back_to_the_index(void **state)
{
    struct world *world = *state;
    struct asker askers[2];
    askers_open(world, "gl");
    askers_ask(world, &askers[0], 1);
    struct herd_places_request *request = askers_take(world, "https://g.test/json?" PLACE "&key=k%20y");
    assert_int_equal(request->timeout_ms, 8000); /* local takes no time */
    herd_places_fail(world->places, request, HERD_PLACES_FAILED, "Slow.", world->now_ms);
    assert_int_equal(askers[0].ready, 0); /* it waits for the index now */
    askers_expect_none(world);
    herd_places_set_indexes(world->places, &world->fixture.index, 1);
    assert_int_equal(askers[0].ready, 1);
    askers_expect_westwood(&askers[0]);
    askers_ask(world, &askers[1], 1);
    request = askers_take(world, "https://g.test/json?" PLACE "&key=k%20y");
    askers_answer(world, request, 500, ERROR_BODY);
    assert_int_equal(askers[1].ready, 1);
    askers_expect_westwood(&askers[1]);
}

static void falls_over_from_a_missing_index(void **state)
{
    struct world *world = *state;
    struct asker askers[2];
    askers_open(world, "lg");
    askers_ask(world, &askers[0], 1);
    askers_expect_none(world);
    herd_places_set_indexes(world->places, NULL, 0);
    struct herd_places_request *request = askers_take(world, "https://g.test/json?" PLACE "&key=k%20y");
    assert_int_equal(askers_ask(world, &askers[1], 2), HERD_PLACES_WAITING); /* joins */
    askers_expect_none(world);
    askers_answer(world, request, 200, BODY);
    askers_expect_render(&askers[0], "{\n   \"results\" : [ 1 ],\n   \"status\" : \"OK\"\n}");
    askers_expect_render(&askers[1], "{\n   \"results\" : [ 1, 2 ],\n   \"status\" : \"OK\"\n}");
}

/* A request that moves on joins an identical one that is already there. */
static void merges_on_the_way(void **state)
{
    struct world *world = *state;
    struct asker askers[2];
    askers_open(world, "gh");
    askers_ask(world, &askers[0], 1);
    struct herd_places_request *first = askers_take(world, "https://g.test/json?" PLACE "&key=k%20y");
    askers_answer(world, first, 403, ERROR_BODY);
    struct herd_places_request *second = askers_take(world, "https://h.test/json?" PLACE "&key=k%20y");
    askers_ask(world, &askers[1], 2);
    struct herd_places_request *third = askers_take(world, "https://g.test/json?" PLACE "&key=k%20y");
    herd_places_fail(world->places, third, HERD_PLACES_FAILED, "Slow.", world->now_ms);
    askers_expect_none(world);
    herd_places_fail(world->places, second, HERD_PLACES_FAILED, "Slow as well.", world->now_ms);
    askers_expect_render(&askers[0], ERROR_BODY);
    askers_expect_render(&askers[1], ERROR_BODY);
}

static void ask_and_fail(struct world *world, unsigned times)
{
    struct asker asker;
    for (unsigned i = 0; i < times; i++) {
        assert_int_equal(askers_ask(world, &asker, 1), HERD_PLACES_WAITING);
        struct herd_places_request *request = askers_take(world, "https://g.test/json?" PLACE "&key=k%20y");
        herd_places_fail(world->places, request, HERD_PLACES_FAILED, "Down.", world->now_ms);
        askers_expect_render(&asker, FAILED("Down."));
    }
}

static void leaves_a_failing_provider_alone(void **state)
{
    struct world *world = *state;
    struct asker asker;
    struct asker probe;
    askers_open(world, "g");
    ask_and_fail(world, 5);
    assert_int_equal(askers_ask(world, &asker, 1), HERD_PLACES_READY);
    askers_expect_none(world);
    askers_expect_render(&asker, LEFT_ALONE);
    world->now_ms += 6000;
    assert_int_equal(askers_ask(world, &probe, 1), HERD_PLACES_WAITING); /* one is let through */
    assert_int_equal(askers_ask_text(world, &asker, HERD_TEXT("+1+1"), HERD_TEXT("1"), 1), HERD_PLACES_READY);
    askers_expect_render(&asker, LEFT_ALONE);
    assert_int_equal(askers_ask(world, &asker, 2), HERD_PLACES_WAITING); /* an identical one shares it */
    struct herd_places_request *request = askers_take(world, "https://g.test/json?" PLACE "&key=k%20y");
    askers_answer(world, request, 200, BODY);
    askers_expect_render(&probe, "{\n   \"results\" : [ 1 ],\n   \"status\" : \"OK\"\n}");
    askers_expect_render(&asker, "{\n   \"results\" : [ 1, 2 ],\n   \"status\" : \"OK\"\n}");
    ask_and_fail(world, 5);
    /* A probe whose asker leaves before it is sent does not block the next. */
    world->now_ms += 6000;
    askers_ask(world, &probe, 1);
    herd_places_leave(&probe.ticket);
    ask_and_fail(world, 1);
    assert_int_equal(askers_ask(world, &asker, 1), HERD_PLACES_READY);
    askers_expect_render(&asker, LEFT_ALONE);
}

static void leaves_it_alone_as_configured(void **state)
{
    struct world *world = *state;
    struct asker asker;
    struct herd_places_options options = {HERD_PLACES_DEFAULTS};
    options.breaker_failures = 2;
    options.breaker_ms = 10;
    askers_open_with(world, "g", options);
    const struct herd_places_counts *counts = herd_places_counts(world->places);
    ask_and_fail(world, 1);
    assert_int_equal(counts->breaker_opened, 0);
    ask_and_fail(world, 1);
    assert_int_equal(counts->breaker_opened, 1);
    assert_int_equal(counts->left_alone, 0);
    world->now_ms += 7;
    assert_int_equal(askers_ask(world, &asker, 1), HERD_PLACES_READY);
    askers_expect_render(&asker, LEFT_ALONE);
    assert_int_equal(counts->left_alone, 1);
    world->now_ms += 5;
    ask_and_fail(world, 1); /* the probe */
    assert_int_equal(counts->breaker_opened, 2);
    assert_int_equal(counts->failures, 3);
}

static void asks_for_ever_where_configured(void **state)
{
    struct world *world = *state;
    struct herd_places_options options = {HERD_PLACES_DEFAULTS};
    options.breaker_failures = 0;
    askers_open_with(world, "g", options);
    ask_and_fail(world, 100);
    assert_int_equal(herd_places_counts(world->places)->breaker_opened, 0);
}

/* A denied key is no sign that the provider is down: its words go on being relayed. */
static void a_refusal_does_not_open_the_breaker(void **state)
{
    struct world *world = *state;
    struct asker asker;
    askers_open(world, "g");
    for (unsigned i = 0; i < 10; i++) {
        assert_int_equal(askers_ask(world, &asker, 1), HERD_PLACES_WAITING);
        struct herd_places_request *request = askers_take(world, "https://g.test/json?" PLACE "&key=k%20y");
        askers_answer(world, request, 403, ERROR_BODY);
        askers_expect_render(&asker, ERROR_BODY);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(asks_the_next_provider, askers_setup, askers_teardown),
        cmocka_unit_test_setup_teardown(time_that_is_up_leaves_one_millisecond, askers_setup, askers_teardown),
        cmocka_unit_test_setup_teardown(keeps_the_error_body, askers_setup, askers_teardown),
        cmocka_unit_test_setup_teardown(falls_back_to_the_index, askers_setup, askers_teardown),
        cmocka_unit_test_setup_teardown(falls_over_from_a_missing_index, askers_setup, askers_teardown),
        cmocka_unit_test_setup_teardown(merges_on_the_way, askers_setup, askers_teardown),
        cmocka_unit_test_setup_teardown(leaves_a_failing_provider_alone, askers_setup, askers_teardown),
        cmocka_unit_test_setup_teardown(leaves_it_alone_as_configured, askers_setup, askers_teardown),
        cmocka_unit_test_setup_teardown(asks_for_ever_where_configured, askers_setup, askers_teardown),
        cmocka_unit_test_setup_teardown(a_refusal_does_not_open_the_breaker, askers_setup, askers_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
