# SPDX-License-Identifier: MIT
"""Resident memory per client: the middle of a herd of four, with journal, beside Redis with the same facts."""

import shutil

import rig
from subject import Subject
from tables import at_most, told

BAR = 150 + 4 * 4  # four spare slots
NEIGHBOURS = ("Hands", "Holiday", "Wilkes")
LINKS = tuple(("Goloman", name) for name in NEIGHBOURS)
LOAD = ("--connections", 50, "--depth", 64)


class Memory(Subject):
    name = "memory"
    title = "Memory"
    rounds_max = 1  # a matter of layout, not of chance

    def open(self):
        self.clients = self.rig.pick(1000000, 2000)

    def round(self, number):
        self.runs["herd"].append(self.herd())
        if shutil.which("redis-server"):
            self.runs["redis"].append(self.redis())

    def load(self):
        return (*LOAD, "--preload", "--clients", self.clients, "--count", 1)

    def herd(self):
        with rig.Herd(("Goloman", *NEIGHBOURS), LINKS) as herd:
            herd.start_linked()
            target = herd.target()
            self.rig.load(target, "--clients", 1, "--count", 1, "--whatsat", 100)  # answered once the places are mapped
            empty = rig.rss_bytes(target.pid)
            self.rig.load(target, *self.load())
            rig.wait_equal([herd.target(name) for name in ("Goloman", *NEIGHBOURS)], self.clients)
            return (rig.rss_bytes(target.pid) - empty) / self.clients

    def redis(self):
        with rig.Redis() as redis:
            empty = rig.rss_bytes(redis.pid)
            redis.load(self.rig, *self.load())
            return (rig.rss_bytes(redis.pid) - empty) / self.clients

    def rows(self):
        rows = [at_most(f"RSS per client, {self.clients:,} clients, 3 neighbours, journal `written`", BAR,
                        self.runs["herd"][0], form="{:.0f} bytes")]
        beside = self.runs["redis"]
        rows.append(told("Redis with the same facts (GEOADD and HSET, no journal)",
                         f"{beside[0]:.0f} bytes" if beside else "skipped: redis-server is not installed"))
        return rows
