#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# deps.sh - scripts/deps and scripts/deps-fetch: what it refuses and how, ready-made libraries, and that a second run does nothing.
# No library is built here and no network is used: where libraries are needed, those in $BUILD/deps serve.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/tap.sh

built=$(realpath "${BUILD:-build}")/deps
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cc=${GUEST_CC:-musl-gcc}

# deps BUILD ARGUMENT...: runs it in a build folder of its own; sets $out and $status.
deps() {
	local build=$tmp/$1
	shift
	out=$(env -u STOREBOOT_LIBS -u STOREBOOT_TARBALLS BUILD="$build" CC="$cc" scripts/deps "$@" 2>&1)
	status=$?
}

file=$(awk '$1 == 1 && $2 == "util-linux" { print $4 }' scripts/deps.lock)
sha=$(awk '$1 == 1 && $2 == "util-linux" { print $5 }' scripts/deps.lock)

# --- the lock -------------------------------------------------------------------------------------------
bad=$(awk '!/^#/ && (NF != 7 || $5 !~ /^[0-9a-f]+$/ || length($5) != 64 || $7 !~ /^https:/)' scripts/deps.lock)
is "each row of the lock has set, name, version, file, sha256, suite, url" "$bad" ""
bad=$(awk '!/^#/ { n[$1 " " $2]++ } END { for (k in n) if (n[k] != 1) print k
	if (length(n) % 2) print "odd" }' scripts/deps.lock)
is "each set of the lock names each library once" "$bad" ""
while read -r name version; do
	has "NOTICE names the locked $name" "$(cat NOTICE)" "$version .* $name "
done < <(awk '$1 == 1 { print $2, $3 }' scripts/deps.lock)

# --- what was given is wrong ----------------------------------------------------------------------------
deps a --nonsense
is "an unknown argument: status 64" "$status" 64
deps a --tarballs
is "a missing value: status 64" "$status" 64

deps a --tarballs "$tmp/nowhere"
is "a tarball folder that does not exist: status 65" "$status" 65
is "... in one line that names it" "$out" "scripts/deps: tarball folder $tmp/nowhere: no such folder"

mkdir "$tmp/wrong"
echo "not a tarball" >"$tmp/wrong/$file"
got=$(sha256sum <"$tmp/wrong/$file" | cut -d' ' -f1)
deps a --tarballs "$tmp/wrong"
is "a wrong sha256: status 65" "$status" 65
is "... in one line" "$(wc -l <<<"$out")" 1
has "... with the file and the hash it has" "$out" "$tmp/wrong/$file: sha256 is $got"
has "... and the hash the lock wants" "$out" "wants $sha"
is "... the file stays as it is" "$(cat "$tmp/wrong/$file")" "not a tarball"
ok "... and nothing is left that looks built" test ! -e "$tmp/a/deps/stamp"

mkdir -p "$tmp/b/deps/tarballs"
cp "$tmp/wrong/$file" "$tmp/b/deps/tarballs/"
deps b
is "a wrong sha256 in the cache: status 65" "$status" 65
ok "... the file stays" test -e "$tmp/b/deps/tarballs/$file"

