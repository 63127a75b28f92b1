/* SPDX-License-Identifier: MIT */
/*
 * Searching. Every place has a cost, and less is better:
 *
 *     distance      cost = d                            d: metres along the surface
 *     prominence    cost = 4 d / r - ln(1 + population)
 *
 * For a node the box gives a d that no place below it undercuts, and the node's
 * best prominence does the same for the other term: a bound on the cost of
 * everything below. The frontier holds nodes that were seen but not opened; the
 * one with the least bound is opened next (best first), so the search ends as
 * soon as that bound is worse than the worst result wanted.
 *
 * Opening a node looks at all its children at once: the squared chords to 16
 * boxes or points in one go, without a branch. Turned round, the worst result
 * tells how far away a child of some prominence may be (its reach), so that most
 * are dropped by comparing squares; only a child that stays costs a square root,
 * and only a point that stays its exact distance. What takes most of the time
 * then is memory that is not in the cache. So the best three nodes are off the
 * frontier at any time and their bytes are asked for; the first of them is opened,
 * and the others' bytes come meanwhile. That opens a few more nodes than
 * strictly the best first would, and finds the same.
 *
 * The frontier is of fixed size. Where it is full, a node is opened on the spot
 * instead of put there: depth first, at most as deep as the tree, slower, the
 * same results. Of equals every one is seen, and the ids decide.
 *
 * Several indexes are searched one after the other into the same results: what
 * the first ones found sets the reach in the next, so that an index with nothing
 * better costs little more than a look at its root.
 *
 * The chord is never longer than the way along the surface. Boxes were rounded
 * outwards; what floats lose besides (coordinates to 2^-25, so some 0.7 m on
 * the earth, and a few 1e-7 of the distance) is covered by the slacks, always to
 * the side of looking at too much. So is what the reach loses, which is a sum of
 * two terms of at most some 7 radii each, in floats: 4e-6 of the radius.
 */
#include <assert.h>
#include <math.h>

#include "herd/word.h"
#include "local.h"

#define SLACK_M 1.0
#define SLACK_SHARE 1e-6
#define SLACK_TERMS 4e-6
#define CACHE_LINE_BYTES 64
#define NODE_BYTES sizeof(struct index_leaf)
#define AHEAD_MAX 3
#define WORDS (INDEX_FANOUT / HERD_WORD_SIZE)

/* A child may be chord + chord_per_prominence * its prominence away, in earth radii; at most the root of square_max. */
struct reach {
    float chord;
    float chord_per_prominence;
    float square_max;
};

struct search {
    const struct herd_places_index *index;
    const struct herd_places_query *query;
    struct herd_places_scratch *scratch;
    float at[3];
    struct sphere_origin origin;
    double per_metre;      /* what a metre costs */
    double prominence;     /* weight of ln(1 + population): 0 or 1 */
    double chord_per_cost; /* how far away one may be for it; 0 where a metre costs nothing */
    double chord_slack;
    struct reach reach;
};

/*
 * Twice the way from `at` to the box along one axis, 0 within it. a + |a| is 2 a
 * or 0 and nothing is rounded; at most one of the two is not 0. Written with
 * comparisons, gcc makes branches of it that no processor can foretell.
 */
static inline float twice_outside(float low, float high, float at)
{
    float below = low - at;
    float above = at - high;
    return (below + fabsf(below)) + (above + fabsf(above));
}

/* The squares of the chords to the 16 boxes of a group. */
static void measure_boxes(const struct index_group *group, const float at[3], float ret_squares[INDEX_FANOUT])
{
    float at_x = at[0];
    float at_y = at[1];
    float at_z = at[2];
    for (unsigned i = 0; i < INDEX_FANOUT; i++) {
        float x = twice_outside(group->low[0][i], group->high[0][i], at_x);
        float y = twice_outside(group->low[1][i], group->high[1][i], at_y);
        float z = twice_outside(group->low[2][i], group->high[2][i], at_z);
        ret_squares[i] = (x * x + y * y + z * z) * 0.25F;
    }
}

static void measure_points(const struct index_leaf *leaf, const float at[3], float ret_squares[INDEX_FANOUT])
{
    for (unsigned i = 0; i < INDEX_FANOUT; i++) {
        float x = leaf->at[0][i] - at[0];
        float y = leaf->at[1][i] - at[1];
        float z = leaf->at[2][i] - at[2];
        ret_squares[i] = x * x + y * y + z * z;
    }
}

static double chord_of(double distance_m)
{
    return (distance_m * (1 + SLACK_SHARE) + SLACK_M) / HERD_EARTH_RADIUS_M;
}

/* To be called when the worst result has changed. */
static void set_reach(struct search *search)
{
    const struct herd_places_scratch *scratch = search->scratch;
    bool full = scratch->found_count == search->query->bound;
    if (!full || search->chord_per_cost <= 0) return;
    double worst = scratch->found[scratch->found_count - 1].cost;
    search->reach.chord = (float)(worst * search->chord_per_cost + search->chord_slack);
    search->reach.chord_per_prominence = (float)(search->prominence * search->chord_per_cost);
}

