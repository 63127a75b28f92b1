/* SPDX-License-Identifier: MIT */
/* The provider that is built in: the search of the indexes that the service was given. Nothing is sent to anybody. */
#include <assert.h>

#include "local.h"

void places_answer_local(struct herd_places *places, const struct herd_places_ticket *ticket, struct herd_buffer *out)
{
    assert(places->index_count > 0 && ticket->bound <= HERD_BOUND_MAX);
    const struct herd_places_query query = {
        .latitude_e9 = ticket->latitude_e9,
        .longitude_e9 = ticket->longitude_e9,
        .radius_m = ticket->radius_m,
        .rank = places->local_rank,
        .bound = ticket->bound,
    };
    herd_places_index_answer(places->indexes, places->index_count, &query, &places->scratch, out);
}

const struct provider_kind provider_local = {
    .name = "local", .remote = false, .append_key = places_area_append_exact, /* of those that wait for the indexes */
};
