/* SPDX-License-Identifier: MIT */

/* Connections per address: who counts as one, who does not count. */

#include "netfixture.h"

#include "herd/admit.h"

static int take(struct herd_admit *admit, const char *text, unsigned max, uint32_t *ret_handle)
{
    struct sockaddr_storage address = numeric_storage(text);
    return herd_admit_take(admit, (const struct sockaddr *)&address, max, ret_handle);
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
        uint32_t a, b = 0;
        herd_admit_init(&admit);
        assert_int_equal(take(&admit, table[i].a, 1, &a), 0);
        assert_int_equal(take(&admit, table[i].b, 1, &b), table[i].same ? -EUSERS : 0);
        herd_admit_give(&admit, a);
        herd_admit_give(&admit, b);
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
    uint32_t handle;
    herd_admit_init(&admit);
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        for (unsigned times = 0; times < 5; times++) {
            handle = 77;
            assert_int_equal(take(&admit, table[i], 1, &handle), 0);
            assert_int_equal(handle, 0);
            herd_admit_give(&admit, handle);
        }
    }
    for (unsigned times = 0; times < 5; times++) { /* no limit, nothing to count */
        assert_int_equal(take(&admit, "192.0.2.1", 0, &handle), 0);
        assert_int_equal(handle, 0);
    }
    assert_int_equal(admit.addresses.live, 0);
    herd_admit_finish(&admit);
}

static void test_at_the_limit(void **state)
{
    (void)state;
    enum { MAX = 3 };
    struct herd_admit admit;
    uint32_t handles[MAX], other;
    herd_admit_init(&admit);
    for (unsigned i = 0; i < MAX; i++)
        assert_int_equal(take(&admit, "192.0.2.1", MAX, &handles[i]), 0);
    assert_int_equal(take(&admit, "192.0.2.1", MAX, &other), -EUSERS);
    assert_int_equal(take(&admit, "192.0.2.2", MAX, &other), 0); /* others do not care */
    herd_admit_give(&admit, handles[0]);
    assert_int_equal(take(&admit, "192.0.2.1", MAX, &handles[0]), 0);
    assert_int_equal(take(&admit, "192.0.2.1", MAX, &handles[0]), -EUSERS);
    for (unsigned i = 0; i < MAX; i++)
        herd_admit_give(&admit, handles[i]);
    herd_admit_give(&admit, other);
    assert_int_equal(admit.addresses.live, 0);
    herd_admit_finish(&admit);
}

static void test_many_addresses(void **state)
{
    (void)state;
    enum { COUNT = 5000 };
    static uint32_t handles[COUNT];
    struct herd_admit admit;
    char text[32];
    herd_admit_init(&admit);
    for (unsigned round = 0; round < 2; round++) {
        for (unsigned i = 0; i < COUNT; i++) {
            uint32_t none;
            snprintf(text, sizeof text, "198.51.%u.%u", i / 250, i % 250);
            assert_int_equal(take(&admit, text, 1, &handles[i]), 0);
            assert_int_equal(take(&admit, text, 1, &none), -EUSERS);
        }
        assert_int_equal(admit.addresses.live, COUNT);
        for (unsigned i = 0; i < COUNT; i++)
            herd_admit_give(&admit, handles[i]);
        assert_int_equal(admit.table.count, 0);
    }
    herd_admit_finish(&admit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_who_is_one),
        cmocka_unit_test(test_exempt),
        cmocka_unit_test(test_at_the_limit),
        cmocka_unit_test(test_many_addresses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
