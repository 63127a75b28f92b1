#!/bin/sh
# SPDX-License-Identifier: MIT
# Remakes src/places/data/cities500.tar.xz from GeoNames' cities500.txt: keeps
# eight of its nineteen columns and sorts by country, admin1 and geonameid, so
# that the same input always gives the same bytes.
#
#     cmake/places-data.sh CITIES500.TXT     (see src/places/data/README.md for where to get it)
set -eu
if [ $# -ne 1 ] || [ ! -r "$1" ]; then
    echo "usage: $0 CITIES500.TXT" >&2
    exit 64
fi
data=$(cd "$(dirname "$0")/../src/places/data" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tab=$(printf '\t')
LC_ALL=C awk -F"$tab" -v OFS="$tab" '
    NF != 19 { printf "line %d has %d columns, not 19\n", NR, NF > "/dev/stderr"; exit 65 }
    { print $1, $2, $5, $6, $8, $9, $11, $15 }' "$1" >"$work/unsorted"
LC_ALL=C sort -t"$tab" -k6,6 -k7,7 -k1,1n "$work/unsorted" >"$work/cities500.tsv"
cd "$work"
tar --create --file=cities500.tar --format=ustar --mtime='2023-03-05 00:00:00Z' --owner=0 --group=0 --numeric-owner \
    --mode=0644 cities500.tsv
xz -9e --check=crc64 --threads=1 cities500.tar
mv cities500.tar.xz "$data/cities500.tar.xz"
ls -l "$data/cities500.tar.xz"
