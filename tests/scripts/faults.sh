#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# faults.sh - what can go wrong around a run on the host: limits, full and read-only file systems, children that die, stop
# or lie, odd folders, closed descriptors. A run keeps every promise or says what failed; the disk stays whole, and nothing
# is left.
# shellcheck disable=SC2016 # the inner shells expand their scripts
set -u
cd "$(dirname "$0")/../.." || exit 1
# A mount namespace of our own: the file systems go with it.
if [ -z "${FAULTS_INSIDE:-}" ]; then
	as=(unshare --mount)
	[ "$(id -u)" = 0 ] || as+=(--map-root-user)
	if "${as[@]}" mount -t tmpfs none /mnt 2>/dev/null; then
		FAULTS_INSIDE=yes exec "${as[@]}" bash "$0"
	fi
	FAULTS_INSIDE=no
fi
# shellcheck source=tests/lib/stand-in.sh
. tests/lib/stand-in.sh

# promise NAME DISK STATUS PATTERN: the last run ended with that exit status, and a line of it matches; with status 0 it
# kept every promise. The disk is whole, and nothing is left.
promise() {
	has "$1: exit status" "$status" "^($3)$"
	[ -z "$4" ] || has "$1: what it says" "$err" "^storeboot: .*($4)"
	[ "$status" != 0 ] || ok "$1: every promise is kept" whole
	ok "$1: the disk is whole" disk_whole "$2"
	ok "$1: nothing is left" within 20 nothing_left
	nothing_left || left | sed 's/^/# left: /'
}

# --- limits of the process (setrlimit(2)) -------------------------------------------------------------------------------------
# limited NAME DISK STATUS PATTERN OPTION VALUE: a run with that limit of the shell's ulimit
limited() {
	fresh "$2"
	launch bash -c 'ulimit "$1" "$2" && shift 2 && exec "$@"' limits "$5" "$6" --
	promise "$1, disk $2" "$2" "$3" "$4"
}
for disk in new used; do
	limited "no file may grow" $disk '6[4-9]|71' 'File too large' -f 0
	limited "files of 64 KiB at most" $disk '6[4-9]|71' 'File too large' -f 64
	limited "12 open files" $disk '6[4-9]|71' 'Too many open files' -n 12
	limited "40 MB of memory" $disk '6[4-9]|71' 'qemu-(img|system-x86_64)|memory' -v 40000
	limited "a stack of 1 MiB" $disk 0 '' -s 1024
done

# --- QEMU and qemu-img --------------------------------------------------------------------------------------------------------
# qemu NAME STATUS PATTERN HOW [ARGUMENT...]
qemu() {
	fresh used
	qemu=$tmp/bin/qemu-$4 launch -- "${@:5}"
	promise "$1" used "$2" "$3"
}
qemu "QEMU dies" 71 'QEMU ended: killed by signal 9' dies
qemu "QEMU is stopped" 71 'the run did not end within 3 s' stops --timeout 3
qemu "QEMU does not answer" 71 'the run did not end within 3 s' mute --timeout 3
qemu "QEMU's monitor speaks no QMP" '0|71' 'speaks no QMP' garbage --timeout 3
qemu "QEMU takes long to exit" 125 'the guest ended \(guest-shutdown\) before the command began \(code 71\)' lingers -- true
qemu "the console has no end" 71 'the run did not end within 3 s' floods --timeout 3

# qemu_img NAME STATUS PATTERN SCRIPT [WRAPPER...]: a run for which that script is qemu-img
real_img=$(command -v qemu-img)
export real_img
qemu_img() {
	fresh new
	mkdir -p "$tmp/other"
	printf '#!/bin/sh\n%s\n' "$4" >"$tmp/other/qemu-img"
	chmod +x "$tmp/other/qemu-img"
	PATH=$tmp/other:$PATH launch "${@:5}" --
	promise "$1" new "$2" "$3"
}
qemu_img "qemu-img dies" '6[4-9]' 'qemu-img.*killed by signal 9' 'kill -9 $$'
qemu_img "qemu-img fails without a word" '6[4-9]' 'qemu-img' 'exit 1'
qemu_img "qemu-img fails half way" '6[4-9]' 'no room here' '"$real_img" "$@"; echo "no room here" >&2; exit 1'
qemu_img "qemu-img hangs, SIGTERM" 143 'ended by signal 15' 'exec sleep 1000' timeout --preserve-status -s TERM 3

