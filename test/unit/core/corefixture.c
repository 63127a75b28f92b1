/* SPDX-License-Identifier: MIT */
#include "corefixture.h"

#include <assert.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "herd/memory.h"

#define PATIENCE_MS 30000

static void at_end(void *owner)
{
    ((struct corefixture *)owner)->ends++;
}

static void soon(void *owner)
{
    ((struct corefixture *)owner)->steps++;
}

static void wake(void *owner)
{
    ssize_t written = write(((struct corefixture *)owner)->wakes[1], "", 1);

    assert(written == 1);
    (void)written;
}

static void on_journal(void *owner, bool broken)
{
    struct corefixture *fixture = owner;

    fixture->news++;
    fixture->broken = broken;
    if (broken && fixture->closes) herd_core_close_journal(&fixture->core);
}

static void on_asked(void *owner)
{
    ((struct corefixture *)owner)->asked++;
}

int core_setup(void **state)
{
    struct corefixture *fixture = herd_memory_allocate_zeroed(1, sizeof *fixture);
    const struct herd_text name = HERD_TEXT("Goloman");
    const struct herd_core_options options = {
        .herd = HERD_TEXT("herd"),
        .name = name,
        .names = &name,
        .name_count = 1,
        .slot_count = 2,
        .incarnation = 1,
        .limits = {.clients_max = 3},
        .port = {fixture, at_end, soon, wake, on_journal, on_asked},
    };
    const struct herd_places_provider_options local = {.name = "local"};
    const struct herd_places_options places = {HERD_PLACES_DEFAULTS, .providers = &local, .provider_count = 1};

    assert_int_equal(pipe(fixture->wakes), 0);
    herd_core_init(&fixture->core, &options);
    fixture->core.places = herd_places_create(&places);
    herd_core_batch_init(&fixture->core, &fixture->batch);
    *state = fixture;
    return 0;
}

int core_setup_synced(void **state)
{
    struct herd_core_journal_fault fault;
    struct herd_core_journal_options options = {.synced = true};
    struct corefixture *fixture;

    core_setup(state);
    fixture = *state;
    if (!own_folder(fixture->folder, "core")) return -1;
    options.directory = fixture->folder;
    return herd_core_open_journal(&fixture->core, &options, CORE_NOW_NS, &fault);
}

int core_teardown(void **state)
{
    struct corefixture *fixture = *state;
    char command[OWN_FOLDER_SIZE + 10];

    herd_core_close_journal(&fixture->core);
    herd_places_destroy(fixture->core.places);
    herd_core_finish(&fixture->core);
    herd_buffer_finish(&fixture->out);
    close(fixture->wakes[0]);
    close(fixture->wakes[1]);
    snprintf(command, sizeof command, "rm -r '%s'", fixture->folder);
    if (fixture->folder[0] != '\0' && system(command) != 0) return -1;
    herd_memory_free(fixture);
    return 0;
}

/* Kept until the batch was accepted. */
static char lines[HERD_BATCH_MAX][80];

void core_add(struct corefixture *fixture, const char *client, const char *time)
{
    struct herd_version *version = herd_batch_next(&fixture->batch);
    char *line = lines[fixture->batch.count];
    struct herd_command command;

    snprintf(line, sizeof lines[0], "IAMAT %s " CORE_POSITION " %s", client, time);
    herd_command_parse(herd_text_of(line), &command);
    assert_int_equal(command.kind, HERD_COMMAND_IAMAT);
    version->report = command.as.iamat;
    version->difference_ns = CORE_NOW_NS - version->report.time_ns;
    herd_batch_add(&fixture->batch, herd_text_of(line));
}

unsigned core_accept(struct corefixture *fixture)
{
    unsigned taken;

    herd_core_look_ahead(&fixture->core, &fixture->batch);
    taken = herd_core_accept(&fixture->core, &fixture->batch, 0, fixture->batch.count, &fixture->grant, CORE_NOW_NS,
                             &fixture->out);
    fixture->batch.count = 0;
    return taken;
}

bool core_report(struct corefixture *fixture, const char *client, const char *time)
{
    unsigned taken;

    core_add(fixture, client, time);
    taken = core_accept(fixture);
    herd_buffer_clear(&fixture->out);
    return taken == 1;
}

void core_until_woken(struct corefixture *fixture)
{
    struct pollfd ready = {.fd = fixture->wakes[0], .events = POLLIN};
    char byte;

    if (poll(&ready, 1, PATIENCE_MS) != 1) fail_msg("the journal's thread has no news");
    assert_int_equal(read(fixture->wakes[0], &byte, 1), 1);
    herd_core_woken(&fixture->core);
}

void core_expect(struct corefixture *fixture, const char *expected)
{
    assert_int_equal(herd_buffer_length(&fixture->out), strlen(expected));
    assert_memory_equal(herd_buffer_text(&fixture->out).bytes, expected, strlen(expected));
    herd_buffer_clear(&fixture->out);
}
