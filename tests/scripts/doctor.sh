#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# doctor.sh - `storeboot doctor` on broken hosts, each in namespaces of its own: it names the fault and what mends it.
# shellcheck disable=SC2016 # the shells of those namespaces expand their commands
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib/host.sh
. tests/lib/host.sh
export XDG_CACHE_HOME=$tmp/cache
mkdir "$tmp/work"
system=$(scripts/demo-system) || exit 1
cd "$tmp/work" || exit 1
[ "$(id -u)" = 0 ] || { skip "broken hosts" "their namespaces take root"; tap_end; }

# host SETUP ARGUMENT...: the doctor on a host that the shell commands of SETUP have broken. Sets status and out.
host() {
	local setup=$1
	shift
	status=0
	out=$(unshare --mount sh -ec "$setup"' exec "$@"' sh "$storeboot" doctor "$@" 2>&1) || status=$?
	printed=$out out=$(unfold "$out")
}

# unfold TEXT: each finding in one line, and each fix.
unfold() {
	sed -E ':a; N; $!ba; s/\n {24}(fix: )/\n\t\1/g; s/\n {24}/ /g; s/\t/                        /g' <<<"$1"
}

# without FOLDER NAME: shell commands that take a file out of sight.
without() {
	echo "mount -t tmpfs tmpfs /mnt; mkdir /mnt/u /mnt/w
		mount -t overlay -o lowerdir=$1,upperdir=/mnt/u,workdir=/mnt/w overlay $1; rm $1/$2;"
}

# found NAME STATUS LEVEL CHECK TEXT MEND: the row, and the line below it.
found() {
	is "$1: exit status" "$status" "$2"
	has "$1: what is wrong" "$out" "^$3 +$4 +.*$5"
	has "$1: what mends it" "$(grep -A 1 -E "^$3 +$4 " <<<"$out" | tail -n 1)" "^ +fix: $6"
}

host ''
is "a whole host: exit status" "$status" 0
is "a whole host: no fault" "$(grep ^FAULT <<<"$out")" ""
is "a whole host: the legend" "$(head -n 1 <<<"$printed" | tr -s ' ')" \
	"ok: works. lacks: missing, not needed here. FAULT: missing, and needed here."
has "a whole host: the verdict" "$(tail -n 1 <<<"$printed")" '^storeboot run works here(; without KVM it is slow)?\.$'
is "the verdict says slow exactly without KVM" "$(grep -c 'without KVM it is slow' <<<"$out")" "$(grep -c '^lacks *fast guests' <<<"$out")"
is "no line is longer than a terminal, except for a long word" "$(awk 'length > 80 && $0 ~ /[^ ] [^ ]/ && match($0, /[^ ]+$/) && RSTART > 24' <<<"$printed")" ""
has "a program, and its version" "$out" '^ok +share cifs +/usr/sbin/smbd: Version [0-9]'

# --- KVM ------------------------------------------------------------------------------------------------------
dev='mount -t tmpfs tmpfs /mnt; for d in null zero full random urandom tty ptmx; do
	touch /mnt/$d; mount --bind /dev/$d /mnt/$d; done; mkdir /mnt/shm /mnt/pts; mount --rbind /mnt /dev;'
