/* SPDX-License-Identifier: MIT */
#ifndef LINKDRIVE_H
#define LINKDRIVE_H

/*
 * A driver of one link, to Holiday, that does nothing of what the link asks
 * for and writes everything down: the calls of the port and what is told, a
 * word each. What happens to the link is played from a script of words:
 *
 *     tick  +MS                    the time comes, or passes
 *     open  nobody  gone  fin      connected; refused; closed; the other side ends
 *     hello  welcome  refuse       what the neighbour says (hello: no more than that)
 *     pong:MS                      its clock is so far ahead
 *     stop  close  cut  renew      what the driver wants; close: in order, cut: at once
 *     in:RUN                       a session of that run of it; 0: before it has proved anything
 */

#include "herd/link.h"
#include "rig.h"

#define DRIVE_SLOT 1 /* Holiday */
#define DRIVE_SESSIONS_MAX 6

struct drive {
    struct rig rig;
    struct herd_link link;
    struct herd_buffer out;
    size_t room;
    bool stuck; /* the stream takes nothing any more */
    unsigned wakes;
    bool more;
    struct herd_inbound sessions[DRIVE_SESSIONS_MAX];
    unsigned session_count;
    char trace[512];
};

/* cmocka's setup and teardown; the state is a struct drive. */
int drive_setup(void **state);
int drive_teardown(void **state);
void drive_play(struct drive *drive, const char *script);
/* The neighbour says these lines on our stream. */
void drive_hear(struct drive *drive, const char *lines);

#endif
