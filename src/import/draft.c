/* SPDX-License-Identifier: MIT */
/* What all formats of import share: coordinates, types, region, and the check of the texts. */
#include <assert.h>
#include <errno.h>

#include "herd/builder.h"
#include "herd/decimal.h"
#include "herd/draft.h"

#define SHOWN_MAX 64      /* bytes of an offending value */
#define EXPONENT_MAX 9999 /* no double has more, and digits are counted one by one */

_Static_assert(HERD_DRAFT_ID_MAX <= HERD_BUILDER_ID_MAX && HERD_DRAFT_NAME_MAX <= HERD_BUILDER_NAME_MAX &&
                   HERD_DRAFT_VICINITY_MAX <= HERD_BUILDER_VICINITY_MAX,
               "a draft that is good fits into an index");

void herd_draft_clear(struct herd_draft *draft)
{
    herd_buffer_clear(&draft->id);
    herd_buffer_clear(&draft->name);
    herd_buffer_clear(&draft->vicinity);
    herd_buffer_clear(&draft->types);
    herd_buffer_clear(&draft->problem);
    draft->latitude_e7 = draft->longitude_e7 = 0;
    draft->population = 0;
}

void herd_draft_finish(struct herd_draft *draft)
{
    herd_buffer_finish(&draft->id);
    herd_buffer_finish(&draft->name);
    herd_buffer_finish(&draft->vicinity);
    herd_buffer_finish(&draft->types);
    herd_buffer_finish(&draft->problem);
}

enum herd_draft_result herd_draft_refuse(struct herd_draft *draft, const char *problem, struct herd_text value)
{
    size_t shown = value.length < SHOWN_MAX ? value.length : SHOWN_MAX;
    bool readable = herd_utf8_valid(value);
    while (readable && shown < value.length && ((unsigned char)value.bytes[shown] & 0xc0) == 0x80)
        shown--;
    herd_buffer_clear(&draft->problem);
    herd_buffer_append(&draft->problem, herd_text_of(problem));
    herd_buffer_append(&draft->problem, HERD_TEXT(": \""));
    for (size_t i = 0; i < shown; i++) {
        unsigned char byte = (unsigned char)value.bytes[i];
        bool plain = byte >= 0x20 && byte != 0x7f && (byte < 0x80 || readable);
        herd_buffer_append_byte(&draft->problem, plain ? value.bytes[i] : '?');
    }
    herd_buffer_append(&draft->problem, shown < value.length ? HERD_TEXT("...\"") : HERD_TEXT("\""));
    return HERD_DRAFT_BAD;
}

int herd_draft_parse_degrees(struct herd_text text, int32_t degrees_max, int32_t *ret_e7)
{
    struct herd_decimal decimal;
    uint64_t e8;
    bool negative = text.length > 0 && text.bytes[0] == '-';
    if (negative || (text.length > 0 && text.bytes[0] == '+')) {
        text.bytes++;
        text.length--;
    }
    if (herd_decimal_parse(text, &decimal) != 0 || herd_decimal_scale(&decimal, 8, &e8) != 0) return -EINVAL;
    uint64_t limit_e8 = (uint64_t)degrees_max * 100000000;
    if (e8 > limit_e8 || (e8 == limit_e8 && herd_decimal_has_more(&decimal, 8))) return -EINVAL;
    int32_t e7 = (int32_t)((e8 + 5) / 10);
    *ret_e7 = negative ? -e7 : e7;
    return 0;
}

/* What follows the `e` of a number: beyond +-EXPONENT_MAX no digit that matters is left. */
static int parse_exponent(struct herd_text text, int *ret_exponent)
{
    uint64_t number;
    bool negative = text.length > 0 && text.bytes[0] == '-';
    if (negative || (text.length > 0 && text.bytes[0] == '+')) {
        text.bytes++;
        text.length--;
    }
    int error = herd_number_parse(text, EXPONENT_MAX, &number);
    if (error == -EINVAL) return error;
    if (error != 0) number = EXPONENT_MAX;
    *ret_exponent = negative ? -(int)number : (int)number;
    return 0;
}

