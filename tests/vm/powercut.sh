#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# powercut.sh - the power fails while a guest formats its disk, and while it uses it: QEMU's blklogwrites logs each write
# and flush of a first boot; every disk that a cut can leave is treated by stage 1's code, some are booted
set -u
# shellcheck source=tests/lib/vm.sh
. tests/lib/vm.sh
make --no-print-directory -s BUILD="${BUILD:-build}" "${BUILD:-build}/guest/tests/unit/fs/powercut" || exit 1
powercut=$build/guest/tests/unit/fs/powercut
initrd=$tmp/initrd
ok "the initrd alone" "$storeboot" initrd -o "$initrd" --kernel "$system/kernel" --modules "$system/kernel-modules" \
	--need disk --need root

# --- a first boot, up to the first step that needs the store; the root is mounted, written and unmounted ----------------
size=$((20 << 20))
truncate -s $size "$tmp/disk"
: >"$tmp/log"
vm_qemu 180 "$initrd" "storeboot.share=none loglevel=7" -blockdev "driver=raw,node-name=disk,file.driver=blklogwrites,\
file.file.driver=file,file.file.filename=$tmp/disk,file.log.driver=file,file.log.filename=$tmp/log,file.log-sector-size=512" \
	-device virtio-blk-pci,drive=disk
has "a first boot formats the disk" "$out" 'storeboot: disk ok .* /dev/vda was empty: formatted, ext3, 20 MiB'
has "and mounts it" "$out" 'storeboot: root ok .* /dev/vda ext3'

# --- each cut of the format: every prefix, and writes between two flushes in other orders, alone, torn or lost -----------
said=$("$powercut" "$tmp/log" $size)
grep -v -E '^(ok|1\.\.)' <<<"$said"
has "every cut of the format ends clean, none is refused" "$said" '^ok 1 - '
read -r _ _ format all <<<"$(grep '^# operations ' <<<"$said")"
format=${format:-0} all=${all:-0}
ok "the log goes on behind the format" [ "$all" -gt "$format" ]

# --- some of them in a guest: its kernel replays the journal, where the file system was in use ----------------------------
# boots N WHAT: the disk after N operations boots, and is sound after that.
boots() {
	ok "$2: the disk after $1 of $all operations" "$powercut" "$tmp/log" $size "$1" "$tmp/cut"
	vm_qemu 180 "$initrd" "storeboot.share=none loglevel=7" -drive "if=none,id=disk,format=raw,file=$tmp/cut" \
		-device virtio-blk-pci,drive=disk
	has "$2: $(sed -n 's/.*storeboot: disk ok .* \(\/dev.*\)/\1/p' <<<"$out" | head -n 1)" "$out" "storeboot: disk ok .*$3"
	has "$2: it is mounted" "$out" 'storeboot: root ok .* /dev/vda ext3'
	ok "$2: and sound" clean
}

# shellcheck disable=SC2317 # ok calls it
clean() {
	e2fsck -fn "$tmp/cut" >"$tmp/fsck" 2>&1 || { sed 's/^/# /' "$tmp/fsck"; return 1; }
	cmp -s -n 1024 "$tmp/cut" /dev/zero
}

boots 1 "the marker alone" 'cut short: formatted again'
boots $((format / 2)) "half a format" 'cut short: formatted again'
boots $((format - 2)) "all but the marker's end" 'all but finished'
boots $(((format + all) / 2)) "in use" '/dev/vda holds ext3'
has "in use: the journal is replayed" "$out" 'EXT4-fs \(vda\): recovery complete'
tap_end
