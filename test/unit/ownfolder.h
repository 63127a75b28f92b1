/* SPDX-License-Identifier: MIT */
#ifndef HERD_TEST_OWNFOLDER_H
#define HERD_TEST_OWNFOLDER_H

/* A folder of a test's own, where TMPDIR says, else in /tmp. */

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#define OWN_FOLDER_SIZE 512

/* Makes it and writes its path to `out`, of OWN_FOLDER_SIZE bytes; false if it cannot be made. */
static inline bool own_folder(char *out, const char *name)
{
    const char *parent = getenv("TMPDIR");
    if (parent == NULL || parent[0] == '\0') parent = "/tmp";
    int length = snprintf(out, OWN_FOLDER_SIZE, "%s/herd-%s.XXXXXX", parent, name);
    return length > 0 && length < OWN_FOLDER_SIZE && mkdtemp(out) != NULL;
}

#endif
