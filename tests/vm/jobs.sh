#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# jobs.sh - under a shell's job control: &, fg, bg, Ctrl-Z, stty tostop, setsid, a terminal that is closed
# shellcheck disable=SC2016,SC2317 # other shells expand; functions are called by ok
set -u
# shellcheck source=tests/lib/vm.sh
. tests/lib/vm.sh
# shellcheck source=tests/lib/tmux.sh
. tests/lib/tmux.sh

# shell NAME: an interactive bash in a terminal; its prompt is "NAME> ".
shell() {
	tmux new-session -d -x 150 -y 50 -s "$1" env PS1="$1> " "storeboot=$storeboot" "system=$system" \
		bash --norc --noprofile -i
	ok "$1: a prompt" at_prompt "$1"
}

# answers NAME: the shell takes what is typed, and shows it once: its terminal has the shell's modes.
answers() {
	at_prompt "$1" && asks "$1" '$(stty -a | grep -oE -e "-?(icanon|echo|isig)( |$)" | sort | xargs)' \
		'echo icanon isig'
}

# job NAME STATE WHAT: the shell has a job in that state.
job() {
	at_prompt "$1" && asks "$1" '$(jobs | tr "\n" " ")' ".*$2 +\\$(printf %s "$3").*"
}

# fg NAME [JOB]: the shell brings a job to the foreground, which has the keys from then on.
fg() {
	type "$1" "fg ${2:-}"
	raw "$1"
}

# ended NAME STATUS: the shell's last command has ended with that status.
ended() {
	at_prompt "$1" && asks "$1" 'status $?' "status $2"
}

# --- in the background from the beginning ---------------------------------------------------------------------
shell bg
type bg '$storeboot run $system --root tmpfs --name bg &'
ok "&: the VM is there" within 240 runs bg
is "&: it is served" "$(timeout 400 "$storeboot" exec bg -- echo served)" served
ok "&: the guest's console is shown" shows bg 'root@storeboot:~#'
ok "&: the terminal is the shell's" answers bg
ok "&: the job runs" job bg Running '$storeboot run'
type bg '$storeboot exec bg -t -- sh -c "echo begun \$((1000 + 1)); exec sh" &'
ok "exec -t &: a shell in the guest" shows bg 'begun 1001'
ok "exec -t &: the job runs" job bg Running '$storeboot exec bg -t'
ok "exec -t &: the terminal is the shell's" answers bg
ok "exec -t, fg: it has the terminal" fg bg %+
tmux resize-window -t bg -x 140 -y 40
ok "exec -t, fg: keys and the size go to the guest" becomes bg \
	'guest $(stty size) $(cat /proc/sys/kernel/hostname)' 'guest 40 140 storeboot.*'
type bg 'exit 5'
ok "exec -t, fg: its status" ended bg 5
ok "exec -t, fg: the terminal is the shell's again" answers bg
fresh bg
type bg '$storeboot console bg &'
ok "console &: it is on" shows bg 'on the console of bg; Ctrl-a x leaves'
ok "console &: the terminal is the shell's" answers bg
ok "console, fg: it has the terminal" fg bg %+
keys bg Enter
# The run writes what the console writes, so that no line of the screen is whole.
type bg 'echo by the console >/run/typed'
ok "console, fg: keys go to the guest" within 240 sh -c \
	"timeout 60 $storeboot exec bg -- cat /run/typed 2>/dev/null | grep -qx 'by the console'"
keys bg C-a x
ok "console, fg: left" shows bg 'left; the VM goes on'
ok "console, fg: the terminal is the shell's again" answers bg
ok "fg: it has the terminal" fg bg %1
ok "fg: keys and the size go to the guest" becomes bg 'guest $(stty size) x' 'guest 40 140 x'
ok "fg: a command in the guest's foreground" sleeps bg
keys bg C-z
ok "fg: Ctrl-Z goes to the guest" shows bg "Stopped +sh -c .echo slept"
kill -TSTP "$(launcher_of bg)"
ok "SIGTSTP: the terminal is the shell's" answers bg
ok "SIGTSTP: the shell has a stopped job" job bg Stopped '$storeboot run'
type bg 'bg %1'
is "SIGTSTP, bg: it is served" "$(timeout 400 "$storeboot" exec bg -- echo served)" served
ok "SIGTSTP, bg: the terminal is the shell's" answers bg
ok "SIGTSTP, bg, fg: it has the terminal" fg bg %1
keys bg C-a x
ok "fg: Ctrl-a x ends it" ended bg 130
ok "fg: the terminal is the shell's again" answers bg

