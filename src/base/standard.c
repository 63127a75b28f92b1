/* SPDX-License-Identifier: MIT */
#include "herd/standard.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

void herd_standard_fill(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) >= 0) continue;
        if (open("/dev/null", O_RDONLY) != fd) exit(EX_OSERR);
    }
}

int herd_standard_end(const char *program, int code)
{
    int error = fflush(stdout) != 0 ? errno : 0;
    if (code != 0 || (error == 0 && ferror(stdout) == 0)) return code;
    fprintf(stderr, "%s: standard output did not take all of it%s%s\n", program, error != 0 ? ": " : "",
            error != 0 ? strerror(error) : "");
    return EX_IOERR;
}
