/* SPDX-License-Identifier: MIT */
/* What is accepted, what is refused for which limit, and what is told of it. */
#include "corefixture.h"

#include "herd/clock.h"

#define AT(difference, client, time) "AT Goloman " difference " " client " " CORE_POSITION " " time "\n"
#define BACK(client, time) "? IAMAT " client " " CORE_POSITION " " time "\n"

static void each_gets_its_reply_in_order(void **state)
{
    struct corefixture *fixture = *state;

    core_add(fixture, "a", "1");
    core_add(fixture, "b", "2");
    core_add(fixture, "a", "1");
    core_add(fixture, "a", "0.5");
    assert_int_equal(core_accept(fixture), 4);
    core_expect(fixture, AT("+0.500000000", "a", "1") AT("-0.500000000", "b", "2") AT("+0.500000000", "a", "1")
                             AT("+1.000000000", "a", "0.5"));
    assert_int_equal(fixture->core.counts.iamat, 4);
    assert_int_equal(fixture->core.counts.stale, 1);
    assert_int_equal(herd_store_count(&fixture->core.store), 2);
}

/* Who floods and writes is told once a batch, and not of what is known. */
static void only_news_are_told(void **state)
{
    struct corefixture *fixture = *state;

    core_add(fixture, "a", "1");
    core_add(fixture, "b", "1");
    core_accept(fixture);
    assert_int_equal(fixture->ends, 1);
    core_report(fixture, "a", "1");
    assert_int_equal(fixture->ends, 1);
    core_report(fixture, "a", "1.5");
    assert_int_equal(fixture->ends, 2);
}

/* CORE_NOW_NS is one and a half seconds. */
static void the_last_of_a_turn_tells_how_far_its_clock_is(void **state)
{
    struct corefixture *fixture = *state;
    const struct herd_skews *skews = &fixture->core.skews;

    core_add(fixture, "a", "1");
    core_add(fixture, "b", "1.25");
    core_accept(fixture);
    assert_int_equal(herd_times_count(&skews->above), 0);
    herd_core_write(&fixture->core);
    herd_core_write(&fixture->core);
    assert_int_equal(herd_times_count(&skews->above), 1);
    assert_int_equal(skews->above.max_ns, 250000000);
    assert_int_equal(herd_times_count(&skews->below), 0);
    core_report(fixture, "a", "3");
    herd_core_write(&fixture->core);
    core_report(fixture, "a", "2"); /* is no news */
    herd_core_write(&fixture->core);
    assert_int_equal(herd_times_count(&skews->above), 1);
    assert_int_equal(herd_times_count(&skews->below), 1);
    assert_int_equal(skews->below.max_ns, 1500000000);
}

static void what_finds_no_room_is_given_back(void **state)
{
    struct corefixture *fixture = *state;

    core_add(fixture, "a", "1");
    core_add(fixture, "b", "1");
    core_add(fixture, "c", "1");
    core_add(fixture, "d", "1");
    core_add(fixture, "a", "2");
    assert_int_equal(core_accept(fixture), 4);
    core_expect(fixture, AT("+0.500000000", "a", "1") AT("+0.500000000", "b", "1") AT("+0.500000000", "c", "1")
                             BACK("d", "1") AT("-0.500000000", "a", "2"));
    assert_int_equal(fixture->core.counts.refused_clients, 1);
}

static void limit(struct corefixture *fixture, const struct herd_core_limits *limits)
{
    herd_core_configure(&fixture->core, limits);
    fixture->grant.judged = herd_core_judges(&fixture->core);
}

static void what_is_too_far_ahead_is_refused(void **state)
{
    struct corefixture *fixture = *state;

    limit(fixture, &(struct herd_core_limits){.clients_max = 3, .max_future_s = 10});
    assert_true(fixture->grant.judged);
    assert_true(core_report(fixture, "a", "11.5"));
    core_add(fixture, "a", "11.500000001");
    assert_int_equal(core_accept(fixture), 0);
    core_expect(fixture, BACK("a", "11.500000001"));
    assert_int_equal(fixture->core.counts.refused_future, 1);
    assert_int_equal(fixture->core.counts.iamat, 1);
}

