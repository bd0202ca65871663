#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# register.sh - the guest's Nix database: several closures, hashes that nobody computed, paths that the host has no more
set -u
# shellcheck source=tests/lib/vm.sh
. tests/lib/vm.sh
image=$tmp/disk.qcow2
script=$(vm_script 'echo "DUMP begin"; nix-store --dump-db; echo "DUMP end"')

# One line a path of what --dump-db says: path, hash, size, references. No deriver: Nix keeps the one that it has.
lines() {
	awk '{ record[n++] = $0 }
	n == 5 { left = $0; line = record[0] " " record[1] " " record[2] }
	n > 5 { line = line " " $0; left-- }
	n >= 5 && left == 0 { print line; n = 0 }' | sort
}

dump() { # of the guest
	sed -n '/^DUMP begin/,/^DUMP end/p' <<<"$out" | grep -v ^DUMP | lines
}

wanted() { # PATH...: of the host, for the closures of these
	# shellcheck disable=SC2046 # a list of store paths
	nix_store --dump-db $(nix_store -qR "$@") | lines
}

# zero PATH...: a registration as NixOS's module of 2010 wrote it: a hash of zeroes, size 0.
zero() {
	local path references
	for path in $(nix_store -qR "$@"); do
		references=$(nix_store -q --references "$path")
		printf '%s\n%064d\n0\n\n%s\n' "$path" 0 "$(grep -c . <<<"$references")"
		[ -z "$references" ] || echo "$references"
	done
}

# closure_info PATH...: the same as nixpkgs' closureInfo writes it: hashes in base 32.
closure_info() {
	local path references
	for path in $(nix_store -qR "$@"); do
		references=$(nix_store -q --references "$path")
		printf '%s\n%s\n%s\n\n%s\n' "$path" "$(nix_store -q --hash "$path")" "$(nix_store -q --size "$path")" \
			"$(grep -c . <<<"$references")"
		[ -z "$references" ] || echo "$references"
	done
}

mkdir "$tmp/register-kept" "$tmp/register-gone"
date >"$tmp/register-kept/file"
date >"$tmp/register-gone/file"
kept=$(nix_store --add "$tmp/register-kept") gone=$(nix_store --add "$tmp/register-gone")
ln -s "$gone/file" "$tmp/result"

graph=$(scripts/demo-system ${SUITE:+--suite "$SUITE"} --graph) || exit 1
zero "$system" >"$tmp/zero"
vm_run 240 --image "$image" --append "demo.run=$script" --reginfo "$tmp/zero"
is "a registration of 2010: exit" "$status" 0
is "a registration of 2010: loaded as it is where there is no hash yet" "$(dump | grep -c ' 0\{64\} 0')" \
	"$(nix_store -qR "$system" | wc -l)"

# Small paths alone, since all bytes are read.
{
	zero "$kept"
	closure_info "$gone" | sed "s/^sha256:.*/sha256:$(printf '%052d' 1)/"
} >"$tmp/mixed"
vm_run 240 --root tmpfs --append "demo.run=$script" --reginfo "$tmp/mixed" --verify
is "--verify: exit" "$status" 0
is "--verify: a path without a hash has its hash and size" "$(dump | grep "^$kept ")" "$(wanted "$kept")"
is "--verify: another hash than the host's stays, in closureInfo's base 32" "$(dump | grep "^$gone " | cut -d ' ' -f 2)" \
	"$(printf '01%062d' 0)"
has "--verify: a line says that it is wrong" "$err" "^storeboot: stage 1: regInfo: .*'$gone' was modified! expected"

vm_run 240 --image "$image" --append "demo.run=$script" --register "$kept" --register "$tmp/result"
is "two more closures: exit" "$status" 0
is "two more closures: the database is the host's, no hash is zero" "$(dump)" "$(wanted "$system" "$kept" "$gone")"

vm_run 240 --image "$image" --append "demo.run=$script" --reginfo "$tmp/zero"
is "2010's once more: exit" "$status" 0
is "2010's once more: no hash was lost" "$(dump)" "$(wanted "$system" "$kept" "$gone")"
is "2010's once more: nothing is gone" "$(grep -c 'stage 1:' <<<"$err")" 0

nix_store --delete "$gone" >/dev/null 2>&1
ok "the host deletes a path" [ ! -e "$gone" ]
vm_run 240 --image "$image" --append "demo.run=$script" --reginfo "$graph"
is "an exportReferencesGraph file, and a path that vanished: exit" "$status" 0
is "a path that vanished: dropped, and nothing else" "$(dump)" "$(wanted "$system" "$kept")"
has "a path that vanished: a line says so" "$err" \
	"^storeboot: stage 1: regInfo: store paths that the database has and the store has not, dropped from it: 1, $gone\$"
vm_run 240 --image "$image" --append "demo.run=$script" --reginfo "$graph"
is "the next boot has nothing to say" "$(grep -c 'stage 1:' <<<"$err")" 0
is "the next boot: unchanged" "$(dump)" "$(wanted "$system" "$kept")"

vm_run 60 --image "$image" --register "$gone"
is "--register of a path that is not there: exit" "$status" 65
vm_run 60 --image "$image" --register /etc
is "--register of something else: exit" "$status" 65
has "--register of something else: the line" "$err" '^storeboot: --register /etc: not in /nix/store$'
nix_store --delete "$kept" >/dev/null 2>&1
tap_end
