# SPDX-License-Identifier: MIT
# toplevel.sh: builds the system's top folder; names and meanings are those of a NixOS toplevel.
# init and activate know the folder they are in, so they work whatever the kernel's command line
# says, and so the path refers to itself, as a NixOS toplevel does.
# shellcheck shell=dash
# shellcheck disable=SC2154 # out and the inputs: set by the derivation

mkdir -p "$out"
ln -s "$kernel/bzImage" "$out/kernel"
ln -s "$modules" "$out/kernel-modules"
ln -s "$etc" "$out/etc"
ln -s "$sw" "$out/sw"
printf %s "$kernelParams" >"$out/kernel-params"
printf %s "$guestSystem" >"$out/system"
printf 'storeboot demo' >"$out/configuration-name"

for name in init activate; do
	cat >"$out/$name" <<-END
	#!$busybox/bin/sh
	export systemConfig=$out
	. $stage2/$name
	END
	chmod +x "$out/$name"
done
