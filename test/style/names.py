# SPDX-License-Identifier: MIT
"""
Base names are unique in the tree, guards are the face's name, and what a face declares begins with herd_; what the files
of one room share in its local.h does not, unless a face names it, too.
"""

import re

import source

DECLARED = re.compile(r"^(?!typedef\b|#)[A-Za-z_][\w \t*]*?\b(\w+)\(")
SHARED = re.compile(r"\bherd_\w+")
NOT_NAMES = {"__attribute__", "defined"}


def check_unique(root):
    problems, first = [], {}
    for path in source.files(root, ["src", "include", "test"], [".c", ".h"]):
        if path.name == "local.h":
            continue
        if path.name in first:
            problems.append((path, 1, f"{first[path.name].relative_to(root)} has the same name"))
        first.setdefault(path.name, path)
    return problems


def check_guard(path, lines):
    guard = f"HERD_{path.stem.upper()}_H"
    if f"#ifndef {guard}" not in lines or f"#define {guard}" not in lines:
        return [(path, 1, f"its guard should be {guard}")]
    return []


def check_declared(path, lines):
    problems = []
    for number, line in enumerate(lines, 1):
        match = DECLARED.match(line)
        if match and match.group(1) not in NOT_NAMES and not match.group(1).startswith("herd_"):
            problems.append((path, number, f"{match.group(1)} does not begin with herd_"))
    return problems


def check_shared(path, lines, in_faces):
    return [(path, number, f"{name} begins with herd_, and no face has it") for number, line in enumerate(lines, 1)
            for name in sorted(set(SHARED.findall(line)) - in_faces)]


def find_problems(root):
    problems = check_unique(root)
    faces = source.files(root, ["include/herd"], [".h"])
    in_faces = {name for path in faces for name in SHARED.findall(source.code(source.read(path)))}
    for path in source.files(root, ["src"], ["local.h"]):
        problems += check_shared(path, source.code(source.read(path)).split("\n"), in_faces)
    for path in faces:
        lines = source.code(source.read(path)).split("\n")
        problems += check_guard(path, lines) + check_declared(path, lines)
    return problems, len(faces)


if __name__ == "__main__":
    source.main("names", find_problems)
