/* SPDX-License-Identifier: MIT */
/* Records: the same whatever the pieces in which the bytes come. */
#include "../../../src/import/local.h"
#include "../placesfixture.h"

#include "herd/importrecords.h"

#define LIMIT 12

static void note(struct herd_buffer *out, const struct herd_record *record)
{
    herd_buffer_append(out, record->too_long ? HERD_TEXT("LONG") : record->text);
    herd_buffer_append_byte(out, '|');
    herd_buffer_append_number(out, record->lines);
    herd_buffer_append_byte(out, ' ');
}

static void cut(struct herd_text text, size_t piece, bool quotes, struct herd_buffer *out)
{
    struct herd_records records;
    struct herd_record record;
    herd_records_init(&records, LIMIT, quotes);
    for (size_t at = 0; at < text.length; at += piece) {
        size_t length = text.length - at < piece ? text.length - at : piece;
        struct herd_text input = {text.bytes + at, length};
        while (herd_records_next(&records, &input, &record))
            note(out, &record);
        assert_int_equal(input.length, 0);
    }
    if (herd_records_end(&records, &record)) note(out, &record);
    herd_records_finish(&records);
}

static void cuts_into_records(void **state)
{
    static const struct {
        struct herd_text text;
        bool quotes;
        const char *expected;
    } cases[] = {
        {HERD_TEXT_INIT(""), false, ""},
        {HERD_TEXT_INIT("a\nb"), false, "a|1 b|1 "},
        {HERD_TEXT_INIT("\n\na\n"), false, "|1 |1 a|1 "},
        {HERD_TEXT_INIT("\"a\nb\"\n"), false, "\"a|1 b\"|1 "},
        {HERD_TEXT_INIT("\"a\nb\"\nc\n"), true, "\"a\nb\"|2 c|1 "},
        {HERD_TEXT_INIT("\"a\r\nb\"\r\nc\n"), true, "\"a\r\nb\"\r|2 c|1 "},
        {HERD_TEXT_INIT("1,\"a\n\n\"\nc\n"), true, "1,\"a\n\n\"|3 c|1 "},
        {HERD_TEXT_INIT("1,\"a\"\"\n\"\nc\n"), true, "1,\"a\"\"\n\"|2 c|1 "},
        {HERD_TEXT_INIT("\"\"\nc"), true, "\"\"|1 c|1 "},
        /* A quote within a field is no beginning. */
        {HERD_TEXT_INIT("5\" x,\nc\n"), true, "5\" x,|1 c|1 "},
        {HERD_TEXT_INIT("\"a\"b\"\nc\n"), true, "\"a\"b\"|1 c|1 "},
        /* Not closed: all that follows is in it. */
        {HERD_TEXT_INIT("\"a\nb\n"), true, "\"a\nb\n|2 "},
        {HERD_TEXT_INIT("\"a\nb"), true, "\"a\nb|2 "},
        {HERD_TEXT_INIT("123456789012\n1\n"), false, "123456789012|1 1|1 "},
        {HERD_TEXT_INIT("1234567890123\n1\n"), false, "LONG|1 1|1 "},
        {HERD_TEXT_INIT("1234567890123"), false, "LONG|1 "},
        {HERD_TEXT_INIT("1,\"34567890\n123\"\n1\n"), true, "LONG|2 1|1 "},
        {HERD_TEXT_INIT("1,\"3456789012345678901234567890\n1\n1\n"), true, "LONG|4 "},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        for (size_t piece = 1; piece <= cases[i].text.length + 1; piece++) {
            struct herd_buffer out = HERD_BUFFER_INIT;
            cut(cases[i].text, piece, cases[i].quotes, &out);
            placesfixture_expect(&out, cases[i].expected);
            herd_buffer_finish(&out);
        }
    }
}

static void knows_what_is_no_table(void **state)
{
    static const struct {
        struct herd_text start;
        const char *word;
    } cases[] = {
        {HERD_TEXT_INIT("\x1f\x8b\x08\0"), "gunzip"},
        {HERD_TEXT_INIT("PK\3\4\x14"), "zip archive"},
        {HERD_TEXT_INIT("BZh91AY&SY"), "bunzip2"},
        {HERD_TEXT_INIT("\xfd"
                        "7zXZ\0"),
         "unxz"},
        {HERD_TEXT_INIT("\x28\xb5\x2f\xfd\x24"), "unzstd"},
        {HERD_TEXT_INIT("\0\0\0\x0e\x0a\x09OSMHeader"), "osmium export"},
        {HERD_TEXT_INIT("\211HERDpx\n"), "already"},
        {HERD_TEXT_INIT("{ \"type\" : \"FeatureCollection\",\n"), "jq -c '.features[]'"},
        {HERD_TEXT_INIT(""), NULL},
        {HERD_TEXT_INIT("PK"), NULL},
        {HERD_TEXT_INIT("BZh\tname"), NULL},
        {HERD_TEXT_INIT("{\"type\":\"Feature\",\"name\":\"FeatureCollection\"}"), NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *problem = herd_records_sniff(cases[i].start, HERD_PLACES_GEOJSONSEQ);
        if (cases[i].word == NULL)
            assert_null(problem);
        else
            assert_non_null(problem == NULL ? NULL : strstr(problem, cases[i].word));
    }
    assert_null(herd_records_sniff(HERD_TEXT("\"FeatureCollection\""), HERD_PLACES_CSV));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cuts_into_records),
        cmocka_unit_test(knows_what_is_no_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
