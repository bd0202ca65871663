#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# nixos-module.sh - what host/nix/module.nix makes, built and booted: bin/run-NAME-vm, and the guest it promises
# shellcheck disable=SC2016 # the guest's shell expands
set -u
# shellcheck source=tests/lib/vm.sh
. tests/lib/vm.sh
busybox=$(readlink -f "$system/sw/bin/busybox")
mkdir "$tmp/more" "$tmp/work"
date >"$tmp/more/file"
more=$(nix_store --add "$tmp/more")

# expression ERA CONFIGURATION: the system's configuration
expression() {
	echo "(import $PWD/tests/data/nixos/eval.nix {
		era = \"$1\"; configuration.virtualisation = { graphics = false; restrictNetwork = true; } // $2;
		toplevel = builtins.storePath \"$system\"; busybox = builtins.storePath \"${busybox%/bin/busybox}\"; })"
}

# build ERA CONFIGURATION: the store path of its system.build.vm
build() {
	nix_run nix-build --no-out-link -E "$(expression "$@").system.build.vm" 2>"$tmp/build" || cat "$tmp/build" >&2
}

# promised ERA CONFIGURATION: "MOUNT-POINT:TYPE" of each of its file systems
promised() {
	nix_run nix-instantiate --eval --strict -E "builtins.concatStringsSep \" \" (builtins.map (f:
		f.mountPoint + \":\" + f.fsType) (let f = $(expression "$@").fileSystems; in
		if builtins.isList f then f else map (p: f.\${p} // { mountPoint = p; }) (builtins.attrNames f)))" | tr -d '"' | tr ' ' '\n' | sort
}

# The last one on a path is what is seen.
mounted='awk "\$2 ~ \"^(/|/hostfs|/nix/store)\$\" { type[\$2] = \$3 }
	END { for (path in type) print path \":\" type[path] }" /proc/mounts | sort'
export PATH=$build:$PATH

for era in 2010 today; do
	name=orb disks='' share=cifs store=$'/hostfs:cifs\n/nix/store:cifs'
	[ $era = 2010 ] || share=9p store=/nix/store:overlay # the configuration is for cifs all the same
	[ $era = 2010 ] || disks='qemu.diskInterface = "scsi";'
	[ $era = 2010 ] || name=orb.example
	configuration="{ pathsInNixDB = [ (builtins.storePath \"$more\") ]; memorySize = 300; emptyDiskImages = [ 3 ]; $disks
		sharedDirectories.mine = { source = \"\$MINE\"; target = \"/mnt/mine\"; }; }"
	vm=$(build $era "$configuration")
	is "$era: what there is" "$(cd "$vm" && find . | sort | tr '\n' ' ')" ". ./bin ./bin/run-$name-vm ./system "
	is "$era: system" "$(readlink "$vm/system")" "$system"
	status=0
	(cd "$tmp/work" && MINE="$tmp/more" NIX_DISK_IMAGE=./mine.qcow2 timeout 600 "$vm/bin/run-$name-vm" --accel auto --share $share --stage1 "$build/storeboot-init" -- sh -c "
		$mounted
		echo; nix-store -q --hash '$more'
		for d in /sys/block/[sv]d*; do grep -aqs empty0 \$d/serial \$d/device/vpd_pg80 && blockdev --getsize64 /dev/\${d##*/}; done
		awk '/MemTotal/ { print (\$2 < 300 * 1024) }' /proc/meminfo
		cat /mnt/mine/file
		touch '${more%/*}/written' 2>/dev/null && echo store-written") \
		</dev/null >"$tmp/out" 2>"$tmp/err" || status=$?
	sed 's/^/# /' "$tmp/err"
	is "$era: the guest's file systems are the one that its NixOS is told of, and those of this run's share" \
		"$(sed '/^$/,$d' "$tmp/out")" "$(promised $era "$configuration")
$store"
	written=1
	[ $era = 2010 ] || written=0
	is "$era: exit status: whether the store takes what is written" "$status" $written
	is "$era: the path registered, the second disk, the memory, the folder shared" "$(sed '1,/^$/d' "$tmp/out" | grep -v store-written)" \
		"$(nix_store -q --hash "$more")
3145728
1
$(cat "$tmp/more/file")"
	is "$era: NIX_DISK_IMAGE is the disk" "$(cd "$tmp/work" && find . -type f | sort | tr '\n' ' ')" \
		"./mine.qcow2 ./$name-empty0.qcow2 "
	rm -f "$tmp/work"/*.qcow2
done
nix_store --delete "$vm" "$more" >/dev/null 2>&1
tap_end
