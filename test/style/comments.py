# SPDX-License-Identifier: MIT
"""
Every public function of include/herd is explained: by a comment in its own
group (declarations without a blank line between them), by a comment elsewhere
in the header that names it, or, as its header's only function, by the comment
at the top. The verbs that mean the same everywhere (docs/architecture.md) need
no comment of their own.
"""

import re

import source

COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
HOUSE_VERBS = ("_init", "_finish", "_create", "_destroy")
DECLARED = re.compile(r"^(?!typedef\b|struct\s+\w+\s*\{|#)[A-Za-z_][\w \t*]*?\b(herd_\w+)\(")


def groups(text):
    """(first line, lines) of each run of lines without a blank one, comments counting as one line's part."""
    held = COMMENT.sub(lambda match: match.group(0).replace("\n\n", "\n \n"), text)
    first, lines = 1, []
    for number, line in enumerate(held.split("\n"), 1):
        if line:
            lines = lines or []
            if not lines:
                first = number
            lines.append(line)
        elif lines:
            yield first, lines
            lines = []
    if lines:
        yield first, lines


def declarations(text):
    """(line, name, whether its group has a comment) of each function."""
    for first, lines in groups(text):
        commented = "/*" in "\n".join(lines)
        for offset, line in enumerate(source.code("\n".join(lines)).split("\n")):
            match = DECLARED.match(line)
            if match:
                yield first + offset, match.group(1), commented


def find_problems(root):
    problems = []
    paths = source.files(root, ["include/herd"], [".h"])
    for path in paths:
        text = source.read(path)
        comments = " ".join(COMMENT.findall(text))
        found = list(declarations(text))
        for line, name, commented in found:
            alone = len(found) == 1 and text.count("/*") > 1
            explained = commented or alone or name.endswith(HOUSE_VERBS)
            if not (explained or re.search(rf"\b{name}\b", comments)):
                problems.append((path, line, f"{name} has no comment"))
    return problems, len(paths)


if __name__ == "__main__":
    source.main("comments", find_problems)
