/* SPDX-License-Identifier: MIT */
/* Single GeoJSON features: where a shape's point is, and what tags say. */
#include "../../../src/import/local.h"
#include "../placesfixture.h"

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
         HERD_DRAFT_PLACE, 3333333, 3333333}, /* the biggest */
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
        assert_int_equal(herd_draft_read_geojson(&draft, herd_text_of(cases[i].line)), cases[i].result);
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
        char line[512];
        snprintf(line, sizeof(line),
                 "{\"type\":\"Feature\",\"id\":\"n1\",\"properties\":{\"name\":\"A\",\"population\":\"5400\",%s},"
                 "\"geometry\":" POINT "}",
                 cases[i][0]);
        assert_int_equal(herd_draft_read_geojson(&draft, herd_text_of(line)), HERD_DRAFT_PLACE);
        placesfixture_expect(&draft.types, cases[i][1]);
        placesfixture_expect(&draft.vicinity, cases[i][2]);
        assert_int_equal(draft.population, 5400);
        herd_draft_finish(&draft);
    }
}

/* With "name" and a point; `more` are members of the feature, `tags` are properties. */
static enum herd_draft_result read_with(struct herd_draft *draft, const char *more, const char *tags)
{
    char line[1024];
    snprintf(line, sizeof(line), "{\"type\":\"Feature\",%s\"properties\":{\"name\":\"A\"%s},\"geometry\":" POINT "}",
             more, tags);
    herd_draft_clear(draft);
    return herd_draft_read_geojson(draft, herd_text_of(line));
}

static void reads_populations(void **state)
{
    static const struct {
        const char *value;
        uint32_t population;
    } cases[] = {
        {"1000000", 1000000},
        {"\"1000\"", 1000},
        {"1e6", 1000000},
        {"1000.0", 1000},
        {"\"1000.0\"", 1000},
        {"7000000000", UINT32_MAX},
        {"4294967295", UINT32_MAX},
        {"7.0e9", UINT32_MAX},
        {"123456789012345678901234567890", UINT32_MAX},
        {"1e400", UINT32_MAX},
        {"\"many\"", 0},
        {"-5", 0},
        {"12.5", 0},
        {"null", 0},
        {"[1]", 0},
        {"-12345678901234567890", 0},
    };
    struct herd_draft draft = {.population = 0};
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char tags[96];
        snprintf(tags, sizeof(tags), ",\"population\":%s", cases[i].value);
        assert_int_equal(read_with(&draft, "", tags), HERD_DRAFT_PLACE);
        assert_int_equal(draft.population, cases[i].population);
    }
    herd_draft_finish(&draft);
}

static void keeps_ids(void **state)
{
    static const char *const cases[][3] = {
        {"\"id\":\"n4\",", ",\"@id\":5,\"id\":6", "n4"},
        {"\"id\":4.0,", "", "4"},
        {"\"id\":-4,", "", "-4"},
        {"\"id\":12345678901234567890123,", "", "12345678901234567890123"},
        {"", ",\"@id\":5", "5"},
        {"", ",\"@type\":\"node\",\"@id\":5,\"id\":6", "n5"},
        {"", ",\"@id\":\"way/5\",\"@type\":\"way\"", "way/5"},
        {"", ",\"id\":6", "6"},
        {"", ",\"id\":\"KSMO\"", "KSMO"},
        {"", ",\"id\":\"no id\"", ""}, /* such a property may be anything */
        {"", ",\"@type\":\"node\",\"@id\":null", ""},
        {"\"id\":\"\",", ",\"id\":1e300", ""},
        {"\"id\":4.5,", ",\"id\":6.5", ""},
    };
    struct herd_draft draft = {.population = 0};
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(read_with(&draft, cases[i][0], cases[i][1]), HERD_DRAFT_PLACE);
        placesfixture_expect(&draft.id, cases[i][2]);
    }
    herd_draft_finish(&draft);
}

/* What is JSON is read, whatever there is in properties that nobody asks for; nothing else is. */
static void takes_whatever_is_json(void **state)
{
    static const struct {
        const char *value;
        enum herd_draft_result result;
    } cases[] = {
        {"123456789012345678901234567890", HERD_DRAFT_PLACE},
        {"[-9223372036854775809,18446744073709551616]", HERD_DRAFT_PLACE},
        {"[1e400,-1e400,1.5E+999,0.1e9999999999999999999999,1e-400]", HERD_DRAFT_PLACE},
        {"\"\\u0000\"", HERD_DRAFT_PLACE},
        {"{\"\\u0000\":1}", HERD_DRAFT_PLACE},
        {"[\"\\ud800\",\"\\udC00x\",\"\\ud800\\u0041\",\"\\ud83d\\ude00\",\"\\ud800\\ud800\\udc00\"]",
         HERD_DRAFT_PLACE},
        {"\"\\\\ud800 \\\" 1e400\"", HERD_DRAFT_PLACE},
        {"[1e400,01234567890123456789]", HERD_DRAFT_BAD},
        {"12345678901234567890.", HERD_DRAFT_BAD},
        {"[12345678901234567890 1]", HERD_DRAFT_BAD},
        {"-", HERD_DRAFT_BAD},
        {"1e400e", HERD_DRAFT_BAD},
        {"\"\\ud80\"", HERD_DRAFT_BAD},
        {"\"\\u00\"", HERD_DRAFT_BAD},
        {"\"\\", HERD_DRAFT_BAD},
        {"\"\\ud800", HERD_DRAFT_BAD},
    };
    struct herd_draft draft = {.population = 0};
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char tags[256];
        snprintf(tags, sizeof(tags), ",\"other\":%s", cases[i].value);
        assert_int_equal(read_with(&draft, "", tags), cases[i].result);
        if (cases[i].result == HERD_DRAFT_PLACE) placesfixture_expect(&draft.name, "A");
    }
    herd_draft_finish(&draft);
}

static void names_what_it_refuses(void **state)
{
    static const char *const cases[][2] = {
        {"{\"type\":\"FeatureCollection\",\"features\":[]}", "it is a FeatureCollection, not one feature a line"},
        {"{\"type\":\"Topology\"}", "it is not a GeoJSON feature: \"Topology\""},
        {"{x", "it is not JSON: \"{x\""},
        {"{\"a\":\"\xff\"}", "the text is not UTF-8: "},
        {FEATURE("1", "\"name\":\"A\"", "{\"type\":\"Point\",\"coordinates\":[200,1]}"),
         "its geometry has no point in the world: \"{\"type\":\"Point\",\"coordinates\":[200,1]}\""},
        {FEATURE("1", "\"name\":\"A\"", "null"), "its geometry has no point in the world: \"null\""},
    };
    struct herd_draft draft = {.population = 0};
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        herd_draft_clear(&draft);
        assert_int_equal(herd_draft_read_geojson(&draft, herd_text_of(cases[i][0])), HERD_DRAFT_BAD);
        herd_buffer_append_byte(&draft.problem, '\0');
        assert_non_null(strstr(herd_buffer_text(&draft.problem).bytes, cases[i][1]));
    }
    herd_draft_finish(&draft);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_geojson),          cmocka_unit_test(reads_tags),
        cmocka_unit_test(reads_populations),      cmocka_unit_test(keeps_ids),
        cmocka_unit_test(takes_whatever_is_json), cmocka_unit_test(names_what_it_refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
