/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "herd/sendbuffer.h"

static void a_quick_neighbour_gets_more(void **state)
{
    (void)state;
    struct herd_sendbuffer buffer;
    herd_sendbuffer_init(&buffer);
    int small = buffer.bytes;
    assert_false(herd_sendbuffer_judge(&buffer, 1000, true)); /* nothing waited */
    herd_sendbuffer_wait(&buffer, 1000);
    assert_false(herd_sendbuffer_judge(&buffer, 1001, false)); /* waits still */
    assert_true(herd_sendbuffer_judge(&buffer, 1002, true));
    assert_true(buffer.bytes > small);
    herd_sendbuffer_wait(&buffer, 2000);
    assert_false(herd_sendbuffer_judge(&buffer, 2001, true)); /* it has that already */
}

static void a_slow_one_gets_little(void **state)
{
    (void)state;
    struct herd_sendbuffer buffer;
    herd_sendbuffer_init(&buffer);
    int small = buffer.bytes;
    herd_sendbuffer_wait(&buffer, 1000);
    assert_false(herd_sendbuffer_judge(&buffer, 9000, true)); /* was never quick */
    herd_sendbuffer_wait(&buffer, 9000);
    assert_true(herd_sendbuffer_judge(&buffer, 9001, true));
    herd_sendbuffer_wait(&buffer, 9500);
    herd_sendbuffer_wait(&buffer, 9650); /* more of it: since when counts */
    assert_false(herd_sendbuffer_judge(&buffer, 9690, false));
    assert_true(herd_sendbuffer_judge(&buffer, 9700, false)); /* no need for it to end */
    assert_int_equal(buffer.bytes, small);
    assert_false(herd_sendbuffer_judge(&buffer, 20000, true));
    assert_int_equal(buffer.bytes, small);
}

/* Between the two nothing changes. */
static void neither_quick_nor_slow(void **state)
{
    (void)state;
    struct herd_sendbuffer buffer;
    herd_sendbuffer_init(&buffer);
    herd_sendbuffer_wait(&buffer, 0);
    assert_false(herd_sendbuffer_judge(&buffer, 100, true));
    herd_sendbuffer_wait(&buffer, 200);
    assert_true(herd_sendbuffer_judge(&buffer, 200, true));
    herd_sendbuffer_wait(&buffer, 300);
    assert_false(herd_sendbuffer_judge(&buffer, 400, true));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_quick_neighbour_gets_more),
        cmocka_unit_test(a_slow_one_gets_little),
        cmocka_unit_test(neither_quick_nor_slow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
