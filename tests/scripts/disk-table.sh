#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# disk-table.sh - what stage 1's own code does to crafted disks: only a truly empty one is formatted, all others that
# are not ext3 are refused with a reason and keep every byte
# shellcheck disable=SC2016,SC2317 # row evaluates the commands
set -u
# shellcheck source=tests/lib/tap.sh
. tests/lib/tap.sh
build=${BUILD:-build}
make --no-print-directory -s BUILD="$build" "$build/guest/tests/unit/fs/policy" || exit 1
treat=$build/guest/tests/unit/fs/policy
PATH=$PATH:/usr/sbin:/sbin
tmp=$(mktemp -d "${TMPDIR:-/tmp}/storeboot-table.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
disk=$tmp/disk
export disk
mkdir "$tmp/tree"
printf 'some text\n' >"$tmp/tree/file"
rows=0

# at OFFSET: stdin onto the disk from there
at() {
	dd of="$disk" bs=65536 oflag=seek_bytes seek="$1" conv=notrunc status=none
}

# row NAME VERDICT PATTERN SIZE PROGRAM COMMAND [ARGUMENT]: the command makes the disk, of SIZE zeroes at first; what becomes
# of it is "VERDICT: REASON", and REASON matches PATTERN.
row() {
	local name=$1 verdict=$2 pattern=$3 size=$4 program=$5 command=$6 before after said status=0
	shift 6
	rows=$((rows + 1))
	if ! command -v "$program" >/dev/null; then
		skip "$name" "$program is missing"
		return
	fi
	rm -f "$disk"
	truncate -s "$size" "$disk"
	if ! eval "$command" >"$tmp/log" 2>&1; then
		sed 's/^/# /' "$tmp/log"
		ok "$name: made" false
		return
	fi
	before=$(sha256sum <"$disk")
	said=$("$treat" "$disk" "$@") || status=$?
	after=$(sha256sum <"$disk")
	has "$name: ${said%%:*}" "$said" "^$verdict: .*$pattern"
	case $verdict in
	refuse | mount) is "$name: as it was" "$status $after" "0 $before" ;;
	*) ok "$name: sound" fsck ;;
	esac
}

# shellcheck disable=SC2317 # ok calls it
fsck() {
	e2fsck -fn "$disk" >"$tmp/log" 2>&1
}

# refused NAME PATTERN PROGRAM COMMAND: the same, refused, on 64 MiB
refused() {
	row "$1" refuse "$2.*disk unchanged" 64M "$3" "$4"
}

# --- what is formatted, what is mounted ---------------------------------------------------------------------
row "zeroes" format '' 64M true :
row "zeroes, the host says so" format '' 64M true : zero
row "written zeroes" format '' 8M dd 'dd if=/dev/zero of="$disk" bs=1M count=8 status=none'
row "3 MiB of zeroes" format '' 3M true :
row "ext3" mount '' 64M mke2fs 'mke2fs -q -F -t ext3 "$disk"'
row "ext3, not unmounted" mount '' 64M debugfs 'mke2fs -q -F -t ext3 "$disk" && debugfs -w -R "feature needs_recovery" "$disk"'

# --- sizes ----------------------------------------------------------------------------------------------------
row "no size" refuse 'has no size' 0 true :
# The kernel refuses to mount this one.
row "a cut ext3" mount '' 64M mke2fs 'mke2fs -q -F -t ext3 "$disk" && truncate -s 32M "$disk"'
row "a cut ext3 without its head" refuse 'not zero' 64M mke2fs \
	'mke2fs -q -F -t ext3 "$disk" && dd if=/dev/zero of="$disk" bs=1024 count=4 conv=notrunc && truncate -s 32M "$disk"'

# --- one byte -------------------------------------------------------------------------------------------------
for byte in 0 1 511 512 1023 1080 33554431 33554432 67108863; do
	refused "one byte at $byte" "byte $byte is not zero" printf "printf x | at $byte"
done
row "one byte at the start, whatever the host says" refuse 'byte 5 is not zero' 64M printf 'printf x | at 5' zero
row "one byte at the end, whatever the host says" refuse 'byte 67108863 is not zero' 64M printf 'printf x | at 67108863' zero

