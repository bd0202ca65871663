#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# disk-life.sh - what users do with disks: throw away, begin anew, add more, name them oddly, connect them otherwise
# shellcheck disable=SC2016 # the guest expands its script, not this shell
set -u
# shellcheck source=tests/lib/vm.sh
. tests/lib/vm.sh
# Every byte of a path is just a byte: commas, colons, quotes, a newline, one that is no UTF-8.
image=$tmp/$'-a,b: "c"\nd\xff.qcow2'

facts=$(vm_script '
fact() { echo "FACT $*"; }
fact marker "$(cat /root/marker 2>/dev/null)"
echo "$(cat /root/marker 2>/dev/null)x" >/root/marker
fact root "$(grep " / " /proc/mounts)"
serial() { cat $1/serial 2>/dev/null || tail -c +5 $1/device/vpd_pg80 | sed "s/ *$//"; }
for d in /sys/block/[sv]d*; do
	fact disk "$(serial $d) $(cat $d/size) $(cat $d/ro)"
	fact way "$(readlink -f $d | grep -oE "(virtio|ata)[0-9]+/(host|block)" | tr -d 0-9)"
	fact discard "$(cat $d/queue/discard_max_bytes)"
	[ "$(serial $d)" = more ] && dd if=/dev/zero of=/dev/${d##*/} bs=1M count=1 2>/dev/null && fact more written
done
dmesg | grep -o "storeboot: .*" | while read -r line; do fact log "$line"; done
sync
true')

guest() { # NAME: the values of a fact
	sed -n "s/^.*FACT $1 //p" <<<"$out"
}

# attribute [VALUE]: which system the image says that it booted last; or makes it say another.
attribute() {
	python3 -c 'import os, sys
name = "user.storeboot.system"
if sys.argv[2:]: os.setxattr(sys.argv[1], name, sys.argv[2].encode())
else: print(os.getxattr(sys.argv[1], name).decode())' "$image" "$@"
}

# --- two boots that keep, one that throws away, in one row ----------------------------------------------------
vm_run 240 --image "$image" --append "demo.run=$facts" --reginfo none
is "a path of hard bytes: exit" "$status" 0
is "it remembers its system" "$(attribute)" "${system#*-}
$system"
attribute $'web\n/nix/store/0-web'
is "it is the root disk, by its serial" "$(guest disk)" "storeboot-root $((512 << 11)) 0"
is "by virtio: the driver" "$(guest way)" virtio/block
has "by virtio: it can discard" "$(guest discard)" '^[1-9]'
before=$(sha256sum <"$image")
truncate -s 1M "$tmp/raw,1.img"
qemu-img create -q -f qcow2 "$tmp/read.qcow2" 3M
vm_run 240 --image "$image" --append "demo.run=$facts" --reginfo none --ephemeral --disk-interface scsi \
	--disk "$tmp/raw,,1.img,raw,serial=a,ro" --disk "$tmp/more.qcow2,size=2M" --disk "$tmp/read.qcow2,ro,serial=third"
is "throw-away run: exit" "$status" 0
is "throw-away run: it sees the disk" "$(guest marker)" x
is "throw-away run: every disk by its serial, size, read-only" "$(guest disk | sort)" "a 2048 1
more 4096 0
storeboot-root $((512 << 11)) 0
third 6144 1"
is "by scsi: every disk's driver" "$(guest way | sort | uniq -c | xargs)" "4 virtio/host"
is "by scsi: each disk can discard" "$(guest discard | grep -c '^[1-9]')" 4
is "throw-away run: a disk that is written" "$(guest more)" written
is "throw-away run: the image is as it was" "$(sha256sum <"$image")" "$before"
has "throw-away run: another system is told" "$err" 'last booted another system, web \(/nix/store/0-web\), whose files are on it'
is "throw-away run: nothing is remembered" "$(attribute)" $'web\n/nix/store/0-web'
ok "throw-away run: a new disk was not made" [ ! -e "$tmp/more.qcow2" ]

# --- larger ------------------------------------------------------------------------------------------------------
more=() want="storeboot-root $((3073 << 11)) 0"
for i in 1 2 3 4 5 6; do # and the root disk: one more than a controller has room for
	truncate -s 1M "$tmp/ide-$i"
	more+=(--disk "$tmp/ide-$i,raw")
	want="ide-$i 2048 0"$'\n'$want
done
vm_run 240 --image "$image" --append "demo.run=$facts" --reginfo none --disk-size 3073M --disk-interface ide "${more[@]}"
is "--disk-size: exit" "$status" 0
has "--disk-size: another system is told" "$err" 'last booted another system, web'
is "--disk-size: from now on this one is remembered" "$(attribute)" "${system#*-}
$system"
attribute "${system#*-}"$'\n/nix/store/0-older-build'
is "--disk-size: what was there is there" "$(guest marker)" x
is "by ide: every disk by its serial" "$(guest disk | sort)" "$(sort <<<"$want")"
is "by ide: every disk's driver" "$(guest way | sort | uniq -c | xargs)" "7 ata/host"
is "by ide: each disk can discard" "$(guest discard | grep -c '^[1-9]')" 7
has "--disk-size: the file system follows" "$(guest log)" '/dev/sd[a-g]: file system grown from 512 to 3072 MiB'
# The last MiB is too small for a group of blocks of its own.
is "--disk-size: a file system as large as it can be is no warning" "$(grep 'file system stays' <<<"$err$out")" ""
qemu-img convert -O raw "$image" "$tmp/disk.raw"
fsck=$(e2fsck -fn "$tmp/disk.raw" 2>&1)
is "--disk-size: e2fsck -fn finds nothing" "$?" 0 || echo "$fsck"
has "--disk-size: the file system's blocks" "$(dumpe2fs -h "$tmp/disk.raw" 2>/dev/null)" "^Block count: +$((3 << 18))$"
is "by ide: what was written before and now is on it" "$(/sbin/debugfs -R 'cat /root/marker' "$tmp/disk.raw" 2>/dev/null)" xx
rm "$tmp/disk.raw"
before=$(sha256sum <"$image")

# --- no disk -------------------------------------------------------------------------------------------------------
# By 9p, and with a kernel that has neither ext4 nor virtio_net: nothing of such a run needs them.
release=$(basename "$(echo "$system"/kernel-modules/lib/modules/*)")
mkdir -p "$tmp/less/lib/modules/$release"
ln -s "$system/kernel-modules/lib/modules/$release"/* "$tmp/less/lib/modules/$release/"
sed -i -E '/^[^:]*\/(ext4|virtio_net)\.ko[.a-z]*:/d' "$tmp/less/lib/modules/$release/modules.dep" # sed -i takes the link's place
vm_run 240 --root tmpfs --share 9p --modules "$tmp/less" --append "demo.run=$facts"
is "--root tmpfs: exit" "$status" 0
has "--root tmpfs: the root" "$(guest root)" '^root / tmpfs rw'
is "--root tmpfs: no disk" "$(guest disk)" "  "
ok "--root tmpfs: no image is made" [ ! -e storeboot-demo.qcow2 ]
has "--root tmpfs: the registration is loaded" "$(guest log)" '^storeboot: regInfo ok'

# --- an image of before: another program made it, its disk had no serial, it remembers nothing ------------------------
mkdir -p "$tmp/old/root"
echo old >"$tmp/old/root/marker"
mke2fs -q -t ext3 -d "$tmp/old" "$tmp/old.raw" 64M
qemu-img convert -O qcow2 "$tmp/old.raw" "$tmp/old.qcow2"
vm_run 240 --image "$tmp/old.qcow2" --append "demo.run=$facts" --reginfo none
is "an old image: exit" "$status" 0
is "an old image: its files are there" "$(guest marker)" old
is "an old image: nothing is said of another system" "$(grep -c 'last booted' <<<"$err")" 0

# --- begin anew --------------------------------------------------------------------------------------------------
vm_run 240 --image "$image" --append "demo.run=$facts" --reginfo none --fresh --yes \
	--disk-interface scsi
is "--fresh: exit" "$status" 0
has "--fresh: formatted by scsi" "$(guest log)" '^storeboot: disk ok .*/dev/sda was empty: formatted, ext3, 512 MiB'
is "--fresh: the new image says nothing of another build" "$(grep -c 'last booted' <<<"$err")" 0
is "--fresh: an empty disk" "$(guest marker)" ""
old=$(find "$tmp" -name '*.old-*' -print0 | tr -d '\0')
is "--fresh: the old image is kept" "$(sha256sum <"$old")" "$before"
tap_end
