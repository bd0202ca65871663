#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# share.sh - what the guest's root cannot do to the host's store, shares that would show a false one, servers that die
# shellcheck disable=SC2016 # the guest expands its script, not this shell
set -u
# shellcheck source=tests/lib/vm.sh
. tests/lib/vm.sh
store=$tmp/store image=$tmp/disk.qcow2
mkdir "$store" "$store/tree"
vm_store "$store"
echo "not yours" >"$tmp/secret"
ln -s "$tmp/secret" "$store/leak"
ln -s "$tmp" "$store/leak-folder"
ln -s ../../.. "$store/up"
echo "yours to read" >"$store/tree/file"
head -c 160M /dev/urandom >"$store/big" # some seconds to read: its server is killed meanwhile
"${GUEST_CC:-musl-gcc}" -static -Os -o "$store/smb_raw" tests/lib/smb_raw.c || exit 1

# state: all of the host's tree that a guest could change. No ctime: the system's files are links to the host's own
# store, and another test beside this one links them, too.
state() {
	find "$store" "$tmp/secret" -printf '%p %y %m %T@ %s %l\n' | LC_ALL=C sort
	nix-store --dump "$store" | sha256sum
}

cat >"$store/attack" <<'END'
exec </dev/null
dmesg -n 1
try() { # NAME COMMAND...: must fail
	name=$1
	shift
	if "$@" 2>/dev/null; then echo "ATTACK $name: done"; else echo "ATTACK $name: refused"; fi
}
append() { echo x >>"$1"; }
attack() { # NAME STORE
	try "$1: make a file" touch "$2/intruder"
	try "$1: make a folder" mkdir "$2/intruder"
	try "$1: make a link" ln -s /etc "$2/intruder"
	try "$1: make a hard link" ln "$2/tree/file" "$2/intruder"
	try "$1: append" append "$2/tree/file"
	try "$1: change a mode" chmod 777 "$2/tree/file"
	try "$1: change an owner" chown 1 "$2/tree/file"
	try "$1: change a time" touch -d 2001-01-01 "$2/tree/file"
	try "$1: rename" mv -f "$2/tree" "$2/intruder"
	try "$1: delete" rm -f "$2/tree/file"
	try "$1: make a device" mknod "$2/intruder" c 1 3
}
attack plain /nix/store
attack share /hostfs/nix/store
mount -o remount,rw /hostfs && mount -o remount,rw /nix/store
attack remounted /nix/store
attack remounted-share /hostfs/nix/store
mkdir /m
options=rw,vers=1.0,ip=10.0.2.4,username=nobody,password=,nomapposix,iocharset=iso8859-1
mount -t cifs -o $options //10.0.2.4/qemu /m && attack own-mount /m/nix/store
echo "SEEN own-mount: $(ls -A /m | tr '\n' ' ')$(ls -A /m/nix | tr '\n' ' ')"
for path in leak leak-folder/secret "up$1/secret"; do
	try "own-mount: read $path" cat "/m/nix/store/$path"
done
umount /m
for source in 'IPC$' 'C$' print\$ homes root global qemu/.. qemu/nix/store/leak-folder qemu/nix/store/../../..; do
	if mount -t cifs -o $options "//10.0.2.4/$source" /m 2>/dev/null; then
		echo "MOUNTED $source: $(ls -A /m 2>/dev/null | tr '\n' ' ')"
		umount /m
	fi
done
/nix/store/smb_raw qemu 'nix\store\tree\file' 'nix\store\leak' 'nix\store\leak-folder\secret' \
	'..\etc\passwd' '\..\..\etc\passwd' 'nix\..\..\etc\passwd' 'nix\store\..\..\..\etc\passwd' 'nix/store/../../../etc/passwd' \
	'/etc/passwd' '\etc\passwd' '/run/smb/smb.conf' 'nix\store\up\etc\passwd' '\\10.0.2.4\qemu\..\etc\passwd'
for share in 'IPC$' 'C$' homes; do
	/nix/store/smb_raw "$share" 'etc\passwd' '..\etc\passwd'
done
for i in $(seq 40); do
	sleep 300 | nc 10.0.2.4 445 >/dev/null 2>&1 &
done
open=40
for i in $(seq 60); do
	sleep 1
	last=$open open=$(pidof nc | wc -w)
	[ "$open" -ge 40 ] || [ "$open" -ne "$last" ] || break
done
echo "CONNECTIONS $open"
killall nc sleep
for i in $(seq 60); do
	pidof nc >/dev/null || break
	sleep 1
done
cat /nix/store/tree/file >/dev/null && echo "STILL served"
END

printf 'sh /nix/store/attack "%s"' "$tmp" >"$store/attacks"

