# SPDX-License-Identifier: MIT
# builder.sh: one run of run-in-vm.nix; its arguments are those of `storeboot run`. Nothing is made in the store
# before the guest is gone, so that the guest finds nothing there but the closure.
#
# The command's $out crosses on a disk of its own that holds a tar archive, not a file system.
# shellcheck shell=dash disable=SC2154 # out, tools, script ...: set by the derivation

for tool in $tools; do PATH=$PATH:$tool/bin; done
export PATH
export HOME="$PWD" # where the launcher has its cache; a build has none

if [ -n "$disk" ]; then
	cp "$disk" disk.qcow2
	chmod u+w disk.qcow2
fi
# shellcheck disable=SC2086 # a list of store paths
cat $registrations >registration
: >status
{ storeboot run "$@" --reginfo registration --console-log console.log --json events.json --plot timings.svg \
	-- sh "$script/run" "$script/command" </dev/null || echo $? >status; } | tee stdout >&2

read -r status <status || status=0
if [ "$status" -ne 0 ]; then
	if [ -e console.log ]; then
		echo "storeboot: what the guest said on its console:"
		cat console.log
	fi >&2
	exit "$status"
fi
mkdir "$out"
tar -C "$out" -xof xchg
cp stdout console.log events.json timings.svg "$out/"
[ -z "$keepDisk" ] || cp disk.qcow2 "$out/"
exit 0
