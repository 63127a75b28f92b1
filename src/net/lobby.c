/* SPDX-License-Identifier: MIT */

/*
 * Strangers may come by thousands a second, so nothing here grows: a
 * neighbour's host is looked for among at most twice as many as there are
 * neighbours, a stranger's among strangers_max, and who goes is the first of a
 * list or found in one that is as short.
 */

#include "herd/lobby.h"

#include <assert.h>
#include <string.h>

#include "herd/memory.h"
#include "local.h"

#define WHOLE 17 /* bytes of a key, see herd_peername_key */
#define SHARE 9

struct herd_lobby_host {
    unsigned char key[WHOLE];
    bool loopback;
    unsigned held;                /* of the places that it shares with other hosts */
    unsigned before_count;        /* neighbours' hosts only: */
    struct herd_list_node before; /* who has not said HELLO */
};

void herd_lobby_init(struct herd_lobby *lobby, const struct herd_lobby_limits *limits)
{
    assert(limits->before_max > 0 && limits->strangers_max > 0);
    memset(lobby, 0, sizeof *lobby);
    lobby->limits = *limits;
    /* One more is in before somebody goes. */
    lobby->hosts =
        herd_memory_allocate_zeroed(2 * limits->neighbours_max + limits->strangers_max + 1, sizeof *lobby->hosts);
    herd_list_init(&lobby->greeted);
    herd_list_init(&lobby->strangers);
}

void herd_lobby_finish(struct herd_lobby *lobby)
{
    assert(lobby->greeted_count == 0 && lobby->stranger_count == 0);
    herd_memory_free(lobby->hosts);
    lobby->hosts = NULL;
}

static struct herd_lobby_host *find_neighbour(const struct herd_lobby *lobby, const unsigned char key[WHOLE])
{
    for (unsigned i = 0; i < lobby->neighbour_hosts; i++)
        if (memcmp(lobby->hosts[i].key, key, WHOLE) == 0) return &lobby->hosts[i];
    return NULL;
}

static bool is_neighbour(const struct herd_lobby *lobby, const struct herd_lobby_host *host)
{
    return host < lobby->hosts + lobby->neighbour_hosts;
}

static void expect_host(struct herd_lobby *lobby, const unsigned char key[WHOLE])
{
    lobby->greeted_max += 2;
    if (find_neighbour(lobby, key) != NULL) return;
    assert(lobby->neighbour_hosts < 2 * lobby->limits.neighbours_max);
    struct herd_lobby_host *host = &lobby->hosts[lobby->neighbour_hosts++];
    memcpy(host->key, key, WHOLE);
    herd_list_init(&host->before);
}

void herd_lobby_expect(struct herd_lobby *lobby, const struct sockaddr *host, const struct sockaddr *source)
{
    unsigned char key[WHOLE], other[WHOLE];
    assert(lobby->stranger_count == 0);
    if (!herd_peername_key(host, key, sizeof key)) return;
    expect_host(lobby, key);
    if (source == NULL || !herd_peername_key(source, other, sizeof other)) return;
    if (memcmp(key, other, WHOLE) != 0) expect_host(lobby, other);
}

/* Without the neighbours' places before HELLO. */
static unsigned fixed_places(const struct herd_lobby *lobby)
{
    return lobby->greeted_max + lobby->limits.strangers_max;
}

void herd_lobby_squeeze(struct herd_lobby *lobby, unsigned places_max)
{
    unsigned fixed = fixed_places(lobby);
    unsigned left = places_max > fixed ? places_max - fixed : 0;
    if (lobby->neighbour_hosts == 0) return;
    unsigned each = left / lobby->neighbour_hosts;
    if (each < 1) each = 1;
    if (each < lobby->limits.before_max) lobby->limits.before_max = each;
}

unsigned herd_lobby_places(const struct herd_lobby *lobby)
{
    return lobby->neighbour_hosts * lobby->limits.before_max + fixed_places(lobby);
}

/* The stranger's address, new where it holds no place. */
static struct herd_lobby_host *find_stranger(struct herd_lobby *lobby, const unsigned char key[WHOLE])
{
    struct herd_lobby_host *hosts = lobby->hosts + lobby->neighbour_hosts;
    struct herd_lobby_host *unused = NULL;
    for (unsigned i = 0; i <= lobby->limits.strangers_max; i++) {
        if (hosts[i].held == 0)
            unused = &hosts[i];
        else if (memcmp(hosts[i].key, key, WHOLE) == 0)
            return &hosts[i];
    }
    assert(unused != NULL);
    memcpy(unused->key, key, WHOLE);
    return unused;
}

