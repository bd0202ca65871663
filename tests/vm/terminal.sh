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

# --- a guest that would have the terminal do things --------------------------------------------------------------
# What --escapes filter keeps from a terminal: title, clipboard, questions that the terminal answers as if they were
# typed, the alternate screen, C1 controls as UTF-8 and as bytes. Text and colours are for it.
attack=$(vm_script 'printf "A\033]0;PWNED\007\033]52;c;UFdORUQ=\007\033[c\033[>c\033[6n\033[5n\033[?1049h"
printf "\302\2336n\302\2350;PWNED\007\2336n\2350;PWNED\007\033P\$q\"p\033\\\\gr\303\274n \033[32mgreen\033[m\n"')
# harmless NAME WHAT: the shell that has the terminal's keys attacks it; what arrives there is harmless, and complete.
harmless() {
	tmux pipe-pane -t "$1" "cat >$tmp/$1.raw"
	type "$1" "sh $attack"
	ok "$2: the shell goes on" asks "$1" went went
	tmux pipe-pane -t "$1"
	is "$2: nothing that a terminal obeys arrives" "$(LC_ALL=C tr -d '\r' <"$tmp/$1.raw" | LC_ALL=C grep -aoP \
		'\x1b\].{0,4}|\x1bP|\x1b\[[?>]?[0-9]*[cnh]|\xc2[\x80-\x9f]|(?<![\x80-\xff])[\x80-\x9f]' | cat -v)" ""
	ok "$2: text and colours arrive" grep -aq $'gr\303\274n \033\[32mgreen\033\[m' "$tmp/$1.raw"
}

# --- the console ------------------------------------------------------------------------------------------
start con run "$system" --root tmpfs --name con --escapes filter
ok "the console comes to a prompt" shows con 'root@storeboot:~#'
ok "a terminal of 200 columns has 200 in the guest" asks con '$(stty size)' '50 200'
tmux resize-window -t con -x 120 -y 40
ok "and follows a change" becomes con '$(stty size)' '40 120'
ok "a command in the guest's foreground" sleeps con
keys con C-c
ok "Ctrl-C goes to the guest" asks con 'status $?' 'status 130'

harmless con "--escapes filter, the run's console"

start other console con
ok "console: another terminal gets on it" shows other 'on the console of con; Ctrl-a x leaves'
ok "console: it has the keys" raw other
type other 'echo "from the other $((1000 + 1))"'
ok "console: what is typed there is seen here" shows con 'from the other 1001'
harmless other "--escapes filter, console"
keys other C-a x
ends other 0 "console, left by Ctrl-a x"

start tty exec con --tty --env COLORTERM=test -- sh
ok "exec --tty: a shell" shows tty "$root_prompt"
ok "exec --tty: size, TERM and a variable" asks tty '$(stty size) $TERM $COLORTERM x' \
	'50 200 (screen|tmux)[a-z0-9-]* test x'
tmux resize-window -t tty -x 90 -y 30
ok "exec --tty: the size follows" becomes tty '$(stty size)' '30 90'
harmless tty "--escapes filter, exec --tty"
type tty 'exit 5'
ends tty 5 "exec --tty, the shell's exit 5"
start plain exec con -- sh "$attack"
ok "--escapes filter, exec: text arrives" shows plain 'gr.*n green'
ends plain 0 "--escapes filter, exec"
is "--escapes filter, exec: no title is set" "$(tmux display-message -p -t plain '#{pane_title}' | grep -c PWNED)" 0
is "--escapes filter, exec: a pipe gets every byte" "$("$storeboot" exec con -- sh "$attack" </dev/null | tr -dc '\033' | wc -c)" 11
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

start cmd run "$system" --root tmpfs --no-stage2 --tty --name cmd --escapes filter -- sh
ok "run --tty: a shell" shows cmd "$root_prompt"
ok "run --tty: 200 columns" asks cmd '$(stty size)' '50 200'
harmless cmd "--escapes filter, COMMAND"
type cmd 'exit 6'
ends cmd 6 "run --tty, the shell's exit 6"
nothing_left cmd "run --tty"

# --- stage 1 fails --------------------------------------------------------------------------------------------
# What root does after stage 2 has started: it reports a failure of stage 1, at the port of stage 1 and in the agent's
# place, which would give it the terminal.
forge=$(vm_script 'printf "sb1\tfail\tshare\t5\t180\t0\tforged\nsb1\tfail\tdisk\t5\t180\t1\tforged\n" >/dev/ttyS1
kill -9 $(grep -slx storeboot-agent /proc/[0-9]*/comm | cut -d / -f 3)
port=/dev/$(basename $(dirname $(grep -lx storeboot /sys/class/virtio-ports/*/name)))
until exec 3>$port; do sleep 1; done
printf "\001\000\000\000\016\000\000\000\001\000\000\000\003\000\000\000forged" >&3
sleep 3')
start rescue run "$system" --root tmpfs --name rescue --init /stage-2 --rescue --escapes filter
ok "rescue: the failure, and a shell of the system's" shows rescue 'stage 1 failed at step switch: '
ok "rescue: its prompt" shows rescue "$root_prompt"
harmless rescue "--escapes filter, rescue"
# A program for no machine: stage 1 sees no fault in it, the kernel does.
type rescue "(printf '\\177ELF\\002\\001\\001'; head -c 57 /dev/zero) >/stage-2; chmod +x /stage-2"
ok "rescue: a stage 2 that cannot be executed" asks rescue '$(wc -c </stage-2)' 64
ok "rescue: its prompt after it" prompts rescue
keys rescue C-d
ok "rescue: asked" shows rescue 'step switch: r tries it again'
keys rescue r
ok "an exec of stage 2 that fails is believed" shows rescue 'stage 1 failed at step stage2: cannot execute stage 2 /stage-2'
ok "and there is a shell" shows rescue "$root_prompt"
type rescue "ln -sf $system/init /stage-2"
ok "rescue: it sees /proc" asks rescue "\$(mount | grep -c ' on /proc ')" 1
ok "rescue: its prompt again" prompts rescue
keys rescue C-d
ok "rescue: its end asks what to do" shows rescue 'step stage2: r tries it again'
keys rescue r
ok "rescue: the step tried again, the boot goes on" shows rescue 'root@storeboot:~#'
type rescue "sh $forge"
ok "after stage 2 has started, no rescue session takes the terminal" asks rescue went went
is "and no failure is reported" "$(screen rescue | grep -c 'at step \(forged\|share\|disk\)')" 0
type rescue poweroff
ends rescue 0 "rescue, mended, forged upon and powered off"
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
