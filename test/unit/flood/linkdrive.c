/* SPDX-License-Identifier: MIT */
#include "linkdrive.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HELLO "HELLO 1 herd Holiday " RIG_ONE " - -\n"
#define WELCOME "WELCOME - 0 1500000000000000000 0 -\n"

static struct drive *drive_of(struct herd_link *link)
{
    return HERD_CONTAINER(link, struct drive, link);
}

static void note(struct drive *drive, const char *word)
{
    size_t length = strlen(drive->trace);
    snprintf(drive->trace + length, sizeof(drive->trace) - length, "%s%s", length > 0 ? " " : "", word);
}

static void on_connect(struct herd_link *link)
{
    assert_int_equal(link->state, HERD_LINK_CONNECTING);
    note(drive_of(link), "connect");
}

static void on_close(struct herd_link *link, int status)
{
    static const struct {
        int status;
        const char *word;
    } words[] = {{0, "close:ok"},
                 {-EPROTO, "close:proto"},
                 {-ETIMEDOUT, "close:timeout"},
                 {-ECONNRESET, "close:reset"},
                 {-ECANCELED, "close:canceled"}};
    assert_int_equal(link->state, HERD_LINK_CLOSING);
    assert_int_equal(link->outbound.state, HERD_PEER_CLOSED);
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (words[i].status == status) note(drive_of(link), words[i].word);
}

static void on_drop(struct herd_link *link, struct herd_inbound *inbound)
{
    assert_int_equal(inbound->state, HERD_PEER_CLOSED);
    note(drive_of(link), "drop");
}

static struct herd_buffer *give_out(struct herd_link *link)
{
    return &drive_of(link)->out;
}

static void on_said(struct herd_link *link, struct herd_text lines)
{
    struct drive *drive = drive_of(link);
    struct herd_text all = herd_buffer_text(&drive->out);
    assert_true(lines.length > 0);
    assert_ptr_equal(lines.bytes + lines.length, all.bytes + all.length);
}

static struct herd_buffer *give_room(struct herd_link *link, size_t *ret_bytes)
{
    struct drive *drive = drive_of(link);
    *ret_bytes = drive->room;
    return drive->stuck ? NULL : &drive->out;
}

static void on_pumped(struct herd_link *link, bool more)
{
    drive_of(link)->more = more;
}

static void on_wake(struct herd_link *link)
{
    drive_of(link)->wakes++;
}

static void on_tell(struct herd_link *link, enum herd_link_event event)
{
    static const char *const words[] = {
        [HERD_LINK_DIALLING] = "dialling", [HERD_LINK_WELCOMED] = "welcomed", [HERD_LINK_DOWN] = "down",
        [HERD_LINK_FAILED] = "failed",     [HERD_LINK_CLOCK_FAR] = "far",     [HERD_LINK_CLOCK_NEAR] = "near",
        [HERD_LINK_DIVERGED] = "diverged", [HERD_LINK_HEARD] = "heard",       [HERD_LINK_RIVAL] = "rival",
    };
    note(drive_of(link), words[event]);
}

static const struct herd_link_port port = {.connect = on_connect,
                                           .close = on_close,
                                           .drop = on_drop,
                                           .out = give_out,
                                           .said = on_said,
                                           .room = give_room,
                                           .pumped = on_pumped,
                                           .wake = on_wake,
                                           .tell = on_tell};

int drive_setup(void **state)
{
    struct drive *drive = calloc(1, sizeof(*drive));
    assert_non_null(drive);
    rig_init(&drive->rig, 100);
    drive->room = RIG_ALL;
    herd_link_init(&drive->link, &drive->rig.flood, rig_neighbour(&drive->rig, DRIVE_SLOT), &port,
                   drive->rig.now.monotonic_ms);
    *state = drive;
    return 0;
}

