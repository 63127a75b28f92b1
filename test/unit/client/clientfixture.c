/* SPDX-License-Identifier: MIT */
#include "clientfixture.h"

#include <string.h>

#include "herd/memory.h"

static void at_end(void *owner)
{
    herd_loop_mark(&((struct world *)owner)->loop, HERD_PHASE_FLOOD);
}

static void nothing(void *owner)
{
    (void)owner;
}

static void on_journal(void *owner, bool broken)
{
    (void)owner;
    (void)broken;
}

static void hear(void *owner)
{
    ((struct world *)owner)->heard++;
}

static void on_gone(void *owner)
{
    ((struct world *)owner)->gone++;
}

static void run_task(struct herd_task *task)
{
    answer_pendings(HERD_CONTAINER(task, struct herd_session, task));
}

static void on_durable(struct herd_core_wait *wait)
{
    herd_stream_release(&HERD_CONTAINER(wait, struct herd_session, wait)->stream);
}

static void join(struct herd_session *session, struct herd_clients *clients)
{
    static const struct herd_stream_events none;

    session->clients = clients;
    session->read_ns = INT64_C(1500000000);
    session->stream.loop = clients->loop;
    session->stream.events = &none;
    session->stream.state = HERD_STREAM_OPEN;
    herd_list_init(&session->stream.dirty_node);
    herd_list_init(&session->stream.blocked_node);
    herd_list_init(&session->pendings);
    herd_core_wait_init(&session->wait, on_durable);
    herd_framer_init(&session->framer, 8192);
    herd_task_init(&session->task, run_task);
}

static void open_core(struct world *world)
{
    const struct herd_text name = HERD_TEXT("Goloman");
    const struct herd_core_options options = {.herd = HERD_TEXT("herd"),
                                              .name = name,
                                              .names = &name,
                                              .name_count = 1,
                                              .slot_count = 1,
                                              .incarnation = 1,
                                              .limits = {.clients_max = 100},
                                              .port = {world, at_end, nothing, nothing, on_journal, nothing}};
    const struct herd_places_provider_options local = {.name = "local"};
    const struct herd_places_options places = {HERD_PLACES_DEFAULTS, .providers = &local, .provider_count = 1};

    herd_core_init(&world->core, &options);
    world->core.places = world->places = herd_places_create(&places);
}

int world_setup(void **state)
{
    static const struct herd_clients_options options = {.line_bytes_max = 8192,
                                                        .output_pause_bytes = 65536,
                                                        .output_resume_bytes = 32768,
                                                        .whatsat_per_connection_max = 16,
                                                        .lines_per_turn_max = 256};
    struct world *world = herd_memory_allocate_zeroed(1, sizeof *world);

    assert_int_equal(herd_loop_init(&world->loop), 0);
    open_core(world);
    herd_clients_open(&world->clients, &world->loop, &world->core, &options,
                      &(struct herd_clients_port){world, hear, on_gone});
    herd_loop_on_phase(&world->loop, HERD_PHASE_COMMANDS, herd_clients_answer, &world->clients);
    for (unsigned i = 0; i < WORLD_SESSIONS; i++)
        join(&world->sessions[i], &world->clients);
    *state = world;
    return 0;
}

static void leave(struct herd_session *session)
{
    answer_forget(session);
    herd_core_wait_leave(&session->wait);
    herd_task_cancel(&session->task);
    herd_list_remove(&session->stream.dirty_node);
    herd_buffer_finish(&session->stream.out);
    herd_framer_finish(&session->framer);
}

int world_teardown(void **state)
{
    struct world *world = *state;

    for (unsigned i = 0; i < WORLD_SESSIONS; i++)
        leave(&world->sessions[i]);
    herd_clients_close(&world->clients);
    herd_core_close_journal(&world->core);
    herd_places_destroy(world->places);
    herd_core_finish(&world->core);
    assert_int_equal(herd_loop_finish(&world->loop), 0);
    herd_memory_free(world);
    return 0;
}

void world_open_index(struct world *world)
{
    herd_places_set_indexes(world->places, &world->index, 1);
}

void world_expect(struct herd_session *session, const char *expected)
{
    struct herd_buffer *out = &session->stream.out;

    assert_int_equal(herd_buffer_length(out), strlen(expected));
    assert_memory_equal(herd_buffer_text(out).bytes, expected, strlen(expected));
    herd_buffer_clear(out);
}
