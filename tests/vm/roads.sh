#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# roads.sh - the other roads to the store: each shows the same store, read-only, and leaves nothing behind
# shellcheck disable=SC2016 # the guest expands its script, not this shell
set -u
# shellcheck source=tests/lib/vm.sh
. tests/lib/vm.sh

facts=$(vm_script '
fact() { echo "FACT $*"; }
grep -E " (/nix/store|/hostfs|/run/storeboot/[a-z]+) " /proc/mounts | while read -r line; do fact mount "$line"; done
touch /nix/store/intruder 2>/dev/null && fact store-write yes || fact store-write refused
mount -o remount,rw /nix/store 2>/dev/null; touch /nix/store/intruder 2>/dev/null && fact store-rw yes || fact store-rw refused
fact address "$(ip -o -4 addr show eth0 | tr -s " ")"
fact modules "$(cut -d " " -f 1 /proc/modules | tr "\n" " ")"
nix-store --verify --check-contents >/tmp/verify 2>&1 && fact contents equal || fact contents differ
grep -E "modified|missing|error" /tmp/verify | head -n 5 | while read -r line; do fact verify "$line"; done
true')

guest() { # NAME: the values of a fact
	sed -n "s/^.*FACT $1 //p" <<<"$out"
}

# shown NAME TYPE: what every road has in common.
shown() {
	is "$1: exit" "$status" 0
	has "$1: what is mounted on /nix/store" "$(guest mount)" "^[^ ]+ /nix/store $2 ro,"
	is "$1: the store cannot be written" "$(guest store-write)" refused
	is "$1: nor after remount,rw" "$(guest store-rw)" refused
	is "$1: the hash of every path of the closure is the host's" "$(guest contents)$(guest verify)" equal
	has "$1: the network is up" "$(guest address)" '10\.0\.2\.15/24'
}

vm_run 240 --image "$tmp/a.qcow2" --append "demo.run=$facts" --share 9p
shown 9p 9p
is "9p: no other road's module is loaded" "$(guest modules | grep -oE '\b(cifs|nls_iso8859_1|virtiofs|erofs|overlay)\b')" ""
tap_end
