/* SPDX-License-Identifier: MIT */
#ifndef HERD_INDEXFILE_H
#define HERD_INDEXFILE_H

/*
 * An index of places as a file, read into memory of the reader's own. The bytes
 * that are checked are the bytes that are searched, so whatever becomes of the
 * file (written over, cut short, removed, also while it is read) no search sees
 * it. A mapping would show what others write into the file, and end the process
 * (SIGBUS) where they cut it short. The price is a copy in each process.
 *
 *     open --read--> memory and the index in it --finish--> nothing
 *              \-> look, whenever one likes: has the file changed since?
 */

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "herd/placesindex.h"

enum herd_index_file_news {
    HERD_INDEX_FILE_SAME,
    HERD_INDEX_FILE_CHANGED, /* it was written to, or another one is at its path */
    HERD_INDEX_FILE_GONE,    /* nothing is at its path */
};

struct herd_index_file {
    char *path;
    int descriptor;      /* from open to read; -1: none */
    struct stat status;  /* what it was when opened; zeros: nothing */
    void *memory;        /* what the index points into; NULL: none */
    const char *problem; /* why it cannot be read or is no good, for people; NULL: no reason known */
    enum herd_index_file_news news;
};

/* The index beside the program, `<its directory>/../share/herd/places.idx`; freed with herd_memory_free. */
char *herd_index_file_beside_program(void);
/*
 * Opens a regular file; never waits, as for the writer of a pipe. `path` is
 * copied. Returns 0, or a negative errno with `problem` set. finish is due in
 * both cases.
 */
int herd_index_file_open(struct herd_index_file *file, const char *path);
/*
 * Reads and checks all of it: some milliseconds per 10 MB, for a worker thread.
 * Where `cancelled` is not NULL it is asked with `owner` now and then whether to
 * give up. Returns 0; -ECANCELED; or -EINVAL with `problem` set. Once after each
 * open that succeeded.
 */
int herd_index_file_read(struct herd_index_file *file, bool (*cancelled)(const void *owner), const void *owner,
                         struct herd_places_index *ret_index);
/*
 * Looks what is at its path now and keeps that in `news`; true where that is
 * not what it was at the last look. Asks the file system, so for a worker.
 */
bool herd_index_file_look(struct herd_index_file *file);
/* Frees the memory: no search may use its index any more. Harmless for zeros. */
void herd_index_file_finish(struct herd_index_file *file);

#endif
