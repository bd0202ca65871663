#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# boot.sh - the main job: the demo boots twice on one disk; network, mounts, store, database and disk are as promised
# shellcheck disable=SC2016 # the guest expands its script, not this shell
set -u
# shellcheck source=tests/lib/vm.sh
. tests/lib/vm.sh
image=$tmp/disk.qcow2

# What the guest says of itself, one fact a line.
facts=$(vm_script '
fact() { echo "FACT $*"; }
fact kernel "$(uname -r)"
fact pid1 "$(tr "\0" " " </proc/1/cmdline)"
fact address "$(ip -o -4 addr show | while read -r _ dev _ ip _; do echo "$dev=$ip"; done | tr "\n" " ")"
fact route "$(ip route show default)"
fact resolver "$(grep nameserver /etc/resolv.conf)"
while read -r line; do fact mount "$line"; done </proc/mounts
fact initramfs "$(ls -A / | tr "\n" " ")"
[ -e /etc/NIXOS ] && fact nixos yes
fact fd "$(readlink /dev/fd) $(readlink /dev/stdin)"
fact system "$(tr "\0" "\n" </proc/1/environ | grep ^systemConfig=)"
touch /nix/store/intruder 2>/dev/null && fact store-write yes || fact store-write refused
mount -o remount,rw /nix/store 2>/dev/null; touch /nix/store/intruder 2>/dev/null && fact store-rw yes || fact store-rw refused
fact hostfs "$(cd /hostfs && find . -maxdepth 2 | sort | tr "\n" " ")"
fact marker "$(cat /root/marker 2>/dev/null)"
echo "kept on the disk" >/root/marker
fact store-owner "$(stat -c %u:%g:%a "$(readlink -f "$systemConfig")")"
fact closure "$(nix-store -qR "$systemConfig" | sort | sha256sum)"
fact database "$(nix-store --dump-db $(nix-store -qR "$systemConfig") | sort | sha256sum)"
fact registered "$(nix-store --dump-db | sort | sha256sum)"
dmesg | grep -o "storeboot: .*" | while read -r line; do fact log "$line"; done
true')

guest() { # NAME: the values of a fact
	sed -n "s/^.*FACT $1 //p" <<<"$out"
}

# --- boot 1: an empty disk ------------------------------------------------------------------------
vm_run 240 --image "$image" --append "demo.run=$facts"
has 'boot 1: says what it boots, on which disk' "$err" "^storeboot: booting .*; its disk is $image, new\$"
is "boot 1 ends well" "$status" 0
has "the script ran to its end" "$out" 'demo.run: exit 0'
has "PID 1 is the system's stage 2" "$(guest pid1)" "$system"
has "the first Ethernet device has the address" "$(guest address)" '=10\.0\.2\.15/24'
has "lo is up" "$(guest address)" 'lo=127\.0\.0\.1/8'
has "default route" "$(guest route)" '^default via 10\.0\.2\.2 '
is "resolver" "$(guest resolver)" "nameserver 10.0.2.3"
has "root is ext3 on /dev/vda, rw" "$(guest mount)" '^/dev/vda / ext3 rw'
has "the share is CIFS, read-only, with UNIX extensions" "$(guest mount)" \
	'^//10\.0\.2\.4/qemu /hostfs cifs ro,.*vers=1\.0,.*unix,posixpaths'
has "the share's character set" "$(guest mount)" '/hostfs cifs .*iocharset=iso8859-1'
has "the store is the share's, read-only" "$(guest mount)" '/nix/store cifs ro,'
for fs in "devtmpfs /dev" "proc /proc" "sysfs /sys" "tmpfs /run" "devpts /dev/pts" "tmpfs /dev/shm"; do
	has "$fs is mounted" "$(guest mount)" "^[a-z]+ ${fs#* } ${fs% *} "
done
is "/dev/fd and /dev/stdin" "$(guest fd)" "/proc/self/fd /proc/self/fd/0"
is "/etc/NIXOS is there" "$(guest nixos)" yes
is "systemConfig is in PID 1's environment" "$(guest system)" "systemConfig=$system"
is "the store cannot be written" "$(guest store-write)" refused
is "nor after remount,rw" "$(guest store-rw)" refused
is "the share holds nix/store and nothing else" "$(guest hostfs)" ". ./nix ./nix/store "
has "store paths are root's" "$(guest store-owner)" '^0:0:'
is "nothing of the old initramfs is left" "$(guest initramfs | grep -cE '\b(init|modules|registration|sysroot)\b')" 0
is "no marker yet" "$(guest marker)" ""
has "the disk was formatted" "$(guest log)" '^storeboot: disk ok .*(format|empty)'
is "the closure is the host's" "$(guest closure)" "$(nix_store -qR "$system" | sort | sha256sum)"
# shellcheck disable=SC2046 # a list of store paths
closure=$(nix_store --dump-db $(nix_store -qR "$system") | sort | sha256sum)
is "the database is the host's, hashes and references" "$(guest database)" "$closure"
is "and holds nothing else" "$(guest registered)" "$closure"
ok "every step is in the log" [ "$(guest log | grep -cE '^storeboot: [a-zA-Z0-9]+ ok ')" -ge 7 ]

# --- boot 2: the same disk ------------------------------------------------------------------------
vm_run 240 --image "$image" --append "demo.run=$facts"
is "boot 2 ends well" "$status" 0
is "the file written in boot 1 is there" "$(guest marker)" "kept on the disk"
is "the disk was not formatted again" "$(guest log | grep -cE 'disk ok .*formatted')" 0
has "the unchanged registration was skipped" "$(guest log)" 'regInfo (ok|skipped).*unchanged'
is "the database is still whole" "$(guest registered)" "$closure"

# --- the disk, from the host -----------------------------------------------------------------------
qemu-img convert -O raw "$image" "$tmp/disk.raw"
fsck=$(e2fsck -fn "$tmp/disk.raw" 2>&1)
is "e2fsck -fn finds nothing" "$?" 0 || echo "$fsck"
features=$(dumpe2fs -h "$tmp/disk.raw" 2>/dev/null)
has "ext3's features, and no others" "$features" \
	'^Filesystem features: +has_journal ext_attr resize_inode dir_index filetype sparse_super large_file$'
has "it was unmounted cleanly" "$features" '^Filesystem state: +clean$'
has "4096-byte blocks" "$features" '^Block size: +4096$'
is "the image is 512 MiB" "$(stat -c %s "$tmp/disk.raw")" $((512 << 20))
tap_end
