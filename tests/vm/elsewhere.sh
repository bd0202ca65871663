#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# elsewhere.sh - a VM is found by each command of its user, whatever TMPDIR and XDG_RUNTIME_DIR either side has
set -u
# shellcheck source=tests/lib/vm.sh
. tests/lib/vm.sh
# The user's real folder of running VMs, which other runs have part of.
unset STOREBOOT_RUNTIME_DIR
vm=elsewhere-$$
# shellcheck disable=SC2317 # called by the trap
at_end() {
	# shellcheck disable=SC2046 # process numbers
	end_all $(launcher_of "$vm") $(jobs -p)
}
mkdir -m 700 "$tmp/nix-shell" "$tmp/driver"

# As nix-shell --pure and the test driver have it.
theirs() {
	env -u XDG_RUNTIME_DIR TMPDIR="$tmp/nix-shell" timeout 600 "$storeboot" "$@"
}
# As a session has it; as cron has it.
session() {
	env XDG_RUNTIME_DIR="$tmp/run" TMPDIR="$tmp/driver" timeout 600 "$storeboot" "$@"
}
# shellcheck disable=SC2317 # has_it and the loop call it
cron() {
	env -u XDG_RUNTIME_DIR -u TMPDIR timeout 600 "$storeboot" "$@"
}
# shellcheck disable=SC2317 # ok calls it
has_it() {
	"$1" list | grep -q "^$vm "
}

theirs run "$system" --root tmpfs --no-stage2 --name "$vm" -- sleep 1000 </dev/null >"$tmp/out" 2>"$tmp/err" &
pid=$!
for side in theirs session cron; do
	ok "$side: list has it" within 240 has_it $side
	is "$side: exec reaches it" "$($side exec "$vm" -- echo reached)" reached
	got=0
	$side run "$system" --root tmpfs --name "$vm" </dev/null >"$tmp/out.2" 2>"$tmp/err.2" || got=$?
	is "$side: its name is in use" $got 67
done
folder=$(session list --json | sed -n "s/.*\"name\":\"$vm\".*\"folder\":\"\([^\"]*\)\".*/\1/p")
has "its private files are where its own TMPDIR is" "$folder" "^$tmp/nix-shell/storeboot-[0-9]*/$vm\."
ok "list --json names their folder" test -e "$folder/initrd"
session stop "$vm"
is "stop finds it: exit status" $? 0
wait $pid
is "stop ends it: the run's exit status" $? 143
is "its private files are gone" "$(find "$tmp/nix-shell" "$tmp/driver" "$tmp/run" -mindepth 1)" ""

# A launcher that is killed: whoever looks next, from wherever, clears up.
theirs run "$system" --root tmpfs --no-stage2 --name "$vm" -- sleep 1000 </dev/null >"$tmp/out" 2>"$tmp/err" &
pid=$!
ok "another one" within 240 has_it session
kill -KILL "$(session list --json | sed -n "s/.*\"name\":\"$vm\",\"pid\":\([0-9]*\).*/\1/p" | head -n 1)"
wait $pid 2>/dev/null
# shellcheck disable=SC2317 # ok calls it
empty() {
	! has_it session && [ -z "$(ls -A "$tmp/nix-shell")" ]
}
ok "its launcher killed: nothing is left" within 240 empty
tap_end
