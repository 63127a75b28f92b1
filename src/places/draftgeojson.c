/* SPDX-License-Identifier: MIT */
/*
 * One GeoJSON feature with OpenStreetMap's tags as properties, as
 * `osmium export -f geojsonseq --add-unique-id=type_id` writes it.
 *
 * A place is one point: of a line its middle vertex, of an area the centroid of
 * its outer ring, of several shapes the first. The centroid is taken relative to
 * the ring's first vertex, and longitudes the short way round from it, so that
 * neither far-off coordinates nor the antimeridian spoil it.
 */
#include <jansson.h>
#include <math.h>

#include "local.h"

#define SHAPES_MAX 8 /* collections within collections */

struct degrees {
    double latitude;
    double longitude;
};

static bool read_position(const json_t *position, struct degrees *ret_point)
{
    const json_t *longitude = json_array_get(position, 0);
    const json_t *latitude = json_array_get(position, 1);
    if (!json_is_number(longitude) || !json_is_number(latitude)) return false;
    *ret_point = (struct degrees){json_number_value(latitude), json_number_value(longitude)};
    return fabs(ret_point->latitude) <= 90 && fabs(ret_point->longitude) <= 180;
}

static double short_way(double degrees)
{
    return degrees > 180 ? degrees - 360 : degrees < -180 ? degrees + 360 : degrees;
}

/* Shoelace formula over triangles from the ring's first vertex. */
static bool ring_centroid(const json_t *ring, struct degrees *ret_point)
{
    struct degrees origin;
    double area = 0;
    double sum_x = 0;
    double sum_y = 0;
    double last_x = 0;
    double last_y = 0;
    if (!read_position(json_array_get(ring, 0), &origin)) return false;
    for (size_t i = 1; i < json_array_size(ring); i++) {
        struct degrees vertex;
        if (!read_position(json_array_get(ring, i), &vertex)) return false;
        double x = short_way(vertex.longitude - origin.longitude);
        double y = vertex.latitude - origin.latitude;
        double cross = last_x * y - x * last_y;
        area += cross;
        sum_x += cross * (last_x + x);
        sum_y += cross * (last_y + y);
        last_x = x;
        last_y = y;
    }
    *ret_point = origin;
    if (area == 0) return true;
    ret_point->latitude += sum_y / (3 * area);
    ret_point->longitude = short_way(origin.longitude + sum_x / (3 * area));
    return fabs(ret_point->latitude) <= 90;
}

static bool line_middle(const json_t *line, struct degrees *ret_point)
{
    return read_position(json_array_get(line, json_array_size(line) / 2), ret_point);
}

static bool geometry_point(const json_t *geometry, struct degrees *ret_point)
{
    for (unsigned i = 0; i < SHAPES_MAX && json_object_get(geometry, "geometries") != NULL; i++)
        geometry = json_array_get(json_object_get(geometry, "geometries"), 0);
    const char *type = json_string_value(json_object_get(geometry, "type"));
    const json_t *coordinates = json_object_get(geometry, "coordinates");
    const json_t *first = json_array_get(coordinates, 0);
    if (type == NULL) return false;
    if (strcmp(type, "Point") == 0) return read_position(coordinates, ret_point);
    if (strcmp(type, "MultiPoint") == 0) return read_position(first, ret_point);
    if (strcmp(type, "LineString") == 0) return line_middle(coordinates, ret_point);
    if (strcmp(type, "MultiLineString") == 0) return line_middle(first, ret_point);
    if (strcmp(type, "Polygon") == 0) return ring_centroid(first, ret_point);
    if (strcmp(type, "MultiPolygon") == 0) return ring_centroid(json_array_get(first, 0), ret_point);
    return false;
}

static struct herd_text string_of(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    if (!json_is_string(value)) return (struct herd_text){NULL, 0};
    return (struct herd_text){json_string_value(value), json_string_length(value)};
}

static void set_id(struct herd_draft *draft, const json_t *feature)
{
    const json_t *id = json_object_get(feature, "id");
    if (json_is_integer(id) && json_integer_value(id) >= 0)
        herd_buffer_append_number(&draft->id, (unsigned long long)json_integer_value(id));
    else
        herd_buffer_append(&draft->id, string_of(feature, "id"));
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

static enum herd_draft_result read_feature(struct herd_draft *draft, const json_t *feature, const char **ret_problem)
{
    struct degrees point = {0, 0};
    const json_t *tags = json_object_get(feature, "properties");
    struct herd_text type = string_of(feature, "type");
    *ret_problem = "it is not a GeoJSON feature";
    if (!herd_text_equal(type, HERD_TEXT("Feature"))) return HERD_DRAFT_BAD;
    struct herd_text name = string_of(tags, "name");
    if (name.length == 0) return HERD_DRAFT_UNNAMED;
    *ret_problem = "its geometry has no point in the world";
    if (!geometry_point(json_object_get(feature, "geometry"), &point)) return HERD_DRAFT_BAD;
    draft->latitude_e7 = (int32_t)lround(point.latitude * 1e7);
    draft->longitude_e7 = (int32_t)lround(point.longitude * 1e7);
    herd_buffer_append(&draft->name, name);
    /* A population that is prose is none. */
    if (herd_draft_parse_population(string_of(tags, "population"), &draft->population) != 0) draft->population = 0;
    set_id(draft, feature);
    set_kind(draft, tags);
    set_address(draft, tags);
    return HERD_DRAFT_PLACE;
}

enum herd_draft_result herd_draft_read_geojson(struct herd_draft *draft, struct herd_text line,
                                               const char **ret_problem)
{
    json_error_t error;
    json_t *feature = json_loadb(line.bytes, line.length, 0, &error);
    if (feature == NULL) {
        *ret_problem = "it is not JSON";
        return HERD_DRAFT_BAD;
    }
    enum herd_draft_result result = read_feature(draft, feature, ret_problem);
    json_decref(feature);
    return result;
}