# --- as guest root --------------------------------------------------------------------------------------------------
before=$(state)
vm_run 400 --store "$store" --image "$image" --append "demo.run=/nix/store/attacks"
is "attacks: exit" "$status" 0
has "attacks: the script ran to its end" "$out" 'demo.run: exit'
attacks=$(sed -n 's/^ATTACK //p' <<<"$out")
is "attacks: each was tried" "$(wc -l <<<"$attacks")" 58
is "attacks: each was refused" "$(grep -v ': refused$' <<<"$attacks")" ""
is "a mount of the guest's own shows nothing else" "$(sed -n 's/^SEEN own-mount: //p' <<<"$out")" "nix store "
is "nor does one of another share or path" "$(grep '^MOUNTED' <<<"$out" | grep -vE ': (nix |store )?$')" ""
raw=$(sed -n 's/^RAW //p' <<<"$out")
is "raw SMB: the server does answer" "$(grep '^control' <<<"$raw" | head -n 1)" 'control nix\store\tree\file: 00000000'
is "raw SMB: nothing else is to be had" "$(grep -vE '^tree |^control nix' <<<"$raw" | grep ': 00000000')" ""
is "raw SMB: each was tried" "$(grep -cE '^(write|make|mkdir|delete|rename|open) ' <<<"$raw")" 23
is "the host's tree is unchanged" "$(state)" "$before"
connections=$(sed -n 's/^CONNECTIONS //p' <<<"$out")
ok "of 40 more connections at most 8 are served ($connections)" [ "${connections:-40}" -le 8 ]
has "the limit is said" "$err" '^storeboot: the file server: the guest has 8 connections to it, which is the limit'
has "the share works after that" "$out" '^STILL served'

# --- a server that would show a false store -------------------------------------------------------------------------
# server NAME: a program to be --smbd, from standard input, which sees $real (smbd), $conf, $own (its folder) and its
# arguments.
server() {
	mkdir -p "$tmp/servers"
	printf '#!/bin/sh\nreal=%s conf=/tmp/smb.conf own=%s\n%s\n' "$(PATH=$PATH:/usr/sbin command -v smbd)" "$tmp/servers" "$(cat)" \
		>"$tmp/servers/$1"
	chmod +x "$tmp/servers/$1"
}
for line in 'unix extensions = no' 'server min protocol = SMB2_02'; do
	server edited <<-END
	[ "\$1" != -b ] || exec \$real -b
	sed 's/^${line% =*} = .*/$line/' <"\$2" >\$conf
	shift 2
	exec \$real -s \$conf "\$@"
	END
	vm_run 200 --store "$store" --image "$image" --smbd "$tmp/servers/edited"
	is "$line: exit" "$status" 68
	is "$line: one line" "$(grep -c '^storeboot: stage 1 failed at step share: ' <<<"$err")" 1
	has "$line: it says what the server lacks" "$err" "^storeboot: stage 1 failed at step share: .*'${line% =*} ="
done

# --- a server that dies ----------------------------------------------------------------------------------------------
# In the midst of reading: kills the one server there is, once the guest has said so. $1: a shell command before.
kill_server() {
	local launcher server
	within 240 grep -aqs '^READING' "$tmp/out"
	sleep 1 # into it: how far does not matter
	launcher=$(pgrep -f "^[^ ]*storeboot run .*$image" | head -n 1)
	server=$(ps -o pid=,comm= --ppid "$launcher" | awk '$2 == "bwrap" { print $1 }')
	eval "$1"
	# shellcheck disable=SC2086 # one a connection
	kill -9 $server
	date +%s >"$tmp/killed"
}
# What reads is a command, with a status of its own.
mkdir "$store/many"
for ((i = 0; i < 3000; i++)); do echo $i; done | (cd "$store/many" && split -l 1 -a 3 -)
read_big='echo READING; sha256sum /nix/store/big; exit 5'
read_many='echo READING; cd /nix/store/many && for f in *; do cat $f >/dev/null || exit 6; done; exit 7'
server mortal <<'END'
[ ! -e "$own/gone" ] || exit 3
exec $real "$@"
END
kill_server true &
vm_run 300 --store "$store" --image "$image" -- sh -c "$read_big"
wait
is "smbd killed while it is read from: exit, the command's own" "$status" 5
is "smbd killed while it is read from: the bytes are right" "$(sed -n 's/ .*big$//p' <<<"$out")" \
	"$(sha256sum <"$store/big" | cut -d ' ' -f 1)"
ok "smbd killed while it is read from: it was" [ -e "$tmp/killed" ]

# --- and none that comes up again --------------------------------------------------------------------------------
# share_goes [ARGUMENT]...: a run whose server is killed for good while it reads. Sets booted: seconds until then, and
# took: seconds from there to its end.
share_goes() {
	local start
	start=$(date +%s)
	rm -f "$tmp/out" "$tmp/killed" "$tmp/servers/gone"
	kill_server 'touch "$tmp/servers/gone"' &
	vm_run 300 --store "$store" --image "$image" --smbd "$tmp/servers/mortal" "$@"
	wait
	took=$(($(date +%s) - $(cat "$tmp/killed"))) booted=$(($(cat "$tmp/killed") - start))
}
stubborn=$(vm_script 'echo READING; until sha256sum </nix/store/big; do :; done') && cp "$stubborn" "$store/stubborn"
share_goes --append "demo.run=/nix/store/stubborn"
is "a share that is gone: exit" "$status" 68
has "a share that is gone: the line" "$err" '^storeboot: the share is gone: [0-9]+ file servers failed one after the other .*: exit status 3$'
ok "a share that is gone: the run ends soon ($took s, the boot took $booted)" soon "$took" "$booted"
# To open a file fails at once; one that is open waits (Linux 6.1). So the command ends before the share counts as gone,
# or, which is as right, that ends the command.
share_goes -- sh -c "$read_many"
is "a share that is gone, and a command fails: exit" "$status" 125
has "a share that is gone, and a command fails: the line" "$err" \
	'^storeboot: the share (was gone when the command ended: its file server failed|is gone: [0-9]+ file servers failed) .* \(code 68\)$'
ok "a share that is gone, and a command fails: the run ends soon ($took s, the boot took $booted)" soon "$took" "$booted"
nix_store --delete "$stubborn" >/dev/null 2>&1
tap_end
