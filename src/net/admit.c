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
#define KEY_BYTES 9 /* see peername_key: of an IPv6 address the first half */

struct item {
    struct herd_table_node node;
    unsigned char key[KEY_BYTES];
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

void herd_admit_init(struct herd_admit *admit, const struct herd_admit_limits *limits)
{
    memset(admit, 0, sizeof *admit);
    admit->limits = *limits;
    herd_slab_init(&admit->addresses, sizeof(struct item), CHUNK_SHIFT);
    herd_table_init(&admit->table, locate, admit);
    herd_random_system(&admit->key, sizeof admit->key);
}

void herd_admit_finish(struct herd_admit *admit)
{
    assert(admit->counts.open == 0);
    herd_table_finish(&admit->table);
    herd_slab_finish(&admit->addresses);
}

void herd_admit_configure(struct herd_admit *admit, const struct herd_admit_limits *limits)
{
    admit->limits = *limits;
}

static uint32_t find(const struct herd_admit *admit, uint32_t hash, const unsigned char key[KEY_BYTES])
{
    uint32_t handle = herd_table_first(&admit->table, hash);
    while (handle != 0 && memcmp(item_of(admit, handle)->key, key, KEY_BYTES) != 0)
        handle = item_of(admit, handle)->node.next;
    return handle;
}

static uint32_t create(struct herd_admit *admit, uint32_t hash, const unsigned char key[KEY_BYTES])
{
    uint32_t handle = herd_slab_take(&admit->addresses);
    struct item *item = item_of(admit, handle);
    memset(item, 0, sizeof *item);
    memcpy(item->key, key, KEY_BYTES);
    herd_table_insert(&admit->table, hash, handle);
    return handle;
}

static int take_address(struct herd_admit *admit, const struct sockaddr *address, uint32_t *ret_handle)
{
    unsigned per_address_max = admit->limits.per_address_max;
    unsigned char key[KEY_BYTES];
    *ret_handle = HERD_SLAB_NONE;
    if (per_address_max == 0 || peername_loopback(address) || !peername_key(address, key, sizeof key)) return 0;
    uint32_t hash = (uint32_t)herd_siphash(&admit->key, (struct herd_text){(const char *)key, sizeof key});
    uint32_t handle = find(admit, hash, key);
    if (handle == 0) handle = create(admit, hash, key);
    if (item_of(admit, handle)->connections >= per_address_max) return -EUSERS;
    item_of(admit, handle)->connections++;
    *ret_handle = handle;
    return 0;
}

int herd_admit_take(struct herd_admit *admit, const struct sockaddr *address, struct herd_admit_place *ret_place)
{
    uint32_t handle;
    if (admit->counts.open >= admit->limits.connections_max) {
        admit->counts.refused_connections++;
        return -EMFILE;
    }
    if (take_address(admit, address, &handle) < 0) {
        admit->counts.refused_address++;
        return -EUSERS;
    }
    admit->counts.open++;
    *ret_place = (struct herd_admit_place){admit, handle};
    return 0;
}

static void give_address(struct herd_admit *admit, uint32_t handle)
{
    if (handle == HERD_SLAB_NONE) return;
    struct item *item = item_of(admit, handle);
    assert(item->connections > 0);
    if (--item->connections > 0) return;
    herd_table_remove(&admit->table, handle);
    herd_slab_give(&admit->addresses, handle);
}

void herd_admit_give(struct herd_admit_place *place)
{
    struct herd_admit *admit = place->admit;
    if (admit == NULL) return;
    place->admit = NULL;
    assert(admit->counts.open > 0);
    admit->counts.open--;
    give_address(admit, place->address);
}
