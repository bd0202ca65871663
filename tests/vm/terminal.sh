#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# terminal.sh - on a terminal: its size, its keys, its modes after every end; a shell where stage 1 fails
# shellcheck disable=SC2016,SC2317 # the guest's shell expands; functions are called by ok
set -u
# shellcheck source=tests/lib/vm.sh
. tests/lib/vm.sh
# shellcheck source=tests/lib/tmux.sh
. tests/lib/tmux.sh
at_end() { tmux kill-server 2>/dev/null; }

# start NAME ARGUMENT...: storeboot in a terminal of 200 columns and 50 lines; what the terminal's modes are before and
# after lies in NAME.before and NAME.after, the exit status in NAME.status.
start() {
	local name=$1 words
	shift
	printf -v words '%q ' "$@"
	cat >"$tmp/$name.sh" <<-END
	stty -a >$tmp/$name.before
	$storeboot $words
	echo \$? >$tmp/$name.status.new
	sleep 0.5
	stty -a >$tmp/$name.after
	mv $tmp/$name.status.new $tmp/$name.status
	exec sleep 1000
	END
	tmux new-session -d -x 200 -y 50 -s "$name" bash "$tmp/$name.sh"
}

# ends NAME STATUS WHAT: within 30 s, with the terminal as it was.
ends() {
	for _ in $(seq 150); do
		[ -e "$tmp/$1.status" ] && break
		sleep 0.2
	done
	is "$3: exit status" "$(cat "$tmp/$1.status" 2>/dev/null)" "$2"
	# The size may have been changed meanwhile.
	is "$3: the terminal's modes are as they were" "$(sed 's/rows [0-9]*; columns [0-9]*//' "$tmp/$1.after")" \
		"$(sed 's/rows [0-9]*; columns [0-9]*//' "$tmp/$1.before")"
}

# nothing_left NAME WHAT: no file, no QEMU.
nothing_left() {
	is "$2: nothing is left behind" "$(ls -A "$XDG_RUNTIME_DIR")$(pgrep -af "guest=$1,?" || true)" ""
}

# --- the console ------------------------------------------------------------------------------------------
start con run "$system" --root tmpfs --name con
ok "the console comes to a prompt" shows con 'root@storeboot:~#'
type con 'echo "size $(stty size) term"'
ok "a terminal of 200 columns has 200 in the guest" shows con 'size 50 200 term'
tmux resize-window -t con -x 120 -y 40
sleep 1
type con 'echo "now $(stty size) term"'
ok "and follows a change" shows con 'now 40 120 term'
type con 'sleep 1000'
sleep 1
keys con C-c
type con 'echo "status $?"'
ok "Ctrl-C goes to the guest" shows con '^status 130'

start other console con
ok "console: another terminal gets on it" shows other 'on the console of con; Ctrl-a x leaves'
type other 'echo from the other'
ok "console: what is typed there is seen here" shows con '^from the other'
keys other C-a x
ends other 0 "console, left by Ctrl-a x"

start tty exec con --tty --env COLORTERM=test -- sh
ok "exec --tty: a shell" shows tty '#$'
type tty 'echo "$(stty size) $TERM $COLORTERM x"'
ok "exec --tty: size, TERM and a variable" shows tty '^50 200 (screen|tmux)[a-z0-9-]* test x'
tmux resize-window -t tty -x 90 -y 30
sleep 1
type tty 'echo "$(stty size) again"'
ok "exec --tty: the size follows" shows tty '^30 90 again'
type tty 'exit 5'
ends tty 5 "exec --tty, the shell's exit 5"
start killed exec con --tty -- sh
ok "exec --tty: another shell" shows killed '#$'
kill -KILL "$(pgrep -f "storeboot exec con --tty -- sh" | head -n 1)"
ends killed 137 "exec --tty, killed"

keys con C-a x
ends con 130 "run, ended by Ctrl-a x"
nothing_left con "run, ended by Ctrl-a x"

# --- every other end ----------------------------------------------------------------------------------------
for signal in TERM HUP KILL; do
	name=by-$signal
	start "$name" run "$system" --root tmpfs --name "$name"
	ok "before SIG$signal: a prompt" shows "$name" 'root@storeboot:~#'
	launcher=$("$storeboot" list --json | sed -n 's/.*"pid":\([0-9]*\).*/\1/p')
	kill -"$signal" "$launcher"
	if [ "$signal" = KILL ]; then
		sleep 2
		nothing_left "$name" "2 s after SIGKILL"
	fi
	ends "$name" $((128 + $(kill -l "$signal"))) "run, ended by SIG$signal"
	nothing_left "$name" "run, ended by SIG$signal"
done

start cmd run "$system" --root tmpfs --no-stage2 --tty --name cmd -- sh
ok "run --tty: a shell" shows cmd '#$'
type cmd 'stty size; exit 6'
ok "run --tty: 200 columns" shows cmd '^50 200'
ends cmd 6 "run --tty, the shell's exit 6"
nothing_left cmd "run --tty"

# --- stage 1 fails --------------------------------------------------------------------------------------------
start rescue run "$system" --root tmpfs --name rescue --init /stage-2 --rescue
ok "rescue: the failure, and a shell of the system's" shows rescue 'stage 1 failed at step switch: '
ok "rescue: its prompt" shows rescue '#$'
type rescue "ln -s $system/init /stage-2; mount | grep -c ' on /proc '"
ok "rescue: it sees /proc" shows rescue '^1$'
keys rescue C-d
ok "rescue: its end asks what to do" shows rescue 'step switch: r tries it again'
keys rescue r
ok "rescue: the step tried again, the boot goes on" shows rescue 'root@storeboot:~#'
type rescue poweroff
ends rescue 0 "rescue, mended and powered off"
nothing_left rescue rescue

# fails_again: the failure stands there twice.
fails_again() {
	for _ in $(seq 300); do
		[ "$(screen static | grep -c 'stage 1 failed at step share: ')" -ge 2 ] && return 0
		sleep 0.2
	done
	return 1
}

start static run "$system" --image "$tmp/static.qcow2" --name static --rescue --rescue-shell "$(command -v busybox)" \
	--append storeboot.share.source=//10.0.2.4/nothing
ok "rescue with a shell of the host's: the failure" shows static 'stage 1 failed at step share: '
ok "rescue with a shell of the host's: its prompt" shows static '#$'
type static 'ls -d /sysroot/lost+found /modules'
ok "rescue with a shell of the host's: it sees what stage 1 sees" shows static '^/modules  .*/sysroot/lost\+found'
type static exit
ok "rescue with a shell of the host's: asked" shows static 'p powers off'
keys static r
ok "rescue with a shell of the host's: it fails again, and again there is a shell" fails_again
sleep 1
type static exit
sleep 2
keys static p
ends static 68 "rescue, given up"
nothing_left static "rescue, given up"
got=0
"$storeboot" run "$system" --root tmpfs --rescue </dev/null >/dev/null 2>&1 || got=$?
is "rescue without a terminal is refused" "$got" 64
tap_end
