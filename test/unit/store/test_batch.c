/* SPDX-License-Identifier: MIT */
/* Versions put together come to the same as one after the other, whoever brings them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "herd/batch.h"
#include "herd/clock.h"
#include "versions.h"

#define SECOND HERD_NS_PER_S

struct fixture {
    struct herd_store store;
    struct herd_batch batch;
};

static int setup(void **state)
{
    static struct fixture fixture;

    versions_store_init(&fixture.store, 2, 2);
    herd_store_activate(&fixture.store, 0);
    herd_store_activate(&fixture.store, 1);
    fixture.batch.count = 0;
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;

    herd_store_finish(&fixture->store);
    return 0;
}

static void add(struct fixture *fixture, const char *client, const char *time)
{
    *herd_batch_next(&fixture->batch) = versions_make(herd_text_of(client), VERSIONS_POSITION, time, 1);
    assert_false(herd_batch_add(&fixture->batch, herd_text_of(client)));
}

static void put(struct fixture *fixture, unsigned first, unsigned end, const struct herd_batch_source *source)
{
    herd_batch_look_ahead(&fixture->batch, &fixture->store);
    herd_batch_put(&fixture->batch, &fixture->store, first, end, source);
}

static void each_result_is_in_its_place(void **state)
{
    struct fixture *fixture = *state;
    const struct herd_batch_source client = {0};
    static const enum herd_put expected[] = {HERD_PUT_NEWER, HERD_PUT_SAME, HERD_PUT_OLDER,
                                             HERD_PUT_NEWER, HERD_PUT_FULL, HERD_PUT_NEWER};

    add(fixture, "a", "10");
    add(fixture, "a", "10");
    add(fixture, "a", "9");
    add(fixture, "b", "10");
    add(fixture, "c", "10");
    add(fixture, "b", "11");
    put(fixture, 0, 6, &client);
    for (unsigned i = 0; i < 6; i++)
        assert_int_equal(fixture->batch.puts[i], expected[i]);
    assert_int_equal(herd_store_count(&fixture->store), 2);
}

/* Several share a batch: who is put first has no say about what is put later. */
static void a_run_leaves_the_others_alone(void **state)
{
    struct fixture *fixture = *state;
    const struct herd_batch_source client = {0};

    add(fixture, "a", "10");
    add(fixture, "b", "10");
    add(fixture, "a", "11");
    put(fixture, 1, 2, &client);
    assert_int_equal(fixture->batch.puts[1], HERD_PUT_NEWER);
    assert_int_equal(herd_store_count(&fixture->store), 1);
    assert_int_equal(herd_store_find(&fixture->store, HERD_TEXT("a")), 0);
}

/* What a neighbour taught is not told to it again, and there is room for a tenth more of it. */
static void what_is_learnt_is_not_told_to_its_slot(void **state)
{
    struct fixture *fixture = *state;
    const struct herd_batch_source neighbour = {.learnt = true, .from = 1};

    add(fixture, "a", "10");
    add(fixture, "a", "11");
    put(fixture, 0, 2, &neighbour);
    assert_int_equal(fixture->batch.puts[1], HERD_PUT_NEWER);
    assert_int_equal(herd_store_queued(&fixture->store, 0), 1);
    assert_int_equal(herd_store_queued(&fixture->store, 1), 0);
}

/* A client whose record has expired is a new one, and what was learnt of it too. */
static void what_has_expired_is_forgotten_first(void **state)
{
    struct fixture *fixture = *state;
    struct herd_batch_source client = {.now_ns = 10 * SECOND};

    fixture->store.ttl_ns = 5 * SECOND;
    add(fixture, "a", "10");
    put(fixture, 0, 1, &client);
    fixture->batch.count = 0;
    client.now_ns = 16 * SECOND;
    add(fixture, "a", "9"); /* older than what was forgotten */
    put(fixture, 0, 1, &client);
    assert_int_equal(fixture->batch.puts[0], HERD_PUT_NEWER);
}

static bool refuses_b(void *owner, const struct herd_version *version)
{
    ++*(unsigned *)owner;
    return herd_text_equal(version->report.client, HERD_TEXT("b"));
}

static void what_is_refused_does_not_touch_the_store(void **state)
{
    struct fixture *fixture = *state;
    unsigned asked = 0;
    const struct herd_batch_source client = {.refuses = refuses_b, .owner = &asked};

    add(fixture, "a", "10");
    add(fixture, "b", "10");
    add(fixture, "a", "11");
    put(fixture, 0, 3, &client);
    assert_int_equal(asked, 3);
    assert_int_equal(fixture->batch.puts[0], HERD_PUT_NEWER);
    assert_int_equal(fixture->batch.puts[1], HERD_PUT_REFUSED);
    assert_int_equal(fixture->batch.puts[2], HERD_PUT_NEWER);
    assert_int_equal(herd_store_count(&fixture->store), 1);
    assert_int_equal(fixture->store.seq, 2);
}

static void it_says_when_it_is_full(void **state)
{
    struct fixture *fixture = *state;

    for (unsigned i = 0; i + 1 < HERD_BATCH_MAX; i++)
        add(fixture, "a", "10");
    *herd_batch_next(&fixture->batch) = versions_make(HERD_TEXT("a"), VERSIONS_POSITION, "10", 1);
    assert_true(herd_batch_add(&fixture->batch, HERD_TEXT("a")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_result_is_in_its_place, setup, teardown),
        cmocka_unit_test_setup_teardown(a_run_leaves_the_others_alone, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_learnt_is_not_told_to_its_slot, setup, teardown),
        cmocka_unit_test_setup_teardown(what_has_expired_is_forgotten_first, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_refused_does_not_touch_the_store, setup, teardown),
        cmocka_unit_test_setup_teardown(it_says_when_it_is_full, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
