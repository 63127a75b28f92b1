# SPDX-License-Identifier: MIT
"""A herd of real servers on loopback: its configuration, its processes, its end."""

import os
import signal
import socket
import tempfile

from client import Client
from harness import DEADLINE_S, Ports, listening, server_program, wait_until
from logfile import LogFile
from process import Process, by_shell

NAMES = ("Goloman", "Hands", "Holiday", "Welsh", "Wilkes")
LINKS = (("Goloman", "Hands"), ("Goloman", "Holiday"), ("Goloman", "Wilkes"),
         ("Hands", "Wilkes"), ("Holiday", "Welsh"), ("Holiday", "Wilkes"))


class PortTaken(Exception):
    """Somebody took a port between our look and the server's bind."""


def setting(value):
    """A Python value in libconfig's syntax."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return f"{value}L" if value > 0x7FFFFFFF else str(value)
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, dict):
        return "{ " + " ".join(f"{key} = {setting(each)};" for key, each in value.items()) + " }"
    if isinstance(value, tuple):
        return "( " + ", ".join(map(setting, value)) + " )"
    return "[" + ", ".join(map(setting, value)) + "]"


def address_text(address):
    return f"[{address[0]}]:{address[1]}" if ":" in address[0] else f"{address[0]}:{address[1]}"


class Server:
    """One server of a herd: where it is, its log, and its process while it runs."""

    def __init__(self, herd, name, clients, peers):
        self.herd = herd
        self.name = name
        self.clients = clients
        self.peers = peers
        self.log = LogFile(os.path.join(herd.directory, "log", f"{name}.log"))
        self.prefix = []  # a command that its program is started through
        self.process = None
        self.runs = []

    def start(self, environment=None, descriptors_max=None, arguments=(), script=None):
        """Starts the process, by way of a shell's `script` if there is one; does not wait for anything."""
        self.log.run = self.log.size()
        argv = [*self.prefix, server_program(), "--name", self.name, "--config", self.herd.config_path, *arguments]
        if script is not None:
            argv = by_shell(script, argv)
        self.process = Process(f"{self.name}.{len(self.runs)}", argv, self.herd.directory,
                               environment, descriptors_max)
        self.runs.append(self.process)
        return self.process

    def wait_listening(self):
        family = socket.AF_INET6 if ":" in self.clients[0] else socket.AF_INET

        def ready():
            status = self.process.status
            if status is not None:
                text = self.process.stderr()
                raise (PortTaken if "in use" in text else AssertionError)(f"{self.name} ended with {status}\n{text}")
            return listening(self.clients, family) and listening(self.peers, family)

        wait_until(ready, lambda: f"{self.name} listens\n{self.process.stderr()}")

    @property
    def running(self):
        return self.process is not None and self.process.status is None

    def client(self, deadline_s=DEADLINE_S):
        return Client(self.clients, deadline_s)

    def links_up(self, peer):
        """How many directions of the link to `peer` are up, as this run's log tells."""
        last = {}
        for event in self.log.events(peer=peer):
            if event["event"] in ("link_up", "link_down"):
                last[event.get("direction")] = event["event"] == "link_up"
        return sum(last.values())


