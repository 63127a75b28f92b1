/* SPDX-License-Identifier: MIT */
/*
 * The fast path of IAMAT, and of AT: a report in the form that nearly every
 * client sends; an IAMAT is read without having been cut from others first.
 *
 *     IAMAT kiwi.cs.ucla.edu +34.068930-118.445127 1520023934.918963997 LF
 *                            s  .      s   .      b          .          L
 *
 * What is no digit behind the client are a few marks in a known order, and a
 * mask has them all; everything between two marks is digits. Any other line is
 * not judged here: herd_command_parse says what it is.
 */
#include "herd/mask.h"
#include "herd/memory.h"
#include "local.h"

#define WORD_LENGTH 6 /* of `IAMAT` and its blank */
#define SECONDS_DIGITS 10
#define FRACTION_DIGITS 9
#define TIME_LENGTH (SECONDS_DIGITS + 1 + FRACTION_DIGITS) /* in full */
#define SHORTEST_LENGTH 16

struct marks {
    const char *bytes;
    uint64_t left; /* bit i: bytes[i] is no digit; the lowest one is where we are */
};

static inline unsigned here(const struct marks *marks)
{
    return (unsigned)__builtin_ctzll(marks->left);
}

/* On to the next mark: false where there is none. */
static inline bool step(struct marks *marks)
{
    marks->left &= marks->left - 1;
    return marks->left != 0;
}

static inline bool is_sign(char byte)
{
    return byte == '+' || byte == '-';
}

/* From a coordinate's sign to the mark behind it; *ret_whole is how many digits the whole degrees have. */
static inline bool pass_coordinate(struct marks *marks, unsigned *ret_whole)
{
    unsigned sign = here(marks);
    if (!is_sign(marks->bytes[sign]) || !step(marks)) return false;
    unsigned point = here(marks);
    *ret_whole = point - sign - 1;
    if (marks->bytes[point] != '.') return true;
    return step(marks) && here(marks) - point > 1;
}

/* Surely within 90 and 180 degrees; what is at or near the limit is left to others. */
static inline bool latitude_fits(const char *digits, unsigned whole)
{
    return whole == 1 || (whole == 2 && digits[0] < '9');
}

static inline bool longitude_fits(const char *digits, unsigned whole)
{
    if (whole == 1 || whole == 2) return true;
    return whole == 3 && (digits[0] == '0' || (digits[0] == '1' && digits[1] < '8'));
}

/* From a position's first sign to the blank behind it. */
static inline bool pass_position(struct marks *marks)
{
    unsigned whole;
    if (!pass_coordinate(marks, &whole) || !latitude_fits(marks->bytes + 1, whole)) return false;
    unsigned second = here(marks);
    if (!pass_coordinate(marks, &whole) || !longitude_fits(marks->bytes + second + 1, whole)) return false;
    return marks->bytes[here(marks)] == ' ';
}

/* From the blank before the time: ten digits, a point, nine digits, `last`. All at once, as each is in its place. */
static inline bool is_time(const struct marks *marks, char last)
{
    const uint64_t form = UINT64_C(1) << SECONDS_DIGITS | UINT64_C(1) << TIME_LENGTH;
    const uint64_t all = (UINT64_C(1) << (TIME_LENGTH + 1)) - 1;
    unsigned start = here(marks) + 1;
    const char *time = marks->bytes + start;
    if ((marks->left >> start & all) != form) return false;
    return time[SECONDS_DIGITS] == '.' && time[TIME_LENGTH] == last && time[0] != '9';
}

static inline int64_t time_of(const char *digits)
{
    const char *fraction = digits + SECONDS_DIGITS + 1;
    uint32_t hundreds_s, tens_ns;
    herd_word_two_numbers(digits, fraction, &hundreds_s, &tens_ns);
    int64_t seconds = hundreds_s * INT64_C(100) + (digits[8] - '0') * 10 + digits[9] - '0';
    return seconds * HERD_NS_PER_S + tens_ns * INT64_C(10) + fraction[8] - '0';
}

/* Where the client that begins at `at` ends, if it is at a blank; NULL: not so, or it is too long. */
static inline const char *find_client_end(const char *at, const char *end)
{
    const char *client = at;
    unsigned found = HERD_MASK_STEP;
    for (; found == HERD_MASK_STEP && end - at >= HERD_MASK_STEP; at += found)
        found = herd_mask_up_to_space(at);
    if (found == HERD_MASK_STEP || *at != ' ' || at == client || at - client > HERD_CLIENT_LENGTH_MAX) return NULL;
    return at;
}

/* What follows the client, if all of it is among the next `count` bytes. */
static inline const char *scan_rest(const char *bytes, unsigned count, char last, struct herd_report *ret_report)
{
    struct marks marks = {bytes, herd_mask_other_than_digits(bytes, count)};
    if ((marks.left & 1) == 0 || !pass_position(&marks)) return NULL;
    unsigned blank = here(&marks);
    if (blank + 1 + TIME_LENGTH >= count || !is_time(&marks, last)) return NULL;

    const char *time = bytes + blank + 1;
    ret_report->position = (struct herd_text){bytes, blank};
    ret_report->time = (struct herd_text){time, TIME_LENGTH};
    ret_report->time_ns = time_of(time);
    return time + TIME_LENGTH;
}

const char *plain_scan(const char *client, const char *end, char last, struct herd_report *ret_report)
{
    const char *client_end = find_client_end(client, end);
    if (client_end == NULL) return NULL;
    ret_report->client = (struct herd_text){client, (size_t)(client_end - client)};
    ret_report->joined = true;
    const char *position = client_end + 1;
    if (end - position >= HERD_MASK_SIZE) return scan_rest(position, HERD_MASK_SIZE, last, ret_report);
    if (end - position < HERD_MASK_STEP) return NULL;
    return scan_rest(position, (unsigned)(end - position), last, ret_report); /* near the end of what was read */
}

size_t herd_report_scan(struct herd_text bytes, struct herd_report *ret_report)
{
    static const char word[HERD_WORD_SIZE] = "IAMAT ";
    if (bytes.length < SHORTEST_LENGTH) return 0;
    if ((herd_word_load(bytes.bytes) ^ herd_word_load(word)) << 8 * (HERD_WORD_SIZE - WORD_LENGTH) != 0) return 0;
    const char *newline = plain_scan(bytes.bytes + WORD_LENGTH, bytes.bytes + bytes.length, '\n', ret_report);
    return newline == NULL ? 0 : (size_t)(newline + 1 - bytes.bytes);
}
