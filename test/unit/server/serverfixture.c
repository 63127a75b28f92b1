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
    herd_core_wait_init(&session->wait, NULL);
    herd_framer_init(&session->framer, 8192);
    herd_task_init(&session->task, run_task);
}

static void at_end(void *owner)
{
    struct server *server = owner;

    herd_loop_mark(&server->loop, HERD_PHASE_FLOOD);
}

static void on_asked(void *owner)
{
    (void)owner;
}

static void open_core(struct server *server)
{
    const struct herd_text name = HERD_TEXT("Goloman");
    const struct herd_core_options options = {.herd = HERD_TEXT("herd"),
                                              .name = name,
                                              .names = &name,
                                              .name_count = 1,
                                              .slot_count = 1,
                                              .incarnation = 1,
                                              .limits = {.clients_max = 100},
                                              .port = {.owner = server, .at_end = at_end, .on_asked = on_asked}};

    herd_core_init(&server->core, &options);
}

int world_setup(void **state)
{
    struct world *world = herd_memory_allocate_zeroed(1, sizeof *world);
    struct server *server = &world->server;
    const struct herd_places_provider_options local = {.name = "local"};
    const struct herd_places_options options = {HERD_PLACES_DEFAULTS, .providers = &local, .provider_count = 1};

    server->config = &world->config;
    world->config.limits.output_pause_bytes = 65536;
    server->name = HERD_TEXT("Goloman");
    assert_int_equal(herd_loop_init(&server->loop), 0);
    open_core(server);
    herd_list_init(&server->guests);
    reports_init(server);
    server->core.places = server->placework.places = herd_places_create(&options);
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
    herd_core_finish(&server->core);
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
