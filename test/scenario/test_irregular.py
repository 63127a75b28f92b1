# SPDX-License-Identifier: MIT
"""A pipe, a device or a directory where a file should be: refused by name, never waited for."""

import os

from harness import server_program, tool_program
from process import Process
from scenario import Scenario

NO_INPUT, SYSTEM, CONFIG = 66, 71, 78
KINDS = {"pipe": os.mkfifo, "device": lambda path: os.symlink("/dev/zero", path), "directory": os.mkdir}
PLACES = {"providers": ["google_legacy", "local"], "local": {"indexes": ["places"]},
          "google_legacy": {"url": "http://127.0.0.1:9/", "key_file": "key"}}


class Irregular(Scenario):
    def run_to_end(self, herd, *argv):
        process = Process(f"run{len(herd.others)}", argv, herd.directory)
        herd.others.append(process)
        status = process.wait()
        process.check_clean()
        return status, process.stderr()

    def refused(self, path, code, sections, kinds=KINDS, text=""):
        for kind in kinds:
            with self.subTest(path=path, kind=kind):
                herd = self.herd(("Goloman",), (), **sections)
                herd.write_file("herd.conf", herd.config_text() + text)
                full = os.path.join(herd.directory, path)
                os.makedirs(os.path.dirname(full), exist_ok=True)
                for name in ("secret", "key"):
                    herd.write_file(name, "0123456789abcdef0123456789abcdef\n")
                if os.path.exists(full):
                    os.unlink(full)
                KINDS[kind](full)
                herd.let_go_ports()
                status, err = self.run_to_end(herd, server_program(), "--name", "Goloman", "--config", herd.config_path)
                self.assertEqual(status, code, err)
                self.assertIn(os.path.basename(path), err)
                self.assertRegex(err, "[Ii]s a directory" if kind == "directory" else "nobody reads|Not a regular file")

    def test_configuration(self):
        self.refused("herd.conf", NO_INPUT, {})

    def test_included(self):
        self.refused("more.conf", CONFIG, {}, text='@include "more.conf"\n')

    def test_secret(self):
        self.refused("secret", NO_INPUT, {"secret_file": "secret"})

    def test_key(self):
        self.refused("key", NO_INPUT, {"places": PLACES})

    def test_index(self):
        self.refused("places", NO_INPUT, {"places": PLACES})

    def test_segment(self):
        self.refused("journal/Goloman/0000000001.journal", SYSTEM, {})

    def test_lock(self):
        self.refused("journal/Goloman/lock", SYSTEM, {})

    def test_log(self):
        """It may be a device, and a pipe that somebody reads."""
        self.refused("log/Goloman.log", SYSTEM, {}, kinds=("pipe", "directory"))

    def test_what_the_tool_reads(self):
        herd = self.herd(("Goloman",), ())
        for kind, make in KINDS.items():
            path = os.path.join(herd.directory, f"{kind}.journal")
            make(path)
            status, err = self.run_to_end(herd, tool_program(), "journal", "inspect", path)
            self.assertEqual(status, NO_INPUT, err)
            self.assertIn(kind, err)