class Herd:
    """Use it as a context: at its end every server still running must end well on SIGTERM."""

    def __init__(self, names=NAMES, links=LINKS, address=None, elsewhere=None, **sections):
        self._names = names
        self._links = links
        self._address = address
        self._elsewhere = elsewhere or {}  # name -> peer address of a neighbour that a test plays itself
        self._sections = sections
        self._temporary = None
        self._ports = None
        self.directory = None
        self.config_path = None
        self.servers = {}
        self.others = []  # further processes to end, such as the tool's

    def __enter__(self):
        self._temporary = tempfile.TemporaryDirectory(prefix="herd-scenario-")
        self.directory = self._temporary.name
        self.config_path = os.path.join(self.directory, "herd.conf")
        self.settle()
        return self

    def settle(self):
        """Chooses ports and writes the configuration."""
        self._ports = Ports(self._address)
        host = self._ports.address
        for name in self._names:
            peers = self._elsewhere.get(name) or (host, self._ports.take())
            self.servers[name] = Server(self, name, (host, self._ports.take()), peers)
        self.write_file("herd.conf", self.config_text())

    def reshape(self, names, links):
        """Changes the file to other servers and links; those that stay keep their ports. Nobody is started or ended."""
        for name in names:
            if name not in self.servers:
                host = self._ports.address
                self.servers[name] = Server(self, name, (host, self._ports.take()), (host, self._ports.take()))
        gone = {name: self.servers.pop(name) for name in list(self.servers) if name not in names}
        self._names, self._links = tuple(names), tuple(links)
        self.write_file("herd.conf", self.config_text())
        return gone

    def free_port(self):
        """One more, held until they are let go."""
        return self._ports.take()

    def write_file(self, name, text):
        """A file in the herd's directory, where its programs run too; returns its path."""
        path = os.path.join(self.directory, name)
        with open(os.open(path, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def let_go_ports(self):
        """The chosen ports are free from now on."""
        self._ports.let_go()

    def config_text(self, **sections):
        """The configuration, with `sections` over those of the herd."""
        settings = {
            "servers": tuple({"name": each.name, "clients": address_text(each.clients),
                              "peers": address_text(each.peers)} for each in self.servers.values()),
            "links": tuple([a, b] for a, b in self._links),
            "journal": {"directory": os.path.join(self.directory, "journal")},
            "log": {"directory": os.path.join(self.directory, "log")},
        }
        for key, value in {**self._sections, **sections}.items():
            settings[key] = {**settings.get(key, {}), **value} if isinstance(value, dict) else value
        return "".join(f"{key} = {setting(value)};\n" for key, value in settings.items())

    def __getitem__(self, name):
        return self.servers[name]

    def neighbours(self, name):
        return [b if a == name else a for a, b in self._links if name in (a, b)]

    def start(self, *names, **options):
        """Starts these servers (all but those played elsewhere) and waits until they listen."""
        chosen = names or [name for name in self._names if name not in self._elsewhere]
        for attempt in range(3):
            try:
                self._ports.let_go()
                for name in chosen:
                    self[name].start(**options)
                for name in chosen:
                    self[name].wait_listening()
                return self
            except PortTaken:
                if attempt == 2 or names:
                    raise
                self.end()
                self.settle()
        return self

    def start_linked(self):
        self.start()
        self.wait_links()
        return self

    def wait_links(self):
        """Waits until every link between running servers is up in both directions, at both ends."""
        for server in self.servers.values():
            for peer in self.neighbours(server.name):
                if server.running and self[peer].running:
                    wait_until(lambda s=server, p=peer: s.links_up(p) == 2,
                               lambda s=server, p=peer: f"links of {s.name} with {p}:\n"
                               + "\n".join(s.log.lines(s.log.run)[-15:]))

    def kill(self, *names):
        for name in names:
            self[name].process.kill()

    def client(self, name):
        return self[name].client()

    def running(self):
        return [each for each in self.servers.values() if each.running]

    def end(self):
        """Ends what runs; returns what was wrong with how it ended."""
        wrong = []
        runs = [run for server in self.servers.values() for run in server.runs] + self.others
        live = [run for run in runs if run.status is None]
        for run in live:
            run.send_signal(signal.SIGCONT)
            run.send_signal(signal.SIGTERM)
        for run in runs:
            try:
                if run in live:
                    run.ended_well()
                else:
                    run.check_clean()
            except AssertionError as error:
                wrong.append(str(error))
                run.kill()
        return wrong

    def __exit__(self, *ignored):
        self._ports.let_go()
        wrong = self.end()
        self._temporary.cleanup()
        if wrong:
            raise AssertionError("\n".join(wrong))
