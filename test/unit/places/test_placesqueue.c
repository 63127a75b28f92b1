/* SPDX-License-Identifier: MIT */
/* Whose turn it is at a provider that is asked enough already, and what is not held against it. */
#include "askers.h"

#include "herd/memory.h"

#define CONNECTIONS 20
#define EACH 16

static void open_queue(struct world *world, const char *letters, uint32_t at_once, uint32_t queue_max)
{
    struct herd_places_options options = {HERD_PLACES_DEFAULTS};
    options.transfers_per_host_max = at_once;
    options.queue_max = queue_max;
    askers_open_with(world, letters, options);
}

static struct herd_places_request *take(struct world *world)
{
    return herd_places_next(world->places, world->now_ms);
}

static void answer(struct world *world, struct herd_places_request *request)
{
    assert_non_null(request);
    askers_answer(world, request, 200, "{}");
}

/* The crowd: connections with as many questions each as a connection may have, one after the other. */
struct crowd {
    struct herd_places_asker connections[CONNECTIONS];
    struct asker askers[CONNECTIONS * EACH];
};

static struct crowd *crowd_ask(struct world *world)
{
    struct crowd *crowd = herd_memory_allocate_zeroed(1, sizeof(*crowd));
    for (unsigned i = 0; i < CONNECTIONS * EACH; i++) {
        world->connection = &crowd->connections[i / EACH];
        askers_ask_at(world, &crowd->askers[i], i);
    }
    return crowd;
}

static void crowd_leave(struct crowd *crowd)
{
    for (unsigned i = 0; i < CONNECTIONS * EACH; i++)
        herd_places_leave(&crowd->askers[i].ticket);
    for (unsigned i = 0; i < CONNECTIONS; i++)
        assert_int_equal(crowd->connections[i].waiting, 0);
    herd_memory_free(crowd);
}

/* Answers one after the other until that asker's question is; how many came before it. */
static unsigned answers_before(struct world *world, const struct asker *asker, struct herd_places_request *flying)
{
    unsigned count = 0;
    for (; asker->ready == 0; count++) {
        answer(world, flying);
        flying = take(world);
    }
    if (flying != NULL) answer(world, flying);
    return count - 1;
}

static void one_question_waits_for_one_round(void **state)
{
    struct world *world = *state;
    struct herd_places_asker honest = {0};
    struct asker asker;
    open_queue(world, "g", 1, 1024);
    struct crowd *crowd = crowd_ask(world);
    struct herd_places_request *flying = take(world);
    world->connection = &honest;
    for (unsigned round = 0; round < 3; round++) {
        askers_ask_at(world, &asker, 5000 + round);
        assert_true(answers_before(world, &asker, flying) <= CONNECTIONS);
        herd_places_leave(&asker.ticket);
        flying = take(world);
    }
    assert_int_equal(honest.waiting, 0);
    assert_true(crowd->connections[0].waiting > EACH / 2);
    crowd_leave(crowd);
    answer(world, flying);
    assert_null(take(world)); /* who left is not asked for */
}

/* Rounds are for who waits: alone a connection has all that there is, and in its own order. */
static void alone_in_its_order(void **state)
{
    struct world *world = *state;
    struct herd_places_asker connection = {0};
    struct asker askers[100];
    open_queue(world, "g", 1, 1024);
    world->connection = &connection;
    for (unsigned i = 0; i < 100; i++)
        askers_ask_at(world, &askers[i], i);
    for (unsigned i = 0; i < 100; i++) {
        answer(world, take(world));
        assert_int_equal(askers[i].ready, 1);
        herd_places_leave(&askers[i].ticket);
    }
    assert_null(take(world));
    assert_int_equal(herd_places_counts(world->places)->waited, 0); /* there was room whenever one was asked */
}

