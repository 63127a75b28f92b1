/* SPDX-License-Identifier: MIT */
#ifndef HERD_FLOOD_H
#define HERD_FLOOD_H

/*
 * The flood: both ends of the dialogue between neighbours (docs/protocol.md,
 * part 2), without sockets, clocks or timers. The driver brings bytes, the
 * time and how much room the transport has; what is to be sent goes into the
 * buffer it hands in.
 *
 *     outbound   this server dials the neighbour and floods to it
 *     inbound    the neighbour dialled this server and floods to it
 *     neighbour  what both share: the slot in the store, which incarnation of
 *                it is connected, and what this server can claim to have of it.
 *                Neighbours come and go at any time
 *
 * Words:
 *   incarnation  64 random bits of one run of a server; never kept across runs
 *   mark         a sequence number of the sender: everything up to it was sent
 *   claim        (incarnation, mark) of a neighbour that this server has heard;
 *                a reconnecting neighbour sends only what is newer
 *
 * Whether a neighbour has a record is decided by incarnation, never by name or
 * by the list of servers visited: a server that came back empty must be told
 * its own clients' locations again.
 */

#include <stdint.h>

#include "herd/backoff.h"
#include "herd/batch.h"
#include "herd/counters.h"
#include "herd/line.h"
#include "herd/list.h"
#include "herd/peerline.h"
#include "herd/random.h"
#include "herd/route.h"
#include "herd/store.h"
#include "herd/times.h"

#define HERD_HANDSHAKE_MS 3000
#define HERD_PULSE_MS 1000
#define HERD_SILENCE_MS 4000
#define HERD_SCAN_SLICE 4096
#define HERD_POPS_PER_MARK 4096
#define HERD_SETTLED_MS 10000    /* both digests unchanged for so long, and different: a divergence */
#define HERD_RESCAN_MS_MIN 60000 /* between rescans for it, doubling to */
#define HERD_RESCAN_MS_MAX (60 * 60 * 1000)
#define HERD_KEY_BYTES 32
#define HERD_NONCE_BYTES 16
#define HERD_KEYS_MAX 2

/* The time, as the driver sees it in this turn. */
struct herd_now {
    int64_t monotonic_ms;
    int64_t wall_ns;
};

/*
 * What peers prove with. The core knows neither OpenSSL nor the system's
 * randomness: both are given. count 0: no secret, and only loopback is taken.
 * While a secret is being changed there are two: the first one signs, either
 * is accepted.
 */
struct herd_keys {
    unsigned count;
    unsigned char keys[HERD_KEYS_MAX][HERD_KEY_BYTES]; /* HMAC-SHA256(secret, "herd-peer-1") */
    /* HMAC-SHA256 of a text (RFC 2104). */
    void (*mac)(const unsigned char key[HERD_KEY_BYTES], struct herd_text text, unsigned char ret_mac[HERD_KEY_BYTES]);
    /* Fills with bytes that nobody can guess. */
    void (*fill)(void *owner, void *out, size_t length);
    void *owner;
};

/* Counts for logs and metrics. */
struct herd_flood_counts {
    uint64_t at_sent;
    uint64_t at_received;
    uint64_t at_newer;
    uint64_t at_dropped;    /* not canonical */
    uint64_t at_full;       /* the store had no room for one more client */
    uint64_t at_expired;    /* older than the time to live */
    uint64_t lines_skipped; /* verbs of a newer version */
    uint64_t refused;       /* inbound sessions that were sent REFUSE */
    uint64_t proofs_failed; /* of either end, one of them without a secret included */
    uint64_t divergences;   /* digests that had settled and differed */
    uint64_t rivals;        /* sessions that show two servers of one name */
    uint64_t marks_sent;
};
extern const struct herd_counter_table herd_flood_counters;
extern const struct herd_counter_table herd_flood_times; /* of struct herd_flood */

/* A route that lines came by or leave by, and what it says of a version. */
struct herd_known_route {
    struct herd_route route;
    uint8_t origin;
    uint8_t way_count;
    uint8_t way[HERD_WAY_MAX]; /* as struct herd_version has it */
};

#define HERD_ROUTES_IN 16  /* known of each neighbour: other lines are read the long way */
#define HERD_ROUTES_OUT 16 /* known of all that leave */

