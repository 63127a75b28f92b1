# SPDX-License-Identifier: MIT
"""A neighbour that reads 20 KiB a second, as over a bad line, while clients report far more than that."""

import os
import select
import time

from faults import state
from load import number_of, told
from peers import Peers

RATE = 20 * 1024  # bytes a second
SIP_MAX = RATE  # so that it stays a trickle after this test was held up
STEP_S = 0.05
STEP_UPDATES = 200
HOT = 100
LINE_BYTES = 200  # of an update that a neighbour is told, at most
# What may lie between server and neighbour: the server's output, its send buffer (64 KiB, which the kernel doubles), and
# what the neighbour's kernel takes. It is part of the test: for seconds on end it is so full that nothing moves.
OUTPUT_BYTES_MAX = 256 * 1024
PIPELINE_BYTES = OUTPUT_BYTES_MAX + 128 * 1024 + 256 * 1024
BOUND_BYTES = PIPELINE_BYTES + 2 * HOT * LINE_BYTES
RSS_GROWTH_MAX_KIB = 4096
STAY_S = 40  # longer than one write of all that output takes, and far longer than one that reads nothing may stay


class Trickle:
    """Reads a session slowly and by the clock, as it would come over a slow line."""

    def __init__(self, session):
        self._session = session
        self._rest = b""
        self._start = self._last = time.monotonic()
        self.taken = 0

    def seconds(self):
        """For how long it has been read."""
        return self._last - self._start

    def sip(self):
        """The lines that end in what may be read now; waits for the clock at most one step, and never for data."""
        select.select([], [], [], max(0, self._last + STEP_S - time.monotonic()))
        now = time.monotonic()
        allowed = min(SIP_MAX, int((now - self._last) * RATE))
        self._last = now
        if self._session.silent():
            return []
        data = self._session.receive_once(allowed)
        if not data:
            raise AssertionError(f"the server closed the connection after {self.taken} bytes")
        self.taken += len(data)
        *lines, self._rest = (self._rest + data).split(b"\n")
        return lines


class SlowNeighbour(Peers):
    def setUp(self):
        self.play(limits={"peer_output_bytes_max": OUTPUT_BYTES_MAX}, log={"wire": False})
        # What a sanitizer keeps of freed memory is not the server's.
        sanitizer = os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=1"
        self.real = self.real.herd.start(environment={"ASAN_OPTIONS": sanitizer})["Real"]
        self.user = self.client(self.real)
        self.clients = [b"hot%d-%s" % (number, b"x" * 100) for number in range(HOT)]
        self.sent = 0
        self.there = self.other.accept()
        slow = self.fake.accept()
        self.real.log.wait("link_up", direction="out", count=2)
        self.slow = Trickle(slow)
        self.told = {}  # client -> the greatest number that the slow neighbour was told
        self.lines = 0
        self.mark = 0
        self.pings = 0

    def update(self):
        """A step's updates: all are answered, and the other neighbour has the last of them while the slow one reads
        nothing."""
        batch = []
        for _ in range(STEP_UPDATES):
            self.sent += 1
            client = self.clients[self.sent % HOT]
            batch.append(b"IAMAT %s %s\n" % (client, told(self.sent)))
        self.user.send(b"".join(batch))
        replies = [number_of(self.user.line()) for _ in batch]
        self.assertEqual(replies, list(range(self.sent - STEP_UPDATES + 1, self.sent + 1)))
        self.there.until(told(self.sent) + b" Real\n")

    def hear(self):
        """What a sip tells. Of no client anything older comes after something newer."""
        for line in self.slow.sip():
            verb, *rest = line.split(b" ")
            if verb == b"AT":
                client, number = rest[2], number_of(line)
                self.assertLess(self.told.get(client, 0), number)
                self.told[client] = number
                self.lines += 1
            elif verb == b"MARK":
                self.mark = int(rest[0])
            elif verb == b"PING":
                self.pings += 1

    def fill(self):
        """Updates until nothing more goes on the way: from then on updates replace each other."""
        while state(self.real)[1]["Fake"]["lag"] != str(HOT):
            self.update()
            self.hear()

    def all_told_since(self, number):
        return all(self.told.get(client, 0) > number for client in self.clients)

    def test_it_is_told_what_is_new_and_holds_up_nobody(self):
        self.fill()
        before, taken, rss_kib = self.sent, self.slow.taken, self.real.process.memory_kib()
        while not self.all_told_since(before):
            self.update()
            self.hear()
            self.assertLess(self.slow.taken - taken, BOUND_BYTES, f"it was told {self.told}, {self.sent} were sent")
        # Neither does it starve of anything, nor is it cut, however long it takes.
        while not (self.mark and self.pings and self.slow.seconds() > STAY_S):
            self.update()
            self.hear()
        self.assertLess(4 * self.lines, self.sent, "an update that waits should be replaced by a newer one")
        self.assertLess(self.real.process.memory_kib() - rss_kib, RSS_GROWTH_MAX_KIB)
        self.assertEqual(self.real.log.events("link_down"), [])
