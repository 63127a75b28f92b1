/* SPDX-License-Identifier: MIT */
/* What a reload does, in words: for whoever asks before it, and for the log. */
#include "herd/configchange.h"

#include <assert.h>

#include "local.h"

static void print_value(const struct option *option, const void *base, FILE *out)
{
    if (!option_print_value(option, base, out)) fputs("not set", out);
}

static void print_options(const struct herd_config_change *change, const struct herd_config *running,
                          const struct herd_config *next, FILE *out)
{
    for (unsigned row = 0; row < option_count; row++) {
        const struct option *option = &option_table[row];
        bool list = option->type == OPTION_SERVERS || option->type == OPTION_LINKS;
        if (list || option_in_group(option, "servers") || !herd_config_changes(change, option->key)) continue;
        fprintf(out, "%s: ", option->key);
        print_value(option, running, out);
        fputs(" -> ", out);
        print_value(option, next, out);
        putc('\n', out);
    }
}

static void print_servers(const struct herd_config_change *change, const struct herd_config *running,
                          const struct herd_config *next, FILE *out)
{
    for (unsigned i = 0; i < change->came_count; i++)
        fprintf(out, "server %s comes into the herd\n", next->servers[change->came[i]].name);
    for (unsigned i = 0; i < change->went_count; i++)
        fprintf(out, "server %s leaves the herd\n", running->servers[change->went[i]].name);
}

/* From A to B where the address changes, else from which of our own it is dialled. */
static void print_move(const struct herd_config_change *change, const struct herd_config_neighbour *neighbour,
                       const struct herd_config *running, const struct herd_config *next, FILE *out)
{
    const struct herd_server_config *before = &running->servers[neighbour->running];
    const struct herd_server_config *after = &next->servers[neighbour->next];
    const char *source = next->servers[change->next_self].peer_source.text;
    if (strcmp(before->peers.text, after->peers.text) != 0)
        fprintf(out, "link to %s moves from %s to %s\n", after->name, before->peers.text, after->peers.text);
    else
        fprintf(out, "link to %s is made anew, from %s\n", after->name,
                source == NULL ? "the address that the system chooses" : source);
}

static void print_neighbours(const struct herd_config_change *change, const struct herd_config *running,
                             const struct herd_config *next, FILE *out)
{
    for (unsigned i = 0; i < change->neighbour_count; i++) {
        const struct herd_config_neighbour *neighbour = &change->neighbours[i];
        switch (neighbour->change) {
        case HERD_NEIGHBOUR_KEPT:
            if (neighbour->hosts_changed)
                fprintf(out, "neighbour %s is expected from other addresses\n", next->servers[neighbour->next].name);
            break;
        case HERD_NEIGHBOUR_MOVED:
            print_move(change, neighbour, running, next, out);
            break;
        case HERD_NEIGHBOUR_ADDED:
            fprintf(out, "link to %s added, at %s\n", next->servers[neighbour->next].name,
                    next->servers[neighbour->next].peers.text);
            break;
        case HERD_NEIGHBOUR_REMOVED:
            fprintf(out, "link to %s removed\n", running->servers[neighbour->running].name);
            break;
        }
    }
}

static void print_listeners(const struct herd_config_change *change, const struct herd_config *running,
                            const struct herd_config *next, FILE *out)
{
    static const char *const names[HERD_LISTENINGS] = {"clients", "peers", "clients_tls", "web"};
    for (unsigned i = 0; i < HERD_LISTENINGS; i++) {
        if (change->listeners[i] == HERD_LISTENER_SAME) continue;
        const char *before =
            herd_config_listening(&running->servers[change->running_self], (enum herd_listening)i)->text;
        const char *after = herd_config_listening(&next->servers[change->next_self], (enum herd_listening)i)->text;
        if (before == NULL)
            fprintf(out, "listener %s opens at %s\n", names[i], after);
        else if (after == NULL)
            fprintf(out, "listener %s closes at %s\n", names[i], before);
        else
            fprintf(out, "listener %s moves from %s to %s\n", names[i], before, after);
    }
}

/* Another address to dial this server at, where it listens as before: that is news for others. */
static void print_dialled(const struct herd_config_change *change, const struct herd_config *next, FILE *out)
{
    const struct herd_server_config *self = &next->servers[change->next_self];
    if (herd_config_changes(change, "servers.clients") && change->listeners[HERD_LISTENING_CLIENTS] == 0)
        fprintf(out, "clients dial %s from now on, listener clients stays\n", self->clients.text);
    if (herd_config_changes(change, "servers.peers") && change->listeners[HERD_LISTENING_PEERS] == 0)
        fprintf(out, "neighbours dial %s from now on, listener peers stays\n", self->peers.text);
}

void herd_config_change_print(const struct herd_config_change *change, const struct herd_config *running,
                              const struct herd_config *next, FILE *out)
{
    if (change->parts == 0) {
        fputs("nothing changes\n", out);
        return;
    }
    print_servers(change, running, next, out);
    if (change->next_self >= 0) {
        print_neighbours(change, running, next, out);
        print_listeners(change, running, next, out);
        print_dialled(change, next, out);
    }
    print_options(change, running, next, out);
    if (change->parts == HERD_PART_HERD && change->came_count + change->went_count == 0 &&
        herd_config_changes(change, "links"))
        fputs("links between other servers change\n", out);
}