struct herd_inbound;
struct herd_link;

struct herd_neighbour {
    struct herd_list_node node; /* herd_flood.neighbours */
    struct herd_text name;      /* in `bytes` */
    uint8_t number;             /* in the store's names; HERD_NAME_UNKNOWN where those are full: all works without */
    unsigned slot;              /* in the store; HERD_SLOT_NONE: it is no neighbour any more */
    unsigned sessions;          /* outbound and inbound ones that name it, which it outlives */
    bool connected;             /* outbound has seen WELCOME and lives */
    uint64_t connected_incarnation;
    bool claimed;
    uint64_t claim_incarnation;
    uint64_t claim_mark;
    uint64_t replaced_incarnation; /* of the session that a newer one replaced last; 0: none */
    struct herd_inbound *inbound;  /* the newest inbound session that saw WELCOME; NULL: none */
    struct herd_link *link;        /* herd/link.h; NULL: none */
    char bytes[HERD_NAME_LENGTH_MAX];
};

struct herd_flood {
    struct herd_store *store;
    struct herd_text herd; /* views of the configuration */
    struct herd_text name;
    uint8_t number;
    uint64_t incarnation;
    struct herd_random random; /* jitter */
    size_t hello_bytes_max;    /* a line before WELCOME; HERD_PEER_HANDSHAKE_LINE_MAX */
    size_t line_bytes_max;     /* a line after it; HERD_PEER_LINE_MAX */
    uint32_t scan_slice;       /* records a pump drops, scans or passes over; HERD_SCAN_SLICE */
    uint32_t pops_per_mark;    /* a MARK is told after so many, or with the next pulse; HERD_POPS_PER_MARK */
    struct herd_keys keys;
    struct herd_list_node neighbours; /* in the order in which they were taken */
    struct herd_flood_counts counts;
    struct herd_times delays; /* from an origin's receiving to our learning, of the last news of a batch */
    struct herd_batch
        learnt; /* read from AT lines, with these as `keep` takes them; empty but in herd_inbound_receive */
    struct herd_known_route routes[HERD_ROUTES_OUT]; /* that lines leave by */
    /*
     * Takes `AT <origin> <difference> <client> <position> <time>` of what a
     * neighbour taught and the store took, in the neighbour's own bytes, which
     * are what would be written of it. NULL: nobody wants them.
     */
    void (*keep)(void *keeper, struct herd_text text);
    void *keeper;
};

/*
 * `incarnation` from the system's randomness and not 0; `seed` for jitter. The
 * store is empty; its digest is keyed by `herd`. Stays where it is.
 * Without keys (herd_flood.keys filled afterwards) only loopback is taken.
 */
void herd_flood_init(struct herd_flood *flood, struct herd_store *store, struct herd_text herd, struct herd_text name,
                     uint64_t incarnation, uint64_t seed);
/* The bytes that a neighbour's line may have, before WELCOME and after it, in sessions that begin from now on. */
void herd_flood_configure(struct herd_flood *flood, size_t hello_bytes_max, size_t line_bytes_max);
/* What sessions that begin from now on prove with; copied. */
void herd_flood_set_keys(struct herd_flood *flood, const struct herd_keys *keys);
/* Who wants what neighbours teach; see herd_flood.keep. */
static inline void herd_flood_keep(struct herd_flood *flood, void (*keep)(void *keeper, struct herd_text text),
                                   void *keeper)
{
    flood->keep = keep;
    flood->keeper = keeper;
}
/* After all sessions are finished; gives all neighbours back. Before the store's. */
void herd_flood_finish(struct herd_flood *flood);
/*
 * A new neighbour, with a slot of its own in the store; the name, which none of them has, is copied. NULL where no slot
 * is free. It gets a number where it has none yet and one is left: from then on lines of it are read and written the
 * short way. What is stored of it as foreign is the same version as before, here and for every other server.
 */
struct herd_neighbour *herd_flood_take_neighbour(struct herd_flood *flood, struct herd_text name);
/*
 * It is no neighbour any more: its sessions must have been stopped, or not yet be live; the latter are refused. Its
 * memory goes with the last session that names it. Takes NULL.
 */
