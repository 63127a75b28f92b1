/* SPDX-License-Identifier: MIT */
#ifndef HERD_NAME_H
#define HERD_NAME_H

/*
 * Names of herds and servers: `[A-Za-z0-9._-]{1,64}`.
 * A struct herd_names gives each server of the configuration a one-byte number,
 * so that records can hold who was where in a byte. Nobody else gets one: names
 * that come in lines and files have no end.
 */

#include <stdint.h>

#include "herd/text.h"

#define HERD_NAME_LENGTH_MAX 64
#define HERD_NAMES_MAX 255
#define HERD_NAME_PLACES 512 /* a power of two; half of it stays free, so that one is always near */
#define HERD_NAME_UNKNOWN 0  /* no name has this number */

/* Whether it may name a herd or a server. */
bool herd_name_valid(struct herd_text name);

struct herd_names {
    struct herd_text texts[HERD_NAMES_MAX + 1]; /* own their bytes; [0] is empty */
    unsigned count;                             /* names known; numbers are 1 to count */
    uint8_t places[HERD_NAME_PLACES];           /* numbers, each at the place of its name or the next that was free */
};

void herd_names_init(struct herd_names *names);
void herd_names_finish(struct herd_names *names);
/* The name's number, 1 to 255; adds it where it is new, for which there must be room. `name` is valid. */
uint8_t herd_names_add(struct herd_names *names, struct herd_text name);
/* The number, or 0 where the name is not known; as fast, whichever it is. `name` is valid. */
uint8_t herd_names_find(const struct herd_names *names, struct herd_text name);
/* The name of a number, empty for 0; valid as long as the table. */
struct herd_text herd_names_text(const struct herd_names *names, uint8_t number);

#endif
