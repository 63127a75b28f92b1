/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "herd/list.h"
#include "herd/text.h"

static const struct {
    struct herd_text a, b;
    int order;
} pairs[] = {
    {HERD_TEXT_INIT(""), HERD_TEXT_INIT(""), 0},          {HERD_TEXT_INIT(""), HERD_TEXT_INIT("a"), -1},
    {HERD_TEXT_INIT("a"), HERD_TEXT_INIT("a"), 0},        {HERD_TEXT_INIT("a"), HERD_TEXT_INIT("b"), -1},
    {HERD_TEXT_INIT("ab"), HERD_TEXT_INIT("b"), -1},      {HERD_TEXT_INIT("ab"), HERD_TEXT_INIT("abc"), -1},
    {HERD_TEXT_INIT("a\0b"), HERD_TEXT_INIT("a\0c"), -1}, {HERD_TEXT_INIT("a"), HERD_TEXT_INIT("a\0"), -1},
    {HERD_TEXT_INIT("z"), HERD_TEXT_INIT("\x80"), -1}, /* bytes are unsigned */
    {HERD_TEXT_INIT("\x7f"), HERD_TEXT_INIT("\xff"), -1},
};

static int sign(int value)
{
    return (value > 0) - (value < 0);
}

static void compare_orders_as_unsigned_bytes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        assert_int_equal(sign(herd_text_compare(pairs[i].a, pairs[i].b)), pairs[i].order);
        assert_int_equal(sign(herd_text_compare(pairs[i].b, pairs[i].a)), -pairs[i].order);
        assert_int_equal(herd_text_equal(pairs[i].a, pairs[i].b), pairs[i].order == 0);
    }
}

static void null_views_are_empty_texts(void **state)
{
    (void)state;
    struct herd_text nothing = {NULL, 0};
    assert_true(herd_text_equal(nothing, HERD_TEXT("")));
    assert_int_equal(herd_text_compare(nothing, HERD_TEXT("")), 0);
    assert_true(herd_text_compare(nothing, HERD_TEXT("a")) < 0);
    assert_int_equal(herd_text_of("four").length, 4);
}

static void a_mark_is_skipped_once_and_at_the_beginning(void **state)
{
    static const struct {
        struct herd_text text, rest;
    } cases[] = {
        {HERD_TEXT_INIT(""), HERD_TEXT_INIT("")},
        {HERD_TEXT_INIT("\xef\xbb"), HERD_TEXT_INIT("\xef\xbb")},
        {HERD_TEXT_INIT("\xef\xbb\xbf"), HERD_TEXT_INIT("")},
        {HERD_TEXT_INIT("\xef\xbb\xbf{}"), HERD_TEXT_INIT("{}")},
        {HERD_TEXT_INIT("\xef\xbb\xbf\xef\xbb\xbf"), HERD_TEXT_INIT("\xef\xbb\xbf")},
        {HERD_TEXT_INIT(" \xef\xbb\xbf"), HERD_TEXT_INIT(" \xef\xbb\xbf")},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_true(herd_text_equal(herd_text_skip_mark(cases[i].text), cases[i].rest));
    assert_int_equal(herd_text_skip_mark((struct herd_text){NULL, 0}).length, 0);
}

struct item {
    int value;
    struct herd_list_node link;
};

static void lists_keep_order_and_survive_double_removal(void **state)
{
    (void)state;
    struct herd_list_node head;
    struct item items[3] = {{.value = 0}, {.value = 1}, {.value = 2}};
    herd_list_init(&head);
    assert_true(herd_list_empty(&head));
    for (size_t i = 0; i < 3; i++)
        herd_list_append(&head, &items[i].link);
    assert_int_equal(HERD_CONTAINER(head.next, struct item, link)->value, 0);
    assert_int_equal(HERD_CONTAINER(head.previous, struct item, link)->value, 2);
    herd_list_remove(&items[1].link);
    herd_list_remove(&items[1].link);
    assert_true(herd_list_empty(&items[1].link));
    assert_ptr_equal(items[0].link.next, &items[2].link);
    herd_list_remove(&items[0].link);
    herd_list_remove(&items[2].link);
    assert_true(herd_list_empty(&head));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(compare_orders_as_unsigned_bytes),
        cmocka_unit_test(null_views_are_empty_texts),
        cmocka_unit_test(a_mark_is_skipped_once_and_at_the_beginning),
        cmocka_unit_test(lists_keep_order_and_survive_double_removal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
