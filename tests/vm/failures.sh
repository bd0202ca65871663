#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# failures.sh - hangs, panics and sudden ends: the right exit code, one line with the reason, nothing left behind
set -u
# shellcheck source=tests/lib/vm.sh
. tests/lib/vm.sh
image=$tmp/disk.qcow2

# ends NAME EXIT PATTERN: the last run's exit status, its one line, and that nothing of it is left.
ends() {
	is "$1: exit status" "$status" "$2"
	is "$1: one line, $3" "$(grep -cE "^storeboot: $3" <<<"$err")" 1
	is "$1: nothing is left behind" "$(ls -A "$XDG_RUNTIME_DIR")$(pgrep -af "$image" || true)" ""
}

# --- stage 1 does not end --------------------------------------------------------------------------------
program sleeps 'for (;;) pause();'
vm_run 400 --image "$image" --stage1 "$tmp/sleeps" --append loglevel=0 --timeout-stage1 15
ends "a silent hang" 71 'stage 1 did not end within 15 s; it did not say a word'
# It hangs in the step disk; on a busy host the deadline comes in a step before that.
vm_run 400 --image "$image" --append "root=/dev/vdb storeboot.deadline=500" --timeout-stage1 75
ends "a hang in a step" 71 'stage 1 did not end within 75 s; the last step that ended was [a-z]+; now in [a-z]+$'
vm_run 400 --image "$image" --stage1 "$tmp/sleeps" --timeout-stage1 none --timeout 8
ends "a hang, only the whole run limited" 71 'the run did not end within 8 s; it did not say a word'

# --- it ends by itself -------------------------------------------------------------------------------------
program leaves 'puts("farewell"); sleep(1); reboot(RB_POWER_OFF); return 0;'
vm_run 400 --image "$image" --stage1 "$tmp/leaves"
ends "power-off before stage 2" 71 'the guest ended \(guest-shutdown\) before stage 1 said a word'
has "power-off before stage 2: the last console lines" "$err" '^storeboot: \| farewell$'
program dies 'return 3;'
vm_run 400 --image "$image" --stage1 "$tmp/dies"
ends "PID 1 ends" 71 "the guest's kernel panicked: Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000300"

# --- stage 2 -------------------------------------------------------------------------------------------------
panics=$(vm_script 'echo "about to panic"; echo 0 >/proc/sys/kernel/panic; echo c >/proc/sysrq-trigger; sleep 1000')
vm_run 400 --image "$image" --append "demo.run=$panics" --timeout 170 --json "$tmp/events" --timings \
	--plot "$tmp/plot.svg" --console-log "$tmp/console"
ends "a panic in stage 2" 71 "the guest's kernel panicked: Kernel panic - not syncing: sysrq triggered crash"
has "a panic in stage 2: its cause is among the last lines" "$err" '^storeboot: \| about to panic$'
is "a panic in stage 2: the processor's state is not" "$(grep -cE '^storeboot: \| .*(RIP:|RSP:|Call Trace:|<TASK>|\+0x[0-9a-f]+/0x)' <<<"$err")" 0

ok "console log: the same as standard output" cmp "$tmp/console" "$tmp/out"

# --- the same for machines, and how long it took ----------------------------------------------------------------
events=$(cat "$tmp/events")
is "events: each line is JSON" "$(python3 -c 'import json,sys
for line in sys.stdin: print(json.loads(line)["event"])' <"$tmp/events" | uniq | tr '\n' ' ')" \
	"start prepared qemu record agent qemu-ended verdict "
has "events: a step begins" "$events" '"kind":"begin","step":"disk"'
has "events: stage 2 is reached" "$events" '"kind":"stage2",.*"text":"'"$system/init"'"'
has "events: the kernel tells QEMU of a panic from stage 1 on" "$events" '"kind":"pvpanic","step":"modules".*/pvpanic'
has "events: the panic was seen at once, although kernel.panic is 0" "$events" \
	'"event":"qemu-ended",.*"reason":"guest-panic","by_guest":true'
has "events: the verdict" "$events" '"event":"verdict",.*"exit":71,"failed":true,.*"text":"the guest.s kernel panicked'
has "timings: a step" "$err" '^  modules +[0-9]+\.[0-9]{3} +[0-9]+\.[0-9]{3}$'
has "timings: stage 2" "$err" '^  stage 2 reached +[0-9]+\.[0-9]{3}$'
has "plot: a whole drawing" "$(tail -n 1 "$tmp/plot.svg")" '^</svg>$'
is "plot: a bar for each line of the table" "$(grep -c '<rect x=' "$tmp/plot.svg")" \
	"$(grep -cE '^  .* [0-9.]+ +[0-9]+\.[0-9]{3}( |$)' <<<"$err")"
# --- words that are no panic ----------------------------------------------------------------------------------------
shows=$(vm_script 'echo "[    7.1] Kernel panic - not syncing: of last week" >/dev/console; sync; reboot -f')
vm_run 400 --image "$image" --append "demo.run=$shows" --timeout 170
has "an old log, then reboot: the words were shown" "$out" '^\[    7\.1\] Kernel panic - not syncing: of last week$'
ends "an old log, then reboot" 0 'the guest asked for a reboot$'

# --- too little memory: for the kernel alone, and just enough for it ----------------------------------------------------
little='give it more with --memory$'
vm_run 400 --image "$image" --memory 32M
ends "too little memory for the kernel" 71 ".*; it had 32 MiB of memory, and its kernel alone needs [0-9]+: $little"
needs=$(sed -n 's/.*its kernel alone needs \([0-9]*\):.*/\1/p' <<<"$err")
QEMU_OPTS="-m $((needs + 2))" vm_run 400 --image "$image" --timeout-stage1 150
ends "no memory beside the kernel's own" 71 ".* it had (only )?$((needs + 2)) MiB of memory.*$little"
has "no memory beside the kernel's own: it is said at the start" "$err" \
	"^storeboot: the guest has only $((needs + 2)) MiB of memory, and its kernel alone takes [0-9]+ to unpack itself; --memory"

# --- one step more, and QEMU's own end ---------------------------------------------------------------------------
vm_run 400 --image "$image" --append rootfstype=minix
ends "a root file system of another type" 70 'stage 1 failed at step disk: /dev/vda holds ext3, not minix .*disk unchanged$'
"$storeboot" run "$system" --image "$image" --name victim </dev/null >"$tmp/out" 2>"$tmp/err" &
launcher=$!
ok "QEMU runs" within 240 pgrep -P $launcher -f 'guest=victim'
kill -KILL "$(pgrep -P $launcher -f 'guest=victim')"
status=0
wait $launcher || status=$?
err=$(cat "$tmp/err")
ends "QEMU is killed" 71 'QEMU ended: killed by signal 9 \(Killed\)$'

vm_run 400 --image "$image" --timeout 100
ends "stage 2 does not end" 71 'the run did not end within 100 s; stage 2 was reached$'
has "stage 2 does not end: the last console lines" "$err" "^storeboot: \\| .*'poweroff' ends the run"
tap_end
