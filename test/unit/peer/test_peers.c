/* SPDX-License-Identifier: MIT */
/* Neighbours that come, go and move while others stay. */
#include "town.h"

static void count_peer(void *owner, const struct herd_peer_standing *standing)
{
    unsigned *count = owner;
    *count += standing->out_up ? 100 : 1;
}

/* Peers that are up, times a hundred, and others. */
static unsigned standing(const struct town *town)
{
    unsigned count = 0;
    herd_peers_each(town->peers, &count, count_peer);
    return count;
}

static void a_peer_is_dialled_and_told(void **state)
{
    struct town *town = *state;
    town_add(town, "Hands", 0);
    assert_int_equal(standing(town), 1);
    int fd = town_welcome(town, "Hands", HANDS, 0);
    assert_int_equal(standing(town), 100);
    town_report(town, "kiwi", 5);
    town_expect(town, fd, "AT Goloman ");
    UNTIL(town, herd_peers_flushed(town->peers));
    close(fd);
    UNTIL(town, town->changes > 0 && standing(town) == 1);
}

static void a_line_for_several_goes_to_each(void **state)
{
    struct town *town = *state;
    town_add(town, "Hands", 0);
    town_add(town, "Holiday", 1);
    int hands = town_welcome(town, "Hands", HANDS, 0);
    int holiday = town_welcome(town, "Holiday", HOLIDAY, 1);
    town_report(town, "kiwi", 5);
    town_expect(town, hands, " kiwi +1+1 5 ");
    town_expect(town, holiday, " kiwi +1+1 5 ");
    assert_int_equal(town->flood.counts.at_sent, 2);
    close(hands);
    close(holiday);
}

static void one_is_removed_and_others_stay(void **state)
{
    struct town *town = *state;
    town_add(town, "Hands", 0);
    town_add(town, "Holiday", 1);
    int hands = town_welcome(town, "Hands", HANDS, 0);
    int holiday = town_welcome(town, "Holiday", HOLIDAY, 1);
    assert_int_equal(herd_peers_room(town->peers), 1);
    herd_peers_remove(town->peers, HERD_TEXT("Hands"));
    assert_int_equal(herd_peers_room(town->peers), 2);
    assert_null(town_find(town, "Hands"));
    town_expect_end(town, hands);
    assert_int_equal(standing(town), 100);
    town_report(town, "kiwi", 5);
    town_expect(town, holiday, "AT Goloman ");
    UNTIL(town, herd_list_empty(&town->peers->leaving));
    close(holiday);
}

static void whoever_is_removed_may_be_idle_or_connecting(void **state)
{
    struct town *town = *state;
    town_add(town, "Hands", 0);
    herd_peers_remove(town->peers, HERD_TEXT("Hands")); /* not dialled yet */
    assert_true(herd_list_empty(&town->peers->leaving));
    town_add(town, "Hands", 0);
    struct peer *peer = town_find(town, "Hands");
    while (peer->link.state == HERD_LINK_IDLE) /* a turn more, and it would be connected */
        uv_run(&town->loop.uv, UV_RUN_ONCE);
    bool connecting = peer->link.state == HERD_LINK_CONNECTING;
    herd_peers_remove(town->peers, HERD_TEXT("Hands"));
    assert_true(!connecting || !herd_list_empty(&town->peers->leaving));
    UNTIL(town, herd_list_empty(&town->peers->leaving));
    assert_int_equal(herd_peers_room(town->peers), TOWN_SLOTS);
}

/* Its old streams are still closing when it comes back. */
static void a_name_comes_back_at_once(void **state)
{
    struct town *town = *state;
    int fds[4];
    for (unsigned i = 0; i < 4; i++) {
        town_add(town, "Hands", i % 2);
        fds[i] = town_welcome(town, "Hands", HANDS, i % 2);
        herd_peers_remove(town->peers, HERD_TEXT("Hands"));
        assert_false(herd_list_empty(&town->peers->leaving));
    }
    town_add(town, "Hands", 2);
    int fd = town_welcome(town, "Hands", HANDS, 2);
    for (unsigned i = 0; i < 4; i++)
        town_expect_end(town, fds[i]);
    UNTIL(town, herd_list_empty(&town->peers->leaving));
    town_report(town, "kiwi", 5);
    town_expect(town, fd, "AT Goloman ");
    close(fd);
}

static void there_are_as_many_as_have_slots(void **state)
{
    struct town *town = *state;
    const struct herd_peer_options one_more = town_peer(town, "Wilkes", 0);
    town_add(town, "Hands", 0);
    town_add(town, "Holiday", 0);
    town_add(town, "Welsh", 0);
    assert_int_equal(herd_peers_room(town->peers), 0);
    assert_int_equal(herd_peers_add(town->peers, &one_more), -ENOSPC);
    herd_peers_remove(town->peers, HERD_TEXT("Holiday"));
    assert_int_equal(herd_peers_add(town->peers, &one_more), 0);
}

