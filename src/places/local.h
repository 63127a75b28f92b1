/* SPDX-License-Identifier: MIT */
#ifndef HERD_PLACES_LOCAL_H
#define HERD_PLACES_LOCAL_H

/*
 * What the files of this room share: the bytes of the index, the sphere, the
 * curve, and the small writers.
 *
 * An index file, in the byte order of the machine that made it; every section
 * starts at a multiple of 8, its length is one, and it follows the one before:
 *
 *     header    magic, byte order, version, counts, the table of sections
 *     ABOUT     two lengths (uint32), the source's bytes, the attribution's
 *     TYPES     where each list of types ends (uint32 each), then the lists
 *     GROUPS    the tree: the boxes of each node's children, level by level
 *     LEAVES    what the lowest nodes hold: 16 places along the curve, in floats for
 *               a first look and exactly
 *     RECORDS   a head and the texts of each place, what an answer needs
 *
 * The tree is packed: node i of the lowest level holds points 16 i to 16 i + 15,
 * node i of a higher level holds nodes 16 i to 16 i + 15 of the level below, so
 * there is not one pointer in it. Boxes are of x, y, z on the unit sphere:
 * there poles and the antimeridian are ordinary points. Each box comes with the
 * best prominence below it. A node's children lie axis by axis, so that all 16
 * are looked at with a few vector instructions.
 *
 *                    [ root ]                      one group: up to 16 boxes
 *            [ node ][ node ] ...                  groups
 *     [ leaf ][ leaf ] ...                         leaves: up to 16 points
 *     p p p p ... p                places, sorted by their place on the Hilbert curve
 */

#include <stdint.h>
#include <stdio.h>

#include "herd/buffer.h"
#include "herd/cut.h"
#include "herd/draft.h"
#include "herd/list.h"
#include "herd/places.h"
#include "herd/placesindex.h"
#include "herd/random.h"
#include "herd/siphash.h"

#define HERD_INDEX_VERSION 1u
#define HERD_INDEX_BYTE_ORDER UINT32_C(0x01020304)
#define HERD_INDEX_FANOUT 16u
#define HERD_INDEX_LEVELS_MAX 8u
#define HERD_INDEX_PLACES_MAX (UINT32_C(1) << 31)
#define HERD_INDEX_MAGIC "\211HERDpx\n"
#define HERD_INDEX_MAGIC_LENGTH 8

enum herd_index_section {
    HERD_INDEX_ABOUT,
    HERD_INDEX_TYPES,
    HERD_INDEX_GROUPS,
    HERD_INDEX_LEAVES,
    HERD_INDEX_RECORDS,
    HERD_INDEX_SECTIONS,
};

struct herd_index_entry {
    uint64_t offset;
    uint64_t length;
    uint32_t checksum; /* CRC-32C of the section */
    uint32_t zero;
};

struct herd_index_header {
    char magic[HERD_INDEX_MAGIC_LENGTH];
    uint32_t byte_order;
    uint32_t version;
    uint32_t header_bytes;
    uint32_t checksum; /* CRC-32C of the header with 0 here */
    uint64_t file_bytes;
    uint32_t place_count;
    uint32_t type_count;
    uint32_t fanout;
    uint32_t section_count;
    struct herd_index_entry sections[HERD_INDEX_SECTIONS];
};

/* The children of a node of a higher level; those that there are not are zeros. */
struct herd_index_group {
    float low[3][HERD_INDEX_FANOUT]; /* rounded outwards */
    float high[3][HERD_INDEX_FANOUT];
    float prominence[HERD_INDEX_FANOUT]; /* ln(1 + greatest population below), rounded up */
};

struct herd_index_point {
    int32_t latitude_e7;
    int32_t longitude_e7;
    uint32_t population;
    uint32_t record; /* offset in RECORDS */
};

/* The places of a node of the lowest level, side by side in memory because a search that sees one sees all. */
struct herd_index_leaf {
    float at[3][HERD_INDEX_FANOUT];      /* on the unit sphere, rounded to nearest */
    float prominence[HERD_INDEX_FANOUT]; /* rounded up */
    struct herd_index_point points[HERD_INDEX_FANOUT];
};

/* Head of a record; the bytes of id, name and vicinity follow. Not aligned. */
struct herd_index_record {
    uint8_t id_length;
    uint8_t vicinity_length;
    uint16_t name_length;
    uint16_t type; /* number of its list of types */
};

