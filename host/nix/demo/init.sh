#!/bin/sh
# SPDX-License-Identifier: MIT
# init.sh: stage 2 of the demo system, and its PID 1 to the end.
#
# Theory of operation. Stage 1 (storeboot-init) has mounted the root disk, the store and the API
# file systems, has loaded the registration, and has exec'ed this with $systemConfig set. This
# script activates the system, greets, and then does what the kernel's command line asks for:
#   demo.run=PATH          run the script PATH, print `demo.run: exit N`, power off
#   demo.batch=1           power off (the launcher adds it when it has no terminal)
#   neither                keep a shell on the console until someone asks for the end
# The kernel does not put words with a dot into the environment, so they are read from
# /proc/cmdline (kernel document admin-guide/kernel-parameters).
#
# It is a loop in ash, not busybox init, because the end has an order of its own: every process
# gone, then the root disk read-only, then off; busybox init runs its shutdown actions first, with
# the shell still writing, and sleeps two seconds. The signals are those of busybox init, so its
# poweroff, reboot and halt work. While ash waits it reaps every child, adopted ones too (it calls
# waitpid(-1)). There is no `set -e`: a PID 1 that ends is a kernel panic.
# shellcheck disable=SC2154 # systemConfig: from the toplevel's init, or the kernel's environment

PATH=$systemConfig/sw/bin
export PATH

# word NAME: the value of the last NAME=... on the kernel's command line.
word() {
	value=
	for each in $cmdline; do
		case $each in
		"$1"=*) value=${each#*=} ;;
		esac
	done
	echo "$value"
}

# mounted FOLDER: whether something is mounted on exactly FOLDER.
mounted() {
	while read -r _ _ _ _ where _; do
		[ "$where" != "$1" ] || return 0
	done </proc/self/mountinfo
	return 1
}

prepare() {
	mounted /proc || mount -t proc proc /proc
	mounted /sys || mount -t sysfs sysfs /sys
	mounted /run || mount -t tmpfs -o mode=755 tmpfs /run
	mkdir -p /dev/pts /dev/shm
	mounted /dev/pts || mount -t devpts -o mode=620,gid=5,ptmxmode=666 devpts /dev/pts
	mounted /dev/shm || mount -t tmpfs -o mode=1777 tmpfs /dev/shm
	"$systemConfig/activate"
	hostname -F /etc/hostname
	# The kernel loads modules by this program, and finds them in the system's own tree.
	echo "$systemConfig/sw/bin/modprobe" >/proc/sys/kernel/modprobe

	boots=0
	[ ! -r /var/lib/boots ] || read -r boots </var/lib/boots
	case $boots in
	'' | *[!0-9]*) boots=0 ;;
	esac
	boots=$((boots + 1))
	echo "$boots" >/var/lib/boots.new && mv /var/lib/boots.new /var/lib/boots
}

