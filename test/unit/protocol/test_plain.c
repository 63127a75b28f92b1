/* SPDX-License-Identifier: MIT */
/* The fast path of IAMAT against the parser that knows every form: it may decline a line, but never read one otherwise.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "herd/command.h"
#include "herd/mask.h"
#include "herd/random.h"

#define USUAL "IAMAT kiwi.cs.ucla.edu +34.068930-118.445127 1520023934.918963997"

/* In memory of exactly its length, so that a read beyond the end is found. */
static size_t scan(struct herd_text bytes, struct herd_report *ret_report)
{
    char *copy = malloc(bytes.length + 1);
    assert_non_null(copy);
    memcpy(copy + 1, bytes.bytes, bytes.length);
    size_t length = herd_report_scan((struct herd_text){copy + 1, bytes.length}, ret_report);
    if (length > 0) {
        assert_int_equal(ret_report->client.bytes - copy, 7);
        ret_report->client.bytes = bytes.bytes + (ret_report->client.bytes - copy - 1);
        ret_report->position.bytes = bytes.bytes + (ret_report->position.bytes - copy - 1);
        ret_report->time.bytes = bytes.bytes + (ret_report->time.bytes - copy - 1);
    }
    free(copy);
    return length;
}

/* True where the fast path took it; then everything must be as the other one says. */
static bool agrees(struct herd_text bytes)
{
    struct herd_report report;
    struct herd_command command;
    size_t length = scan(bytes, &report);
    if (length == 0) return false;
    const char *newline = memchr(bytes.bytes, '\n', bytes.length);
    assert_non_null(newline);
    assert_int_equal(length, newline + 1 - bytes.bytes);
    herd_command_parse((struct herd_text){bytes.bytes, length - 1}, &command);
    if (command.kind != HERD_COMMAND_IAMAT) print_error("%.*s\n", (int)length, bytes.bytes);
    assert_int_equal(command.kind, HERD_COMMAND_IAMAT);
    assert_true(herd_text_equal(command.as.iamat.client, report.client));
    assert_true(herd_text_equal(command.as.iamat.position, report.position));
    assert_true(herd_text_equal(command.as.iamat.time, report.time));
    assert_true(command.as.iamat.time_ns == report.time_ns);
    assert_true(command.as.iamat.joined && report.joined);
    return true;
}

static void the_usual_forms_are_taken(void **state)
{
    (void)state;
    static const char *const lines[] = {
        USUAL "\n",
        USUAL "\nIAMAT kiwi.cs.ucla.edu +34.068930-118.445127 1520023935.918963997\n",
        "IAMAT k +0+0 0000000000.000000000\n",
        "IAMAT k -89.9-179.9 1520023934.918963997\n",
        "IAMAT k +1.000000000001+99 1520023934.918963997\nWHATSAT k 10 5\n",
        "IAMAT \xff\x7f! +12-099.5 8999999999.999999999\n",
        "IAMAT sixteen.bytes.it +12-099.5 8999999999.999999999\n",
        "IAMAT thirty-two.bytes.and.then.a.few +12-099.5 8999999999.999999999\n",
        "IAMAT +1+1 +1+1 1520023934.918963997\n",
    };
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
        assert_true(agrees(herd_text_of(lines[i])));
}

static void other_lines_are_left_alone(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "",
        USUAL,       /* its LF is not there yet */
        USUAL " \n", /* the rest is for the parser to judge, well formed or not */
        USUAL "\r\n",
        " " USUAL "\n",
        "IAMAT  k +1+1 1520023934.918963997\n",
        "IAMAT k\t+1+1 1520023934.918963997\n",
        "IAMAT k +1+1\t1520023934.918963997\n",
        "IAMAT k\x01k +1+1 1520023934.918963997\n",
        "IAMAT k +1+1/ 1520023934.918963997\n",
        "IAMAT k +1+1 1520023934.91896399\n",
        "IAMAT k +1+1 1520023934\n",
        "IAMAT k +1+1 9000000000.000000000\n",
        "IAMAT k +90+1 1520023934.918963997\n",
        "IAMAT k +91+1 1520023934.918963997\n",
        "IAMAT k +1+180 1520023934.918963997\n",
        "IAMAT k +1+181 1520023934.918963997\n",
        "IAMAT k +1+999 1520023934.918963997\n",
        "IAMAT k +1234+1 1520023934.918963997\n",
        "IAMAT k +1.+1 1520023934.918963997\n",
        "IAMAT k +.5+1 1520023934.918963997\n",
        "IAMAT k ++1 1520023934.918963997\n",
        "IAMAT k +1+ 1520023934.918963997\n",
        "IAMAT k +1+1+1 1520023934.918963997\n",
        "IAMAT k 1+1 1520023934.918963997\n",
        "IAMAT k +1+1 -520023934.918963997\n",
        "IAMAT k +1+1 1520023934.918963997 x\n",
        "IAMAT +1+1 1520023934.918963997\n",
        "iamat k +1+1 1520023934.918963997\n",
        "IAMATk k +1+1 1520023934.918963997\n",
        "WHATSAT kiwi.cs.ucla.edu 10 5\n",
    };
    struct herd_report report;
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
        assert_int_equal(scan(herd_text_of(lines[i]), &report), 0);
}

