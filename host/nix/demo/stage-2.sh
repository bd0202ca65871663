# SPDX-License-Identifier: MIT
# stage-2.sh: builds the two scripts of stage 2, with the shell they run under filled in.
# shellcheck shell=dash disable=SC2154 # out, busybox, init, activate: set by the derivation

mkdir -p "$out"
for name in init activate; do
	eval "source=\$$name"
	sed "1s|^#!/bin/sh|#!$busybox/bin/sh|" "$source" >"$out/$name"
	chmod +x "$out/$name"
done
