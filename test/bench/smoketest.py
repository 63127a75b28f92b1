# SPDX-License-Identifier: MIT
"""`herd bench` with a real server, with the ceiling, and with servers that answer wrongly; the tables: BUILD"""

import re
import socket
import subprocess
import sys
import threading
import unittest

import bench
import rig
import tables
from harness import Ports

RIG = rig.Rig(sys.argv.pop(), 1, smoke=True)


def run_bench(address, *options):
    command = [RIG.tool, "bench", "--to", address, "--connections", "1", "--count", "1", *options]
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
        cls.herd = cls.enterClassContext(rig.Herd(durability="none")).start().target()

    def load(self, target, *options):
        return RIG.load(target, *options)

    def answered(self, make, *options):
        server = Answer(make)
        self.addCleanup(server.close)
        return run_bench(server.address, *options)

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
        told = run_bench(self.herd.address, "--pid", str(self.herd.pid))
        self.assertEqual(told.returncode, 0, told.stderr)
        self.assertIn("1 replies, all right", told.stdout)
        self.assertEqual(told.stderr, "")

    def test_ceiling(self):
        ceiling = self.enterContext(rig.Ceiling(RIG))
        result = self.load(ceiling, "--connections", "3", "--depth", "2000", "--count", "20001")
        self.assertEqual(result["replies"], 20001)
        told = run_bench(ceiling.address)
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
        ports = Ports()
        port = ports.take()
        ports.let_go()
        self.assertEqual(run_bench(f"{ports.address}:{port}").returncode, 69)

    def test_usage(self):
        for options in (["--depth", "0"], ["--whatsat", "101"], ["word"], ["--no-check", "--whatsat", "1"], ["--rate"]):
            with self.subTest(options):
                self.assertEqual(run_bench(self.herd.address, *options).returncode, 64)

    def test_asyncio_herd(self):
        """The prototype answers as a herd does."""
        prototype = self.enterContext(rig.AsyncioHerd())
        result = self.load(prototype, "--connections", "3", "--depth", "4", "--count", "200", "--whatsat", "20")
        self.assertEqual(result["replies"], 200)


class TablesTest(unittest.TestCase):
    def test_bars(self):
        self.assertTrue(tables.at_least("a", 0.9, 0.9).met)
        self.assertFalse(tables.at_least("a", 0.9, 0.89).met)
        self.assertTrue(tables.at_most("a", 20, 20, form="{:d}").met)
        self.assertFalse(tables.at_most("a", 20, 21, form="{:d}").met)
        self.assertIsNone(tables.told("a", "1").met)

    def test_ratios_are_within_rounds(self):
        fast = [{"n": 10}, {"n": 100}, {"n": 9}]
        slow = [{"n": 10}, {"n": 50}, {"n": 3}]
        self.assertEqual(tables.ratio(fast, slow, "n"), 2)
        cost = [{"server_cpu_ns_per_reply": value} for value in (1, 2)]
        more = [{"server_cpu_ns_per_reply": value} for value in (4, 4)]
        self.assertEqual(tables.cpu_ratio(cost, more), 3)

    def test_replace(self):
        page = "x\n<!-- bench: a -->\nold\n<!-- end -->\n<!-- bench: b -->\nkept\n<!-- end -->\n"
        new = tables.replace(page, "a", tables.markdown([tables.at_least("w", 1, 2)]))
        self.assertEqual(new, "x\n<!-- bench: a -->\n| work | bar | measured | |\n|---|---|---|---|\n"
                              "| w | >= 1.00 | 2.00 | met |\n<!-- end -->\n"
                              "<!-- bench: b -->\nkept\n<!-- end -->\n")
        with self.assertRaises(ValueError):
            tables.replace(page, "c", "")

    def test_every_subject_is_told_and_tested(self):
        page = (rig.BENCH.parent.parent / "docs" / "performance.md").read_text(encoding="utf-8")
        listed = re.search(r"foreach\(subject ([a-z ]+)\)", (rig.BENCH / "CMakeLists.txt").read_text(encoding="utf-8"))
        self.assertEqual(listed[1].split(), list(bench.SUBJECTS))
        for name in bench.SUBJECTS:
            self.assertNotEqual(tables.replace(page, name, "a table of this test"), page)


if __name__ == "__main__":
    unittest.main()
