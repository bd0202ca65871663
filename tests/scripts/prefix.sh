#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# prefix.sh - another PREFIX than the last one's is compiled in by the next make, and only then anything is compiled
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib/host.sh
. tests/lib/host.sh
mkdir "$tmp/b"
cp -a "$build/host" "$build/flags" "$tmp/b/"

# builds PREFIX: makes the host's program for it; what make says
builds() {
	env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL -u V make BUILD="$tmp/b" PREFIX="$1" "$tmp/b/storeboot" 2>&1
}

# There is no storeboot-init beside it, so it says where else it has looked.
looks_in() {
	"$tmp/b/storeboot" initrd -o "$tmp/out" 2>&1
}

builds /nowhere/one >/dev/null
has "the first one: it is looked in" "$(looks_in)" "nor /nowhere/one/lib/storeboot;"
out=$(builds /nowhere/two)
is "another one: exit status" $? 0
is "another one: what is compiled" "$(grep '^  CC ' <<<"$out" | tr -s ' ')" " CC host/initrd/initrd_input.c"
has "another one: it is looked in" "$(looks_in)" "nor /nowhere/two/lib/storeboot;"
is "the same once more: nothing is made" "$(builds /nowhere/two)" ""
tap_end
