/* SPDX-License-Identifier: MIT */
/* The limit on descriptors. Clients get half of them and neighbours a quarter, so that running out cannot happen. */
#include "local.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/resource.h>

#include "herd/tell.h"

#define DESCRIPTORS_MIN 48

unsigned descriptors_raise(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0) {
        herd_tell(HERD_LOG_ERROR, "herd-server: cannot read the descriptor limit: %s", strerror(errno));
        return 0;
    }
    if (limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
        getrlimit(RLIMIT_NOFILE, &limit);
    }
    if (limit.rlim_cur < DESCRIPTORS_MIN) {
        herd_tell(HERD_LOG_ERROR,
                  "herd-server: the descriptor limit (ulimit -n) is %llu; at least %d descriptors are needed",
                  (unsigned long long)limit.rlim_cur, DESCRIPTORS_MIN);
        return 0;
    }
    return limit.rlim_cur < UINT_MAX ? (unsigned)limit.rlim_cur : UINT_MAX;
}
