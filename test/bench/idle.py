# SPDX-License-Identifier: MIT
"""Ten thousand connections on which nothing happens, and a hundred busy ones beside them."""

import resource
import socket

import rig
from harness import wait_until
from subject import Subject
from tables import at_most, median, told

RSS_BAR = 900
P99_BAR_MS = 20
BUSY = 100
WANTED = 10000
SPARE = 100  # descriptors that client and server need beside the connections


class Idle(Subject):
    name = "idle"
    title = "Idle connections"

    def open(self):
        wanted = self.rig.pick(WANTED, 200)
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        self.descriptors = self.raised(2 * (wanted + BUSY) + SPARE, hard)
        # A server gives at most half of its descriptors to clients.
        self.count = min(wanted, self.descriptors // 2 - BUSY - 1, hard - SPARE)
        herd = self.enter(rig.Herd())
        self.herd = herd.start(descriptors_max=self.descriptors).target()
        self.rig.load(self.herd, "--connections", BUSY, *self.rig.span())  # buffers of busy ones are there already
        wait_until(lambda: self.connections() == 0, "the load's connections are gone")
        self.before = rig.rss_bytes(self.herd.pid)
        for _ in range(self.count):
            connection = self.enter(socket.socket())
            connection.connect(self.herd.server.clients)
        wait_until(lambda: self.connections() == self.count, "all idle connections are there")
        self.bytes = (rig.rss_bytes(self.herd.pid) - self.before) / self.count

    def raised(self, wanted, hard):
        """How many descriptors a server can be given: what it takes where we may raise the limit, else the limit."""
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, max(wanted, hard)))
            return max(wanted, hard)
        except (ValueError, PermissionError):
            return hard

    def connections(self):
        return int(self.herd.state()["connections"])

    def round(self, number):
        run = self.rig.load(self.herd, "--connections", BUSY, "--depth", 1, *self.rig.span())
        self.runs["busy"].append(run)

    def rows(self):
        busy = self.runs["busy"]
        if self.count < WANTED * 0.98:
            return [told(f"RSS per idle connection, only {self.count:,} of them", f"{self.bytes:.0f} bytes")]
        return [
            at_most(f"RSS per idle connection, {self.count:,} of them", RSS_BAR, self.bytes, form="{:.0f} bytes"),
            at_most(f"IAMAT p99 of {BUSY} busy connections beside them", P99_BAR_MS, median(busy, "p99_us") / 1000,
                    form="{:.2f} ms", note=f"{median(busy, 'per_second'):,.0f}/s"),
            told("descriptors the server was given", f"{self.descriptors:,}"),
        ]
