#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# disk-faults.sh - stage 1's own code in a guest, on many disks of which each fails in one place (QEMU's blkdebug): at the
# n-th write or flush of a format, or in a sector that cannot be read; and on one that somebody else has open
# shellcheck disable=SC2016 # the guest expands its script, not this shell
set -u
# shellcheck source=tests/lib/vm.sh
. tests/lib/vm.sh
make --no-print-directory -s BUILD="${BUILD:-build}" "${BUILD:-build}/guest/tests/unit/fs/policy" || exit 1
size=$((9 << 20))
last=$((size / 512 - 1))
# More than a format has; where in the disk libblkid and the look for zeroes read.
faults=24
bad_sectors=(0 1 2 8 16 127 128 1024 9001 "$last")

# --- the disks -----------------------------------------------------------------------------------------------------
opts=()
n=0

# disk SERIAL [CONFIG]: a disk of zeroes; CONFIG: of blkdebug (docs/devel/blkdebug.rst of QEMU).
disk() {
	local file="driver=file,filename=$tmp/$1"
	truncate -s $size "$tmp/$1"
	file="file.driver=file,file.filename=$tmp/$1"
	[ $# -eq 1 ] || file="file.driver=blkdebug,file.config=$tmp/$1.conf,file.image.driver=file,file.image.filename=$tmp/$1"
	[ $# -eq 1 ] || printf '%s\n' "$2" >"$tmp/$1.conf"
	opts+=(-blockdev "driver=raw,node-name=$1,$file"
		-device "$(printf 'virtio-blk-pci,drive=%s,serial=%s,multifunction=on,addr=0x%x.%x' "$1" "$1" $((8 + n / 8)) $((n % 8)))")
	n=$((n + 1))
}

# The state counts writes and flushes; in state n one fails, once.
for ((k = 1; k <= faults; k++)); do
	disk "write$k" "$(for ((i = 1; i <= k; i++)); do
		printf '[set-state]\nevent = "%s"\nstate = "%d"\nnew_state = "%d"\n' pwritev $i $((i + 1)) flush_to_disk $i $((i + 1))
	done
	printf '[inject-error]\nevent = "%s"\niotype = "%s"\nstate = "%d"\nonce = "on"\n' pwritev write $k flush_to_disk flush $k)"
done
for sector in "${bad_sectors[@]}"; do
	disk "read$sector" "$(printf '[inject-error]\nevent = "none"\niotype = "read"\nsector = "%d"\nonce = "off"\n' "$sector")"
done
disk held

# --- one boot: each disk as on a first boot; those of writes as on a second one too ------------------------------------
treat=$(nix_store --add "$build/guest/tests/unit/fs/policy")
facts=$(vm_script "
for d in /sys/block/vd*; do
	serial=\$(cat \$d/serial) dev=/dev/\${d##*/} how=
	case \$serial in
	write*) again=1 ;;
	held) again= how=held ;;
	read*) again= ;;
	*) continue ;;
	esac
	said=\$($treat \$dev \$how)
	echo \"FACT \$serial first \$? \$said\"
	[ -n \"\$again\" ] || continue
	said=\$($treat \$dev)
	echo \"FACT \$serial second \$? \$said\"
done
true")
# The launcher tells of each disk's error; here they are wanted.
QEMU_OPTS=$(printf "'%s' " "${opts[@]}") vm_run 400 --root tmpfs --append "demo.run=$facts loglevel=1" --reginfo none
has "the guest ran it" "$out" 'demo\.run: exit 0'
[ $tap_bad -eq 0 ] || tap_end

# fact SERIAL BOOT: "STATUS VERDICT: REASON"
fact() {
	sed -n "s/^.*FACT $1 $2 //p" <<<"$out"
}

# --- writes and flushes that fail -----------------------------------------------------------------------------------
# clean FILE: it holds a sound ext3, and nothing of the marker
# shellcheck disable=SC2317 # ok calls it
clean() {
	e2fsck -fn "$1" >"$tmp/fsck" 2>&1 || { sed 's/^/# /' "$tmp/fsck"; return 1; }
	cmp -s -n 1024 "$1" /dev/zero
}

failed=0 highest=0
for ((k = 1; k <= faults; k++)); do
	first=$(fact "write$k" first)
	case $first in
	'0 format: ') continue ;; # the format has fewer of them
	esac
	failed=$((failed + 1)) highest=$k
	has "write or flush $k: ${first#*: }" "$first" \
		'^1 format: (cannot format /dev/vd[a-z]+: .*; (partly written, holds no file system; the next boot formats it again|disk unchanged)|formatted /dev/vd[a-z]+, but cannot take the marker off it; the next boot does: I/O error)$'
	has "write or flush $k: the next boot" "$(fact "write$k" second)" '^0 (format|again|finish|mount): $'
	ok "write or flush $k: ends sound" clean "$tmp/write$k"
done
echo "# $failed writes and flushes failed, each on a disk of its own"
is "none of them was taken for a success" "$failed" "$highest"
ok "and they are all that a format has" [ "$highest" -ge 10 -a "$highest" -lt $faults ]

# --- sectors that cannot be read --------------------------------------------------------------------------------------
zero=$(head -c $size /dev/zero | sha256sum)
for sector in "${bad_sectors[@]}"; do
	has "bad sector $sector: $(fact "read$sector" first)" "$(fact "read$sector" first)" \
		'^0 refuse: cannot read (all of )?disk; disk unchanged: (I/O error|Input/output error)$'
	is "bad sector $sector: as it was" "$(sha256sum <"$tmp/read$sector")" "$zero"
done

# --- a disk that is somebody else's --------------------------------------------------------------------------------------
has "held by another: $(fact held first)" "$(fact held first)" '^1 format: cannot format .*: Resource busy; disk unchanged$'
is "held by another: as it was" "$(sha256sum <"$tmp/held")" "$zero"
tap_end
