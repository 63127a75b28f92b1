/* SPDX-License-Identifier: MIT */
#include "serverfixture.h"

#include <string.h>

#include "herd/memory.h"

static void run_task(struct herd_task *task)
{
    answer_pendings(HERD_CONTAINER(task, struct session, task));
}

static void join(struct session *session, struct server *server)
{
    static const struct herd_stream_events none;

    session->server = server;
    session->read_ns = INT64_C(1500000000);
    session->stream.loop = &server->loop;
    session->stream.events = &none;
    session->stream.state = HERD_STREAM_OPEN;
    herd_list_init(&session->stream.dirty_node);
    herd_list_init(&session->stream.blocked_node);
    herd_list_init(&session->pendings);
    herd_list_init(&session->durable_node);
    herd_framer_init(&session->framer, 8192);
    herd_task_init(&session->task, run_task);
}

int world_setup(void **state)
{
    static const struct herd_siphash_key key;
    struct world *world = herd_memory_allocate_zeroed(1, sizeof *world);
    struct server *server = &world->server;
    const struct herd_places_provider_options local = {.name = "local"};
    const struct herd_places_options options = {HERD_PLACES_DEFAULTS, .providers = &local, .provider_count = 1};

    server->config = &world->config;
    world->config.limits.output_pause_bytes = 65536;
    server->name = HERD_TEXT("Goloman");
    herd_at_start_make(server->name, &server->at_start);
    assert_int_equal(herd_loop_init(&server->loop), 0);
    herd_store_init(&server->store, &key, 0, 100);
    herd_flood_init(&server->flood, &server->store, HERD_TEXT("herd"), server->name, 1, 1);
    herd_list_init(&server->guests);
    reports_init(server);
    server->placework.places = herd_places_create(&options);
    uv_timer_init(&server->loop.uv, &server->placework.due_timer);
    for (unsigned i = 0; i < WORLD_SESSIONS; i++)
        join(&world->sessions[i], server);
    *state = world;
    return 0;
}

static void leave(struct session *session)
{
    answer_forget(session);
    herd_task_cancel(&session->task);
    herd_list_remove(&session->stream.dirty_node);
    herd_buffer_finish(&session->stream.out);
    herd_framer_finish(&session->framer);
}

int world_teardown(void **state)
{
    struct world *world = *state;
    struct server *server = &world->server;

    for (unsigned i = 0; i < WORLD_SESSIONS; i++)
        leave(&world->sessions[i]);
    herd_places_destroy(server->placework.places);
    uv_close((uv_handle_t *)&server->placework.due_timer, NULL);
    herd_flood_finish(&server->flood);
    herd_store_finish(&server->store);
    assert_int_equal(herd_loop_finish(&server->loop), 0);
    herd_memory_free(world);
    return 0;
}

void world_expect(struct session *session, const char *expected)
{
    struct herd_buffer *out = &session->stream.out;

    assert_int_equal(herd_buffer_length(out), strlen(expected));
    assert_memory_equal(herd_buffer_text(out).bytes, expected, strlen(expected));
    herd_buffer_clear(out);
}