/* Whether something that far away, squared, and of that prominence could be among the results. */
static inline bool within_reach(struct reach reach, float square, float prominence)
{
    float chord = reach.chord + reach.chord_per_prominence * prominence;
    return (chord * fabsf(chord) >= square) & (reach.square_max >= square);
}

/* Judges 16 children at once; a byte each, eight of them in a word, says 1 where it is so. */
static inline void judge(struct reach reach, const float squares[INDEX_FANOUT], const float prominences[INDEX_FANOUT],
                         uint64_t ret_within[WORDS])
{
    char within[INDEX_FANOUT];
    for (unsigned i = 0; i < INDEX_FANOUT; i++)
        within[i] = within_reach(reach, squares[i], prominences[i]);
    for (unsigned i = 0; i < WORDS; i++)
        ret_within[i] = herd_word_load(within + i * HERD_WORD_SIZE);
}

/* Whether something of that cost could still be among the results. */
static bool promising(const struct search *search, double cost)
{
    const struct herd_places_scratch *scratch = search->scratch;
    return scratch->found_count < search->query->bound || !(cost > scratch->found[scratch->found_count - 1].cost);
}

/* Of two that cost the same. */
static bool tied_before(const struct herd_places_found *a, const struct herd_places_found *b)
{
    if (a->distance_m != b->distance_m) return a->distance_m < b->distance_m;
    struct herd_places_place place_a;
    struct herd_places_place place_b;
    herd_places_index_place(a->index, a->number, &place_a);
    herd_places_index_place(b->index, b->number, &place_b);
    int order = place_id_compare(place_a.id, place_b.id);
    if (order == 0) order = place_id_compare(a->index->source, b->index->source);
    if (order != 0) return order < 0;
    return a->index == b->index ? a->number < b->number : a->index < b->index;
}

static void keep_found(struct search *search, struct herd_places_found found)
{
    struct herd_places_scratch *scratch = search->scratch;
    struct herd_places_found *at = scratch->found + scratch->found_count;
    for (; at > scratch->found; at--) {
        if (at[-1].cost < found.cost || (at[-1].cost == found.cost && !tied_before(&found, at - 1))) break;
        *at = at[-1];
    }
    *at = found;
    if (scratch->found_count < search->query->bound) scratch->found_count++;
    set_reach(search);
}

static void consider_point(struct search *search, uint32_t number)
{
    const struct herd_places_query *query = search->query;
    const struct herd_index_point *point = index_point_at(search->index, number);
    double distance_m = sphere_distance_m(&search->origin, point->latitude_e7, point->longitude_e7);
    if (distance_m > query->radius_m) return;
    double cost = distance_m * search->per_metre;
    if (search->prominence > 0) cost -= log1p((double)point->population);
    if (!promising(search, cost)) return;
    keep_found(search, (struct herd_places_found){search->index, number, distance_m, cost});
}

/* The frontier is a binary heap, the least bound on top. */
static void frontier_put(struct herd_places_scratch *scratch, struct herd_places_seen seen)
{
    struct herd_places_seen *frontier = scratch->frontier;
    unsigned at = scratch->frontier_count++;
    for (; at > 0 && frontier[(at - 1) / 2].cost > seen.cost; at = (at - 1) / 2)
        frontier[at] = frontier[(at - 1) / 2];
    frontier[at] = seen;
}

static struct herd_places_seen frontier_take(struct herd_places_scratch *scratch)
{
    struct herd_places_seen *frontier = scratch->frontier;
    struct herd_places_seen top = frontier[0];
    unsigned count = --scratch->frontier_count;
    struct herd_places_seen last = frontier[count];
    unsigned at = 0;
    for (unsigned child = 1; child < count; child = 2 * at + 1) {
        if (child + 1 < count && frontier[child + 1].cost < frontier[child].cost) child++;
        if (!(last.cost > frontier[child].cost)) break;
        frontier[at] = frontier[child];
        at = child;
    }
    frontier[at] = last;
    return top;
}

static void open_node(struct search *search, uint32_t node, uint32_t level);

static const struct index_leaf *leaf_of(const struct herd_places_index *index, uint32_t node)
{
    return (const struct index_leaf *)index->leaves.bytes + node;
}

/* Of a node that is none of the lowest level. */
static const struct index_group *group_of(const struct herd_places_index *index, uint32_t node)
{
    return (const struct index_group *)index->groups.bytes + (node - index->level_start[1]);
}

/* A node will be opened soon: a hint, where the compiler knows how to give it. */
static inline void prefetch(const struct herd_places_index *index, struct herd_places_seen seen)
{
#ifdef __GNUC__
    const char *bytes =
        seen.level == 0 ? (const char *)leaf_of(index, seen.node) : (const char *)group_of(index, seen.node);
    for (unsigned i = 0; i < NODE_BYTES; i += CACHE_LINE_BYTES)
        __builtin_prefetch(bytes + i);
#else
    (void)index;
    (void)seen;
#endif
}

