/* SPDX-License-Identifier: MIT */
#ifndef HERD_CONFIGCHANGE_H
#define HERD_CONFIGCHANGE_H

/*
 * The difference of two checked configurations, as a value: what a running
 * server has to change when its file has changed, or why it cannot. Servers
 * and links are compared by name: their order in a file says nothing. Only
 * names of files are compared; what is in them is read anew by every reload.
 *
 * The table of options says of each one whom its change concerns (its part)
 * and whether a running server can take it; an option that is added there is
 * compared, printed and refused without another line here.
 */

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "herd/config.h"

/* Whom a change concerns; bits. */
enum herd_config_part {
    HERD_PART_HERD = 1 << 0,       /* other servers of the herd */
    HERD_PART_NEIGHBOURS = 1 << 1, /* this server's: see `neighbours` */
    HERD_PART_LISTENERS = 1 << 2,  /* this server's: see `listeners` */
    HERD_PART_SECRET = 1 << 3,
    HERD_PART_PROTOCOL = 1 << 4,
    HERD_PART_PLACES = 1 << 5,
    HERD_PART_JOURNAL = 1 << 6,
    HERD_PART_LOG = 1 << 7,
    HERD_PART_LIMITS = 1 << 8, /* of any room */
};

enum herd_listening {
    HERD_LISTENING_CLIENTS,
    HERD_LISTENING_PEERS,
    HERD_LISTENING_CLIENTS_TLS,
    HERD_LISTENING_WEB,
    HERD_LISTENINGS,
};

enum herd_listener_change { HERD_LISTENER_SAME, HERD_LISTENER_OPENED, HERD_LISTENER_CLOSED, HERD_LISTENER_MOVED };

enum herd_neighbour_change {
    HERD_NEIGHBOUR_KEPT,
    HERD_NEIGHBOUR_MOVED, /* it is dialled at another address, or from another one: our stream to it is made anew */
    HERD_NEIGHBOUR_ADDED,
    HERD_NEIGHBOUR_REMOVED,
};

struct herd_config_neighbour {
    enum herd_neighbour_change change;
    int running;        /* which server of the running configuration, -1 where it was added */
    int next;           /* of the next one, -1 where it was removed */
    bool hosts_changed; /* kept or moved: it may come from other addresses than before */
};

#define HERD_CONFIG_OPTIONS_MAX 96
/* More neighbours than at its start that a server has room for: the slots for one that a reload brings, a live stream,
 * a grid, and one more. */
#define HERD_NEIGHBOURS_SPARE 4

struct herd_config_change {
    int running_self; /* this server's index in both; -1: compared for no server in particular */
    int next_self;
    unsigned parts;                                                   /* of enum herd_config_part; 0: nothing changes */
    struct herd_config_neighbour neighbours[2 * HERD_NEIGHBOURS_MAX]; /* all there were and will be, by the next
                                                                         one's links, the removed ones last */
    unsigned neighbour_count;
    enum herd_listener_change listeners[HERD_LISTENINGS];
    uint8_t came[HERD_SERVERS_MAX]; /* servers that are new in the herd: indices in the next one */
    unsigned came_count;
    uint8_t went[HERD_SERVERS_MAX]; /* servers that are there no more: indices in the running one */
    unsigned went_count;
    uint64_t options[(HERD_CONFIG_OPTIONS_MAX + 63) / 64]; /* rows of the table; those of servers: this server's */
};

/*
 * Compares for the server `self`, which is in `running` (NULL: for the herd
 * only, without neighbours and listeners). `neighbours_max`: how many the
 * server has room for. What cannot change while it runs is told on `messages`,
 * a line each, `herd.conf:12: herd cannot change while the server runs (it is
 * "x")`. Returns 0, or 78 where there was such a fault; *ret_change is filled
 * either way.
 */
int herd_config_compare(const struct herd_config *running, const struct herd_config *next, const char *self,
                        unsigned neighbours_max, FILE *messages, struct herd_config_change *ret_change);

/* Whether the option of that key (`limits.line_bytes_max`, `servers.web`) has another value. */
bool herd_config_changes(const struct herd_config_change *change, const char *key);

/* Prints what a reload does, a line each; `nothing changes` where that is so. */
void herd_config_change_print(const struct herd_config_change *change, const struct herd_config *running,
                              const struct herd_config *next, FILE *out);

/* The address of that kind of listener: its text is NULL where there is none. */
const struct herd_address *herd_config_listening(const struct herd_server_config *server, enum herd_listening which);

#endif
