#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# driver.sh - the run script below NixOS's test driver: two machines, started as the driver starts them
#
# tests/lib/driver.py is the stand-in for the driver. The machines are of the module's own run script, with the card
# that NixOS's tests give each machine (nixos/lib/testing/network.nix).
# shellcheck disable=SC2016 # the guest's shell and the run script expand
set -u
# shellcheck source=tests/lib/vm.sh
. tests/lib/vm.sh
if ! command -v vde_switch >/dev/null || ! qemu-system-x86_64 -netdev help 2>/dev/null | grep -qx vde; then
	skip "the test driver" "vde_switch is missing, or this QEMU has no vde"
	tap_end
fi
busybox=$(readlink -f "$system/sw/bin/busybox")
# As backdoor.service, which test-instrumentation.nix adds.
shell=$(vm_script 'exec </dev/hvc0 >/dev/hvc0 2>/dev/null
stty -F /dev/hvc0 raw -echo
echo "Spawning backdoor root shell..."
exec sh /dev/hvc0')
"$storeboot" reginfo "$system" >"$tmp/registration"
registration=$(nix_store --add "$tmp/registration")
vm=$(nix_run nix-build --no-out-link -E "(import $PWD/tests/data/nixos/eval.nix {
	era = \"today\"; toplevel = builtins.storePath \"$system\";
	registration = builtins.storePath \"$registration\"; busybox = builtins.storePath \"${busybox%/bin/busybox}\";
	configuration = import $PWD/tests/data/nixos/test-node.nix { programs = { }; configuration.virtualisation = {
		graphics = true; memorySize = 256; diskSize = 512; storeboot.share = \"9p\"; }; };
	}).system.build.vm" 2>"$tmp/build") || sed 's/^/# /' "$tmp/build"
export PATH=$build:$PATH
# The driver has no terminal; a display would have QEMU open a window.
unset DISPLAY WAYLAND_DISPLAY
fact() { sed -n "s/^$1: //p" "$tmp/facts"; }
status=0
timeout 1500 python3 tests/lib/driver.py "$(echo "$vm"/bin/run-*-vm) --reboot --stage1 $build/storeboot-init --append demo.run=$shell" \
	"$tmp" >"$tmp/facts" 2>"$tmp/failed" || status=$?
sed 's/^/# /' "$tmp/facts" "$tmp/failed" "$tmp"/*.err
[ "$status" -eq 0 ] || tail -n 30 "$tmp"/*.console | tr -d '\r\000' | sed 's/^/# /'
is "the driver's test runs to its end" "$status" 0
while IFS='|' read -r name want; do
	is "$name" "$(fact "$name")" "$want"
done <<'END'
succeed|to standard output and error
a status|7
the address of the VM's own network|10.0.2.15/24
blocked|no answer
one VLAN|an answer, also after unblock
SHARED_DIR|by the host
TMPDIR|by the guest
send_console|typed on the console
send_key|k
screenshot|P6 with text
crash: the start command ends|with a status
crash and start|before the crash
a reboot|once more
the VLAN after the reboot|an answer
poweroff|0 0
END
is "reboot: the same QEMU runs on" "$(fact "QEMU runs on")" True
is "reboot: nobody misses the agent meanwhile" "$(grep -c 'agent .*is gone' "$tmp/m1.console.err")" 0
nix_store --delete "$vm" "$registration" >/dev/null 2>&1
tap_end
