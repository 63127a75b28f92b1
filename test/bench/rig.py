# SPDX-License-Identifier: MIT
"""
What every subject stands on: servers on one core, the load on another, and what can be read of a server from outside.

The servers are those of the scenarios (test/scenario): started with a clean
environment, waited for by events, ended by their pid also where a measurement
fails, their folders removed.
"""

import contextlib
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

BENCH = Path(__file__).resolve().parent
sys.path.insert(0, str(BENCH.parent / "scenario"))

import harness
import herd as scenario_herd
from client import Client
from process import Process

SERVER_CORE, LOAD_CORE = 0, 1
LOAD_DEADLINE_S = 300
SETTLE_DEADLINE_S = 120
LIMITS = {"connections_max": 12000, "log_events_per_second_max": 1000000}


class Missing(Exception):
    """A program that a subject needs is not installed."""


def need(*programs):
    """The first of these programs that there is."""
    for program in programs:
        if shutil.which(program):
            return program
    raise Missing(f"{' or '.join(programs)} is not installed")


def pinned(argv):
    """The command on the servers' core."""
    cores = os.cpu_count() or 1
    return ["taskset", "-c", str(SERVER_CORE), *argv] if cores > LOAD_CORE and Rig.pinning else list(argv)


class Rig:
    """The programs of one build, and how much is asked of them."""

    pinning = True

    def __init__(self, build, rounds, smoke, before=None):
        self.build = Path(build).resolve()
        self.before = before and Path(before).resolve()
        self.rounds = rounds
        self.smoke = smoke
        self.tool = str(self.build / "bin" / "herd")
        self.server = str(self.build / "bin" / "herd-server")
        os.environ["HERD_SERVER"], os.environ["HERD_TOOL"] = self.server, self.tool
        Rig.pinning = not smoke  # tests run beside each other
        if Rig.pinning and (os.cpu_count() or 1) > LOAD_CORE:
            os.sched_setaffinity(0, {LOAD_CORE})  # loads are started from here and stay here
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))

    def program(self, name):
        """One of the programs beside this file."""
        return str(self.build / "test" / name)

    def pick(self, full, tiny):
        """How much of something: all of it, or little where only the answers count."""
        return tiny if self.smoke else full

    def span(self, seconds=1, count=400):
        """How long a load lasts, as its options."""
        return self.pick(["--seconds", str(seconds)], ["--count", str(count)])

    def load(self, target, *options, pid=None, before=()):
        """One run of `herd bench`; `before` is a command that it is started through."""
        argv = [*before, self.tool, "bench", "--to", target.address, "--pid", str(pid or target.pid), "--json",
                "--timeout", "60", *map(str, options)]
        if not target.checked:
            argv.append("--no-check")
        return run_json(argv)

    def need_valgrind(self):
        """Valgrind, and a build that runs under it."""
        need("valgrind")
        if self.sanitized():
            raise Missing("valgrind does not run a build with sanitizers")

    def sanitized(self):
        """Whether this build carries a sanitizer, which does not run under valgrind."""
        program = Path(self.server).read_bytes()
        return b"__asan_init" in program or b"__tsan_init" in program


@contextlib.contextmanager
def server_of(build):
    """Servers that are started meanwhile are those of this build."""
    usual = os.environ["HERD_SERVER"]
    os.environ["HERD_SERVER"] = str(build / "bin" / "herd-server")
    try:
        yield
    finally:
        os.environ["HERD_SERVER"] = usual


def run_json(argv):
    """What the program prints, read as JSON. The tools end with another code than 0 where an answer was wrong."""
    done = subprocess.run([str(word) for word in argv], capture_output=True, text=True, timeout=LOAD_DEADLINE_S,
                          check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, argv))} ended with {done.returncode}\n{done.stderr[-2000:]}")
    return json.loads(done.stdout)


