#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# kvm.sh - the accelerator's probe finds a KVM that works: in an emulated guest that has one, by QEMU's emulation of SVM
#
# The outer guest is storeboot's own: this host's root by 9p, under an overlay in memory (tests/lib/kvm-outer). In it
# tests/lib/kvm-inner runs storeboot. A working KVM of this host is not used, so that the test does the same everywhere.
#
# Its processor is one of family 23: by default it is one of family 15, with which Linux looks for an AGP aperture on 256
# buses, some 30,000 exits in each boot.
set -u
# shellcheck source=tests/lib/vm.sh
. tests/lib/vm.sh

# relay: passes TAP on, numbered anew, and keeps what else there is as comments. planned: how many the plan promised.
planned=none seen=0
relay() {
	local line
	while IFS= read -r line; do
		case $line in
		'ok '*' - '* | 'not ok '*' - '*)
			seen=$((seen + 1)) tap_n=$((tap_n + 1))
			[ "${line%%ok*}" = '' ] || tap_bad=$((tap_bad + 1))
			echo "${line%%ok*}ok $tap_n - ${line#* - }"
			;;
		1..*) planned=${line#1..} ;;
		'#'*) echo "$line" ;;
		*) echo "# $line" ;;
		esac
	done
}

# outer: sets status; the inner checks' TAP is in $tmp/tap. The guest's sh is busybox's; the program's text goes along,
# since its file would keep the mount busy.
outer() {
	status=0
	timeout --kill-after=10 1000 "$storeboot" run "$system" --name kvm-outer --share 9p --bind /:/host:ro --root tmpfs \
		--memory 2G --cores 2 --accel tcg --no-stage2 --console-log "$tmp/outer.log" --timeout-stage1 600 --timeout 900 \
		--qemu-opts "-cpu max,la57=off,erms=off,fsrm=off,family=23,model=49,stepping=0" -- \
		"$system/sw/bin/sh" -c "$(<tests/lib/kvm-outer)" kvm-outer "$system" "$PWD" \
		tests/lib/kvm-inner "$system" "$build" </dev/null >"$tmp/tap" 2>"$tmp/err" || status=$?
	sed 's/^/# /' "$tmp/err"
}

# No program can panic or reset the outer kernel by a KVM that works, so that is the emulator's fault (seen with QEMU 7.2
# and Linux 6.12), and no result.
crashed() {
	grep -m 1 -E "the guest's kernel panicked|guest-reset" "$tmp/err"
}
outer
[ -z "$(crashed)" ] || outer
if [ -n "$(crashed)" ]; then
	skip "the accelerator's probe where KVM works" "QEMU's emulation of SVM crashed the outer guest twice: $(crashed)"
	tap_end
fi
relay <"$tmp/tap"
[ $status -eq 0 ] || tail -n 12 "$tmp/outer.log" | tr -d '\r\000' | sed 's/^/# console: /'
is "the checks in the outer guest came to their end" "$seen" "$planned"
ok "the outer guest ended by itself" [ $status -le 1 ]
tap_end
