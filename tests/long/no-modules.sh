#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# no-modules.sh - a kernel with CONFIG_MODULES=n, built for this: each share to the store, and the disk
set -u
# shellcheck source=tests/lib/vm.sh
. tests/lib/vm.sh

tree=$(scripts/kernel-builtin 2>"$tmp/why") || { skip "a kernel without modules" "$(tail -n 1 "$tmp/why")"; tap_end; }
ok "the kernel has no modules" grep -qx '# CONFIG_MODULES is not set' "$tree/config"
facts=$(vm_script 'grep " /nix/store " /proc/mounts; uname -r; ls -d /proc/modules; cat /root/marker; echo kept >/root/marker')
piecewise=(--kernel "$tree/kernel" --init "$system/init" --name builtin --register "$facts"
	--append "systemConfig=$system demo.run=$facts")

# boot NAME TYPE ARGUMENT...
boot() {
	local name=$1 type=$2
	shift 2
	status=0
	timeout --kill-after=10 240 "$storeboot" run "${piecewise[@]}" "$@" </dev/null >"$tmp/out" 2>"$tmp/err" || status=$?
	out=$(tr -d '\r\000' <"$tmp/out")
	sed 's/^/# /' "$tmp/err"
	is "$name: exit" "$status" 0
	has "$name: the store" "$out" "^[^ ]+ /nix/store $type ro,"
	has "$name: that kernel" "$out" '-builtin$'
}
boot cifs cifs --image "$tmp/disk.qcow2"
boot "cifs again" cifs --image "$tmp/disk.qcow2"
has "the disk is kept" "$out" '^kept$'
boot 9p 9p --share 9p --root tmpfs
tap_end
