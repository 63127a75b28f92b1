/* SPDX-License-Identifier: MIT */

/*
 * Strangers may come by thousands a second, so nothing here grows: a
 * neighbour's host is looked for among at most twice as many as there are
 * neighbours, a stranger's among as many as may wait, and who goes is the first
 * of a list or found in one that is as short. A host that nobody expects and
 * of whom nobody waits is freed.
 */

#include "herd/lobby.h"

#include <assert.h>
#include <string.h>

#include "herd/memory.h"
#include "local.h"

#define WHOLE 17 /* bytes of a key, see peername_key */
#define SHARE 9

struct herd_lobby_host {
    struct herd_list_node node; /* herd_lobby.neighbour_hosts or .stranger_hosts */
    unsigned char key[WHOLE];
    bool neighbour; /* is, or was, of the former */
    bool loopback;
    unsigned expected;            /* times; 0: of a stranger, or no longer */
    unsigned held;                /* of the places that it shares with other hosts */
    unsigned before_count;        /* neighbours' hosts only: */
    struct herd_list_node before; /* who has not said HELLO */
};

void herd_lobby_init(struct herd_lobby *lobby, const struct herd_lobby_limits *limits)
{
    memset(lobby, 0, sizeof *lobby);
    herd_list_init(&lobby->neighbour_hosts);
    herd_list_init(&lobby->stranger_hosts);
    herd_list_init(&lobby->greeted);
    herd_list_init(&lobby->strangers);
    herd_lobby_configure(lobby, limits);
}

void herd_lobby_configure(struct herd_lobby *lobby, const struct herd_lobby_limits *limits)
{
    assert(limits->before_max > 0 && limits->strangers_max > 0);
    lobby->limits = *limits;
    lobby->before_max = limits->before_max;
}

static struct herd_lobby_host *host_of(struct herd_list_node *node)
{
    return HERD_CONTAINER(node, struct herd_lobby_host, node);
}

static struct herd_lobby_host *add_host(struct herd_list_node *hosts, const unsigned char key[WHOLE])
{
    struct herd_lobby_host *host = herd_memory_allocate_zeroed(1, sizeof *host);
    memcpy(host->key, key, WHOLE);
    herd_list_init(&host->before);
    herd_list_append(hosts, &host->node);
    return host;
}

static void free_host(struct herd_lobby_host *host)
{
    assert(host->held == 0 && host->before_count == 0 && herd_list_empty(&host->before));
    herd_list_remove(&host->node);
    herd_memory_free(host);
}

static void free_idle(struct herd_lobby_host *host)
{
    if (host->expected == 0 && host->held == 0 && host->before_count == 0) free_host(host);
}

static void free_hosts(struct herd_list_node *hosts)
{
    while (hosts->next != NULL && !herd_list_empty(hosts))
        free_host(host_of(hosts->next));
}

void herd_lobby_finish(struct herd_lobby *lobby)
{
    assert(lobby->greeted_count == 0 && lobby->stranger_count == 0);
    free_hosts(&lobby->neighbour_hosts);
    free_hosts(&lobby->stranger_hosts);
}

static struct herd_lobby_host *find_host(const struct herd_list_node *hosts, const unsigned char key[WHOLE])
{
    for (struct herd_list_node *node = hosts->next; node != hosts; node = node->next)
        if (memcmp(host_of(node)->key, key, WHOLE) == 0) return host_of(node);
    return NULL;
}

static void expect_host(struct herd_lobby *lobby, const unsigned char key[WHOLE])
{
    struct herd_lobby_host *host = find_host(&lobby->neighbour_hosts, key);
    if (host == NULL) host = add_host(&lobby->neighbour_hosts, key);
    host->neighbour = true;
    if (host->expected++ == 0) lobby->expected_hosts++;
    lobby->greeted_max += 2;
}

