/* SPDX-License-Identifier: MIT */
/*
 * Who was refused at the peers' address: logged once in a minute for each
 * address and reason, with how many there were unsaid. The log's own limit on
 * events of one name bounds what more addresses than are remembered would say.
 */
#include "local.h"

#include <string.h>

#include "herd/log.h"

static struct herd_text host_of(const char *address)
{
    const char *colon = strrchr(address, ':');

    return (struct herd_text){address, colon != NULL ? (size_t)(colon - address) : strlen(address)};
}

void strangers_log(const struct guest *guest, const char *reason)
{
    int64_t now_ms = server_now(guest->server).monotonic_ms;
    bool refused = guest->inbound.end.text[0] != '\0'; /* and did not just leave again */
    struct herd_log_event log;
    uint32_t unsaid;

    if (!herd_tellings_say(&guest->server->strangers, host_of(guest->address), herd_text_of(reason), now_ms, &unsaid))
        return;
    if (!herd_log_begin(&log, refused ? HERD_LOG_WARNING : HERD_LOG_INFO, "peer_refused")) return;
    herd_log_text(&log, "peer", guest->inbound.neighbour != NULL ? guest->inbound.neighbour->name : HERD_TEXT("?"));
    if (guest->inbound.neighbour == NULL && guest->inbound.claimed[0] != '\0')
        herd_log_string(&log, "name", guest->inbound.claimed);
    herd_log_string(&log, "direction", "in");
    herd_log_string(&log, "from", guest->address);
    herd_log_string(&log, "reason", reason);
    if (unsaid > 0) herd_log_number(&log, "unsaid", unsaid);
    herd_log_end(&log);
}