# --- nothing to fetch from: a PATH without apt, curl and wget ---------------------------------------------
mkdir "$tmp/bin" "$tmp/empty"
for dir in /usr/local/bin /usr/bin /bin; do
	for f in "$dir"/*; do
		[ ! -x "$f" ] || ln -sf "$f" "$tmp/bin/"
	done
done
rm -f "$tmp"/bin/{apt-get,curl,wget}
PATH=$tmp/bin deps c --tarballs "$tmp/empty"
is "no source at all: status 69" "$status" 69
last=$(tail -n 1 <<<"$out")
has "... the last line names the file and the folders looked at" "$last" "$file \\(not in $tmp/empty, not in .*tarballs"
has "... what else was tried" "$last" "no apt here, neither curl nor wget"
has "... and what to do" "$last" "--tarballs DIR"

# The same from a copy whose lock points to files of ours: wrong bytes from upstream, and an older set that
# is not there either.
if command -v curl >/dev/null; then
	mkdir -p "$tmp/tree/scripts" "$tmp/upstream"
	cp scripts/deps scripts/deps-fetch "$tmp/tree/scripts/"
	sed "s|https://.*/|file://$tmp/upstream/|" scripts/deps.lock >"$tmp/tree/scripts/deps.lock"
	echo "not a tarball" >"$tmp/upstream/$(awk '$1 == 1 && $2 == "util-linux" { n = split($7, u, "/"); print u[n] }' scripts/deps.lock)"
	ln -sf "$(command -v curl)" "$tmp/bin/curl"
	out=$(env -u STOREBOOT_LIBS -u STOREBOOT_TARBALLS -u BUILD PATH="$tmp/bin" CC="$cc" "$tmp/tree/scripts/deps" 2>&1)
	is "a download with a wrong sha256: status 65" "$?" 65
	last=$(tail -n 1 <<<"$out")
	has "... the last line has both hashes" "$last" "sha256 is $got, not $sha"
	has "... and what became of the older set" "$last" "$(awk '$1 == 2 && $2 == "util-linux" { print $4 }' scripts/deps.lock).*file:"
	is "... the download is not kept" "$(ls "$tmp/tree/build/deps/tarballs")" ""
else
	skip "a download with a wrong sha256" "no curl"
fi

deps c --prebuilt "$tmp/empty"
is "ready-made libraries that are not there: status 65" "$status" 65
has "... and which" "$out" "lib/libblkid.a: not in the ready-made libraries given \\($tmp/empty\\)"

CC_was=$cc cc=no-such-cc
deps c
is "no compiler: status 69" "$status" 69
has "... and what to do" "$out" "no-such-cc.*scripts/setup"
cc=$CC_was

# --- with libraries ---------------------------------------------------------------------------------------
if [ ! -e "$built/stamp" ]; then
	skip "ready-made libraries" "no libraries in $built"
	tap_end
fi
mkdir "$tmp/libs" "$tmp/heads"
cp -rL "$built/lib" "$tmp/libs/"
cp -rL "$built/include" "$tmp/heads/"
deps d --prebuilt "$tmp/libs:$tmp/heads"
is "ready-made libraries in two folders are taken: status 0" "$status" 0
ok "... the library is there" cmp -s "$tmp/d/deps/lib/libblkid.a" "$built/lib/libblkid.a"
ok "... the header is there" test -f "$tmp/d/deps/include/ext2fs/ext2fs.h"
ok "... the kernel's headers are there" test -f "$tmp/d/deps/kernel-headers/linux/fs.h"

before=$(stat -c %y "$tmp/d/deps/stamp")
deps d
is "a second run without arguments keeps them, and is silent" "$status $out" "0 "
is "... and does nothing" "$(stat -c %y "$tmp/d/deps/stamp")" "$before"
touch -d '2001-01-01' "$tmp/d/deps/stamp"
deps d
ok "a stamp older than the script is renewed, so that make rests" test "$tmp/d/deps/stamp" -nt scripts/deps

rm "$tmp/d/deps/lib/libext2fs.a"
deps d
ok "a library that went missing comes back" test -f "$tmp/d/deps/lib/libext2fs.a"

PATH=$tmp/bin deps d --from-source --tarballs "$tmp/empty"
is "--from-source takes the choice back: status 69, no tarball here" "$status" 69
ok "... and the libraries linked before still serve" test -f "$tmp/d/deps/lib/libblkid.a"

printf '!<arch>\n' >"$tmp/libs/lib/libblkid.a"
deps e --prebuilt "$tmp/libs:$tmp/heads"
is "libraries that do not link: status 65" "$status" 65
has "... in a line that says so" "$out" "does not link with $cc"
ok "... and no stamp" test ! -e "$tmp/e/deps/stamp"

before=$(sha256sum "$built/stamp")
BUILD=$(dirname "$built") CC=$cc scripts/deps >"$tmp/out" 2>&1
is "the libraries that are built need nothing done" "$? $(cat "$tmp/out")" "0 "
is "... the stamp says the same" "$(sha256sum "$built/stamp")" "$before"

tap_end
