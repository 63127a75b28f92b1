/* SPDX-License-Identifier: MIT */
/* Two configurations compared: each option of the table alone, then servers, links and listeners, then what is refused.
 */
#include "fixture.h"

#include "../../../src/config/local.h"

#define ROOM 8 /* neighbours that a server has room for, where that does not matter */

struct compared {
    struct loaded running;
    struct loaded next;
    struct herd_config_change change;
    int code;
    char *messages; /* free(3) */
    char *text;     /* what is printed; free(3) */
};

static char *printed(const struct compared *compared)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    herd_config_change_print(&compared->change, &compared->running.config, &compared->next.config, out);
    assert_int_equal(fclose(out), 0);
    return text;
}

/* What is loaded already, as the server `self`. */
static void compare_loaded(struct compared *compared, const char *self, unsigned room)
{
    size_t size = 0;
    FILE *messages = open_memstream(&compared->messages, &size);
    assert_non_null(messages);
    compared->code =
        herd_config_compare(&compared->running.config, &compared->next.config, self, room, messages, &compared->change);
    assert_int_equal(fclose(messages), 0);
    assert_true((compared->code == 0) == (*compared->messages == '\0'));
    compared->text = printed(compared);
}

static void load_both(struct compared *compared, const char *running, const char *next)
{
    compared->running = load_text(running);
    if (compared->running.code != 0) fail_msg("%s", compared->running.messages);
    compared->next = load_text(next);
    if (compared->next.code != 0) fail_msg("%s", compared->next.messages);
}

static struct compared compare(const char *running, const char *next, const char *self, unsigned room)
{
    struct compared compared;
    load_both(&compared, running, next);
    compare_loaded(&compared, self, room);
    return compared;
}

static void finish(struct compared *compared)
{
    free(compared->messages);
    free(compared->text);
    unload(&compared->running);
    unload(&compared->next);
}

/* -- each option alone -- */

/* Gives the option another good value; true where that is less than before. */
static bool alter(const struct option *option, void *base)
{
    static const char *const words[] = {"google", "local"};
    static const char *const files[] = {"/a/x.idx", "/a/y.idx"};
    int error = -EINVAL;
    bool less = false;
    switch (option->type) {
    case OPTION_GROUP:
    case OPTION_SERVERS:
    case OPTION_LINKS:
        fail_msg("%s has no value", option->key);
        break;
    case OPTION_FLAG:
        error = option_set_flag(option, base, !*(bool *)option_field(base, option->offset));
        break;
    case OPTION_NUMBER: {
        uint32_t before = *(uint32_t *)option_field(base, option->offset);
        less = before > option->minimum;
        error = option_set_number(option, base, less ? (int64_t)before - 1 : (int64_t)before + 1);
        break;
    }
    case OPTION_CHOICE:
    case OPTION_WORD:
        error = option_set_string(option, base, option->words[1]);
        if (strcmp(option->initial, option->words[1]) == 0) error = option_set_string(option, base, option->words[0]);
        break;
    case OPTION_NAME:
    case OPTION_PATH:
        error = option_set_string(option, base, "other");
        break;
    case OPTION_URL:
        error = option_set_string(option, base, "https://other.example/");
        break;
    case OPTION_ADDRESS:
        error = option_set_string(option, base, "127.0.0.9:999");
        break;
    case OPTION_SOURCE:
        error = option_set_string(option, base, "127.0.0.9");
        break;
    case OPTION_WORDS:
        error = option_set_strings(option, base, words, COUNT(words));
        break;
    case OPTION_PATHS:
        error = option_set_strings(option, base, files, COUNT(files));
        break;
    }
    assert_int_equal(error, 0);
    return less;
}

