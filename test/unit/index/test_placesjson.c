/* SPDX-License-Identifier: MIT */
/* The bytes of local answers. */
#include "../../../src/index/local.h"
#include "../placesfixture.h"

#include <stdio.h>

static void expect_text(struct herd_buffer *out, const char *expected)
{
    herd_buffer_append_byte(out, '\0');
    assert_string_equal(herd_buffer_text(out).bytes, expected);
    herd_buffer_finish(out);
}

static void writes_strings(void **state)
{
    static const struct {
        struct herd_text text;
        const char *expected;
    } cases[] = {
        {HERD_TEXT_INIT(""), "\"\""},
        {HERD_TEXT_INIT("Westwood"), "\"Westwood\""},
        {HERD_TEXT_INIT("São Paulo / 東京"), "\"São Paulo / 東京\""},
        {HERD_TEXT_INIT("a\"b\\c"), "\"a\\\"b\\\\c\""},
        {HERD_TEXT_INIT("\"\""), "\"\\\"\\\"\""},
        {HERD_TEXT_INIT("\n\t\x1f\0x\x7f"), "\"\\u000a\\u0009\\u001f\\u0000x\x7f\""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct herd_buffer out = HERD_BUFFER_INIT;
        herd_json_append_string(&out, cases[i].text);
        expect_text(&out, cases[i].expected);
    }
}

/* Any byte, anywhere in strings of any length up to three words. */
static void escapes_any_byte_anywhere(void **state)
{
    (void)state;
    for (unsigned byte = 0; byte < 256; byte++) {
        for (size_t length = 1; length <= 24; length++) {
            for (size_t at = 0; at < length; at++) {
                struct herd_buffer out = HERD_BUFFER_INIT;
                char text[24] = "abcdefghijklmnopqrstuvwx";
                char expected[40] = "";
                char escape[8];
                text[at] = (char)byte;
                if (byte == '"' || byte == '\\')
                    snprintf(escape, sizeof(escape), "\\%c", (int)byte);
                else
                    snprintf(escape, sizeof(escape), byte < 32 ? "\\u%04x" : "%c", byte);
                snprintf(expected, sizeof(expected), "\"%.*s%s%.*s\"", (int)at, text, escape, (int)(length - at - 1),
                         text + at + 1);
                herd_json_append_string(&out, (struct herd_text){text, length});
                expect_text(&out, expected);
            }
        }
    }
}

static void writes_degrees(void **state)
{
    static const struct {
        int32_t degrees_e7;
        const char *expected;
    } cases[] = {
        {340632868, "34.0632868"},
        {-1184453277, "-118.4453277"},
        {0, "0.0"},
        {1, "0.0000001"},
        {-1, "-0.0000001"},
        {340000000, "34.0"},
        {-1185000000, "-118.5"},
        {10, "0.000001"},
        {1800000000, "180.0"},
        {-1800000000, "-180.0"},
        {100000001, "10.0000001"},
        {100000100, "10.00001"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct herd_buffer out = HERD_BUFFER_INIT;
        herd_json_append_degrees(&out, cases[i].degrees_e7);
        expect_text(&out, cases[i].expected);
    }
}

static void writes_failures(void **state)
{
    struct herd_buffer out = HERD_BUFFER_INIT;
    (void)state;
    herd_json_append_failure(&out, "It \"failed\".");
    expect_text(&out, "{\n"
                      "   \"error_message\" : \"It \\\"failed\\\".\",\n"
                      "   \"html_attributions\" : [],\n"
                      "   \"results\" : [],\n"
                      "   \"status\" : \"UNKNOWN_ERROR\"\n"
                      "}");
}

static void expect_answer(const struct placesfixture *fixture, double radius_m, unsigned bound, const char *expected)
{
    static struct herd_places_scratch scratch;
    const struct herd_places_query query = {34068930000, -118445127000, radius_m, HERD_PLACES_DISTANCE, bound};
    struct herd_buffer out = HERD_BUFFER_INIT;
    herd_places_index_answer(&fixture->index, 1, &query, &scratch, &out);
    expect_text(&out, expected);
}

#define HEAD "{\n   \"html_attributions\" : [ \"© GeoNames (CC BY 4.0)\" ],\n   \"results\" : ["
#define WESTWOOD                                                                                                       \
    "\n      {\n"                                                                                                      \
    "         \"geometry\" : {\n"                                                                                      \
    "            \"location\" : {\n"                                                                                   \
    "               \"lat\" : 34.05612,\n"                                                                             \
    "               \"lng\" : -118.43063\n"                                                                            \
    "            }\n"                                                                                                  \
    "         },\n"                                                                                                    \
    "         \"name\" : \"Westwood\",\n"                                                                              \
    "         \"place_id\" : \"geonames:5408522\",\n"                                                                  \
    "         \"types\" : [ \"locality\", \"political\" ],\n"                                                          \
    "         \"vicinity\" : \"CA, US\"\n"                                                                             \
    "      }"
#define BEVERLY_HILLS                                                                                                  \
    "\n      {\n"                                                                                                      \
    "         \"geometry\" : {\n"                                                                                      \
    "            \"location\" : {\n"                                                                                   \
    "               \"lat\" : 34.07362,\n"                                                                             \
    "               \"lng\" : -118.40036\n"                                                                            \
    "            }\n"                                                                                                  \
    "         },\n"                                                                                                    \
    "         \"name\" : \"Beverly \\\"Hills\\\"\",\n"                                                                 \
    "         \"place_id\" : \"geonames:5328041\",\n"                                                                  \
    "         \"types\" : [ \"locality\", \"political\" ],\n"                                                          \
    "         \"vicinity\" : \"CA, US\"\n"                                                                             \
    "      }"
#define OK_TAIL "],\n   \"status\" : \"OK\"\n}"
#define ZERO_TAIL "],\n   \"status\" : \"ZERO_RESULTS\"\n}"

static void writes_answers(void **state)
{
    struct placesfixture fixture;
    (void)state;
    placesfixture_init(&fixture);
    placesfixture_add(&fixture, "5408522", "Westwood", 340561200, -1184306300, 2019);
    placesfixture_add(&fixture, "5328041", "Beverly \"Hills\"", 340736200, -1184003600, 34109);
    placesfixture_build(&fixture);
    expect_answer(&fixture, 10000, 20, HEAD WESTWOOD "," BEVERLY_HILLS "\n   " OK_TAIL);
    expect_answer(&fixture, 10000, 2, HEAD WESTWOOD "," BEVERLY_HILLS "\n   " OK_TAIL);
    expect_answer(&fixture, 10000, 1, HEAD WESTWOOD "\n   " OK_TAIL);
    expect_answer(&fixture, 10000, 0, HEAD OK_TAIL);
    expect_answer(&fixture, 2000, 20, HEAD WESTWOOD "\n   " OK_TAIL);
    expect_answer(&fixture, 1000, 20, HEAD ZERO_TAIL);
    expect_answer(&fixture, 1000, 0, HEAD ZERO_TAIL);
    expect_answer(&fixture, 0, 20, HEAD ZERO_TAIL);
    placesfixture_finish(&fixture);
}

/* No credit, no vicinity: the array stays empty, the key away. */
static void leaves_out_what_is_not_there(void **state)
{
    struct placesfixture fixture;
    (void)state;
    placesfixture_init(&fixture);
    placesfixture_add(&fixture, "1", "X", 340689300, -1184451270, 0);
    placesfixture_build(&fixture);
    fixture.index.attribution.length = 0;
    char *records =
        (char *)fixture.memory + ((const struct index_header *)fixture.memory)->sections[INDEX_RECORDS].offset;
    struct index_record head;
    memcpy(&head, records, sizeof(head));
    head.vicinity_length = 0;
    memcpy(records, &head, sizeof(head));
    expect_answer(&fixture, 1, 1,
                  "{\n   \"html_attributions\" : [],\n   \"results\" : [\n      {\n"
                  "         \"geometry\" : {\n            \"location\" : {\n"
                  "               \"lat\" : 34.06893,\n               \"lng\" : -118.445127\n            }\n"
                  "         },\n         \"name\" : \"X\",\n         \"place_id\" : \"geonames:1\",\n"
                  "         \"types\" : [ \"locality\", \"political\" ]\n      }\n   ],\n   \"status\" : \"OK\"\n}");
    placesfixture_finish(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_strings), cmocka_unit_test(escapes_any_byte_anywhere),
        cmocka_unit_test(writes_degrees), cmocka_unit_test(writes_failures),
        cmocka_unit_test(writes_answers), cmocka_unit_test(leaves_out_what_is_not_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
