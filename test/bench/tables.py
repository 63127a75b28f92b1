# SPDX-License-Identifier: MIT
"""Rows, medians, Markdown, and the tables in a page that are written anew."""

import dataclasses
import datetime
import os
import platform
import re
import statistics


@dataclasses.dataclass
class Row:
    """One line of a table. `met` is None where there is no bar."""

    work: str
    bar: str
    measured: str
    met: bool | None = None


def at_least(work, bar, value, form="{:.2f}", note="", against=""):
    """A row whose value must not be less than `bar`."""
    return Row(work, f">= {form.format(bar)}{against}", with_note(form.format(value), note), value >= bar)


def at_most(work, bar, value, form="{:.2f}", note="", against=""):
    """A row whose value must not be greater than `bar`."""
    return Row(work, f"<= {form.format(bar)}{against}", with_note(form.format(value), note), value <= bar)


def told(work, measured):
    """A row without a bar, to compare with."""
    return Row(work, "", measured)


def with_note(text, note):
    return f"{text} ({note})" if note else text


def median(runs, key=None):
    """The median of numbers, or of one figure of runs."""
    return statistics.median(run[key] for run in runs) if key else statistics.median(runs)


def ratio(runs, others, key):
    """The median of the ratios within the rounds."""
    return statistics.median(run[key] / other[key] for run, other in zip(runs, others, strict=True))


def cpu_ratio(runs, others):
    """By how much more requests `runs` answered in a second of server CPU."""
    return statistics.median(other["server_cpu_ns_per_reply"] / run["server_cpu_ns_per_reply"]
                             for run, other in zip(runs, others, strict=True))


def rate(runs):
    """Rate and cost, for people."""
    return (f"{median(runs, 'per_second'):,.0f}/s, {median(runs, 'server_cpu_ns_per_reply'):,.0f} ns of server CPU")


def markdown(rows):
    lines = ["| work | bar | measured | |", "|---|---|---|---|"]
    for row in rows:
        verdict = {True: "met", False: "not met", None: ""}[row.met]
        lines.append(f"| {row.work} | {row.bar} | {row.measured} | {verdict} |")
    return "\n".join(lines)


def processor():
    with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:
        for line in file:
            key, _, value = line.partition(":")
            if key.strip() in ("model name", "Model"):
                return value.strip()
    return platform.machine()


def machine(rounds):
    """What must be known of where and how figures were taken."""
    today = datetime.datetime.now(datetime.timezone.utc).date().isoformat()
    return (f"{today}, {processor()}, {os.cpu_count()} cores, Linux {platform.release()}, "
            f"{rounds} round{'s' if rounds > 1 else ''}.")


def replace(text, name, content):
    """The text with what stands between the markers of that name replaced."""
    marked = re.compile(rf"(<!-- bench: {re.escape(name)} -->\n).*?(<!-- end -->)", re.DOTALL)
    if not marked.search(text):
        raise ValueError(f"no markers <!-- bench: {name} --> and <!-- end -->")
    return marked.sub(lambda match: f"{match.group(1)}{content}\n{match.group(2)}", text)
