/* SPDX-License-Identifier: MIT */
/* What is not a sound index is refused, and told apart. */
#include "../../../src/index/local.h"
#include "../placesfixture.h"

#include "herd/crc32c.h"
#include "herd/memory.h"

static const char *problem_of(const void *memory, size_t length)
{
    struct herd_places_index index;
    const char *problem = NULL;
    return herd_places_index_open(memory, length, &index, &problem) == 0 ? NULL : problem;
}

static void setup_small(struct placesfixture *fixture)
{
    placesfixture_init(fixture);
    placesfixture_add(fixture, "5408522", "Westwood", 340561200, -1184306300, 2019);
    placesfixture_add(fixture, "5328041", "Beverly Hills", 340736200, -1184003600, 34109);
    for (unsigned i = 0; i < 20; i++)
        placesfixture_add(fixture, "", "São Paulo", -235475000, -466361100, i);
    placesfixture_build(fixture);
}

static void gives_what_was_put_in(void **state)
{
    struct placesfixture fixture;
    bool seen = false;
    (void)state;
    setup_small(&fixture);
    assert_int_equal(fixture.index.place_count, 22);
    assert_true(herd_text_equal(fixture.index.source, HERD_TEXT("geonames")));
    assert_true(herd_text_equal(fixture.index.attribution, HERD_TEXT("© GeoNames (CC BY 4.0)")));
    for (uint32_t i = 0; i < 22; i++) {
        struct herd_places_place place;
        herd_places_index_place(&fixture.index, i, &place);
        assert_true(herd_text_equal(place.types, HERD_TEXT("locality,political")));
        assert_true(herd_text_equal(place.vicinity, HERD_TEXT("CA, US")));
        if (!herd_text_equal(place.id, HERD_TEXT("5408522"))) continue;
        seen = true;
        assert_true(herd_text_equal(place.name, HERD_TEXT("Westwood")));
        assert_int_equal(place.latitude_e7, 340561200);
        assert_int_equal(place.longitude_e7, -1184306300);
        assert_int_equal(place.population, 2019);
    }
    assert_true(seen);
    placesfixture_finish(&fixture);
}

static void an_empty_index_is_sound(void **state)
{
    struct placesfixture fixture;
    (void)state;
    placesfixture_init(&fixture);
    placesfixture_build(&fixture);
    assert_int_equal(fixture.index.place_count, 0);
    placesfixture_finish(&fixture);
}

static void refuses_every_truncation(void **state)
{
    struct placesfixture fixture;
    (void)state;
    setup_small(&fixture);
    for (size_t length = 0; length < fixture.length; length++) {
        /* A copy of exactly that length, so that a read beyond it is noticed. */
        char *copy = herd_memory_allocate(length == 0 ? 1 : length);
        memcpy(copy, fixture.memory, length);
        assert_string_equal(problem_of(copy, length), length == 0 ? "it is empty" : "it is cut short");
        herd_memory_free(copy);
    }
    placesfixture_finish(&fixture);
}

static void refuses_every_changed_byte(void **state)
{
    struct placesfixture fixture;
    (void)state;
    setup_small(&fixture);
    unsigned char *bytes = fixture.memory;
    for (size_t i = 0; i < fixture.length; i++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            bytes[i] ^= (unsigned char)(1u << bit);
            assert_non_null(problem_of(bytes, fixture.length));
            bytes[i] ^= (unsigned char)(1u << bit);
        }
    }
    assert_null(problem_of(bytes, fixture.length));
    placesfixture_finish(&fixture);
}

/* Makes a changed header's own checksum right again. */
static void seal(struct index_header *header)
{
    header->checksum = 0;
    header->checksum = herd_crc32c(0, header, sizeof(*header));
}

static void seal_section(struct index_header *header, enum index_section section)
{
    struct index_entry *entry = &header->sections[section];
    entry->checksum = herd_crc32c(0, (const char *)header + entry->offset, entry->length);
    seal(header);
}

