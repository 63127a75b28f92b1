/* SPDX-License-Identifier: MIT */
#include "journalfixture.h"

#include <errno.h>

#include "herd/memory.h"
#include "herd/reply.h"

/* Bytes in memory as a file, given out in pieces. */
struct source {
    struct herd_text left;
    size_t piece;
    int error; /* at the end instead of 0 */
};

static int64_t pull(void *memory, void *out, size_t size)
{
    struct source *source = memory;
    if (size > source->piece) size = source->piece;
    if (size > source->left.length) size = source->left.length;
    if (size == 0) return source->error;
    memcpy(out, source->left.bytes, size);
    source->left.bytes += size;
    source->left.length -= size;
    return (int64_t)size;
}

/* What was read, as one letter a line: H R D T. */
struct seen {
    char kinds[64];
    unsigned count;
    uint64_t end; /* where the next line must begin */
    int answer;   /* to every line */
};

static int note_line(void *owner, const struct herd_journal_line *line)
{
    struct seen *seen = owner;
    assert_int_equal(line->offset, seen->end);
    seen->end += line->length;
    assert_true(line->bytes.length <= line->length && line->bytes.length <= HERD_JOURNAL_LINE_MAX);
    assert_true(seen->count < sizeof seen->kinds - 1);
    seen->kinds[seen->count++] = "HRDT"[line->kind];
    return seen->answer;
}

static void expect_kinds(struct herd_text bytes, const char *kinds)
{
    static const size_t pieces[] = {1, 7, 1000, SIZE_MAX};
    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
        struct source source = {bytes, pieces[i], 0};
        struct herd_journal_sums sums = {0};
        struct seen seen = {.count = 0};
        assert_int_equal(herd_journal_read(&source, pull, &sums, &seen, note_line), 0);
        assert_string_equal(seen.kinds, kinds);
        assert_int_equal(sums.bytes, bytes.length);
        assert_int_equal(sums.headers + sums.records + sums.damaged + sums.torn, seen.count);
    }
}

static void a_line_is_a_line_as_it_is_written(void **state)
{
    (void)state;
    /* The checksums are those of another program. */
    expect_kinds(HERD_TEXT("fa5960a2 HERD-JOURNAL 1 herd Goloman\n"
                           "32c6b399 AT Goloman +0.263873386 kiwi.cs.ucla.edu +34.068930-118.445127 "
                           "1520023934.918963997\n"),
                 "HR");
}

/* The line of a rest, sealed, with LF. */
static void expect_sealed(const char *rest, const char *kind)
{
    struct herd_buffer line = HERD_BUFFER_INIT;
    herd_buffer_append(&line, HERD_TEXT("00000000 "));
    herd_buffer_append(&line, herd_text_of(rest));
    append_seal(&line, 0);
    expect_kinds(herd_buffer_text(&line), kind);
    herd_buffer_finish(&line);
}

