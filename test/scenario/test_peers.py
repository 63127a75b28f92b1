# SPDX-License-Identifier: MIT
"""The peer protocol, to the byte, against a neighbour played by hand."""

import time

from client import Client
from harness import wait_until
from neighbour import at_line, new_incarnation
from peers import Peers

TURNS = 400  # far more than fits between two servers, and told within the time that who reads nothing may stay


class Handshake(Peers):
    def test_server_as_acceptor(self):
        session = self.fake.connect(self.real)
        session.say(self.fake.hello())
        self.assertRegex(session.line(), rb"\AHELLO 1 herd Real [0-9a-f]{16} - -\Z")
        session.say(b"AUTH -")
        welcome = session.line()
        self.assertRegex(welcome, rb"\AWELCOME - 0 [0-9]{19} 0 0{32}\Z")
        self.assertLess(abs(int(welcome.split(b" ")[3]) - time.time_ns()), 60 * 10**9)
        session.live(b"PING")
        self.real.log.wait("link_up", peer="Fake", direction="in")

    def test_server_as_dialler(self):
        session, hello = self.fake.accept_raw()
        self.assertRegex(hello, rb"\AHELLO 1-1 herd Real [0-9a-f]{16} -\Z")
        self.fake.admit(session)
        self.real.log.wait("link_up", peer="Fake", direction="out")
        self.assertEqual(hello.split(b" ")[4], self.fake.dial(self.real)[0].server_incarnation)

    def test_incarnation_is_of_one_run(self):
        first = self.fake.dial(self.real)[0].server_incarnation
        self.fake.leave()
        self.assertEqual(self.fake.dial(self.real)[0].server_incarnation, first)
        self.fake.leave()
        self.real.process.kill()
        self.real.herd.start("Real")
        self.assertNotEqual(self.fake.dial(self.real)[0].server_incarnation, first)

    def test_refusals(self):
        incarnation = b"0123456789abcdef"
        for hello, code in (
                (b"HELLO 1-1 herd Nobody %s -", b"name"), (b"HELLO 1-1 herd Far %s -", b"name"),
                (b"HELLO 1-1 flock Fake %s -", b"herd"), (b"HELLO 2-3 herd Fake %s -", b"version"),
                (b"HELLO 1-1 herd Real %s -", b"self"), (b"HELLO 1-1 herd Fake %s", b"protocol"),
                (b"HELLO 1-1 herd Fake %s - -", b"protocol"), (b"HELLO  1-1 herd Fake %s -", b"protocol"),
                (b"HELLO 1 herd Fake %s -", b"protocol"), (b"HELLO 1-1 herd Fake 0%s -", b"protocol"),
                (b"HELLO 1-1 herd Fake %s " + b"0" * 32, b"proof")):
            with self.subTest(hello=hello):
                session = self.fake.connect(self.real)
                session.say(hello % incarnation)
                self.assertRegex(session.line(), rb"\AREFUSE %s [ -~]+\Z" % code)
                self.assertEqual(session.gone(), b"")
        self.assertEqual(self.real.log.events("link_up"), [])

    def said_halves(self, half):
        """A session that has said so much; the server has read it, as it answered somebody who came later."""
        session = self.fake.connect(self.real)
        session.send(half)
        with self.fake.connect(self.real) as later:
            later.say(b"x")
            later.gone()
        return session

    def heard(self, part):
        return [event for event in self.real.log.events("in", stream="in") if part in event["line"]]

    def test_log_of_a_line_in_halves(self):
        hello = self.fake.hello()
        session = self.said_halves(hello[:20])
        session.send(hello[20:] + b"\nAU")
        session.line()
        session.close()
        event = self.real.log.wait("in", stream="in", line="AU")[0]
        self.assertEqual(event["unfinished"], "yes")
        self.assertEqual([event["line"] for event in self.heard("HELLO")], [hello.decode()])

    def test_versions_in_common(self):
        session = self.fake.connect(self.real)
        session.say(self.fake.hello(b"1-7"))
        self.assertTrue(session.line().startswith(b"HELLO 1 herd Real "))

    def test_nothing_before_the_handshake(self):
        for first in ([at_line(b"early")], [b"MARK 5"], [b"AUTH -"], [b"junk"], [b""],
                      [self.fake.hello(), at_line(b"early")], [self.fake.hello(), self.fake.hello()],
                      [self.fake.hello(), b"AUTH " + b"0" * 64]):
            with self.subTest(lines=first):
                session = self.fake.connect(self.real)
                session.say(*first)
                self.assertRegex(session.gone(), rb"\A(HELLO 1 [^\n]*\n)?REFUSE (protocol|proof) [^\n]+\n\Z")
        self.assert_unknown(b"early")

    def test_handshake_lines_are_short(self):
        session = self.fake.connect(self.real)
        session.send(b"HELLO " + b"x" * 2000)
        session.gone()
        self.assertTrue(session.ended)

    def test_newest_session_replaces_the_older(self):
        older, _ = self.fake.dial(self.real)
        newer, _ = self.fake.dial(self.real)
        older.gone()
        newer.say(at_line(b"newer"))
        self.wait_known(b"newer")

    def test_peer_words_on_the_client_port(self):
        with Client(self.real.clients) as stranger:
            for line in (at_line(b"forged"), self.fake.hello(), b"MARK 1", b"PING 1 0 -", b"AUTH -"):
                self.assertEqual(stranger.ask(line), b"? " + line)
        self.assert_unknown(b"forged")


