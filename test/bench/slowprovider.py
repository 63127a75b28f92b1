# SPDX-License-Identifier: MIT
"""
A provider of places that takes its time, and the client whose questions need it.

    slowprovider.py DELAY_S        prints its URL, then takes commands on standard input:
        ask HOST:PORT COUNT        from now on COUNT questions are in flight at that server, each for a spot of its own
        stop                       takes the answers to those and asks no more; prints how many there were

A process of its own, of the lowest priority: it must not take the load's core
from the load. Every answer must be the provider's.
"""

import os
import sys
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "scenario"))

from client import Client
from provider import Provider, results, well

BOUND = b"5"


def patiently(delay_s):
    """Answers well, after a while."""
    answer = well(results(5))

    def wait(provider, connection, request):
        return not provider.ending.wait(delay_s) and answer(provider, connection, request)

    return wait


class Asker:
    """Keeps so many questions in flight on one connection."""

    def __init__(self, address, count):
        host, _, port = address.rpartition(":")
        self.client = Client((host, int(port)))
        self.stopping = threading.Event()
        self.answered = 0
        self.count = count
        for number in range(count):
            self.client.iamat(b"asker%d" % number, b"+%d.5+7.25" % (number % 80))
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def ask(self, number):
        self.client.send(b"WHATSAT asker%d 10 %s\n" % (number, BOUND))

    def run(self):
        for number in range(self.count):
            self.ask(number)
        left, number = self.count, 0
        while left:
            line, body = self.client.answer()
            if body is None or b'"status" : "OK"' not in body:
                raise RuntimeError(f"asker{number} got {line!r} {body!r}")
            self.answered += 1
            if self.stopping.is_set():
                left -= 1
            else:
                self.ask(number)
            number = (number + 1) % self.count

    def stop(self):
        self.stopping.set()
        self.thread.join()
        self.client.close()
        return self.answered


def main():
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    asker = None
    with Provider() as provider:
        provider.answer = patiently(float(sys.argv[1]))
        print(provider.url, flush=True)
        for line in sys.stdin:
            word, *rest = line.split()
            if word == "ask":
                asker = Asker(rest[0], int(rest[1]))
                print("asking", flush=True)
            elif word == "stop":
                print(asker.stop(), flush=True)


if __name__ == "__main__":
    main()
