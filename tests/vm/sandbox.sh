#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# sandbox.sh - host/nix/run-in-vm.nix: a VM in Nix's build sandbox, whose store is the build's closure and nothing else
# shellcheck disable=SC2016 # the guest's shell expands
set -u
# shellcheck source=tests/lib/vm.sh
. tests/lib/vm.sh
tools=$(tests/lib/nix-tools) || exit 1

# nix ARGUMENT...: one of Nix's programs; who builds is shut in, or the build fails.
nix() {
	local as=()
	[ -w /nix/store ] || as=(sudo)
	"${as[@]}" env NIX_CONFIG=$'build-users-group =\nsandbox = true\nsandbox-fallback = false\nsubstitute = false' "$@"
}

# vm NAME COMMAND [OPTIONS]: the derivation of a run; COMMAND is within a Nix string, OPTIONS are such. The time makes it one that was not built.
vm() {
	cat >"$tmp/$1.nix" <<-END
	import $PWD/host/nix/run-in-vm.nix {
	  tools = builtins.storePath $tools;
	  system = builtins.storePath $system;
	  name = "$1";
	  command = ''
	    # $(date +%s%N)
	    $2
	  '';
	  options = [ "--timeout" "200" ${3-} ];
	}
	END
	nix nix-instantiate "$tmp/$1.nix" 2>/dev/null
}

# build DERIVATION: sets status, result and log.
build() {
	status=0
	result=$(nix timeout --kill-after=10 400 nix-store --realise "$1" 2>"$tmp/log") || status=$?
	log=$(cat "$tmp/log")
	sed 's/^/# /' "$tmp/log"
}

# inputs DERIVATION: the closure of what it is built from.
inputs() {
	local drv
	for drv in $(nix nix-store -q --references "$1"); do
		case $drv in
		*.drv) nix nix-store -q --outputs "$drv" ;;
		*) echo "$drv" ;;
		esac
	done | xargs nix-store -qR | sort -u
}

# --- a command that succeeds -------------------------------------------------------------------------------
# A file of the host is there because the command names it; one that it does not name is not.
echo "of the host" >"$tmp/input"
input=$(nix_store --add "$tmp/input")
drv=$(vm vm-works 'echo stdout
	    echo to the log >&2
	    echo for the console >/dev/console
	    ls -A /nix/store >$out/store
	    nix-store -qR '"$system"' $(dirname $0) >$out/closure
	    cat ${builtins.storePath '"$input"'} >$out/input
	    mkdir -p $out/a/b && echo program >$out/a/b/program && chmod 755 $out/a/b/program && ln -s a/b $out/link')
build "$drv"
is "a run: it builds" "$status" 0
has "a run: stderr is in the log" "$log" '^to the log$'
has "a run: stdout is in the log" "$log" '^stdout$'
is "a run: stdout is kept, alone" "$(cat "$result/stdout")" stdout
is "a run: the guest's store is what the derivation depends on" "$(sort "$result/store")" \
	"$( (inputs "$drv" | sed 's,.*/,,' && echo .links) | sort)"
script=$(inputs "$drv" | grep -- '-vm-works-command$')
is "a run: the guest's Nix knows the closures of system and command" "$(sort "$result/closure")" \
	"$(nix_store -qR "$system" "$script" | sort)"
is "a run: a file that the command names" "$(cat "$result/input")" "of the host"
is "a run: what it leaves in \$out, with modes and links" \
	"$(cat "$result/link/program" && readlink "$result/link" && stat -c %A "$result/a/b/program")" "program
a/b
-r-xr-xr-x"
is "a run: its own files beside that" "$(ls "$result")" "a
closure
console.log
events.json
input
link
stdout
store
timings.svg"
has "a run: the console" "$(tr -d '\r' <"$result/console.log")" '^for the console$'
has "a run: the steps' times" "$(cat "$result/events.json")" '"step":"share",.*"took_us":[0-9]+'
registration=$(inputs "$drv" | grep -- '-registration$' | xargs grep -l "^$system$")
# But for the derivers, which nobody tells a build.
is "a run: the sandbox's registration is what Nix's database has" "$(grep -v '\.drv$' "$registration" | grep .)" \
	"$("$storeboot" reginfo "$system" | grep -v '\.drv$' | grep .)"

# --- and one that fails ---------------------------------------------------------------------------------------
drv=$(vm vm-fails 'echo the reason >&2; echo for the console >/dev/console; exit 9' '"--disk-interface" "scsi"')
build "$drv"
is "a failure: the build fails" "$status" 100
has "a failure: by the command's own status" "$log" "failed with exit code 9(;|$)"
log=$(nix nix-store --read-log "$drv" | tr -d '\r')
has "a failure: Nix's log has the reason" "$log" '^the reason$'
has "a failure: and the console" "$log" '^for the console$'
is "a failure: by scsi, too, the guest finds the disk for what it leaves" "$(grep -c 'cannot hand' <<<"$log")" 0

# --- where it may be built ------------------------------------------------------------------------------------
features() {
	sed 's/options = .*/&'"$1"'/' "$tmp/vm-works.nix" >"$tmp/features.nix"
	nix nix-instantiate --eval --strict -E "(import $tmp/features.nix).requiredSystemFeatures" 2>/dev/null
}
is "any machine may build it" "$(features '')" "[ ]"
is "one with KVM, where that is asked for" "$(features ' kvm = true;')" '[ "kvm" ]'
tap_end
