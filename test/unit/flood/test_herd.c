/* SPDX-License-Identifier: MIT */
/* Whole herds: an update reaches all, and what was lost comes back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "smallherd.h"

#define GOLOMAN 0
#define HANDS 1
#define HOLIDAY 2
#define WELSH 3
#define WILKES 4

struct shape {
    unsigned members;
    unsigned links;
    struct pair link[10];
};

static const struct shape built_in = {
    5,
    6,
    {{GOLOMAN, HANDS}, {GOLOMAN, HOLIDAY}, {GOLOMAN, WILKES}, {HANDS, WILKES}, {HOLIDAY, WELSH}, {HOLIDAY, WILKES}}};

static const struct shape shapes[] = {
    {2, 1, {{0, 1}}},
    {3, 2, {{0, 1}, {1, 2}}},
    {3, 3, {{0, 1}, {1, 2}, {2, 0}}},
    {4, 4, {{0, 1}, {1, 2}, {2, 3}, {3, 0}}},
    {5, 4, {{0, 1}, {1, 2}, {2, 3}, {3, 4}}},
    {5, 4, {{4, 0}, {4, 1}, {4, 2}, {4, 3}}},
    {5, 6, {{0, 1}, {0, 2}, {0, 4}, {1, 4}, {2, 3}, {2, 4}}},
    {5, 10, {{0, 1}, {0, 2}, {0, 3}, {0, 4}, {1, 2}, {1, 3}, {1, 4}, {2, 3}, {2, 4}, {3, 4}}},
};

#define SHAPES (sizeof(shapes) / sizeof(shapes[0]))

static struct smallherd *create(const struct shape *shape, uint64_t seed)
{
    struct smallherd *herd = malloc(sizeof(*herd));
    assert_non_null(herd);
    smallherd_init(herd, shape->members, shape->link, shape->links, seed);
    return herd;
}

static void destroy(struct smallherd *herd)
{
    smallherd_finish(herd);
    free(herd);
}

static void an_update_reaches_all_and_ends(void **state)
{
    for (size_t i = 0; i < SHAPES; i++) {
        const struct shape *shape = &shapes[i];
        struct smallherd *herd = create(shape, i);
        smallherd_settle(herd, 200);
        for (unsigned round = 1; round <= 20; round++) {
            unsigned member = round % shape->members;
            uint64_t before = smallherd_lines(herd);
            assert_int_equal(smallherd_report(herd, member, "kiwi", round), HERD_PUT_NEWER);
            smallherd_settle(herd, 200);
            smallherd_assert_equal(herd);
            for (unsigned m = 0; m < shape->members; m++)
                assert_int_equal(smallherd_seconds(herd, m, "kiwi"), round);
            assert_in_range(smallherd_lines(herd) - before, shape->members - 1, 2 * shape->links - shape->members + 1);
            assert_int_equal(smallherd_report(herd, member, "kiwi", round), HERD_PUT_SAME);
            assert_int_equal(smallherd_report(herd, (member + 1) % shape->members, "kiwi", round), HERD_PUT_SAME);
        }
        uint64_t after = smallherd_lines(herd);
        smallherd_run(herd, 20000);
        assert_int_equal(smallherd_lines(herd), after);
        destroy(herd);
    }
    (void)state;
}

/* Everybody's client, at everybody. */
static void report_everywhere(struct smallherd *herd, unsigned seconds)
{
    char client[24];
    for (unsigned m = 0; m < herd->member_count; m++) {
        if (!herd->members[m].alive) continue;
        snprintf(client, sizeof(client), "of-%s", herd->members[m].name);
        assert_int_equal(smallherd_report(herd, m, client, seconds), HERD_PUT_NEWER);
        assert_int_equal(smallherd_report(herd, m, "traveller", seconds + m), HERD_PUT_NEWER);
    }
}

/* It comes back empty, and its neighbours tell it its own clients' locations, at once. */
static void a_restarted_server_gets_everything_back(void **state)
{
    for (size_t i = 0; i < SHAPES; i++) {
        for (unsigned m = 0; m < shapes[i].members; m++) {
            struct smallherd *herd = create(&shapes[i], 100 + i);
            report_everywhere(herd, 10);
            smallherd_settle(herd, 200);
            smallherd_run(herd, 30000);
            for (int64_t away_ms = 0; away_ms <= 8000; away_ms += 4000) {
                smallherd_crash(herd, m);
                smallherd_run(herd, away_ms);
                smallherd_start(herd, m);
                assert_int_equal(herd_store_count(&herd->members[m].store), 0);
                assert_true(smallherd_settle(herd, 1000) <= 1000);
                assert_int_equal(herd_store_count(&herd->members[m].store), shapes[i].members + 1);
                smallherd_assert_equal(herd);
            }
            destroy(herd);
        }
    }
    (void)state;
}

static void cut_links_heal(void **state)
{
    for (unsigned i = 0; i < built_in.links; i++) {
        for (unsigned k = 0; k < built_in.links; k++) {
            struct smallherd *herd = create(&built_in, 7 * i + k);
            smallherd_settle(herd, 200);
            smallherd_cut(herd, built_in.link[i].a, built_in.link[i].b);
            smallherd_cut(herd, built_in.link[k].a, built_in.link[k].b);
            report_everywhere(herd, 10);
            smallherd_run(herd, 7000);
            report_everywhere(herd, 20);
            smallherd_heal(herd, built_in.link[i].a, built_in.link[i].b);
            smallherd_heal(herd, built_in.link[k].a, built_in.link[k].b);
            smallherd_settle(herd, HERD_REDIAL_MAX_MS + 200);
            smallherd_assert_equal(herd);
            assert_int_equal(smallherd_seconds(herd, WELSH, "traveller"), 24);
            assert_int_equal(smallherd_seconds(herd, GOLOMAN, "of-Welsh"), 20);
            destroy(herd);
        }
    }
    (void)state;
}