static void only_what_is_written_is_a_record(void **state)
{
    (void)state;
    static const struct {
        const char *rest;
        const char *kind;
    } cases[] = {
        {"AT Goloman +0.000000000 c +34-118 1", "R"},
        {"AT Goloman +0.000000000 c +34-118 1 ", "D"},
        {"AT Goloman +0.000000000 c +34-118 1 Goloman", "D"},
        {"AT Goloman +0 c +34-118 1", "D"},
        {"AT Goloman +0.000000000 c +34 1", "D"},
        {"AT Golo/man +0.000000000 c +34-118 1", "D"},
        {"AT  Goloman +0.000000000 c +34-118 1", "D"},
        {"AT", "D"},
        {"", "D"},
        {"MARK 1", "D"},
        {"HERD-JOURNAL 1 herd Goloman", "H"},
        {"HERD-JOURNAL 2 whatever it will be", "H"},
        {"HERD-JOURNAL 2", "H"},
        {"HERD-JOURNAL 1 herd", "D"},
        {"HERD-JOURNAL 1 herd Goloman x", "D"},
        {"HERD-JOURNAL x herd Goloman", "D"},
        {"HERD-JOURNAL", "D"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        expect_sealed(cases[i].rest, cases[i].kind);
}

static void other_bytes_are_damaged_or_torn(void **state)
{
    (void)state;
    expect_kinds(HERD_TEXT(""), "");
    expect_kinds(HERD_TEXT("\n"), "D");
    expect_kinds(HERD_TEXT("\n\n"), "DD");
    expect_kinds(HERD_TEXT("x"), "T");
    expect_kinds(HERD_TEXT("FA5960A2 HERD-JOURNAL 1 herd Goloman\n"), "D");
    expect_kinds(HERD_TEXT("fa5960a2  HERD-JOURNAL 1 herd Goloman\n"), "D");
    expect_kinds(HERD_TEXT("fa5960a2 HERD-JOURNAL 1 herd Goloman\r\n"), "D");
    expect_kinds(HERD_TEXT("fa5960a2 HERD-JOURNAL 1 herd Goloman"), "T");
    expect_kinds(HERD_TEXT("fa5960a2 HERD-JOURNAL 1 herd Goloman\nfa59"), "HT");
    expect_kinds(HERD_TEXT("fa5960a2\n"), "D");
}

static void zeros_to_the_end_are_none(void **state)
{
    (void)state;
    expect_kinds(HERD_TEXT("\0"), "");
    expect_kinds(HERD_TEXT("\0\0\0\n"), "D");
    expect_kinds(HERD_TEXT("\0\0x"), "T");
    expect_kinds(HERD_TEXT("x\0\0"), "T");
    expect_kinds(HERD_TEXT("fa5960a2 HERD-JOURNAL 1 herd Goloman\n\0\0\0\0\0\0\0\0\0\0\0"), "H");
}

/* Longer than memory would be: the line behind it is read again. */
static void a_line_without_end_costs_no_memory(void **state)
{
    (void)state;
    size_t length = (size_t)5 << 20;
    char *bytes = herd_memory_allocate_zeroed(1, length);
    struct herd_text header = HERD_TEXT("fa5960a2 HERD-JOURNAL 1 herd Goloman\n");
    struct source source = {{bytes, length}, SIZE_MAX, 0};
    struct herd_journal_sums sums = {0};
    struct seen seen = {.count = 0};
    assert_int_equal(herd_journal_read(&source, pull, &sums, &seen, note_line), 0);
    assert_string_equal(seen.kinds, "");

    memset(bytes + 1, 'x', length - 1);
    source.left = (struct herd_text){bytes, length};
    assert_int_equal(herd_journal_read(&source, pull, &sums, &seen, note_line), 0);
    assert_string_equal(seen.kinds, "T");

    bytes[length - header.length - 1] = '\n';
    memcpy(bytes + length - header.length, header.bytes, header.length);
    source.left = (struct herd_text){bytes, length};
    seen = (struct seen){.count = 0};
    assert_int_equal(herd_journal_read(&source, pull, &sums, &seen, note_line), 0);
    assert_string_equal(seen.kinds, "DH");
    assert_int_equal(seen.end, length);
    herd_memory_free(bytes);
}

static void the_caller_and_the_file_can_end_it(void **state)
{
    (void)state;
    struct source source = {HERD_TEXT_INIT("a\nb\n"), SIZE_MAX, -EIO};
    struct herd_journal_sums sums = {0};
    struct seen seen = {.answer = 0};
    assert_int_equal(herd_journal_read(&source, pull, &sums, &seen, note_line), -EIO);
    assert_string_equal(seen.kinds, "DD");
    source.left = HERD_TEXT("a\nb\n");
    seen = (struct seen){.answer = -EPROTO};
    assert_int_equal(herd_journal_read(&source, pull, &sums, &seen, note_line), -EPROTO);
    assert_string_equal(seen.kinds, "D");
}

/* A record of the longest client, position and time there may be comes back. */
static void the_longest_record_fits(void **state)
{
    (void)state;
    char text[HERD_CLIENT_LENGTH_MAX];
    char position[HERD_POSITION_LENGTH_MAX];
    char time[HERD_TIME_LENGTH_MAX];
    char name[HERD_NAME_LENGTH_MAX];
    memset(text, 0, sizeof text); /* any byte but white space may be in it */
    memset(position, '1', sizeof position);
    memcpy(position, "+34.", 4);
    memcpy(position + 64, "-118.", 5);
    memset(time, '5', sizeof time);
    time[10] = '.';
    memset(name, 'G', sizeof name);
    struct herd_version version = {
        .report = {.client = {text, sizeof text}, .position = {position, sizeof position}, .time = {time, sizeof time}},
        .difference_ns = INT64_MIN};
    struct herd_buffer line = HERD_BUFFER_INIT;
    append_version(&line, (struct herd_text){name, sizeof name}, &version);
    assert_true(herd_buffer_length(&line) == 1318);
    version.difference_ns = 0;
    herd_buffer_clear(&line);
    append_version(&line, (struct herd_text){name, sizeof name}, &version);
    expect_kinds(herd_buffer_text(&line), "R");
    herd_buffer_finish(&line);
}

/* What was written as a reply already becomes the line that its version becomes. */
static void a_ready_line_is_the_same(void **state)
{
    (void)state;
    struct herd_version version = {.report = {.client = HERD_TEXT_INIT("kiwi"),
                                              .position = HERD_TEXT_INIT("+34.0-118.4"),
                                              .time = HERD_TEXT_INIT("1520023934.9")},
                                   .difference_ns = 263873386};
    struct herd_buffer reply = HERD_BUFFER_INIT, ready = HERD_BUFFER_INIT, made = HERD_BUFFER_INIT;
    herd_reply_append_at(&reply, HERD_TEXT("Goloman"), version.difference_ns, &version.report);
    for (int i = 0; i < 3; i++) {
        append_line(&ready, herd_buffer_text(&reply));
        append_version(&made, HERD_TEXT("Goloman"), &version);
    }
    assert_true(herd_text_equal(herd_buffer_text(&ready), herd_buffer_text(&made)));
    expect_kinds(herd_buffer_text(&ready), "RRR");
    herd_buffer_finish(&reply);
    herd_buffer_finish(&ready);
    herd_buffer_finish(&made);
}

static void numbers_are_in_names(void **state)
{
    (void)state;
    assert_int_equal(herd_journal_segment_number("0000000007.journal"), 7);
    assert_int_equal(herd_journal_segment_number("9999999999.journal"), UINT64_C(9999999999));
    assert_int_equal(herd_journal_segment_number("0000000000.journal"), 0);
    assert_int_equal(herd_journal_segment_number("000000007.journal"), 0);
    assert_int_equal(herd_journal_segment_number("00000000007.journal"), 0);
    assert_int_equal(herd_journal_segment_number("0000000007.journal~"), 0);
    assert_int_equal(herd_journal_segment_number("0000000007"), 0);
    assert_int_equal(herd_journal_segment_number("lock"), 0);
    assert_int_equal(herd_journal_segment_number(""), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_is_a_line_as_it_is_written),
        cmocka_unit_test(only_what_is_written_is_a_record),
        cmocka_unit_test(other_bytes_are_damaged_or_torn),
        cmocka_unit_test(zeros_to_the_end_are_none),
        cmocka_unit_test(a_line_without_end_costs_no_memory),
        cmocka_unit_test(the_caller_and_the_file_can_end_it),
        cmocka_unit_test(the_longest_record_fits),
        cmocka_unit_test(a_ready_line_is_the_same),
        cmocka_unit_test(numbers_are_in_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
