#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# agent.sh - what does not answer: an agent that was killed, a launcher that is stopped or has no place left; and
# `stop`, which says that a VM is gone only when it is
# shellcheck disable=SC2016,SC2317 # the guest's shell expands; functions are called by name
set -u
# shellcheck source=tests/lib/vm.sh
. tests/lib/vm.sh

# quick NAME ARGUMENT...: storeboot, which answers soon. Sets status; out and err are files.
quick() {
	status=0
	timeout --kill-after=5 300 "$storeboot" "$@" </dev/null >"$tmp/out" 2>"$tmp/err" || status=$?
	sed 's/^/# /' "$tmp/err"
}

# --- a run for a command whose agent is killed -------------------------------------------------------------------
# `kill -1` spares the shell that says it, so the command itself goes on. It kills once its output is here.
mkfifo "$tmp/go"
sh -c 'until grep -q begun "$1/out"; do sleep 0.2; done; echo go >"$1/go"' sh "$tmp" &
: >"$tmp/out"
timeout --kill-after=10 600 "$storeboot" run "$system" --root tmpfs -- \
	sh -c 'echo begun; read -r go; kill -9 -1; sleep 1000' <>"$tmp/go" >"$tmp/out" 2>"$tmp/err"
status=$? err=$(cat "$tmp/err")
sed 's/^/# /' "$tmp/err"
is "the agent of a command is killed: exit status" "$status" 125
is "the agent of a command is killed: what it said before" "$(head -n 1 "$tmp/out")" begun
has "the agent of a command is killed: the line names it" "$err" \
	"^storeboot: the command's end is not known: the guest's agent \(storeboot-agent\) is gone: .* \(code 71\)$"

