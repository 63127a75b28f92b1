/* SPDX-License-Identifier: MIT */
/* The service with one provider: sharing, leaving, waiting for the index, failing. */
#include "askers.h"

static void local_is_ready_at_once(void **state)
{
    struct world *world = *state;
    struct asker asker;
    askers_open(world, "l");
    herd_places_set_indexes(world->places, &world->fixture.index, 1);
    assert_int_equal(askers_ask(world, &asker, 5), HERD_PLACES_READY);
    askers_expect_none(world);
    askers_expect_westwood(&asker);
    assert_int_equal(asker.ready, 0);
    assert_int_equal(askers_ask(world, &asker, 5), HERD_PLACES_READY);
    herd_places_leave(&asker.ticket);
    assert_int_equal(asker.ticket.state, HERD_PLACES_IDLE);
}

static void waits_for_the_index(void **state)
{
    struct world *world = *state;
    struct asker askers[3];
    askers_open(world, "l");
    assert_int_equal(askers_ask(world, &askers[0], 5), HERD_PLACES_WAITING);
    assert_int_equal(askers_ask(world, &askers[1], 5), HERD_PLACES_WAITING);
    assert_int_equal(askers_ask_text(world, &askers[2], HERD_TEXT("+0+0"), HERD_TEXT("1"), 5), HERD_PLACES_WAITING);
    askers_expect_none(world);
    herd_places_leave(&askers[0].ticket);
    herd_places_set_indexes(world->places, &world->fixture.index, 1);
    assert_int_equal(askers[0].ready, 0);
    assert_int_equal(askers[1].ready, 1);
    assert_int_equal(askers[2].ready, 1);
    askers_expect_westwood(&askers[1]);
    herd_places_render(&askers[2].ticket, &askers[2].out);
    herd_buffer_append_byte(&askers[2].out, '\0');
    assert_non_null(strstr(herd_buffer_text(&askers[2].out).bytes, "ZERO_RESULTS"));
    herd_buffer_finish(&askers[2].out);
}

static void fails_without_an_index(void **state)
{
    struct world *world = *state;
    struct asker asker;
    askers_open(world, "l");
    assert_int_equal(askers_ask(world, &asker, 5), HERD_PLACES_WAITING);
    herd_places_set_indexes(world->places, NULL, 0);
    assert_int_equal(asker.ready, 1);
    askers_expect_render(&asker, NO_INDEX);
    assert_int_equal(askers_ask(world, &asker, 5), HERD_PLACES_READY);
    askers_expect_render(&asker, NO_INDEX);
    /* It may come later, and go again between asking and rendering. */
    herd_places_set_indexes(world->places, &world->fixture.index, 1);
    assert_int_equal(askers_ask(world, &asker, 5), HERD_PLACES_READY);
    herd_places_set_indexes(world->places, NULL, 0);
    askers_expect_render(&asker, NO_INDEX);
}

/* None of those that are configured is built in. */
static void fails_without_a_provider(void **state)
{
    struct world *world = *state;
    struct asker asker;
    askers_open(world, "");
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(askers_ask(world, &asker, 5), HERD_PLACES_READY);
        askers_expect_none(world);
        askers_expect_render(&asker, NO_PROVIDER);
        herd_places_set_indexes(world->places, &world->fixture.index, 1); /* which nobody is to search */
    }
}

/* One of several that has the place is enough; what they are may change between asking and rendering. */
static void searches_every_index(void **state)
{
    struct world *world = *state;
    struct asker asker;
    struct placesfixture empty;
    placesfixture_init(&empty);
    placesfixture_build(&empty);
    const struct herd_places_index indexes[] = {empty.index, world->fixture.index, empty.index};
    askers_open(world, "l");
    assert_int_equal(askers_ask(world, &asker, 5), HERD_PLACES_WAITING);
    herd_places_set_indexes(world->places, indexes, 3);
    assert_int_equal(asker.ready, 1);
    askers_expect_westwood(&asker);
    assert_int_equal(askers_ask(world, &asker, 5), HERD_PLACES_READY);
    herd_places_set_indexes(world->places, indexes + 1, 1);
    askers_expect_westwood(&asker);
    placesfixture_finish(&empty);
}

