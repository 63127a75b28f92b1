/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "herd/flood.h"

#include "../countertable.h"

static void the_tables_are_sound(void **state)
{
    (void)state;
    check_counter_table(&herd_flood_counters, sizeof(struct herd_flood_counts));
    check_counter_table(&herd_flood_times, sizeof(struct herd_flood));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_tables_are_sound)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
