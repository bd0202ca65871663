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
mkdir fpath && cp c.zsh fpath/_storeboot

# bash_completes WORD...: what it offers for the last word.
bash_completes() {
	bash --norc -c '. ./c.bash; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=(); _storeboot; printf "%s\n" "${COMPREPLY[@]}"' bash "$@"
}
fish_completes() {
	HOME=$tmp fish --no-config -c 'source c.fish; complete -C "$argv[1]"' -- "$1" | cut -f 1
}
# zsh completes on a terminal alone: what the line is after it.
zsh_completes() {
	timeout 60 zsh -f -c 'zmodload zsh/zpty && zpty z zsh -f -i
		zpty -w z "PS1=; fpath=(\$PWD/fpath \$fpath); autoload -Uz compinit; compinit -u -D
			show() { zle complete-word; print -r \"line:\$BUFFER:\"; exit }; zle -N show; bindkey ^X show; echo rea\"\"dy"
		zpty -r z out "*ready*"; zpty -w -n z "$1"$'"'\\C-x'"'
		zpty -r z out "*line:*:*"; print -r -- "${${out##*line:}%%:*}"' zsh "$1"
}

commands=$(storeboot --help | sed -n '/^Commands:/,/^$/s/^  \([a-z-]*\) .*/\1/p')
has "--help has the commands" "$commands" '^run$'
for c in $commands; do
	has "bash: $c" "$(bash_completes storeboot '')" "^$c\$"
	want=$(storeboot "$c" --help | grep -oE '^ +(-., )?--[a-z0-9-]+' | grep -oE -e '--[a-z0-9-]+' | grep -vx -e --help | sort -u)
	is "bash: each option of $c" "$(bash_completes storeboot "$c" -- | grep -vx -e --help | sort -u)" "$want"
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
is "zsh: a value's words, begun" "$(zsh_completes 'storeboot run --share v')" "storeboot run --share virtiofs "
words=$(storeboot initrd --help | grep -oE 'initrd [a-z|]+ FILE' | cut -d ' ' -f 2 | tr '|' '\n')
has "initrd has words of its own" "$words" '^verify$'
is "bash: the words of initrd" "$(bash_completes storeboot initrd '' | grep -v ^--)" "$words"
is "bash: behind them files" "$(bash_completes storeboot initrd ls a)" a-file
is "bash: none in their place" "$(bash_completes storeboot initrd a)" ""
is "bash: the words of completion" "$(bash_completes storeboot completion '' | grep -v ^-- | tr '\n' ' ')" "bash zsh fish "
is "fish: the words of initrd" "$(fish_completes 'storeboot initrd ' | sort)" "$(sort <<<"$words")"
is "fish: behind them files" "$(fish_completes 'storeboot initrd ls a')" a-file
is "fish: a file where an option wants one" "$(fish_completes 'storeboot initrd -o a')" a-file
for word in $words; do
	is "zsh: initrd $word" "$(zsh_completes "storeboot initrd ${word%?}")" "storeboot initrd $word "
	is "zsh: behind $word files" "$(zsh_completes "storeboot initrd $word a")" "storeboot initrd $word a-file "
	storeboot initrd "$word" --help >/dev/null
	is "initrd $word: there is one" $? 0
done
storeboot completion tcsh >/dev/null 2>err
is "another shell: exit status" $? 64
for c in $commands; do
	has "$c --help: the usage" "$(storeboot "$c" --help)" "^Usage: storeboot $c"
	storeboot "$c" --help >/dev/null 2>&1
	is "$c --help: exit status" $? 0
	is "help $c: the same" "$(storeboot help "$c")" "$(storeboot "$c" --help)"
	ok "$c --help: two examples" test "$(storeboot "$c" --help | sed -n '/^Examples:/,/^$/p' | grep -c '^  ')" -ge 2
	is "$c --help: each line of an option is understood alone" \
		"$(storeboot "$c" --help | grep -E '^  (-., )?--' | grep -wE 'that one|the same|it|there|them|they')" ""
	is "$c --help: a default has one form" "$(storeboot "$c" --help | grep -E '^  (-., )?--' | grep default | grep -vE '\(default(: .*)?\)$')" ""
done
is "help of all: the commands" "$(bash_completes storeboot help '' | grep -v ^-- | sort)" \
	"$(storeboot --help | sed -n '/^Commands:/,/^$/s/^  \([a-z-]*\) .*/\1/p' | sort)"
is "help: the list of commands" "$(storeboot help)" "$(storeboot --help)"
storeboot help nosuch >/dev/null 2>err
is "help of no command: exit status" $? 64
for group in "Most used" System Machine Disks Network Store Command Console Limits Diagnostics; do
	has "run --help: the group $group" "$(storeboot run --help)" "^$group:\$"
done
is "run --help: the ten most used first" "$(storeboot run --help | sed -n '/^Most used:/,/^$/p' | grep -c '^  -')" 10
is "doctor --help: no option of another group" "$(storeboot doctor --help | grep -cE -e '--(memory|network|env|timeout|graphics)')" 0
tap_end
