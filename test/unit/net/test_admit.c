/* SPDX-License-Identifier: MIT */

/* Connections per address: who counts as one, who does not count. */

#include "netfixture.h"

#include "herd/admit.h"

static const struct herd_admit_limits no_limits = {.connections_max = UINT_MAX};

static int take(struct herd_admit *admit, const char *text, unsigned max, struct herd_admit_place *ret_place)
{
    struct herd_admit_limits limits = {.connections_max = UINT_MAX, .per_address_max = max};
    struct sockaddr_storage address = numeric_storage(text);
    herd_admit_configure(admit, &limits);
    return herd_admit_take(admit, (const struct sockaddr *)&address, ret_place);
}

static void test_who_is_one(void **state)
{
    (void)state;
    static const struct {
        const char *a;
        const char *b;
        bool same;
    } table[] = {
        {"192.0.2.1", "192.0.2.1", true},          {"192.0.2.1", "192.0.2.2", false},
        {"192.0.2.1", "::ffff:192.0.2.1", true},   {"::ffff:192.0.2.1", "::ffff:192.0.2.2", false},
        {"2001:db8::1", "2001:db8::2", true},      {"2001:db8::1", "2001:db8:0:0:ffff:ffff:ffff:ffff", true},
        {"2001:db8::1", "2001:db8:0:1::1", false}, {"2001:db8::1", "2001:db9::1", false},
        {"c000:201::", "192.0.2.1", false}, /* the same leading bytes */
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct herd_admit admit;
        struct herd_admit_place a, b = {0};
        herd_admit_init(&admit, &no_limits);
        assert_int_equal(take(&admit, table[i].a, 1, &a), 0);
        assert_int_equal(take(&admit, table[i].b, 1, &b), table[i].same ? -EUSERS : 0);
        herd_admit_give(&a);
        herd_admit_give(&b);
        assert_int_equal(admit.addresses.live, 0);
        assert_int_equal(admit.table.count, 0);
        herd_admit_finish(&admit);
    }
}

static void test_exempt(void **state)
{
    (void)state;
    static const char *const table[] = {"127.0.0.1", "127.0.1.5", "127.255.255.255", "::1", "::ffff:127.0.0.1"};
    struct herd_admit admit;
    struct herd_admit_place place;
    herd_admit_init(&admit, &no_limits);
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        for (unsigned times = 0; times < 5; times++) {
            place.address = 77;
            assert_int_equal(take(&admit, table[i], 1, &place), 0);
            assert_int_equal(place.address, 0);
            herd_admit_give(&place);
        }
    }
    for (unsigned times = 0; times < 5; times++) { /* no limit, nothing to count */
        assert_int_equal(take(&admit, "192.0.2.1", 0, &place), 0);
        assert_int_equal(place.address, 0);
        herd_admit_give(&place);
    }
    assert_int_equal(admit.addresses.live, 0);
    herd_admit_finish(&admit);
}

static void test_at_the_limit(void **state)
{
    (void)state;
    enum { MAX = 3 };
    struct herd_admit admit;
    struct herd_admit_place places[MAX], other;
    herd_admit_init(&admit, &no_limits);
    for (unsigned i = 0; i < MAX; i++)
        assert_int_equal(take(&admit, "192.0.2.1", MAX, &places[i]), 0);
    assert_int_equal(take(&admit, "192.0.2.1", MAX, &other), -EUSERS);
    assert_int_equal(take(&admit, "192.0.2.2", MAX, &other), 0); /* others do not care */
    herd_admit_give(&places[0]);
    assert_int_equal(take(&admit, "192.0.2.1", MAX, &places[0]), 0);
    assert_int_equal(take(&admit, "192.0.2.1", MAX, &places[0]), -EUSERS);
    for (unsigned i = 0; i < MAX; i++)
        herd_admit_give(&places[i]);
    herd_admit_give(&other);
    assert_int_equal(admit.addresses.live, 0);
    herd_admit_finish(&admit);
}

static void test_many_addresses(void **state)
{
    (void)state;
    enum { COUNT = 5000 };
    static struct herd_admit_place places[COUNT];
    struct herd_admit admit;
    char text[32];
    herd_admit_init(&admit, &no_limits);
    for (unsigned round = 0; round < 2; round++) {
        for (unsigned i = 0; i < COUNT; i++) {
            struct herd_admit_place none;
            snprintf(text, sizeof text, "198.51.%u.%u", i / 250, i % 250);
            assert_int_equal(take(&admit, text, 1, &places[i]), 0);
            assert_int_equal(take(&admit, text, 1, &none), -EUSERS);
        }
        assert_int_equal(admit.addresses.live, COUNT);
        for (unsigned i = 0; i < COUNT; i++)
            herd_admit_give(&places[i]);
        assert_int_equal(admit.table.count, 0);
    }
    herd_admit_finish(&admit);
}

/* Who is in counts, whatever its address; a lower limit turns nobody out. */
static void test_in_all(void **state)
{
    (void)state;
    struct herd_admit_limits limits = {.connections_max = 2};
    struct sockaddr_storage storage = numeric_storage("127.0.0.1");
    const struct sockaddr *address = (const struct sockaddr *)&storage;
    struct herd_admit_place places[3] = {{0}};
    struct herd_admit admit;
    herd_admit_init(&admit, &limits);
    assert_int_equal(herd_admit_take(&admit, address, &places[0]), 0);
    assert_int_equal(herd_admit_take(&admit, address, &places[1]), 0);
    assert_int_equal(herd_admit_take(&admit, address, &places[2]), -EMFILE);
    assert_null(places[2].admit);
    assert_int_equal(admit.counts.refused_connections, 1);
    limits.connections_max = 1;
    herd_admit_configure(&admit, &limits);
    assert_int_equal(admit.counts.open, 2);
    herd_admit_give(&places[0]);
    herd_admit_give(&places[0]); /* it has none any more: harmless */
    assert_int_equal(herd_admit_take(&admit, address, &places[2]), -EMFILE);
    herd_admit_give(&places[1]);
    assert_int_equal(herd_admit_take(&admit, address, &places[2]), 0);
    assert_int_equal(admit.counts.refused_address, 0);
    herd_admit_give(&places[2]);
    herd_admit_finish(&admit);
}

/* An address that has what a limit allowed that is gone has it until it gives it back. */
static void test_limit_lowered(void **state)
{
    (void)state;
    struct herd_admit_place places[3];
    struct herd_admit admit;
    herd_admit_init(&admit, &no_limits);
    assert_int_equal(take(&admit, "192.0.2.1", 3, &places[0]), 0);
    assert_int_equal(take(&admit, "192.0.2.1", 3, &places[1]), 0);
    assert_int_equal(take(&admit, "192.0.2.1", 2, &places[2]), -EUSERS);
    assert_int_equal(admit.counts.refused_address, 1);
    assert_int_equal(admit.counts.open, 2);
    assert_int_equal(take(&admit, "192.0.2.1", 0, &places[2]), 0);
    for (unsigned i = 0; i < 3; i++)
        herd_admit_give(&places[i]);
    assert_int_equal(admit.addresses.live, 0);
    herd_admit_finish(&admit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_who_is_one),     cmocka_unit_test(test_exempt), cmocka_unit_test(test_at_the_limit),
        cmocka_unit_test(test_many_addresses), cmocka_unit_test(test_in_all), cmocka_unit_test(test_limit_lowered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
