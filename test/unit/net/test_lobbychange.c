/* SPDX-License-Identifier: MIT */

/* Who is expected, and the limits, change while somebody waits. */

#include "netlobby.h"

static void test_who_is_expected_later(void **state)
{
    (void)state;
    struct room room;
    open_with(&room, &small);
    fill(&room, "192.0.2.1", 2); /* 0 1: strangers, and all that one address may have */
    expect(&room, "192.0.2.1", NULL);
    assert_int_equal(herd_lobby_places(&room.lobby), 10);
    fill(&room, "192.0.2.1", 3);                    /* 2 3 4: a neighbour's places are new */
    assert_int_equal(enter(&room, "192.0.2.1"), 2); /* 5 */
    assert_int_equal(greet(&room, 0), NOBODY);      /* came as a stranger, and takes no neighbour's place */
    assert_int_equal(greet(&room, 3), NOBODY);
    assert_int_equal(greet(&room, 4), NOBODY);
    assert_int_equal(greet(&room, 5), 3);
    close_room(&room);
}

static void test_who_is_expected_no_longer(void **state)
{
    (void)state;
    struct room room;
    open_with(&room, &small);
    expect(&room, "192.0.2.1", "192.0.2.3");
    expect(&room, "192.0.2.1", NULL);
    expect(&room, "192.0.2.2", NULL);
    assert_int_equal(herd_lobby_places(&room.lobby), 3 * 3 + 4 * 2 + 5);
    fill(&room, "192.0.2.1", 3); /* 0 1 2 */
    assert_int_equal(greet(&room, 0), NOBODY);
    forget(&room, "192.0.2.1", NULL); /* another neighbour still comes from there */
    assert_int_equal(herd_lobby_places(&room.lobby), 3 * 3 + 3 * 2 + 5);
    fill(&room, "192.0.2.1", 1); /* 3 */
    forget(&room, "192.0.2.1", "192.0.2.3");
    assert_int_equal(herd_lobby_places(&room.lobby), 3 + 2 + 5);
    fill(&room, "192.0.2.1", 2);                    /* 4 5: strangers now, */
    assert_int_equal(enter(&room, "192.0.2.1"), 4); /* 6: with a stranger's share */
    assert_int_equal(greet(&room, 1), NOBODY);      /* who waited there has kept its place */
    assert_int_equal(greet(&room, 2), 0);
    for (int i = 0; i < 4; i++)
        leave(&room, i);
    assert_int_equal(room.lobby.expected_hosts, 1);
    assert_ptr_equal(room.lobby.neighbour_hosts.next, room.lobby.neighbour_hosts.previous); /* nothing is left of it */
    close_room(&room);
}

static void test_expected_once_more(void **state)
{
    (void)state;
    struct room room;
    open_with(&room, &small);
    expect(&room, "192.0.2.1", NULL);
    fill(&room, "192.0.2.1", 3); /* 0 1 2 */
    forget(&room, "192.0.2.1", NULL);
    expect(&room, "192.0.2.1", NULL);
    assert_int_equal(herd_lobby_places(&room.lobby), 10);
    assert_int_equal(enter(&room, "192.0.2.1"), 0); /* 3: those who waited are counted as before */
    close_room(&room);
}

static void test_limits_that_change(void **state)
{
    (void)state;
    static const struct herd_lobby_limits smaller = {.before_max = 2, .strangers_max = 2, .per_address_max = 1};
    struct room room;
    open_with(&room, &small);
    expect(&room, "192.0.2.1", NULL);
    for (int i = 0; i < 5; i++) {
        char from[16];
        snprintf(from, sizeof from, "198.51.100.%d", i);
        fill(&room, from, 1); /* 0 to 4 */
    }
    herd_lobby_configure(&room.lobby, &smaller);
    assert_int_equal(herd_lobby_places(&room.lobby), 2 + 2 + 2);
    struct sockaddr_storage address = numeric_storage("198.51.100.9");
    herd_lobby_enter(&room.lobby, &room.seats[room.count], (const struct sockaddr *)&address);
    for (int oldest = 0; oldest < 4; oldest++) {
        struct herd_lobby_seat *seat = herd_lobby_surplus(&room.lobby, &room.seats[room.count]);
        assert_ptr_equal(seat, &room.seats[oldest]);
        herd_lobby_dismiss(&room.lobby, seat);
    }
    assert_null(herd_lobby_surplus(&room.lobby, &room.seats[room.count]));
    room.count++;
    herd_lobby_configure(&room.lobby, &small);
    fill(&room, "203.0.113.1", 2);
    fill(&room, "203.0.113.2", 1);
    assert_int_equal(enter(&room, "203.0.113.3"), 6); /* of the address that holds most */
    close_room(&room);
}

static void test_squeezed_once_more(void **state)
{
    (void)state;
    struct room room;
    open_with(&room, &small);
    expect(&room, "192.0.2.1", NULL);
    expect(&room, "192.0.2.2", NULL);
    herd_lobby_squeeze(&room.lobby, 11); /* 5 of strangers and 4 after HELLO leave 2 */
    assert_int_equal(room.lobby.before_max, 1);
    forget(&room, "192.0.2.2", NULL);
    herd_lobby_squeeze(&room.lobby, 11);
    assert_int_equal(room.lobby.before_max, 3);
    close_room(&room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_who_is_expected_later), cmocka_unit_test(test_who_is_expected_no_longer),
        cmocka_unit_test(test_expected_once_more),    cmocka_unit_test(test_limits_that_change),
        cmocka_unit_test(test_squeezed_once_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
