#!/bin/sh
# SPDX-License-Identifier: MIT
# Installs what the tests need, builds `dev` (ASan and UBSan) and runs all
# tests. Exits with CTest's status. Arguments go to CTest: -R unit, -j1, ...
set -eu
root=$(cd "$(dirname "$(readlink -f "$0")")/.." && pwd -P)
cd "$root"
. cmake/prepare.sh

# shellcheck disable=SC2086
install_packages $build_packages $test_packages
build_preset dev
say "Testing"
exec ctest --preset dev --parallel "$(nproc)" "$@"
