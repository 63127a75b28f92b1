/* SPDX-License-Identifier: MIT */
#ifndef HERD_JOURNAL_LOCAL_H
#define HERD_JOURNAL_LOCAL_H

/*
 * What the files of the journal share.
 *
 *     journal.c      open and close; state, moved by what writes and the syncer meet
 *     lock.c         one server a directory
 *     replay.c       what is in the directory
 *     journalread.c  the lines of one segment
 *     segment.c      the segment that is written, and the list of all
 *     append.c       the batch, and how it gets into the segment
 *     rewrite.c      when and how all is written anew
 *     watch.c        whether the files are still there, and the directory anew where they are not
 *     syncer.c       the thread: fdatasync, closing and deleting
 *     journalfiles.c the calls on files, replaceable by tests
 */

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "herd/journal.h"

#define CHECKSUM_DIGITS 8
#define HEADER_WORD "HERD-JOURNAL"
#define SEGMENT_DIGITS 10
#define SEGMENT_SUFFIX ".journal"
#define SEGMENT_NAME_SIZE (SEGMENT_DIGITS + sizeof(SEGMENT_SUFFIX))
#define RETRY_MS 10000
#define LOCK_NAME "lock"
#define JOURNAL_DIRECTORY_MODE 0750

/* What a look at a file tells. */
struct file_facts {
    uint64_t device, inode;
    uint64_t size;
    uint64_t links; /* 0: no directory has it any more */
};

/* Calls on files. All return a negative errno for an error; `owner` is handed to each. */
struct journal_files {
    void *owner;
    int (*open)(void *owner, int directory, const char *name, int flags); /* a descriptor */
    int64_t (*read)(void *owner, int fd, void *out, size_t size);
    int64_t (*write)(void *owner, int fd, const void *bytes, size_t size);
    int (*sync)(void *owner, int fd);           /* fdatasync */
    int (*sync_directory)(void *owner, int fd); /* fsync */
    int (*truncate)(void *owner, int fd, uint64_t size);
    int (*allocate)(void *owner, int fd, uint64_t offset, uint64_t length);  /* leaves the size */
    int (*writeback)(void *owner, int fd, uint64_t offset, uint64_t length); /* starts it, does not wait for it */
    void (*forget)(void *owner, int fd, uint64_t length); /* of the first bytes what is on disk leaves the memory */
    int (*remove)(void *owner, int directory, const char *name);
    /* At the name in the directory; without one (NULL) at the open file itself. */
    int (*look)(void *owner, int fd, const char *name, struct file_facts *ret_facts);
    void (*close)(void *owner, int fd);
};

/* journalfiles.c: the system's. */
void journal_files_system(struct journal_files *ret_files);

/* A descriptor that is written no more. */
struct sealed {
    int fd;        /* -1: none */
    bool sync;     /* false: after an error, never again */
    uint64_t size; /* what was allocated beyond is given back */
    uint64_t era;  /* the thread's affair: one that is over is no news when its file is lost */
};

/*
 * The thread, and what it shares with the loop under `mutex`. The loop hands
 * descriptors over by syncer_switch; from then on they are the thread's.
 */
struct syncer {
    struct journal_files files;
    int directory;
    bool eager; /* sync whenever something was written, not every interval */
    int64_t interval_ns;
    void *owner;
    void (*on_synced)(void *owner);
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t wake;

    uint64_t era;  /* how often the loop has given up what was current */
    int current;   /* the loop's descriptor, -1: none */
    uint64_t size; /* what was written of it */
    struct sealed *sealed;
    size_t sealed_count;
    uint64_t *removals; /* numbers of segments to delete once all is synced */
    size_t removal_count;
    uint64_t written;   /* position that files hold */
    uint64_t synced;    /* position that was synced */
    uint64_t back_from; /* bytes of `current` whose writeback is to be started */
    uint64_t back_to;
    uint64_t finish_asked; /* removals are complete up to here when finish_done is that */
    uint64_t finish_done;
    bool directory_changed;
    bool dirty;  /* there is something to sync */
    bool broken; /* a sync failed: no more until the loop took the error */
    bool stop;
    int error;
    uint64_t syncs;
    uint64_t sync_ns;
    uint64_t sync_max_ns;
    int64_t last_ns; /* the thread's: when the last round began */
};

/* What the loop is told of the thread. */
struct syncer_news {
    int error; /* once for each failure; `current` is then given up */
    uint64_t synced;
    uint64_t finish_done;
};

/* files, directory, eager, interval_ns, owner and on_synced are set, the rest is zero. 0 or a negative errno. */
int syncer_start(struct syncer *syncer);
/* Syncs what is left, closes what it has, ends the thread. Returns the error of that, or 0. */
int syncer_stop(struct syncer *syncer);
/* From now on `fd` (-1: none) is current; `old` is sealed. */
void syncer_switch(struct syncer *syncer, struct sealed old, int fd);
/* More was written to the current one: `size` bytes by now, files hold `position`, up to back_to it should go out. */
void syncer_written(struct syncer *syncer, uint64_t position, uint64_t size, uint64_t back_to);
/* Once all that was written is synced, delete these; news tells the returned number as finish_done then. */
uint64_t syncer_finish(struct syncer *syncer, uint64_t position, const uint64_t *numbers, size_t count);
void syncer_take_news(struct syncer *syncer, struct syncer_news *ret_news);
/* Nothing more is deleted of what a finish asked for, not by a round that lasts either. */
void syncer_spare(struct syncer *syncer);

/* One file of the directory. */
struct segment {
    uint64_t number;
    uint64_t bytes;
    uint64_t records;
};

