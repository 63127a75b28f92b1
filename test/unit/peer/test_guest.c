/* SPDX-License-Identifier: MIT */
/* Who connects at the neighbours' address: neighbours and strangers, while peers and secrets change. */
#include "town.h"

#include "herd/digest.h"

#define HELLO_HANDS "HELLO 1-1 herd Hands " HANDS " -\n"
#define AUTH "AUTH -\n"

static void a_neighbours_session_is_heard(void **state)
{
    struct town *town = *state;
    town_add(town, "Hands", 0);
    int fd = town_come(town, HELLO_HANDS AUTH, "WELCOME ");
    UNTIL(town, !herd_list_empty(&town->peers->guests));
    plain_send(fd, "AT Hands +1.000000000 kiwi +1+1 5 Hands\n");
    struct guest *guest = HERD_CONTAINER(town->peers->guests.next, struct guest, node);
    uint64_t deadline = uv_hrtime() + (uint64_t)DEADLINE_MS * 1000000;
    while (town->flood.counts.at_received == 0 && uv_hrtime() < deadline)
        herd_peers_hear(town->peers); /* without a turn of the loop */
    assert_int_equal(herd_store_count(&town->store), 1);
    assert_ptr_equal(guest->inbound.neighbour->inbound, &guest->inbound);
    assert_null(guest->seat.host);
    close(fd);
    UNTIL(town, herd_list_empty(&town->peers->guests));
}

/* It shows that the neighbour is there: dialled before its time. */
static void a_session_has_its_neighbour_dialled(void **state)
{
    struct town *town = *state;
    town_add(town, "Hands", 0);
    struct peer *peer = town_find(town, "Hands");
    int fd = town_take(town, 0);
    close(fd);
    UNTIL(town, peer->link.state == HERD_LINK_IDLE);
    peer->link.redial.at_ms = INT64_MAX - 1; /* not for a long time */
    int session = town_come(town, HELLO_HANDS AUTH, "WELCOME ");
    fd = town_take(town, 0);
    close(fd);
    close(session);
}

static void a_newer_session_takes_the_place_of_an_older_one(void **state)
{
    struct town *town = *state;
    town_add(town, "Hands", 0);
    int older = town_come(town, HELLO_HANDS AUTH, "WELCOME ");
    int newer = town_come(town, HELLO_HANDS AUTH, "WELCOME ");
    town_expect_end(town, older);
    assert_true(town_open(town, newer));
    close(newer);
}

/* Those that are welcomed and those that have only said who they are. */
static void sessions_of_one_that_is_removed_end(void **state)
{
    struct town *town = *state;
    town_add(town, "Hands", 0);
    town_add(town, "Holiday", 1);
    int welcomed = town_come(town, HELLO_HANDS AUTH, "WELCOME ");
    int greeted = town_come(town, HELLO_HANDS, "HELLO ");
    int other = town_come(town, "HELLO 1-1 herd Holiday " HOLIDAY " -\nAUTH -\n", "WELCOME ");
    herd_peers_remove(town->peers, HERD_TEXT("Hands"));
    town_expect_end(town, welcomed);
    town_expect_end(town, greeted);
    town_expect_end(town, town_come(town, HELLO_HANDS, "REFUSE name "));
    assert_true(town_open(town, other));
    close(other);
}

/* A session that named it before it was removed is none of the one that came back. */
static void who_comes_back_has_sessions_of_its_own(void **state)
{
    struct town *town = *state;
    town_add(town, "Hands", 0);
    int greeted = town_come(town, HELLO_HANDS, "HELLO ");
    herd_peers_remove(town->peers, HERD_TEXT("Hands"));
    town_add(town, "Hands", 0);
    int fd = town_come(town, HELLO_HANDS AUTH, "WELCOME ");
    town_expect_end(town, greeted);
    assert_true(town_open(town, fd));
    close(fd);
}

