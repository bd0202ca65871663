#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# initrd.sh - `storeboot initrd` on a real kernel: what is in it, the same bytes every time, what it refuses and that
# a refusal leaves nothing behind, and that the kernel unpacks each format.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib/host.sh
. tests/lib/host.sh
export XDG_CACHE_HOME=$tmp/cache

tree=$(BUILD=$build scripts/kernel) || exit 1
release=$(cat "$tree/release")
kernel=$(readlink -f "$tree/kernel")

# initrd ARGUMENT...: builds $tmp/out from the real tree; sets status and err.
initrd() {
	status=0
	err=$("$storeboot" initrd -o "$tmp/out" "$@" 2>&1 >/dev/null) || status=$?
}
real=(--kernel "$kernel" --modules "$tree")

# unpack FILE: into $tmp/unpacked, with tools that are not ours.
unpack() {
	rm -rf "$tmp/unpacked"
	mkdir "$tmp/unpacked"
	(cd "$tmp/unpacked" && cpio -i --quiet --no-absolute-filenames <"$1")
}

# refused NAME STATUS PATTERN ARGUMENT...: one line, the exit code, and the file that was there is as it was.
refused() {
	local name=$1 want=$2 pattern=$3
	shift 3
	cp "$tmp/before" "$tmp/out"
	initrd "$@"
	is "$name: exit status" "$status" "$want"
	has "$name: the reason" "$err" "$pattern"
	is "$name: one line" "$(wc -l <<<"$err")" 1
	is "$name: nothing written" "$(cmp "$tmp/out" "$tmp/before" 2>&1)$(find "$tmp" -maxdepth 1 -name 'out*' | wc -l)" 1
}

# --- another architecture's kernel: a fake Image is enough to be asked for its storeboot-init ------------------
{
	head -c 56 /dev/zero
	printf 'ARM\x64\0\0\0\0Linux version 6.6.1-arm (x)'
} >"$tmp/Image"
mkdir "$tmp/bin"
cp "$storeboot" "$tmp/bin/"
err=$("$tmp/bin/storeboot" initrd -o "$tmp/out" --kernel "$tmp/Image" 2>&1)
is "another architecture: exit status" $? 69
has "another architecture: what to run" "$err" "storeboot-init for aarch64 is missing: .*run make ARCH=aarch64 "
mkdir "$tmp/bin/aarch64"
cp "$build/storeboot-init" "$tmp/bin/aarch64/" # found, but of the wrong kind
err=$("$tmp/bin/storeboot" initrd -o "$tmp/out" --kernel "$tmp/Image" 2>&1)
is "another architecture: the wrong program: exit status" $? 65
has "another architecture: the wrong program" "$err" "init program $tmp/bin/aarch64/storeboot-init is for x86_64, but the kernel .*Image is for aarch64"

# --- what is in it --------------------------------------------------------------------------------------
initrd "${real[@]}" --compress none
cp "$tmp/out" "$tmp/before"
is "builds from Debian's kernel" "$status:$err" "0:"
names=$(cpio -t --quiet <"$tmp/out")
is "names are sorted" "$names" "$(LC_ALL=C sort <<<"$names")"
is "each name once" "$(uniq -d <<<"$names")" ""
owners=$(TZ=UTC cpio -tvn --quiet <"$tmp/out" | awk '{ print $3, $4, $(NF - 3), $(NF - 2), $(NF - 1) }' | sed 's/ 5, 1 / /' | sort -u)
has "owner is root, times are 0" "$owners" '^0 0 '
is "one owner" "$(awk '{ print $1, $2 }' <<<"$owners" | sort -u)" "0 0"
unpack "$tmp/out"
order=$(cat "$tmp/unpacked/modules/order")
has "the disk's module" "$order" '^disk virtio_blk\.ko$'
has "the share's module" "$order" '^cifs cifs\.ko$'
is "every module in order is there, and no other" "$(awk '{ print $2 }' <<<"$order" | sort)" \
	"$(cd "$tmp/unpacked/modules" && find . -name '*.ko' -printf '%f\n' | sort)"
ok "/init is storeboot-init" cmp -s "$tmp/unpacked/init" "$build/storeboot-init"
ok "/init can be executed" test -x "$tmp/unpacked/init"

