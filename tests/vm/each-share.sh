#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# each-share.sh - every share to the store shows the same store, read-only; what is missing is named; nothing is left behind
# shellcheck disable=SC2016 # the guest expands its script, not this shell
set -u
# shellcheck source=tests/lib/vm.sh
. tests/lib/vm.sh
export XDG_CACHE_HOME=$tmp/cache
mkdir -m 700 "$XDG_CACHE_HOME"

other=$(vm_script "echo not in the closure")
facts=$(vm_script '
fact() { echo "FACT $*"; }
grep -E " (/nix/store|/hostfs|/run/storeboot/[a-z]+) " /proc/mounts | while read -r line; do fact mount "$line"; done
touch /nix/store/intruder 2>/dev/null && fact store-write yes || fact store-write refused
mount -o remount,rw /nix/store 2>/dev/null; touch /nix/store/intruder 2>/dev/null && fact store-rw yes || fact store-rw refused
fact address "$(ip -o -4 addr show eth0 | tr -s " ")"
fact modules "$(cut -d " " -f 1 /proc/modules | tr "\n" " ")"
nix-store --verify --check-contents >/tmp/verify 2>&1 && fact contents equal || fact contents differ
grep -E "modified|missing|error" /tmp/verify | head -n 5 | while read -r line; do fact verify "$line"; done
fact owner "$(stat -c %u:%g:%a "$(readlink -f "$systemConfig")")"
fact disks "$(ls -d /sys/block/[sv]d* | wc -l) $(grep -lF "[none]" /sys/block/[sv]d*/queue/scheduler | wc -l)"
fact paths "$(find /nix/store -mindepth 1 -maxdepth 1 ! -name ".*" | wc -l)"
[ -e '"$other"' ] && fact other there
smbs() { sed -n "s/^SMBs: \([0-9]*\) .*/\1/p" /proc/fs/cifs/Stats 2>/dev/null; }
set -- $(nix-store -qR "$systemConfig" | grep -e "-busybox\$")
echo 3 >/proc/sys/vm/drop_caches
before=$(smbs)
find "$@" -type f -exec cat {} + >/dev/null
[ $# = 1 ] && fact asked "$before $(smbs)"
true')
shares='cifs|nls_iso8859_1|9p|9pnet|9pnet_virtio|virtiofs|fuse|erofs|overlay'

guest() { # NAME: the values of a fact
	sed -n "s/^.*FACT $1 //p" <<<"$out"
}

# shown NAME TYPE MODULES: what every share has in common.
shown() {
	is "$1: exit" "$status" 0
	has "$1: what is mounted on /nix/store" "$(guest mount)" "^[^ ]+ /nix/store $2 ro,"
	is "$1: the store cannot be written" "$(guest store-write)" refused
	is "$1: nor after remount,rw" "$(guest store-rw)" refused
	is "$1: the hash of every path of the closure is the host's" "$(guest contents)$(guest verify)" equal
	has "$1: the network is up" "$(guest address)" '10\.0\.2\.15/24'
	local name want=
	for name in $3; do # some kernels have one or the other built in
		grep -q "/${name//_/[-_]}\.ko$" "$system"/kernel-modules/lib/modules/*/modules.builtin || want+=" $name"
	done
	is "$1: its modules, and no other share's" "$(guest modules | grep -oEw "$shares" | sort | xargs)" "${want# }"
	is "$1: nothing is left behind" "$(ls -A "$XDG_RUNTIME_DIR")" ""
}

# refused NAME EXIT PATTERN: the last run came to no QEMU, and one line says why.
refused() {
	is "$1: exit" "$status" "$2"
	is "$1: one line" "$(grep -cE "^storeboot: .*$3" <<<"$err")" 1
	is "$1: nothing is left behind" "$(ls -A "$XDG_RUNTIME_DIR")" ""
}

# --- each share -----------------------------------------------------------------------------------------------
run=(--image "$tmp/a.qcow2" --register "$facts" --append "demo.run=$facts")
vm_run 240 "${run[@]}" --share 9p
shown 9p 9p '9p 9pnet 9pnet_virtio'
vm_run 240 "${run[@]}" --share image
shown image erofs erofs
has "image: it says that it built one" "$err" 'built an image of the closure, [0-9]+ MiB in '
is "image: the closure's paths alone" "$(guest paths)" "$(nix_store -qR "$system" "$facts" | sort -u | wc -l)"
is "image: owner and mode" "$(guest owner)" 0:0:555
is "image: and no other" "$(guest other)" ""
is "image: neither its disk nor the root disk has an I/O scheduler" "$(guest disks)" "2 2"
image=$(echo "$XDG_CACHE_HOME"/storeboot/image/*)
hash=$(sha256sum <"$image")
vm_run 240 "${run[@]}" --cache
shown "cifs with the image over it" overlay 'cifs erofs nls_iso8859_1 overlay'
is "cifs with the image over it: the kept image is taken" "$(grep -c 'built an image' <<<"$err")" 0
has "cifs with the image over it: the share is asked for nothing that the image has" "$(guest asked)" '^([1-9][0-9]*) \1$'
is "cifs with the image over it: the host's other paths are there" "$(guest other)" there
# virtiofsd wants a descriptor for every file of the store: a store of its own that is small, by hard links.
mkdir -p "$tmp/store/.links"
# shellcheck disable=SC2046 # a list of store paths
cp -al $(nix_store -qR "$system" "$facts") "$tmp/store/" 2>/dev/null || cp -a $(nix_store -qR "$system" "$facts") "$tmp/store/"
"$storeboot" reginfo "$system" "$facts" >"$tmp/registration"
small=("$tmp/store/${system##*/}" --store "$tmp/store" --reginfo "$tmp/registration")
# vm_small SECONDS ARGUMENT...: vm_run with that store.
vm_small() {
	local limit=$1
	shift
	status=0
	timeout --kill-after=10 "$limit" "$storeboot" run "${small[@]}" --image "$tmp/a.qcow2" "$@" \
		</dev/null >"$tmp/out" 2>"$tmp/err" || status=$?
	out=$(tr -d '\r\000' <"$tmp/out") err=$(cat "$tmp/err")
	sed 's/^/# /' "$tmp/err"
}
if "$storeboot" run "${small[@]}" --image "$tmp/a.qcow2" --share virtiofs --print-qemu >/dev/null 2>"$tmp/err"; then
	vm_small 240 --share virtiofs --append "demo.run=$facts"
	shown virtiofs virtiofs 'fuse virtiofs'
	# Its server is killed while the guest reads.
	reads=$(vm_script 'echo "FACT reading"; while :; do cat /nix/store/*-busybox/bin/* >/dev/null; done')
	cp "$reads" "$tmp/store/"
	start=$SECONDS
	timeout 300 "$storeboot" run "${small[@]}" --image "$tmp/a.qcow2" --share virtiofs --append "demo.run=$reads" \
		</dev/null >"$tmp/out" 2>"$tmp/err" &
	pid=$!
	for ((i = 0; i < 600; i++)); do
		grep -q 'FACT reading' "$tmp/out" && break
		sleep 0.2
	done
	booted=$((SECONDS - start)) start=$SECONDS
	for child in $(pgrep -P "$(pgrep -P $pid)"); do
		! grep -qa virtiofsd "/proc/$child/cmdline" || kill -KILL "$child"
	done
	status=0
	wait $pid || status=$?
	err=$(cat "$tmp/err")
	refused "virtiofsd is killed" 68 'the share is gone: its server, virtiofsd, ended \(killed by signal 9'
	ok "virtiofsd is killed: the run ends soon" soon $((SECONDS - start)) "$booted"
	is "virtiofs: owner and mode" "$(guest owner)" "$([ "$(id -u)" = 0 ] && echo 0:0 || echo 65534:65534):555"
	# Past its limit of descriptors files would just not be there, by either kind of virtiofsd, and the one in Rust keeps
	# 610 for itself. Root may raise it.
	limit=$(($(find "$tmp/store" -printf '%D:%i\n' | sort -u | wc -l) + 600))
	few=(prlimit "--nofile=$limit:$limit")
	[ "$(id -u)" != 0 ] || few=(setpriv --bounding-set -sys_resource "${few[@]}")
	for daemon in host "$(scripts/programs trixie)/virtiofsd"; do
		options=()
		[ "$daemon" = host ] || options=(--virtiofsd "$daemon")
		status=0
		"${few[@]}" "$storeboot" run "${small[@]}" --image "$tmp/a.qcow2" --share virtiofs "${options[@]}" \
			</dev/null >"$tmp/out" 2>"$tmp/err" || status=$?
		err=$(cat "$tmp/err")
		refused "fewer descriptors than files, virtiofsd of ${daemon%/*}" 69 \
			"the limit of $limit \(ulimit -Hn\) is too low: .*; raise it, or say --expose closure or another --share\$"
	done
else
	skip "virtiofs" "$(cat "$tmp/err")"
fi

# --- auto ----------------------------------------------------------------------------------------------------
vm_run 240 "${run[@]}" --share auto --print-qemu
has "auto: the image" "$err" '^storeboot: the store comes by image: no share is faster$'
vm_run 240 "${run[@]}" --share auto --print-qemu --smbd /nonexistent --virtiofsd /nonexistent --cache
has "auto: what is left and why" "$err" \
	'^storeboot: the store comes by 9p, not by virtiofs \(/nonexistent: .*\)$'

# --- what is missing, damaged or full ------------------------------------------------------------------------
printf x | dd of="$image" bs=1 seek=1000000 conv=notrunc status=none
vm_run 240 "${run[@]}" --share image --timeout-stage1 1
has "a damaged image is built again" "$err" 'built an image of the closure'
is "and is what it was" "$(sha256sum <"$image")" "$hash"
vm_run 240 --image "$tmp/a.qcow2" --share image --image-cache-size 1M --timeout-stage1 1
is "the older image had to go" "$(find "$XDG_CACHE_HOME/storeboot/image" -type f | wc -l)" 1
ok "it is not there any more" [ ! -e "$image" ]
vm_run 60 "${run[@]}" --share virtiofs --virtiofsd /nonexistent
refused "no virtiofsd" 69 '/nonexistent: no such program'
printf '#!/bin/sh\n[ "$1" != --version ] || exec echo virtiofsd 1.0\necho "no such capability" >&2\nexit 3\n' >"$tmp/virtiofsd"
chmod +x "$tmp/virtiofsd"
vm_run 60 "${run[@]}" --share virtiofs --expose closure --virtiofsd "$tmp/virtiofsd"
refused "virtiofsd gives up" 68 'its server, virtiofsd, ended \(exit status 3\): no such capability'
vm_run 60 "${run[@]}" --share image --cache
refused "an image over itself" 64 '--share image is the image alone'
mkdir -p "$tmp/modules/lib/modules"
release=$(ls "$system/kernel-modules/lib/modules")
cp -rs "$(realpath "$system/kernel-modules/lib/modules/$release")" "$tmp/modules/lib/modules/"
rm "$tmp/modules/lib/modules/$release"/modules.{dep,builtin}
for file in modules.dep modules.builtin; do
	grep -vE '/(9p|9pnet_virtio|erofs)\.ko' "$system/kernel-modules/lib/modules/$release/$file" \
		>"$tmp/modules/lib/modules/$release/$file"
done
for share in 9p image; do
	vm_run 60 "${run[@]}" --modules "$tmp/modules" --share $share
	refused "a kernel without $share" 65 "kernel .* lacks the module .* \(needed for $share\)"
done
if [ "$(id -u)" = 0 ]; then
	mkdir "$tmp/full"
	unshare -m sh -c "mount -t tmpfs -o size=64M full '$tmp/full' && XDG_CACHE_HOME='$tmp/full' '$storeboot' run '$system' \
		--image '$tmp/a.qcow2' --share image; echo \$? >'$tmp/status'; find '$tmp/full/storeboot/image' -type f" >"$tmp/out" 2>"$tmp/err"
	status=$(cat "$tmp/status") err=$(cat "$tmp/err")
	refused "no room for the image" 68 'has [0-9]+ MiB free, and the closure.s image takes [0-9]+ MiB or more'
	is "no room for the image: no file is left" "$(cat "$tmp/out")" ""
	unshare -m sh -c "rm -rf '$XDG_CACHE_HOME/storeboot/image'; mount --bind /dev/null '$(command -v mkfs.erofs)' && '$storeboot' run '$system' --image '$tmp/a.qcow2' \
		--share image; echo \$? >'$tmp/status'" >/dev/null 2>"$tmp/err"
	status=$(cat "$tmp/status") err=$(cat "$tmp/err")
	refused "no mkfs.erofs" 69 'mkfs\.erofs is not on this host; install it: .*erofs-utils'
else
	skip "no room for the image, no mkfs.erofs" "needs root to arrange"
fi
tap_end