# --- file systems -----------------------------------------------------------------------------------------------
refused ext2 'ext2' mke2fs 'mke2fs -q -F -t ext2 "$disk"'
refused ext4 'ext4' mke2fs 'mke2fs -q -F -t ext4 "$disk"'
refused "an ext3 journal" 'jbd' mke2fs 'mke2fs -q -F -O journal_dev "$disk"'
refused "ext3 without its superblock" 'not zero' mke2fs \
	'mke2fs -q -F -t ext3 "$disk" && dd if=/dev/zero of="$disk" bs=1024 seek=1 count=1 conv=notrunc'
row xfs refuse 'xfs.*disk unchanged' 320M mkfs.xfs 'mkfs.xfs -q "$disk"'
row btrfs refuse 'btrfs.*disk unchanged' 128M mkfs.btrfs 'mkfs.btrfs -q "$disk"'
refused f2fs 'f2fs' mkfs.f2fs 'mkfs.f2fs -q "$disk"'
refused nilfs2 'nilfs2' mkfs.nilfs2 'mkfs.nilfs2 -q -B 16 -b 1024 "$disk"'
refused jfs 'jfs' mkfs.jfs 'mkfs.jfs -q "$disk"'
refused exfat 'exfat' mkfs.exfat 'mkfs.exfat "$disk"'
refused "FAT16, a label" 'vfat "STOREBOOT"' mkfs.vfat 'mkfs.vfat -F 16 -n STOREBOOT "$disk"'
refused FAT32 'vfat' mkfs.vfat 'mkfs.vfat -F 32 "$disk"'
refused "FAT12" 'vfat' mkfs.vfat 'mkfs.vfat -F 12 -s 64 "$disk"'
refused udf 'udf' mkudffs 'mkudffs "$disk"'
refused iso9660 'iso9660' genisoimage 'genisoimage -quiet "$tmp/tree" | at 0'
refused squashfs 'squashfs' mksquashfs 'mksquashfs "$tmp/tree" "$tmp/part" -quiet -noappend && at 0 <"$tmp/part"'
refused erofs 'erofs' mkfs.erofs 'mkfs.erofs "$tmp/part" "$tmp/tree" && at 0 <"$tmp/part"'
refused cramfs 'cramfs' mkfs.cramfs 'mkfs.cramfs "$tmp/tree" "$tmp/part" && at 0 <"$tmp/part"'
refused minix 'minix' mkfs.minix 'mkfs.minix "$disk"'
refused bfs 'bfs' mkfs.bfs 'mkfs.bfs -F "$disk" 4096 || mkfs.bfs "$disk" 4096'

# --- swap, volumes, encryption ----------------------------------------------------------------------------------
refused swap 'swap' mkswap 'mkswap -q "$disk"'
refused "swap, a label" 'swap "spare"' mkswap 'mkswap -q -L spare "$disk"'
refused "a hibernated system" 'swsuspend' mkswap 'mkswap -q "$disk" && printf S1SUSPEND | at 4086'
for luks in 1 2; do
	refused "LUKS$luks" 'crypto_LUKS' cryptsetup \
		"echo secret | cryptsetup -q luksFormat --type luks$luks --pbkdf pbkdf2 --pbkdf-force-iterations 1000 \"\$disk\" -"
done
refused "LUKS2 without its first header" 'crypto_LUKS|is not zero' cryptsetup \
	'echo secret | cryptsetup -q luksFormat --type luks2 --pbkdf pbkdf2 --pbkdf-force-iterations 1000 "$disk" - &&
	dd if=/dev/zero of="$disk" bs=4096 count=1 conv=notrunc'
refused "an MD member, version 1.2" 'linux_raid_member' printf \
	"printf '\\374N+\\251\\001\\000\\000\\000' | at 4096 && printf '\\010' | at 4240 && printf '\\005O+\\251' | at 4312"
refused "a physical volume of LVM's first version" 'LVM1_member|is not zero' printf "printf 'HM\\001\\000' | at 0"
refused "a physical volume of LVM, its checksum wrong" 'is not zero|LVM2' printf "printf 'LABELONE' | at 512"

