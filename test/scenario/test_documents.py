# SPDX-License-Identifier: MIT
"""Every command that README.md and docs/ show does what they say (documents.py says how blocks are marked)."""

import os
import re
import shutil
import subprocess
import tempfile
import unittest

import documents
import namespaces
from client import Client
from harness import listening, tool_program, wait_until
from process import Process

CLIENTS, PEERS, SERVERS = 12001, 12101, 5
PATH = os.pathsep.join([os.path.dirname(tool_program()), os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])


def loopback_up():
    ip = shutil.which("ip", path=PATH)
    if not ip:
        raise unittest.SkipTest("no network of our own: there is no ip (package iproute2)")
    subprocess.run([ip, "link", "set", "lo", "up"], check=True)


def usable(program):
    """Whether a program that a block needs is there, and allowed to do here what it is for."""
    path = shutil.which(program, path=PATH)
    if program == "nft" and path:
        return subprocess.run([path, "list", "ruleset"], capture_output=True, check=False).returncode == 0
    return path is not None


class Page:
    """A folder in which the blocks of one page are run in their order; a context that ends what is left."""

    def __init__(self, blocks):
        self._blocks = blocks
        self._herd = None
        self._count = 0
        self.skipped = []

    def __enter__(self):
        self._temporary = tempfile.TemporaryDirectory(prefix="herd-documents-")
        self._home = os.path.realpath(self._temporary.name)
        return self

    def __exit__(self, *ignored):
        try:
            self.end_herd()
        finally:
            self._temporary.cleanup()

    def end_herd(self):
        herd, self._herd = self._herd, None
        if herd is not None:
            herd.stop()

    def begin(self, script):
        self._count += 1
        return Process(f".run{self._count}", ["/bin/sh", "-euc", script], self._home, {
            "PATH": PATH, "HOME": self._home, "XDG_STATE_HOME": ""})

    def begin_herd(self, block):
        self.end_herd()
        # exec: the signal that ends it goes to the herd, not to the shell.
        self._herd = self.begin("exec " + block.text.strip())
        ports = [first + number for first in (CLIENTS, PEERS) for number in range(SERVERS)]
        wait_until(lambda: all(listening(("127.0.0.1", port)) for port in ports),
                   lambda: f"{block}: the herd listens\n{self._herd.stderr()}")

        wait_until(self.floods, f"{block}: what Goloman is told is known to Welsh, so that no block need wait for it")

    @staticmethod
    def floods():
        with Client(("127.0.0.1", CLIENTS)) as goloman, Client(("127.0.0.1", CLIENTS + SERVERS - 2)) as welsh:
            line = goloman.iamat(b"ready", b"+0+0")
            return line == welsh.whatsat(b"ready")[0]

    def output(self, block, script):
        process = self.begin(script)
        status = process.wait()
        assert status == 0, f"{block}: ended with {status}\n{script}\n{process.stdout().decode()}\n{process.stderr()}"
        process.check_clean()
        return process.stderr() + process.stdout().decode()

    def write(self, block):
        with open(os.path.join(self._home, block.words[1]), "w", encoding="utf-8") as file:
            file.write(block.text)

    def talk(self, block):
        for command, shown in documents.dialogue(block):
            printed = self.output(block, command)
            assert documents.fits(documents.shape(shown), documents.shape(printed)), \
                f"{block}: {command}\nshown:\n{shown}\nprinted:\n{printed}"

    def run(self):
        for block in self._blocks:
            missing = [program for program in block.needs if not usable(program)]
            if missing:
                self.skipped.append(f"{block}: no {' '.join(missing)} that could be used")
            elif block.kind == "file":
                self.write(block)
            elif block.kind == "up":
                self.begin_herd(block)
            elif block.kind == "run":
                if block.words[1:] == ["stopped"]:
                    self.end_herd()
                if block.language == "console":
                    self.talk(block)
                else:
                    self.output(block, block.text)


class Documents(unittest.TestCase):
    def test_every_command_is_marked(self):
        for page in documents.pages():
            blocks, stray = documents.read(page)
            with self.subTest(page.name):
                self.assertEqual(stray, [], "lines with commands in no block that says whether they are run")
                for block in blocks:
                    self.assertIn(block.kind, ("", "run", "up", "file", "not-run:"), str(block))
                    self.assertTrue(block.kind != "not-run:" or block.words[1:], f"{block}: the reason is missing")

    def test_links_lead_somewhere(self):
        for page in documents.pages():
            for target in re.findall(r"\]\((?!https?:)([^)]+)\)", page.read_text(encoding="utf-8")):
                name, _, anchor = target.partition("#")
                path = page.parent / name if name else page
                with self.subTest(f"{page.name}: {target}"):
                    self.assertTrue(path.exists())
                    self.assertTrue(not anchor or anchor in documents.anchors(path))

    def test_shapes(self):
        fits = lambda shown, printed: documents.fits(documents.shape(shown), documents.shape(printed))
        self.assertTrue(fits("AT Goloman +0.263 x\n", "AT Goloman -17.1 x\n"))
        self.assertTrue(fits("{\n...\n}\n", "{\n1\n2\n}\n"))
        self.assertFalse(fits("AT Goloman +0.263 x\n", "AT Hands +0.263 x\n"))
        self.assertFalse(fits("{\n...\n}\n", "{\n1\n"))
        self.assertFalse(fits("a\n", "a\nb\n"))


    def test_exit_codes(self):
        """Each code of sysexits.h that the programs use has its row in docs/configuration.md."""
        table = (documents.ROOT / "docs/configuration.md").read_text(encoding="utf-8").partition("## Exit codes")[2]
        used = {name for path in (documents.ROOT / "src").rglob("*.c")
                for name in re.findall(r"\bEX_[A-Z]+", path.read_text(encoding="utf-8")) if hasattr(os, name)}
        self.assertIn("EX_USAGE", used)
        for name in sorted(used):
            self.assertIn(f"\n| {getattr(os, name)} |", table, name)


class Commands(unittest.TestCase):
    """A network of our own, where the ports of the built-in herd are free."""

    @classmethod
    def setUpClass(cls):
        if os.path.lexists("/etc/herd/herd.conf"):
            raise unittest.SkipTest("this machine has a herd of its own: /etc/herd/herd.conf")
        namespaces.enter(namespaces.NETWORK)
        loopback_up()


def page_test(page):
    def test(self):
        blocks, _ = documents.read(page)
        with Page(blocks) as run:
            run.run()
        for reason in run.skipped:
            with self.subTest(reason):
                self.skipTest(reason)
    return test


for each in documents.pages():
    if any(block.kind == "run" for block in documents.read(each)[0]):
        setattr(Commands, f"test_{each.stem.lower()}", page_test(each))
