#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# devices.sh - storeboot run: EFI, a TPM, a credential, the guest's agent, a screen and its size, all in one boot
# shellcheck disable=SC2016,SC2046,SC2317 # the guest expands its script, not this shell; functions are called by name
set -u
# shellcheck source=tests/lib/vm.sh
. tests/lib/vm.sh

# The host's own qemu-ga with its libraries, in one store path.
mkdir "$tmp/agent"
cp -L "$(command -v qemu-ga)" $(ldd "$(command -v qemu-ga)" | grep -oE '/[^ ]+') "$tmp/agent/"
loader=$(basename "$(ldd "$(command -v qemu-ga)" | grep -oE '/[^ ]*ld-linux[^ ]*')")
agent=$(nix_store --add "$tmp/agent")
script=$(vm_script "agent=$agent loader=$loader"'
[ -d /sys/firmware/efi ] && echo "FACT EFI"
modprobe efivarfs && mount -t efivarfs efivarfs /sys/firmware/efi/efivars
printf "\\7\\0\\0\\0kept-4711" >/sys/firmware/efi/efivars/Storeboot-12345678-1234-1234-1234-123456789abc && echo "FACT a variable is written"
modprobe tpm_tis; echo "FACT TPM $(cat /sys/class/tpm/tpm0/tpm_version_major)"
echo "FACT behind the bridge $(ls /sys/bus/pci/devices | grep -vc "^0000:00:")"; echo "FACT cmdline $(cat /proc/cmdline)"
echo "FACT serial $(cat /sys/class/dmi/id/product_serial)"
echo "FACT credential $(cat /sys/firmware/qemu_fw_cfg/by_name/opt/io.systemd.credentials/a.secret/raw)"
echo "FACT by a pipe $(cat /sys/firmware/qemu_fw_cfg/by_name/opt/io.systemd.credentials/b/raw)"
modprobe bochs; echo "FACT screen $(head -n 1 /sys/class/drm/card*-*/modes)"
for port in /sys/class/virtio-ports/*; do
	[ "$(cat "$port/name")" != org.qemu.guest_agent.0 ] || port_name=${port##*/}
done
mkdir -p /run/ga
$agent/$loader --library-path "$agent" "$agent/qemu-ga" -m virtio-serial -p "/dev/$port_name" -t /run/ga -f /run/ga/pid &
echo "FACT the agent is started"
tries=300; until [ -e /run/asked ]; do tries=$((tries - 1)); [ $tries -gt 0 ] || break; usleep 100000; done
')

# Longer than a socket's address, and full of syntax.
long=$tmp/$(printf 'long-%.0s' {1..25})$', "with" a\\n\n\xff'
mkdir -m 700 "$long"
echo "hush-4711" >"$tmp/a:key, of mine"
(
	cd "$tmp" || exit 1
	STOREBOOT_RUNTIME_DIR=$long timeout --kill-after=10 200 "$storeboot" run "$system" --name dev --root tmpfs --efi --tpm --guest-agent \
		--load-credential "a.secret:$tmp/a:key, of mine" --load-credential b:<(echo piped-4711) --graphics=none --resolution 800x600 --qemu-opts "-smbios 'type=1,serial=one two' -device pcie-root-port,id=bridge -device virtio-rng-pci,bus=bridge" --json "$tmp/events" \
		--append "console=ttyS0 demo.run=$script" </dev/null >"$tmp/out" 2>"$tmp/err"
	echo $? >"$tmp/status"
) &
run=$!
ok "the guest's agent is started" within 180 grep -q 'FACT the agent is started' "$tmp/out"
qemu=$(tr '\0' '\n' <"/proc/$(sed -n 's/.*"event": *"qemu".*"pid": *\([0-9]*\).*/\1/p' "$tmp/events")/cmdline")
has "the credential comes from its file" "$qemu" '^name=opt/io\.systemd\.credentials/a\.secret,file=.*/a:key,, of mine$'
is "it is in no argument" "$(grep -cE 'hush|piped-' <<<"$qemu")" 0
for option in efi tpm; do
	is "--$option: what another run has: exit status" "$(cd "$tmp" && NIX_EFI_VARS=$tmp/dev-efi-vars.fd NIX_SWTPM_DIR=$tmp/dev-swtpm \
		timeout 60 "$storeboot" run "$system" --root tmpfs --$option </dev/null >/dev/null 2>"$tmp/busy"; echo $?)" 67
	has "--$option: the line names who has it" "$(cat "$tmp/busy")" "dev-(efi-vars\.fd|swtpm) is in use by pid [0-9]+ \("
