/* SPDX-License-Identifier: MIT */
#ifndef HERD_TEST_CLIENTFIXTURE_H
#define HERD_TEST_CLIENTFIXTURE_H

/* Clients on a loop, with a core of their own; and three connections whose output is looked at instead of sent. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "herd/placesindex.h"

#include "../../../src/client/local.h"

#define WORLD_SESSIONS 3

struct world {
    struct herd_loop loop;
    struct herd_core core;
    struct herd_places *places;
    struct herd_clients clients;
    struct herd_session sessions[WORLD_SESSIONS]; /* in no list of the clients */
    struct herd_places_index index;               /* without any places */
    unsigned heard, gone;                         /* what the clients asked for */
};

/* cmocka's setup and teardown; the state is a struct world. */
int world_setup(void **state);
int world_teardown(void **state);
/* From now on there is an index, with nothing in it. */
void world_open_index(struct world *world);
/* What the client would be sent now, and no more. */
void world_expect(struct herd_session *session, const char *expected);

#endif
