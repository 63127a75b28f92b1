/* SPDX-License-Identifier: MIT */
#ifndef HERD_POSITION_H
#define HERD_POSITION_H

/*
 * Positions in ISO 6709 decimal degrees as clients send them:
 * `[+-]D{1,3}(.D+)?[+-]D{1,3}(.D+)?`, an optional `/` at the end,
 * |latitude| <= 90, |longitude| <= 180, at most 128 bytes.
 */

#include <stdint.h>

#include "herd/decimal.h"
#include "herd/text.h"

#define HERD_POSITION_LENGTH_MAX 128

struct herd_coordinate {
    bool negative; /* the sign was '-', also before a zero */
    struct herd_decimal degrees;
};

struct herd_position {
    struct herd_coordinate latitude;
    struct herd_coordinate longitude;
};

/* 0 or -EINVAL. The views are of `text`. */
int herd_position_parse(struct herd_text text, struct herd_position *ret_position);

/* Only checks; the hot path's form of herd_position_parse. */
bool herd_position_valid(struct herd_text text);

/* A coordinate in units of 1e-9 degree, further digits dropped; at most 180e9 in size. */
int64_t herd_coordinate_e9(const struct herd_coordinate *coordinate);

struct herd_buffer;
/*
 * Appends `lat,lng` as a provider wants it: no plus sign, no minus before a
 * zero value, no leading zeros before another digit, digits otherwise as the
 * client wrote them: `+034.068930-118.445127` becomes `34.068930,-118.445127`.
 */
void herd_position_append_query(const struct herd_position *position, struct herd_buffer *out);

#endif
