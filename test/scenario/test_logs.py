# SPDX-License-Identifier: MIT
"""The log: what came in, what went out, neighbours coming and going; nothing that harms who reads it."""

import os
import re
import signal
import time

from client import Client
from harness import remove_in_use, wait_until
from herd import Herd
from scenario import Scenario

LINE = re.compile(r'ts=\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z level=(error|warning|info|debug) server=[A-Za-z]+ event=[a-z_]+'
                  r'( [a-z_]+=("[^"]*"|[^" ]+))*')
PAIR = (("Goloman", "Hands"), (("Goloman", "Hands"),))


class Logs(Scenario):
    def wait_wire(self, server, event, text):
        """Waits for a wire line that holds `text` in one of its fields, and returns it."""
        def found():
            return next((each for each in server.log.events(event) if text in each.values()), None)

        return wait_until(found, lambda: f"{event} {text!r} in\n" + "\n".join(server.log.lines()[-20:]))

    def test_wire_lines(self):
        herd = self.herd(*PAIR).start_linked()
        goloman, hands = herd["Goloman"], herd["Hands"]
        connection = self.client(goloman)
        stamp = b"1520023934.918963997"
        reply = connection.iamat(b"kiwi", b"+34.068930-118.445127", stamp).decode()
        self.wait_wire(goloman, "in", f"IAMAT kiwi +34.068930-118.445127 {stamp.decode()}")
        self.wait_wire(goloman, "out", reply)
        # The neighbours' lines too: what one sends the other receives.
        self.wait_wire(goloman, "out", reply + " Goloman")
        self.wait_wire(hands, "in", reply + " Goloman")
        connection.ask(b"junk")
        self.wait_wire(goloman, "in", "junk")
        self.wait_wire(goloman, "out", "? junk")
        connection.whatsat(b"kiwi", b"10", b"5")
        self.wait_wire(goloman, "in", "WHATSAT kiwi 10 5")

    def test_reports_that_change_nothing(self):
        """An older one looks like success to its client; the log knows better. One that is repeated is not older."""
        server = self.lone()
        connection = self.client(server)
        for stamp in (b"1520000000.500000000", b"1520000000.5", b"1520000001.500000000", b"1520000001.500000000"):
            connection.iamat(b"kiwi", b"+1.0+1.0", stamp)
        older = [connection.iamat(b"kiwi", b"+1.0+1.0", stamp).decode() for stamp in (b"1520000000.500000000", b"1")]
        connection.iamat(b"lynx", b"+1.0+1.0", b"1")
        server.log.wait("out", count=7)
        stale = [event for event in server.log.events("out") if "stale" in event]
        self.assertEqual([(event["line"], event["stale"]) for event in stale], [(line, "yes") for line in older])
        since = server.log.size()
        server.process.send_signal(signal.SIGUSR1)
        state = server.log.wait("state", since)[0]
        self.assertEqual((state["iamat"], state["stale"]), ("7", "2"))

    def test_form_of_every_line(self):
        herd = self.herd(*PAIR).start_linked()
        connection = self.client(herd["Goloman"])
        connection.iamat(b"kiwi", b"+1+1")
        connection.ask(b" \x00\x1b[2J = \" \\ ' ")
        connection.whatsat(b"kiwi", b"50", b"20")
        herd.kill("Hands")
        herd["Goloman"].log.wait("link_down", peer="Hands", count=2)
        herd["Goloman"].process.stop()
        for server in herd.servers.values():
            for line in server.log.lines():
                self.assertTrue(LINE.fullmatch(line), line)
                self.assertIn(f" server={server.name} ", line)

    def test_coming_and_going(self):
        herd = self.herd(*PAIR).start_linked()
        goloman = herd["Goloman"]
        self.assertEqual(len(goloman.log.wait("link_up", peer="Hands", count=2)), 2)
        since = goloman.log.size()
        herd.kill("Hands")
        for event in goloman.log.wait("link_down", since, peer="Hands", count=2):
            self.assertTrue(event.get("reason"))
        since = goloman.log.size()
        herd.start("Hands")
        goloman.log.wait("link_up", since, peer="Hands", count=2)

    def test_escaping(self):
        server = self.lone()
        connection = self.client(server)
        for text, escaped in ((b"\x00\x01\x1f\x7f", r"\x00\x01\x1f\x7f"), (b'say "hi" \\', r"say \x22hi\x22 \x5c"),
                              ("grüße 漢字".encode(), "grüße 漢字"), (b"\xff\xfe", r"\xff\xfe"), (b"\xc0\xaf", r"\xc0\xaf"),
                              ("\u0085\u009b".encode(), r"\xc2\x85\xc2\x9b"), (b"tab\tcr\r", r"tab\x09cr\x0d"),
                              (b"\x1b]0;title\x07", r"\x1b]0;title\x07"),
                              (b"event=link_up peer=Hands", "event=link_up peer=Hands")):
            with self.subTest(text=text):
                connection.ask(text)
                self.wait_wire(server, "in", escaped)
        self.assertIsNone(re.search(rb"[\x00-\x09\x0b-\x1f\x7f]", server.log.raw()))
        server.log.raw().decode("utf-8")

    def test_long_fields_are_cut(self):
        server = self.lone()
        self.client(server).ask(b"y" * 8192)
        cut = wait_until(lambda: [value for event in server.log.events("in") for value in event.values()
                                  if value.startswith("yyy")], "the line in the log")
        self.assertTrue(cut[0].endswith("...") and len(cut[0]) <= 300, cut[0])

    def test_nobody_forges_an_event(self):
        server = self.lone()
        self.client(server).ask(b'x" event=link_up peer="Hands')
        self.wait_wire(server, "in", r"x\x22 event=link_up peer=\x22Hands")
        self.assertEqual(server.log.events("link_up"), [])

    def test_without_wire_lines(self):
        herd = self.herd(*PAIR, log={"wire": False}).start_linked()
        connection = self.client(herd["Goloman"])
        connection.iamat(b"kiwi", b"+1+1")
        connection.ask(b"junk")
        for server in herd.servers.values():
            server.process.stop()
            self.assertEqual(server.log.events("in") + server.log.events("out"), [])
            self.assertEqual(len(server.log.events("link_up")), 2)

    def test_levels(self):
        """At debug there are steps that nobody wants to read every day."""
        for level in ("info", "debug"):
            with self.subTest(level=level):
                server = self.herd(*PAIR, log={"level": level}).start("Goloman")["Goloman"]
                server.log.wait("link_failed", peer="Hands")
                seen = [bool(server.log.events(event, level="debug")) for event in ("dialling", "redial")]
                self.assertEqual(seen, [level == "debug"] * 2)

    def test_ceiling_of_a_client(self):
        """What is above is counted, at the connection's end to the line; others are logged as ever."""
        server = self.lone(log={"wire_bytes_per_s_max": 4096})
        connection = self.client(server)
        connection.send(b"\n" * 20000)
        connection.half_close()
        self.assertEqual(connection.rest(), b"? \n" * 20000)
        closed = wait_until(lambda: [event for event in server.log.events("close") if "unwritten" in event],
                            "the end of a connection that was too much")[0]
        lines = [event for each in ("in", "out") for event in server.log.events(each, conn=closed["conn"])]
        self.assertEqual(len(lines) + int(closed["unwritten"]), 2 * 20000)
        self.assertLess(len(lines), 20000)
        told = server.log.wait("limit_reached", limit="log.wire_bytes_per_s_max")[0]
        self.assertEqual((told["level"], told["value"]), ("warning", "4096"))
        since = server.log.size()
        server.process.send_signal(signal.SIGUSR1)
        self.assertEqual(server.log.wait("state_limits", since)[0]["wire_bytes_per_s_max"], closed["unwritten"])
        self.client(server).ask(b"another")
        self.wait_wire(server, "in", "another")

    def test_no_ceiling(self):
        server = self.lone(log={"wire_bytes_per_s_max": 0})
        connection = self.client(server)
        connection.send(b"\n" * 20000)
        connection.half_close()
        connection.rest()
        server.log.wait("out", count=20000)

    def test_ceiling_of_strangers(self):
        """They have one together, however many connect; a neighbour's own lines are logged all the same."""
        herd = self.herd(*PAIR)
        server = herd.start("Goloman")["Goloman"]
        began = time.monotonic()
        for _ in range(1000):
            with Client(server.peers) as stranger:
                stranger.send(b"\x01" * 250 + b"\n")
                stranger.rest()
        lines = server.log.events("in") + server.log.events("out")
        seconds = time.monotonic() - began
        written = sum(len(line) for line in server.log.lines() if " stream=in " in line)
        self.assertGreater(len(lines), 0)
        self.assertLess(written, (seconds + 2) * (65536 + 4096))
        server.log.wait("limit_reached", limit="log.wire_bytes_per_s_max")
        herd.start("Hands")
        server.log.wait("link_up", peer="Hands", count=2)
        self.client(herd["Hands"]).iamat(b"kiwi", b"+1+1")
        wait_until(lambda: [event for event in server.log.events("in", peer="Hands") if " kiwi " in event["line"]],
                   "a neighbour's line")

    def test_first_line(self):
        """Whatever comes to pass, the log says of which version and of which configuration."""
        herd = self.herd(("Goloman",), ())
        server = herd.start()["Goloman"]
        listening = server.log.wait("listening")[0]
        first = server.log.events()[0]
        self.assertEqual(first["event"], "starting")
        for event in (first, listening):
            self.assertEqual(event["config"], herd.config_path)
            self.assertRegex(event["version"], r"\A\d+\.\d+\.\d+")

    def test_file_removed(self):
        """A log that is gone, or was moved away by logrotate, is opened anew."""
        herd = self.herd(("Goloman",), ())
        server = herd.start()["Goloman"]
        connection = self.client(server)
        for lose in (os.unlink, lambda path: os.rename(path, path + ".1"), lambda path: remove_in_use(os.path.dirname(path))):
            server.log.wait("in" if lose is not os.unlink else "listening")
            lose(server.log.path)
            server.log.wait("log_reopened")
            connection.ask(b"afterwards")
            self.wait_wire(server, "in", "afterwards")

    def test_directories(self):
        herd = Herd(("Goloman",), ())
        with herd:
            text = herd.config_text().replace(os.path.join(herd.directory, "log"), os.path.join(herd.directory, "deep/er/log"))
            herd.write_file("herd.conf", text)
            herd.start()
            path = os.path.join(herd.directory, "deep/er/log/Goloman.log")
            self.assertTrue(os.path.exists(path))
            self.assertEqual(os.stat(path).st_mode & 0o007, 0)

    @staticmethod
    def undirected(herd):
        """Takes the directories out of its configuration."""
        herd.write_file("herd.conf", re.sub(r"(?m)^(log|journal) = .*\n", "", herd.config_text()))
        return herd

    def test_under_the_journal(self):
        """Where standard error is what JOURNAL_STREAM names (systemd.exec(5)) it is the log."""
        herd = self.undirected(self.herd(("Goloman",), ()))
        script = 'JOURNAL_STREAM=$(stat -L -c %d:%i /dev/stderr) exec "$@"'
        process = herd.start(script=script)["Goloman"].process
        process.stop()
        lines = process.stderr().splitlines()
        for line in lines:
            self.assertRegex(line, r"\A<[3467]>ts=")
            self.assertTrue(LINE.fullmatch(line[3:]), line)
        self.assertIn(" event=listening ", "".join(lines))
        self.assertFalse(os.path.exists(os.path.join(herd.directory, "state/herd/Goloman.log")))

    def test_journal_of_somebody_else(self):
        """JOURNAL_STREAM is inherited from a shell or a tool in the journal, whatever has become of standard error."""
        for value in ("1:2", "", "journal", None):
            with self.subTest(value=value), Herd(("Goloman",), ()) as herd:
                status = os.stat(self.undirected(herd).config_path)
                stream = f"{status.st_dev}:{status.st_ino}" if value is None else value
                process = herd.start(environment={"JOURNAL_STREAM": stream})["Goloman"].process
                process.stop()
                self.assertRegex(process.stderr(), r"(?m)^ts=.* event=listening ")
                self.assertNotRegex(process.stderr(), r"(?m)^<")
                with open(os.path.join(herd.directory, "state/herd/Goloman.log"), encoding="utf-8") as file:
                    self.assertIn(" event=listening ", file.read())

    def test_directory_of_the_environment(self):
        for variable, place in (("XDG_STATE_HOME", "state/herd/Goloman.log"), ("LOGS_DIRECTORY", "logs/Goloman.log")):
            with self.subTest(variable=variable), Herd(("Goloman",), ()) as herd:
                self.undirected(herd)
                value = os.path.join(herd.directory, place.partition("/")[0])
                herd.start(environment={variable: value})
                self.assertTrue(os.path.exists(os.path.join(herd.directory, place)), os.listdir(herd.directory))
