/* SPDX-License-Identifier: MIT */
#ifndef HERD_CRC32C_H
#define HERD_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/* CRC-32C (Castagnoli) of bytes that follow those of `checksum`; start with 0. */
uint32_t herd_crc32c(uint32_t checksum, const void *bytes, size_t length);

#endif
