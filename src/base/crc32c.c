/* SPDX-License-Identifier: MIT */
/*
 * CRC-32C. A processor with SSE4.2 has an instruction for eight bytes of it.
 * Without: eight bytes a step ("slicing by eight", Kounavis and Berry 2008).
 * Those tables are 8 KiB; as there are no globals here and nobody wants to
 * read two thousand constants, a call makes them on its stack: some 10 us,
 * nothing beside the megabytes of a section. Short inputs go four bits a step
 * with a table that is short enough to be read.
 */
#include "local.h"

#include <string.h>

#include "herd/crc32c.h"
#include "herd/word.h"

#define POLYNOMIAL UINT32_C(0x82f63b78) /* reflected */
#define SHORT_LENGTH 4096

static uint32_t step_bits(uint32_t value)
{
    for (unsigned i = 0; i < 8; i++)
        value = (value >> 1) ^ ((value & 1) != 0 ? POLYNOMIAL : 0);
    return value;
}

static uint32_t update_short(uint32_t crc, const unsigned char *bytes, size_t length)
{
    static const uint32_t nibbles[16] = {
        0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3, 0x61c69362, 0x7198540d,
        0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9, 0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75,
    };
    for (size_t i = 0; i < length; i++) {
        crc ^= bytes[i];
        crc = (crc >> 4) ^ nibbles[crc & 15];
        crc = (crc >> 4) ^ nibbles[crc & 15];
    }
    return crc;
}

static void make_tables(uint32_t tables[8][256])
{
    for (uint32_t i = 0; i < 256; i++)
        tables[0][i] = step_bits(i);
    for (unsigned t = 1; t < 8; t++) {
        for (unsigned i = 0; i < 256; i++)
            tables[t][i] = (tables[t - 1][i] >> 8) ^ tables[0][tables[t - 1][i] & 0xff];
    }
}

static uint32_t load_little(const unsigned char *bytes)
{
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

static uint32_t update_long(uint32_t crc, const unsigned char *bytes, size_t length)
{
    uint32_t tables[8][256];
    make_tables(tables);
    for (; length >= 8; bytes += 8, length -= 8) {
        uint32_t low = crc ^ load_little(bytes);
        uint32_t high = load_little(bytes + 4);
        crc = tables[7][low & 0xff] ^ tables[6][low >> 8 & 0xff] ^ tables[5][low >> 16 & 0xff] ^ tables[4][low >> 24] ^
              tables[3][high & 0xff] ^ tables[2][high >> 8 & 0xff] ^ tables[1][high >> 16 & 0xff] ^
              tables[0][high >> 24];
    }
    return update_short(crc, bytes, length);
}

uint32_t crc32c_portable(uint32_t checksum, const void *bytes, size_t length)
{
    if (length < SHORT_LENGTH) return ~update_short(~checksum, bytes, length);
    return ~update_long(~checksum, bytes, length);
}

#if defined(__x86_64__)
#define SSE __attribute__((target("sse4.2")))

/* What is left of a text, and where to copy it: NULL where it is only read. */
struct passage {
    const char *from;
    char *to;
};

/* A macro, as what it takes off the passage has as many types as there are instructions. */
#define TAKE(passage, type)                                                                                            \
    __extension__({                                                                                                    \
        type taken;                                                                                                    \
        memcpy(&taken, (passage)->from, sizeof taken);                                                                 \
        (passage)->from += sizeof taken;                                                                               \
        if ((passage)->to != NULL) memcpy((passage)->to, &taken, sizeof taken);                                        \
        if ((passage)->to != NULL) (passage)->to += sizeof taken;                                                      \
        taken;                                                                                                         \
    })

/* Thirty-two bytes a step, as the lines of a journal are long enough for it to pay; then what the length's bits say. */
SSE static inline uint32_t update_sse(uint32_t crc, struct passage passage, size_t length)
{
    uint64_t wide = crc;
    for (size_t left = length / 32; left > 0; left--) {
        for (unsigned i = 0; i < 4; i++)
            wide = __builtin_ia32_crc32di(wide, TAKE(&passage, uint64_t));
    }
    if ((length & 16) != 0) {
        wide = __builtin_ia32_crc32di(wide, TAKE(&passage, uint64_t));
        wide = __builtin_ia32_crc32di(wide, TAKE(&passage, uint64_t));
    }
    if ((length & 8) != 0) wide = __builtin_ia32_crc32di(wide, TAKE(&passage, uint64_t));
    crc = (uint32_t)wide;
    if ((length & 4) != 0) crc = __builtin_ia32_crc32si(crc, TAKE(&passage, uint32_t));
    for (size_t left = length % 4; left > 0; left--)
        crc = __builtin_ia32_crc32qi(crc, TAKE(&passage, uint8_t));
    return crc;
}

SSE static uint32_t checksum_sse(uint32_t checksum, const char *bytes, size_t length)
{
    return ~update_sse(~checksum, (struct passage){bytes, NULL}, length);
}

SSE static uint32_t copy_sse(uint32_t checksum, char *out, const char *bytes, size_t length)
{
    return ~update_sse(~checksum, (struct passage){bytes, out}, length);
}

uint32_t herd_crc32c(uint32_t checksum, const void *bytes, size_t length)
{
    if (__builtin_cpu_supports("sse4.2")) return checksum_sse(checksum, bytes, length);
    return crc32c_portable(checksum, bytes, length);
}

uint32_t herd_crc32c_copy(uint32_t checksum, void *out, const void *bytes, size_t length)
{
    if (__builtin_cpu_supports("sse4.2")) return copy_sse(checksum, out, bytes, length);
    memcpy(out, bytes, length);
    return crc32c_portable(checksum, bytes, length);
}
#else
uint32_t herd_crc32c(uint32_t checksum, const void *bytes, size_t length)
{
    return crc32c_portable(checksum, bytes, length);
}

uint32_t herd_crc32c_copy(uint32_t checksum, void *out, const void *bytes, size_t length)
{
    memcpy(out, bytes, length);
    return crc32c_portable(checksum, bytes, length);
}
#endif
