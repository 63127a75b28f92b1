#!/bin/sh
# SPDX-License-Identifier: MIT
# Installs what the build needs, builds `release`, runs the herd of five in the
# foreground and shows one report and one question. Stays until Ctrl-C; with
# --once it ends the herd right after.
# Everything that it makes, the servers' logs too, is in the tree's build/.
set -eu
root=$(cd "$(dirname "$(readlink -f "$0")")/.." && pwd -P)
cd "$root"
. cmake/prepare.sh

once=no
case "$#:${1-}" in
0:) ;;
1:--once) once=yes ;;
*)
    echo "usage: quickstart.sh [--once]" >&2
    exit 64
    ;;
esac

# shellcheck disable=SC2086
install_packages $build_packages
build_preset release

# The herd that is started here, whatever other herd this machine is set up for.
unset HERD_CONFIG HERD_SERVER
export XDG_STATE_HOME="$root/build/state"
unset STATE_DIRECTORY LOGS_DIRECTORY
mkdir -p "$XDG_STATE_HOME"
herd=build/release/bin/herd

say "Starting the herd"
ready=$XDG_STATE_HOME/ready.$$
rm -f "$ready"
mkfifo "$ready"
# In the background it ignores Ctrl-C: the shell gets that and ends the herd, once.
"$herd" up --ready-fd 3 3>"$ready" &
up=$!

# Waits for the herd's end through as many signals as come; returns its exit code.
herd_code() {
    code=0
    while :; do
        wait $up && code=0 || code=$?
        kill -0 $up 2>/dev/null || break
    done
    trap - EXIT
    return $code
}

end_herd() {
    kill -TERM $up 2>/dev/null || :
}

trap end_herd INT TERM HUP
trap 'rm -f "$ready"; end_herd; herd_code || :' EXIT

answered=yes
read -r _ <"$ready" || answered=no
rm -f "$ready"
if [ $answered = no ]; then
    herd_code || exit $?
    exit 0 # a signal ended it before it was up
fi

sleep 1 # lets the servers' first lines pass, so that what follows stays together
client=kiwi.cs.ucla.edu
report="IAMAT $client +34.068930-118.445127 $(date +%s.%N)"
question="WHATSAT $client 10 5"

say "A client tells Goloman where it is"
printf "\$ $herd send --to Goloman '%s'\n" "$report"
"$herd" send --to Goloman "$report"

say "Anyone asks Welsh, which the report reached through its neighbours, for five places within 10 km"
printf "\$ $herd send --to Welsh '%s'\n" "$question"
# A herd that has only just started may still be shaking hands: the answer is "? ..." until then.
tries=0
while :; do
    answer=$("$herd" send --to Welsh "$question")
    case $answer in "AT "*) break ;; esac
    tries=$((tries + 1))
    [ $tries -lt 50 ] || break
    sleep 0.1
done
printf '%s\n\n' "$answer"

if [ $once = yes ]; then
    end_herd
else
    say "More, in another terminal:"
    cat <<TEXT
    cd '$root'
    $herd send --to Hands 'WHATSAT $client 50 20'
    $herd send --to Wilkes --to Holiday      lines typed then go to both, Ctrl-D ends
    nc 127.0.0.1 12001                       Goloman, by hand (package netcat-openbsd)
    Logs are in build/state/herd. Ctrl-C here ends the herd.
TEXT
fi
herd_code
