/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "herd/random.h"
#include "herd/table.h"

#define ITEMS 100000

struct world {
    struct herd_table table;
    struct herd_table_node nodes[ITEMS + 1];
    uint32_t hashes[ITEMS + 1];
    bool present[ITEMS + 1]; /* the naive model */
};

static struct herd_table_node *locate(void *owner, uint32_t handle)
{
    struct world *world = owner;
    return &world->nodes[handle];
}

static int setup(void **state)
{
    struct world *world = calloc(1, sizeof(*world));
    struct herd_random random;
    if (world == NULL) return -1;
    herd_random_init(&random, 17);
    for (uint32_t i = 1; i <= ITEMS; i++)
        world->hashes[i] = (uint32_t)herd_random_next(&random);
    herd_table_init(&world->table, locate, world);
    *state = world;
    return 0;
}

static int teardown(void **state)
{
    struct world *world = *state;
    herd_table_finish(&world->table);
    free(world);
    return 0;
}

static bool contains(const struct world *world, uint32_t item)
{
    uint32_t handle = herd_table_first(&world->table, world->hashes[item]);
    while (handle != 0 && handle != item)
        handle = world->nodes[handle].next;
    return handle == item;
}

static void check_all(const struct world *world)
{
    uint32_t count = 0;
    for (uint32_t i = 1; i <= ITEMS; i++) {
        assert_int_equal(contains(world, i), world->present[i]);
        count += world->present[i];
    }
    assert_int_equal(world->table.count, count);
}

static uint32_t longest_chain(const struct world *world)
{
    uint32_t longest = 0;
    uint32_t buckets = world->table.level + world->table.split;
    uint32_t total = 0;
    for (uint32_t bucket = 0; bucket < buckets; bucket++) {
        uint32_t mask = (UINT32_C(1) << HERD_TABLE_CHUNK_SHIFT) - 1;
        uint32_t length = 0;
        uint32_t handle = world->table.chunks[bucket >> HERD_TABLE_CHUNK_SHIFT][bucket & mask];
        for (; handle != 0; handle = world->nodes[handle].next) {
            assert_int_equal(herd_table_bucket(&world->table, world->nodes[handle].hash), bucket);
            length++;
        }
        total += length;
        if (length > longest) longest = length;
    }
    assert_int_equal(total, world->table.count);
    return longest;
}

static void grows_without_losing_anything(void **state)
{
    struct world *world = *state;
    assert_int_equal(herd_table_first(&world->table, 12345), 0);
    for (uint32_t i = 1; i <= ITEMS; i++) {
        herd_table_insert(&world->table, world->hashes[i], i);
        world->present[i] = true;
    }
    check_all(world);
    assert_true(world->table.level + world->table.split >= ITEMS - 1); /* load of one */
    assert_true(longest_chain(world) <= 16);
    for (uint32_t i = 1; i <= ITEMS; i++) {
        herd_table_remove(&world->table, i);
        world->present[i] = false;
    }
    check_all(world);
}

static void agrees_with_naive_model(void **state)
{
    struct world *world = *state;
    struct herd_random random;
    herd_random_init(&random, 19);
    for (int step = 0; step < 3 * ITEMS; step++) {
        uint32_t item = (uint32_t)herd_random_below(&random, ITEMS) + 1;
        assert_int_equal(contains(world, item), world->present[item]);
        if (world->present[item]) {
            herd_table_remove(&world->table, item);
        } else {
            herd_table_insert(&world->table, world->hashes[item], item);
        }
        world->present[item] = !world->present[item];
    }
    check_all(world);
    longest_chain(world);
}

/* Equal hashes are one chain, and stay whole through splits. */
static void equal_hashes_are_kept_apart(void **state)
{
    struct world *world = *state;
    for (uint32_t i = 1; i <= ITEMS; i++)
        world->hashes[i] = i <= 50 ? UINT32_C(0xffffffff) : world->hashes[i];
    for (uint32_t i = 1; i <= ITEMS; i++) {
        herd_table_insert(&world->table, world->hashes[i], i);
        world->present[i] = true;
    }
    for (uint32_t i = 1; i <= 50; i += 2) {
        herd_table_remove(&world->table, i);
        world->present[i] = false;
    }
    check_all(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(grows_without_losing_anything, setup, teardown),
        cmocka_unit_test_setup_teardown(agrees_with_naive_model, setup, teardown),
        cmocka_unit_test_setup_teardown(equal_hashes_are_kept_apart, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
