#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# hostile-disks.sh - crafted, damaged and other people's disks (tests/lib/hostile-disks): stage 1's own code in a guest
# refuses each, or the guest's kernel refuses to mount it; none is formatted or changed. Two of them as a root disk.
# shellcheck disable=SC2016 # the guest expands its script, not this shell
set -u
# shellcheck source=tests/lib/vm.sh
. tests/lib/vm.sh
make --no-print-directory -s BUILD="${BUILD:-build}" "${BUILD:-build}/guest/tests/unit/fs/policy" || exit 1
mkdir "$tmp/disks"
tests/lib/hostile-disks "$tmp/disks" >"$tmp/list" || exit 1
cp -r "$tmp/disks" "$tmp/before"

# --- one boot for all ------------------------------------------------------------------------------------------------
# The disks are SCSI disks, because a guest with as many virtio-blk disks did not boot. The LUN of a disk is its line in
# the list, from 0.
opts=(-device "virtio-scsi-pci,id=hostile") n=0
while IFS=$'\t' read -r name _; do
	opts+=(-blockdev "driver=raw,node-name=$name,file.driver=file,file.filename=$tmp/disks/$name"
		-device "scsi-hd,drive=$name,bus=hostile.0,scsi-id=0,lun=$n")
	n=$((n + 1))
done <"$tmp/list"
treat=$(nix_store --add "$build/guest/tests/unit/fs/policy")
facts=$(vm_script "
modprobe -a virtio_scsi sd_mod ext4
tries=600
until [ \$(ls -d /sys/block/sd* | wc -l) -eq $n ]; do
	tries=\$((tries - 1))
	[ \$tries -gt 0 ] || break
	usleep 100000
done
mkdir -p /run/hostile
for d in /sys/block/sd*; do
	lun=\$(readlink \$d/device) dev=/dev/\${d##*/} mounted=
	said=\$($treat \$dev)
	status=\$?
	if [ \"\$said\" = 'mount: ' ]; then
		mounted=refused
		mount -t ext3 \$dev /run/hostile 2>/run/said && mounted=mounted && umount /run/hostile
	fi
	echo \"FACT \${lun##*:} \$status \$said|\$mounted\"
done
true")
QEMU_OPTS=$(printf "'%s' " "${opts[@]}") vm_run 400 --root tmpfs --append "demo.run=$facts loglevel=1" --reginfo none
has "the guest ran to its end" "$out" 'demo\.run: exit 0'
is "exit status" "$status" 0
[ $tap_bad -eq 0 ] || tap_end

# same NAME FACT: nothing has written to the disk. A kernel that refuses it may note the error in the superblocks of the
# file system and of its journal, which are blocks of 1 KiB.
# shellcheck disable=SC2317 # ok calls it
same() {
	cmp -s "$tmp/before/$1" "$tmp/disks/$1" && return
	[ "$2" = '0 mount: |refused' ] && cmp -l "$tmp/before/$1" "$tmp/disks/$1" |
		awk '!seen[int(($1 - 1) / 1024)]++ { n++ } END { exit n > 2 || !seen[1] }'
}
refused=0 n=0
while IFS=$'\t' read -r name want; do
	fact=$(sed -n "s/^.*FACT $n //p" <<<"$out")
	n=$((n + 1))
	has "$name: ${fact#* }" "$fact" "^[01] (refuse: .*disk unchanged.*\||finish: .*disk unchanged.*\||mount: \|refused$)"
	[ -z "$want" ] || has "$name: for that reason" "${fact%|*}" "^[01] $want"
	ok "$name: as it was" same "$name" "$fact"
	[[ $fact != ?' '*': '*'|' && $fact != *'|refused' ]] || refused=$((refused + 1))
done <"$tmp/list"
echo "# $refused disks refused"
ok "30 disks at least are refused" [ "$refused" -ge 30 ]

# --- as a root disk: the run ends, and says so --------------------------------------------------------------------------
# root NAME STEP PATTERN
root() {
	local before
	qemu-img convert -f raw -O qcow2 "$tmp/disks/$1" "$tmp/$1.qcow2"
	before=$(sha256sum <"$tmp/$1.qcow2")
	vm_run 120 --image "$tmp/$1.qcow2"
	is "$1 as the root disk: exit status" "$status" 70
	has "$1 as the root disk: the line" "$err" "^storeboot: stage 1 failed at step $2: .*$3"
	is "$1 as the root disk: stage 2 was not reached" "$(grep -c 'storeboot demo: boot' <<<"$out")" 0
	is "$1 as the root disk: unchanged" "$(sha256sum <"$tmp/$1.qcow2")" "$before"
}
root super-wiped disk 'holds nothing that is known here, but is not empty: byte 2048 is not zero; not formatted, disk unchanged'
root block-count root 'cannot mount ext3 /dev/vda: '
tap_end
