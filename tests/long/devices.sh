#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# devices.sh - what virt boards have of vm/devices.sh: on aarch64 EFI, a TPM, a screen with a console, keyboard and
# tablet; on riscv64 the latter three
# shellcheck disable=SC2016 # the guest expands its script
set -u
# shellcheck source=tests/lib/vm.sh
. tests/lib/vm.sh
top=$PWD
cd "$tmp" || exit 1

script='
[ ! -d /sys/firmware/efi ] || echo "FACT EFI"
echo "FACT screen of stage 1: $(head -n 1 /sys/class/drm/card*-*/modes), console on $(cat /proc/fb)"
for module in xhci_pci usbhid hid_generic; do modprobe $module; done
tries=100; until grep -q Tablet /sys/class/input/*/name; do tries=$((tries - 1)); [ $tries -gt 0 ] || break; usleep 100000; done
cat /sys/class/input/input*/name | sed "s/^/FACT input /"
dmesg | grep -o "TPMFinalLog=0x[1-9a-f].*TPMEventLog=0x[1-9a-f]" | sed "s/^/FACT the firmware measured: /"
[ ! -e /sys/firmware/acpi/tables/TPM2 ] || echo "FACT a TPM in the ACPI tables"
'

# boot ARCH SUITE CONSOLE [OPTION]...
boot() {
	local arch=$1 suite=$2 console=$3
	shift 3
	(cd "$top" && make --no-print-directory ARCH="$arch" >"$tmp/make" 2>&1) || { cat "$tmp/make"; exit 1; }
	system=$(cd "$top" && scripts/demo-system --suite "$suite" --arch "$arch") || exit 1
	vm_run 900 --name "$arch" --root tmpfs --reginfo none --graphics=none --resolution 800x600 \
		--timeout-stage1 600 --append "console=$console demo.run=$(vm_script "$script")" "$@"
	is "$arch: exit status" "$status" 0
	has "$arch: the screen, before stage 2" "$out" '^FACT screen of stage 1: 800x600, console on 0 virtio'
	has "$arch: the keyboard" "$out" '^FACT input QEMU QEMU USB Keyboard'
	has "$arch: the tablet" "$out" '^FACT input QEMU QEMU USB Tablet'
}

boot aarch64 bookworm ttyAMA0 --efi --tpm
has "aarch64: EFI" "$out" '^FACT EFI'
# Debian's kernels for arm64 have no driver for it (TCG_TIS), but firmware has.
has "aarch64: the TPM" "$out" '^FACT a TPM in the ACPI tables'
has "aarch64: the firmware measured into it" "$out" '^FACT the firmware measured: TPMFinalLog='
ok "aarch64: its variables are beside where its disk would be" test -s aarch64-efi-vars.fd
ok "aarch64: and so is what the TPM holds" test -s aarch64-swtpm/tpm2-00.permall
boot riscv64 forky ttyS0
tap_end
