# SPDX-License-Identifier: MIT
# What quickstart.sh and test.sh share; read by them, not run. POSIX sh.
# Sets $root, the tree's folder. A failure ends the script with one line that says what to do.

say() {
    printf '==> %s\n' "$*"
}

fail() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

# What a build needs. "a|b": either will do.
build_packages="gcc libc6-dev cmake ninja-build pkgconf|pkg-config
    libuv1-dev libjansson-dev libconfig-dev libsystemd-dev libssl-dev
    ca-certificates libcurl4-openssl-dev|libcurl4-gnutls-dev|libcurl4-nss-dev"
test_packages="libcmocka-dev python3 iproute2 clang clang-format
    netcat-openbsd|netcat-traditional nftables osmium-tool"
slow_packages="clang-tidy"

# Prints those of "$@" that are not installed, the first of each "a|b".
missing_packages() {
    installed=$(dpkg-query -W -f='${db:Status-Abbrev}${Package}\n' 2>/dev/null | sed -n 's/^.i *//p')
    for wanted in "$@"; do
        found=no
        for name in $(printf '%s' "$wanted" | tr '|' ' '); do
            case "
$installed
" in *"
$name
"*) found=yes ;; esac
        done
        [ "$found" = yes ] || printf '%s ' "${wanted%%|*}"
    done
}

# as_root COMMAND...: runs it as root, quietly; what it wrote is shown where it fails.
as_root() {
    mkdir -p "$root/build" || fail "cannot make $root/build: is the tree yours?"
    log=$root/build/packages.log
    if [ "$(id -u)" = 0 ]; then
        DEBIAN_FRONTEND=noninteractive "$@" </dev/null >"$log" 2>&1 && return
    else
        sudo DEBIAN_FRONTEND=noninteractive "$@" </dev/null >"$log" 2>&1 && return
    fi
    tail -n 20 "$log" >&2
    fail "this failed: $* (all it said is in $log)"
}

# install_packages NAME...: those that are missing, and nothing else.
install_packages() {
    if ! command -v dpkg-query >/dev/null 2>&1; then
        say "This is no Debian: going on with what is installed"
        return
    fi
    missing=$(missing_packages "$@")
    [ -n "$missing" ] || return 0
    if [ "$(id -u)" != 0 ] && ! command -v sudo >/dev/null 2>&1; then
        fail "as root, first: apt-get install --no-install-recommends $missing"
    fi
    say "Installing with apt: $missing"
    as_root apt-get -q -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 update
    # shellcheck disable=SC2086
    as_root apt-get -q -y -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 \
        --no-install-recommends --no-remove install $missing
}

# build_preset NAME: configures and builds build/NAME.
build_preset() {
    cache=$root/build/$1/CMakeCache.txt
    fresh=
    if [ -f "$cache" ] && ! grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$root" "$cache"; then
        fresh=--fresh # the tree was moved or copied together with its build
    fi
    mkdir -p "$root/build/$1" && [ -w "$root/build/$1" ] || fail "cannot write to $root/build/$1: is it yours?"
    say "Building $1 in build/$1"
    cmake --preset "$1" $fresh >"$root/build/$1/configure.log" 2>&1 || {
        cat "$root/build/$1/configure.log" >&2
        fail "configuring failed"
    }
    quiet=
    [ -t 1 ] || quiet=--quiet
    cmake --build --preset "$1" --parallel "$(nproc)" -- $quiet || fail "building failed"
}
