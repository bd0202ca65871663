#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# two-hosts.sh - eight VMs of host/nix/matrix.nix over two hosts, by Nix's own remote builders; one host is cut off
# shellcheck disable=SC2317 # ok calls functions
set -u
# shellcheck source=tests/lib/vm.sh
. tests/lib/vm.sh
if [ "$(id -u)" != 0 ]; then
	skip "the farm" "network namespaces and an sshd want root"
	tap_end
fi
sshd=$(tests/lib/sshd) || {
	skip "the farm" "sshd's package cannot be fetched here"
	tap_end
}
# shellcheck source=tests/lib/farm.sh
. tests/lib/farm.sh
tools=$(tests/lib/nix-tools) || exit 1
cloud=$(scripts/demo-system --flavour "cloud-$(dpkg --print-architecture)") || exit 1
here=$(tests/lib/small-system "$system") && cloud=$(tests/lib/small-system "$cloud") || exit 1

farm_desk
farm_host a 1
farm_host b 2
ok "two hosts answer" eval 'farm_answers 1 && farm_answers 2' || tap_end

# The guest says twice that it is there, two seconds apart: a log that is not streamed has both at once.
cat >"$tmp/matrix.nix" <<END
{ stamp }:
import $PWD/host/nix/matrix.nix {
  tools = builtins.storePath $tools;
  systems = {
    here = builtins.storePath $here;
    cloud = builtins.storePath $cloud;
  };
  shares = [ "cifs" "image" ];
  disks = [ "none" "new" ];
  command = ''
    # \${stamp}
    read -r id </proc/sys/kernel/random/boot_id
    echo "begins \$id"
    sleep 2
    echo "ends \$id"
    uname -r >\$out/kernel
    while read -r from where type options _; do
      case \$where in
      / | /nix/store) echo "\$where \$type" ;;
      esac
    done </proc/mounts | sort >\$out/mounts
  '';
  more = {
    register = false;
    options = [ "--no-stage2" "--timeout" "200" ];
  };
}
END

# matrix STAMP: builds it all; each line of $tmp/log begins with the second in which it came, $tmp/results has the paths.
matrix() {
	local machine
	machine="$(uname -m)-linux - 1 1"
	: >"$tmp/log"
	SECONDS=0
	farm_at desk env NIX_SSHOPTS="-F $tmp/ssh_config" NIX_CONFIG=$'build-users-group =\nsubstitute = false' \
		timeout --kill-after=10 400 nix-build "$tmp/matrix.nix" --argstr stamp "$1" --no-out-link \
		--max-jobs 0 --builders "ssh-ng://10.77.1.2 $machine ; ssh-ng://10.77.2.2 $machine" --keep-going 2>&1 >"$tmp/results" </dev/null |
		while IFS= read -r line; do echo "$SECONDS $line"; done >>"$tmp/log"
	status=${PIPESTATUS[0]}
	echo "# the matrix took $SECONDS s"
}

# built N: how many of the eight were begun on host N, by the log.
built() {
	grep -cE "building '[^']*-vm-(here|cloud)-(cifs|image)-(none|new)\.drv' on 'ssh-ng://10\.77\.$1\.2'" "$tmp/log"
}

# whole: each of the results has its own kernel, share and disk in it.
whole() {
	local result release disk fs
	[ -s "$tmp/results" ] || return 1
	while read -r result; do
		release=$([[ $result == *-vm-here-* ]] && echo "$here" || echo "$cloud")
		release=${release#*-small-}
		fs=$([[ $result == *-cifs-* ]] && echo cifs || echo erofs)
		disk=$([[ $result == *-none ]] && echo tmpfs || echo ext3)
		[ "$(cat "$result/kernel" "$result/mounts")" = "$release
/ $disk
/nix/store $fs" ] || { echo "# $result: $(cat "$result/kernel" "$result/mounts")"; return 1; }
	done <"$tmp/results"
}

# streamed: for each guest there is time between its two lines.
streamed() {
	awk '$2 == "begins" { at[$3] = $1; n++ } $2 == "ends" && !($3 in at && $1 > at[$3]) { bad = 1 }
		END { exit bad || n != 8 }' "$tmp/log"
}

# --- both hosts ------------------------------------------------------------------------------------------
stamp=$(date +%s%N)
matrix "$stamp"
is "both hosts: exit status" "$status" 0
[ "$status" -eq 0 ] || sed 's/^/# /' "$tmp/log"
is "both hosts: eight results" "$(wc -l <"$tmp/results")" 8
ok "both hosts: each has its own kernel, share and disk" whole
echo "# the first built $(built 1), the second $(built 2)"
is "both hosts: all were built on them" $(($(built 1) + $(built 2))) 8
ok "both hosts: and on each of them some" [ "$(built 1)" -ge 2 -a "$(built 2)" -ge 2 ]
for host in a b; do
	[ $host = a ] && n=1 || n=2
	ok "host $host: the tools were copied there" [ -e "$tmp/$host$tools/bin/storeboot" ]
	is "host $host: what it built lies in its own store" \
		"$(find "$tmp/$host/nix/store" -maxdepth 1 -name '*-vm-*-none' -o -maxdepth 1 -name '*-vm-*-new' | wc -l)" \
		"$(built "$n")"
done
ok "both hosts: the guests' words came while they ran" streamed

# --- one is cut off in the middle --------------------------------------------------------------------------
stamp=$(date +%s%N)
: >"$tmp/log"
matrix "$stamp" >"$tmp/took" &
building=$!
until [ "$(built 2)" -ge 2 ] || ! kill -0 $building 2>/dev/null; do sleep 0.1; done
farm_at desk ip link set to-b down
wait $building
cat "$tmp/took"
finished=$(wc -l <"$tmp/results")
echo "# $finished of 8 were finished; the first host built $(built 1), the second had begun $(built 2)"
has "cut off: one line says which host" "$(cat "$tmp/log")" "^[0-9]+ cannot build on 'ssh-ng://10\.77\.2\.2': "
has "cut off: and one that its build failed" "$(cat "$tmp/log")" "^[0-9]+ error: .*-vm-.*\.drv' failed"
is "cut off: the others were finished, most of them on the first host" \
	"$(grep -c "copying path '[^']*-vm-[a-z]*-[a-z]*-\(none\|new\)' from" "$tmp/log") $(built 1)" "7 6"
matrix "$stamp"
is "once more: exit status" "$status" 0
is "once more: eight results" "$(wc -l <"$tmp/results")" 8
ok "once more: each has its own kernel, share and disk" whole
is "once more: only what was lost is built, on the first host" "$(built 1) $(built 2)" "1 0"
tap_end
