/* SPDX-License-Identifier: MIT */
/* Sets of the search: opened, prepared, put in force, abandoned, with files of the test's own and a provider beside. */
#include "../net/netweb.h"
#include "../ownfolder.h"
#include "../placesfixture.h"

#include <sys/stat.h>
#include <sysexits.h>

#include "../../../src/search/local.h"

#define PATH_SIZE (OWN_FOLDER_SIZE + 32)

struct scene {
    struct fixture fixture;
    struct web web;
    struct herd_search search;
    char folder[OWN_FOLDER_SIZE];
    char url[64];
    unsigned readies; /* calls of on_ready; what the last one said: */
    int code;
    char messages[1024];
};

static const char *path_of(const struct scene *scene, const char *name, char ret_path[PATH_SIZE])
{
    snprintf(ret_path, PATH_SIZE, "%s/%s", scene->folder, name);
    return ret_path;
}

static void write_file(const struct scene *scene, const char *name, const void *bytes, size_t length)
{
    char path[PATH_SIZE];
    FILE *file = fopen(path_of(scene, name, path), "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, length, file), length);
    fclose(file);
}

/* An index of one place of that name; `cut` bytes are missing at its end. */
static void write_index(const struct scene *scene, const char *name, const char *place, size_t cut)
{
    struct placesfixture places;
    placesfixture_init(&places);
    placesfixture_add(&places, "1", place, 340689300, -1184451270, 100);
    placesfixture_build(&places);
    write_file(scene, name, places.memory, places.length - cut);
    placesfixture_finish(&places);
}

static int setup(void **state)
{
    struct scene *scene = herd_memory_allocate_zeroed(1, sizeof *scene);
    assert_true(own_folder(scene->folder, "search"));
    fixture_open(&scene->fixture);
    web_open(&scene->web, &scene->fixture);
    snprintf(scene->url, sizeof scene->url, "http://127.0.0.1:%u/hello", scene->web.port);
    write_index(scene, "a.idx", "Westwood", 0);
    write_index(scene, "b.idx", "Venice", 0);
    write_index(scene, "short.idx", "Venice", 8);
    write_file(scene, "key", "k\n", 2);
    write_file(scene, "blank", " \n", 2);
    *state = scene;
    return 0;
}

static int teardown(void **state)
{
    static const char *const names[] = {"a.idx", "b.idx", "short.idx", "key", "blank"};
    struct scene *scene = *state;
    char path[PATH_SIZE];
    herd_search_close(&scene->search);
    web_close(&scene->web);
    uv_close((uv_handle_t *)&scene->fixture.tick, NULL);
    herd_loop_run(&scene->fixture.loop);
    herd_search_finish(&scene->search);
    assert_int_equal(herd_loop_finish(&scene->fixture.loop), 0);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        remove(path_of(scene, names[i], path));
    remove(scene->folder);
    herd_memory_free(scene);
    return 0;
}

static void on_ready(void *owner, int code, struct herd_text messages)
{
    struct scene *scene = owner;
    scene->readies++;
    scene->code = code;
    snprintf(scene->messages, sizeof scene->messages, "%.*s", HERD_TEXT_ARGS(messages));
}

/* What is asked for: the provider beside where there is a key, else an index. Its texts are gone when this returns. */
static int with_options(struct scene *scene, const char *key, const char *index, bool prepare, FILE *messages)
{
    char key_path[PATH_SIZE];
    char index_path[PATH_SIZE];
    char place[] = "herd.conf:7: ";
    const char *path = path_of(scene, index != NULL ? index : "", index_path);
    const struct herd_search_provider local = {.name = "local"};
    const struct herd_search_provider remote = {.name = "google_legacy",
                                                .url = scene->url,
                                                .key_file = path_of(scene, key != NULL ? key : "", key_path),
                                                .key_place = place};
    const struct herd_search_options options = {.providers = key != NULL ? &remote : &local,
                                                .provider_count = 1,
                                                .indexes = &path,
                                                .index_count = 1,
                                                .index_place = place,
                                                .user_agent = "test",
                                                .places = {HERD_PLACES_DEFAULTS},
                                                .fetch = {HERD_FETCH_DEFAULTS}};
    int code = prepare ? herd_search_prepare(&scene->search, &options, messages, on_ready, scene)
                       : herd_search_open(&scene->search, &scene->fixture.loop, &options, messages);
    memset(index_path, 'x', sizeof index_path);
    memset(key_path, 'x', sizeof key_path);
    memset(place, 'x', sizeof place);
    return code;
}

static void open_with(struct scene *scene, const char *key, const char *index)
{
    assert_int_equal(with_options(scene, key, index, false, stderr), 0);
}

static void begin_preparing(struct scene *scene, const char *key, const char *index)
{
    scene->readies = 0;
    assert_int_equal(with_options(scene, key, index, true, stderr), 0);
    assert_int_equal(scene->readies, 0);
}

static void prepare(struct scene *scene, const char *key, const char *index)
{
    begin_preparing(scene, key, index);
    UNTIL(&scene->fixture, scene->readies == 1);
}

static void swap(struct scene *scene, const char *key, const char *index)
{
    struct herd_places *before = herd_search_places(&scene->search);
    prepare(scene, key, index);
    assert_int_equal(scene->code, 0);
    assert_string_equal(scene->messages, "");
    assert_ptr_equal(herd_search_places(&scene->search), before);
    herd_search_commit(&scene->search);
    assert_ptr_not_equal(herd_search_places(&scene->search), before);
}

/* Whoever prepares that is told why not, and all is as it was. */
static void expect_refused(struct scene *scene, const char *key, const char *index, int code, const char *message)
{
    struct herd_places *before = herd_search_places(&scene->search);
    prepare(scene, key, index);
    assert_int_equal(scene->code, code);
    assert_non_null(strstr(scene->messages, message));
    assert_ptr_equal(strstr(scene->messages, "herd.conf:7: "), scene->messages);
    assert_null(scene->search.prepared);
    assert_ptr_equal(herd_search_places(&scene->search), before);
}

static void on_ticket(struct herd_places_ticket *ticket)
{
    assert_int_equal(ticket->state, HERD_PLACES_READY);
}

static void ask(struct scene *scene, struct herd_places_ticket *ticket)
{
    struct herd_position position;
    struct herd_question question = {.bound = 1};
    *ticket = (struct herd_places_ticket){.on_ready = on_ticket};
    assert_int_equal(herd_position_parse(HERD_TEXT("+34.068930-118.445127"), &position), 0);
    assert_int_equal(herd_decimal_parse(HERD_TEXT("10"), &question.radius_km), 0);
    herd_places_ask(herd_search_places(&scene->search), ticket, &position, &question,
                    (int64_t)uv_now(&scene->fixture.loop.uv));
    herd_search_pump(&scene->search);
}

static void expect_answer(struct scene *scene, struct herd_places_ticket *ticket, const char *part)
{
    struct herd_buffer out = HERD_BUFFER_INIT;
    UNTIL(&scene->fixture, ticket->state == HERD_PLACES_READY);
    herd_places_render(ticket, &out);
    herd_buffer_append_byte(&out, '\0');
    assert_non_null(strstr(herd_buffer_text(&out).bytes, part));
    herd_buffer_finish(&out);
}

static void expect_asked(struct scene *scene, const char *part)
{
    struct herd_places_ticket ticket;
    ask(scene, &ticket);
    expect_answer(scene, &ticket, part);
}

static bool none_retired(struct scene *scene)
{
    herd_search_tick(&scene->search);
    return herd_list_empty(&scene->search.retired);
}

static void answers_what_was_asked_before_it_was_read(void **state)
{
    struct scene *scene = *state;
    struct herd_places_ticket ticket;
    open_with(scene, NULL, "a.idx");
    ask(scene, &ticket);
    assert_int_equal(ticket.state, HERD_PLACES_WAITING);
    expect_answer(scene, &ticket, "\"name\" : \"Westwood\"");
}

static void puts_another_set_in_force(void **state)
{
    struct scene *scene = *state;
    open_with(scene, NULL, "a.idx");
    expect_asked(scene, "Westwood");
    swap(scene, NULL, "b.idx");
    expect_asked(scene, "Venice");
    assert_true(none_retired(scene));
    swap(scene, "key", NULL);
    expect_asked(scene, "without JSON");
    assert_non_null(strstr(scene->web.last, "key=k "));
    swap(scene, NULL, "a.idx");
    expect_asked(scene, "Westwood");
    UNTIL(&scene->fixture, none_retired(scene));
    assert_int_equal(herd_search_counts(&scene->search)->requests, 1); /* of all sets */
    assert_int_equal(herd_search_fetch_counts(&scene->search)->requests, 1);
}

/* Neither an answer that is under way nor one that has to be written yet is lost, or comes of the new set. */
static void whoever_waits_is_answered_by_whom_it_asked(void **state)
{
    struct scene *scene = *state;
    struct herd_places_ticket under_way;
    struct herd_places_ticket reading;
    struct herd_places_ticket at_hand;
    scene->web.hold = true;
    open_with(scene, "key", NULL);
    ask(scene, &under_way);
    swap(scene, NULL, "a.idx");
    ask(scene, &at_hand);
    assert_int_equal(at_hand.state, HERD_PLACES_READY);
    swap(scene, NULL, "b.idx");
    assert_false(none_retired(scene));
    UNTIL(&scene->fixture, scene->web.held_count == 1);
    web_release(&scene->web);
    expect_answer(scene, &under_way, "without JSON");
    assert_false(none_retired(scene));
    expect_answer(scene, &at_hand, "Westwood");
    UNTIL(&scene->fixture, none_retired(scene));
    ask(scene, &reading);
    expect_answer(scene, &reading, "Venice");
}

static void bears_that_who_asked_is_gone(void **state)
{
    struct scene *scene = *state;
    struct herd_places_ticket ticket;
    scene->web.hold = true;
    open_with(scene, "key", NULL);
    ask(scene, &ticket);
    UNTIL(&scene->fixture, scene->web.held_count == 1);
    herd_places_leave(&ticket);
    swap(scene, NULL, "a.idx");
    assert_false(none_retired(scene)); /* the request is still under way */
    web_release(&scene->web);
    UNTIL(&scene->fixture, none_retired(scene));
    assert_int_equal(herd_search_counts(&scene->search)->failures, 1);
}

/* Its index is still being read, by the worker that will prepare the other one. */
static void replaces_what_is_not_read_yet(void **state)
{
    struct scene *scene = *state;
    struct herd_places_ticket ticket;
    open_with(scene, NULL, "a.idx");
    ask(scene, &ticket);
    swap(scene, NULL, "b.idx");
    expect_answer(scene, &ticket, "Westwood");
    expect_asked(scene, "Venice");
}

static void refuses_what_is_no_good(void **state)
{
    struct scene *scene = *state;
    open_with(scene, NULL, "a.idx");
    expect_refused(scene, "absent", NULL, EX_NOINPUT, "cannot read the key file ");
    expect_refused(scene, "blank", NULL, EX_CONFIG, "/blank is empty\n");
    expect_refused(scene, NULL, "absent", EX_NOINPUT, "/absent: No such file or directory\n");
    expect_refused(scene, NULL, "short.idx", EX_NOINPUT, "/short.idx: it is cut short\n");
    expect_asked(scene, "Westwood");
    swap(scene, NULL, "b.idx");
    expect_asked(scene, "Venice");
}

static void abandons(void **state)
{
    struct scene *scene = *state;
    open_with(scene, NULL, "a.idx");
    herd_search_abandon(&scene->search); /* nothing */
    begin_preparing(scene, NULL, "b.idx");
    herd_search_abandon(&scene->search);
    prepare(scene, NULL, "b.idx");
    herd_search_abandon(&scene->search);
    UNTIL(&scene->fixture, none_retired(scene));
    assert_int_equal(scene->readies, 1); /* of the second one */
    expect_asked(scene, "Westwood");
    begin_preparing(scene, "key", NULL); /* and the end comes meanwhile */
}

/* A start is stopped by what cannot be read, and goes on where an index turns out to be no good. */
static void opens_with_what_it_can(void **state)
{
    struct scene *scene = *state;
    char *said = NULL;
    size_t size = 0;
    FILE *messages = open_memstream(&said, &size);
    assert_int_equal(with_options(scene, NULL, "absent", false, messages), EX_NOINPUT);
    fclose(messages);
    assert_non_null(strstr(said, "herd.conf:7: cannot read the places index "));
    free(said);
    herd_search_close(&scene->search);
    fixture_turn(&scene->fixture, 3);
    herd_search_finish(&scene->search);
    scene->search = (struct herd_search){.loop = NULL};
    open_with(scene, NULL, "short.idx");
    expect_asked(scene, "The index of places is missing or damaged.");
}

static void leaves_nothing_behind(void **state)
{
    struct scene *scene = *state;
    open_with(scene, NULL, "a.idx");
    for (unsigned i = 0; i < 50; i++) {
        swap(scene, i % 3 == 0 ? "key" : NULL, i % 2 == 0 ? "a.idx" : "b.idx");
        expect_asked(scene, i % 3 == 0 ? "without JSON" : i % 2 == 0 ? "Westwood" : "Venice");
    }
    UNTIL(&scene->fixture, none_retired(scene));
}

static void tells_all_that_a_check_finds(void **state)
{
    struct scene *scene = *state;
    char key[PATH_SIZE];
    char index[PATH_SIZE];
    const char *path = path_of(scene, "short.idx", index);
    const struct herd_search_provider providers[] = {
        {.name = "local"}, {.name = "google_legacy", .url = "u", .key_file = path_of(scene, "blank", key)}};
    struct herd_search_options options = {.providers = providers,
                                          .provider_count = 2,
                                          .indexes = &path,
                                          .index_count = 1,
                                          .index_place = "there: ",
                                          .places = {HERD_PLACES_DEFAULTS},
                                          .fetch = {HERD_FETCH_DEFAULTS}};
    char *said = NULL;
    size_t size = 0;
    FILE *messages = open_memstream(&said, &size);
    assert_int_equal(herd_search_check(&options, messages), EX_CONFIG);
    path_of(scene, "a.idx", index);
    path_of(scene, "key", key);
    assert_int_equal(herd_search_check(&options, messages), 0);
    fclose(messages);
    assert_ptr_equal(strstr(said, "the key file "), said);
    assert_non_null(strstr(said, "/blank is empty\nthere: cannot read the places index "));
    assert_non_null(strstr(said, "short.idx: it is cut short\n"));
    free(said);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(answers_what_was_asked_before_it_was_read),
        TEST(puts_another_set_in_force),
        TEST(whoever_waits_is_answered_by_whom_it_asked),
        TEST(bears_that_who_asked_is_gone),
        TEST(replaces_what_is_not_read_yet),
        TEST(refuses_what_is_no_good),
        TEST(abandons),
        TEST(opens_with_what_it_can),
        TEST(leaves_nothing_behind),
        TEST(tells_all_that_a_check_finds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
