#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# balloon.sh - memory that the guest frees returns to the host, and `storeboot balloon` takes some of it
# shellcheck disable=SC2013,SC2016,SC2317 # a line of numbers; the guest's shell expands; functions are called by name
set -u
# shellcheck source=tests/lib/vm.sh
. tests/lib/vm.sh

# resident: MiB of the VM's QEMU, the shared memory of virtiofs too.
resident() {
	local launcher qemu
	launcher=$(launcher_of balloon)
	for qemu in $(cat "/proc/$launcher/task/$launcher/children"); do
		[ "$(cat "/proc/$qemu/comm")" != "${QEMU_COMM:-qemu-system-x86}" ] ||
			awk '/^VmRSS:/ { print int($2 / 1024) }' "/proc/$qemu/status"
	done
}
below() { [ "$(resident)" -lt "$1" ]; }
above() { [ "$(resident)" -gt "$1" ]; }
said() { grep -q "$1" "$tmp/out"; }
total() { # of the guest, in MiB
	"$storeboot" exec balloon -- awk '/^MemFree:/ { print int($2 / 1024) }' /proc/meminfo
}
guest_below() { [ "$(total)" -lt "$1" ]; }
guest_above() { [ "$(total)" -gt "$1" ]; }

# begin OPTION...: a guest that fills 200 MiB of a tmpfs, and frees it at the next line of its input.
begin() {
	mkfifo "$tmp/in"
	timeout --kill-after=10 600 "$storeboot" run "$system" --name balloon --root tmpfs --no-stage2 --memory 512M "$@" -- \
		sh -c 'mkdir -p /run/full && mount -t tmpfs -o size=300M full /run/full &&
		dd if=/dev/zero of=/run/full/file bs=1M count=200 2>/dev/null && echo FULL
		read -r _; umount /run/full; echo FREED; read -r _' <"$tmp/in" >"$tmp/out" 2>"$tmp/err" &
	exec 7>"$tmp/in"
	rm "$tmp/in"
	run=$!
	within 400 full_or_ended && said FULL
}
full_or_ended() { said FULL || ! kill -0 "$run" 2>/dev/null; }
finish() {
	exec 7>&-
	wait "$run"
}

ok "the guest fills 200 MiB" begin
full=$(resident)
echo >&7
ok "it frees them" within 100 said FREED
# The guest reports after some two seconds.
ok "at least 150 MiB of $full return to the host" within 100 below $((full - 150))
echo "# $full MiB, then $(resident)"
status=0
"$storeboot" balloon balloon 600M 2>"$tmp/err2" || status=$?
is "more than the guest's memory: exit" "$status" 69
is "more than the guest's memory: the line" "$(cat "$tmp/err2")" \
	"storeboot: balloon: want a size from 1M to the guest's memory, 512M"
ok "storeboot balloon: 256M" "$storeboot" balloon balloon 256M
ok "storeboot balloon: the guest has less" within 100 guest_below 230
ok "storeboot balloon: 512M" "$storeboot" balloon balloon 512M
ok "storeboot balloon: the guest has it again" within 100 guest_above 300
finish

# Memory that virtiofsd shares is a file of its own.
ok "--balloon plain: the guest fills 200 MiB" begin --share virtiofs --expose closure --balloon plain
full=$(resident)
echo >&7
ok "--balloon plain: it frees them" within 100 said FREED
ok "--balloon plain: storeboot balloon takes some" "$storeboot" balloon balloon 200M
ok "--balloon plain: at least 150 MiB of $full return to the host" within 100 below $((full - 150))
echo "# $full MiB, then $(resident)"
finish

# A machine that stays paused boots nothing.
timeout --kill-after=10 600 "$storeboot" run "$system" --name balloon --root tmpfs --share 9p --balloon off --qemu-opts -S \
	</dev/null >"$tmp/out" 2>"$tmp/err" &
ok "--balloon off: the machine is there" within 400 grep -q '^storeboot: booting' "$tmp/err"
status=0
"$storeboot" balloon balloon 256M 2>"$tmp/err2" || status=$?
is "--balloon off: exit" "$status" 69
is "--balloon off: the line" "$(cat "$tmp/err2")" \
	"storeboot: balloon: the VM has no balloon: it was started with --balloon off, or has only just started"
tap_end
