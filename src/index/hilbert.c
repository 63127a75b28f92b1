/* SPDX-License-Identifier: MIT */
/*
 * The Hilbert curve in three dimensions after J. Skilling ("Programming the
 * Hilbert curve", 2004). The curve visits every cell of the cube and steps only
 * between neighbours, so places that are near each other on it are near each
 * other in space, and sixteen in a row make a small box.
 *
 * Seen from the coarsest bit down, each level's cube holds eight smaller copies
 * of the curve, mirrored or turned. The first loop undoes that: a set bit of
 * axis i mirrors the finer bits of axis 0, a clear one swaps them with axis i.
 * What is left is a Gray code over the axes, which the second part decodes. The
 * key is the axes' bits, interleaved.
 */
#include <assert.h>

#include "local.h"

#define AXES 3

static void turn_back(uint32_t axes[AXES], unsigned bits)
{
    for (unsigned level = bits - 1; level > 0; level--) {
        uint32_t bit = UINT32_C(1) << level;
        uint32_t finer = bit - 1;
        for (unsigned i = 0; i < AXES; i++) {
            if ((axes[i] & bit) != 0) {
                axes[0] ^= finer;
            } else {
                uint32_t differing = (axes[0] ^ axes[i]) & finer;
                axes[0] ^= differing;
                axes[i] ^= differing;
            }
        }
    }
}

static void decode_gray(uint32_t axes[AXES], unsigned bits)
{
    for (unsigned i = 1; i < AXES; i++)
        axes[i] ^= axes[i - 1];
    uint32_t flips = 0;
    for (unsigned level = bits - 1; level > 0; level--) {
        uint32_t bit = UINT32_C(1) << level;
        if ((axes[AXES - 1] & bit) != 0) flips ^= bit - 1;
    }
    for (unsigned i = 0; i < AXES; i++)
        axes[i] ^= flips;
}

uint64_t hilbert_key(const uint32_t cell[3], unsigned bits)
{
    assert(bits >= 1 && bits <= 21);
    uint32_t axes[AXES] = {cell[0], cell[1], cell[2]};
    turn_back(axes, bits);
    decode_gray(axes, bits);
    uint64_t key = 0;
    for (unsigned level = bits; level-- > 0;) {
        for (unsigned i = 0; i < AXES; i++)
            key = key << 1 | (axes[i] >> level & 1);
    }
    return key;
}
