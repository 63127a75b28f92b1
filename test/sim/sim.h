/* SPDX-License-Identifier: MIT */
#ifndef SIM_H
#define SIM_H

/*
 * Whole herds in one process, from a seed (docs/simulation.md). What runs is
 * the server's own store, flood and protocol; here are only what is around
 * them: clients, clocks, a network that fails, servers that die, and somebody
 * who knows how it must end.
 *
 *     direction   from's link to `to` as the server has it, and up to three
 *                 connections, of which the dialler holds at most one; the
 *                 others are known only to the acceptor (half-open)
 *     pipe        one connection: what is in flight each way, acceptor's end
 *     part        the connected part of the herd that heals, as a bit set
 */

#include <stdint.h>
#include <stdio.h>

#include "herd/link.h"
#include "herd/mutant.h"

#define SIM_SERVERS_MAX 7
#define SIM_LINKS_MAX 21
#define SIM_DIRECTIONS_MAX (2 * SIM_LINKS_MAX)
#define SIM_PIPES_MAX 3
#define SIM_CLIENTS_MAX 12

struct sim_pipe {
    bool dialler_open;
    bool acceptor_open;
    bool lost;           /* carries nothing any more, and neither end was told */
    bool forward_ended;  /* behind the last byte the acceptor hears that the dialler is gone */
    bool backward_ended; /* the same for the dialler */
    struct herd_buffer forward;
    struct herd_buffer backward;
    struct herd_inbound inbound;
};

struct sim_direction {
    uint8_t from;
    uint8_t to;
    uint8_t reverse; /* number of the direction the other way */
    bool removed;    /* `to` is no neighbour of from's any more, or not yet, and there is no link */
    bool blocked;    /* cannot be dialled at present */
    bool more;       /* the last pump left something to do that needs no room */
    size_t window;   /* bytes in flight at which a pump stops: small is a slow link */
    struct sim_pipe *current;
    struct herd_link link;
    struct sim_pipe pipes[SIM_PIPES_MAX];
};

/* The journal as its reader sees it: AT lines in the order in which they were accepted. */
struct sim_journal {
    struct herd_buffer lines;
    struct herd_buffer waiting; /* accepted, not written yet */
};

/* One version of a client, in memory of its own. */
struct sim_best {
    bool known;
    uint8_t origin; /* number of the server in the world */
    uint8_t position_length;
    uint8_t time_length;
    int64_t time_ns;
    int64_t difference_ns;
    char position[24];
    char time[24];
};

/* Somebody who is told of all changes of a store, of what was forgotten, too, and so knows all that is in it. */
struct sim_follower {
    unsigned slot;   /* HERD_SLOT_NONE: it is away */
    bool dropping;   /* what an earlier owner of the slot has left */
    uint32_t cursor; /* of its scan; 0: ended */
    struct sim_best known[SIM_CLIENTS_MAX];
};

struct sim_server {
    struct herd_text name;
    bool alive;
    bool journalled;
    int64_t clock_offset_ns;
    struct herd_store store;
    struct herd_flood flood;
    struct sim_journal journal;
    uint8_t out[SIM_SERVERS_MAX]; /* its directions, those that are removed, too */
    unsigned out_count;
    struct sim_follower follower;
    struct sim_best accepted[SIM_CLIENTS_MAX]; /* in this run, from clients: what it can never have less than */
};

/* How one schedule is, drawn from its seed. */
struct sim_mood {
    const uint16_t *weights; /* of the steps */
    bool keyed;              /* with a secret */
    bool tight;              /* the store's limit is lower than clients are many */
    bool directed;           /* has dramas */
    uint32_t scan_slice;
    uint32_t pops_per_mark;
    uint32_t clients_max;
    unsigned client_count;
    int64_t ttl_ns;
    int64_t clock_grain_ns; /* of what servers note as time of receipt */
};

struct sim_world {
    struct herd_random random;
    struct herd_random aside; /* for who comes and goes: so other schedules stay what they were */
    int64_t now_ms;
    struct sim_mood mood;
    bool strangers; /* a server's configuration names itself and its neighbours only, all others are foreign to it */
    bool followed;  /* each server has a follower */
    unsigned server_count;
    unsigned direction_count;
    struct sim_server servers[SIM_SERVERS_MAX];
    struct sim_direction directions[SIM_DIRECTIONS_MAX];
    struct herd_report last; /* reported last */
    unsigned last_client;
    char last_time[24];
};

struct sim_options {
    uint64_t seed;
    uint64_t schedules;
    unsigned steps;
    unsigned servers_min;
    unsigned servers_max;
    bool all; /* does not stop at the first divergence */
};

/* A random number below `bound`. */
static inline uint32_t sim_pick(struct sim_world *world, uint32_t bound)
{
    return (uint32_t)((herd_random_next(&world->random) >> 32) * bound >> 32);
}

static inline bool sim_one_in(struct sim_world *world, uint32_t bound)
{
    return sim_pick(world, bound) == 0;
}

/* The same from the numbers that are kept aside. */
static inline uint32_t sim_pick_aside(struct sim_world *world, uint32_t bound)
{
    return (uint32_t)((herd_random_next(&world->aside) >> 32) * bound >> 32);
}

/* -- world.c: servers, graphs, clocks -- */

