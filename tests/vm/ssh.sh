#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# ssh.sh - connections into a VM without a network: `connect`; and its `log`
# shellcheck disable=SC2016,SC2317 # the guest's shell expands; functions are called by name
set -u
# shellcheck source=tests/lib/vm.sh
. tests/lib/vm.sh
limit=400

"$storeboot" run "$system" --root tmpfs --share 9p --name vm </dev/null >"$tmp/console" 2>"$tmp/run.err" &
ok "a VM whose store needs no network" within 240 runs vm
# guest SCRIPT: the guest's shell runs it.
guest() {
	timeout $limit "$storeboot" exec vm -- sh -c "$1" </dev/null
}
guest 'mkdir -p /tmp'

# listens PORT COMMAND: the guest runs COMMAND, which listens on the port; hung up with the exec. serves PORT PROGRAM:
# each connection to the port gets a program of its own.
listens() {
	"$storeboot" exec vm -- sh -c "$2" </dev/null >/dev/null 2>&1 &
	within 240 guest "grep -qi ':$(printf %04X "$1") 0*:0000 0A' /proc/net/tcp /proc/net/tcp6"
}
serves() {
	listens "$1" "exec nc -ll -p $1 -e $2"
}
# to PORT: `connect`. Sets status; err is a file.
to() {
	status=0
	timeout $limit "$storeboot" connect vm "$1" 2>"$tmp/err" || status=$?
}

# --- what is sent, arrives: both ways, and after the other side has ended its own direction ---------------------------
head -c 20000000 /dev/urandom >"$tmp/sent"
sum=$(sha256sum <"$tmp/sent")
serves 71 sha256sum
serves 72 cat
to 71 <"$tmp/sent" >"$tmp/got"
is "20 MB to the guest, and an answer after their end" "$status $(cat "$tmp/got" "$tmp/err")" "0 $sum"
to 72 <"$tmp/sent" >"$tmp/got"
is "20 MB there and back" "$status $(sha256sum <"$tmp/got")$(cat "$tmp/err")" "0 $sum"

# A program that ends its output closes ours, although our input goes on, also where both are one socket.
listens 73 'echo last | nc -l -p 73 >/tmp/rest'
timeout $limit python3 - "$storeboot" <<'END' >"$tmp/got" 2>&1
import socket, subprocess, sys
ours, theirs = socket.socketpair()
p = subprocess.Popen([sys.argv[1], "connect", "vm", "73"], stdin=theirs, stdout=theirs)
theirs.close()
said = b""
while part := ours.recv(100):
    said += part
ours.sendall(b"rest\n")
ours.shutdown(socket.SHUT_WR)
print(said.decode().strip(), p.wait())
END
is "the guest's program ends its output: ours ends, and its input goes on" "$(cat "$tmp/got")" "last 0"
ok "what is sent after that, arrives" within $limit guest 'grep -qx rest /tmp/rest'

# --- 8 at once, beside one whose reader does not read -------------------------------------------------------------------
mkfifo "$tmp/slow"
serves 74 yes
"$storeboot" connect vm 74 </dev/null >"$tmp/slow" 2>/dev/null &
slow=$!
exec 7<"$tmp/slow"
for i in $(seq 8); do
	head -c 2000000 /dev/urandom >"$tmp/in.$i"
	{
		timeout $limit "$storeboot" connect vm 72 <"$tmp/in.$i" >"$tmp/out.$i" 2>"$tmp/err.$i"
		echo $? >>"$tmp/ends"
	} &
	eight+=("$!")
done
wait "${eight[@]}"
is "8 connections at once: exit status" "$(tr '\n' ' ' <"$tmp/ends")" "0 0 0 0 0 0 0 0 "
for i in $(seq 8); do
	ok "8 connections at once: the bytes of number $i" cmp "$tmp/in.$i" "$tmp/out.$i"
done
# The kernel keeps some of it, and each of storeboot's queues 256 KiB.
resident=$(sed -n 's/^VmRSS:[[:blank:]]*\([0-9]*\) kB/\1/p' "/proc/$(launcher_of vm)/status" "/proc/$slow/status" | sort -n | tail -n 1)
ok "a reader that does not read takes no memory: $resident KiB" test "$resident" -lt 32768
kill -TERM $slow
exec 7<&-

# --- the console so far ------------------------------------------------------------------------------------------------
# logged TEXT: the log has it.
logged() {
	timeout "$limit" "$storeboot" log vm </dev/null 2>"$tmp/err" >"$tmp/got" && grep -q "$1" "$tmp/got"
}
guest 'echo "first line" >/dev/console'
ok "log: what was written to the console" within 240 logged 'first line'
timeout $limit "$storeboot" log vm --follow </dev/null >"$tmp/follow" 2>&1 &
follow=$!
ok "log --follow: it begins with that" within 240 grep -q 'first line' "$tmp/follow"
guest 'yes "a line of some thirty characters" | head -n 5000 >/dev/console; echo "last line" >/dev/console'
ok "log: the last line of many" within 240 logged 'last line'
ok "log: at most 64 KiB, from a whole line" sh -c '
	[ "$(wc -c <"$1")" -le 65536 ] && [ "$(wc -c <"$1")" -gt 32768 ] && head -n 1 "$1" | grep -q "^a line of some thirty characters"' sh "$tmp/got"
ok "log --follow: it goes on" within 240 grep -q 'last line' "$tmp/follow"

# --- what fails ----------------------------------------------------------------------------------------------------------
to 99 </dev/null >"$tmp/got"
is "nobody listens: status and line" "$status $(cat "$tmp/err")" \
	"71 storeboot: vm: nobody listens on port 99 of the guest's loopback"
to 74 </dev/null | head -n 1 >"$tmp/got"
is "a reader that goes: what it read" "$(cat "$tmp/got")" y
timeout $limit "$storeboot" connect vm 72 <"$tmp/slow" >"$tmp/got" 2>"$tmp/err" &
pid=$!
exec 7<>"$tmp/slow"
echo begun >&7
ok "a connection" within $limit grep -q begun "$tmp/got"
timeout $limit "$storeboot" stop --now vm </dev/null
got=0
wait $pid || got=$?
is "the guest ends: exit status" $got 71
got=0
wait $follow || got=$?
is "log --follow ends with the VM: exit status" $got 0
has "the guest ends: the line" "$(cat "$tmp/err")" '^storeboot: vm: port 72: the connection was cut: .'
tap_end
