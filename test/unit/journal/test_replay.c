/* SPDX-License-Identifier: MIT */
/* What comes back of what is in the directory, whatever happened to it. */
#include "journalfixture.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define RECORDS 24
#define HEADER "1 herd Goloman"
#define FIRST "0000000001.journal"

/* A segment of a header and records first to end - 1. Where lines end is noted, the header's first. */
static void make_segment(struct fixture *fixture, unsigned first, unsigned end, struct herd_buffer *out,
                         size_t ret_ends[RECORDS + 1])
{
    fixture_header(out, HEADER);
    if (ret_ends != NULL) ret_ends[0] = herd_buffer_length(out);
    for (unsigned i = first; i < end; i++) {
        fixture_line(fixture, i, out);
        if (ret_ends != NULL) ret_ends[i - first + 1] = herd_buffer_length(out);
    }
}

static void write_segment(struct fixture *fixture, unsigned number, unsigned first, unsigned end)
{
    struct herd_buffer bytes = HERD_BUFFER_INIT;
    char name[SEGMENT_NAME_SIZE];
    make_segment(fixture, first, end, &bytes, NULL);
    segment_name(number, name);
    fixture_write_file(fixture, name, herd_buffer_text(&bytes));
    herd_buffer_finish(&bytes);
}

/* The header is line 0, record i line i + 1; LF of line `line` damages the next one, too. */
static void expect_without(const struct fixture *fixture, unsigned line, bool next_too)
{
    unsigned missing = 0;
    for (unsigned i = 0; i < RECORDS; i++) {
        bool lost = i + 1 == line || (next_too && i == line);
        missing += lost;
        if (fixture->seen[i] != !lost) fail_msg("record %u, line %u damaged", i, line);
    }
    assert_int_equal(fixture->seen_count, RECORDS - missing);
}

/* ---- without files: every byte of a segment ---- */

/* What comes of a segment that ends behind so many whole lines. */
static void expect_cut(const struct fixture *fixture, const struct herd_journal_sums *sums, unsigned whole, bool torn)
{
    fixture_expect(fixture, 0, whole == 0 ? 0 : whole - 1);
    assert_int_equal(sums->damaged, 0);
    assert_int_equal(sums->torn, torn);
}

static void a_segment_cut_anywhere_gives_its_whole_lines(void **state)
{
    struct fixture *fixture = *state;
    struct herd_buffer bytes = HERD_BUFFER_INIT;
    size_t ends[RECORDS + 1];
    unsigned whole = 0; /* lines, with the header */
    make_segment(fixture, 0, RECORDS, &bytes, ends);
    for (size_t cut = 0; cut <= herd_buffer_length(&bytes); cut++) {
        if (whole <= RECORDS && ends[whole] == cut) whole++;
        struct herd_journal_sums sums =
            fixture_read_bytes(fixture, (struct herd_text){herd_buffer_text(&bytes).bytes, cut});
        expect_cut(fixture, &sums, whole, cut != (whole == 0 ? 0 : ends[whole - 1]));
    }
    assert_int_equal(whole, RECORDS + 1);
    herd_buffer_finish(&bytes);
}

/* A flipped bit, other bytes, and those that end a line or part it. */
static void a_flipped_byte_costs_its_line(void **state)
{
    struct fixture *fixture = *state;
    struct herd_buffer bytes = HERD_BUFFER_INIT;
    size_t ends[RECORDS + 1];
    unsigned line = 0;
    make_segment(fixture, 0, RECORDS, &bytes, ends);
    for (size_t at = 0; at < herd_buffer_length(&bytes); at++) {
        while (ends[line] <= at)
            line++;
        char was = bytes.memory[at];
        const char becomes[] = {'\n', ' ', (char)~was, (char)(was ^ 1)};
        for (unsigned i = 0; i < sizeof becomes; i++) {
            bytes.memory[at] = becomes[i];
            if (becomes[i] == was) continue;
            struct herd_journal_sums sums = fixture_read_bytes(fixture, herd_buffer_text(&bytes));
            expect_without(fixture, line, at + 1 == ends[line]);
            assert_true(sums.damaged + sums.torn >= 1);
        }
        bytes.memory[at] = was;
    }
    herd_buffer_finish(&bytes);
}

/* ---- with files ---- */

