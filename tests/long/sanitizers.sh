#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# sanitizers.sh - storeboot-init with AddressSanitizer and UndefinedBehaviorSanitizer boots the demo, with a new disk and
# a used one, and runs commands as the agent: no report
# shellcheck disable=SC2016 # the guest expands its script, not this shell
set -u
# shellcheck source=tests/lib/vm.sh
. tests/lib/vm.sh
# With the sanitizers it needs the host's libc, and cannot be static.
rooms=()
for room in init agent mount net fs lib; do rooms+=("$build/asan/$room.a"); done
make -s BUILD="$build" "${rooms[@]}" >"$tmp/make" 2>&1 || cat "$tmp/make"
${CC:-gcc} -fsanitize=address,undefined -o "$tmp/storeboot-init" "${rooms[@]}" -L"$build/asan/deps/lib" -lblkid -lext2fs -lcom_err
ok "storeboot-init is built with the sanitizers" grep -q __asan_init "$tmp/storeboot-init"

# --- an initramfs with the libraries that it needs ------------------------------------------------------------------
# The sanitizers look into /proc before main, so a small program makes that first. A report ends the process, so that
# it cannot be missed: PID 1 takes the kernel with it, the agent its command.
program first 'mkdir("/proc", 0755); mount("proc", "/proc", "proc", 0, NULL);
	execl("/storeboot-init", "/init", (char *)NULL); perror("/storeboot-init"); return 1;'
# with_sanitizers INIT FILE: writes the initramfs.
# shellcheck disable=SC2317 # ok calls it
with_sanitizers() {
	local tree=$tmp/tree library
	rm -rf "$tree"
	mkdir -p "$tree"
	cp "$1" "$tree/storeboot-init"
	for library in $(ldd "$1" | grep -o '/[^ ]*'); do
		mkdir -p "$tree${library%/*}"
		cp -L "$library" "$tree$library"
	done
	"$storeboot" initrd --init "$tmp/first" --kernel "$system/kernel" --modules "$system/kernel-modules" \
		--compress none -o "$2" && (cd "$tree" && find . -mindepth 1 | cpio -o -H newc --quiet) >>"$2"
}
ok "its initramfs is made" with_sanitizers "$tmp/storeboot-init" "$tmp/initrd"

script=$(vm_script 'echo "FACT maps $(grep -l libasan /proc/[0-9]*/maps | wc -l)"; cat /root/marker; echo kept >/root/marker')
reports='AddressSanitizer|runtime error:|UndefinedBehaviorSanitizer'
# boot NAME ARGUMENT...
boot() {
	local name=$1
	shift
	vm_run 600 --initrd "$tmp/initrd" -m 640M --image "$tmp/disk.qcow2" "$@"
	is "$name: exit" "$status" 0
	ok "$name: no report" [ -z "$(grep -E "$reports" "$tmp/out" "$tmp/err")" ]
}
boot "a new disk" --append "demo.run=$script"
has "a new disk: the guest reaches its end" "$out" '^demo\.run: exit 0'
has "a new disk: the agent has the sanitizers" "$out" '^FACT maps [1-9]'
boot "a used disk, which grows" --disk-size 700M --share 9p -- sh -c 'cat /root/marker; exec cat'
has "a used disk: the command ran" "$out" '^kept$'
tap_end
