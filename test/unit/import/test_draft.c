/* SPDX-License-Identifier: MIT */
/* Single lines of tables, and what all formats share. */
#include "../../../src/import/local.h"
#include "../placesfixture.h"

static void reads_degrees(void **state)
{
    static const struct {
        const char *text;
        int32_t degrees_max;
        int32_t e7;
        int error;
    } cases[] = {
        {"0", 90, 0, 0},
        {"-0", 90, 0, 0},
        {"+34.068930", 90, 340689300, 0},
        {"-118.445127", 180, -1184451270, 0},
        {"1.23456784", 90, 12345678, 0},
        {"1.23456785", 90, 12345679, 0}, /* rounded */
        {"-1.23456785", 90, -12345679, 0},
        {"90", 90, 900000000, 0},
        {"90.000000000", 90, 900000000, 0},
        {"90.000000001", 90, 0, -1},
        {"90.00000001", 90, 0, -1},
        {"-90.1", 90, 0, -1},
        {"180", 180, 1800000000, 0},
        {"-180", 180, -1800000000, 0},
        {"180.1", 180, 0, -1},
        {"91", 90, 0, -1},
        {"99999999999999999999", 90, 0, -1},
        {"", 90, 0, -1},
        {"-", 90, 0, -1},
        {"--1", 90, 0, -1},
        {".5", 90, 0, -1},
        {"5.", 90, 0, -1},
        {"1e1", 90, 0, -1},
        {"nan", 90, 0, -1},
        {" 1", 90, 0, -1},
        {"1,5", 90, 0, -1},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int32_t e7 = 0;
        int error = herd_draft_parse_degrees(herd_text_of(cases[i].text), cases[i].degrees_max, &e7);
        assert_int_equal(error == 0 ? 0 : -1, cases[i].error);
        assert_int_equal(e7, cases[i].e7);
    }
}

static void reads_populations(void **state)
{
    static const struct {
        const char *text;
        uint32_t population;
        int error;
    } cases[] = {
        {"", 0, 0},
        {"0", 0, 0},
        {"1000", 1000, 0},
        {"1000.0", 1000, 0},
        {"1000.000000", 1000, 0},
        {"1e6", 1000000, 0},
        {"1.5E+3", 1500, 0},
        {"1500e-2", 15, 0},
        {"0.5e1", 5, 0},
        {"4294967295", UINT32_MAX, 0},
        {"4294967296", UINT32_MAX, 0},
        {"7000000000", UINT32_MAX, 0},
        {"7e9", UINT32_MAX, 0},
        {"99999999999999999999999999", UINT32_MAX, 0},
        {"1e400", UINT32_MAX, 0},
        {"1e99999999999999999999", UINT32_MAX, 0},
        {"0e99999999999999999999", 0, 0},
        {"1e-99999999999999999999", 0, -1},
        {"1000.5", 0, -1},
        {"1e-1", 0, -1},
        {"-1", 0, -1},
        {"1e", 0, -1},
        {"e1", 0, -1},
        {"1e+", 0, -1},
        {"1e1.0", 0, -1},
        {"1,000", 0, -1},
        {"about 5", 0, -1},
        {" 5", 0, -1},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint32_t population = 0;
        int error = herd_draft_parse_population(herd_text_of(cases[i].text), &population);
        assert_int_equal(error == 0 ? 0 : -1, cases[i].error);
        assert_int_equal(population, cases[i].population);
    }
}

static void shows_the_offending_value(void **state)
{
    static const char *const cases[][2] = {
        {"", "it is so: \"\""},
        {"91", "it is so: \"91\""},
        {"a\tb\x7f", "it is so: \"a?b?\""},
        {"Zürich", "it is so: \"Zürich\""},
        {"Z\xfcrich", "it is so: \"Z?rich\""},
        {"0123456789012345678901234567890123456789012345678901234567890123",
         "it is so: \"0123456789012345678901234567890123456789012345678901234567890123\""},
        {"012345678901234567890123456789012345678901234567890123456789012\303\251",
         "it is so: \"012345678901234567890123456789012345678901234567890123456789012...\""},
    };
    struct herd_draft draft = {.population = 0};
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(herd_draft_refuse(&draft, "it is so", herd_text_of(cases[i][0])), HERD_DRAFT_BAD);
        placesfixture_expect(&draft.problem, cases[i][1]);
    }
    herd_draft_finish(&draft);
}

