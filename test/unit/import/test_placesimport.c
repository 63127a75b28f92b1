/* SPDX-License-Identifier: MIT */
/* Whole imports, with files in a folder of the test's own. */
#include "../../../src/import/local.h"
#include "../placesfixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "herd/importoutput.h"
#include "herd/memory.h"
#include "herd/placesimport.h"

#include "../ownfolder.h"

#define WESTWOOD "5408522\tWestwood\t34.05612\t-118.43063\tPPLX\tUS\tCA\t2019"
#define BEVERLY_HILLS "5328041\tBeverly Hills\t34.07362\t-118.40036\tPPL\tUS\tCA\t34109"
#define CAFE                                                                                                           \
    "{\"type\":\"Feature\",\"id\":\"n4\",\"properties\":{\"name\":\"Café\",\"amenity\":\"cafe\"},\"geometry\":{"      \
    "\"type\":\"Point\",\"coordinates\":[9.5,47.25]}}"

struct world {
    char folder[OWN_FOLDER_SIZE];
    char input[OWN_FOLDER_SIZE + 16];
    char output[OWN_FOLDER_SIZE + 16];
    char *messages;
    size_t messages_length;
    struct herd_places_import_counts counts;
};

static int setup(void **state)
{
    struct world *world = calloc(1, sizeof(*world));
    if (world == NULL) return -1;
    if (!own_folder(world->folder, "test-places")) return -1;
    snprintf(world->input, sizeof(world->input), "%s/input", world->folder);
    snprintf(world->output, sizeof(world->output), "%s/places.idx", world->folder);
    *state = world;
    return 0;
}

static int teardown(void **state)
{
    struct world *world = *state;
    unlink(world->input);
    unlink(world->output);
    int error = rmdir(world->folder); /* fails where something was left beside the output */
    free(world->messages);
    free(world);
    return error;
}

static void write_input(struct world *world, struct herd_text text)
{
    FILE *file = fopen(world->input, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text.bytes, 1, text.length, file), text.length);
    assert_int_equal(fclose(file), 0);
}

static int import_with(struct world *world, const struct herd_places_import_options *options)
{
    const char *const inputs[] = {world->input};
    free(world->messages);
    FILE *messages = open_memstream(&world->messages, &world->messages_length);
    assert_non_null(messages);
    world->counts = (struct herd_places_import_counts){0};
    int code = herd_places_import(options, inputs, 1, messages, &world->counts);
    assert_int_equal(fclose(messages), 0);
    return code;
}

static int import_text(struct world *world, enum herd_places_format format, struct herd_text text, bool skip_bad)
{
    const struct herd_places_import_options options = {.format = format,
                                                       .source = "test",
                                                       .attribution = "© Test",
                                                       .output = world->output,
                                                       .skip_bad = skip_bad,
                                                       .allow_few = skip_bad};
    write_input(world, text);
    return import_with(world, &options);
}

static void *read_output(const struct world *world, size_t *ret_length)
{
    FILE *file = fopen(world->output, "rb");
    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    *ret_length = (size_t)ftell(file);
    rewind(file);
    void *memory = herd_memory_allocate(*ret_length);
    assert_int_equal(fread(memory, 1, *ret_length, file), *ret_length);
    fclose(file);
    return memory;
}

/* The output holds that many places, and one of that id and name. */
static void expect_output(const struct world *world, uint32_t count, const char *id, const char *name)
{
    struct herd_places_index index;
    const char *problem = NULL;
    size_t length;
    bool seen = count == 0;
    void *memory = read_output(world, &length);
    assert_int_equal(herd_places_index_open(memory, length, &index, &problem), 0);
    assert_int_equal(index.place_count, count);
    assert_true(herd_text_equal(index.source, HERD_TEXT("test")));
    assert_true(herd_text_equal(index.attribution, HERD_TEXT("© Test")));
    for (uint32_t i = 0; i < count; i++) {
        struct herd_places_place place;
        herd_places_index_place(&index, i, &place);
        if (herd_text_equal(place.id, herd_text_of(id)) && herd_text_equal(place.name, herd_text_of(name))) seen = true;
    }
    assert_true(seen);
    herd_memory_free(memory);
}

