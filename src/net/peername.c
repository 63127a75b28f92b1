/* SPDX-License-Identifier: MIT */

/* Addresses of the other side, as text and for the rules that look at them. */

#include <arpa/inet.h>
#include <assert.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "local.h"

bool peername_ipv4(const struct sockaddr *address, uint32_t *ret_address)
{
    if (address->sa_family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, address, sizeof in);
        *ret_address = in.sin_addr.s_addr;
        return true;
    }
    if (address->sa_family != AF_INET6) return false;
    struct sockaddr_in6 in6;
    memcpy(&in6, address, sizeof in6);
    if (!IN6_IS_ADDR_V4MAPPED(&in6.sin6_addr)) return false;
    memcpy(ret_address, &in6.sin6_addr.s6_addr[12], sizeof *ret_address);
    return true;
}

bool peername_key(const struct sockaddr *address, unsigned char *key, size_t size)
{
    uint32_t ipv4;
    assert(size > sizeof ipv4 && size <= 1 + sizeof(struct in6_addr));
    memset(key, 0, size);
    if (peername_ipv4(address, &ipv4)) {
        key[0] = 4;
        memcpy(key + 1, &ipv4, sizeof ipv4);
        return true;
    }
    if (address->sa_family != AF_INET6) return false;
    struct sockaddr_in6 in6;
    memcpy(&in6, address, sizeof in6);
    key[0] = 6;
    memcpy(key + 1, in6.sin6_addr.s6_addr, size - 1);
    return true;
}

static unsigned port_of(const struct sockaddr *address)
{
    struct sockaddr_in in; /* the port is in the same place in both families */
    _Static_assert(offsetof(struct sockaddr_in, sin_port) == offsetof(struct sockaddr_in6, sin6_port), "layout");
    memcpy(&in, address, sizeof in);
    return ntohs(in.sin_port);
}

void peername_format(const struct sockaddr *address, char *out, size_t size)
{
    assert(size >= 56);
    char text[INET6_ADDRSTRLEN];
    uint32_t ipv4;
    if (peername_ipv4(address, &ipv4)) {
        inet_ntop(AF_INET, &ipv4, text, sizeof text);
        snprintf(out, size, "%s:%u", text, port_of(address));
    } else if (address->sa_family == AF_INET6) {
        struct sockaddr_in6 in6;
        memcpy(&in6, address, sizeof in6);
        inet_ntop(AF_INET6, &in6.sin6_addr, text, sizeof text);
        snprintf(out, size, "[%s]:%u", text, port_of(address));
    } else {
        snprintf(out, size, "-");
    }
}

bool peername_loopback(const struct sockaddr *address)
{
    uint32_t ipv4;
    if (peername_ipv4(address, &ipv4)) return ntohl(ipv4) >> 24 == 127;
    if (address->sa_family != AF_INET6) return false;
    struct sockaddr_in6 in6;
    memcpy(&in6, address, sizeof in6);
    return IN6_IS_ADDR_LOOPBACK(&in6.sin6_addr);
}