/* Digit by digit: those before the point, which the exponent has moved, are the number, those after it must be 0. */
static int parse_spelled(struct herd_text text, uint64_t *ret_number)
{
    struct herd_decimal decimal;
    int exponent = 0;
    size_t length = 0;
    while (length < text.length && text.bytes[length] != 'e' && text.bytes[length] != 'E')
        length++;
    if (length < text.length &&
        parse_exponent((struct herd_text){text.bytes + length + 1, text.length - length - 1}, &exponent) != 0)
        return -EINVAL;
    if (herd_decimal_parse((struct herd_text){text.bytes, length}, &decimal) != 0) return -EINVAL;
    int64_t point = (int64_t)decimal.whole.length + exponent;
    int64_t digits = (int64_t)(decimal.whole.length + decimal.fraction.length);
    uint64_t number = 0;
    for (int64_t i = 0; i < digits || i < point; i++) {
        int64_t after = i - (int64_t)decimal.whole.length;
        char digit = i >= digits ? '0' : after < 0 ? decimal.whole.bytes[i] : decimal.fraction.bytes[after];
        if (i >= point && digit != '0') return -EINVAL;
        if (i < point && number <= UINT32_MAX) number = number * 10 + (uint64_t)(digit - '0');
    }
    *ret_number = number;
    return 0;
}

int herd_draft_parse_population(struct herd_text text, uint32_t *ret_population)
{
    uint64_t number = 0;
    if (text.length > 0 && herd_number_parse(text, UINT32_MAX, &number) != 0 && parse_spelled(text, &number) != 0)
        return -EINVAL;
    *ret_population = number < UINT32_MAX ? (uint32_t)number : UINT32_MAX;
    return 0;
}

static bool starts_with(struct herd_text text, struct herd_text prefix)
{
    return text.length >= prefix.length && memcmp(text.bytes, prefix.bytes, prefix.length) == 0;
}

static struct herd_text feature_types(struct herd_text code)
{
    if (herd_text_equal(code, HERD_TEXT("PPLX"))) return HERD_TEXT("neighborhood,political");
    /* The tables of cities have a few rows without a code. */
    if (code.length == 0 || starts_with(code, HERD_TEXT("PPL")) || herd_text_equal(code, HERD_TEXT("STLMT")))
        return HERD_TEXT("locality,political");
    if (starts_with(code, HERD_TEXT("AIR"))) return HERD_TEXT("airport,point_of_interest,establishment");
    if (starts_with(code, HERD_TEXT("ADM"))) return HERD_TEXT("political");
    return HERD_TEXT("point_of_interest");
}

void herd_draft_set_feature(struct herd_draft *draft, struct herd_text code)
{
    herd_buffer_clear(&draft->types);
    herd_buffer_append(&draft->types, feature_types(code));
}

/* A word as types have it: lower case, everything but letters and digits a low line. */
static void append_type(struct herd_buffer *out, struct herd_text word)
{
    for (size_t i = 0; i < word.length; i++) {
        char byte = word.bytes[i];
        if (byte >= 'A' && byte <= 'Z') byte = (char)(byte - 'A' + 'a');
        bool plain = (byte >= 'a' && byte <= 'z') || herd_is_digit(byte);
        herd_buffer_append_byte(out, plain ? byte : '_');
    }
}

void herd_draft_set_kind(struct herd_draft *draft, struct herd_text kind)
{
    static const struct {
        struct herd_text kind;
        struct herd_text types;
    } known[] = {
        {HERD_TEXT_INIT("city"), HERD_TEXT_INIT("locality,political")},
        {HERD_TEXT_INIT("town"), HERD_TEXT_INIT("locality,political")},
        {HERD_TEXT_INIT("village"), HERD_TEXT_INIT("locality,political")},
        {HERD_TEXT_INIT("hamlet"), HERD_TEXT_INIT("locality,political")},
        {HERD_TEXT_INIT("locality"), HERD_TEXT_INIT("locality,political")},
        {HERD_TEXT_INIT("suburb"), HERD_TEXT_INIT("neighborhood,political")},
        {HERD_TEXT_INIT("quarter"), HERD_TEXT_INIT("neighborhood,political")},
        {HERD_TEXT_INIT("neighbourhood"), HERD_TEXT_INIT("neighborhood,political")},
        {HERD_TEXT_INIT("neighborhood"), HERD_TEXT_INIT("neighborhood,political")},
        {HERD_TEXT_INIT("aerodrome"), HERD_TEXT_INIT("airport,point_of_interest,establishment")},
    };
    herd_buffer_clear(&draft->types);
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (!herd_text_equal(kind, known[i].kind)) continue;
        herd_buffer_append(&draft->types, known[i].types);
        return;
    }
    append_type(&draft->types, kind);
    if (kind.length > 0) herd_buffer_append_byte(&draft->types, ',');
    herd_buffer_append(&draft->types, HERD_TEXT("point_of_interest,establishment"));
}

