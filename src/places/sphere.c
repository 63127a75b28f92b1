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
 */
#include <math.h>

#include "local.h"

#define RADIANS_PER_E9 (3.14159265358979323846 / 180.0 / 1e9)

double herd_sphere_cosine(int64_t latitude_e9)
{
    return cos((double)latitude_e9 * RADIANS_PER_E9);
}

void herd_sphere_vector(int64_t latitude_e9, int64_t longitude_e9, double ret_vector[3])
{
    double latitude = (double)latitude_e9 * RADIANS_PER_E9;
    double longitude = (double)longitude_e9 * RADIANS_PER_E9;
    ret_vector[0] = cos(latitude) * cos(longitude);
    ret_vector[1] = cos(latitude) * sin(longitude);
    ret_vector[2] = sin(latitude);
}

double herd_sphere_distance_m(int64_t latitude_e9, int64_t longitude_e9, double cosine, int32_t other_latitude_e7,
                              int32_t other_longitude_e7)
{
    int64_t other_latitude_e9 = (int64_t)other_latitude_e7 * 100;
    double half_latitude = (double)(other_latitude_e9 - latitude_e9) * (RADIANS_PER_E9 / 2);
    double half_longitude = (double)((int64_t)other_longitude_e7 * 100 - longitude_e9) * (RADIANS_PER_E9 / 2);
    double sine_latitude = sin(half_latitude);
    double sine_longitude = sin(half_longitude);
    double a = sine_latitude * sine_latitude +
               cosine * herd_sphere_cosine(other_latitude_e9) * sine_longitude * sine_longitude;
    return 2 * HERD_EARTH_RADIUS_M * asin(sqrt(a < 1 ? a : 1));
}