# --- folders -------------------------------------------------------------------------------------------------------------------
# elsewhere NAME FOLDER: a run whose folders all have such a name
elsewhere() {
	local outer=$work outer_private=$private
	fresh new
	work+=/$2 private+=/$2
	mkdir "$work" "$private"
	launch env "XDG_RUNTIME_DIR=$private" "XDG_CACHE_HOME=$private/cache" --
	rm -rf "$private/cache"
	mv "$work"/* "$outer"
	rmdir "$work" "$private"
	work=$outer private=$outer_private
	promise "$1" new 0 ''
}
elsewhere "folders with blanks" ' two  words '
elsewhere "folders with a newline" $'two\nlines'
elsewhere "folders with QEMU's separators" 'a,b=c,,d:e;f'
elsewhere "folders with quotes" "it's \"quoted\" \\ \$HOME"
elsewhere "folders in UTF-8" 'übergröße-日本'
fresh new
launch env -u HOME -u XDG_RUNTIME_DIR --
promise "no HOME, no XDG_RUNTIME_DIR" new 0 ''
fresh new
launch env XDG_RUNTIME_DIR="$tmp/nowhere" --
promise "XDG_RUNTIME_DIR is not there" new 0 ''
fresh new
launch sh -c 'mkdir ../gone && cd ../gone && rmdir ../gone && exec "$@"' gone --
promise "the working folder is gone" new '6[4-9]' 'No such file'

# --- descriptors ---------------------------------------------------------------------------------------------------------------
fresh used
launch sh -c 'exec "$@" <&-' closed --
promise "stdin is closed" used 0 ''
fresh used
launch sh -c 'exec "$@" 2>&-' closed --
promise "stderr is closed" used 0 ''
fresh used
launch sh -c 'exec "$@" >&-' closed --
has "stdout is closed: exit status" "$status" '^69$'
ok "stdout is closed: the disk is whole" disk_whole used
ok "stdout is closed: nothing is left" within 20 nothing_left
fresh used
launch sh -c 'exec "$@" 2>/dev/full' full --
promise "stderr is full" used 0 ''

# --- file systems ------------------------------------------------------------------------------------------------------------------
# on NAME DISK STATUS PATTERN OPTIONS FOLDER [ARGUMENT...]: a run with a small tmpfs on the folder
on() {
	local folder=$6
	[ "$FAULTS_INSIDE" = yes ] || { skip "$1" "no mount namespace for this user here"; return; }
	fresh "$2"
	mkdir -p "$folder"
	[ "$folder" != "$work" ] || [ "$2" = new ] || cp "$work/disk.qcow2" "$tmp/moved"
	mount -t tmpfs -o "mode=700,size=64k" none "$folder"
	[ "$5" != ro ] || mount -o remount,ro "$folder"
	launch env "XDG_CACHE_HOME=$cache" "NIX_EFI_VARS=$outputs/vars.fd" -- "${@:7}"
	[ "$folder" = "$work" ] && ok "$1: no half a disk" [ ! -e "$work/disk.qcow2" ]
	[ "$folder" != "$tmp/run" ] || ok "$1: nothing is there" [ -z "$(find "$folder" -type f)" ]
	umount "$folder"
	promise "$1" "$2" "$3" "$4"
}
cache=${XDG_CACHE_HOME}
outputs=$tmp/outputs
on "no room for the private files" used '6[4-9]' "No space left on device" rw "$tmp/run"
on "the private files' folder is read-only" used '6[4-9]' "Read-only file system" ro "$tmp/run"
on "no room for the disk" new '6[4-9]' "No space left on device" rw "$work"
on "the disk's folder is read-only" new '6[4-9]' "Read-only file system" ro "$work"
on "the outputs' folder is read-only" used '6[4-9]' "Read-only file system" ro "$outputs" --json "$outputs/events"
on "the plot's folder is read-only" used '6[4-9]' "Read-only file system" ro "$outputs" --plot "$outputs/plot"
on "the log's folder is read-only" used '6[4-9]' "Read-only file system" ro "$outputs" --console-log "$outputs/log"
on "the EFI variables' folder is read-only" used '6[4-9]' "Read-only file system" ro "$outputs" --efi
cache=$tmp/cache
on "no room in the cache" used 0 '' rw "$cache"
on "the cache is read-only" used 0 '' ro "$cache"
tap_end
