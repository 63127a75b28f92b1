/* SPDX-License-Identifier: MIT */
/*
 * One GeoJSON feature with OpenStreetMap's tags as properties, as
 * `osmium export -f geojsonseq --add-unique-id=type_id` writes it.
 */
#include <jansson.h>

#include "local.h"

#define DOUBLE_WHOLE_MAX 9007199254740992.0 /* 2^53: up to here a double tells whole numbers apart */

static struct herd_text string_of(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    if (!json_is_string(value)) return (struct herd_text){NULL, 0};
    return (struct herd_text){json_string_value(value), json_string_length(value)};
}

/* Appends a number or a string that can be an id; whether there was one. */
static bool append_id(struct herd_buffer *out, const json_t *value)
{
    double real = json_number_value(value);
    if (json_is_string(value)) {
        struct herd_text text = {json_string_value(value), json_string_length(value)};
        herd_buffer_append(out, text);
        return text.length > 0;
    }
    if (!json_is_integer(value) && !(json_is_real(value) && real >= -DOUBLE_WHOLE_MAX && real <= DOUBLE_WHOLE_MAX))
        return false;
    long long number = json_is_integer(value) ? json_integer_value(value) : (long long)real;
    if (json_is_real(value) && (double)number != real) return false;
    if (number < 0) herd_buffer_append_byte(out, '-');
    herd_buffer_append_number(out, number < 0 ? 0 - (unsigned long long)number : (unsigned long long)number);
    return true;
}

/*
 * The feature's own id; else what osmium keeps as `@id`, which is told apart by
 * the first letter of its `@type` as in `n4`; else a property `id`. A property
 * that cannot be an id may be anything, and is none.
 */
static void set_id(struct herd_draft *draft, const json_t *feature, const json_t *tags)
{
    static const char *const keys[] = {"@id", "id"};
    if (append_id(&draft->id, json_object_get(feature, "id"))) return;
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        const json_t *value = json_object_get(tags, keys[i]);
        struct herd_text type = string_of(tags, "@type");
        if (i == 0 && type.length > 0 && !json_is_string(value)) herd_buffer_append_byte(&draft->id, type.bytes[0]);
        if (append_id(&draft->id, value) && herd_draft_id_valid(herd_buffer_text(&draft->id))) return;
        herd_buffer_clear(&draft->id);
    }
}

/* One that is prose, broken or negative is none. */
static uint32_t population_of(const json_t *value, struct herd_text text)
{
    uint32_t population = 0;
    double number = json_number_value(value);
    if (json_is_number(value)) {
        if (number >= UINT32_MAX) return UINT32_MAX;
        if (number > 0) population = (uint32_t)number;
        return (double)population == number ? population : 0;
    }
    return herd_draft_parse_population(text, &population) == 0 ? population : 0;
}

/* The first of the keys by which OpenStreetMap says what a thing is; `yes` says no more than the key. */
static void set_kind(struct herd_draft *draft, const json_t *tags)
{
    static const char *const keys[] = {"amenity", "shop",       "tourism", "leisure", "historic",
                                       "office",  "healthcare", "railway", "aeroway", "place"};
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        struct herd_text value = string_of(tags, keys[i]);
        if (value.length == 0 || herd_text_equal(value, HERD_TEXT("no"))) continue;
        bool plain = herd_text_equal(value, HERD_TEXT("yes"));
        herd_draft_set_kind(draft, plain ? herd_text_of(keys[i]) : value);
        return;
    }
    herd_draft_set_kind(draft, string_of(tags, "type"));
}

static void append_part(struct herd_buffer *out, const char *separator, struct herd_text part)
{
    if (part.length == 0) return;
    if (herd_buffer_length(out) > 0) herd_buffer_append(out, herd_text_of(separator));
    herd_buffer_append(out, part);
}

/* `Landstrasse 12, Vaduz` */
static void set_address(struct herd_draft *draft, const json_t *tags)
{
    struct herd_text street = string_of(tags, "addr:street");
    append_part(&draft->vicinity, "", street);
    if (street.length > 0) append_part(&draft->vicinity, " ", string_of(tags, "addr:housenumber"));
    append_part(&draft->vicinity, ", ", string_of(tags, "addr:city"));
}

static enum herd_draft_result refuse_geometry(struct herd_draft *draft, const json_t *geometry)
{
    char *text = json_dumps(geometry, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(10));
    enum herd_draft_result result = herd_draft_refuse(draft, "its geometry has no point in the world",
                                                      text == NULL ? HERD_TEXT("null") : herd_text_of(text));
    free(text);
    return result;
}

static enum herd_draft_result read_feature(struct herd_draft *draft, const json_t *feature)
{
    const json_t *tags = json_object_get(feature, "properties");
    const json_t *geometry = json_object_get(feature, "geometry");
    struct herd_text type = string_of(feature, "type");
    if (herd_text_equal(type, HERD_TEXT("FeatureCollection"))) return herd_draft_refuse(draft, draft_collection, type);
    if (!herd_text_equal(type, HERD_TEXT("Feature")))
        return herd_draft_refuse(draft, "it is not a GeoJSON feature", type);
    struct herd_text name = string_of(tags, "name");
    if (name.length == 0) return HERD_DRAFT_UNNAMED;
    if (!draft_set_shape(draft, geometry)) return refuse_geometry(draft, geometry);
    herd_buffer_append(&draft->name, name);
    draft->population = population_of(json_object_get(tags, "population"), string_of(tags, "population"));
    set_id(draft, feature, tags);
    set_kind(draft, tags);
    set_address(draft, tags);
    return HERD_DRAFT_PLACE;
}

/* Whatever is JSON: what jansson does not take as it is, it does when mended. NULL and the problem otherwise. */
static json_t *parse(struct herd_draft *draft, struct herd_text line)
{
    json_error_t error;
    struct herd_buffer mended = HERD_BUFFER_INIT;
    json_t *feature = json_loadb(line.bytes, line.length, 0, &error);
    if (feature != NULL) return feature;
    json_mend(line, &mended);
    feature = json_loadb(herd_buffer_text(&mended).bytes, herd_buffer_length(&mended), 0, &error);
    herd_buffer_finish(&mended);
    if (feature != NULL) return feature;
    bool deep = json_error_code(&error) == json_error_stack_overflow;
    bool bytes = json_error_code(&error) == json_error_invalid_utf8;
    herd_draft_refuse(draft,
                      deep    ? "it is nested too deeply"
                      : bytes ? "the text is not UTF-8"
                              : "it is not JSON",
                      line);
    return NULL;
}

const char draft_collection[] =
    "it is a FeatureCollection, not one feature a line; make such lines of it with `jq -c '.features[]'` or "
    "`ogr2ogr -f GeoJSONSeq`, or write them with `osmium export -f geojsonseq`";

enum herd_draft_result herd_draft_read_geojson(struct herd_draft *draft, struct herd_text line)
{
    json_t *feature = parse(draft, line);
    if (feature == NULL) return HERD_DRAFT_BAD;
    enum herd_draft_result result = read_feature(draft, feature);
    json_decref(feature);
    return result;
}