/* `CA`, `New South Wales`, `Provence-Alpes-Côte d'Azur`; no code such as `07` or `A1`. */
static bool is_name(struct herd_text text)
{
    bool letters = false;
    for (size_t i = 0; i < text.length; i++) {
        unsigned char byte = (unsigned char)text.bytes[i];
        unsigned char lower = byte | 0x20;
        if (herd_is_digit(text.bytes[i])) return false;
        letters = letters || byte >= 0x80 || (lower >= 'a' && lower <= 'z');
    }
    return letters;
}

void herd_draft_set_region(struct herd_draft *draft, struct herd_text admin1, struct herd_text country)
{
    bool named = is_name(admin1);
    herd_buffer_clear(&draft->vicinity);
    if (named) herd_buffer_append(&draft->vicinity, admin1);
    if (named && country.length > 0) herd_buffer_append(&draft->vicinity, HERD_TEXT(", "));
    herd_buffer_append(&draft->vicinity, country);
}

/* Bytes that follow a lead byte, and the least character that needs so many; -1: no lead byte. */
static int lead_of(unsigned char byte, uint32_t *ret_value, uint32_t *ret_least)
{
    static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
    int count = byte < 0x80 ? 0 : byte < 0xc0 ? -1 : byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : byte < 0xf8 ? 3 : -1;
    if (count < 0) return count;
    *ret_value = count == 0 ? byte : byte & (0x3fu >> count);
    *ret_least = least[count];
    return count;
}

bool herd_utf8_valid(struct herd_text text)
{
    for (size_t i = 0; i < text.length;) {
        uint32_t value = 0;
        uint32_t least = 0;
        int count = lead_of((unsigned char)text.bytes[i++], &value, &least);
        if (count < 0 || text.length - i < (size_t)count) return false;
        for (; count > 0; count--, i++) {
            unsigned char byte = (unsigned char)text.bytes[i];
            if ((byte & 0xc0) != 0x80) return false;
            value = value << 6 | (byte & 0x3f);
        }
        if (value < least || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff)) return false;
    }
    return true;
}

/* No line of a table means a tab or a newline in a name. */
static void blank_controls(struct herd_buffer *buffer)
{
    for (size_t i = buffer->start; i < buffer->end; i++)
        if ((unsigned char)buffer->memory[i] < 0x20 || buffer->memory[i] == 0x7f) buffer->memory[i] = ' ';
}

bool herd_draft_id_valid(struct herd_text id)
{
    if (id.length > HERD_DRAFT_ID_MAX) return false;
    for (size_t i = 0; i < id.length; i++) {
        char byte = id.bytes[i];
        if (byte <= ' ' || byte > '~' || byte == '"' || byte == '\\') return false;
    }
    return true;
}

/* Cuts after the last whole character that fits. */
static void shorten(struct herd_buffer *buffer, size_t length)
{
    if (herd_buffer_length(buffer) <= length) return;
    const char *bytes = herd_buffer_text(buffer).bytes;
    while (length > 0 && (bytes[length] & 0xc0) == 0x80)
        length--;
    herd_buffer_truncate(buffer, length);
}

enum herd_draft_result herd_draft_check(struct herd_draft *draft)
{
    struct herd_text id = herd_buffer_text(&draft->id);
    struct herd_text name = herd_buffer_text(&draft->name);
    struct herd_text vicinity = herd_buffer_text(&draft->vicinity);
    if (name.length == 0) return HERD_DRAFT_UNNAMED;
    if (!herd_draft_id_valid(id))
        return herd_draft_refuse(draft, "the id is longer than 128 bytes or has other than printable ASCII characters",
                                 id);
    if (name.length > HERD_DRAFT_NAME_MAX) return herd_draft_refuse(draft, "the name is longer than 1024 bytes", name);
    if (!herd_utf8_valid(name)) return herd_draft_refuse(draft, "the text is not UTF-8", name);
    if (!herd_utf8_valid(vicinity)) return herd_draft_refuse(draft, "the text is not UTF-8", vicinity);
    blank_controls(&draft->name);
    blank_controls(&draft->vicinity);
    shorten(&draft->vicinity, HERD_DRAFT_VICINITY_MAX);
    return HERD_DRAFT_PLACE;
}

struct herd_places_place herd_draft_place(const struct herd_draft *draft)
{
    return (struct herd_places_place){
        .latitude_e7 = draft->latitude_e7,
        .longitude_e7 = draft->longitude_e7,
        .population = draft->population,
        .id = herd_buffer_text(&draft->id),
        .name = herd_buffer_text(&draft->name),
        .vicinity = herd_buffer_text(&draft->vicinity),
        .types = herd_buffer_text(&draft->types),
    };
}