/* What one has brought already costs nothing, within one batch too; another one has a limit of its own. */
static void new_clients_are_counted_by_who_brings_them(void **state)
{
    struct corefixture *fixture = *state;

    limit(fixture, &(struct herd_core_limits){.clients_max = 3, .new_clients_per_second_max = 1});
    core_add(fixture, "a", "1");
    core_add(fixture, "a", "2");
    core_add(fixture, "b", "1");
    core_add(fixture, "a", "3");
    assert_int_equal(core_accept(fixture), 3);
    core_expect(fixture,
                AT("+0.500000000", "a", "1") AT("-0.500000000", "a", "2") BACK("b", "1") AT("-1.500000000", "a", "3"));
    assert_int_equal(fixture->core.counts.refused_new, 1);
    fixture->grant = (struct herd_core_grant){.judged = true};
    assert_true(core_report(fixture, "b", "1"));
    assert_false(core_report(fixture, "c", "1"));
    core_add(fixture, "c", "1");
    herd_core_look_ahead(&fixture->core, &fixture->batch);
    assert_int_equal(herd_core_accept(&fixture->core, &fixture->batch, 0, 1, &fixture->grant,
                                      CORE_NOW_NS + HERD_NS_PER_S, &fixture->out),
                     1); /* in the next second */
}

/* Without a limit that it could break nobody need be judged. */
static void who_must_be_judged(void **state)
{
    struct corefixture *fixture = *state;

    assert_false(herd_core_judges(&fixture->core));
    limit(fixture, &(struct herd_core_limits){.clients_max = 3, .ttl_s = 5});
    assert_false(fixture->grant.judged);
    limit(fixture, &(struct herd_core_limits){.clients_max = 1});
    assert_true(core_report(fixture, "a", "1"));
    assert_false(core_report(fixture, "b", "1"));
    limit(fixture, &(struct herd_core_limits){.clients_max = 2});
    assert_true(core_report(fixture, "b", "1"));
}

/* Its client is a new one, so that an older report is news. */
static void what_has_expired_is_forgotten_first(void **state)
{
    struct corefixture *fixture = *state;

    limit(fixture, &(struct herd_core_limits){.clients_max = 1, .ttl_s = 1});
    core_report(fixture, "a", "1");
    fixture->core.store.ttl_ns = 1; /* as if a second had passed */
    core_add(fixture, "a", "0.5");
    herd_core_look_ahead(&fixture->core, &fixture->batch);
    herd_core_accept(&fixture->core, &fixture->batch, 0, 1, &fixture->grant, CORE_NOW_NS + 2, &fixture->out);
    assert_int_equal(fixture->core.counts.stale, 0);
    assert_int_equal(fixture->batch.puts[0], HERD_PUT_NEWER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_gets_its_reply_in_order, core_setup, core_teardown),
        cmocka_unit_test_setup_teardown(only_news_are_told, core_setup, core_teardown),
        cmocka_unit_test_setup_teardown(the_last_of_a_turn_tells_how_far_its_clock_is, core_setup, core_teardown),
        cmocka_unit_test_setup_teardown(what_finds_no_room_is_given_back, core_setup, core_teardown),
        cmocka_unit_test_setup_teardown(what_is_too_far_ahead_is_refused, core_setup, core_teardown),
        cmocka_unit_test_setup_teardown(new_clients_are_counted_by_who_brings_them, core_setup, core_teardown),
        cmocka_unit_test_setup_teardown(who_must_be_judged, core_setup, core_teardown),
        cmocka_unit_test_setup_teardown(what_has_expired_is_forgotten_first, core_setup, core_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
