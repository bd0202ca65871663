# SPDX-License-Identifier: MIT
# sw.sh: builds the system's own PATH, one folder of links as NixOS's system-path is.
# shellcheck shell=dash disable=SC2154 # out, busybox, nix: set by the derivation

mkdir -p "$out/bin"
for tool in "$busybox"/bin/* ${nix:+"$nix"/bin/*}; do
	ln -s "$tool" "$out/bin/"
done
