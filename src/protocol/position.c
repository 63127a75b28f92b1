/* SPDX-License-Identifier: MIT */
#include "herd/position.h"

#include <assert.h>
#include <errno.h>

#include "herd/buffer.h"
#include "herd/word.h"
#include "local.h"

#define LATITUDE_MAX 90
#define LONGITUDE_MAX 180
#define WHOLE_DIGITS_MAX 3

static const char *skip_digits(const char *at, const char *end)
{
    while (end - at >= HERD_WORD_SIZE) {
        unsigned digits = herd_word_first(herd_word_other_than_digits(herd_word_load(at)));
        at += digits;
        if (digits < HERD_WORD_SIZE) return at;
    }
    while (at < end && herd_is_digit(*at))
        at++;
    return at;
}

static const char *skip_zeros(const char *at, const char *end)
{
    while (at < end && *at == '0')
        at++;
    return at;
}

/* `.D+` where there is one; only zeros where the whole degrees are the most that is allowed. */
static const char *scan_fraction(const char *at, const char *end, bool at_most)
{
    if (at == end || *at != '.') return at;
    const char *digits = at + 1;
    const char *stop = skip_digits(digits, end);
    if (stop == digits) return NULL;
    if (at_most && skip_zeros(digits, stop) != stop) return NULL;
    return stop;
}

/* Byte by byte, for what lies too near the end to be read as a word. */
static const char *scan_short(const char *at, const char *end, uint32_t max)
{
    const char *whole = at;
    uint32_t degrees = 0;
    while (at < end && herd_is_digit(*at) && at - whole < WHOLE_DIGITS_MAX)
        degrees = degrees * 10 + (uint32_t)(*at++ - '0');
    if (at == whole || degrees > max) return NULL;
    return scan_fraction(at, end, degrees == max);
}

/* `[+-]D{1,3}(.D+)?` up to `max` degrees: where it ends, or NULL. */
static const char *scan_coordinate(const char *at, const char *end, uint32_t max)
{
    if (at == end || (*at != '+' && *at != '-')) return NULL;
    at++;
    if (end - at < HERD_WORD_SIZE) return scan_short(at, end, max);

    uint64_t word = herd_word_load(at);
    uint64_t others = herd_word_other_than_digits(word);
    unsigned whole = herd_word_first(others);
    if (whole == 0 || whole > WHOLE_DIGITS_MAX) return NULL;
    uint32_t degrees = herd_word_number(word << (HERD_WORD_SIZE - whole) * 8); /* zeros go before the digits */
    if (degrees >= max) return degrees > max ? NULL : scan_fraction(at + whole, end, true);
    if (at[whole] != '.') return at + whole;
    unsigned behind = herd_word_first(others & (others - 1)); /* the next that is no digit, after the point */
    if (behind == whole + 1) return NULL;
    if (behind < HERD_WORD_SIZE) return at + behind;
    return skip_digits(at + HERD_WORD_SIZE, end);
}

const char *position_scan(const char *at, const char *end)
{
    const char *start = at;
    at = scan_coordinate(at, end, LATITUDE_MAX);
    if (at != NULL) at = scan_coordinate(at, end, LONGITUDE_MAX);
    if (at == NULL) return NULL;
    if (at < end && *at == '/') at++;
    return at - start <= HERD_POSITION_LENGTH_MAX ? at : NULL;
}

bool herd_position_valid(struct herd_text text)
{
    if (text.length == 0) return false;
    const char *end = text.bytes + text.length;
    return position_scan(text.bytes, end) == end;
}

static struct herd_coordinate split_coordinate(struct herd_text text)
{
    struct herd_coordinate coordinate = {.negative = text.bytes[0] == '-'};
    struct herd_text digits = {text.bytes + 1, text.length - 1};
    int status = herd_decimal_parse(digits, &coordinate.degrees);
    assert(status == 0);
    (void)status;
    return coordinate;
}

int herd_position_parse(struct herd_text text, struct herd_position *ret_position)
{
    if (!herd_position_valid(text)) return -EINVAL;
    if (text.bytes[text.length - 1] == '/') text.length--;
    size_t second = 1;
    while (text.bytes[second] != '+' && text.bytes[second] != '-')
        second++;
    ret_position->latitude = split_coordinate((struct herd_text){text.bytes, second});
    ret_position->longitude = split_coordinate((struct herd_text){text.bytes + second, text.length - second});
    return 0;
}

int64_t herd_coordinate_e9(const struct herd_coordinate *coordinate)
{
    uint64_t size;
    int status = herd_decimal_scale(&coordinate->degrees, 9, &size);
    assert(status == 0 && size <= INT64_C(180000000000));
    (void)status;
    return coordinate->negative ? -(int64_t)size : (int64_t)size;
}

static bool is_zero(const struct herd_decimal *decimal)
{
    for (size_t i = 0; i < decimal->whole.length; i++) {
        if (decimal->whole.bytes[i] != '0') return false;
    }
    return !herd_decimal_has_more(decimal, 0);
}

static void append_coordinate(const struct herd_coordinate *coordinate, struct herd_buffer *out)
{
    const struct herd_decimal *degrees = &coordinate->degrees;
    struct herd_text whole = degrees->whole;
    while (whole.length > 1 && whole.bytes[0] == '0')
        whole = (struct herd_text){whole.bytes + 1, whole.length - 1};
    if (coordinate->negative && !is_zero(degrees)) herd_buffer_append_byte(out, '-');
    herd_buffer_append(out, whole);
    if (degrees->fraction.length == 0) return;
    herd_buffer_append_byte(out, '.');
    herd_buffer_append(out, degrees->fraction);
}

void herd_position_append_query(const struct herd_position *position, struct herd_buffer *out)
{
    append_coordinate(&position->latitude, out);
    herd_buffer_append_byte(out, ',');
    append_coordinate(&position->longitude, out);
}