/* The stream is dialled anew; the session that it opened, and others' streams, stay. */
static void one_is_moved(void **state)
{
    struct town *town = *state;
    const struct herd_peer_options same = town_peer(town, "Hands", 0);
    const struct herd_peer_options moved = town_peer(town, "Hands", 2);
    town_add(town, "Hands", 0);
    town_add(town, "Holiday", 1);
    int hands = town_welcome(town, "Hands", HANDS, 0);
    int holiday = town_welcome(town, "Holiday", HOLIDAY, 1);
    int session = town_come(town, "HELLO 1-1 herd Hands " HANDS " -\nAUTH -\n", "WELCOME ");
    herd_peers_move(town->peers, &same);
    assert_int_equal(town_find(town, "Hands")->link.state, HERD_LINK_UP);
    herd_peers_move(town->peers, &moved);
    town_expect_end(town, hands);
    hands = town_welcome(town, "Hands", HANDS, 2);
    assert_true(town_open(town, session));
    assert_true(town_open(town, holiday));
    assert_int_equal(standing(town), 200);
    close(hands);
    close(holiday);
    close(session);
}

/* Dialled from another address: all are, those who move by that change, too; sessions of others stay. */
static void all_are_dialled_from_another_address(void **state)
{
    struct town *town = *state;
    struct herd_peers_options options = town->options;
    const struct herd_peer_options moved = town_peer(town, "Hands", 2);
    struct sockaddr_storage from;
    socklen_t length = sizeof from;
    town_add(town, "Hands", 0);
    town_add(town, "Holiday", 1);
    int hands = town_welcome(town, "Hands", HANDS, 0);
    int holiday = town_welcome(town, "Holiday", HOLIDAY, 1);
    int session = town_come(town, "HELLO 1-1 herd Hands " HANDS " -\nAUTH -\n", "WELCOME ");
    assert_int_equal(uv_ip4_addr("127.0.0.9", 0, (struct sockaddr_in *)&options.source), 0);
    herd_peers_configure(town->peers, &options);
    herd_peers_move(town->peers, &moved);
    town_expect_end(town, hands);
    town_expect_end(town, holiday);
    hands = town_welcome(town, "Hands", HANDS, 2);
    holiday = town_welcome(town, "Holiday", HOLIDAY, 1);
    assert_int_equal(getpeername(holiday, (struct sockaddr *)&from, &length), 0);
    assert_int_equal(((struct sockaddr_in *)&from)->sin_addr.s_addr, htonl(0x7f000009));
    assert_true(town_open(town, session));
    close(hands);
    close(holiday);
    close(session);
}

static void one_that_cannot_be_reached_is_moved(void **state)
{
    struct town *town = *state;
    const struct herd_peer_options moved = town_peer(town, "Hands", 2);
    close(town->places[0].listener);
    town->places[0].listener = -1;
    town_add(town, "Hands", 0);
    UNTIL(town, town_find(town, "Hands")->link.failures > 1);
    herd_peers_move(town->peers, &moved);
    assert_int_equal(town_find(town, "Hands")->link.failures, 0);
    close(town_welcome(town, "Hands", HANDS, 2));
}

/* Turning the loop for a neighbour that will not be dialled any more would take a whole core until the end. */
static void who_stops_waits_for_no_redial(void **state)
{
    struct town *town = *state;
    close(town->places[0].listener);
    town->places[0].listener = -1;
    town_add(town, "Hands", 0);
    UNTIL(town, town_find(town, "Hands")->link.failures > 0);
    herd_peers_stop(town->peers);
    UNTIL(town, !uv_is_active((uv_handle_t *)&town->peers->timer));
    assert_int_equal(town_find(town, "Hands")->link.state, HERD_LINK_IDLE);
    assert_true(herd_peers_flushed(town->peers));
}

/* Not there, then there with another opinion: both are told. */
static void a_reason_that_changes_is_told(void **state)
{
    struct town *town = *state;
    const struct herd_peer_options there = town_peer(town, "Hands", 1);
    close(town->places[0].listener);
    town->places[0].listener = -1;
    town_add(town, "Hands", 0);
    struct peer *peer = town_find(town, "Hands");
    UNTIL(town, peer->told[0] != '\0');
    assert_string_equal(peer->told, "connection refused");
    peer->address = there.address; /* as if it had come up where it was */
    int fd = town_take(town, 1);
    plain_send(fd, "REFUSE proof no\n");
    UNTIL(town, peer->link.state == HERD_LINK_IDLE);
    assert_string_equal(peer->told, "refused: proof: no");
    assert_true(peer->link.outbound.end.secrets);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_peer_is_dialled_and_told, town_setup, town_teardown),
        cmocka_unit_test_setup_teardown(a_line_for_several_goes_to_each, town_setup, town_teardown),
        cmocka_unit_test_setup_teardown(one_is_removed_and_others_stay, town_setup, town_teardown),
        cmocka_unit_test_setup_teardown(whoever_is_removed_may_be_idle_or_connecting, town_setup, town_teardown),
        cmocka_unit_test_setup_teardown(a_name_comes_back_at_once, town_setup, town_teardown),
        cmocka_unit_test_setup_teardown(there_are_as_many_as_have_slots, town_setup, town_teardown),
        cmocka_unit_test_setup_teardown(one_is_moved, town_setup, town_teardown),
        cmocka_unit_test_setup_teardown(all_are_dialled_from_another_address, town_setup, town_teardown),
        cmocka_unit_test_setup_teardown(one_that_cannot_be_reached_is_moved, town_setup, town_teardown),
        cmocka_unit_test_setup_teardown(who_stops_waits_for_no_redial, town_setup, town_teardown),
        cmocka_unit_test_setup_teardown(a_reason_that_changes_is_told, town_setup, town_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
