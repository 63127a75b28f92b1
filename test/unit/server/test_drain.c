/* SPDX-License-Identifier: MIT */
/* Ending in order: who is waited for, how long, and what is told to whom. */
#include "serverfixture.h"

#include <sysexits.h>

/* Is gone, or was never let in. */
static bool refused(unsigned port)
{
    struct sockaddr_in address = loopback(port);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    bool refused = connect(fd, (struct sockaddr *)&address, sizeof address) < 0 && errno == ECONNREFUSED;

    close(fd);
    return refused;
}

static int come(struct yard *yard)
{
    uint64_t before = yard->server.clients.counts.sessions;
    int client = plain_connect(yard->ports[YARD_CLIENTS]);

    UNTIL(&yard->server, yard->server.clients.counts.sessions == before + 1);
    return client;
}

static void one_that_is_idle_ends_at_once(void **state)
{
    struct yard *yard = *state;

    server_drain(&yard->server);
    assert_int_equal(yard->server.state, SERVER_CLOSING);
    assert_true(refused(yard->ports[YARD_CLIENTS]) && refused(yard->ports[YARD_PEERS]));
    assert_int_equal(yard_end(yard), 0);
}

/* What it sent before is answered, then its stream ends. */
static void a_client_has_its_reply(void **state)
{
    struct yard *yard = *state;
    struct received received;
    int client = come(yard);

    plain_send(client, "IAMAT kiwi.cs.ucla.edu +34.068930-118.445127 1400794645.392014450\n");
    UNTIL(&yard->server, yard->server.core.counts.iamat == 1);
    server_drain(&yard->server);
    assert_int_equal(yard->server.state, SERVER_DRAINING);
    assert_true(refused(yard->ports[YARD_CLIENTS]));
    received = (struct received){.fd = client};
    UNTIL(&yard->server, receive(&received) && received.ended);
    assert_memory_equal(received.bytes, "AT Goloman ", 11);
    assert_int_equal(yard_end(yard), 0);
    received_finish(&received);
}

/* A provider that says nothing holds up the end for drain_timeout_ms and no longer; who asked is told. */
static void patience_has_an_end(void **state)
{
    struct yard *yard = *state;
    struct received received;
    char more[OWN_FOLDER_SIZE + 400];
    char key[OWN_FOLDER_SIZE + 16];
    FILE *file;
    int client, provider;

    snprintf(key, sizeof key, "%s/key", yard->folder);
    file = fopen(key, "w");
    assert_non_null(file);
    fputs("abc\n", file);
    fclose(file);
    snprintf(more, sizeof more,
             "places = { providers = [\"google_legacy\"]; google_legacy = { url = \"http://127.0.0.1:%u/\"; "
             "key_file = \"%s\"; }; };\nlimits = { drain_timeout_ms = 50; };\n",
             yard->ports[YARD_SPARE], key);
    yard_write(yard, more);
    yard_reload(yard);
    assert_int_equal(yard->server.config->limits.drain_timeout_ms, 50);
    client = come(yard);
    plain_send(client, "IAMAT kiwi.cs.ucla.edu +34.068930-118.445127 1400794645.392014450\n"
                       "WHATSAT kiwi.cs.ucla.edu 10 5\n");
    provider = yard_link(yard, YARD_SPARE);
    server_drain(&yard->server);
    assert_int_equal(yard->server.state, SERVER_DRAINING);
    received = (struct received){.fd = client};
    UNTIL(&yard->server, receive(&received) && received.ended);
    assert_non_null(memchr(received.bytes, '{', received.length));
    assert_int_equal(yard_end(yard), 0);
    close(provider);
    received_finish(&received);
}

/* A neighbour that was not told everything is waited for, but not for ever. */
static void neighbours_are_flushed(void **state)
{
    struct yard *yard = *state;

    yard_settle(yard);
    server_drain(&yard->server);
    assert_true(yard->server.state == SERVER_FLUSHING || yard->server.state == SERVER_CLOSING);
    assert_true(yard_find(yard, "Hands")->stopped && yard_find(yard, "Holiday")->stopped);
    assert_int_equal(yard_end(yard), 0);
}

/* A step that is not due does nothing, in whatever state. */
static void steps_are_taken_once(void **state)
{
    struct yard *yard = *state;

    server_drain_step(&yard->server);
    assert_int_equal(yard->server.state, SERVER_RUNNING);
    server_drain(&yard->server);
    assert_int_equal(yard->server.state, SERVER_CLOSING);
    server_drain_step(&yard->server);
    assert_int_equal(yard->server.state, SERVER_CLOSING);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, yard_setup, yard_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(one_that_is_idle_ends_at_once), TEST(a_client_has_its_reply), TEST(patience_has_an_end),
        TEST(neighbours_are_flushed),        TEST(steps_are_taken_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
