#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# nix-package.sh - the package of host/nix/default.nix, built in Nix's sandbox by its own phases and flags; musl, its
# compiler and the libraries are Debian's in place of nixpkgs'. Fetches 7 MB of sources.
# shellcheck disable=SC2016 # the wrappers expand
set -u
# shellcheck source=tests/lib/vm.sh
. tests/lib/vm.sh
for program in cmake musl-gcc; do
	command -v $program >/dev/null || { skip "the package" "$program is not here; run scripts/setup long"; tap_end; }
done
machine=$(uname -m)
prefix=$machine-unknown-linux-musl-

# --- the libraries, as nixpkgs' pkgsStatic has them -----------------------------------------------------------------
libraries=$(scripts/musl-libraries) || { echo "not ok 1 - the libraries"; exit 1; }

# --- the programs of nixpkgs' stdenv, and no others: no cc, no pkg-config without the prefix --------------------------
toolchain=$build/musl-toolchain
rm -rf "$toolchain"
mkdir -p "$toolchain/bin"
for package in coreutils findutils diffutils sed grep mawk tar gzip bzip2 make bash patch xz-utils; do
	dpkg -L "$package" | grep -E '^(/usr)?/bin/[^/]+$'
done | while read -r file; do
	ln -sf "$file" "$toolchain/bin/"
done
ln -s mawk "$toolchain/bin/awk"
for name in ar ranlib strip objcopy readelf nm size; do
	ln -s "/usr/bin/$name" "$toolchain/bin/$prefix$name"
done
wrapper() { # NAME COMMAND...
	printf '#!/bin/sh\nPATH=/usr/bin:/bin\n%s\n' "${*:2}" >"$toolchain/bin/$prefix$1"
	chmod +x "$toolchain/bin/$prefix$1"
}
# nixpkgs' gcc is built to know its ld's place.
wrapper cc '[ "$*" != -print-prog-name=ld ] || { echo /usr/bin/ld; exit 0; }' "
exec musl-gcc \"\$@\" -static -isystem $libraries/include -L$libraries/lib \$NIX_LDFLAGS"
wrapper gcc-ar 'exec gcc-ar "$@"'
wrapper pkg-config 'exec pkg-config "$@"'

# --- the build ---------------------------------------------------------------------------------------------------------
cat >"$tmp/package.nix" <<END
(import $PWD/host/nix/default.nix { pkgs = import $PWD/tests/data/nixpkgs/musl.nix {
  system = "$machine-linux"; toolchain = "$toolchain"; libraries = "$libraries"; tarballs = $build/deps/tarballs;
}; }).storeboot
END
as=()
[ -w /nix/store ] || as=(sudo)
result=$("${as[@]}" env NIX_CONFIG=$'build-users-group =\nsandbox = true\nsandbox-fallback = false\nsubstitute = false' \
	timeout --kill-after=10 900 nix-build --no-out-link "$tmp/package.nix" \
	--option sandbox-paths "/usr /bin /lib /lib64 /etc/alternatives $toolchain $libraries" 2>"$tmp/log")
is "it builds" $? 0
[ -n "$result" ] || { tail -n 40 "$tmp/log" | sed 's/^/# /'; tap_end; }

for program in bin/storeboot lib/storeboot/storeboot-init; do
	is "$program needs no loader and no library" "$(readelf -ldW "$result/$program" | grep -cE 'INTERP|NEEDED')" 0
	is "$program names nothing of where it was built" "$(grep -cE "/build/source|$toolchain|$libraries" "$result/$program")" 0
done
is "it refers to itself alone" "$(nix_store -q --references "$result" | grep -vxF "$result")" ""
is "what lies where" "$(cd "$result" && find . -type f ! -path './share/doc/storeboot/host/*' | sort | tr '\n' ' ')" "./bin/storeboot ./lib/storeboot/storeboot-init \
./share/bash-completion/completions/storeboot ./share/doc/storeboot/LICENSE ./share/doc/storeboot/NOTICE ./share/doc/storeboot/README.md \
./share/fish/vendor_completions.d/storeboot.fish ./share/man/man1/storeboot.1 ./share/man/man8/storeboot-init.8 \
./share/zsh/site-functions/_storeboot "
storeboot=$result/bin/storeboot
vm_run 240 --root tmpfs -- sh -c 'echo "in the guest"; exit 3'
is "it boots the demo: the command's status" "$status" 3
has "and what it wrote" "$out" '^in the guest$'
tap_end