static void relays_and_cuts(void **state)
{
    struct world *world = *state;
    struct asker asker;
    askers_open(world, "g");
    assert_int_equal(askers_ask(world, &asker, 2), HERD_PLACES_WAITING);
    struct herd_places_request *request = askers_take(world, "https://g.test/json?" PLACE "&key=k%20y");
    assert_int_equal(request->timeout_ms, 8000);
    assert_int_equal(request->body_bytes_max, 4194304);
    askers_expect_none(world);
    askers_answer(world, request, 200, BODY);
    assert_int_equal(asker.ready, 1);
    askers_expect_render(&asker, "{\n   \"results\" : [ 1, 2 ],\n   \"status\" : \"OK\"\n}");
}

static void identical_questions_share_one_request(void **state)
{
    struct world *world = *state;
    struct asker askers[4];
    struct asker others[2];
    askers_open(world, "g");
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(askers_ask(world, &askers[i], i), HERD_PLACES_WAITING);
    struct herd_places_request *request = askers_take(world, "https://g.test/json?" PLACE "&key=k%20y");
    /* The same place and radius in other words. */
    assert_int_equal(askers_ask_text(world, &others[0], HERD_TEXT("+034.068930-118.445127/"), HERD_TEXT("010.0"), 1),
                     HERD_PLACES_WAITING);
    askers_expect_none(world);
    /* Another radius is another request. */
    assert_int_equal(askers_ask_text(world, &others[1], HERD_TEXT("+34.068930-118.445127"), HERD_TEXT("10.5"), 1),
                     HERD_PLACES_WAITING);
    struct herd_places_request *other =
        askers_take(world, "https://g.test/json?location=34.068930,-118.445127&radius=10500&key=k%20y");
    askers_answer(world, request, 200, BODY);
    static const char *const expected[] = {"[]", "[ 1 ]", "[ 1, 2 ]", "[ 1, 2, 3 ]"};
    for (unsigned i = 0; i < 4; i++) {
        char text[96];
        snprintf(text, sizeof(text), "{\n   \"results\" : %s,\n   \"status\" : \"OK\"\n}", expected[i]);
        assert_int_equal(askers[i].ready, 1);
        askers_expect_render(&askers[i], text);
    }
    assert_int_equal(others[0].ready, 1);
    assert_int_equal(others[1].ready, 0);
    herd_places_leave(&others[0].ticket); /* READY, not rendered */
    /* What was answered is not joined any more. */
    assert_int_equal(askers_ask(world, &askers[0], 1), HERD_PLACES_WAITING);
    request = askers_take(world, "https://g.test/json?" PLACE "&key=k%20y");
    askers_answer(world, request, 200, BODY);
    askers_answer(world, other, 200, "{}");
    herd_places_leave(&askers[0].ticket);
    askers_expect_render(&others[1], "{}");
}

static void relays_what_google_says(void **state)
{
    struct world *world = *state;
    struct asker asker;
    static const struct {
        long http_status;
        const char *body;
        const char *expected;
    } cases[] = {
        {200, ERROR_BODY, ERROR_BODY},
        {200, "{}", "{}"},
        {200, "{\"status\":\"OVER_QUERY_LIMIT\",\"results\":[]}", "{\"status\":\"OVER_QUERY_LIMIT\",\"results\":[]}"},
        {403, ERROR_BODY, ERROR_BODY},
        {400, "{\"error\":{\"code\":400}}", "{\"error\":{\"code\":400}}"},
        {500, ERROR_BODY, ERROR_BODY},
        {200, "", NOT_JSON("200")},
        {200, "<html>busy</html>", NOT_JSON("200")},
        {200, "[1,2]", NOT_JSON("200")},
        {502, "<html>Bad Gateway</html>", NOT_JSON("502")},
        {204, "", NOT_JSON("204")},
        {302, "", NOT_JSON("302")},
        {401, "who?", NOT_JSON("401")},
        {429, "", NOT_JSON("429")},
        {200, "\xef\xbb\xbf{}", "{}"},
        {200, "\xef\xbb\xbf\n{\"results\":[]}", "{\"results\":[]}"},
        {200, "\xef\xbb", NOT_JSON("200")},
    };
    askers_open(world, "g");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(askers_ask(world, &asker, 20), HERD_PLACES_WAITING);
        struct herd_places_request *request = askers_take(world, "https://g.test/json?" PLACE "&key=k%20y");
        askers_answer(world, request, cases[i].http_status, cases[i].body);
        askers_expect_render(&asker, cases[i].expected);
        world->now_ms += 10000; /* the breaker is for another test */
    }
}

