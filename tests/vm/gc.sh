#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# gc.sh - a running guest is a root of Nix's garbage collector: with each share, for root and for an ordinary user
# shellcheck disable=SC2317 # ok calls a function
set -u
# shellcheck source=tests/lib/vm.sh
. tests/lib/vm.sh
small=$(tests/lib/small-system "$system")
user=()
[ "$(id -u)" != 0 ] || user=(setpriv --reuid 1000 --regid 1000 --clear-groups)

# A store of its own: a system that needs another path, as the registration says; a path that only the registration has;
# and garbage. No other test has these names: a machine of another one would be a root too.
root=$tmp/root
store=$root/nix/store
mkdir -p "$store"
hash=$(md5sum <<<"$tmp" | tr e g)
name() { echo "$1${hash:1:31}-$2"; }
booted=$(name 0 "${small#*-}")
cp -a "$small" "$store/$booted"
chmod -R u+w "$store"
for path in "$(name 1 needed)" "$(name 2 registered)" "$(name 3 needed-too)"; do
	echo "$path" >"$store/$path"
done
record() { # PATH REFERENCE...
	printf '/nix/store/%s\n%064d\n96\n\n%d\n' "$1" 0 $(($# - 1))
	shift
	[ $# -eq 0 ] || printf '/nix/store/%s\n' "$@"
}
{
	record "$booted" "$(name 1 needed)"
	record "$(name 1 needed)"
	record "$(name 2 registered)" "$(name 3 needed-too)"
	record "$(name 3 needed-too)"
} >"$tmp/registration"
closure=$(sed -n 's,^/nix/store/\([^ ]*-.*\),\1,p' "$tmp/registration" | sort -u)
cp "$storeboot" "$build/storeboot-init" "$tmp/"

# as COMMAND...: as the user whose turn it is.
as() {
	(cd "$tmp" && env -i PATH="$PATH" HOME="$tmp" TMPDIR="$tmp" XDG_RUNTIME_DIR="$tmp/run" STOREBOOT_RUNTIME_DIR="$tmp/run" \
		NIX_CONFIG=$'build-users-group =\nsandbox = false\nsubstitute = false' "${turn[@]}" "$@")
}

collect() {
	as nix-store --store "$root" --gc >"$tmp/gc" 2>&1
}

# left: what the collector has left of the closure and of the garbage.
left() {
	find "$store" -mindepth 1 -maxdepth 1 -printf '%f\n' | grep -v '^\.links$' | sort
}

launcher() {
	as ./storeboot list --json | sed -n 's/.*"pid":\([0-9]*\).*/\1/p'
}

# A machine that stays paused has all that a running one has, and boots nothing.
paused() { # OPTION...
	as timeout --kill-after=10 400 ./storeboot run "$@" --root tmpfs --qemu-opts -S </dev/null >"$tmp/out" 2>"$tmp/err" &
	within 300 grep -q '^storeboot: booting' "$tmp/err"
}

end_paused() {
	# shellcheck disable=SC2046 # process numbers
	end_all $(launcher) $(jobs -p)
}

# check WHO SHARE: collects during a run and after it.
check() {
	cp -a "$store" "$tmp/kept"
	as nix-store --store "$root" --load-db <"$tmp/registration"
	echo garbage >"$tmp/garbage"
	as nix-store --store "$root" --add "$tmp/garbage" >/dev/null 2>&1
	ok "$1, $2: the machine is there" paused "$store/$booted" --store "$store" --reginfo registration --share "$2"
	collect
	is "$1, $2: a collection during the run takes the garbage alone" "$(left)" "$closure"
	end_paused
	collect
	is "$1, $2: a collection after the run takes all" "$(left)" ""
	rm -rf "$store"
	mv "$tmp/kept" "$store"
}

turn=()
for share in cifs 9p virtiofs image; do
	check "$(id -un)" "$share"
done
if [ ${#user[@]} -gt 0 ]; then
	turn=("${user[@]}")
	rm -rf "$tmp/run" && mkdir -m 700 "$tmp/run"
	chmod 711 "$tmp"
	chown -R 1000:1000 "$tmp"
	for share in cifs 9p virtiofs image; do
		check "an ordinary user" "$share"
	done
	turn=()
	rm -rf "$tmp/run" && mkdir -m 700 "$tmp/run"
else
	skip "an ordinary user" "the whole test runs as one"
fi

# --register, and a system by its link, in the host's own store. Nothing is collected there.
mkdir "$tmp/extra"
extra=$(vm_add "$tmp/extra")
ln -s "$extra" "$tmp/result"
ok "--register: the machine is there" paused "$small" --register "$tmp/result" --share 9p
roots=$(nix_store --gc --print-roots 2>/dev/null)
has "--register: a program that runs names the path" "$roots" "^/proc/[0-9]+/environ -> $extra\$"
has "--register: and the system" "$roots" "^/proc/[0-9]+/environ -> $small\$"
# The launcher holds them from the moment that it knows them, before it makes an image.
fds=$(find "/proc/$(launcher)/fd" -printf '%l\n')
has "--register: the launcher holds the path" "$fds" "^$extra\$"
has "--register: and the system" "$fds" "^$small\$"
end_paused
tap_end
