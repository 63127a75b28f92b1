/* SPDX-License-Identifier: MIT */
#ifndef HERD_READINESS_H
#define HERD_READINESS_H

/*
 * Whether any of many streams has something to be read, for who must know
 * what was sent before something else: mostly nothing was, and one system call
 * finds that out for all of them. Who is told that there is something asks each
 * by herd_stream_read_now. The loop goes on reading all of them by itself.
 */

#include "herd/stream.h"

struct herd_readiness {
    int descriptor; /* -1: not open */
};

/* 0 or a negative errno; then it is not open. */
int herd_readiness_init(struct herd_readiness *readiness);
/* Harmless where it is not open, and once more. Streams may still be in it. */
void herd_readiness_finish(struct herd_readiness *readiness);
/* An open stream, once; it leaves by being closed. 0 or a negative errno: then its bytes are not asked for. */
int herd_readiness_add(struct herd_readiness *readiness, const struct herd_stream *stream);
/* Whether bytes, or the end, of any wait to be read; true also where that cannot be told. */
bool herd_readiness_any(const struct herd_readiness *readiness);

#endif