/* An index that is read for long does not hold up who asked: not longer than any provider may. */
static void an_index_is_waited_for_until_the_deadline(void **state)
{
    struct world *world = *state;
    struct asker asker;
    int64_t due_ms;
    askers_open(world, "l");
    assert_int_equal(askers_ask(world, &asker, 20), HERD_PLACES_WAITING);
    due_ms = herd_places_due_ms(world->places);
    assert_int_equal(due_ms, world->now_ms + 8000);
    assert_null(herd_places_next(world->places, due_ms - 1));
    assert_int_equal(asker.ticket.state, HERD_PLACES_WAITING);
    assert_null(herd_places_next(world->places, due_ms));
    askers_expect_render(&asker, FAILED("The index of places is still being read."));
    assert_int_equal(herd_places_counts(world->places)->late, 0);
    assert_int_equal(herd_places_due_ms(world->places), INT64_MAX);
}

static void too_big_a_body_is_no_answer(void **state)
{
    struct world *world = *state;
    struct asker asker;
    const struct herd_places_provider_options provider = {"google_legacy", "https://g.test/json", HERD_TEXT("k")};
    struct herd_places_options options = {.providers = &provider, .provider_count = 1, HERD_PLACES_DEFAULTS};
    options.body_bytes_max = 2;
    world->places = herd_places_create(&options);
    for (unsigned blanks = 0; blanks < 2; blanks++) {
        askers_ask(world, &asker, 1);
        struct herd_places_request *request = askers_take(world, "https://g.test/json?" PLACE "&key=k");
        assert_int_equal(request->body_bytes_max, 2);
        askers_answer(world, request, 200, blanks == 0 ? "{}" : "{ }");
        askers_expect_render(&asker, blanks == 0 ? "{}" : TOO_BIG);
    }
}

static void too_deep_a_body_is_no_answer(void **state)
{
    struct world *world = *state;
    struct asker asker;
    struct herd_places_options options = {HERD_PLACES_DEFAULTS};
    options.depth_max = 4;
    askers_open_with(world, "g", options);
    for (unsigned deeper = 0; deeper < 2; deeper++) {
        const char *body = deeper == 0 ? "{\"a\":[[[1]]]}" : "{\"a\":[[[[1]]]]}";
        askers_ask(world, &asker, 1);
        struct herd_places_request *request = askers_take(world, "https://g.test/json?" PLACE "&key=k%20y");
        askers_answer(world, request, 200, body);
        askers_expect_render(&asker, deeper == 0 ? body : TOO_DEEP);
        assert_int_equal(herd_places_counts(world->places)->too_deep, deeper);
        assert_int_equal(herd_places_counts(world->places)->failures, deeper);
    }
    assert_int_equal(herd_places_counts(world->places)->requests, 2);
}

/* The reason is copied: the driver's own text may go. */
static void tells_why_it_failed(void **state)
{
    struct world *world = *state;
    struct asker askers[2];
    char reason[] = "Too \"slow\".";
    askers_open(world, "g");
    askers_ask(world, &askers[0], 1);
    askers_ask(world, &askers[1], 2);
    struct herd_places_request *request = askers_take(world, "https://g.test/json?" PLACE "&key=k%20y");
    herd_places_fail(world->places, request, HERD_PLACES_FAILED, reason, world->now_ms);
    memset(reason, 'x', sizeof(reason));
    for (unsigned i = 0; i < 2; i++)
        askers_expect_render(&askers[i], FAILED("Too \\\"slow\\\"."));
    askers_expect_none(world);
}

static void leaves_while_in_flight(void **state)
{
    struct world *world = *state;
    struct asker askers[2];
    askers_open(world, "gh");
    /* Before the request is taken: it is no more. */
    askers_ask(world, &askers[0], 1);
    herd_places_leave(&askers[0].ticket);
    herd_places_leave(&askers[0].ticket);
    askers_expect_none(world);
    /* After: the driver ends it, nobody is called, no other provider asked. */
    askers_ask(world, &askers[0], 1);
    struct herd_places_request *request = askers_take(world, "https://g.test/json?" PLACE "&key=k%20y");
    herd_places_leave(&askers[0].ticket);
    herd_places_fail(world->places, request, HERD_PLACES_FAILED, "Slow.", world->now_ms);
    askers_expect_none(world);
    assert_int_equal(askers[0].ready, 0);
    /* In between: whoever asks the same joins it. */
    askers_ask(world, &askers[0], 1);
    request = askers_take(world, "https://g.test/json?" PLACE "&key=k%20y");
    herd_places_leave(&askers[0].ticket);
    askers_ask(world, &askers[1], 1);
    askers_expect_none(world);
    askers_answer(world, request, 200, BODY);
    assert_int_equal(askers[0].ready, 0);
    askers_expect_render(&askers[1], "{\n   \"results\" : [ 1 ],\n   \"status\" : \"OK\"\n}");
    /* At the end: a request under way goes with the service. */
    askers_ask(world, &askers[0], 1);
    askers_take(world, "https://g.test/json?" PLACE "&key=k%20y");
    herd_places_leave(&askers[0].ticket);
}

