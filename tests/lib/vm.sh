# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# vm.sh - boots for the VM tests: the demo system through `storeboot run`, or raw QEMU where a part must be missing.
# A source'd file.

# shellcheck source=tests/lib/host.sh
. tests/lib/host.sh

# SUITE: Debian's suite that the kernel is from; this one's.
system=$(scripts/demo-system ${SUITE:+--suite "$SUITE"}) || exit 1

# vm_run SECONDS [ARGUMENT]...: `storeboot run` of the demo with no terminal. Sets status, and out (stdout: the
# guest's console, without carriage returns), err (stderr: storeboot's own lines), took (seconds). The limit ends what
# hangs, and is never below the ten times of what a boot takes on a quiet host.
vm_run() {
	local limit=$(($1 < 400 ? 400 : $1)) start=$SECONDS
	shift
	status=0
	timeout --kill-after=10 "$limit" "$storeboot" run "$system" "$@" </dev/null >"$tmp/out" 2>"$tmp/err" || status=$?
	took=$((SECONDS - start))
	out=$(tr -d '\r\000' <"$tmp/out") err=$(cat "$tmp/err")
	printf '# storeboot run %s: exit %s after %s s\n' "$*" "$status" "$took"
	sed 's/^/# /' "$tmp/err"
}

# launcher_of NAME: the process of a VM that `storeboot list` has; NAME is a pattern of sed's.
launcher_of() {
	"$storeboot" list --json | tr '{' '\n' | sed -n "s/.*\"name\":\"$1\",\"pid\":\([0-9]*\).*/\1/p"
}

# runs NAME: `storeboot list` has the VM. gone NAME: it has not.
runs() {
	"$storeboot" list | grep -q "^$1 "
}
gone() {
	! runs "$1"
}

# end_all PID...: ends them, stopped ones as well, and waits until they are gone.
end_all() {
	local signal pid alive
	for signal in CONT TERM KILL; do
		for pid; do
			kill -"$signal" "$pid" 2>/dev/null
		done
		[ "$signal" != CONT ] || continue
		for _ in $(seq 150); do
			alive=
			for pid; do
				! grep -qs '^State:.[^Z]' "/proc/$pid/status" || alive=1
			done
			[ -n "$alive" ] || return 0
			sleep 0.2
		done
	done
}

# A test that fails leaves nothing to others: not its VMs, not its commands in the background. The VMs are those in the
# folder of this test, which `list` may not name where the test goes without STOREBOOT_RUNTIME_DIR.
vm_end() {
	# shellcheck disable=SC2046 # process numbers
	end_all $(STOREBOOT_RUNTIME_DIR=$tmp/run launcher_of '[^"]*') $(jobs -p)
	# shellcheck disable=SC2046 # store paths
	[ ! -e "$tmp/added" ] || nix_store --delete $(cat "$tmp/added") >/dev/null 2>&1
}
at_end() { vm_end; }

# soon SECONDS BOOT: has what took SECONDS waited for nothing but the host? At most 30 s, or on a busy host three times
# what the boot before it took.
soon() {
	[ "$1" -le 30 ] || [ "$1" -le $(($2 * 3)) ]
}

# vm_script TEXT: puts a shell script into the host's store, where the guest sees it; prints its store path.
vm_script() {
	local file=$tmp/script.sh
	printf '%s\n' "$1" >"$file"
	nix_store --add "$file"
}

# vm_store DIR: puts the demo's closure into a folder that is to be served as the store, and makes that the system:
# links where they can be made, for they are hundreds of megabytes.
vm_store() {
	local path
	for path in $(nix_store -qR "$system"); do
		cp -al "$path" "$1/" 2>/dev/null || { rm -rf "${1:?}/${path##*/}" && cp -a "$path" "$1/"; }
	done
	system=$1/${system##*/}
}

# nix_run PROGRAM ARGUMENT...: one of the host's Nix, for one user, without a network; with sudo where the store is
# another user's.
nix_run() {
	local as=()
	[ -w /nix/store ] || as=(sudo)
	"${as[@]}" env NIX_CONFIG=$'build-users-group =\nsandbox = false\nsubstitute = false' "$@"
}

nix_store() {
	nix_run nix-store "$@"
}

# vm_add FOLDER: into the store, as a path that no other test has; prints it. The test's end deletes it.
vm_add() {
	local path
	echo "$tmp" >"$1/of-the-test"
	path=$(nix_store --add "$1") && echo "$path" >>"$tmp/added" && echo "$path"
}

# program NAME BODY: a static program, to be PID 1 in stage 1's place.
program() {
	printf '#include <stdio.h>\n#include <unistd.h>\n#include <sys/mount.h>\n#include <sys/reboot.h>\n#include <sys/stat.h>\nint main(void) { %s }\n' "$2" |
		"${GUEST_CC:-musl-gcc}" -static -Os -o "$tmp/$1" -x c -
}

# The command line's words that every raw boot needs.
vm_words() {
	echo "cryptomgr.notests console=ttyS0 loglevel=4 panic=-1 init=$system/init systemConfig=$system"
}

# vm_qemu SECONDS INITRD WORDS [QEMU-ARGUMENT]...: QEMU alone, with nothing but a serial console. Sets status and out.
vm_qemu() {
	local limit=$(($1 < 400 ? 400 : $1)) initrd=$2 words=$3
	shift 3
	status=0
	timeout --kill-after=10 "$limit" qemu-system-x86_64 -machine q35 -nodefaults -no-reboot -display none -m 384 -accel tcg \
		-serial "file:$tmp/console" -kernel "$system/kernel" -initrd "$initrd" \
		-append "$(vm_words) $words" "$@" </dev/null >"$tmp/qemu" 2>&1 || status=$?
	out=$(tr -d '\r\000' <"$tmp/console")
	[ "$status" -eq 0 ] || sed 's/^/# /' "$tmp/qemu"
}
