/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "herd/memory.h"
#include "herd/random.h"
#include "herd/slab.h"

#define ITEMS 5000

static void handles_start_at_one(void **state)
{
    (void)state;
    struct herd_slab slab;
    herd_slab_init(&slab, 1, 0);
    assert_int_equal(slab.item_size, 8);
    assert_null(slab.chunks);
    assert_int_equal(herd_slab_take(&slab), 1);
    assert_int_equal(herd_slab_take(&slab), 2);
    assert_int_equal(slab.live, 2);
    herd_slab_give(&slab, 1);
    assert_int_equal(slab.live, 1);
    assert_int_equal(herd_slab_take(&slab), 1);
    herd_slab_finish(&slab);
    assert_int_equal(slab.live, 0);
    assert_int_equal(herd_slab_take(&slab), 1);
    herd_slab_finish(&slab);
    herd_slab_finish(NULL);
}

/* Items keep their addresses and their bytes while others come and go. */
/* So that an item of 64 bytes is one line of the cache and not two. */
static void chunks_begin_at_a_cache_line(void **state)
{
    (void)state;
    struct herd_slab slab;
    herd_slab_init(&slab, 64, 3);
    for (int i = 0; i < 100; i++)
        assert_int_equal((uintptr_t)herd_slab_item(&slab, herd_slab_take(&slab)) % HERD_CACHE_LINE, 0);
    herd_slab_finish(&slab);
}

static void items_stay_where_they_are(void **state)
{
    (void)state;
    static const size_t sizes[] = {4, 8, 12, 24, 100};
    for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
        struct herd_slab slab;
        struct herd_random random;
        herd_slab_init(&slab, sizes[s], 6);
        herd_random_init(&random, s);
        static uint32_t handles[ITEMS];
        static void *addresses[ITEMS];
        memset(handles, 0, sizeof(handles));
        uint32_t live = 0;
        for (int step = 0; step < 40000; step++) {
            uint32_t i = (uint32_t)herd_random_below(&random, ITEMS);
            if (handles[i] == HERD_SLAB_NONE) {
                handles[i] = herd_slab_take(&slab);
                assert_int_not_equal(handles[i], HERD_SLAB_NONE);
                addresses[i] = herd_slab_item(&slab, handles[i]);
                assert_int_equal((uintptr_t)addresses[i] % 8, 0);
                memset(addresses[i], (int)(i & 255), sizes[s]);
                live++;
            } else {
                assert_ptr_equal(herd_slab_item(&slab, handles[i]), addresses[i]);
                unsigned char *bytes = addresses[i];
                for (size_t at = 0; at < sizes[s]; at++)
                    assert_int_equal(bytes[at], i & 255);
                herd_slab_give(&slab, handles[i]);
                handles[i] = HERD_SLAB_NONE;
                live--;
            }
            assert_int_equal(slab.live, live);
        }
        assert_true(slab.chunk_count <= ITEMS / 64 + 1); /* freed items were used again */
        herd_slab_finish(&slab);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(handles_start_at_one),
        cmocka_unit_test(chunks_begin_at_a_cache_line),
        cmocka_unit_test(items_stay_where_they_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
