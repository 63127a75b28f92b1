/* SPDX-License-Identifier: MIT */
#include <inttypes.h>

#include "logfixture.h"

static void is_shaped_as_promised(void **state)
{
    struct world *world = *state;
    open_file_log(world, HERD_LOG_DEBUG, true, 0);
    struct herd_log_event event;
    assert_true(herd_log_begin(&event, HERD_LOG_INFO, "link_up"));
    herd_log_string(&event, "peer", "Hands");
    herd_log_number(&event, "low", INT64_MIN);
    herd_log_number(&event, "zero", 0);
    herd_log_string(&event, "empty", "");
    herd_log_string(&event, "words", "two words");
    herd_log_text(&event, "evil", HERD_TEXT("a\nlevel=\"x\"\\"));
    herd_log_error(&event, -ENOENT);
    herd_log_end(&event);
    assert_true(herd_log_begin_wire(&event, "in"));
    herd_log_text(&event, "line", HERD_TEXT("IAMAT kiwi +1-2 3\r"));
    herd_log_end(&event);
    herd_log_wire_line(HERD_TEXT("out"), UINT64_MAX, HERD_TEXT("AT \x80"));
    herd_log_wire_line(HERD_TEXT("out"), 10, HERD_TEXT("?"));
    herd_log_message(HERD_LOG_WARNING, "odd", "%s %d", "is", 5);
    herd_log_message(HERD_LOG_ERROR, "bad", "%s", "x");
    herd_log_message(HERD_LOG_DEBUG, "detail", "%s", "y");
    herd_log_close();

    const char *text = read_file(world, world->path);
    static const char *const lines[] = {
        " level=info server=Goloman event=link_up peer=Hands low=-9223372036854775808 zero=0 empty=\"\" words=\"two "
        "words\" "
        "evil=\"a\\x0alevel=\\x22x\\x22\\x5c\" error=\"No such file or directory\"\n",
        " level=info server=Goloman event=in line=\"IAMAT kiwi +1-2 3\\x0d\"\n",
        " level=info server=Goloman event=out conn=18446744073709551615 line=\"AT \\x80\"\n",
        " level=info server=Goloman event=out conn=10 line=?\n",
        " level=warning server=Goloman event=odd msg=\"is 5\"\n",
        " level=error server=Goloman event=bad msg=x\n",
        " level=debug server=Goloman event=detail msg=y\n",
    };
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        const char *end = strstr(text, lines[i]);
        assert_non_null(end);
        assert_ptr_equal(end, text + strlen("ts=2018-03-02T21:18:54.918963997Z"));
        text = end + strlen(lines[i]);
    }
    assert_string_equal(text, "");
    struct stat facts;
    assert_int_equal(stat(world->path, &facts), 0);
    assert_int_equal(facts.st_mode & 0777 & ~0640U, 0);
}

/* The time at the beginning of a line. */
static int64_t time_of(const char *line)
{
    int64_t year, day, hour, minute, second, ns, month;
    int count =
        sscanf(line, "ts=%4" SCNd64 "-%2" SCNd64 "-%2" SCNd64 "T%2" SCNd64 ":%2" SCNd64 ":%2" SCNd64 ".%9" SCNd64 "Z ",
               &year, &month, &day, &hour, &minute, &second, &ns);
    assert_int_equal(count, 7);
    /* Days since 1970 of a civil date, counting years from March. */
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t m = (month + 9) % 12;
    int64_t days = 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719468;
    return (((days * 24 + hour) * 60 + minute) * 60 + second) * HERD_NS_PER_S + ns;
}

static void time_is_utc_now(void **state)
{
    struct world *world = *state;
    setenv("TZ", "America/Los_Angeles", 1);
    open_file_log(world, HERD_LOG_INFO, false, 0);
    int64_t before = herd_clock_wall_ns();
    herd_log_message(HERD_LOG_INFO, "now", "x");
    int64_t after = herd_clock_wall_ns();
    herd_log_close();
    int64_t said = time_of(read_file(world, world->path));
    assert_true(before <= said && said <= after);
}

/* Wire lines may share a time within a turn, not beyond it, and never go back behind an event. */
static void wire_lines_have_their_time(void **state)
{
    struct world *world = *state;
    enum { turns = 50, lines = 40 };
    int64_t starts[turns + 1];
    open_file_log(world, HERD_LOG_INFO, true, 0);
    for (int turn = 0; turn < turns; turn++) {
        starts[turn] = herd_clock_wall_ns();
        wire_lines(lines);
        herd_log_message(HERD_LOG_INFO, "between", "x");
        wire_lines(lines);
        herd_log_turn();
    }
    starts[turns] = herd_clock_wall_ns();
    herd_log_close();
    const char *text = read_file(world, world->path);
    int64_t last = starts[0];
    for (int i = 0; i < turns * (2 * lines + 1); i++) {
        int turn = i / (2 * lines + 1);
        int64_t said = time_of(text);
        assert_true(last <= said && starts[turn] <= said && said <= starts[turn + 1]);
        last = said;
        text = strchr(text, '\n') + 1;
    }
    assert_string_equal(text, "");
}