# modprobe's own view of the order: what a module depends on is before it.
late=
while read -r _ file; do
	name=${file%.ko}
	for dep in $(modprobe -d "$tree" -S "$release" --show-depends "$name" 2>/dev/null |
		awk '$1 == "insmod" { sub(/.*\//, "", $2); sub(/\.ko.*/, "", $2); print $2 }'); do
		[ "$dep" = "$name" ] && break
		# A softdep that only modprobe follows is not in the list at all.
		grep -q " $dep\.ko$" <<<"$order" || continue
		grep -B 100 -x "[a-z0-9,]* $name\.ko" <<<"$order" | grep -q " $dep\.ko$" || late+="$dep after $name; "
	done
done <<<"$order"
is "dependencies come first, by modprobe's word" "$late" ""

if [ -n "$(find -L "$tree" -name 'pvpanic*')" ]; then
	has "the driver that tells of a panic" "$order" '^panic pvpanic.*\.ko$'
else
	skip "the driver that tells of a panic" "it is no module of $release"
fi

initrd "${real[@]}" --compress none --need disk
is "--need disk: only the bus and the disk" \
	"$(cpio -i --quiet --to-stdout modules/order <"$tmp/out" | awk '{ print $1 }' | uniq | xargs)" "base disk"
initrd "${real[@]}" --compress none --need disk --module loop
has "--module" "$(cpio -i --quiet --to-stdout modules/order <"$tmp/out")" '^extra loop\.ko$'

# --- the same bytes -------------------------------------------------------------------------------------
for how in none gzip xz zstd; do
	"$storeboot" initrd -o "$tmp/a" "${real[@]}" --compress $how
	(umask 077 && cd / && TZ=Asia/Tokyo LC_ALL=C.UTF-8 HOME=/nonexistent "$storeboot" initrd -o - "${real[@]}" \
		--compress $how | cat >"$tmp/b")
	ok "$how: the same bytes under another umask, folder, time zone and locale" cmp "$tmp/a" "$tmp/b"
done
# Copied back to front, so that folders list in another order.
mkdir -p "$tmp/copy/usr/lib/modules/$release"
(cd "$tree/lib/modules/$release" && find . -type f \( -name 'modules.*' -o -path '*virtio*' -o -path '*/fs/*' -o -path \
	'*failover*' -o -path '*pvpanic*' -o -path '*dns_resolver*' -o -path '*/lib/*crc*' -o -path '*/net/9p/*' -o -path \
	'*/crypto/crc*' \) | sort -r |
	cpio -p --quiet -d "$tmp/copy/usr/lib/modules/$release")
for modules in "$tmp/copy" "$tmp/copy/usr/lib/modules/$release"; do
	rm -f "$tmp/b"
	"$storeboot" initrd -o "$tmp/b" --kernel "$kernel" --modules "$modules" --compress zstd
	ok "the same bytes from ${modules#"$tmp/copy"}/ of a copy" cmp "$tmp/a" "$tmp/b"
done
# The reference for the size is zstd's own tool, at the same level, on the same files.
for needs in '' 'disk root net cifs'; do
	read -ra options <<<"${needs:+--need ${needs// / --need }}"
	"$storeboot" initrd -o "$tmp/out" "${real[@]}" --compress none "${options[@]}"
	unpack "$tmp/out"
	reference=$(find "$tmp/unpacked" -type f -print0 | LC_ALL=C sort -z | xargs -0 cat | zstd -9 -c | wc -c)
	bytes=$("$storeboot" initrd -o - "${real[@]}" --compress zstd "${options[@]}" | wc -c)
	ok "${needs:-every need}: at most 1.02 times as large as its files packed by zstd ($bytes to $reference bytes)" \
		test $((bytes * 100)) -le $((reference * 102))
done
gunzip -tq <("$storeboot" initrd -o - "${real[@]}" --compress gzip); is "gzip's own tool reads it" $? 0
xz -tq <("$storeboot" initrd -o - "${real[@]}" --compress xz); is "xz's own tool reads it" $? 0

