#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# completion.sh - `storeboot completion`: in each shell every command, every option of --help, and their words
# shellcheck disable=SC2016 # other shells expand it
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib/host.sh
. tests/lib/host.sh
cd "$tmp" || exit 1
PATH=$build:$PATH
for shell in bash zsh fish; do
	storeboot completion "$shell" >"c.$shell"
	is "$shell: exit status" $? 0
done
touch a-file

# bash_completes WORD...: what it offers for the last word.
bash_completes() {
	bash --norc -c '. ./c.bash; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=(); _storeboot; printf "%s\n" "${COMPREPLY[@]}"' bash "$@"
}
fish_completes() {
	HOME=$tmp fish --no-config -c 'source c.fish; complete -C "$argv[1]"' -- "$1" | cut -f 1
}

for c in run list exec console stop doctor initrd reginfo; do
	has "bash: $c" "$(bash_completes storeboot '')" "^$c\$"
	want=$(storeboot $c --help | grep -oE '^ +(-., )?--[a-z0-9-]+' | grep -oE -e '--[a-z0-9-]+' | grep -vx -e --help | sort -u)
	is "bash: each option of $c" "$(bash_completes storeboot $c -- | grep -vx -e --help | sort -u)" "$want"
	is "fish: each option of $c" "$(fish_completes "storeboot $c --" | sed 's/=$//' | grep ^-- | sort -u)" "$want"
done
is "bash: a value's words" "$(bash_completes storeboot run --share '' | tr '\n' ' ')" "cifs 9p virtiofs image auto "
is "bash: a value's words, begun" "$(bash_completes storeboot run --share v)" virtiofs
is "bash: a file" "$(bash_completes storeboot run --kernel a)" a-file
is "bash: what is no file" "$(bash_completes storeboot run --memory a)" ""
is "fish: a value's words" "$(fish_completes 'storeboot run --share ' | sort | tr '\n' ' ')" "9p auto cifs image virtiofs "
is "fish: commands" "$(fish_completes 'storeboot ini')" initrd
ok "zsh reads it" zsh -n c.zsh
is "zsh: each option of run" "$(sed -n '/^\trun)/,/;;/p' c.zsh | grep -oE "^\s+'\*?--[a-z0-9-]+" | grep -oE -e '--[a-z0-9-]+' | sort)" \
	"$(storeboot run --help | grep -oE '^ +(-., )?--[a-z0-9-]+' | grep -oE -e '--[a-z0-9-]+' | grep -vx -e --help | sort)"
storeboot completion tcsh >/dev/null 2>err
is "another shell: exit status" $? 64
tap_end
