# SPDX-License-Identifier: MIT
"""
clang-tidy 14 finds nothing in the C files below one folder: tidy.py TREE BUILD FOLDER, the build one that is configured.
Skipped where it is missing: exit code 77.
"""

import subprocess
import sys
from pathlib import Path

import format as formatting
import source

SKIPPED = 77


def main():
    root, build, folder = Path(sys.argv[1]).resolve(), sys.argv[2], sys.argv[3]
    program = formatting.find_program("clang-tidy")
    if program is None:
        print("tidy: skipped, clang-tidy 14 is not installed (Debian: apt-get install clang-tidy)")
        return SKIPPED
    paths = source.files(root, [folder], [".c"])
    if not paths:
        print(f"tidy: found nothing to look at in {folder}")
        return 1
    done = subprocess.run([program, "-p", build, "--quiet", *map(str, paths)], cwd=root, check=False)
    print(f"tidy: {len(paths)} files of {folder}, clang-tidy says {done.returncode}")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
