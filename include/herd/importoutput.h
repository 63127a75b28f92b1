/* SPDX-License-Identifier: MIT */
#ifndef HERD_IMPORTOUTPUT_H
#define HERD_IMPORTOUTPUT_H

/*
 * The file that an import makes in the place of another: written beside it,
 * proved to be an index, renamed over it. One at a time in a process, which has
 * SIGINT, SIGTERM and SIGHUP caught between begin and end.
 */

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

struct herd_import_output {
    const char *given; /* the path as it was named, for messages */
    char *path;        /* what it leads to, where it is a symbolic link */
    char *new_path;    /* beside it */
    bool there;        /* there is a file already, which is this: */
    uint64_t device;
    uint64_t inode;
    mode_t mode; /* the new one is given these, where the system allows it */
    uid_t owner;
    gid_t group;
    FILE *file;
    FILE *messages;
};

/* Looks where it will be: 0, or an exit code and why is told. To be finished either way. */
int herd_import_output_init(struct herd_import_output *output, const char *path, FILE *messages);
/* Whether that open file is the one that would be replaced. */
bool herd_import_output_is(const struct herd_import_output *output, FILE *file);
/* Begins the new file, clears what dead imports left: 0, or an exit code and why is told. */
int herd_import_output_begin(struct herd_import_output *output);
/* Proves that the index is one, and puts it in place: 0, or an exit code and why is told. `error` is of writing it. */
int herd_import_output_end(struct herd_import_output *output, int error);
void herd_import_output_finish(struct herd_import_output *output);

#endif
