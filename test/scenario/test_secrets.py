# SPDX-License-Identifier: MIT
"""Who is let in at the peers' address: the secret's file, proofs, and what somebody without the secret may try."""

import os
import signal
import socket

from client import Client
from harness import wait_until
from herd import Herd
from neighbour import Session, at_line, proof
from peers import Peers
from scenario import Scenario

CANARY = b"canary-0123456789-0123456789-0123"
NEXT = b"canary-abcdefghijklmnopqrstuvwxyz"
NO_INPUT, NO_PERMISSION, CONFIG = 66, 77, 78


def text(*secrets):
    return "".join(secret.decode() + "\n" for secret in secrets)


def beyond_loopback():
    """An address of this machine that is no loopback one, or None. Nothing is sent to find it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return None
        address = probe.getsockname()[0]
    return None if address.startswith("127.") else address


class File(Scenario):
    """What is in the secret's file and who may read it."""

    def run_with(self, content, mode=0o600, path="secret", environment=None):
        herd = self.enterContext(Herd(("Goloman",), (), secret_file=path))
        if content is not None:
            os.chmod(herd.write_file("secret", content), mode)
        herd.let_go_ports()
        return herd["Goloman"], environment

    def assert_refused(self, status, *words, **settings):
        server, environment = self.run_with(**settings)
        process = server.start(environment=environment)
        self.assertEqual(process.wait(), status)
        said = [line for line in process.stderr().splitlines() if line.startswith("herd-server: ") and "warning: " not in line]
        self.assertEqual(len(said), 1, process.stderr())
        for word in words:
            self.assertIn(word, said[0])
        self.assert_untold(server)

    def assert_untold(self, server):
        for where in (server.process.stderr().encode(), server.process.stdout(), server.log.raw()):
            self.assertNotIn(b"canary", where)

    def assert_taken(self, said, **settings):
        server, environment = self.run_with(**settings)
        server.start(environment=environment)
        server.wait_listening()
        self.assertIn(said, server.log.wait("listening")[0]["secret"])
        self.assert_untold(server)

    def test_refused(self):
        for status, words, settings in (
                (NO_INPUT, ("No such file",), {"content": None}),
                (NO_INPUT, ("Is a directory",), {"content": None, "path": "."}),
                (NO_PERMISSION, ("0640", "chmod"), {"content": text(CANARY), "mode": 0o640}),
                (NO_PERMISSION, ("0604",), {"content": text(CANARY), "mode": 0o604}),
                (NO_PERMISSION, ("0620",), {"content": text(CANARY), "mode": 0o620}),
                (CONFIG, ("no secret",), {"content": ""}),
                (CONFIG, ("no secret",), {"content": "\n\r\n"}),
                (CONFIG, ("line 1", "31"), {"content": text(CANARY[:31])}),
                (CONFIG, ("line 1", "31"), {"content": CANARY[:31].decode() + "\r\n"}),
                (CONFIG, ("line 2", "6"), {"content": text(CANARY, b"canary")}),
                (CONFIG, ("line 3", "2"), {"content": text(CANARY, CANARY, CANARY)}),
                (CONFIG, ("4096",), {"content": text(b"canary" * 700)})):
            with self.subTest(settings=settings):
                self.assert_refused(status, settings.get("path", "secret"), *words, **settings)

    def test_taken(self):
        for said, settings in (("one", {"content": text(CANARY[:32])}),
                               ("one", {"content": CANARY[:32].decode(), "mode": 0o400}),
                               ("one", {"content": CANARY[:32].decode() + "\r\n\n"}),
                               ("one", {"content": " " * 32 + "\n"}),
                               ("one", {"content": "canary" * 682}),
                               ("two", {"content": text(CANARY, NEXT)})):
            with self.subTest(settings=settings):
                self.assert_taken(said, **settings)

    def test_credential(self):
        """Systemd's is taken first, whatever its mode and wherever the file is; an empty one is none."""
        credentials = self.enterContext(Herd(("Goloman",), ()))
        os.chmod(credentials.write_file("secret", text(CANARY, NEXT)), 0o644)
        environment = {"CREDENTIALS_DIRECTORY": credentials.directory}
        self.assert_taken("two", content=None, environment=environment)
        self.assert_taken("two", content=text(CANARY), environment=environment)
        credentials.write_file("secret", "short\n")
        self.assert_refused(CONFIG, credentials.directory, "line 1", content=text(CANARY), environment=environment)
        for empty in ("", "\n"):
            credentials.write_file("secret", empty)
            self.assert_taken("one", content=text(CANARY), environment=environment)

    def test_none(self):
        self.assertIn("none", self.lone().log.wait("listening")[0]["secret"])


