/* SPDX-License-Identifier: MIT */
#ifndef HERD_DOOR_H
#define HERD_DOOR_H

/*
 * One kind of connections: the limits that they count in, and the listener
 * that brings them, which may be exchanged while the program runs. Connections
 * that came by an earlier one stay and count as before, and so do its counts.
 *
 *     prepare --> begin    the new one listens, the old one is closed
 *             \-> abandon  nothing has changed; who came meanwhile is reset
 */

#include "herd/admit.h"
#include "herd/listener.h"

struct herd_door {
    struct herd_loop *loop;
    struct herd_admit admit;
    struct herd_listener *listener;   /* NULL: closed */
    struct herd_listener_counts past; /* of those that were closed */
};

/* `loop` outlives it. */
void herd_door_init(struct herd_door *door, struct herd_loop *loop);
/* When every connection is gone. Takes a zeroed one. */
void herd_door_finish(struct herd_door *door);

/*
 * Binds and listens; nobody is let in before herd_door_begin. The door sets
 * `admit` and `on_closed`, the rest of the options is the caller's. 0 and
 * *ret_listener, or a negative errno.
 */
int herd_door_prepare(struct herd_door *door, const struct herd_listener_options *options,
                      struct herd_listener **ret_listener);
/* Takes the place of the listener that there is, once who waits there was let in (on_connection, before this returns).
 * Cannot fail. */
void herd_door_begin(struct herd_door *door, struct herd_listener *listener);
/* Takes NULL. */
void herd_door_abandon(struct herd_listener *listener);
/* Stops listening; connections stay. Harmless where it does not listen. */
void herd_door_close(struct herd_door *door);

/* What all its listeners have counted. */
void herd_door_counts(const struct herd_door *door, struct herd_listener_counts *ret_counts);

#endif
