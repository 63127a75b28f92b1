/* SPDX-License-Identifier: MIT */
#ifndef HERD_CLOCK_H
#define HERD_CLOCK_H

/*
 * Times. Wall time is signed nanoseconds since 1970-01-01T00:00:00Z without
 * leap seconds (POSIX), exact in 64 bits until 2262; never a double.
 * Monotonic time is milliseconds or nanoseconds since some fixed point.
 * Pure code takes `now` as a parameter and never calls these.
 */

#include <assert.h>
#include <stdint.h>
#include <time.h>

#include "herd/text.h"

#define HERD_NS_PER_S INT64_C(1000000000)
#define HERD_NS_PER_MS INT64_C(1000000)

/* One of clock_gettime(2) in nanoseconds. */
static inline int64_t herd_clock_ns(clockid_t clock)
{
    struct timespec now;
    int status = clock_gettime(clock, &now);
    assert(status == 0);
    (void)status;
    return (int64_t)now.tv_sec * HERD_NS_PER_S + now.tv_nsec;
}

/* CLOCK_REALTIME in nanoseconds. */
static inline int64_t herd_clock_wall_ns(void)
{
    return herd_clock_ns(CLOCK_REALTIME);
}

/* CLOCK_MONOTONIC in nanoseconds. */
static inline int64_t herd_clock_monotonic_ns(void)
{
    return herd_clock_ns(CLOCK_MONOTONIC);
}

/*
 * Parses POSIX seconds `D+(.D+)?`: no sign, no exponent, at most
 * `seconds_max` whole seconds (and exactly that many only with a zero
 * fraction). Digits after the ninth are checked and otherwise ignored.
 * Returns 0, or -EINVAL and leaves *ret_ns alone.
 */
int herd_time_parse(struct herd_text text, int64_t seconds_max, int64_t *ret_ns);

/* Longest text that herd_difference_format writes: sign, 10 digits, point, 9 digits. */
#define HERD_DIFFERENCE_LENGTH_MAX 21

/*
 * Writes a signed difference of times in seconds, in its one form: a sign
 * always, whole seconds without leading zeros, a point, nine digits.
 * -500 is `-0.000000500`, 0 is `+0.000000000`. Any int64_t is allowed.
 * Returns the number of bytes written to `out`, which has room for
 * HERD_DIFFERENCE_LENGTH_MAX.
 */
size_t herd_difference_format(int64_t difference_ns, char *out);

/*
 * Reads exactly what herd_difference_format writes and nothing else (no
 * leading zeros, no `-0.000000000`). Returns 0, -EINVAL, or -ERANGE when it
 * does not fit 64 bits; *ret_ns is left alone on failure.
 */
int herd_difference_parse(struct herd_text text, int64_t *ret_ns);

#endif
