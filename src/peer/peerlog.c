/* SPDX-License-Identifier: MIT */
/*
 * What the log says of links. A neighbour that cannot be reached a few times
 * running is logged, and again when the reason is another one: each reason once
 * until it is reached, or once in a minute where they alternate.
 */
#include "local.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "herd/clock.h"

#define FAILURES_TOLD 3 /* running; at a start in turn the first ones are in order */

static bool begin(struct herd_log_event *log, enum herd_log_level level, const char *event, const struct peer *peer)
{
    if (!herd_log_begin(log, level, event)) return false;
    herd_log_text(log, "peer", herd_link_name(&peer->link));
    return true;
}

/* For who looks closely: the level is debug. */
static void log_step(const struct peer *peer, const char *event, const char *key, int64_t number)
{
    struct herd_log_event log;

    if (!begin(&log, HERD_LOG_DEBUG, event, peer)) return;
    herd_log_number(&log, key, number);
    herd_log_end(&log);
}

static void log_up(struct peer *peer)
{
    struct herd_log_event log;

    peer->told[0] = '\0';
    peer->tellings = (struct herd_tellings){0};
    if (!begin(&log, HERD_LOG_INFO, "link_up", peer)) return;
    herd_log_string(&log, "direction", "out");
    herd_log_number(&log, "clock_offset_ms", herd_link_clock_offset_ms(&peer->link));
    herd_log_end(&log);
}

static const char *reason_of(const struct herd_link *link)
{
    if (link->outbound.end.text[0] != '\0') return link->outbound.end.text;
    if (link->status == -ECONNRESET) return "connection closed";
    return link->status == 0 || link->status == -ECANCELED ? "closed by us" : uv_strerror(link->status);
}

/* A neighbour that cannot be connected to may only just be starting; one that answers and disagrees is told at once. */
static bool worth_telling(struct peer *peer)
{
    struct herd_text text = herd_text_of(reason_of(&peer->link));
    unsigned failures = peer->link.failures;
    uint32_t unsaid;

    if (failures > 0 && failures < FAILURES_TOLD) return false;
    if (text.length >= sizeof peer->told) text.length = sizeof peer->told - 1;
    if (herd_text_equal(text, herd_text_of(peer->told))) return false;
    if (!herd_tellings_say(&peer->tellings, HERD_TEXT(""), text, peers_now(peer->peers).monotonic_ms, &unsaid))
        return false;
    memcpy(peer->told, text.bytes, text.length);
    peer->told[text.length] = '\0';
    return true;
}

static void log_down(const struct peer *peer, enum herd_log_level level, const char *event)
{
    struct herd_log_event log;

    if (!begin(&log, level, event, peer)) return;
    herd_log_string(&log, "direction", "out");
    herd_log_string(&log, "reason", reason_of(&peer->link));
    if (peer->wire.unwritten > 0) herd_log_number(&log, "unwritten", (int64_t)peer->wire.unwritten);
    herd_log_end(&log);
}

static void log_failed(struct peer *peer)
{
    bool connected = peer->link.failures == 0;

    if (!worth_telling(peer)) return;
    log_down(peer, connected && peer->link.outbound.end.secrets ? HERD_LOG_WARNING : HERD_LOG_INFO, "link_failed");
}

static void log_redial(const struct peer *peer)
{
    if (!peer->link.stopped)
        log_step(peer, "redial", "in_ms", herd_link_deadline(&peer->link) - peers_now(peer->peers).monotonic_ms);
}

static void log_clock(const struct peer *peer, enum herd_log_level level)
{
    struct herd_log_event log;

    if (!begin(&log, level, "clock_offset", peer)) return;
    herd_log_number(&log, "offset_ms", herd_link_clock_offset_ms(&peer->link));
    herd_log_end(&log);
}

