/* SPDX-License-Identifier: MIT */
#ifndef HERD_CORE_LOCAL_H
#define HERD_CORE_LOCAL_H

#include "herd/core.h"

/* -- Durability (durable.c) -- */

void durable_init(struct herd_core *core);
/* The journal has written what came before: waits of this turn know for what they wait. */
void durable_set_positions(struct herd_core *core);
/* Tells those whose time has come. */
void durable_tell(struct herd_core *core);

/* -- The journal's driver (journalwork.c) -- */

/* Once a second. */
void journal_tick(struct herd_core *core, const struct herd_now *now);
/* The next slice of writing it anew, where that is under way: whether there is one more. */
bool journal_step(struct herd_core *core);

/* -- Expiry (expiry.c) -- */

/* Once a second: a part of the store is to be swept. */
void expiry_begin(struct herd_core *core);
/* The next slice of it, where there is any: whether there is one more. */
bool expiry_step(struct herd_core *core, int64_t now_ns);

#endif
