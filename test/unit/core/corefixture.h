/* SPDX-License-Identifier: MIT */
#ifndef HERD_TEST_COREFIXTURE_H
#define HERD_TEST_COREFIXTURE_H

/* A core without a loop: what it asks for is counted, and done when the test says so. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "herd/core.h"

#include "../ownfolder.h"

#define CORE_POSITION "+34.068930-118.445127"
#define CORE_NOW_NS INT64_C(1500000000)

struct corefixture {
    struct herd_core core;
    struct herd_batch batch;
    struct herd_core_grant grant;
    struct herd_buffer out;
    unsigned ends, steps, asked; /* what the core asked for */
    int wakes[2];                /* a pipe with a byte for each time that the journal's thread has woken us */
    unsigned news;               /* of the journal */
    bool broken;                 /* as the last of them said */
    bool closes;                 /* the journal, where it is told that it is broken */
    char folder[OWN_FOLDER_SIZE];
};

/* cmocka's; the state is a struct corefixture, with room for three clients. */
int core_setup(void **state);
int core_teardown(void **state);
/* The same with a journal that is `synced` in a folder of its own. */
int core_setup_synced(void **state);

/* Reports at CORE_NOW_NS: puts one into the batch, then has all of it accepted: how many were taken. */
void core_add(struct corefixture *fixture, const char *client, const char *time);
unsigned core_accept(struct corefixture *fixture);
/* Both at once, with its reply thrown away: whether it was taken. */
bool core_report(struct corefixture *fixture, const char *client, const char *time);
/* Waits until the journal's thread has news, and has the core look at them. */
void core_until_woken(struct corefixture *fixture);
/* What was replied since the last time, and no more. */
void core_expect(struct corefixture *fixture, const char *expected);

#endif