static void levels_and_wire_are_chosen(void **state)
{
    struct world *world = *state;
    open_file_log(world, HERD_LOG_WARNING, false, 0);
    struct herd_log_event event;
    assert_false(herd_log_wire_on());
    assert_false(herd_log_begin(&event, HERD_LOG_INFO, "quiet"));
    herd_log_string(&event, "key", "value"); /* harmless */
    herd_log_number(&event, "key", 1);
    herd_log_error(&event, -EIO);
    herd_log_end(&event);
    assert_false(herd_log_begin_wire(&event, "in"));
    herd_log_end(&event);
    herd_log_message(HERD_LOG_WARNING, "loud", "x");
    herd_log_close();
    const char *text = read_file(world, world->path);
    assert_int_equal(count_of(text, "\n"), 1);
    assert_non_null(strstr(text, "event=loud"));
}

static void long_texts_are_cut(void **state)
{
    struct world *world = *state;
    char exact[256], longer[257], accents[300];
    memset(exact, 'e', sizeof(exact));
    memset(longer, 'l', sizeof(longer));
    for (size_t i = 0; i < sizeof(accents); i++)
        accents[i] = i % 3 == 0 ? '\xe2' : i % 3 == 1 ? '\x82' : '\xac'; /* 256 is within a character */
    open_file_log(world, HERD_LOG_INFO, false, 0);
    struct herd_log_event event;
    herd_log_begin(&event, HERD_LOG_INFO, "long");
    herd_log_text(&event, "a", (struct herd_text){exact, sizeof(exact)});
    herd_log_text(&event, "b", (struct herd_text){longer, sizeof(longer)});
    herd_log_text(&event, "c", (struct herd_text){accents, sizeof(accents)});
    for (int i = 0; i < 20; i++) { /* more than one line takes */
        char worst[256] = {0};
        herd_log_text(&event, "w", (struct herd_text){worst, sizeof(worst)});
    }
    herd_log_end(&event);
    herd_log_message(HERD_LOG_INFO, "after", "x");
    herd_log_close();
    const char *text = read_file(world, world->path);
    assert_non_null(strstr(text, "eeee b=llll"));
    assert_non_null(strstr(text, "llll... c="));
    assert_non_null(strstr(text, "\xe2\x82\xac... w=\\x00"));
    assert_null(strstr(text, "\\xe2"));
    assert_int_equal(count_of(text, "\n"), 2);
    assert_true(strchr(text, '\n') - text < 8192);
}

/* The longest text that is not cut, and one byte more: each field is what the options say, the line takes four of them.
 */
static void fields_are_as_long_as_configured(void **state)
{
    static const uint32_t limits[] = {HERD_LOG_FIELD_BYTES_MIN, 100, 257, 65536};
    struct world *world = *state;
    char *bytes = calloc(2, 65537); /* NULs: four bytes each once they are escaped */
    assert_non_null(bytes);
    for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
        struct herd_log_options options = {
            .server = "Goloman", .path = world->path, .level = HERD_LOG_INFO, .wire = true, HERD_LOG_DEFAULTS};
        options.field_bytes_max = limits[i];
        assert_int_equal(herd_log_open(&options), 0);
        struct herd_log_event event;
        assert_true(herd_log_begin_wire(&event, "in"));
        for (int field = 0; field < 4; field++)
            herd_log_text(&event, "w", (struct herd_text){bytes, limits[i] + (field % 2 == 0 ? 0 : 1)});
        herd_log_end(&event);
        herd_log_close();
        const char *text = strstr(read_file(world, world->path), " w=");
        const char *second = text + 3 + 4 * limits[i];
        assert_int_equal(strlen(text), 4 * (3 + 4 * limits[i]) + 2 * strlen("...") + 1);
        assert_memory_equal(second, " w=\\x00", 7);
        assert_memory_equal(second + 3 + 4 * limits[i], "... w=\\x00", 10);
        assert_string_equal(text + strlen(text) - 8, "\\x00...\n");
        unlink(world->path);
    }
    free(bytes);
}

static void long_messages_are_cut(void **state)
{
    struct world *world = *state;
    struct herd_log_options options = {
        .server = "Goloman", .path = world->path, .level = HERD_LOG_INFO, HERD_LOG_DEFAULTS};
    options.field_bytes_max = 1000;
    assert_int_equal(herd_log_open(&options), 0);
    herd_log_message(HERD_LOG_INFO, "fits", "%0511d", 7);
    herd_log_message(HERD_LOG_INFO, "cut", "%0512d", 7);
    herd_log_close();
    const char *text = read_file(world, world->path);
    assert_non_null(strstr(text, "0007\n"));
    assert_non_null(strstr(text, "0000...\n"));
}

