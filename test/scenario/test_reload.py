# SPDX-License-Identifier: MIT
"""One server whose configuration changes while it runs: SIGHUP, and what can change of it."""

import os
import signal
import socket

from client import now_text
from harness import wait_until
from herd import address_text
from reloading import ask
from scenario import Scenario

PLACE = b"+34.068930-118.445127"


class Alone(Scenario):
    """One server, and what can change of it."""

    def setUp(self):
        self.one = self.herd(("Goloman",), ())
        self.server = self.one.start()["Goloman"]

    def change(self, **sections):
        self.one.write_file("herd.conf", self.one.config_text(**sections))

    def taken(self):
        since = ask(self.server)
        self.server.log.wait("reloaded", since)
        return since

    def refused(self, *words):
        since = ask(self.server)
        said = " ".join(each.get("place", "") + ": " + each["msg"]
                        for each in self.server.log.wait("reload_failed", since))
        for word in words:
            self.assertIn(word, said)
        self.assertEqual(self.server.log.events("reloaded", since), [])
        return said

    def test_limits_of_those_who_are_there(self):
        client = self.client(self.server)
        long = b"x" * 600
        self.assertTrue(client.ask(long).startswith(b"? x"))
        self.change(limits={"line_bytes_max": 256})
        self.taken()
        fresh = self.client(self.server)
        fresh.send(long + b"\n")
        self.assertTrue(fresh.line().startswith(b"? x"))
        fresh.gone()
        self.assertTrue(client.iamat(b"still", PLACE).startswith(b"AT Goloman "))

    def test_protocol(self):
        client = self.client(self.server)
        self.assertTrue(client.iamat(b"ahead", PLACE, now_text(1000)).startswith(b"AT "))
        self.change(protocol={"max_future_s": 10})
        self.taken()
        self.assertTrue(client.iamat(b"ahead.too", PLACE, now_text(1000)).startswith(b"? IAMAT ahead.too"))
        self.change(protocol={"close_after_reply": True})
        self.taken()
        self.assertTrue(client.iamat(b"last", PLACE).startswith(b"AT "))
        self.assertEqual(client.gone(), b"")

    def test_listener_moves(self):
        old = self.client(self.server)
        old_address = self.server.clients
        self.server.clients = (old_address[0], self.one.free_port())
        self.change()
        self.one.let_go_ports()
        self.taken()
        self.assertTrue(old.iamat(b"old", PLACE).startswith(b"AT "))
        new = self.client(self.server)
        self.assertTrue(new.iamat(b"new", PLACE).startswith(b"AT "))
        with self.assertRaises(ConnectionRefusedError):
            self.server.clients = old_address
            self.client(self.server)

    def test_port_taken(self):
        keeper = self.enterContext(socket.create_server((self.server.clients[0], 0)))
        before = self.server.clients
        self.server.clients = keeper.getsockname()
        self.change()
        self.refused("herd.conf:1", str(keeper.getsockname()[1]), "in use")
        self.server.clients = before
        self.assertTrue(self.client(self.server).iamat(b"there", PLACE).startswith(b"AT "))
        self.change()
        self.taken()

    def test_log_is_rotated(self):
        client = self.client(self.server)
        for number in range(50):
            client.iamat(b"before%d" % number, PLACE)
        path = self.server.log.path
        os.rename(path, path + ".1")
        self.server.process.send_signal(signal.SIGHUP)
        for number in range(50):
            client.iamat(b"after%d" % number, PLACE)
        wait_until(lambda: os.path.exists(path), "a log anew")

        def lines():
            with open(path + ".1", "rb") as old:
                return (old.read() + self.server.log.raw()).count(b"event=in ")
        wait_until(lambda: lines() == 100, lambda: f"{lines()} lines of 100")

    def test_level(self):
        self.change(log={"level": "debug"})
        self.taken()
        since = self.server.log.size()
        self.client(self.server).iamat(b"x", PLACE)
        self.change(log={"level": "error", "wire": False})
        ask(self.server)
        wait_until(lambda: self.server.log.events("reload_change", since) or True, "")
        self.change()
        wait_until(lambda: self.taken(), "taken again")

    def test_index_and_key(self):
        with self.subTest("an index that is not there"):
            self.change(places={"local": {"indexes": ["nowhere.idx"]}})
            self.refused("herd.conf:", "nowhere.idx")
        with self.subTest("a key that is not there"):
            self.change(places={"providers": ["google_legacy"], "google_legacy": {"key_file": "no.key"}})
            self.refused("herd.conf:", "no.key")

    def test_provider_key_is_rotated(self):
        with self.subTest("another key for the next question"):
            provider = self.provider()
            places = {"providers": ["google_legacy"],
                      "google_legacy": {"url": provider.url, "key_file": "google.key"}}
            self.one.write_file("google.key", "first\n")
            self.change(places=places)
            self.taken()
            client = self.client(self.server)
            client.iamat(b"here", PLACE)
            self.assertIsNotNone(client.whatsat(b"here", b"1", b"5")[1])
            self.one.write_file("google.key", "second\n")
            self.taken()
            self.assertIsNotNone(client.whatsat(b"here", b"1", b"5")[1])
            self.assertEqual([each.query["key"] for each in provider.requests], ["first", "second"])

    def test_warnings(self):
        """They are said of what is in force, and are no failures."""
        other = {"servers": tuple({"name": name, "clients": f"127.0.0.1:{number}", "peers": f"127.0.0.1:{number + 1}"}
                                  for number, name in ((2, "Hands"), (4, "Holiday"))),
                 "links": (["Goloman", "Hands"], ["Hands", "Holiday"])}
        own = {"name": "Goloman", "clients": address_text(self.server.clients), "peers": address_text(self.server.peers)}
        other["servers"] += (own,)
        self.change(**other, herd="other")
        self.assertNotIn("cut off", self.refused("herd cannot change"))
        self.change(**other)
        said = self.server.log.events("reload_warning", self.taken())
        self.assertEqual([each["msg"] for each in said], ["if Hands is down, Goloman is cut off"])

    def test_what_cannot_change(self):
        client = self.client(self.server)
        line = client.iamat(b"kept", PLACE)
        for words, sections in (
                (("herd", "\\x22herd\\x22"), {"herd": "other"}),
                (("journal.durability", "written"), {"journal": {"durability": "none"}}),
                (("journal.directory",), {"journal": {"directory": os.path.join(self.one.directory, "elsewhere")}}),
                (("limits.clients_max", "1000000"), {"limits": {"clients_max": 10}})):
            with self.subTest(sections=sections):
                self.change(**sections)
                self.refused("herd.conf:", words[0])
                self.assertEqual(client.whatsat(b"kept")[0], line)
        with self.subTest("upwards it can"):
            self.change(limits={"clients_max": 2000000})
            self.taken()

    def test_own_name_gone(self):
        self.one.write_file("herd.conf", self.one.config_text().replace('"Goloman"', '"Hands"'))
        self.refused("Goloman")

    def test_while_one_is_on(self):
        """Signals that come during a reload are one more after it, and the last file is what counts."""
        since = self.server.log.size()
        for number in range(20):
            self.change(limits={"line_bytes_max": 1000 + number})
            self.server.process.send_signal(signal.SIGHUP)
        wait_until(lambda: any("1019" in each["msg"] for each in self.server.log.events("reload_change", since)),
                   lambda: self.server.log.events(since=since))

    def test_out_of_descriptors(self):
        client = self.client(self.server)
        client.iamat(b"started", PLACE)
        process = self.server.process
        old = process.limit_descriptors(8)  # all of those are in use
        self.change(limits={"line_bytes_max": 1234})
        self.refused("Too many open files")
        self.assertTrue(client.iamat(b"served", PLACE).startswith(b"AT "))
        process.limit_descriptors(old)
        self.taken()

    def test_while_it_drains(self):
        provider = self.provider()
        provider.hold()
        places = {"providers": ["google_legacy"], "google_legacy": {"url": provider.url, "key_file": "google.key"}}
        self.one.write_file("google.key", "key\n")
        self.change(places=places)
        self.taken()
        client = self.client(self.server)
        client.iamat(b"here", PLACE)
        client.send(b"WHATSAT here 1 5\n")
        wait_until(lambda: provider.requests, "a request")
        self.server.process.send_signal(signal.SIGTERM)
        self.server.log.wait("stopping")
        self.change()
        self.server.process.send_signal(signal.SIGHUP)
        self.server.log.wait("reload_failed")
        provider.release()
        self.assertTrue(client.answer()[0].startswith(b"AT "))
        self.assertEqual(self.server.process.wait(), 0)


