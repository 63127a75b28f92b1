/* SPDX-License-Identifier: MIT */
#include "fixture.h"

static const char *const words[] = {"name", "clients", "peers", "clients_listen", "peers_listen", "web", "ports"};

static const struct {
    const char *wrong, *meant;
} table[] = {
    {"peers", "peers"}, /* as it is */
    {"peer", "peers"},
    {"peerss", "peers"},
    {"pears", "peers"},
    {"epers", "peers"}, /* neighbours exchanged: one edit */
    {"prot", "ports"},  /* exchanged, and one missing */
    {"wbe", "web"},
    {"we", "web"},
    {"wed", "web"},
    {"clients_lsiten", "clients_listen"},
    {"listen_clients", NULL},
    {"client", "clients"},
    {"b", NULL}, /* every word is as far as its length */
    {"", NULL},
    {"zzzz", NULL},
    {"webserver", NULL},
    {"NAME", NULL},
};

static void the_nearest_word_is_meant(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(table); i++) {
        const char *meant = herd_suggest(table[i].wrong, words, COUNT(words));
        bool same =
            meant == NULL || table[i].meant == NULL ? meant == table[i].meant : strcmp(meant, table[i].meant) == 0;
        if (!same) fail_msg("%s: %s", table[i].wrong, meant == NULL ? "nothing" : meant);
    }
}

static void of_equals_the_first_is_meant(void **state)
{
    (void)state;
    static const char *const equals[] = {"abcd", "abce", "abcf"};
    assert_ptr_equal(herd_suggest("abcx", equals, 3), equals[0]);
    assert_null(herd_suggest("abcx", equals, 0));
}

static void long_words_have_none(void **state)
{
    (void)state;
    char word[66];
    memset(word, 'a', 65);
    word[65] = '\0';
    const char *const same[] = {word};
    assert_null(herd_suggest(word, same, 1));
    assert_ptr_equal(herd_suggest(word + 1, &same[0], 0), NULL);
    const char *const shorter[] = {word, word + 1};
    assert_ptr_equal(herd_suggest(word + 2, shorter, 2), word + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_nearest_word_is_meant),
        cmocka_unit_test(of_equals_the_first_is_meant),
        cmocka_unit_test(long_words_have_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
