/* SPDX-License-Identifier: MIT */
#include "herd/machine.h"

#include <assert.h>
#include <stdlib.h>

#include "herd/tell.h"

static const char *name_of(const struct herd_machine *machine, unsigned state)
{
    bool known = state < HERD_MACHINE_STATES_MAX && machine->states[state].name != NULL;
    return known ? machine->states[state].name : "?";
}

_Noreturn void herd_machine_forbidden(const struct herd_machine *machine, unsigned from, unsigned to)
{
    herd_tell(HERD_LOG_ERROR, "machine %s may not move from %s (%u) to %s (%u)", machine->name, name_of(machine, from),
              from, name_of(machine, to), to);
    abort();
}

void herd_machine_log(const struct herd_machine *machine, unsigned from, unsigned to, uint64_t id, struct herd_text who)
{
    assert(id == 0 || who.length == 0);
    struct herd_log_event log;
    if (!herd_log_begin(&log, HERD_LOG_DEBUG, "moved")) return;
    herd_log_string(&log, "machine", machine->name);
    if (id != 0) herd_log_number(&log, "id", (int64_t)id);
    if (who.length > 0) herd_log_text(&log, "who", who);
    herd_log_string(&log, "from", name_of(machine, from));
    herd_log_string(&log, "to", name_of(machine, to));
    herd_log_end(&log);
}
