/* SPDX-License-Identifier: MIT */
#include "herd/clock.h"

#include <assert.h>
#include <errno.h>

#include "herd/decimal.h"
#include "herd/word.h"

#define FRACTION_DIGITS 9
#define WHOLE_DIGITS_MAX 10 /* of 64-bit nanoseconds: 9223372036 s */

/* Whole seconds up to `max`: the digits' end, or NULL. */
static const char *read_seconds(const char *at, const char *end, int64_t max, int64_t *ret_seconds)
{
    const char *start = at;
    int64_t seconds = 0;
    uint64_t word;
    if (end - at >= HERD_WORD_SIZE && herd_word_other_than_digits(word = herd_word_load(at)) == 0) {
        seconds = herd_word_number(word);
        at += HERD_WORD_SIZE;
    }
    while (at < end && herd_is_digit(*at)) {
        if (seconds > max) return NULL;
        seconds = seconds * 10 + (*at++ - '0');
    }
    if (at == start || seconds > max) return NULL;
    *ret_seconds = seconds;
    return at;
}

/* A fraction's digits as nanoseconds, missing ones are zeros: the digits' end, or NULL where there are none. */
static const char *read_fraction(const char *at, const char *end, int64_t *ret_nanoseconds)
{
    static const uint32_t scale[FRACTION_DIGITS + 1] = {
        1000000000, 100000000, 10000000, 1000000, 100000, 10000, 1000, 100, 10, 1,
    };
    const char *start = at;
    uint32_t value = 0;
    uint64_t word;
    if (end - at >= HERD_WORD_SIZE && herd_word_other_than_digits(word = herd_word_load(at)) == 0) {
        value = herd_word_number(word);
        at += HERD_WORD_SIZE;
    }
    while (at < end && at - start < FRACTION_DIGITS && herd_is_digit(*at))
        value = value * 10 + (uint32_t)(*at++ - '0');
    if (at == start) return NULL;
    *ret_nanoseconds = (int64_t)value * scale[at - start];
    while (at < end && herd_is_digit(*at))
        at++;
    return at;
}

static bool all_zeros(const char *at, const char *end)
{
    while (at < end && *at == '0')
        at++;
    return at == end;
}

int herd_time_parse(struct herd_text text, int64_t seconds_max, int64_t *ret_ns)
{
    assert(seconds_max >= 0 && seconds_max < INT64_MAX / HERD_NS_PER_S);
    if (text.length == 0) return -EINVAL;
    const char *end = text.bytes + text.length;
    int64_t seconds = 0;
    int64_t nanoseconds = 0;
    const char *at = read_seconds(text.bytes, end, seconds_max, &seconds);
    if (at == NULL) return -EINVAL;
    if (at < end) {
        if (*at != '.' || read_fraction(at + 1, end, &nanoseconds) != end) return -EINVAL;
        if (seconds == seconds_max && !all_zeros(at + 1, end)) return -EINVAL;
    }
    *ret_ns = seconds * HERD_NS_PER_S + nanoseconds;
    return 0;
}

/* Apart, not to be in the way of what is nearly always less than a second. */
__attribute__((noinline)) static char *write_whole(char *out, uint64_t whole)
{
    char digits[WHOLE_DIGITS_MAX];
    size_t at = sizeof(digits);
    do {
        digits[--at] = (char)('0' + whole % 10);
        whole /= 10;
    } while (whole != 0);
    memcpy(out, digits + at, sizeof(digits) - at);
    return out + (sizeof(digits) - at);
}

size_t herd_difference_format(int64_t difference_ns, char *out)
{
    /* The size of INT64_MIN fits only the unsigned type. */
    uint64_t size = difference_ns < 0 ? 0 - (uint64_t)difference_ns : (uint64_t)difference_ns;
    uint32_t fraction = (uint32_t)size;
    char *at = out;
    *at++ = difference_ns < 0 ? '-' : '+';
    if (size < (uint64_t)HERD_NS_PER_S) {
        *at++ = '0';
    } else {
        fraction = (uint32_t)(size % (uint64_t)HERD_NS_PER_S);
        at = write_whole(at, size / (uint64_t)HERD_NS_PER_S);
    }
    *at++ = '.';
    *at = (char)('0' + fraction / 100000000);
    herd_word_store(herd_word_digits(fraction % 100000000), at + 1);
    return (size_t)(at + FRACTION_DIGITS - out);
}

/* The whole seconds of a difference, of which 64 bits hold ten digits: 0, -EINVAL or -ERANGE. */
static int read_whole(struct herd_text digits, uint64_t *ret_whole)
{
    uint64_t whole = 0;
    for (size_t i = 0; i < digits.length; i++) {
        if (!herd_is_digit(digits.bytes[i])) return -EINVAL;
        if (i < WHOLE_DIGITS_MAX) whole = whole * 10 + (uint64_t)(digits.bytes[i] - '0');
    }
    if (digits.length > 1 && digits.bytes[0] == '0') return -EINVAL;
    *ret_whole = whole;
    return digits.length > WHOLE_DIGITS_MAX ? -ERANGE : 0;
}

int herd_difference_parse(struct herd_text text, int64_t *ret_ns)
{
    /* Read from both ends: a sign, the whole seconds, and ten bytes of point and fraction. */
    if (text.length < 1 + 1 + 1 + FRACTION_DIGITS) return -EINVAL;
    bool negative = text.bytes[0] == '-';
    const char *point = text.bytes + text.length - 1 - FRACTION_DIGITS;
    uint64_t word = herd_word_load(point + 1);
    char last = point[FRACTION_DIGITS];
    if ((!negative && text.bytes[0] != '+') || *point != '.') return -EINVAL;
    if (herd_word_other_than_digits(word) != 0 || !herd_is_digit(last)) return -EINVAL;

    uint64_t whole;
    int status = read_whole((struct herd_text){text.bytes + 1, (size_t)(point - text.bytes - 1)}, &whole);
    if (status != 0) return status;
    uint64_t size = whole * (uint64_t)HERD_NS_PER_S + herd_word_number(word) * UINT64_C(10) + (uint64_t)(last - '0');
    if (size > (uint64_t)INT64_MAX + negative) return -ERANGE;
    if (negative && size == 0) return -EINVAL;
    *ret_ns = negative ? (int64_t)(0 - size) : (int64_t)size;
    return 0;
}
