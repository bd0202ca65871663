#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# disk.sh - the root disk in a guest: what a format writes, serials, a format that was cut short, a disk with a bad sector
set -u
# shellcheck source=tests/lib/vm.sh
. tests/lib/vm.sh
initrd=$tmp/initrd
ok "the initrd alone" "$storeboot" initrd -o "$initrd" --kernel "$system/kernel" --modules "$system/kernel-modules" \
	--need disk --need root

# boot WORDS [QEMU-ARGUMENT]...: with no share the boot ends at the step after the disk's: the store is not there.
boot() {
	local words=$1
	shift
	vm_qemu 180 "$initrd" "storeboot.share=none loglevel=7 $words" "$@"
}

# blank NAME SIZE: a raw image of zeroes
blank() {
	rm -f "$tmp/$1"
	truncate -s "$2" "$tmp/$1"
}

# raw NAME [SERIAL [PROPERTIES]]: QEMU's arguments for a raw image
raw() {
	echo "-drive if=none,id=$1,format=raw,file=$tmp/$1 -device virtio-blk-pci,drive=$1${2:+,serial=$2}${3:+,$3}"
}

hash_of() {
	sha256sum <"$tmp/$1"
}

# clean NAME: the image holds a sound ext3, and no marker is left in its first KiB.
# shellcheck disable=SC2317 # ok calls it
clean() {
	e2fsck -fn "$tmp/$1" >"$tmp/fsck" 2>&1 || { sed 's/^/# /' "$tmp/fsck"; return 1; }
	cmp -s -n 1024 "$tmp/$1" /dev/zero
}

# --- 10 GiB, of which the host says that it is zero -----------------------------------------------------
qemu-img create -q -f qcow2 "$tmp/large.qcow2" 10G
before=$(stat -c %b "$tmp/large.qcow2")
boot "storeboot.disk.serial=large storeboot.disk.size=$((10 << 30)) storeboot.disk.zero=1" \
	-drive "if=none,id=large,format=qcow2,file=$tmp/large.qcow2" -device virtio-blk-pci,drive=large,serial=large \
	-trace "enable=virtio_blk_handle_write,file=$tmp/writes"
has "10 GiB are formatted" "$out" 'storeboot: disk ok .* /dev/vda was empty: formatted, ext3, 10240 MiB'
has "and mounted" "$out" 'storeboot: root ok .* /dev/vda ext3'
# The reference: what mke2fs writes for the same file system, every table and the journal, into an image of that kind.
qemu-img create -q -f raw "$tmp/mke2fs" 10G
mke2fs -q -t ext3 -E nodiscard,lazy_itable_init=0,lazy_journal_init=0 "$tmp/mke2fs"
reference=$(($(stat -c %b "$tmp/mke2fs") * 512))
grown=$((($(stat -c %b "$tmp/large.qcow2") - before) * 512))
echo "# the image grew by $grown bytes, mke2fs's by $reference"
ok "the image grew by at most a tenth of what mke2fs writes" [ $((grown * 10)) -le "$reference" ]
if grep -q nsectors "$tmp/writes"; then
	written=$(sed -n 's/.*virtio_blk_handle_write .*nsectors \([0-9]*\).*/\1/p' "$tmp/writes" | awk '{ n += $1 } END { print n * 512 }')
	echo "# $written bytes written"
	ok "at most a twentieth of what mke2fs writes was written" [ "$written" -gt 0 -a $((written * 20)) -le "$reference" ]
else
	skip "at most a twentieth of what mke2fs writes was written" "this QEMU does not trace into a log"
fi

# --- the host's word is no more than that: the ends are read --------------------------------------------------
blank end 64M
printf x | dd of="$tmp/end" bs=1 seek=$(((64 << 20) - 1)) conv=notrunc status=none
before=$(hash_of end)
# shellcheck disable=SC2046 # QEMU's arguments are words
boot "storeboot.disk.zero=1" $(raw end)
has "a byte at the end counts, whatever the host says" "$out" \
	'failed at step disk: /dev/vda holds nothing that is known here, .*: byte 67108863 is not zero; not formatted, disk unchanged'
