# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# farm.sh - a desk, and hosts that build for it: each host has a network, a /nix and an sshd of its own
#
# Theory of operation: a host is the init of a process namespace, so that who ends it ends all that runs on it; its
# network and its mounts go with it, and nothing of it has a name on this machine. The desk is a network namespace
# alone: what is run there has this machine's store, sees the hosts, and nothing else. Source it after vm.sh.

declare -A farm_pid=() # of each host, and of the desk
# shellcheck disable=SC2317 # called by vm.sh's trap
at_end() { farm_end; }

# Ends them all, and returns when they are gone.
farm_end() {
	local pid inner
	for pid in "${farm_pid[@]}"; do
		inner=$(cat "/proc/$pid/task/$pid/children" 2>/dev/null)
		kill -KILL "$pid" 2>/dev/null && wait "$pid" 2>/dev/null
		while [ -n "$inner" ] && [ -e "/proc/${inner% }" ]; do sleep 0.05; done
	done
	farm_pid=()
}

# farm_start NAME SCRIPT: a shell runs it in namespaces of its own, which are there on return.
farm_start() {
	setpriv --pdeathsig KILL unshare --net --mount --propagation private --pid --fork --kill-child --mount-proc \
		bash -eu -c "$2" </dev/null >"$tmp/$1.log" 2>&1 &
	farm_pid[$1]=$!
	until [ "$(readlink "/proc/${farm_pid[$1]}/ns/net")" != "$(readlink /proc/self/ns/net)" ]; do
		kill -0 "${farm_pid[$1]}" || return 1
		sleep 0.05
	done
}

# farm_at NAME COMMAND...: in its network.
farm_at() {
	nsenter --net="/proc/${farm_pid[$1]}/ns/net" "${@:2}"
}

# farm_desk: the desk, and the keys by which it gets into hosts.
farm_desk() {
	farm_start desk 'ip link set lo up; exec sleep infinity'
	ssh-keygen -q -t ed25519 -N '' -f "$tmp/key"
	ssh-keygen -q -t ed25519 -N '' -f "$tmp/host-key"
	# A host that is gone is found out within seconds, and nobody is asked anything.
	cat >"$tmp/ssh_config" <<-END
	User root
	IdentityFile $tmp/key
	IdentitiesOnly yes
	BatchMode yes
	StrictHostKeyChecking no
	UserKnownHostsFile /dev/null
	LogLevel ERROR
	ConnectTimeout 5
	ServerAliveInterval 2
	ServerAliveCountMax 3
	END
}

# farm_host NAME N: a host, at 10.77.N.2.
farm_host() {
	local dir=$tmp/$1
	mkdir -p "$dir/nix" "$dir/tmp"
	printf 'root:x:0:0::%s:/bin/sh\nsshd:x:65533:65533::/run/sshd:/bin/false\n' "$dir" >"$dir/passwd"
	printf 'root:*:19000:0:99999:7:::\nsshd:*:19000:0:99999:7:::\n' >"$dir/shadow"
	cat >"$dir/nix.conf" <<-END
	build-users-group =
	sandbox = true
	sandbox-fallback = false
	substitute = false
	END
	cat >"$dir/sshd_config" <<-END
	ListenAddress 10.77.$2.2
	HostKey $tmp/host-key
	AuthorizedKeysFile $tmp/key.pub
	StrictModes no
	UsePAM no
	PidFile none
	SetEnv NIX_CONF_DIR=$dir TMPDIR=$dir/tmp
	END
	farm_start "$1" "
		mount --bind '$dir/nix' /nix
		mount --bind '$dir/passwd' /etc/passwd
		mount --bind '$dir/shadow' /etc/shadow
		mount -t tmpfs run /run
		mkdir /run/sshd
		until ip addr show eth0 2>/dev/null | grep -q 10.77; do sleep 0.05; done
		LD_LIBRARY_PATH='$sshd/usr/lib/$(uname -m)-linux-gnu' exec '$sshd/usr/sbin/sshd' -D -e -f '$dir/sshd_config'"
	farm_at desk ip link add name "to-$1" type veth peer name eth0 netns "${farm_pid[$1]}"
	farm_at desk ip addr add "10.77.$2.1/24" dev "to-$1"
	farm_at desk ip link set "to-$1" up
	farm_at "$1" ip link set lo up
	farm_at "$1" ip link set eth0 up
	farm_at "$1" ip addr add "10.77.$2.2/24" dev eth0
}

# farm_answers N: waits for that host's sshd.
farm_answers() {
	for _ in $(seq 100); do
		farm_at desk ssh -F "$tmp/ssh_config" "10.77.$1.2" true </dev/null 2>"$tmp/answer" && return 0
		sleep 0.1
	done
	cat "$tmp/answer" >&2
	return 1
}
