/* SPDX-License-Identifier: MIT */

/* Strangers among each other: who goes, at each limit and one past it. */

#include "netlobby.h"

static void test_strangers_at_their_limit(void **state)
{
    (void)state;
    struct herd_lobby_limits limits = {.strangers_max = 16, .per_address_max = 4, .before_max = HERD_LOBBY_BEFORE_MAX};
    char address[32];
    struct room room;
    open_with(&room, &limits);
    for (int i = 0; i < 16; i++) {
        snprintf(address, sizeof address, "198.51.100.%d", i);
        assert_int_equal(enter(&room, address), NOBODY);
    }
    assert_int_equal(enter(&room, "203.0.113.1"), 0);
    assert_int_equal(enter(&room, "203.0.113.2"), 1);
    assert_int_equal(enter(&room, "203.0.113.1"), 16); /* it holds two then, and nobody more */
    assert_int_equal(room.lobby.counts.strangers, 3);
    leave(&room, 7);
    assert_int_equal(enter(&room, "203.0.113.2"), NOBODY); /* 19 */
    assert_int_equal(enter(&room, "203.0.113.3"), 17);     /* of the address that holds two the older */
    close_room(&room);
}

static void test_who_of_the_strangers_goes_first(void **state)
{
    (void)state;
    struct room room;
    open_with(&room, &small);
    fill(&room, "198.51.100.1", 1); /* 0 */
    fill(&room, "198.51.100.2", 2); /* 1 2 */
    fill(&room, "198.51.100.3", 2); /* 3 4 */
    assert_int_equal(greet(&room, 1), NOBODY);
    assert_int_equal(greet(&room, 3), NOBODY);
    assert_int_equal(enter(&room, "198.51.100.9"), 2); /* 5: silent, and its address holds most; 4 is younger */
    assert_int_equal(enter(&room, "198.51.100.8"), 4); /* 6 */
    assert_int_equal(enter(&room, "198.51.100.7"), 0); /* 7: silent, though 3's address has held longest */
    assert_int_equal(greet(&room, 5), NOBODY);
    assert_int_equal(greet(&room, 6), NOBODY);
    assert_int_equal(greet(&room, 7), NOBODY);
    assert_int_equal(enter(&room, "198.51.100.3"), 3); /* 8: all others have said HELLO, and it holds two */
    assert_int_equal(greet(&room, 8), NOBODY);
    assert_int_equal(enter(&room, "198.51.100.6"), 1); /* 9: all hold one: the oldest */
    assert_int_equal(enter(&room, "198.51.100.5"), 9); /* 10: silent goes before all who are not */
    close_room(&room);
}

/* An address that has its share pushes out its own: who is silent, then the oldest. */
static void test_share_of_an_address(void **state)
{
    (void)state;
    static const struct {
        const char *first;
        const char *second;
        bool shares;
    } table[] = {
        {"198.51.100.1", "198.51.100.1", true},
        {"198.51.100.1", "198.51.100.2", false},
        {"198.51.100.1", "::ffff:198.51.100.1", true},
        {"2001:db8::1", "2001:db8::ffff:0:0:1", true},
        {"2001:db8::1", "2001:db8:0:1::1", false},
        {"127.0.0.9", "127.0.0.9", false}, /* loopback is exempt */
        {"::1", "::1", false},
        {"::ffff:127.0.0.9", "127.0.0.9", false},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct room room;
        open_with(&room, &small);
        fill(&room, table[i].first, 2);
        assert_int_equal(enter(&room, table[i].second), table[i].shares ? 0 : NOBODY);
        assert_int_equal(room.lobby.counts.per_address, table[i].shares);
        close_room(&room);
    }
    struct room room;
    open_with(&room, &small);
    fill(&room, "198.51.100.1", 2); /* 0 1 */
    assert_int_equal(greet(&room, 0), NOBODY);
    assert_int_equal(enter(&room, "198.51.100.1"), 1); /* 2 */
    assert_int_equal(greet(&room, 2), NOBODY);
    assert_int_equal(enter(&room, "198.51.100.1"), 0); /* 3 */
    fill(&room, "198.51.100.2", 2);
    close_room(&room);
}

static void test_no_share(void **state)
{
    (void)state;
    struct herd_lobby_limits limits = small;
    struct room room;
    limits.per_address_max = 0;
    open_with(&room, &limits);
    fill(&room, "198.51.100.1", 5);
    assert_int_equal(enter(&room, "198.51.100.1"), 0);
    assert_int_equal(room.lobby.counts.strangers, 1);
    close_room(&room);
}

/* Where the system could not say who it is. */
static void test_without_an_address(void **state)
{
    (void)state;
    struct sockaddr_storage none = {.ss_family = AF_UNSPEC};
    struct room room;
    open_with(&room, &small);
    herd_lobby_expect(&room.lobby, (const struct sockaddr *)&none, NULL);
    assert_int_equal(room.lobby.expected_hosts, 0);
    for (; room.count < 3; room.count++) {
        herd_lobby_enter(&room.lobby, &room.seats[room.count], (const struct sockaddr *)&none);
        assert_int_equal(make_room(&room, &room.seats[room.count]), room.count < 2 ? NOBODY : 0);
    }
    close_room(&room);
}

/* Between who is named and who goes there is time to listen. */
static void test_who_says_hello_at_the_last_moment_stays(void **state)
{
    (void)state;
    static const char *const from[] = {"192.0.2.1", "127.0.0.9"};
    for (int stranger = 0; stranger < 2; stranger++) {
        struct sockaddr_storage address = numeric_storage(from[stranger]);
        int most = stranger ? 5 : 3;
        struct room room;
        open_with(&room, &small);
        expect(&room, "192.0.2.1", NULL);
        fill(&room, from[stranger], most);
        herd_lobby_enter(&room.lobby, &room.seats[most], (const struct sockaddr *)&address);
        room.count++;
        assert_ptr_equal(herd_lobby_surplus(&room.lobby, &room.seats[most]), &room.seats[0]);
        assert_int_equal(greet(&room, 0), stranger ? 1 : NOBODY);
        assert_null(herd_lobby_surplus(&room.lobby, &room.seats[most]));
        assert_non_null(room.seats[0].host);
        leave(&room, 0);
        assert_null(herd_lobby_surplus(&room.lobby, &room.seats[0])); /* who has gone needs no room */
        close_room(&room);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_strangers_at_their_limit), cmocka_unit_test(test_who_of_the_strangers_goes_first),
        cmocka_unit_test(test_share_of_an_address),      cmocka_unit_test(test_no_share),
        cmocka_unit_test(test_without_an_address),       cmocka_unit_test(test_who_says_hello_at_the_last_moment_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
