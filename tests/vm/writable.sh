#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# writable.sh - --writable-store: Nix in the guest adds paths; on the disk they stay, in memory they go
# shellcheck disable=SC2016 # the guest expands its script, not this shell
set -u
# shellcheck source=tests/lib/vm.sh
. tests/lib/vm.sh
image=$tmp/disk.qcow2
script=$(vm_script 'fact() { echo "FACT $*"; }
fact mount "$(grep " /nix/store " /proc/mounts | tail -n 1)"
for path in $(cat /root/added 2>/dev/null); do
	nix-store --check-validity "$path" 2>/dev/null && [ "$(nix-store -q --hash "$path")" = "$(cat "/root/${path##*/}")" ] &&
		fact kept "$(cat "$path")"
done
echo "added in the guest" >/root/from-guest
added=$(nix-store --add /root/from-guest) && fact added "$(cat "$added")"
echo "$added" >/root/added
nix-store -q --hash "$added" >"/root/${added##*/}"
sync')
guest() { # NAME: the values of a fact
	sed -n "s/^.*FACT $1 //p" <<<"$out"
}

# boot NAME [OPTION]...: one that adds a path
boot() {
	local name=$1
	shift
	vm_run 240 --image "$image" --append "demo.run=$script" "$@"
	is "$name: exit" "$status" 0
	has "$name: an overlay is on the store" "$(guest mount)" '^store /nix/store overlay rw,'
	is "$name: Nix adds a path" "$(guest added)" "added in the guest"
	is "$name: the host's store has none of it" "$(find /nix/store -maxdepth 1 -name '*-from-guest')" ""
}

boot "on the disk" --writable-store=disk
is "on the disk: nothing is there yet" "$(guest kept)" ""
boot "on the disk, again" --writable-store=disk
is "on the disk, again: it is there and valid" "$(guest kept)" "added in the guest"
is "on the disk, again: nothing is missing" "$(grep -c 'stage 1:' <<<"$err")" 0
boot "in memory" --writable-store
is "in memory: what is on the disk is not there" "$(guest kept)" ""
has "in memory: and a line says so" "$err" "^storeboot: stage 1: regInfo: .* the store has not, dropped from it: [0-9]+, /nix/store/"
vm_run 60 --root tmpfs --writable-store=disk
is "there is no disk: exit" "$status" 64
vm_run 60 --image "$image" --writable-store=floppy
is "there is no such place: exit" "$status" 64
tap_end
