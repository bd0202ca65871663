#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# initrd.sh - what an initramfs costs by its compression: bytes, time to build, and guest instructions to unpack.
#
# With -icount shift=0 the guest's clock ticks once per instruction, so the kernel's own time stamps around unpacking
# are instruction counts, the same on a busy host. BUILD: the build folder. An argument: another kernel's folder, as
# scripts/kernel makes it.
set -eu
cd "$(dirname "$0")/../.."
build=$(realpath "${BUILD:-build}")
tree=${1:-$(BUILD=$build scripts/kernel)}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# stamp PATTERN: the time of the first line of the guest's log that matches, in microseconds.
stamp() {
	tr -d '\r' <"$tmp/log" | sed -n "s/^\[ *\([0-9]*\)\.\([0-9]*\)\] $1.*/\1\2/p" | head -n 1
}

printf '%-6s %9s %8s %14s\n' how bytes 'build ms' 'unpack Minsn'
for how in none gzip zstd xz; do
	start=${EPOCHREALTIME/[.,]/}
	"$build/storeboot" initrd -o "$tmp/initrd" --kernel "$tree/kernel" --modules "$tree" --compress $how
	took=$(((${EPOCHREALTIME/[.,]/} - start) / 1000))
	timeout 300 qemu-system-x86_64 -nodefaults -no-reboot -display none -m 384 -accel tcg -icount shift=0,sleep=off \
		-serial "file:$tmp/log" -kernel "$tree/kernel" -initrd "$tmp/initrd" \
		-append "console=ttyS0 panic=-1 initramfs_async=0 storeboot.deadline=1 init=/x systemConfig=/x" </dev/null
	from=$(stamp 'Trying to unpack rootfs') to=$(stamp 'Freeing initrd memory')
	printf '%-6s %9d %8d %14d\n' $how "$(stat -c %s "$tmp/initrd")" "$took" $(((10#$to - 10#$from) / 1000))
done
