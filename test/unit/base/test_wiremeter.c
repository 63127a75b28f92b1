/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "herd/wiremeter.h"

/* How many of `count` lines of `bytes` each are written at `now_ms`. */
static unsigned written(struct herd_wire_meter *meter, unsigned count, size_t bytes, int64_t now_ms)
{
    unsigned lines = 0;
    for (unsigned i = 0; i < count; i++) {
        if (!herd_wire_may(meter, now_ms)) continue;
        herd_wire_wrote(meter, bytes);
        lines++;
    }
    return lines;
}

static void so_many_bytes_a_second(void **state)
{
    (void)state;
    struct herd_wire_meter meter = {.bytes_max = 1000};
    assert_int_equal(written(&meter, 10, 100, 5000), 10);
    assert_int_equal(meter.unwritten, 0);
    assert_int_equal(written(&meter, 3, 100, 5999), 0);
    assert_int_equal(meter.unwritten, 3);
    assert_int_equal(written(&meter, 11, 100, 6000), 10);
    assert_int_equal(meter.unwritten, 4);
}

static void the_line_that_reaches_it_is_whole(void **state)
{
    (void)state;
    struct herd_wire_meter meter = {.bytes_max = 1};
    assert_int_equal(written(&meter, 2, 5000, 1000), 1);
    meter = (struct herd_wire_meter){.bytes_max = 1000};
    assert_int_equal(written(&meter, 3, 999, 1000), 2);
}

static void zero_is_no_ceiling(void **state)
{
    (void)state;
    struct herd_wire_meter meter = {.bytes_max = 0};
    assert_int_equal(written(&meter, 100000, 1 << 20, 1000), 100000);
    assert_int_equal(meter.unwritten, 0);
}

static void strangers_have_one_of_their_own(void **state)
{
    (void)state;
    assert_int_equal(herd_wire_strangers_max(0), 65536);
    assert_int_equal(herd_wire_strangers_max(65535), 65535);
    assert_int_equal(herd_wire_strangers_max(65536), 65536);
    assert_int_equal(herd_wire_strangers_max(1048576), 65536);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(so_many_bytes_a_second),
        cmocka_unit_test(the_line_that_reaches_it_is_whole),
        cmocka_unit_test(zero_is_no_ceiling),
        cmocka_unit_test(strangers_have_one_of_their_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
