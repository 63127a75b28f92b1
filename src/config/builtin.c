/* SPDX-License-Identifier: MIT */
/* The built-in herd of five on loopback, so that a server runs without any file. */
#include "local.h"

#include <assert.h>

#include "herd/memory.h"

enum { GOLOMAN, HANDS, HOLIDAY, WELSH, WILKES, SERVER_COUNT };

static const char *const names[SERVER_COUNT] = {"Goloman", "Hands", "Holiday", "Welsh", "Wilkes"};

static const struct herd_link_config links[] = {
    {.a = GOLOMAN, .b = HANDS}, {.a = GOLOMAN, .b = HOLIDAY}, {.a = GOLOMAN, .b = WILKES},
    {.a = HANDS, .b = WILKES},  {.a = HOLIDAY, .b = WELSH},   {.a = HOLIDAY, .b = WILKES},
};

#define CLIENTS_PORT 12001 /* of the first server; the others follow */
#define PEERS_PORT 12101
#define WEB_PORT 12201

static void set_address(struct herd_address *address, unsigned port)
{
    char text[sizeof("127.0.0.1:65535")];
    int length = snprintf(text, sizeof(text), "127.0.0.1:%u", port);
    assert(length > 0 && (size_t)length < sizeof(text));
    (void)length;
    address->text = herd_string_copy(text);
    int error = herd_address_parse(text, &address->socket);
    assert(error == 0);
    (void)error;
}

void config_set_builtin(struct herd_config *config)
{
    config->servers = herd_memory_allocate_zeroed(SERVER_COUNT, sizeof(*config->servers));
    config->server_count = SERVER_COUNT;
    for (unsigned i = 0; i < SERVER_COUNT; i++) {
        struct herd_server_config *server = &config->servers[i];
        server->name = herd_string_copy(names[i]);
        set_address(&server->clients, CLIENTS_PORT + i);
        set_address(&server->peers, PEERS_PORT + i);
        set_address(&server->web, WEB_PORT + i);
    }
    config->links = herd_memory_allocate_zeroed(sizeof(links) / sizeof(links[0]), sizeof(*links));
    memcpy(config->links, links, sizeof(links));
    config->link_count = sizeof(links) / sizeof(links[0]);
}

bool config_has_builtin_shape(const struct herd_config *config)
{
    unsigned count = sizeof(links) / sizeof(links[0]);
    if (config->server_count != SERVER_COUNT || config->link_count != count) return false;
    for (unsigned i = 0; i < SERVER_COUNT; i++) {
        const char *name = config->servers[i].name;
        if (name == NULL || strcmp(name, names[i]) != 0) return false;
    }
    for (unsigned i = 0; i < count; i++) {
        if (config->links[i].a != links[i].a || config->links[i].b != links[i].b) return false;
    }
    return true;
}