_Static_assert(sizeof(struct herd_index_header) == 168, "no padding in the file's header");
_Static_assert(sizeof(struct herd_index_group) == 448, "no padding in groups");
_Static_assert(sizeof(struct herd_index_leaf) == 512, "no padding in leaves");
_Static_assert(sizeof(struct herd_index_point) == 16, "no padding in points");
_Static_assert(sizeof(struct herd_index_record) == 6, "no padding in records");

/* What is wrong with the head of an index of `length` bytes (NULL: nothing), of which no byte behind it is looked at.
 */
const char *herd_index_check_head(const struct herd_index_header *header, size_t length);
/*
 * The levels of a tree over `place_count` points: fills ret_start with the first
 * node of each level and, after the last, the number of all; returns the number
 * of levels, 0 for no points.
 */
uint32_t herd_index_levels(uint32_t place_count, uint32_t ret_start[HERD_INDEX_LEVELS_MAX + 1]);

/* What is wrong with a place of an index (NULL: nothing). Whoever makes an index asks the same as whoever opens it. */
const char *herd_index_check_point(const struct herd_index_point *point, struct herd_places_section records,
                                   uint32_t type_count);

/* x, y, z on the unit sphere of a coordinate in units of 1e-9 degree. */
void herd_sphere_vector(int64_t latitude_e9, int64_t longitude_e9, double ret_vector[3]);
/* A point from which distances are measured, with the cosine and the sine of its latitude. */
struct herd_sphere_origin {
    int64_t latitude_e9;
    int64_t longitude_e9;
    double cosine;
    double sine;
};

struct herd_sphere_origin herd_sphere_origin(int64_t latitude_e9, int64_t longitude_e9);
/*
 * Great-circle distance by the haversine formula, good to nanometres for near
 * points because differences are taken of whole numbers.
 */
double herd_sphere_distance_m(const struct herd_sphere_origin *origin, int32_t latitude_e7, int32_t longitude_e7);

/*
 * The place of a cell on the Hilbert curve through a cube of 2^bits cells a
 * side, bits 1 to 21.
 */
uint64_t herd_hilbert_key(const uint32_t cell[3], unsigned bits);

/*
 * A circuit breaker: after `failures_max` failures running (0: never) it opens
 * for `open_ms` give or take a fifth, then lets one request through (half open)
 * and closes or opens again by what becomes of it.
 */
enum herd_breaker_state { HERD_BREAKER_CLOSED, HERD_BREAKER_OPEN, HERD_BREAKER_HALF_OPEN };

struct herd_breaker {
    enum herd_breaker_state state;
    uint32_t failures_max;
    uint32_t open_ms;
    uint32_t failures; /* running */
    int64_t until_ms;  /* OPEN: when it may be tried */
};

void herd_breaker_init(struct herd_breaker *breaker, uint32_t failures_max, uint32_t open_ms);
/* Whether a request may be made now. Where it says yes, succeed, fail or withdraw follows. */
bool herd_breaker_try(struct herd_breaker *breaker, int64_t now_ms);
void herd_breaker_succeed(struct herd_breaker *breaker);
/* Whether it has opened by this. */
bool herd_breaker_fail(struct herd_breaker *breaker, int64_t now_ms, struct herd_random *random);
/* The request was never made: the next one may be. */
void herd_breaker_withdraw(struct herd_breaker *breaker);

#define HERD_PLACES_BUCKETS 256

#define HERD_PLACES_ROUNDS 64 /* who asks more than this has its later questions all in the last one */

struct herd_places_queue {
    struct herd_list_node rounds[HERD_PLACES_ROUNDS]; /* herd_places_request.queue_node, from rounds[round % ..] on */
    uint64_t round;                                   /* being served: nothing waits in an earlier one */
    unsigned come;                                    /* so many came to be in it since it is being served */
};

struct herd_places_provider {
    char *name;
    bool local;
    struct herd_buffer url;
    struct herd_buffer encoded_key;
    struct herd_breaker breaker;
    struct herd_places_queue queue;
    unsigned host;        /* the first provider at the same host, maybe itself */
    unsigned host_flying; /* of such a first one: requests under way to the host */
};

enum herd_places_request_state {
    HERD_PLACES_REQUEST_INDEX,  /* in places.index_waiters */
    HERD_PLACES_REQUEST_WISH,   /* in its provider's queue */
    HERD_PLACES_REQUEST_FLYING, /* the driver has it */
    HERD_PLACES_REQUEST_DONE,   /* in no list */
};

