# SPDX-License-Identifier: MIT
"""C is laid out by clang-format 14 (another version lays out otherwise). Skipped where it is missing: exit code 77."""

import shutil
import subprocess
import sys
from pathlib import Path

import source

SKIPPED = 77


def find_program(tool):
    """A tool of clang's, of version 14; None where there is none."""
    for name in (f"{tool}-14", tool):
        program = shutil.which(name)
        if program is None:
            continue
        version = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
        if "version 14." in version:
            return program
    return None


def main():
    root = Path(sys.argv[1]).resolve()
    program = find_program("clang-format")
    if program is None:
        print("format: skipped, clang-format 14 is not installed (Debian: apt-get install clang-format)")
        return SKIPPED
    paths = source.files(root, ["src", "include", "test"], [".c", ".h"])
    if not paths:
        print("format: found nothing to look at")
        return 1
    done = subprocess.run([program, "--dry-run", "--Werror", "--style=file", *map(str, paths)], cwd=root, check=False)
    print(f"format: {len(paths)} files, clang-format says {done.returncode}")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
