/* SPDX-License-Identifier: MIT */
/*
 * How much the kernel may hold for a neighbour. What it holds can no longer be
 * replaced by what is newer, so that a slow neighbour gets little, 64 KiB. To a
 * quick one little would mean that each turn's lines go out in pieces, the
 * last of them after other neighbours have passed on the same: it gets more.
 * Which one it is is told by how long it lets wait what the kernel did not take.
 */
#include "herd/sendbuffer.h"

#define SMALL_BYTES (64 * 1024)
#define LARGE_BYTES (256 * 1024)
#define QUICK_MS 20
#define SLOW_MS 200

void herd_sendbuffer_init(struct herd_sendbuffer *buffer)
{
    *buffer = (struct herd_sendbuffer){.bytes = SMALL_BYTES, .since_ms = HERD_SENDBUFFER_IDLE};
}

void herd_sendbuffer_wait(struct herd_sendbuffer *buffer, int64_t now_ms)
{
    if (buffer->since_ms == HERD_SENDBUFFER_IDLE) buffer->since_ms = now_ms;
}

bool herd_sendbuffer_judge(struct herd_sendbuffer *buffer, int64_t now_ms, bool drained)
{
    int bytes = buffer->bytes;

    if (buffer->since_ms == HERD_SENDBUFFER_IDLE) return false;
    if (now_ms - buffer->since_ms >= SLOW_MS) buffer->bytes = SMALL_BYTES;
    if (drained && now_ms - buffer->since_ms <= QUICK_MS) buffer->bytes = LARGE_BYTES;
    if (drained) buffer->since_ms = HERD_SENDBUFFER_IDLE;
    return buffer->bytes != bytes;
}