/* A question that another has asked too goes when the first of both would have had its turn. */
static void a_shared_question_goes_early(void **state)
{
    struct world *world = *state;
    struct herd_places_asker honest = {0};
    struct asker asker;
    open_queue(world, "g", 1, 1024);
    struct crowd *crowd = crowd_ask(world);
    struct herd_places_request *flying = take(world);
    world->connection = &honest;
    assert_int_equal(askers_ask_at(world, &asker, EACH - 1), HERD_PLACES_WAITING); /* the first one's last */
    assert_true(answers_before(world, &asker, flying) <= CONNECTIONS);
    assert_int_equal(crowd->askers[EACH - 1].ready, 1);
    herd_places_leave(&asker.ticket);
    crowd_leave(crowd);
}

/* Where too many wait who has most loses one, the latest; among equals it is who came last. */
static void too_many_cost_who_has_most(void **state)
{
    struct world *world = *state;
    struct herd_places_asker greedy = {0};
    struct asker flying, askers[4], others[4];
    open_queue(world, "g", 1, 4);
    const struct herd_places_counts *counts = herd_places_counts(world->places);
    askers_ask_at(world, &flying, 100);
    struct herd_places_request *request = take(world);
    world->connection = &greedy;
    for (unsigned i = 0; i < 4; i++) {
        askers_ask_at(world, &askers[i], i);
        assert_null(take(world));
    }
    assert_int_equal(counts->queue_full, 0);
    world->connection = NULL;
    for (unsigned i = 0; i < 3; i++) {
        askers_ask_at(world, &others[i], 10 + i);
        assert_null(take(world));
        assert_int_equal(counts->queue_full, i + 1);
        assert_int_equal(others[i].ready, 0);
        askers_expect_render(&askers[3 - i], TOO_MANY);
    }
    askers_ask_at(world, &others[3], 13);
    assert_null(take(world));
    askers_expect_render(&others[3], TOO_MANY);
    assert_int_equal(counts->breaker_opened, 0);
    for (unsigned i = 0; i < 5; i++) { /* all that is left is answered: the provider is as good as before */
        answer(world, request);
        request = take(world);
    }
    assert_null(request);
    askers_expect_render(&askers[0], "{}");
    for (unsigned i = 0; i < 3; i++)
        askers_expect_render(&others[i], "{}");
    askers_expect_render(&flying, "{}");
    assert_int_equal(counts->failures, 0);
}

static void nobody_may_wait(void **state)
{
    struct world *world = *state;
    struct asker askers[2];
    open_queue(world, "gl", 1, 0);
    herd_places_set_indexes(world->places, &world->fixture.index, 1);
    askers_ask(world, &askers[0], 1);
    struct herd_places_request *request = take(world);
    askers_ask_at(world, &askers[1], 1);
    assert_null(take(world));
    assert_int_equal(askers[1].ready, 1); /* the next provider answers */
    herd_places_leave(&askers[1].ticket);
    answer(world, request);
    askers_expect_render(&askers[0], "{}");
}

/* Waiting in vain, however often, is not the provider's doing. */
static void waiting_in_vain_opens_no_breaker(void **state)
{
    struct world *world = *state;
    struct asker flying, askers[20];
    open_queue(world, "g", 1, 1024);
    askers_ask(world, &flying, 1);
    struct herd_places_request *request = take(world);
    assert_int_equal(herd_places_due_ms(world->places), INT64_MAX);
    for (unsigned i = 0; i < 20; i++) {
        askers_ask_at(world, &askers[i], i);
        world->now_ms++;
    }
    assert_null(take(world));
    assert_int_equal(herd_places_due_ms(world->places), 1000 + 8000);
    world->now_ms = 1000 + 8000 + 9;
    assert_null(take(world));
    assert_int_equal(herd_places_due_ms(world->places), world->now_ms + 1);
    for (unsigned i = 0; i < 10; i++)
        askers_expect_render(&askers[i], TOO_LATE);
    world->now_ms += 100;
    assert_null(take(world));
    for (unsigned i = 10; i < 20; i++)
        askers_expect_render(&askers[i], TOO_LATE);
    assert_int_equal(herd_places_counts(world->places)->late, 20);
    answer(world, request);
    askers_expect_render(&flying, "{}");
    askers_ask(world, &askers[0], 1);
    answer(world, take(world));
    askers_expect_render(&askers[0], "{}");
}

