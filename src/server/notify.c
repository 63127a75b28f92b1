/* SPDX-License-Identifier: MIT */
/* What the supervisor is told, systemd or `herd up` (sd_notify(3)); nothing where there is none. */
#include "local.h"

#include <systemd/sd-daemon.h>

#include "herd/clock.h"

void notify_ready(const char *name, const char *clients)
{
    sd_notifyf(0, "READY=1\nSTATUS=%s listens on %s", name, clients);
}

/* In one message with the time, or systemd takes a READY of before it for the end of this one (Type=notify-reload). */
void notify_reloading(void)
{
    sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%lld", (long long)(herd_clock_monotonic_ns() / 1000));
}

void notify_stopping(void)
{
    sd_notify(0, "STOPPING=1");
}