static void imports_every_format(void **state)
{
    static const struct {
        enum herd_places_format format;
        struct herd_text text;
        uint32_t count;
        const char *id;
        const char *name;
    } cases[] = {
        {HERD_PLACES_TSV, HERD_TEXT_INIT(WESTWOOD "\n" BEVERLY_HILLS "\n"), 2, "5408522", "Westwood"},
        {HERD_PLACES_TSV, HERD_TEXT_INIT(WESTWOOD "\r\n\r\n\n" BEVERLY_HILLS), 2, "5328041", "Beverly Hills"},
        {HERD_PLACES_TSV, HERD_TEXT_INIT("\xef\xbb\xbf" WESTWOOD), 1, "5408522", "Westwood"},
        {HERD_PLACES_CSV, HERD_TEXT_INIT("name,lat,lon\r\nOne,1,1\r\n\"Two, too\",2,2\r\n"), 2, "2", "Two, too"},
        {HERD_PLACES_CSV, HERD_TEXT_INIT("\xef\xbb\xbfname,lat,lon,id\nOne,1,1,\nTwo,2,2,x"), 2, "x", "Two"},
        {HERD_PLACES_CSV, HERD_TEXT_INIT("name,lat,lon,id\nOne,1,1,\nTwo,2,2,x"), 2, "1", "One"},
        {HERD_PLACES_GEOJSONSEQ, HERD_TEXT_INIT(CAFE "\n"), 1, "n4", "Café"},
        {HERD_PLACES_GEOJSONSEQ, HERD_TEXT_INIT("\x1e" CAFE "\n\x1e" CAFE "\n\x1e\n"), 2, "n4", "Café"},
    };
    struct world *world = *state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(import_text(world, cases[i].format, cases[i].text, false), 0);
        assert_string_equal(world->messages, "");
        assert_int_equal(world->counts.places, cases[i].count);
        expect_output(world, cases[i].count, cases[i].id, cases[i].name);
    }
}

static void refuses_a_bad_line_and_leaves_the_output(void **state)
{
    struct world *world = *state;
    char expected[sizeof world->input + 96];
    assert_int_equal(import_text(world, HERD_PLACES_TSV, HERD_TEXT(WESTWOOD "\n"), false), 0);
    assert_int_equal(import_text(world, HERD_PLACES_TSV,
                                 HERD_TEXT(WESTWOOD "\n\n"
                                                    "1\tX\t91\t0\tPPL\tUS\tCA\t1\n" BEVERLY_HILLS),
                                 false),
                     65);
    snprintf(expected, sizeof(expected), "%s:3: the latitude is not a decimal number from -90 to 90: \"91\"\n",
             world->input);
    assert_string_equal(world->messages, expected);
    expect_output(world, 1, "5408522", "Westwood");
}

static void passes_over_bad_lines_where_it_may(void **state)
{
    struct world *world = *state;
    assert_int_equal(
        import_text(world, HERD_PLACES_TSV,
                    HERD_TEXT("x\n" WESTWOOD "\n7\t\t1\t1\tPPL\tUS\tCA\t1\n9\t\xff\t1\t1\tPPL\tUS\tCA\t1\n"), true),
        0);
    assert_int_equal(world->counts.lines, 4);
    assert_int_equal(world->counts.bad, 2);
    assert_int_equal(world->counts.unnamed, 1);
    assert_int_equal(world->counts.places, 1);
    expect_output(world, 1, "5408522", "Westwood");
    /* A header is needed all the same. */
    assert_int_equal(import_text(world, HERD_PLACES_CSV, HERD_TEXT("One,1,1\nname,lat,lon\n"), true), 65);
}