class Flood(Peers):
    def test_report_of_a_neighbour(self):
        session, _ = self.fake.dial(self.real)
        session.say(at_line(b"kiwi\xff\x01", b"+34.068930-118.445127/", b"01520023934.91896399700", b"-0.000000500",
                            b"Gone", (b"Gone", b"Fake")))
        self.assertEqual(self.wait_known(b"kiwi\xff\x01"),
                         b"AT Gone -0.000000500 kiwi\xff\x01 +34.068930-118.445127/ 01520023934.91896399700")

    def test_sent_on_to_others_and_not_back(self):
        here, there = self.fake.accept(), self.other.accept()
        session, _ = self.fake.dial(self.real)
        session.say(at_line(b"a"))
        self.wait_known(b"a")
        own = self.user.iamat(b"b", b"+2+2")
        self.assertEqual(here.next(b"AT"), own + b" Real")
        self.assertEqual(there.next(b"AT"), at_line(b"a") + b" Real")
        self.assertEqual(there.next(b"AT"), own + b" Real")

    def test_sent_on_to_a_new_incarnation_of_the_sender(self):
        self.fake.accept()
        session, _ = self.fake.dial(self.real)
        session.say(at_line(b"a"))
        self.wait_known(b"a")
        self.fake.leave()
        self.fake.incarnation = new_incarnation()
        self.assertEqual(self.fake.accept().next(b"AT"), at_line(b"a") + b" Real")

    def test_sent_back_where_the_sender_is_another_incarnation(self):
        here = self.fake.accept()
        self.fake.incarnation = new_incarnation()
        session, _ = self.fake.dial(self.real)
        session.say(at_line(b"a"))
        self.assertEqual(here.next(b"AT"), at_line(b"a") + b" Real")

    def test_visited_is_cut_to_the_last_eight(self):
        there = self.other.accept()
        session, _ = self.fake.dial(self.real)
        way = (b"Far", b"Other") * 3 + (b"Far", b"Fake")
        session.say(at_line(b"a", visited=way))
        self.assertEqual(there.next(b"AT"), at_line(b"a", visited=way[1:] + (b"Real",)))

    def test_older_is_not_sent_on(self):
        there = self.other.accept()
        session, _ = self.fake.dial(self.real)
        session.say(at_line(b"a", stamp=b"1520000002"), at_line(b"a", stamp=b"1520000001"),
                    at_line(b"a", stamp=b"1520000002"), at_line(b"end"))
        self.assertEqual(there.next(b"AT"), at_line(b"a", stamp=b"1520000002") + b" Real")
        self.assertEqual(there.next(b"AT"), at_line(b"end") + b" Real")

    def test_total_order(self):
        """Time, received, origin, position, time text: in each pair the second is greater, in whichever order they come."""
        base = {"stamp": b"1520000000", "difference": b"+1.000000000", "origin": b"M", "position": b"+1+1"}
        greater = ({"stamp": b"1520000000.000000001", "difference": b"-9.000000000"}, {"difference": b"+1.000000001"},
                   {"origin": b"N"}, {"origin": b"MA"}, {"position": b"+1+2"}, {"position": b"+1+1/"},
                   {"stamp": b"1520000000.0"}, {"origin": b"N", "position": b"+0+0"},
                   {"difference": b"+1.000000001", "origin": b"A"})
        session, _ = self.fake.dial(self.real)
        for number, change in enumerate(greater):
            low, high = base, {**base, **change}
            for client, order in ((b"up%d" % number, (low, high)), (b"down%d" % number, (high, low))):
                session.say(*(at_line(client, **each) for each in order), at_line(b"end-" + client))
                self.wait_known(b"end-" + client)
                self.assertEqual(self.user.whatsat(client)[0], at_line(client, visited=(), **high), change)

    def test_unknown_verbs_are_skipped(self):
        session, _ = self.fake.dial(self.real)
        session.say(b"FROB 1 2 3", b"", b"at Fake", b"GOSSIP " + b"x" * 5000, b"PONGS", at_line(b"after"))
        self.wait_known(b"after")
        session.say(b"MARK 3", at_line(b"after2"))
        self.wait_known(b"after2")
        self.assertIn(b"WELCOME %s 3 " % self.fake.incarnation, self.fake.dial(self.real)[1] + b" ")

    def test_a_neighbour_that_does_not_read(self):
        """It holds up nobody, costs a bounded piece of memory, and gets the newest of each client when it reads."""
        slow, there = self.fake.accept(), self.other.accept()
        self.real.log.wait("link_up", peer="Fake", direction="out")
        clients = [b"%d-%s" % (number, b"x" * 1000) for number in range(20)]
        for turn in range(TURNS):
            self.user.send(b"".join(b"IAMAT %s +1+1 %d\n" % (client, 1520000000 + turn) for client in clients))
            newest = {client: self.user.line() + b" Real" for client in clients}
        for session in (there, slow):
            reports, _ = session.reports_until(lambda value: value == 20 * TURNS)
            self.assertEqual({line.split(b" ")[3]: line for line in reports}, newest)
        # What it did not read was not all kept for it: some of its lines never had to be sent.
        self.assertLess(len(reports), 20 * TURNS)

    def test_a_line_without_end_ends_the_session(self):
        session, _ = self.fake.dial(self.real)
        session.quiet()
        session.send(b"AT " + b"x" * 20000)
        session.gone()
        self.assertTrue(session.ended)


