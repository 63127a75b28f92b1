# SPDX-License-Identifier: MIT
"""
What the build promises of other machines than the one it runs on. machines.py CHECK TREE FOLDER, the folder being the
check's own:
arm64    the rooms that need libc alone compile for arm64; skipped where there is no cross compiler: exit code 77
bits     a compiler for a machine of 32 bits is told so, in one error
fortify  what packagers' flags define is defined once
"""

import json
import os
import shutil
import subprocess
import sys

import house

SKIPPED = 77
CROSS_COMPILER = "aarch64-linux-gnu-gcc"


def run(*command, **environment):
    """(exit code, all that it said)."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
                          env={**os.environ, **environment})
    return done.returncode, done.stdout


def configure(tree, folder, *options, **environment):
    return run("cmake", "--fresh", "-G", "Ninja", "-S", tree, "-B", folder, "-DCMAKE_BUILD_TYPE=Release",
               "-DBUILD_TESTING=OFF", "-DHERD_WERROR=ON", "-DHERD_LTO=OFF", *options, **environment)


def rooms_of_libc():
    with_library = set().union(*house.LIBRARIES.values())
    return [room for room, uses in house.USES.items() if not with_library & {room, *uses}]


def check_arm64(tree, folder):
    if shutil.which(CROSS_COMPILER) is None:
        print(f"arm64: skipped, {CROSS_COMPILER} is not installed (Debian: gcc-aarch64-linux-gnu libc6-dev-arm64-cross)")
        return SKIPPED
    code, said = configure(tree, folder, f"-DCMAKE_TOOLCHAIN_FILE={tree}/cmake/arm64.cmake", CFLAGS="")
    if code == 0:
        targets = [f"herd_{room}" for room in rooms_of_libc()]
        print("arm64:", *targets)
        code, said = run("cmake", "--build", folder, "--target", *targets)
    if code != 0:
        print(said)
    return code


def check_bits(tree, folder):
    if shutil.which("gcc") is None:
        print("bits: skipped, there is no gcc")
        return SKIPPED
    # A library is all that such a compiler can make where its libc is missing.
    code, said = configure(tree, folder, "-DCMAKE_TRY_COMPILE_TARGET_TYPE=STATIC_LIBRARY", CFLAGS="-m32", CC="gcc")
    if "unrecognized command-line option" in said:
        print("bits: skipped, this compiler knows no machine of 32 bits")
        return SKIPPED
    good = code != 0 and said.count("CMake Error") == 1 and "Herd needs a 64-bit machine" in said
    print("bits: refused" if good else said)
    return 0 if good else 1


def check_fortify(tree, folder):
    code, said = configure(tree, folder, CFLAGS="-O2 -Wdate-time -D_FORTIFY_SOURCE=2")
    if code == 0:
        with open(os.path.join(folder, "compile_commands.json"), encoding="utf-8") as file:
            commands = json.load(file)
        one = next(each for each in commands if each["file"].endswith("/base/text.c"))
        code, said = run("/bin/sh", "-c", f'cd "$0" && {one["command"]}', one["directory"])
    print("fortify: once" if code == 0 else said)
    return code


if __name__ == "__main__":
    sys.exit({"arm64": check_arm64, "bits": check_bits, "fortify": check_fortify}[sys.argv[1]](*sys.argv[2:]))
