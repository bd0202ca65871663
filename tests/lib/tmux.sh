# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# tmux.sh - real terminals for tests: sessions of a tmux server of this test's own, what they show, what is typed there.
# A source'd file; the test kills the server in its at_end.

tmux() { command tmux -L "storeboot-$$" -f /dev/null "$@"; }

screen() {
	tmux capture-pane -p -t "$1" | grep -v '^ *$'
}

# shows NAME PATTERN: a line of the terminal matches, within two minutes.
shows() {
	for _ in $(seq 600); do
		screen "$1" | grep -qE -e "$2" && return 0
		sleep 0.2
	done
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
