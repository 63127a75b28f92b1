/* SPDX-License-Identifier: MIT */
#include "askers.h"

#include <stdio.h>

#include "herd/memory.h"

static void on_ready(struct herd_places_ticket *ticket)
{
    struct asker *asker = HERD_CONTAINER(ticket, struct asker, ticket);
    assert_int_equal(ticket->state, HERD_PLACES_READY);
    asker->ready++;
    if (asker->leaver != NULL) herd_places_leave(&asker->leaver->ticket);
    if (asker->places != NULL && asker->leaver == NULL) herd_places_render(ticket, &asker->out);
}

int askers_setup(void **state)
{
    struct world *world = herd_memory_allocate_zeroed(1, sizeof(*world));
    placesfixture_init(&world->fixture);
    placesfixture_add(&world->fixture, "5408522", "Westwood", 340561200, -1184306300, 2019);
    placesfixture_build(&world->fixture);
    world->now_ms = 1000;
    *state = world;
    return 0;
}

int askers_teardown(void **state)
{
    struct world *world = *state;
    herd_places_destroy(world->places);
    placesfixture_finish(&world->fixture);
    herd_memory_free(world);
    return 0;
}

void askers_open_with(struct world *world, const char *letters, struct herd_places_options options)
{
    struct herd_places_provider_options providers[4];
    options.providers = providers;
    options.local_rank = HERD_PLACES_DISTANCE;
    for (const char *letter = letters; *letter != '\0'; letter++) {
        providers[options.provider_count++] = (struct herd_places_provider_options){
            .name = *letter == 'l' ? "local" : "google_legacy",
            .url = *letter == 'g' ? "https://g.test/json" : "https://h.test/json",
            .key = HERD_TEXT("k y"),
        };
    }
    world->places = herd_places_create(&options);
}

void askers_open(struct world *world, const char *letters)
{
    askers_open_with(world, letters, (struct herd_places_options){HERD_PLACES_DEFAULTS});
}

enum herd_places_state askers_ask_text(struct world *world, struct asker *asker, struct herd_text position,
                                       struct herd_text radius, unsigned bound)
{
    struct herd_position location;
    struct herd_question question = {.bound = bound};
    *asker = (struct asker){.ticket = {.on_ready = on_ready, .asker = world->connection}};
    assert_int_equal(herd_position_parse(position, &location), 0);
    assert_int_equal(herd_decimal_parse(radius, &question.radius_km), 0);
    return herd_places_ask(world->places, &asker->ticket, &location, &question, world->now_ms);
}

enum herd_places_state askers_ask(struct world *world, struct asker *asker, unsigned bound)
{
    return askers_ask_text(world, asker, HERD_TEXT("+34.068930-118.445127"), HERD_TEXT("10"), bound);
}

enum herd_places_state askers_ask_at(struct world *world, struct asker *asker, unsigned number)
{
    char position[32];
    snprintf(position, sizeof(position), "+%u.%03u+1", number / 1000, number % 1000);
    return askers_ask_text(world, asker, herd_text_of(position), HERD_TEXT("1"), 1);
}

struct herd_places_request *askers_take(struct world *world, const char *url)
{
    struct herd_places_request *request = herd_places_next(world->places, world->now_ms);
    assert_non_null(request);
    assert_string_equal(request->provider, "google_legacy");
    assert_false(request->message.post);
    assert_null(request->message.headers[0]);
    assert_true(herd_text_equal(herd_buffer_text(&request->message.url), herd_text_of(url)));
    return request;
}

void askers_expect_none(struct world *world)
{
    assert_null(herd_places_next(world->places, world->now_ms));
}

void askers_answer(struct world *world, struct herd_places_request *request, long http_status, const char *text)
{
    struct herd_buffer body = HERD_BUFFER_INIT;
    herd_buffer_append(&body, herd_text_of(text));
    herd_places_answer(world->places, request, http_status, &body, world->now_ms);
    assert_null(body.memory);
}

void askers_expect_out(struct asker *asker, const char *expected)
{
    assert_int_equal(asker->ticket.state, HERD_PLACES_IDLE);
    herd_buffer_append_byte(&asker->out, '\0');
    assert_string_equal(herd_buffer_text(&asker->out).bytes, expected);
    herd_buffer_finish(&asker->out);
}

void askers_expect_render(struct asker *asker, const char *expected)
{
    herd_places_render(&asker->ticket, &asker->out);
    askers_expect_out(asker, expected);
}

void askers_expect_westwood(struct asker *asker)
{
    herd_places_render(&asker->ticket, &asker->out);
    herd_buffer_append_byte(&asker->out, '\0');
    assert_non_null(strstr(herd_buffer_text(&asker->out).bytes, "\"name\" : \"Westwood\""));
    herd_buffer_finish(&asker->out);
}
