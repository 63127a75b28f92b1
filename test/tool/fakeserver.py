#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
Stands for herd-server under `herd up`: says that it is ready, says when
SIGHUP comes, waits for SIGTERM. FAKE_<Name> in the environment, words with commas between, makes the
server of that name misbehave; each start appends its process id to FAKE_LOG.

  fail=N     ends with N at once, before it is ready
  late=N     ends with N when SIGUSR1 comes
  end=N      ends with N when SIGTERM comes
  deaf       ignores SIGTERM
  babble     writes a long line, foreign bytes and a line without an end
"""

import os
import signal
import socket
import sys


def words(name):
    text = os.environ.get(f"FAKE_{name}", "")
    return dict(word.partition("=")[::2] for word in text.split(",") if word)


def say_ready():
    address = os.environ["NOTIFY_SOCKET"]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
        notify.sendto(b"STATUS=fine\nREADY=1", "\0" + address[1:] if address[0] == "@" else address)


def babble():
    sys.stdout.buffer.write(b"x" * 70000 + b"\n\x1b\xff tail")
    sys.stdout.buffer.flush()


def main():
    name = sys.argv[sys.argv.index("--name") + 1]
    ways = words(name)
    if "FAKE_LOG" in os.environ:
        with open(os.environ["FAKE_LOG"], "a", encoding="ascii") as log:
            log.write(f"{name} {os.getpid()} {' '.join(sys.argv[1:])}\n")
    if "fail" in ways:
        print(f"{name}: the port 127.0.0.1:12001 is in use", file=sys.stderr, flush=True)
        sys.exit(int(ways["fail"]))
    blocked = {signal.SIGTERM, signal.SIGUSR1, signal.SIGHUP}
    signal.pthread_sigmask(signal.SIG_BLOCK, blocked)
    print(f"{name} listens", flush=True)
    if "babble" in ways:
        babble()
    say_ready()
    code = None
    while code is None:
        got = signal.sigwait(blocked)
        if got == signal.SIGUSR1:
            code = int(ways.get("late", 0))
        elif got == signal.SIGHUP:
            print(f"{name} reloads", flush=True)
        elif "deaf" not in ways:
            print(f"{name} drains", flush=True)
            code = int(ways.get("end", 0))
    sys.exit(code)


if __name__ == "__main__":
    main()
