/* SPDX-License-Identifier: MIT */
/* The test vectors of RFC 4231 (its fifth is of a truncated MAC, which there is none of here). */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "herd/hmac.h"

struct vector {
    const char *key; /* NULL: `key_byte` as often as `key_length` says */
    unsigned char key_byte;
    size_t key_length;
    const char *text; /* NULL: the same */
    unsigned char text_byte;
    size_t text_length;
    const char *mac;
};

#define LARGER "Test Using Larger Than Block-Size Key - Hash Key First"
#define LARGER_BOTH                                                                                                    \
    "This is a test using a larger than block-size key and a larger than block-size data. The key needs to be hashed " \
    "before being used by the HMAC algorithm."
#define COUNTING "\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19"

static const struct vector vectors[] = {
    {NULL, 0x0b, 20, "Hi There", 0, 8, "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
    {"Jefe", 0, 4, "what do ya want for nothing?", 0, 28,
     "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
    {NULL, 0xaa, 20, NULL, 0xdd, 50, "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
    {COUNTING, 0, 25, NULL, 0xcd, 50, "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"},
    {NULL, 0xaa, 131, LARGER, 0, sizeof LARGER - 1, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
    {NULL, 0xaa, 131, LARGER_BOTH, 0, sizeof LARGER_BOTH - 1,
     "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"},
};

static struct herd_text fill(const char *text, unsigned char byte, size_t length, char memory[256])
{
    assert_true(length <= 256);
    memset(memory, byte, length);
    if (text != NULL) memcpy(memory, text, length);
    return (struct herd_text){memory, length};
}

static unsigned digit(char hex)
{
    return (unsigned)(hex <= '9' ? hex - '0' : hex - 'a' + 10);
}

static void gives_the_macs_of_the_rfc(void **state)
{
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        const struct vector *vector = &vectors[i];
        char key[256];
        char text[256];
        unsigned char mac[HERD_HMAC_BYTES];
        herd_hmac(fill(vector->key, vector->key_byte, vector->key_length, key),
                  fill(vector->text, vector->text_byte, vector->text_length, text), mac);
        for (size_t at = 0; at < sizeof mac; at++)
            assert_int_equal(mac[at], digit(vector->mac[2 * at]) << 4 | digit(vector->mac[2 * at + 1]));
    }
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_the_macs_of_the_rfc),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
