/* SPDX-License-Identifier: MIT */
#ifndef HERD_TELLINGS_H
#define HERD_TELLINGS_H

/*
 * What was said of whom: once a minute for each pair, with how often it was
 * not said in between. A few are remembered; where there are more the one that
 * was said longest ago is forgotten, so whoever says it needs a limit besides.
 */

#include <stdbool.h>
#include <stdint.h>

#include "herd/text.h"

#define HERD_TELLINGS_KNOWN 16
#define HERD_TELLINGS_QUIET_MS (60 * 1000)

/* Zeroed: nothing was said. */
struct herd_tellings {
    struct herd_telling {
        char who[56]; /* this and the next one cut where they are longer */
        char what[64];
        int64_t told_ms; /* 0: nobody */
        uint32_t unsaid; /* since */
    } known[HERD_TELLINGS_KNOWN];
};

/* Whether it is to be said now; *ret_unsaid, where it is: how often it was not since it last was. */
bool herd_tellings_say(struct herd_tellings *tellings, struct herd_text who, struct herd_text what, int64_t now_ms,
                       uint32_t *ret_unsaid);

#endif
