# SPDX-License-Identifier: MIT
"""Reads the tree: files, C without comments and strings, includes, functions."""

import os
import re
import sys
from pathlib import Path

SKIPPED_FOLDERS = {"build", ".git", ".cache", "data", "corpus", "__pycache__"}


def files(root, folders, endings):
    """All files below `folders` of the tree (or the tree itself) with one of these endings, sorted."""
    found = []
    for folder in folders:
        for path, names, leaves in os.walk(Path(root) / folder):
            names[:] = sorted(name for name in names if name not in SKIPPED_FOLDERS)
            found += [Path(path) / leaf for leaf in leaves if leaf.endswith(tuple(endings))]
    return sorted(set(found))


def read(path):
    return path.read_text(encoding="utf-8", errors="replace")


TOKEN = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.DOTALL)


def code(text, keep_strings=False):
    """C without comments, and without what is in strings; lines stay where they are."""
    def replace(match):
        token = match.group(0)
        if token.startswith("/"):
            return " " + "\n" * token.count("\n")
        return token if keep_strings else token[0] * 2
    return TOKEN.sub(replace, text)


INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(<[^>\n]+>|"[^"\n]+")', re.MULTILINE)


def includes(text):
    """(line, name, quoted) of each #include."""
    stripped = code(text, keep_strings=True)
    return [(stripped.count("\n", 0, match.start()) + 1, match.group(1)[1:-1], match.group(1)[0] == '"')
            for match in INCLUDE.finditer(stripped)]


def functions(text):
    """(first line, last line, name) of each function body in the house's layout: braces in column 0."""
    lines = code(text).split("\n")
    found = []
    for number, line in enumerate(lines):
        if line.rstrip() != "{":
            continue
        start = number
        while start > 0 and lines[start - 1].strip() and lines[start - 1].rstrip()[-1] not in ";}":
            start -= 1
        end = number
        while end < len(lines) and lines[end].rstrip() != "}":
            end += 1
        signature = " ".join(part for part in lines[start:number] if not part.lstrip().startswith("#"))
        name = re.search(r"(\w+)\s*\(", signature)
        found.append((start + 1, end + 1, name.group(1) if name else "?"))
    return found


def report(check, root, problems, looked_at):
    """Prints problems as path:line: text; the exit code. Looking at nothing is a failure too."""
    for path, line, text in sorted(problems, key=lambda problem: (str(problem[0]), problem[1])):
        print(f"{Path(path).relative_to(root)}:{line}: {text}")
    if not looked_at:
        print(f"{check}: found nothing to look at in {root}")
        return 1
    print(f"{check}: {len(problems)} problem(s) in {looked_at} files")
    return 1 if problems else 0


def main(check, find_problems):
    """Runs a check on the tree named on the command line."""
    root = Path(sys.argv[1]).resolve()
    problems, looked_at = find_problems(root)
    sys.exit(report(check, root, problems, looked_at))
