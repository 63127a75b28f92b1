# SPDX-License-Identifier: MIT
"""`herd journal` with files of the test's own: journaltest.py HERD"""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

HERD = sys.argv.pop(1) if len(sys.argv) > 1 else "herd"
DEADLINE_S = 60
POLYNOMIAL = 0x82F63B78


def crc32c(data):
    value = 0xFFFFFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (POLYNOMIAL if value & 1 else 0)
    return value ^ 0xFFFFFFFF


def line(text):
    data = text if isinstance(text, bytes) else text.encode()
    return b"%08x %s\n" % (crc32c(data), data)


HEADER = line("HERD-JOURNAL 1 herd Goloman")
RECORD = "AT Goloman +0.263873386 kiwi.cs.ucla.edu +34.068930-118.445127 1520023934.918963997"


def herd(*arguments):
    done = subprocess.run([HERD, "journal", *map(str, arguments)], capture_output=True, timeout=DEADLINE_S, check=False)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


class Journal(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="herd-test-journal.")
        self.addCleanup(self.folder.cleanup)
        self.root = Path(self.folder.name)
        self.path = self.root / "0000000001.journal"

    def test_intact(self):
        self.path.write_bytes(HEADER + line(RECORD) + bytes(4096))
        self.assertEqual(herd("verify", self.path), (0, f"{self.path}: 1 records, 0 damaged, 0 torn\n", ""))
        self.assertEqual(herd("inspect", self.path), (
            0,
            f"{self.path}: byte 0: server Goloman of herd herd\n"
            f"{len(HEADER):10}  {RECORD}\n"
            f"{self.path}: 1 records, 0 damaged, 0 torn\n", ""))

    def test_damaged_and_torn(self):
        damaged = line(RECORD).replace(b"kiwi", b"kiwj")
        self.path.write_bytes(HEADER + damaged + line(RECORD) + line(RECORD)[:20])
        said = [
            f'{self.path}: byte {len(HEADER)}: damaged line of {len(damaged)} bytes: '
            f'"{damaged.decode()[:80]}..."',
            f'{self.path}: byte {len(HEADER) + 2 * len(damaged)}: torn line of 20 bytes: '
            f'"{line(RECORD).decode()[:20]}"',
            f"{self.path}: 1 records, 1 damaged, 1 torn"]
        self.assertEqual(herd("verify", self.path), (65, "\n".join(said) + "\n", ""))
        code, out, _ = herd("inspect", self.path)
        self.assertEqual(code, 65)
        self.assertEqual([part for part in out.splitlines() if part in said], said)

    def test_foreign_bytes_are_escaped(self):
        self.path.write_bytes(HEADER + line(RECORD.replace("kiwi", "\x1b[2J\x01")) + b"\x1b]0;x\x07\n")
        code, out, _ = herd("inspect", self.path)
        self.assertEqual(code, 65)
        self.assertFalse([char for char in out if char < " " and char != "\n"])
        self.assertIn("\\x1b[2J\\x01.cs.ucla.edu", out)

    def test_newer_format(self):
        self.path.write_bytes(line("HERD-JOURNAL 2 herd Goloman blue"))
        self.assertEqual(herd("verify", self.path), (
            65, f"{self.path}: byte 0: format 2, this version reads format 1\n"
                f"{self.path}: 0 records, 0 damaged, 0 torn\n", ""))

    def test_directory(self):
        for number in (10, 9):
            (self.root / f"{number:010}.journal").write_bytes(HEADER + line(RECORD) * number)
        (self.root / "lock").write_bytes(b"1\n")
        self.assertEqual(herd("verify", self.root), (
            0, f"{self.root}/0000000009.journal: 9 records, 0 damaged, 0 torn\n"
               f"{self.root}/0000000010.journal: 10 records, 0 damaged, 0 torn\n", ""))

    def test_one_bad_file_of_many(self):
        self.path.write_bytes(HEADER + b"x\n")
        other = self.root / "other"
        other.write_bytes(HEADER)
        self.assertEqual(herd("verify", self.path, other)[0], 65)
        self.assertEqual(herd("verify", other, self.path)[0], 65)

    def test_cannot_be_read(self):
        missing = self.root / "missing"
        self.assertEqual(herd("verify", missing), (66, "", f"herd: journal: {missing}: no such file or directory\n"))
        self.assertEqual(herd("inspect", self.root), (
            66, "", f"herd: journal: {self.root}: no file of a journal is in it\n"))

    def test_usage(self):
        for arguments in ((), ("verify",), ("repair", self.path), ("--blue",), ("verify", "--blue", self.path)):
            code, out, error = herd(*arguments)
            self.assertEqual((code, out), (64, ""), arguments)
            self.assertIn("see `herd help journal`", error)
        code, out, _ = herd("--help")
        self.assertEqual(code, 0)
        self.assertIn("herd journal verify FILE...", out)

    def test_output_that_cannot_be_written(self):
        self.path.write_bytes(HEADER + line(RECORD) * 5000)
        with open("/dev/full", "wb") as full:
            done = subprocess.run([HERD, "journal", "inspect", self.path], stdout=full, timeout=DEADLINE_S, check=False)
        self.assertEqual(done.returncode, 74)


if __name__ == "__main__":
    unittest.main()