class Proved(Peers):
    SECRETS = (CANARY,)

    def setUp(self):
        self.play(secret=CANARY, secret_file="secret")
        self.real.herd.write_file("secret", text(*self.SECRETS))
        self.real.herd.start()
        self.user = self.client(self.real)

    def tearDown(self):
        self.assertNotIn(b"canary", self.real.log.raw() + self.real.process.stderr().encode())

    def counts(self):
        since = self.real.log.size()
        self.real.process.send_signal(signal.SIGUSR1)
        state = self.real.log.wait("state", since)[-1]
        return int(state["peers_refused"]), int(state["proofs_failed"])

    def stranger(self, *lines):
        """Says these lines to the peers' address; returns all that the server said to that."""
        with Session(self.real.peers) as session:
            session.say(*lines)
            return session.gone()

    def assert_logged_once(self, reason):
        events = self.real.log.wait("peer_refused")
        self.assertEqual([event for event in events if reason in event["reason"]][1:], [])
        self.assertTrue(any(reason in event["reason"] for event in events), events)


class Secrets(Proved):
    def test_right_secret(self):
        here = self.fake.accept()
        session, _ = self.fake.dial(self.real)
        session.say(at_line(b"theirs"))
        self.wait_known(b"theirs")
        own = self.user.iamat(b"ours", b"+2+2")
        self.assertEqual(here.next(b"AT"), own + b" Real")
        self.assertEqual(self.counts(), (0, 0))

    def test_wrong_secret(self):
        mine = self.fake.hello()
        for _ in range(3):
            with Session(self.real.peers) as session:
                session.say(mine)
                unsigned, _, signed = session.line().rpartition(b" ")
                self.assertEqual(signed, proof(CANARY, b"A", mine, unsigned))
                session.say(b"AUTH " + proof(NEXT, b"D", mine, unsigned), at_line(b"forged"))
                self.assertRegex(session.gone(), rb"\AREFUSE proof [ -~]+\n\Z")
        self.assertEqual(self.counts(), (3, 3))
        self.assert_logged_once("the proof is wrong")
        self.assert_unknown(b"forged")

    def test_wrong_secret_of_who_is_dialled(self):
        self.fake.secret = NEXT
        session, _ = self.fake.accept_raw()
        with self.assertRaises(EOFError):
            self.fake.answer(session)
        event = self.real.log.wait("link_failed", peer="Fake")[0]
        self.assertIn("proof is wrong", event["reason"])
        self.assertEqual(event["level"], "warning")
        self.assertGreaterEqual(self.counts()[1], 1)
        self.fake.secret = CANARY
        self.fake.accept()
        self.real.log.wait("link_up", peer="Fake", direction="out")

    def test_a_name_that_is_refused_is_told(self):
        self.stranger(b"HELLO 1-1 herd Nobody 0123456789abcdef " + b"0" * 32)
        self.real.log.wait("peer_refused", name="Nobody")

    def test_who_leaves_at_our_proof(self):
        with Session(self.real.peers) as session:
            session.say(self.fake.hello())
            session.line()
        event = self.real.log.wait("peer_refused", level="warning", peer="Fake")[0]
        self.assertIn("the secrets differ", event["reason"])

    def test_replayed(self):
        """What the server's own neighbour said a moment ago."""
        session = self.fake.connect(self.real)
        mine = self.fake.hello()
        session.say(mine)
        unsigned = session.line().rpartition(b" ")[0]
        auth = b"AUTH " + proof(CANARY, b"D", mine, unsigned)
        session.say(auth)
        self.assertTrue(session.line().startswith(b"WELCOME "))
        for _ in range(3):
            self.assertRegex(self.stranger(mine, auth, at_line(b"replayed"), b"MARK 9"),
                             rb"\AHELLO 1 [^\n]*\nREFUSE proof [^\n]+\n\Z")
        self.assertEqual(self.counts(), (3, 3))
        self.assert_logged_once("the proof is wrong")
        self.assert_unknown(b"replayed")
        self.assertEqual(self.real.log.events("link_replaced"), [])

    def test_sent_back(self):
        """The server's own words and proofs: from its dialling to its listener, and its proof as ours."""
        _, hello = self.fake.accept_raw()
        self.assertRegex(self.stranger(hello), rb"\AREFUSE self [^\n]+\n\Z")
        with Session(self.real.peers) as session:
            session.say(self.fake.hello())
            session.say(b"AUTH " + session.line().rpartition(b" ")[2])
            self.assertRegex(session.gone(), rb"\AREFUSE proof [^\n]+\n\Z")
        self.assertEqual(self.counts(), (2, 1))

    def test_nothing_before_auth(self):
        for lines in ((at_line(b"early"),), (self.fake.hello(), at_line(b"early")), (self.fake.hello(), b"MARK 5"),
                      (self.fake.hello(), b"AUTH -", at_line(b"early")), (self.fake.hello(nonce=b"-"),),
                      (self.fake.hello(nonce=b"-"), b"AUTH -", at_line(b"early")),
                      (self.fake.hello(), b"AUTH " + b"0" * 64, at_line(b"early"))):
            with self.subTest(lines=lines):
                before = self.counts()
                self.assertRegex(self.stranger(*lines), rb"\A(HELLO 1 [^\n]*\n)?REFUSE (protocol|proof) [^\n]+\n\Z")
                self.assertEqual(self.counts()[0], before[0] + 1)
        self.assert_unknown(b"early")
        self.assert_logged_once("does not belong here")
        self.assert_logged_once("a secret is needed")

    def test_forged_on_the_clients_address(self):
        with Client(self.real.clients) as stranger:
            for line in (at_line(b"forged"), self.fake.hello(), b"AUTH " + b"0" * 64):
                self.assertEqual(stranger.ask(line), b"? " + line)
        self.assert_unknown(b"forged")
        since = self.real.log.size()
        self.real.process.send_signal(signal.SIGUSR1)
        self.assertGreaterEqual(int(self.real.log.wait("state", since)[-1]["invalid"]), 3)

    def test_others_who_have_none(self):
        """Neighbours that know of no secret stay out, whoever dials."""
        self.other.secret = None
        session, hello = self.other.accept_raw()
        self.assertRegex(hello, rb"\AHELLO 1-1 herd Real [0-9a-f]{16} [0-9a-f]{32}\Z")
        with self.assertRaises(EOFError):
            self.other.answer(session)
        self.assertIn("has no secret", self.real.log.wait("link_failed", peer="Other")[0]["reason"])


