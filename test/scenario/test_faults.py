# SPDX-License-Identifier: MIT
"""Servers that lose everything, and servers that stop without dying: what the others do, and how it ends."""

import itertools
import os
import shutil
import signal
import time

from faults import Faults, descriptors
from harness import wait_readable
from herd import NAMES

CLIENTS = 20
STOPPED_S = 6
HICCUP_S = 1
PAUSE_S = 0.05


class Forgetful(Faults):
    def test_each_server_comes_back_empty_and_is_told(self):
        herd = self.herd().start_linked()
        clients = self.connect(herd)
        lines = {}
        for name, connection in clients.items():
            for number in range(CLIENTS):
                client = b"%s.%d" % (name.encode(), number)
                lines[client] = connection.iamat(client, b"+34.068930-118.445127")
        self.assert_equal(clients, lines)
        for name in NAMES:
            with self.subTest(empty=name):
                self.come_back_empty(herd, name, lines)
        self.assert_one_state(herd)
        self.assert_sane_logs(herd)

    def come_back_empty(self, herd, name, lines):
        """Nobody sends anything meanwhile."""
        herd.kill(name)
        shutil.rmtree(os.path.join(herd.directory, "journal", name))
        herd.start(name)
        self.assert_equal(self.connect(herd, [name]), lines)


class Stopped(Faults):
    """A server that is stopped keeps its connections and says nothing."""

    def setUp(self):
        self.five = self.herd().start_linked()
        self.baseline = descriptors(self.five)
        self.lines = {}

    def goes_on(self, clients, seconds):
        """For so long everyone of `clients` serves its own; every answer is waited for."""
        end = time.monotonic() + seconds
        for number in itertools.count():
            for name, connection in clients.items():
                client = b"%s.%d" % (name.encode(), number % CLIENTS)
                line = connection.iamat(client, b"+%d+%d" % (number % 90, number % 180))
                self.assertTrue(line.startswith(b"AT %s " % name.encode()), line)
                self.assertEqual(connection.whatsat(client)[0], line)
                self.lines[client] = line
            if wait_readable(connection, min(PAUSE_S, end - time.monotonic())) or time.monotonic() >= end:
                break
        self.assertGreaterEqual(time.monotonic(), end, "somebody said or ended something unasked")

    def finish(self, clients):
        for connection in clients.values():
            connection.close()
        self.assert_one_state(self.five)
        self.assert_descriptors(self.five, self.baseline)
        self.assert_sane_logs(self.five)

    def test_middle_server_stops_for_long(self):
        herd, clients = self.five, self.connect(self.five)
        known = clients["Holiday"].iamat(b"holiday", b"+1+1")
        self.assert_everywhere(known, clients, b"holiday")
        others = {name: connection for name, connection in clients.items() if name != "Holiday"}
        since = {name: herd[name].log.size() for name in NAMES}
        end = time.monotonic() + STOPPED_S
        herd["Holiday"].process.send_signal(signal.SIGSTOP)
        clients["Holiday"].send(b"IAMAT late +1+1 1520000000\n")
        self.goes_on(others, STOPPED_S - 1)
        for name, direction in itertools.product(("Goloman", "Wilkes", "Welsh"), ("in", "out")):
            herd[name].log.wait("link_down", since[name], peer="Holiday", direction=direction)
        self.goes_on(others, end - time.monotonic())
        self.assert_cut_off(others)
        self.assertTrue(clients["Holiday"].silent())
        herd["Holiday"].process.send_signal(signal.SIGCONT)
        self.lines[b"late"] = clients["Holiday"].line()
        self.lines[b"holiday"] = known
        self.assert_equal(clients, self.lines)
        self.finish(clients)

    def assert_cut_off(self, clients):
        """Welsh knows its own clients only, and nobody else knows those; the others know each other's."""
        for name, about in itertools.permutations(clients, 2):
            client = b"%s.0" % about.encode()
            answer = clients[name].whatsat(client)[0]
            if "Welsh" in (name, about):
                self.assertEqual(answer, b"? WHATSAT %s 1 0" % client, f"{name} about a client of {about}")
            else:
                self.assertEqual(answer, self.lines[client])

    def test_hiccup_ends_no_session(self):
        herd, clients = self.five, self.connect(self.five)
        since = {name: herd[name].log.size() for name in NAMES}
        for stopped in ("Holiday", "Wilkes"):
            herd[stopped].process.send_signal(signal.SIGSTOP)
            self.goes_on({name: each for name, each in clients.items() if name != stopped}, HICCUP_S)
            herd[stopped].process.send_signal(signal.SIGCONT)
            self.assert_equal(clients, self.lines)
        for name in NAMES:
            self.assertEqual(herd[name].log.events("link_down", since[name]), [])
        self.finish(clients)
