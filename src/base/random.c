/* SPDX-License-Identifier: MIT */
#include "herd/random.h"

#include <assert.h>
#include <errno.h>
#include <sys/random.h>
#include <sys/types.h>
#include <unistd.h>

#define EXIT_SYSTEM 71 /* EX_OSERR */

static _Noreturn void die(void)
{
    static const char message[] = "herd: the system gives no random bytes\n";
    ssize_t written = write(STDERR_FILENO, message, sizeof(message) - 1);
    (void)written;
    _exit(EXIT_SYSTEM);
}

void herd_random_system(void *out, size_t length)
{
    unsigned char *at = out;
    while (length > 0) {
        ssize_t got = getrandom(at, length, 0);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) die();
        at += got;
        length -= (size_t)got;
    }
}

/* splitmix64 (Steele, Lea, Flood 2014): its outputs are never four zeros running, which xoshiro could not leave. */
static uint64_t splitmix(uint64_t *state)
{
    uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

void herd_random_init(struct herd_random *random, uint64_t seed)
{
    for (size_t i = 0; i < 4; i++)
        random->state[i] = splitmix(&seed);
}

static uint64_t rotate(uint64_t value, unsigned bits)
{
    return (value << bits) | (value >> (64 - bits));
}

uint64_t herd_random_next(struct herd_random *random)
{
    uint64_t *s = random->state;
    uint64_t result = rotate(s[1] * 5, 7) * 9;
    uint64_t shifted = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = rotate(s[3], 45);
    return result;
}

uint64_t herd_random_below(struct herd_random *random, uint64_t bound)
{
    assert(bound >= 1);
    /* 2^64 mod bound values at the bottom would make some results likelier: draw again on them. */
    uint64_t excess = (0 - bound) % bound;
    uint64_t drawn;
    do {
        drawn = herd_random_next(random);
    } while (drawn < excess);
    return drawn % bound;
}