void herd_flood_give_neighbour(struct herd_flood *flood, struct herd_neighbour *neighbour);
/* NULL: none of this name. */
struct herd_neighbour *herd_flood_find(struct herd_flood *flood, struct herd_text name);

enum herd_peer_state {
    HERD_PEER_CLOSED,   /* before start, and after the end */
    HERD_PEER_GREETING, /* dialler waits for HELLO, acceptor for HELLO */
    HERD_PEER_PROVING,  /* dialler waits for WELCOME, acceptor for AUTH */
    HERD_PEER_LIVE,
};

/*
 * Why a session ended, for people: "refused: name not a neighbour", "silent".
 * Views stay valid until the session is started again.
 */
struct herd_peer_end {
    char text[160];
    bool secrets; /* it ended because the secrets differ, or seem to, or one side has none */
};

/* -- Outbound ------------------------------------------------------------ */

/*
 * Whether two stores agree. Their digests differ all the time while updates
 * are on their way; only two that have not changed for HERD_SETTLED_MS and
 * still differ show a fault. It is counted and answered with a rescan.
 */
struct herd_agreement {
    struct herd_digest mine;
    char theirs[HERD_DIGEST_LENGTH];
    bool heard; /* theirs is known */
    int64_t mine_since_ms;
    int64_t theirs_since_ms;
    int64_t rescan_ms; /* not before */
    int64_t pause_ms;  /* until the one after */
};

enum herd_outbound_work { HERD_OUTBOUND_DROPPING, HERD_OUTBOUND_SCANNING, HERD_OUTBOUND_FLOODING };

struct herd_outbound {
    struct herd_flood *flood;
    struct herd_neighbour *neighbour;
    enum herd_peer_state state;
    enum herd_outbound_work work; /* in LIVE */
    struct herd_framer framer;
    uint64_t peer_incarnation;
    uint64_t scan_mark; /* records above it are sent */
    uint32_t scan_cursor;
    uint64_t barrier_mark; /* to be told when barrier_left entries were popped */
    uint32_t barrier_left;
    uint64_t told_mark;
    uint64_t pending_mark;    /* reached, told with the next pulse or when many were sent */
    uint32_t popped_since;    /* entries since the last MARK */
    int64_t deadline_ms;      /* of the handshake */
    int64_t heard_ms;         /* last byte received */
    int64_t pulse_ms;         /* when the next PING is due */
    int64_t clock_offset_ns;  /* neighbour's clock less ours, from its last pulse */
    struct herd_buffer hello; /* our HELLO as sent, without LF, until it is proved */
    struct herd_agreement agreement;
    uint64_t divergences; /* found in this session */
    struct herd_peer_end end;
};

void herd_outbound_init(struct herd_outbound *outbound, struct herd_flood *flood, struct herd_neighbour *neighbour);
/* Stops it, too. Before the flood's. */
void herd_outbound_finish(struct herd_outbound *outbound);
/* The stream is connected: appends HELLO. */
void herd_outbound_start(struct herd_outbound *outbound, const struct herd_now *now, struct herd_buffer *out);
/* Bytes came. 0, or -EPROTO and the session is CLOSED (its end says why); send what is in `out`, then close the stream.
 */
int herd_outbound_receive(struct herd_outbound *outbound, struct herd_text bytes, const struct herd_now *now,
                          struct herd_buffer *out);
/*
 * Floods: appends AT and MARK lines while fewer than `room` bytes were
 * appended. Returns true where there is more to do that does not wait for room (a scan's next slice, many cancelled
 * entries): call again next turn.
 */
bool herd_outbound_pump(struct herd_outbound *outbound, size_t room, struct herd_buffer *out);
/*
 * The same for several neighbours of one server, each with its own room and
 * buffer: a line that is next for more than one of them is made once.
 */
