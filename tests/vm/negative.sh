#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# negative.sh - one failure for each step of stage 1: it ends within its deadline, and one line says what, on what, why
set -u
# shellcheck source=tests/lib/vm.sh
. tests/lib/vm.sh
initrd=$tmp/initrd
ok "the initrd alone" "$storeboot" initrd -o "$initrd" --kernel "$system/kernel" --modules "$system/kernel-modules"
qemu-img create -q -f qcow2 "$tmp/empty.qcow2" 64M
disk=(-drive "if=virtio,format=qcow2,file=$tmp/empty.qcow2")
nic=(-nic "user,model=virtio-net-pci,restrict=on")

# fails NAME STEP PATTERN: the last boot ended at STEP, and said so in one line, once.
fails() {
	has "$1: the line" "$out" "storeboot: stage 1 failed at step $2: .*$3"
	is "$1: stage 2 was not reached" "$(grep -cE 'storeboot demo: boot|demo\.run: exit' <<<"$out")" 0
}

# launcher_fails NAME EXIT STEP PATTERN: the same, and the launcher's own line and exit status.
launcher_fails() {
	fails "$1" "$3" "$4"
	is "$1: exit status" "$status" "$2"
	is "$1: one line of the launcher's" "$(grep -cE "^storeboot: stage 1 failed at step $3: .*$4" <<<"$err")" 1
}

# repack EDIT: an initrd whose unpacked tree the shell command EDIT has changed.
repack() {
	rm -rf "$tmp/tree"
	mkdir "$tmp/tree"
	"$storeboot" initrd -o "$tmp/plain" --compress none --kernel "$system/kernel" --modules "$system/kernel-modules"
	(cd "$tmp/tree" && cpio --quiet -idm <"$tmp/plain" && eval "$1" && find . | cpio --quiet -o -H newc >"$tmp/edited")
}

# --- raw QEMU: parts that the launcher never leaves out ---------------------------------------------------
vm_qemu 120 "$initrd" "storeboot.deadline=3" "${nic[@]}"
fails "no disk" disk '/dev/vda'
vm_qemu 120 "$initrd" "storeboot.deadline=1 printk.devkmsg=off" "${nic[@]}"
fails "no disk, and a kernel that drops our log" disk '/dev/vda'
vm_qemu 120 "$initrd" "storeboot.deadline=3" "${disk[@]}"
fails "no NIC" net 'Ethernet'
vm_qemu 120 "$initrd" "storeboot.deadline=8" "${disk[@]}" "${nic[@]}"
fails "no file server" share '//10\.0\.2\.4/qemu'
is "QEMU ended by the guest's power-off" "$status" 0

# --- config, modules ---------------------------------------------------------------------------------------
vm_run 120 --image "$tmp/a.qcow2" --append storeboot.shaer=none
launcher_fails "a slip in a word" 70 config 'storeboot\.shaer'
repack 'rm modules/cifs.ko'
vm_run 120 --image "$tmp/a.qcow2" --initrd "$tmp/edited"
launcher_fails "a missing module" 70 modules '/modules/cifs\.ko'
repack 'truncate -s 20000 modules/ext4.ko'
vm_run 120 --image "$tmp/a.qcow2" --initrd "$tmp/edited"
launcher_fails "a truncated module" 70 modules 'ext4\.ko'
"$storeboot" initrd -o "$tmp/nocifs" --kernel "$system/kernel" --modules "$system/kernel-modules" \
	--need disk --need root --need net
vm_run 120 --image "$tmp/a.qcow2" --initrd "$tmp/nocifs"
launcher_fails "an initrd without the share's module" 68 share 'cifs'

# --- disk --------------------------------------------------------------------------------------------------
truncate -s 64M "$tmp/raw"
echo 'label: gpt' | /sbin/sfdisk -q "$tmp/raw"
qemu-img convert -O qcow2 "$tmp/raw" "$tmp/gpt.qcow2"
before=$(sha256sum <"$tmp/gpt.qcow2")
vm_run 120 --image "$tmp/gpt.qcow2"
launcher_fails "a partitioned disk" 70 disk 'GPT partition table; not formatted, disk unchanged'
is "the partitioned disk is as it was" "$(sha256sum <"$tmp/gpt.qcow2")" "$before"

# --- share, switch, regInfo ----------------------------------------------------------------------------------
vm_run 120 --image "$tmp/a.qcow2" --append storeboot.share.source=//10.0.2.4/nosuch
launcher_fails "a share that the server does not have" 68 share '//10\.0\.2\.4/nosuch'
vm_run 120 --image "$tmp/a.qcow2" --append "init=/nix/store/00000000000000000000000000000000-none/init"
launcher_fails "no stage 2" 70 switch '00000000000000000000000000000000-none/init'
vm_run 120 --image "$tmp/a.qcow2" --append "init=$system/kernel-params"
launcher_fails "a stage 2 that is no program" 70 switch 'kernel-params'
printf '%s\nnot a hash\n' "$system" >"$tmp/broken"
broken=$(nix_store --add "$tmp/broken")
vm_run 240 --image "$tmp/a.qcow2" --reginfo none --append "regInfo=$broken"
launcher_fails "a registration that is cut short" 70 regInfo "regInfo=$broken:3: .*cut short"
nix_store --delete "$broken" >/dev/null 2>&1
printf '%s\nnot a hash\n0\n\n0\n' "$system" >"$tmp/broken"
broken=$(nix_store --add "$tmp/broken")
vm_run 240 --image "$tmp/a.qcow2" --reginfo none --append "regInfo=$broken"
launcher_fails "a registration without a hash" 70 regInfo 'nix-store'
has "its line has the exit status" "$err" 'exit status 1'
nix_store --delete "$broken" >/dev/null 2>&1
vm_run 240 --image "$tmp/a.qcow2" --append storeboot.nix-store=/nix/store/none
launcher_fails "no nix-store" 70 regInfo '/nix/store/none'

# --- what the command line asks for on failure ----------------------------------------------------------------
vm_run 120 --image "$tmp/a.qcow2" --append "root=/dev/vdb storeboot.deadline=2 boot.panic_on_fail"
launcher_fails "boot.panic_on_fail" 70 disk '/dev/vdb'
has "the kernel panics" "$out" 'Kernel panic - not syncing: Attempted to kill init'
tap_end
