/* SPDX-License-Identifier: MIT */
#ifndef HERD_NAME_H
#define HERD_NAME_H

/*
 * Names of herds and servers: `[A-Za-z0-9._-]{1,64}`.
 * A struct herd_names gives each server's name a one-byte number, so that
 * records can hold who was where in a byte.
 */

#include <stdint.h>

#include "herd/text.h"

#define HERD_NAME_LENGTH_MAX 64
#define HERD_NAMES_MAX 255
#define HERD_NAMES_RECENT 64 /* a power of two */
#define HERD_NAME_UNKNOWN 0  /* no name has this number */

/* Whether it may name a herd or a server. */
bool herd_name_valid(struct herd_text name);

struct herd_names {
    struct herd_text texts[HERD_NAMES_MAX + 1]; /* own their bytes; [0] is empty */
    unsigned count;                             /* names known; numbers are 1 to count */
    uint8_t recent[HERD_NAMES_RECENT];          /* numbers found last, by a hash of the name; 0: none */
};

void herd_names_init(struct herd_names *names);
void herd_names_finish(struct herd_names *names);
/* The name's number, 1 to 255; adds it where it is new. 0 where the table is full. `name` is valid. */
uint8_t herd_names_number(struct herd_names *names, struct herd_text name);
/* The number, or 0 where the name is not known; adds nothing. */
uint8_t herd_names_find(const struct herd_names *names, struct herd_text name);
/* The name of a number, empty for 0; valid as long as the table. */
struct herd_text herd_names_text(const struct herd_names *names, uint8_t number);

#endif