host "$dev"
found "no /dev/kvm" 0 lacks 'fast guests' 'there is no /dev/kvm: .*: guests are emulated' '(modprobe kvm_|turn on virtualization)'
host "$dev" --accel kvm
found "no /dev/kvm, and it is asked for" 69 FAULT 'fast guests' 'there is no /dev/kvm: ' '(modprobe kvm_|turn on virtualization)'
mkdir -p "$tmp/user"
chown 1000:1000 "$tmp/user"
chmod 755 "$tmp"
cp "$storeboot" "$tmp/storeboot"
status=0
out=$(cd "$tmp/user" && unshare --mount sh -ec "$dev mknod -m 660 /dev/kvm c 10 232; chgrp 4 /dev/kvm"'
	exec env -i PATH="$PATH" HOME="$1" setpriv --reuid 1000 --regid 1000 --clear-groups "$2" doctor' sh "$tmp/user" "$tmp/storeboot" 2>&1) || status=$?
out=$(unfold "$out")
found "/dev/kvm is for a group" 0 lacks 'fast guests' 'this user may not open /dev/kvm' 'sudo usermod -aG adm '
# A device that is there and runs nothing: here by one that is none.
host "$dev ln -s null /dev/kvm;"
found "a dead KVM" 0 lacks 'fast guests' '/dev/kvm opens but runs no guest \(' 'none on this host'

# --- programs --------------------------------------------------------------------------------------------------
smbd=$(command -v smbd || echo /usr/sbin/smbd)
host "$(without "${smbd%/*}" smbd)"
found "no smbd" 69 FAULT 'share cifs' 'smbd is not on this host' 'apt-get install samba$'
host "$(without "${smbd%/*}" smbd)" --share image
found "no smbd, and none is needed" 0 lacks 'share cifs' 'not on this host: no --share cifs' 'apt-get install samba$'
for os in 'fedora dnf install samba' 'alpine apk add samba-server' 'arch pacman -S samba' 'nixos nix-shell -p samba'; do
	echo "ID=${os%% *}" >"$tmp/os-release"
	host "$(without "${smbd%/*}" smbd) mount --bind '$tmp/os-release' /etc/os-release;"
	found "no smbd on ${os%% *}" 69 FAULT 'share cifs' 'smbd is not on this host' "${os#* }\$"
done
host 'for f in $(find /usr/lib/qemu /usr/libexec /usr/lib /usr/bin -maxdepth 1 -name virtiofsd 2>/dev/null); do mount --bind /dev/null $f; done;' --share virtiofs
found "no virtiofsd" 69 FAULT 'share virtiofs' 'virtiofsd is not on this host' 'apt-get install virtiofsd'
printf '#!/bin/sh\necho "QEMU emulator version 4.2.1 (Debian)"\n' >"$tmp/old-qemu"
chmod +x "$tmp/old-qemu"
host '' --qemu "$tmp/old-qemu"
found "an old QEMU" 69 FAULT 'guest machine' 'is QEMU 4\.2; want 5\.2 or later' 'apt-get install qemu-system-x86'

# crash NAME COMMANDS: in $tmp/crash a program of that name which answers --version so.
mkdir "$tmp/crash"
crash() {
	printf '#!/bin/sh\n%s\n' "$2" >"$tmp/crash/$1"
	chmod +x "$tmp/crash/$1"
}
# Each check that asks a program, and the options with which a run needs it. The words of a crash are no version.
while IFS=: read -r check program options; do
	crash "$program" 'ulimit -c 0; echo "warning: 4.2 of it" >&2; echo "terminate called after 12.1" >&2; kill -ABRT $$'
	# shellcheck disable=SC2086 # words
	PATH=$tmp/crash:$PATH host '' $options
	is "$program crashes: exit status" "$status" 69
	has "$program crashes: the reason" "$out" \
		"^FAULT +$check +$tmp/crash/$program does not run: killed by signal 6 \\(Aborted\\): terminate called after 12\\.1\$"
	rm "$tmp/crash/$program"
done <<-END
	guest machine:qemu-system-x86_64:
	disk images:qemu-img:
	registration:nix-store:--register $system
	share cifs:smbd:
	sandbox:bwrap:
	share virtiofs:virtiofsd:--share virtiofs
	share image:mkfs.erofs:--share image
	TPM:swtpm:--tpm
END
crash nix-store 'echo "error: creating directory /nix/var/nix/profiles/4: Permission denied" >&2; exit 1'
PATH=$tmp/crash:$PATH host ''
has "a version that ends with an error is none" "$out" \
	'^lacks +registration +.*/nix-store does not run: exit status 1: error: creating directory .*Permission denied: no registration of the closure$'
crash nix-store 'echo "warning: the group is missing" >&2; echo "nix-store (Nix) 2.8.0"'
PATH=$tmp/crash:$PATH host ''
has "a warning beside the version is not the version" "$out" '^ok +registration +.*/nix-store: nix-store \(Nix\) 2\.8\.0$'
rm "$tmp/crash/nix-store"
printf '#!/no/such/interpreter\n' >"$tmp/crash/swtpm"
chmod +x "$tmp/crash/swtpm"
PATH=$tmp/crash:$PATH host '' --tpm
has "a program whose interpreter is missing" "$out" '^FAULT +TPM +.*/swtpm does not run: No such file or directory$'
rm "$tmp/crash/swtpm"
host ''
has "a usage error that names the version: mkfs.erofs 1.5 knows no -V" "$out" '^ok +share image +/[^ ]*/mkfs\.erofs: .*mkfs\.erofs.* [0-9]'

# --- user namespaces: none may be made; then by what the doctor says ---------------------------------------------
broken='echo 0 >/proc/sys/user/max_user_namespaces; "$@"; echo "exit $?"'
out=$(unshare --user --map-root-user sh -c "$broken" sh "$storeboot" doctor 2>&1) status=0
out=$(unfold "$out")
has "no user namespaces: exit status" "$out" '^exit 69$'
found "no user namespaces" 0 FAULT 'cifs in sandbox' 'namespace' 'sysctl -w user\.max_user_namespaces=65536'
mend=$(grep -oE 'sysctl -w user.*' <<<"$out")
out=$(unshare --user --map-root-user sh -c "${broken/;/; $mend;}" sh "$storeboot" doctor 2>&1)
has "and with that command it is well" "$out" '^exit 0$'
host 'mount --rbind / /mnt; set -- chroot /mnt "$@";'
found "a chroot" 69 FAULT 'cifs in sandbox' 'inside a chroot' 'leave the chroot .*--share image or 9p'

# --- room -----------------------------------------------------------------------------------------------------------
host 'mount -t tmpfs -o size=1m tmpfs /mnt; cd /mnt;'
found "a full disk" 69 FAULT 'disk space' '\.: 1 MiB free on /mnt' 'remove files: du -xh /mnt .*or storeboot run --image /elsewhere'

# --- the cache: a run goes on without, unless it is to keep something there ---------------------------------------
XDG_CACHE_HOME=/proc host ''
found "no cache" 0 lacks cache 'nothing can be kept in /proc/storeboot: .*: slow starts; no --share image' 'XDG_CACHE_HOME=/elsewhere '
for how in '--share image' --host-certs; do
	# shellcheck disable=SC2086 # two words
	XDG_CACHE_HOME=/proc host '' $how
	found "no cache, $how" 69 FAULT cache 'nothing can be kept in /proc/storeboot: ' 'XDG_CACHE_HOME=/elsewhere '
done

# --- a system: kernel, modules, image ---------------------------------------------------------------------------------
tree=$(cd "$OLDPWD" && BUILD=$build scripts/kernel) || exit 1
piece=(--kernel "$tree/kernel" --init /sbin/init --stage1 "$build/storeboot-init" --name dr)
host '' "${piece[@]}" --modules "$tree"
is "kernel and modules that match: exit status" "$status" 0
has "kernel and modules that match" "$out" '^ok +this run '
host '' "${piece[@]}" --modules "$tree" --ephemeral --escapes filter
has "options that only a real run can have" "$out" '^ok +this run '
mkdir -p "$tmp/other/lib/modules/5.0.0-other"
host '' "${piece[@]}" --modules "$tmp/other"
is "modules of another kernel: exit status" "$status" 69
has "modules of another kernel" "$out" '^FAULT +[a-z]+ +.*5\.0\.0-other|^FAULT +[a-z]+ +.*modules'
release=$(cat "$tree/release")
mkdir -p "$tmp/less/lib/modules/$release"
ln -s "$tree/usr/lib/modules/$release"/* "$tmp/less/lib/modules/$release/"
sed -i '/^[^:]*\/ahci\.ko[.a-z]*:/d' "$tmp/less/lib/modules/$release/modules.dep" # sed -i takes the link's place
host '' "${piece[@]}" --modules "$tmp/less" --disk-interface ide
is "no driver for the disk's interface: exit status" "$status" 69
has "no driver for the disk's interface" "$out" '^FAULT +disk driver +run: --disk-interface ide: kernel .* lacks the module ahci '
qemu-img create -q -f qcow2 dr.qcow2 8M
python3 -c 'import fcntl, time
f = open("dr.qcow2", "rb")
fcntl.flock(f, fcntl.LOCK_EX)
print("held", flush=True); time.sleep(1000)' >held &
holder=$!
# shellcheck disable=SC2317 # called by the trap
at_end() { kill "$holder" 2>/dev/null; }
ok "the image is held" within 60 test -s held
host '' "${piece[@]}" --modules "$tree"
kill $holder
is "the image is in use: exit status" "$status" 69
has "the image is in use: by whom" "$out" "^FAULT +disks +.*dr\\.qcow2 .*in use.*$holder"
tap_end