static void fail_as(struct world *world, enum herd_places_failure failure, unsigned times)
{
    struct asker asker;
    for (unsigned i = 0; i < times; i++) {
        assert_int_equal(askers_ask(world, &asker, 1), HERD_PLACES_WAITING);
        herd_places_fail(world->places, take(world), failure, "So.", world->now_ms);
        askers_expect_render(&asker, FAILED("So."));
    }
}

static void only_the_providers_doing_counts(void **state)
{
    struct world *world = *state;
    struct asker asker;
    askers_open(world, "g");
    const struct herd_places_counts *counts = herd_places_counts(world->places);
    fail_as(world, HERD_PLACES_OURS, 50);
    assert_int_equal(counts->breaker_opened, 0);
    assert_int_equal(counts->failures, 50);
    fail_as(world, HERD_PLACES_SLOW, 5);
    assert_int_equal(counts->breaker_opened, 1);
    world->now_ms += 6000;
    fail_as(world, HERD_PLACES_OURS, 3); /* a probe that was never made: the next one is */
    assert_int_equal(askers_ask(world, &asker, 1), HERD_PLACES_WAITING);
    answer(world, take(world));
    askers_expect_render(&asker, "{}");
    assert_int_equal(askers_ask_at(world, &asker, 1), HERD_PLACES_WAITING);
    herd_places_leave(&asker.ticket);
    assert_int_equal(counts->breaker_opened, 1);
}

/* It had half of its time and more: slow. It was asked when most of that had passed: who knows. */
static void little_time_is_no_ones_fault(void **state)
{
    struct world *world = *state;
    struct asker askers[2];
    struct herd_places_options options = {HERD_PLACES_DEFAULTS};
    options.breaker_failures = 1;
    options.transfers_per_host_max = 1;
    askers_open_with(world, "g", options);
    for (unsigned more_ms = 2; more_ms-- > 0;) {
        askers_ask_at(world, &askers[0], 0);
        struct herd_places_request *request = take(world);
        askers_ask_at(world, &askers[1], 1);
        world->now_ms += 4000 + more_ms;
        answer(world, request);
        askers_expect_render(&askers[0], "{}");
        herd_places_fail(world->places, take(world), HERD_PLACES_SLOW, "Slow.", world->now_ms);
        askers_expect_render(&askers[1], FAILED("Slow."));
        assert_int_equal(herd_places_counts(world->places)->breaker_opened, more_ms == 0 ? 1 : 0);
    }
}

/* Once it is left alone nobody waits for it any longer, but one to try it. */
static void an_open_breaker_empties_the_queue(void **state)
{
    struct world *world = *state;
    struct asker askers[12];
    open_queue(world, "g", 5, 1024);
    struct herd_places_request *requests[5];
    for (unsigned i = 0; i < 12; i++)
        askers_ask_at(world, &askers[i], i);
    for (unsigned i = 0; i < 5; i++)
        requests[i] = take(world);
    assert_null(take(world));
    for (unsigned i = 0; i < 5; i++)
        herd_places_fail(world->places, requests[i], HERD_PLACES_FAILED, "Down.", world->now_ms);
    assert_null(take(world));
    for (unsigned i = 0; i < 12; i++)
        askers_expect_render(&askers[i], i < 5 ? FAILED("Down.") : LEFT_ALONE);
    assert_int_equal(herd_places_counts(world->places)->left_alone, 7);
    world->now_ms += 6000;
    askers_ask_at(world, &askers[0], 0);
    answer(world, take(world));
    askers_expect_render(&askers[0], "{}");
}