static void refuses_long_lines(void **state)
{
    struct world *world = *state;
    struct herd_buffer text = HERD_BUFFER_INIT;
    herd_buffer_append(&text, HERD_TEXT(WESTWOOD "\n"));
    for (unsigned i = 0; i < 65536 + 1; i++)
        herd_buffer_append_byte(&text, 'x');
    assert_int_equal(import_text(world, HERD_PLACES_TSV, herd_buffer_text(&text), false), 65);
    assert_non_null(strstr(world->messages, "input:2: the line is too long"));
    herd_buffer_append(&text, HERD_TEXT("\n" BEVERLY_HILLS));
    assert_int_equal(import_text(world, HERD_PLACES_TSV, herd_buffer_text(&text), true), 0);
    assert_int_equal(world->counts.bad, 1);
    expect_output(world, 2, "5328041", "Beverly Hills");
    herd_buffer_finish(&text);
}

/* What is passed over is counted by its lines, and never half of it becomes a place. */
static void passes_over_what_csv_can_go_wrong_with(void **state)
{
    static const struct {
        struct herd_text text;
        uint64_t bad;
        uint32_t places;
    } cases[] = {
        {HERD_TEXT_INIT("name,lat,lon,note\nA,1,1,\"one\nGhost,2,2,two\"\nB,3,3,x\n"), 0, 2},
        {HERD_TEXT_INIT("name,lat,lon,note\r\nA,1,1,\"one\r\nGhost,2,2,two\"\r\nB,3,3,x\r\n"), 0, 2},
        {HERD_TEXT_INIT("name,lat,lon,note\nA,1,1,\"one\rGhost,2,2,two\"\nB,3,3,x\n"), 0, 2},
        {HERD_TEXT_INIT("name,lat,lon,note\nA,1,1,\"one\nGhost,2,2,two\"x\nB,3,3,x\n"), 2, 1},
        {HERD_TEXT_INIT("name,lat,lon,note\nB,3,3,x\nA,1,1,\"one\nGhost,2,2,two\n"), 2, 1},
        {HERD_TEXT_INIT("name,lat,lon,note\n,,,\n,\n,,,,,,,\nB,3,3,x\n"), 3, 1},
        {HERD_TEXT_INIT(",,,\nname,lat,lon,note\nB,3,3,x\n"), 1, 1},
        {HERD_TEXT_INIT("\"name\",lat,lon\nB,3,3\n"), 0, 1},
        {HERD_TEXT_INIT("\xef\xbb\xbf\"name\",lat,lon,\"a\nb\"\nB,3,3,\n"), 0, 1},
    };
    struct world *world = *state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(import_text(world, HERD_PLACES_CSV, cases[i].text, true), 0);
        assert_int_equal(world->counts.bad, cases[i].bad);
        assert_int_equal(world->counts.places, cases[i].places);
    }
}

