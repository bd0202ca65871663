#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# nixos-init.sh - a NixOS without shell activation: the overlay on /etc and what nixos-init does before systemd
#
# The system is Debian's systemd, in the store, with the parts that NixOS's toplevel has for this: init is systemd's
# binary, and boot.json names the metadata image and the files of /etc.
# shellcheck disable=SC2016 # the guest's shell expands
set -u
# shellcheck source=tests/lib/vm.sh
. tests/lib/vm.sh
busybox=$(readlink -f "$system/sw/bin/busybox")

status=0
tree=$(tests/lib/systemd-tree) || status=$?
if [ $status -ne 0 ] || ! command -v mkfs.erofs >/dev/null; then
	skip "nixos-init" "systemd's packages or mkfs.erofs cannot be had here"
	tap_end
fi
mkdir "$tmp/usr"
cp -a "$tree/usr" "$tree/etc" "$tmp/usr/"
usr=$(nix_store --add "$tmp/usr")
rm -rf "${tmp:?}/usr"

# The root disk has what NixOS has in the store: the paths that Debian's programs are built for.
mkdir -p "$tmp/root/usr/bin" "$tmp/root/root" "$tmp/root/tmp" "$tmp/root/var/log"
for name in bin sbin lib lib64; do ln -s usr/$name "$tmp/root/$name"; done
for name in sbin lib lib64 share; do ln -s "$usr/usr/$name" "$tmp/root/usr/$name"; done
for file in "$tree"/usr/bin/*; do ln -s "$usr/usr/bin/${file##*/}" "$tmp/root/usr/bin/"; done
rm -f "$tmp/root/usr/bin"/{sh,env}
truncate -s 512M "$tmp/disk.raw"
mke2fs -q -t ext3 -F -d "$tmp/root" "$tmp/disk.raw"
qemu-img convert -O qcow2 "$tmp/disk.raw" "$tmp/disk.qcow2"

# generation NAME FILE...: a system whose /etc has these files (PATH=CONTENTS) as well; sets top.
generation() {
	local name=$1 meta=$tmp/$1-meta base=$tmp/$1-base new=$tmp/$1 entry
	shift
	mkdir -p "$meta" "$base" "$new"
	# Most files of NixOS's /etc are links into the store; those with a mode of their own are in the base folder, and the
	# metadata has their mode, their size and their path in it.
	cp -a "$tree/etc/." "$meta/"
	find "$meta" -type f | while read -r file; do
		ln -sf "$usr/etc/${file#"$meta/"}" "$file"
	done
	mkdir -p "$meta/systemd/system"
	ln -s /usr/lib/systemd/system/multi-user.target "$meta/systemd/system/default.target"
	for unit in systemd-firstboot.service serial-getty@ttyS0.service; do
		ln -sfn /dev/null "$meta/systemd/system/$unit"
	done
	for entry in passwd=root:x:0:0::/root:/bin/sh group=root:x:0: fstab= machine-id=0123456789abcdef0123456789abcdef "$@"; do
		mkdir -p "$(dirname "$meta/${entry%%=*}")" "$(dirname "$base/${entry%%=*}")"
		rm -f "$meta/${entry%%=*}"
		printf '%s\n' "${entry#*=}" | tee "$base/${entry%%=*}" >/dev/null
		truncate -r "$base/${entry%%=*}" "$meta/${entry%%=*}"
		chmod 640 "$meta/${entry%%=*}"
		python3 -c 'import os, sys
os.setxattr(sys.argv[1], "trusted.overlay.metacopy", b"")
os.setxattr(sys.argv[1], "trusted.overlay.redirect", b"/" + sys.argv[2].encode())' "$meta/${entry%%=*}" "${entry%%=*}" ||
			exit
	done
	chmod 644 "$meta"/{passwd,group,fstab,machine-id}
	mkfs.erofs --quiet "$tmp/$name-image" "$meta" >/dev/null || exit
	ln -s "$(readlink -f "$system/kernel")" "$new/kernel"
	ln -s "$(readlink -f "$system/kernel-modules")" "$new/kernel-modules"
	cp "$system/kernel-params" "$new/kernel-params"
	ln -s "$(readlink -f "$system/sw")" "$new/sw"
	cp "$tree/usr/lib/systemd/systemd" "$new/init"
	echo 26.11 >"$new/nixos-version"
	cat >"$new/boot.json" <<-END
		{"org.nixos.bootspec.v1": {"init": "unknown"}, "org.nixos.nixos-init.v1": {
		  "etc_basedir": "$(nix_store --add "$base")", "etc_metadata_image": "$(nix_store --add "$tmp/$name-image")",
		  "firmware": "$usr/lib/firmware", "modprobe_binary": "$busybox", "nix_store_mount_opts": ["ro", "noatime", "nosuid"],
		  "env_binary": "$usr/usr/bin/env", "sh_binary": "$busybox"}}
	END
	chmod -R u+w "$meta" "$base"
	chmod 755 "$new" "$new/init"
	top=$(nix_store --add "$new")
	rm -rf "$meta" "$base" "$new"
}

# boot NAME ARGUMENT... -- COMMAND...: a run of $top; its output is in $tmp/out.
boot() {
	local name=$1
	shift
	status=0
	timeout 400 "$storeboot" run "$top" --reginfo none --memory 512M "$@" </dev/null >"$tmp/out" 2>"$tmp/err" || status=$?
	sed 's/^/# /' "$tmp/out" "$tmp/err"
	is "$name: exit status" "$status" 0
}

