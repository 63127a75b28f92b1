/* SPDX-License-Identifier: MIT */
/*
 * Addresses in text: `1.2.3.4:5` and `[::1]:5`. Names are not looked up: a
 * look-up can block, and its answer can change under a running herd.
 */
#include "herd/config.h"

#include <arpa/inet.h>
#include <errno.h>

#include "herd/decimal.h"

#define HOST_LENGTH_MAX 45 /* of an IPv6 address with an IPv4 one at its end */
#define PORT_LENGTH_MAX 5

static int parse_host(struct herd_text host, bool bracketed, uint16_t port, struct sockaddr_storage *ret_address)
{
    char string[HOST_LENGTH_MAX + 1];
    if (host.length > HOST_LENGTH_MAX || memchr(host.bytes, '\0', host.length) != NULL) return -EINVAL;
    memcpy(string, host.bytes, host.length);
    string[host.length] = '\0';

    struct sockaddr_storage address = {0};
    if (bracketed) {
        struct sockaddr_in6 *six = (struct sockaddr_in6 *)&address;
        six->sin6_family = AF_INET6;
        six->sin6_port = htons(port);
        if (inet_pton(AF_INET6, string, &six->sin6_addr) != 1) return -EINVAL;
    } else {
        struct sockaddr_in *four = (struct sockaddr_in *)&address;
        four->sin_family = AF_INET;
        four->sin_port = htons(port);
        if (inet_pton(AF_INET, string, &four->sin_addr) != 1) return -EINVAL;
    }
    *ret_address = address;
    return 0;
}

int herd_address_parse(const char *text, struct sockaddr_storage *ret_address)
{
    const char *colon = strrchr(text, ':');
    if (colon == NULL || colon == text) return -EINVAL;
    struct herd_text host = {text, (size_t)(colon - text)};
    struct herd_text digits = herd_text_of(colon + 1);
    uint64_t port;
    if (digits.length > PORT_LENGTH_MAX || herd_number_parse(digits, UINT16_MAX, &port) != 0) return -EINVAL;

    bool bracketed = host.bytes[0] == '[';
    if (bracketed) {
        if (host.length < 2 || host.bytes[host.length - 1] != ']') return -EINVAL;
        host = (struct herd_text){host.bytes + 1, host.length - 2};
    }
    return parse_host(host, bracketed, (uint16_t)port, ret_address);
}

bool herd_address_is_loopback(const struct sockaddr_storage *address)
{
    if (address->ss_family == AF_INET) {
        const struct sockaddr_in *four = (const struct sockaddr_in *)address;
        return ntohl(four->sin_addr.s_addr) >> 24 == 127;
    }
    if (address->ss_family == AF_INET6) {
        const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)address;
        if (IN6_IS_ADDR_LOOPBACK(&six->sin6_addr)) return true;
        return IN6_IS_ADDR_V4MAPPED(&six->sin6_addr) && six->sin6_addr.s6_addr[12] == 127;
    }
    return false;
}
