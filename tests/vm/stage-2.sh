#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# stage-2.sh - a stage 2 that asks of stage 1 what NixOS's does, and systemd with udev and D-Bus from the store
# after it: no unit fails, at the first boot and at the second one of the same disk, nor at power-off; and the serial
# console asks for a login again after each session
# shellcheck disable=SC2016,SC2317 # the guest's shell expands; functions are called by ok, within and at the end
set -u
# shellcheck source=tests/lib/vm.sh
. tests/lib/vm.sh
# shellcheck source=tests/lib/tmux.sh
. tests/lib/tmux.sh
at_end() {
	vm_end
	tmux kill-server 2>/dev/null
}
busybox=$(readlink -f "$system/sw/bin/busybox")

status=0
tree=$(tests/lib/systemd-tree udev dbus login kmod) || status=$?
if [ $status -ne 0 ]; then
	skip "stage 2" "its packages cannot be fetched here"
	tap_end
fi
top=$tmp/nixos-system
mkdir "$top"
cp -a "$tree/usr" "$tree/etc" "$top/"
ln -s usr/lib/systemd "$top/systemd" # as NixOS's toplevels have it
for name in kernel kernel-modules sw; do
	ln -s "$(readlink -f "$system/$name")" "$top/$name"
done
cp "$system/kernel-params" "$top/kernel-params"
# What host/nix/module.nix has NixOS write, of a machine whose own configuration has a unit for the serial console
# (amazon-image.nix).
mkdir "$top/nixos-etc"
nix_run nix-instantiate --eval --strict --json -E 'builtins.toFile "etc.sh" (import tests/data/nixos/etc.nix {
	configuration = { virtualisation.graphics = false; systemd.services."serial-getty@ttyS0".wantedBy = [ "getty.target" ]; };
	upstream = [ "serial-getty@.service" ]; })' --read-write-mode | tr -d '"' >"$tmp/etc"
bash -eu "$(cat "$tmp/etc")" "$top/nixos-etc" || exit 1

# As NixOS has it since 26.05: stage 2 is prepare-root, and init systemd's binary, for an initramfs that is systemd's too.
cp "$tree/usr/lib/systemd/systemd" "$top/init"
# Debian's programs want their loader and libraries below /lib; NixOS's bring their own.
cat >"$top/prepare-root" <<-END
	#!$busybox sh
	for name in bin sbin lib lib64; do [ -e /\$name ] || $busybox ln -s usr/\$name /\$name; done
	$busybox ln -sfn \$systemConfig/usr /usr
	exec /bin/bash \$systemConfig/stage-2
END

# What NixOS's stages 2 of 2010 and since do and take for granted (nixos/modules/system/boot/stage-2-init.sh), in this
# test's own words. Whatever fails ends PID 1, and so the run.
cat >"$top/stage-2" <<'END'
set -eu
PATH=/usr/bin:/usr/sbin
die() { echo "stage 2: $*" >&2; exit 1; }

