/* SPDX-License-Identifier: MIT */
#ifndef HERD_PATH_H
#define HERD_PATH_H

/*
 * What is at a path, files opened there, and directories made on the way to it. That something
 * cannot be seen does not mean that it is not there: only ENOENT and ENOTDIR
 * say so.
 */

#include <errno.h>
#include <stdbool.h>
#include <sys/types.h>

/* Whether this negative errno, of a look at a path, says that nothing is there. */
static inline bool herd_path_missing(int error)
{
    return error == -ENOENT || error == -ENOTDIR;
}

/* 0 where there is something, whatever it is, else a negative errno. A symbolic link is something, wherever it leads:
 * what it names may be on a disk that is not mounted yet. */
int herd_path_look(const char *path);
/*
 * Opens (open(2): flags, and a mode where they create) what must be a regular
 * file, below `directory` (AT_FDCWD, or its descriptor). Never waits, as for
 * the other end of a pipe, and does nothing to a device. A descriptor, that no
 * new program inherits, or a negative errno, of which herd_path_reason makes
 * words.
 */
int herd_path_open_file(int directory, const char *path, int flags, mode_t mode);
/* Why that failed, for people; static or as strerror's. */
const char *herd_path_reason(int error);
/*
 * Makes the directory, and its parents, where they are missing, and syncs what
 * each was made in, so that a power cut leaves them. Several processes may do
 * so at the same moment. 0, also where something is there already, or a
 * negative errno. `path` is changed meanwhile, and as it was afterwards.
 */
int herd_path_make(char *path, mode_t mode);
/* The directory that the last part of `path` is in: a descriptor to close, or a negative errno. */
int herd_path_open_parent(const char *path);

#endif
