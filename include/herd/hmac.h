/* SPDX-License-Identifier: MIT */
#ifndef HERD_HMAC_H
#define HERD_HMAC_H

/* HMAC-SHA256 (RFC 2104), OpenSSL's: what neighbours prove with that they know the secret. */

#include "herd/text.h"

#define HERD_HMAC_BYTES 32

/* The MAC of `text` under a key of any length. */
void herd_hmac(struct herd_text key, struct herd_text text, unsigned char ret_mac[HERD_HMAC_BYTES]);

#endif