static void consider_node(struct search *search, uint32_t node, uint32_t level, float square, float prominence)
{
    double least_m = sqrt((double)square) * (HERD_EARTH_RADIUS_M * (1 - SLACK_SHARE)) - SLACK_M;
    double cost = (least_m > 0 ? least_m : 0) * search->per_metre - search->prominence * (double)prominence;
    if (search->scratch->frontier_count == HERD_PLACES_FRONTIER_MAX) {
        open_node(search, node, level);
        return;
    }
    frontier_put(search->scratch, (struct herd_places_seen){cost, node, level});
}

static void open_leaf(struct search *search, uint32_t node)
{
    const struct index_leaf *leaf = leaf_of(search->index, node);
    uint32_t first = node * INDEX_FANOUT;
    uint32_t left = search->index->place_count - first;
    float squares[INDEX_FANOUT];
    uint64_t within[WORDS];
    measure_points(leaf, search->at, squares);
    judge(search->reach, squares, leaf->prominence, within);
    for (uint32_t word = 0; word < WORDS; word++) {
        for (uint64_t rest = within[word]; rest != 0; rest &= rest - 1) {
            uint32_t i = word * HERD_WORD_SIZE + herd_word_first(rest);
            /* Those before it may have narrowed the reach. */
            if (i < left && within_reach(search->reach, squares[i], leaf->prominence[i]))
                consider_point(search, first + i);
        }
    }
}

static void open_group(struct search *search, uint32_t node, uint32_t level)
{
    const uint32_t *start = search->index->level_start;
    const struct index_group *group = group_of(search->index, node);
    uint32_t first = start[level - 1] + (node - start[level]) * INDEX_FANOUT;
    uint32_t left = start[level] - first;
    float squares[INDEX_FANOUT];
    uint64_t within[WORDS];
    measure_boxes(group, search->at, squares);
    judge(search->reach, squares, group->prominence, within);
    for (uint32_t word = 0; word < WORDS; word++) {
        for (uint64_t rest = within[word]; rest != 0; rest &= rest - 1) {
            uint32_t i = word * HERD_WORD_SIZE + herd_word_first(rest);
            if (i < left) consider_node(search, first + i, level - 1, squares[i], group->prominence[i]);
        }
    }
}

static void open_node(struct search *search, uint32_t node, uint32_t level)
{
    search->scratch->nodes_visited++;
    if (level == 0)
        open_leaf(search, node);
    else
        open_group(search, node, level);
}

static void prepare(struct search *search)
{
    const struct herd_places_query *query = search->query;
    double vector[3];
    sphere_vector(query->latitude_e9, query->longitude_e9, vector);
    for (unsigned i = 0; i < 3; i++)
        search->at[i] = (float)vector[i];
    search->origin = sphere_origin(query->latitude_e9, query->longitude_e9);
    bool by_distance = query->rank == HERD_PLACES_DISTANCE;
    search->per_metre = by_distance ? 1 : query->radius_m > 0 ? 4 / query->radius_m : 0;
    search->prominence = by_distance ? 0 : 1;
    search->chord_per_cost = search->per_metre > 0 ? (1 + SLACK_SHARE) / (search->per_metre * HERD_EARTH_RADIUS_M) : 0;
    search->chord_slack = chord_of(search->prominence * query->radius_m * SLACK_TERMS);
    double chord_max = chord_of(query->radius_m);
    float chord = (float)(chord_max * (1 + SLACK_SHARE));
    search->reach = (struct reach){chord, 0, chord * chord};
    search->scratch->found_count = 0;
    search->scratch->nodes_visited = 0;
}

/* Nodes off the frontier, the next to be opened first. */
struct ahead {
    struct herd_places_seen nodes[AHEAD_MAX];
    unsigned count;
};

static void look_ahead(struct search *search, struct ahead *ahead)
{
    struct herd_places_scratch *scratch = search->scratch;
    while (ahead->count < AHEAD_MAX && scratch->frontier_count > 0 && promising(search, scratch->frontier[0].cost)) {
        struct herd_places_seen seen = frontier_take(scratch);
        prefetch(search->index, seen);
        ahead->nodes[ahead->count++] = seen;
    }
}

static void search_index(struct search *search, const struct herd_places_index *index)
{
    struct ahead ahead = {.count = 0};
    if (index->place_count == 0) return;
    search->index = index;
    search->scratch->frontier_count = 0;
    open_node(search, index->level_start[index->level_count] - 1, index->level_count - 1);
    for (look_ahead(search, &ahead); ahead.count > 0; look_ahead(search, &ahead)) {
        struct herd_places_seen next = ahead.nodes[0];
        ahead.count--;
        for (unsigned i = 0; i < ahead.count; i++)
            ahead.nodes[i] = ahead.nodes[i + 1];
        if (promising(search, next.cost)) open_node(search, next.node, next.level);
    }
}

unsigned herd_places_index_search(const struct herd_places_index *indexes, unsigned index_count,
                                  const struct herd_places_query *query, struct herd_places_scratch *scratch)
{
    assert(query->bound <= HERD_BOUND_MAX && query->radius_m >= 0);
    struct search search = {.query = query, .scratch = scratch};
    prepare(&search);
    if (query->bound == 0) return 0;
    for (unsigned i = 0; i < index_count; i++)
        search_index(&search, &indexes[i]);
    return scratch->found_count;
}
