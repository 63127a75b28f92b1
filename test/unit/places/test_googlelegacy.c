/* SPDX-License-Identifier: MIT */
/* What Google's legacy Nearby Search is sent, and the table that it is a row of. */
#include "../../../src/places/local.h"
#include "../placesfixture.h"

/* The URL of a question for a place and a radius, with those settings. */
static void expect_url(const char *base, struct herd_text key, const char *position, struct herd_text radius,
                       const char *expected)
{
    const struct herd_places_provider_options options = {.name = "google_legacy", .url = base, .key = key};
    struct places_provider provider = {.kind = provider_find("google_legacy")};
    struct herd_places_area area = {.centre_length = 0};
    struct herd_places_message message = {.post = false};
    struct herd_position centre;
    struct herd_decimal radius_km;
    assert_int_equal(herd_position_parse(herd_text_of(position), &centre), 0);
    assert_int_equal(herd_decimal_parse(radius, &radius_km), 0);
    places_area_set(&area, &centre, &radius_km);
    provider.kind->open(&provider, &options);
    provider.kind->build(&provider, &area, &message);
    places_message_seal(&message);
    assert_true(herd_text_equal(herd_buffer_text(&message.url), herd_text_of(expected)));
    assert_false(message.post);
    assert_null(message.headers[0]);
    places_message_finish(&message);
    herd_buffer_finish(&area.text);
    herd_buffer_finish(&provider.url);
    herd_buffer_finish(&provider.key);
}

static void encodes_keys(void **state)
{
    static const struct {
        struct herd_text key;
        const char *expected;
    } cases[] = {
        {HERD_TEXT_INIT(""), "u?location=1,2&radius=3000"},
        {HERD_TEXT_INIT("AIzaSy-_.~09azAZ"), "u?location=1,2&radius=3000&key=AIzaSy-_.~09azAZ"},
        {HERD_TEXT_INIT("a b&c=d%e?f#g/h+i\n"), "u?location=1,2&radius=3000&key=a%20b%26c%3Dd%25e%3Ff%23g%2Fh%2Bi%0A"},
        {HERD_TEXT_INIT("\0\xff\xc3\xa9@[`{:"), "u?location=1,2&radius=3000&key=%00%FF%C3%A9%40%5B%60%7B%3A"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        expect_url("u", cases[i].key, "+1+2", HERD_TEXT("3"), cases[i].expected);
}

static void builds_urls(void **state)
{
    static const struct {
        const char *base;
        struct herd_text key;
        const char *expected;
    } cases[] = {
        {"https://h/json", HERD_TEXT_INIT("k"), "https://h/json?location=1,2&radius=3000&key=k"},
        {"https://h/json?", HERD_TEXT_INIT("k"), "https://h/json?location=1,2&radius=3000&key=k"},
        {"https://h/json?language=en", HERD_TEXT_INIT("k"),
         "https://h/json?language=en&location=1,2&radius=3000&key=k"},
        {"https://h/json?language=en&", HERD_TEXT_INIT("k"),
         "https://h/json?language=en&location=1,2&radius=3000&key=k"},
        {"http://127.0.0.1:8080", HERD_TEXT_INIT(""), "http://127.0.0.1:8080?location=1,2&radius=3000"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        expect_url(cases[i].base, cases[i].key, "+1+2", HERD_TEXT("3"), cases[i].expected);
}

/* The client's own digits. */
static void sends_the_area(void **state)
{
    (void)state;
    expect_url("u", HERD_TEXT(""), "+34.068930-118.445127", HERD_TEXT("10"),
               "u?location=34.068930,-118.445127&radius=10000");
    expect_url("u", HERD_TEXT(""), "-00.50+008.8017", HERD_TEXT("10.5871263"),
               "u?location=-0.50,8.8017&radius=10587.1263");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(encodes_keys),
        cmocka_unit_test(builds_urls),
        cmocka_unit_test(sends_the_area),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
