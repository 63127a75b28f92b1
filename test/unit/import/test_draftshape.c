/* SPDX-License-Identifier: MIT */
/* The one point of a shape: of known ones, and of any ring that there may be always in its box. */
#include "../../../src/import/local.h"
#include "../placesfixture.h"

#include <math.h>
#include <stdio.h>

#include "herd/random.h"

#define FEATURE_START "{\"type\":\"Feature\",\"properties\":{\"name\":\"A\"},\"geometry\":"
#define VERTICES_MAX 9
#define ROUNDS 20000

struct box {
    double low[2]; /* longitude, latitude */
    double high[2];
};

static struct herd_draft point_of(const char *geometry)
{
    struct herd_draft draft = {.population = 0};
    struct herd_buffer line = HERD_BUFFER_INIT;
    herd_buffer_append(&line, HERD_TEXT(FEATURE_START));
    herd_buffer_append(&line, herd_text_of(geometry));
    herd_buffer_append_byte(&line, '}');
    assert_int_equal(herd_draft_read_geojson(&draft, herd_buffer_text(&line)), HERD_DRAFT_PLACE);
    herd_buffer_finish(&line);
    struct herd_draft where = {.latitude_e7 = draft.latitude_e7, .longitude_e7 = draft.longitude_e7};
    herd_draft_finish(&draft);
    return where;
}

static void knows_where_shapes_are(void **state)
{
    static const struct {
        const char *geometry;
        int32_t latitude_e7;
        int32_t longitude_e7;
    } cases[] = {
        /* It crosses itself, and its halves cancel each other but for a hair. */
        {"{\"type\":\"Polygon\",\"coordinates\":[[[19.9,9.9],[20.1,10.1],[20.1,9.9],[19.9,10.1000001],[19.9,9.9]]]}",
         100000001, 200000000},
        /* No area at all. */
        {"{\"type\":\"Polygon\",\"coordinates\":[[[1,1],[3,3],[2,2],[1,1]]]}", 20000000, 20000000},
        {"{\"type\":\"Polygon\",\"coordinates\":[[[7,8]]]}", 80000000, 70000000},
        /* The biggest of three, a wrong one left out; a degree near the pole is a small one. */
        {"{\"type\":\"MultiPolygon\",\"coordinates\":[[[[0,0],[1,0],[1,1],[0,1],[0,0]]],[[[500,0],[501,0],[501,900]]],"
         "[[[50,10],[53,10],[53,13],[50,13],[50,10]]],[[[0,88],[4,88],[4,90],[0,90],[0,88]]]]}",
         115000000, 515000000},
        {"{\"type\":\"MultiPolygon\",\"coordinates\":[[[[4,4]]],[[[5,5]]]]}", 40000000, 40000000},
        /* Over the antimeridian, from either side. */
        {"{\"type\":\"Polygon\",\"coordinates\":[[[-179,0],[179,0],[179,2],[-179,2],[-179,0]]]}", 10000000,
         -1800000000},
        {"{\"type\":\"Polygon\",\"coordinates\":[[[178,0],[-178,0],[-178,0],[178,0]]]}", 0, 1800000000},
        /* Wide, but no step of it is. */
        {"{\"type\":\"Polygon\",\"coordinates\":[[[-100,-10],[0,-10],[100,-10],[100,10],[0,10],[-100,10],[-100,-10]]]}",
         0, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct herd_draft draft = point_of(cases[i].geometry);
        assert_int_equal(draft.latitude_e7, cases[i].latitude_e7);
        assert_int_equal(llabs((long long)draft.longitude_e7), llabs((long long)cases[i].longitude_e7));
        if (llabs((long long)draft.longitude_e7) < 1800000000)
            assert_int_equal(draft.longitude_e7, cases[i].longitude_e7);
    }
}

/* -1 to 1. */
static double any(struct herd_random *random)
{
    return (double)(int64_t)(herd_random_next(random) >> 11) / (double)(INT64_C(1) << 52) - 1;
}

/* A vertex as it is written, with seven digits or as many as a double has, is in the box that is not wrapped. */
static void add_vertex(struct herd_buffer *out, struct box *box, double longitude, double latitude, bool exact)
{
    char text[96];
    double wrapped = longitude > 180 ? longitude - 360 : longitude < -180 ? longitude + 360 : longitude;
    snprintf(text, sizeof(text), exact ? "[%.17g,%.17g]," : "[%.7f,%.7f],", wrapped, latitude);
    herd_buffer_append(out, herd_text_of(text));
    box->low[0] = fmin(box->low[0], longitude);
    box->high[0] = fmax(box->high[0], longitude);
    box->low[1] = fmin(box->low[1], latitude);
    box->high[1] = fmax(box->high[1], latitude);
}

/* Any ring: huge, small, tiny, on one line, of equal vertices, over the antimeridian, at a pole. */
static void make_ring(struct herd_random *random, struct herd_buffer *out, struct box *box)
{
    static const double sizes[] = {0, 1e-9, 1e-7, 3e-7, 1e-5, 0.01, 1, 30, 85};
    double size = sizes[herd_random_next(random) % 9];
    double longitude = any(random) * 180;
    double latitude = any(random) * (90 - size);
    unsigned count = 1 + (unsigned)(herd_random_next(random) % VERTICES_MAX);
    bool line = herd_random_next(random) % 2 == 0;
    bool exact = herd_random_next(random) % 2 == 0;
    double slope = any(random);
    *box = (struct box){{1e9, 1e9}, {-1e9, -1e9}};
    herd_buffer_append(out, HERD_TEXT("{\"type\":\"Polygon\",\"coordinates\":[["));
    for (unsigned i = 0; i < count; i++) {
        double x = any(random);
        double y = line ? x * slope : any(random);
        add_vertex(out, box, longitude + x * size, latitude + y * size, exact);
    }
    herd_buffer_truncate(out, herd_buffer_length(out) - 1);
    herd_buffer_append(out, HERD_TEXT("]]}"));
    herd_buffer_append_byte(out, '\0');
}

static bool within(double low, double high, int32_t e7)
{
    const double slack = 0.6; /* the rounding of vertices when they are written, and of the point */
    return (double)e7 >= low * 1e7 - slack && (double)e7 <= high * 1e7 + slack;
}

static void is_always_in_the_box(void **state)
{
    struct herd_random random;
    struct herd_buffer text = HERD_BUFFER_INIT;
    (void)state;
    herd_random_init(&random, 19);
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct box box;
        herd_buffer_clear(&text);
        make_ring(&random, &text, &box);
        const struct herd_draft draft = point_of(herd_buffer_text(&text).bytes);
        assert_true(within(box.low[1], box.high[1], draft.latitude_e7));
        assert_true(within(box.low[0], box.high[0], draft.longitude_e7) ||
                    within(box.low[0] + 360, box.high[0] + 360, draft.longitude_e7) ||
                    within(box.low[0] - 360, box.high[0] - 360, draft.longitude_e7));
        assert_in_range(draft.latitude_e7 + 900000000, 0, 1800000000);
        assert_in_range((int64_t)draft.longitude_e7 + 1800000000, 0, 3600000000);
    }
    herd_buffer_finish(&text);
}