/*
 * Ten changes while it was away cost one line, and one back where the other direction was slower to return and could
 * not know. What both have costs none.
 */
static void a_reconnect_costs_only_what_is_new(void **state)
{
    for (unsigned m = 0; m < 2; m++) {
        struct smallherd *herd = create(&shapes[0], 50 + m);
        report_everywhere(herd, 1);
        smallherd_settle(herd, 200);
        smallherd_run(herd, 1500); /* the MARKs are told */
        uint64_t before = smallherd_lines(herd);
        smallherd_cut(herd, 0, 1);
        for (unsigned seconds = 100; seconds < 110; seconds++)
            assert_int_equal(smallherd_report(herd, m, "kiwi", seconds), HERD_PUT_NEWER);
        smallherd_heal(herd, 0, 1);
        smallherd_settle(herd, HERD_REDIAL_MAX_MS + 200);
        assert_int_equal(smallherd_seconds(herd, 1 - m, "kiwi"), 109);
        assert_in_range(smallherd_lines(herd) - before, 1, 2);
        smallherd_run(herd, 1500);
        before = smallherd_lines(herd);
        smallherd_cut(herd, 0, 1);
        smallherd_heal(herd, 0, 1);
        smallherd_settle(herd, HERD_REDIAL_MAX_MS + 200);
        assert_int_equal(smallherd_lines(herd), before);
        smallherd_assert_equal(herd);
        destroy(herd);
    }
    (void)state;
}

struct chaos {
    struct smallherd *herd;
    const struct shape *shape;
    unsigned seconds; /* every report is newer than all before it */
};

#define CHAOS_CLIENTS 12

static unsigned draw(struct chaos *chaos, unsigned bound)
{
    return (unsigned)herd_random_below(&chaos->herd->random, bound);
}

static void disturb(struct chaos *chaos)
{
    struct smallherd *herd = chaos->herd;
    const struct pair *link = &chaos->shape->link[draw(chaos, chaos->shape->links)];
    unsigned m = draw(chaos, herd->member_count);
    unsigned choice = draw(chaos, 100);
    char client[24];
    if (choice < 60 && herd->members[m].alive) {
        snprintf(client, sizeof(client), "c%u", draw(chaos, CHAOS_CLIENTS));
        assert_int_equal(smallherd_report(herd, m, client, ++chaos->seconds), HERD_PUT_NEWER);
    } else if (choice < 70) {
        smallherd_cut(herd, link->a, link->b);
    } else if (choice < 85) {
        smallherd_heal(herd, link->a, link->b);
    } else if (choice < 90 && herd->members[m].alive) {
        smallherd_crash(herd, m);
    } else if (choice < 95 && !herd->members[m].alive) {
        smallherd_start(herd, m);
    }
    if (draw(chaos, 3) == 0) smallherd_run(herd, draw(chaos, 300));
}

/* All come back, and end with the newest of what any of them held. */
static void recover(struct chaos *chaos)
{
    struct smallherd *herd = chaos->herd;
    unsigned newest[CHAOS_CLIENTS] = {0};
    char client[24];
    for (unsigned c = 0; c < CHAOS_CLIENTS; c++) {
        snprintf(client, sizeof(client), "c%u", c);
        for (unsigned m = 0; m < herd->member_count; m++) {
            unsigned seconds = herd->members[m].alive ? smallherd_seconds(herd, m, client) : 0;
            newest[c] = seconds > newest[c] ? seconds : newest[c];
        }
    }
    for (unsigned i = 0; i < chaos->shape->links; i++)
        smallherd_heal(herd, chaos->shape->link[i].a, chaos->shape->link[i].b);
    for (unsigned m = 0; m < herd->member_count; m++)
        if (!herd->members[m].alive) smallherd_start(herd, m);
    smallherd_settle(herd, 60000);
    smallherd_assert_equal(herd);
    for (unsigned c = 0; c < CHAOS_CLIENTS; c++) {
        snprintf(client, sizeof(client), "c%u", c);
        assert_int_equal(smallherd_seconds(herd, 0, client), newest[c]);
    }
}

static void whatever_happened_all_end_equal(void **state)
{
    static const size_t rates[] = {30, 100, 1000, 100000};
    for (uint64_t seed = 1; seed <= 600; seed++) {
        const struct shape *shape = &shapes[seed % SHAPES];
        struct chaos chaos = {.herd = create(shape, seed), .shape = shape};
        chaos.herd->rate = rates[seed / SHAPES % 4];
        chaos.herd->window = 1 + 2 * chaos.herd->rate;
        for (int i = 0; i < 200; i++)
            disturb(&chaos);
        recover(&chaos);
        destroy(chaos.herd);
    }
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_update_reaches_all_and_ends),
        cmocka_unit_test(a_restarted_server_gets_everything_back),
        cmocka_unit_test(cut_links_heal),
        cmocka_unit_test(a_reconnect_costs_only_what_is_new),
        cmocka_unit_test(whatever_happened_all_end_equal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
