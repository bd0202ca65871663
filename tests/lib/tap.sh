# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# tap.sh - TAP for shell tests: source it, call the checks, end with `tap_end`.

tap_n=0 tap_bad=0

# script(1) has $SHELL run its command. The tests quote that command for bash.
export SHELL=$BASH

# ok NAME COMMAND...: the command must succeed.
ok() {
	local name=$1
	shift
	tap_n=$((tap_n + 1))
	if "$@"; then
		echo "ok $tap_n - $name"
	else
		echo "# failed: $*"
		echo "not ok $tap_n - $name"
		tap_bad=$((tap_bad + 1))
	fi
}

# is NAME GOT WANT: two strings are equal.
is() {
	tap_n=$((tap_n + 1))
	if [ "$2" = "$3" ]; then
		echo "ok $tap_n - $1"
	else
		printf '# got:  %s\n# want: %s\n' "${2//$'\n'/$'\n'#       }" "${3//$'\n'/$'\n'#       }"
		echo "not ok $tap_n - $1"
		tap_bad=$((tap_bad + 1))
	fi
}

# has NAME TEXT PATTERN: a line of the text matches the extended regular expression.
has() {
	tap_n=$((tap_n + 1))
	if grep -qE -e "$3" <<<"$2"; then
		echo "ok $tap_n - $1"
	else
		printf '# no line matches: %s\n# in:\n' "$3"
		tail -n 12 <<<"$2" | sed 's/^/#   /'
		echo "not ok $tap_n - $1"
		tap_bad=$((tap_bad + 1))
	fi
}

# skip NAME REASON
skip() {
	tap_n=$((tap_n + 1))
	echo "ok $tap_n - $1 # SKIP $2"
}

tap_end() {
	echo "1..$tap_n"
	[ $tap_bad -eq 0 ]
	exit
}
