#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# jobs.sh - under a shell's job control: &, fg, bg, Ctrl-Z, stty tostop, setsid, a terminal that is closed
# shellcheck disable=SC2016,SC2317 # other shells expand; functions are called by ok
set -u
# shellcheck source=tests/lib/vm.sh
. tests/lib/vm.sh
# shellcheck source=tests/lib/tmux.sh
. tests/lib/tmux.sh
at_end() { tmux kill-server 2>/dev/null; }

# shell NAME: an interactive bash in a terminal; its prompt is "NAME> ".
shell() {
	tmux new-session -d -x 150 -y 50 -s "$1" env PS1="$1> " "storeboot=$storeboot" "system=$system" \
		bash --norc --noprofile -i
	ok "$1: a prompt" shows "$1" "^$1>"
}

# clean NAME: empties the screen, so that what shows is new.
clean() {
	tmux send-keys -t "$1" C-l
	sleep 0.5
}

# answers NAME: the shell takes what is typed, and shows it once: its terminal has the shell's modes.
answers() {
	type "$1" 'echo "sum $((40 + 2)) $(stty -a | grep -oE -e "-?(icanon|echo|isig)( |$)" | sort | xargs)"'
	shows "$1" '^sum 42 (echo icanon isig|echo icanon isig )'
}

runs() {
	"$storeboot" list | grep -q "^$1 "
}
gone() {
	! runs "$1"
}

# --- in the background from the beginning ---------------------------------------------------------------------
shell bg
type bg '$storeboot run $system --root tmpfs --name bg &'
ok "&: the VM is there" within 60 runs bg
is "&: it is served" "$(timeout 400 "$storeboot" exec bg -- echo served)" served
ok "&: the terminal is the shell's" answers bg
clean bg
type bg jobs
ok "&: the job runs" shows bg 'Running +\$storeboot run'
clean bg
type bg '$storeboot exec bg -t -- sh &'
sleep 3
type bg 'jobs'
ok "exec -t &: the job runs" shows bg 'Running +\$storeboot exec'
ok "exec -t &: the terminal is the shell's" answers bg
clean bg
type bg 'fg %+'
sleep 1
tmux resize-window -t bg -x 140 -y 40
sleep 1
type bg 'echo "guest $(stty size) $(cat /proc/sys/kernel/hostname)"'
ok "exec -t, fg: keys and the size go to the guest" shows bg '^guest 40 140 storeboot'
type bg 'exit 5'
sleep 1
type bg 'echo "status $?"'
ok "exec -t, fg: its status" shows bg '^status 5'
ok "exec -t, fg: the terminal is the shell's again" answers bg
clean bg
type bg '$storeboot console bg &'
sleep 2
ok "console &: the terminal is the shell's" answers bg
type bg 'fg %+'
sleep 1
keys bg Enter
ok "console, fg: keys go to the guest" shows bg 'root@storeboot:~#'
keys bg C-a x
ok "console, fg: left" shows bg 'left; the VM goes on'
ok "console, fg: the terminal is the shell's again" answers bg
clean bg
type bg 'fg %1'
sleep 1
type bg 'echo "guest $(stty size) x"'
ok "fg: keys and the size go to the guest" shows bg '^guest 40 140 x'
type bg 'sleep 1000'
sleep 1
keys bg C-z
ok "fg: Ctrl-Z goes to the guest" shows bg 'Stopped +sleep 1000'
clean bg
kill -TSTP "$("$storeboot" list --json | sed -n 's/.*"pid":\([0-9]*\).*/\1/p')"
ok "SIGTSTP: the shell has a stopped job" shows bg 'Stopped +\$storeboot run'
ok "SIGTSTP: the terminal is the shell's" answers bg
type bg 'bg %1'
is "SIGTSTP, bg: it is served" "$(timeout 400 "$storeboot" exec bg -- echo served)" served
ok "SIGTSTP, bg: the terminal is the shell's" answers bg
clean bg
type bg 'fg %1'
sleep 1
keys bg C-a x
sleep 1
type bg 'echo "status $?"'
ok "fg: Ctrl-a x ends it" shows bg '^status 130'
ok "fg: the terminal is the shell's again" answers bg

