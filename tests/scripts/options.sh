#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# options.sh - each option of `storeboot run` has a line in tests/data/options: what QEMU is told, who sees the rest
# shellcheck disable=SC2034 # the table's arguments use the variables
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib/host.sh
. tests/lib/host.sh
tests=$PWD/tests table=$PWD/tests/data/options
system=$(scripts/demo-system) || exit 1
export XDG_CACHE_HOME=$tmp/cache
cd "$tmp" || exit 1

# print [SYSTEM] ARGUMENT...: the QEMU command, or the line that says why there is none.
print() {
	local out
	case ${1-} in /*) ;; *) set -- "$system" "$@" ;; esac
	if out=$("$storeboot" run --name base --accel tcg --print-qemu "$@" 2>err </dev/null); then
		grep -v '^#' <<<"$out"
	else
		grep '^storeboot: ' err | tail -n 1
	fi
}

# without_initrd COMMAND: the same with no word of its initramfs.
without_initrd() {
	sed -E 's/ -initrd [^ ]*//' <<<"$1"
}

# literal TEXT: the expression that matches it.
literal() {
	printf '%s' "$1" | sed 's/[][\.*^$+?(){}|]/\\&/g'
}

# What the table's arguments name.
cp -L "$system/kernel" kernel
cp -rL --no-preserve=mode "$system/kernel-modules" modules
sed -i 's/description=Virtio block/description=virtio block/' "$(find modules -name virtio_blk.ko)" # another one by a byte
echo 'word.one word.two' >words
echo 'memory 414M' >config
touch code.fd vars.fd
firmware="--efi-firmware $tmp/code.fd --efi-variables $tmp/vars.fd"
mkdir store
cp -a "$system" store/system
cp "$build/storeboot-init" stage1
echo >>stage1
printf '#!/bin/sh\nexec qemu-system-x86_64 "$@"\n' >my-qemu
chmod +x my-qemu
"$storeboot" initrd -o initrd --kernel "$system/kernel" --modules "$system/kernel-modules"

# --- every option has its line, and every line its option --------------------------------------------------------
options=$("$storeboot" run --help | grep -oE '^ +(-., )?--[a-z0-9-]+' | grep -oE '[a-z0-9-]{2,}$' | sed 's/^--//' | grep -vx help | sort)
is "an option a line, a line an option" "$(sed '/^#/d; s/ *|.*//' "$table" | sort)" "$options"

# --- what each line says ------------------------------------------------------------------------------------------
base=$(print)
has "the command without any of them" "$base" '^[^ ]*qemu-system-x86_64 '
while IFS='|' read -r option arguments qemu check; do
	read -r option <<<"$option"
	read -r qemu <<<"${qemu//\$tmp/$tmp}"
	qemu=${qemu//\$system/$system}
	read -r check <<<"$check"
	eval "set -- $arguments"
	got=$(print "$@")
	case $qemu in
	=) is "--$option: changes nothing there" "$got" "$base" ;;
	initrd)
		is "--$option: changes the initramfs alone" "$(without_initrd "$got")" "$(without_initrd "$base")"
		ok "--$option: changes it" test "$got" != "$base"
		;;
	'! '*) has "--$option: is refused" "$got" "^storeboot: .*${qemu#! }" ;;
	*)
		has "--$option: QEMU is told" "$got" "$qemu"
		is "--$option: and is not without it" "$(grep -cE -e "$qemu" <<<"$base")" 0
		has "--$option: a VM's test sees it" "$check" ^vm/
		;;
	esac
	file=$tests/${check%%:*}
	if [ -e "$file.c" ]; then
		has "--$option: ${check%%:*} has the function" "$(cat "$file.c")" "^static void ${check#*: }\("
		continue
	fi
	# As --OPTION, or in a file of --config; in no comment, and in no check's name.
	file+=.sh
	has "--$option: ${check%%:*} gives it to a run" "$(sed -E '/^\s*#/d; s/^\s*(ok|is|has|skip) "[^"]*"//' "$file")" \
		"--$option([^a-z0-9-]|\$)|^$option( |\$)"
	ok "--$option: it checks \"${check#*: }\"" grep -qE -e "^\s*(ok|is|has|ends|fails|launcher_fails) \"$(literal "${check#*: }")" "$file"
done < <(grep -v '^#' "$table")
tap_end