struct herd_places_request {
    struct herd_list_node bucket_node; /* herd_places.buckets */
    struct herd_list_node queue_node;  /* herd_places.index_waiters or herd_places_queue.rounds */
    struct herd_list_node due_node;    /* herd_places.due */
    struct herd_list_node waiting;     /* herd_places_ticket.node */
    enum herd_places_request_state state;
    unsigned provider;
    unsigned holders;
    bool probe;               /* the one that a half open breaker has let through */
    bool hurried;             /* FLYING: most of its time had passed before the provider was asked */
    uint64_t round;           /* WISH: in the provider's queue */
    int64_t due_ms;           /* WISH: when it has waited too long */
    int64_t deadline_ms;      /* of the question */
    struct herd_buffer place; /* `location=34.06893,-118.445127&radius=10000` */
    struct herd_buffer body;  /* an answer, or the last provider's error body, or ours; empty: none yet */
    struct herd_cut cut;      /* of body */
};

struct herd_places {
    struct herd_places_provider *providers;
    unsigned provider_count;
    enum herd_places_rank local_rank;
    uint32_t timeout_ms;
    uint32_t body_bytes_max;
    uint32_t depth_max;
    uint32_t transfers_max;
    uint32_t transfers_per_host_max;
    uint32_t queue_max;
    unsigned remote_count; /* providers that are not local */
    struct herd_places_counts counts;
    const struct herd_places_index *indexes;
    unsigned index_count;
    bool indexes_known;
    int64_t now_ms; /* of the latest call that told it */
    unsigned request_count;
    struct herd_list_node buckets[HERD_PLACES_BUCKETS]; /* herd_places_request.bucket_node */
    struct herd_list_node index_waiters;                /* herd_places_request.queue_node */
    struct herd_list_node due;                          /* herd_places_request.due_node, the first to be late first */
    unsigned queued;                                    /* in all providers' queues */
    unsigned flying;
    struct herd_siphash_key hash_key;
    struct herd_random random;
    struct herd_buffer place; /* of the question being asked */
    struct herd_buffer url;   /* of the latest wish */
    struct herd_places_scratch scratch;
};

/* An identical request that is not settled, or NULL. */
struct herd_places_request *herd_places_request_find(struct herd_places *places, unsigned provider,
                                                     struct herd_text place);
/* A new one that is in no list, with the whole time that a question has. */
struct herd_places_request *herd_places_request_open(struct herd_places *places, struct herd_text place);
/* The ticket waits with it; one that waits for a provider goes as early as this asker's turn is. */
void herd_places_request_join(struct herd_places *places, struct herd_places_request *request,
                              struct herd_places_ticket *ticket);
/* The ticket waits no longer. */
void herd_places_request_part(struct herd_places_ticket *ticket);
/* Puts one that is in no list where the requests of that provider wait; takes it out of there, or from the driver. */
void herd_places_request_enlist(struct herd_places *places, struct herd_places_request *request, unsigned provider);
void herd_places_request_unlist(struct herd_places *places, struct herd_places_request *request);
/* The tickets of `from` wait with `into`; an error body goes with them where that one has none yet. */
void herd_places_request_merge(struct herd_places *places, struct herd_places_request *from,
                               struct herd_places_request *into);
/*
 * Ends a request that is in no list: every ticket becomes READY to cut its body
 * (`with_body`), or as a local one.
 */
void herd_places_request_settle(struct herd_places *places, struct herd_places_request *request, bool with_body);
/* One that waits for its provider is not to be sent, for `reason` (a literal): on to the next. */
void herd_places_request_pass(struct herd_places *places, struct herd_places_request *request, const char *reason);
extern const char herd_places_no_index[];
extern const char herd_places_left_alone[];
/* Nobody waits any more for one that the driver has not taken. */
void herd_places_request_drop(struct herd_places *places, struct herd_places_request *request);
/* A ticket that held the settled request's body is done with it. */
void herd_places_request_release(struct herd_places *places, struct herd_places_request *request);
void herd_places_request_free(struct herd_places *places, struct herd_places_request *request);

/* What waits for its provider (placesqueue.c): the queue of one, and a request in it. */
void herd_places_queue_init(struct herd_places_queue *queue);
/* The request waits for the indexes to be read, no longer than for its share of the time. */
void herd_places_queue_await_index(struct herd_places *places, struct herd_places_request *request);
void herd_places_queue_push(struct herd_places *places, struct herd_places_request *request);
void herd_places_queue_remove(struct herd_places *places, struct herd_places_request *request);
/* That ticket joined it: it may go earlier. Nothing where it does not wait for a provider. */
void herd_places_queue_join(struct herd_places *places, struct herd_places_request *request,
                            const struct herd_places_ticket *ticket);
