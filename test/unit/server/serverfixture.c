/* SPDX-License-Identifier: MIT */
#include "serverfixture.h"

#include <dirent.h>
#include <poll.h>

#define DESCRIPTORS 1024

/* -- The configuration ---------------------------------------------------------- */

void yard_write_text(const struct yard *yard, const char *text)
{
    FILE *file = fopen(yard->path, "w");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

void yard_write(const struct yard *yard, const char *more)
{
    char text[4096];
    int length = snprintf(text, sizeof text,
                          "servers = (\n"
                          "  { name = \"Goloman\"; clients = \"127.0.0.1:%u\"; peers = \"127.0.0.1:%u\"; },\n"
                          "  { name = \"Hands\"; clients = \"127.0.0.1:1\"; peers = \"127.0.0.1:%u\"; },\n"
                          "  { name = \"Holiday\"; clients = \"127.0.0.1:2\"; peers = \"127.0.0.1:%u\"; }\n"
                          ");\n"
                          "links = ([\"Goloman\", \"Hands\"], [\"Goloman\", \"Holiday\"]);\n"
                          "journal = { durability = \"none\"; };\n%s",
                          yard->ports[YARD_CLIENTS], yard->ports[YARD_PEERS], yard->ports[YARD_HANDS],
                          yard->ports[YARD_HOLIDAY], more);

    assert_true(length > 0 && (size_t)length < sizeof text);
    yard_write_text(yard, text);
}

void yard_write_alone(const struct yard *yard)
{
    char text[1024];
    int length = snprintf(text, sizeof text,
                          "servers = ({ name = \"Goloman\"; clients = \"127.0.0.1:%u\"; peers = \"127.0.0.1:%u\"; });\n"
                          "links = ();\njournal = { durability = \"none\"; };\n",
                          yard->ports[YARD_CLIENTS], yard->ports[YARD_PEERS]);

    assert_true(length > 0 && (size_t)length < sizeof text);
    yard_write_text(yard, text);
}

/* -- The server ------------------------------------------------------------------ */

static void on_tick(uv_timer_t *timer)
{
    (void)timer;
}

static struct herd_config load(const struct yard *yard)
{
    struct herd_config config = {0};
    struct herd_messages messages;

    herd_messages_begin(&messages);
    assert_int_equal(herd_config_load(yard->path, messages.out, &config), 0);
    assert_int_equal(logopen(&config, "Goloman", messages.out), 0);
    herd_messages_drop(&messages);
    return config;
}

/* All are the test's own until the server takes its two. */
static void take_ports(struct yard *yard)
{
    for (int i = 0; i < YARD_PORTS; i++)
        yard->sockets[i] = plain_listen(8, &yard->ports[i]);
    for (int i = YARD_CLIENTS; i <= YARD_PEERS; i++) {
        close(yard->sockets[i]);
        yard->sockets[i] = -1;
    }
}

int yard_setup(void **state)
{
    static struct yard yard; /* its loop is large */
    struct herd_config config;

    memset(&yard, 0, sizeof yard);
    yard.links[0] = yard.links[1] = -1;
    if (!own_folder(yard.folder, "server")) return -1;
    setenv("LOGS_DIRECTORY", yard.folder, 1);
    unsetenv("CREDENTIALS_DIRECTORY");
    unsetenv("NOTIFY_SOCKET");
    unsetenv("RUNTIME_DIRECTORY");
    snprintf(yard.path, sizeof yard.path, "%s/herd.conf", yard.folder);
    take_ports(&yard);
    yard_write(&yard, "");
    config = load(&yard);
    assert_int_equal(server_start(&yard.server, &config, yard.path, 0, DESCRIPTORS), 0);
    uv_timer_init(&yard.server.loop.uv, &yard.tick);
    uv_timer_start(&yard.tick, on_tick, TICK_MS, TICK_MS);
    yard.running = true;
    *state = &yard;
    return 0;
}

int yard_end(struct yard *yard)
{
    int code;

    assert_true(yard->running);
    yard->running = false;
    if (yard->server.state == SERVER_RUNNING) server_drain(&yard->server);
    uv_close((uv_handle_t *)&yard->tick, NULL);
    server_run(&yard->server);
    code = yard->server.exit_code;
    assert_int_equal(server_finish(&yard->server), 0);
    return code;
}

static void empty(const char *folder)
{
    DIR *directory = opendir(folder);
    char path[OWN_FOLDER_SIZE + 300];

    for (struct dirent *entry = readdir(directory); entry != NULL; entry = readdir(directory)) {
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (entry->d_name[0] != '.') remove(path);
    }
    closedir(directory);
}

int yard_teardown(void **state)
{
    struct yard *yard = *state;

    if (yard->running) yard_end(yard);
    herd_log_close();
    for (int i = 0; i < YARD_PORTS; i++)
        if (yard->sockets[i] >= 0) close(yard->sockets[i]);
    for (int i = 0; i < 2; i++)
        if (yard->links[i] >= 0) close(yard->links[i]);
    empty(yard->folder);
    return rmdir(yard->folder);
}

/* -- What happens ------------------------------------------------------------------ */

void yard_reload_until(struct yard *yard, enum reload_state state)
{
    reload_begin(&yard->server);
    UNTIL(&yard->server, yard->server.reload.state == state);
}

void yard_reload(struct yard *yard)
{
    yard_reload_until(yard, RELOAD_IDLE);
}

struct herd_link *yard_find(struct yard *yard, const char *name)
{
    struct herd_neighbour *neighbour = herd_flood_find(&yard->server.core.flood, herd_text_of(name));

    return neighbour != NULL ? neighbour->link : NULL;
}

static bool waiting(int listener)
{
    struct pollfd asked = {.fd = listener, .events = POLLIN};

    return poll(&asked, 1, 0) > 0;
}

int yard_link(struct yard *yard, enum yard_port port)
{
    int fd;

    UNTIL(&yard->server, waiting(yard->sockets[port]));
    fd = accept(yard->sockets[port], NULL, NULL);
    assert_true(fd >= 0);
    assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
    return fd;
}

void yard_settle(struct yard *yard)
{
    for (int i = 0; i < 2; i++) {
        yard->links[i] = yard_link(yard, i == 0 ? YARD_HANDS : YARD_HOLIDAY);
        yard_expect(yard, yard->links[i], "HELLO ");
    }
}

static void count_handle(uv_handle_t *handle, void *count)
{
    if (!uv_is_closing(handle)) ++*(unsigned *)count;
}

static void count_closing(uv_handle_t *handle, void *count)
{
    if (uv_is_closing(handle)) ++*(unsigned *)count;
}

static unsigned count(struct yard *yard, uv_walk_cb which)
{
    unsigned found = 0;

    uv_walk(&yard->server.loop.uv, which, &found);
    return found;
}

unsigned yard_handles(struct yard *yard)
{
    UNTIL(&yard->server, count(yard, count_closing) == 0);
    return count(yard, count_handle);
}

unsigned yard_descriptors(void)
{
    DIR *directory = opendir("/proc/self/fd");
    unsigned found = 0;

    assert_non_null(directory);
    while (readdir(directory) != NULL)
        found++;
    closedir(directory);
    return found;
}

void yard_expect(struct yard *yard, int fd, const char *beginning)
{
    struct received received = {.fd = fd};

    UNTIL(&yard->server, receive(&received) && received.length >= strlen(beginning));
    assert_memory_equal(received.bytes, beginning, strlen(beginning));
    free(received.bytes);
}
