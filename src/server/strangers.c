/* SPDX-License-Identifier: MIT */
/*
 * Who was refused at the peers' address: logged once in a minute for each
 * address and reason, with how many there were unsaid. A few are remembered;
 * where there are more the one that was logged longest ago is forgotten, and
 * the log's own limit on events of one name bounds the rest.
 */
#include "local.h"

#include <string.h>

#include "herd/log.h"

#define QUIET_MS (60 * 1000)

static struct herd_text host_of(const char *address)
{
    const char *colon = strrchr(address, ':');

    return (struct herd_text){address, colon != NULL ? (size_t)(colon - address) : strlen(address)};
}

static void copy(char *out, size_t size, struct herd_text text)
{
    size_t length = text.length < size ? text.length : size - 1;

    memcpy(out, text.bytes, length);
    out[length] = '\0';
}

static bool same(const char *known, size_t size, struct herd_text text)
{
    if (text.length >= size) text.length = size - 1;
    return herd_text_equal(herd_text_of(known), text);
}

/* The one that is remembered, or a place for it. */
static struct stranger *find(struct strangers *strangers, struct herd_text host, struct herd_text reason)
{
    struct stranger *oldest = &strangers->known[0];
    unsigned i;

    for (i = 0; i < STRANGERS_KNOWN; i++) {
        struct stranger *stranger = &strangers->known[i];
        if (same(stranger->host, sizeof stranger->host, host) &&
            same(stranger->reason, sizeof stranger->reason, reason))
            return stranger;
        if (stranger->logged_ms < oldest->logged_ms) oldest = stranger;
    }
    memset(oldest, 0, sizeof *oldest);
    copy(oldest->host, sizeof oldest->host, host);
    copy(oldest->reason, sizeof oldest->reason, reason);
    return oldest;
}

void strangers_log(struct strangers *strangers, const struct guest *guest, const char *reason)
{
    int64_t now_ms = server_now(guest->server).monotonic_ms;
    bool refused = guest->inbound.end.text[0] != '\0'; /* and did not just leave again */
    struct stranger *stranger = find(strangers, host_of(guest->address), herd_text_of(reason));
    struct herd_log_event log;

    if (stranger->logged_ms != 0 && now_ms - stranger->logged_ms < QUIET_MS) {
        stranger->unsaid++;
        return;
    }
    stranger->logged_ms = now_ms != 0 ? now_ms : 1;
    if (herd_log_begin(&log, refused ? HERD_LOG_WARNING : HERD_LOG_INFO, "peer_refused")) {
        herd_log_text(&log, "peer", guest->inbound.neighbour != NULL ? guest->inbound.neighbour->name : HERD_TEXT("?"));
        herd_log_string(&log, "direction", "in");
        herd_log_string(&log, "from", guest->address);
        herd_log_string(&log, "reason", reason);
        if (stranger->unsaid > 0) herd_log_number(&log, "unsaid", stranger->unsaid);
        herd_log_end(&log);
    }
    stranger->unsaid = 0;
}
