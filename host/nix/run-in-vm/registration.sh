# SPDX-License-Identifier: MIT
# registration.sh: the registration of a closure, from the graph that Nix wrote down, its hashes from the files.
# shellcheck shell=dash disable=SC2154 # out, tools: set by the derivation

for tool in $tools; do PATH=$PATH:$tool/bin; done
storeboot reginfo --graph graph --output "$out"
exit 0
