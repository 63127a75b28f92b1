/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../../src/base/local.h"
#include "herd/crc32c.h"

/* RFC 3720, appendix B.4, and the check value of the catalogue of CRCs. */
static void gives_the_known_values(void **state)
{
    (void)state;
    unsigned char bytes[32] = {0};
    assert_int_equal(herd_crc32c(0, "123456789", 9), 0xe3069283);
    assert_int_equal(herd_crc32c(0, bytes, 32), 0x8a9136aa);
    memset(bytes, 0xff, sizeof(bytes));
    assert_int_equal(herd_crc32c(0, bytes, 32), 0x62a8ab43);
    for (unsigned i = 0; i < 32; i++)
        bytes[i] = (unsigned char)i;
    assert_int_equal(herd_crc32c(0, bytes, 32), 0x46dd794e);
    assert_int_equal(herd_crc32c(0, bytes, 0), 0);
}

/* Whole words go by other ways than what is left, long pieces by another than short ones. */
static void is_the_same_however_it_is_cut(void **state)
{
    (void)state;
    unsigned char bytes[1003];
    for (unsigned i = 0; i < sizeof(bytes); i++)
        bytes[i] = (unsigned char)(i * 7 + i / 256);
    uint32_t whole = herd_crc32c(0, bytes, sizeof(bytes));
    for (size_t cut = 0; cut <= sizeof(bytes); cut++) {
        uint32_t first = herd_crc32c(0, bytes, cut);
        assert_int_equal(herd_crc32c(first, bytes + cut, sizeof(bytes) - cut), whole);
    }
}

/* What one machine wrote another one reads. */
static void is_the_same_on_every_processor(void **state)
{
    (void)state;
    static unsigned char bytes[5000];
    for (unsigned i = 0; i < sizeof(bytes); i++)
        bytes[i] = (unsigned char)(i * 31 + i / 256);
    for (size_t length = 0; length <= sizeof(bytes); length += length < 100 || length > 4080 ? 1 : 97)
        assert_int_equal(crc32c_portable(7, bytes, length), herd_crc32c(7, bytes, length));
}

static void copies_exactly_what_it_reads(void **state)
{
    (void)state;
    char bytes[300], out[sizeof(bytes) + 2];
    for (unsigned i = 0; i < sizeof(bytes); i++)
        bytes[i] = (char)(i * 31 + 5);
    for (size_t length = 0; length <= sizeof(bytes); length++) {
        memset(out, '#', sizeof(out));
        assert_int_equal(herd_crc32c_copy(7, out + 1, bytes, length), herd_crc32c(7, bytes, length));
        assert_memory_equal(out + 1, bytes, length);
        assert_int_equal(out[0], '#');
        assert_int_equal(out[1 + length], '#');
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_the_known_values),
        cmocka_unit_test(is_the_same_however_it_is_cut),
        cmocka_unit_test(is_the_same_on_every_processor),
        cmocka_unit_test(copies_exactly_what_it_reads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
