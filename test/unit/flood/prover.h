/* SPDX-License-Identifier: MIT */
#ifndef PROVER_H
#define PROVER_H

/*
 * A handshake between two servers: Goloman dials, Hands accepts. What each
 * says goes through the test's hands, which may change it. The MAC is one of
 * the test's own: what matters is that key and every byte of the text do.
 */

#include "herd/flood.h"

struct prover {
    struct herd_store stores[2];
    struct herd_flood floods[2]; /* Goloman's, Hands's */
    struct herd_outbound outbound;
    struct herd_inbound inbound;
    struct herd_now now;
    struct herd_buffer dialled; /* said by Goloman, not yet heard */
    struct herd_buffer accepted;
};

/* Gives a server the secrets named by letters, the first one signs: "", "a", "ab". */
void prover_set_keys(struct herd_flood *flood, const char *secrets);
/* The dialler's and the acceptor's secrets; the acceptor sees the dialler come from loopback. HELLO is said. */
void prover_init(struct prover *prover, const char *dialler, const char *acceptor);
void prover_finish(struct prover *prover);
/* Whom a server knows: the other one. */
struct herd_neighbour *prover_neighbour(struct prover *prover, unsigned server);
/* Hands what was said to the other side: 0 or what receiving returned. Nothing said is nothing heard. */
int prover_to_acceptor(struct prover *prover);
int prover_to_dialler(struct prover *prover);
/* To the end: whether both are welcome. */
bool prover_run(struct prover *prover);

#endif
