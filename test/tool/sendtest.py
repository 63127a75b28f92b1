# SPDX-License-Identifier: MIT
"""`herd send` with servers of the test's own: sendtest.py HERD"""

import os
import pty
import select
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import unittest
from pathlib import Path

HERD = sys.argv.pop(1) if len(sys.argv) > 1 else "herd"
DEADLINE_S = 60


class Server:
    """Listens on a free port and gives its one connection to `behave`; what that returns is `seen`."""

    def __init__(self, behave, address="127.0.0.1"):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.listener = socket.create_server((address, 0), family=family)
        host = f"[{address}]" if ":" in address else address
        self.address = f"{host}:{self.listener.getsockname()[1]}"
        self.seen = None
        self.thread = threading.Thread(target=self.serve, args=(behave,), daemon=True)
        self.thread.start()

    def serve(self, behave):
        try:
            connection, _ = self.listener.accept()
        except OSError:  # closed: nobody came
            return
        with connection:
            connection.settimeout(DEADLINE_S)
            self.seen = behave(connection)

    def close(self):
        self.listener.close()
        self.thread.join(DEADLINE_S)


def echo(connection):
    """Answers each line with itself as it comes, and closes after the other side did."""
    seen = b""
    while data := connection.recv(65536):
        seen += data
        connection.sendall(data)
    return seen


def answer(reply):
    def behave(connection):
        seen = b""
        while data := connection.recv(65536):
            seen += data
        connection.sendall(reply)
        return seen
    return behave


def reset(connection):
    connection.recv(1)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def close_after_one(connection):
    connection.recv(65536)
    connection.sendall(b"AT one\n")