# --- what it refuses ------------------------------------------------------------------------------------
module=$(find "$tmp/copy" -name 'virtio_blk.ko*')
head -c 40000 "$kernel" >"$tmp/kernel-cut"
head -c -100 "$module" >"$tmp/module-cut"
cp "$module" "$tmp/module"
refused "no such kernel" 65 'cannot open the kernel /nonexistent: No such file' --kernel /nonexistent --modules "$tree"
refused "a kernel cut short" 65 "kernel $tmp/kernel-cut is cut short" --kernel "$tmp/kernel-cut" --modules "$tree"
refused "a file that is no kernel" 65 'is not a Linux kernel' --kernel /etc/passwd --modules "$tree"
refused "no such folder of modules" 65 '/nonexistent: No such file' --kernel "$kernel" --modules /nonexistent
refused "another kernel's modules" 65 "no modules for kernel 9\.9 in $tree, only for $release" \
	--modules "$tree" --kernel-version 9.9
cp "$tmp/module-cut" "$module"
refused "a module cut short" 65 'virtio_blk\.ko.* is cut short' --kernel "$kernel" --modules "$tmp/copy"
rm "$module"
refused "a module that is gone" 65 'virtio_blk\.ko.*No such file.*run depmod' --kernel "$kernel" --modules "$tmp/copy"
cp "$tmp/module" "$module"
refused "an init program that is dynamic" 65 'linked dynamically' "${real[@]}" --init "$storeboot"
refused "no such init program" 69 '/nonexistent' "${real[@]}" --init /nonexistent
refused "an unknown need" 64 'unknown need dusk' "${real[@]}" --need dusk
refused "a module nobody has" 65 'lacks the module nobody' "${real[@]}" --module nobody
mkdir -p "$tmp/copy/usr/lib/modules/9.9"
refused "several kernels' modules" 65 'several kernels.*choose one' --modules "$tmp/copy"
mv "$tmp/copy/usr/lib/modules/$release/modules.dep" "$tmp/dep"
refused "no modules.dep" 65 'no modules\.dep in .*run: depmod' --kernel "$kernel" --modules "$tmp/copy"
refused "an option nobody knows" 64 'unknown' "${real[@]}" --frobnicate
err=$("$storeboot" initrd "${real[@]}" 2>&1)
is "-o is needed: exit status" $? 64
has "-o is needed" "$err" '-o FILE is missing'
status=0
"$storeboot" initrd -o "$tmp/none/out" "${real[@]}" 2>"$tmp/err" || status=$?
is "an output folder that is not there: exit status" "$status" 65
has "an output folder that is not there" "$(cat "$tmp/err")" 'cannot write the initramfs to .*/none/out: No such file'
if command -v script >/dev/null; then
	out=$(script -qec "'$storeboot' initrd -o - --modules '$tree'" /dev/null)
	is "a terminal is refused: exit status" $? 64
	has "a terminal is refused" "$out" 'will not write an archive to a terminal'
else
	skip "a terminal is refused" "script(1) is not here"
fi
ok "the user's cache was not touched" test ! -e "$tmp/cache"

# --- the kernel reads it --------------------------------------------------------------------------------
# Without a disk stage 1 ends at once; that it says so shows that /init and its modules were unpacked.
if command -v qemu-system-x86_64 >/dev/null; then
	# By default the share is cifs, and there is no channel; the modules of the others stay where they are.
	loaded=$(grep -vcE '^(9p|virtiofs|image|overlay|channel) ' <<<"$order")
	for how in none gzip xz zstd; do
		"$storeboot" initrd -o "$tmp/boot" "${real[@]}" --compress $how
		timeout 120 qemu-system-x86_64 -nodefaults -no-reboot -display none -m 384 -accel tcg -serial "file:$tmp/console" \
			-kernel "$kernel" -initrd "$tmp/boot" -append "cryptomgr.notests console=ttyS0 panic=-1 storeboot.deadline=1 init=/x systemConfig=/x" \
			</dev/null >/dev/null 2>&1
		has "Linux unpacks $how and starts /init" "$(tr -d '\r\000' <"$tmp/console")" \
			"storeboot: modules ok .* $loaded loaded"
	done
else
	skip "Linux unpacks each format" "qemu-system-x86_64 is not here"
fi
tap_end