static void knows_utf8(void **state)
{
    static const struct {
        const char *text;
        bool valid;
    } cases[] = {
        {"", true},
        {"a\x7f", true},
        {"\xc2\x80\xdf\xbf", true},
        {"\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf", true},
        {"\xf0\x90\x80\x80\xf4\x8f\xbf\xbf", true},
        {"\x80", false},
        {"\xbf", false},
        {"\xc0\x80", false}, /* too long a form */
        {"\xc1\xbf", false},
        {"\xe0\x9f\xbf", false},
        {"\xf0\x8f\xbf\xbf", false},
        {"\xed\xa0\x80", false}, /* a surrogate */
        {"\xf4\x90\x80\x80", false},
        {"\xf8\x88\x80\x80\x80", false},
        {"\xff", false},
        {"\xc3", false}, /* cut short */
        {"\xe3\x81", false},
        {"\xe3\x81"
         "a",
         false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(herd_utf8_valid(herd_text_of(cases[i].text)), cases[i].valid);
}

static void maps_types(void **state)
{
    static const char *const features[][2] = {
        {"PPL", "locality,political"},
        {"PPLA2", "locality,political"},
        {"PPLX", "neighborhood,political"},
        {"STLMT", "locality,political"},
        {"", "locality,political"},
        {"AIRP", "airport,point_of_interest,establishment"},
        {"ADM1", "political"},
        {"MT", "point_of_interest"},
    };
    static const char *const kinds[][2] = {
        {"cafe", "cafe,point_of_interest,establishment"},
        {"Art Gallery", "art_gallery,point_of_interest,establishment"},
        {"a\",b", "a__b,point_of_interest,establishment"},
        {"", "point_of_interest,establishment"},
        {"village", "locality,political"},
        {"suburb", "neighborhood,political"},
        {"aerodrome", "airport,point_of_interest,establishment"},
    };
    struct herd_draft draft = {.population = 0};
    (void)state;
    for (size_t i = 0; i < sizeof(features) / sizeof(features[0]); i++) {
        herd_draft_set_feature(&draft, herd_text_of(features[i][0]));
        placesfixture_expect(&draft.types, features[i][1]);
    }
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        herd_draft_set_kind(&draft, herd_text_of(kinds[i][0]));
        placesfixture_expect(&draft.types, kinds[i][1]);
    }
    herd_draft_finish(&draft);
}

static void names_regions(void **state)
{
    static const char *const cases[][3] = {
        {"CA", "US", "CA, US"},
        {"07", "DE", "DE"},
        {"", "VA", "VA"},
        {"ENG", "GB", "ENG, GB"},
        {"A1", "XX", "XX"},
        {"CA", "", "CA"},
        {"", "", ""},
        {"É", "FR", "É, FR"},
        {"New South Wales", "AU", "New South Wales, AU"},
        {"Provence-Alpes-Côte d'Azur", "FR", "Provence-Alpes-Côte d'Azur, FR"},
        {"-", "FR", "FR"},
        {"Zone 4", "XX", "XX"},
    };
    struct herd_draft draft = {.population = 0};
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        herd_draft_set_region(&draft, herd_text_of(cases[i][0]), herd_text_of(cases[i][1]));
        placesfixture_expect(&draft.vicinity, cases[i][2]);
    }
    herd_draft_finish(&draft);
}

static void append_times(struct herd_buffer *out, struct herd_text text, unsigned times)
{
    for (unsigned i = 0; i < times; i++)
        herd_buffer_append(out, text);
}

static enum herd_draft_result check_lengths(unsigned id, unsigned name, unsigned vicinity, size_t *ret_vicinity)
{
    struct herd_draft draft = {.population = 0};
    append_times(&draft.id, HERD_TEXT("i"), id);
    append_times(&draft.name, HERD_TEXT("n"), name);
    append_times(&draft.vicinity, HERD_TEXT("é"), vicinity);
    enum herd_draft_result result = herd_draft_check(&draft);
    assert_int_equal(result == HERD_DRAFT_BAD, herd_buffer_length(&draft.problem) > 0);
    *ret_vicinity = herd_buffer_length(&draft.vicinity);
    herd_draft_finish(&draft);
    return result;
}

