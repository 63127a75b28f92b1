/* SPDX-License-Identifier: MIT */
/*
 * Answers in the bytes that clients of the legacy Nearby Search know: three
 * blanks a level, `"key" : value`, keys sorted, short arrays of strings on one
 * line, no newline at the end. Written straight into the reply.
 */
#include "herd/word.h"
#include "local.h"

#define E7 10000000u
#define ESCAPE_LENGTH 6

/* The most that put_string and put_degrees write; some of it may be written and not used. */
#define STRING_ROOM(length) (2 + ESCAPE_LENGTH * (length) + HERD_WORD_SIZE)
#define DEGREES_ROOM (5 + HERD_WORD_SIZE)
/* More than what all places have in common takes. */
#define PLACE_ROOM 1024

static inline char *put(char *at, struct herd_text text)
{
    if (text.length > 0) memcpy(at, text.bytes, text.length);
    return at + text.length;
}

static char *put_escaped(char *at, char byte)
{
    static const char hex[] = "0123456789abcdef";
    *at++ = '\\';
    if (byte == '"' || byte == '\\') {
        *at++ = byte;
        return at;
    }
    at = put(at, HERD_TEXT("u00"));
    *at++ = hex[(unsigned char)byte >> 4];
    *at++ = hex[(unsigned char)byte & 15];
    return at;
}

/* Judges the bytes that are to be escaped: control bytes, `"` and `\`. */
static uint64_t to_escape(uint64_t word)
{
    const uint64_t low = HERD_WORD_OF(0x7f);
    uint64_t quote = word ^ HERD_WORD_OF('"');
    uint64_t backslash = word ^ HERD_WORD_OF('\\');
    uint64_t no_control = ((word & low) + HERD_WORD_OF(0x60)) | word; /* 0x20 and 0x60 are 0x80 */
    uint64_t no_quote = ((quote & low) + low) | quote;
    uint64_t no_backslash = ((backslash & low) + low) | backslash;
    return ~(no_control & no_quote & no_backslash) & HERD_WORD_OF(0x80);
}

/* Eight bytes at a time are copied, then looked at: mostly there is nothing to escape. */
static char *put_string(char *at, struct herd_text text)
{
    const char *from = text.bytes;
    const char *end = text.bytes + text.length;
    *at++ = '"';
    while (end - from >= HERD_WORD_SIZE) {
        uint64_t word = herd_word_load(from);
        unsigned plain = herd_word_first(to_escape(word));
        herd_word_store(word, at);
        at += plain;
        from += plain;
        if (plain < HERD_WORD_SIZE) at = put_escaped(at, *from++);
    }
    for (; from < end; from++) {
        if ((unsigned char)*from >= 0x20 && *from != '"' && *from != '\\')
            *at++ = *from;
        else
            at = put_escaped(at, *from);
    }
    *at++ = '"';
    return at;
}

static char *put_degrees(char *at, int32_t degrees_e7)
{
    uint32_t size = degrees_e7 < 0 ? 0 - (uint32_t)degrees_e7 : (uint32_t)degrees_e7;
    uint32_t whole = size / E7;
    if (degrees_e7 < 0) *at++ = '-';
    if (whole >= 100) *at++ = (char)('0' + whole / 100);
    if (whole >= 10) *at++ = (char)('0' + whole / 10 % 10);
    *at++ = (char)('0' + whole % 10);
    *at++ = '.';
    uint64_t digits = herd_word_digits(size % E7 * 10); /* the eighth is 0 */
    herd_word_store(digits, at);
    at++;
    for (digits = (digits ^ HERD_WORD_OF('0')) >> 8; digits != 0; digits >>= 8)
        at++; /* up to the last that is not 0, and the first in any case */
    return at;
}

void herd_json_append_string(struct herd_buffer *out, struct herd_text text)
{
    char *start = herd_buffer_reserve(out, STRING_ROOM(text.length));
    herd_buffer_commit(out, (size_t)(put_string(start, text) - start));
}

void herd_json_append_degrees(struct herd_buffer *out, int32_t degrees_e7)
{
    char *start = herd_buffer_reserve(out, DEGREES_ROOM);
    herd_buffer_commit(out, (size_t)(put_degrees(start, degrees_e7) - start));
}

/* `[ "locality", "political" ]` of `locality,political`. */
static char *put_words(char *at, struct herd_text words)
{
    size_t start = 0;
    at = put(at, HERD_TEXT("[ "));
    for (size_t i = 0; i <= words.length; i++) {
        if (i < words.length && words.bytes[i] != ',') continue;
        if (start > 0) at = put(at, HERD_TEXT(", "));
        at = put_string(at, (struct herd_text){words.bytes + start, i - start});
        start = i + 1;
    }
    return put(at, HERD_TEXT(" ]"));
}