/* The longest client is taken, one byte more is not. */
static void a_client_has_its_limit(void **state)
{
    (void)state;
    char line[HERD_CLIENT_LENGTH_MAX + 64];
    for (size_t length = HERD_CLIENT_LENGTH_MAX; length <= HERD_CLIENT_LENGTH_MAX + 1; length++) {
        memcpy(line, "IAMAT ", 6);
        memset(line + 6, 'k', length);
        const char *rest = " +1+1 1520023934.918963997\n";
        memcpy(line + 6 + length, rest, strlen(rest));
        assert_int_equal(agrees((struct herd_text){line, 6 + length + strlen(rest)}), length == HERD_CLIENT_LENGTH_MAX);
    }
}

/* Lines that are nearly usual: bytes changed, taken out and put in, and cut off anywhere. */
static void nearly_usual_lines_are_never_misread(void **state)
{
    (void)state;
    static const char bytes[] = "0123456789+-./ \n\tIAx\xff";
    struct herd_random random;
    unsigned taken = 0;
    herd_random_init(&random, 47);
    for (unsigned round = 0; round < 200000; round++) {
        char line[160];
        size_t length = (size_t)snprintf(
            line, sizeof(line), "IAMAT k%u %+.*f%+.*f 152002%04u.%09u\n", round % 1000,
            (int)herd_random_below(&random, 9), (double)herd_random_below(&random, 1900) / 10 - 95,
            (int)herd_random_below(&random, 9), (double)herd_random_below(&random, 3800) / 10 - 190,
            (unsigned)herd_random_below(&random, 10000), (unsigned)herd_random_below(&random, 1000000000));
        for (unsigned changes = (unsigned)herd_random_below(&random, 3); changes > 0; changes--) {
            size_t at = herd_random_below(&random, length);
            switch (herd_random_below(&random, 3)) {
            case 0:
                line[at] = bytes[herd_random_below(&random, sizeof(bytes) - 1)];
                break;
            case 1:
                memmove(line + at, line + at + 1, --length - at);
                break;
            default:
                memmove(line + at + 1, line + at, length++ - at);
                line[at] = bytes[herd_random_below(&random, sizeof(bytes) - 1)];
                break;
            }
        }
        if (herd_random_below(&random, 8) == 0) length = herd_random_below(&random, length + 1);
        taken += agrees((struct herd_text){line, length});
    }
    assert_true(taken > 20000); /* so that agreeing means something */
}

/* Of every count, also by words; nothing behind the last byte is looked at. */
static void masks_are_what_they_say(void **state)
{
    (void)state;
    struct herd_random random;
    herd_random_init(&random, 53);
    for (unsigned round = 0; round < 20000; round++) {
        char bytes[HERD_MASK_SIZE];
        uint64_t expected = 0;
        for (unsigned i = 0; i < HERD_MASK_SIZE; i++) {
            bytes[i] = (char)(round % 2 == 0 ? herd_random_next(&random) : '0' + herd_random_below(&random, 12));
            if (bytes[i] < '0' || bytes[i] > '9') expected |= UINT64_C(1) << i;
        }
        assert_true(herd_mask_other_than_digits(bytes, HERD_MASK_SIZE) == expected);
        assert_true(herd_mask_digits_of_word(bytes) == (~expected & 0xff));
        for (unsigned count = HERD_MASK_STEP; count < HERD_MASK_SIZE; count++) {
            char *some = malloc(count); /* of that very size: a sanitizer sees what is read behind it */
            memcpy(some, bytes, count);
            assert_true(herd_mask_other_than_digits(some, count) == (expected & ((UINT64_C(1) << count) - 1)));
            free(some);
        }
    }
}

static void the_first_blank_is_found(void **state)
{
    (void)state;
    for (unsigned at = 0; at <= HERD_MASK_STEP; at++) {
        for (unsigned byte = 0; byte < 256; byte++) {
            char bytes[HERD_MASK_STEP + 1];
            memset(bytes, 'k', sizeof(bytes));
            bytes[at] = (char)byte;
            assert_int_equal(herd_mask_up_to_space(bytes), byte <= ' ' ? at : HERD_MASK_STEP);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_usual_forms_are_taken), cmocka_unit_test(other_lines_are_left_alone),
        cmocka_unit_test(a_client_has_its_limit),    cmocka_unit_test(nearly_usual_lines_are_never_misread),
        cmocka_unit_test(masks_are_what_they_say),   cmocka_unit_test(the_first_blank_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
