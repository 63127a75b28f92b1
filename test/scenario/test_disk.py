# SPDX-License-Identifier: MIT
"""A disk that is full: a memory file system of 1 MiB under the journal, and a ballast that takes the room."""

import os

import namespaces
from scenario import Scenario

DISK_BYTES = 1 << 20
SYSTEM = 71


class Full(Scenario):
    @classmethod
    def setUpClass(cls):
        namespaces.enter(namespaces.MOUNTS)

    def on_small_disk(self, durability):
        """One server whose journal is on a small disk of its own: (herd, disk)."""
        herd = self.herd(("Goloman",), (), journal={"durability": durability}, log={"wire": False})
        disk = os.path.join(herd.directory, "journal")
        os.mkdir(disk)
        namespaces.mount_memory(disk, DISK_BYTES)
        self.addCleanup(self.forget, herd, disk)
        return herd, disk

    @staticmethod
    def forget(herd, disk):
        """Before the herd's directory goes, its disk."""
        for server in herd.running():
            server.process.kill()
        namespaces.unmount(disk)

    def update(self, server, lines, prefix, count=100):
        """Clients that say where they are; each reply is noted."""
        with server.client() as connection:
            for number in range(count):
                client = b"%s.%d" % (prefix, number)
                line = connection.iamat(client, b"+%d+%d" % (number % 90, number % 180))
                self.assertTrue(line.startswith(b"AT Goloman "), line)
                lines[client] = line

    def assert_known(self, server, lines):
        with server.client() as connection:
            for client, line in lines.items():
                self.assertEqual(connection.whatsat(client)[0], line)

    @staticmethod
    def fill(disk):
        """Takes all the room there is; returns the path of what took it."""
        path = os.path.join(disk, "ballast")
        with open(path, "wb", buffering=0) as file:
            try:
                for size in (4096, 1):
                    while file.write(b"x" * size):
                        pass
            except OSError:
                pass
        return path

    def fills_up(self):
        """A server whose disk becomes full while it runs: (herd, ballast, lines that it has acknowledged)."""
        herd, disk = self.on_small_disk("written")
        server = herd.start()["Goloman"]
        lines = {}
        self.update(server, lines, b"before")
        ballast = self.fill(disk)
        with server.client() as connection:
            number = 0
            while not server.log.events("journal", state="full"):
                client = b"fills.%d" % (number % 500)
                lines[client] = connection.iamat(client, b"+1+1")
                number += 1
                self.assertLess(number, 50000, "the disk is full, and nobody says so")
        return herd, ballast, lines

    def starts_full(self):
        """One that is started on a full disk."""
        herd, disk = self.on_small_disk("written")
        ballast = self.fill(disk)
        server = herd.start()["Goloman"]
        server.log.wait("journal", state="full")
        return herd, ballast, {}

    def test_written_serves_from_memory_and_recovers(self):
        """Both at once: each tries again every ten seconds."""
        played = self.fills_up(), self.starts_full()
        for herd, ballast, lines in played:
            server = herd["Goloman"]
            self.update(server, lines, b"meanwhile")
            self.assert_known(server, lines)
            os.unlink(ballast)
        for herd, _, lines in played:
            server = herd["Goloman"]
            server.log.wait("journal", state="ok")
            self.update(server, lines, b"after")
            herd.kill("Goloman")
            herd.start("Goloman")
            self.assert_known(server, lines)
            server.process.stop()

    def test_synced_ends_and_keeps_its_word(self):
        herd, disk = self.on_small_disk("synced")
        server = herd.start()["Goloman"]
        lines = {}
        self.update(server, lines, b"before", 20)
        ballast = self.fill(disk)
        with self.assertRaises((EOFError, ConnectionError)), server.client() as connection:
            for number in range(50000):
                client = b"fills.%d" % (number % 500)
                line = connection.iamat(client, b"+1+1")
                lines[client] = line
        self.assertEqual(server.process.wait(), SYSTEM)
        self.assertTrue(server.log.events("journal", state="full"))
        os.unlink(ballast)
        herd.start("Goloman")
        self.assert_known(server, lines)
