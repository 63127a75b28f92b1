/* SPDX-License-Identifier: MIT */
/*
 * Two configurations compared. The table of options is walked once for the
 * whole and once for this server; what is left are lists: servers, links and
 * whom this server listens for, which are compared by name.
 */
#include "herd/configchange.h"

#include <assert.h>
#include <sysexits.h>

#include "local.h"

struct comparison {
    const struct herd_config *running;
    const struct herd_config *next;
    FILE *messages;
    unsigned faults;
    struct herd_config_change *change;
};

static_assert(HERD_SERVERS_MAX - 1 <= UINT8_MAX, "an index of a server fits came and went");

const struct herd_address *herd_config_listening(const struct herd_server_config *server, enum herd_listening which)
{
    switch (which) {
    case HERD_LISTENING_CLIENTS:
        return &server->clients_listen;
    case HERD_LISTENING_PEERS:
        return &server->peers_listen;
    case HERD_LISTENING_CLIENTS_TLS:
        return &server->clients_tls;
    case HERD_LISTENING_WEB:
        return &server->web;
    case HERD_LISTENINGS:
        break;
    }
    assert(false);
    return NULL;
}

static void note(struct herd_config_change *change, const struct option *option)
{
    size_t row = (size_t)(option - option_table);
    change->options[row / 64] |= UINT64_C(1) << row % 64;
    change->parts |= option->part;
}

bool herd_config_changes(const struct herd_config_change *change, const char *key)
{
    for (unsigned row = 0; row < option_count; row++) {
        if (strcmp(option_table[row].key, key) == 0) return (change->options[row / 64] >> row % 64 & 1) != 0;
    }
    assert(false); /* there is no such option */
    return false;
}

/* -- what is refused -- */

static const char *file_of(const struct herd_config *config)
{
    return config->source == NULL ? "the built-in herd" : config->source;
}

/* Where the next configuration sets an option. */
static void print_place(const struct comparison *c, const char *key)
{
    const char *place = herd_config_place(c->next, key);
    if (*place != '\0')
        fputs(place, c->messages);
    else
        fprintf(c->messages, "%s: ", file_of(c->next));
}

static bool may_change(const struct comparison *c, const struct option *option)
{
    if (option->reload == RELOAD_FREELY) return true;
    if (option->reload == RELOAD_NEVER) return false;
    assert(option->type == OPTION_NUMBER);
    const uint32_t *before = field_const(c->running, option->offset);
    const uint32_t *after = field_const(c->next, option->offset);
    return *after >= *before;
}

static void refuse_option(struct comparison *c, const struct option *option)
{
    c->faults++;
    print_place(c, option->key);
    fprintf(c->messages, "%s cannot %s while the server runs (it is ", option->key,
            option->reload == RELOAD_UPWARDS ? "become less" : "change");
    if (!option_print_value(option, c->running, c->messages)) fputs("not set", c->messages);
    fputs(")\n", c->messages);
}

static void refuse_self(struct comparison *c, const char *self)
{
    c->faults++;
    print_place(c, "servers");
    fprintf(c->messages, "servers has no \"%s\" any more, and that is the server that runs\n", self);
}

static void refuse_neighbours(struct comparison *c, unsigned count, unsigned neighbours_max)
{
    c->faults++;
    print_place(c, "links");
    fprintf(c->messages, "%s has %u neighbours, and has room for no more than %u while it runs\n",
            c->next->servers[c->change->next_self].name, count, neighbours_max);
}

/* -- options -- */

static void compare_options(struct comparison *c)
{
    for (unsigned row = 0; row < option_count; row++) {
        const struct option *option = &option_table[row];
        if (option_in_group(option, "servers") || option_equal(option, c->running, c->next)) continue;
        note(c->change, option);
        if (!may_change(c, option)) refuse_option(c, option);
    }
}

static void compare_own_options(struct comparison *c, const struct herd_server_config *running,
                                const struct herd_server_config *next)
{
    for (unsigned row = 0; row < option_count; row++) {
        const struct option *option = &option_table[row];
        if (option_in_group(option, "servers") && !option_equal(option, running, next)) note(c->change, option);
    }
}

/* -- servers and links -- */

static bool same_address(const struct herd_address *one, const struct herd_address *other)
{
    if (one->text == NULL || other->text == NULL) return one->text == other->text;
    return memcmp(&one->socket, &other->socket, sizeof(one->socket)) == 0;
}

/* Indices in `config` of those that `other` has not. */
static unsigned list_missing(const struct herd_config *config, const struct herd_config *other, uint8_t *ret_indices)
{
    unsigned count = 0;
    for (unsigned i = 0; i < config->server_count; i++) {
        if (herd_config_find_server(other, config->servers[i].name) < 0) ret_indices[count++] = (uint8_t)i;
    }
    return count;
}

static void compare_servers(struct comparison *c)
{
    struct herd_config_change *change = c->change;
    change->came_count = list_missing(c->next, c->running, change->came);
    change->went_count = list_missing(c->running, c->next, change->went);
    if (change->came_count + change->went_count > 0) note(change, option_find("", "servers"));
}

