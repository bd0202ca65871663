#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# musl.sh - the host's program compiles with musl's headers, as in nixpkgs' pkgsStatic and on Alpine: glibc's give
# more than what a file includes. The libraries' own headers are this system's.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib/tap.sh
. tests/lib/tap.sh
cc=${GUEST_CC:-musl-gcc}
read -ra flags <<<"$(pkg-config --cflags liblzma libzstd liblz4 zlib json-c libmd) -idirafter /usr/include -idirafter /usr/include/$(gcc -print-multiarch)"
mapfile -t files < <(find host -name '*.c')
said=$("$cc" -std=gnu11 -fsyntax-only -Wall -Wextra -Werror -D_GNU_SOURCE -DSTOREBOOT_VERSION='""' -DSTOREBOOT_LIBDIR='""' \
	-I. "${flags[@]}" "${files[@]}" 2>&1)
is "${#files[@]} files: exit status" $? 0
is "no error and no warning" "$said" ""
tap_end
