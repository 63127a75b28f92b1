/* SPDX-License-Identifier: MIT */
#include "logfixture.h"

#include "herd/counters.h"

#include "../countertable.h"

struct pasture {
    uint32_t pens;
    uint64_t lambs;
    int64_t mood;
    uint64_t asleep_ns;
    uint64_t lost;
    struct herd_times naps;
    struct herd_skews leaps;
};

#define AT(field) HERD_COUNTER_AT(struct pasture, field)

static const struct herd_counter pasture_rows[] = {
    {AT(pens), HERD_GAUGE, "herd_pens", "Pens", "", "state", "pens"},
    {AT(lambs), HERD_COUNTER, "herd_lambs_total", "Lambs ever born", "", "state", "lambs"},
    {AT(mood), HERD_GAUGE, "herd_mood", "How it is", "", "state", "mood"},
    {AT(asleep_ns), HERD_COUNTER_NS, "herd_asleep_seconds_total", "Time asleep", "", "state", "asleep_us"},
    {AT(lost), HERD_COUNTER, HERD_COUNTER_REFUSED, "limit=\"wolves\"", "state_limits", "wolves"},
    {AT(lost), HERD_COUNTER, HERD_COUNTER_REFUSED, "limit=\"fences\"", NULL, NULL},
    {AT(naps), HERD_TIMES, "herd_nap_seconds", "How long a nap took", "", "state_times", "nap"},
    {AT(leaps), HERD_SKEWS, "herd_leap_seconds", "How late a leap was", "", "state_times", "leap"},
};
static const struct herd_counter_table pasture_counters = HERD_COUNTER_TABLE(pasture_rows);

static const struct pasture hill = {
    .pens = UINT32_MAX, .lambs = UINT64_C(1) << 40, .mood = -3, .asleep_ns = 7999, .lost = 4};
static const struct pasture dale = {.pens = 1, .lambs = 2, .mood = 1, .asleep_ns = 1000, .lost = 5};

static const struct herd_counter_source sources[] = {
    {.table = &pasture_counters, .counts = &hill, .labels = "flock=\"hill\""},
    {.table = &pasture_counters, .counts = &dale, .labels = "flock=\"dale\""},
};

static void a_row_finds_its_number(void **state)
{
    (void)state;
    static const uint64_t values[] = {UINT32_MAX, UINT64_C(1) << 40, (uint64_t)-3, 7999, 4, 4, 0, 0};
    check_counter_table(&pasture_counters, sizeof(struct pasture));
    for (size_t i = 0; i < pasture_counters.count; i++)
        assert_int_equal(herd_counter_value(&pasture_rows[i], &hill), values[i]);
}

struct walk {
    unsigned seen;
};

static void on_row(void *owner, const struct herd_counter_source *source, const struct herd_counter *row,
                   uint64_t value)
{
    struct walk *walk = owner;
    assert_ptr_equal(source, &sources[walk->seen / pasture_counters.count]);
    assert_ptr_equal(row, &pasture_rows[walk->seen % pasture_counters.count]);
    assert_int_equal(value, herd_counter_value(row, source->counts));
    walk->seen++;
}

static void a_walk_sees_each_row_of_each_source_in_order(void **state)
{
    (void)state;
    struct walk walk = {0};
    herd_counters_walk(sources, 2, &walk, on_row);
    assert_int_equal(walk.seen, 16);
    herd_counters_walk(sources, 0, &walk, on_row);
    assert_int_equal(walk.seen, 16);
}

static void write_state(const char *event, size_t count)
{
    struct herd_log_event log;
    assert_true(herd_log_begin(&log, HERD_LOG_INFO, "state"));
    herd_counters_log(sources, count, event, &log);
    herd_log_end(&log);
}

static void numbers_of_one_key_are_added_up(void **state)
{
    struct world *world = *state;
    open_file_log(world, HERD_LOG_INFO, false, 0);
    write_state("state", 1);
    write_state("state", 2);
    write_state("state_limits", 2);
    write_state("state_of_others", 2);
    herd_log_close();
    const char *text = read_file(world, world->path);
    assert_int_equal(count_of(text, "=state pens=4294967295 lambs=1099511627776 mood=-3 asleep_us=7\n"), 1);
    assert_int_equal(count_of(text, "=state pens=4294967296 lambs=1099511627778 mood=-2 asleep_us=8\n"), 1);
    assert_int_equal(count_of(text, "=state wolves=9\n"), 1);
    assert_int_equal(count_of(text, "=state\n"), 1);
}

static void times_are_an_event_each(void **state)
{
    struct world *world = *state;
    struct pasture pasture = {0};
    const struct herd_counter_source source = {.table = &pasture_counters, .counts = &pasture};
    herd_times_record(&pasture.naps, 5000);
    herd_skews_record(&pasture.leaps, -7000);
    open_file_log(world, HERD_LOG_INFO, false, 0);
    herd_counters_log_times(&source, 1);
    herd_log_close();
    const char *text = read_file(world, world->path);
    assert_int_equal(count_of(text, "event="), 3);
    assert_int_equal(count_of(text, "event=state_times of=nap count=1 p50_us=5 p99_us=5 max_us=5\n"), 1);
    assert_int_equal(count_of(text, "event=state_times of=leap_above count=0 p50_us=0 p99_us=0 max_us=0\n"), 1);
    assert_int_equal(count_of(text, "event=state_times of=leap_below count=1 p50_us=7 p99_us=7 max_us=7\n"), 1);
}

static void what_the_log_counts(void **state)
{
    struct world *world = *state;
    struct herd_log_counts counts;
    check_counter_table(&herd_log_counters, sizeof counts);
    open_file_log(world, HERD_LOG_INFO, false, 0);
    for (unsigned i = 0; i < 3 * HERD_LOG_EVENTS_PER_SECOND_DEFAULT; i++)
        herd_log_message(HERD_LOG_INFO, "state", "again");
    herd_log_counts(&counts);
    assert_int_equal(counts.suppressed, herd_log_suppressed());
    assert_true(counts.suppressed > 0);
    assert_int_equal(counts.dropped, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_row_finds_its_number),
        cmocka_unit_test(a_walk_sees_each_row_of_each_source_in_order),
        LOG_TEST(numbers_of_one_key_are_added_up),
        LOG_TEST(times_are_an_event_each),
        LOG_TEST(what_the_log_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