static void strangers_are_refused_and_make_room(void **state)
{
    struct town *town = *state;
    struct herd_peers_options options = town->options;
    int fds[3];
    town_expect_end(town, town_come(town, "HELLO 1-1 herd Nobody " HANDS " -\n", "REFUSE name "));
    town_expect_end(town, town_come(town, "IAMAT\n", "REFUSE protocol "));
    options.strangers_max = 2;
    herd_peers_configure(town->peers, &options);
    for (unsigned i = 0; i < 3; i++) {
        fds[i] = plain_connect(town->port);
        UNTIL(town, town->guests.counts.accepted == 3 + i);
    }
    town_expect_end(town, fds[0]);
    assert_int_equal(herd_peers_lobby(town->peers)->counts.strangers, 1);
    assert_true(town_open(town, fds[1]) && town_open(town, fds[2]));
    close(fds[1]);
    close(fds[2]);
}

static void places_follow_who_is_expected(void **state)
{
    struct town *town = *state;
    unsigned nobody = herd_peers_connections_max(town->peers);
    town_add(town, "Hands", 0);
    unsigned one = herd_peers_connections_max(town->peers);
    assert_true(one > nobody);
    town_add(town, "Holiday", 1); /* of the same host */
    assert_int_equal(herd_peers_connections_max(town->peers), one + 4);
    herd_peers_remove(town->peers, HERD_TEXT("Hands"));
    herd_peers_remove(town->peers, HERD_TEXT("Holiday"));
    assert_int_equal(herd_peers_connections_max(town->peers), nobody);
}

/* -- Secrets -- */

static void toy_mac(const unsigned char key[HERD_KEY_BYTES], struct herd_text text, unsigned char mac[HERD_KEY_BYTES])
{
    const struct herd_digest start = {key[0], key[1]};
    struct herd_digest hash = herd_digest_hash(start, 0, 0, text);
    memset(mac, 0, HERD_KEY_BYTES);
    memcpy(mac, &hash, sizeof hash);
}

static void toy_fill(void *owner, void *out, size_t length)
{
    (void)owner;
    memset(out, 0x5a, length);
}

static void other_secrets_leave_who_is_connected_alone(void **state)
{
    struct town *town = *state;
    const struct herd_keys keys = {.count = 1, .keys = {{1, 2}}, .mac = toy_mac, .fill = toy_fill};
    const struct herd_keys none = {.count = 0};
    town_add(town, "Hands", 0);
    int out = town_welcome(town, "Hands", HANDS, 0);
    int in = town_come(town, HELLO_HANDS AUTH, "WELCOME ");
    herd_peers_set_keys(town->peers, &keys);
    town_expect_end(town, town_come(town, HELLO_HANDS, "REFUSE proof "));
    assert_true(town_open(town, out) && town_open(town, in));
    town_report(town, "kiwi", 5);
    town_expect(town, out, "AT Goloman ");
    int proved = town_come(town, "HELLO 1-1 herd Hands " HANDS " 000102030405060708090a0b0c0d0e0f\n", "HELLO 1 herd ");
    close(out); /* what is dialled from now on has to prove it, too */
    out = town_take(town, 0);
    town_expect(town, out, " 5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a\n");
    herd_peers_set_keys(town->peers, &none);
    close(town_come(town, HELLO_HANDS AUTH, "WELCOME "));
    close(proved);
    close(out);
    close(in);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_neighbours_session_is_heard, town_setup, town_teardown),
        cmocka_unit_test_setup_teardown(a_session_has_its_neighbour_dialled, town_setup, town_teardown),
        cmocka_unit_test_setup_teardown(a_newer_session_takes_the_place_of_an_older_one, town_setup, town_teardown),
        cmocka_unit_test_setup_teardown(sessions_of_one_that_is_removed_end, town_setup, town_teardown),
        cmocka_unit_test_setup_teardown(who_comes_back_has_sessions_of_its_own, town_setup, town_teardown),
        cmocka_unit_test_setup_teardown(strangers_are_refused_and_make_room, town_setup, town_teardown),
        cmocka_unit_test_setup_teardown(places_follow_who_is_expected, town_setup, town_teardown),
        cmocka_unit_test_setup_teardown(other_secrets_leave_who_is_connected_alone, town_setup, town_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
