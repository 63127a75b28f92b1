# SPDX-License-Identifier: MIT
"""Signals when a launcher leaves odd ways behind, at the first and the last moment, and as process 1 of a container."""

import os
import signal
import subprocess
import sys
import threading
import unittest

from harness import server_program, tool_program, wait_until
from process import Process
from scenario import Scenario

PREPARE = "import ctypes, os, signal, sys\n"
EXECUTE = "\nos.execv(sys.argv[1], sys.argv[1:])"
BLOCK_ALL = "signal.pthread_sigmask(signal.SIG_BLOCK, set(range(1, 32)))"
SUBREAPER = "ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)"


def launched(script):
    """A command that runs `script` and becomes the command behind it."""
    return [sys.executable, "-c", PREPARE + script + EXECUTE]


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
        return [int(word) for word in file.read().split()]


class Launched(Scenario):
    def started(self, script):
        herd = self.herd(("Goloman",), ())
        server = herd["Goloman"]
        server.prefix = launched(script)
        herd.start()
        return server

    def test_an_inherited_mask_is_cleared(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(number):
                server = self.started(BLOCK_ALL)
                server.process.send_signal(number)
                self.assertEqual(server.process.wait(), 0)

    def test_early_signals_do_not_kill(self):
        """They wait from before main on, as if sent in its first moment."""
        server = self.started(BLOCK_ALL + "\nfor n in (signal.SIGUSR1, signal.SIGHUP): os.kill(os.getpid(), n)")
        wait_until(lambda: server.log.events("state"), "the state in the log")
        wait_until(lambda: server.log.events("reloaded"), "what came of SIGHUP")

    def test_late_signals_do_not_kill(self):
        server = self.started("pass")
        pid, over = server.process.pid, threading.Event()

        def hammer():
            while not over.is_set():
                for number in (signal.SIGHUP, signal.SIGUSR1):
                    os.kill(pid, number)  # a process that has ended is there until it is waited for

        thread = threading.Thread(target=hammer)
        thread.start()
        try:
            server.process.send_signal(signal.SIGTERM)
            os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
        finally:
            over.set()
            thread.join()
        self.assertEqual(server.process.wait(), 0)

    def test_orphans_are_reaped(self):
        """One that has ended before the server was one, and one that ends later."""
        server = self.started("early = os.fork() or os._exit(0)\nlate = os.fork() or signal.pause() or os._exit(0)")
        os.kill(max(children(server.process.pid)), signal.SIGKILL)
        wait_until(lambda: not children(server.process.pid), "all children reaped")


@unittest.skipIf(os.getuid() != 0, "takes another user, whose threads are counted alone")
class Threads(Scenario):
    def test_too_few_threads(self):
        """From one on: each start says what is missing, until one has enough."""
        user = 64000 + os.getpid() % 1000
        if subprocess.call([*launched(f"os.setuid({user})"), "/usr/bin/test", "-x", server_program()]) != 0:
            self.skipTest("the program is in a folder that is closed to other users")
        herd = self.herd(("Goloman",), ())
        os.chown(herd.directory, user, user)
        os.chown(herd.config_path, user, user)
        server = herd["Goloman"]
        herd.let_go_ports()
        refused = 0
        while True:
            server.prefix = launched(f"""import resource
resource.setrlimit(resource.RLIMIT_NPROC, ({refused + 1}, {refused + 1})); os.setgroups([]); os.setgid({user}); os.setuid({user})""")
            server.start(environment={"ASAN_OPTIONS": "detect_leaks=0"})  # which would take a thread
            wait_until(lambda: not server.running or server.log.events("listening", since=server.log.run),
                       "it listens or has ended")
            status = server.process.status
            if status is None:
                break
            self.assertEqual(status, 71, server.process.stderr())
            self.assertIn("too many processes and threads", server.process.stderr())
            refused += 1
        self.assertGreaterEqual(refused, 4)
        server.process.send_signal(signal.SIGTERM)
        self.assertEqual(server.process.wait(), 0)


class First(Scenario):
    """Process 1: the kernel leaves out what it would do to others."""

    def setUp(self):
        root = [] if os.getuid() == 0 else ["--map-root-user"]
        self.prefix = ["unshare", *root, "--pid", "--fork", "--kill-child", "--"]
        if subprocess.run([*self.prefix, "true"], check=False, capture_output=True).returncode != 0:
            self.skipTest("no process namespaces of our own")

    def inner(self, server):
        pids = []
        wait_until(lambda: pids.extend(children(server.process.pid)) or pids, "the process in the namespace")
        return pids[0]

    def test_second_signal_ends_at_once(self):
        provider = self.provider()
        provider.hold()
        herd = self.herd(("Goloman",), (), places={"providers": ["google_legacy"], "timeout_ms": 8000,
                         "google_legacy": {"url": provider.url, "key_file": "key"}}, limits={"drain_timeout_ms": 3500})
        herd.write_file("key", "k\n")
        server = herd["Goloman"]
        server.prefix = self.prefix
        herd.start()
        self.addCleanup(server.process.kill)
        client = self.client(server)
        client.send(b"IAMAT kiwi +1+1 1\nWHATSAT kiwi 10 5\n")
        provider.wait_in_flight(1)
        pid = self.inner(server)
        os.kill(pid, signal.SIGTERM)
        wait_until(lambda: server.log.events("stopping"), "the drain")
        os.kill(pid, signal.SIGTERM)
        self.assertEqual(server.process.wait(), 128 + signal.SIGTERM)

    def test_a_signal_ends_the_reading_of_the_journal(self):
        """The signal is there before the journal is; what it has is there afterwards."""
        herd = self.herd(("Goloman",), ()).start()
        server = herd["Goloman"]
        self.client(server).iamat(b"kiwi", b"+1+1")
        server.process.send_signal(signal.SIGTERM)
        self.assertEqual(server.process.wait(), 0)
        server.prefix = [*self.prefix, *launched(BLOCK_ALL + "\nos.kill(1, signal.SIGTERM)")]
        server.start()
        self.assertEqual(server.process.wait(), 0)
        self.assertFalse(server.log.events("listening", since=server.log.run))
        self.assertTrue(server.log.events("stopping", since=server.log.run))
        server.prefix = []
        herd.start()
        self.assertTrue(self.client(server).ask(b"WHATSAT kiwi 1 1").startswith(b"AT "))


class Supervisor(Scenario):
    def up(self, script, *options):
        herd = self.herd(("Goloman", "Hands"), (("Goloman", "Hands"),))
        argv = [*launched(script), tool_program(), "up", "--config", herd.config_path, *options]
        process = Process("up", argv, herd.directory)
        herd.others.append(process)
        wait_until(lambda: b"two servers are up" in process.stdout(), lambda: f"the herd\n{process.stderr()}")
        return herd, process

    def test_an_inherited_mask_is_cleared(self):
        _, process = self.up(BLOCK_ALL)
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(), 0)

    def test_usr1_is_for_the_servers(self):
        herd, process = self.up(BLOCK_ALL + "\nos.kill(os.getpid(), signal.SIGUSR1)")
        process.send_signal(signal.SIGUSR1)
        for name in ("Goloman", "Hands"):
            wait_until(lambda name=name: herd[name].log.events("state"), f"the state of {name}")

    def test_orphans_are_reaped(self):
        herd = self.herd(("Goloman",), ())
        wrapper = herd.write_file("server", f'#!/bin/sh\n(: & :)\nexec "{server_program()}" "$@"\n')
        os.chmod(wrapper, 0o700)
        _, process = self.up(SUBREAPER, "--server", wrapper)
        wait_until(lambda: len(children(process.pid)) == 2, "none but the servers")
        self.assertIsNone(process.status)
