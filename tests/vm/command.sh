#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# command.sh - commands in the guest: streams, statuses, signals, folder, environment; exec, list, stop
set -u
# shellcheck source=tests/lib/vm.sh
. tests/lib/vm.sh

# command ARGUMENT...: a run without a disk; its stdin is ours. Sets status; out and err are files.
command_run() {
	status=0
	timeout --kill-after=10 150 "$storeboot" run "$system" --root tmpfs "$@" >"$tmp/out" 2>"$tmp/err" || status=$?
	sed 's/^/# /' "$tmp/err"
}

# said: what storeboot itself said last.
said() {
	grep '^storeboot: ' "$tmp/err" | grep -vE '^storeboot: (\| |the last lines of)' | tail -n 1
}

# --- one run, one command ------------------------------------------------------------------------------
head -c 10485760 /dev/urandom >"$tmp/random"
command_run -- cat <"$tmp/random"
is "10 MiB through cat: exit status" "$status" 0
ok "10 MiB through cat come back unchanged" cmp "$tmp/random" "$tmp/out"

# shellcheck disable=SC2016 # the guest's shell expands them
command_run --no-stage2 --cwd /nix --env "A=b c" --env HOME --json "$tmp/events" -- \
	sh -c 'pwd; echo "$A"; echo "$HOME"; echo err >&2; grep -c "" /proc/1/cmdline; cat; exit 9' <<<"from stdin"
is "without stage 2: exit status" "$status" 9
is "without stage 2: folder, environment, PID 1, stdin" "$(cat "$tmp/out")" "/nix
b c
$HOME
1
from stdin"
is "stderr is apart" "$(grep -v '^storeboot: ' "$tmp/err")" err
has "the command stands in the events" "$(cat "$tmp/events")" '"event":"command-ended",.*"ran":true,"status":9,"signal":0'
has "the verdict is its status" "$(cat "$tmp/events")" '"event":"verdict",.*"exit":9'

command_run --no-stage2 -- no-such-program </dev/null
is "not found: exit status" "$status" 127
is "not found: one line" "$(said)" "storeboot: cannot execute no-such-program: No such file or directory"
command_run --no-stage2 -- /proc/version </dev/null
is "not executable: exit status" "$status" 126
is "not executable: one line" "$(said)" "storeboot: cannot execute /proc/version: Permission denied"
command_run --no-stage2 --cwd /nowhere -- true </dev/null
is "no such folder: exit status" "$status" 125
is "no such folder: one line" "$(said)" \
	"storeboot: the command cannot be started: its folder /nowhere: No such file or directory"
command_run --no-stage2 -- sh -c 'kill -KILL $$' </dev/null
is "killed by a signal: exit status" "$status" 137
is "killed by a signal: one line" "$(said)" "storeboot: the command was killed by signal 9 (Killed)"

is "a reader that leaves: the first line" "$({
	timeout 150 "$storeboot" run "$system" --root tmpfs --no-stage2 -- yes </dev/null 2>"$tmp/err"
	echo $? >"$tmp/status"
} | head -n 1)" y
is "a reader that leaves: exit status, as of every program" "$(cat "$tmp/status")" 141

# What keeps the guest from the command is 125, with the code of its own in the line.
command_run --append storeboot.share.source=//10.0.2.4/nothing -- true </dev/null
is "stage 1 fails: exit status" "$status" 125
has "stage 1 fails: the line, with its code" "$(said)" '^storeboot: stage 1 failed at step share: .* \(code 68\)$'
off=$(vm_script 'poweroff -f')
command_run -- sh "$off" </dev/null
is "the guest ends before the command: exit status" "$status" 125
has "the guest ends before the command: the line" "$(said)" \
	'^storeboot: the guest ended \(guest-shutdown\) before the command had ended \(code 71\)$'
command_run --append storeboot.channel=nothing --append storeboot.deadline=3 -- true </dev/null
is "no channel: exit status" "$status" 125
has "no channel: the line" "$(said)" '^storeboot: no way for commands into the guest: the virtio-serial port nothing: .* \(code 71\)$'
command_run --ready notify --timeout-stage2 5 -- true </dev/null
is "stage 2 is never up: exit status" "$status" 125
is "stage 2 is never up: the line" "$(said)" \
	"storeboot: stage 2 was not up within 5 s; the command was not begun (code 71)"

# --- a VM in the background, and commands in it -----------------------------------------------------------
# Its real-time clock is decades behind.
QEMU_OPTS="-rtc base=2001-01-01T00:00:00 -qmp unix:$tmp/qmp,server=on,wait=off" \
	"$storeboot" run "$system" --root tmpfs --name background --json "$tmp/events" </dev/null >"$tmp/console" 2>"$tmp/run.err" &
launcher=$!
ok "a VM in the background" within 240 runs background
is "exec waits for the guest" "$("$storeboot" exec background -- uname </dev/null)" Linux
has "list has it" "$("$storeboot" list)" "^background +$launcher +$system "

# right_clock: the guest's clock is the host's, to two seconds, at some time between the question and the answer.
# shellcheck disable=SC2317 # ok calls it
right_clock() {
	local before now
	before=$(date +%s)
	now=$("$storeboot" exec background -- date +%s </dev/null)
	echo "# off by $((now - before)) s, asked for $(($(date +%s) - before)) s"
	[ "$now" -ge $((before - 2)) ] && [ "$now" -le $(($(date +%s) + 2)) ]
}
ok "the guest's clock is right" right_clock
# As after the host's sleep: the machine stood still meanwhile.
python3 - "$tmp/qmp" <<-END
	import json, socket, sys, time
	s = socket.socket(socket.AF_UNIX)
	s.connect(sys.argv[1])
	f = s.makefile("rw")
	f.readline()
	for name, pause in ("qmp_capabilities", 0), ("stop", 6), ("cont", 0):
	    f.write(json.dumps({"execute": name}) + "\n")
	    f.flush()
	    while "return" not in json.loads(f.readline()):
	        pass
	    time.sleep(pause)
