#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# disk-sizes.sh - from 100 MiB to 2 TiB: dumpe2fs shows the same for stage 1's ext3 and for mke2fs's
set -u
# shellcheck source=tests/lib/tap.sh
. tests/lib/tap.sh
build=${BUILD:-build}
make --no-print-directory -s BUILD="$build" "$build/guest/tests/unit/fs/policy" || exit 1
treat=$build/guest/tests/unit/fs/policy
PATH=$PATH:/usr/sbin:/sbin
tmp=$(mktemp -d "${TMPDIR:-/tmp}/storeboot-sizes.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
# Both take the time from there, and mke2fs its defaults from nowhere else.
export E2FSPROGS_FAKE_TIME=1300000000 MKE2FS_CONFIG=/nonexistent

# dump IMAGE: what dumpe2fs says, each group's free blocks too, without what is random
dump() {
	dumpe2fs "$1" 2>/dev/null | grep -vE '^(Filesystem UUID|Directory Hash Seed):'
}

# size SIZE MIB: the same on a disk of that size; ours takes up no more than so many MiB of the sparse file
size() {
	local kib
	truncate -s "$1" "$tmp/ours" "$tmp/theirs"
	is "$1: formatted" "$("$treat" "$tmp/ours")" 'format: '
	mke2fs -q -F -t ext3 "$tmp/theirs"
	dump "$tmp/ours" >"$tmp/ours.dump"
	dump "$tmp/theirs" >"$tmp/theirs.dump"
	ok "$1: dumpe2fs says something" [ "$(wc -l <"$tmp/ours.dump")" -gt 60 ]
	is "$1: and the same" "$(diff "$tmp/ours.dump" "$tmp/theirs.dump" | head -n 5)" ''
	kib=$(du -k "$tmp/ours" | cut -f 1)
	echo "# $1: $kib KiB written, mke2fs $(du -k "$tmp/theirs" | cut -f 1)"
	ok "$1: at most $2 MiB written" [ "$kib" -le $(($2 << 10)) ]
	# It reads every table: minutes for 2 TiB.
	[ "$1" = 2T ] || ok "$1: sound" fsck
	rm "$tmp/ours" "$tmp/theirs"
}

# shellcheck disable=SC2317 # ok calls it
fsck() {
	e2fsck -fn "$tmp/ours" >"$tmp/log" 2>&1
}

size 100M 1
size 512M 1
size 10G 8
size 100G 32
size 2T 256
tap_end
