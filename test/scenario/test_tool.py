# SPDX-License-Identifier: MIT
"""The tool `herd`: up and send."""

import json
import os
import signal
import socket

from client import now_text
from harness import listening, server_program, tool_program, wait_until
from herd import NAMES, Herd
from process import Process, by_shell
from scenario import Scenario

USAGE, UNAVAILABLE, IO, CONFIG = 64, 69, 74, 78


class Tool(Scenario):
    count = 0

    def start_tool(self, herd, *arguments, text_input=None, environment=None):
        return self.keep(herd, [tool_program(), *arguments], environment, text_input)

    def keep(self, herd, argv, environment=None, text_input=None):
        """A process that ends with the herd."""
        Tool.count += 1
        process = Process(f"tool{Tool.count}", argv, herd.directory, environment, None, text_input)
        herd.others.append(process)
        return process

    def run_tool(self, herd, *arguments, **options):
        """Runs it to its end: (status, stdout, stderr)."""
        process = self.start_tool(herd, *arguments, **options)
        status = process.wait()
        process.check_clean()
        return status, process.stdout(), process.stderr()


class Send(Tool):
    @classmethod
    def setUpClass(cls):
        cls.five = cls.enterClassContext(Herd()).start_linked()

    def send(self, *arguments, **options):
        return self.run_tool(self.five, "send", "--config", self.five.config_path, *arguments, **options)

    def test_one_line(self):
        stamp = now_text()
        line = b"IAMAT tool.one +34.068930-118.445127 " + stamp
        status, out, err = self.send("--to", "Goloman", line.decode())
        self.assertEqual((status, err), (0, ""))
        self.assertTrue(out.endswith(b"\n"))
        self.assert_at(out[:-1], "Goloman", b"tool.one", b"+34.068930-118.445127", stamp)
        welsh = self.client(self.five["Welsh"])
        wait_until(lambda: welsh.whatsat(b"tool.one")[0] == out[:-1], "the report at Welsh")
        status, answer, _ = self.send("--to", "Welsh", "WHATSAT tool.one 10 5")
        self.assertEqual(status, 0)
        at, _, body = answer.partition(b"\n")
        self.assertEqual(at, out[:-1])
        self.assertTrue(body.endswith(b"}\n\n"))
        self.assertEqual(len(json.loads(body)["results"]), 5)

    def test_several_lines_in_order(self):
        status, out, _ = self.send("--to", "Hands", "one", "IAMAT tool.two +1+1 1", "two", "WHATSAT tool.two 1 0", "three")
        self.assertEqual(status, 0)
        lines = out.split(b"\n")
        self.assertEqual((lines[0], lines[2]), (b"? one", b"? two"))
        self.assertEqual(lines[3], lines[1])
        self.assertTrue(out.endswith(b"}\n\n? three\n"))

    def test_standard_input(self):
        status, out, _ = self.send("--to", "Hands", text_input=b"one\n\x00two\xff\r\nthree")
        self.assertEqual((status, out), (0, b"? one\n? \x00two\xff\r\n? three\n"))
        lines = b"".join(b"line %d\n" % number for number in range(20000))
        status, out, _ = self.send("--to", "Hands", text_input=lines)
        self.assertEqual(status, 0)
        self.assertTrue(out == b"".join(b"? line %d\n" % number for number in range(20000)))

    def test_closed_standard_descriptors(self):
        """Replies that go nowhere are no success; without input there is just nothing to send."""
        for lines, script, status in ((("hello",), '"$@" >&-', IO), (("hello",), '"$@" <&- >&- 2>&-', IO),
                                      (("hello",), '"$@" <&- 2>&-', 0), ((), '"$@" <&-', 0)):
            with self.subTest(script=script):
                argv = [tool_program(), "send", "--config", self.five.config_path, "--to", "Hands", *lines]
                process = self.keep(self.five, by_shell("exec " + script, argv))
                self.assertEqual(process.wait(), status, process.stderr())
                process.check_clean()
                self.assertEqual(process.stdout(), b"? hello\n" if lines and status == 0 else b"")

    def test_several_servers(self):
        status, out, _ = self.send("--to", "Hands", "--to", "Welsh", "hello")
        self.assertEqual(status, 0)
        lines = sorted(out.decode().splitlines())
        self.assertEqual(len(lines), 2)
        for line, name in zip(lines, ("Hands", "Welsh")):
            self.assertTrue(line.startswith(name) and line.endswith("? hello"), line)

    def test_server_that_cannot_be_reached(self):
        with Herd(("Up", "Down"), (("Up", "Down"),)) as herd:
            herd.start("Up")
            send = ("send", "--config", herd.config_path)
            status, out, err = self.run_tool(herd, *send, "--to", "Down", "hello")
            self.assertEqual((status, out), (UNAVAILABLE, b""))
            self.assertIn("Down", err)
            status, out, _ = self.run_tool(herd, *send, "--to", "Down", "--to", "Up", "hello")
            self.assertEqual(status, UNAVAILABLE)
            self.assertIn(b"? hello\n", out)

    def test_usage(self):
        for arguments in (("send", "--nonsense"), ("nonsense",), (),
                          ("send", "--config", self.five.config_path, "--to", "Nobody", "x")):
            status, out, err = self.run_tool(self.five, *arguments)
            self.assertEqual((status, out), (USAGE, b""), arguments)
            self.assertNotEqual(err, "")

    def test_help_and_version(self):
        for arguments, word in ((("--help",), b"send"), (("-V",), b"herd "), (("send", "--help"), b"--to"),
                                (("up", "-h"), b"--config")):
            status, out, _ = self.run_tool(self.five, *arguments)
            self.assertEqual(status, 0)
            self.assertIn(word, out)


    def test_output_that_takes_nothing(self):
        """What was written and is nowhere is no success."""
        bench = ("bench", "--config", self.five.config_path, "--to", "Goloman", "--seconds", "1", "--connections", "1")
        helps = tuple((tool_program(), command, "--help") for command in ("up", "send", "bench", "places", "journal"))
        for argv in ((tool_program(), "--version"), (tool_program(), "--help"), *helps, (tool_program(), *bench),
                     (server_program(), "--help"), (server_program(), "--config", self.five.config_path, "--dump-config")):
            with self.subTest(argv=argv):
                process = self.keep(self.five, by_shell('exec "$@" >/dev/full', argv))
                self.assertEqual(process.wait(), IO, process.stderr())
                self.assertIn("standard output did not take all of it", process.stderr())


