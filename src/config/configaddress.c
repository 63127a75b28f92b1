/* SPDX-License-Identifier: MIT */
/*
 * What is listened on and what is dialled.
 *
 * What others dial must be there once in the whole herd. What is listened on
 * must be there once on a machine, and a wildcard address takes its port on
 * all of the machine's addresses. The file does not say which servers share a
 * machine: those do that are dialled at the same address, or both on loopback.
 * Two machines behind their own NAT may well both listen on 0.0.0.0:12001.
 */
#include "local.h"

#include <arpa/inet.h>

#define ENDPOINTS_MAX 6 /* a server's */

struct endpoint {
    const struct herd_config *config;
    unsigned server;
    const char *key;
    const struct herd_address *address;
    bool dialled;
    bool listened;
};

static uint16_t port_of(const struct herd_address *address)
{
    if (address->socket.ss_family == AF_INET) return ntohs(((const struct sockaddr_in *)&address->socket)->sin_port);
    return ntohs(((const struct sockaddr_in6 *)&address->socket)->sin6_port);
}

/* The host as 16 bytes, IPv4 as v4-mapped. */
static struct in6_addr host_of(const struct herd_address *address)
{
    if (address->socket.ss_family == AF_INET6) return ((const struct sockaddr_in6 *)&address->socket)->sin6_addr;
    struct in6_addr mapped = {.s6_addr = {[10] = 0xff, [11] = 0xff}};
    memcpy(&mapped.s6_addr[12], &((const struct sockaddr_in *)&address->socket)->sin_addr, 4);
    return mapped;
}

static bool same_host(const struct herd_address *a, const struct herd_address *b)
{
    struct in6_addr host_a = host_of(a);
    struct in6_addr host_b = host_of(b);
    return memcmp(&host_a, &host_b, sizeof(host_a)) == 0;
}

static bool is_wildcard(const struct herd_address *address)
{
    static const uint8_t zeros[16];
    struct in6_addr host = host_of(address);
    size_t start = address->socket.ss_family == AF_INET ? 12 : 0;
    return memcmp(&host.s6_addr[start], zeros, sizeof(zeros) - start) == 0;
}

/* Whether a wildcard address takes the other's family too: [::] does take IPv4. */
static bool covers(const struct herd_address *wildcard, const struct herd_address *other)
{
    return is_wildcard(wildcard) &&
           (wildcard->socket.ss_family == AF_INET6 || other->socket.ss_family == AF_INET || is_wildcard(other));
}

static bool same_machine(const struct herd_server_config *a, const struct herd_server_config *b)
{
    const struct herd_address *of_a[] = {&a->clients, &a->peers};
    const struct herd_address *of_b[] = {&b->clients, &b->peers};
    for (unsigned i = 0; i < 4; i++) {
        const struct herd_address *one = of_a[i / 2];
        const struct herd_address *other = of_b[i % 2];
        if (one->text == NULL || other->text == NULL) continue;
        if (same_host(one, other)) return true;
        if (herd_address_is_loopback(&one->socket) && herd_address_is_loopback(&other->socket)) return true;
    }
    return false;
}

static bool collide(const struct endpoint *a, const struct endpoint *b)
{
    if (port_of(a->address) != port_of(b->address)) return false;
    if (a->dialled && b->dialled && same_host(a->address, b->address)) return true;
    if (!a->listened || !b->listened) return false;
    if (!same_host(a->address, b->address) && !covers(a->address, b->address) && !covers(b->address, a->address))
        return false;
    return a->server == b->server || same_machine(&a->config->servers[a->server], &b->config->servers[b->server]);
}

static unsigned list_endpoints(const struct herd_config *config, unsigned index, struct endpoint *ret_endpoints)
{
    const struct herd_server_config *server = &config->servers[index];
    bool own_clients = server->clients_listen.line != server->clients.line || server->clients.text == NULL ||
                       strcmp(server->clients_listen.text, server->clients.text) != 0;
    bool own_peers = server->peers_listen.line != server->peers.line || server->peers.text == NULL ||
                     strcmp(server->peers_listen.text, server->peers.text) != 0;
    const struct endpoint all[ENDPOINTS_MAX] = {
        {config, index, "clients", &server->clients, true, !own_clients},
        {config, index, "peers", &server->peers, true, !own_peers},
        {config, index, "clients_listen", own_clients ? &server->clients_listen : NULL, false, true},
        {config, index, "peers_listen", own_peers ? &server->peers_listen : NULL, false, true},
        {config, index, "clients_tls", &server->clients_tls, true, true},
        {config, index, "web", &server->web, true, true},
    };
    unsigned count = 0;
    for (unsigned i = 0; i < ENDPOINTS_MAX; i++) {
        if (all[i].address != NULL && all[i].address->text != NULL) ret_endpoints[count++] = all[i];
    }
    return count;
}

