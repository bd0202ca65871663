#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# agent.sh - what does not answer: an agent that was killed, a launcher that is stopped or has no place left; and
# `stop`, which says that a VM is gone only when it is
# shellcheck disable=SC2016,SC2317 # the guest's shell expands; functions are called by name
set -u
# shellcheck source=tests/lib/vm.sh
. tests/lib/vm.sh
pids=()
# ended by this test alone
at_end() { [ ${#pids[@]} -eq 0 ] || kill -CONT "${pids[@]}" 2>/dev/null; [ ${#pids[@]} -eq 0 ] || kill "${pids[@]}" 2>/dev/null; }

# quick NAME ARGUMENT...: storeboot, which answers soon. Sets status; out and err are files.
quick() {
	status=0
	timeout --kill-after=5 60 "$storeboot" "$@" </dev/null >"$tmp/out" 2>"$tmp/err" || status=$?
	sed 's/^/# /' "$tmp/err"
}

# --- a run for a command whose agent is killed -------------------------------------------------------------------
# `kill -1` spares the shell that says it, so the command itself goes on.
vm_run 200 --root tmpfs -- sh -c 'echo begun; sleep 1; kill -9 -1; sleep 1000'
is "the agent of a command is killed: exit status" "$status" 125
is "the agent of a command is killed: what it said before" "$(head -n 1 "$tmp/out")" begun
has "the agent of a command is killed: the line names it" "$err" \
	"^storeboot: the command's end is not known: the guest's agent \(storeboot-agent\) is gone: .* \(code 71\)$"

# --- a VM in the background ------------------------------------------------------------------------------------------
"$storeboot" run "$system" --root tmpfs --name vm --stop-timeout 2 --guest-agent --json "$tmp/events" \
	</dev/null >"$tmp/console" 2>"$tmp/run.err" &
launcher=$!
pids+=("$launcher")
until "$storeboot" list | grep -q '^vm '; do sleep 0.1; done

# Before the guest is up a signal is for exec: there is no command yet that could have it.
"$storeboot" exec vm -- sleep 1000 </dev/null 2>"$tmp/err" &
pid=$!
sleep 1
kill -TERM $pid
got=0
wait $pid || got=$?
is "the first SIGTERM ends an exec that waits for the guest" "$got" 143
is "exec waits for the guest" "$("$storeboot" exec vm -- uname </dev/null)" Linux
agent='$(grep -lx storeboot-agent /proc/[0-9]*/comm | cut -d / -f 3)'
is "a guest without memory spares the agent, and no command" \
	"$("$storeboot" exec vm -- sh -c "cat /proc/$agent/oom_score_adj /proc/self/oom_score_adj" </dev/null)" "-1000
0"
# qemu-ga's port is not the agent's.
port='/dev/$(basename $(dirname $(grep -l org.qemu /sys/class/virtio-ports/*/name)))'
"$storeboot" exec vm -- sh -c ": <>$port" </dev/null
sleep 3
is "the agent of qemu-ga's port is another one" "$("$storeboot" exec vm -- uname </dev/null)$(grep -c agent-gone "$tmp/events")" Linux0

# --- a launcher that is stopped -----------------------------------------------------------------------------------------
"$storeboot" exec vm -- sh -c 'echo runs; exec sleep 1000' </dev/null >"$tmp/running" &
running=$!
pids+=("$running")
ok "a command runs" within 60 grep -q runs "$tmp/running"
kill -STOP "$launcher"
stopped="vm: its launcher, pid $launcher, is stopped, as by Ctrl-z, and answers nobody; kill -CONT $launcher continues it"
quick list
has "list has a VM whose launcher is stopped" "$(cat "$tmp/out")" '^vm '
for command in "exec vm -- true" "exec vm -- cat" "console vm" "stop vm" "stop --now vm"; do
	# shellcheck disable=SC2086 # words
	quick $command
	want=69 line="storeboot: $stopped"
	[ "${command%% *}" != exec ] || want=125 line="$line (code 69)"
	is "a launcher that is stopped: $command: status and line" "$status $(cat "$tmp/err")" "$want $line"
done
kill -CONT "$launcher"
is "and is continued: nothing of it was asked" "$("$storeboot" exec vm -- uname </dev/null)" Linux

# --- more than there is place for ----------------------------------------------------------------------------------------
for _ in $(seq 15); do
	"$storeboot" exec vm -- sh -c 'echo runs; exec sleep 1000' </dev/null >>"$tmp/runs" 2>>"$tmp/lost" &
	pids+=("$!")
done
ok "15 more commands run" within 120 sh -c "[ \"\$(grep -c runs $tmp/runs)\" = 15 ]"
quick exec vm -- true
is "the 17th command: status and line" "$status $(cat "$tmp/err")" \
	"125 storeboot: busy: this VM runs 16 commands of exec, and no more are possible (code 67)"
"$storeboot" console vm </dev/null >"$tmp/attached" 2>"$tmp/attached.err" &
console=$!
pids+=("$console")
for i in $(seq 16); do
	{ "$storeboot" console vm </dev/null >/dev/null 2>"$tmp/console.$i.err"; echo $? >"$tmp/console.$i.status"; } &
done
# Whichever it is: they come in any order.
ok "one of 17 consoles ends" within 60 sh -c "cat $tmp/console.*.status 2>/dev/null | grep -q ."
is "one console too many: status and line" "$(cat "$tmp"/console.*.status "$tmp"/console.*.err)" "67
storeboot: vm: busy: this VM has 16 consoles open, and no more are possible"
has "a console works beside 16 commands" "$(cat "$tmp/attached" "$tmp/console")" 'storeboot demo'
kill -KILL "$running"
ok "an exec that is killed makes place" within 60 sh -c "timeout 60 $storeboot exec vm -- true </dev/null 2>/dev/null"

# --- an agent that is killed -------------------------------------------------------------------------------------------
"$storeboot" exec vm -- sh -c "kill -9 $agent; exec sleep 1000" </dev/null >/dev/null 2>"$tmp/killed" &
killer=$!
got=0
wait $killer || got=$?
is "exec's agent is killed: exit status" "$got" 125
is "exec's agent is killed: the line" "$(cat "$tmp/killed")" "storeboot: the command's end is not known: the guest's \
agent (storeboot-agent) is gone: it was killed, or the guest rebooted by kexec or a soft reboot (code 71)"
ok "and so the 15 others learn" within 20 sh -c "[ \"\$(grep -c 'storeboot-agent) is gone' $tmp/lost)\" = 15 ]"
has "the run says so" "$(cat "$tmp/run.err")" \
	"^storeboot: the guest's agent \(storeboot-agent\) is gone: .*; the guest goes on, but no exec reaches it"
quick exec vm -- true
is "later commands fail at once, with the reason" "$status $(cat "$tmp/err")" "125 storeboot: the guest's agent \
(storeboot-agent) is gone: it was killed, or the guest rebooted by kexec or a soft reboot (code 71)"
has "it stands in the events" "$(cat "$tmp/events")" '"event":"agent-gone",'

# --- stop --------------------------------------------------------------------------------------------------------------------
"$storeboot" stop vm >"$tmp/stop" 2>&1 &
first=$!
quick stop vm
is "stop: exit status" "$status $(cat "$tmp/err")" "0 "
ok "stop: the launcher is gone" sh -c "! kill -0 $launcher 2>/dev/null || grep -q '^State:.Z' /proc/$launcher/status"
is "stop: nothing is left behind" "$(ls -A "$XDG_RUNTIME_DIR")" ""
got=0
wait $first || got=$?
is "a second stop at once: exit status" "$got $(cat "$tmp/stop")" "0 "
got=0
wait "$console" || got=$?
is "a console ends with the VM" "$got $(cat "$tmp/attached.err")" "0 "
quick stop vm
is "a VM that is gone cannot be stopped: exit status" "$status" 69
tap_end
