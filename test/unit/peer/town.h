/* SPDX-License-Identifier: MIT */
#ifndef HERD_TEST_TOWN_H
#define HERD_TEST_TOWN_H

/*
 * The peers of Goloman, of the herd "herd", on a loop, with a listener for
 * guests. The other side is plain sockets: places where neighbours may listen,
 * and streams on which the test says what a neighbour would.
 */

#include "../../../src/peer/local.h"
#include "../net/netfixture.h"

#define TOWN_SLOTS 3
#define HANDS "0123456789abcdef" /* incarnations */
#define HOLIDAY "00000000000000b2"

/* Where a neighbour listens. */
struct place {
    int listener;
    unsigned port;
};

struct town {
    struct herd_loop loop;
    uv_timer_t tick;
    struct herd_store store;
    struct herd_flood flood;
    struct herd_peers_options options;
    struct herd_peers *peers;
    struct herd_listener guests;
    struct herd_admit admit;
    unsigned port; /* of the listener */
    unsigned changes;
    struct place places[3];
};

/* cmocka's setup and teardown; the state is a struct town. The peers are started. */
int town_setup(void **state);
int town_teardown(void **state);

struct herd_peer_options town_peer(const struct town *town, const char *name, unsigned place);
/* It is there and listens at that place. */
void town_add(struct town *town, const char *name, unsigned place);
/* The peer of that name, NULL: none. */
struct peer *town_find(struct town *town, const char *name);
/* Takes the connection that Goloman makes to a place; it may have to be dialled first. */
int town_take(struct town *town, unsigned place);
/* The same, and lets it in: until the link is up. */
int town_welcome(struct town *town, const char *name, const char *incarnation, unsigned place);
/* Comes as a guest, says these lines, and waits for an answer that begins so. */
int town_come(struct town *town, const char *lines, const char *answer);
/* A client reports, and the turn's end floods. */
void town_report(struct town *town, const char *client, unsigned seconds);
/* Until the stream has said so much of it somewhere. */
void town_expect(struct town *town, int fd, const char *part);
/* Until the other end has closed. What it says before that is thrown away. */
void town_expect_end(struct town *town, int fd);
/* Whether the stream is open: turns the loop some, and sees no end. */
bool town_open(struct town *town, int fd);

#endif