class Rotation(Proved):
    SECRETS = (NEXT, CANARY)

    def test_either_is_accepted_and_the_first_signs(self):
        for secret in self.SECRETS:
            with self.subTest(secret=secret):
                mine = self.fake.hello()
                session = self.fake.connect(self.real)
                session.say(mine)
                unsigned, _, signed = session.line().rpartition(b" ")
                self.assertEqual(signed, proof(NEXT, b"A", mine, unsigned))
                session.say(b"AUTH " + proof(secret, b"D", mine, unsigned))
                self.assertTrue(session.line().startswith(b"WELCOME "))
                self.fake.secret = secret
                self.fake.accept()  # which checks that it was answered by the same secret
                self.fake.leave()
        self.assertEqual(self.counts()[1], 0)


class RotationOfAHerd(Scenario):
    def test_one_server_after_the_other(self):
        """The new secret second everywhere, then first, then alone: after each step every link comes up."""
        herd = self.herd(("Goloman", "Hands"), (("Goloman", "Hands"),))
        paths = {name: herd.write_file(f"{name}.secret", text(CANARY)) for name in ("Goloman", "Hands")}

        def start(name):
            herd.start(name, environment={"HERD_SECRET_FILE": paths[name]})

        for name in paths:
            start(name)
        herd.wait_links()
        for secrets in ((CANARY, NEXT), (NEXT, CANARY), (NEXT,)):
            for name in paths:
                with self.subTest(name=name, secrets=len(secrets)):
                    herd[name].process.stop()
                    herd.write_file(f"{name}.secret", text(*secrets))
                    start(name)
                    wait_until(lambda n=name: herd[n].links_up("Hands" if n == "Goloman" else "Goloman") == 2,
                               "both directions are up")
        herd["Hands"].process.stop()
        herd.write_file("Hands.secret", text(CANARY))
        start("Hands")
        self.assertIn("proof is wrong", herd["Hands"].log.wait("link_failed", peer="Goloman")[0]["reason"])


class BeyondLoopback(Peers):
    def setUp(self):
        self.address = beyond_loopback()
        if self.address is None:
            self.skipTest("this machine has no address but loopback")

    def dial_from_beyond(self):
        connected = socket.create_connection(self.real.peers, source_address=(self.address, 0))
        session = Session(connected=connected)
        self.addCleanup(session.close)
        return session

    def test_with_a_secret(self):
        self.play(secret=CANARY, secret_file="secret")
        self.real.herd.write_file("secret", text(CANARY))
        self.real.herd.start()
        session = self.dial_from_beyond()
        session.say(*self.fake.introduce(session))
        self.assertTrue(session.line().startswith(b"WELCOME "))
        self.assertTrue(self.real.log.wait("link_up", direction="in")[0]["from"].startswith(self.address))

    def test_without_one(self):
        self.play()
        self.real.herd.start()
        session = self.dial_from_beyond()
        session.say(self.fake.hello())
        self.assertRegex(session.gone(), rb"\AREFUSE address [^\n]+\n\Z")
        event = self.real.log.wait("peer_refused", level="warning")[0]
        self.assertTrue(event["from"].startswith(self.address + ":"), event)
        self.assertIn("only loopback is taken", event["reason"])

    def test_configuration_needs_one(self):
        for secret, status in (({}, CONFIG), ({"secret_file": "secret"}, 0)):
            herd = self.enterContext(Herd(("A", "B"), (("A", "B"),), address=self.address, **secret))
            herd.write_file("secret", text(CANARY))
            herd.let_go_ports()
            self.assertEqual(herd["A"].start(arguments=("--check-config",)).wait(), status)