/* Exactly this one is said to differ, to whom it concerns; it is refused where it is fixed; it is told. */
static void judge(const struct option *option, const struct compared *compared, bool less)
{
    for (unsigned row = 0; row < option_count; row++) {
        bool changes = herd_config_changes(&compared->change, option_table[row].key);
        if (changes != (&option_table[row] == option)) fail_msg("%s: %s", option->key, option_table[row].key);
    }
    if (option->part == 0) fail_msg("%s: whom does it concern?", option->key);
    if (compared->change.parts != option->part) fail_msg("%s: parts %x", option->key, compared->change.parts);
    bool refused = option->reload == RELOAD_NEVER || (option->reload == RELOAD_UPWARDS && less);
    if ((compared->code == EX_CONFIG) != refused) fail_msg("%s: %s", option->key, compared->messages);
    if (refused && strstr(compared->messages, option->key) == NULL) fail_msg("%s", compared->messages);
    if (strcmp(compared->text, "nothing changes\n") == 0) fail_msg("%s: not told", option->key);
    char line[128];
    snprintf(line, sizeof(line), "%s: ", option->key);
    if (!option_in_group(option, "servers") && strstr(compared->text, line) != compared->text)
        fail_msg("%s: told as %s", option->key, compared->text);
}

static void each_option_is_seen(void **state)
{
    (void)state;
    unsigned seen = 0;
    for (unsigned row = 0; row < option_count; row++) {
        const struct option *option = &option_table[row];
        bool lists = option->type == OPTION_SERVERS || option->type == OPTION_LINKS;
        if (option->type == OPTION_GROUP || lists || strcmp(option->key, "servers.name") == 0) continue;
        struct compared compared;
        load_both(&compared, TWO, TWO);
        struct herd_config *next = &compared.next.config;
        bool of_server = option_in_group(option, "servers");
        bool less = alter(option, of_server ? (void *)&next->servers[0] : (void *)next);
        compare_loaded(&compared, "A", ROOM);
        judge(option, &compared, less);
        finish(&compared);
        seen++;
    }
    assert_true(seen > 60);
}

/* Whom an option concerns shows in its key. */
static void groups_and_parts_go_together(void **state)
{
    static const struct {
        const char *start;
        enum herd_config_part part;
    } groups[] = {{"protocol.", HERD_PART_PROTOCOL},
                  {"places.", HERD_PART_PLACES},
                  {"journal.", HERD_PART_JOURNAL},
                  {"log.", HERD_PART_LOG},
                  {"limits.", HERD_PART_LIMITS}};
    (void)state;
    for (unsigned row = 0; row < option_count; row++) {
        const struct option *option = &option_table[row];
        assert_true((option->type == OPTION_GROUP) == (option->part == 0));
        for (unsigned i = 0; option->part != 0 && i < COUNT(groups); i++) {
            bool inside = strncmp(option->key, groups[i].start, strlen(groups[i].start)) == 0;
            if (inside != (option->part == groups[i].part)) fail_msg("%s", option->key);
        }
    }
}

static void the_same_is_no_change(void **state)
{
    (void)state;
    struct compared compared = compare(TWO "limits = { line_bytes_max = 8192; };", TWO, "B", ROOM);
    assert_int_equal(compared.code, 0);
    assert_int_equal(compared.change.parts, 0);
    assert_string_equal(compared.text, "nothing changes\n");
    finish(&compared);
}

/* -- servers, links, listeners -- */

#define SERVER(name, port)                                                                                             \
    "{ name = \"" name "\"; clients = \"127.0.0.1:1" port "\"; peers = \"127.0.0.1:2" port "\"; }"
#define HERD_OF_THREE(a, b, c, links)                                                                                  \
    "servers = (" SERVER("A", a) ", " SERVER("B", b) ", " SERVER("C", c) ");\nlinks = ( " links " );\n"
#define CHAIN "[\"A\", \"B\"], [\"B\", \"C\"]"
#define THREE HERD_OF_THREE("1", "2", "3", CHAIN)
#define FOUR                                                                                                           \
    "servers = (" SERVER("A", "1") ", " SERVER("B", "2") ", " SERVER("C", "3") ", " SERVER(                            \
        "D", "4") ");\n"                                                                                               \
                  "links = ( " CHAIN ", [\"A\", \"D\"] );"
