#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# network.sh - storeboot run: port forwards, a network restricted and opened, two VMs on one VLAN
# All listens on 127.0.0.1 alone.
# shellcheck disable=SC2016,SC2317 # the guests expand their scripts, not this shell; functions are called by name
set -u
# shellcheck source=tests/lib/vm.sh
. tests/lib/vm.sh

# A web server of the host, on its loopback, and ports that are free.
echo "of the host" >"$tmp/page"
cat >"$tmp/server.py" <<'END'
import http.server, os, socket, sys
os.chdir(sys.argv[1])
free = [socket.socket() for _ in range(3)]
for s in free:
    s.bind(("127.0.0.1", 0))
ports = [s.getsockname()[1] for s in free]
for s in free:
    s.close()
server = http.server.HTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler)
with open("ports.new", "w") as f:
    print(server.server_address[1], *ports, file=f)
os.rename("ports.new", "ports")
server.serve_forever()
END
python3 "$tmp/server.py" "$tmp" 2>/dev/null &
server=$!
ok "a server of the host is up" within 20 test -e "$tmp/ports"
read -r web tcp udp net_opts <"$tmp/ports"

# ask PORT: sends a word to 127.0.0.1, prints the answer.
ask() {
	timeout 30 python3 -c 'import socket, sys
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
s.send(b"word\n")
print(s.recv(100).decode(), end="")' "$@"
}

# One is restricted, the other is not; in each a server waits for one word and gives it back.
common='ip addr add 192.168.7.$me/24 dev eth1; ip link set eth1 up
echo "FACT cards $(ls /sys/class/net | tr "\n" " ")"
printf "GET /page HTTP/1.0\\r\\n\\r\\n" | nc -w 9 10.0.2.2 $web || echo "FACT the host is not reached"
tries=100
until ping -c 1 -W 1 192.168.7.$((3 - me)) >/dev/null; do tries=$((tries - 1)); [ $tries -gt 0 ] || break; done
[ $tries -gt 0 ] && echo "FACT neighbour $((3 - me)) answers"
cat >/tmp/echo <<E
read -r word; echo "guest $me: \$word"
E
[ $me = 2 ] || for _ in 1 2; do printf "GET /page HTTP/1.0\\r\\n\\r\\n" | nc -w 20 10.0.2.100 80 | sed "s/^/by 10.0.2.100: /"; done
[ $me = 2 ] || nc -w 20 10.0.2.101 81 </dev/null || true
echo "FACT listening"
nc -l -p 99 -e sh /tmp/echo
echo "FACT datagrams that nobody here waits for: $(awk "/^Udp: [0-9]/ { print \$3 }" /proc/net/snmp)"
[ $me = 1 ] || nc 192.168.7.1 100 </dev/null
[ $me = 2 ] || echo "page over the VLAN" | nc -l -p 100
'
one=$(vm_script "me=1 web=$web
$common")
two=$(vm_script "me=2 web=$web
$common")

# guest NUMBER SCRIPT OPTION...
guest() {
	local n=$1 script=$2
	shift 2
	timeout --kill-after=10 150 "$storeboot" run "$system" --root tmpfs --vlan 7 --append "demo.run=$script" "$@" \
		</dev/null >"$tmp/out$n" 2>"$tmp/err$n"
	echo $? >"$tmp/status$n"
}
guest 1 "$one" --share 9p --guest-forward "10.0.2.100:80:$web" --guest-forward 10.0.2.101:81:1 --forward "$tcp:99" --forward "$udp:99/udp" &
first=$!
QEMU_NET_OPTS="hostfwd=tcp:127.0.0.1:$net_opts-:99" guest 2 "$two" --network open &
second=$!

for n in 1 2; do
	ok "guest $n listens" within 120 grep -q 'FACT listening' "$tmp/out$n"
done
busy=$("$storeboot" run "$system" --root tmpfs --forward "$tcp:22" </dev/null 2>&1)
is "a port that is in use: exit status" $? 67
has "the line names it" "$busy" "^storeboot: run: --forward: cannot have tcp port $tcp of 127\.0\.0\.1 on this host: Address already in use"
is "--forward binds 127.0.0.1 alone" "$(awk -v port="$(printf '%04X' "$tcp")" '$4 == "0A" && $2 ~ ":" port "$" { print $2 }' /proc/net/tcp)" \
	"0100007F:$(printf '%04X' "$tcp")"
# Busybox has no server for UDP; that the datagram was there the kernel says.
python3 -c 'import socket, sys
socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"word", ("127.0.0.1", int(sys.argv[1])))' "$udp"
is "--forward" "$(ask "$tcp")" "guest 1: word"
is "QEMU_NET_OPTS: hostfwd" "$(ask "$net_opts")" "guest 2: word"
wait "$first" "$second"
for n in 1 2; do
	out=$(tr -d '\r' <"$tmp/out$n")
	sed 's/^/# /' "$tmp/err$n"
	is "guest $n: exit status" "$(cat "$tmp/status$n")" 0
	has "guest $n: a card for the VLAN" "$out" '^FACT cards eth0 eth1 lo'
	has "guest $n: the other one answers over the VLAN" "$out" "^FACT neighbour $((3 - n)) answers"
done
has "--forward, UDP" "$(cat "$tmp/out1")" '^FACT datagrams .*: 1'
has "restricted, the default: the host is not reached" "$(cat "$tmp/out1")" '^FACT the host is not reached'
is "--guest-forward: two connections to the host's server, in spite of that" \
	"$(tr -d '\r' <"$tmp/out1" | grep -c '^by 10\.0\.2\.100: of the host$')" 2
has "--network open: it is, at 10.0.2.2" "$(cat "$tmp/out2")" '^of the host'
has "a TCP connection over the VLAN" "$(cat "$tmp/out2")" '^page over the VLAN'
kill $server
tap_end
