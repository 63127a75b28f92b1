/* SPDX-License-Identifier: MIT */
#include "local.h"

#include <assert.h>

static struct herd_session *session_of(struct herd_list_node *node)
{
    return HERD_CONTAINER(node, struct herd_session, node);
}

static void take_options(struct herd_clients *clients, const struct herd_clients_options *options)
{
    assert(options->line_bytes_max > 0 && options->lines_per_turn_max > 0);
    assert(options->whatsat_per_connection_max > 0);
    clients->options = *options;
}

void herd_clients_open(struct herd_clients *clients, struct herd_loop *loop, struct herd_core *core,
                       const struct herd_clients_options *options, const struct herd_clients_port *port)
{
    assert(loop != NULL && core != NULL && port->hear != NULL && port->on_gone != NULL);
    memset(clients, 0, sizeof *clients);
    clients->loop = loop;
    clients->core = core;
    clients->port = *port;
    take_options(clients, options);
    herd_list_init(&clients->sessions);
    lasting_open(clients);
    reports_init(clients);
}

void herd_clients_configure(struct herd_clients *clients, const struct herd_clients_options *options)
{
    struct herd_list_node *node;

    reports_answer(clients); /* they were taken under the old ones */
    take_options(clients, options);
    lasting_configure(clients);
    for (node = clients->sessions.next; node != &clients->sessions; node = node->next)
        session_configure(session_of(node));
}

void herd_clients_accept(struct herd_listener *listener, void *owner)
{
    session_accept(owner, listener);
}

void herd_clients_answer(void *owner)
{
    struct herd_clients *clients = owner;

    reports_answer(clients);
    assert(clients->reports.batch.count == 0);
}

void herd_clients_drain(struct herd_clients *clients)
{
    struct herd_list_node *node;

    reports_answer(clients);
    for (node = clients->sessions.next; node != &clients->sessions; node = node->next)
        session_drain(session_of(node));
}

void herd_clients_give_up(struct herd_clients *clients)
{
    struct herd_list_node *node;

    for (node = clients->sessions.next; node != &clients->sessions; node = node->next)
        answer_give_up(session_of(node));
}

void herd_clients_cut_off(struct herd_clients *clients, int status)
{
    struct herd_list_node *node;

    for (node = clients->sessions.next; node != &clients->sessions; node = node->next)
        herd_stream_close(&session_of(node)->stream, status);
}

void herd_clients_close(struct herd_clients *clients)
{
    lasting_close(clients);
}