out() { cat "$tmp/out"; }

generation first one/file=first
first=$top
boot "first boot" --image "$tmp/disk.qcow2" -- sh -c '
	systemctl --failed --no-legend | sed "s/^/failed unit: /"
	echo "units: $(systemctl list-units --no-legend | grep -c .) failed: $(systemctl --failed --no-legend | grep -c .)"
	echo "init: $(cat /proc/1/comm)"
	echo "booted: $(readlink /run/booted-system)"
	echo "current: $(readlink /run/current-system)"
	echo "modprobe: $(cat /proc/sys/kernel/modprobe)"
	echo "firmware: $(cat /sys/module/firmware_class/parameters/path)"
	echo "env: $(readlink /usr/bin/env) sh: $(readlink /bin/sh)"
	echo "store: $(grep " /nix/store " /proc/mounts | tail -n 1)"
	echo "etc: $(grep " /etc " /proc/mounts)"
	echo "file: $(cat /etc/one/file) $(stat -c %a:%s /etc/one/file) link: $(readlink /etc/os-release || readlink /etc/debian_version)"
	mkdir /etc/two && echo mine >/etc/two/mine && echo changed >/etc/one/file'
has "first boot: no unit failed" "$(out)" '^units: [1-9][0-9]+ failed: 0$'
has "first boot: systemd is PID 1" "$(out)" '^init: systemd$'
has "the booted system" "$(out)" "^booted: $first\$"
has "the current system" "$(out)" "^current: $first\$"
has "the kernel knows modprobe" "$(out)" "^modprobe: $busybox\$"
has "the kernel knows the firmware" "$(out)" "^firmware: $usr/lib/firmware\$"
has "env and sh are links into the store" "$(out)" "^env: $usr/usr/bin/env sh: $busybox\$"
has "the store has the options that boot.json asks for" "$(out)" '^store: .* ro,nosuid,.*noatime'
has "the overlay is on /etc, writable" "$(out)" '^etc: overlay /etc overlay rw,nosuid,nodev.*upperdir=[^ ]*/\.rw-etc/upper'
has "a file has its contents, mode and size" "$(out)" '^file: first 640:6 '

generation second one/file=second one/new=new two/theirs=theirs
boot "second generation" --image "$tmp/disk.qcow2" -- sh -c '
	systemctl --failed --no-legend | sed "s/^/failed unit: /"
	echo "units: $(systemctl list-units --no-legend | grep -c .) failed: $(systemctl --failed --no-legend | grep -c .)"
	echo "booted: $(readlink /run/booted-system)"
	echo "file: $(cat /etc/one/file) new: $(cat /etc/one/new) mine: $(cat /etc/two/mine) theirs: $(cat /etc/two/theirs)"'
has "second generation: no unit failed" "$(out)" '^units: [1-9][0-9]+ failed: 0$'
has "second generation: it is the booted system" "$(out)" "^booted: $top\$"
has "what the guest wrote stays, and a folder that was opaque shows the new files" "$(out)" \
	'^file: changed new: new mine: mine theirs: theirs$'

# An older system has a script for the rest, prepare-root, and the initramfs mounts the overlay alone. This one says in its
# parameters that /etc is read-only, as the NixOS module does.
cp -a "$top" "$tmp/prepared"
chmod -R u+w "$tmp/prepared"
printf '#!%s sh\n%s touch /run/prepared\nexec /lib/systemd/systemd\n' "$busybox" "$busybox" >"$tmp/prepared/prepare-root"
chmod 755 "$tmp/prepared/prepare-root"
printf ' storeboot.etc=ro' >>"$tmp/prepared/kernel-params"
top=$(nix_store --add "$tmp/prepared")
boot "read-only, prepare-root" --image "$tmp/disk.qcow2" -- sh -c '
	grep " /etc " /proc/mounts; cat /etc/one/file; touch /etc/x 2>&1; ls -d /run/prepared /run/booted-system; exit 0'
has "read-only: the overlay" "$(out)" '^overlay /etc overlay ro,'
has "read-only: what was written before is not seen" "$(out)" '^second$'
has "read-only: nothing can be written" "$(out)" 'Read-only file system'
has "prepare-root: the script ran" "$(out)" '^/run/prepared$'
is "prepare-root: nothing else prepared the root" "$(out | grep -c '^/run/booted-system$')" 0

# Without its parts nothing is lost: the step fails by name.
sed -i 's|"etc_basedir": "[^"]*"|"etc_basedir": "/nix/store/none"|' "$tmp/prepared/boot.json"
top=$(nix_store --add "$tmp/prepared")
status=0
timeout 200 "$storeboot" run "$top" --reginfo none --image "$tmp/disk.qcow2" </dev/null >"$tmp/out" 2>"$tmp/err" || status=$?
is "no base folder: exit status" "$status" 70
has "no base folder: the line" "$(cat "$tmp/err")" '^storeboot: stage 1 failed at step etc: /nix/store/none \(etc_basedir\): No such file'
is "nothing is left behind" "$(ls -A "$XDG_RUNTIME_DIR")" ""
tap_end