# show_mount FOLDER: its type, ro or rw, and source. Of two mounts the last one counts. The
# optional fields of mountinfo end with a lone dash (proc_pid_mountinfo(5)).
show_mount() {
	line='not mounted'
	while read -r _ _ _ from where flags rest; do
		[ "$where" = "$1" ] || continue
		rest=${rest#*- }
		type=${rest%% *}
		rest=${rest#* }
		source=${rest%% *}
		[ "$from" = / ] || source="$source, folder $from"
		line="$type  ${flags%%,*}  $source"
	done </proc/self/mountinfo
	printf '  %-12s %s\n' "$1" "$line"
}

addresses() {
	ip -o -4 addr show 2>/dev/null | while read -r _ device _ address _; do
		[ "$device" = lo ] || printf ' %s on %s' "$address" "$device"
	done
}

# paths: how many store paths Nix has on record, and how many of them are in the store. A record
# of --dump-db is: path, hash, size, deriver, number of references, the references.
paths() {
	command -v nix-store >/dev/null || {
		echo 'unknown: no Nix in this system'
		return
	}
	dump=/run/store-paths
	nix-store --dump-db >$dump 2>$dump.err || {
		echo "unknown: nix-store --dump-db: $(tail -n 1 $dump.err)"
		return
	}
	registered=0
	valid=0
	system='not registered'
	while read -r path && read -r _ && read -r _ && read -r _ && read -r references; do
		registered=$((registered + 1))
		if [ -e "$path" ] || [ -L "$path" ]; then
			valid=$((valid + 1))
		fi
		[ "$path" != "$systemConfig" ] || system=registered
		while [ "$references" -gt 0 ]; do
			read -r _
			references=$((references - 1))
		done
	done <$dump
	rm -f $dump $dump.err
	echo "$registered registered, $valid valid; this system is $system"
}

greet() {
	echo
	echo "storeboot demo: boot $boots of this disk, Linux $(uname -r)"
	for folder in / /hostfs /nix/store; do
		# cifs alone shows the store there too
		[ "$folder" != /hostfs ] || mounted /hostfs || continue
		show_mount "$folder"
	done
	address=$(addresses)
	printf '  %-12s%s\n' network "${address:- no address}"
	printf '  %-12s %s\n' system "$systemConfig"
	printf '  %-12s %s\n' 'store paths' "$(paths)"
}

# others: whether a process is left besides this one. Those with parent 0 or 2 are this one and
# the kernel's threads. /proc/N/exe would be a shorter test but a wrong one: a process that exits
# loses it before it closes its files.
others() {
	for process in /proc/[0-9]*; do
		read -r stat <"$process/stat" || continue
		stat=${stat##*) }
		stat=${stat#* }
		case ${stat%% *} in
		0 | 2) ;;
		*) return 0 ;;
		esac
	done 2>/dev/null
	return 1
}

# within N COMMAND: try COMMAND until it succeeds, a tenth of a second apart, N times at most.
within() {
	tries=$1
	shift
	until "$@"; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || return 1
		usleep 100000
	done
}

nobody_left() {
	! others
}

read_only() {
	mount -o remount,ro / 2>/dev/null
}

# finish WORD: poweroff or reboot, in good order; does not return.
finish() {
	trap '' HUP INT TERM PWR USR1 USR2
	cd /
	echo "storeboot demo: $1"
	# An interactive shell ignores TERM, but not HUP; a stopped one needs CONT to see either.
	for signal in TERM HUP CONT; do
		kill -$signal -1 2>/dev/null
	done
	within 20 nobody_left || {
		kill -KILL -1 2>/dev/null
		within 20 nobody_left
	}
	sync
	within 20 read_only || echo "storeboot demo: / could not be made read-only"
	"$1" -f
	while :; do
		sleep 3600
	done
}

# run SCRIPT: run it and say how it ended.
run() {
	if [ -r "$1" ]; then
		sh "$1"
		status=$?
	else
		echo "demo.run: cannot read $1"
		status=127
	fi
	echo "demo.run: exit $status"
}

# power_button: make the machine's power button (QEMU's system_powerdown) mean poweroff: acpid
# runs /etc/acpi/PWRF/00000080.
power_button() {
	modprobe -a button evdev && exec acpid -f -l /var/log/acpid.log
}

# console: a login shell with job control on the console, again and again. setsid gives it a
# session and cttyhack the console's real device as its terminal (/dev/console cannot be one).
# A shell without job control starts what it puts in the background with SIGINT ignored, and that
# is inherited by all below; login sets it back, or Ctrl-C would do nothing. SIGQUIT stays ignored.
console() {
	power_button >/dev/null 2>&1 &
	echo "  'poweroff' ends the run"
	while :; do
		setsid cttyhack login -f root &
		wait $!
		echo "storeboot demo: the shell has ended, here is another; 'poweroff' ends the run"
		sleep 1
	done
}

# A halted virtual machine would hang there for ever: halt means poweroff.
trap 'finish poweroff' USR1 USR2 PWR
trap 'finish reboot' INT TERM

prepare
read -r cmdline </proc/cmdline
greet
script=$(word demo.run)
if [ -n "$script" ]; then
	run "$script"
	finish poweroff
fi
[ "$(word demo.batch)" != 1 ] || finish poweroff
console
