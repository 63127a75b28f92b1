/* SPDX-License-Identifier: MIT */
#ifndef HERD_TEST_FAULTFILES_H
#define HERD_TEST_FAULTFILES_H

/*
 * The system's calls on files, each of which can be made to fail, and a disk
 * that forgets: what was not synced is gone after faultfiles_cut_power. Nothing
 * is really synced. Two threads use it.
 */

#include <sys/types.h>

#include "../../../src/journal/local.h"

#define FAULTFILES_MAX 256

enum power_cut {
    POWER_CUT_DROPS, /* a file ends where it was last synced */
    POWER_CUT_ZEROS, /* it has its length, but zeros from there on */
};

struct fault_file {
    uint64_t number; /* of its segment */
    int fd;          /* -1: not open for writing */
    uint64_t size;
    uint64_t synced;    /* bytes of it that survive */
    bool listed;        /* its directory was synced */
    unsigned failed_at; /* count of syncs when one of it failed, 0: none did */
};

struct faultfiles {
    struct journal_files calls; /* to open a journal with */
    struct journal_files system;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    int64_t room;     /* bytes that may still be written, then ENOSPC; -1: any number */
    size_t piece_max; /* a write takes no more than this; 0: all */
    int write_error;  /* what writes fail with; 0: they do not */
    int sync_error;
    int directory_error; /* syncs of the directory */
    int open_error;      /* making a file */
    int look_error;      /* seeing what is there */
    int64_t steps;       /* calls that change something until the process is dead; -1: never */
    bool dead;           /* nothing changes any more: all calls fail */
    bool held;           /* syncs wait */
    unsigned let;        /* so many of those that wait may go on */
    bool synced_again;   /* a file was synced after a sync of it had failed */
    unsigned syncs;
    unsigned waiting;                  /* syncs that are held */
    ino_t directories[FAULTFILES_MAX]; /* those that were synced, in turn */
    unsigned directory_count;
    struct fault_file files[FAULTFILES_MAX];
    unsigned file_count;
};

void faultfiles_init(struct faultfiles *faults);
void faultfiles_finish(struct faultfiles *faults);
void faultfiles_lock(struct faultfiles *faults);
void faultfiles_unlock(struct faultfiles *faults);
/* Changes a field while the journal's thread may run: FAULT(faults, room, -1). */
#define FAULT(faults, field, value)                                                                                    \
    do {                                                                                                               \
        faultfiles_lock(faults);                                                                                       \
        (faults)->field = (value);                                                                                     \
        faultfiles_unlock(faults);                                                                                     \
    } while (0)
unsigned faultfiles_syncs(struct faultfiles *faults);
/* Until a sync is held. */
void faultfiles_wait_held(struct faultfiles *faults);
/* Lets the sync that is held go on, until the next one is. */
void faultfiles_let_one(struct faultfiles *faults);
/* How many times this directory was synced. */
unsigned faultfiles_directory_syncs(struct faultfiles *faults, const char *path);
/* After the journal was closed: makes of the directory what a power cut at `moment` would have left. */
struct faultfiles_moment {
    struct fault_file files[FAULTFILES_MAX];
    unsigned file_count;
};
void faultfiles_note(struct faultfiles *faults, struct faultfiles_moment *ret_moment);
void faultfiles_cut_power(const struct faultfiles_moment *moment, const char *directory, enum power_cut how);

#endif