class Starting(Scenario):
    def test_signal_during_start(self):
        """It is kept until there is something to reload."""
        herd = self.herd(("Goloman",), ())
        server = herd["Goloman"]
        herd.let_go_ports()
        server.start()
        wait_until(lambda: server.log.events("starting"), "starting")
        server.process.send_signal(signal.SIGHUP)
        server.wait_listening()
        server.log.wait("reloaded")
        self.assertTrue(self.client(server).iamat(b"x", PLACE).startswith(b"AT "))


class Supervised(Scenario):
    def test_told_to_the_supervisor(self):
        """RELOADING=1 with the time, then READY=1 (sd_notify(3))."""
        herd = self.herd(("Goloman",), ())
        path = os.path.join(herd.directory, "notify")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
            receiver.bind(path)
            receiver.settimeout(60)
            server = herd.start(environment={"NOTIFY_SOCKET": path})["Goloman"]
            self.assertIn(b"READY=1", receiver.recv(4096))
            server.process.send_signal(signal.SIGHUP)
            said = receiver.recv(4096)
            self.assertIn(b"RELOADING=1", said)
            self.assertRegex(said, rb"MONOTONIC_USEC=[0-9]+")
            self.assertIn(b"READY=1", receiver.recv(4096))
            herd.write_file("herd.conf", "herd = ;\n")
            server.process.send_signal(signal.SIGHUP)
            self.assertIn(b"RELOADING=1", receiver.recv(4096))
            self.assertIn(b"READY=1", receiver.recv(4096))
            server.log.wait("reload_failed")


class Credential(Scenario):
    def test_secret_of_systemd_stays(self):
        """A service's credentials are fixed while it runs: who changes the file is told that it is in vain."""
        herd = self.herd(("Goloman",), (), secret_file="first.secret")
        for name in ("secret", "first.secret"):
            herd.write_file(name, 40 * "s" + "\n")
        server = herd.start(environment={"CREDENTIALS_DIRECTORY": herd.directory})["Goloman"]

        def warnings():
            since = ask(server)
            server.log.wait("reloaded", since)
            return [each["place"] + each["msg"] for each in server.log.events("reload_warning", since)]
        self.assertEqual(warnings(), [])
        herd.write_file("first.secret", 40 * "t" + "\n")
        said = warnings()
        self.assertEqual(len(said), 1)
        self.assertRegex(said[0], r"herd\.conf:[0-9]+.*first\.secret.*until the unit restarts")
        herd.write_file("second.secret", 40 * "s" + "\n")
        herd.write_file("herd.conf", herd.config_text(secret_file="second.secret"))
        self.assertEqual(len(warnings()), 1)
        self.assertEqual(warnings(), [])