/* What is wrong, where, with which value, and what there is instead. */
static void shows_what_is_wrong(void **state)
{
    static const struct {
        enum herd_places_format format;
        struct herd_text text;
        const char *message;
    } cases[] = {
        {HERD_PLACES_CSV, HERD_TEXT_INIT("Name,lat,long\nA,1,1\n"),
         ":1: the header does not name the columns name, lat and lon: \"Name,lat,long\""},
        {HERD_PLACES_CSV, HERD_TEXT_INIT("name,lat,lon,lat\nA,1,1\n"), ":1: the header names a column twice: \"name,"},
        {HERD_PLACES_CSV, HERD_TEXT_INIT("name,lat,lon\rA,1,1\r"), "`tr '\\r' '\\n'`"},
        {HERD_PLACES_CSV, HERD_TEXT_INIT("name,lat,lon\n\"a\nb\",1,1\nA,1\n"),
         ":4: it has 2 fields, the header 3: \"A,1\""},
        {HERD_PLACES_CSV, HERD_TEXT_INIT("name,lat,lon\nA,north,1\n"), "-90 to 90: \"north\""},
        {HERD_PLACES_CSV, HERD_TEXT_INIT("name,lat,lon,population\nA,1,1,many\n"), "a whole number: \"many\""},
        {HERD_PLACES_CSV, HERD_TEXT_INIT("name,lat,lon\n\"A,1,1\n"), ":2: a quoted field has no end: \"\"A,1,1?\""},
        {HERD_PLACES_TSV, HERD_TEXT_INIT("A,1,1"), ":1: it has 1 columns, not the 19 of GeoNames or the 8 of the "},
        {HERD_PLACES_TSV, HERD_TEXT_INIT("a b\tA\t1\t1\tPPL\tUS\tCA\t1"), "printable ASCII characters: \"a b\""},
        {HERD_PLACES_TSV, HERD_TEXT_INIT("\x1f\x8b"), "it is compressed by gzip"},
        {HERD_PLACES_GEOJSONSEQ, HERD_TEXT_INIT("{\"features\":[],\"type\":\"FeatureCollection\"}"), "jq -c"},
        {HERD_PLACES_GEOJSONSEQ, HERD_TEXT_INIT("{\"type\":\n\"FeatureCollection\"}"),
         "input: it is a FeatureCollection"},
    };
    struct world *world = *state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(import_text(world, cases[i].format, cases[i].text, false), 65);
        assert_non_null(strstr(world->messages, cases[i].message));
    }
    assert_int_not_equal(access(world->output, F_OK), 0);
}

static void tells_what_it_cannot_do(void **state)
{
    struct world *world = *state;
    struct herd_places_import_options options = {
        .format = HERD_PLACES_TSV, .source = "test", .attribution = "", .output = world->output};
    assert_int_equal(import_with(world, &options), 66); /* no input yet */
    assert_non_null(strstr(world->messages, "/input: cannot be opened: No such file"));
    write_input(world, HERD_TEXT(WESTWOOD));
    static const char *const sources[] = {
        "", "a b", "a:b", "é", "\"", "01234567890123456789012345678901234567890123456789012345678901234"};
    for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++) {
        options.source = sources[i];
        assert_int_equal(import_with(world, &options), 64);
    }
    options.source = "test";
    static const char *const attributions[] = {"a\nb", "\xff", "\x7f"};
    for (size_t i = 0; i < sizeof(attributions) / sizeof(attributions[0]); i++) {
        options.attribution = attributions[i];
        assert_int_equal(import_with(world, &options), 64);
    }
    options.attribution = "";
    char nowhere[sizeof world->output + 32];
    snprintf(nowhere, sizeof(nowhere), "%s/none/places.idx", world->folder);
    options.output = nowhere;
    assert_int_equal(import_with(world, &options), 73);
    options.output = world->folder; /* a folder cannot be replaced by a file */
    assert_int_equal(import_with(world, &options), 73);
    snprintf(nowhere, sizeof(nowhere), "%s.%ld.new", world->folder, (long)getpid());
    assert_int_not_equal(access(nowhere, F_OK), 0);
    options.output = world->output;
    assert_int_equal(import_with(world, &options), 0);
}

/* Whoever has the old file keeps it. */
static void replaces_the_output_in_one_step(void **state)
{
    struct world *world = *state;
    struct stat before;
    struct stat after;
    assert_int_equal(import_text(world, HERD_PLACES_TSV, HERD_TEXT(WESTWOOD), false), 0);
    FILE *old = fopen(world->output, "rb");
    assert_non_null(old);
    assert_int_equal(fstat(fileno(old), &before), 0);
    assert_int_equal(import_text(world, HERD_PLACES_TSV, HERD_TEXT(BEVERLY_HILLS), false), 0);
    assert_int_equal(fstat(fileno(old), &after), 0);
    assert_int_equal(before.st_size, after.st_size);
    assert_int_equal(after.st_nlink, 0);
    fclose(old);
    expect_output(world, 1, "5328041", "Beverly Hills");
}

