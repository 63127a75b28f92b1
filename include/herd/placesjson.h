/* SPDX-License-Identifier: MIT */
#ifndef HERD_PLACESJSON_H
#define HERD_PLACESJSON_H

/*
 * The pieces of an answer in the shape and bytes of the legacy Nearby Search,
 * which is that of every reply, whoever provides: three blanks a level, `"key" :
 * value`, keys sorted. A whole one is made by herd_places_index_answer
 * (placesindex.h).
 */

#include "herd/buffer.h"

/* Appends a JSON string with its quotes: escapes `"`, `\` and control bytes, passes everything else. */
void herd_json_append_string(struct herd_buffer *out, struct herd_text text);
/* Appends 1e-7 degrees as Google writes coordinates: `34.0632868`, `-118.5`, `34.0`. */
void herd_json_append_degrees(struct herd_buffer *out, int32_t degrees_e7);
/* Appends the body for a question that no provider answered. */
void herd_json_append_failure(struct herd_buffer *out, const char *message);

#endif
