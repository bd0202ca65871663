# SPDX-License-Identifier: MIT
# nix.sh: builds nix for the guest: the host's program, run by the loader that lies beside it.
# The guest has no /lib, and stage 1 calls nix-store before there is an /etc: so the wrapper
# brings the loader, a configuration, a home and a user's name, each unless the guest has its own.
# Before it builds something Nix asks a program of its own whether other machines shall do it.
# shellcheck shell=dash disable=SC2154 # out, busybox, nixFiles, etc: set by the derivation

mkdir -p "$out/bin"
for name in nix nix-store build-remote; do
	cat >"$out/bin/$name" <<-END
	#!$busybox/bin/sh
	[ -e /etc/nix/nix.conf ] || export NIX_CONF_DIR="\${NIX_CONF_DIR:-$etc/nix}"
	export HOME="\${HOME:-/root}" USER="\${USER:-root}"
	export NIX_CONFIG="\${NIX_CONFIG:-build-hook = $out/bin/build-remote}"
	exec $nixFiles/lib/ld.so --inhibit-cache --library-path $nixFiles/lib \\
		$nixFiles/libexec/$name "\$@"
	END
	chmod +x "$out/bin/$name"
done