static char *put_place(char *at, struct herd_text source, const struct herd_places_place *place)
{
    at = put(at, HERD_TEXT("\n      {\n"
                           "         \"geometry\" : {\n"
                           "            \"location\" : {\n"
                           "               \"lat\" : "));
    at = put_degrees(at, place->latitude_e7);
    at = put(at, HERD_TEXT(",\n               \"lng\" : "));
    at = put_degrees(at, place->longitude_e7);
    at = put(at, HERD_TEXT("\n            }\n         },\n         \"name\" : "));
    at = put_string(at, place->name);
    /* Neither a source nor an id holds anything to escape: the importer sees to it. */
    at = put(at, HERD_TEXT(",\n         \"place_id\" : \""));
    at = put(at, source);
    *at++ = ':';
    at = put(at, place->id);
    at = put(at, HERD_TEXT("\",\n         \"types\" : "));
    at = put_words(at, place->types);
    if (place->vicinity.length > 0) {
        at = put(at, HERD_TEXT(",\n         \"vicinity\" : "));
        at = put_string(at, place->vicinity);
    }
    return put(at, HERD_TEXT("\n      }"));
}

static void append_place(struct herd_buffer *out, struct herd_text source, const struct herd_places_place *place)
{
    /* A comma of the types becomes four bytes, anything else at most an escape. */
    size_t texts = source.length + place->id.length + place->types.length + place->name.length + place->vicinity.length;
    char *start = herd_buffer_reserve(out, PLACE_ROOM + STRING_ROOM(texts));
    herd_buffer_commit(out, (size_t)(put_place(start, source, place) - start));
}

/* Whether an index before `number` has the same credit. */
static bool credited(const struct herd_places_index *indexes, unsigned number)
{
    for (unsigned i = 0; i < number; i++)
        if (herd_text_equal(indexes[i].attribution, indexes[number].attribution)) return true;
    return false;
}

static void append_attributions(struct herd_buffer *out, const struct herd_places_index *indexes, unsigned index_count)
{
    bool any = false;
    herd_buffer_append(out, HERD_TEXT("   \"html_attributions\" : ["));
    for (unsigned i = 0; i < index_count; i++) {
        if (indexes[i].attribution.length == 0 || credited(indexes, i)) continue;
        herd_buffer_append(out, any ? HERD_TEXT(", ") : HERD_TEXT(" "));
        herd_json_append_string(out, indexes[i].attribution);
        any = true;
    }
    herd_buffer_append(out, any ? HERD_TEXT(" ],\n") : HERD_TEXT("],\n"));
}

static void append_results(struct herd_buffer *out, const struct herd_places_scratch *scratch, unsigned count)
{
    herd_buffer_append(out, HERD_TEXT("   \"results\" : ["));
    for (unsigned i = 0; i < count; i++) {
        const struct herd_places_found *found = &scratch->found[i];
        struct herd_places_place place;
        herd_places_index_place(found->index, found->number, &place);
        if (i > 0) herd_buffer_append_byte(out, ',');
        append_place(out, found->index->source, &place);
    }
    if (count > 0) herd_buffer_append(out, HERD_TEXT("\n   "));
    herd_buffer_append(out, HERD_TEXT("],\n"));
}

void herd_places_index_answer(const struct herd_places_index *indexes, unsigned index_count,
                              const struct herd_places_query *query, struct herd_places_scratch *scratch,
                              struct herd_buffer *out)
{
    struct herd_places_query asked = *query;
    if (asked.bound == 0) asked.bound = 1; /* the status tells whether there is anything */
    unsigned found = herd_places_index_search(indexes, index_count, &asked, scratch);
    herd_buffer_append(out, HERD_TEXT("{\n"));
    append_attributions(out, indexes, index_count);
    append_results(out, scratch, query->bound == 0 ? 0 : found);
    herd_buffer_append(out, found > 0 ? HERD_TEXT("   \"status\" : \"OK\"\n}")
                                      : HERD_TEXT("   \"status\" : \"ZERO_RESULTS\"\n}"));
}

void herd_json_append_failure(struct herd_buffer *out, const char *message)
{
    herd_buffer_append(out, HERD_TEXT("{\n   \"error_message\" : "));
    herd_json_append_string(out, herd_text_of(message));
    herd_buffer_append(out, HERD_TEXT(",\n"
                                      "   \"html_attributions\" : [],\n"
                                      "   \"results\" : [],\n"
                                      "   \"status\" : \"UNKNOWN_ERROR\"\n"
                                      "}"));
}
