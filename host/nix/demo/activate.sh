#!/bin/sh
# SPDX-License-Identifier: MIT
# activate.sh: makes the root disk fit the system in $systemConfig; run by stage 2 at every boot.
# Repeating it changes nothing, and a file the user has put in a link's place stays.
# shellcheck disable=SC2154 # systemConfig: set by the toplevel's activate

mkdir -p /bin /etc/nix /lib /root /run /tmp /usr/bin /var/lib /var/log
chmod 1777 /tmp
chmod 700 /root

ln -sfn "$systemConfig" /run/current-system
[ -e /run/booted-system ] || ln -sn "$systemConfig" /run/booted-system

# link TARGET NAME: set the link, unless NAME is something else than a link.
link() {
	if [ -L "$2" ] || [ ! -e "$2" ]; then
		ln -sfn "$1" "$2"
	fi
}

link /run/current-system/sw/bin/sh /bin/sh
link /run/current-system/sw/bin/env /usr/bin/env
link /run/booted-system/kernel-modules/lib/modules /lib/modules
link /proc/mounts /etc/mtab
for file in acpi group hosts nix/nix.conf passwd profile; do
	link "/run/current-system/etc/$file" "/etc/$file"
done
[ -e /etc/resolv.conf ] || echo 'nameserver 10.0.2.3' >/etc/resolv.conf
[ -e /etc/hostname ] || echo storeboot >/etc/hostname
