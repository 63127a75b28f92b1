# SPDX-License-Identifier: MIT
"""docs/operating.md has every event of the log and every field of the state that SIGUSR1 logs, and no event that is none."""

import re

import source

PAGE = "docs/operating.md"
# Calls that name an event; the other words in quotes in them are values.
BEGINS = re.compile(r"\b(?:herd_log_begin|herd_log_begin_wire|herd_log_message|say_of_file|log_numbers|log_down|log_link|"
                    r"log_step|clientlog|herd_messages_log|begin|peerlog_guest)\(([^;{]*)")
NAME = re.compile(r'"([a-z_]+)"')
FIELD = re.compile(r'\bherd_log_(?:number|string|text)\(&log, "([a-z_]+)"')
STATE = "statelog.c"
# The end of a counter's row: the event of the state and the key in it (herd/counters.h).
KEY = re.compile(r'"state(?:_[a-z]+)?",\s*"([a-z_]+)"\s*\}')
# Functions that are given the name of the event.
HANDED_ON = {"herd_log_message", "say_of_file", "log_numbers", "log_down", "log_link", "log_step", "one_line", "log_line", "begin", "peerlog_guest"}
# What these say first is the event, then a value.
FIRST_ONLY = re.compile(r"^(?:log_step|clientlog|herd_log_message)\(")


def events(text):
    """(offset, name) of each event that the code begins by a name in quotes."""
    for match in BEGINS.finditer(text):
        names = NAME.findall(argument(match.group(1)))
        if FIRST_ONLY.match(match.group(0)):
            names = names[:1]
        for name in names:
            yield match.start(), name


def nameless(text):
    """Lines that begin an event whose name comes from elsewhere, in a function that this check does not know."""
    bodies = [(first, last) for first, last, name in source.functions(text) if name not in HANDED_ON]
    for match in re.finditer(r"\bherd_log_(?:begin|begin_wire|message)\(([^;{]*)", text):
        line = text.count("\n", 0, match.start()) + 1
        if not NAME.search(argument(match.group(1))) and any(first < line < last for first, last in bodies):
            yield line


def argument(text):
    """`text` up to the parenthesis that ends the call."""
    depth = 1
    for at, byte in enumerate(re.sub(r'"(?:\\.|[^"\\])*"', lambda quoted: "x" * len(quoted.group(0)), text)):
        depth += {"(": 1, ")": -1}.get(byte, 0)
        if depth == 0:
            return text[:at]
    return text


def find_problems(root):
    page = root / PAGE
    text = source.read(page) if page.exists() else ""
    rows = [row.split("|")[1] for row in text.split("\n") if row.startswith("| `")]
    listed = {name for row in rows for name in re.findall(r"`([a-z_]+)`", row)}
    words = set(re.findall(r"`([a-z_]+)`", text))
    problems, seen, paths = [], set(), source.files(root, ["src"], [".c"])
    for path in paths:
        code = source.code(source.read(path), keep_strings=True)
        problems += [(path, line, "the name of the event is not in the call: tell test/style/events.py its function")
                     for line in nameless(code)]
        for at, name in events(code):
            seen.add(name)
            if name not in listed:
                problems.append((path, code.count("\n", 0, at) + 1, f"event {name} is not in {PAGE}"))
        for pattern in (KEY, FIELD) if path.name == STATE else (KEY,):
            for match in pattern.finditer(code):
                if match.group(1) not in words:
                    line = code.count("\n", 0, match.start()) + 1
                    problems.append((path, line, f"field {match.group(1)} is not in {PAGE}"))
    return problems + [(page, 1, f"no code begins the event {name}") for name in sorted(told(text) - seen)], len(paths)


def told(text):
    """The events in the page's table of events."""
    table = text.partition("### Events")[2].partition("\n## ")[0]
    rows = [row.split("|")[1] for row in table.split("\n") if row.startswith("| `")]
    return {name for row in rows for name in re.findall(r"`([a-z_]+)`", row)}


if __name__ == "__main__":
    source.main("events", find_problems)
