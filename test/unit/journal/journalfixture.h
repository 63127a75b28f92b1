/* SPDX-License-Identifier: MIT */
#ifndef HERD_TEST_JOURNALFIXTURE_H
#define HERD_TEST_JOURNALFIXTURE_H

/*
 * A journal in a directory of its own, numbered records to put into it, and
 * what came back. Record i is of client `c<i>`, and all of it follows from i.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "faultfiles.h"

#define RECORDS_MAX 4096

struct fixture {
    char directory[256]; /* the journal's, in one of the test's own */
    char parent[240];
    char problem[HERD_JOURNAL_PROBLEM_SIZE];
    struct faultfiles faults;
    struct herd_journal_options options;
    struct herd_journal *journal;
    struct herd_names names;
    unsigned seen[RECORDS_MAX]; /* how often each record came back */
    unsigned seen_count;        /* records that came back at all */
    pthread_mutex_t mutex;
    pthread_cond_t synced;
    unsigned synced_count; /* calls of on_synced */
};

/* For cmocka_unit_test_setup_teardown: *state is a fixture, its journal not open. */
int fixture_setup(void **state);
int fixture_teardown(void **state);
/* As one test with its own fixture. */
#define FIXTURE_TEST(function) cmocka_unit_test_setup_teardown(function, fixture_setup, fixture_teardown)

/* Must succeed; what came back is in seen. */
void fixture_open(struct fixture *fixture);
/* The result of herd_journal_open with the faulty calls. */
int fixture_try_open(struct fixture *fixture);
int fixture_close(struct fixture *fixture);
/* Closes, forgets all faults and opens. */
void fixture_reopen(struct fixture *fixture);

/* Appends records first to end - 1. */
void fixture_append(struct fixture *fixture, unsigned first, unsigned end);
/* One version; its views are of `text`. */
struct herd_version fixture_version(struct fixture *fixture, unsigned i, char text[64]);
/* Its line in a segment. */
void fixture_line(struct fixture *fixture, unsigned i, struct herd_buffer *out);
/* The header's line. */
void fixture_header(struct herd_buffer *out, const char *rest);

/* Every record first to end - 1 came back, no other did. */
void fixture_expect(const struct fixture *fixture, unsigned first, unsigned end);
/* Waits until durable is at least `position`. */
void fixture_wait_durable(struct fixture *fixture, uint64_t position);
void fixture_wait_state(struct fixture *fixture, enum herd_journal_state state);
void fixture_wait_rewrites(struct fixture *fixture, uint64_t rewrites);
/* Calls of on_synced so far; waits for the next after the first `count`. */
unsigned fixture_synced_count(struct fixture *fixture);
void fixture_wait_synced(struct fixture *fixture, unsigned count);

/* Waits until there were more syncs than `syncs`, and the thread has told of them. */
void fixture_wait_syncs(struct fixture *fixture, unsigned syncs);

/* Files of the directory. */
void fixture_write_file(const struct fixture *fixture, const char *name, struct herd_text bytes);
void fixture_read_file(const struct fixture *fixture, const char *name, struct herd_buffer *out);
/* What comes back of these bytes, or of a segment (nothing where it is not there), without opening a journal. */
struct herd_journal_sums fixture_read_bytes(struct fixture *fixture, struct herd_text bytes);
struct herd_journal_sums fixture_read_segment(struct fixture *fixture, const char *name);
/* Removes the directory and forgets all faults. */
void fixture_forget_files(struct fixture *fixture);
unsigned fixture_segments(const struct fixture *fixture);

#endif
