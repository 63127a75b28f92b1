# SPDX-License-Identifier: MIT
"""herd-sim as a program: what it prints, what it returns, and that its replaying line replays."""

import re
import shlex
import subprocess
import sys
import unittest

PROGRAM = sys.argv.pop(1)


def run(*arguments):
    done = subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout.splitlines()


class Program(unittest.TestCase):
    def test_last_line(self):
        code, lines = run("--seed", "7", "--schedules", "20", "--steps", "50")
        self.assertEqual(code, 0)
        self.assertRegex(lines[-1], r"^20 schedules, 0 divergences, \d+ schedules/s$")

    def test_servers(self):
        for servers in ("2", "7", "3..4"):
            self.assertEqual(run("--seed", "1", "--schedules", "20", "--servers", servers)[0], 0)

    def test_failure_replays(self):
        code, lines = run("--seed", "1", "--schedules", "1000", "--servers", "2..6", "--mutant", "no-rescan")
        self.assertEqual(code, 1)
        verdict, command, last = lines
        self.assertRegex(verdict, "^divergence: ")
        self.assertRegex(last, r"^\d+ schedules, 1 divergences, ")
        self.assertRegex(command, r"--seed \d+ --schedules 1 --steps 400 --servers 2\.\.6 --mutant no-rescan$")
        done = subprocess.run(shlex.split(command), capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stdout.splitlines()[:2], [verdict, command])

    def test_mutants_are_listed(self):
        code, lines = run("--list-mutants")
        self.assertEqual(code, 0)
        self.assertGreaterEqual(len(lines), 9)
        for line in lines:
            self.assertTrue(re.match(r"[a-z-]+ +\S", line), line)

    def test_usage(self):
        for arguments in (["--seed"], ["--seed", "x"], ["--seed", "-1"], ["--schedules", "0"], ["--servers", "1"],
                          ["--servers", "8"], ["--servers", "5..3"], ["--servers", "2.."], ["--mutant", "none"],
                          ["--frob", "1"], ["seed"]):
            self.assertEqual(run(*arguments)[0], 64, arguments)


if __name__ == "__main__":
    unittest.main()
