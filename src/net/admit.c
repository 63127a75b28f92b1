/* SPDX-License-Identifier: MIT */

/*
 * One item per address that has connections, found by a keyed hash: strangers
 * choose their addresses, above all within IPv6.
 */

#include "herd/admit.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "herd/random.h"
#include "local.h"

#define CHUNK_SHIFT 6

struct item {
    struct herd_table_node node;
    unsigned char key[9]; /* see herd_peername_key: of an IPv6 address the first half */
    uint32_t connections;
};

_Static_assert(sizeof(((struct item *)0)->connections) >= sizeof(unsigned), "what is counted comes to its limit");

static struct item *item_of(const struct herd_admit *admit, uint32_t handle)
{
    return herd_slab_item(&admit->addresses, handle);
}

static struct herd_table_node *locate(void *owner, uint32_t handle)
{
    return &item_of(owner, handle)->node;
}

void herd_admit_init(struct herd_admit *admit)
{
    herd_slab_init(&admit->addresses, sizeof(struct item), CHUNK_SHIFT);
    herd_table_init(&admit->table, locate, admit);
    herd_random_system(&admit->key, sizeof admit->key);
}

void herd_admit_finish(struct herd_admit *admit)
{
    herd_table_finish(&admit->table);
    herd_slab_finish(&admit->addresses);
}

int herd_admit_take(struct herd_admit *admit, const struct sockaddr *address, unsigned per_address_max,
                    uint32_t *ret_handle)
{
    unsigned char key[9];
    if (per_address_max == 0 || herd_peername_loopback(address) || !herd_peername_key(address, key, sizeof key)) {
        *ret_handle = HERD_SLAB_NONE;
        return 0;
    }
    uint32_t hash = (uint32_t)herd_siphash(&admit->key, (struct herd_text){(const char *)key, sizeof key});
    uint32_t handle = herd_table_first(&admit->table, hash);
    while (handle != 0 && memcmp(item_of(admit, handle)->key, key, sizeof key) != 0)
        handle = item_of(admit, handle)->node.next;
    if (handle == 0) {
        handle = herd_slab_take(&admit->addresses);
        struct item *item = item_of(admit, handle);
        memset(item, 0, sizeof *item);
        memcpy(item->key, key, sizeof key);
        herd_table_insert(&admit->table, hash, handle);
    }
    if (item_of(admit, handle)->connections >= per_address_max) return -EUSERS;
    item_of(admit, handle)->connections++;
    *ret_handle = handle;
    return 0;
}

void herd_admit_give(struct herd_admit *admit, uint32_t handle)
{
    if (handle == HERD_SLAB_NONE) return;
    struct item *item = item_of(admit, handle);
    assert(item->connections > 0);
    if (--item->connections > 0) return;
    herd_table_remove(&admit->table, handle);
    herd_slab_give(&admit->addresses, handle);
}
