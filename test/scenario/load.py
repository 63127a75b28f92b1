# SPDX-License-Identifier: MIT
"""Clients that send updates without end and note every reply, to be compared with what is left after a crash."""

import collections
import os
import random
import select
import time

from client import nanoseconds, seconds

CONNECTIONS = 3
CLIENTS = 60
WINDOW_MAX = 64
REPEATED_SHARE = 0.05
FIRST_NS, STEP_NS = 1520000000 * 10**9, 10**6


def draw():
    """A generator of random numbers and its seed, which HERD_TEST_SEED may give."""
    seed = int(os.environ.get("HERD_TEST_SEED") or random.SystemRandom().getrandbits(32))
    return random.Random(seed), seed


def told(number):
    """Position and time stamp of the update with this number, and of no other."""
    position = b"+%d.%06d-%d.%06d" % (number % 90, number % 10**6, number % 180, number * 7 % 10**6)
    return b"%s %s" % (position, seconds(FIRST_NS + number * STEP_NS))


def number_of(line):
    """The number of the update that an AT line tells of; it must tell of it byte for byte."""
    position, stamp = line.split(b" ")[4:6]
    number = (nanoseconds(stamp) - FIRST_NS) // STEP_NS
    if b"%s %s" % (position, stamp) != told(number):
        raise AssertionError(f"no client said {line!r}")
    return number


class Pipe:
    """One connection with many updates on their way."""

    def __init__(self, connection):
        self.connection = connection
        self.expected = collections.deque()
        self.rest = b""


class Load:
    """The clients of one server. Their time stamps only ever grow: updates have the order of their numbers."""

    def __init__(self, chance, prefix):
        self._chance = chance
        self._clients = [b"%s%d" % (prefix, number) for number in range(CLIENTS)]
        self._pipes = []
        self.sent = 0
        self.replies = 0
        self.acknowledged = {}  # client -> its newest reply

    def connect(self, server):
        self._pipes = [Pipe(server.client()) for _ in range(CONNECTIONS)]

    def pipes(self):
        """Connection -> pipe."""
        return {pipe.connection: pipe for pipe in self._pipes}

    def fill(self, pipe):
        """Sends until a random number of replies is outstanding."""
        lines = []
        for _ in range(self._chance.randint(1, WINDOW_MAX) - len(pipe.expected)):
            self.sent += 1
            update = self._chance.choice(self._clients), self.sent
            times = 2 if self._chance.random() < REPEATED_SHARE else 1
            pipe.expected.extend([update] * times)
            lines += [b"IAMAT %s %s\n" % (update[0], told(self.sent))] * times
        pipe.connection.send(b"".join(lines))

    def note(self, pipe, data):
        """Notes the replies in `data`."""
        *lines, pipe.rest = (pipe.rest + data).split(b"\n")
        for line in lines:
            client, number = pipe.expected.popleft()
            if not line.endswith(b" %s %s" % (client, told(number))):
                raise AssertionError(f"{line!r} for {client!r}, number {number}")
            newest = self.acknowledged.get(client)
            if newest is None or number_of(newest) < number:
                self.acknowledged[client] = line
            self.replies += 1

    def collect(self):
        """Notes what came before the server's end."""
        for pipe in self._pipes:
            self.note(pipe, pipe.connection.gone())
            pipe.connection.close()
        self._pipes = []


def drive(loads, duration_s):
    """Keeps all of `loads` busy for so long; what they sent last is still on its way."""
    pipes = {connection: (load, pipe) for load in loads for connection, pipe in load.pipes().items()}
    for load, pipe in pipes.values():
        load.fill(pipe)
    end = time.monotonic() + duration_s
    while (left := end - time.monotonic()) > 0:
        for connection in select.select(list(pipes), [], [], left)[0]:
            load, pipe = pipes[connection]
            load.note(pipe, connection.receive_once())
            load.fill(pipe)


def lost(connection, load):
    """What a server no longer knows of all it acknowledged: [(reply, what it says now)]."""
    connection.send(b"".join(b"WHATSAT %s 1 0\n" % client for client in load.acknowledged))
    found = []
    for client, reply in load.acknowledged.items():
        line, body = connection.answer()
        if body is None or number_of(line) < number_of(reply):
            found.append((reply, line))
        elif number_of(line) > load.sent or number_of(line) == number_of(reply) and line != reply:
            raise AssertionError(f"{line!r} was never said; the reply for {client!r} was {reply!r}")
    return found
