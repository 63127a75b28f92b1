/* SPDX-License-Identifier: MIT */
#ifndef HERD_TEST_NETLOBBY_H
#define HERD_TEST_NETLOBBY_H

/* A lobby and seats in it, for the tests of its rules. */

#include "netfixture.h"

#include "herd/lobby.h"

#define SEATS 64
#define NOBODY (-1)

/* Seats are numbered in the order in which they come; who goes is told by its number. */
struct room {
    struct herd_lobby lobby;
    struct herd_lobby_seat seats[SEATS];
    int count;
};

static const struct herd_lobby_limits small = {.before_max = 3, .strangers_max = 5, .per_address_max = 2};

static inline void open_with(struct room *room, const struct herd_lobby_limits *limits)
{
    memset(room, 0, sizeof *room);
    herd_lobby_init(&room->lobby, limits);
}

static inline void expect(struct room *room, const char *host, const char *source)
{
    struct sockaddr_storage a = numeric_storage(host), b = numeric_storage(source != NULL ? source : "0.0.0.0");
    herd_lobby_expect(&room->lobby, (const struct sockaddr *)&a, source != NULL ? (const struct sockaddr *)&b : NULL);
}

static inline void forget(struct room *room, const char *host, const char *source)
{
    struct sockaddr_storage a = numeric_storage(host), b = numeric_storage(source != NULL ? source : "0.0.0.0");
    herd_lobby_forget(&room->lobby, (const struct sockaddr *)&a, source != NULL ? (const struct sockaddr *)&b : NULL);
}

/* Who has to go for it does, and is the only one. */
static inline int make_room(struct room *room, const struct herd_lobby_seat *seat)
{
    struct herd_lobby_seat *gone = herd_lobby_surplus(&room->lobby, seat);
    if (gone == NULL) return NOBODY;
    assert_true(gone != seat && gone->host != NULL);
    herd_lobby_dismiss(&room->lobby, gone);
    assert_null(gone->host);
    assert_null(herd_lobby_surplus(&room->lobby, seat));
    return (int)(gone - room->seats);
}

static inline int enter(struct room *room, const char *from)
{
    struct sockaddr_storage address = numeric_storage(from);
    struct herd_lobby_seat *seat = &room->seats[room->count++];
    assert_true(room->count <= SEATS);
    herd_lobby_enter(&room->lobby, seat, (const struct sockaddr *)&address);
    return make_room(room, seat);
}

static inline int greet(struct room *room, int number)
{
    herd_lobby_greet(&room->lobby, &room->seats[number]);
    return make_room(room, &room->seats[number]);
}

static inline void leave(struct room *room, int number)
{
    herd_lobby_leave(&room->lobby, &room->seats[number]);
    assert_null(room->seats[number].host);
}

/* So many come from there, and nobody has to go. */
static inline void fill(struct room *room, const char *from, int times)
{
    for (int i = 0; i < times; i++)
        assert_int_equal(enter(room, from), NOBODY);
}

/* Everybody leaves, twice over, and nothing is left of them. */
static inline void close_room(struct room *room)
{
    for (int twice = 0; twice < 2; twice++)
        for (int i = 0; i < room->count; i++)
            leave(room, i);
    assert_true(herd_list_empty(&room->lobby.greeted) && herd_list_empty(&room->lobby.strangers));
    assert_true(herd_list_empty(&room->lobby.stranger_hosts));
    herd_lobby_finish(&room->lobby);
}

#endif
