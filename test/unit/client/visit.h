/* SPDX-License-Identifier: MIT */
#ifndef HERD_TEST_VISIT_H
#define HERD_TEST_VISIT_H

/* A real connection to the clients of a world, over loopback. */

#include "clientfixture.h"

#include "herd/door.h"

#include "../net/netfixture.h"

#define NEVER_MS 1000000

struct visit {
    struct world *world;
    struct herd_clients *clients;
    struct herd_door door;
    uv_timer_t tick;
    struct herd_session *session; /* until it is gone */
    struct received client;
};

/* cmocka's; the state is a struct visit. Options may be changed in `clients->options` until it begins. */
int visit_setup(void **state);
int visit_teardown(void **state);
/* The options as they are now are in force. */
void visit_configure(struct visit *visit);
/* Opens the listener, and the one client connects. */
void visit_begin(struct visit *visit);
void visit_turn(struct visit *visit, unsigned times);
/* The client sends; whether it has got that by now, and no more. */
void visit_say(struct visit *visit, const char *text);
bool visit_has(struct visit *visit, const char *expected);

#endif