is "that disk is as it was" "$(hash_of end)" "$before"

# --- serials -------------------------------------------------------------------------------------------
blank other 64M
blank root 64M
before=$(hash_of other)
# shellcheck disable=SC2046
boot "storeboot.disk.serial=the-root storeboot.deadline=3" $(raw other some-other)
has "another disk's serial" "$out" \
	'failed at step disk: /dev/vda is the wrong disk: its serial is "some-other", not "the-root".*disk unchanged'
is "the wrong disk is as it was" "$(hash_of other)" "$before"
# shellcheck disable=SC2046
boot "storeboot.disk.serial=the-root storeboot.disk.size=$((64 << 20))" $(raw other some-other) \
	$(raw root the-root logical_block_size=4096,physical_block_size=4096)
has "the second disk, of 4096-byte sectors, is the root disk by its serial" "$out" 'storeboot: root ok .* /dev/vdb ext3'
is "the first disk is as it was" "$(hash_of other)" "$before"
ok "the second is sound" clean root

# --- a format that fails in its midst, and the next boot -----------------------------------------------------
blank cut 64M
# Sector 16386 is the first block of the second group: a superblock's copy.
boot "" -blockdev "driver=raw,node-name=cut,file.driver=blkdebug,file.image.driver=file,file.image.filename=$tmp/cut,\
file.inject-error.0.event=pwritev,file.inject-error.0.iotype=write,file.inject-error.0.sector=16386,file.inject-error.0.once=off" \
	-device virtio-blk-pci,drive=cut
has "a lost write ends the boot" "$out" \
	'failed at step disk: cannot format /dev/vda: .*partly written, holds no file system; the next boot formats it again'
ok "libblkid finds nothing there" [ -z "$(/sbin/blkid -p "$tmp/cut")" ]
ok "and it is not empty" [ "$(cmp -n 1024 "$tmp/cut" /dev/zero 2>&1 | wc -l)" -eq 1 ]
# shellcheck disable=SC2046
boot "" $(raw cut)
has "the next boot formats it again" "$out" \
	'storeboot: disk ok .* /dev/vda held a format that was cut short: formatted again, ext3, 64 MiB'
has "and mounts it" "$out" 'storeboot: root ok .* /dev/vda ext3'
ok "it is sound" clean cut

# --- a damaged file system: not mounted, not mended, not formatted -----------------------------------------------
blank damaged 64M
mke2fs -q -F -t ext3 "$tmp/damaged"
# Its blocks have 1 KiB; the third one tells where each group's tables lie.
head -c 1024 /dev/zero | tr '\0' x | dd of="$tmp/damaged" bs=1024 seek=2 conv=notrunc status=none
before=$(hash_of damaged)
# shellcheck disable=SC2046
boot "" $(raw damaged)
has "a damaged file system" "$out" 'failed at step root: /dev/vda: its ext3 file system is damaged .*; e2fsck on the host may mend it'
is "the damaged disk is as it was" "$(hash_of damaged)" "$before"

# --- a disk that cannot be read throughout --------------------------------------------------------------------
blank bad 64M
before=$(hash_of bad)
boot "" -blockdev "driver=raw,node-name=bad,file.driver=blkdebug,file.image.driver=file,file.image.filename=$tmp/bad,\
file.inject-error.0.event=none,file.inject-error.0.iotype=read,file.inject-error.0.sector=70001,file.inject-error.0.once=off" \
	-device virtio-blk-pci,drive=bad
has "a sector that cannot be read" "$out" 'failed at step disk: cannot read all of /dev/vda; disk unchanged: I/O error'
is "the unreadable disk is as it was" "$(hash_of bad)" "$before"
tap_end
