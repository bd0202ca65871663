#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# inits.sh - commands and the clean end with every kind of stage 2: systemd, busybox init, a plain shell
# shellcheck disable=SC2016 # the guest's shell expands
set -u
# shellcheck source=tests/lib/vm.sh
. tests/lib/vm.sh
busybox=$(readlink -f "$system/sw/bin/busybox")

# system_of NAME TREE: a system with the demo's kernel and tools around stage 2, which is TREE/init; its store path.
system_of() {
	local top=$2
	ln -s "$(readlink -f "$system/kernel")" "$top/kernel"
	ln -s "$(readlink -f "$system/kernel-modules")" "$top/kernel-modules"
	cp "$system/kernel-params" "$top/kernel-params"
	ln -s "$(readlink -f "$system/sw")" "$top/sw"
	chmod 755 "$top" "$top/init"
	nix_store --add "$top"
}

# begun: the launcher has a VM, or is over.
# shellcheck disable=SC2317 # within calls it
begun() { runs init || ! kill -0 "$launcher" 2>/dev/null; }

# boot SYSTEM ARGUMENT...: in the background, as NAME "init"; launcher is its pid.
boot() {
	local top=$1
	shift
	"$storeboot" run "$top" --reginfo none --name init --image "$tmp/disk.qcow2" --memory 512M "$@" \
		</dev/null >"$tmp/console" 2>"$tmp/err" &
	launcher=$!
	within 240 begun
}

in_guest() {
	timeout 200 "$storeboot" exec init -- "$@" </dev/null
}

# ends NAME: SIGTERM ends it by a clean power-off.
ends() {
	local got=0 start=$SECONDS
	kill -TERM $launcher
	wait $launcher || got=$?
	echo "# $1 ended in $((SECONDS - start)) s"
	is "$1: SIGTERM: exit status" "$got" 143
	qemu-img convert -O raw "$tmp/disk.qcow2" "$tmp/disk.raw"
	has "$1: SIGTERM: the file system is clean" "$(dumpe2fs -h "$tmp/disk.raw" 2>/dev/null)" '^Filesystem state: +clean$'
	is "$1: SIGTERM: its journal is empty" "$(dumpe2fs -h "$tmp/disk.raw" 2>/dev/null | grep -c needs_recovery)" 0
	rm -f "$tmp/disk.qcow2" "$tmp/disk.raw"
}

# --- a plain shell that listens to nobody -----------------------------------------------------------------
mkdir "$tmp/shell"
printf '#!%s sh\nwhile :; do %s sleep 1000; done\n' "$busybox" "$busybox" >"$tmp/shell/init"
top=$(system_of shell "$tmp/shell")
QEMU_OPTS="-monitor unix:$tmp/monitor,server=on,wait=off" boot "$top" --stop-timeout 2
is "a plain shell: a command" "$(in_guest sh -c 'read -r name </proc/1/comm; echo "$name"; touch /was-here')" init
# By itself it has a screen: what the guest writes on tty1 is on a screenshot. So many bytes of it are not black.
bright() {
	timeout 60 python3 -c 'import socket, sys
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
f = s.makefile("rwb", 0)
f.write(b"screendump %s\n" % sys.argv[2].encode())
said = b""
while said.count(b"(qemu)") < 2: # the first is there at once, the second when it is done
    said += s.recv(4096)' "$tmp/monitor" "$tmp/screen.ppm" || return
	tail -c +16 "$tmp/screen.ppm" | tr -d '\0' | wc -c
}
in_guest sh -c 'printf "\033[2J" >/dev/tty1'
blank=$(bright)
in_guest sh -c 'for i in 1 2 3 4 5; do echo "seen from the host"; done >/dev/tty1'
written=$(bright)
has "without --graphics: a screenshot is a VGA text screen" "$(head -c 15 "$tmp/screen.ppm" | head -n 2 | tr '\n' ' ')" '^P6 720 400 $'
ok "without --graphics: what is written on tty1 is on the screenshot ($blank, then $written bytes)" [ "${written:-0}" -gt $((${blank:-0} + 3000)) ]
is "without --graphics: no driver is loaded for it" "$(in_guest grep -c -e ^bochs -e ^drm /proc/modules)" 0
start=$SECONDS
ends "a plain shell"
# Two seconds of asking in vain, and two of the agent's for what does not end; without the option it is asked for 30.
ok "--stop-timeout: it is not asked for longer" [ $((SECONDS - start)) -lt 30 ]

