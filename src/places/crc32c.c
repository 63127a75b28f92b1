/* SPDX-License-Identifier: MIT */
/*
 * CRC-32C, eight bytes a step ("slicing by eight", Kounavis and Berry 2008).
 * The tables are 8 KiB. As there are no globals here and nobody wants to read
 * two thousand constants, a call makes them on its stack: some 10 us, nothing
 * beside the megabytes of a section; short inputs go without.
 */
#include "local.h"

#define POLYNOMIAL UINT32_C(0x82f63b78) /* reflected */
#define SHORT_LENGTH 256

static uint32_t step_bits(uint32_t value)
{
    for (unsigned i = 0; i < 8; i++)
        value = (value >> 1) ^ ((value & 1) != 0 ? POLYNOMIAL : 0);
    return value;
}

static uint32_t update_short(uint32_t crc, const unsigned char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        crc = step_bits(crc ^ bytes[i]);
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

uint32_t herd_crc32c(uint32_t checksum, const void *bytes, size_t length)
{
    if (length < SHORT_LENGTH) return ~update_short(~checksum, bytes, length);
    return ~update_long(~checksum, bytes, length);
}
