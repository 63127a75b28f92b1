# SPDX-License-Identifier: MIT
"""Servers to measure, on free ports, and `herd bench` runs against them."""

import json
import socket
import subprocess
import tempfile
from pathlib import Path

START_S = 60
CONFIG = """
servers = ( {{ name = "Goloman"; clients = "127.0.0.1:{0}"; peers = "127.0.0.1:{1}"; }} );
links = ();
journal = {{ directory = "{2}"; durability = "{3}"; }};
log = {{ directory = "{2}"; wire = {4}; }};
limits = {{ connections_max = 10000; connections_per_address_max = 10000; }};
"""


def free_ports(count):
    listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [listener.getsockname()[1] for listener in listeners]
    for listener in listeners:
        listener.close()
    return ports


def pin(core):
    return [] if core is None else ["taskset", "-c", str(core)]


class Ceiling:
    def __init__(self, program, core=None):
        self.process = subprocess.Popen(pin(core) + [program], stdout=subprocess.PIPE, text=True)
        port = self.process.stdout.readline().strip()
        self.address = f"127.0.0.1:{port}"
        self.checked = False
        if not port:
            self.close()
            raise RuntimeError(f"{program} did not start")

    def close(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


class Herd:
    """One herd-server without neighbours."""

    def __init__(self, herd, server, core=None, durability="none", wire=False):
        self.folder = tempfile.TemporaryDirectory(prefix="herdbench")
        ports = free_ports(2)
        config = Path(self.folder.name) / "herd.conf"
        config.write_text(CONFIG.format(*ports, self.folder.name, durability, str(wire).lower()))
        self.address = f"127.0.0.1:{ports[0]}"
        self.checked = True
        with open(Path(self.folder.name) / "output", "wb") as output:
            self.process = subprocess.Popen(pin(core) + [server, "--name", "Goloman", "--config", config],
                                            stdout=output, stderr=output)
        self.wait(herd)

    def wait(self, herd):
        """Each try either is answered or says at once that nobody listens."""
        for _ in range(START_S * 20):
            if self.process.poll() is not None:
                break
            asked = subprocess.run([herd, "send", "--to", self.address, "?"], capture_output=True, timeout=START_S)
            if asked.returncode == 0:
                return
        output = (Path(self.folder.name) / "output").read_text()
        self.close()
        raise RuntimeError(f"the server did not start:\n{output}")

    def close(self):
        self.process.terminate()
        self.process.wait()
        self.folder.cleanup()


def load(herd, target, *options, core=None):
    """The JSON that `herd bench` prints."""
    command = pin(core) + [herd, "bench", "--to", target.address, "--pid", str(target.process.pid), "--json", *options]
    if not target.checked:
        command.append("--no-check")
    return json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True).stdout)
