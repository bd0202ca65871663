#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# reach.sh - what a guest's root reaches through a restricted network, by crafted frames of every kind: the share, and
# the ports of --guest-forward, and nothing else
# shellcheck disable=SC2016 # the guest expands its script, not this shell
set -u
# shellcheck source=tests/lib/vm.sh
. tests/lib/vm.sh
"${GUEST_CC:-musl-gcc}" -static -Os -o "$tmp/sweep" tests/lib/sweep.c || exit 1
chmod 755 "$tmp/sweep"
sweep=$(nix_store --add "$tmp/sweep")
python3 tests/lib/contacts.py "$tmp" &
ok "a server of the host is up" within 100 test -e "$tmp/ports"
read -r port forward <"$tmp/ports"
hosts=$( (ip -o addr show scope global 2>/dev/null | awk '{ sub("/.*", "", $4); print $4 }'; echo 192.0.2.77) | paste -sd,)

script=$(vm_script "
$sweep $hosts $port 445 2>&1 | sed 's/^/FACT /'
(sleep 9 | nc 10.0.2.100 $port) | head -n 1 | sed 's/^/FACT forward: /'
cat \"\$systemConfig/init\" >/dev/null && echo FACT shared
true")
vm_run 400 --root tmpfs --append "demo.run=$script" --guest-forward "10.0.2.100:$port:$forward"
contacts=$(sort -u "$tmp/contacts" | tr '\n' ';')
facts=$(sed -n 's/^FACT //p' <<<"$out")
echo "# ${facts//$'\n'/$'\n'# }"
is "exit" "$status" 0
has "the guest sent all its frames" "$facts" '^SWEEP sent [0-9]{3,}'
is "nothing of this host was reached" "$contacts" ""
is "nothing answers by IPv6" "$(grep -c '^ANSWER IPv6' <<<"$facts")" 0
is "no server answers but the share and the forwarded port" \
	"$(sed -n 's/^ANSWER TCP //p' <<<"$facts" | sort -u | grep -vxE "port 445 from 10\.0\.2\.4|port $port from 10\.0\.2\.100")" ""
is "no resolver answers, and no file comes by TFTP" "$(grep -cE '^ANSWER UDP (port 53 |.*with data)' <<<"$facts")" 0
is "no other address answers an echo" "$(grep -E '^ANSWER echo' <<<"$facts" | grep -cvE 'from 10\.0\.2\.[0-9]+$')" 0
has "the forwarded port works" "$facts" '^forward: of the host'
has "the share works" "$facts" '^shared'
tap_end
