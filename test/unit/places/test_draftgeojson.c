/* SPDX-License-Identifier: MIT */
/* Single GeoJSON features: where a shape's point is, and what tags say. */
#include "placesfixture.h"

#define FEATURE(id, tags, geometry)                                                                                    \
    "{\"type\":\"Feature\",\"id\":" id ",\"properties\":{" tags "},\"geometry\":" geometry "}"
#define POINT "{\"type\":\"Point\",\"coordinates\":[9.5,47.25]}"

static void reads_geojson(void **state)
{
    static const struct {
        const char *line;
        enum herd_draft_result result;
        int32_t latitude_e7;
        int32_t longitude_e7;
    } cases[] = {
        {FEATURE("\"n4\"", "\"name\":\"A\"", POINT), HERD_DRAFT_PLACE, 472500000, 95000000},
        {FEATURE("4", "\"name\":\"A\"", POINT), HERD_DRAFT_PLACE, 472500000, 95000000},
        {FEATURE("\"w1\"", "\"name\":\"A\"", "{\"type\":\"LineString\",\"coordinates\":[[1,1],[2,3],[9,9]]}"),
         HERD_DRAFT_PLACE, 30000000, 20000000},
        {FEATURE(
             "\"a1\"", "\"name\":\"A\"",
             "{\"type\":\"Polygon\",\"coordinates\":[[[0,0],[0,2],[2,2],[2,0],[0,0]],[[1,1],[1,1.5],[1.5,1],[1,1]]]}"),
         HERD_DRAFT_PLACE, 10000000, 10000000},
        {FEATURE(
             "\"a2\"", "\"name\":\"A\"",
             "{\"type\":\"MultiPolygon\",\"coordinates\":[[[[9,47],[9.003,47],[9,47.003],[9,47]]],[[[0,0],[1,0],[0,1],"
             "[0,0]]]]}"),
         HERD_DRAFT_PLACE, 470010000, 90010000},
        /* Over the antimeridian; the corners' mean would be in Africa. */
        {FEATURE("\"a3\"", "\"name\":\"A\"",
                 "{\"type\":\"Polygon\",\"coordinates\":[[[179,-17],[-179,-17],[-179,-16],[179,-16],[179,-17]]]}"),
         HERD_DRAFT_PLACE, -165000000, 1800000000},
        {FEATURE("\"a4\"", "\"name\":\"A\"", "{\"type\":\"Polygon\",\"coordinates\":[[[5,5],[5,5],[5,5],[5,5]]]}"),
         HERD_DRAFT_PLACE, 50000000, 50000000},
        {FEATURE("\"r1\"", "\"name\":\"A\"", "{\"type\":\"GeometryCollection\",\"geometries\":[" POINT "]}"),
         HERD_DRAFT_PLACE, 472500000, 95000000},
        {FEATURE("\"r2\"", "\"name\":\"A\"", "{\"type\":\"MultiPoint\",\"coordinates\":[[1,2],[3,4]]}"),
         HERD_DRAFT_PLACE, 20000000, 10000000},
        {FEATURE("\"r3\"", "\"name\":\"A\"", "{\"type\":\"MultiLineString\",\"coordinates\":[[[1,2],[3,4]]]}"),
         HERD_DRAFT_PLACE, 40000000, 30000000},
        {FEATURE("\"n4\"", "", POINT), HERD_DRAFT_UNNAMED, 0, 0},
        {FEATURE("\"n4\"", "\"name\":\"\"", POINT), HERD_DRAFT_UNNAMED, 0, 0},
        {FEATURE("\"n4\"", "\"name\":7", POINT), HERD_DRAFT_UNNAMED, 0, 0},
        {"{\"type\":\"Feature\",\"properties\":null,\"geometry\":" POINT "}", HERD_DRAFT_UNNAMED, 0, 0},
        {FEATURE("\"n4\"", "\"name\":\"A\"", "null"), HERD_DRAFT_BAD, 0, 0},
        {FEATURE("\"n4\"", "\"name\":\"A\"", "{\"type\":\"Point\",\"coordinates\":[9.5]}"), HERD_DRAFT_BAD, 0, 0},
        {FEATURE("\"n4\"", "\"name\":\"A\"", "{\"type\":\"Point\",\"coordinates\":[0,91]}"), HERD_DRAFT_BAD, 0, 0},
        {FEATURE("\"n4\"", "\"name\":\"A\"", "{\"type\":\"Point\",\"coordinates\":[181,0]}"), HERD_DRAFT_BAD, 0, 0},
        {FEATURE("\"n4\"", "\"name\":\"A\"", "{\"type\":\"Point\",\"coordinates\":[\"1\",\"2\"]}"), HERD_DRAFT_BAD, 0,
         0},
        {FEATURE("\"n4\"", "\"name\":\"A\"", "{\"type\":\"Polygon\",\"coordinates\":[]}"), HERD_DRAFT_BAD, 0, 0},
        {FEATURE("\"n4\"", "\"name\":\"A\"", "{\"type\":\"Sphere\",\"coordinates\":[1,2]}"), HERD_DRAFT_BAD, 0, 0},
        {FEATURE("\"n4\"", "\"name\":\"A\"", "{\"coordinates\":[1,2]}"), HERD_DRAFT_BAD, 0, 0},
        {"{\"type\":\"FeatureCollection\",\"features\":[]}", HERD_DRAFT_BAD, 0, 0},
        {"[]", HERD_DRAFT_BAD, 0, 0},
        {"{\"type\":\"Feature\"", HERD_DRAFT_BAD, 0, 0},
        {"not JSON", HERD_DRAFT_BAD, 0, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct herd_draft draft = {.population = 0};
        const char *problem = NULL;
        assert_int_equal(herd_draft_read_geojson(&draft, herd_text_of(cases[i].line), &problem), cases[i].result);
        assert_int_equal(draft.latitude_e7, cases[i].latitude_e7);
        assert_int_equal(draft.longitude_e7, cases[i].longitude_e7);
        if (i < 2) placesfixture_expect(&draft.id, i == 0 ? "n4" : "4");
        herd_draft_finish(&draft);
    }
}

static void reads_tags(void **state)
{
    static const char *const cases[][3] = {
        {"\"amenity\":\"cafe\"", "cafe,point_of_interest,establishment", ""},
        {"\"shop\":\"yes\"", "shop,point_of_interest,establishment", ""},
        {"\"shop\":\"no\",\"tourism\":\"museum\"", "museum,point_of_interest,establishment", ""},
        {"\"building\":\"yes\"", "point_of_interest,establishment", ""},
        {"\"place\":\"town\"", "locality,political", ""},
        {"\"aeroway\":\"aerodrome\"", "airport,point_of_interest,establishment", ""},
        {"\"amenity\":\"cafe\",\"addr:street\":\"Aeulestrasse\",\"addr:housenumber\":\"12\",\"addr:city\":\"Vaduz\"",
         "cafe,point_of_interest,establishment", "Aeulestrasse 12, Vaduz"},
        {"\"amenity\":\"cafe\",\"addr:housenumber\":\"12\",\"addr:city\":\"Vaduz\"",
         "cafe,point_of_interest,establishment", "Vaduz"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct herd_draft draft = {.population = 0};
        const char *problem = NULL;
        char line[512];
        snprintf(line, sizeof(line),
                 "{\"type\":\"Feature\",\"id\":\"n1\",\"properties\":{\"name\":\"A\",\"population\":\"5400\",%s},"
                 "\"geometry\":" POINT "}",
                 cases[i][0]);
        assert_int_equal(herd_draft_read_geojson(&draft, herd_text_of(line), &problem), HERD_DRAFT_PLACE);
        placesfixture_expect(&draft.types, cases[i][1]);
        placesfixture_expect(&draft.vicinity, cases[i][2]);
        assert_int_equal(draft.population, 5400);
        herd_draft_finish(&draft);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_geojson),
        cmocka_unit_test(reads_tags),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