static void tells_what_is_wrong_apart(void **state)
{
    static const _Alignas(8) char database[] = "SQLite format 3";
    static const _Alignas(8) char json[] = "{\"a\":1}\n";
    struct placesfixture fixture;
    (void)state;
    setup_small(&fixture);
    struct index_header *header = fixture.memory;
    const struct index_header sound = *header;

    assert_string_equal(problem_of(database, 16), "it is not an index of places");
    assert_string_equal(problem_of(json, 8), "it is not an index of places");
    header->byte_order = 0x04030201;
    assert_non_null(strstr(problem_of(header, fixture.length), "another byte order"));
    *header = sound;
    header->version = INDEX_VERSION - 1;
    seal(header);
    assert_non_null(strstr(problem_of(header, fixture.length), "older version"));
    *header = sound;
    header->version = INDEX_VERSION + 1;
    seal(header);
    assert_non_null(strstr(problem_of(header, fixture.length), "newer version"));
    *header = sound;
    header->file_bytes -= 8;
    seal(header);
    assert_string_equal(problem_of(header, fixture.length), "bytes follow its end");
    *header = sound;
    header->place_count += INDEX_FANOUT;
    seal(header);
    assert_non_null(strstr(problem_of(header, fixture.length), "do not fit"));
    *header = sound;
    header->place_count = UINT32_MAX;
    seal(header);
    assert_string_equal(problem_of(header, fixture.length), "its header is wrong");
    placesfixture_finish(&fixture);
}

/* With right checksums and wrong contents nothing may be read outside. */
static void refuses_offsets_that_lead_outside(void **state)
{
    struct placesfixture fixture;
    (void)state;
    setup_small(&fixture);
    struct index_header *header = fixture.memory;
    char *file = fixture.memory;
    struct index_leaf *leaf = (void *)(file + header->sections[INDEX_LEAVES].offset);
    struct herd_index_point *point = &leaf->points[0];
    const struct herd_index_point sound = *point;

    const uint32_t offsets[] = {UINT32_MAX, (uint32_t)header->sections[INDEX_RECORDS].length,
                                (uint32_t)header->sections[INDEX_RECORDS].length - 6};
    for (size_t i = 0; i < 3; i++) {
        point->record = offsets[i];
        seal_section(header, INDEX_LEAVES);
        /* The last six bytes may read as a record without texts: then it is one. */
        if (i < 2) assert_string_equal(problem_of(file, fixture.length), "a place's record is wrong");
        *point = sound;
    }
    point->latitude_e7 = 900000001;
    seal_section(header, INDEX_LEAVES);
    assert_string_equal(problem_of(file, fixture.length), "a place lies outside the world");
    *point = sound;
    seal_section(header, INDEX_LEAVES);
    assert_null(problem_of(file, fixture.length));

    uint32_t *ends = (void *)(file + header->sections[INDEX_TYPES].offset);
    ends[0] += 1000;
    seal_section(header, INDEX_TYPES);
    assert_string_equal(problem_of(file, fixture.length), "its types are wrong");
    ends[0] -= 1000;
    seal_section(header, INDEX_TYPES);

    uint32_t *lengths = (void *)(file + header->sections[INDEX_ABOUT].offset);
    lengths[1] = UINT32_MAX;
    seal_section(header, INDEX_ABOUT);
    assert_string_equal(problem_of(file, fixture.length), "its source is wrong");
    placesfixture_finish(&fixture);
}

static void refuses_a_wrong_table_of_sections(void **state)
{
    struct placesfixture fixture;
    (void)state;
    setup_small(&fixture);
    struct index_header *header = fixture.memory;
    const struct index_header sound = *header;
    for (unsigned section = 0; section < INDEX_SECTIONS; section++) {
        for (unsigned kind = 0; kind < 4; kind++) {
            struct index_entry *entry = &header->sections[section];
            if (kind == 0) entry->offset += 8;
            if (kind == 1) entry->length = UINT64_MAX - 7;
            if (kind == 2) entry->length += 4;
            if (kind == 3) entry->length += 8;
            seal(header);
            assert_string_equal(problem_of(header, fixture.length), "its table of sections is wrong");
            *header = sound;
        }
    }
    placesfixture_finish(&fixture);
}

static void counts_levels(void **state)
{
    (void)state;
    static const struct {
        uint32_t places;
        uint32_t levels;
        uint32_t nodes;
    } cases[] = {{0, 0, 0},      {1, 1, 1},           {16, 1, 1},
                 {17, 2, 3},     {256, 2, 17},        {257, 3, 20},
                 {4096, 3, 273}, {1000000, 5, 66669}, {UINT32_C(1) << 31, 8, 143165577}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint32_t start[INDEX_LEVELS_MAX + 1];
        uint32_t levels = index_levels(cases[i].places, start);
        assert_int_equal(levels, cases[i].levels);
        assert_int_equal(start[levels], cases[i].nodes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_what_was_put_in),
        cmocka_unit_test(an_empty_index_is_sound),
        cmocka_unit_test(refuses_every_truncation),
        cmocka_unit_test(refuses_every_changed_byte),
        cmocka_unit_test(tells_what_is_wrong_apart),
        cmocka_unit_test(refuses_offsets_that_lead_outside),
        cmocka_unit_test(refuses_a_wrong_table_of_sections),
        cmocka_unit_test(counts_levels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
