#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# bars.sh - what the build must stay below: its size, and exact guest instructions from PID 1 to stage 2. Each bar is a
# ratio to a reference of the same run, because compilers, kernels and QEMU change every week.
set -u
# shellcheck source=tests/lib/vm.sh
. tests/lib/vm.sh

size=$(stat -c %s "$build/storeboot-init")
BUILD=$build tests/bench/libraries "$tmp/libraries"
reference=$(stat -c %s "$tmp/libraries")
echo "# storeboot-init: $size bytes; the libraries alone: $reference"
ok "storeboot-init is at most 1.44 times as large as the libraries in it" [ $((size * 100)) -le $((reference * 144)) ]
is "storeboot-init has no program interpreter" "$(readelf -lW "$build/storeboot-init" | grep -c INTERP)" 0
is "storeboot-init needs no shared library" "$(readelf -dW "$build/storeboot-init" | grep -c NEEDED)" 0

# bench ARGUMENT...: scripts/bench ends with 0 if its figure is within its bar; line: that figure.
bench() {
	status=0
	line=$(scripts/bench "$@" 2>"$tmp/bench") || status=$?
	echo "# $line"
	[ "$status" -eq 0 ] || sed 's/^/# /' "$tmp/bench"
}
bench instructions
has "the instructions were counted" "$line" "to stage 2: [0-9]+ million, [0-9.]+ times those of its modules alone"
is "instructions from PID 1 to stage 2 are within the bar" "$status" 0
bench channel --runs 1
has "the channel's own cost was counted" "$line" "first instruction of a command: [0-9.]+ million"
is "the channel's own cost is within its bar" "$status" 0
tap_end