static void as_many_events_as_configured(void **state)
{
    struct world *world = *state;
    struct herd_log_options options = {
        .server = "Goloman", .path = world->path, .level = HERD_LOG_INFO, HERD_LOG_DEFAULTS};
    options.events_per_second_max = 3;
    assert_int_equal(herd_log_open(&options), 0);
    int64_t start = herd_clock_wall_ns();
    for (int i = 0; i < 3; i++)
        herd_log_message(HERD_LOG_INFO, "three", "x");
    assert_int_equal(herd_log_suppressed(), 0);
    herd_log_message(HERD_LOG_INFO, "three", "x");
    bool within_a_second = herd_clock_wall_ns() - start < HERD_NS_PER_S;
    if (within_a_second) assert_int_equal(herd_log_suppressed(), 1); /* else it was the first of the next second */
    herd_log_close();
    assert_int_equal(count_of(read_file(world, world->path), "event=three"), within_a_second ? 3 : 4);
}

static void names_are_limited_but_wire_is_not(void **state)
{
    struct world *world = *state;
    open_file_log(world, HERD_LOG_INFO, true, 0);
    int64_t start = herd_clock_wall_ns();
    for (int i = 0; i < 500; i++)
        herd_log_message(HERD_LOG_INFO, "often", "x");
    wire_lines(500);
    herd_log_message(HERD_LOG_INFO, "seldom", "x");
    bool within_a_second = herd_clock_wall_ns() - start < HERD_NS_PER_S;
    herd_log_close();
    const char *text = read_file(world, world->path);
    assert_int_equal(count_of(text, "event=out"), 500);
    assert_int_equal(count_of(text, "event=seldom"), 1);
    if (within_a_second)
        assert_int_equal(count_of(text, "event=often"), 100); /* a machine that stood still may pass more */
}

static void file_that_cannot_be_is_an_error(void **state)
{
    struct world *world = *state;
    char nowhere[sizeof world->path + 8];
    snprintf(nowhere, sizeof nowhere, "%s/none/log", world->directory);
    struct herd_log_options options = {.server = "Goloman", .path = nowhere, .level = HERD_LOG_INFO, HERD_LOG_DEFAULTS};
    assert_int_equal(herd_log_open(&options), -ENOENT);
    options.path = world->directory;
    assert_int_equal(herd_log_open(&options), -EISDIR);
    herd_log_close();
    herd_log_turn();
    assert_int_equal(herd_log_reopen(), 0);
    assert_int_equal(herd_log_dropped(), 0);
}

static void console_gets_all_but_wire(void **state)
{
    struct world *world = *state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    replace_stderr(world, ends[1]);
    struct herd_log_options options = {.server = "Goloman",
                                       .path = world->path,
                                       .level = HERD_LOG_INFO,
                                       .wire = true,
                                       .console = true,
                                       .priorities = true,
                                       HERD_LOG_DEFAULTS};
    herd_log_message(HERD_LOG_INFO, "before", "x");
    int status = herd_log_open(&options);
    wire_lines(3);
    herd_log_message(HERD_LOG_WARNING, "during", "x");
    herd_log_close();
    herd_log_message(HERD_LOG_INFO, "afterwards", "x");
    restore_stderr(world);
    char text[4096] = {0};
    ssize_t got = read(ends[0], text, sizeof(text) - 1);
    close(ends[0]);
    assert_int_equal(status, 0);
    assert_true(got > 0);
    assert_int_equal(count_of(text, "\n"), 3);
    assert_memory_equal(text, "ts=", 3); /* no sink yet: no priorities, no server */
    assert_non_null(strstr(text, " level=info event=before msg=x\nts=") == NULL ? strstr(text, "\n<4>ts=") : NULL);
    assert_non_null(strstr(text, " level=warning server=Goloman event=during msg=x\nts="));
    assert_non_null(strstr(text, " level=info event=afterwards msg=x\n"));
    const char *file = read_file(world, world->path);
    assert_int_equal(count_of(file, "event=out"), 3);
    assert_int_equal(count_of(file, "event=during"), 1);
    assert_null(strchr(file, '<'));
}

static void console_without_priorities_wants_no_wire(void **state)
{
    (void)state;
    struct herd_log_options options = {
        .server = "Goloman", .level = HERD_LOG_INFO, .wire = true, .console = true, HERD_LOG_DEFAULTS};
    assert_int_equal(herd_log_open(&options), 0);
    assert_false(herd_log_wire_on());
    herd_log_close();
    options.console = false; /* nobody listens: no event is wanted */
    assert_int_equal(herd_log_open(&options), 0);
    struct herd_log_event event;
    assert_false(herd_log_begin(&event, HERD_LOG_ERROR, "unheard"));
    herd_log_end(&event);
    herd_log_close();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        LOG_TEST(is_shaped_as_promised),
        LOG_TEST(time_is_utc_now),
        LOG_TEST(wire_lines_have_their_time),
        LOG_TEST(levels_and_wire_are_chosen),
        LOG_TEST(long_texts_are_cut),
        LOG_TEST(fields_are_as_long_as_configured),
        LOG_TEST(long_messages_are_cut),
        LOG_TEST(as_many_events_as_configured),
        LOG_TEST(names_are_limited_but_wire_is_not),
        LOG_TEST(file_that_cannot_be_is_an_error),
        LOG_TEST(console_gets_all_but_wire),
        LOG_TEST(console_without_priorities_wants_no_wire),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
