# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# tmux.sh - real terminals for tests: sessions of a tmux server of this test's own, their screens, and keys for them.
# A source'd file, after vm.sh, whose end it goes on with.
#
# Keys reach whichever program has the terminal, and the output of others may come at any time and at any place of
# the screen. So a test waits until the program that is to read the keys has the terminal (at_prompt, raw, in_front),
# and looks for the answer by its number (asks), which no older line and no typed line has.

tmux() { command tmux -L "storeboot-$$" -f /dev/null "$@"; }
at_end() {
	vm_end
	tmux kill-server 2>/dev/null
}

# screen NAME: the lines of the terminal that are not empty, without spaces at their end; a line that the terminal's
# edge broke is one line.
screen() {
	tmux capture-pane -p -J -t "$1" | sed 's/ *$//; /^$/d'
}

# The limit of every wait here, against a hang.
tmux_limit=240

# eventually COMMAND...: waits until the command succeeds, within the limit.
eventually() { within "$tmux_limit" "$@"; }

# has_line NAME PATTERN: a line of the terminal matches now.
has_line() {
	screen "$1" | grep -qE -e "$2"
}

# shows NAME PATTERN: a line of the terminal matches in time.
shows() {
	eventually has_line "$1" "$2" && return 0
	screen "$1" | sed 's/^/# /'
	return 1
}

# type NAME TEXT: and Enter. keys NAME KEY...: as tmux names them.
type() {
	tmux send-keys -t "$1" -l "$2"
	tmux send-keys -t "$1" Enter
}
keys() {
	local name=$1
	shift
	tmux send-keys -t "$name" "$@"
}

# --- who has the terminal -------------------------------------------------------------------------------------

# modes NAME MODE...: the terminal has each of these modes, as stty names them.
modes() {
	local have mode
	have=" $(stty -a -F "$(tmux display-message -p -t "$1" '#{pane_tty}')" | tr ';\n' '  ') " || return 1
	shift
	for mode; do
		[[ $have == *" $mode "* ]] || return 1
	done
}

# leads NAME: the program that the terminal was opened for is in the foreground.
leads() {
	local pid
	pid=$(tmux display-message -p -t "$1" '#{pane_pid}')
	[ "$(ps -o tpgid= -p "$pid" | tr -d ' ')" = "$pid" ]
}
follows() { ! leads "$1"; }
reads_line() { leads "$1" && modes "$1" -icanon isig; }

# at_prompt NAME: the shell that the terminal was opened for has it, and reads a line (readline(3): -icanon).
at_prompt() {
	eventually reads_line "$1" || tmux_tell "$1"
}

# raw NAME: a program has the terminal's keys for a guest, Ctrl-C among them.
raw() {
	eventually modes "$1" -icanon -isig || tmux_tell "$1"
}

# in_front NAME: a job of the shell's has the terminal.
in_front() {
	eventually follows "$1" || tmux_tell "$1"
}

# tmux_tell NAME: what there is to know of a wait that failed.
tmux_tell() {
	screen "$1" | sed 's/^/# /'
	stty -a -F "$(tmux display-message -p -t "$1" '#{pane_tty}')" | sed 's/^/# /'
	ps -o pid,ppid,pgid,sid,tpgid,stat,args -t "$(tmux display-message -p -t "$1" '#{pane_tty}')" | sed 's/^/# /'
	return 1
}

# --- questions, and their answers -------------------------------------------------------------------------------

tmux_asked=1000

# asks NAME TEXT PATTERN: the shell that reads the keys, on the host or in a guest, expands TEXT as in double quotes;
# the result, or the first line of it, matches the whole PATTERN.
asks() {
	tmux_asked=$((tmux_asked + 1))
	type "$1" "echo \"<\$((${tmux_asked} + 0)): $2>\""
	shows "$1" "<$tmux_asked: $3>"
}

# becomes NAME TEXT PATTERN: asks, until the answer is as wanted.
becomes() {
	local end=$((SECONDS + tmux_limit))
	until asks "$1" "$2" '.*' && has_line "$1" "<$tmux_asked: $3>"; do
		[ "$SECONDS" -lt "$end" ] || { tmux_tell "$1"; return 1; }
		sleep 0.5
	done
}

# blank NAME: empties the screen of a terminal where nothing more is to come.
blank() {
	tmux send-keys -R -t "$1"
	tmux clear-history -t "$1"
}

# fresh NAME: the shell's earlier output has been shown, and the screen is emptied, so that what shows is new.
fresh() {
	asks "$1" fresh fresh
	blank "$1"
	keys "$1" Enter
}

# The beginning of a line with the prompt of a shell of root's; messages of the kernel may stand after it.
# shellcheck disable=SC2034 # tests use it
root_prompt='^[^ ]* ?#( |$)'

# prompts NAME: after the last answer there is a prompt of root's, whose shell then reads keys.
has_prompt() {
	screen "$1" | sed "1,/<$tmux_asked: /d" | grep -qE "$root_prompt"
}
prompts() {
	eventually has_prompt "$1" || tmux_tell "$1"
}

# sleeps NAME: the shell that reads the keys, a guest's, has a command in the foreground that goes on.
sleeps() {
	type "$1" "sh -c 'echo slept \$((1000 + 1)); exec sleep 1000'"
	shows "$1" 'slept 1001'
}