END
ok "the guest's clock is right after a pause" right_clock

wrong=""
for i in $(seq 0 255); do
	got=0
	"$storeboot" exec background -- sh -c "exit $i" </dev/null 2>/dev/null || got=$?
	[ "$got" -eq "$i" ] || wrong="$wrong $i:$got"
done
is "exit statuses 0 to 255 come back" "$wrong" ""

"$storeboot" exec background -- sh -c 'trap "echo got it; exit 5" TERM; echo ready; while :; do sleep 1; done' \
	</dev/null >"$tmp/signal" &
pid=$!
within 240 grep -q ready "$tmp/signal"
kill -TERM $pid
got=0
wait $pid || got=$?
is "a signal reaches the command: exit status" "$got" 5
has "a signal reaches the command: its trap" "$(cat "$tmp/signal")" '^got it$'

# As by nohup(1): the SIGHUP is nobody's, the SIGTERM after it is the command's.
env --ignore-signal=HUP "$storeboot" exec background -- \
	sh -c 'trap "echo hung up; exit 6" HUP; trap "exit 7" TERM; echo ready; while :; do sleep 1; done' \
	</dev/null >"$tmp/signal" &
pid=$!
within 240 grep -q ready "$tmp/signal"
kill -HUP $pid
kill -TERM $pid
got=0
wait $pid || got=$?
is "a SIGHUP that exec's caller ignores reaches nobody" "$got $(cat "$tmp/signal")" "7 ready"

"$storeboot" exec background -- sleep 1000 </dev/null &
pid=$!
# shellcheck disable=SC2317 # within calls them
sleeps() { "$storeboot" exec background -- pidof sleep </dev/null >/dev/null; }
# shellcheck disable=SC2317
sleeps_not() { "$storeboot" exec background -- sh -c '! pidof sleep' </dev/null >/dev/null; }
within 240 sleeps
kill -KILL $pid
wait $pid 2>/dev/null
ok "the command of a killed exec is hung up" within 240 sleeps_not

is "a reader that leaves ends exec" "$("$storeboot" exec background -- yes </dev/null | head -n 1)" y
got=0
"$storeboot" exec background -- sh -c 'sleep 1000 & echo ended' </dev/null >"$tmp/out" || got=$?
is "what the command leaves behind keeps nobody waiting" "$got $(cat "$tmp/out")" "0 ended"
ok "exec's own errors: no such VM" test "$("$storeboot" exec nobody -- true 2>&1 </dev/null; echo $?)" != 0
# Root in the guest writes to stage 1's port, more than --json may have. The run's status is 0 all the same.
# shellcheck disable=SC2016 # the guest's shell expands
forge=$(vm_script 'printf "sb1\tfail\tshare\t5\t180\t0\tforged\nsb1\tstage2\tstage2\t0\t1\t7\tforged\nsb1\tfail\tdisk\t5\t180\t7\tforged\n"
i=0
while [ $i -lt 4000 ]; do
	i=$((i + 1))
	printf "sb1\twarn\tx\t0\t1\t1\tforged $i\n"
done')
ok "root writes records of stage 1" timeout 600 "$storeboot" exec background -- sh -c "sh $forge >/dev/ttyS1" </dev/null
has "stop ends it" "$("$storeboot" stop background 2>&1; echo "status $?")" '^status 0$'
got=0
wait $launcher || got=$?
is "the stopped run's exit status" "$got" 0
has "its guest powered off in good order" "$(cat "$tmp/console")" 'storeboot demo: poweroff'
is "after stage 2 has started, no record is believed" "$(grep -c forged "$tmp/events" "$tmp/run.err")" "$tmp/events:0
$tmp/run.err:0"
has "the events have the end, with nothing left out" "$(tail -n 1 "$tmp/events")" '"event":"verdict",.*"exit":0,.*"left_out":0,'
is "nothing is listed any more" "$("$storeboot" list)" ""
is "nothing is left behind" "$(ls -A "$XDG_RUNTIME_DIR")" ""

# --- SIGTERM: a clean power-off -----------------------------------------------------------------------------
"$storeboot" run "$system" --image "$tmp/disk.qcow2" --name term </dev/null >"$tmp/console" 2>"$tmp/run.err" &
launcher=$!
ok "SIGTERM: a VM in the background" within 240 runs term
"$storeboot" exec term -- touch /was-here </dev/null
# The agent is there before stage 2 knows of any signal.
ok "SIGTERM: stage 2 is there" within 240 grep -q "'poweroff' ends the run" "$tmp/console"
kill -TERM $launcher
got=0
wait $launcher || got=$?
is "SIGTERM: exit status" "$got" 143
has "SIGTERM: stage 2 powered off by itself" "$(cat "$tmp/console")" 'storeboot demo: poweroff'
qemu-img convert -O raw "$tmp/disk.qcow2" "$tmp/disk.raw"
has "SIGTERM: the file system is clean" "$(dumpe2fs -h "$tmp/disk.raw" 2>/dev/null)" '^Filesystem state: +clean$'
lacks_recovery=$(dumpe2fs -h "$tmp/disk.raw" 2>/dev/null | grep -c needs_recovery)
is "SIGTERM: its journal is empty" "$lacks_recovery" 0
has "SIGTERM: what was written is there" "$(debugfs -R 'ls -p /' "$tmp/disk.raw" 2>/dev/null)" '/was-here/'
tap_end
