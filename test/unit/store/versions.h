/* SPDX-License-Identifier: MIT */
#ifndef VERSIONS_H
#define VERSIONS_H

/* Versions, and a store without secrets, for the store's tests. Included after cmocka.h. */

#include "herd/store.h"

#define VERSIONS_POSITION "+34.068930-118.445127"

/* A version from valid texts, which it views; difference 0, no way. */
struct herd_version versions_make(struct herd_text client, const char *position, const char *time, uint8_t origin);
/* The same with `seconds` as its time; the text is kept in `text`. */
struct herd_version versions_at(struct herd_text client, unsigned seconds, uint8_t origin, char text[24]);

void versions_assert_equal(const struct herd_version *a, const struct herd_version *b);

/* A store whose names are A, B, C: numbers 1, 2, 3. */
void versions_store_init(struct herd_store *store, unsigned slot_count, uint32_t clients_max);

#endif