static void check_taken(const struct endpoint *all, unsigned last, struct config_report *report)
{
    const struct endpoint *late = &all[last];
    for (unsigned i = 0; i < last; i++) {
        const struct endpoint *early = &all[i];
        if (!collide(early, late)) continue;
        const char *owner = late->config->servers[early->server].name;
        config_report_error(report, late->address->line, "servers[%u].%s: %s is taken by %s of %s%s%s", late->server,
                            late->key, late->address->text, early->key,
                            early->server == late->server ? "the same server"
                            : owner == NULL               ? "another server"
                                                          : owner,
                            strcmp(early->address->text, late->address->text) == 0 ? "" : ", ",
                            strcmp(early->address->text, late->address->text) == 0 ? "" : early->address->text);
        return; /* one is enough to tell about this address */
    }
}

static void check_dialled(const struct endpoint *endpoint, struct config_report *report)
{
    bool has_listen = strcmp(endpoint->key, "clients") == 0 || strcmp(endpoint->key, "peers") == 0;
    if (!has_listen || !is_wildcard(endpoint->address)) return;
    config_report_error(report, endpoint->address->line,
                        "servers[%u].%s: %s cannot be dialled: name the address that others dial here, and this one as "
                        "%s_listen",
                        endpoint->server, endpoint->key, endpoint->address->text, endpoint->key);
}

/* Nothing can be bound there: a socket of IPv6 that takes no IPv4 has no such address, and users mean the other. */
static bool check_mapped(unsigned server, const char *key, const struct herd_address *address,
                         struct config_report *report)
{
    if (address->text == NULL || address->socket.ss_family != AF_INET6) return true;
    const struct in6_addr host = host_of(address);
    if (!IN6_IS_ADDR_V4MAPPED(&host)) return true;
    char four[INET_ADDRSTRLEN];
    inet_ntop(AF_INET, &host.s6_addr[12], four, sizeof(four));
    config_report_error(report, address->line, "servers[%u].%s: %s is an IPv4 address in the clothes of IPv6: write %s",
                        server, key, address->text, four);
    return false;
}

static bool has_link(const struct herd_config *config, unsigned server)
{
    for (unsigned i = 0; i < config->link_count; i++) {
        if (config->links[i].a == server || config->links[i].b == server) return true;
    }
    return false;
}

static void check_secret(const struct herd_config *config, unsigned index, struct config_report *report)
{
    const struct herd_address *peers = &config->servers[index].peers;
    if (config->secret_file != NULL || peers->text == NULL || !has_link(config, index)) return;
    if (herd_address_is_loopback(&peers->socket) || is_wildcard(peers)) return;
    config_report_error(
        report, peers->line,
        "servers[%u].peers: %s is not a loopback address: neighbours beyond one machine need secret_file", index,
        peers->text);
}

/* An address of one family cannot dial one of the other. */
static void check_source(const struct herd_config *config, unsigned from, unsigned to, struct config_report *report)
{
    const struct herd_address *source = &config->servers[from].peer_source;
    const struct herd_address *peers = &config->servers[to].peers;
    if (source->text == NULL || peers->text == NULL || source->socket.ss_family == peers->socket.ss_family) return;
    config_report_error(report, source->line, "servers[%u].peer_source: %s cannot dial the neighbour at %s", from,
                        source->text, peers->text);
}

void config_check_addresses(const struct herd_config *config, struct config_report *report)
{
    struct endpoint all[HERD_SERVERS_MAX * ENDPOINTS_MAX];
    unsigned count = 0;
    for (unsigned i = 0; i < config->server_count; i++) {
        unsigned first = count;
        count += list_endpoints(config, i, &all[count]);
        for (; first < count; first++) {
            if (!check_mapped(i, all[first].key, all[first].address, report)) continue;
            check_dialled(&all[first], report);
            check_taken(all, first, report);
        }
        check_mapped(i, "peer_source", &config->servers[i].peer_source, report);
        check_secret(config, i, report);
    }
    for (unsigned i = 0; i < config->link_count; i++) {
        check_source(config, config->links[i].a, config->links[i].b, report);
        check_source(config, config->links[i].b, config->links[i].a, report);
    }
}
