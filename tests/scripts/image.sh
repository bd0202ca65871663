#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# image.sh - disk images on the host: made once, never replaced or shared by two writers, refused when not whole
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib/host.sh
. tests/lib/host.sh

system=$(scripts/demo-system) || exit 1
pids=()
# shellcheck disable=SC2317 # called by the trap
at_end() {
	[ ${#pids[@]} -eq 0 ] || kill "${pids[@]}" 2>/dev/null
}
mkdir -m 700 "$tmp/work"
cd "$tmp/work" || exit 1
run=("$storeboot" run "$system" --stage1 "$build/storeboot-init" --reginfo none --accel tcg)

# refuse NAME STATUS PATTERN [ARGUMENT]...: the run fails so, and leaves every file as it was.
refuse() {
	local name=$1 status=$2 pattern=$3 got=0 before
	shift 3
	before=$(find . -type f -exec sha256sum {} + | sort)
	timeout --kill-after=10 60 "${run[@]}" "$@" </dev/null >"$tmp/out" 2>"$tmp/err" || got=$?
	is "$name: exit code" "$got" "$status"
	has "$name: what it says" "$(cat "$tmp/err")" "^storeboot: .*$pattern"
	is "$name: nothing made or changed" "$(find . -type f -exec sha256sum {} + | sort)" "$before"
}

# --- twenty launchers, one new image ------------------------------------------------------------------------
# With -S QEMU holds the machine before its first instruction, so that who wins stays.
launchers=20
for ((i = 0; i < launchers; i++)); do
	QEMU_OPTS=-S "${run[@]}" --image race.qcow2 </dev/null >/dev/null 2>"$tmp/race.$i" &
	pids+=($!)
done
declare -A ended=()
for ((i = 1; i < launchers; i++)); do
	status=0
	wait -n -p who || status=$?
	ended[$who]=$status
done
winner=
for ((i = 0; i < launchers; i++)); do
	[ -n "${ended[${pids[i]}]:-}" ] || winner=${pids[i]} winner_log=$tmp/race.$i
done
is "19 of 20 launchers end with 67" "$(printf '%s\n' "${ended[@]}" | grep -cx 67)" $((launchers - 1))
is "all of them name the one that runs" "$(cat "$tmp"/race.* |
	grep -cE "race\\.qcow2 is in use by pid $winner \\($storeboot run ")" $((launchers - 1))
ok "the image is whole" qemu-img check -q -U -f qcow2 race.qcow2
is "nothing else was made" "$(ls -A)" race.qcow2
kill -TERM "$winner"
wait "$winner"
is "the winner ends by the signal" $? 143
pids=()
has "and says so" "$(cat "$winner_log")" 'ended by signal 15'
is "no private folder is left" "$(ls -A "$tmp/run")" ''

# --- on btrfs, whose subvolumes have numbers of their own: still the one who holds the image is named -----------------
# Within a mount namespace, as root: prints what the second of two launchers says.
# shellcheck disable=SC2016 # the inner shell expands it
on_btrfs='
mount -o loop "$1" "$2" && btrfs -q subvolume create "$2/sub" && cd "$2/sub" || exit 77
shift 2
QEMU_OPTS=-S "$@" </dev/null >/dev/null 2>first &
until grep -q booting first; do kill -0 $! || exit 1; done
"$@" </dev/null 2>&1 >/dev/null | sed "s/pid $! /pid FIRST /"
kill $!
wait'
truncate -s 128M "$tmp/btrfs.img"
mkdir "$tmp/mnt"
status=77
if [ "$(id -u)" = 0 ] && mkfs.btrfs -q "$tmp/btrfs.img" 2>/dev/null; then
	said=$(timeout 60 unshare --mount bash -c "$on_btrfs" bash "$tmp/btrfs.img" "$tmp/mnt" "${run[@]}" --image b.qcow2 2>/dev/null)
	status=$?
fi
if [ $status = 77 ]; then
	skip "on btrfs: who holds the image" "no btrfs can be mounted here"
else
	has "on btrfs: who holds the image" "$said" 'b.qcow2 is in use by pid FIRST \(.*storeboot run'
fi

# --- images that are not whole --------------------------------------------------------------------------------
qemu-img create -q -f qcow2 good.qcow2 64M
qemu-io -f qcow2 -c 'write -q -P 7 0 4M' -c 'write -q -P 8 60M 4M' good.qcow2
cp good.qcow2 short.qcow2
truncate -s -3M short.qcow2
refuse 'image cut short' 66 'short.qcow2 is damaged or cut short' --image short.qcow2
cp good.qcow2 damaged.qcow2
dd if=/dev/urandom of=damaged.qcow2 bs=64k seek=2 count=1 conv=notrunc status=none
refuse 'damaged image' 66 'damaged.qcow2 (is damaged|cannot be checked)' --image damaged.qcow2
qemu-img create -q -f qcow2 -o data_file=data.raw,data_file_raw=on outside.qcow2 1M
refuse 'image with a data file' 66 'keeps its data in another file' --image outside.qcow2
refuse 'smaller disk' 66 'holds a disk of 64 MiB; it is not made smaller' --image good.qcow2 --disk-size 32M
mkfifo pipe
refuse 'image is a pipe' 66 'pipe is no file' --image pipe

ln -s nowhere.qcow2 dangling
refuse 'link to nothing' 66 'dangling is a link to nothing' --image dangling
qemu-img create -q -f qcow2 -b good.qcow2 -F qcow2 layer.qcow2
refuse 'layer over another image' 66 'layer.qcow2 is only a layer over .*good.qcow2' --image layer.qcow2
refuse 'layer as a further disk' 66 'layer.qcow2 is only a layer over' --image good.qcow2 --disk layer.qcow2
has 'a path that begins with a dash' "$("${run[@]}" --image=-x.qcow2 --print-qemu 2>/dev/null)" "\"filename\":\"$PWD/-x.qcow2\""
ok 'printing makes nothing' [ ! -e ./-x.qcow2 ]

# --- another program has it: QEMU's own lock -----------------------------------------------------------------------------
qemu-system-x86_64 -nodefaults -display none -machine q35,accel=tcg -S -qmp "unix:$tmp/qmp,server=on,wait=off" \
	-blockdev driver=qcow2,node-name=disk,file.driver=file,file.filename=good.qcow2 -device virtio-blk-pci,drive=disk &
pids+=($!)
until [ -S "$tmp/qmp" ] && grep -q ":$(stat -c %i good.qcow2) " /proc/locks; do
	kill -0 "${pids[0]}" || break
done
refuse 'image that another QEMU has' 67 'good.qcow2 is in use by another QEMU' --image good.qcow2
kill "${pids[@]}"
wait "${pids[@]}"
pids=()

# --- --fresh asks, and takes nothing but yes for an answer ------------------------------------------------------------------
before=$(sha256sum ./*.qcow2)
said=$(echo no | timeout 60 script -qec "$(printf '%q ' "${run[@]}") --image good.qcow2 --fresh" /dev/null)
is 'a no to --fresh: exit code' $? 64
has 'a no to --fresh: the question' "$said" 'move .*/good.qcow2 aside and begin with an empty disk\? \[y/N\]'
has 'a no to --fresh: the answer' "$said" 'good.qcow2 is as it was; nothing was run'
is 'a no to --fresh: nothing made, changed or moved' "$(sha256sum ./*.qcow2)" "$before"

# --- options ------------------------------------------------------------------------------------------------------
refuse '--fresh with nobody to ask' 64 '--fresh moves .*/good.qcow2 aside; say --yes' --image good.qcow2 --fresh
refuse '--root tmpfs with an image' 64 'with --root tmpfs there is no' --root tmpfs --image x.qcow2
refuse '--fresh and --ephemeral' 64 'not both' --fresh --ephemeral
refuse '--disk that does not exist' 66 'none.qcow2: no such disk image' --image good.qcow2 --disk none.qcow2
refuse '--disk with a slip' 64 '--disk x,siez=1G: behind the path want' --disk x,siez=1G
refuse 'one image twice' 64 'good.qcow2 is the same file as the disk good.qcow2' --image good.qcow2 --disk ./good.qcow2,serial=x
truncate -s 1M raw.img
refuse 'raw disk not said to be raw' 66 'raw.img is no qcow2 image' --image good.qcow2 --disk raw.img

# --- shared by throw-away runs, and by nobody else ------------------------------------------------------------------
before=$(sha256sum <good.qcow2)
for i in 1 2; do
	QEMU_OPTS=-S "${run[@]}" --image good.qcow2 --ephemeral </dev/null >/dev/null 2>"$tmp/share.$i" &
	pids+=($!)
done
# A lock that is shared, by two; then QEMU's own, which it takes at last.
until [ "$(grep -cE "^[0-9]+: FLOCK .* READ .*:$(stat -c %i good.qcow2) " /proc/locks)" -eq 2 ]; do
	kill -0 "${pids[@]}" || break
done
refuse 'image that throw-away runs read' 67 'good.qcow2 is in use by pid' --image good.qcow2
kill -TERM "${pids[@]}"
for pid in "${pids[@]}"; do
	wait "$pid"
	is "throw-away run ends by the signal" $? 143
done
pids=()
is "the image is as it was" "$(sha256sum <good.qcow2)" "$before"
tap_end
