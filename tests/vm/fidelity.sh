#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# fidelity.sh - the guest sees the store as the host does: each kind of file, link, name and folder, over each share
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

at=/nix/store
# share NAME [OPTION]...: a boot over it.
share() {
	local name=$1 kind seen
	shift
	vm_run $((${WHOLE:+3600} + 600)) --store "$store" --image "$tmp/disk.qcow2" --append "demo.run=$at/script" "$@"
	is "$name: exit" "$status" 0
	seen=$(facts <<<"$out")
	for kind in $kinds; do
		is "$name: $kind" "$(grep "^$kind " <<<"$seen")" "$(grep "^$kind " <<<"$want")"
	done
}

share cifs
share 9p --share 9p
# virtiofs NAME [OPTION]...
virtiofs() {
	local name=$1
	shift
	if "$storeboot" run "$system" --store "$store" --share virtiofs --print-qemu --reginfo none "$@" >/dev/null 2>"$tmp/err"; then
		share "$name" --share virtiofs "$@"
	else
		skip "$name" "$(cat "$tmp/err")"
	fi
}
virtiofs virtiofs
# Debian 12's is QEMU's, in C, and trixie's the one in Rust; a row of the matrix boots by that.
[ -z "${WHOLE:-}" ] || virtiofs "virtiofs by trixie's virtiofsd" --virtiofsd "$(scripts/programs trixie)/virtiofsd"
# An image has store paths alone in it: the same tree, as one.
at=/nix/store/00000000000000000000000000000000-fidelity
mkdir "$store/${at##*/}"
for name in facts script $kinds; do
	mv "$store/$name" "$store/${at##*/}/"
done
printf 'sh %s/facts %s "%s" %s\n' "$at" "$at" "$kinds" "${WHOLE:-}" >"$store/${at##*/}/script"
"$storeboot" reginfo "/nix/store/${system##*/}" >"$tmp/registration"
printf '%s\n%064d\n0\n\n0\n' "$at" 0 >>"$tmp/registration"
export XDG_CACHE_HOME=$tmp/cache
mkdir "$XDG_CACHE_HOME"
for kind in name-255 name-smb; do
	vm_run 300 --store "$store" --image "$tmp/disk.qcow2" --share image --reginfo "$tmp/registration"
	is "image: $kind is refused, exit" "$status" 68
	has "image: $kind is refused" "$err" 'mkfs\.erofs packs no name of 255 bytes and none that begins with lost\+found, and .*-fidelity'
	mv "$store/${at##*/}/$kind" "$tmp/"
	kinds=$(grep -vx "$kind" <<<"$kinds")
done
printf 'sh %s/facts %s "%s" %s\n' "$at" "$at" "$kinds" "${WHOLE:-}" >"$store/${at##*/}/script"
find "$store/${at##*/}" -exec touch -hd @1 {} + # the one time that a store has, and an image
want=$(sh "$store/${at##*/}/facts" "$store/${at##*/}" "$kinds" "${WHOLE:-}" 2>/dev/null | facts)
share image --share image --reginfo "$tmp/registration"
tap_end
