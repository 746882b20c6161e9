#!/bin/sh
# The least that any such tool has to do: find the ends of the input's lines, and write as many bytes as
# the reports have, on two processes at once.
#
#     floor.sh FIRST_HALF SECOND_HALF BYTES OUT
#
# `wc -l` on the two halves of the input, then `dd` of BYTES zero bytes, half of them each. Nothing is
# parsed, decided or formatted.
set -eu

half_bytes=$(($3 / 2))
mkdir -p "$4"

half() {
    wc -l < "$1" > "$2.lines"
    dd if=/dev/zero of="$2" bs=256K count="$half_bytes" iflag=count_bytes status=none
}

half "$1" "$4/first" &
first=$!
half "$2" "$4/second"
wait "$first"