def rss_bytes(pid):
    """Resident memory of a process."""
    with open(f"/proc/{pid}/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


class Target:
    """A server that a load is put on; `checked` tells whether its replies are those of a herd."""

    checked = True

    def __init__(self):
        self.stack = contextlib.ExitStack()
        self.directory = None
        self.process = None
        self.address = None

    def start(self, name, argv):
        """Starts a program that is ended with this target."""
        self.directory = self.stack.enter_context(tempfile.TemporaryDirectory(prefix="herd-bench-"))
        self.process = Process(name, pinned(argv), self.directory)
        self.stack.callback(self.process.kill)

    def read_port(self):
        """The port that the program says it listens on."""
        def told():
            if self.process.status is not None:
                raise RuntimeError(f"{self.process.name} did not start\n{self.process.stderr()}")
            return self.process.stdout().endswith(b"\n")

        harness.wait_until(told, f"{self.process.name} says its port")
        self.address = f"127.0.0.1:{int(self.process.stdout())}"

    @property
    def pid(self):
        return self.process.pid

    def __enter__(self):
        try:
            self.open()
        except BaseException:
            self.stack.close()
            raise
        return self

    def __exit__(self, *ignored):
        self.stack.close()


class Ceiling(Target):
    """The program that answers every line with the same bytes."""

    checked = False

    def __init__(self, rig, before=()):
        super().__init__()
        self.argv = [*before, rig.program("ceiling")]

    def open(self):
        self.start("ceiling", self.argv)
        self.read_port()


class AsyncioHerd(Target):
    """The prototype in Python."""

    def open(self):
        self.start("asyncioherd", [sys.executable, "-B", str(BENCH / "asyncioherd.py")])
        self.read_port()


class Redis(Target):
    """Debian's redis-server, alone, with or without its journal."""

    def __init__(self, everysec=False):
        super().__init__()
        self.everysec = everysec
        self.port = None

    def open(self):
        program = need("redis-server")
        ports = harness.Ports("127.0.0.1")
        self.port = ports.take()
        ports.let_go()
        keeping = ["--appendonly", "yes", "--appendfsync", "everysec"] if self.everysec else ["--appendonly", "no"]
        self.start("redis", [program, "--bind", "127.0.0.1", "--port", str(self.port), "--save", "", "--dir", ".",
                             "--maxclients", "10000", *keeping])
        self.address = f"127.0.0.1:{self.port}"
        harness.wait_until(self.answers, lambda: f"redis-server answers\n{self.process.stdout().decode()[-2000:]}")

    def answers(self):
        if self.process.status is not None:
            raise RuntimeError(f"redis-server did not start\n{self.process.stdout().decode()[-2000:]}")
        return harness.listening(("127.0.0.1", self.port)) and self.ask(b"PING") == b"+PONG\r"

    def ask(self, command):
        with Client(("127.0.0.1", self.port)) as client:
            return client.ask(command)

    def load(self, rig, *options):
        return run_json([rig.program("redisload"), "--port", self.port, "--pid", self.pid, *options])


class Server:
    """One server of a herd as a target."""

    checked = True

    def __init__(self, server):
        self.server = server

    @property
    def address(self):
        return scenario_herd.address_text(self.server.clients)

    @property
    def pid(self):
        return self.server.process.pid

    def state(self, event="state"):
        """What it says of itself at SIGUSR1."""
        since = self.ask_state()
        return self.server.log.wait(event, since)[0]

    def ask_state(self):
        since = self.server.log.size()
        self.server.process.send_signal(signal.SIGUSR1)
        return since


class Herd(scenario_herd.Herd):
    """Servers to measure: the wire log off, each on the servers' core."""

    def __init__(self, names=("Goloman",), links=(), durability="written", wire=False, before=(), **sections):
        limits = {**LIMITS, **sections.pop("limits", {})}
        super().__init__(names, links, journal={"durability": durability}, log={"wire": wire}, limits=limits,
                         **sections)
        self.before = before

    def settle(self):
        super().settle()
        for server in self.servers.values():
            server.prefix = pinned(self.before)

    def target(self, name="Goloman"):
        return Server(self[name])


def wait_equal(targets, clients=None):
    """Waits until all these servers know the same (and so many clients); returns one's state."""
    def equal():
        asked = [(each, each.ask_state()) for each in targets]
        states = [each.server.log.wait("state", since)[0] for each, since in asked]
        digests = {(each["digest"], each["clients"]) for each in states}
        enough = clients is None or states[0]["clients"] == str(clients)
        return states[0] if len(digests) == 1 and enough else None

    return harness.wait_until(equal, "all servers know the same", SETTLE_DEADLINE_S)


def now_s():
    return time.monotonic()