/* A's other keys. */
#define TWO_WITH(keys)                                                                                                 \
    "servers = ( { name = \"A\"; clients = \"127.0.0.1:1\"; peers = \"127.0.0.1:2\"; " keys "},"                       \
    " { name = \"B\"; clients = \"127.0.0.1:3\"; peers = \"127.0.0.1:4\"; } ); links = ( [\"A\", \"B\"] );"
#define LISTENS "clients_listen = \"127.0.0.1:5\"; peers_listen = \"127.0.0.1:6\"; } );"

struct herd_case {
    const char *running;
    const char *next;
    const char *self;
    const char *text;
};

static const struct herd_case herds[] = {
    /* the order of servers and of links, and who stands first in a link */
    {THREE,
     "links = ( [\"C\", \"B\"], [\"B\", \"A\"] );\n"
     "servers = (" SERVER("C", "3") ", " SERVER("A", "1") ", " SERVER("B", "2") ");",
     "B", "nothing changes\n"},
    {THREE, FOUR, "A", "server D comes into the herd\nlink to D added, at 127.0.0.1:24\n"},
    {THREE, FOUR, "B", "server D comes into the herd\n"},
    {THREE, "servers = (" SERVER("A", "1") ", " SERVER("B", "2") ");\nlinks = ( [\"A\", \"B\"] );", "B",
     "server C leaves the herd\nlink to C removed\n"},
    {THREE, HERD_OF_THREE("1", "2", "4", CHAIN), "B", "link to C moves from 127.0.0.1:23 to 127.0.0.1:24\n"},
    /* of no concern to A: C is not its neighbour */
    {THREE, HERD_OF_THREE("1", "2", "4", CHAIN), "A", "nothing changes\n"},
    {THREE, THREE "secret_file = \"s\";", "A", "secret_file: not set -> \"s\"\n"},
    {THREE, HERD_OF_THREE("1", "2", "3", "[\"A\", \"B\"], [\"A\", \"C\"]"), "B", "link to C removed\n"},
    {THREE, HERD_OF_THREE("1", "2", "3", CHAIN ", [\"A\", \"C\"]"), "B", "links between other servers change\n"},
    /* its own addresses */
    {THREE, HERD_OF_THREE("9", "2", "3", CHAIN), "A",
     "listener clients moves from 127.0.0.1:11 to 127.0.0.1:19\n"
     "listener peers moves from 127.0.0.1:21 to 127.0.0.1:29\n"},
    {TWO, TWO_WITH("web = \"127.0.0.1:9\"; peer_source = \"127.0.0.2\"; "), "A",
     "link to B is made anew, from 127.0.0.2\nlistener web opens at 127.0.0.1:9\n"},
    {TWO_WITH("web = \"127.0.0.1:9\"; peer_source = \"127.0.0.2\"; "), TWO, "A",
     "link to B is made anew, from the address that the system chooses\nlistener web closes at 127.0.0.1:9\n"},
    {TWO_WITH("peer_source = \"127.0.0.2\"; "), TWO, "B", "neighbour A is expected from other addresses\n"},
    {"servers = ( { name = \"A\"; clients = \"127.0.0.1:1\"; peers = \"127.0.0.1:2\"; " LISTENS,
     "servers = ( { name = \"A\"; clients = \"127.0.0.1:7\"; peers = \"127.0.0.1:8\"; " LISTENS, "A",
     "clients dial 127.0.0.1:7 from now on, listener clients stays\n"
     "neighbours dial 127.0.0.1:8 from now on, listener peers stays\n"},
    /* the herd as a whole */
    {THREE, "servers = (" SERVER("A", "1") ", " SERVER("D", "4") ");\nlinks = ( [\"A\", \"D\"] );", NULL,
     "server D comes into the herd\nserver B leaves the herd\nserver C leaves the herd\n"},
    /* the text of an address is not the address */
    {ONE, "servers = ( { name = \"A\"; clients = \"127.0.0.1:00001\"; peers = \"127.0.0.1:2\"; } );", "A",
     "nothing changes\n"},
    {ONE "log = { level = \"info\"; wire = true; };\nplaces = { providers = [\"local\"]; };",
     ONE "log = { level = \"debug\"; wire = false; };\nplaces = { local = { indexes = [\"a\", \"b\"]; }; };", "A",
     "places.local.indexes: [] -> [\"a\", \"b\"]\nlog.level: \"info\" -> \"debug\"\nlog.wire: true -> false\n"},
};

