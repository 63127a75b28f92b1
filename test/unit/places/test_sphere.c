/* SPDX-License-Identifier: MIT */
#include "placesfixture.h"

#include <math.h>

#define QUARTER_M (HERD_EARTH_RADIUS_M * 3.14159265358979323846 / 2)
#define DEGREE_M (QUARTER_M / 90)

static double distance_m(int32_t latitude_e7, int32_t longitude_e7, int32_t other_latitude_e7,
                         int32_t other_longitude_e7)
{
    int64_t latitude_e9 = (int64_t)latitude_e7 * 100;
    return herd_sphere_distance_m(latitude_e9, (int64_t)longitude_e7 * 100, herd_sphere_cosine(latitude_e9),
                                  other_latitude_e7, other_longitude_e7);
}

static void measures(void **state)
{
    (void)state;
    static const struct {
        int32_t from[2];
        int32_t to[2];
        double expected_m;
    } cases[] = {
        {{0, 0}, {0, 0}, 0},
        {{0, 0}, {0, 10000000}, DEGREE_M},
        {{0, 0}, {10000000, 0}, DEGREE_M},
        {{0, 0}, {0, 1}, DEGREE_M / 1e7},
        {{0, 1799999999}, {0, -1799999999}, DEGREE_M * 2 / 1e7},       /* over the antimeridian */
        {{0, 1800000000}, {0, -1800000000}, 0},                        /* one meridian, two names */
        {{900000000, 0}, {900000000, 1234567890}, 0},                  /* the pole has every longitude */
        {{899999999, 0}, {899999999, 1800000000}, DEGREE_M * 2 / 1e7}, /* over the pole */
        {{900000000, 0}, {-900000000, 777777777}, 2 * QUARTER_M},
        {{0, 0}, {0, 1800000000}, 2 * QUARTER_M},
        {{0, -900000000}, {900000000, 0}, QUARTER_M},
        {{600000000, 0}, {600000000, 1800000000}, 60 * DEGREE_M},
        /* Westwood from the seed's point: some 1.95 km. */
        {{340689300, -1184451270}, {340561200, -1184306300}, 1952.508},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        double there = distance_m(cases[i].from[0], cases[i].from[1], cases[i].to[0], cases[i].to[1]);
        double back = distance_m(cases[i].to[0], cases[i].to[1], cases[i].from[0], cases[i].from[1]);
        assert_true(fabs(there - cases[i].expected_m) <= (i == 12 ? 0.001 : 1e-6 + 1e-8 * cases[i].expected_m));
        assert_true(fabs(there - back) <= 1e-6);
    }
}

/* The vectors' chord tells the same distance. */
static void vectors_agree(void **state)
{
    (void)state;
    double a[3];
    double b[3];
    for (int32_t latitude = -90; latitude <= 90; latitude += 15) {
        for (int32_t longitude = -180; longitude <= 180; longitude += 15) {
            herd_sphere_vector(INT64_C(12345678901), INT64_C(-98765432109), a);
            herd_sphere_vector(latitude * INT64_C(1000000000), longitude * INT64_C(1000000000), b);
            double chord = hypot(hypot(a[0] - b[0], a[1] - b[1]), a[2] - b[2]);
            double arc_m = 2 * HERD_EARTH_RADIUS_M * asin(chord / 2);
            double exact_m = herd_sphere_distance_m(INT64_C(12345678901), INT64_C(-98765432109),
                                                    herd_sphere_cosine(INT64_C(12345678901)), latitude * 10000000,
                                                    longitude * 10000000);
            assert_true(fabs(arc_m - exact_m) < 0.001);
            assert_true(chord * HERD_EARTH_RADIUS_M <= exact_m + 1e-6);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(measures),
        cmocka_unit_test(vectors_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
