# SPDX-License-Identifier: MIT
"""
Measures a herd against its bars: bench.py BUILD [--rounds N] [--only NAME,...] [--before BUILD] [--write PAGE]

BUILD is a build tree of type Release. Servers are pinned to core 0, loads to
core 1. Each subject starts its servers, measures everything once in each round,
in turns, and prints a table in Markdown: medians, and medians of the ratios
within rounds. With --write the tables go into the page, too, between the lines
`<!-- bench: NAME -->` and `<!-- end -->`. --smoke is for tests: one round of
almost nothing, only the answers count. --before names a build of an earlier
commit that the subject `before` compares with, in the same run. Ends with 1 where a subject failed (the
others are measured all the same), with 77 where each lacks its tool.
"""

import argparse
import importlib
import signal
import sys
import traceback
from pathlib import Path

import rig
import tables

# name -> module and class
SUBJECTS = {
    "works": ("works", "Works"),
    "redis": ("redis", "AgainstRedis"),
    "wirelog": ("wirelog", "WireLog"),
    "calls": ("calls", "Calls"),
    "instructions": ("instructions", "Instructions"),
    "crossings": ("crossings", "Crossings"),
    "flood": ("flood", "Flood"),
    "memory": ("memory", "Memory"),
    "idle": ("idle", "Idle"),
    "scale": ("scale", "Scale"),
    "questions": ("questions", "Questions"),
    "search": ("searching", "Search"),
    "waiting": ("waiting", "Waiting"),
    "start": ("starting", "Start"),
    "slow": ("slow", "Slow"),
    "before": ("before", "Before"),
}
SKIPPED = 77


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=Path, help="a build tree of type Release")
    parser.add_argument("--rounds", type=int, default=13)
    parser.add_argument("--only", default="", help="these subjects, separated by commas: " + ", ".join(SUBJECTS))
    parser.add_argument("--before", type=Path, metavar="BUILD", help="an earlier build, for the subject `before`")
    parser.add_argument("--write", type=Path, metavar="PAGE", help="replace the tables in this page")
    parser.add_argument("--smoke", action="store_true", help="see that it works; no figure means anything")
    arguments = parser.parse_args()
    chosen = [name for name in arguments.only.split(",") if name] or list(SUBJECTS)
    for name in chosen:
        if name not in SUBJECTS:
            parser.error(f"no subject {name}")
    if arguments.smoke and arguments.before is None:
        arguments.before = arguments.build
    return arguments, chosen


def say(text):
    print(text, file=sys.stderr, flush=True)


def measure(subject):
    """The rows of one subject."""
    with subject:
        subject.open()
        for number in range(subject.rounds):
            started = rig.now_s()
            subject.round(number)
            say(f"{subject.name}: round {number + 1} of {subject.rounds}, {rig.now_s() - started:.1f} s")
        rows = subject.rows()
        assert rows and all(row.measured for row in rows)
        return rows


def write(page, name, content):
    text = page.read_text(encoding="utf-8")
    page.write_text(tables.replace(text, name, content), encoding="utf-8")


def main():
    arguments, chosen = parse()
    signal.signal(signal.SIGTERM, lambda *ignored: sys.exit(128 + signal.SIGTERM))  # servers and folders go as well
    the_rig = rig.Rig(arguments.build, 1 if arguments.smoke else arguments.rounds, arguments.smoke, arguments.before)
    skipped = failed = 0
    for name in chosen:
        module, kind = SUBJECTS[name]
        subject = getattr(importlib.import_module(module), kind)(the_rig)
        try:
            table = tables.markdown(measure(subject))
        except rig.Missing as missing:
            print(f"{name}: skipped, {missing}", flush=True)
            skipped += 1
            continue
        except Exception:  # the other subjects are still worth measuring
            traceback.print_exc()
            say(f"{name}: failed")
            failed += 1
            continue
        facts = tables.machine(subject.rounds)
        print(f"\n### {subject.title}\n\n{table}\n\n{facts}", flush=True)
        if arguments.write:
            write(arguments.write, name, f"{table}\n\n{facts}")
    if failed:
        return 1
    return SKIPPED if skipped == len(chosen) else 0


if __name__ == "__main__":
    sys.exit(main())
