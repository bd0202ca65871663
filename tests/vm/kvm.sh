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

mkfifo "$tmp/tap"
status=0
# The guest's sh is busybox's; the program's text goes along, since its file would keep the mount busy.
timeout --kill-after=10 1500 "$storeboot" run "$system" --name kvm-outer --share 9p --bind /:/host:ro --root tmpfs \
	--memory 2G --cores 2 --accel tcg --qemu-opts "-cpu max,la57=off,erms=off,fsrm=off,family=23,model=49,stepping=0" \
	--no-stage2 --console-log "$tmp/outer.log" --timeout-stage1 600 --timeout 1400 -- \
	"$system/sw/bin/sh" -c "$(<tests/lib/kvm-outer)" kvm-outer "$system" "$PWD" \
	tests/lib/kvm-inner "$system" "$build" </dev/null >"$tmp/tap" 2>"$tmp/err" &
outer=$!
relay <"$tmp/tap"
wait $outer || status=$?
sed 's/^/# /' "$tmp/err"
[ $status -eq 0 ] || tail -n 12 "$tmp/outer.log" | tr -d '\r\000' | sed 's/^/# console: /'
is "the checks in the outer guest came to their end" "$seen" "$planned"
ok "the outer guest ended by itself" [ $status -le 1 ]
tap_end