# --- deadlines, and a shell where stage 1 fails ---------------------------------------------------------------
fresh bg
type bg '$storeboot run $system --root tmpfs --name late --timeout 5 &'
ok "&, --timeout: it ends the run" shows bg 'the run did not end within 5 s'
type bg 'wait $!'
ok "&, --timeout: the exit status" ended bg 71
type bg '$storeboot run $system --root tmpfs --name rescue --init /nowhere --rescue &'
ok "&, --rescue: the failure is told" shows bg 'this is a shell in the guest'
ok "&, --rescue: the terminal is the shell's" answers bg
ok "fg, --rescue: it has the terminal" fg bg
ok "fg, --rescue: keys and the size go to the guest" becomes bg 'guest $(stty size) x' 'guest 40 140 x'
ok "fg, --rescue: the guest's shell waits" prompts bg
keys bg C-d
ok "fg, --rescue: asked" shows bg 'p powers off'
keys bg p
ok "fg, --rescue: off" within 240 gone rescue
ok "fg, --rescue: the terminal is the shell's again" answers bg

# --- Ctrl-Z -----------------------------------------------------------------------------------------------------
# uptime: the guest's last one that is shown, in seconds.
uptime() { screen z | sed -n 's/.*up \([0-9][0-9]*\) s *$/\1/p' | tail -n 1; }
goes_on() { [ "$(uptime)" -gt "$before" ]; }

shell z
script='while read -r up rest </proc/uptime; do echo "up ${up%.*} s"; sleep 0.3; done'
type z "\$storeboot run \$system --root tmpfs --no-stage2 --name z -- sh -c '$script'"
ok "a command without a terminal" shows z 'up [0-9]+ s *$'
keys z C-z
ok "Ctrl-Z: the terminal is the shell's" answers z
ok "Ctrl-Z: a stopped job" job z Stopped '$storeboot run'
before=$(uptime)
start=$SECONDS
sleep 30
continued=$SECONDS
type z 'bg'
ok "Ctrl-Z, bg: it goes on" eventually goes_on
after=$(uptime) went_on=$((SECONDS - continued))
echo "# the guest was up for $before s before $((continued - start)) s in which it was stopped, and for $after s \
$went_on s later"
# A guest that had gone on was up for 30 s more.
ok "Ctrl-Z: the guest stands still meanwhile" [ $((after - before - went_on)) -lt 20 ]
type z 'fg'
ok "Ctrl-Z, bg, fg: it has the terminal" in_front z
keys z C-c
ok "Ctrl-Z, bg, fg, Ctrl-C: it ends" within 240 gone z
ok "Ctrl-Z, bg, fg, Ctrl-C: the terminal is the shell's" answers z

# --- stty tostop: who writes in the background is stopped ---------------------------------------------------------
type z 'stty tostop; $storeboot run $system --root tmpfs --no-stage2 --name held -- sh -c '\''echo "said $((1000 + 1))"'\'' 2>/dev/null &'
type z 'until jobs | grep -q Stopped; do sleep 0.2; done'
ok "stty tostop: a job that has output is stopped" job z Stopped '$storeboot run'
type z 'fg'
ok "stty tostop, fg: the output comes" shows z 'said 1001'
ok "stty tostop, fg: the status" ended z 0
type z 'stty -tostop'

# --- no job control -------------------------------------------------------------------------------------------------
type z "sh -c '\$storeboot run \$system --root tmpfs --no-stage2 --name script -- echo by a script \$((40 + 2)) & wait \$!; echo \"it ended: \$((1000 + \$?))\"'"
ok "& in a script: the status" shows z 'it ended: 1000'
ok "& in a script: the output" shows z 'by a script 42'
fresh z
type z 'setsid $storeboot run $system --root tmpfs --name session'
ok "setsid: the VM is there" within 240 runs session
is "setsid: it is served" "$(timeout 400 "$storeboot" exec session -- echo served)" served
ok "setsid: the terminal is the shell's" answers z
"$storeboot" stop session

# --- storeboot stop, before anything runs in the guest ---------------------------------------------------------------
got=0
program sleeps 'for (;;) pause();'
"$storeboot" run "$system" --root tmpfs --stage1 "$tmp/sleeps" --name early </dev/null >"$tmp/out" 2>"$tmp/err" &
pid=$!
ok "a run that has just begun" within 240 runs early
"$storeboot" stop early --now
wait $pid || got=$?
is "an early stop --now: the run's exit status" $got 143
has "an early stop --now: told as what it is" "$(cat "$tmp/err")" '^storeboot: ended by storeboot stop, before stage 2$'

# --- the terminal is closed -------------------------------------------------------------------------------------------
type z '$storeboot run $system --root tmpfs --name closed --stop-timeout 5 &'
ok "a job in the background" within 240 runs closed
tmux kill-session -t z
ok "the terminal is closed: the run ends" within 240 gone closed
is "nothing is left behind" "$(ls -A "$XDG_RUNTIME_DIR")" ""
tap_end
