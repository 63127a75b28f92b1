/* SPDX-License-Identifier: MIT */
#include "../../../src/index/local.h"
#include "../placesfixture.h"

#include <stdlib.h>

#define BITS_MAX 5
#define CELLS_MAX (1u << (3 * BITS_MAX))

static unsigned distance(uint32_t a, uint32_t b)
{
    return a > b ? a - b : b - a;
}

static unsigned steps_between(uint32_t a, uint32_t b, unsigned bits)
{
    uint32_t mask = (1u << bits) - 1;
    unsigned sum = 0;
    for (unsigned axis = 0; axis < 3; axis++)
        sum += distance(a >> (axis * bits) & mask, b >> (axis * bits) & mask);
    return sum;
}

/* The curve goes through every cell once, and each step is to a neighbour. */
static void walks_through_every_cell(void **state)
{
    static uint32_t cell_at[CELLS_MAX];
    static unsigned char seen[CELLS_MAX];
    (void)state;
    for (unsigned bits = 1; bits <= BITS_MAX; bits++) {
        uint32_t mask = (1u << bits) - 1;
        uint32_t count = 1u << (3 * bits);
        memset(seen, 0, sizeof(seen));
        for (uint32_t packed = 0; packed < count; packed++) {
            const uint32_t cell[3] = {packed & mask, packed >> bits & mask, packed >> (2 * bits) & mask};
            uint64_t key = hilbert_key(cell, bits);
            assert_true(key < count);
            assert_int_equal(seen[key], 0);
            seen[key] = 1;
            cell_at[key] = packed;
        }
        for (uint32_t key = 1; key < count; key++)
            assert_int_equal(steps_between(cell_at[key - 1], cell_at[key], bits), 1);
    }
}

static void takes_the_finest_cells(void **state)
{
    (void)state;
    const uint32_t low[3] = {0, 0, 0};
    const uint32_t high[3] = {(1u << 21) - 1, (1u << 21) - 1, (1u << 21) - 1};
    assert_true(hilbert_key(low, 21) == 0);
    assert_true(hilbert_key(high, 21) < UINT64_C(1) << 63);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(walks_through_every_cell),
        cmocka_unit_test(takes_the_finest_cells),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
