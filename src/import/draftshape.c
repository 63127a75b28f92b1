/* SPDX-License-Identifier: MIT */
/*
 * The one point that a shape becomes: of a line its middle vertex, of an area
 * the centroid of its outer ring, of several areas that of the biggest, of other
 * collections that of the first.
 *
 * Longitudes are taken the short way round from vertex to vertex, and the sums
 * relative to the ring's first vertex, so that neither far-off coordinates nor
 * the antimeridian spoil the centroid. The areas of a ring that crosses itself
 * cancel each other, and one without area has none to divide by: what comes of
 * it may be anywhere. A centroid outside the ring's box is therefore none, and
 * the middle of the box stands for it. So the point is always in the box.
 */
#include <jansson.h>
#include <math.h>

#include "local.h"

#define SHAPES_MAX 8 /* collections within collections */
#define RADIANS_PER_DEGREE (3.14159265358979323846 / 180.0)

struct degrees {
    double latitude;
    double longitude;
};

/* What the vertices of a ring add up to. */
struct ring {
    struct degrees origin;
    struct degrees last; /* longitude: not wrapped at the antimeridian */
    struct degrees low;
    struct degrees high;
    double area; /* twice the area, signed, in square degrees */
    double sum_x;
    double sum_y;
};

static bool read_position(const json_t *position, struct degrees *ret_point)
{
    const json_t *longitude = json_array_get(position, 0);
    const json_t *latitude = json_array_get(position, 1);
    if (!json_is_number(longitude) || !json_is_number(latitude)) return false;
    *ret_point = (struct degrees){json_number_value(latitude), json_number_value(longitude)};
    return fabs(ret_point->latitude) <= 90 && fabs(ret_point->longitude) <= 180;
}

/* The same longitude as near to `other` as it gets; itself, exactly, where it is near. */
static double near_to(double longitude, double other)
{
    double difference = longitude - other;
    return fabs(difference) <= 180 ? longitude : other + remainder(difference, 360);
}

static double middle_of(double low, double high)
{
    return low + (high - low) / 2;
}

/* Shoelace formula over triangles from the ring's first vertex. */
static void ring_add(struct ring *ring, struct degrees vertex)
{
    vertex.longitude = near_to(vertex.longitude, ring->last.longitude);
    double last_x = ring->last.longitude - ring->origin.longitude;
    double last_y = ring->last.latitude - ring->origin.latitude;
    double x = vertex.longitude - ring->origin.longitude;
    double y = vertex.latitude - ring->origin.latitude;
    double cross = last_x * y - x * last_y;
    ring->area += cross;
    ring->sum_x += cross * (last_x + x);
    ring->sum_y += cross * (last_y + y);
    ring->low.latitude = fmin(ring->low.latitude, vertex.latitude);
    ring->low.longitude = fmin(ring->low.longitude, vertex.longitude);
    ring->high.latitude = fmax(ring->high.latitude, vertex.latitude);
    ring->high.longitude = fmax(ring->high.longitude, vertex.longitude);
    ring->last = vertex;
}

/* The comparisons are false for what a division by nothing gives, too. */
static bool ring_holds(const struct ring *ring, struct degrees point)
{
    return point.latitude >= ring->low.latitude && point.latitude <= ring->high.latitude &&
           point.longitude >= ring->low.longitude && point.longitude <= ring->high.longitude;
}

static struct degrees ring_point(const struct ring *ring)
{
    struct degrees point = {
        .latitude = ring->origin.latitude + ring->sum_y / (3 * ring->area),
        .longitude = ring->origin.longitude + ring->sum_x / (3 * ring->area),
    };
    if (!ring_holds(ring, point))
        point = (struct degrees){middle_of(ring->low.latitude, ring->high.latitude),
                                 middle_of(ring->low.longitude, ring->high.longitude)};
    point.longitude = near_to(point.longitude, 0);
    return point;
}

/* *ret_size: how big it is on the earth, in some unit; 0 for a ring without area. */
static bool ring_centroid(const json_t *vertices, struct degrees *ret_point, double *ret_size)
{
    struct degrees vertex;
    if (!read_position(json_array_get(vertices, 0), &vertex)) return false;
    struct ring ring = {.origin = vertex, .last = vertex, .low = vertex, .high = vertex};
    for (size_t i = 1; i < json_array_size(vertices); i++) {
        if (!read_position(json_array_get(vertices, i), &vertex)) return false;
        ring_add(&ring, vertex);
    }
    *ret_point = ring_point(&ring);
    *ret_size = fabs(ring.area) * cos(ret_point->latitude * RADIANS_PER_DEGREE);
    return true;
}

static bool biggest_part(const json_t *polygons, struct degrees *ret_point)
{
    double biggest = -1;
    for (size_t i = 0; i < json_array_size(polygons); i++) {
        struct degrees point;
        double size;
        if (!ring_centroid(json_array_get(json_array_get(polygons, i), 0), &point, &size)) continue;
        if (size <= biggest) continue;
        biggest = size;
        *ret_point = point;
    }
    return biggest >= 0;
}

static bool line_middle(const json_t *line, struct degrees *ret_point)
{
    return read_position(json_array_get(line, json_array_size(line) / 2), ret_point);
}

static bool find_point(const json_t *geometry, struct degrees *ret_point)
{
    for (unsigned i = 0; i < SHAPES_MAX && json_object_get(geometry, "geometries") != NULL; i++)
        geometry = json_array_get(json_object_get(geometry, "geometries"), 0);
    const char *type = json_string_value(json_object_get(geometry, "type"));
    const json_t *coordinates = json_object_get(geometry, "coordinates");
    const json_t *first = json_array_get(coordinates, 0);
    double size;
    if (type == NULL) return false;
    if (strcmp(type, "Point") == 0) return read_position(coordinates, ret_point);
    if (strcmp(type, "MultiPoint") == 0) return read_position(first, ret_point);
    if (strcmp(type, "LineString") == 0) return line_middle(coordinates, ret_point);
    if (strcmp(type, "MultiLineString") == 0) return line_middle(first, ret_point);
    if (strcmp(type, "Polygon") == 0) return ring_centroid(first, ret_point, &size);
    if (strcmp(type, "MultiPolygon") == 0) return biggest_part(coordinates, ret_point);
    return false;
}

bool draft_set_shape(struct herd_draft *draft, const struct json_t *geometry)
{
    struct degrees point = {0, 0};
    if (!find_point(geometry, &point)) return false;
    draft->latitude_e7 = (int32_t)lround(point.latitude * 1e7);
    draft->longitude_e7 = (int32_t)lround(point.longitude * 1e7);
    return true;
}
