#!/bin/sh
# SPDX-License-Identifier: MIT
# Installs what the tests need, then
# - builds `dev` (ASan and UBSan) and runs all its tests, those of style too;
# - builds `release-tests` (the programs and the simulator as released) and runs
#   the scenarios, the tool's tests and the simulator's;
# - compiles the programs with clang.
# Exits with CTest's status, the first that is not 0. With --slow first, the
# tests, too, are compiled with clang, and those with the label `slow` (clang-tidy
# over the whole tree, more kills) run in the end.
# Other arguments go to CTest: -R unit, -j1, ...
set -eu
root=$(cd "$(dirname "$(readlink -f "$0")")/.." && pwd -P)
cd "$root"
. cmake/prepare.sh

slow=no
if [ "${1-}" = --slow ]; then
    slow=yes
    shift
    test_packages="$test_packages $slow_packages"
fi

# shellcheck disable=SC2086
install_packages $build_packages $test_packages
build_preset clang
build_preset dev
build_preset release-tests

# run_tests PRESET [ARGUMENT...]. Most tests wait more than they compute, so more of them run than there are processors.
status=0
run_tests() {
    preset=$1
    shift
    ctest --preset "$preset" --parallel $((3 * $(nproc))) "$@" || status=$((status ? status : $?))
    tell_skipped "build/$preset/Testing/Temporary/LastTest.log"
}

# CTest tells which tests were skipped; this tells what was skipped within the others.
tell_skipped() {
    [ -f "$1" ] || return 0
    sed -n "s/^\(.*\) \.\.\. skipped \(.*\)/Skipped: \1: \2/p" "$1"
}

say "Testing, with sanitizers"
run_tests dev "$@"
say "Testing the programs and the simulator as released"
run_tests release-tests "$@"
if [ "$slow" = yes ]; then
    say "Building all tests with clang"
    cmake --build build/clang || status=$((status ? status : $?))
    say "Testing what is slow"
    run_tests slow "$@"
fi
exit "$status"
