#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# writable.sh - --writable-store: Nix in the guest adds paths and builds; on the disk they stay, in memory they go
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
# A derivation that is built here, from what the host has; a new one each time.
built=$(cat /root/built 2>/dev/null)
[ -z "$built" ] || ! nix-store --verify-path "$built" || fact kept-build "$(cat "$built")"
sh=$(readlink -f "$systemConfig/sw/bin/sh")
expression="derivation { name = \"built-$(cat /proc/sys/kernel/random/uuid)\"; system = builtins.currentSystem;
	builder = builtins.storePath \"${sh%/bin/*}\" + \"/bin/sh\"; args = [ \"-c\" \"echo built by \$name >\$out\" ]; }"
nix --extra-experimental-features nix-command build --impure --expr "$expression" --out-link /root/result
built=$(readlink /root/result) && echo "$built" >/root/built
fact name "$(cat "$built")"
fact built "$(sed "s/-.*//" "$built"), $(nix-store -q --references "$(nix-store -q --deriver "$built")" | sed "s/.*-//" | tr "\n" " ")"
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
	is "$name: Nix builds a derivation" "$(guest built)" "built by built, busybox "
	is "$name: the host's store has none of it" "$(find /nix/store -maxdepth 1 -regex '/nix/store/[^-]*-\(from-guest\|built-.*\)')" ""
}

boot "on the disk" --writable-store=disk
is "on the disk: nothing is there yet" "$(guest kept)" ""
first=$out
boot "on the disk, again" --writable-store=disk
is "on the disk, again: it is there and valid" "$(guest kept)" "added in the guest"
is "on the disk, again: what was built is there and valid" "$(guest kept-build)" "$(sed -n 's/^.*FACT name //p' <<<"$first")"
is "on the disk, again: nothing is missing" "$(grep -c 'stage 1:' <<<"$err")" 0
boot "in memory" --writable-store
is "in memory: what is on the disk is not there" "$(guest kept)" ""
has "in memory: and a line says so" "$err" "^storeboot: stage 1: regInfo: .* the store has not, dropped from it: [0-9]+, /nix/store/"
vm_run 60 --root tmpfs --writable-store=disk
is "there is no disk: exit" "$status" 64
vm_run 60 --image "$image" --writable-store=floppy
is "there is no such place: exit" "$status" 64
tap_end
