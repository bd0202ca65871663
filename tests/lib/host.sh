# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# host.sh - what a test of the host's program starts from: TAP, $build and $storeboot, named from /, a scratch folder
# $tmp that goes away at the end, a folder $XDG_RUNTIME_DIR in it where this test's VMs alone are, and listed (STOREBOOT_RUNTIME_DIR), and nothing
# of the user's environment that storeboot reads.
# A source'd file, from the top folder.

# shellcheck source=tests/lib/tap.sh
. tests/lib/tap.sh
build=$(realpath "${BUILD:-build}")
storeboot=$build/storeboot
tmp=$(mktemp -d "${TMPDIR:-/tmp}/storeboot-test.XXXXXX")

# What else is to go at the end; a test may have one of its own.
at_end() { :; }
# A store's folders are read-only, also to the owner who is to remove them.
trap 'at_end; find "$tmp" -xdev -type d ! -perm -700 -exec chmod u+rwx {} + 2>/dev/null; rm -rf "$tmp"' EXIT

mkdir -m 700 "$tmp/run"
export XDG_RUNTIME_DIR=$tmp/run STOREBOOT_RUNTIME_DIR=$tmp/run
export XDG_CACHE_HOME=${XDG_CACHE_HOME:-$build/cache}
# Debian keeps smbd and mkfs out of an ordinary user's PATH.
PATH=$PATH:/usr/sbin:/sbin
unset NIX_DISK_IMAGE NIX_EFI_VARS NIX_SWTPM_DIR SHARED_DIR USE_TMPDIR QEMU_OPTS QEMU_NET_OPTS QEMU_KERNEL_PARAMS

# within SECONDS COMMAND...: waits until the command succeeds. The seconds are a limit against a
# hang alone: ten times what a quiet host takes.
within() {
	local end=$((SECONDS + $1))
	shift
	until "$@"; do
		[ "$SECONDS" -lt "$end" ] || return 1
		sleep 0.2
	done
}
