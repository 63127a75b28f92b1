/* SPDX-License-Identifier: MIT */
/* What the supervisor is told, systemd or `herd up` (sd_notify(3)); nothing where there is none. */
#include "local.h"

#include <systemd/sd-daemon.h>

void notify_ready(const struct server *server)
{
    sd_notifyf(0, "READY=1\nSTATUS=%s listens on %s", server->self->name, server->self->clients_listen.text);
}

void notify_stopping(void)
{
    sd_notify(0, "STOPPING=1");
}