/* Everything of an earlier schedule is forgotten; nothing is connected yet. */
void world_reset(struct sim_world *world, const struct sim_options *options, uint64_t seed);
void world_finish(struct sim_world *world);
/* The memory that a world keeps between schedules, and itself. */
void world_free(struct sim_world *world);
/* The servers that live, as a part. */
uint32_t world_living(const struct sim_world *world);
struct herd_now world_now(const struct sim_world *world, const struct sim_server *server);
/* A new run, with whatever its journal has. */
void world_start(struct sim_world *world, unsigned server);
/* Ends a run. `notice`: neighbours are told, `flight`: what it sent still arrives. */
void world_crash(struct sim_world *world, unsigned server, bool notice, bool flight);
/* A client reports to a server; or the last report comes once more, its time written in another way. */
void world_update(struct sim_world *world, unsigned server);
void world_update_again(struct sim_world *world, unsigned server);
/* Forgets what has expired. */
void world_sweep(struct sim_world *world);

/* -- chronicle.c: journals -- */

/* The server accepted what its client reported, or what a neighbour taught (herd_flood.keep). */
void chronicle_report(struct sim_server *server, const struct herd_version *version);
void chronicle_keep(void *keeper, struct herd_text text);
void chronicle_write(struct sim_server *server);
/* Loses a random tail. */
void chronicle_tear(struct sim_world *world, struct sim_server *server);
void chronicle_replay(struct sim_world *world, struct sim_server *server);

/* -- network.c: connections -- */

/* The link of a server that starts, or is told of a new neighbour. */
void network_init(struct sim_world *world, struct sim_direction *direction);
/* A server's configuration changes while it runs: `from` has `to` for a neighbour, or has it no more. */
void network_add(struct sim_world *world, struct sim_direction *direction);
void network_remove(struct sim_world *world, struct sim_direction *direction);
void network_dial(struct sim_world *world, struct sim_direction *direction);
/* The dialler's end closes; `told`: the acceptor hears of it. */
void network_leave(struct sim_world *world, struct sim_direction *direction, bool told);
/* The acceptor's end closes. */
void network_drop(struct sim_pipe *pipe, bool told);
/* Loses what is in flight; both ends hear of it. */
void network_cut(struct sim_world *world, struct sim_direction *direction);
/* Hands at most `size` bytes over, and the news that the other end is gone. */
void network_forward(struct sim_world *world, struct sim_direction *direction, struct sim_pipe *pipe, size_t size);
void network_backward(struct sim_world *world, struct sim_direction *direction, struct sim_pipe *pipe, size_t size);
/* True where there is more to do that needs no room. */
bool network_pump(struct sim_direction *direction);
void network_pump_server(struct sim_world *world, const struct sim_server *server);
/* Timers of everybody in the part. */
void network_tick(struct sim_world *world, uint32_t part);
/* When the next timer of the part is due. */
int64_t network_deadline(const struct sim_world *world, uint32_t part);
/* Whether both ends know each other for neighbours. */
static inline bool network_configured(const struct sim_world *world, const struct sim_direction *direction)
{
    return !direction->removed && !world->directions[direction->reverse].removed;
}
static inline bool network_up(const struct sim_direction *direction)
{
    return direction->link.outbound.state == HERD_PEER_LIVE;
}

/* -- follower.c: who follows a store -- */

/* The server starts; then it does a little of what it does, or goes, or comes back. */
void follower_start(struct sim_world *world, struct sim_server *server);
void follower_step(struct sim_world *world, struct sim_server *server);

/* -- schedule.c: what happens -- */

void schedule_draw_mood(struct sim_world *world);
void schedule_run(struct sim_world *world, unsigned steps);

/* -- drama.c: rare sequences, played on purpose -- */

void drama_play(struct sim_world *world);

/* -- heal.c: the end of a schedule -- */

struct sim_verdict {
    bool diverged;
    char text[200];
};

/* Runs the part until nothing is left to do; false where that takes longer than it may. */
bool heal_settle(struct sim_world *world, uint32_t part, int64_t limit_ms);
/* A random connected part heals; must agree. */
void heal_and_judge(struct sim_world *world, struct sim_verdict *ret_verdict);

/* -- oracle.c: what must be -- */

/* The newest version of each client that anybody in the part has. */
struct sim_join {
    struct sim_best best[SIM_CLIENTS_MAX];
};

/* Told of all that is left, the follower knows what the store has, and memory is in use for that alone. */
void follower_check(struct sim_world *world, struct sim_server *server, struct sim_verdict *verdict);
/* Notes a version. */
void oracle_note(const struct sim_world *world, const struct herd_names *names, const struct herd_version *version,
                 struct sim_best *ret_best);
/* Whether they are the same one, or none. */
bool oracle_same(const struct sim_world *world, const struct sim_best *a, const struct sim_best *b);
/* Notes what a server's store has of a client now. */
void oracle_look_up(const struct sim_world *world, const struct sim_server *server, unsigned client,
                    struct sim_best *ret_best);
void oracle_join(const struct sim_world *world, uint32_t part, struct sim_join *ret_join);
/* Every store of the part is the join, in digest and count, too; nothing is left to send. */
void oracle_check(struct sim_world *world, uint32_t part, struct sim_join *join, struct sim_verdict *verdict);
void oracle_blame(struct sim_verdict *verdict, const char *format, ...) __attribute__((format(printf, 2, 3)));
struct herd_text sim_client(unsigned number);

/* -- mutants.c -- */

/* HERD_MUTANT_NONE where there is none of this name. */
enum herd_mutant mutants_find(const char *name);
void mutants_list(FILE *out);
/* Whether this is the mutant that runs (always false in the program without them). */
bool mutants_is(enum herd_mutant mutant);

#endif
