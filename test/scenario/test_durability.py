# SPDX-License-Identifier: MIT
"""kill -9 at random moments under load: what a reply promised is kept, in each mode of durability.

The modes `written` and `synced` keep every acknowledged update, with all
neighbours down. With `none` a server comes back empty; what it flooded, and it
floods before it replies, is at its neighbours. HERD_TEST_KILLS=10 kills ten times
as often.
"""

import os
import sys

from harness import wait_until
from load import Load, draw, drive, lost
from scenario import Scenario

LOADED_MS_MAX = 80
KILLED_IN_START_SHARE = 0.2
START_MS_MAX = 60
QUIET = {"wire": False}
PATIENCE = int(os.environ.get("HERD_TEST_KILLS", "1"))


class Durability(Scenario):
    def setUp(self):
        self.chance, seed = draw()
        print(f"HERD_TEST_SEED={seed}", file=sys.stderr, end=" ", flush=True)

    def load(self, *loads):
        """Load on the servers until the moment of the crash."""
        drive(loads, self.chance.random() * LOADED_MS_MAX / 1000)

    def start(self, herd, name):
        """Starts a server; now and then its first start is killed too, somewhere on the way."""
        while self.chance.random() < KILLED_IN_START_SHARE:
            herd[name].start().lives_for(self.chance.random() * START_MS_MAX / 1000)
            herd.kill(name)
        herd.start(name)

    def assert_kept(self, server, load):
        with server.client() as connection:
            self.assertEqual(lost(connection, load), [])

    def lone_kills(self, durability, kills):
        """One server, killed so many times."""
        herd = self.herd(("Goloman",), (), journal={"durability": durability}, log=QUIET).start()
        load = Load(self.chance, b"lone")
        for _ in range(kills * PATIENCE):
            load.connect(herd["Goloman"])
            self.load(load)
            herd.kill("Goloman")
            load.collect()
            self.start(herd, "Goloman")
            self.assert_kept(herd["Goloman"], load)
        self.assertGreater(load.replies, 0)

    def pair_kills(self, durability, kills):
        """Two neighbours, killed together so many times in all; each must know its own clients' updates by itself."""
        herd = self.herd(("Goloman", "Hands"), (("Goloman", "Hands"),), journal={"durability": durability}, log=QUIET)
        loads = {name: Load(self.chance, name.encode()) for name in ("Goloman", "Hands")}
        herd.start()
        for _ in range(kills * PATIENCE // 2):
            for name, load in loads.items():
                load.connect(herd[name])
            self.load(*loads.values())
            herd.kill(*self.chance.sample(list(loads), 2))
            for name, load in loads.items():
                load.collect()
                self.start(herd, name)
                self.assert_kept(herd[name], load)
                herd.kill(name)
            herd.start()
        for load in loads.values():
            self.assertGreater(load.replies, 0)


class Written(Durability):
    def test_a_server_by_itself(self):
        self.lone_kills("written", 60)

    def test_neighbours_that_die_together(self):
        self.pair_kills("written", 24)


class Synced(Durability):
    def test_a_server_by_itself(self):
        self.lone_kills("synced", 24)

    def test_neighbours_that_die_together(self):
        self.pair_kills("synced", 10)


class Nothing(Durability):
    KILLS = 16
    KILLS_BETWEEN_RETURNS = 8

    def assert_known(self, herd, name, load):
        with herd.client(name) as connection:
            wait_until(lambda: not lost(connection, load), lambda: f"at {name}: {lost(connection, load)}")

    def test_what_was_flooded_survives_at_the_neighbour(self):
        herd = self.herd(("Goloman", "Hands"), (("Goloman", "Hands"),), journal={"durability": "none"}, log=QUIET)
        herd.start()
        load = Load(self.chance, b"none")
        for kill in range(1, self.KILLS * PATIENCE + 1):
            herd["Goloman"].log.wait("link_up", peer="Hands", direction="out")
            load.connect(herd["Goloman"])
            self.load(load)
            herd.kill("Goloman")
            load.collect()
            self.assert_known(herd, "Hands", load)
            herd.start("Goloman")
            if kill % self.KILLS_BETWEEN_RETURNS == 0:
                self.assert_known(herd, "Goloman", load)
        self.assertGreater(load.replies, 0)
        self.assertFalse(os.path.exists(os.path.join(herd.directory, "journal")))

    def test_without_a_neighbour_it_comes_back_empty(self):
        herd = self.herd(("Goloman",), (), journal={"durability": "none"}, log=QUIET).start()
        line = b"WHATSAT kiwi 1 0"
        with herd.client("Goloman") as connection:
            self.assertTrue(connection.iamat(b"kiwi", b"+1+1").startswith(b"AT "))
        herd.kill("Goloman")
        herd.start("Goloman")
        with herd.client("Goloman") as connection:
            self.assertEqual(connection.ask(line), b"? " + line)