/* Around the ends of some lines: a file is opened, read and given up, and a new one is begun behind it. */
static void a_journal_that_was_cut_goes_on(void **state)
{
    static const unsigned lines[] = {0, 1, 2, RECORDS / 2, RECORDS};
    struct fixture *fixture = *state;
    struct herd_buffer bytes = HERD_BUFFER_INIT;
    size_t ends[RECORDS + 1];
    make_segment(fixture, 0, RECORDS, &bytes, ends);
    for (unsigned i = 0; i < 3 * sizeof lines / sizeof lines[0]; i++) {
        unsigned line = lines[i / 3];
        size_t cut = ends[line] + i % 3 - 1; /* one byte is missing, none, one is there of the next */
        if (cut > herd_buffer_length(&bytes)) continue;
        fixture_write_file(fixture, FIRST, (struct herd_text){herd_buffer_text(&bytes).bytes, cut});
        fixture_open(fixture);
        expect_cut(fixture, &herd_journal_replayed(fixture->journal)->sums, line + (i % 3 > 0), i % 3 != 1);
        assert_int_equal(fixture_close(fixture), 0);
    }
    herd_buffer_finish(&bytes);
}

static void a_damaged_journal_goes_on(void **state)
{
    static const unsigned lines[] = {0, 1, 7, RECORDS};
    struct fixture *fixture = *state;
    struct herd_buffer bytes = HERD_BUFFER_INIT;
    size_t ends[RECORDS + 1];
    make_segment(fixture, 0, RECORDS, &bytes, ends);
    for (unsigned i = 0; i < 2 * sizeof lines / sizeof lines[0]; i++) {
        unsigned line = lines[i / 2];
        size_t at = ends[line] - 1 - i % 2; /* its LF, the byte before */
        bytes.memory[at] ^= 1;
        fixture_write_file(fixture, FIRST, herd_buffer_text(&bytes));
        bytes.memory[at] ^= 1;
        fixture_open(fixture);
        expect_without(fixture, line, i % 2 == 0);
        const struct herd_journal_sums *sums = &herd_journal_replayed(fixture->journal)->sums;
        assert_true(sums->damaged + sums->torn >= 1);
        assert_int_equal(fixture_close(fixture), 0);
    }
    herd_buffer_finish(&bytes);
}

static void order_and_repetition_do_not_matter(void **state)
{
    struct fixture *fixture = *state;
    write_segment(fixture, 7, 0, 60);
    write_segment(fixture, 3, 100, 200);
    write_segment(fixture, 9, 40, 120);
    write_segment(fixture, 10, 0, 60);
    fixture_open(fixture);
    fixture_expect(fixture, 0, 200);
    const struct herd_journal_replay *replay = herd_journal_replayed(fixture->journal);
    assert_int_equal(replay->segments, 4);
    assert_int_equal(replay->sums.records, 300);
    assert_int_equal(replay->sums.headers, 4);
    assert_int_equal(replay->sums.damaged + replay->sums.torn, 0);
    assert_int_equal(replay->missing, 4); /* 4, 5, 6 and 8 */
}

/* What two segments are when somebody puts them into one. */
static void a_header_may_be_anywhere(void **state)
{
    struct fixture *fixture = *state;
    struct herd_buffer bytes = HERD_BUFFER_INIT;
    make_segment(fixture, 0, 10, &bytes, NULL);
    make_segment(fixture, 10, 20, &bytes, NULL);
    fixture_write_file(fixture, FIRST, herd_buffer_text(&bytes));
    fixture_open(fixture);
    fixture_expect(fixture, 0, 20);
    herd_buffer_finish(&bytes);
}

static void a_tail_of_zeros_is_the_end(void **state)
{
    struct fixture *fixture = *state;
    struct herd_buffer bytes = HERD_BUFFER_INIT;
    make_segment(fixture, 0, 10, &bytes, NULL);
    memset(herd_buffer_reserve(&bytes, 3000000), 0, 3000000);
    herd_buffer_commit(&bytes, 3000000);
    fixture_write_file(fixture, FIRST, herd_buffer_text(&bytes));
    fixture_open(fixture);
    fixture_expect(fixture, 0, 10);
    assert_int_equal(herd_journal_replayed(fixture->journal)->sums.torn, 0);
    herd_buffer_finish(&bytes);
}

static void other_files_are_left_alone(void **state)
{
    struct fixture *fixture = *state;
    fixture_write_file(fixture, "notes.txt", HERD_TEXT("not a journal"));
    fixture_write_file(fixture, FIRST "~", HERD_TEXT("not a journal"));
    write_segment(fixture, 1, 0, 3);
    fixture_open(fixture);
    fixture_expect(fixture, 0, 3);
    struct herd_buffer bytes = HERD_BUFFER_INIT;
    fixture_read_file(fixture, "notes.txt", &bytes);
    assert_true(herd_text_equal(herd_buffer_text(&bytes), HERD_TEXT("not a journal")));
    herd_buffer_finish(&bytes);
}

