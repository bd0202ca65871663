#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# package.sh - make dist builds without a network; make deb gives a package that lintian has nothing to say of, and
# that boots the demo from where it was installed
set -u
# shellcheck source=tests/lib/vm.sh
. tests/lib/vm.sh

# --- the release -------------------------------------------------------------------------------------------------
tarball=$(make -s dist BUILD="${BUILD:-build}" | tail -n 1)
ok "make dist" cp "$tarball" "$tmp/first.tar.xz"
make -s dist BUILD="${BUILD:-build}" >/dev/null
ok "the same bytes again" cmp "$tmp/first.tar.xz" "$tarball"
tar -C "$tmp" -xf "$tarball"
release=$(basename "$tarball" .tar.xz)
ok "it builds without a network" unshare --net env -u STOREBOOT_TARBALLS -u STOREBOOT_LIBS make -s -C "$tmp/$release" -j2 all
is "it is what was built here" "$(sha256sum <"$tmp/$release/build/storeboot-init")" "$(sha256sum <"$build/storeboot-init")"

# --- the package --------------------------------------------------------------------------------------------------
deb=$(make -s deb BUILD="${BUILD:-build}" | tail -n 1)
ok "make deb" test -s "$deb"
if command -v lintian >/dev/null; then
	out=$(lintian --display-info --fail-on info,warning,error "$deb" 2>&1)
	is "lintian: exit status" $? 0
	is "lintian says nothing" "$(grep -E '^[EWI]:' <<<"$out")" ""
else
	skip "lintian" "it is not here; run scripts/setup long"
fi
mkdir "$tmp/root"
dpkg-deb -x "$deb" "$tmp/root"
is "what lies where" "$(cd "$tmp/root" && find . -type f ! -path './usr/share/doc/storeboot/host/*' | sort | tr '\n' ' ')" \
	"./usr/bin/storeboot ./usr/lib/storeboot/storeboot-init \
./usr/share/bash-completion/completions/storeboot ./usr/share/doc/storeboot/README.md ./usr/share/doc/storeboot/changelog.gz \
./usr/share/doc/storeboot/copyright ./usr/share/fish/vendor_completions.d/storeboot.fish ./usr/share/lintian/overrides/storeboot \
./usr/share/man/man1/storeboot.1.gz ./usr/share/man/man8/storeboot-init.8.gz ./usr/share/zsh/vendor-completions/_storeboot "
storeboot=$tmp/root/usr/bin/storeboot
vm_run 240 --root tmpfs --append demo.batch=1
is "the installed one boots the demo: exit status" "$status" 0
has "the greeting" "$out" 'this system is registered'
tap_end
