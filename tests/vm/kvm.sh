#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# kvm.sh - storeboot under a KVM that works: in an emulated guest that has one, by QEMU's emulation of SVM
#
# The outer guest is storeboot's own: this host's root by 9p, under an overlay in memory
# (tests/lib/kvm-outer). In it tests/lib/kvm-inner runs storeboot. A working KVM of this host is not used, so
# that the test does the same everywhere.
#
# The outer processor is of family 23. The default is family 15, for which Linux looks for an AGP aperture on
# 256 buses; that costs some 30,000 exits in each inner boot.
# shellcheck disable=SC2317 # at_end is called at the end
set -u
# shellcheck source=tests/lib/vm.sh
. tests/lib/vm.sh

# relay: passes TAP on, numbered anew, and keeps what else there is as comments. planned: how many the plan
# promised.
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

# outer SECONDS: sets status. The inner checks' TAP is in $tmp/tap. The guest's sh is busybox's. Its program
# is passed as text, since an open script would keep the mount busy.
outer() {
	status=0
	timeout --kill-after=10 "$1" "$storeboot" run "$system" --name kvm-outer --share 9p --bind /:/host:ro \
		--root tmpfs --memory 2G --cores 2 --accel tcg --no-stage2 --console-log "$tmp/outer.log" \
		--timeout-stage1 600 --timeout $(($1 - 60)) --append mitigations=off \
		--qemu-opts "-cpu max,la57=off,erms=off,fsrm=off,family=23,model=49,stepping=0" -- \
		"$system/sw/bin/sh" -c "$(<tests/lib/kvm-outer)" kvm-outer "$system" "$PWD" \
		tests/lib/kvm-inner "$small" "$build" "$kernel" "$stage2" </dev/null >"$tmp/tap" 2>"$tmp/err" ||
		status=$?
	sed 's/^/# /' "$tmp/err"
}

small=$(tests/lib/small-system "$system") || exit 1
busybox=$small/sw/bin/busybox
kernel=$build/kvm-vmlinux.$$ # not in $tmp: the outer guest has a /tmp of its own
at_end() { rm -f "$build/kvm-vmlinux.$$"; }
tests/lib/vmlinux "$small/kernel" "$kernel" || kernel=$small/kernel
cat >"$tmp/kvm-stage2" <<END
#!$busybox sh
case \$($busybox cat /proc/cmdline) in
*end=panic*) echo c >/proc/sysrq-trigger ;;
*end=wait*)
	trap '$busybox poweroff -f' USR2
	echo "waits for SIGUSR2"
	while :; do $busybox sleep 1; done ;;
esac
$busybox poweroff -f
END
chmod +x "$tmp/kvm-stage2"
stage2=$(nix_store --add "$tmp/kvm-stage2") || exit 1

# No program can panic or reset the outer kernel through a KVM that works. So that is a fault of the emulator
# (seen with QEMU 7.2 and Linux 6.12), and no result.
crashed() {
	grep -m 1 -E "the guest's kernel panicked|guest-reset" "$tmp/err"
}
outer 1800
[ -z "$(crashed)" ] || outer $((2300 - SECONDS))
if [ -n "$(crashed)" ]; then
	skip "storeboot where KVM works" \
		"QEMU's emulation of SVM crashed the outer guest twice: $(crashed)"
	tap_end
fi
relay <"$tmp/tap"
[ $status -eq 0 ] || tail -n 12 "$tmp/outer.log" | tr -d '\r\000' | sed 's/^/# console: /'
is "the checks in the outer guest came to their end" "$seen" "$planned"
ok "the outer guest ended by itself" [ $status -le 1 ]
tap_end
