#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# disk-life.sh - what users do with disks: throw away, begin anew, add more, name them oddly
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
for d in /sys/block/vd*; do fact disk "$(cat $d/serial) $(cat $d/size) $(cat $d/ro)"; done
for d in /sys/block/vd*; do
	[ "$(cat $d/serial)" = more ] && dd if=/dev/zero of=/dev/${d##*/} bs=1M count=1 2>/dev/null && fact more written
done
sync
true')

guest() { # NAME: the values of a fact
	sed -n "s/^.*FACT $1 //p" <<<"$out"
}

# --- two boots that keep, one that throws away, in one row ----------------------------------------------------
vm_run 240 --image "$image" --append "demo.run=$facts" --reginfo none
is "a path of hard bytes: exit" "$status" 0
is "it is the root disk, by its serial" "$(guest disk)" "storeboot-root $((512 << 11)) 0"
before=$(sha256sum <"$image")
truncate -s 1M "$tmp/raw,1.img"
qemu-img create -q -f qcow2 "$tmp/read.qcow2" 3M
vm_run 240 --image "$image" --append "demo.run=$facts" --reginfo none --ephemeral \
	--disk "$tmp/raw,,1.img,raw,serial=a,ro" --disk "$tmp/more.qcow2,size=2M" --disk "$tmp/read.qcow2,ro,serial=third"
is "throw-away run: exit" "$status" 0
is "throw-away run: it sees the disk" "$(guest marker)" x
is "throw-away run: every disk by its serial, size, read-only" "$(guest disk | sort)" "a 2048 1
more 4096 0
storeboot-root $((512 << 11)) 0
third 6144 1"
is "throw-away run: a disk that is written" "$(guest more)" written
is "throw-away run: the image is as it was" "$(sha256sum <"$image")" "$before"
ok "throw-away run: a new disk was not made" [ ! -e "$tmp/more.qcow2" ]

# --- begin anew --------------------------------------------------------------------------------------------------
vm_run 240 --image "$image" --append "demo.run=$facts" --reginfo none --fresh --yes
is "--fresh: exit" "$status" 0
is "--fresh: an empty disk" "$(guest marker)" ""
old=$(find "$tmp" -name '*.old-*' -print0 | tr -d '\0')
is "--fresh: the old image is kept" "$(sha256sum <"$old")" "$before"
tap_end
