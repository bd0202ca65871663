# SPDX-License-Identifier: MIT
# lib.sh: what the scripts of this folder share. Sourced, never run.
# shellcheck shell=sh

root=$(cd "$(dirname "$0")/.." && pwd -P)
# Where everything that is built goes; the Makefile's BUILD, an absolute path from here on.
build=${BUILD:-$root/build}
case $build in
/*) ;;
*) build=$root/$build ;;
esac
# depmod and its like live in sbin, which an ordinary user's PATH lacks on Debian.
PATH=$PATH:/usr/sbin:/sbin

say() {
	printf 'scripts/%s: %s\n' "${0##*/}" "$*" >&2
}

die() {
	say "$*"
	exit 1
}

# need COMMAND PACKAGE: end with the Debian package's name unless COMMAND is there.
need() {
	command -v "$1" >/dev/null 2>&1 ||
		die "$1 is missing on this host; run scripts/setup, or install the package $2"
}