/* Two providers at one host are one to that host; a third elsewhere is not. */
static void providers_share_a_host(void **state)
{
    struct world *world = *state;
    struct asker askers[3];
    open_queue(world, "ggh", 2, 1024);
    askers_ask_at(world, &askers[0], 0);
    askers_ask_at(world, &askers[1], 1);
    struct herd_places_request *first = take(world), *second = take(world);
    askers_ask_at(world, &askers[2], 2);
    assert_null(take(world));
    herd_places_fail(world->places, first, HERD_PLACES_FAILED, "No.", world->now_ms); /* it moves on to the same host */
    struct herd_places_request *third = take(world);
    assert_non_null(third);
    assert_null(take(world));
    answer(world, second);
    first = take(world);
    assert_int_equal(askers[0].ready, 0);
    herd_places_fail(world->places, first, HERD_PLACES_FAILED, "No.", world->now_ms);
    herd_places_leave(&askers[1].ticket);
    askers_ask_at(world, &askers[1], 1);
    first = take(world);
    second = take(world); /* one is elsewhere now, so there is room */
    assert_non_null(second);
    answer(world, first);
    answer(world, second);
    answer(world, third);
    for (unsigned i = 0; i < 3; i++)
        herd_places_leave(&askers[i].ticket);
    assert_int_equal(herd_places_counts(world->places)->requests, 6);
}

/* What a provider says about itself: too much asked of it, and trouble of its own. */
static void statuses_that_open_the_breaker(void **state)
{
    static const struct {
        long http_status;
        const char *body;
        bool counts;
    } cases[] = {
        {200, ERROR_BODY, false}, {400, ERROR_BODY, false},
        {403, ERROR_BODY, false}, {428, ERROR_BODY, false},
        {429, ERROR_BODY, true},  {430, ERROR_BODY, false},
        {499, ERROR_BODY, false}, {500, ERROR_BODY, true},
        {503, ERROR_BODY, true},  {599, ERROR_BODY, true},
        {429, "Slow down", true}, {200, "<html>", true},
        {200, "[]", true},        {200, "{\"a\":[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]}", false},
    };
    struct world *world = *state;
    struct herd_places_options options = {HERD_PLACES_DEFAULTS};
    options.depth_max = 16;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct asker asker;
        herd_places_destroy(world->places);
        askers_open_with(world, "g", options);
        for (unsigned round = 0; round < 5; round++) {
            assert_int_equal(askers_ask(world, &asker, 1), HERD_PLACES_WAITING);
            askers_answer(world, take(world), cases[i].http_status, cases[i].body);
            herd_places_leave(&asker.ticket);
        }
        if (herd_places_counts(world->places)->breaker_opened != cases[i].counts)
            fail_msg("%ld %s", cases[i].http_status, cases[i].body);
        assert_int_equal(askers_ask(world, &asker, 1), cases[i].counts ? HERD_PLACES_READY : HERD_PLACES_WAITING);
        herd_places_leave(&asker.ticket);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(one_question_waits_for_one_round, askers_setup, askers_teardown),
        cmocka_unit_test_setup_teardown(alone_in_its_order, askers_setup, askers_teardown),
        cmocka_unit_test_setup_teardown(a_shared_question_goes_early, askers_setup, askers_teardown),
        cmocka_unit_test_setup_teardown(too_many_cost_who_has_most, askers_setup, askers_teardown),
        cmocka_unit_test_setup_teardown(nobody_may_wait, askers_setup, askers_teardown),
        cmocka_unit_test_setup_teardown(waiting_in_vain_opens_no_breaker, askers_setup, askers_teardown),
        cmocka_unit_test_setup_teardown(only_the_providers_doing_counts, askers_setup, askers_teardown),
        cmocka_unit_test_setup_teardown(little_time_is_no_ones_fault, askers_setup, askers_teardown),
        cmocka_unit_test_setup_teardown(an_open_breaker_empties_the_queue, askers_setup, askers_teardown),
        cmocka_unit_test_setup_teardown(providers_share_a_host, askers_setup, askers_teardown),
        cmocka_unit_test_setup_teardown(statuses_that_open_the_breaker, askers_setup, askers_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
