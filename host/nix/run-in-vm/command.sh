# SPDX-License-Identifier: MIT
# command.sh: keeps a command's text, and the script that runs it in the guest, as one store path.
# shellcheck shell=dash disable=SC2154 # out, tools, guest, command: set by the derivation

for tool in $tools; do PATH=$PATH:$tool/bin; done
mkdir "$out"
printf '%s\n' "$command" >"$out/command"
cp "$guest" "$out/run"
exit 0