done
is "it answers through the socket in the run's folder" "$(timeout 60 python3 -c 'import json, os, socket, sys
s = socket.socket(socket.AF_UNIX)
os.chdir(sys.argv[1])
s.connect("guest-agent")
f = s.makefile("rw")
def ask(**q):
    print(json.dumps(q), file=f, flush=True)
    return json.loads(f.readline())["return"]
print(ask(execute="guest-sync", arguments={"id": 4711}))
h = ask(**{"execute": "guest-file-open", "arguments": {"path": "/run/asked", "mode": "w"}})
print("opened" if h else h)' "$long/storeboot/dev" 2>&1 | tr '\n' ' ')" "4711 opened "
wait "$run"
out=$(tr -d '\r' <"$tmp/out")
sed 's/^/# /' "$tmp/err"
is "exit status" "$(cat "$tmp/status")" 0
has "--efi" "$out" '^FACT EFI'
has "an EFI variable can be written" "$out" '^FACT a variable is written'
ok "it is in the machine's own variables, beside the disk" grep -qa kept-4711 "$tmp/dev-efi-vars.fd"
has "--tpm" "$out" '^FACT TPM 2'
ok "what it holds is beside the disk" test -s "$tmp/dev-swtpm/tpm2-00.permall"
has "--load-credential" "$out" '^FACT credential hush-4711'
has "--load-credential of a pipe" "$out" '^FACT by a pipe piped-4711'
has "--qemu-opts" "$out" '^FACT serial one two'
is "--qemu-opts: a device behind a bridge is there" "$(grep -o '^FACT behind .*' <<<"$out")" "FACT behind the bridge 1"
has "a guest with a bridge looks at all buses" "$out" "^FACT cmdline cryptomgr\.notests $(cat "$system/kernel-params") "
has "--graphics --resolution" "$out" '^FACT screen 800x600'

# The same machine by another name: its variables begin as the first one left them.
descriptor=$("$storeboot" run "$system" --root tmpfs --efi --print-qemu 2>/dev/null | sed -n 's/.*unit=0,readonly=on,file=\([^ ]*\) .*/\1/p')
cp "$descriptor" "$tmp/code.fd"
cp "$tmp/dev-efi-vars.fd" "$tmp/first.fd"
out=$(cd "$tmp" && timeout 200 "$storeboot" run "$system" --name other --root tmpfs --efi --efi-firmware code.fd \
	--efi-variables first.fd --no-stage2 -- sh -c 'insmod "$1"; mount -t efivarfs efivarfs /sys/firmware/efi/efivars
		ls /sys/firmware/efi/efivars | wc -l; cat /sys/firmware/efi/efivars/Storeboot-*' \
	sh "$(find -L "$system/kernel-modules" -name 'efivarfs.ko*')" </dev/null 2>"$tmp/err" | tr -d '\000')
sed 's/^/# /' "$tmp/err"
has "--efi-firmware: that one boots, with variables" "$out" '^[1-9][0-9]+$'
has "--efi-variables: they begin as those" "$out" 'kept-4711$'
ok "--efi-variables: and are kept in a file of the machine's own" test -s "$tmp/other-efi-vars.fd"
is "nothing else is left" "$(find "$tmp/run" "$long" -mindepth 1)" ""
tap_end