/* on_ready renders at once, and makes another asker of the same request leave. */
static void askers_may_act_when_ready(void **state)
{
    struct world *world = *state;
    struct asker askers[4];
    askers_open(world, "g");
    for (unsigned i = 0; i < 4; i++) {
        askers_ask(world, &askers[i], 1);
        askers[i].places = world->places;
    }
    askers[1].leaver = &askers[2]; /* still waiting */
    struct herd_places_request *request = askers_take(world, "https://g.test/json?" PLACE "&key=k%20y");
    askers_answer(world, request, 200, BODY);
    assert_int_equal(askers[0].ready, 1);
    assert_int_equal(askers[2].ready, 0);
    askers_expect_out(&askers[0], "{\n   \"results\" : [ 1 ],\n   \"status\" : \"OK\"\n}");
    askers_expect_out(&askers[3], "{\n   \"results\" : [ 1 ],\n   \"status\" : \"OK\"\n}");
    askers_expect_render(&askers[1], "{\n   \"results\" : [ 1 ],\n   \"status\" : \"OK\"\n}");
}

/* What was asked on the stack waits elsewhere, in the same place of the order; and elsewhere it is rendered. */
static void tickets_move(void **state)
{
    struct world *world = *state;
    struct asker askers[3];
    struct asker moved = {.ready = 0};
    askers_open(world, "g");
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(askers_ask(world, &askers[i], 1), HERD_PLACES_WAITING);
    struct herd_places_request *request = askers_take(world, "https://g.test/json?" PLACE "&key=k%20y");
    herd_places_move(&askers[1].ticket, &moved.ticket);
    assert_int_equal(askers[1].ticket.state, HERD_PLACES_IDLE);
    assert_true(herd_list_empty(&askers[1].ticket.node));
    assert_ptr_equal(askers[0].ticket.node.next, &moved.ticket.node);
    assert_ptr_equal(askers[2].ticket.node.previous, &moved.ticket.node);
    askers_answer(world, request, 200, BODY);
    assert_int_equal(askers[1].ready, 0);
    assert_int_equal(moved.ready, 1);

    herd_places_move(&moved.ticket, &askers[1].ticket); /* READY, with its answer */
    askers_expect_render(&askers[1], "{\n   \"results\" : [ 1 ],\n   \"status\" : \"OK\"\n}");
    herd_places_leave(&moved.ticket); /* is none any more */
    for (unsigned i = 0; i < 3; i += 2)
        askers_expect_render(&askers[i], "{\n   \"results\" : [ 1 ],\n   \"status\" : \"OK\"\n}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(local_is_ready_at_once, askers_setup, askers_teardown),
        cmocka_unit_test_setup_teardown(waits_for_the_index, askers_setup, askers_teardown),
        cmocka_unit_test_setup_teardown(fails_without_an_index, askers_setup, askers_teardown),
        cmocka_unit_test_setup_teardown(fails_without_a_provider, askers_setup, askers_teardown),
        cmocka_unit_test_setup_teardown(searches_every_index, askers_setup, askers_teardown),
        cmocka_unit_test_setup_teardown(relays_and_cuts, askers_setup, askers_teardown),
        cmocka_unit_test_setup_teardown(identical_questions_share_one_request, askers_setup, askers_teardown),
        cmocka_unit_test_setup_teardown(relays_what_google_says, askers_setup, askers_teardown),
        cmocka_unit_test_setup_teardown(an_index_is_waited_for_until_the_deadline, askers_setup, askers_teardown),
        cmocka_unit_test_setup_teardown(too_big_a_body_is_no_answer, askers_setup, askers_teardown),
        cmocka_unit_test_setup_teardown(too_deep_a_body_is_no_answer, askers_setup, askers_teardown),
        cmocka_unit_test_setup_teardown(tells_why_it_failed, askers_setup, askers_teardown),
        cmocka_unit_test_setup_teardown(leaves_while_in_flight, askers_setup, askers_teardown),
        cmocka_unit_test_setup_teardown(askers_may_act_when_ready, askers_setup, askers_teardown),
        cmocka_unit_test_setup_teardown(tickets_move, askers_setup, askers_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
