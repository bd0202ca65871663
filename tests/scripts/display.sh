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
	timeout --kill-after=10 300 "${run[@]}" "$@" </dev/null >"$tmp/out" 2>"$tmp/err" || got=$?
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

# ready: QEMU has made its machine, and answers. Sets qemu: its pid, and state.
# shellcheck disable=SC2317 # within calls it
ready() {
	read -r qemu state < <(python3 - "$tmp/qmp" 2>/dev/null <<-END
		import json, socket, struct, sys
		s = socket.socket(socket.AF_UNIX)
		s.settimeout(60)
		s.connect(sys.argv[1])
		f = s.makefile("rw")
		f.readline()
		for name in "qmp_capabilities", "query-status":
		    f.write(json.dumps({"execute": name}) + "\n")
		    f.flush()
		    answer = {}
		    while "return" not in answer:
		        answer = json.loads(f.readline())
		pid = struct.unpack("3i", s.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[0]
		print(pid, answer["return"]["status"])
	END
	) && grep -qs "\"event\": *\"qemu\".*\"pid\": *${qemu}[,}]" "$tmp/events"
}

# shellcheck disable=SC2317 # within calls it
ready_or_over() { ready || ! kill -0 "$pid" 2>/dev/null; }

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
	QEMU_OPTS="-S -qmp unix:$tmp/qmp,server=on,wait=off ${words-}" timeout --kill-after=10 600 "${run[@]}" \
		--image port.qcow2 --json "$tmp/events" "$@" </dev/null >"$tmp/out" 2>"$tmp/err" &
	pid=$! qemu='' state=''
	within 240 ready_or_over
	[ "$state" ] || sed 's/^/# /' "$tmp/err"
	is "$name: QEMU stands before its first instruction" "$state" prelaunch
	is "$name: ports" "$([ -z "$qemu" ] || listening | wc -l)" "$want"
	kill $pid 2>/dev/null
	wait $pid
	pid=
	rm -rf "$tmp/events" ./*
}

opens "by itself" 0
opens "--graphics=none" 0 --graphics=none
words='-display none' opens "--graphics, a display of the user's" 0 --graphics
# virtiofsd takes no whole store under a low limit of open files.
for share in 9p 'virtiofs --expose closure' image; do
	# shellcheck disable=SC2086 # words
	opens "--share $share" 0 --share $share
done
opens "--network open, a vlan, an agent" 0 --network open --vlan 5 --guest-agent
opens "--efi --tpm" 0 --efi --tpm
# An address of this host that is this test's alone.
opens "--forward, which asks for one" 1 --forward "127.$((64 + ($$ >> 16) % 128)).$(($$ >> 8 & 255)).$(($$ & 255)):2222:22"
tap_end