static void herds_are_compared_by_name(void **state)
{
    (void)state;
    for (unsigned i = 0; i < COUNT(herds); i++) {
        struct compared compared = compare(herds[i].running, herds[i].next, herds[i].self, ROOM);
        if (compared.code != 0) fail_msg("case %u: %s", i, compared.messages);
        if (strcmp(compared.text, herds[i].text) != 0) fail_msg("case %u: %s", i, compared.text);
        assert_true((compared.change.parts == 0) == (strcmp(compared.text, "nothing changes\n") == 0));
        finish(&compared);
    }
}

/* All of its neighbours are listed, with where they are in both. */
static void neighbours_are_listed(void **state)
{
    (void)state;
    static const char next[] = "servers = (" SERVER("D", "4") ", " SERVER("B", "2") ", " SERVER(
        "A", "7") ");\n"
                  "links = ( [\"D\", \"B\"], [\"A\", \"B\"] );";
    struct compared compared = compare(THREE, next, "B", ROOM);
    const struct herd_config_change *change = &compared.change;
    assert_int_equal(change->running_self, 1);
    assert_int_equal(change->next_self, 1);
    assert_int_equal(change->neighbour_count, 3);
    const struct herd_config_neighbour wanted[] = {
        {HERD_NEIGHBOUR_ADDED, -1, 0, false},
        {HERD_NEIGHBOUR_MOVED, 0, 2, true},
        {HERD_NEIGHBOUR_REMOVED, 2, -1, false},
    };
    for (unsigned i = 0; i < COUNT(wanted); i++) {
        assert_int_equal(change->neighbours[i].change, wanted[i].change);
        assert_int_equal(change->neighbours[i].running, wanted[i].running);
        assert_int_equal(change->neighbours[i].next, wanted[i].next);
        assert_int_equal(change->neighbours[i].hosts_changed, wanted[i].hosts_changed);
    }
    assert_int_equal(change->parts, HERD_PART_HERD | HERD_PART_NEIGHBOURS);
    finish(&compared);
}

/* A server that was there and becomes a neighbour is added, not moved. */
static void a_new_link_to_an_old_server_is_added(void **state)
{
    (void)state;
    struct compared compared =
        compare(THREE, HERD_OF_THREE("1", "2", "4", "[\"A\", \"B\"], [\"A\", \"C\"]"), "A", ROOM);
    assert_int_equal(compared.change.neighbour_count, 2);
    assert_int_equal(compared.change.neighbours[0].change, HERD_NEIGHBOUR_KEPT);
    assert_int_equal(compared.change.neighbours[1].change, HERD_NEIGHBOUR_ADDED);
    assert_int_equal(compared.change.neighbours[1].running, -1);
    finish(&compared);
}

/* -- what is refused -- */

struct refusal {
    const char *running;
    const char *next;
    const char *self;
    unsigned room;
    const char *messages;
};