/* The file stays as it was, and no other is made. */
static void expect_refused(struct fixture *fixture, const char *header, const char *problem)
{
    struct herd_buffer bytes = HERD_BUFFER_INIT;
    struct herd_buffer after = HERD_BUFFER_INIT;
    char expected[HERD_JOURNAL_PROBLEM_SIZE];
    fixture_header(&bytes, header);
    fixture_write_file(fixture, FIRST, herd_buffer_text(&bytes));
    assert_int_equal(fixture_try_open(fixture), -EPROTO);
    snprintf(expected, sizeof expected, "%s/" FIRST " %s", fixture->directory, problem);
    assert_string_equal(fixture->problem, expected);
    assert_null(fixture->journal);
    assert_int_equal(fixture_segments(fixture), 1);
    fixture_read_file(fixture, FIRST, &after);
    assert_true(herd_text_equal(herd_buffer_text(&bytes), herd_buffer_text(&after)));
    herd_buffer_finish(&after);
    herd_buffer_finish(&bytes);
}

static void foreign_and_newer_files_are_refused(void **state)
{
    struct fixture *fixture = *state;
    expect_refused(fixture, "1 herd Hands", "is of server Hands of herd herd, this is Goloman of herd");
    expect_refused(fixture, "1 other Goloman", "is of server Goloman of herd other, this is Goloman of herd");
    expect_refused(fixture, "2 herd Goloman", "has format 2, this version reads format 1");
    expect_refused(fixture, "17", "has format 17, this version reads format 1");
}

/* Restarts with nothing to do leave nothing behind, and no gap in the numbers; what there is stays. */
static void empty_segments_at_the_end_are_deleted(void **state)
{
    struct fixture *fixture = *state;
    struct herd_buffer header = HERD_BUFFER_INIT;
    write_segment(fixture, 1, 0, 3);
    fixture_header(&header, HEADER);
    fixture_write_file(fixture, "0000000002.journal", HERD_TEXT("foreign\n"));
    fixture_write_file(fixture, "0000000003.journal", herd_buffer_text(&header));
    fixture_write_file(fixture, "0000000004.journal", HERD_TEXT(""));
    for (unsigned i = 0; i < 3; i++) {
        fixture_open(fixture);
        assert_int_equal(fixture_segments(fixture), 3); /* 1, 2 and a new 3 */
        assert_int_equal(fixture_close(fixture), 0);
        assert_int_equal(fixture_segments(fixture), 2);
    }
    fixture_open(fixture);
    fixture_append(fixture, 3, 5);
    fixture_reopen(fixture);
    fixture_expect(fixture, 0, 5);
    assert_int_equal(herd_journal_replayed(fixture->journal)->missing, 0);
    herd_buffer_finish(&header);
}

/* What a killed server had allocated ahead is given back. */
static void allocated_room_is_given_back(void **state)
{
    struct fixture *fixture = *state;
    char path[512];
    struct stat status;
    journal_files_system(&fixture->faults.calls);
    write_segment(fixture, 1, 0, 3);
    snprintf(path, sizeof path, "%s/" FIRST, fixture->directory);
    int fd = fixture->faults.calls.open(NULL, -1, path, 1);
    assert_true(fd >= 0);
    int error = fixture->faults.calls.allocate(NULL, fd, 0, 1 << 20);
    close(fd);
    if (error != 0) skip(); /* not every file system can */
    fixture_open(fixture);
    fixture_expect(fixture, 0, 3);
    assert_int_equal(stat(path, &status), 0);
    assert_true(status.st_blocks * 512 < 1 << 20);
}

static bool is_told_to_end(void *owner)
{
    (void)owner;
    return true;
}

/* Nothing was changed: not even what is empty is deleted. */
static void reading_may_be_given_up(void **state)
{
    struct fixture *fixture = *state;
    write_segment(fixture, 1, 0, 3);
    fixture_write_file(fixture, "0000000002.journal", HERD_TEXT(""));
    fixture->options.cancelled = is_told_to_end;
    assert_int_equal(fixture_try_open(fixture), -ECANCELED);
    assert_int_equal(fixture_segments(fixture), 2);
    fixture->options.cancelled = NULL;
    fixture_open(fixture);
    fixture_expect(fixture, 0, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(a_segment_cut_anywhere_gives_its_whole_lines),
        FIXTURE_TEST(a_flipped_byte_costs_its_line),
        FIXTURE_TEST(a_journal_that_was_cut_goes_on),
        FIXTURE_TEST(a_damaged_journal_goes_on),
        FIXTURE_TEST(order_and_repetition_do_not_matter),
        FIXTURE_TEST(a_header_may_be_anywhere),
        FIXTURE_TEST(a_tail_of_zeros_is_the_end),
        FIXTURE_TEST(other_files_are_left_alone),
        FIXTURE_TEST(foreign_and_newer_files_are_refused),
        FIXTURE_TEST(empty_segments_at_the_end_are_deleted),
        FIXTURE_TEST(allocated_room_is_given_back),
        FIXTURE_TEST(reading_may_be_given_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
