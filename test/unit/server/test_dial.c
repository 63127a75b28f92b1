/* SPDX-License-Identifier: MIT */
/* This server's stream to a neighbour: what dialling learns from how a session went. */
#include "../../../src/server/local.h"
#include "../net/netfixture.h"

#include "herd/random.h"

struct dialling {
    struct herd_config config;
    struct herd_server_config self;
    struct herd_server_config theirs;
    struct server server;
    struct dial dial;
    int listener;
};

static int setup(void **state)
{
    static const struct herd_siphash_key key;
    struct dialling *world = calloc(1, sizeof *world);
    struct server *server = &world->server;
    unsigned port;

    assert_non_null(world);
    world->config.limits.peer_output_bytes_max = 262144;
    world->listener = plain_listen(4, &port);
    world->theirs = (struct herd_server_config){.name = strdup("Hands"), .peers = {.socket = loopback_storage(port)}};
    server->config = &world->config;
    server->self = &world->self;
    server->state = SERVER_RUNNING;
    server->dials = &world->dial;
    server->dial_count = 1;
    herd_list_init(&server->guests);
    herd_list_init(&server->arrivals);
    assert_int_equal(herd_loop_init(&server->loop), 0);
    uv_timer_init(&server->loop.uv, &server->peer_timer);
    server->peer_timer.data = server;
    herd_store_init(&server->core.store, &key, 1, 100);
    herd_flood_init(&server->core.flood, &server->core.store, HERD_TEXT("herd"), HERD_TEXT("Goloman"), 1, 1);
    server->core.flood.hello_bytes_max = HERD_PEER_HANDSHAKE_LINE_MAX;
    server->core.flood.line_bytes_max = HERD_PEER_LINE_MAX;
    dial_init(&world->dial, server, &world->theirs,
              herd_flood_take_neighbour(&server->core.flood, herd_text_of(world->theirs.name)));
    server_peers_changed(server, 1);
    *state = world;
    return 0;
}

static int teardown(void **state)
{
    struct dialling *world = *state;
    struct server *server = &world->server;

    server->state = SERVER_CLOSING;
    dial_close(&world->dial);
    uv_close((uv_handle_t *)&server->peer_timer, NULL);
    herd_loop_run(&server->loop);
    dial_finish(&world->dial);
    herd_flood_finish(&server->core.flood);
    herd_store_finish(&server->core.store);
    assert_int_equal(herd_loop_finish(&server->loop), 0);
    close(world->listener);
    free(world->theirs.name);
    free(world);
    return 0;
}

/* The neighbour answers and lets it in: its end of the stream. */
static int welcome(struct dialling *world)
{
    int fd;

    UNTIL(&world->server, world->dial.state == DIAL_UP);
    fd = accept(world->listener, NULL, NULL);
    assert_true(fd >= 0);
    plain_send(fd, "HELLO 1 herd Hands 0123456789abcdef - -\nWELCOME - 0 1 0 -\n");
    UNTIL(&world->server, world->dial.welcomed);
    return fd;
}

/* Until its end was noticed: how long it waits from now on before it dials again; negative where that is over. */
static int64_t leave(struct dialling *world, int fd)
{
    close(fd);
    UNTIL(&world->server, world->dial.state == DIAL_IDLE);
    return world->dial.redial.at_ms - server_now(&world->server).monotonic_ms;
}

/* As if so many attempts had failed that it waits as long as it ever does. */
static void wear_out(struct dialling *world)
{
    struct herd_random random;

    herd_random_init(&random, 1);
    while (herd_backoff_next_ms(&world->dial.redial.backoff, &random) < HERD_REDIAL_MAX_MS)
        continue;
}

static void a_stable_session_is_told_to_redial(void **state)
{
    struct dialling *world = *state;
    int fd = welcome(world);

    wear_out(world);
    assert_int_not_equal(world->dial.redial.welcomed_ms, 0);
    world->dial.redial.welcomed_ms -= HERD_REDIAL_STABLE_MS; /* as if that had passed since */
    assert_true(leave(world, fd) <= 3 * HERD_REDIAL_BASE_MS);
    assert_int_equal(world->dial.redial.welcomed_ms, 0);
}

/* Turning the loop for a neighbour that will not be dialled any more would take a whole core until the end. */
static void a_drain_waits_for_no_redial(void **state)
{
    struct dialling *world = *state;
    struct herd_now now = server_now(&world->server);

    world->server.state = SERVER_DRAINING;
    world->dial.redial.at_ms = now.monotonic_ms - 1;
    assert_int_equal(dial_tick(&world->dial, &now), INT64_MAX);
    assert_int_equal(world->dial.state, DIAL_IDLE);
}

/* Not there, then there with another opinion: both are told. */
static void a_reason_that_changes_is_told(void **state)
{
    struct dialling *world = *state;
    unsigned port;
    int fd;

    close(world->listener);
    UNTIL(&world->server, world->dial.told[0] != '\0');
    assert_string_equal(world->dial.told, "connection refused");
    world->listener = plain_listen(4, &port);
    world->theirs.peers.socket = loopback_storage(port);
    UNTIL(&world->server, world->dial.state == DIAL_UP);
    fd = accept(world->listener, NULL, NULL);
    assert_true(fd >= 0);
    plain_send(fd, "REFUSE proof no\n");
    UNTIL(&world->server, world->dial.state == DIAL_IDLE);
    assert_string_equal(world->dial.told, "refused: proof: no");
    assert_true(world->dial.outbound.end.secrets);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_stable_session_is_told_to_redial, setup, teardown),
        cmocka_unit_test_setup_teardown(a_reason_that_changes_is_told, setup, teardown),
        cmocka_unit_test_setup_teardown(a_drain_waits_for_no_redial, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
