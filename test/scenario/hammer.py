# SPDX-License-Identifier: MIT
"""A stranger who connects as fast as told, from as many addresses as told, and holds what it can: a process of its own.

It ends by itself after so many connections, or when who started it lets go of its input.
"""

import collections
import json
import os
import resource
import select
import socket
import struct
import subprocess
import sys
import time

HELD_MAX = 300
COUNT_MAX = 100000
BEGUN = 300  # connections after which it says that it is under way
IP_BIND_ADDRESS_NO_PORT = 24
RESET = struct.pack("ii", 1, 0)  # leaves no port in TIME_WAIT


class Hammer:
    """Use it as a context; inside it the strangers are under way."""

    def __init__(self, target, sources, rate=3000, say=b"", count=COUNT_MAX, held=HELD_MAX):
        order = {"target": target, "sources": sources, "rate": rate, "say": say.decode(), "held": held,
                 "count": min(count, COUNT_MAX)}
        self._process = subprocess.Popen([sys.executable, "-B", os.path.abspath(__file__), json.dumps(order)],
                                         stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def __enter__(self):
        if self._process.stdout.readline() != b"begun\n":
            raise AssertionError("the strangers could not connect")
        return self

    def __exit__(self, *ignored):
        self.stop()

    def stop(self):
        """How many connected a second."""
        if self._process.stdin.closed:
            return 0
        self._process.stdin.close()
        told = self._process.stdout.read()
        self._process.stdout.close()
        self._process.wait()
        return float(told) if told else 0


def connect(target, source):
    connection = socket.socket(socket.AF_INET6 if ":" in source else socket.AF_INET)
    connection.setblocking(False)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    connection.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
    connection.bind((source, 0))
    connection.connect_ex(target)
    return connection


def run(target, sources, rate, say, count, held):
    begun = time.monotonic()
    done, connections, silent = 0, collections.deque(), collections.deque()
    while done < count and not select.select([sys.stdin], [], [], 0.001)[0]:
        due = int((time.monotonic() - begun) * rate)
        while done < min(due, count):
            connection = connect(tuple(target), sources[done % len(sources)])
            connections.append(connection)
            silent.append(connection)
            done += 1
            while silent and say:
                try:
                    silent[0].send(say.encode())
                except BlockingIOError:
                    break  # not connected yet
                except OSError:
                    pass
                silent.popleft()
            if len(connections) > held:
                connections.popleft().close()
            if done == BEGUN:
                print("begun", flush=True)
            if done % 100 == 0 and select.select([sys.stdin], [], [], 0)[0]:
                break
        if not say:
            silent.clear()
    print(done / (time.monotonic() - begun), flush=True)


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_NOFILE, (2 * HELD_MAX,) * 2)
    run(**json.loads(sys.argv[1]))