# --- a guest that does not come up ---------------------------------------------------------------------------------
# A signal is for exec: there is no command yet that could have it.
program sleeps 'for (;;) pause();'
"$storeboot" run "$system" --root tmpfs --stage1 "$tmp/sleeps" --name silent </dev/null >"$tmp/out" 2>"$tmp/run.err" &
ok "a guest that does not come up" within 240 runs silent
timeout --kill-after=5 300 "$storeboot" exec silent -- sleep 1000 </dev/null 2>"$tmp/err" &
pid=$!
# takes_signals PID: of a timeout's child, which reads SIGTERM, the 15th, where it waits.
takes_signals() {
	local mask
	mask=$(sed -n 's/^SigBlk:\t//p' "/proc/$(pgrep -P "$1")/status" 2>/dev/null)
	[ $((16#${mask:-0} >> 14 & 1)) = 1 ]
}
ok "exec waits for it" within 240 takes_signals $pid
kill -TERM "$(pgrep -P $pid)"
got=0
wait $pid || got=$?
is "the first SIGTERM ends an exec that waits for the guest" "$got $(cat "$tmp/err")" "143 "
quick stop --now silent
is "and it is stopped" $status 0

# --- a VM in the background ------------------------------------------------------------------------------------------
"$storeboot" run "$system" --root tmpfs --name vm --stop-timeout 20 --guest-agent --json "$tmp/events" \
	</dev/null >"$tmp/console" 2>"$tmp/run.err" &
launcher=$!
ok "a VM in the background" within 240 runs vm
is "exec waits for the guest" "$("$storeboot" exec vm -- uname </dev/null)" Linux
agent='$(grep -slx storeboot-agent /proc/[0-9]*/comm | cut -d / -f 3)'
is "a guest without memory spares the agent, and no command" \
	"$("$storeboot" exec vm -- sh -c "cat /proc/$agent/oom_score_adj /proc/self/oom_score_adj" </dev/null)" "-1000
0"
# qemu-ga's port is not the agent's.
port='/dev/$(basename $(dirname $(grep -l org.qemu /sys/class/virtio-ports/*/name)))'
"$storeboot" exec vm -- sh -c ": <>$port" </dev/null
# What comes from QEMU after an exec was told before it.
"$storeboot" exec vm -- true </dev/null
is "the agent of qemu-ga's port is another one" "$("$storeboot" exec vm -- uname </dev/null)$(grep -c agent-gone "$tmp/events")" Linux0

# --- a launcher that is stopped -----------------------------------------------------------------------------------------
# It lets the guest's console go on.
"$storeboot" exec vm -- sh -c 'echo runs; while sleep 1; do echo "tick tock" >/dev/console; done' \
	</dev/null >"$tmp/running" &
running=$!
ok "a command runs" within 240 grep -q runs "$tmp/running"
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
	lost+=("$!")
done
ok "15 more commands run" within 600 sh -c "[ \"\$(grep -c runs $tmp/runs)\" = 15 ]"
quick exec vm -- true
is "the 17th command: status and line" "$status $(cat "$tmp/err")" \
	"125 storeboot: busy: this VM runs 16 commands and connections, and no more are possible (code 67)"
"$storeboot" console vm </dev/null >"$tmp/attached" 2>"$tmp/attached.err" &
console=$!
ok "a console works beside 16 commands" within 240 grep -q 'tick tock' "$tmp/attached"
for i in $(seq 16); do
	{
		got=0
		"$storeboot" console vm </dev/null >/dev/null 2>"$tmp/console.$i.err" || got=$?
		echo $got >"$tmp/console.$i.new"
		mv "$tmp/console.$i.new" "$tmp/console.$i.status"
	} &
	consoles+=("$!")
done
# Whichever of these it is: they come in any order.
ok "one of 16 more consoles ends" within 240 sh -c "cat $tmp/console.*.status 2>/dev/null | grep -q ."
is "one console too many: status and line" "$(cat "$tmp"/console.*.status "$tmp"/console.*.err)" "67
storeboot: vm: busy: this VM has 16 consoles open, and no more are possible"
: >"$tmp/attached"
ok "a console works beside 15 others" within 240 grep -q 'tick tock' "$tmp/attached"
kill -KILL "$running"
ok "an exec that is killed makes place" within 240 sh -c "timeout 60 $storeboot exec vm -- true </dev/null 2>/dev/null"

# It does not hear that it is to power off, so that a stop takes a while.
ok "a guest without its acpid" timeout 300 "$storeboot" exec vm -- \
	sh -c 'for p in /proc/[0-9]*; do ! grep -qs "[a]cpid" $p/cmdline || kill -9 ${p#/proc/}; done' </dev/null

# --- an agent that is killed -------------------------------------------------------------------------------------------
"$storeboot" exec vm -- sh -c "kill -9 $agent; exec sleep 1000" </dev/null >/dev/null 2>"$tmp/killed" &
killer=$!
got=0
wait $killer || got=$?
is "exec's agent is killed: exit status" "$got" 125
is "exec's agent is killed: the line" "$(cat "$tmp/killed")" "storeboot: the command's end is not known: the guest's \
agent (storeboot-agent) is gone: it was killed, or the guest rebooted by kexec or a soft reboot (code 71)"
ok "and so the 15 others learn" within 240 sh -c "[ \"\$(grep -c 'storeboot-agent) is gone' $tmp/lost)\" = 15 ]"
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
# slow FILE: without the line of a launcher that takes more than 5 s.
slow() { grep -v 'has not answered yet; waiting for it$' "$1"; }
is "stop: exit status" "$status $(slow "$tmp/err")" "0 "
ok "stop: the launcher is gone" sh -c "! kill -0 $launcher 2>/dev/null || grep -q '^State:.Z' /proc/$launcher/status"
is "stop: nothing is left behind" "$(ls -A "$XDG_RUNTIME_DIR")" ""
got=0
wait $first || got=$?
is "a second stop at once: exit status" "$got $(slow "$tmp/stop")" "0 "
got=0
wait "$console" || got=$?
is "a console ends with the VM" "$got $(cat "$tmp/attached.err")" "0 "
wait "${consoles[@]}"
is "and so do the 15 others" "$(sort "$tmp"/console.*.status | uniq -c | xargs)" "15 0 1 67"
wait "${lost[@]}"
quick stop vm
is "a VM that is gone cannot be stopped: exit status" "$status" 69
tap_end
