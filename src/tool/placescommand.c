/* SPDX-License-Identifier: MIT */

/*
 * `herd places import` makes an index of places from tables; `herd places
 * query` asks indexes what a WHATSAT with that place would be answered.
 *
 * Failures: an argument that cannot be used is 64; what an import says is its
 * own (herd/placesimport.h); an index that cannot be read is 66, one that is
 * no good 65 with the reason.
 */

#include <getopt.h>
#include <string.h>
#include <sysexits.h>

#include "herd/config.h"
#include "herd/indexfile.h"
#include "herd/memory.h"
#include "herd/placesimport.h"
#include "herd/position.h"
#include "local.h"

#define GEONAMES_CREDIT "© GeoNames (CC BY 4.0)"
#define OSM_CREDIT "© OpenStreetMap contributors (ODbL)"

static const char usage[] = "Usage: herd places import [OPTION...] --output FILE INPUT...\n"
                            "       herd places query [OPTION...] POSITION RADIUS_KM BOUND\n\n"
                            "import makes an index of places from tables (`-`: standard input):\n"
                            "  -f, --format tsv|csv|geojsonseq   tsv: GeoNames' table; csv: a header names the\n"
                            "                                    columns name, lat, lon, and id, type, country,\n"
                            "                                    admin1, population where there are such;\n"
                            "                                    geojsonseq: features with OpenStreetMap's tags\n"
                            "                                    (default: tsv)\n"
                            "  -s, --source NAME                 what place_id begins with (default: geonames for\n"
                            "                                    tsv, osm for geojsonseq, places for csv)\n"
                            "  -a, --attribution TEXT            the credit that answers show (default: that of\n"
                            "                                    geonames and osm; of any other source none)\n"
                            "  -o, --output FILE                 the index; replaced in one step\n"
                            "      --skip-bad                    pass over lines that cannot be read and count\n"
                            "                                    them, instead of ending with 65 at the first\n"
                            "      --allow-few                   make the index also of no places, or of fewer\n"
                            "                                    than there are bad lines, instead of ending with\n"
                            "                                    65 and leaving FILE as it is\n\n"
                            "query prints the answer for a position such as +34.068930-118.445127:\n"
                            "  -i, --index FILE                  (default: ../share/herd/places.idx from here); up to\n"
                            "                                    16 times, searched as one\n"
                            "  -r, --rank prominence|distance    (default: prominence)\n"
                            "  -h, --help                        this text\n";

enum { OPTION_SKIP_BAD = 256, OPTION_ALLOW_FEW };

static int usage_error(const char *text, const char *word)
{
    herd_complain("places: %s%s (see `herd help places`)", text, word);
    return EX_USAGE;
}

/* -- import ---------------------------------------------------------------- */