void herd_places_queue_land(struct herd_places *places, const struct herd_places_request *request);

/* Appends a key as a URL's query may hold it: all but letters, digits, `-._~` as %XX. */
void herd_google_legacy_append_key(struct herd_buffer *out, struct herd_text key);
/* Appends `<base>?<place>&key=<key>`; with `&` for `?` where the base has a query already. */
void herd_google_legacy_append_url(struct herd_buffer *out, struct herd_text base, struct herd_text place,
                                   struct herd_text encoded_key);

struct json_t;
/* Where a GeoJSON geometry is, as one point; false where it has none in the world. */
bool herd_draft_set_shape(struct herd_draft *draft, const struct json_t *geometry);
/* Appends JSON that jansson takes for the same JSON: it refuses some numbers and escapes that are right. */
void herd_json_mend(struct herd_text text, struct herd_buffer *out);
/* What is said of a GeoJSON FeatureCollection. */
extern const char herd_draft_collection[];

/* Place `number` of an index, below place_count. */
static inline const struct herd_index_point *herd_index_point_at(const struct herd_places_index *index, uint32_t number)
{
    const struct herd_index_leaf *leaves = index->leaves.bytes;
    return &leaves[number / HERD_INDEX_FANOUT].points[number % HERD_INDEX_FANOUT];
}

/* A set of whole numbers below its size. */
struct herd_builder_set {
    uint64_t *words;
    uint32_t size;
};

/* An index being made: places in the order of coming, sorted when it is written. */
struct herd_builder {
    struct herd_index_point *points; /* .record: offset in records */
    uint32_t point_count;
    uint32_t point_capacity;
    struct herd_buffer records;
    struct herd_buffer types;     /* the lists, one after the other */
    struct herd_buffer type_ends; /* uint32_t each */
    uint32_t type_count;
    uint32_t *type_slots;          /* hash table of numbers of lists + 1 */
    struct herd_builder_set given; /* ids that are numbers, of those that a made id might be */
    struct herd_builder_set made;  /* numbers that are ids because there was none */
    uint32_t clash_count;          /* numbers in both */
};

void herd_builder_init(struct herd_builder *builder);
void herd_builder_finish(struct herd_builder *builder);
/*
 * Adds a checked draft; an empty id becomes the place's number, or where some
 * other place was given that one, the next number that nobody has. NULL, or why
 * it cannot be taken, and nothing was added.
 */
const char *herd_builder_add(struct herd_builder *builder, const struct herd_draft *draft);
/* All places are there: made ids that were given to others, too, are made anew. */
void herd_builder_settle(struct herd_builder *builder);
/* The length of the record there, with its head; and its id. */
size_t herd_builder_record_length(const struct herd_builder *builder, uint32_t offset);
struct herd_text herd_builder_id(const struct herd_builder *builder, uint32_t offset);
/*
 * Writes the index of a settled builder: 0, or a negative errno. Leaves `file`
 * open and flushed. *ret_crowded: the places left out because they can never be
 * among the first HERD_BOUND_MAX of any answer, for they are on one spot with
 * so many others.
 */
int herd_index_write(const struct herd_builder *builder, struct herd_text source, struct herd_text attribution,
                     FILE *file, uint32_t *ret_crowded);

/* The place of a point on the curve when it is sorted. */
struct herd_index_key {
    uint64_t key;
    uint32_t number; /* in the order of coming */
};

/*
 * Of sorted keys, leaves out those of places that no search can find because of
 * others on the same spot; returns how many stay, in their order.
 */
uint32_t herd_index_thin(const struct herd_builder *builder, struct herd_index_key *keys, uint32_t count);

/* Orders ids: the shorter first, then by bytes; so numbers are in order of value. */
int herd_place_id_compare(struct herd_text a, struct herd_text b);

/* Appends a JSON string with its quotes: escapes `"`, `\` and control bytes, passes everything else. */
void herd_json_append_string(struct herd_buffer *out, struct herd_text text);
/* Appends 1e-7 degrees as Google writes coordinates: `34.0632868`, `-118.5`, `34.0`. */
void herd_json_append_degrees(struct herd_buffer *out, int32_t degrees_e7);
/* Appends the body for a question that no provider answered. */
void herd_json_append_failure(struct herd_buffer *out, const char *message);

#endif