/* Whatever was written: what would not open does not take the place of what does. */
static void puts_nothing_in_place_that_does_not_open(void **state)
{
    struct world *world = *state;
    struct herd_import_output output;
    assert_int_equal(import_text(world, HERD_PLACES_TSV, HERD_TEXT(WESTWOOD), false), 0);
    free(world->messages);
    world->messages = NULL;
    FILE *messages = open_memstream(&world->messages, &world->messages_length);
    assert_int_equal(herd_import_output_init(&output, world->output, messages), 0);
    assert_int_equal(herd_import_output_begin(&output), 0);
    assert_true(fputs("no index", output.file) >= 0);
    assert_int_equal(herd_import_output_end(&output, 0), 74);
    herd_import_output_finish(&output);
    assert_int_equal(fclose(messages), 0);
    assert_non_null(strstr(world->messages, "cannot be used: it is not an index of places"));
    expect_output(world, 1, "5408522", "Westwood");
}

/* The same places in the same order give the same bytes. */
static void is_reproducible(void **state)
{
    struct world *world = *state;
    size_t first_length;
    size_t second_length;
    assert_int_equal(import_text(world, HERD_PLACES_TSV, HERD_TEXT(WESTWOOD "\n" BEVERLY_HILLS), false), 0);
    void *first = read_output(world, &first_length);
    assert_int_equal(import_text(world, HERD_PLACES_TSV, HERD_TEXT(WESTWOOD "\n" BEVERLY_HILLS), false), 0);
    void *second = read_output(world, &second_length);
    assert_int_equal(first_length, second_length);
    assert_memory_equal(first, second, first_length);
    herd_memory_free(first);
    herd_memory_free(second);
}

static void takes_several_inputs(void **state)
{
    struct world *world = *state;
    const char *const inputs[] = {world->input, world->input};
    const struct herd_places_import_options options = {
        .format = HERD_PLACES_CSV, .source = "test", .attribution = "© Test", .output = world->output};
    write_input(world, HERD_TEXT("name,lat,lon\nOne,1,1\n")); /* each has a header */
    assert_int_equal(herd_places_import(&options, inputs, 2, stderr, &world->counts), 0);
    expect_output(world, 2, "2", "One");
}

static void knows_its_formats(void **state)
{
    enum herd_places_format format = HERD_PLACES_TSV;
    (void)state;
    assert_int_equal(herd_places_format_parse("csv", &format), 0);
    assert_int_equal(format, HERD_PLACES_CSV);
    assert_int_equal(herd_places_format_parse("geojsonseq", &format), 0);
    assert_int_equal(format, HERD_PLACES_GEOJSONSEQ);
    assert_int_equal(herd_places_format_parse("tsv", &format), 0);
    assert_int_equal(format, HERD_PLACES_TSV);
    assert_true(herd_places_format_parse("TSV", &format) < 0);
    assert_true(herd_places_format_parse("", &format) < 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(imports_every_format, setup, teardown),
        cmocka_unit_test_setup_teardown(refuses_a_bad_line_and_leaves_the_output, setup, teardown),
        cmocka_unit_test_setup_teardown(passes_over_bad_lines_where_it_may, setup, teardown),
        cmocka_unit_test_setup_teardown(refuses_long_lines, setup, teardown),
        cmocka_unit_test_setup_teardown(passes_over_what_csv_can_go_wrong_with, setup, teardown),
        cmocka_unit_test_setup_teardown(shows_what_is_wrong, setup, teardown),
        cmocka_unit_test_setup_teardown(tells_what_it_cannot_do, setup, teardown),
        cmocka_unit_test_setup_teardown(replaces_the_output_in_one_step, setup, teardown),
        cmocka_unit_test_setup_teardown(puts_nothing_in_place_that_does_not_open, setup, teardown),
        cmocka_unit_test_setup_teardown(is_reproducible, setup, teardown),
        cmocka_unit_test_setup_teardown(takes_several_inputs, setup, teardown),
        cmocka_unit_test(knows_its_formats),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
