/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "herd/clients.h"

#include "../countertable.h"

static void the_tables_are_sound(void **state)
{
    (void)state;
    check_counter_table(&herd_clients_counters, sizeof(struct herd_clients_counts));
    check_counter_table(&herd_clients_times, sizeof(struct herd_clients));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_tables_are_sound)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
