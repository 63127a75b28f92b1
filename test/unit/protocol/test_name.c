/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "herd/name.h"

static void names_have_64_bytes_of_few_kinds(void **state)
{
    (void)state;
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
    for (unsigned byte = 0; byte < 256; byte++) {
        char name[3] = {'a', (char)byte, 'b'};
        bool valid = byte != 0 && strchr(allowed, (int)byte) != NULL;
        assert_int_equal(herd_name_valid((struct herd_text){name, 3}), valid);
    }
    char name[65];
    memset(name, 'n', sizeof(name));
    assert_true(herd_name_valid((struct herd_text){name, 1}));
    assert_true(herd_name_valid((struct herd_text){name, 64}));
    assert_false(herd_name_valid((struct herd_text){name, 65}));
    assert_false(herd_name_valid((struct herd_text){name, 0}));
    assert_false(herd_name_valid((struct herd_text){NULL, 0}));
}

static void numbers_stay_with_their_names(void **state)
{
    (void)state;
    struct herd_names names;
    herd_names_init(&names);
    assert_int_equal(herd_names_find(&names, HERD_TEXT("Goloman")), HERD_NAME_UNKNOWN);
    char passing[] = "Goloman";
    uint8_t goloman = herd_names_add(&names, herd_text_of(passing));
    memset(passing, 'x', sizeof(passing) - 1); /* the table has its own bytes */
    uint8_t hands = herd_names_add(&names, HERD_TEXT("Hands"));
    assert_int_equal(goloman, 1);
    assert_int_equal(hands, 2);
    assert_int_equal(herd_names_add(&names, HERD_TEXT("Goloman")), goloman);
    assert_int_equal(herd_names_find(&names, HERD_TEXT("Hands")), hands);
    assert_int_equal(herd_names_find(&names, HERD_TEXT("Hand")), HERD_NAME_UNKNOWN);
    assert_true(herd_text_equal(herd_names_text(&names, goloman), HERD_TEXT("Goloman")));
    assert_int_equal(herd_names_text(&names, HERD_NAME_UNKNOWN).length, 0);
    herd_names_finish(&names);
    herd_names_finish(NULL);
}

/* Names of one herd are mostly alike; those that are none of it are asked for as often, and told apart as surely. */
static void as_many_as_there_are_numbers(void **state)
{
    static const char *const shapes[][2] = {
        {"n", ""}, {"server-", ".of.a.long.name.example.net"}, {"", "-at-the-front"}, {"in-the-middle-", "-as-ever"}};
    (void)state;
    for (size_t shape = 0; shape < sizeof(shapes) / sizeof(shapes[0]); shape++) {
        struct herd_names names;
        char name[HERD_NAME_LENGTH_MAX + 1];
        herd_names_init(&names);
        for (unsigned i = 1; i <= HERD_NAMES_MAX; i++) {
            snprintf(name, sizeof(name), "%s%u%s", shapes[shape][0], i, shapes[shape][1]);
            assert_int_equal(herd_names_add(&names, herd_text_of(name)), i);
        }
        for (unsigned i = 0; i < 100000; i++) {
            snprintf(name, sizeof(name), "%s%u%s", shapes[shape][0], i, shapes[shape][1]);
            assert_int_equal(herd_names_find(&names, herd_text_of(name)), i <= HERD_NAMES_MAX ? i : HERD_NAME_UNKNOWN);
        }
        snprintf(name, sizeof(name), "%s%u%s", shapes[shape][0], HERD_NAMES_MAX, shapes[shape][1]);
        assert_int_equal(herd_names_add(&names, herd_text_of(name)), HERD_NAMES_MAX); /* known, so there is room */
        assert_int_equal(names.count, HERD_NAMES_MAX);
        herd_names_finish(&names);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_have_64_bytes_of_few_kinds),
        cmocka_unit_test(numbers_stay_with_their_names),
        cmocka_unit_test(as_many_as_there_are_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
