#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# terminal.sh - on a terminal: its size, its keys, its modes after every end; a shell where stage 1 fails
# shellcheck disable=SC2016,SC2317 # the guest's shell expands; functions are called by ok
set -u
# shellcheck source=tests/lib/vm.sh
. tests/lib/vm.sh
# shellcheck source=tests/lib/tmux.sh
. tests/lib/tmux.sh

# start NAME ARGUMENT...: storeboot in a terminal of 200 columns and 50 lines; what the terminal's modes are before and
# after lies in NAME.before and NAME.after, the exit status in NAME.status. Where storeboot was killed its keeper puts
# the modes right, soon.
start() {
	local name=$1 words
	shift
	printf -v words '%q ' "$@"
	cat >"$tmp/$name.sh" <<-END
	# The size may be changed meanwhile.
	modes() { stty -a | sed 's/rows [0-9]*; columns [0-9]*//'; }
	modes >$tmp/$name.before
	$storeboot $words
	status=\$?
	modes >$tmp/$name.after
	end=\$((SECONDS + 60))
	until [ \$status != 137 ] || cmp -s $tmp/$name.before $tmp/$name.after || [ \$SECONDS -gt \$end ]; do
		sleep 0.2
		modes >$tmp/$name.after
	done
	echo \$status >$tmp/$name.status.new
	mv $tmp/$name.status.new $tmp/$name.status
	exec sleep 1000
	END
	tmux new-session -d -x 200 -y 50 -s "$name" bash "$tmp/$name.sh"
}

# child NAME: the process of that storeboot.
child() {
	pgrep -P "$(tmux display-message -p -t "$1" '#{pane_pid}')" -x storeboot
}

# ends NAME STATUS WHAT: in time, with the terminal as it was.
ends() {
	eventually test -e "$tmp/$1.status" || tmux_tell "$1"
	is "$3: exit status" "$(cat "$tmp/$1.status" 2>/dev/null)" "$2"
	is "$3: the terminal's modes are as they were" "$(cat "$tmp/$1.after")" "$(cat "$tmp/$1.before")"
}

# left NAME: what is left of it: files, QEMU.
left() {
	ls -A "$XDG_RUNTIME_DIR"
	pgrep -af "guest=$1 .*$tmp/run/"
}
is_clear() { [ -z "$(left "$1")" ]; }
nothing_left() {
	is "$2: nothing is left behind" "$(left "$1")" ""
}

# --- the console ------------------------------------------------------------------------------------------
start con run "$system" --root tmpfs --name con
ok "the console comes to a prompt" shows con 'root@storeboot:~#'
ok "a terminal of 200 columns has 200 in the guest" asks con '$(stty size)' '50 200'
tmux resize-window -t con -x 120 -y 40
ok "and follows a change" becomes con '$(stty size)' '40 120'
ok "a command in the guest's foreground" sleeps con
keys con C-c
ok "Ctrl-C goes to the guest" asks con 'status $?' 'status 130'

start other console con
ok "console: another terminal gets on it" shows other 'on the console of con; Ctrl-a x leaves'
ok "console: it has the keys" raw other
type other 'echo "from the other $((1000 + 1))"'
ok "console: what is typed there is seen here" shows con 'from the other 1001'
keys other C-a x
ends other 0 "console, left by Ctrl-a x"

start tty exec con --tty --env COLORTERM=test -- sh
ok "exec --tty: a shell" shows tty "$root_prompt"
ok "exec --tty: size, TERM and a variable" asks tty '$(stty size) $TERM $COLORTERM x' \
	'50 200 (screen|tmux)[a-z0-9-]* test x'
tmux resize-window -t tty -x 90 -y 30
ok "exec --tty: the size follows" becomes tty '$(stty size)' '30 90'
type tty 'exit 5'
ends tty 5 "exec --tty, the shell's exit 5"
start killed exec con --tty -- sh
ok "exec --tty: another shell" shows killed "$root_prompt"
kill -KILL "$(child killed)"
ends killed 137 "exec --tty, killed"

keys con C-a x
ends con 130 "run, ended by Ctrl-a x"
nothing_left con "run, ended by Ctrl-a x"

# --- every other end ----------------------------------------------------------------------------------------
for signal in TERM HUP KILL; do
	name=by-$signal
	start "$name" run "$system" --root tmpfs --name "$name"
	ok "before SIG$signal: a prompt" shows "$name" 'root@storeboot:~#'
	kill -"$signal" "$(launcher_of "$name")"
	[ "$signal" != KILL ] || ok "SIGKILL: its keeper clears up" eventually is_clear "$name"
	ends "$name" $((128 + $(kill -l "$signal"))) "run, ended by SIG$signal"
	nothing_left "$name" "run, ended by SIG$signal"
done

start cmd run "$system" --root tmpfs --no-stage2 --tty --name cmd -- sh
ok "run --tty: a shell" shows cmd "$root_prompt"
ok "run --tty: 200 columns" asks cmd '$(stty size)' '50 200'
type cmd 'exit 6'
ends cmd 6 "run --tty, the shell's exit 6"
nothing_left cmd "run --tty"

# --- stage 1 fails --------------------------------------------------------------------------------------------
start rescue run "$system" --root tmpfs --name rescue --init /stage-2 --rescue
ok "rescue: the failure, and a shell of the system's" shows rescue 'stage 1 failed at step switch: '
ok "rescue: its prompt" shows rescue "$root_prompt"
type rescue "ln -s $system/init /stage-2"
ok "rescue: it sees /proc" asks rescue "\$(mount | grep -c ' on /proc ')" 1
ok "rescue: its prompt again" prompts rescue
keys rescue C-d
ok "rescue: its end asks what to do" shows rescue 'step switch: r tries it again'
keys rescue r
ok "rescue: the step tried again, the boot goes on" shows rescue 'root@storeboot:~#'
type rescue poweroff
ends rescue 0 "rescue, mended and powered off"
nothing_left rescue rescue

start static run "$system" --image "$tmp/static.qcow2" --name static --rescue --rescue-shell "$(command -v busybox)" \
	--append storeboot.share.source=//10.0.2.4/nothing
ok "rescue with a shell of the host's: the failure" shows static 'stage 1 failed at step share: '
ok "rescue with a shell of the host's: its prompt" shows static "$root_prompt"
ok "rescue with a shell of the host's: it sees what stage 1 sees" asks static \
	'$(echo $(ls -d /sysroot/lost+found /modules))' '/modules /sysroot/lost\+found'
type static exit
ok "rescue with a shell of the host's: asked" shows static 'p powers off'
blank static
keys static r
ok "rescue with a shell of the host's: it fails again" shows static 'stage 1 failed at step share: '
ok "rescue with a shell of the host's: and again there is a shell" shows static "$root_prompt"
type static exit
ok "rescue with a shell of the host's: asked again" shows static 'p powers off'
keys static p
ends static 68 "rescue, given up"
nothing_left static "rescue, given up"
got=0
"$storeboot" run "$system" --root tmpfs --rescue </dev/null >/dev/null 2>&1 || got=$?
is "rescue without a terminal is refused" "$got" 64
tap_end
