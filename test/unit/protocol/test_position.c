/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "herd/buffer.h"
#include "herd/position.h"
#include "herd/random.h"

static const struct {
    const char *text;
    int64_t latitude_e9, longitude_e9;
    const char *query;
} good[] = {
    {"+34.068930-118.445127", 34068930000, -118445127000, "34.068930,-118.445127"},
    {"+34.06893-118.445127", 34068930000, -118445127000, "34.06893,-118.445127"},
    {"+27.5916+086.5640", 27591600000, 86564000000, "27.5916,86.5640"},
    {"+12-118", 12000000000, -118000000000, "12,-118"},
    {"-0+0", 0, 0, "0,0"},
    {"-0.000-000.0", 0, 0, "0.000,0.0"},
    {"-0.001-000.10", -1000000, -100000000, "-0.001,-0.10"},
    {"+90+180", 90000000000, 180000000000, "90,180"},
    {"-90.000-180.0", -90000000000, -180000000000, "-90.000,-180.0"},
    {"+090+180/", 90000000000, 180000000000, "90,180"},
    {"+034.068930-118.445127/", 34068930000, -118445127000, "34.068930,-118.445127"},
    {"+89.9999999999999+179.9999999999999", 89999999999, 179999999999, "89.9999999999999,179.9999999999999"},
    {"-89.9999999999999-179.9999999999999", -89999999999, -179999999999, "-89.9999999999999,-179.9999999999999"},
    {"+000+000", 0, 0, "0,0"},
    {"+1+1", 1000000000, 1000000000, "1,1"},
    {"+12.3456789+123.4567890", 12345678900, 123456789000, "12.3456789,123.4567890"},
    {"+12.12345678-1.123456781234567812345678", 12123456780, -1123456781, "12.12345678,-1.123456781234567812345678"},
};

static const char *const bad[] = {
    "",
    "+",
    "-",
    "/",
    "+34",
    "34.0-118.0",
    "+34.0118.0",
    "+34.0",
    "+34.0/",
    "+34.0-",
    "+34.0-/",
    "+34-118//",
    "+34-118/ ",
    " +34-118",
    "+34 -118",
    "+.5-118",
    "+5.-118",
    "+34-.5",
    "+34-118.",
    "+34-118./",
    "++34-118",
    "+34--118",
    "+34+-118",
    "+34-+118",
    "+1e1-118",
    "+34-1e2",
    "+34-118e0",
    "+nan-118",
    "+inf-118",
    "+34-inf",
    "+0x10-118",
    "+34,0-118,0",
    "+34;0-118",
    "+90.0000000000000000001+0",
    "+90.00000001+0",
    "-90.1+0",
    "+91+0",
    "-91+0",
    "+100+0",
    "+999+0",
    "+0+180.0000000000000000001",
    "+0-180.00000000001",
    "+0+181",
    "+0-999",
    "+0090+0",
    "+0+0180",
    "+0+0000",
    "+34.5.6-118",
    "+34-118.4.5",
    "+34-118-20",
    "+34-118+20",
    "+34-118+20/",
    "+34-118CRSWGS_84/",
    "+34-118x",
    "x+34-118",
    "+34-118\n",
    "\xe2\x88\x92+34-118",
    "+34\xc2\xb0-118",
    "+3a-118",
    "+12.1234567a+1",
    "+12.12345678a+1",
    "+12.12345678/+1",
    "+12.1234567:+1",
    "+12.1234/678+1",
    "+12./2345678+1",
    "+:1+1",
    "+/1+1",
};

static void valid_positions_are_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        struct herd_text text = herd_text_of(good[i].text);
        struct herd_position position;
        struct herd_buffer query = HERD_BUFFER_INIT;
        assert_true(herd_position_valid(text));
        assert_int_equal(herd_position_parse(text, &position), 0);
        if (herd_coordinate_e9(&position.latitude) != good[i].latitude_e9) fail_msg("latitude of %s", good[i].text);
        if (herd_coordinate_e9(&position.longitude) != good[i].longitude_e9) fail_msg("longitude of %s", good[i].text);
        herd_position_append_query(&position, &query);
        assert_true(herd_text_equal(herd_buffer_text(&query), herd_text_of(good[i].query)));
        herd_buffer_finish(&query);
    }
}