# The system, from the kernel's command line as in 2010, and in the environment.
[ $$ -eq 1 ] || die "not PID 1"
fromLine=
for word in $(</proc/cmdline); do
	case $word in
	systemConfig=*) fromLine=${word#systemConfig=} ;;
	esac
done
[ -n "$fromLine" ] && [ "$fromLine" = "$systemConfig" ] || die "systemConfig: '$fromLine', '$systemConfig'"
[ -e "$systemConfig/sw" ] || die "$systemConfig is not there"

# What stage 1 leaves.
[ -e /etc/NIXOS ] || die "no /etc/NIXOS"
for folder in /proc /sys /dev /run; do
	mountpoint -q $folder || die "$folder is not mounted"
done
[ "$(stat -f -c %T /run)" = tmpfs ] || die "/run is no tmpfs"
[ -e /dev/fd/0 ] && [ -c /dev/console ] || die "/dev is not whole"
[ "$(ls /dev/fd/ | wc -l)" -le 5 ] || die "descriptors are left open: $(ls -l /dev/fd/)"
[ "$(ls -d /proc/[0-9]* | wc -l)" -gt 1 ] || die "no /proc"

# Remounts.
mount -n -o remount,rw none /
touch /written && rm /written
chown -f 0:30000 /nix/store || true
chmod -f 1775 /nix/store || true
if ! [[ "$(findmnt --direction backward --first-only --noheadings --output OPTIONS /nix/store)" =~ ro(,|$) ]]; then
	mount --bind /nix/store /nix/store
	mount -o remount,ro,bind /nix/store
fi
! touch /nix/store/intruder 2>/dev/null || die "the store was written to"

# An /etc, and what every boot cleans.
install -m 0755 -d /etc /var/log /var/lib /nix/var/nix/gcroots /run/lock /home /root
[ -e /etc/fstab ] || touch /etc/fstab
rm -f /etc/mtab
ln -s /proc/mounts /etc/mtab
install -m 01777 -d /tmp
rm -rf /var/run /var/lock
ln -s /run /var/run
ln -s /run/lock /var/lock

# Its output goes to the kernel's log by a process of its own, which takes /dev/fd.
exec {out}>&1 {err}>&2
exec > >(tee -i /proc/self/fd/"$out" | while read -r line; do echo "<7>stage-2-init: $line" >/dev/kmsg; done) 2>&1
echo "running activation script..."
if [ ! -e /etc/os-release ]; then
	cp -a "$systemConfig/etc/." /etc/ # GNU's, which asks for ACLs
	printf '%s\n' root:x:0:0::/root:/bin/bash >/etc/passwd
	printf '%s\n' root:x:0: >/etc/group
	printf '%s\n' root::1:::::: >/etc/shadow
	chmod 600 /etc/shadow
	echo 0123456789abcdef0123456789abcdef >/etc/machine-id # nobody answers the first boot's wizard
	ln -sfn /usr/lib/systemd/system/multi-user.target /etc/systemd/system/default.target
	cp -a "$systemConfig/nixos-etc/." /etc/
	# Debian's /etc/pam.d/login includes these files, which a package's installation would write. nullok: root's
	# password is empty, and login does not ask for it.
	for kind in auth account session password; do
		echo "$kind required pam_unix.so nullok" >/etc/pam.d/common-$kind
	done
fi
ln -sfn "$systemConfig" /run/current-system
ln -sfn "$systemConfig" /run/booted-system
ln -sfn /run/booted-system /nix/var/nix/gcroots/booted-system
exec 1>&"$out" 2>&"$err"
exec {out}>&- {err}>&-

echo "starting systemd..."
PATH=$systemConfig/systemd exec systemd
END
chmod -R u+w "$top"
sed -i 's/^LOGIN_TIMEOUT.*/LOGIN_TIMEOUT 600/' "$top/etc/login.defs" # a busy host's login takes longer than Debian's minute
chmod 755 "$top" "$top/prepare-root"
system=$(nix_store --add "$top")

facts='systemctl is-system-running --wait
systemctl is-active multi-user.target systemd-udevd.service dbus.service serial-getty@ttyS0.service
systemctl --failed --no-legend --plain
findmnt --direction backward --first-only --noheadings --output TARGET,FSTYPE /nix/store | grep -oE "^/nix/store +(cifs|overlay)"
grep -c stage-2-init: <(dmesg)'

# quiet_end WHAT CONSOLE: the console shows a shutdown, and nothing that failed in it.
quiet_end() {
	tr -d '\r' <"$2" | sed 's/\x1b\[[0-9;]*[a-zA-Z]//g' >"$tmp/text"
	has "$1: the shutdown goes to its end" "$(cat "$tmp/text")" 'reboot: Power down'
	is "$1: nothing fails in it" "$(grep -E '\[FAILED\]' "$tmp/text")" ""
}

# all_up WHAT CONSOLE STORE-TYPE OUTPUT: OUTPUT is what $facts prints in a system that is whole.
all_up() {
	local got want="running
active
active
active
active
/nix/store $3
1"
	got=$(tr -d '\r' <<<"$4" | tr -s ' ')
	is "$1: up, nothing failed" "$got" "$want"
	[ "$got" = "$want" ] || tr -d '\r' <"$2" | tail -n 60 | sed 's/^/# /'
}

# limit: seconds, against a hang. A busy host's guest also needs longer than systemd's own 90 s for some services.
limit=1800
options=(--image "$tmp/disk.qcow2" --memory 512M --reginfo none --timeout-stage2 "$limit" --stop-timeout "$limit"
	--append systemd.default_timeout_start_sec="$limit")

# --- the first boot: a command, and nobody at the console ------------------------------------------------------
what="the first boot"
vm_run $limit "${options[@]}" --console-log "$tmp/console" --timings -- bash -c "$facts"
is "$what: exit" "$status" 0
all_up "$what" "$tmp/console" cifs "$out"
quiet_end "$what" "$tmp/console"

# --- the second boot of that disk, by another share and every layer that there is, in a terminal: a user logs in on the
# serial console three times, and powers off from there ----------------------------------------------------------
what="the second boot, by 9p under an image and a writable layer"
mkdir "$tmp/mine"
printf -v words '%q ' "$storeboot" run "$system" "${options[@]}" --console-log "$tmp/login" --name console --share 9p \
	--cache --writable-store --bind "$tmp/mine:/mnt/mine" --timeout $((2 * limit))
: >"$tmp/login"
tmux new-session -d -x 150 -y 50 -s console bash -c "$words; echo \$? >$tmp/status; sleep 1000"

# asked N: the console has asked for a login at least N times. agetty drops what was typed before.
asked() {
	[ "$(grep -ac '^localhost login: ' "$tmp/login")" -ge "$1" ]
}
# shell: the session that began last has shown a shell's prompt.
shell() {
	awk '/^localhost login: / { n = 0 } /bash-[0-9.]+# / { n++ } END { exit !n }' "$tmp/login"
}
# log_in N: log in for the Nth time, and have the shell answer.
log_in() {
	ok "login $1: the console asks" within $limit asked "$1"
	type console root
	ok "login $1: a shell" within $limit shell
	ok "login $1: it takes commands" asks console '$(whoami) on $(tty)' 'root on /dev/ttyS0'
}

ok "$what: a login" within $limit asked 1
out=$(timeout $limit "$storeboot" exec console -- bash -c "$facts" </dev/null)
all_up "$what" "$tmp/login" overlay "$out"
log_in 1
type console exit
log_in 2
type console exit
log_in 3
type console 'systemctl poweroff'
ok "$what: power-off from the console" within $limit test -s "$tmp/status"
is "$what: exit" "$(cat "$tmp/status")" 0
quiet_end "$what" "$tmp/login"
nix_store --delete "$system" >/dev/null 2>&1
tap_end