class Up(Tool):
    def wait_up(self, herd, process):
        def answers():
            self.assertIsNone(process.status, process.stderr())
            return all(listening(server.clients) for server in herd.servers.values())

        wait_until(answers, lambda: process.stdout().decode() + process.stderr())

    def test_up_serves_and_drains(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(signal=number), Herd() as herd:
                herd.let_go_ports()
                process = self.start_tool(herd, "up", "--config", herd.config_path)
                self.wait_up(herd, process)
                with herd.client("Goloman") as client:
                    line = client.iamat(b"kiwi", b"+1+1")
                with herd.client("Welsh") as client:
                    wait_until(lambda: client.whatsat(b"kiwi")[0] == line, "the report at Welsh")
                process.send_signal(number)
                process.ended_well()
                self.assertFalse(any(listening(server.clients) for server in herd.servers.values()))
                lines = process.stdout().decode().splitlines()
                for name in NAMES:
                    self.assertTrue(any(line.startswith(name) for line in lines), lines)
                    self.assertTrue(os.path.exists(herd[name].log.path))
                for line in lines:
                    self.assertTrue(line.startswith(NAMES + ("herd:",)), line)

    def test_port_in_use(self):
        with Herd() as herd:
            herd.let_go_ports()
            taken = herd["Holiday"].clients
            with socket.create_server(taken):
                status, out, err = self.run_tool(herd, "up", "--config", herd.config_path)
            self.assertEqual(status, UNAVAILABLE)
            self.assertIn(f"{taken[0]}:{taken[1]}", out.decode() + err)
            self.assertFalse(any(listening(server.clients) for server in herd.servers.values()))

    def test_bad_config(self):
        with Herd() as herd:
            path = herd.write_file("bad.conf", herd.config_text() + "nonsense = 1;\n")
            status, out, err = self.run_tool(herd, "up", "--config", path)
            self.assertEqual((status, out), (CONFIG, b""))
            self.assertRegex(err, r"bad\.conf:\d+: .*nonsense")