static void other_positions_are_refused(void **state)
{
    (void)state;
    struct herd_position position;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (herd_position_valid(herd_text_of(bad[i]))) fail_msg("took %s", bad[i]);
        assert_int_equal(herd_position_parse(herd_text_of(bad[i]), &position), -EINVAL);
    }
    assert_false(herd_position_valid(HERD_TEXT("+34-118\0")));
    assert_false(herd_position_valid(HERD_TEXT("+34\0-118")));
    assert_false(herd_position_valid((struct herd_text){NULL, 0}));
}

static void length_is_limited(void **state)
{
    (void)state;
    char text[HERD_POSITION_LENGTH_MAX + 1];
    memset(text, '1', sizeof(text));
    memcpy(text, "+34-118.", 8);
    struct herd_text view = {text, HERD_POSITION_LENGTH_MAX};
    struct herd_position position;
    assert_true(herd_position_valid(view));
    assert_int_equal(herd_position_parse(view, &position), 0);
    assert_true(herd_coordinate_e9(&position.longitude) == -118111111111);
    view.length++;
    assert_false(herd_position_valid(view));
    assert_int_equal(herd_position_parse(view, &position), -EINVAL);
}

/* The check must be the same machine as the grammar: one state a byte, written plainly here. */
static bool plain_coordinate(const char **at, const char *end, long max)
{
    const char *p = *at;
    if (p == end || (*p != '+' && *p != '-')) return false;
    long degrees = 0;
    const char *whole = ++p;
    for (; p < end && *p >= '0' && *p <= '9'; p++)
        degrees = degrees > 1000 ? degrees : degrees * 10 + (*p - '0');
    if (p - whole < 1 || p - whole > 3 || degrees > max) return false;
    if (p < end && *p == '.') {
        const char *fraction = ++p;
        bool zeros = true;
        for (; p < end && *p >= '0' && *p <= '9'; p++)
            zeros = zeros && *p == '0';
        if (p == fraction || (degrees == max && !zeros)) return false;
    }
    *at = p;
    return true;
}

static bool plain_valid(struct herd_text text)
{
    const char *at = text.bytes;
    const char *end = at + text.length;
    if (!plain_coordinate(&at, end, 90) || !plain_coordinate(&at, end, 180)) return false;
    if (at < end && *at == '/') at++;
    return at == end;
}

static void random_texts_agree_with_the_grammar(void **state)
{
    (void)state;
    static const char alphabet[] = "+-.0189/+-..00x";
    struct herd_random random;
    herd_random_init(&random, 29);
    unsigned valid = 0;
    for (int i = 0; i < 300000; i++) {
        char text[40];
        size_t length = 1 + (size_t)herd_random_below(&random, 12);
        for (size_t at = 0; at < length; at++)
            text[at] = alphabet[herd_random_below(&random, sizeof(alphabet) - 1)];
        if (i % 2 == 0) { /* near the valid ones */
            struct herd_text from = herd_text_of(good[herd_random_below(&random, sizeof(good) / sizeof(good[0]))].text);
            length = from.length < sizeof(text) ? from.length : sizeof(text);
            char change = text[0];
            memcpy(text, from.bytes, length);
            if (i % 4 == 0) text[herd_random_below(&random, length)] = change;
        }
        struct herd_text view = {text, length};
        if (herd_position_valid(view) != plain_valid(view)) fail_msg("%.*s", HERD_TEXT_ARGS(view));
        valid += plain_valid(view);
    }
    assert_in_range(valid, 50000, 250000); /* both kinds were met */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(valid_positions_are_read),
        cmocka_unit_test(other_positions_are_refused),
        cmocka_unit_test(length_is_limited),
        cmocka_unit_test(random_texts_agree_with_the_grammar),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
