/* SPDX-License-Identifier: MIT */
/*
 * Just enough of libconfig's lexical rules to see what libconfig would take
 * wrongly without a word: an integer that wraps, a comment that is never
 * closed. Whatever this does not know is a WORD, and libconfig judges it.
 */
#include "local.h"

#include <errno.h>

#include "herd/decimal.h"

static bool is_hex_digit(char byte)
{
    return herd_is_digit(byte) || (byte >= 'a' && byte <= 'f') || (byte >= 'A' && byte <= 'F');
}

static bool is_name_start(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte == '*';
}

static bool is_name_byte(char byte)
{
    return is_name_start(byte) || herd_is_digit(byte) || byte == '-' || byte == '_';
}

/* The byte at `at`, NUL past the end. */
static char peek(struct herd_text text, size_t at)
{
    return at < text.length ? text.bytes[at] : '\0';
}

static size_t skip_digits(struct herd_text text, size_t at)
{
    while (herd_is_digit(peek(text, at)))
        at++;
    return at;
}

static size_t skip_blanks(struct herd_text text, size_t at)
{
    while (peek(text, at) == ' ' || peek(text, at) == '\t')
        at++;
    return at;
}

/* The end of a quoted string whose quote is at `at`, or 0 where it has none. */
static size_t string_end(struct herd_text text, size_t at)
{
    for (at++; at < text.length; at++) {
        if (text.bytes[at] == '"') return at + 1;
        if (text.bytes[at] == '\\') at++;
    }
    return 0;
}

static enum lexeme_kind quoted(struct herd_text rest, size_t at, enum lexeme_kind kind, size_t *ret_length)
{
    size_t end = string_end(rest, at);
    *ret_length = end == 0 ? rest.length : end;
    return end == 0 ? LEXEME_OPEN : kind;
}

/* The length of a comment to the end of its line, its newline left. */
static size_t line_end(struct herd_text rest)
{
    const char *newline = memchr(rest.bytes, '\n', rest.length);
    return newline == NULL ? rest.length : (size_t)(newline - rest.bytes);
}

static enum lexeme_kind block_comment(struct herd_text rest, size_t *ret_length)
{
    for (size_t at = 2; at + 1 < rest.length; at++) {
        if (rest.bytes[at] != '*' || rest.bytes[at + 1] != '/') continue;
        *ret_length = at + 2;
        return LEXEME_BLANK;
    }
    *ret_length = rest.length;
    return LEXEME_OPEN;
}

/* The length of `@include "` at the start of a line, up to its quote, or 0. */
static size_t include_quote(struct herd_text rest)
{
    static const struct herd_text word = HERD_TEXT_INIT("@include");
    size_t at = skip_blanks(rest, 0);
    if (rest.length - at < word.length || memcmp(rest.bytes + at, word.bytes, word.length) != 0) return 0;
    size_t after = skip_blanks(rest, at + word.length);
    return after > at + word.length && peek(rest, after) == '"' ? after : 0;
}

/* The end of an exponent at `at`, or `at`. */
static size_t skip_exponent(struct herd_text text, size_t at)
{
    if (peek(text, at) != 'e' && peek(text, at) != 'E') return at;
    size_t digits = at + 1;
    if (peek(text, digits) == '+' || peek(text, digits) == '-') digits++;
    size_t end = skip_digits(text, digits);
    return end > digits ? end : at;
}

static size_t skip_suffix(struct herd_text text, size_t at)
{
    if (peek(text, at) == 'L') at++;
    if (peek(text, at) == 'L' && text.bytes[at - 1] == 'L') at++;
    return at;
}

/* An integer or a float at the start; anything else is one byte of WORD. */
static enum lexeme_kind number(struct herd_text rest, size_t *ret_length)
{
    size_t at = 0;
    if (peek(rest, 0) == '0' && (peek(rest, 1) == 'x' || peek(rest, 1) == 'X') && is_hex_digit(peek(rest, 2))) {
        for (at = 2; is_hex_digit(peek(rest, at));)
            at++;
        *ret_length = skip_suffix(rest, at);
        return LEXEME_INTEGER;
    }
    if (peek(rest, 0) == '-' || peek(rest, 0) == '+') at++;
    size_t whole = skip_digits(rest, at);
    size_t end = peek(rest, whole) == '.' ? skip_digits(rest, whole + 1) : whole;
    end = skip_exponent(rest, end);
    *ret_length = end > whole ? end : skip_suffix(rest, whole);
    if (end == whole && whole > at) return LEXEME_INTEGER;
    if (*ret_length == 0) *ret_length = 1;
    return LEXEME_WORD;
}

enum lexeme_kind lexeme_next(struct herd_text rest, bool line_start, size_t *ret_length)
{
    *ret_length = 1;
    if (rest.length == 0) return LEXEME_END;
    size_t quote = line_start ? include_quote(rest) : 0;
    if (quote > 0) return quoted(rest, quote, LEXEME_INCLUDE, ret_length);

    char first = rest.bytes[0];
    if (strchr(" \t\r\n\f", first) != NULL && first != '\0') return LEXEME_BLANK;
    if (first == '#' || (first == '/' && peek(rest, 1) == '/')) {
        *ret_length = line_end(rest);
        return LEXEME_BLANK;
    }
    if (first == '/' && peek(rest, 1) == '*') return block_comment(rest, ret_length);
    if (first == '"') return quoted(rest, 0, LEXEME_STRING, ret_length);
    if (strchr("=:,;()[]{}", first) != NULL && first != '\0') return LEXEME_MARK;
    if (is_name_start(first)) {
        while (is_name_byte(peek(rest, *ret_length)))
            ++*ret_length;
        return LEXEME_WORD;
    }
    return number(rest, ret_length);
}

static int hex_value(char digit)
{
    if (herd_is_digit(digit)) return digit - '0';
    return (digit >= 'a' ? digit - 'a' : digit - 'A') + 10;
}

/* Digits of either base up to INT64_MAX + 1; false where there is more. */
static bool magnitude(struct herd_text digits, unsigned base, uint64_t *ret_value)
{
    uint64_t limit = (uint64_t)INT64_MAX + 1;
    uint64_t value = 0;
    for (size_t i = 0; i < digits.length; i++) {
        unsigned digit = (unsigned)hex_value(digits.bytes[i]);
        if (value > (limit - digit) / base) return false;
        value = value * base + digit;
    }
    *ret_value = value;
    return true;
}

enum integer_fit integer_check(struct herd_text literal)
{
    bool negative = literal.bytes[0] == '-';
    bool hex = literal.length > 1 && (literal.bytes[1] == 'x' || literal.bytes[1] == 'X');
    size_t start = hex ? 2 : literal.bytes[0] == '-' || literal.bytes[0] == '+';
    size_t end = literal.length;
    while (end > start && literal.bytes[end - 1] == 'L')
        end--;
    uint64_t value = 0;
    bool small = magnitude((struct herd_text){literal.bytes + start, end - start}, hex ? 16 : 10, &value);
    if (!small || value > (uint64_t)INT64_MAX + negative) return INTEGER_TOO_BIG;
    if (end == literal.length && value > (uint64_t)INT32_MAX + negative) return INTEGER_NEEDS_L;
    return INTEGER_FITS;
}