class SendTest(unittest.TestCase):
    def server(self, behave=echo, address="127.0.0.1"):
        server = Server(behave, address)
        self.addCleanup(server.close)
        return server

    def send(self, *arguments, stdin=b"", **options):
        return subprocess.run([HERD, "send", *arguments], input=stdin, capture_output=True, timeout=DEADLINE_S,
                              check=False, env=self.environment(), **options)

    @staticmethod
    def environment():
        return {name: value for name, value in os.environ.items() if not name.startswith("HERD_")}

    def assert_sent(self, done, output, code=0, errors=b""):
        self.assertEqual((done.stdout, done.stderr, done.returncode), (output, errors, code))

    def refused(self):
        """An address where nobody listens."""
        with socket.create_server(("127.0.0.1", 0)) as listener:
            return f"127.0.0.1:{listener.getsockname()[1]}"

    def config(self, **servers):
        folder = tempfile.TemporaryDirectory(prefix="herd send ")
        self.addCleanup(folder.cleanup)
        path = Path(folder.name) / "herd.conf"
        entries = [f'{{ name = "{name}"; clients = "{address}"; peers = "127.0.0.1:{9000 + index}"; }}'
                   for index, (name, address) in enumerate(servers.items())]
        names = list(servers)
        links = [f'["{a}", "{b}"]' for a, b in zip(names, names[1:])]
        path.write_text(f"servers = ( {', '.join(entries)} );\nlinks = ( {', '.join(links)} );\n")
        return str(path)

    def test_lines_of_the_command_line(self):
        server = self.server()
        self.assert_sent(self.send("--to", server.address, "IAMAT a", "", " two words ", stdin=b"not read"),
                         b"IAMAT a\n\n two words \n")

    def test_standard_input_as_it_is(self):
        for text in (b"one\ntwo\n", b"no end", b"\r\n\x00\xff\x1b[31m\n", b"x" * 3_000_000 + b"\n"):
            with self.subTest(length=len(text)):
                self.assert_sent(self.send("--to", self.server().address, stdin=text), text)

    def test_nothing_to_send(self):
        self.assert_sent(self.send("--to", self.server().address), b"")

    def test_replies_after_half_close(self):
        server = self.server(answer(b'AT x\n{\n   "results" : []\n}\n\n'))
        self.assert_sent(self.send("--to", server.address, "WHATSAT x 10 5"), b'AT x\n{\n   "results" : []\n}\n\n')
        self.assertEqual(server.seen, b"WHATSAT x 10 5\n")

    def test_names_of_a_configuration(self):
        first, second = self.server(answer(b"first\n")), self.server(answer(b"second\n"), "::1")
        path = self.config(First=first.address, Second=second.address)
        self.assert_sent(self.send("--config", path, "x"), b"first\n")
        self.assert_sent(self.send("-c", path, "-t", "Second", "x"), b"second\n")

    def test_several_servers(self):
        servers = [self.server(answer(b"AT a\n{}\n\n")), self.server(answer(b"AT b"))]
        path = self.config(A=servers[0].address, Long=servers[1].address)
        done = self.send("--config", path, "--to", "A", "--to", "Long", "--", "-x", "y")
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        self.assertEqual(sorted(done.stdout.splitlines()), [b"A    | ", b"A    | AT a", b"A    | {}", b"Long | AT b"])
        self.assertEqual([server.seen for server in servers], [b"-x\ny\n"] * 2)

    def test_one_of_several_cannot_be_reached(self):
        server, dead = self.server(), self.refused()
        done = self.send("--to", server.address, "--to", dead, "hello")
        self.assert_sent(done, f"{server.address} | hello\n".encode(), 69,
                         f"herd: cannot reach {dead}: connection refused\n".encode())

    def test_unreachable_by_name(self):
        dead = self.refused()
        self.assert_sent(self.send("--config", self.config(Welsh=dead), "x"), b"", 69,
                         f"herd: cannot reach Welsh at {dead}: connection refused\n".encode())

    def test_failures(self):
        for behave, said in ((reset, "lost the connection to {}: connection reset by peer"),
                             (answer(b""), "{} closed the connection without a reply")):
            with self.subTest(said=said):
                server = self.server(behave)
                done = self.send("--to", server.address, "x")
                self.assert_sent(done, b"", 69, f"herd: {said.format(server.address)}\n".encode())

    def test_closed_before_the_end_of_input(self):
        server = self.server(close_after_one)
        with subprocess.Popen([HERD, "send", "--to", server.address], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, env=self.environment()) as process:
            process.stdin.write(b"one\n")
            process.stdin.flush()
            self.assertEqual(process.wait(DEADLINE_S), 69)
            self.assertEqual(process.stdout.read(), b"AT one\n")
            self.assertIn(b"closed the connection before it had everything", process.stderr.read())

    def test_silent_server(self):
        silent = threading.Event()
        server = self.server(lambda connection: silent.wait(DEADLINE_S))
        self.addCleanup(silent.set)
        self.assert_sent(self.send("--to", server.address, "--timeout", "1", "x"), b"", 69,
                         f"herd: {server.address} was silent for 1 s\n".encode())

    def assert_answers_at_once(self, ours, theirs, end):
        """Each line is answered while input stays open; `end` ends it."""
        server = self.server()
        with subprocess.Popen([HERD, "send", "--to", server.address, "--timeout", "1"], stdin=theirs,
                              stdout=subprocess.PIPE, env=self.environment()) as process:
            os.close(theirs)
            for line in (b"first\n", b"second\n"):
                os.write(ours, line)
                self.assertTrue(select.select([process.stdout], [], [], DEADLINE_S)[0])
                self.assertEqual(os.read(process.stdout.fileno(), 100), line)
            end(ours)
            self.assertEqual(process.wait(DEADLINE_S), 0)

    def test_pipe_sees_replies_at_once(self):
        theirs, ours = os.pipe()
        self.assert_answers_at_once(ours, theirs, os.close)

    def test_terminal_sees_replies_at_once(self):
        try:
            ours, theirs = pty.openpty()
        except OSError as error:
            self.skipTest(f"there are no terminals here: {error}")
        self.addCleanup(os.close, ours)
        self.assert_answers_at_once(ours, theirs, lambda terminal: os.write(terminal, b"\x04"))  # Ctrl-D

    def test_output_that_cannot_be_written(self):
        with open("/dev/full", "wb") as full:
            done = subprocess.run([HERD, "send", "--to", self.server().address, "x"], stdout=full, check=False,
                                  stderr=subprocess.PIPE, timeout=DEADLINE_S, env=self.environment())
        self.assertEqual(done.returncode, 74)
        self.assertIn(b"herd: cannot write replies: no space left on device\n", done.stderr)

    def test_closed_descriptors(self):
        server = self.server()
        done = subprocess.run(["/bin/sh", "-c", f"'{HERD}' send --to {server.address} <&-"], capture_output=True,
                              timeout=DEADLINE_S, check=False, env=self.environment())
        self.assert_sent(done, b"")

    def test_usage(self):
        for arguments, code, said in (
                (["--to", "Welsch", "x"], 64, "no server Welsch in the built-in herd (did you mean Welsh?)"),
                (["--to", "127.0.0.1:0", "x"], 64, "127.0.0.1:0"), (["--to"], 64, "needs a value"),
                (["--timeout", "0", "x"], 64, "1 to 86400"), (["--timeout", "1x", "x"], 64, "1 to 86400"),
                (["--timeout", "86401", "x"], 64, "1 to 86400"), (["--nope"], 64, "unknown option --nope"),
                (["-z"], 64, "unknown option -z"), (["--help=x"], 64, "takes no value"),
                (["--config", "/no/such.conf", "x"], 66, "/no/such.conf")):
            with self.subTest(arguments=arguments):
                done = self.send(*arguments)
                self.assertEqual((done.returncode, done.stdout), (code, b""), done.stderr)
                self.assertIn(said, done.stderr.decode())
        self.assertIn(b"Usage: herd send", self.send("--help").stdout)


if __name__ == "__main__":
    unittest.main()
