/* SPDX-License-Identifier: MIT */
#ifndef HERD_TEST_SERVERFIXTURE_H
#define HERD_TEST_SERVERFIXTURE_H

/*
 * The server Goloman, which runs on loopback from a configuration in a folder of
 * the test's own; the test turns its loop. The neighbours, Hands and Holiday,
 * are plain sockets that listen and say nothing.
 */

#include "../../../src/server/local.h"
#include "../net/netfixture.h"
#include "../ownfolder.h"

#include "herd/link.h"

enum yard_port { YARD_CLIENTS, YARD_PEERS, YARD_HANDS, YARD_HOLIDAY, YARD_SPARE, YARD_PORTS };

struct yard {
    struct server server;
    char folder[OWN_FOLDER_SIZE];
    char path[OWN_FOLDER_SIZE + 32]; /* the configuration's */
    unsigned ports[YARD_PORTS];
    int sockets[YARD_PORTS]; /* that listen there; -1: none of the test's */
    int links[2];            /* of Hands and Holiday, once settled; -1: not yet */
    uv_timer_t tick;
    bool running;
};

/* cmocka's setup and teardown; the state is a struct yard. The server runs, without clients. */
int yard_setup(void **state);
int yard_teardown(void **state);

/* As it was at the start, but for the ports, and with more sections of text. */
void yard_write(const struct yard *yard, const char *more);
/* The same with Goloman as the only server. */
void yard_write_alone(const struct yard *yard);
/* As it stands. */
void yard_write_text(const struct yard *yard, const char *text);
/* SIGHUP; until it is over, or in that state. */
void yard_reload(struct yard *yard);
void yard_reload_until(struct yard *yard, enum reload_state state);
/* The link to who listens there is up; the socket at its other end. */
int yard_link(struct yard *yard, enum yard_port port);
/* Both links are up, at their other ends `links`: from here on nothing is opened by itself. */
void yard_settle(struct yard *yard);
struct herd_link *yard_find(struct yard *yard, const char *name);
/* Handles of the loop that are not closing, and open descriptors of the process, after what closes is closed. */
unsigned yard_handles(struct yard *yard);
unsigned yard_descriptors(void);
/* SIGTERM; until the loop has ended and all is freed. The server's exit code. */
int yard_end(struct yard *yard);
/* Turns the loop until the socket has received a text that begins so. */
void yard_expect(struct yard *yard, int fd, const char *beginning);

#endif