static void checks_lengths(void **state)
{
    size_t vicinity = 0;
    (void)state;
    assert_int_equal(check_lengths(0, 1, 0, &vicinity), HERD_DRAFT_PLACE);
    assert_int_equal(check_lengths(128, 1024, 127, &vicinity), HERD_DRAFT_PLACE);
    assert_int_equal(vicinity, 254);
    assert_int_equal(check_lengths(1, 1, 128, &vicinity), HERD_DRAFT_PLACE);
    assert_int_equal(vicinity, 254); /* not 255, which would cut a character */
    assert_int_equal(check_lengths(129, 1, 0, &vicinity), HERD_DRAFT_BAD);
    assert_int_equal(check_lengths(1, 1025, 0, &vicinity), HERD_DRAFT_BAD);
    assert_int_equal(check_lengths(1, 0, 0, &vicinity), HERD_DRAFT_UNNAMED);
}

static enum herd_draft_result check_texts(const char *id, const char *name, const char *expected_name)
{
    struct herd_draft draft = {.population = 0};
    herd_buffer_append(&draft.id, herd_text_of(id));
    herd_buffer_append(&draft.name, herd_text_of(name));
    enum herd_draft_result result = herd_draft_check(&draft);
    if (result == HERD_DRAFT_PLACE) placesfixture_expect(&draft.name, expected_name);
    herd_draft_finish(&draft);
    return result;
}

static void checks_texts(void **state)
{
    (void)state;
    assert_int_equal(check_texts("n4", "São\tPaulo\x7f", "São Paulo "), HERD_DRAFT_PLACE);
    assert_int_equal(check_texts("KSMO", "\"", "\""), HERD_DRAFT_PLACE);
    assert_int_equal(check_texts("a b", "x", NULL), HERD_DRAFT_BAD);
    assert_int_equal(check_texts("a\"b", "x", NULL), HERD_DRAFT_BAD);
    assert_int_equal(check_texts("a\\b", "x", NULL), HERD_DRAFT_BAD);
    assert_int_equal(check_texts("é", "x", NULL), HERD_DRAFT_BAD);
    assert_int_equal(check_texts("1", "\xff", NULL), HERD_DRAFT_BAD);
}

static void reads_tsv(void **state)
{
    static const struct {
        const char *line;
        enum herd_draft_result result;
    } cases[] = {
        {"5408522\tWestwood\t34.05612\t-118.43063\tPPLX\tUS\tCA\t2019", HERD_DRAFT_PLACE},
        {"5408522\tWestwood\tWestwood\ta,b\t34.05612\t-118.43063\tP\tPPLX\tUS\t\tCA\t037\t\t\t2019\t\t99\tAmerica/"
         "Los_Angeles\t2019-09-05",
         HERD_DRAFT_PLACE},
        {"1\tX\t0\t0\tPPL\tUS\tCA\t4294967295", HERD_DRAFT_PLACE},
        {"1\tX\t0\t0\tPPL\tUS\tCA\t4294967296", HERD_DRAFT_PLACE},
        {"1\tX\t0\t0\tPPL\tUS\tCA\t-1", HERD_DRAFT_BAD},
        {"1\tX\t0\t0\tPPL\tUS\tCA\t", HERD_DRAFT_PLACE},
        {"1\tX\t0\t0\tPPL\tUS\tCA", HERD_DRAFT_BAD},
        {"1\tX\t0\t0\tPPL\tUS\tCA\t1\t", HERD_DRAFT_BAD},
        {"1\tX\t90.1\t0\tPPL\tUS\tCA\t1", HERD_DRAFT_BAD},
        {"1\tX\t0\t-180.1\tPPL\tUS\tCA\t1", HERD_DRAFT_BAD},
        {"1\tX\t\t0\tPPL\tUS\tCA\t1", HERD_DRAFT_BAD},
        {"id\tname\tlat\tlon\tfeature\tcountry\tadmin1\tpopulation", HERD_DRAFT_BAD},
        {"x", HERD_DRAFT_BAD},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct herd_draft draft = {.population = 0};
        enum herd_draft_result result = herd_draft_read_tsv(&draft, herd_text_of(cases[i].line));
        assert_int_equal(result, cases[i].result);
        if (i < 2) {
            placesfixture_expect(&draft.id, "5408522");
            placesfixture_expect(&draft.name, "Westwood");
            placesfixture_expect(&draft.types, "neighborhood,political");
            placesfixture_expect(&draft.vicinity, "CA, US");
            assert_int_equal(draft.latitude_e7, 340561200);
            assert_int_equal(draft.longitude_e7, -1184306300);
            assert_int_equal(draft.population, 2019);
        }
        herd_draft_finish(&draft);
    }
}

