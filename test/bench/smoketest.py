# SPDX-License-Identifier: MIT
"""`herd bench` with a real server, with the ceiling, and with servers that answer wrongly: HERD HERD-SERVER CEILING"""

import socket
import subprocess
import sys
import threading
import unittest

import rig

CEILING, SERVER, HERD = (sys.argv.pop() for _ in range(3)) if len(sys.argv) > 3 else ("ceiling", "herd-server", "herd")


def bench(address, *options):
    command = [HERD, "bench", "--to", address, "--connections", "1", "--count", "1", *options]
    return subprocess.run(command, capture_output=True, timeout=120, text=True)


class Answer:
    """Answers the first line of its one connection with what `make` makes of it."""

    def __init__(self, make):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self.listener.getsockname()[1]}"
        self.thread = threading.Thread(target=self.serve, args=(make,), daemon=True)
        self.thread.start()

    def serve(self, make):
        connection, _ = self.listener.accept()
        with connection:
            connection.settimeout(60)
            connection.sendall(make(connection.recv(65536)))
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(65536):
                pass

    def close(self):
        self.thread.join(60)
        self.listener.close()


class BenchTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.herd = rig.Herd(HERD, SERVER)
        cls.addClassCleanup(cls.herd.close)

    def load(self, target, *options):
        return rig.load(HERD, target, *options)

    def answered(self, make, *options):
        server = Answer(make)
        self.addCleanup(server.close)
        return bench(server.address, *options)

    def test_every_reply_of_reports(self):
        result = self.load(self.herd, "--connections", "7", "--depth", "5", "--clients", "100", "--count", "2001")
        self.assertEqual(result["replies"], 2001)
        self.assertLessEqual(result["p50_us"], result["max_us"])
        self.assertTrue(result["checked"])

    def test_questions_and_zipf(self):
        result = self.load(self.herd, "--depth", "4", "--clients", "50", "--count", "500", "--whatsat", "50", "--zipf")
        self.assertEqual(result["replies"], 500)

    def test_questions_with_every_bound(self):
        for bound in ("1", "20"):
            result = self.load(self.herd, "--clients", "50", "--count", "100", "--whatsat", "100", "--bound", bound)
            self.assertEqual(result["replies"], 100)

    def test_rate(self):
        result = self.load(self.herd, "--rate", "5000", "--count", "1000")
        self.assertEqual(result["replies"], 1000)
        self.assertGreater(result["seconds"], 0.199)

    def test_seconds(self):
        self.assertGreater(self.load(self.herd, "--seconds", "1")["replies"], 0)

    def test_text(self):
        told = bench(self.herd.address, "--pid", str(self.herd.process.pid))
        self.assertEqual(told.returncode, 0, told.stderr)
        self.assertIn("1 replies, all right", told.stdout)
        self.assertEqual(told.stderr, "")

    def test_ceiling(self):
        ceiling = rig.Ceiling(CEILING)
        self.addCleanup(ceiling.close)
        result = self.load(ceiling, "--connections", "3", "--depth", "2000", "--count", "20001")
        self.assertEqual(result["replies"], 20001)
        told = bench(ceiling.address)
        self.assertEqual(told.returncode, 76, "the ceiling's constant reply is a wrong one")

    def test_right_answer(self):
        told = self.answered(lambda line: b"AT Any -0.000000001 " + line[6:])
        self.assertEqual(told.returncode, 0, told.stderr)

    def test_wrong_answers(self):
        answers = {
            "invalid": lambda line: b"? " + line,
            "other client": lambda line: b"AT Any +0.000000001 c" + line[7:],
            "other time": lambda line: b"AT Any +0.000000001 " + line[6:-2] + b"x\n",
            "another field": lambda line: b"AT Any +0.000000001 " + line[6:-1] + b" 1\n",
            "difference": lambda line: b"AT Any 0.000000001 " + line[6:],
            "two": lambda line: (b"AT Any +0.000000001 " + line[6:]) * 2,
        }
        for name, make in answers.items():
            with self.subTest(name):
                told = self.answered(make)
                self.assertEqual(told.returncode, 76, told.stderr)
                self.assertEqual(told.stdout, "")

    def test_no_answer(self):
        self.assertEqual(self.answered(lambda line: b"").returncode, 69)
        self.assertEqual(self.answered(lambda line: b"AT Any").returncode, 69)

    def test_nobody_there(self):
        self.assertEqual(bench(f"127.0.0.1:{rig.free_ports(1)[0]}").returncode, 69)

    def test_usage(self):
        for options in (["--depth", "0"], ["--whatsat", "101"], ["word"], ["--no-check", "--whatsat", "1"], ["--rate"]):
            with self.subTest(options):
                self.assertEqual(bench(self.herd.address, *options).returncode, 64)


if __name__ == "__main__":
    unittest.main()
