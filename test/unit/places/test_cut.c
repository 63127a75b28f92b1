/* SPDX-License-Identifier: MIT */
/* The scanner: what is JSON and what is not, where `results` is cut, and what newlines become. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "herd/cut.h"
#include "herd/memory.h"

/* The body in memory of its exact size, so that a read beyond it is noticed; -EINVAL is -1 here. */
static int scan(struct herd_text body, struct herd_cut *ret_cut)
{
    char *copy = herd_memory_allocate(body.length == 0 ? 1 : body.length);
    if (body.length > 0) memcpy(copy, body.bytes, body.length);
    int error = herd_cut_scan((struct herd_text){copy, body.length}, 64, ret_cut);
    herd_memory_free(copy);
    return error == 0 ? 0 : -1;
}

static void expect_cut(struct herd_text body, unsigned bound, const char *expected)
{
    struct herd_cut cut;
    struct herd_buffer out = HERD_BUFFER_INIT;
    assert_int_equal(scan(body, &cut), 0);
    herd_cut_append(&out, body, &cut, bound);
    herd_buffer_append_byte(&out, '\0');
    assert_string_equal(herd_buffer_text(&out).bytes, expected);
    herd_buffer_finish(&out);
}

static void takes_json(void **state)
{
    static const char *const valid[] = {
        "{}",
        " \t\r\n{ \t\r\n} \t\r\n",
        "{\"a\":1}",
        "{\"a\":[]}",
        "{\"a\":[ ],\"b\":{ }}",
        "{\"\":\"\"}",
        "{\"a\":true,\"b\":false,\"c\":null}",
        "{\"n\":[0,-0,1,-1,10,0.5,-0.5,1e5,1E5,1e+5,1e-5,1.5e300,0e0,-0.0E-0]}",
        "{\"n\":123456789012345678901234567890123456789012345678901234567890.1234567890123456789e99999999999}",
        "{\"s\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\uabcd\\uABCD\\u0000\"}",
        "{\"s\":\"\x7f \xc3\xa9 \xff\xfe\"}", /* bytes from 0x80 up are not looked at */
        "{\"a\":1,\"a\":2}",
        "{\"lone\":\"\\ud800\"}",
    };
    struct herd_cut cut;
    (void)state;
    for (size_t i = 0; i < sizeof(valid) / sizeof(valid[0]); i++)
        assert_int_equal(scan(herd_text_of(valid[i]), &cut), 0);
}

static const char *const invalid[] = {
    "",
    " ",
    "[]",
    "1",
    "\"a\"",
    "null",
    "nul",
    "<html></html>",
    "Not JSON",
    "{",
    "}",
    "{}}",
    "{} {}",
    "{}x",
    "{},",
    "{]",
    "\xef\xbb\xbf{}",
    "\v{}",
    "\f{}",
    "{}\v",
    "{a:1}",
    "{'a':1}",
    "{\"a\"}",
    "{\"a\":}",
    "{\"a\" 1}",
    "{\"a\":1,}",
    "{,\"a\":1}",
    "{\"a\":1 \"b\":2}",
    "{\"a\":1,,\"b\":2}",
    "{1:2}",
    "{\"a\":[1,]}",
    "{\"a\":[,1]}",
    "{\"a\":[1 2]}",
    "{\"a\":[1}",
    "{\"a\":{]}",
    "{\"a\":[}]",
    "{\"a\":[1]]}",
    "{\"a\"::1}",
    "{\"a\":01}",
    "{\"a\":-}",
    "{\"a\":+1}",
    "{\"a\":.5}",
    "{\"a\":5.}",
    "{\"a\":1e}",
    "{\"a\":1e+}",
    "{\"a\":0x1}",
    "{\"a\":-01}",
    "{\"a\":1.e5}",
    "{\"a\":NaN}",
    "{\"a\":Infinity}",
    "{\"a\":--1}",
    "{\"a\":1.2.3}",
    "{\"a\":tru}",
    "{\"a\":True}",
    "{\"a\":truee}",
    "{\"a\":nulll}",
    "{\"a\":fals}",
    "{\"a\":\"}",
    "{\"a\":\"\\\"}",
    "{\"a\":\"\\x41\"}",
    "{\"a\":\"\\u12\"}",
    "{\"a\":\"\\u12g4\"}",
    "{\"a\":\"\\",
    "{\"a\":\"\\u",
    "{\"a\":\"\n\"}",
    "{\"a\":\"\t\"}",
    "{\"a\":\"\x01\"}",
    "{\"a\nb\":1}",
    "{\"a\":'b'}",
    "{\"a\":1}/* */",
    "// \n{}",
};

