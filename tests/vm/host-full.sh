#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# host-full.sh - the host's disk is full: the guest gets an error and goes on, the launcher says which file system it is,
# and with room again the next boot is well
# shellcheck disable=SC2016 # the guest expands its script, not this shell
set -u
# A mount namespace of our own: small file systems that go with it.
if [ -z "${HOST_FULL_INSIDE:-}" ]; then
	as=(unshare --mount)
	[ "$(id -u)" = 0 ] || as+=(--map-root-user)
	if "${as[@]}" mount -t tmpfs none /mnt 2>/dev/null; then
		HOST_FULL_INSIDE=1 exec "${as[@]}" bash "$0"
	fi
	echo 'ok 1 - host-full # SKIP no mount namespace for this user here'
	echo '1..1'
	exit 0
fi
# shellcheck source=tests/lib/vm.sh
. tests/lib/vm.sh
declare -A small=([root]=512k [data]=3M [layer]=24M)
for fs in "${!small[@]}"; do
	mkdir "$tmp/$fs"
	mount -t tmpfs -o "mode=700,size=${small[$fs]}" "the-$fs" "$tmp/$fs"
done

# The guest's own word on each disk: dd's exit status. Then the run goes on to a clean power-off.
facts=$(vm_script '
for d in /sys/block/[sv]d*; do
	grep -aqs data "$d/serial" "$d/device/vpd_pg80" || continue
	dd if=/dev/urandom of="/dev/${d##*/}" bs=1M count=6 conv=fsync 2>/run/said
	echo "FACT data $? $(grep -o "Input/output error" /run/said)"
done
dd if=/dev/urandom of=/big bs=1M count=40 conv=fsync 2>/dev/console
echo "FACT root $?"
true')

# full FS FILE: what stderr has to say of it
full() {
	echo "^storeboot: the host cannot write $2: No space left on device; the host's file system $tmp/$1 \\(the-$1\\) is full, [0-9]+ KiB are left"
}

# --- no room even for the format -----------------------------------------------------------------------------------
vm_run 240 --image "$tmp/root/new.qcow2" --append "demo.run=$facts" --reginfo none
is "no room for the format: exit" "$status" 70
has "no room for the format: what stage 1 says" "$err" 'stage 1 failed at step disk: cannot format /dev/vda: .*partly written, holds no file system'
has "no room for the format: which file system" "$err" "$(full root "$tmp/root/new.qcow2"); the guest sees I/O errors"

# --- more room, and a larger disk: it is formatted after all, and filled again by its own files; so is a second disk --------
mount -o remount,size=20M "$tmp/root"
truncate -s 8M "$tmp/data/data.img"
vm_run 240 --image "$tmp/root/new.qcow2" --disk-size 600M --disk "$tmp/data/data.img,raw" --disk-interface scsi --append "demo.run=$facts" --reginfo none \
	--json "$tmp/events"
has "filled: the disk was formatted first" "$(cat "$tmp/events")" '"step":"disk".*"text":"/dev/sd[ab] held a format that was cut short: formatted again, ext3, 600 MiB'
has "filled: the second disk's error reaches the program" "$out" '^FACT data 1 Input/output error'
has "filled: so does the root disk's" "$out" '^FACT root 1'
has "filled: the guest goes on" "$out" '^storeboot demo: poweroff'
has "filled: which file system, the second disk" "$err" "$(full data "$tmp/data/data.img"); the guest sees I/O errors"
has "filled: which file system, the root disk" "$err" "$(full root "$tmp/root/new.qcow2"); the guest sees I/O errors"
is "filled: exit" "$status" 71
has "filled: the verdict" "$err" '^storeboot: the guest ended by itself, but saw I/O errors: the host cannot write '
has "filled: an event for machines" "$(cat "$tmp/events")" '"event":"io-error",.*"disk":"disk1","operation":"write","reason":"No space left on device"'

# --- room again --------------------------------------------------------------------------------------------------------
mount -o remount,size=90M "$tmp/root"
vm_run 240 --image "$tmp/root/new.qcow2" --append "demo.run=$facts" --reginfo none
is "room again: exit" "$status" 0
has "room again: the guest's file is whole" "$out" '^FACT root 0'

# --- a throw-away layer lies elsewhere -----------------------------------------------------------------------------------
TMPDIR=$tmp/layer vm_run 240 --image "$tmp/root/new.qcow2" --ephemeral --disk-interface ide --append "demo.run=$facts" --reginfo none
has "throw-away layer: its error reaches the program" "$out" '^FACT root 1'
has "throw-away layer: which file system" "$err" "$(full layer "the throw-away layer of $tmp/root/new.qcow2")"
is "throw-away layer: exit" "$status" 71
umount "$tmp/root" "$tmp/data" "$tmp/layer"
tap_end
