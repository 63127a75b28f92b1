/* SPDX-License-Identifier: MIT */
/* Tickets that are ready, and what they render. */
#include <assert.h>

#include "herd/cut.h"
#include "local.h"

void herd_places_move(struct herd_places_ticket *from, struct herd_places_ticket *to)
{
    *to = *from;
    herd_list_init(&to->node);
    if (!herd_list_empty(&from->node)) {
        herd_list_append(&from->node, &to->node); /* right before it, which keeps the order of those that wait */
        herd_list_remove(&from->node);
    }
    from->request = NULL;
    from->state = HERD_PLACES_IDLE;
}

void herd_places_render(struct herd_places_ticket *ticket, struct herd_buffer *out)
{
    struct herd_places *places = ticket->places;
    assert(ticket->state == HERD_PLACES_READY && places->ticket_count > 0);
    ticket->state = HERD_PLACES_IDLE;
    places->ticket_count--;
    struct herd_places_request *request = ticket->request;
    ticket->request = NULL;
    if (request != NULL) {
        herd_cut_append(out, herd_buffer_text(&request->body), &request->cut, ticket->bound);
        places_request_release(places, request);
    } else if (ticket->failure != NULL) {
        herd_json_append_failure(out, ticket->failure);
    } else if (places->index_count == 0) {
        herd_json_append_failure(out, places_no_index);
    } else {
        places_answer_local(places, ticket, out);
    }
}