static void refuses_everything_else(void **state)
{
    struct herd_cut cut = {.count = 77};
    (void)state;
    for (size_t i = 0; i < sizeof(invalid) / sizeof(invalid[0]); i++)
        assert_int_equal(scan(herd_text_of(invalid[i]), &cut), -1);
    assert_int_equal(scan((struct herd_text){"{\"a\":\"\0\"}", 9}, &cut), -1);
    assert_int_equal(scan((struct herd_text){"{}\0", 3}, &cut), -1);
    assert_int_equal(cut.count, 77);
}

/* By `kind`: 0 no level is an array, 1 all are, 2 every other one. */
static bool is_array(unsigned level, unsigned kind)
{
    return kind == 1 || (kind == 2 && level % 2 == 0);
}

/* `levels` arrays and objects within each other, the top one an object. */
static int scan_depth(unsigned levels, unsigned kind, unsigned depth_max)
{
    struct herd_buffer body = HERD_BUFFER_INIT;
    struct herd_cut cut;
    herd_buffer_append(&body, HERD_TEXT("{\"a\":"));
    for (unsigned i = 1; i < levels; i++)
        herd_buffer_append(&body, is_array(i, kind) ? HERD_TEXT("[") : HERD_TEXT("{\"a\":"));
    herd_buffer_append(&body, HERD_TEXT("0"));
    for (unsigned i = levels - 1; i > 0; i--)
        herd_buffer_append_byte(&body, is_array(i, kind) ? ']' : '}');
    herd_buffer_append_byte(&body, '}');
    int error = herd_cut_scan(herd_buffer_text(&body), depth_max, &cut);
    herd_buffer_finish(&body);
    return error;
}

static void closes_each_level_as_it_was_opened(void **state)
{
    struct herd_cut cut;
    (void)state;
    for (unsigned wrong = 0; wrong < 200; wrong++) {
        char body[512] = "{\"a\":";
        size_t length = strlen(body);
        for (unsigned i = 0; i < 200; i++)
            body[length++] = '[';
        for (unsigned i = 0; i < 200; i++)
            body[length++] = i == wrong ? '}' : ']';
        body[length++] = '}';
        assert_int_equal(herd_cut_scan((struct herd_text){body, length}, 201, &cut), -EINVAL);
        body[length - 201 + wrong] = ']';
        assert_int_equal(herd_cut_scan((struct herd_text){body, length}, 201, &cut), 0);
    }
}

static void nests_as_deep_as_allowed(void **state)
{
    static const unsigned limits[] = {1, 4, 63, 64, 65, 128, 1000, HERD_CUT_DEPTH_MAX};
    struct herd_cut cut;
    struct herd_buffer empty = HERD_BUFFER_INIT;
    (void)state;
    for (unsigned i = 0; i < 3 * sizeof(limits) / sizeof(limits[0]); i++) {
        unsigned limit = limits[i / 3];
        assert_int_equal(scan_depth(1, i % 3, limit), 0);
        assert_int_equal(scan_depth(limit, i % 3, limit), 0);
        assert_int_equal(scan_depth(limit + 1, i % 3, limit), -E2BIG);
        assert_int_equal(scan_depth(100000, i % 3, limit), -E2BIG);
    }
    /* An empty array at level 65 counts as well. */
    herd_buffer_append(&empty, HERD_TEXT("{\"a\":"));
    for (unsigned i = 0; i < 64; i++)
        herd_buffer_append_byte(&empty, '[');
    for (unsigned i = 0; i < 64; i++)
        herd_buffer_append_byte(&empty, ']');
    herd_buffer_append_byte(&empty, '}');
    assert_int_equal(scan(herd_buffer_text(&empty), &cut), -1);
    herd_buffer_finish(&empty);
}

