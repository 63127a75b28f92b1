/* SPDX-License-Identifier: MIT */
/*
 * Questions at one session, whose output is looked at instead of sent. The seam
 * for memory is this file's own, and counts.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "../../../src/server/local.h"
#include "herd/memory.h"

#define LOCATED "AT Goloman +0.000000000 kiwi +34.068930-118.445127 1.5\n"
#define NOTHING "{\n   \"html_attributions\" : [],\n   \"results\" : [],\n   \"status\" : \"ZERO_RESULTS\"\n}\n\n"

static unsigned allocations;

void *herd_memory_allocate(size_t size)
{
    return herd_memory_resize(NULL, size);
}

void *herd_memory_allocate_lines(size_t size)
{
    return herd_memory_resize(NULL, size);
}

void *herd_memory_allocate_zeroed(size_t count, size_t size)
{
    void *memory = calloc(count + 1, size + 1);
    assert_non_null(memory);
    allocations++;
    return memory;
}

void *herd_memory_resize(void *old, size_t size)
{
    void *memory = realloc(old, size + 1);
    assert_non_null(memory);
    allocations++;
    return memory;
}

void herd_memory_free(void *memory)
{
    free(memory);
}

/* A server that is asked for places of an index without any, and a connection to it. */
struct world {
    struct herd_config config;
    struct server server;
    struct session session;
    struct herd_places_index index;
};

static void run_task(struct herd_task *task)
{
    answer_pendings(HERD_CONTAINER(task, struct session, task));
}

static int setup(void **state)
{
    static const struct herd_siphash_key key;
    static const struct herd_stream_events none;
    struct world *world = herd_memory_allocate_zeroed(1, sizeof *world);
    struct server *server = &world->server;
    struct session *session = &world->session;
    const struct herd_places_provider_options local = {.name = "local"};
    const struct herd_places_options options = {HERD_PLACES_DEFAULTS, .providers = &local, .provider_count = 1};

    server->config = &world->config;
    world->config.limits.output_pause_bytes = 65536;
    server->name = HERD_TEXT("Goloman");
    assert_int_equal(herd_loop_init(&server->loop), 0);
    herd_store_init(&server->store, &key, 0, 100);
    herd_flood_init(&server->flood, &server->store, HERD_TEXT("herd"), server->name, 1, 1);
    server->placework.places = herd_places_create(&options);
    session->server = server;
    session->read_ns = INT64_C(1500000000);
    session->stream.loop = &server->loop;
    session->stream.events = &none;
    session->stream.state = HERD_STREAM_OPEN;
    herd_list_init(&session->stream.dirty_node);
    herd_list_init(&session->stream.blocked_node);
    herd_list_init(&session->pendings);
    herd_list_init(&session->durable_node);
    herd_task_init(&session->task, run_task);
    *state = world;
    return 0;
}

static int teardown(void **state)
{
    struct world *world = *state;
    struct server *server = &world->server;

    answer_forget(&world->session);
    herd_task_cancel(&world->session.task);
    herd_list_remove(&world->session.stream.dirty_node);
    herd_buffer_finish(&world->session.stream.out);
    herd_places_destroy(server->placework.places);
    herd_store_finish(&server->store);
    assert_int_equal(herd_loop_finish(&server->loop), 0);
    herd_memory_free(world);
    return 0;
}

static void open_index(struct world *world)
{
    herd_places_set_indexes(world->server.placework.places, &world->index, 1);
}

static void say(struct world *world, const char *line)
{
    answer_line(&world->session, herd_text_of(line));
}

/* What the client would be sent now, and no more. */
static void expect(struct world *world, const char *expected)
{
    struct herd_buffer *out = &world->session.stream.out;

    assert_int_equal(herd_buffer_length(out), strlen(expected));
    assert_memory_equal(herd_buffer_text(out).bytes, expected, strlen(expected));
    herd_buffer_clear(out);
}

static void allocates_nothing_where_places_are_at_hand(void **state)
{
    struct world *world = *state;
    unsigned before;

    open_index(world);
    say(world, "IAMAT kiwi +34.068930-118.445127 1.5");
    expect(world, LOCATED);
    say(world, "WHATSAT kiwi 10 5"); /* from here on the output has its memory */
    expect(world, LOCATED NOTHING);
    before = allocations;
    for (unsigned i = 0; i < 100; i++) {
        say(world, i % 2 == 0 ? "WHATSAT kiwi 10 5" : "WHATSAT kiwi 50 20");
        expect(world, LOCATED NOTHING);
    }
    assert_int_equal(allocations, before);
}

static void keeps_the_order_of_what_waits(void **state)
{
    struct world *world = *state;

    say(world, "IAMAT kiwi +34.068930-118.445127 1.5");
    expect(world, LOCATED);
    say(world, "WHATSAT kiwi 10 5"); /* no index is known yet */
    say(world, "WHATSAT kiwi 10 1");
    say(world, "IAMAT kiwi +0+0 1.25");
    say(world, "WHATSAT nobody 10 5");
    assert_int_equal(world->session.pending_count, 2);
    expect(world, "");
    open_index(world);
    say(world, "WHATSAT kiwi 50 5"); /* at hand, but not its turn */
    assert_int_equal(world->session.pending_count, 3);
    expect(world, "");
    answer_pendings(&world->session);
    assert_int_equal(world->session.pending_count, 0);
    assert_int_equal(world->session.held_bytes, 0);
    expect(world, LOCATED NOTHING LOCATED NOTHING "AT Goloman +0.250000000 kiwi +0+0 1.25\n"
                                                  "? WHATSAT nobody 10 5\n" LOCATED NOTHING);
}

static void leaves_what_waits(void **state)
{
    struct world *world = *state;

    say(world, "IAMAT kiwi +34.068930-118.445127 1.5");
    expect(world, LOCATED);
    say(world, "WHATSAT kiwi 10 5");
    answer_forget(&world->session);
    open_index(world);
    expect(world, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(allocates_nothing_where_places_are_at_hand, setup, teardown),
        cmocka_unit_test_setup_teardown(keeps_the_order_of_what_waits, setup, teardown),
        cmocka_unit_test_setup_teardown(leaves_what_waits, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
