/* SPDX-License-Identifier: MIT */

/*
 * The servers of a running `herd up` when its file has changed. Those that
 * stay get SIGHUP as soon as they are ready for it, those that are gone from
 * the file SIGTERM and 10 s, those that are new are started. What a new one
 * fails with ends no other; the next reload tries it again.
 */

#include <assert.h>
#include <signal.h>
#include <string.h>

#include "herd/machine.h"
#include "herd/memory.h"
#include "local.h"

static const struct herd_machine supervisor_machine = {
    .name = "supervisor",
    .states = {[SUPERVISOR_STARTING] = {"starting", HERD_TO(SUPERVISOR_UP) | HERD_TO(SUPERVISOR_DRAINING)},
               [SUPERVISOR_UP] = {"up", HERD_TO(SUPERVISOR_DRAINING)},
               [SUPERVISOR_DRAINING] = {"draining", 0}}};

void supervisor_move(struct supervisor *supervisor, enum supervisor_state to)
{
    herd_machine_move(&supervisor_machine, &supervisor->state, to, 0);
}

void supervisor_left(struct supervisor *supervisor, struct child *child)
{
    if (supervisor->state == SUPERVISOR_DRAINING) child->reload_due = false;
    if (child->reload_due) {
        child->reload_due = false;
        child->came = true;
        child->was_up = false;
        child_move(child, CHILD_RESTING);
        child->due_ms = supervisor->now_ms;
        return;
    }
    herd_output_say(&supervisor->output, "%s has left", child->name);
    child_finish(child);
    unsigned at = 0;
    while (supervisor->children[at] != child)
        at++;
    for (supervisor->count--; at < supervisor->count; at++)
        supervisor->children[at] = supervisor->children[at + 1];
    herd_memory_free(child);
}

int supervisor_add(struct supervisor *supervisor, const struct herd_server_config *server, bool came)
{
    unsigned count = supervisor->count + 1;
    struct child *child = herd_memory_allocate_zeroed(1, sizeof *child);
    int status = child_init(child, server, 0, supervisor->colours++, &supervisor->output);
    if (status < 0) {
        child_finish(child);
        herd_memory_free(child);
        return status;
    }
    child->came = came;
    child->due_ms = supervisor->now_ms;
    supervisor->children = herd_memory_resize(supervisor->children, count * sizeof *supervisor->children);
    supervisor->polls = herd_memory_resize(supervisor->polls, (1 + 2 * (size_t)count) * sizeof *supervisor->polls);
    supervisor->children[supervisor->count++] = child;
    return 0;
}

void supervisor_align(struct supervisor *supervisor)
{
    int width = 0;
    for (unsigned i = 0; i < supervisor->count; i++) {
        int length = (int)strlen(supervisor->children[i]->name);
        if (length > width) width = length;
    }
    for (unsigned i = 0; i < supervisor->count; i++)
        supervisor->children[i]->printer.width = width;
}

static struct child *find_name(const struct supervisor *supervisor, const char *name)
{
    for (unsigned i = 0; i < supervisor->count; i++) {
        if (strcmp(supervisor->children[i]->name, name) == 0) return supervisor->children[i];
    }
    return NULL;
}

static void come(struct supervisor *supervisor, const struct herd_server_config *server)
{
    struct child *child = find_name(supervisor, server->name);
    if (child != NULL) { /* it has not ended yet */
        assert(child->state == CHILD_LEAVING);
        child->reload_due = true;
        return;
    }
    int status = supervisor_add(supervisor, server, true);
    if (status < 0) herd_complain("cannot start %s: %s", server->name, herd_error_text(status));
}

static void leave(struct supervisor *supervisor, struct child *child)
{
    bool runs = child->pid > 0;
    child_move(child, CHILD_LEAVING);
    child->reload_due = false;
    child->due_ms = supervisor->now_ms + DRAIN_MAX_MS;
    if (runs) child_signal(child, SIGTERM);
    if (!runs) supervisor_left(supervisor, child);
}

/* One that stays is told; where it has ended for good it gets another chance. */
static void stay(struct supervisor *supervisor, struct child *child)
{
    if (child->state == CHILD_UP) child_signal(child, SIGHUP);
    if (child->state == CHILD_STARTING) child->reload_due = true;
    if (child->state != CHILD_ENDED) return;
    child_move(child, CHILD_RESTING);
    child->came = true;
    child->due_ms = supervisor->now_ms;
}

static void set_address(struct child *child, const char *address)
{
    herd_memory_free(child->address);
    child->address = herd_string_copy(address);
}

void supervisor_reload(struct supervisor *supervisor)
{
    struct herd_config next;
    struct herd_config_change change;
    supervisor->reload_due = false;
    if (up_reload(supervisor->config, supervisor->path, &next, &change) != 0) {
        herd_complain("the servers go on with the configuration that they have");
        return;
    }
    for (unsigned i = 0; i < next.server_count; i++) {
        struct child *child = find_name(supervisor, next.servers[i].name);
        if (child == NULL || child->state == CHILD_LEAVING) continue;
        set_address(child, next.servers[i].clients.text);
        stay(supervisor, child);
    }
    for (unsigned i = 0; i < change.went_count; i++) {
        struct child *child = find_name(supervisor, supervisor->config->servers[change.went[i]].name);
        if (child != NULL) leave(supervisor, child); /* else it could not be started */
    }
    for (unsigned i = 0; i < next.server_count; i++) {
        const struct child *child = find_name(supervisor, next.servers[i].name);
        if (child == NULL || child->state == CHILD_LEAVING) come(supervisor, &next.servers[i]);
    }
    supervisor_align(supervisor);
    herd_output_say(&supervisor->output, "read the configuration again (%u new, %u gone), the other servers are told",
                    change.came_count, change.went_count);
    herd_config_finish(supervisor->config);
    *supervisor->config = next;
}
