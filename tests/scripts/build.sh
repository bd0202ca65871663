#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# build.sh - what the build promises of its programs: protections, the same bytes in each folder, flags of the user's
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib/host.sh
. tests/lib/host.sh

# build_in FOLDER ARGUMENT...: make there, without what the calling make exports
# shellcheck disable=SC2317 # called by ok
build_in() {
	env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL -u V -u CFLAGS -u LDFLAGS make -j2 -C "$1" "${@:2}" >"$tmp/log" 2>&1 ||
		{ sed 's/^/# /' "$tmp/log"; return 1; }
}

# --- protections -----------------------------------------------------------------------------------------
header=$(readelf -hlW "$storeboot")
has "storeboot is position-independent" "$header" 'Type: +DYN'
has "storeboot: its relocations become read-only" "$header" 'GNU_RELRO'
has "storeboot: all of them, as they are resolved at the start" "$(readelf -dW "$storeboot")" 'BIND_NOW'
has "storeboot: the stack cannot be executed" "$header" 'GNU_STACK .* RW +0x'
names=$(readelf --dyn-syms -W "$storeboot")
has "storeboot: the stack is protected" "$names" ' __stack_chk_(fail|guard)'
if [ "$(getconf GNU_LIBC_VERSION 2>/dev/null)" ]; then
	has "storeboot: copies into buffers are checked" "$names" ' __memcpy_chk'
fi
if [ "$(uname -m)" = x86_64 ]; then
	ok "storeboot: functions are marked for control-flow protection" \
		[ "$(objdump -d --no-show-raw-insn "$storeboot" | grep -c endbr64)" -gt 300 ]
	is "storeboot: and so is each object" "$(find "$build/host" -path "*/tests/*" -prune -o -name '*.o' -print0 |
		xargs -r0 readelf -n 2>/dev/null | awk '/^File: / { f = $2; all++ } /IBT, SHSTK/ { good++ } END { print all - good }')" 0
fi
is "storeboot-init loads no other program" "$(readelf -lW "$build/storeboot-init" | grep -c INTERP)" 0

# --- the same bytes in another folder ---------------------------------------------------------------------
other=$tmp/another/folder
mkdir -p "$other/b"
git ls-files -z --cached --others --exclude-standard | xargs -0 ls -d 2>/dev/null | tar -cf - -T - | tar -xf - -C "$other"
cp -a "$build/deps" "$other/b/"
touch "$other/b/deps/stamp"
ok "another folder: it builds" build_in "$other" BUILD=b PREFIX="$(cat "$build/prefix")"
ok "another folder: the same storeboot" cmp "$other/b/storeboot" "$storeboot"
ok "another folder: the same storeboot-init" cmp "$other/b/storeboot-init" "$build/storeboot-init"

# --- flags of the user's -----------------------------------------------------------------------------------
# The files are those that such flags brought warnings for.
files=(b/host/tests/unit/host/lib/utf8 b/host/host/{vm/tell,closure/graph,initrd/kernel}.o)
for flags in "-O2 -g -fsanitize=address,undefined" "-O0 -g" "-O3 -g -D_FORTIFY_SOURCE=2"; do
	ok "CFLAGS=$flags: it builds" build_in "$other" BUILD=b CFLAGS="$flags" "${files[@]}"
	is "CFLAGS=$flags: and runs" "$("$other/b/host/tests/unit/host/lib/utf8" | grep -c '^not ok')" 0
done
ok "LDFLAGS reach the linker" build_in "$other" BUILD=b LDFLAGS=-Wl,-soname,mine b/host/tests/unit/host/lib/utf8
has "LDFLAGS reach the linker: it is seen" "$(readelf -d "$other/b/host/tests/unit/host/lib/utf8")" 'mine'
tap_end
