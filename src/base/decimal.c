/* SPDX-License-Identifier: MIT */
#include "herd/decimal.h"

#include <assert.h>
#include <errno.h>

/* Adds a digit at the end of *value: false, and *value untouched, where it does not fit. */
static bool push_digit(uint64_t *value, unsigned digit)
{
    uint64_t bigger;
    if (__builtin_mul_overflow(*value, UINT64_C(10), &bigger)) return false;
    if (__builtin_add_overflow(bigger, (uint64_t)digit, &bigger)) return false;
    *value = bigger;
    return true;
}

static size_t digits_at(struct herd_text text, size_t from)
{
    size_t at = from;
    while (at < text.length && herd_is_digit(text.bytes[at]))
        at++;
    return at - from;
}

int herd_decimal_parse(struct herd_text text, struct herd_decimal *ret_decimal)
{
    size_t whole = digits_at(text, 0);
    if (whole == 0) return -EINVAL;
    struct herd_text rest = {text.bytes + whole, text.length - whole};
    if (rest.length == 0) {
        *ret_decimal = (struct herd_decimal){{text.bytes, whole}, rest};
        return 0;
    }
    if (rest.bytes[0] != '.' || rest.length == 1) return -EINVAL;
    if (digits_at(rest, 1) != rest.length - 1) return -EINVAL;
    *ret_decimal = (struct herd_decimal){{text.bytes, whole}, {rest.bytes + 1, rest.length - 1}};
    return 0;
}

int herd_decimal_scale(const struct herd_decimal *decimal, unsigned places, uint64_t *ret_value)
{
    assert(places <= 9);
    uint64_t value = 0;
    for (size_t i = 0; i < decimal->whole.length; i++) {
        if (!push_digit(&value, (unsigned)(decimal->whole.bytes[i] - '0'))) return -ERANGE;
    }
    for (size_t i = 0; i < places; i++) {
        char digit = i < decimal->fraction.length ? decimal->fraction.bytes[i] : '0';
        if (!push_digit(&value, (unsigned)(digit - '0'))) return -ERANGE;
    }
    *ret_value = value;
    return 0;
}

bool herd_decimal_has_more(const struct herd_decimal *decimal, unsigned places)
{
    for (size_t i = places; i < decimal->fraction.length; i++) {
        if (decimal->fraction.bytes[i] != '0') return true;
    }
    return false;
}

int herd_number_parse(struct herd_text text, uint64_t max, uint64_t *ret_number)
{
    if (text.length == 0 || digits_at(text, 0) != text.length) return -EINVAL;
    uint64_t number = 0;
    for (size_t i = 0; i < text.length; i++) {
        if (!push_digit(&number, (unsigned)(text.bytes[i] - '0')) || number > max) return -ERANGE;
    }
    *ret_number = number;
    return 0;
}
