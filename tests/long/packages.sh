#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# packages.sh - real Debian packages of some 15,000 files, added to the host's store: their NARs in the guest are
# those of the host's database. Fetches about 20 MB.
set -u
# shellcheck source=tests/lib/vm.sh
. tests/lib/vm.sh

headers=$(apt-cache depends --recurse --no-recommends --no-suggests linux-headers-amd64 2>/dev/null |
	grep -xE 'linux-headers-[0-9][^ ]*-common' | head -n 1)
perl=$(apt-cache depends perl | sed -n 's/^ *Depends: \(libperl5[.0-9]*\|perl-modules-[.0-9]*\)$/\1/p')
mkdir "$tmp/debs"
# shellcheck disable=SC2086 # words
(cd "$tmp/debs" && apt-get download -q perl perl-base $perl ncurses-base ncurses-term tzdata "$headers") >"$tmp/apt" 2>&1 ||
	{ sed 's/^/# /' "$tmp/apt"; echo "not ok 1 - the packages can be fetched"; exit 1; }

paths=() files=0
for deb in "$tmp"/debs/*.deb; do
	name=$(dpkg-deb -f "$deb" Package)
	dpkg-deb -x "$deb" "$tmp/$name"
	files=$((files + $(find "$tmp/$name" ! -type d | wc -l)))
	paths+=("$(nix_store --add "$tmp/$name")")
done
echo "# ${#paths[@]} packages, $files files and links"
ok "each package has files" [ "$files" -gt "${#paths[@]}" ]

script=$(vm_script "for path in ${paths[*]}; do
	echo \"FACT \$path \$(nix-store --dump \$path | sha256sum | cut -d ' ' -f 1) \$(find \$path ! -type d | wc -l)\"
done")

share() { # NAME [OPTION]...
	local name=$1 path seen
	shift
	vm_run 3600 --image "$tmp/disk.qcow2" --append "demo.run=$script" "$@"
	is "$name: exit" "$status" 0
	seen=$(sed -n 's/^.*FACT //p' <<<"$out")
	for path in "${paths[@]}"; do
		is "$name: ${path#*-}" "$(grep "^$path " <<<"$seen")" \
			"$path $(nix_store --dump-db "$path" | sed -n 2p) $(find "$path" ! -type d | wc -l)"
	done
}

share cifs
nix_store --delete "${paths[@]}" "$script" >/dev/null 2>&1
tap_end