# --- busybox init --------------------------------------------------------------------------------------------
mkdir "$tmp/sysv"
cat >"$tmp/sysv/init" <<-END
	#!$busybox sh
	$busybox mkdir -p /etc
	printf '%s\n' '::sysinit:$busybox touch /run/up' '::shutdown:$busybox echo shutdown runs' \\
		'::shutdown:$busybox mount -o remount,ro /' >/etc/inittab
	exec $busybox init
END
top=$(system_of sysv "$tmp/sysv")
boot "$top"
is "busybox init: a command" "$(in_guest sh -c 'until [ -e /run/up ]; do usleep 100000; done; cat /proc/1/comm')" busybox
ends "busybox init"
has "busybox init: its shutdown ran" "$(tr -d '\r' <"$tmp/console")" '^(shutdown runs|The system is going down NOW!)$'

# --- systemd -----------------------------------------------------------------------------------------------------
status=0
tree=$(tests/lib/systemd-tree) || status=$?
if [ $status -ne 0 ]; then
	skip "systemd" "its packages cannot be fetched here"
	tap_end
fi
mkdir "$tmp/systemd"
cp -a "$tree/usr" "$tree/etc" "$tmp/systemd/"
ln -s usr/lib/systemd "$tmp/systemd/systemd" # as NixOS's toplevels have it
cat >"$tmp/systemd/init" <<-END
	#!$busybox sh
	PATH=$system/sw/bin
	mkdir -p /etc /root /tmp /var/log
	for name in bin sbin lib lib64; do ln -sfn usr/\$name /\$name; done
	ln -sfn \$systemConfig/usr /usr
	[ -e /etc/os-release ] || cp -a \$systemConfig/etc/. /etc/
	ln -sfn /usr/lib/systemd/system/multi-user.target /etc/systemd/system/default.target
	echo root:x:0:0::/root:/bin/sh >/etc/passwd
	echo root:x:0: >/etc/group
	: >/etc/fstab
	# Nobody answers the wizard of the first boot, and no udev names the console to its getty.
	echo 0123456789abcdef0123456789abcdef >/etc/machine-id
	for unit in systemd-firstboot.service serial-getty@ttyS0.service; do
		ln -sfn /dev/null /etc/systemd/system/\$unit
	done
	exec /lib/systemd/systemd
END
mkdir -p "$tmp/systemd/etc/systemd/system"
top=$(system_of systemd "$tmp/systemd")
rm -f "$tmp/console" # of the boots before, which is no log of --console-log's
status=0
timeout 300 "$storeboot" run "$top" --reginfo none --name init --image "$tmp/disk.qcow2" --memory 512M \
	--console-log "$tmp/console" -- sh -c 'cat /proc/1/comm; systemctl is-active multi-user.target; exit 7' \
	</dev/null >"$tmp/out" 2>"$tmp/err" || status=$?
sed 's/^/# /' "$tmp/err"
is "systemd: a command's exit status" "$status" 7
is "systemd: it began when systemd was up" "$(cat "$tmp/out")" "systemd
active"
has "systemd: it powered off by itself" "$(tr -d '\r' <"$tmp/console")" '(Reached target .*([Pp]oweroff|Power-Off)|systemd-shutdown)'
boot "$top"
is "systemd: exec, before it is up" "$(in_guest cat /proc/1/comm | tail -n 1 | grep -cE '^(systemd|busybox|init)$')" 1
"$storeboot" exec init -- sh -c 'for i in $(seq 600); do systemctl is-active multi-user.target && break; sleep 1; done' </dev/null >"$tmp/out"
has "systemd: exec, when it is up" "$(cat "$tmp/out")" '^active$'
ends systemd
is "nothing is left behind" "$(ls -A "$XDG_RUNTIME_DIR")" ""
tap_end
