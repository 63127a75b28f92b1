/* SPDX-License-Identifier: MIT */
#ifndef HERD_DECIMAL_H
#define HERD_DECIMAL_H

/*
 * Exact decimal numbers, read without strtod and without the locale.
 */

#include <stdint.h>

#include "herd/text.h"

/* An unsigned decimal `D+(.D+)?` split into views of the text it was read from. */
struct herd_decimal {
    struct herd_text whole;    /* at least one digit */
    struct herd_text fraction; /* empty, or at least one digit */
};

/* 0 to 9 in ASCII, whatever the locale. */
static inline bool herd_is_digit(char byte)
{
    return (unsigned char)(byte - '0') <= 9;
}

/* Parses `D+(.D+)?` and nothing around it: 0 or -EINVAL. */
int herd_decimal_parse(struct herd_text text, struct herd_decimal *ret_decimal);

/*
 * The decimal in units of 10^-places (places <= 9), further digits dropped.
 * Returns 0, or -ERANGE where it does not fit.
 */
int herd_decimal_scale(const struct herd_decimal *decimal, unsigned places, uint64_t *ret_value);

/* True where any fraction digit after the first `places` is not zero. */
bool herd_decimal_has_more(const struct herd_decimal *decimal, unsigned places);

/* Parses `D+` up to `max`: 0, -EINVAL (not digits, empty) or -ERANGE (more than max). */
int herd_number_parse(struct herd_text text, uint64_t max, uint64_t *ret_number);

#endif
