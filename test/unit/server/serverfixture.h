/* SPDX-License-Identifier: MIT */
#ifndef HERD_TEST_SERVERFIXTURE_H
#define HERD_TEST_SERVERFIXTURE_H

/* A server without listeners, and two connections whose output is looked at instead of sent. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../../src/server/local.h"

#define WORLD_SESSIONS 3

struct world {
    struct herd_config config;
    struct server server;
    struct session sessions[WORLD_SESSIONS];
    struct herd_places_index index; /* without any places */
};

/* cmocka's setup and teardown; the state is a struct world. */
int world_setup(void **state);
int world_teardown(void **state);
/* What the client would be sent now, and no more. */
void world_expect(struct session *session, const char *expected);

#endif
