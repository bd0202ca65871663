#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# fidelity.sh - the guest sees the store as the host does: each kind of file, link, name and folder, over each road
#
# Two kinds are long to hash in an emulated guest; of them only size, listing and samples are compared here, and all of
# it by `make check-long` (WHOLE=1).
set -u
# shellcheck source=tests/lib/vm.sh
. tests/lib/vm.sh
store=$tmp/store
mkdir "$store"
tests/lib/fidelity-tree "$store" || exit 1
kinds=$(tests/lib/fidelity-tree --list)
vm_store "$store"

# Prints a line for each kind: the hash of its NAR, that of a listing with modes, links, sizes and times, the samples.
# Runs on the host and in the guest alike. A folder's size and number of links are no business of a store's.
cat >"$store/facts" <<'END'
cd "$1" || exit
list() {
	find "$1" -type d -exec stat -c '%f %Y %n' {} +
	find "$1" ! -type d -exec stat -c '%f %h %s %Y %n' {} +
}
sum() {
	sha256sum | cut -c 1-32
}
for kind in $2; do
	nar=- samples=-
	case $3$kind in
	file-5g)
		samples=$(for at in 0 524287 524288 786432 1048575 1048576 1310719; do
			dd if=file-5g/5g bs=4096 skip=$at count=3 2>/dev/null
		done | sum) ;;
	folder-50000) ;;
	*) nar=$(nix-store --dump "$1/$kind" | sum) ;;
	esac
	echo "FACT $kind $nar $samples $(list "$kind" | LC_ALL=C sort | sum)"
done
END
printf 'sh %s/facts /nix/store "%s" %s\n' /nix/store "$kinds" "${WHOLE:-}" >"$store/script"

facts() { # those lines, and no others
	sed -n 's/^.*FACT //p'
}

want=$(sh "$store/facts" "$store" "$kinds" "${WHOLE:-}" 2>/dev/null | facts)
is "the tree has every kind, once" "$(cut -d ' ' -f 1 <<<"$want")" "$kinds"
ok "and each is another one" [ -z "$(cut -d ' ' -f 2 <<<"$want" | grep -v '^-$' | sort | uniq -d)" ]

# road NAME [OPTION]...: a boot over it.
road() {
	local name=$1 kind seen
	shift
	vm_run $((${WHOLE:+3600} + 600)) --store "$store" --image "$tmp/disk.qcow2" --append "demo.run=/nix/store/script" "$@"
	is "$name: exit" "$status" 0
	seen=$(facts <<<"$out")
	for kind in $kinds; do
		is "$name: $kind" "$(grep "^$kind " <<<"$seen")" "$(grep "^$kind " <<<"$want")"
	done
}

road cifs
tap_end
