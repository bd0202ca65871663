#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# bars.sh - what the build must stay below: sizes, and exact guest instructions from PID 1 to stage 2
set -u
# shellcheck source=tests/lib/vm.sh
. tests/lib/vm.sh

size=$(stat -c %s "$build/storeboot-init")
echo "# storeboot-init: $size bytes"
ok "storeboot-init is at most 370,000 bytes" [ "$size" -le 370000 ]
is "storeboot-init has no program interpreter" "$(readelf -lW "$build/storeboot-init" | grep -c INTERP)" 0
is "storeboot-init needs no shared library" "$(readelf -dW "$build/storeboot-init" | grep -c NEEDED)" 0

release=$(ls "$system/kernel-modules/lib/modules")
case $release in
6.1.*)
	"$storeboot" initrd -o "$tmp/initrd" --kernel "$system/kernel" --modules "$system/kernel-modules"
	size=$(stat -c %s "$tmp/initrd")
	echo "# the demo's initrd: $size bytes"
	ok "the demo's initrd is at most 1,850,000 bytes, with every road" [ "$size" -le 1850000 ]
	line=$(scripts/bench instructions 2>"$tmp/bench" | tail -n 1)
	echo "# $line"
	has "the instructions were counted" "$line" "to stage 2: [0-9]+ million"
	ok "instructions from PID 1 to stage 2 are within the bar" test "$(sed -n 's/.*stage 2: \([0-9]*\) million.*/\1/p' <<<"$line")" -le 1160
	[ -n "$line" ] || sed 's/^/# /' "$tmp/bench"
	line=$(scripts/bench channel --runs 1 2>"$tmp/bench" | tail -n 1)
	echo "# $line"
	has "the channel's own cost is within its bar" "$line" "first instruction of a command: [0-4]\.[0-9] million \(bar 5\)"
	;;
*)
	skip "the demo's initrd and the instructions" "their bars are for Linux 6.1, the demo here has $release"
	;;
esac
tap_end