int drive_teardown(void **state)
{
    struct drive *drive = *state;
    if (drive->link.state != HERD_LINK_IDLE) herd_link_closed(&drive->link, -ECONNRESET, &drive->rig.now);
    for (unsigned i = 0; i < drive->session_count; i++)
        herd_inbound_finish(&drive->sessions[i]);
    herd_link_finish(&drive->link);
    assert_null(rig_neighbour(&drive->rig, DRIVE_SLOT)->link);
    rig_finish(&drive->rig);
    herd_buffer_finish(&drive->out);
    free(drive);
    return 0;
}

/* -- What happens: words of a script -- */

void drive_hear(struct drive *drive, const char *lines)
{
    herd_link_receive(&drive->link, herd_text_of(lines), &drive->rig.now);
}

static void pong(struct drive *drive, long offset_ms)
{
    char line[128];
    snprintf(line, sizeof(line), "PONG %lld 0 -\n",
             (long long)(drive->rig.now.wall_ns + (int64_t)offset_ms * INT64_C(1000000)));
    drive_hear(drive, line);
}

/* A session of the run `run` of Holiday; 0: it names itself and proves nothing yet. */
static void come(struct drive *drive, long run)
{
    struct herd_inbound *session = &drive->sessions[drive->session_count++];
    char lines[128];
    assert_true(drive->session_count <= DRIVE_SESSIONS_MAX);
    snprintf(lines, sizeof(lines), "HELLO 1-1 herd Holiday %016ld -\n%s", run == 0 ? 7 : run,
             run == 0 ? "" : "AUTH -\n");
    herd_inbound_init(session, &drive->rig.flood, true, &drive->rig.now);
    assert_int_equal(rig_feed(&drive->rig, session, lines), 0);
    herd_link_heard(session, &drive->rig.now);
    herd_link_heard(session, &drive->rig.now); /* once more says nothing new */
}

static bool play_stream(struct drive *drive, const char *word)
{
    struct herd_link *link = &drive->link;
    if (strcmp(word, "open") == 0)
        herd_link_connected(link, &drive->rig.now);
    else if (strcmp(word, "hello") == 0)
        drive_hear(drive, HELLO);
    else if (strcmp(word, "welcome") == 0)
        drive_hear(drive, HELLO WELCOME);
    else if (strcmp(word, "refuse") == 0)
        drive_hear(drive, "REFUSE proof no\n");
    else if (strcmp(word, "fin") == 0)
        herd_link_ended(link);
    else if (strcmp(word, "gone") == 0)
        herd_link_closed(link, -ECONNRESET, &drive->rig.now);
    else if (strcmp(word, "nobody") == 0)
        herd_link_closed(link, -ECONNREFUSED, &drive->rig.now);
    else
        return false;
    return true;
}

static bool play_wish(struct drive *drive, const char *word)
{
    struct herd_link *link = &drive->link;
    if (strcmp(word, "stop") == 0)
        herd_link_stop(link);
    else if (strcmp(word, "close") == 0)
        herd_link_close(link, 0);
    else if (strcmp(word, "cut") == 0)
        herd_link_close(link, -ECANCELED);
    else if (strcmp(word, "renew") == 0)
        herd_link_renew(link, drive->rig.now.monotonic_ms);
    else if (strcmp(word, "tick") == 0)
        herd_link_tick(link, &drive->rig.now);
    else
        return false;
    return true;
}

static void play_word(struct drive *drive, const char *word)
{
    if (play_stream(drive, word) || play_wish(drive, word)) return;
    if (word[0] == '+')
        drive->rig.now.monotonic_ms += strtol(word + 1, NULL, 10);
    else if (strncmp(word, "pong:", 5) == 0)
        pong(drive, strtol(word + 5, NULL, 10));
    else if (strncmp(word, "in:", 3) == 0)
        come(drive, strtol(word + 3, NULL, 10));
    else
        fail_msg("no such word: %s", word);
}

void drive_play(struct drive *drive, const char *script)
{
    char words[256];
    char *rest;
    snprintf(words, sizeof(words), "%s", script);
    for (char *word = strtok_r(words, " ", &rest); word != NULL; word = strtok_r(NULL, " ", &rest))
        play_word(drive, word);
}
