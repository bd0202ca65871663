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

# print [SYSTEM] ARGUMENT...: what --print-qemu prints, or the line that says why there is none.
print() {
	local out
	case ${1-} in /*) ;; *) set -- "$system" "$@" ;; esac
	if out=$("$storeboot" run --name base --accel tcg --print-qemu "$@" 2>err </dev/null); then
		printf '%s\n' "$out"
	else
		grep '^storeboot: ' err | tail -n 1
	fi
}

# command_of PRINTED, comments_of PRINTED: the parts of it.
command_of() {
	grep -v '^#' <<<"$1"
}
comments_of() {
	grep '^#' <<<"$1"
}

# whole EXPRESSION: the one that matches it as whole words, or properties between commas or in JSON's braces.
whole() {
	printf "(^|[ ,{'])(%s)(\$|[ ,}'])" "$1"
}

# loose COMMAND EXPRESSION: how often what it matches there is still matched with a figure more before or behind it.
loose() {
	local rest
	[[ $1 =~ $2 ]] || return
	rest=${1#*"${BASH_REMATCH[0]}"}
	set -- "${1%%"${BASH_REMATCH[0]}"*}${BASH_REMATCH[1]}" "$2" "${BASH_REMATCH[2]}" "${BASH_REMATCH[-1]}$rest"
	printf '%s\n' "${1}9$3$4" "$1${3}9$4" | grep -cE -e "$2"
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
"$storeboot" reginfo "$system" >registration
"$storeboot" initrd -o initrd --kernel "$system/kernel" --modules "$system/kernel-modules"

# --- every option has its line, and every line its option --------------------------------------------------------
options=$("$storeboot" run --help | grep -oE '^ +(-., )?--[a-z0-9-]+' | grep -oE '[a-z0-9-]{2,}$' | sed 's/^--//' | grep -vx help | sort)
is "an option a line, a line an option" "$(sed '/^#/d; s/ *|.*//' "$table" | sort)" "$options"

# --- what each line says ------------------------------------------------------------------------------------------
base=$(print)
bare=$(command_of "$base")
has "the command without any of them" "$bare" '^[^ ]*qemu-system-x86_64 '
is "one line" "$(grep -c '' <<<"$bare")" 1
while IFS='|' read -r option arguments qemu check; do
	read -r option <<<"$option"
	read -r qemu <<<"${qemu//\$tmp/$tmp}"
	qemu=${qemu//\$system/$system}
	read -r check <<<"$check"
	eval "set -- $arguments"
	got=$(print "$@")
	told=$(command_of "$got")
	case $qemu in
	=) is "--$option: changes nothing there" "$got" "$base" ;;
	'# '*)
		is "--$option: changes nothing in the command" "$told" "$bare"
		has "--$option: a comment says so" "$(comments_of "$got")" "${qemu#\# }([,.]|\$)"
		is "--$option: and not without it" "$(comments_of "$base" | grep -cE -e "${qemu#\# }")" 0
		;;
	initrd)
		is "--$option: changes the initramfs alone" "$(without_initrd "$told")" "$(without_initrd "$bare")"
		ok "--$option: changes it" test "$told" != "$bare"
		;;
	'! '*) has "--$option: is refused" "$got" "^storeboot: .*${qemu#! }" ;;
	*)
		qemu=$(whole "$qemu")
		has "--$option: QEMU is told" "$told" "$qemu"
		is "--$option: and is not without it" "$(grep -cE -e "$qemu" <<<"$bare")" 0
		is "--$option: another value is told from it" "$(loose "$told" "$qemu")" 0
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
