/* SPDX-License-Identifier: MIT */
/* Whether the neighbour's store and ours agree; see struct herd_agreement. */
#include "local.h"

#include <assert.h>

void agreement_init(struct herd_agreement *agreement, int64_t now_ms)
{
    *agreement = (struct herd_agreement){
        .mine_since_ms = now_ms, .theirs_since_ms = now_ms, .rescan_ms = now_ms, .pause_ms = HERD_RESCAN_MS_MIN};
}

void agreement_hear(struct herd_agreement *agreement, struct herd_text digest, int64_t now_ms)
{
    if (digest.length != HERD_DIGEST_LENGTH) {
        agreement->heard = false;
        return;
    }
    if (agreement->heard && memcmp(agreement->theirs, digest.bytes, HERD_DIGEST_LENGTH) == 0) return;
    memcpy(agreement->theirs, digest.bytes, HERD_DIGEST_LENGTH);
    agreement->heard = true;
    agreement->theirs_since_ms = now_ms;
}

static bool equal(const struct herd_agreement *agreement)
{
    char mine[HERD_DIGEST_LENGTH];

    herd_digest_format(&agreement->mine, mine);
    return memcmp(mine, agreement->theirs, HERD_DIGEST_LENGTH) == 0;
}

static void note_mine(struct herd_agreement *agreement, const struct herd_digest *mine, int64_t now_ms)
{
    if (agreement->mine.low == mine->low && agreement->mine.high == mine->high) return;
    agreement->mine = *mine;
    agreement->mine_since_ms = now_ms;
}

bool agreement_broken(struct herd_agreement *agreement, const struct herd_digest *mine, int64_t now_ms)
{
    assert(agreement->pause_ms >= HERD_RESCAN_MS_MIN && agreement->pause_ms <= HERD_RESCAN_MS_MAX);
    assert(agreement->mine_since_ms <= now_ms && agreement->theirs_since_ms <= now_ms);
    note_mine(agreement, mine, now_ms);
    if (!agreement->heard) return false;
    if (equal(agreement)) {
        agreement->pause_ms = HERD_RESCAN_MS_MIN;
        agreement->rescan_ms = now_ms;
        return false;
    }
    if (now_ms - agreement->mine_since_ms < HERD_SETTLED_MS) return false;
    if (now_ms - agreement->theirs_since_ms < HERD_SETTLED_MS) return false;
    if (now_ms < agreement->rescan_ms) return false;
    agreement->rescan_ms = now_ms + agreement->pause_ms;
    agreement->pause_ms *= 2;
    if (agreement->pause_ms > HERD_RESCAN_MS_MAX) agreement->pause_ms = HERD_RESCAN_MS_MAX;
    return true;
}
