/* SPDX-License-Identifier: MIT */
#include "prover.h"

#include "herd/clock.h"
#include "herd/siphash.h"

static void mac(const unsigned char key[HERD_KEY_BYTES], struct herd_text text, unsigned char ret_mac[HERD_KEY_BYTES])
{
    for (unsigned i = 0; i < HERD_KEY_BYTES / 8; i++) {
        struct herd_siphash_key seed = {key[0], i};
        uint64_t word = herd_siphash(&seed, text);
        memcpy(ret_mac + (size_t)8 * i, &word, sizeof(word));
    }
}

/* Never the same nonce twice, which is all that is asked of it here. */
static void fill(void *owner, void *out, size_t length)
{
    struct herd_random *random = owner;
    for (size_t i = 0; i < length; i++)
        ((unsigned char *)out)[i] = (unsigned char)herd_random_next(random);
}

void prover_set_keys(struct herd_flood *flood, const char *secrets)
{
    flood->keys = (struct herd_keys){.mac = mac, .fill = fill, .owner = &flood->random};
    for (; *secrets != '\0'; secrets++)
        memset(flood->keys.keys[flood->keys.count++], *secrets, HERD_KEY_BYTES);
}

static const char *const names[2] = {"Goloman", "Hands"};

struct herd_neighbour *prover_neighbour(struct prover *prover, unsigned server)
{
    return herd_flood_find(&prover->floods[server], herd_text_of(names[1 - server]));
}

void prover_init(struct prover *prover, const char *dialler, const char *acceptor)
{
    const char *const secrets[2] = {dialler, acceptor};
    struct herd_siphash_key key = {3, 5};

    memset(prover, 0, sizeof(*prover));
    prover->now = (struct herd_now){.monotonic_ms = 1000000, .wall_ns = INT64_C(1500000000) * HERD_NS_PER_S};
    for (unsigned i = 0; i < 2; i++) {
        herd_store_init(&prover->stores[i], &key, 1, 10);
        herd_flood_init(&prover->floods[i], &prover->stores[i], HERD_TEXT("herd"), herd_text_of(names[i]), 0xaa + i, i);
        herd_flood_take_neighbour(&prover->floods[i], herd_text_of(names[1 - i]));
        prover_set_keys(&prover->floods[i], secrets[i]);
    }
    herd_outbound_init(&prover->outbound, &prover->floods[0], prover_neighbour(prover, 0));
    herd_inbound_init(&prover->inbound, &prover->floods[1], true, &prover->now);
    herd_outbound_start(&prover->outbound, &prover->now, &prover->dialled);
}

void prover_finish(struct prover *prover)
{
    herd_outbound_finish(&prover->outbound);
    herd_inbound_finish(&prover->inbound);
    for (unsigned i = 0; i < 2; i++) {
        herd_flood_finish(&prover->floods[i]);
        herd_store_finish(&prover->stores[i]);
    }
    herd_buffer_finish(&prover->dialled);
    herd_buffer_finish(&prover->accepted);
}

int prover_to_acceptor(struct prover *prover)
{
    int error =
        herd_inbound_receive(&prover->inbound, herd_buffer_text(&prover->dialled), &prover->now, &prover->accepted);
    herd_buffer_clear(&prover->dialled);
    return error;
}

int prover_to_dialler(struct prover *prover)
{
    int error =
        herd_outbound_receive(&prover->outbound, herd_buffer_text(&prover->accepted), &prover->now, &prover->dialled);
    herd_buffer_clear(&prover->accepted);
    return error;
}

bool prover_run(struct prover *prover)
{
    for (unsigned turn = 0; turn < 2; turn++) {
        prover_to_acceptor(prover);
        prover_to_dialler(prover);
    }
    return prover->outbound.state == HERD_PEER_LIVE && prover->inbound.state == HERD_PEER_LIVE;
}
