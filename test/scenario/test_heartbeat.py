# SPDX-License-Identifier: MIT
"""What takes time between neighbours: deadlines, heartbeats, silence, and dialling again."""

from peers import Peers


class Heartbeat(Peers):
    def test_handshake_has_a_deadline(self):
        silent, half = self.fake.connect(self.real), self.fake.connect(self.real)
        half.say(self.fake.hello())
        silent.gone()
        half.gone()
        self.assertEqual(self.real.log.events("link_up"), [])

    def assert_beats(self, session, verb):
        clocks = []
        for _ in range(3):
            line = session.next(verb)
            self.assertRegex(line, rb"\A%s [0-9]{19} [0-9]+ [0-9a-f]{32}\Z" % verb)
            clocks.append(int(line.split(b" ")[1]))
        gaps = [later - earlier for earlier, later in zip(clocks, clocks[1:])]
        self.assertTrue(all(gap > 0 for gap in gaps), gaps)
        return line

    def test_ping_and_pong(self):
        self.user.iamat(b"one", b"+1+1")
        self.user.iamat(b"two", b"+1+1")
        accepted = self.fake.accept()
        dialled, _ = self.fake.dial(self.real)
        self.assertEqual(self.assert_beats(dialled, b"PONG").split(b" ")[2], b"2")
        self.assertEqual(self.assert_beats(accepted, b"PING").split(b" ")[2], b"2")

    def test_silence_is_death(self):
        accepted = self.fake.accept()
        dialled, _ = self.fake.dial(self.real)
        self.real.log.wait("link_up", peer="Fake", count=2)
        accepted.quiet()
        dialled.quiet()
        for direction in ("in", "out"):
            event = self.real.log.wait("link_down", peer="Fake", direction=direction)[0]
            self.assertTrue(event["reason"])
        accepted.gone()
        dialled.gone()
        self.fake.leave()
        self.fake.accept()

    def test_any_byte_is_a_sign_of_life(self):
        """Bytes that make no line yet keep a session alive beyond the time that silence would have ended it."""
        accepted = self.fake.accept()
        accepted.quiet()
        accepted.send(b"PONG ")
        for _ in range(6):
            accepted.next(b"PING")
            accepted.send(b"1")
        self.assertEqual(self.real.log.events("link_down"), [])


class Redial(Peers):
    def test_dialler_checks_who_answers(self):
        # Few of them: its back-off grows with each.
        for answer in (b"HELLO 1 herd Other %s - -", b"HELLO 1 flock Fake %s - -", b"REFUSE name go away"):
            with self.subTest(answer=answer):
                session, _ = self.fake.accept_raw()
                session.say(answer % b"0123456789abcdef" if b"%s" in answer else answer)
                self.assertEqual(session.gone(), b"")
        self.assertEqual(self.real.log.events("link_up"), [])
        self.fake.accept()
        self.real.log.wait("link_up", peer="Fake", direction="out")

    def test_dials_again(self):
        for times in range(1, 4):
            session = self.fake.accept()
            self.real.log.wait("link_up", peer="Fake", direction="out", count=times)
            session.close()

    def test_dials_at_once_when_the_neighbour_shows(self):
        # Turned away again and again its back-off has grown; then the neighbour itself is there.
        for _ in range(4):
            session, _ = self.fake.accept_raw()
            session.close()
        self.fake.dial(self.real)
        self.fake.accept()
        self.real.log.wait("link_up", peer="Fake", direction="out")

    def test_claims_survive_between_neighbours(self):
        """One neighbour's silence does not touch the stream of another."""
        there = self.other.accept()
        self.fake.accept()
        self.real.log.wait("link_up", peer="Other", direction="out")
        self.fake.leave()
        self.real.log.wait("link_down", peer="Fake", direction="out")
        line = self.user.iamat(b"kiwi", b"+1+1")
        self.assertEqual(there.next(b"AT"), line + b" Real")
        self.assertEqual(self.real.log.events("link_down", peer="Other"), [])
