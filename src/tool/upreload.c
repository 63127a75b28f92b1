/* SPDX-License-Identifier: MIT */

/*
 * The file of a running `herd up`, read again.
 *
 * It is judged here for all servers before any of them is told: else some
 * would take what others refuse. What a server finds out only by trying, such
 * as a port that is taken, it refuses itself.
 */

#include <stdlib.h>
#include <string.h>

#include "herd/messages.h"
#include "local.h"

int up_compare(const struct herd_config *running, const struct herd_config *next, FILE *messages,
               struct herd_config_change *ret_change)
{
    unsigned neighbours[HERD_NEIGHBOURS_MAX];
    int code = herd_config_compare(running, next, NULL, 0, messages, ret_change);
    for (unsigned i = 0; code == 0 && i < running->server_count; i++) {
        const char *name = running->servers[i].name;
        if (herd_config_find_server(next, name) < 0) continue;
        unsigned room = herd_config_neighbours(running, i, neighbours) + HERD_NEIGHBOURS_SPARE;
        struct herd_config_change own;
        code = herd_config_compare(running, next, name, room, messages, &own);
    }
    return code;
}

int up_reload(const struct herd_config *running, const char *path, struct herd_config *ret_next,
              struct herd_config_change *ret_change)
{
    struct herd_config next;
    int code = herd_tool_load(path, &next);
    if (code != 0) return code;
    struct herd_messages messages;
    herd_messages_begin(&messages);
    code = up_compare(running, &next, messages.out, ret_change);
    herd_messages_tell(&messages, "herd");
    if (code == 0) {
        *ret_next = next;
    } else {
        herd_config_finish(&next);
    }
    return code;
}