/* As the legacy service wrote until 2022 or so, and as it writes since. */
#define OLD_PLACE(name)                                                                                                \
    "      {\n         \"geometry\" : {\n            \"location\" : {\n               \"lat\" : 34.0632868,\n"         \
    "               \"lng\" : -118.4453277\n            }\n         },\n         \"name\" : \"" name "\",\n"           \
    "         \"types\" : [ \"bar\", \"food\" ]\n      }"
#define NEW_PLACE(name)                                                                                                \
    "      {\n         \"geometry\" : \n         {\n            \"location\" : \n            {\n"                      \
    "               \"lat\" : 34.0632868,\n               \"lng\" : -118.4453277\n            }\n         },\n"        \
    "         \"name\" : \"" name "\",\n         \"types\" : \n         [\n            \"bar\",\n"                     \
    "            \"food\"\n         ]\n      }"
#define OLD_HEAD "{\n   \"html_attributions\" : [],\n   \"next_page_token\" : \"CpQCAgEAAFxg\",\n   \"results\" : ["
#define NEW_HEAD "{\n   \"html_attributions\" : [],\n   \"results\" : \n   ["
#define TAIL "\n   ],\n   \"status\" : \"OK\"\n}"
#define EMPTY_TAIL "],\n   \"status\" : \"OK\"\n}"

static void cuts_both_eras(void **state)
{
    static const struct herd_text old =
        HERD_TEXT_INIT(OLD_HEAD "\n" OLD_PLACE("A ] } \\\" {") ",\n" OLD_PLACE("B") ",\n" OLD_PLACE("C") TAIL "\n");
    static const struct herd_text new = HERD_TEXT_INIT(NEW_HEAD "\n" NEW_PLACE("A [ ,") ",\n" NEW_PLACE("B") TAIL);
    (void)state;
    expect_cut(old, 0, OLD_HEAD EMPTY_TAIL);
    expect_cut(old, 1, OLD_HEAD "\n" OLD_PLACE("A ] } \\\" {") TAIL);
    expect_cut(old, 2, OLD_HEAD "\n" OLD_PLACE("A ] } \\\" {") ",\n" OLD_PLACE("B") TAIL);
    expect_cut(old, 3, OLD_HEAD "\n" OLD_PLACE("A ] } \\\" {") ",\n" OLD_PLACE("B") ",\n" OLD_PLACE("C") TAIL);
    expect_cut(old, 4, OLD_HEAD "\n" OLD_PLACE("A ] } \\\" {") ",\n" OLD_PLACE("B") ",\n" OLD_PLACE("C") TAIL);
    expect_cut(old, 20, OLD_HEAD "\n" OLD_PLACE("A ] } \\\" {") ",\n" OLD_PLACE("B") ",\n" OLD_PLACE("C") TAIL);
    expect_cut(new, 0, NEW_HEAD EMPTY_TAIL);
    expect_cut(new, 1, NEW_HEAD "\n" NEW_PLACE("A [ ,") TAIL);
    expect_cut(new, 2, NEW_HEAD "\n" NEW_PLACE("A [ ,") ",\n" NEW_PLACE("B") TAIL);
}

static void refuses_every_truncation(void **state)
{
    static const char body[] = OLD_HEAD "\n" OLD_PLACE("A\\u00e9") ",\n" NEW_PLACE("B") TAIL;
    struct herd_cut cut;
    (void)state;
    for (size_t length = 0; length < sizeof(body) - 1; length++)
        assert_int_equal(scan((struct herd_text){body, length}, &cut), -1);
    assert_int_equal(scan((struct herd_text){body, sizeof(body) - 1}, &cut), 0);
}