/* Vertices anywhere, with steps round the earth: nobody knows what the box is, but its latitudes. */
static void is_always_in_the_world(void **state)
{
    struct herd_random random;
    struct herd_buffer text = HERD_BUFFER_INIT;
    (void)state;
    herd_random_init(&random, 20);
    for (unsigned round = 0; round < ROUNDS / 10; round++) {
        struct box box = {{1e9, 1e9}, {-1e9, -1e9}};
        herd_buffer_clear(&text);
        herd_buffer_append(&text, HERD_TEXT("{\"type\":\"Polygon\",\"coordinates\":[["));
        for (unsigned i = 0; i < 30; i++)
            add_vertex(&text, &box, any(&random) * 180, any(&random) * 90, true);
        herd_buffer_truncate(&text, herd_buffer_length(&text) - 1);
        herd_buffer_append(&text, HERD_TEXT("]]}"));
        herd_buffer_append_byte(&text, '\0');
        const struct herd_draft draft = point_of(herd_buffer_text(&text).bytes);
        assert_true(within(box.low[1], box.high[1], draft.latitude_e7));
        assert_in_range((int64_t)draft.longitude_e7 + 1800000000, 0, 3600000000);
    }
    herd_buffer_finish(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_where_shapes_are),
        cmocka_unit_test(is_always_in_the_box),
        cmocka_unit_test(is_always_in_the_world),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
