# SPDX-License-Identifier: MIT
"""The first line (after #! where there is one) of every file that can hold it names the licence."""

import source

NAMES = ("CMakeLists.txt", ".c", ".h", ".py", ".sh", ".cmake", ".in", ".service", ".target", ".sysusers", ".example")


def find_problems(root):
    problems = []
    paths = source.files(root, ["src", "include", "test", "cmake"], NAMES)
    paths += [path for path in (root / "CMakeLists.txt", root / ".ci" / "run") if path.exists()]
    for path in paths:
        lines = source.read(path).split("\n")
        first = lines[1] if lines[0].startswith("#!") and len(lines) > 1 else lines[0]
        if "SPDX-License-Identifier: MIT" not in first:
            problems.append((path, 1, "does not begin with SPDX-License-Identifier: MIT"))
    return problems, len(paths)


if __name__ == "__main__":
    source.main("licences", find_problems)
