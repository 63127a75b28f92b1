/* SPDX-License-Identifier: MIT */
#include "herd/standard.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

void herd_standard_fill(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) >= 0) continue;
        if (open("/dev/null", O_RDONLY) != fd) exit(EX_OSERR);
    }
}

int herd_standard_end(int code)
{
    bool failed = fflush(stdout) != 0 || ferror(stdout) != 0;
    return code == 0 && failed ? EX_IOERR : code;
}