static struct herd_lobby_host *enter_stranger(struct herd_lobby *lobby, struct herd_lobby_seat *seat,
                                              const struct sockaddr *address)
{
    unsigned char key[WHOLE] = {0};
    (void)herd_peername_key(address, key, SHARE); /* those without an address are one */
    struct herd_lobby_host *host = find_stranger(lobby, key);
    host->loopback = herd_peername_loopback(address);
    host->held++;
    lobby->stranger_count++;
    herd_list_append(&lobby->strangers, &seat->node);
    return host;
}

void herd_lobby_enter(struct herd_lobby *lobby, struct herd_lobby_seat *seat, const struct sockaddr *address)
{
    unsigned char key[WHOLE];
    assert(seat->host == NULL);
    seat->greeted = false;
    seat->host = herd_peername_key(address, key, sizeof key) ? find_neighbour(lobby, key) : NULL;
    if (seat->host == NULL) {
        seat->host = enter_stranger(lobby, seat, address);
        return;
    }
    seat->host->before_count++;
    herd_list_append(&seat->host->before, &seat->node);
}

void herd_lobby_greet(struct herd_lobby *lobby, struct herd_lobby_seat *seat)
{
    struct herd_lobby_host *host = seat->host;
    if (host == NULL || seat->greeted) return;
    seat->greeted = true;
    if (!is_neighbour(lobby, host)) return;
    herd_list_remove(&seat->node);
    host->before_count--;
    host->held++;
    lobby->greeted_count++;
    herd_list_append(&lobby->greeted, &seat->node);
}

static struct herd_lobby_seat *seat_of(struct herd_list_node *node)
{
    return HERD_CONTAINER(node, struct herd_lobby_seat, node);
}

static bool goes_before(const struct herd_lobby_seat *seat, const struct herd_lobby_seat *older)
{
    if (seat->greeted != older->greeted) return older->greeted;
    return seat->host->held > older->host->held;
}

/* Of a list, or of one host's in it, and never who has just come. */
static struct herd_lobby_seat *choose(const struct herd_list_node *list, const struct herd_lobby_host *host,
                                      const struct herd_lobby_seat *newest)
{
    struct herd_lobby_seat *first = NULL;
    for (struct herd_list_node *node = list->next; node != list; node = node->next) {
        struct herd_lobby_seat *seat = seat_of(node);
        if (seat == newest || (host != NULL && seat->host != host)) continue;
        if (first == NULL || goes_before(seat, first)) first = seat;
    }
    return first;
}

/* More than its share of what strangers have. */
static bool greedy(const struct herd_lobby *lobby, const struct herd_lobby_host *host)
{
    unsigned share = lobby->limits.per_address_max;
    return share > 0 && host->held > share && !host->loopback;
}

struct herd_lobby_seat *herd_lobby_surplus(const struct herd_lobby *lobby, const struct herd_lobby_seat *seat)
{
    struct herd_lobby_host *host = seat->host;
    if (host == NULL) return NULL;
    if (!is_neighbour(lobby, host)) {
        if (greedy(lobby, host)) return choose(&lobby->strangers, host, seat);
        return lobby->stranger_count > lobby->limits.strangers_max ? choose(&lobby->strangers, NULL, seat) : NULL;
    }
    if (seat->greeted) return lobby->greeted_count > lobby->greeted_max ? choose(&lobby->greeted, NULL, seat) : NULL;
    return host->before_count > lobby->limits.before_max ? seat_of(host->before.next) : NULL;
}

void herd_lobby_dismiss(struct herd_lobby *lobby, struct herd_lobby_seat *seat)
{
    assert(seat->host != NULL);
    if (is_neighbour(lobby, seat->host))
        lobby->counts.neighbours++;
    else if (greedy(lobby, seat->host))
        lobby->counts.per_address++;
    else
        lobby->counts.strangers++;
    herd_lobby_leave(lobby, seat);
}

void herd_lobby_leave(struct herd_lobby *lobby, struct herd_lobby_seat *seat)
{
    struct herd_lobby_host *host = seat->host;
    if (host == NULL) return;
    herd_list_remove(&seat->node);
    seat->host = NULL;
    if (!is_neighbour(lobby, host)) {
        lobby->stranger_count--;
        host->held--;
    } else if (seat->greeted) {
        lobby->greeted_count--;
        host->held--;
    } else {
        host->before_count--;
    }
}
