/* SPDX-License-Identifier: MIT */
/*
 * The table of providers, and what the service does with a kind that rounds, posts, sends headers and answers in
 * another shape: a kind of the test's own, put where the service has one.
 */
#include "askers.h"

#include <errno.h>

static void append_rounded(const struct herd_places_area *area, struct herd_buffer *out)
{
    herd_buffer_append(out, (struct herd_text){places_area_centre(area).bytes, 5});
}

static void build(const struct places_provider *provider, const struct herd_places_area *area,
                  struct herd_places_message *ret_message)
{
    (void)provider;
    ret_message->post = true;
    herd_buffer_append(&ret_message->url, HERD_TEXT("https://p.test/near"));
    herd_buffer_append(&ret_message->body, places_area_radius(area));
    places_message_header(ret_message, "Content-Type", HERD_TEXT("application/json"));
    places_message_header(ret_message, "X-Key", HERD_TEXT("k"));
}

/* Its answers are one word. */
static int read_word(const struct places_provider *provider, long http_status, struct herd_buffer *body)
{
    (void)provider;
    bool none = herd_text_equal(herd_buffer_text(body), HERD_TEXT("none"));
    if (!none && http_status == 200) return -EINVAL;
    herd_buffer_clear(body);
    herd_buffer_append(body, none ? HERD_TEXT("{\"results\":[]}") : HERD_TEXT("{\"results\":[],\"status\":\"NO\"}"));
    return 0;
}

static const struct provider_kind word_kind = {
    .name = "word", .remote = true, .append_key = append_rounded, .build = build, .read = read_word};

static void finds_by_name(void **state)
{
    (void)state;
    assert_true(herd_places_provider_exists("local"));
    assert_true(herd_places_provider_exists("google_legacy"));
    assert_false(herd_places_provider_exists("google"));
    assert_false(herd_places_provider_exists(""));
    assert_false(herd_places_provider_remote("local"));
    assert_true(herd_places_provider_remote("google_legacy"));
    assert_false(herd_places_provider_remote("google"));
}

static struct herd_places_request *ask_and_take(struct world *world, struct asker *asker, struct herd_text position)
{
    assert_int_equal(askers_ask_text(world, asker, position, HERD_TEXT("10"), 1), HERD_PLACES_WAITING);
    return herd_places_next(world->places, world->now_ms);
}

static void shares_what_a_provider_takes_for_the_same(void **state)
{
    struct world *world = *state;
    struct asker first;
    struct asker same;
    struct asker other;
    askers_open(world, "g");
    world->places->providers[0].kind = &word_kind;
    struct herd_places_request *request = ask_and_take(world, &first, HERD_TEXT("+34.068930-118.4"));
    assert_non_null(request);
    assert_null(ask_and_take(world, &same, HERD_TEXT("+34.069999-118.4")));
    struct herd_places_request *second = ask_and_take(world, &other, HERD_TEXT("+34.07-118.4"));
    assert_non_null(second);
    askers_answer(world, request, 200, "none");
    askers_expect_render(&first, "{\"results\":[]}");
    askers_expect_render(&same, "{\"results\":[]}");
    assert_int_equal(other.ready, 0);
    assert_false(herd_places_idle(world->places));
    askers_answer(world, second, 200, "none");
    askers_expect_render(&other, "{\"results\":[]}");
    assert_true(herd_places_idle(world->places));
}

/* To Google every digit tells places apart; the key is the area and not what is sent. */
static void shares_by_the_area(void **state)
{
    struct world *world = *state;
    struct asker first;
    struct asker same;
    struct asker other;
    askers_open(world, "g");
    struct herd_places_request *request = ask_and_take(world, &first, HERD_TEXT("+34.068930-118.4"));
    assert_true(herd_text_equal(herd_buffer_text(&request->key), HERD_TEXT("34.068930,-118.4 10000")));
    assert_null(ask_and_take(world, &same, HERD_TEXT("+034.068930-118.4")));
    struct herd_places_request *second = ask_and_take(world, &other, HERD_TEXT("+34.06893-118.4"));
    assert_non_null(second);
    askers_answer(world, request, 200, "{}");
    askers_answer(world, second, 200, "{}");
    askers_expect_render(&first, "{}");
    askers_expect_render(&same, "{}");
    askers_expect_render(&other, "{}");
}

static void sends_what_is_built(void **state)
{
    struct world *world = *state;
    struct asker asker;
    askers_open(world, "g");
    world->places->providers[0].kind = &word_kind;
    struct herd_places_request *request = ask_and_take(world, &asker, HERD_TEXT("+34.068930-118.4"));
    assert_string_equal(request->provider, "word");
    assert_true(request->message.post);
    assert_true(herd_text_equal(herd_buffer_text(&request->message.url), HERD_TEXT("https://p.test/near")));
    assert_true(herd_text_equal(herd_buffer_text(&request->message.body), HERD_TEXT("10000")));
    assert_string_equal(request->message.headers[0], "Content-Type: application/json");
    assert_string_equal(request->message.headers[1], "X-Key: k");
    assert_null(request->message.headers[2]);
    askers_answer(world, request, 200, "none");
    askers_expect_render(&asker, "{\"results\":[]}");
}

static void asks_the_next_where_an_answer_is_none(void **state)
{
    struct world *world = *state;
    struct asker asker;
    askers_open(world, "gh");
    world->places->providers[0].kind = &word_kind;
    struct herd_places_request *request = ask_and_take(world, &asker, HERD_TEXT("+34.068930-118.4"));
    askers_answer(world, request, 200, "{}"); /* JSON, and nothing that this provider says */
    request = askers_take(world, "https://h.test/json?location=34.068930,-118.4&radius=10000&key=k%20y");
    askers_answer(world, request, 200, "{}");
    askers_expect_render(&asker, "{}");
}

/* Its error body is relayed in our shape where nobody else has an answer. */
static void relays_an_error_in_our_shape(void **state)
{
    struct world *world = *state;
    struct asker asker;
    askers_open(world, "g");
    world->places->providers[0].kind = &word_kind;
    struct herd_places_request *request = ask_and_take(world, &asker, HERD_TEXT("+34.068930-118.4"));
    askers_answer(world, request, 403, "forbidden");
    askers_expect_render(&asker, "{\"results\":[],\"status\":\"NO\"}");
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, askers_setup, askers_teardown)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_by_name),
        TEST(shares_what_a_provider_takes_for_the_same),
        TEST(shares_by_the_area),
        TEST(sends_what_is_built),
        TEST(asks_the_next_where_an_answer_is_none),
        TEST(relays_an_error_in_our_shape),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
