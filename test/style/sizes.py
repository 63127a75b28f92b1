# SPDX-License-Identifier: MIT
"""Files have at most 400 lines, functions at most 70."""

import source

FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 70


def find_problems(root):
    problems = []
    paths = source.files(root, ["src", "include", "test", "cmake"], [".c", ".h", ".py", ".sh", ".cmake"])
    for path in paths:
        text = source.read(path)
        lines = text.count("\n")
        if lines > FILE_LINES_MAX:
            problems.append((path, FILE_LINES_MAX + 1, f"{lines} lines, more than {FILE_LINES_MAX}"))
        if path.suffix not in (".c", ".h"):
            continue
        for first, last, name in source.functions(text):
            length = last - first + 1
            if length > FUNCTION_LINES_MAX:
                problems.append((path, first, f"{name} has {length} lines, more than {FUNCTION_LINES_MAX}"))
    return problems, len(paths)


if __name__ == "__main__":
    source.main("sizes", find_problems)