static const struct refusal refusals[] = {
    {ONE "herd = \"x\";", ONE "# one\nherd = \"y\";", "A", ROOM,
     "herd.conf:3: herd cannot change while the server runs (it is \"x\")\n"},
    {ONE "herd = \"x\";", ONE, "A", ROOM, "herd.conf: herd cannot change while the server runs (it is \"x\")\n"},
    {ONE, ONE "journal = {\n directory = \"/d\";\n durability = \"none\"; };", "A", ROOM,
     "herd.conf:3: journal.directory cannot change while the server runs (it is not set)\n"
     "herd.conf:4: journal.durability cannot change while the server runs (it is \"written\")\n"},
    {ONE, ONE "limits = { clients_max = 999999; };", "A", ROOM,
     "herd.conf:2: limits.clients_max cannot become less while the server runs (it is 1000000)\n"},
    {ONE, ONE "limits = { clients_max = 1000001; };", "A", ROOM, ""},
    {TWO, "herd = \"herd\";\n" ONE, "B", ROOM,
     "herd.conf:2: servers has no \"B\" any more, and that is the server that runs\n"},
    {THREE, THREE, "B", 1, "herd.conf:2: B has 2 neighbours, and has room for no more than 1 while it runs\n"},
    {THREE, THREE, "B", 2, ""},
    {TWO, THREE, NULL, 0, ""}, /* no server in particular: neither its name nor its room */
    {ONE, "herd = \"y\";\n" THREE, NULL, 0, "herd.conf:1: herd cannot change while the server runs (it is \"herd\")\n"},
    {ONE, "herd = \"y\"; servers = (" SERVER("C", "3") ");", "A", ROOM,
     "herd.conf:1: herd cannot change while the server runs (it is \"herd\")\n"
     "herd.conf:1: servers has no \"A\" any more, and that is the server that runs\n"},
};

static void what_is_fixed_is_refused_with_its_line(void **state)
{
    (void)state;
    for (unsigned i = 0; i < COUNT(refusals); i++) {
        const struct refusal *refusal = &refusals[i];
        struct compared compared = compare(refusal->running, refusal->next, refusal->self, refusal->room);
        if (strcmp(compared.messages, refusal->messages) != 0) fail_msg("case %u: %s", i, compared.messages);
        finish(&compared);
    }
}

/* The value in the environment goes over the file's: then that is named. */
static void the_environment_is_named(void **state)
{
    (void)state;
    struct compared compared;
    compared.running = load_text(ONE);
    assert_int_equal(setenv("HERD_HERD", "y", 1), 0);
    compared.next = load_text(ONE);
    assert_int_equal(unsetenv("HERD_HERD"), 0);
    compare_loaded(&compared, "A", ROOM);
    assert_string_equal(compared.messages, "HERD_HERD: herd cannot change while the server runs (it is \"herd\")\n");
    finish(&compared);
}

/* From a file to none: the file is gone, and the built-in herd has other servers. */
static void the_builtin_herd_is_compared(void **state)
{
    (void)state;
    struct compared compared;
    compared.running = load_text(ONE);
    compared.next = load(NULL);
    compare_loaded(&compared, "A", ROOM);
    assert_string_equal(compared.messages,
                        "the built-in herd: servers has no \"A\" any more, and that is the server that runs\n");
    finish(&compared);
    compared.running = load(NULL);
    compared.next = load(NULL);
    compare_loaded(&compared, "Holiday", ROOM);
    assert_string_equal(compared.text, "nothing changes\n");
    finish(&compared);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_option_is_seen),
        cmocka_unit_test(groups_and_parts_go_together),
        cmocka_unit_test(the_same_is_no_change),
        cmocka_unit_test(herds_are_compared_by_name),
        cmocka_unit_test(neighbours_are_listed),
        cmocka_unit_test(a_new_link_to_an_old_server_is_added),
        cmocka_unit_test(what_is_fixed_is_refused_with_its_line),
        cmocka_unit_test(the_environment_is_named),
        cmocka_unit_test(the_builtin_herd_is_compared),
    };
    return cmocka_run_group_tests(tests, enter_directory, leave_directory);
}
