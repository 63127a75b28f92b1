/* SPDX-License-Identifier: MIT */
#include "logfixture.h"

static void every_line_arrives_in_order(void **state)
{
    struct world *world = *state;
    enum { turns = 200, lines = 500 };
    open_file_log(world, HERD_LOG_INFO, true, (size_t)64 << 20);
    for (unsigned turn = 0; turn < turns; turn++) {
        wire_lines(lines);
        herd_log_turn();
    }
    assert_int_equal(herd_log_dropped(), 0);
    herd_log_close();
    const char *text = read_file(world, world->path);
    for (unsigned i = 0; i < turns * lines; i++) {
        char expected[32];
        snprintf(expected, sizeof(expected), " i=%u\n", i % lines);
        text = strchr(text, '\n') + 1;
        assert_memory_equal(text - strlen(expected), expected, strlen(expected));
    }
    assert_string_equal(text, "");
}

/* More than a batch in one turn, and each turn one line: the writer is woken for either. */
static void both_bursts_and_lonely_lines_arrive(void **state)
{
    struct world *world = *state;
    unsigned total = 0;
    open_file_log(world, HERD_LOG_INFO, true, 0);
    for (unsigned round = 0; round < 8; round++) {
        unsigned count = round % 2 == 0 ? 1 : 10000;
        wire_lines(count);
        herd_log_turn();
        total += count;
        int64_t deadline = herd_clock_monotonic_ns() + 60 * HERD_NS_PER_S;
        while (count_of(read_file(world, world->path), "\n") < total)
            assert_true(herd_clock_monotonic_ns() < deadline);
    }
    assert_int_equal(herd_log_dropped(), 0);
}

static void wait_until_dropped(void)
{
    int64_t deadline = herd_clock_monotonic_ns() + 60 * HERD_NS_PER_S;
    while (herd_log_dropped() == 0 && herd_clock_monotonic_ns() < deadline) {
        wire_lines(1);
        herd_log_turn();
    }
    assert_true(herd_log_dropped() > 0);
}

/* Reads what is in the pipe, until `word` came. */
static void drain_until(struct world *world, int fd, const char *word)
{
    int64_t deadline = herd_clock_monotonic_ns() + 60 * HERD_NS_PER_S;
    herd_buffer_clear(&world->text);
    for (;;) {
        assert_true(herd_clock_monotonic_ns() < deadline);
        char *at = herd_buffer_reserve(&world->text, 65537);
        ssize_t got = read(fd, at, 65536);
        if (got > 0) herd_buffer_commit(&world->text, (size_t)got);
        herd_log_turn();
        *herd_buffer_reserve(&world->text, 1) = '\0';
        if (herd_buffer_length(&world->text) > 0 && strstr(herd_buffer_text(&world->text).bytes, word) != NULL) return;
    }
}

/* Nobody reads standard error: the loop goes on, lines are dropped whole, and their number is told afterwards. */
static void full_pipe_drops_and_says_so(void **state)
{
    struct world *world = *state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    replace_stderr(world, ends[1]);
    struct herd_log_options options = {.server = "Goloman",
                                       .level = HERD_LOG_INFO,
                                       .wire = true,
                                       .console = true,
                                       .priorities = true,
                                       .memory_max = 20000,
                                       HERD_LOG_DEFAULTS};
    int status = herd_log_open(&options);
    wait_until_dropped();
    drain_until(world, ends[0], "event=log_dropped count=");
    uint64_t dropped = herd_log_dropped();
    herd_log_close();
    restore_stderr(world);
    close(ends[0]);
    assert_int_equal(status, 0);
    const char *text = herd_buffer_text(&world->text).bytes;
    const char *told = strstr(text, "count=");
    assert_true(strtoull(told + strlen("count="), NULL, 10) <= dropped);
    for (const char *line = text; *line != '\0'; line = strchr(line, '\n') + 1) {
        assert_memory_equal(line, "<", 1);
        assert_memory_equal(line + 2, ">ts=", 4);
    }
}

/* A reader that never comes must not keep the process from ending. */
static void stuck_reader_does_not_stop_closing(void **state)
{
    struct world *world = *state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    replace_stderr(world, ends[1]);
    struct herd_log_options options = {.server = "Goloman",
                                       .level = HERD_LOG_INFO,
                                       .wire = true,
                                       .console = true,
                                       .priorities = true,
                                       .memory_max = 200000,
                                       HERD_LOG_DEFAULTS};
    int status = herd_log_open(&options);
    wait_until_dropped();
    herd_log_close();
    char block[65536]; /* the thread that was left behind comes free, and frees what it has */
    ssize_t got = read(ends[0], block, sizeof(block));
    restore_stderr(world);
    close(ends[0]);
    assert_true(got > 0);
    assert_int_equal(status, 0);
}

static void full_disk_drops_and_goes_on(void **state)
{
    (void)state;
    struct herd_log_options options = {
        .server = "Goloman", .path = "/dev/full", .level = HERD_LOG_INFO, .wire = true, HERD_LOG_DEFAULTS};
    assert_int_equal(herd_log_open(&options), 0);
    wait_until_dropped();
    herd_log_close();
}

static void wait_for_word(struct world *world, const char *path, const char *word)
{
    int64_t deadline = herd_clock_monotonic_ns() + 60 * HERD_NS_PER_S;
    while (strstr(read_file(world, path), word) == NULL)
        assert_true(herd_clock_monotonic_ns() < deadline);
}

static void rotation_loses_nothing(void **state)
{
    struct world *world = *state;
    char old[sizeof world->path];
    snprintf(old, sizeof(old), "%s/old", world->directory);
    open_file_log(world, HERD_LOG_INFO, false, 0);
    herd_log_message(HERD_LOG_INFO, "first", "x");
    herd_log_turn();
    wait_for_word(world, world->path, "event=first");
    assert_int_equal(rename(world->path, old), 0);
    herd_log_message(HERD_LOG_INFO, "second", "x");
    herd_log_turn();
    wait_for_word(world, old, "event=second");
    assert_int_equal(herd_log_reopen(), 0);
    herd_log_message(HERD_LOG_INFO, "third", "x");
    herd_log_close();
    assert_null(strstr(read_file(world, old), "event=third"));
    const char *text = read_file(world, world->path);
    assert_null(strstr(text, "event=second"));
    assert_non_null(strstr(text, "event=third"));
}

static void failed_rotation_keeps_the_old_file(void **state)
{
    struct world *world = *state;
    char old[sizeof world->path];
    snprintf(old, sizeof(old), "%s/old", world->directory);
    open_file_log(world, HERD_LOG_INFO, false, 0);
    assert_int_equal(rename(world->path, old), 0);
    assert_int_equal(mkdir(world->path, 0700), 0);
    assert_int_equal(herd_log_reopen(), -EISDIR);
    herd_log_message(HERD_LOG_INFO, "still", "x");
    herd_log_close();
    rmdir(world->path);
    assert_non_null(strstr(read_file(world, old), "event=still"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        LOG_TEST(every_line_arrives_in_order),        LOG_TEST(both_bursts_and_lonely_lines_arrive),
        LOG_TEST(full_pipe_drops_and_says_so),        LOG_TEST(stuck_reader_does_not_stop_closing),
        LOG_TEST(full_disk_drops_and_goes_on),        LOG_TEST(rotation_loses_nothing),
        LOG_TEST(failed_rotation_keeps_the_old_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