static const struct option import_options[] = {
    {"format", required_argument, NULL, 'f'},
    {"source", required_argument, NULL, 's'},
    {"attribution", required_argument, NULL, 'a'},
    {"output", required_argument, NULL, 'o'},
    {"skip-bad", no_argument, NULL, OPTION_SKIP_BAD},
    {"allow-few", no_argument, NULL, OPTION_ALLOW_FEW},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

/* 0, or an exit code + 1: help, too, is an end. */
static int parse_import(int argc, char **argv, struct herd_places_import_options *options)
{
    int option;
    while ((option = getopt_long(argc, argv, ":f:s:a:o:h", import_options, NULL)) != -1) {
        switch (option) {
        case 'f':
            if (herd_places_format_parse(optarg, &options->format) == 0) break;
            return usage_error("the format is tsv, csv or geojsonseq, not ", optarg) + 1;
        case 's':
            options->source = optarg;
            break;
        case 'a':
            options->attribution = optarg;
            break;
        case 'o':
            options->output = optarg;
            break;
        case OPTION_SKIP_BAD:
            options->skip_bad = true;
            break;
        case OPTION_ALLOW_FEW:
            options->allow_few = true;
            break;
        case 'h':
            fputs(usage, stdout);
            return EX_OK + 1;
        default:
            return herd_complain_option("places", option, argv) + 1;
        }
    }
    return 0;
}

/* What is not said follows from the format, and the credit from the source. */
static void complete_import(struct herd_places_import_options *options)
{
    static const char *const sources[] = {
        [HERD_PLACES_TSV] = "geonames", [HERD_PLACES_CSV] = "places", [HERD_PLACES_GEOJSONSEQ] = "osm"};
    if (options->source == NULL) options->source = sources[options->format];
    if (options->attribution != NULL) return;
    options->attribution = "";
    if (strcmp(options->source, "geonames") == 0) options->attribution = GEONAMES_CREDIT;
    if (strcmp(options->source, "osm") == 0) options->attribution = OSM_CREDIT;
}

static int run_import(int argc, char **argv)
{
    struct herd_places_import_options options = {.format = HERD_PLACES_TSV};
    struct herd_places_import_counts counts = {0};
    int ended = parse_import(argc, argv, &options);
    if (ended != 0) return ended - 1;
    if (options.output == NULL) return usage_error("import needs --output FILE", "");
    if (optind == argc) return usage_error("import needs an input, - for standard input", "");
    complete_import(&options);
    int code =
        herd_places_import(&options, (const char *const *)(argv + optind), (unsigned)(argc - optind), stderr, &counts);
    if (code != 0) return code;
    printf("%s: %llu places", options.output, (unsigned long long)counts.places);
    if (counts.unnamed > 0) printf(", %llu without a name left out", (unsigned long long)counts.unnamed);
    if (counts.bad > 0) printf(", %llu bad lines left out", (unsigned long long)counts.bad);
    if (counts.crowded > 0)
        printf(", %llu that can be in no answer left out of the index, more than enough being on the same spot",
               (unsigned long long)counts.crowded);
    putchar('\n');
    return EX_OK;
}

/* -- query ----------------------------------------------------------------- */

static const struct option query_options[] = {
    {"index", required_argument, NULL, 'i'},
    {"rank", required_argument, NULL, 'r'},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

struct asking {
    const char *paths[HERD_LOCAL_INDEXES_MAX];
    struct herd_index_file files[HERD_LOCAL_INDEXES_MAX];
    struct herd_places_index indexes[HERD_LOCAL_INDEXES_MAX];
    unsigned count;
    struct herd_places_query query;
};

/* A position on the southern half begins as an option does. */
static bool at_position(int argc, char **argv)
{
    return optind < argc && argv[optind][0] == '-' && argv[optind][1] >= '0' && argv[optind][1] <= '9';
}

static int parse_query_options(int argc, char **argv, struct asking *asking)
{
    int option;
    while (!at_position(argc, argv) && (option = getopt_long(argc, argv, "+:i:r:h", query_options, NULL)) != -1) {
        switch (option) {
        case 'i':
            if (asking->count == HERD_LOCAL_INDEXES_MAX)
                return usage_error("more than 16 indexes, the first too many is ", optarg) + 1;
            asking->paths[asking->count++] = optarg;
            break;
        case 'r':
            if (strcmp(optarg, "distance") != 0 && strcmp(optarg, "prominence") != 0)
                return usage_error("the rank is prominence or distance, not ", optarg) + 1;
            asking->query.rank = optarg[0] == 'd' ? HERD_PLACES_DISTANCE : HERD_PLACES_PROMINENCE;
            break;
        case 'h':
            fputs(usage, stdout);
            return EX_OK + 1;
        default:
            return herd_complain_option("places", option, argv) + 1;
        }
    }
    return 0;
}

static int parse_question(char **words, struct herd_places_query *query)
{
    struct herd_position position;
    struct herd_decimal radius;
    uint64_t micrometres = 0;
    uint64_t bound = 0;
    if (herd_position_parse(herd_text_of(words[0]), &position) != 0)
        return usage_error("not a position such as +34.068930-118.445127: ", words[0]);
    const uint64_t most = (uint64_t)HERD_RADIUS_KM_MAX * 1000000000;
    if (herd_decimal_parse(herd_text_of(words[1]), &radius) != 0 || herd_decimal_scale(&radius, 9, &micrometres) != 0 ||
        micrometres > most || (micrometres == most && herd_decimal_has_more(&radius, 9)))
        return usage_error("the radius is 0 to 50 kilometres, not ", words[1]);
    if (herd_number_parse(herd_text_of(words[2]), HERD_BOUND_MAX, &bound) != 0)
        return usage_error("the bound is a whole number from 0 to 20, not ", words[2]);
    query->latitude_e9 = herd_coordinate_e9(&position.latitude);
    query->longitude_e9 = herd_coordinate_e9(&position.longitude);
    query->radius_m = (double)micrometres / 1e6;
    query->bound = (unsigned)bound;
    return EX_OK;
}

static int open_indexes(struct asking *asking)
{
    for (unsigned i = 0; i < asking->count; i++) {
        struct herd_index_file *file = &asking->files[i];
        if (herd_index_file_open(file, asking->paths[i]) != 0) {
            herd_complain("cannot read the index of places %s: %s", file->path, file->problem);
            return EX_NOINPUT;
        }
        if (herd_index_file_read(file, NULL, NULL, &asking->indexes[i]) != 0) {
            herd_complain("cannot use %s as an index of places: %s", file->path, file->problem);
            return EX_DATAERR;
        }
    }
    return EX_OK;
}

static int print_answer(const struct asking *asking)
{
    struct herd_buffer out = HERD_BUFFER_INIT;
    struct herd_places_scratch *scratch = herd_memory_allocate(sizeof *scratch);
    herd_places_index_answer(asking->indexes, asking->count, &asking->query, scratch, &out);
    herd_buffer_append_byte(&out, '\n');
    fwrite(herd_buffer_text(&out).bytes, 1, herd_buffer_length(&out), stdout);
    herd_memory_free(scratch);
    herd_buffer_finish(&out);
    return EX_OK;
}

static int run_query(int argc, char **argv)
{
    struct asking asking = {.query = {.rank = HERD_PLACES_PROMINENCE}};
    char *beside = NULL;
    int ended = parse_query_options(argc, argv, &asking);
    if (ended != 0) return ended - 1;
    if (argc - optind != 3) return usage_error("query needs POSITION RADIUS_KM BOUND", "");
    int code = parse_question(argv + optind, &asking.query);
    if (code != EX_OK) return code;
    if (asking.count == 0) {
        beside = herd_index_file_beside_program();
        asking.paths[asking.count++] = beside;
    }
    code = open_indexes(&asking);
    if (code == EX_OK) code = print_answer(&asking);
    for (unsigned i = 0; i < asking.count; i++)
        herd_index_file_finish(&asking.files[i]);
    herd_memory_free(beside);
    return code;
}

int places_command(int argc, char **argv)
{
    const char *word = argc > 1 ? argv[1] : "";
    opterr = 0;
    optind = 1;
    if (strcmp(word, "import") == 0) return run_import(argc - 1, argv + 1);
    if (strcmp(word, "query") == 0) return run_query(argc - 1, argv + 1);
    if (strcmp(word, "-h") == 0 || strcmp(word, "--help") == 0) {
        fputs(usage, stdout);
        return EX_OK;
    }
    if (word[0] == '\0') return usage_error("import or query?", "");
    return usage_error("neither import nor query: ", word);
}
