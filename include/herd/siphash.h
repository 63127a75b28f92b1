/* SPDX-License-Identifier: MIT */
#ifndef HERD_SIPHASH_H
#define HERD_SIPHASH_H

/*
 * SipHash-1-3 (Aumasson and Bernstein 2012): a keyed hash for tables whose
 * keys strangers choose. Draw the key from herd_random_system.
 */

#include <stdint.h>

#include "herd/text.h"

struct herd_siphash_key {
    uint64_t k0;
    uint64_t k1;
};

uint64_t herd_siphash(const struct herd_siphash_key *key, struct herd_text text);

#endif
