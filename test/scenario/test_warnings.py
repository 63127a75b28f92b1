# SPDX-License-Identifier: MIT
"""What a server notices about its neighbours and tells its people, once each time it changes."""

import signal

from neighbour import at_line, new_incarnation
from peers import Peers


class Warnings(Peers):
    def state(self, event, **fields):
        since = self.real.log.size()
        self.real.process.send_signal(signal.SIGUSR1)
        return self.real.log.wait(event, since, **fields)[-1]

    def test_clocks(self):
        session = self.fake.accept()
        # So far that what a busy machine adds does not matter.
        for ahead_s, level, count in ((600, "warning", 1), (0, "info", 2), (-3600, "warning", 3)):
            session.clock_ahead_s = ahead_s
            event = self.real.log.wait("clock_offset", peer="Fake", count=count)[-1]
            self.assertEqual(event["level"], level)
            self.assertLess(abs(int(event["offset_ms"]) - ahead_s * 1000), 60000)
        for _ in range(3):
            session.next(b"PING")
        self.assertEqual(len(self.real.log.events("clock_offset")), 3)
        self.assertEqual(self.real.log.events("clock_offset", peer="Other"), [])

    def test_stores_that_differ(self):
        """Ten seconds of another digest: told, counted, and everything is sent again."""
        session = self.fake.accept()
        session.digest = b"0123456789abcdef0123456789abcdef"
        own = self.user.iamat(b"kiwi", b"+1+1") + b" Real"
        self.assertEqual(session.next(b"AT"), own)
        self.assertEqual(session.next(b"AT"), own)
        event = self.real.log.wait("divergence", peer="Fake")[0]
        self.assertEqual((event["level"], event["theirs"]), ("warning", session.digest.decode()))
        self.assertEqual(event["digest"], self.state("state")["digest"])
        self.assertEqual(self.state("state")["divergences"], "1")
        self.assertEqual(self.state("state_peer", peer="Fake")["divergences"], "1")
        self.assertEqual(self.state("state_peer", peer="Other")["divergences"], "0")

    def test_one_name_twice(self):
        first = self.fake.incarnation
        second = new_incarnation()
        for turn, incarnation in enumerate((first, second, first, second, first)):
            self.fake.incarnation = incarnation
            session, _ = self.fake.dial(self.real)
            session.say(at_line(b"turn%d" % turn))
            self.wait_known(b"turn%d" % turn)
        events = self.real.log.wait("two_servers_with_one_name")
        self.assertEqual([(event["peer"], event["level"]) for event in events], [("Fake", "warning")])
        self.assertEqual(self.state("state")["rivals"], "3")

    def test_a_server_that_starts_anew_is_no_rival(self):
        for _ in range(3):
            self.fake.incarnation = new_incarnation()
            self.fake.dial(self.real)
        self.assertEqual(self.state("state")["rivals"], "0")
        self.assertEqual(self.real.log.events("two_servers_with_one_name"), [])
