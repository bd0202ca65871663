#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# flake.sh - host/nix/flake.nix, evaluated as flakes are: purely, and for another machine than this one too
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib/tap.sh
. tests/lib/tap.sh
tmp=$(mktemp -d)
trap 'chmod -R u+w "$tmp" && rm -rf "$tmp"' EXIT
export NIX_CONFIG=$'build-users-group =\nsubstitute = false\nexperimental-features = nix-command flakes'
export XDG_CACHE_HOME=$tmp/cache

# A flake in a folder of a repository is found by git alone, and only what git knows is in it.
mkdir "$tmp/clone"
git ls-files -z --cached --others --exclude-standard | xargs -0 cp --parents -t "$tmp/clone"
git -C "$tmp/clone" init -q
git -C "$tmp/clone" add .

# ask OUTPUT [FUNCTION]: its JSON, or Nix's error, one line. No root is needed: the store is one of its own.
ask() {
	local out
	if out=$(nix eval --store "$tmp/store" --json --no-write-lock-file --override-input nixpkgs "path:$PWD/tests/data/nixpkgs" \
		"git+file:$tmp/clone?dir=host/nix#$1" ${2:+--apply "$2"} 2>"$tmp/err"); then
		printf '%s\n' "$out"
	else
		grep -m 1 '^error: ' "$tmp/err"
	fi
}

run='system = "/nix/store/00000000000000000000000000000000-system"; command = "true";'
row='systems.a = "/nix/store/00000000000000000000000000000000-system"; command = "true"; shares = [ "cifs" ];'
for platform in x86_64-linux aarch64-linux; do
	has "$platform: the package" "$(ask packages.$platform.default.drvPath)" '^"/nix/store/[a-z0-9]{32}-storeboot-0.1.drv"$'
	is "$platform: it is the default" "$(ask packages.$platform 'p: p.default == p.storeboot')" true
	is "$platform: a run is for that machine" "$(ask lib.$platform.runInVm "f: let d = f { $run }; in [ d.name d.system ]")" \
		"[\"vm-run\",\"$platform\"]"
	has "$platform: a run can be built" "$(ask lib.$platform.runInVm "f: (f { $run }).drvPath")" \
		'^"/nix/store/[a-z0-9]{32}-vm-run.drv"$'
	is "$platform: a run for another machine" "$(ask lib.$platform.runInVm "f: (f { $run platform = \"riscv64-linux\"; }).system")" \
		'"riscv64-linux"'
	is "$platform: a matrix" "$(ask lib.$platform.matrix "f: map (d: [ d.system (builtins.elem \"9M\" d.args) ]) (
		builtins.attrValues (f { $row disks = [ \"none\" \"used\" ]; more.memory = \"9M\"; }))")" "[[\"$platform\",true],[\"$platform\",true]]"
	is "$platform: a matrix for another machine" "$(ask lib.$platform.matrix "f: (f {
		$row more.platform = \"riscv64-linux\"; }).vm-a-cifs-new.system")" '"riscv64-linux"'
	has "$platform: the programs of a run" "$(ask lib.$platform.tools 'map (p: p.name)')" '"bash","storeboot-0.1",.*"virtiofsd"'
done
is "the module" "$(ask nixosModules.default 'm: builtins.functionArgs (import m)')" \
	'{"config":false,"lib":true,"options":false,"pkgs":false}'
tap_end
