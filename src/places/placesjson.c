/* SPDX-License-Identifier: MIT */
/*
 * Answers in the bytes that clients of the legacy Nearby Search know: three
 * blanks a level, `"key" : value`, keys sorted, short arrays of strings on one
 * line, no newline at the end. Written straight into the reply.
 */
#include "local.h"

#define E7 10000000u

static void append_escaped(struct herd_buffer *out, unsigned char byte)
{
    static const char hex[] = "0123456789abcdef";
    char escape[6] = {'\\', (char)byte, 0, 0, 0, 0};
    if (byte == '"' || byte == '\\') {
        herd_buffer_append(out, (struct herd_text){escape, 2});
        return;
    }
    memcpy(escape, "\\u00", 4);
    escape[4] = hex[byte >> 4];
    escape[5] = hex[byte & 15];
    herd_buffer_append(out, (struct herd_text){escape, 6});
}

void herd_json_append_string(struct herd_buffer *out, struct herd_text text)
{
    herd_buffer_append_byte(out, '"');
    size_t start = 0;
    for (size_t i = 0; i < text.length; i++) {
        unsigned char byte = (unsigned char)text.bytes[i];
        if (byte >= 0x20 && byte != '"' && byte != '\\') continue;
        herd_buffer_append(out, (struct herd_text){text.bytes + start, i - start});
        append_escaped(out, byte);
        start = i + 1;
    }
    herd_buffer_append(out, (struct herd_text){text.bytes + start, text.length - start});
    herd_buffer_append_byte(out, '"');
}

void herd_json_append_degrees(struct herd_buffer *out, int32_t degrees_e7)
{
    uint32_t size = degrees_e7 < 0 ? 0 - (uint32_t)degrees_e7 : (uint32_t)degrees_e7;
    if (degrees_e7 < 0) herd_buffer_append_byte(out, '-');
    herd_buffer_append_number(out, size / E7);
    char digits[8] = ".0000000";
    uint32_t fraction = size % E7;
    for (unsigned i = 7; i > 0; i--, fraction /= 10)
        digits[i] = (char)('0' + fraction % 10);
    size_t length = sizeof(digits);
    while (length > 2 && digits[length - 1] == '0')
        length--;
    herd_buffer_append(out, (struct herd_text){digits, length});
}

/* `[ "locality", "political" ]` of `locality,political`. */
static void append_words(struct herd_buffer *out, struct herd_text words)
{
    size_t start = 0;
    herd_buffer_append(out, HERD_TEXT("[ "));
    for (size_t i = 0; i <= words.length; i++) {
        if (i < words.length && words.bytes[i] != ',') continue;
        if (start > 0) herd_buffer_append(out, HERD_TEXT(", "));
        herd_json_append_string(out, (struct herd_text){words.bytes + start, i - start});
        start = i + 1;
    }
    herd_buffer_append(out, HERD_TEXT(" ]"));
}

static void append_place(struct herd_buffer *out, struct herd_text source, const struct herd_places_place *place)
{
    herd_buffer_append(out, HERD_TEXT("      {\n"
                                      "         \"geometry\" : {\n"
                                      "            \"location\" : {\n"
                                      "               \"lat\" : "));
    herd_json_append_degrees(out, place->latitude_e7);
    herd_buffer_append(out, HERD_TEXT(",\n               \"lng\" : "));
    herd_json_append_degrees(out, place->longitude_e7);
    herd_buffer_append(out, HERD_TEXT("\n            }\n         },\n         \"name\" : "));
    herd_json_append_string(out, place->name);
    /* Neither a source nor an id holds anything to escape: the importer sees to it. */
    herd_buffer_append(out, HERD_TEXT(",\n         \"place_id\" : \""));
    herd_buffer_append(out, source);
    herd_buffer_append_byte(out, ':');
    herd_buffer_append(out, place->id);
    herd_buffer_append(out, HERD_TEXT("\",\n         \"types\" : "));
    append_words(out, place->types);
    if (place->vicinity.length > 0) {
        herd_buffer_append(out, HERD_TEXT(",\n         \"vicinity\" : "));
        herd_json_append_string(out, place->vicinity);
    }
    herd_buffer_append(out, HERD_TEXT("\n      }"));
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
        herd_buffer_append_byte(out, '\n');
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
