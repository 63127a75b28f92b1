/* SPDX-License-Identifier: MIT */

/* Places of neighbours, and what holds for everybody: every rule at its limit and one past it. */

#include "netlobby.h"

#include "herd/random.h"

static void test_places_before_hello_are_of_each_host(void **state)
{
    (void)state;
    struct room room;
    open_with(&room, &small);
    expect(&room, "192.0.2.1", NULL);
    expect(&room, "192.0.2.2", NULL);
    fill(&room, "192.0.2.1", 3);                    /* 0 1 2 */
    assert_int_equal(enter(&room, "192.0.2.1"), 0); /* 3: the oldest goes */
    fill(&room, "192.0.2.2", 3);                    /* 4 5 6: another's are its own */
    assert_int_equal(enter(&room, "192.0.2.1"), 1); /* 7 */
    leave(&room, 3);
    assert_int_equal(enter(&room, "192.0.2.1"), NOBODY); /* 8 */
    assert_int_equal(enter(&room, "192.0.2.2"), 4);      /* 9 */
    assert_int_equal(room.lobby.counts.neighbours, 3);
    assert_int_equal(room.lobby.counts.strangers + room.lobby.counts.per_address, 0);
    close_room(&room);
}

static void test_neighbours_and_strangers_leave_each_other_alone(void **state)
{
    (void)state;
    struct room room;
    open_with(&room, &small);
    expect(&room, "192.0.2.1", NULL);
    fill(&room, "198.51.100.1", 2);
    fill(&room, "198.51.100.2", 2);
    fill(&room, "198.51.100.3", 1); /* 0 to 4: full of strangers */
    fill(&room, "192.0.2.1", 3);    /* 5 6 7 */
    assert_int_equal(greet(&room, 5), NOBODY);
    assert_int_equal(greet(&room, 6), NOBODY);
    fill(&room, "192.0.2.1", 2);                       /* 8 9: full of neighbours */
    assert_int_equal(enter(&room, "198.51.100.4"), 0); /* 10 */
    assert_int_equal(enter(&room, "192.0.2.1"), 7);    /* 11 */
    assert_int_equal(greet(&room, 11), 5);
    close_room(&room);
}

static void test_hello_takes_a_place_of_another_kind(void **state)
{
    (void)state;
    struct room room;
    open_with(&room, &small);
    expect(&room, "192.0.2.1", NULL);
    fill(&room, "192.0.2.1", 3); /* 0 1 2 */
    for (int i = 0; i < 2; i++) {
        assert_int_equal(greet(&room, i), NOBODY);
        assert_int_equal(greet(&room, i), NOBODY); /* again: nothing */
    }
    fill(&room, "192.0.2.1", 2);                    /* 3 4: as many before HELLO as ever */
    assert_int_equal(enter(&room, "192.0.2.1"), 2); /* 5: they do not push out who has said it */
    assert_int_equal(greet(&room, 4), 0);           /* one more than two: the oldest who has said it goes */
    leave(&room, 1);
    assert_int_equal(greet(&room, 3), NOBODY);
    assert_int_equal(greet(&room, 5), 4);
    assert_int_equal(greet(&room, 0), NOBODY); /* has gone: nothing */
    close_room(&room);
}

/* Two places for each host that a neighbour may come from, for all together. */
static void test_places_after_hello(void **state)
{
    (void)state;
    static const struct {
        const char *hosts[3][2];
        int greeted;
        unsigned places; /* in all, with three before HELLO for each host and five of strangers */
    } table[] = {
        {{{NULL}}, 0, 5},
        {{{"192.0.2.1"}}, 2, 10},
        {{{"192.0.2.1"}, {"192.0.2.2"}}, 4, 15},
        {{{"192.0.2.1"}, {"192.0.2.1"}, {"192.0.2.1"}}, 6, 14}, /* several on one host */
        {{{"192.0.2.1", "192.0.2.1"}}, 2, 10},
        {{{"192.0.2.1", "::ffff:192.0.2.1"}}, 2, 10},
        {{{"192.0.2.1", "192.0.2.2"}}, 4, 15},
        {{{"2001:db8::1", "2001:db8::2"}, {"::1"}}, 6, 20},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct room room;
        open_with(&room, &small);
        for (unsigned n = 0; n < 3 && table[i].hosts[n][0] != NULL; n++)
            expect(&room, table[i].hosts[n][0], table[i].hosts[n][1]);
        assert_int_equal(herd_lobby_places(&room.lobby), table[i].places);
        for (int n = 0; n < table[i].greeted; n++) {
            assert_int_equal(enter(&room, table[i].hosts[0][0]), NOBODY);
            assert_int_equal(greet(&room, n), NOBODY);
        }
        if (table[i].greeted > 0) {
            assert_int_equal(enter(&room, table[i].hosts[0][0]), NOBODY);
            assert_int_equal(greet(&room, table[i].greeted), 0);
        }
        close_room(&room);
    }
}

