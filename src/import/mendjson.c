/* SPDX-License-Identifier: MIT */
/*
 * JSON that is right and that jansson refuses all the same: whole numbers of
 * more than 64 bits, numbers beyond a double, NUL and half a surrogate pair as
 * escapes. They are rewritten as what it takes: such numbers as strings of the
 * same characters, NUL as a blank, half a pair as U+FFFD. Mostly they are in
 * properties that nobody asks for. What is not JSON stays so.
 */
#include <assert.h>

#include "herd/decimal.h"
#include "local.h"

#define ESCAPE_LENGTH 6 /* `\u0041` */
#define DIGITS_PLAIN 18 /* a whole number of so many digits has no more than 64 bits */
#define POWER_PLAIN 300 /* of 10, that a double has */

/* What a number of JSON's grammar is made of. */
struct number {
    size_t length;
    size_t whole;    /* digits before the point */
    size_t fraction; /* digits behind it */
    uint64_t power;  /* after `e`, without a sign */
    bool raised;     /* there is an `e`, and no `-` after it */
};

static size_t count_digits(struct herd_text text, size_t at)
{
    size_t count = 0;
    while (at + count < text.length && herd_is_digit(text.bytes[at + count]))
        count++;
    return count;
}

static bool is_at(struct herd_text text, size_t at, const char *any)
{
    return at < text.length && text.bytes[at] != '\0' && strchr(any, text.bytes[at]) != NULL;
}

/* The number at `at`, length 0 where there is none. */
static struct number scan_number(struct herd_text text, size_t at)
{
    struct number number = {.length = 0};
    size_t end = at + is_at(text, at, "-");
    number.whole = count_digits(text, end);
    if (number.whole == 0 || (number.whole > 1 && text.bytes[end] == '0')) return number;
    end += number.whole;
    if (is_at(text, end, ".")) {
        number.fraction = count_digits(text, end + 1);
        if (number.fraction == 0) return number;
        end += 1 + number.fraction;
    }
    if (is_at(text, end, "eE")) {
        end++;
        number.raised = !is_at(text, end, "-");
        end += is_at(text, end, "+-");
        size_t digits = count_digits(text, end);
        if (digits == 0) return number;
        if (herd_number_parse((struct herd_text){text.bytes + end, digits}, POWER_PLAIN, &number.power) != 0)
            number.power = POWER_PLAIN;
        end += digits;
        if (number.fraction == 0) number.fraction = 1; /* it is none of the whole numbers */
    }
    number.length = end - at;
    return number;
}

static bool is_wide(const struct number *number)
{
    if (number->fraction == 0) return number->whole > DIGITS_PLAIN;
    return number->whole + (number->raised ? number->power : 0) >= POWER_PLAIN;
}

/* The four hexadecimal digits of an escape at `at`; -1: there is none. */
static int32_t scan_escape(struct herd_text text, size_t at)
{
    int32_t value = 0;
    if (text.length < ESCAPE_LENGTH || at > text.length - ESCAPE_LENGTH) return -1;
    if (text.bytes[at] != '\\' || text.bytes[at + 1] != 'u') return -1;
    for (size_t i = at + 2; i < at + ESCAPE_LENGTH; i++) {
        char byte = text.bytes[i];
        char lower = (char)(byte | 0x20);
        bool letter = lower >= 'a' && lower <= 'f';
        if (!letter && !herd_is_digit(byte)) return -1;
        value = value * 16 + (letter ? lower - 'a' + 10 : byte - '0');
    }
    return value;
}

/* Copies the escape at `at` or what stands for it; returns how many bytes it is. */
static size_t mend_escape(struct herd_text text, size_t at, struct herd_buffer *out)
{
    int32_t value = scan_escape(text, at);
    int32_t next = value < 0 ? -1 : scan_escape(text, at + ESCAPE_LENGTH);
    bool high = value >= 0xd800 && value <= 0xdbff;
    bool low = value >= 0xdc00 && value <= 0xdfff;
    size_t length = value < 0 ? 2 : ESCAPE_LENGTH;
    if (high && next >= 0xdc00 && next <= 0xdfff) {
        length = 2 * (size_t)ESCAPE_LENGTH;
    } else if (high || low || value == 0) {
        herd_buffer_append(out, value == 0 ? HERD_TEXT(" ") : HERD_TEXT("\\ufffd"));
        return length;
    }
    if (length > text.length - at) length = text.length - at;
    herd_buffer_append(out, (struct herd_text){text.bytes + at, length});
    return length;
}

/* Copies a number, in quotes where it is too wide; returns how many bytes it is, 0 for none. */
static size_t mend_number(struct herd_text text, size_t at, struct herd_buffer *out)
{
    struct number number = scan_number(text, at);
    if (number.length == 0) return 0;
    bool wide = is_wide(&number);
    if (wide) herd_buffer_append_byte(out, '"');
    herd_buffer_append(out, (struct herd_text){text.bytes + at, number.length});
    if (wide) herd_buffer_append_byte(out, '"');
    return number.length;
}

void json_mend(struct herd_text text, struct herd_buffer *out)
{
    bool quoted = false;
    for (size_t at = 0; at < text.length;) {
        size_t taken = 0;
        if (quoted && text.bytes[at] == '\\') taken = mend_escape(text, at, out);
        if (!quoted && (text.bytes[at] == '-' || herd_is_digit(text.bytes[at]))) taken = mend_number(text, at, out);
        at += taken;
        if (taken > 0) continue;
        if (text.bytes[at] == '"') quoted = !quoted;
        herd_buffer_append_byte(out, text.bytes[at++]);
    }
    assert(herd_buffer_length(out) > 0 || text.length == 0);
}
