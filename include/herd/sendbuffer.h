/* SPDX-License-Identifier: MIT */
#ifndef HERD_SENDBUFFER_H
#define HERD_SENDBUFFER_H

/*
 * How much the kernel may hold for one neighbour: little, and more while it is
 * quick. A judgement only; who uses it watches the stream and sets the size.
 */

#include <stdbool.h>
#include <stdint.h>

#define HERD_SENDBUFFER_IDLE INT64_MIN

struct herd_sendbuffer {
    int bytes;        /* for SO_SNDBUF */
    int64_t since_ms; /* when something began to wait for the kernel; HERD_SENDBUFFER_IDLE: nothing does */
};

void herd_sendbuffer_init(struct herd_sendbuffer *buffer);
/* The kernel did not take all. */
void herd_sendbuffer_wait(struct herd_sendbuffer *buffer, int64_t now_ms);
/* It has `drained`, or waits still. Returns whether `bytes` changed. */
bool herd_sendbuffer_judge(struct herd_sendbuffer *buffer, int64_t now_ms, bool drained);

#endif
