/* SPDX-License-Identifier: MIT */
#include "../../../src/places/local.h"
#include "../placesfixture.h"

static void expect_text(struct herd_buffer *out, const char *expected)
{
    herd_buffer_append_byte(out, '\0');
    assert_string_equal(herd_buffer_text(out).bytes, expected);
    herd_buffer_finish(out);
}

static void encodes_keys(void **state)
{
    static const struct {
        struct herd_text key;
        const char *expected;
    } cases[] = {
        {HERD_TEXT_INIT(""), ""},
        {HERD_TEXT_INIT("AIzaSy-_.~09azAZ"), "AIzaSy-_.~09azAZ"},
        {HERD_TEXT_INIT("a b&c=d%e?f#g/h+i\n"), "a%20b%26c%3Dd%25e%3Ff%23g%2Fh%2Bi%0A"},
        {HERD_TEXT_INIT("\0\xff\xc3\xa9@[`{:"), "%00%FF%C3%A9%40%5B%60%7B%3A"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct herd_buffer out = HERD_BUFFER_INIT;
        herd_google_legacy_append_key(&out, cases[i].key);
        expect_text(&out, cases[i].expected);
    }
}

static void builds_urls(void **state)
{
    static const struct {
        struct herd_text base;
        struct herd_text key;
        const char *expected;
    } cases[] = {
        {HERD_TEXT_INIT("https://h/json"), HERD_TEXT_INIT("k"), "https://h/json?location=1,2&radius=3&key=k"},
        {HERD_TEXT_INIT("https://h/json?"), HERD_TEXT_INIT("k"), "https://h/json?location=1,2&radius=3&key=k"},
        {HERD_TEXT_INIT("https://h/json?language=en"), HERD_TEXT_INIT("k"),
         "https://h/json?language=en&location=1,2&radius=3&key=k"},
        {HERD_TEXT_INIT("https://h/json?language=en&"), HERD_TEXT_INIT("k"),
         "https://h/json?language=en&location=1,2&radius=3&key=k"},
        {HERD_TEXT_INIT("http://127.0.0.1:8080"), HERD_TEXT_INIT(""), "http://127.0.0.1:8080?location=1,2&radius=3"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct herd_buffer out = HERD_BUFFER_INIT;
        herd_google_legacy_append_url(&out, cases[i].base, HERD_TEXT("location=1,2&radius=3"), cases[i].key);
        expect_text(&out, cases[i].expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(encodes_keys),
        cmocka_unit_test(builds_urls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
