# SPDX-License-Identifier: MIT
"""Whether a provider that takes a second holds up those who ask nothing of it."""

import subprocess
import sys

import rig
from subject import Subject
from tables import at_most, median, ratio, told

BAR = 1.2
RATE = 10000
IN_FLIGHT = 16  # what one connection may have in work, and one provider be asked at once


class Questioner:
    """slowprovider.py, whose commands are answered by one line each."""

    def __init__(self, delay_s):
        self.process = subprocess.Popen([sys.executable, "-B", str(rig.BENCH / "slowprovider.py"), str(delay_s)],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.url = self.answer()

    def __enter__(self):
        return self

    def __exit__(self, *ignored):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()

    def say(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return self.answer()

    def answer(self):
        line = self.process.stdout.readline().strip()
        if not line:
            raise RuntimeError("the provider of places has ended")
        return line


class Waiting(Subject):
    name = "waiting"
    title = "A slow provider"

    def open(self):
        self.delay_s = self.rig.pick(1, 0.2)
        self.questioner = self.enter(Questioner(self.delay_s))
        places = {"providers": ["google_legacy"],
                  "google_legacy": {"url": self.questioner.url, "key_file": "google.key"}}
        herd = self.enter(rig.Herd(places=places))
        herd.write_file("google.key", "a-key\n")
        self.herd = herd.start().target()

    def load(self):
        return self.rig.load(self.herd, "--connections", 50, "--rate", RATE, *self.rig.span(2, 2000))

    def round(self, number):
        for name in self.in_turns(number, ("without", "with")):
            if name == "without":
                self.runs[name].append(self.load())
                continue
            self.questioner.say(f"ask {self.herd.address} {IN_FLIGHT}")
            self.runs[name].append(self.load())
            answered = int(self.questioner.say("stop"))
            if answered < IN_FLIGHT:
                raise RuntimeError(f"only {answered} questions were answered")
            self.runs["answered"].append(answered)

    def rows(self):
        slow, alone = self.runs["with"], self.runs["without"]
        return [
            at_most(f"IAMAT p99 under {RATE:,} IAMAT/s, a provider that takes {self.delay_s} s against none asked", BAR,
                    ratio(slow, alone, "p99_us"),
                    note=f"{median(slow, 'p99_us'):,.0f} us against {median(alone, 'p99_us'):,.0f} us"),
            told("p50", f"{median(slow, 'p50_us'):,.0f} us against {median(alone, 'p50_us'):,.0f} us"),
            told("WHATSATs answered meanwhile", f"{median(self.runs['answered']):,.0f} a run"),
        ]
