#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# setup.sh - scripts/setup and its table, scripts/packages: each need installs what it takes and no more.
# Nothing is installed and no network is used.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/tap.sh

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

setup() { # setup ARGUMENT...: sets $out and $status
	out=$(scripts/setup "$@" 2>&1)
	status=$?
}

# --- the table --------------------------------------------------------------------------------------------
rows() {
	grep -v '^#' scripts/packages | tail -n +2
}
bad=$(rows | awk 'NF < 8 || $7 !~ /^[cfhp]:./')
is "each row has a need, five names, a check and a reason" "$bad" ""
bad=$(rows | cut -d' ' -f1 | tr , '\n' | sort -u | while read -r need; do
	scripts/setup --list "$need" >/dev/null 2>&1 || echo "$need"
done)
is "scripts/setup knows each need of the table" "$bad" ""
for need in $(scripts/setup --help | sed -n 's/^  \([a-z, ]*[a-z]\)   *to .*/\1/p' | tr -d ,); do
	ok "the need $need, which the help names, has packages" test -n "$(scripts/setup --list "$need" 2>&1)"
done
bad=$(grep -oE '^	\{ "[^}]*\}' host/lib/distro.c | tr -d '{},"' | while read -r debian names; do
	# NULL in the program and "-" in the table both mean that there is no such package
	row=$(rows | awk -v want="$debian" '{ n = split($2, p, "|"); for (; n; n--) if (p[n] == want) print $3, $4, $5, $6 }')
	[ -z "$row" ] || [ "$row" = "${names//NULL/-}" ] || echo "$debian: $row, not $names"
done)
is "storeboot doctor names the same packages on other distributions" "$bad" ""

# --- what a need takes --------------------------------------------------------------------------------------
is "a demo needs no file server and no compiler for other machines" \
	"$(scripts/setup --list build run demo | grep -E '^(samba|bubblewrap|gcc-.*-linux-gnu|qemu-system-(arm|misc))$')" ""
is "check is all but what check-long has besides" "$(scripts/setup --list check)" "$(scripts/setup --list)"
ok "... and holds all that the demo needs" test -z \
	"$(scripts/setup --list build run demo | grep -vxFf <(scripts/setup --list check))"
setup nonsense
is "an unknown need: status 64" "$status" 64

if command -v apt-get >/dev/null; then
	mapfile -t demo < <(scripts/setup --list build run demo)
	# What a machine without any package would get, by the lists that apt has here.
	all=$(apt-get -s -o Dir::State::status=/dev/null -o Debug::NoLocking=1 --no-install-recommends install "${demo[@]}" \
		2>/dev/null | awk '$1 == "Inst" { print $2 }')
	if [ -n "$all" ]; then
		is "with what they depend on, the demo's packages bring no Samba, no Python, no desktop, no cross compiler" \
			"$(grep -E '^(samba|python3|libgtk|gcc-.*-linux-gnu)' <<<"$all")" ""
	else
		skip "what the demo's packages depend on" "apt has no lists here"
	fi
	setup build run demo
	is "nothing is missing: nothing is done, and nothing is printed" "$status $out" "0 "
else
	skip "what the demo's packages depend on" "no apt"
fi

# --- other distributions: a PATH without apt, and with no compiler ---------------------------------------------
mkdir "$tmp/bin"
for tool in sh awk cut tr dirname cat; do ln -s "$(command -v $tool)" "$tmp/bin/"; done
on() { # on ID NEED...: as on that distribution
	local id=$1
	shift
	echo "ID=$id" >"$tmp/os-release"
	# shellcheck disable=SC2016 # for the inner shell
	out=$(unshare -m sh -ec 'mount --bind "$1/os-release" "$(readlink -f /etc/os-release)"
		PATH=$1/bin; shift; exec scripts/setup "$@"' sh "$tmp" "$@" 2>&1)
	status=$?
}
on alpine run build
is "Alpine: status 69" "$status" 69
has "... and the command, with Alpine's names" "$out" 'by hand: apk add bash gcc musl-dev .*qemu-system-x86_64 qemu-img *$'
on fedora run
has "Fedora's command" "$out" 'dnf install qemu-system-x86-core qemu-img *$'
on arch tpm
has "Arch's command" "$out" 'pacman -S --needed swtpm *$'
on nixos run
has "NixOS's command names a package once" "$out" 'nix-shell -p qemu *$'
on slackware run
has "an unknown distribution gets Debian's names" "$out" 'Debian calls qemu-system-x86 qemu-utils *$'

tap_end
