#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# initrd-view.sh - `storeboot initrd ls|cat|verify|diff` on initramfs images of Debian's own tools, in each format the
# kernel takes, beside lsinitramfs, unmkinitramfs and cpio.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib/host.sh
. tests/lib/host.sh
cd "$tmp" || exit 1

# Debian's mkinitramfs for the demo kernel, with few modules: enough of all kinds of entries.
tree=$(cd "$OLDPWD" && BUILD=$build scripts/kernel) || exit 1
release=$(cat "$tree/release")
mkdir -p conf
cp -a /etc/initramfs-tools/. conf/
sed -i 's/^MODULES=.*/MODULES=list/; s/^COMPRESS=.*/COMPRESS=cat/' conf/initramfs.conf
rm -rf conf/conf.d/*
# It looks for the modules in /lib/modules, and for a kernel's configuration: there in a mount namespace of our own.
unshare --mount sh -ec "mount -t tmpfs tmpfs /mnt && mkdir /mnt/u /mnt/w &&
	mount -t overlay -o lowerdir=/usr/lib,upperdir=/mnt/u,workdir=/mnt/w overlay /usr/lib
	mount -t tmpfs tmpfs /boot && printf 'CONFIG_RD_%s=y\n' GZIP XZ ZSTD LZ4 >/boot/config-$release
	mkdir -p /usr/lib/modules && mount --bind '$tree/lib/modules' /usr/lib/modules
	mkinitramfs -d '$tmp/conf' -c gzip -o '$tmp/plain.gz' $release" >log 2>&1 || { cat log; echo "not ok 1 - mkinitramfs"; exit 1; }
gzip -d plain.gz

# The early archive of microcode, as kernel documentation x86/microcode has it.
mkdir -p early/kernel/x86/microcode
echo microcode >early/kernel/x86/microcode/GenuineIntel.bin
(cd early && find . | sort | cpio -o -H newc --quiet -R 0:0 >../microcode)
declare -A pack=([cat]=cat [gzip]='gzip -n' [xz]='xz -1 --check=crc32' [zstd]='zstd -q -5' [lz4]='lz4 -l')
for how in cat gzip xz zstd lz4; do
	${pack[$how]} <plain >"main.$how" 2>/dev/null
	cat microcode "main.$how" >"both.$how"
	is "$how: the same names as lsinitramfs" "$("$storeboot" initrd ls "both.$how" | sed 's,^\./,,' | sort | md5sum)" \
		"$(lsinitramfs "both.$how" 2>/dev/null | sed 's,^\./,,' | sort | md5sum)"
	is "$how, alone: the same names as cpio" "$("$storeboot" initrd ls "main.$how" | md5sum)" "$(cpio -it --quiet <plain | md5sum)"
	has "$how: verify names each part" "$("$storeboot" initrd verify "both.$how" | tr '\n' ' ')" \
		"^byte 0: cpio, .* $(($(stat -c %s "both.$how") - $(stat -c %s "main.$how"))): ${how/cat/cpio}, [0-9]+ bytes, [0-9]+ unpacked, [0-9]+ entries"
	head -c -5000 "both.$how" >cut.img
	err=$("$storeboot" initrd verify cut.img 2>&1 >/dev/null)
	is "$how, cut short: exit status" $? 65
	has "$how, cut short: which archive" "$err" "^storeboot: cut\.img: the archive at byte [0-9]+ \(${how/cat/cpio}\) is (cut short|damaged) behind [0-9]+ entries\$"
done
ok "there is something to compare" test "$("$storeboot" initrd ls plain | wc -l)" -gt 100

# --- small files that unpack to much: refused before they take the host's memory ----------------------------
entry() { printf '070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%s\0' 1 33188 0 0 1 0 "$2" 0 0 0 0 2 0 "$1"; }
entry a 0 >many # 112 bytes
for _ in {1..20}; do cat many many >twice && mv twice many; done
zstd -q -c many >many.zst
{ entry a 900000000; head -c 900000000 /dev/zero; } | zstd -q -c >big.zst
rm many
for bomb in many big; do
	(ulimit -v 400000; exec "$storeboot" initrd ls $bomb.zst) >/dev/null 2>err
	is "a bomb, $bomb: exit status" $? 65
	has "a bomb, $bomb: the limit is said" "$(cat err)" "^storeboot: $bomb\.zst: .* is too large: over 500,000 entries, or unpacked"
done

# --- details, contents ---------------------------------------------------------------------------------------
is "ls -l: mode, links and size as cpio has them" \
	"$("$storeboot" initrd ls -l plain | sed -E 's/^(\S+) +(\S+) .*/\1 \2/' | md5sum)" \
	"$(cpio -itv --quiet <plain | sed -E 's/^(\S+) +(\S+) .*/\1 \2/' | md5sum)"