/* Whoever says HELLO from one host cannot push out those of another that have no more than it. */
static void test_after_hello_the_host_that_holds_most_gives_way(void **state)
{
    (void)state;
    struct room room;
    open_with(&room, &small);
    expect(&room, "192.0.2.1", NULL);
    expect(&room, "192.0.2.2", NULL);
    fill(&room, "192.0.2.2", 1); /* 0: oldest of all */
    assert_int_equal(greet(&room, 0), NOBODY);
    for (int i = 1; i <= 3; i++) {
        fill(&room, "192.0.2.1", 1);
        assert_int_equal(greet(&room, i), NOBODY);
    }
    for (int i = 4; i < 20; i++) {
        fill(&room, "192.0.2.1", 1);
        assert_int_equal(greet(&room, i), i - 3);
    }
    fill(&room, "192.0.2.2", 2); /* 20 21 */
    assert_int_equal(greet(&room, 20), 17);
    assert_int_equal(greet(&room, 21), 0); /* now it is the one */
    close_room(&room);
}

/* A neighbour is its whole address: another one in its /64 is a stranger. */
static void test_who_is_a_neighbour(void **state)
{
    (void)state;
    static const struct {
        const char *expected;
        const char *from;
        bool neighbour;
    } table[] = {
        {"192.0.2.1", "192.0.2.1", true},
        {"192.0.2.1", "192.0.2.2", false},
        {"192.0.2.1", "::ffff:192.0.2.1", true},
        {"::ffff:192.0.2.1", "192.0.2.1", true},
        {"2001:db8::1", "2001:db8::1", true},
        {"2001:db8::1", "2001:db8::2", false},
        {"127.0.0.1", "127.0.0.1", true},
        {"127.0.0.1", "127.0.0.2", false},
        {"::1", "::1", true},
        {"::1", "127.0.0.1", false},
        {"c000:201::", "192.0.2.1", false}, /* the same leading bytes */
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct room room;
        open_with(&room, &small);
        expect(&room, table[i].expected, NULL);
        fill(&room, table[i].from, 1);
        assert_int_equal(room.lobby.stranger_count, table[i].neighbour ? 0 : 1);
        close_room(&room);
    }
}

static void test_squeeze(void **state)
{
    (void)state;
    static const struct {
        unsigned hosts;
        unsigned places_max;
        unsigned before_max; /* then */
        unsigned places;
    } table[] = {
        {1, 1000, 64, 71}, {1, 71, 64, 71},   {1, 70, 63, 70},   {1, 8, 1, 8},  {1, 7, 1, 8},
        {1, 0, 1, 8},      {3, 203, 64, 203}, {3, 202, 63, 200}, {0, 0, 64, 5},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct herd_lobby_limits limits = small;
        struct room room;
        char host[32];
        limits.before_max = HERD_LOBBY_BEFORE_MAX;
        open_with(&room, &limits);
        for (unsigned n = 0; n < table[i].hosts; n++) {
            snprintf(host, sizeof host, "192.0.2.%u", n);
            expect(&room, host, NULL);
        }
        herd_lobby_squeeze(&room.lobby, table[i].places_max);
        assert_int_equal(room.lobby.before_max, table[i].before_max);
        assert_int_equal(herd_lobby_places(&room.lobby), table[i].places);
        close_room(&room);
    }
}

/* Any order of comings, HELLOs and goings: never more than there are places. */
static void test_anything(void **state)
{
    (void)state;
    static const char *const from[] = {"192.0.2.1",    "192.0.2.2",   "198.51.100.1", "198.51.100.2", "198.51.100.3",
                                       "198.51.100.4", "2001:db8::1", "2001:db8::2",  "127.0.0.9"};
    struct herd_random random;
    struct room room;
    herd_random_init(&random, 1);
    open_with(&room, &small);
    expect(&room, "192.0.2.1", "192.0.2.2");
    for (unsigned step = 0; step < 100000; step++) {
        struct herd_lobby_seat *seat = &room.seats[herd_random_below(&random, SEATS)];
        struct sockaddr_storage address = numeric_storage(from[herd_random_below(&random, sizeof from / sizeof *from)]);
        unsigned seated = 0;
        if (seat->host == NULL)
            herd_lobby_enter(&room.lobby, seat, (const struct sockaddr *)&address);
        else if (herd_random_below(&random, 3) == 0)
            herd_lobby_leave(&room.lobby, seat);
        else
            herd_lobby_greet(&room.lobby, seat);
        make_room(&room, seat);
        for (unsigned i = 0; i < SEATS; i++)
            seated += room.seats[i].host != NULL;
        assert_true(seated <= herd_lobby_places(&room.lobby));
    }
    room.count = SEATS;
    close_room(&room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_places_before_hello_are_of_each_host),
        cmocka_unit_test(test_neighbours_and_strangers_leave_each_other_alone),
        cmocka_unit_test(test_hello_takes_a_place_of_another_kind),
        cmocka_unit_test(test_places_after_hello),
        cmocka_unit_test(test_after_hello_the_host_that_holds_most_gives_way),
        cmocka_unit_test(test_who_is_a_neighbour),
        cmocka_unit_test(test_squeeze),
        cmocka_unit_test(test_anything),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
