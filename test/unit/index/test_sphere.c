/* SPDX-License-Identifier: MIT */
#include "../../../src/index/local.h"
#include "../placesfixture.h"

#include <math.h>

#define QUARTER_M (HERD_EARTH_RADIUS_M * 3.14159265358979323846 / 2)
#define DEGREE_M (QUARTER_M / 90)

static double distance_m(int32_t latitude_e7, int32_t longitude_e7, int32_t other_latitude_e7,
                         int32_t other_longitude_e7)
{
    struct sphere_origin origin = sphere_origin((int64_t)latitude_e7 * 100, (int64_t)longitude_e7 * 100);
    return sphere_distance_m(&origin, other_latitude_e7, other_longitude_e7);
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
    const struct sphere_origin origin = sphere_origin(INT64_C(12345678901), INT64_C(-98765432109));
    double a[3];
    double b[3];
    for (int32_t latitude = -90; latitude <= 90; latitude += 15) {
        for (int32_t longitude = -180; longitude <= 180; longitude += 15) {
            sphere_vector(INT64_C(12345678901), INT64_C(-98765432109), a);
            sphere_vector(latitude * INT64_C(1000000000), longitude * INT64_C(1000000000), b);
            double chord = hypot(hypot(a[0] - b[0], a[1] - b[1]), a[2] - b[2]);
            double arc_m = 2 * HERD_EARTH_RADIUS_M * asin(chord / 2);
            double exact_m = sphere_distance_m(&origin, latitude * 10000000, longitude * 10000000);
            assert_true(fabs(arc_m - exact_m) < 0.001);
            assert_true(chord * HERD_EARTH_RADIUS_M <= exact_m + 1e-6);
        }
    }
}

/* Haversine as it is written in books, in long double. */
static double book_m(int64_t latitude_e9, int64_t longitude_e9, int32_t latitude_e7, int32_t longitude_e7)
{
    const long double radians = 3.14159265358979323846L / 180 / 1e9L;
    long double a = sinl((long double)(latitude_e7 * INT64_C(100) - latitude_e9) * radians / 2);
    long double b = sinl((long double)(longitude_e7 * INT64_C(100) - longitude_e9) * radians / 2);
    long double cosines = cosl((long double)latitude_e9 * radians) * cosl((long double)latitude_e7 * 100 * radians);
    long double share = a * a + cosines * b * b;
    return (double)(2 * (long double)HERD_EARTH_RADIUS_M * asinl(sqrtl(share < 1 ? share : 1)));
}

/* Near or far, at the equator or a pole: in all four directions, over the step where the short series end. */
static void series_lose_nothing(void **state)
{
    (void)state;
    for (int64_t latitude_e9 = -INT64_C(89900000001); latitude_e9 < INT64_C(90000000000); latitude_e9 += 4321098765) {
        const int64_t longitude_e9 = latitude_e9 * 2;
        const struct sphere_origin origin = sphere_origin(latitude_e9, longitude_e9);
        double step_e7 = 1;
        while (step_e7 < 3e8) {
            for (unsigned direction = 0; direction < 8; direction++) {
                int32_t north = (int32_t)step_e7 * ((int32_t)(direction % 3) - 1);
                int32_t east = (int32_t)step_e7 * ((int32_t)(direction / 3) - 1);
                int32_t latitude_e7 = (int32_t)(latitude_e9 / 100) + north;
                int32_t longitude_e7 = (int32_t)(longitude_e9 / 100) + east;
                if (latitude_e7 > 900000000 || latitude_e7 < -900000000) continue;
                double expected_m = book_m(latitude_e9, longitude_e9, latitude_e7, longitude_e7);
                double measured_m = sphere_distance_m(&origin, latitude_e7, longitude_e7);
                assert_true(fabs(measured_m - expected_m) <= 1e-8 + 1e-14 * expected_m);
            }
            step_e7 *= 1.07;
        }
    }
}

/* Equally far to the east and to the west is exactly equal, so that ids decide. */
static void mirrors(void **state)
{
    (void)state;
    const struct sphere_origin origin = sphere_origin(INT64_C(51000000000), INT64_C(7000000000));
    for (int32_t step_e7 = 1; step_e7 < 100000000; step_e7 += step_e7 / 7 + 1) {
        double east_m = sphere_distance_m(&origin, 510300000, 70000000 + step_e7);
        double west_m = sphere_distance_m(&origin, 510300000, 70000000 - step_e7);
        assert_true(east_m >= west_m && east_m <= west_m);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(measures),
        cmocka_unit_test(vectors_agree),
        cmocka_unit_test(series_lose_nothing),
        cmocka_unit_test(mirrors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
