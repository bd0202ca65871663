#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# no-hang.sh - no input makes the launcher wait for ever, and a signal at any moment before QEMU leaves nothing.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib/host.sh
. tests/lib/host.sh
system=$(scripts/demo-system) || exit 1
cd "$tmp" || exit 1
mkfifo fifo

# Answers what the launcher asks a QEMU, and ends when it is to boot.
cat >qemu <<-END
	#!/bin/sh
	case " \$* " in *" -kernel "*) exit 1 ;; esac
	exec "$(command -v qemu-system-x86_64)" "\$@"
END
chmod +x qemu
run=("$storeboot" run --stage1 "$build/storeboot-init" --qemu "$tmp/qemu" --accel tcg --root tmpfs --share 9p)

# ends NAME COMMAND...: it ends by itself, and says why if it fails
ends() {
	timeout --kill-after=5 120 "${@:2}" </dev/null >out 2>err
	local status=$?
	ok "$1: it ends" test $status -ne 124 -a $status -ne 137
	ok "$1: one that failed has said why" test $status -eq 0 -o "$(grep -c '^storeboot: ' err)" -ge 1
}

# a_system PART: a copy of the system, in which that part is the FIFO. Its links lead into the store: a folder in the
# part's path is copied, or the FIFO would be made in the store.
a_system() {
	rm -rf sys
	cp -rP "$system" sys
	chmod u+w sys
	if [ "${1%/*}" != "$1" ]; then
		rm "sys/${1%/*}"
		cp -rL "$system/${1%/*}" "sys/${1%/*}"
		chmod -R u+w "sys/${1%/*}"
	fi
	rm -rf "sys/$1"
	mkdir -p "$(dirname "sys/$1")"
	mkfifo "sys/$1"
}
for part in etc/hostname kernel kernel-params init kernel-modules nixos-version prepare-root; do
	a_system $part
	ends "a FIFO as SYSTEM's $part" "${run[@]}" --store "$tmp" "$tmp/sys"
done

kernel=$(realpath "$system/kernel")
release=$(basename "$(echo "$system"/kernel-modules/lib/modules/*)")
mkdir -p boot "m/lib/modules/$release"
cp "$kernel" boot/vmlinuz
for name in modules.dep modules.builtin modules.softdep config; do
	rm -rf "m/lib/modules/$release"
	cp -r "$system/kernel-modules/lib/modules/$release" m/lib/modules/
	chmod -R u+w m
	rm -f "m/lib/modules/$release/$name"
	mkfifo "m/lib/modules/$release/$name"
	ends "a FIFO as $name" "$storeboot" initrd -o image --kernel boot/vmlinuz --modules m
done
rm -rf "m/lib/modules/$release"
cp -r "$system/kernel-modules/lib/modules/$release" m/lib/modules/
chmod -R u+w m
mkfifo "boot/config-$release"
ends "a FIFO as config-RELEASE" "${run[@]}" "$system" --kernel boot/vmlinuz --modules m
rm "boot/config-$release"
module=$(find m -name 'virtio_net.ko*')
rm "$module"
mkfifo "$module"
ends "a FIFO as a module" "$storeboot" initrd -o image --kernel boot/vmlinuz --modules m --need net
has "a FIFO as a module: why" "$(cat err)" 'virtio_net\.ko.*: it is no regular file$'

for option in --initrd --kernel --stage1 --config --reginfo --rescue-shell --image; do
	ends "a FIFO by $option" "${run[@]}" "$system" $option fifo
done
ends "a FIFO by --disk" "${run[@]}" "$system" --disk fifo
ends "a FIFO by --disk, read-only" "${run[@]}" "$system" --disk fifo,readonly
ends "a FIFO by --credential" "${run[@]}" "$system" --credential name=fifo
for look in ls verify; do
	ends "a FIFO for initrd $look" "$storeboot" initrd $look fifo
done
ends "a FIFO for reginfo" "$storeboot" reginfo --graph fifo

# --- pipes stay what they were ------------------------------------------------------------------------------
"$storeboot" initrd -o image >/dev/null 2>&1
is "initrd ls of a pipe" "$("$storeboot" initrd ls <(cat image) | md5sum)" "$("$storeboot" initrd ls image | md5sum)"
# shellcheck disable=SC2016 # the other shell expands
ok "--config of a pipe" bash -c '"$1" run --config <(echo memory 300M) --help >/dev/null' - "$storeboot"

# --- signals ---------------------------------------------------------------------------------------------------
rm -rf run/*
left=0 ended=0
for i in $(seq 60); do
	timeout -s "$([ $((i % 2)) -eq 0 ] && echo TERM || echo INT)" --kill-after=60 "0.$(printf %03d $((RANDOM % 350)))" \
		"${run[@]}" "$system" </dev/null >/dev/null 2>&1
	[ $? -ne 137 ] || ended=$((ended + 1))
	# the keeper of a killed one may still be at it
	[ -z "$(ls -A run)" ] || left=$((left + 1))
done
is "60 signals in the first moments: each ended the run" $ended 0
is "60 signals in the first moments: folders left" "$left" 0
tap_end