static enum herd_draft_result read_csv(struct herd_draft *draft, const char *header, const char *line)
{
    struct herd_csv csv = {.column_count = 0};
    enum herd_draft_result result = herd_draft_read_csv(draft, &csv, herd_text_of(header));
    if (result == HERD_DRAFT_NOTHING) result = herd_draft_read_csv(draft, &csv, herd_text_of(line));
    herd_buffer_finish(&csv.text);
    return result;
}

static void reads_csv(void **state)
{
    static const struct {
        const char *header;
        const char *line;
        enum herd_draft_result result;
        const char *name;
    } cases[] = {
        {"name,lat,lon,type", "Bar Centrale,1.5,-2.5,bar", HERD_DRAFT_PLACE, "Bar Centrale"},
        {"name,lat,lon,type", "\"Bar, \"\"Centrale\"\"\",1.5,-2.5,bar", HERD_DRAFT_PLACE, "Bar, \"Centrale\""},
        {"\"name\",\"lat\",\"lon\",\"type\"", "\"B\",\"1.5\",\"-2.5\",\"bar\"", HERD_DRAFT_PLACE, "B"},
        {"type,longitude,colour,latitude,name", "bar,-2.5,red,1.5,B", HERD_DRAFT_PLACE, "B"},
        {"lng,lat,name,type", "-2.5,1.5,B,bar", HERD_DRAFT_PLACE, "B"},
        {"name,lat,lon", "B,1.5", HERD_DRAFT_BAD, NULL},
        {"name,lat,lon", "B,1.5,-2.5,", HERD_DRAFT_BAD, NULL},
        {"name,lat,lon", "\"B,1.5,-2.5", HERD_DRAFT_BAD, NULL},
        {"name,lat,lon", "\"B\"x,1.5,-2.5", HERD_DRAFT_BAD, NULL},
        {"name,lat,lon", "B,north,-2.5", HERD_DRAFT_BAD, NULL},
        {"name,lat", "B,1.5", HERD_DRAFT_BAD, NULL},
        {"Bar Centrale,1.5,-2.5,bar", "", HERD_DRAFT_BAD, NULL},
        {"name,lat,lon,lat", "B,1,1,1", HERD_DRAFT_BAD, NULL},
        {"name,lat,latitude,lon", "B,1,1,1", HERD_DRAFT_BAD, NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct herd_draft draft = {.population = 0};
        assert_int_equal(read_csv(&draft, cases[i].header, cases[i].line), cases[i].result);
        if (cases[i].result == HERD_DRAFT_PLACE) {
            placesfixture_expect(&draft.name, cases[i].name);
            placesfixture_expect(&draft.types, "bar,point_of_interest,establishment");
            assert_int_equal(draft.latitude_e7, 15000000);
            assert_int_equal(draft.longitude_e7, -25000000);
        }
        herd_draft_finish(&draft);
    }
}

static void reads_every_csv_column(void **state)
{
    struct herd_draft draft = {.population = 0};
    (void)state;
    assert_int_equal(read_csv(&draft, "id,name,lat,lon,type,country,admin1,population",
                              "KSMO,Santa Monica,34.0,-118.4,aerodrome,US,CA,12"),
                     HERD_DRAFT_PLACE);
    placesfixture_expect(&draft.id, "KSMO");
    placesfixture_expect(&draft.vicinity, "CA, US");
    placesfixture_expect(&draft.types, "airport,point_of_interest,establishment");
    assert_int_equal(draft.population, 12);
    herd_draft_finish(&draft);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_degrees),
        cmocka_unit_test(reads_populations),
        cmocka_unit_test(shows_the_offending_value),
        cmocka_unit_test(knows_utf8),
        cmocka_unit_test(maps_types),
        cmocka_unit_test(names_regions),
        cmocka_unit_test(checks_lengths),
        cmocka_unit_test(checks_texts),
        cmocka_unit_test(reads_tsv),
        cmocka_unit_test(reads_csv),
        cmocka_unit_test(reads_every_csv_column),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
