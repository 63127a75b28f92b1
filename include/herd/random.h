/* SPDX-License-Identifier: MIT */
#ifndef HERD_RANDOM_H
#define HERD_RANDOM_H

/*
 * Randomness. herd_random_system is the kernel's, for keys, nonces and
 * incarnations. struct herd_random is a small fast generator with a seed
 * (xoshiro256**, Blackman and Vigna 2018) for jitter and simulation; it is
 * not for secrets.
 */

#include <stddef.h>
#include <stdint.h>

struct herd_random {
    uint64_t state[4];
};

/* Fills `out` from getrandom(2); a kernel without it ends the process with 71. */
void herd_random_system(void *out, size_t length);

/* Any seed, 0 included, is good (expanded with splitmix64). */
void herd_random_init(struct herd_random *random, uint64_t seed);
uint64_t herd_random_next(struct herd_random *random);
/* Uniform in [0, bound), without bias; bound >= 1. */
uint64_t herd_random_below(struct herd_random *random, uint64_t bound);

#endif
