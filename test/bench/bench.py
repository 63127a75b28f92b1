# SPDX-License-Identifier: MIT
"""
Measures herd-server against the ceiling, side by side: bench.py BUILD [--rounds N] [--seconds N]

BUILD is a build tree of type Release. The server is pinned to core 0 and the
load to core 1. A round runs each server once for each work, in turns, so that
whatever else the machine does falls on all of them alike; the medians of all
rounds are told as a table in Markdown. Ratios are those within a round. With a
redis-server nothing is compared: `herd bench` does not speak its protocol.
"""

import argparse
import statistics
import sys
from pathlib import Path

import rig

SERVER_CORE, LOAD_CORE = 0, 1
WORKS = {
    "50 x 1": ["--connections", "50", "--depth", "1"],
    "50 x 16": ["--connections", "50", "--depth", "16"],
    "200 x 64": ["--connections", "200", "--depth", "64"],
}


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=Path, help="a build tree of type Release")
    parser.add_argument("--rounds", type=int, default=13)
    parser.add_argument("--seconds", type=int, default=1)
    return parser.parse_args()


def measure(arguments, herd, targets):
    """{work: {target: [a run's result, ...]}}"""
    results = {work: {name: [] for name in targets} for work in WORKS}
    for name, target in targets.items():
        rig.load(herd, target, "--preload", "--depth", "16", "--count", "100000", core=LOAD_CORE)
    for number in range(arguments.rounds):
        for work, options in WORKS.items():
            # Whoever goes first in one round goes last in the next.
            for name in list(targets) if number % 2 == 0 else reversed(targets):
                result = rig.load(herd, targets[name], "--seconds", str(arguments.seconds), *options, core=LOAD_CORE)
                results[work][name].append(result)
        print(f"round {number + 1} of {arguments.rounds}", file=sys.stderr)
    return results


def median(runs, key):
    return statistics.median(run[key] for run in runs)


def ratio(runs, ceilings, key):
    return statistics.median(run[key] / ceiling[key] for run, ceiling in zip(runs, ceilings))


def tell(results):
    print("| IAMAT | server | replies/s | of the ceiling | server CPU ns a reply | of the ceiling's rate per CPU second "
          "| p50 us | p99 us | load's core busy |")
    print("|---|---|---|---|---|---|---|---|---|")
    for work, by_target in results.items():
        ceilings = by_target["ceiling"]
        for name, runs in by_target.items():
            busy = statistics.median(run["bench_cpu_seconds"] / run["seconds"] for run in runs)
            print(f"| {work} | {name} | {median(runs, 'per_second'):,.0f} | {ratio(runs, ceilings, 'per_second'):.2f} "
                  f"| {median(runs, 'server_cpu_ns_per_reply'):,.0f} "
                  f"| {1 / ratio(runs, ceilings, 'server_cpu_ns_per_reply'):.2f} "
                  f"| {median(runs, 'p50_us'):,.0f} | {median(runs, 'p99_us'):,.0f} | {busy:.0%} |")


def main():
    arguments = parse()
    herd = str(arguments.build / "bin" / "herd")
    server = str(arguments.build / "bin" / "herd-server")
    targets = {}
    try:
        targets["ceiling"] = rig.Ceiling(str(arguments.build / "test" / "ceiling"), SERVER_CORE)
        targets["herd"] = rig.Herd(herd, server, SERVER_CORE)
        targets["herd, journal written"] = rig.Herd(herd, server, SERVER_CORE, durability="written")
        targets["herd, wire log"] = rig.Herd(herd, server, SERVER_CORE, wire=True)
        tell(measure(arguments, herd, targets))
    finally:
        for target in targets.values():
            target.close()


if __name__ == "__main__":
    main()