# --- partition tables ----------------------------------------------------------------------------------------------
refused GPT 'GPT partition table' sfdisk 'echo ,, | sfdisk -q --label gpt "$disk"'
refused "GPT, empty" 'GPT partition table' sfdisk 'echo label:gpt | sfdisk -q "$disk"'
refused "GPT, its backup alone" 'GPT partition table' sfdisk \
	'echo ,, | sfdisk -q --label gpt "$disk" && dd if=/dev/zero of="$disk" bs=512 count=34 conv=notrunc'
for label in dos sun sgi; do
	refused "a table of $label" "${label/dos/DOS} partition table" sfdisk "echo ,, | sfdisk -q --label $label \"\$disk\""
done
refused "a boot sector without partitions" 'DOS|is not zero' printf "printf '\\125\\252' | at 510"

# --- what libblkid does not know -------------------------------------------------------------------------------------
refused "a tar file" 'not zero' tar 'tar -C "$tmp/tree" -cf - file | at 0'
refused "a tar file, far inside" 'byte 20000000 is not zero' tar 'tar -C "$tmp/tree" -cf - file | at 20000000'
refused gzip 'not zero' gzip 'gzip -c "$tmp/tree/file" | at 0'
refused xz 'not zero' xz 'xz -c "$tmp/tree/file" | at 0'
refused zip 'not zero' printf "printf 'PK\\003\\004' | at 0"
refused SQLite 'not zero' printf "printf 'SQLite format 3\\000\\020\\000' | at 0"
refused "random data" 'not zero' head 'head -c 1M /dev/urandom | at 7340032'
refused "a qcow2 image within" 'not zero' qemu-img 'qemu-img create -q -f qcow2 "$tmp/part" 1G && at 0 <"$tmp/part"'
refused "a cpio archive" 'not zero' cpio '(cd "$tmp/tree" && echo file | cpio --quiet -o -H newc) | at 0'
refused text 'not zero' cat 'at 4096 <"$tmp/tree/file"'

# --- several at once ---------------------------------------------------------------------------------------------------
refused "ext3 and swap" 'exclude one another \(.*ext3' mkswap \
	'mke2fs -q -F -t ext3 "$disk" && printf SWAPSPACE2 | at 4086 && printf "\001\000\000\000\377\017\000\000" | at 1024'
refused "ext3, and a table written over it" 'exclude one another \(.*ext3.*dos' sfdisk \
	'mke2fs -q -F -t ext3 "$disk" && echo ,, | sfdisk -q --wipe never --label dos "$disk"'
row "btrfs, and the head of an ext4 over it" refuse 'exclude one another \(.*btrfs.*disk unchanged' 128M mkfs.btrfs \
	'mkfs.btrfs -q "$disk" && rm -f "$tmp/part" && mke2fs -q -F -t ext4 "$tmp/part" 128M && head -c 2k "$tmp/part" | at 0'
refused "ext3 and a table" 'exclude one another' mke2fs "mke2fs -q -F -t ext3 \"\$disk\" &&
	printf '\\203\\000\\000\\000\\000\\010\\000\\000\\240\\206\\001\\000' | at 450 && printf '\\125\\252' | at 510"

# --- a format that was cut short ---------------------------------------------------------------------------------------
# The marker as the code makes it: the first write of a format that then finds no room.
marked='(ulimit -f 1; trap "" XFSZ; "$treat" "$disk") || [ "$(cmp -n 512 "$disk" /dev/zero 2>&1)" ]'
row "a marker" again '' 64M true "$marked"
row "a marker for a smaller disk: it has grown" again '' 64M true "$marked && truncate -s 65M \"\$disk\""
row "a marker for a smaller disk, and a byte behind that" refuse 'byte 0 is not zero' 64M true \
	"$marked && truncate -s 65M \"\$disk\" && printf x | at 67108864"
row "a marker for a larger disk" refuse 'byte 0 is not zero' 64M true "$marked && truncate -s 63M \"\$disk\""
row "a damaged marker" refuse 'byte 0 is not zero' 64M true "$marked && printf x | at 40"
row "a marker and more in its sector" refuse 'byte 0 is not zero' 64M true "$marked && printf x | at 511"
row "swap on a disk with a marker" refuse 'swap' 64M mkswap "$marked && printf SWAPSPACE2 | at 4086 &&
	printf '\\001\\000\\000\\000\\377\\017\\000\\000' | at 1024"
echo "# $rows disks"
ok "at least 40 disks" [ "$rows" -ge 40 ]
tap_end