static void log_divergence(const struct peer *peer)
{
    char digest[HERD_DIGEST_LENGTH];
    struct herd_log_event log;

    if (!begin(&log, HERD_LOG_WARNING, "divergence", peer)) return;
    assert(peer->link.outbound.agreement.heard);
    herd_digest_format(&peer->link.outbound.agreement.mine, digest);
    herd_log_text(&log, "digest", (struct herd_text){digest, sizeof digest});
    herd_log_text(&log, "theirs", (struct herd_text){peer->link.outbound.agreement.theirs, HERD_DIGEST_LENGTH});
    herd_log_string(&log, "msg", "the stores differ: all records are sent again");
    herd_log_end(&log);
}

static void log_rival(const struct peer *peer)
{
    struct herd_log_event log;

    if (begin(&log, HERD_LOG_WARNING, "two_servers_with_one_name", peer)) herd_log_end(&log);
}

void peerlog_told(struct peer *peer, enum herd_link_event event)
{
    switch (event) {
    case HERD_LINK_DIALLING:
        log_step(peer, "dialling", "failures", peer->link.failures);
        return;
    case HERD_LINK_WELCOMED:
        log_up(peer);
        return;
    case HERD_LINK_DOWN:
        log_down(peer, HERD_LOG_INFO, "link_down");
        log_redial(peer);
        return;
    case HERD_LINK_FAILED:
        log_failed(peer);
        log_redial(peer);
        return;
    case HERD_LINK_CLOCK_FAR:
        log_clock(peer, HERD_LOG_WARNING);
        return;
    case HERD_LINK_CLOCK_NEAR:
        log_clock(peer, HERD_LOG_INFO);
        return;
    case HERD_LINK_DIVERGED:
        log_divergence(peer);
        return;
    case HERD_LINK_RIVAL:
        log_rival(peer);
        return;
    case HERD_LINK_HEARD: /* the guest says it, with where it comes from */
        return;
    }
}

/* -- Guests -- */

void peerlog_guest(const struct guest *guest, const char *event, const char *reason)
{
    struct herd_log_event log;

    if (!herd_log_begin(&log, HERD_LOG_INFO, event)) return;
    herd_log_text(&log, "peer", guest_name(guest));
    herd_log_string(&log, "direction", "in");
    if (reason == NULL) herd_log_string(&log, "from", guest->address);
    if (reason != NULL) herd_log_string(&log, "reason", reason);
    if (guest->wire.unwritten > 0) herd_log_number(&log, "unwritten", (int64_t)guest->wire.unwritten);
    herd_log_end(&log);
}

void peerlog_dropped(const struct guest *guest, const struct herd_flood_counts *before)
{
    const struct herd_flood_counts *now = &guest->peers->flood->counts;
    struct herd_log_event log;

    assert(now->at_dropped >= before->at_dropped && now->at_full >= before->at_full);
    if (now->at_dropped == before->at_dropped && now->at_full == before->at_full) return;
    if (!herd_log_begin(&log, HERD_LOG_WARNING, "at_dropped")) return;
    herd_log_text(&log, "peer", guest_name(guest));
    herd_log_number(&log, "malformed", (int64_t)(now->at_dropped - before->at_dropped));
    herd_log_number(&log, "no_room", (int64_t)(now->at_full - before->at_full));
    herd_log_end(&log);
}

static struct herd_text host_of(const char *address)
{
    const char *colon = strrchr(address, ':');

    return (struct herd_text){address, colon != NULL ? (size_t)(colon - address) : strlen(address)};
}

/*
 * Once in a minute for each address and reason, with how many there were
 * unsaid. The log's own limit on events of one name bounds what more addresses
 * than are remembered would say.
 */
void peerlog_stranger(const struct guest *guest, const char *reason)
{
    int64_t now_ms = peers_now(guest->peers).monotonic_ms;
    bool refused = guest->inbound.end.text[0] != '\0'; /* and did not just leave again */
    struct herd_log_event log;
    uint32_t unsaid;

    if (!herd_tellings_say(&guest->peers->strangers, host_of(guest->address), herd_text_of(reason), now_ms, &unsaid))
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
