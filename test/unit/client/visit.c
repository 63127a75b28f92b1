/* SPDX-License-Identifier: MIT */
#include "visit.h"

void visit_turn(struct visit *visit, unsigned times)
{
    while (times-- > 0)
        uv_run(&visit->world->loop.uv, UV_RUN_NOWAIT);
}

int visit_setup(void **state)
{
    struct visit *visit = calloc(1, sizeof *visit);
    void *world = NULL;

    assert_non_null(visit);
    assert_int_equal(world_setup(&world), 0);
    visit->world = world;
    visit->clients = &visit->world->clients;
    uv_timer_init(&visit->world->loop.uv, &visit->tick);
    uv_timer_start(&visit->tick, fixture_on_tick, TICK_MS, TICK_MS);
    visit->clients->options.line_timeout_ms = NEVER_MS;
    visit->client.fd = -1;
    *state = visit;
    return 0;
}

void visit_configure(struct visit *visit)
{
    const struct herd_clients_options options = visit->clients->options;

    herd_clients_configure(visit->clients, &options);
}

void visit_begin(struct visit *visit)
{
    struct herd_listener_options options = {.address = loopback_storage(0),
                                            .on_connection = herd_clients_accept,
                                            .owner = visit->clients,
                                            HERD_LISTENER_DEFAULTS};
    struct herd_listener *listener;

    visit_configure(visit);
    herd_door_init(&visit->door, &visit->world->loop);
    herd_admit_configure(&visit->door.admit, &(struct herd_admit_limits){.connections_max = 10});
    assert_int_equal(herd_door_prepare(&visit->door, &options, &listener), 0);
    herd_door_begin(&visit->door, listener);
    visit->client.fd = plain_connect(port_of_fd(listener->socket));
    UNTIL(visit->world, visit->clients->counts.sessions == 1);
    visit->session = HERD_CONTAINER(visit->clients->sessions.next, struct herd_session, node);
}

int visit_teardown(void **state)
{
    struct visit *visit = *state;
    void *world = visit->world;

    received_finish(&visit->client);
    if (visit->clients->counts.sessions > 0) herd_stream_close(&visit->session->stream, 0);
    UNTIL(visit->world, visit->clients->counts.sessions == 0);
    herd_door_close(&visit->door);
    herd_door_finish(&visit->door);
    herd_clients_close(visit->clients);
    uv_close((uv_handle_t *)&visit->tick, NULL);
    visit_turn(visit, 3);
    free(visit);
    return world_teardown(&world);
}

void visit_say(struct visit *visit, const char *text)
{
    plain_send(visit->client.fd, text);
}

bool visit_has(struct visit *visit, const char *expected)
{
    struct received *client = &visit->client;

    receive(client);
    return client->length == strlen(expected) && memcmp(client->bytes, expected, client->length) == 0;
}