class Claims(Peers):
    def test_claim_sends_only_what_is_newer(self):
        session = self.fake.accept()
        lines = [self.user.iamat(b"old%d" % number, b"+1+1") + b" Real" for number in range(20)]
        reports = []
        while len(reports) < 20:
            more, mark = session.reports_until(lambda value: True)
            reports += more
        self.assertEqual(reports, lines)
        self.assertEqual(mark, 20)
        self.fake.leave()
        self.real.log.wait("link_down", peer="Fake", direction="out")
        newer = [self.user.iamat(b"new%d" % number, b"+2+2") + b" Real" for number in range(5)]
        newer.append(self.user.iamat(b"old3", b"+3+3") + b" Real")
        session = self.fake.accept(b"%s %d" % (session.server_incarnation, mark))
        reports, mark = session.reports_until(lambda value: value >= 26)
        self.assertEqual(sorted(reports), sorted(newer))
        self.assertEqual(mark, 26)

    def test_no_claim_and_a_strangers_claim_send_everything(self):
        lines = sorted(self.user.iamat(b"c%d" % number, b"+1+1") + b" Real" for number in range(20))
        for claim in (b"- 0", b"%s 20" % new_incarnation()):
            with self.subTest(claim=claim):
                session = self.fake.accept(claim)
                self.assertEqual(sorted(session.reports_until(lambda value: value == 20)[0]), lines)
                self.fake.leave()

    def test_ten_updates_while_away_are_one_line(self):
        self.fake.accept()
        self.fake.leave()
        self.real.log.wait("link_down", peer="Fake", direction="out")
        for number in range(10):
            line = self.user.iamat(b"busy", b"+%d+1" % number)
        self.assertEqual(self.fake.accept().reports_until(lambda value: value == 10)[0], [line + b" Real"])

    def test_marks_are_claimed_at_the_next_connect(self):
        session, welcome = self.fake.dial(self.real)
        self.assertTrue(welcome.startswith(b"WELCOME - 0 "), welcome)
        session.say(b"MARK 7", at_line(b"a"))
        self.wait_known(b"a")
        welcome = self.fake.dial(self.real)[1]
        self.assertRegex(welcome, rb"\AWELCOME %s 7 [0-9]{19} 1 [0-9a-f]{32}\Z" % self.fake.incarnation)

    def test_not_canonical_is_dropped_and_the_mark_not_adopted(self):
        session, _ = self.fake.dial(self.real)
        session.say(b"MARK 7", at_line(b"first"))
        self.wait_known(b"first")
        good = at_line(b"bad")
        for line in (
                at_line(b"bad", difference=b"1.000000000"), at_line(b"bad", difference=b"+1.0"),
                at_line(b"bad", difference=b"+01.000000000"), at_line(b"bad", difference=b"-0.000000000"),
                at_line(b"bad", difference=b"+1"), at_line(b"bad", visited=()), at_line(b"bad", position=b"1+1"),
                at_line(b"bad", stamp=b".5"), at_line(b"bad", stamp=b"9000000001"), at_line(b"bad", origin=b"Fa/ke"),
                at_line(b"bad", visited=(b"Fa/ke",)), at_line(b"bad", visited=(b"Fake",) * 9), good + b" ", good + b"\r",
                good.replace(b" ", b"  ", 1), good.replace(b" bad", b"\tbad"), b"AT", b"AT ",
                at_line(b"bad", stamp=b"9000000000", difference=b"+9223372036.000000000"), at_line(b"b" * 1025)):
            with self.subTest(line=line):
                session, _ = self.fake.dial(self.real)
                since = self.real.log.size()
                session.say(line, b"MARK 9", at_line(b"good%d" % since))
                self.wait_known(b"good%d" % since)
                self.assert_unknown(b"bad")
                self.assertIn(b" %s 7 " % self.fake.incarnation, self.fake.dial(self.real)[1])
        session, _ = self.fake.dial(self.real)
        session.say(b"MARK 9", at_line(b"last"))
        self.wait_known(b"last")
        self.assertIn(b" %s 9 " % self.fake.incarnation, self.fake.dial(self.real)[1])

    def test_a_dropped_line_is_logged(self):
        self.fake.accept()
        session, _ = self.fake.dial(self.real)
        self.real.log.wait("link_up", peer="Fake", count=2)
        since = self.real.log.size()
        session.say(at_line(b"bad", stamp=b".5"))
        wait_until(lambda: [event for event in self.real.log.events(since=since, peer="Fake")
                            if event["event"] not in ("in", "out")], "an event of the dropped line")
