/* SPDX-License-Identifier: MIT */
#include "fixture.h"

#include <arpa/inet.h>

static const struct {
    const char *text, *host;
    int family, port;
    bool loopback;
} good[] = {
    {"127.0.0.1:12001", "127.0.0.1", AF_INET, 12001, true},
    {"127.255.255.254:1", "127.255.255.254", AF_INET, 1, true},
    {"128.0.0.1:1", "128.0.0.1", AF_INET, 1, false},
    {"126.255.255.255:65535", "126.255.255.255", AF_INET, 65535, false},
    {"0.0.0.0:0", "0.0.0.0", AF_INET, 0, false},
    {"[::1]:12001", "::1", AF_INET6, 12001, true},
    {"[::]:0", "::", AF_INET6, 0, false},
    {"[::2]:1", "::2", AF_INET6, 1, false},
    {"[::ffff:127.0.0.1]:1", "::ffff:127.0.0.1", AF_INET6, 1, true},
    {"[::ffff:128.0.0.1]:1", "::ffff:128.0.0.1", AF_INET6, 1, false},
    {"[2001:db8:1111:2222:3333:4444:5555:6666]:1", "2001:db8:1111:2222:3333:4444:5555:6666", AF_INET6, 1, false},
};

static const char *const bad[] = {
    "",
    ":",
    ":1",
    "127.0.0.1",
    "127.0.0.1:",
    "127.0.0.1:65536",
    "127.0.0.1:-1",
    "127.0.0.1:+1",
    "127.0.0.1: 1",
    "127.0.0.1:1 ",
    " 127.0.0.1:1",
    "127.0.0.1:000001",
    "127.0.0.1:1x",
    "127.0.0.1:0x1",
    "127.0.0:1",
    "127.0.0.1.1:1",
    "127.0.0.256:1",
    "127.1:1",
    "localhost:1",
    "example.org:80",
    "::1",
    "::1:12001",
    "[::1]",
    "[::1]:",
    "[::1:1",
    "[]:1",
    "[:1",
    "[",
    "]:1",
    "::1]:1",
    "[127.0.0.1]:1",
    "[::1%lo]:1",
    "[[::1]]:1",
    "[::1] :1",
    "[00000000000000000000000000000000000000000000001]:1",
};

static void addresses_are_parsed(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(good); i++) {
        struct sockaddr_storage address;
        if (herd_address_parse(good[i].text, &address) != 0) fail_msg("refused %s", good[i].text);
        assert_int_equal(address.ss_family, good[i].family);
        bool four = good[i].family == AF_INET;
        const struct sockaddr_in *in4 = (const struct sockaddr_in *)&address;
        const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)&address;
        char host[INET6_ADDRSTRLEN];
        const void *bytes = four ? (const void *)&in4->sin_addr : (const void *)&in6->sin6_addr;
        assert_non_null(inet_ntop(address.ss_family, bytes, host, sizeof(host)));
        assert_string_equal(host, good[i].host);
        assert_int_equal(ntohs(four ? in4->sin_port : in6->sin6_port), good[i].port);
        if (herd_address_is_loopback(&address) != good[i].loopback) fail_msg("loopback %s", good[i].text);
    }
}

static void other_texts_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct sockaddr_storage address = {.ss_family = AF_UNIX};
        if (herd_address_parse(bad[i], &address) != -EINVAL) fail_msg("took %s", bad[i]);
        assert_int_equal(address.ss_family, AF_UNIX);
        assert_false(herd_address_is_loopback(&address));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_are_parsed),
        cmocka_unit_test(other_texts_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