struct herd_pump {
    struct herd_outbound *outbound;
    size_t room;
    struct herd_buffer *out;
    bool more;       /* set: there is more to do, as above */
    size_t before;   /* flood/ only: length of `out` at the start */
    uint32_t passed; /* flood/ only: cancelled entries */
};
void herd_flood_pump(struct herd_pump *pumps, unsigned count);
/* Whether pumping would do anything. */
bool herd_outbound_busy(const struct herd_outbound *outbound);
/* Time passes: PING when due. 0, or -ETIMEDOUT and CLOSED. Call when the deadline has come, earlier is harmless. */
int herd_outbound_tick(struct herd_outbound *outbound, const struct herd_now *now, struct herd_buffer *out);
/* Monotonic ms when tick must be called next. */
int64_t herd_outbound_deadline(const struct herd_outbound *outbound);
/* The stream is gone, or is being closed. */
void herd_outbound_stop(struct herd_outbound *outbound);
/* Records this neighbour has still to be told: queued, and left to scan. */
uint64_t herd_outbound_lag(const struct herd_outbound *outbound);

/* -- Inbound ------------------------------------------------------------- */

struct herd_inbound {
    struct herd_flood *flood;
    struct herd_neighbour *neighbour; /* NULL until HELLO named one */
    struct herd_inbound *replaced; /* set on reaching LIVE: the older session to be closed by the driver; NULL: none */
    enum herd_peer_state state;
    bool from_loopback;
    bool tainted;  /* an AT was dropped: this session's MARKs are not adopted */
    bool rival;    /* set on reaching LIVE: a run of this name that was replaced is back, so there are two of it */
    bool welcomed; /* herd_link_heard has seen it LIVE */
    struct herd_buffer transcript; /* both HELLOs, until the dialler has proved itself */
    struct herd_framer framer;
    struct herd_known_route routes[HERD_ROUTES_IN]; /* that its lines came by */
    unsigned route_last;                            /* by which the last one came */
    unsigned route_count;                           /* routes that were ever known: new ones take the oldest's place */
    uint64_t peer_incarnation;
    int64_t deadline_ms;
    int64_t heard_ms;
    int64_t pulse_ms;
    int64_t clock_offset_ns;
    struct herd_peer_end end;
    char claimed[HERD_NAME_LENGTH_MAX + 1]; /* the name that HELLO gave, also where it is refused; empty: none */
};

void herd_inbound_init(struct herd_inbound *inbound, struct herd_flood *flood, bool from_loopback,
                       const struct herd_now *now);
/* Stops it, too. Before the flood's. */
void herd_inbound_finish(struct herd_inbound *inbound);
/* As herd_outbound_receive. What was learnt is queued in the store for the other slots. */
int herd_inbound_receive(struct herd_inbound *inbound, struct herd_text bytes, const struct herd_now *now,
                         struct herd_buffer *out);
int herd_inbound_tick(struct herd_inbound *inbound, const struct herd_now *now, struct herd_buffer *out);
int64_t herd_inbound_deadline(const struct herd_inbound *inbound);
void herd_inbound_stop(struct herd_inbound *inbound);
/* The other side went, before herd_inbound_stop: notes what it means that it went at this point, where that is known.
 */
void herd_inbound_left(struct herd_inbound *inbound);

/* -- Redial -------------------------------------------------------------- */

/* When to dial a neighbour again. */
struct herd_redial {
    struct herd_backoff backoff;
    int64_t at_ms;       /* when to dial; INT64_MAX while a stream is up or being dialled */
    int64_t welcomed_ms; /* when the present session was welcomed; 0: not */
    int64_t urged_ms;    /* last dial that an inbound session urged */
};

#define HERD_REDIAL_BASE_MS 100
#define HERD_REDIAL_MAX_MS 5000
#define HERD_REDIAL_STABLE_MS 10000
#define HERD_REDIAL_URGE_MS 1000

/* Dial at once. */
void herd_redial_init(struct herd_redial *redial, int64_t now_ms);
void herd_redial_dialled(struct herd_redial *redial);
void herd_redial_welcomed(struct herd_redial *redial, int64_t now_ms);
/* The stream failed or ended: decides when to dial next; the back-off starts anew after a session that was stable. */
void herd_redial_failed(struct herd_redial *redial, struct herd_random *random, int64_t now_ms);
/*
 * The neighbour is certainly there: its inbound session was welcomed. Dials now, or where one was urged less than a
 * second ago when that second is over; nothing while up.
 */
void herd_redial_urge(struct herd_redial *redial, int64_t now_ms);

#endif
