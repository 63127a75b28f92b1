/* SPDX-License-Identifier: MIT */
#ifndef HERD_DIGEST_H
#define HERD_DIGEST_H

/*
 * One figure for the whole content of a store: the sum of a hash of every
 * record, so that it does not depend on order and a change costs two hashes.
 * Two lanes of 64 bits, each summed modulo 2^64. All servers of a herd hash
 * alike (the key comes from the herd's name). It guards against bugs; somebody
 * who may send reports could make two stores with one digest.
 */

#include <stdint.h>

#include "herd/text.h"

#define HERD_DIGEST_LENGTH 32 /* as text */

struct herd_digest {
    uint64_t low;
    uint64_t high;
};

/* Where a herd's hashing starts. */
struct herd_digest herd_digest_key(struct herd_text herd);

/* The hash of two numbers and a text together. */
struct herd_digest herd_digest_hash(struct herd_digest key, uint64_t first, uint64_t second, struct herd_text text);

/* Adds a record's hash to a sum, and takes it back. */
static inline void herd_digest_add(struct herd_digest *sum, struct herd_digest hash)
{
    sum->low += hash.low;
    sum->high += hash.high;
}

/* The inverse of herd_digest_add. */
static inline void herd_digest_subtract(struct herd_digest *sum, struct herd_digest hash)
{
    sum->low -= hash.low;
    sum->high -= hash.high;
}

/* 32 lower-case hex digits, not terminated. */
void herd_digest_format(const struct herd_digest *digest, char out[HERD_DIGEST_LENGTH]);

#endif