static void cuts_the_top_level_results_only(void **state)
{
    static const struct {
        const char *body;
        unsigned bound;
        const char *expected;
    } cases[] = {
        {"{\"results\":[1,2,3]}", 2, "{\"results\":[1,2]}"},
        {"{\"results\":[1,2,3]}", 0, "{\"results\":[]}"},
        {"{\"results\":[ 1 , 2 ]}", 1, "{\"results\":[ 1 ]}"},
        {"{\"results\":[ 1 , 2 ]}", 0, "{\"results\":[]}"},
        {"{\"results\":[]}", 0, "{\"results\":[]}"},
        {"{\"results\":[ ]}", 0, "{\"results\":[ ]}"}, /* nothing to cut: nothing changes */
        {"{\"results\":[\"a]\",[1,[2]],{\"x\":[3,4]},null,true,-1.5e3]}", 3,
         "{\"results\":[\"a]\",[1,[2]],{\"x\":[3,4]}]}"},
        {"{\"results\":[[],{},\"\",4]}", 3, "{\"results\":[[],{},\"\"]}"},
        /* Elsewhere it is an ordinary key. */
        {"{\"a\":{\"results\":[1,2]}}", 1, "{\"a\":{\"results\":[1,2]}}"},
        {"{\"a\":[{\"results\":[1,2]}],\"results\":[{\"results\":[1,2]},3]}", 1,
         "{\"a\":[{\"results\":[1,2]}],\"results\":[{\"results\":[1,2]}]}"},
        {"{\"a\":\"results\",\"b\":[1,2]}", 1, "{\"a\":\"results\",\"b\":[1,2]}"},
        {"{\"result\":[1,2],\"resultss\":[1,2],\"Results\":[1,2],\"results \":[1,2]}", 1,
         "{\"result\":[1,2],\"resultss\":[1,2],\"Results\":[1,2],\"results \":[1,2]}"},
        /* No array: relayed. */
        {"{\"results\":{\"a\":[1,2]}}", 1, "{\"results\":{\"a\":[1,2]}}"},
        {"{\"results\":\"[1,2]\"}", 0, "{\"results\":\"[1,2]\"}"},
        {"{\"results\":null}", 0, "{\"results\":null}"},
        {"{\"error\":{\"code\":400}}", 0, "{\"error\":{\"code\":400}}"},
        {"{}", 0, "{}"},
        /* Of several the last counts. */
        {"{\"results\":[1,2,3],\"results\":[4,5,6]}", 1, "{\"results\":[1,2,3],\"results\":[4]}"},
        {"{\"results\":[1,2,3],\"results\":7}", 1, "{\"results\":[1,2,3],\"results\":7}"},
        {"{\"results\":7,\"results\":[1,2,3]}", 1, "{\"results\":7,\"results\":[1]}"},
        {"{\"results\":[1,2],\"results\":{}}", 1, "{\"results\":[1,2],\"results\":{}}"},
        {"{\"results\":[1,2],\"results\":[]}", 0, "{\"results\":[1,2],\"results\":[]}"},
        /* The key spelled with escapes. */
        {"{\"r\\u0065sults\":[1,2]}", 1, "{\"r\\u0065sults\":[1]}"},
        {"{\"\\u0072\\u0065\\u0073\\u0075\\u006C\\u0074\\u0073\":[1,2]}", 0,
         "{\"\\u0072\\u0065\\u0073\\u0075\\u006C\\u0074\\u0073\":[]}"},
        {"{\"r\\u0165sults\":[1,2]}", 1, "{\"r\\u0165sults\":[1,2]}"},
        {"{\"results\\u0000\":[1,2]}", 1, "{\"results\\u0000\":[1,2]}"},
        {"{\"result\\s\":[1,2]}", 1, NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct herd_cut cut;
        if (cases[i].expected == NULL)
            assert_int_equal(scan(herd_text_of(cases[i].body), &cut), -1);
        else
            expect_cut(herd_text_of(cases[i].body), cases[i].bound, cases[i].expected);
    }
}

static void cuts_at_every_bound(void **state)
{
    struct herd_cut cut;
    (void)state;
    for (unsigned count = 0; count <= 2 * HERD_BOUND_MAX; count++) {
        struct herd_buffer body = HERD_BUFFER_INIT;
        herd_buffer_append(&body, HERD_TEXT("{\"results\":["));
        for (unsigned i = 0; i < count; i++)
            herd_buffer_append(&body, i == 0 ? HERD_TEXT("[7,8]") : HERD_TEXT(",[7,8]"));
        herd_buffer_append(&body, HERD_TEXT("]}"));
        struct herd_text whole = herd_buffer_text(&body);
        assert_int_equal(scan(whole, &cut), 0);
        assert_int_equal(cut.count, count);
        for (unsigned bound = 0; bound <= HERD_BOUND_MAX; bound++) {
            struct herd_buffer out = HERD_BUFFER_INIT;
            unsigned kept = bound < count ? bound : count;
            herd_cut_append(&out, whole, &cut, bound);
            assert_int_equal(herd_buffer_length(&out), 14 + (kept == 0 ? 0 : kept * 6 - 1));
            assert_int_equal(scan(herd_buffer_text(&out), &cut), 0);
            assert_int_equal(cut.count, kept);
            assert_int_equal(scan(whole, &cut), 0);
            herd_buffer_finish(&out);
        }
        herd_buffer_finish(&body);
    }
}

static void makes_runs_of_newlines_their_first(void **state)
{
    static const struct {
        const char *body;
        unsigned bound;
        const char *expected;
    } cases[] = {
        {"{\n}", 1, "{\n}"},
        {"{\n\n}", 1, "{\n}"},
        {"{\n\n\n\n}\n\n", 1, "{\n}"},
        {"{\r\n}", 1, "{\r\n}"},
        {"{\r\n\r\n}\r\n", 1, "{\r\n}"},
        {"{\r\n\n}\n\r\n", 1, "{\r\n}"},
        {"{\n\r\n\r\n\n}\r\n\n", 1, "{\n}"},
        {"{\n \n}", 1, "{\n \n}"},       /* a blank ends a run */
        {"{\n\r\r\n}", 1, "{\n\r\r\n}"}, /* as does a CR of its own */
        {"{}\r", 1, "{}\r"},             /* which is no newline */
        {"{}\n\r", 1, "{}\n\r"},
        {"{}\r\n\n\r\n", 1, "{}"},
        {"\n{}", 1, "{}"}, /* before the first byte there is none at all */
        {"\n\n{}", 1, "{}"},
        {"\r\n\n\r\n{}", 1, "{}"},
        {"\n \n\n{}", 1, " \n{}"},
        {"\r{}", 1, "\r{}"},
        {"\n\n{\"results\":[1,2]}", 1, "{\"results\":[1]}"},
        {"\r\n{\"results\":[1,2]}", 0, "{\"results\":[]}"},
        {"{\"results\":[1,\n\n2]\n\n}\n\n", 1, "{\"results\":[1]\n}"},
        {"{\"results\":[\n\n1\n\n,\n\n2\n\n]\n\n}\n\n", 1, "{\"results\":[\n1\n]\n}"},
        {"{\"results\":[\n\n1\n\n,\n\n2\n\n]\n\n}\n\n", 0, "{\"results\":[]\n}"},
        {"{\"s\":\"a\\n\\n\\nb\"}", 1, "{\"s\":\"a\\n\\n\\nb\"}"}, /* an escape is none */
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        expect_cut(herd_text_of(cases[i].body), cases[i].bound, cases[i].expected);
}

static void appends_after_what_is_there(void **state)
{
    struct herd_cut cut;
    struct herd_buffer out = HERD_BUFFER_INIT;
    (void)state;
    herd_buffer_append(&out, HERD_TEXT("AT\n"));
    assert_int_equal(scan(HERD_TEXT("\n{\"results\":[1,2]}\n"), &cut), 0);
    herd_cut_append(&out, HERD_TEXT("\n{\"results\":[1,2]}\n"), &cut, 1);
    assert_true(herd_text_equal(herd_buffer_text(&out), HERD_TEXT("AT\n{\"results\":[1]}")));
    herd_buffer_finish(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_json),
        cmocka_unit_test(refuses_everything_else),
        cmocka_unit_test(closes_each_level_as_it_was_opened),
        cmocka_unit_test(nests_as_deep_as_allowed),
        cmocka_unit_test(cuts_both_eras),
        cmocka_unit_test(refuses_every_truncation),
        cmocka_unit_test(cuts_the_top_level_results_only),
        cmocka_unit_test(cuts_at_every_bound),
        cmocka_unit_test(makes_runs_of_newlines_their_first),
        cmocka_unit_test(appends_after_what_is_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
