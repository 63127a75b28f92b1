/* SPDX-License-Identifier: MIT */

/* Words of `herd up` for what happens to its servers. */

#include <sys/wait.h>

#include "local.h"

#define EXIT_SIGNALLED 128 /* and the signal's number, as shells have it */

const char *up_count(unsigned count, char *out, size_t size)
{
    static const char *const words[] = {"no",    "one",   "two",  "three", "four",   "five",  "six",
                                        "seven", "eight", "nine", "ten",   "eleven", "twelve"};
    if (count < sizeof words / sizeof words[0]) {
        snprintf(out, size, "%s server%s", words[count], count == 1 ? "" : "s");
    } else {
        snprintf(out, size, "%u servers", count);
    }
    return out;
}

int up_code(int status)
{
    return WIFSIGNALED(status) ? EXIT_SIGNALLED + WTERMSIG(status) : WEXITSTATUS(status);
}

const char *up_describe(int status, char *out, size_t size)
{
    if (WIFSIGNALED(status)) {
        snprintf(out, size, "killed by signal %d", WTERMSIG(status));
    } else {
        snprintf(out, size, "exit code %d", WEXITSTATUS(status));
    }
    return out;
}