mkdir unpacked && (cd unpacked && cpio -i --quiet --no-absolute-filenames <../plain)
bad=0 n=0
while read -r f; do
	n=$((n + 1))
	"$storeboot" initrd cat both.zstd "$f" | cmp -s - "unpacked/$f" || { echo "# differs: $f"; bad=$((bad + 1)); }
done < <(cd unpacked && find . -type f -size -200k | sort | awk 'NR % 3 == 1')
is "cat: each third file, byte for byte" "$bad" 0
ok "there were some" test $n -gt 15
is "cat: the early archive's file too" "$("$storeboot" initrd cat both.xz kernel/x86/microcode/GenuineIntel.bin)" microcode
"$storeboot" initrd cat plain no/such >/dev/null 2>err
is "cat: what is not there: exit status" $? 65
has "cat: what is not there" "$(cat err)" 'there is no no/such in it'

# --- hard links: the content stands with the last of the names ----------------------------------------------------
mkdir links && (cd links && echo shared >a && ln a b && ln a c && echo apart >d && touch init && find . | sort | cpio -o -H newc --quiet >../links.cpio)
is "hard links have their file's content" "$("$storeboot" initrd cat links.cpio a b ./c d | tr '\n' ' ')" "shared shared shared apart "

# --- what two differ in ----------------------------------------------------------------------------------------------
"$storeboot" initrd diff main.cat main.lz4
is "diff: one, packed in two ways: exit status" $? 0
(cd links && echo Shared >a && rm d && chmod 600 init && echo new >e && rm b c && echo shared >b && echo shared >c &&
	find . | sort | cpio -o -H newc --quiet >../changed.cpio)
out=$("$storeboot" initrd diff links.cpio changed.cpio)
is "diff: a difference: exit status" $? 1
is "diff: each of them" "$(grep -v '^! \.:' <<<"$out" | tr '\n' ';')" "! a: content;- d;+ e;! init: mode 0100644 0100600;"
cat links.cpio changed.cpio >again
is "of one name the last counts" "$("$storeboot" initrd cat again a)" Shared
printf 'x\033[31m' >"links/$(printf 'e\033[2J')" && (cd links && find . | cpio -o -H newc --quiet >../escapes.cpio)
has "no control character of a name reaches the terminal" "$("$storeboot" initrd ls escapes.cpio)" '^(\./)?e\\033\[2J$'

c1=$(printf 'g\303\274 \302\2336n\2336n \302\240')
mkdir c1 && printf 'a\033]0;PWNED\007\033[6n\302\2336n g\303\274 \033[1mb\n' >"c1/$c1" && (cd c1 && find . -type f | cpio -o -H newc --quiet >../c1.cpio)
is "nor a C1 control, in UTF-8 or as a byte; other UTF-8 does" "$("$storeboot" initrd ls c1.cpio)" \
	"$(printf 'g\303\274 \\302\\2336n\\2336n \302\240')"
is "cat: a pipe gets every byte" "$("$storeboot" initrd cat c1.cpio "$c1" | sha256sum)" "$(sha256sum <"c1/$c1")"
is "cat: a terminal gets what is harmless" "$(script -qec "$(printf '%q ' "$storeboot" initrd cat c1.cpio "$c1")" /dev/null </dev/null | tr -d '\r')" \
	"$(printf 'a?6n g\303\274 \033[1mb')"

# --- what is refused --------------------------------------------------------------------------------------------------
bzip2 <plain >main.bzip2
"$storeboot" initrd ls main.bzip2 >/dev/null 2>err
is "bzip2: exit status" $? 65
has "bzip2: it is said" "$(cat err)" 'packed by bzip2, which is not unpacked here'
"$storeboot" initrd ls "$storeboot" >/dev/null 2>err
is "no initramfs: exit status" $? 65
has "no initramfs" "$(cat err)" 'is no initramfs$'
"$storeboot" initrd verify microcode >/dev/null 2>err
is "verify: no /init: exit status" $? 65
has "verify: no /init" "$(cat err)" 'is whole, but there is no /init in it'
"$storeboot" initrd diff plain >/dev/null 2>err
is "usage: exit status" $? 64
own=$("$storeboot" initrd -o own 2>&1) || echo "# $own"
has "our own" "$("$storeboot" initrd ls own)" '^init$'
tap_end
