#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# remote.sh - the commands that reach a running VM, where none runs: one clear line, and no waiting for ever
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib/host.sh
. tests/lib/host.sh

# says NAME STATUS LINE ARGUMENT...: `storeboot ARGUMENT...` without a terminal ends so, with this one line.
says() {
	local name=$1 status=$2 line=$3 got=0
	shift 3
	timeout --kill-after=5 100 "$storeboot" "$@" </dev/null >"$tmp/out" 2>"$tmp/err" || got=$?
	is "$name" "$got $(cat "$tmp/err")" "$status storeboot: $line"
}

says "exec without a command or a terminal: names no option that was not given" 125 \
	"exec: a shell needs a terminal, and stdin and stdout are none; give a COMMAND after -- (code 64)" exec vm
says "exec --tty without a terminal" 125 \
	"--tty: the command needs a terminal, and stdin and stdout are none; leave it out (code 64)" exec vm --tty -- true
says "exec in no VM" 125 "no VM called vm runs; none does (code 69)" exec vm -- true
says "connect to no VM" 69 "no VM called vm runs; none does" connect vm 22
for port in 0 65536 22x ssh ''; do
	says "connect to the port '$port'" 64 "connect: $port: want a port, 1 to 65535" connect vm "$port"
done
says "console of no VM" 69 "no VM called vm runs; none does" console vm
says "log of no VM" 69 "no VM called vm runs; none does" log vm
says "stop of no VM" 69 "no VM called vm runs; none does" stop vm
says "balloon of no VM" 69 "no VM called vm runs; none does" balloon vm 256M
says "balloon to no size" 64 "balloon: much: want a size such as 256M" balloon vm much

# A storeboot that was stopped while it looked at the folder.
mkdir -m 700 "$tmp/run/storeboot"
exec 8<"$tmp/run/storeboot"
flock 8
busy="$tmp/run/storeboot, the folder of the running VMs, is locked by another process for more than 30 s"
says "a folder of running VMs that stays locked" 67 "$busy" list
exec 8<&-

# A VM of a system that a stranger has named, as its launcher describes it.
mkdir -m 700 "$tmp/run/storeboot/named"
python3 -c 'import json, sys
print(json.dumps({"name": "named", "pid": 1, "system": "/a\u001b]0;t\u0007\u009bcg\u00fc\x7f", "image": ""}))' >"$tmp/run/storeboot/named/vm"
exec 8<"$tmp/run/storeboot/named/vm"
flock 8
has "list: no control character of a path" "$("$storeboot" list)" '^named +1 +/a\?\]0;t\?\?\?cgü\? '
has "list --json: neither, and UTF-8" "$("$storeboot" list --json)" '"system":"/a\\u001b\]0;t\\u0007\\u009bcgü\\u007f"'
has "a VM whose setting is not known is filtered" "$("$storeboot" list --json)" '"escapes":"filter"'
exec 8<&-
tap_end
