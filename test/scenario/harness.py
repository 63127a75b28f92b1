# SPDX-License-Identifier: MIT
"""What every scenario stands on: deadlines, an address of our own, and the programs under test.

Nothing here or in the tests sleeps. A socket is waited for by select, a
process by its pidfd, and what offers no descriptor (a growing log file, a
server that does not know a client yet) by wait_until, the one place that polls.
"""

import os
import select
import shutil
import socket
import time

# Longer than anything takes, even sanitized and on a busy machine: it is only ever waited for in full by a failure.
DEADLINE_S = 60

POLL_S = 0.005


def wait_until(condition, what, deadline_s=DEADLINE_S, poll_s=POLL_S):
    """Polls `condition` until it is true and returns its value; `what` says in the failure what did not come."""
    end = time.monotonic() + deadline_s
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() >= end:
            raise AssertionError(f"not within {deadline_s} s: {what() if callable(what) else what}")
        select.select([], [], [], poll_s)


def wait_readable(descriptor, deadline_s):
    """Whether `descriptor` becomes readable in time."""
    return bool(select.select([descriptor], [], [], max(0, deadline_s))[0])


def own_address():
    """A loopback address that this process shares with no other test that runs beside it.

    All of 127.0.0.0/8 is this machine, and process ids have 22 bits. What
    connects from nowhere in particular does so from 127.0.0.1, so a port that
    was free here stays free while a server is down.
    """
    pid = os.getpid()
    return f"127.{64 + (pid >> 16) % 64}.{pid >> 8 & 255}.{pid & 255}"


class Ports:
    """Ports that were free just now, held until they are let go right before they are needed."""

    def __init__(self, address=None):
        self.address = address or own_address()
        self._held = []

    def take(self):
        """The number of a free port, held."""
        holder = socket.socket(socket.AF_INET6 if ":" in self.address else socket.AF_INET)
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind((self.address, 0))
        self._held.append(holder)
        return holder.getsockname()[1]

    def let_go(self):
        for holder in self._held:
            holder.close()
        self._held.clear()


def listening(address, family=socket.AF_INET):
    """Whether somebody accepts connections at `address` now."""
    with socket.socket(family) as probe:
        probe.settimeout(DEADLINE_S)
        return probe.connect_ex(address) == 0


def remove_in_use(path):
    """Removes a folder that a running server has files in; taken away first, so that it makes none meanwhile."""
    gone = path + ".gone"
    os.rename(path, gone)
    shutil.rmtree(gone)


def server_program():
    return os.environ["HERD_SERVER"]


def tool_program():
    return os.environ["HERD_TOOL"]
