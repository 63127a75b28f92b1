/* SPDX-License-Identifier: MIT */
#ifndef HERD_CRC32C_H
#define HERD_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/* CRC-32C (Castagnoli) of bytes that follow those of `checksum`; start with 0. */
uint32_t herd_crc32c(uint32_t checksum, const void *bytes, size_t length);

/* The same, and copies the bytes to `out`, which does not overlap them: each is touched once. */
uint32_t herd_crc32c_copy(uint32_t checksum, void *out, const void *bytes, size_t length);

#endif
