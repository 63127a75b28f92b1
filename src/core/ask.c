/* SPDX-License-Identifier: MIT */
/* Questions: of the record as it is now, and of the places around it. */
#include "local.h"

#include <assert.h>
#include <errno.h>

int herd_core_ask(struct herd_core *core, const struct herd_question *question, const struct herd_now *now,
                  struct herd_places_ticket *ticket, struct herd_version *ret_version)
{
    uint32_t record = herd_store_find_live(&core->store, question->client, now->wall_ns);
    struct herd_position position;

    assert(core->places != NULL && ticket->state == HERD_PLACES_IDLE);
    if (record == 0) return -ENOENT;
    core->counts.whatsat++;
    herd_store_view(&core->store, record, ret_version);
    herd_position_parse(ret_version->report.position, &position);
    herd_places_ask(core->places, ticket, &position, question, now->monotonic_ms);
    return 0;
}

void herd_core_append_location(const struct herd_core *core, const struct herd_version *version,
                               struct herd_buffer *out)
{
    herd_reply_append_at(out, herd_version_origin(herd_store_names(&core->store), version), version->difference_ns,
                         &version->report);
    herd_buffer_append_byte(out, '\n');
}

void herd_core_keep(struct herd_core *core, struct herd_places_ticket *from, struct herd_places_ticket *to)
{
    assert(from->state != HERD_PLACES_IDLE);
    herd_places_move(from, to);
    core->port.on_asked(core->port.owner);
}

void herd_core_render(struct herd_places_ticket *ticket, struct herd_buffer *out)
{
    assert(ticket->state == HERD_PLACES_READY);
    herd_places_render(ticket, out);
    herd_buffer_append(out, HERD_TEXT("\n\n"));
}

void herd_core_leave(struct herd_places_ticket *ticket)
{
    herd_places_leave(ticket);
}

void herd_core_give_up(struct herd_places_ticket *ticket, const char *reason)
{
    herd_places_give_up(ticket, reason);
}
