#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# disk-shipped.sh - every disk that libblkid's own tests ship, seen by stage 1's own code: ext3 is mounted, all others are
# refused by the name that libblkid expects, and each keeps every byte
set -u
# shellcheck source=tests/lib/tap.sh
. tests/lib/tap.sh
build=${BUILD:-build}
make --no-print-directory -s BUILD="$build" "$build/guest/tests/unit/fs/policy" || exit 1
treat=$build/guest/tests/unit/fs/policy
export LC_ALL=C # one label is no UTF-8
tmp=$(mktemp -d "${TMPDIR:-/tmp}/storeboot-shipped.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
disk=$tmp/disk

# Whatever set of scripts/deps.lock the libraries were built from.
tarball=$(find "$build/deps/tarballs" -name 'util-linux_*.orig.tar.*' 2>/dev/null | sort | tail -n 1)
if [ -z "$tarball" ]; then
	skip "libblkid's own test images" "no util-linux release in $build/deps/tarballs: the libraries came ready-made"
	tap_end
fi
tar -C "$tmp" --strip-components=1 --wildcards -xf "$tarball" '*/tests/ts/blkid/images-*' '*/tests/expected/blkid/*'

# expected NAME: the type that libblkid's tests expect of an image; nothing where they look at it in another way
expected() {
	sed -n 's/^ID_FS_TYPE=//p' "$tmp/tests/expected/blkid/low-probe-$1" 2>/dev/null
}

# same IMAGE: the disk has its every byte
# shellcheck disable=SC2317 # ok calls it
same() {
	xz -dc "$1" | cmp -s - "$disk"
}

images=0
for image in "$tmp"/tests/ts/blkid/images-*/*.img.xz; do
	name=$(basename "$image" .img.xz)
	images=$((images + 1))
	xz -dc "$image" >"$disk"
	said=$("$treat" "$disk")
	type=$(expected "$name")
	case $name in
	ext3) has "$name: mounted" "$said" '^mount: ' ;;
	*) has "$name: refused" "$said" "^refuse: .*${type:+${type}.*}disk unchanged" ;;
	esac
	ok "$name: as it was" same "$image"
done
echo "# $images disks"
ok "no release had fewer" [ "$images" -ge 100 ]
tap_end
