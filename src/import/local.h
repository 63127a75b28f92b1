/* SPDX-License-Identifier: MIT */
#ifndef HERD_IMPORT_LOCAL_H
#define HERD_IMPORT_LOCAL_H

/* What the files of this room share: readings of GeoJSON. */

#include "herd/buffer.h"
#include "herd/draft.h"

struct json_t;
/* Where a GeoJSON geometry is, as one point; false where it has none in the world. */
bool draft_set_shape(struct herd_draft *draft, const struct json_t *geometry);
/* Appends JSON that jansson takes for the same JSON: it refuses some numbers and escapes that are right. */
void json_mend(struct herd_text text, struct herd_buffer *out);
/* What is said of a GeoJSON FeatureCollection. */
extern const char draft_collection[];

#endif