enum rewrite_state {
    REWRITE_IDLE,
    REWRITE_SCANNING, /* begun: the caller appends its store */
    REWRITE_ENDING,   /* all is written, the thread syncs and deletes */
};

struct herd_journal {
    struct journal_files files;
    enum herd_journal_durability durability;
    uint64_t segment_bytes;
    struct herd_buffer header; /* what every segment begins with */
    char *path;                /* of the directory */
    int directory;
    int lock;

    struct segment *segments; /* by number; the last is written to where current is not -1 */
    size_t segment_count;
    uint64_t next_number;
    int current;        /* descriptor, -1: none */
    uint64_t allocated; /* bytes of it, UINT64_MAX: as many as may be, allocating failed */
    uint64_t back_to;   /* bytes of it whose writeback was started */
    uint64_t rotate_at; /* its size at which the next one begins */

    struct herd_buffer batch;
    uint64_t batch_records;
    uint64_t position;
    uint64_t synced;

    enum herd_journal_state state;
    int error;
    const char *loss; /* what of the files was lost; NULL: nothing */
    bool due_now;     /* not OK: tick wants a rewrite at once */
    bool due_known;   /* due_ms is set */
    int64_t due_ms;   /* no rewrite is wanted before */

    enum rewrite_state rewrite;
    bool rewrite_mends;     /* it began while the state was not OK */
    uint64_t rewrite_first; /* number of its first segment */
    uint64_t finish_id;     /* ENDING: what finish_done will be */

    struct herd_journal_replay replay;
    struct herd_journal_counts counts;
    struct syncer syncer;
};

/* journal.c: herd_journal_open with other calls on files. Tests only, besides herd_journal_open. */
int journal_open_with(const struct herd_journal_options *options, const struct journal_files *files,
                      char ret_problem[HERD_JOURNAL_PROBLEM_SIZE], struct herd_journal **ret_journal);
/* Takes in what the thread has to tell. */
void journal_poll(struct herd_journal *journal);
/* Nothing can be kept any more: `error` says why. */
void journal_break(struct herd_journal *journal, int error);
/* rewrite.c: from one state of the writing anew to the next. */
void journal_move_rewrite(struct herd_journal *journal, enum rewrite_state to);
/* Whether what is appended is kept. */
static inline bool journal_keeps(const struct herd_journal *journal)
{
    return journal->state == HERD_JOURNAL_OK || journal->rewrite != REWRITE_IDLE;
}
/* snprintf into a problem, with everything in it that is no printable ASCII made a question mark. */
void journal_problem(char ret_problem[HERD_JOURNAL_PROBLEM_SIZE], const char *format, ...)
    __attribute__((format(printf, 2, 3)));
bool journal_is_full(int error);

/* The directory, made where it is missing: a descriptor, or a negative errno and a problem. */
int journal_open_directory(const struct journal_files *files, const char *path,
                           char ret_problem[HERD_JOURNAL_PROBLEM_SIZE]);

/* lock.c: 0 and the descriptor that holds it, or a negative errno and a problem. */
int lock_take(int directory, const char *path, char ret_problem[HERD_JOURNAL_PROBLEM_SIZE], int *ret_lock);

/* watch.c: breaks the journal where what it has written is no longer to be found where it is looked for. */
void watch_files(struct herd_journal *journal);
/* Whether this open file is whole: some directory has it, and it has `size` bytes. False only where that is certain. */
bool watch_is_whole(const struct journal_files *files, int fd, uint64_t size);
/* Before a rewrite that mends: the directory at the path is this journal's, locked, and made anew where it is gone. 0
 * or a negative errno. */
int watch_reclaim(struct herd_journal *journal);

/* replay.c: reads all segments, makes the list of them. 0, or a negative errno and a problem. */
int replay_all(struct herd_journal *journal, const struct herd_journal_options *options,
               char ret_problem[HERD_JOURNAL_PROBLEM_SIZE]);
/* Gives back what they had allocated and deletes the last ones if nothing is in them. */
void replay_tidy(struct herd_journal *journal);
/* The greatest number of a segment in the directory, 0 without one: 0 or a negative errno. */
int replay_last_number(int directory, uint64_t *ret_number);

/* segment.c */
void segment_name(uint64_t number, char ret_name[SEGMENT_NAME_SIZE]);
/* Makes the next one, with its header, and the current one of it; the old one is sealed. 0 or a negative errno. */
int segment_next(struct herd_journal *journal);
/* There is no current one any more. */
void segment_end(struct herd_journal *journal, bool sync);
struct segment *segment_add(struct herd_journal *journal, uint64_t number);
/* Takes segments from `first` to before `end` off the list. */
void segment_forget(struct herd_journal *journal, uint64_t first, uint64_t end);
/* Deletes those from `first` on; there is no current one. Their numbers are used again. */
void segment_remove_from(struct herd_journal *journal, uint64_t first);
/* Room for `size` more bytes ahead of the writing, as far as the file system does that. */
void segment_allocate(struct herd_journal *journal, uint64_t size);
static inline struct segment *segment_current(struct herd_journal *journal)
{
    return &journal->segments[journal->segment_count - 1];
}

/* append.c: a record's line, from its AT line without LF or from its version. */
void append_line(struct herd_buffer *out, struct herd_text line);
void append_version(struct herd_buffer *out, struct herd_text origin, const struct herd_version *version);
/* Adds the checksum that the line from `at` on begins with, and its LF. */
void append_seal(struct herd_buffer *out, size_t at);

#endif
