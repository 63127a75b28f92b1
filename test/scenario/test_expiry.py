# SPDX-License-Identifier: MIT
"""protocol.ttl_s: what was received longer ago is not known, on every server by the same rule."""

import os
import select
import signal
import time

from client import nanoseconds, now_text, seconds
from harness import remove_in_use
from neighbour import at_line
from peers import Peers
from scenario import Scenario

TTL_S = 3
RESTARTED_TTL_S = 8  # a server must be back within it


def received_ns(line):
    """When the server had the report that it answered so."""
    return nanoseconds(line.split(b" ")[5]) + int(line.split(b" ")[2].replace(b".", b""))


class Mortal(Scenario):
    """`self.user` is somebody's connection to a server that forgets."""

    ttl_s = TTL_S

    def wait_gone(self, client):
        """Waits until it is not known any more; returns when it was known last and when it was not, in ns."""
        known = time.time_ns()
        while True:
            before = time.time_ns()
            if self.user.whatsat(client)[1] is None:
                return known, time.time_ns()
            known = before
            select.select([], [], [], 0.02)

    def assert_lives_on(self, client, line):
        """It is known as `line` says, and until its time, not longer."""
        self.assertEqual(self.user.whatsat(client)[0], line)
        known_ns, gone_ns = self.wait_gone(client)
        self.assertLessEqual(known_ns, received_ns(line) + self.ttl_s * 10**9)
        self.assertGreater(gone_ns, received_ns(line) + self.ttl_s * 10**9)


class Expiry(Mortal, Peers):
    def setUp(self):
        self.play(protocol={"ttl_s": TTL_S}, log={"level": "debug"})
        self.real.herd.start()
        self.user = self.client(self.real)

    def state(self):
        since = self.real.log.size()
        self.real.process.send_signal(signal.SIGUSR1)
        return self.real.log.wait("state", since)[-1]

    def test_known_for_so_long_after_it_was_received(self):
        line = self.user.iamat(b"kiwi", b"+1+1", b"1520000000")  # the client's own time does not matter
        self.assert_lives_on(b"kiwi", line)
        question = b"WHATSAT kiwi 1 1"
        self.assertEqual(self.user.ask(question), b"? " + question)
        # What is forgotten does not stand in the way of an older time.
        self.assertTrue(self.user.iamat(b"kiwi", b"+2+2", b"1510000000").startswith(b"AT "))
        self.assertIn(b" +2+2 1510000000", self.user.whatsat(b"kiwi")[0])

    def test_the_sweep_forgets_what_nobody_asks_for(self):
        for number in range(100):
            self.user.iamat(b"c%d" % number, b"+1+1")
        self.assertEqual(self.state()["clients"], "100")
        clock = self.fake.accept()
        for _ in range(20):
            clock.next(b"PING")  # once a second
            state = self.state()
            if state["clients"] == "0":
                break
        self.assertEqual((state["expired"], state["digest"]), ("100", "0" * 32))
        told = self.real.log.events("expired", level="debug")
        self.assertEqual(sum(int(event["count"]) for event in told), 100)

    def test_reports_of_neighbours(self):
        """One that has expired is neither stored nor sent on, and its mark holds; one that has not lives on."""
        there = self.other.accept()
        session, _ = self.fake.dial(self.real)
        now = time.time_ns()
        session.say(at_line(b"old", stamp=seconds(now - (TTL_S + 1) * 10**9), difference=b"+0.500000000"),
                    at_line(b"new", stamp=seconds(now), difference=b"+100.000000000"), b"MARK 7")
        self.wait_known(b"new")
        self.assert_unknown(b"old")
        self.assertEqual(there.next(b"AT").split(b" ")[3], b"new")
        self.assertEqual(self.state()["at_expired"], "1")
        self.fake.leave()
        self.assertIn(b" 7 ", self.fake.dial(self.real)[1])

    def test_a_fresh_report_starts_anew(self):
        end_ns = time.time_ns() + 2 * TTL_S * 10**9
        while time.time_ns() < end_ns:
            self.user.iamat(b"kiwi", b"+1+1", now_text())
            self.assertTrue(self.user.whatsat(b"kiwi")[0].startswith(b"AT "))
            select.select([], [], [], 0.05)


class Replay(Mortal):
    """What a journal brings back has as long to live as if its server had never been down."""

    ttl_s = RESTARTED_TTL_S

    def setUp(self):
        self.alone = self.herd(("Goloman",), (), protocol={"ttl_s": self.ttl_s}, limits={"clients_max": 3})
        self.server = self.alone.start()["Goloman"]
        self.user = self.client(self.server)

    def restart(self):
        """Kills and starts it; returns how many clients it says that it brought back."""
        self.alone.kill("Goloman")
        self.alone.start("Goloman")
        self.user = self.client(self.server)
        return int(self.server.log.wait("journal", state="replayed")[0]["clients"])

    def test_lives_as_long_as_without_a_restart(self):
        line = self.user.iamat(b"kiwi", b"+1+1", b"1520000000")
        self.assertEqual(self.restart(), 1)
        self.assert_lives_on(b"kiwi", line)

    def test_what_expired_is_not_there(self):
        """Nor does it take the room of others, and what is older by its client's time is not hidden by it."""
        for client in (b"a", b"b", b"kiwi"):
            self.user.iamat(client, b"+1+1", b"1520000000")
        for client in (b"a", b"b", b"kiwi"):
            self.wait_gone(client)
        older = self.user.iamat(b"kiwi", b"+2+2", b"1510000000")
        for client in (b"c", b"d"):
            self.assertTrue(self.user.iamat(client, b"+3+3").startswith(b"AT "))
        self.assertEqual(self.restart(), 3)
        self.assertIsNone(self.user.whatsat(b"a")[1])
        self.assert_lives_on(b"kiwi", older)
        self.assertEqual(self.restart(), 0)

    def test_written_anew(self):
        """A rewrite, as after the journal's directory was removed, makes nobody younger."""
        self.user.iamat(b"old", b"+1+1")
        self.wait_gone(b"old")
        line = self.user.iamat(b"kiwi", b"+1+1", b"1520000000")
        remove_in_use(os.path.join(self.alone.directory, "journal", "Goloman"))
        self.server.log.wait("journal", state="ok")
        self.assertEqual(self.restart(), 1)
        self.assert_lives_on(b"kiwi", line)