static bool linked(const struct herd_config *config, const char *a, const char *b)
{
    for (unsigned i = 0; i < config->link_count; i++) {
        const char *from = config->servers[config->links[i].a].name;
        const char *to = config->servers[config->links[i].b].name;
        if (strcmp(from, a) == 0 && strcmp(to, b) == 0) return true;
        if (strcmp(from, b) == 0 && strcmp(to, a) == 0) return true;
    }
    return false;
}

/* Both have each link once, so as many and all of one in the other is the same. */
static void compare_links(struct comparison *c)
{
    bool same = c->running->link_count == c->next->link_count;
    for (unsigned i = 0; same && i < c->next->link_count; i++) {
        const struct herd_link_config *link = &c->next->links[i];
        same = linked(c->running, c->next->servers[link->a].name, c->next->servers[link->b].name);
    }
    if (!same) note(c->change, option_find("", "links"));
}

static void add_neighbour(struct comparison *c, struct herd_config_neighbour neighbour)
{
    struct herd_config_change *change = c->change;
    assert(change->neighbour_count < 2 * HERD_NEIGHBOURS_MAX);
    change->neighbours[change->neighbour_count++] = neighbour;
    if (neighbour.change != HERD_NEIGHBOUR_KEPT || neighbour.hosts_changed) change->parts |= HERD_PART_NEIGHBOURS;
}

/* The neighbour `next` of the next configuration, which is `running` of the running one, or -1. */
static void compare_neighbour(struct comparison *c, int running, int next)
{
    struct herd_config_neighbour neighbour = {HERD_NEIGHBOUR_ADDED, running, next, false};
    if (running >= 0) {
        const struct herd_server_config *before = &c->running->servers[running];
        const struct herd_server_config *after = &c->next->servers[next];
        const struct herd_server_config *self_before = &c->running->servers[c->change->running_self];
        const struct herd_server_config *self_after = &c->next->servers[c->change->next_self];
        bool stays = same_address(&before->peers, &after->peers) &&
                     same_address(&self_before->peer_source, &self_after->peer_source);
        neighbour.change = stays ? HERD_NEIGHBOUR_KEPT : HERD_NEIGHBOUR_MOVED;
        neighbour.hosts_changed =
            !same_address(&before->peers, &after->peers) || !same_address(&before->peer_source, &after->peer_source);
    }
    add_neighbour(c, neighbour);
}

static void compare_neighbours(struct comparison *c, const char *self, unsigned neighbours_max)
{
    unsigned before[HERD_NEIGHBOURS_MAX];
    unsigned after[HERD_NEIGHBOURS_MAX];
    unsigned before_count = herd_config_neighbours(c->running, (unsigned)c->change->running_self, before);
    unsigned after_count = herd_config_neighbours(c->next, (unsigned)c->change->next_self, after);
    for (unsigned i = 0; i < after_count; i++) {
        const char *name = c->next->servers[after[i]].name;
        int running = linked(c->running, self, name) ? herd_config_find_server(c->running, name) : -1;
        compare_neighbour(c, running, (int)after[i]);
    }
    for (unsigned i = 0; i < before_count; i++) {
        if (!linked(c->next, self, c->running->servers[before[i]].name))
            add_neighbour(c, (struct herd_config_neighbour){HERD_NEIGHBOUR_REMOVED, (int)before[i], -1, false});
    }
    if (after_count > neighbours_max) refuse_neighbours(c, after_count, neighbours_max);
}

static enum herd_listener_change compare_listener(const struct herd_address *before, const struct herd_address *after)
{
    if (same_address(before, after)) return HERD_LISTENER_SAME;
    if (before->text == NULL) return HERD_LISTENER_OPENED;
    return after->text == NULL ? HERD_LISTENER_CLOSED : HERD_LISTENER_MOVED;
}

static void compare_self(struct comparison *c, const char *self, unsigned neighbours_max)
{
    struct herd_config_change *change = c->change;
    change->running_self = herd_config_find_server(c->running, self);
    change->next_self = herd_config_find_server(c->next, self);
    assert(change->running_self >= 0);
    if (change->next_self < 0) {
        refuse_self(c, self);
        return;
    }
    const struct herd_server_config *before = &c->running->servers[change->running_self];
    const struct herd_server_config *after = &c->next->servers[change->next_self];
    compare_own_options(c, before, after);
    for (unsigned i = 0; i < HERD_LISTENINGS; i++) {
        enum herd_listening which = (enum herd_listening)i;
        change->listeners[i] =
            compare_listener(herd_config_listening(before, which), herd_config_listening(after, which));
    }
    compare_neighbours(c, self, neighbours_max);
}

int herd_config_compare(const struct herd_config *running, const struct herd_config *next, const char *self,
                        unsigned neighbours_max, FILE *messages, struct herd_config_change *ret_change)
{
    *ret_change = (struct herd_config_change){.running_self = -1, .next_self = -1};
    struct comparison c = {.running = running, .next = next, .messages = messages, .change = ret_change};
    compare_options(&c);
    compare_servers(&c);
    compare_links(&c);
    if (self != NULL) compare_self(&c, self, neighbours_max);
    return c.faults == 0 ? 0 : EX_CONFIG;
}
