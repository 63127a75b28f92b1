# SPDX-License-Identifier: MIT
"""No call that cannot be used safely, and no memory but through herd/memory.h."""

import re

import source

FORBIDDEN = {
    "strcpy": "no bound", "strcat": "no bound", "sprintf": "no bound", "vsprintf": "no bound", "gets": "no bound",
    "strtod": "locale, inf, nan, hex", "strtof": "locale, inf, nan, hex", "strtold": "locale, inf, nan, hex",
    "atof": "no errors", "atoi": "no errors", "atol": "no errors", "atoll": "no errors",
    "alloca": "no bound", "strtok": "hidden state", "rand": "not random", "srand": "not random",
    "localtime": "hidden state", "gmtime": "hidden state", "ctime": "hidden state", "asctime": "hidden state",
}
HEAP = {name: "heap only through herd/memory.h" for name in ("malloc", "calloc", "realloc", "strdup", "strndup")}
SEAM = "src/base/memory.c"
CALL = re.compile(r"(?<![\w.>])(\w+)\s*\(")
DEBTS = re.compile(r"\b(TODO|FIXME|XXX)\b")


def find_problems(root):
    problems = []
    paths = source.files(root, ["src", "include"], [".c", ".h"])
    for path in paths:
        forbidden = dict(FORBIDDEN) if path == root / SEAM else {**FORBIDDEN, **HEAP}
        text = source.read(path)
        for number, line in enumerate(source.code(text).split("\n"), 1):
            for name in CALL.findall(line):
                if name in forbidden:
                    problems.append((path, number, f"{name}: {forbidden[name]}"))
        for number, line in enumerate(text.split("\n"), 1):
            if DEBTS.search(line):
                problems.append((path, number, "a debt in a comment"))
    return problems, len(paths)


if __name__ == "__main__":
    source.main("calls", find_problems)