# --- deadlines, and a shell where stage 1 fails ---------------------------------------------------------------
clean bg
type bg '$storeboot run $system --root tmpfs --name late --timeout 5 &'
ok "&, --timeout: it ends the run" shows bg 'the run did not end within 5 s'
keys bg Enter
ok "&, --timeout: the exit status" shows bg 'Exit 71 '
clean bg
type bg '$storeboot run $system --root tmpfs --name rescue --init /nowhere --rescue &'
ok "&, --rescue: the failure is told" shows bg 'this is a shell in the guest'
ok "&, --rescue: the terminal is the shell's" answers bg
type bg fg
sleep 1
type bg 'echo "guest $(stty size) x"'
ok "fg, --rescue: keys and the size go to the guest" shows bg '^guest 40 140 x'
keys bg C-d
ok "fg, --rescue: asked" shows bg 'p powers off'
keys bg p
ok "fg, --rescue: off" within 60 gone rescue
ok "fg, --rescue: the terminal is the shell's again" answers bg

# --- Ctrl-Z -----------------------------------------------------------------------------------------------------
shell z
script='while read -r up rest </proc/uptime; do echo "up ${up%.*} s"; sleep 0.3; done'
type z "\$storeboot run \$system --root tmpfs --no-stage2 --name z -- sh -c '$script'"
ok "a command without a terminal" shows z '^up [0-9]+ s$'
keys z C-z
ok "Ctrl-Z: a stopped job" shows z 'Stopped +\$storeboot run'
ok "Ctrl-Z: the terminal is the shell's" answers z
before=$(screen z | sed -n 's/^up \([0-9]*\) s$/\1/p' | tail -n 1)
sleep 20
clean z
type z 'bg'
ok "Ctrl-Z, bg: it goes on" shows z '^up [0-9]+ s$'
after=$(screen z | sed -n 's/^up \([0-9]*\) s$/\1/p' | head -n 1)
echo "# the guest was up for $before s before and $after s after 20 s"
ok "Ctrl-Z: the guest stands still meanwhile" [ $((after - before)) -lt 15 ]
type z 'fg'
sleep 1
keys z C-c
ok "Ctrl-Z, bg, fg, Ctrl-C: it ends" within 60 gone z
ok "Ctrl-Z, bg, fg, Ctrl-C: the terminal is the shell's" answers z

# --- stty tostop: who writes in the background is stopped ---------------------------------------------------------
clean z
type z 'stty tostop; $storeboot run $system --root tmpfs --no-stage2 --name held -- echo "said by the guest" 2>/dev/null &'
type z 'until jobs | grep -q Stopped; do sleep 0.2; done; clear; jobs'
ok "stty tostop: a job that has output is stopped" shows z 'Stopped.*--name held'
type z 'fg'
ok "stty tostop, fg: the output comes" shows z '^said by the guest'
type z 'echo "status $?"; stty -tostop'
ok "stty tostop, fg: the status" shows z '^status 0'

# --- no job control -------------------------------------------------------------------------------------------------
clean z
type z "sh -c '\$storeboot run \$system --root tmpfs --no-stage2 --name script -- echo by a script & wait \$!; echo \"status \$?\"'"
ok "& in a script: the output" shows z '^by a script'
ok "& in a script: the status" shows z '^status 0'
clean z
type z 'setsid $storeboot run $system --root tmpfs --name session'
ok "setsid: the VM is there" within 60 runs session
is "setsid: it is served" "$(timeout 400 "$storeboot" exec session -- echo served)" served
ok "setsid: the terminal is the shell's" answers z
"$storeboot" stop session

# --- storeboot stop, before anything runs in the guest ---------------------------------------------------------------
got=0
"$storeboot" run "$system" --root tmpfs --name early </dev/null >"$tmp/out" 2>"$tmp/err" &
pid=$!
ok "a run that has just begun" within 60 runs early
"$storeboot" stop early --now
wait $pid || got=$?
is "an early stop --now: the run's exit status" $got 143
has "an early stop --now: told as what it is" "$(cat "$tmp/err")" '^storeboot: ended by storeboot stop, before stage 2$'

# --- the terminal is closed -------------------------------------------------------------------------------------------
type z '$storeboot run $system --root tmpfs --name closed --stop-timeout 5 &'
ok "a job in the background" within 60 runs closed
tmux kill-session -t z
ok "the terminal is closed: the run ends" within 60 gone closed
is "nothing is left behind" "$(ls -A "$XDG_RUNTIME_DIR")" ""
tap_end
