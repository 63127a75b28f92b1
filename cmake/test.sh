#!/bin/sh
# SPDX-License-Identifier: MIT
# Installs what the tests need, builds `dev` (ASan and UBSan) and runs all
# tests, then builds `sim` (the simulator as released) and runs its tests. Exits
# with CTest's status, the first that is not 0. Arguments go to CTest: -R unit,
# -j1, ...
set -eu
root=$(cd "$(dirname "$(readlink -f "$0")")/.." && pwd -P)
cd "$root"
. cmake/prepare.sh

# shellcheck disable=SC2086
install_packages $build_packages $test_packages
build_preset dev
build_preset sim
status=0
say "Testing"
ctest --preset dev --parallel "$(nproc)" "$@" || status=$?
say "Testing the core in a simulator, without sanitizers"
ctest --preset sim --parallel "$(nproc)" "$@" || status=$((status ? status : $?))
exit "$status"
