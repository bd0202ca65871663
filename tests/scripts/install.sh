#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# install.sh - make install: what lies where, and that no page of it, nor of this tree, has a dead link
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib/host.sh
. tests/lib/host.sh

# dead_links PLACE...: of the pages there, the links to files that are not there.
dead_links() {
	local page link
	find "$@" -name '*.md' | while read -r page; do
		grep -oE '\]\([^)#]+' "$page" | sed 's/^](//' | grep -vE '^[a-z]+:' | while read -r link; do
			[ -e "$(dirname "$page")/$link" ] || echo "${page##*/}: $link"
		done
	done
}

prefix=$(cat "$build/prefix")
env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL make -s install BUILD="${BUILD:-build}" PREFIX="$prefix" DESTDIR="$tmp/root" >"$tmp/out" 2>&1
is "exit status" $? 0
top=$tmp/root$prefix doc=$tmp/root$prefix/share/doc/storeboot
is "what lies where" "$(cd "$top" && find . -type f ! -path './share/doc/*' | sort | tr '\n' ' ')" \
	"./bin/storeboot ./lib/storeboot/storeboot-init ./share/bash-completion/completions/storeboot \
./share/fish/vendor_completions.d/storeboot.fish ./share/man/man1/storeboot.1 ./share/man/man8/storeboot-init.8 \
./share/zsh/site-functions/_storeboot "
is "nothing is outside the prefix" "$(find "$tmp/root" -type f ! -path "$top/*")" ""
is "modes" "$(find "$top" -type f ! -perm 644 | sort | xargs stat -c '%a %n' | sed "s,$top/,,")" "755 bin/storeboot
755 lib/storeboot/storeboot-init"
is "no dead link here" "$(dead_links README.md host)" ""
is "no dead link there" "$(dead_links "$doc")" ""
rm "$doc/host/man/tasks/test-a-kernel.md"
is "one page less: its link is dead" "$(dead_links "$doc")" "README.md: host/man/tasks/test-a-kernel.md"
tap_end