static void forget_host(struct herd_lobby *lobby, const unsigned char key[WHOLE])
{
    struct herd_lobby_host *host = find_host(&lobby->neighbour_hosts, key);
    assert(host != NULL && host->expected > 0 && lobby->greeted_max >= 2);
    lobby->greeted_max -= 2;
    if (--host->expected > 0) return;
    lobby->expected_hosts--;
    free_idle(host);
}

/* For each of the hosts that a neighbour may come from. */
static void each_host(struct herd_lobby *lobby, const struct sockaddr *host, const struct sockaddr *source,
                      void (*act)(struct herd_lobby *lobby, const unsigned char key[WHOLE]))
{
    unsigned char key[WHOLE], other[WHOLE];
    if (!peername_key(host, key, sizeof key)) return;
    act(lobby, key);
    if (source == NULL || !peername_key(source, other, sizeof other)) return;
    if (memcmp(key, other, WHOLE) != 0) act(lobby, other);
}

void herd_lobby_expect(struct herd_lobby *lobby, const struct sockaddr *host, const struct sockaddr *source)
{
    each_host(lobby, host, source, expect_host);
}

void herd_lobby_forget(struct herd_lobby *lobby, const struct sockaddr *host, const struct sockaddr *source)
{
    each_host(lobby, host, source, forget_host);
}

/* Without the neighbours' places before HELLO. */
static unsigned fixed_places(const struct herd_lobby *lobby)
{
    return lobby->greeted_max + lobby->limits.strangers_max;
}

void herd_lobby_squeeze(struct herd_lobby *lobby, unsigned places_max)
{
    assert(lobby->limits.before_max > 0);
    unsigned fixed = fixed_places(lobby);
    unsigned left = places_max > fixed ? places_max - fixed : 0;
    lobby->before_max = lobby->limits.before_max;
    if (lobby->expected_hosts == 0) return;
    unsigned each = left / lobby->expected_hosts;
    if (each < 1) each = 1;
    if (each < lobby->before_max) lobby->before_max = each;
}

unsigned herd_lobby_places(const struct herd_lobby *lobby)
{
    return lobby->expected_hosts * lobby->before_max + fixed_places(lobby);
}

static struct herd_lobby_host *enter_stranger(struct herd_lobby *lobby, struct herd_lobby_seat *seat,
                                              const struct sockaddr *address)
{
    unsigned char key[WHOLE] = {0};
    (void)peername_key(address, key, SHARE); /* those without an address are one */
    struct herd_lobby_host *host = find_host(&lobby->stranger_hosts, key);
    if (host == NULL) host = add_host(&lobby->stranger_hosts, key);
    host->loopback = peername_loopback(address);
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
    seat->host = peername_key(address, key, sizeof key) ? find_host(&lobby->neighbour_hosts, key) : NULL;
    if (seat->host == NULL || seat->host->expected == 0) {
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
    assert(!herd_list_empty(&seat->node));
    seat->greeted = true;
    if (!host->neighbour) return;
    herd_list_remove(&seat->node);
    assert(host->before_count > 0);
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
    if (!host->neighbour) {
        if (greedy(lobby, host)) return choose(&lobby->strangers, host, seat);
        return lobby->stranger_count > lobby->limits.strangers_max ? choose(&lobby->strangers, NULL, seat) : NULL;
    }
    if (seat->greeted) return lobby->greeted_count > lobby->greeted_max ? choose(&lobby->greeted, NULL, seat) : NULL;
    return host->before_count > lobby->before_max ? seat_of(host->before.next) : NULL;
}

void herd_lobby_dismiss(struct herd_lobby *lobby, struct herd_lobby_seat *seat)
{
    assert(seat->host != NULL);
    if (seat->host->neighbour)
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
    if (!host->neighbour) {
        assert(lobby->stranger_count > 0 && host->held > 0);
        lobby->stranger_count--;
        host->held--;
    } else if (seat->greeted) {
        assert(lobby->greeted_count > 0 && host->held > 0);
        lobby->greeted_count--;
        host->held--;
    } else {
        assert(host->before_count > 0);
        host->before_count--;
    }
    free_idle(host);
}
