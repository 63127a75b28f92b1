# SPDX-License-Identifier: MIT
"""A network of our own, in which every server is a machine, and whose router forgets ways on demand.

    server's namespace --veth-- the namespace of this test, which routes --veth-- server's namespace

What is cut is lost without a word, as on a broken way: no reset, no refusal.
Needs `ip` (iproute2) and `nsenter` (util-linux); without them the test is skipped.
"""

import itertools
import os
import shutil
import subprocess
import unittest

import namespaces
from harness import Ports
from herd import Herd, Server

ROUTER = "10.77.0.1"
CLIENTS_PORT, PEERS_PORT = 4000, 4001
SECRET = "what only the servers of this herd know"  # peers beyond loopback must prove it
PATH = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"


class Machine:
    """A network namespace with one way out; a process without a task keeps it."""

    def __init__(self, address):
        self.address = address
        self._keeper = subprocess.Popen(["cat"], stdin=subprocess.PIPE,
                                        preexec_fn=lambda: namespaces.unshare(namespaces.NETWORK))

    @property
    def pid(self):
        return self._keeper.pid

    @property
    def prefix(self):
        """What starts a program there."""
        return [shutil.which("nsenter", path=PATH), f"--net=/proc/{self.pid}/ns/net", "--"]

    def close(self):
        self._keeper.stdin.close()
        self._keeper.wait()


class Network:
    """Enters a network namespace for good; use it as a context."""

    def __init__(self):
        self._ip = shutil.which("ip", path=PATH)
        if not self._ip or not shutil.which("nsenter", path=PATH):
            raise unittest.SkipTest("no network of our own: there is no ip (package iproute2) or no nsenter")
        self._machines = []
        namespaces.enter(namespaces.NETWORK)
        try:
            self._batch(["link set lo up", f"address add {ROUTER}/32 dev lo"])
            with open("/proc/sys/net/ipv4/ip_forward", "w", encoding="ascii") as file:
                file.write("1")
            self.add().close()
        except (OSError, subprocess.CalledProcessError) as error:
            self.close()
            raise unittest.SkipTest(f"no network of our own: {error}") from error

    def __enter__(self):
        return self

    def __exit__(self, *ignored):
        self.close()

    def close(self):
        for machine in self._machines:
            machine.close()
        self._machines.clear()

    def _batch(self, commands, prefix=()):
        subprocess.run([*prefix, self._ip, "-batch", "-"], input="\n".join(commands) + "\n", text=True, check=True,
                       stdout=subprocess.DEVNULL)

    def add(self):
        """One more machine, which reaches all others."""
        number = len(self._machines) + 1
        machine = Machine(f"10.77.{number >> 7 & 127 | 128}.{number & 127}")
        self._machines.append(machine)
        self._batch([f"link add m{number} type veth peer name way netns {machine.pid}", f"link set m{number} up",
                     f"route add {machine.address}/32 dev m{number} src {ROUTER}"])
        self._batch(["link set lo up", f"address add {machine.address}/32 dev way", "link set way up",
                     f"route add {ROUTER}/32 dev way", f"route add default via {ROUTER}"], machine.prefix)
        return machine

    def _rules(self, verb, pairs):
        self._batch([f"rule {verb} from {a} to {b} blackhole" for pair in pairs for a, b in (pair, pair[::-1])])

    def cut(self, pairs):
        """Loses from now on all that the two addresses of each pair send each other."""
        self._rules("add", pairs)

    def heal(self, pairs):
        self._rules("del", pairs)


class RoutedHerd(Herd):
    """A herd of which every server has a machine of its own."""

    def __init__(self, network, **sections):
        super().__init__(**sections)
        self._network = network

    def settle(self):
        self._ports = Ports()
        self._sections["secret_file"] = self.write_file("secret", SECRET + "\n")
        for name in self._names:
            machine = self._network.add()
            server = Server(self, name, (machine.address, CLIENTS_PORT), (machine.address, PEERS_PORT))
            server.prefix = machine.prefix
            self.servers[name] = server
        self.write_file("herd.conf", self.config_text())

    def between(self, side):
        """The pairs of addresses of which one is that of a server of `side` and the other is not."""
        rest = [name for name in self._names if name not in side]
        return [(self[a].clients[0], self[b].clients[0]) for a, b in itertools.product(side, rest)]
