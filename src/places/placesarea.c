/* SPDX-License-Identifier: MIT */
/* What a question is about, in the form that providers share. */
#include <assert.h>

#include "local.h"

void places_area_set(struct herd_places_area *area, const struct herd_position *centre,
                     const struct herd_decimal *radius_km)
{
    herd_buffer_clear(&area->text);
    herd_position_append_query(centre, &area->text);
    area->centre_length = herd_buffer_length(&area->text);
    herd_buffer_append_byte(&area->text, ' ');
    herd_radius_append_metres(radius_km, &area->text);
}

void places_area_copy(struct herd_places_area *area, const struct herd_places_area *from)
{
    herd_buffer_clear(&area->text);
    herd_buffer_append(&area->text, herd_buffer_text(&from->text));
    area->centre_length = from->centre_length;
}

struct herd_text places_area_centre(const struct herd_places_area *area)
{
    assert(area->centre_length > 0);
    return (struct herd_text){herd_buffer_text(&area->text).bytes, area->centre_length};
}

struct herd_text places_area_radius(const struct herd_places_area *area)
{
    struct herd_text text = herd_buffer_text(&area->text);
    size_t start = area->centre_length + 1;
    assert(start < text.length);
    return (struct herd_text){text.bytes + start, text.length - start};
}

void places_area_append_exact(const struct herd_places_area *area, struct herd_buffer *out)
{
    herd_buffer_append(out, herd_buffer_text(&area->text));
}
