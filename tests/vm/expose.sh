#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# expose.sh - --expose: the guest sees the system's closure and no other path, or the whole host, to read
# shellcheck disable=SC2016 # the guest expands its script, not this shell
set -u
# shellcheck source=tests/lib/vm.sh
. tests/lib/vm.sh
image=$tmp/disk.qcow2
echo "of the host" >"$tmp/file"
script=$(vm_script 'echo "STORE $(ls -A /nix/store | tr "\n" " ")"
echo "FILE $(cat "/hostfs'"$tmp"'/file")"
touch "/hostfs'"$tmp"'/intruder" 2>/dev/null || echo "WRITE refused"
mount -o remount,rw /nix/store 2>/dev/null
touch /nix/store/intruder 2>/dev/null || echo "ADD refused"
echo "PROC $(ls -A /hostfs/proc | wc -l)"
nix-store --verify && echo "VERIFIED $(nix-store --dump-db | sha256sum)"')
link=$tmp/a-link
ln -s /nowhere "$link"
link=$(nix_store --add "$link")

vm_run 240 --image "$image" --append "demo.run=$script" --expose closure --register "$script" --register "$link"
is "the closure: exit" "$status" 0
is "the closure: and nothing else is in the store" "$(sed -n 's/^STORE //p' <<<"$out" | tr ' ' '\n' | grep -v '^$' | sort)" \
	"$( (nix_store -qR "$system" "$script" "$link" | sed 's,.*/,,' && echo .links) | sort)"
has "the closure: Nix in the guest finds it whole" "$out" '^VERIFIED '
has "the closure: nothing can be added" "$out" '^ADD refused'
is "the closure: nothing of the host beside it" "$(sed -n 's/^FILE //p' <<<"$out")" ""

vm_run 240 --image "$image" --append "demo.run=$script" --expose root
is "the host: exit" "$status" 0
has "the host: a warning" "$err" '^storeboot: the guest may read all files of this host'
is "the host: its files can be read" "$(sed -n 's/^FILE //p' <<<"$out")" "of the host"
has "the host: and not written" "$out" '^WRITE refused'
ok "the host: nothing was written" [ ! -e "$tmp/intruder" ]
is "the host: its processes are not shown" "$(sed -n 's/^PROC //p' <<<"$out")" 0
# What a sandbox's own folder holds must be as read-only as the rest.
vm_run 240 --image "$image" --append "demo.run=$script" --expose closure --register "$script" --register "$link" --share virtiofs
is "the closure by virtiofs: exit" "$status" 0
is "the closure by virtiofs: and nothing else is in the store" "$(sed -n 's/^STORE //p' <<<"$out" | tr ' ' '\n' | grep -v '^$' | sort)" \
	"$( (nix_store -qR "$system" "$script" "$link" | sed 's,.*/,,' && echo .links) | sort)"
has "the closure by virtiofs: Nix in the guest finds it whole" "$out" '^VERIFIED '
has "the closure by virtiofs: nothing can be added" "$out" '^ADD refused'
# --- 5,000 paths ----------------------------------------------------------------------------------------------------
# A store of its own: the demo's closure, and paths which only the registration makes part of it.
mkdir "$tmp/store" && registration=$tmp/registration
mapfile -t paths < <(nix_store -qR "$system")
nix_store --dump-db "${paths[@]}" >"$registration"
demo=$system
vm_store "$tmp/store"
for ((i = 0; i < 5000; i++)); do
	name=$(printf '%032d-path' $i)
	mkdir "$tmp/store/$name"
	printf '/nix/store/%s\n%064d\n96\n\n0\n' "$name" 0
done >>"$registration"
echo "not yours" >"$tmp/store/hidden"

# share_step SHARE WHAT: boots to the end of stage 1. Sets share_us: how long the store took to be mounted; out: how many
# paths there are.
share_step() {
	vm_run 240 --root tmpfs --store "$tmp/store" --reginfo "$registration" --share "$1" --expose "$2" --json "$tmp/events" \
		--no-stage2 -- sh -c 'cd /nix/store && ls | wc -l && ls -d 0000000000*-path | wc -l && cat hidden'
	share_us=$(sed -n 's/.*"step":"share",.*"took_us":\([0-9]*\).*/\1/p' "$tmp/events" | tail -n 1)
}
for share in cifs virtiofs; do
	for _ in 1 2 3; do # other work on this machine adds to either, so one pair of several is enough
		share_step $share store
		store_us=$share_us
		share_step $share closure
		echo "# $share: the store is mounted in ${store_us:=0} us, the closure in ${share_us:=0} us"
		[ "$((share_us * store_us))" -gt 0 ] || continue
		[ $((share_us * 2)) -ge $((store_us * 3)) ] || break
	done
	ok "5,000 paths by $share: mounted within 1.5 times the time of the store" [ "$share_us" -gt 0 -a $((share_us * 2)) -lt $((store_us * 3)) ]
	is "5,000 paths by $share: all are there, and no other" "$(tr '\n' ' ' <<<"$out")" "$((${#paths[@]} + 5000)) 5000 "
done
system=$demo

for share in 9p:closure 9p:root virtiofs:root image:root; do
	vm_run 60 --image "$image" --share "${share%:*}" --expose "${share#*:}"
	is "$share: exit" "$status" 64
	has "$share: the line says why" "$err" '^storeboot: run: --expose (root is for --share cifs; by .*--bind /:FOLDER:ro|closure is not for --share 9p: )'
done
vm_run 60 --image "$image" --expose closure --reginfo /dev/null
is "no registration: exit" "$status" 65
nix_store --delete "$link" >/dev/null 2>&1
tap_end
