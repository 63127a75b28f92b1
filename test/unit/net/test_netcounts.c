/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "herd/admit.h"
#include "herd/fetch.h"
#include "herd/listener.h"
#include "herd/lobby.h"
#include "herd/loop.h"

#include "../countertable.h"

static void the_tables_are_sound(void **state)
{
    (void)state;
    check_counter_table(&herd_listener_counters, sizeof(struct herd_listener_counts));
    check_counter_table(&herd_admit_counters, sizeof(struct herd_admit_counts));
    check_counter_table(&herd_lobby_counters, sizeof(struct herd_lobby_counts));
    check_counter_table(&herd_loop_counters, sizeof(struct herd_loop));
    check_counter_table(&herd_fetch_counters, sizeof(struct herd_fetch_counts));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_tables_are_sound)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
