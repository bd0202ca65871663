#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# display.sh - the guest's display on the host: named or refused, and no run opens a port that nobody asked for
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib/host.sh
. tests/lib/host.sh

system=$(scripts/demo-system) || exit 1
unset DISPLAY WAYLAND_DISPLAY
pid=
# shellcheck disable=SC2317 # called by the trap
at_end() {
	[ -z "$pid" ] || kill "$pid" 2>/dev/null
}
mkdir -m 700 "$tmp/work"
cd "$tmp/work" || exit 1
run=("$storeboot" run "$system" --stage1 "$build/storeboot-init" --reginfo none --accel tcg)

# refuse NAME PATTERN OPTION...: the run fails with 69 and this line, and makes nothing.
refuse() {
	local name=$1 pattern=$2 got=0
	shift 2
	timeout --kill-after=10 60 "${run[@]}" "$@" </dev/null >"$tmp/out" 2>"$tmp/err" || got=$?
	is "$name: exit code" $got 69
	has "$name: what it says" "$(cat "$tmp/err")" "^storeboot: --graphics: $pattern"
	is "$name: nothing made" "$(ls -A)" ''
}

refuse 'a window without a display' 'there is no display to show a window on: neither WAYLAND_DISPLAY nor DISPLAY is set; .*--graphics=none' \
	--graphics
DISPLAY=:4711 refuse 'a display that is gone' 'there is no display .*nothing answers on DISPLAY=:4711' --graphics=gtk
refuse 'a window without a display, printed' 'there is no display' --graphics --print-qemu

# shown OPTION...: the -display and the adapters of the printed command, and the parameter that belongs to one of them.
shown() {
	"${run[@]}" "$@" --print-qemu 2>/dev/null | grep -oE -- '-display [^ ]*|-device VGA[^ ]*|blacklist=bochs|console=tty0' | tr '\n' ' '
}
is "by itself: a screen for screenshots, whose driver is not loaded by itself" "$(shown)" 'blacklist=bochs -display none -device VGA,addr=0x18 '
is "with a display adapter of the user's: no other one" "$(shown --qemu-opts '-device virtio-vga')" '-display none '
is "--graphics=none: a console on it" "$(shown --graphics=none)" 'console=tty0 -display none -device VGA '
is "--graphics with a display of the user's: that one alone" "$(shown --graphics --qemu-opts '-display none')" \
	'console=tty0 -device VGA -display none '
is "--graphics with the user's VNC: no window beside it" "$(shown --graphics --qemu-opts '-vnc none')" 'console=tty0 -device VGA '

# listening: the TCP addresses on which QEMU, $qemu, or a child of it waits, as /proc/net has them.
listening() {
	local process
	for process in $qemu $(cat "/proc/$qemu/task/$qemu/children"); do
		find "/proc/$process/fd" -lname 'socket:*' -printf '%l\n'
	done | tr -dc '0-9\n' | sort -u >"$tmp/inodes"
	awk 'NR == FNR { own[$1] = 1; next } $4 == "0A" && $10 in own { print $2 }' "$tmp/inodes" /proc/net/tcp /proc/net/tcp6
}

# opens NAME WANT OPTION...: a run of this kind, held before its first instruction, listens on so many addresses.
opens() {
	local name=$1 want=$2
	shift 2
	QEMU_OPTS="-S ${words-}" timeout --kill-after=10 120 "${run[@]}" --image port.qcow2 --json "$tmp/events" "$@" </dev/null \
		>"$tmp/out" 2>"$tmp/err" &
	pid=$!
	qemu=
	until [ "$qemu" ] && [ "$(tr '\0' '\n' <"/proc/$qemu/cmdline" 2>/dev/null | grep -cx -- -S)" -gt 0 ] &&
		grep -q 'S (sleeping)' "/proc/$qemu/status"; do
		kill -0 $pid 2>/dev/null || break
		qemu=$(sed -n 's/.*"event": *"qemu".*"pid": *\([0-9]*\).*/\1/p' "$tmp/events" 2>/dev/null)
		sleep 0.2
	done
	sleep 1 # its sockets come with its devices
	is "$name: ports" "$(listening | wc -l)" "$want"
	[ "$qemu" ] || sed 's/^/# /' "$tmp/err"
	kill $pid
	wait $pid
	pid=
	rm -rf "$tmp/events" ./*
}

opens "by itself" 0
opens "--graphics=none" 0 --graphics=none
words='-display none' opens "--graphics, a display of the user's" 0 --graphics
for share in 9p virtiofs image; do
	opens "--share $share" 0 --share $share
done
opens "--network open, a vlan, an agent" 0 --network open --vlan 5 --guest-agent
opens "--efi --tpm" 0 --efi --tpm
opens "--forward, which asks for one" 1 --forward $((20000 + RANDOM % 10000)):22
tap_end
