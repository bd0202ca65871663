#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# verify.sh - every byte of the closure that the guest sees has the hash its database says
# shellcheck disable=SC2016 # the guest expands its script, not this shell
set -u
# shellcheck source=tests/lib/vm.sh
. tests/lib/vm.sh

script=$(vm_script '
nix-store --verify --check-contents >/tmp/verify 2>&1
echo "VERIFY status $?"
grep -v "^checking path" /tmp/verify | sed "s/^/VERIFY said /"')
vm_run 600 --image "$tmp/disk.qcow2" --append "demo.run=$script"
is "the run ends well" "$status" 0
has "nix-store --verify --check-contents is clean" "$out" 'VERIFY status 0'
is "it has nothing to say" "$(grep -oE 'VERIFY said .*' <<<"$out" | grep -vcE 'reading the Nix store|checking (store hashes|path|link)')" 0
tap_end
