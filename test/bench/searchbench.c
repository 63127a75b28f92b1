/* SPDX-License-Identifier: MIT */
/*
 * The search of places alone: searchbench INDEX SEARCHES [SEED]
 *
 * Questions are as the measuring script's million places lie: in the 5 x 5
 * degrees from SOUTH and WEST on, radius 1 to 50 km, the best 20, by distance and
 * by prominence in turns. Each search is timed for itself; between two of them
 * the answer is checked (within the radius, best first). A wrong one ends it
 * with 76. Prints one JSON object.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

#include "herd/clock.h"
#include "herd/histogram.h"
#include "herd/indexfile.h"
#include "herd/random.h"

#define SOUTH_E9 INT64_C(46000000000)
#define WEST_E9 INT64_C(2000000000)
#define SIDE_E9 UINT64_C(5000000000)
#define RADIUS_MIN_M 1000
#define RADIUS_RANGE_M 49001
#define BOUND 20

static _Noreturn void fail(int code, const char *what)
{
    fprintf(stderr, "searchbench: %s\n", what);
    exit(code);
}

static void open_index(const char *path, struct herd_places_index *ret_index)
{
    static struct herd_index_file file;
    if (herd_index_file_open(&file, path) != 0) fail(EX_NOINPUT, file.problem);
    if (herd_index_file_read(&file, NULL, NULL, ret_index) != 0) fail(EX_DATAERR, file.problem);
}

static struct herd_places_query draw_query(struct herd_random *random, enum herd_places_rank rank)
{
    return (struct herd_places_query){
        .latitude_e9 = SOUTH_E9 + (int64_t)(herd_random_next(random) % SIDE_E9),
        .longitude_e9 = WEST_E9 + (int64_t)(herd_random_next(random) % SIDE_E9),
        .radius_m = (double)(RADIUS_MIN_M + herd_random_next(random) % RADIUS_RANGE_M),
        .rank = rank,
        .bound = BOUND,
    };
}

static void check(const struct herd_places_query *query, const struct herd_places_scratch *scratch, unsigned count)
{
    if (count > BOUND) fail(EX_PROTOCOL, "more places than asked for");
    for (unsigned i = 0; i < count; i++) {
        if (scratch->found[i].distance_m > query->radius_m) fail(EX_PROTOCOL, "a place beyond the radius");
        if (i > 0 && scratch->found[i].cost < scratch->found[i - 1].cost) fail(EX_PROTOCOL, "a worse place first");
    }
}

static double mean_us(const struct herd_histogram *histogram)
{
    return (double)histogram->sum / (double)histogram->count / 1e3;
}

int main(int argc, char **argv)
{
    static struct herd_histogram histograms[2];
    static struct herd_places_scratch scratch;
    struct herd_places_index index;
    struct herd_random random;
    uint64_t found = 0;
    unsigned long searches = argc > 2 ? strtoul(argv[2], NULL, 10) : 0;
    if (searches == 0) fail(EX_USAGE, "searchbench INDEX SEARCHES [SEED]");
    herd_random_init(&random, argc > 3 ? strtoul(argv[3], NULL, 10) : 1);
    open_index(argv[1], &index);
    for (unsigned long i = 0; i < 2 * searches; i++) {
        enum herd_places_rank rank = i % 2 == 0 ? HERD_PLACES_DISTANCE : HERD_PLACES_PROMINENCE;
        struct herd_places_query query = draw_query(&random, rank);
        int64_t start_ns = herd_clock_monotonic_ns();
        unsigned count = herd_places_index_search(&index, 1, &query, &scratch);
        herd_histogram_record(&histograms[i % 2], (uint64_t)(herd_clock_monotonic_ns() - start_ns));
        check(&query, &scratch, count);
        found += count;
    }
    printf("{\"searches\": %lu, \"places\": %u, \"found\": %llu, \"nearest_us\": %.3f, \"nearest_p99_us\": %.3f, "
           "\"prominent_us\": %.3f, \"prominent_p99_us\": %.3f}\n",
           2 * searches, index.place_count, (unsigned long long)found, mean_us(&histograms[0]),
           (double)herd_histogram_quantile(&histograms[0], 990000) / 1e3, mean_us(&histograms[1]),
           (double)herd_histogram_quantile(&histograms[1], 990000) / 1e3);
    return EXIT_SUCCESS;
}
