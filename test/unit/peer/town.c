/* SPDX-License-Identifier: MIT */
#include "town.h"

#include "herd/clock.h"

static void on_tick(uv_timer_t *timer)
{
    (void)timer;
}

static void on_change(void *owner)
{
    struct town *town = owner;
    town->changes++;
}

static void flood_phase(void *owner)
{
    struct town *town = owner;
    herd_peers_flood(town->peers);
}

static void listen_for_guests(struct town *town)
{
    const struct herd_listener_options options = {HERD_LISTENER_DEFAULTS, .address = loopback_storage(0),
                                                  .admit = &town->admit, .on_connection = herd_peers_accept,
                                                  .owner = town->peers};
    const struct herd_admit_limits limits = {.connections_max = herd_peers_connections_max(town->peers)};
    char address[56];
    herd_admit_init(&town->admit, &limits);
    assert_int_equal(herd_listener_open(&town->guests, &town->loop, &options), 0);
    herd_listener_start(&town->guests);
    herd_listener_address(&town->guests, address, sizeof address);
    town->port = (unsigned)strtoul(strrchr(address, ':') + 1, NULL, 10);
}

int town_setup(void **state)
{
    static const struct herd_siphash_key key;
    struct town *town = calloc(1, sizeof *town);
    const struct herd_peers_events events = {.on_change = on_change, .owner = town};
    assert_non_null(town);
    town->options = (struct herd_peers_options){.output_bytes_max = 262144,
                                                .hello_bytes_max = HERD_PEER_HANDSHAKE_LINE_MAX,
                                                .line_bytes_max = HERD_PEER_LINE_MAX,
                                                .strangers_max = 4,
                                                .guests_wanted_max = 100};
    assert_int_equal(herd_loop_init(&town->loop), 0);
    uv_timer_init(&town->loop.uv, &town->tick);
    uv_timer_start(&town->tick, on_tick, TICK_MS, TICK_MS);
    herd_store_init(&town->store, &key, TOWN_SLOTS, 100);
    herd_flood_init(&town->flood, &town->store, HERD_TEXT("herd"), HERD_TEXT("Goloman"), 1, 1);
    assert_int_equal(herd_peers_create(&town->loop, &town->flood, &town->options, &events, &town->peers), 0);
    herd_loop_on_phase(&town->loop, HERD_PHASE_FLOOD, flood_phase, town);
    listen_for_guests(town);
    for (unsigned i = 0; i < 3; i++)
        town->places[i].listener = plain_listen(4, &town->places[i].port);
    herd_peers_start(town->peers);
    *state = town;
    return 0;
}

int town_teardown(void **state)
{
    struct town *town = *state;
    herd_peers_close(town->peers);
    herd_listener_close(&town->guests);
    uv_close((uv_handle_t *)&town->tick, NULL);
    herd_loop_run(&town->loop);
    herd_peers_destroy(town->peers);
    herd_admit_finish(&town->admit);
    herd_flood_finish(&town->flood);
    herd_store_finish(&town->store);
    assert_int_equal(herd_loop_finish(&town->loop), 0);
    for (unsigned i = 0; i < 3; i++)
        close(town->places[i].listener);
    free(town);
    return 0;
}

struct herd_peer_options town_peer(const struct town *town, const char *name, unsigned place)
{
    return (struct herd_peer_options){.name = herd_text_of(name),
                                      .address = loopback_storage(town->places[place].port)};
}

void town_add(struct town *town, const char *name, unsigned place)
{
    const struct herd_peer_options options = town_peer(town, name, place);
    assert_int_equal(herd_peers_add(town->peers, &options), 0);
}

struct peer *town_find(struct town *town, const char *name)
{
    const struct herd_neighbour *neighbour = herd_flood_find(&town->flood, herd_text_of(name));
    return neighbour != NULL ? peer_of(neighbour->link) : NULL;
}

static int try_take(int listener)
{
    int fd = accept(listener, NULL, NULL);
    if (fd >= 0) assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
    return fd;
}

int town_take(struct town *town, unsigned place)
{
    int listener = town->places[place].listener;
    int fd = -1;
    assert_int_equal(fcntl(listener, F_SETFL, O_NONBLOCK), 0);
    UNTIL(town, (fd = try_take(listener)) >= 0);
    return fd;
}

int town_welcome(struct town *town, const char *name, const char *incarnation, unsigned place)
{
    char lines[256];
    int fd = town_take(town, place);
    snprintf(lines, sizeof lines, "HELLO 1 herd %s %s - -\nWELCOME - 0 1 0 -\n", name, incarnation);
    plain_send(fd, lines);
    UNTIL(town, town_find(town, name) != NULL && town_find(town, name)->link.welcomed);
    return fd;
}

int town_come(struct town *town, const char *lines, const char *answer)
{
    int fd = plain_connect(town->port);
    plain_send(fd, lines);
    town_expect(town, fd, answer);
    return fd;
}

void town_report(struct town *town, const char *client, unsigned seconds)
{
    char time[24];
    struct herd_version version = {.origin = town->flood.number};
    snprintf(time, sizeof time, "%u", seconds);
    version.report = (struct herd_report){.client = herd_text_of(client),
                                          .position = HERD_TEXT("+1+1"),
                                          .time = herd_text_of(time),
                                          .time_ns = (int64_t)seconds * HERD_NS_PER_S};
    assert_int_equal(herd_store_report(&town->store, &version), HERD_PUT_NEWER);
    herd_loop_mark(&town->loop, HERD_PHASE_FLOOD);
}

static bool says(const struct received *received, const char *part)
{
    size_t length = strlen(part);
    for (size_t at = 0; at + length <= received->length; at++)
        if (memcmp(received->bytes + at, part, length) == 0) return true;
    return false;
}

void town_expect(struct town *town, int fd, const char *part)
{
    struct received received = {.fd = fd};
    UNTIL(town, receive(&received) && says(&received, part));
    free(received.bytes);
}

void town_expect_end(struct town *town, int fd)
{
    struct received received = {.fd = fd};
    UNTIL(town, receive(&received) && (received.ended || received.reset));
    received_finish(&received);
}

bool town_open(struct town *town, int fd)
{
    struct received received = {.fd = fd};
    for (unsigned turns = 0; turns < 20; turns++)
        uv_run(&town->loop.uv, UV_RUN_ONCE);
    receive(&received);
    free(received.bytes);
    return !received.ended && !received.reset;
}
