#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# bind.sh - --bind over each share: both sides see each other's changes at once, ro holds, nothing else is in reach
# shellcheck disable=SC2016 # the guest expands its script, not this shell
set -u
# shellcheck source=tests/lib/vm.sh
. tests/lib/vm.sh
folder="$tmp/a folder: mine"
colon=${folder//:/::}
echo "not yours" >"$tmp/secret"
for program in smb_raw set_id; do
	"${GUEST_CC:-musl-gcc}" -static -Os -o "$tmp/$program" tests/lib/$program.c || exit 1
done

# In the guest, for each share alike. The host answers to "ready" with "go".
script=$(vm_script 'cd "/mnt/a place"
fact() { echo "FACT $*"; }
try() { what=$1; shift; if "$@" 2>/dev/null; then fact "$what" done; else fact "$what" refused; fi; }
fact mounts "$(grep -cE "^[^ ]*bind0 /mnt/a.040place [a-z0-9]+ rw,(sync,dirsync,)?nosuid,nodev|^[^ ]*bind2 /var/ro [a-z0-9]+ ro,(sync,dirsync,)?nosuid,nodev" /proc/mounts)"
fact before "$(cat host-file) $(ls)"
fact piped "$(cat host-file | wc -c)" # busybox cat uses sendfile
mkdir -m 750 made && echo "of the guest" >made/file && chmod 640 made/file && echo x >gone && mv gone made/renamed
ln -s "/an absolute/link" link && ln made/file made/hard && head -c 300000 /dev/urandom >big && sha256sum <big >big.sum
printf 1234 | dd of=host-file bs=1 seek=2 conv=notrunc 2>/dev/null
for i in 1 2 3; do echo $i >>appended; done
echo ready >ready
until [ -e go ]; do usleep 100000; done
fact after "$(cat host-file) $(cat made/file) $(ls | tr "\n" " ")"
rm go made/renamed
fact nested "$(ls -A /mnt/a\ place/inner)"
cd /
if grep -q " /work " /proc/mounts; then # by cifs alone: a folder with an owner
	rm /etc/passwd # a link into the store
	printf "user:x:1000:100::/:/bin/sh\nother:x:1001:100::/:/bin/sh\n" >/etc/passwd
	fact owner "$(su user -c "cd /work && id -u && cat kept && echo more >>kept && echo new >new && mkdir -m 700 dir &&
		mv new dir/new && rm gone && chmod 640 dir/new && ls -ln . dir" 2>&1 | tr -s " \n" " ")"
	fact other "$(su other -c "cat /work/kept /work/dir/new; touch /work/intruder" 2>&1 | grep -c denied)"
fi
fact ro "$(cat /var/ro/file)"
try ro-write touch /var/ro/intruder
mount -o remount,rw /var/ro 2>/dev/null
try ro-remounted touch /var/ro/intruder
try ro-delete rm -f /var/ro/file
if grep -q " /var/ro cifs" /proc/mounts; then
	options=rw,vers=1.0,ip=10.0.2.4,username=nobody,password=,nomapposix,iocharset=iso8859-1
	mkdir /m
	for share in bind1 qemu/nix/store; do
		mount -t cifs -o $options //10.0.2.4/$share /m && try "ro-own-mount" touch /m/intruder
		umount /m
	done
	ln -s ../secret "/mnt/a place/leak"
	ln -s ../.. "/mnt/a place/up"
	cp "/mnt/a place/smb_raw" /m/
	/m/smb_raw bind0 host-file leak "up\secret" "..\secret" "\..\..\etc\passwd" "/etc/passwd" "..\1\file" "..\..\run\smb\smb.conf"
	/m/smb_raw bind1 file "..\0\host-file" "..\..\export\nix"
	rm "/mnt/a place/leak" "/mnt/a place/up"
else
	"/mnt/a place/smb_raw" >/dev/null 2>&1
	fact program $?
fi
# Set-user-ID files, as root makes them.
cp "/mnt/a place/set_id" /tmp/
mkdir "/mnt/a place/bits" && cd "/mnt/a place/bits"
/tmp/set_id
mkdir /tmp/bits && cp /tmp/set_id /tmp/bits/set && chmod 6755 /tmp/bits/set && cp /tmp/bits/set /tmp/bits/of && chmod 2755 /tmp/bits/of
for mode in 4755 2755 6711 u+s g+s; do cp /tmp/set_id chmod-by-$mode && chmod $mode chmod-by-$mode; done 2>/dev/null
cp -p /tmp/bits/set copied 2>/dev/null
cp -a /tmp/bits folder-copied 2>/dev/null
install -m 4755 /tmp/set_id installed 2>/dev/null
mkdir -m 2777 by-mkdir 2>/dev/null
(cd /tmp && tar cf - bits) | tar xpf - 2>/dev/null
chown 0:0 chmod-by-4755 && chmod 6755 chmod-by-4755 2>/dev/null
ln chmod-by-4755 hard && chmod 4755 hard 2>/dev/null
mknod device c 1 3 2>/dev/null
for mode in 755 644 400 1777 0; do touch plain-$mode && chmod $mode plain-$mode; done
cd /
# The host puts a link in the place of the folder. A new connection (cifs), a new mount (9p, virtiofs):
echo which >"/mnt/a place/replace"
until [ -e "/mnt/a place/replaced" ]; do usleep 100000; done
mkdir -p /m
case $(sed -n "s,^[^ ]* /mnt/a.040place \([a-z0-9]*\) .*,\1,p" /proc/mounts) in
cifs) mount -t cifs -o $options,nosharesock //10.0.2.4/bind0 /m ;;
9p) umount "/mnt/a place/inner" "/mnt/a place"; mount -t 9p -o trans=virtio,version=9p2000.L bind0 /m ;;
virtiofs) umount "/mnt/a place/inner" "/mnt/a place"; mount -t virtiofs bind0 /m ;;
esac
fact again "$(cat /m/replace) $(cat /m/secret)"
true')
guest() { # NAME: the values of a fact
	sed -n "s/^.*FACT $1 //p" <<<"$out"
}

answer() { # as the host, once the guest is ready
	local i
	for ((i = 0; i < 1200; i++)); do
		[ ! -e "$folder/ready" ] || break
		sleep 0.1
	done
	seen=$(cd "$folder" && cat host-file made/file made/renamed appended && readlink link && stat -c '%a %U' made made/file &&
		[ made/file -ef made/hard ] && sha256sum <big | cmp - big.sum && echo whole)
	printf 'host 2' >"$folder/host-file"
	echo "host's" >"$folder/made/file"
	mkdir "$folder/new"
	rm "$folder/link"
	touch "$folder/go"
	echo "$seen" >"$tmp/seen"
	for ((i = 0; i < 3000; i++)); do
		[ ! -e "$folder/replace" ] || break
		sleep 0.1
	done
	mv "$folder" "$tmp/moved"
	ln -s "$tmp/other" "$folder"
	touch "$tmp/moved/replaced"
}

# share NAME [OPTION]...
share() {
	local name=$1
	shift
	rm -rf "$folder" "$tmp/ro" "$tmp/moved" "$tmp/other"
	mkdir "$folder" "$tmp/ro" "$tmp/other"
	echo "not yours" | tee "$tmp/other/secret" >"$tmp/other/replace"
	echo "host 1" >"$folder/host-file"
	echo "to read" >"$tmp/ro/file"
	cp "$tmp/smb_raw" "$tmp/set_id" "$folder/"
	chmod 755 "$folder" "$tmp/ro"
	answer &
	vm_run 240 --root tmpfs --register "$script" --append "demo.run=$script" --bind "$colon:/mnt/a place" \
		--bind "$tmp/ro:/var/ro:ro" --bind "$tmp/ro:/mnt/a place/inner:ro" "$@"
	wait
	is "$name: exit" "$status" 0
	is "$name: mounted, one to write and one to read" "$(guest mounts)" 2
	is "$name: what the host had" "$(guest before)" "host 1 host-file"
	is "$name: its bytes, no more, by sendfile" "$(guest piped)" 7
	is "$name: what the guest wrote is there at once, and the user's" "$(cat "$tmp/seen")" \
		"$(printf '%s\n' ho1234 "of the guest" x 1 2 3 "/an absolute/link" "750 $(id -un)" "640 $(id -un)" whole)"
	is "$name: what the host wrote is there at once" "$(guest after)" \
		"host 2 host's appended big big.sum go host-file inner made new ready set_id smb_raw "
	is "$name: what the guest removed is gone" "$(ls "$tmp/moved/go" "$tmp/moved/made/renamed" 2>/dev/null)" ""
	is "$name: one in another" "$(guest nested)" file
	is "$name: ro: read" "$(guest ro)" "to read"
	is "$name: ro: nothing is written, by whatever way" "$(sed -n 's/^.*FACT ro-[^ ]* //p' <<<"$out" | sort -u)" refused
	is "$name: ro: as it was" "$(ls -A "$tmp/ro") $(cat "$tmp/ro/file")" "file to read"
	is "$name: a link in its place on the host leads nowhere" "$(guest again)" "which "
	is "$name: guest root tried set-user-ID files" "$(grep -c '^SETID ' <<<"$out")" 31
	is "$name: and the host has no such file, no device, no capability" "$(cd "$tmp/moved" &&
		find . \( -perm /6000 -o -type b -o -type c \) -printf '%M %p\n'; getcap -r . 2>/dev/null)" ""
	is "$name: other modes are as the guest set them" "$(cd "$tmp/moved/bits" && stat -c %n:%a plain-* | xargs)" \
		"plain-0:0 plain-1777:1777 plain-400:400 plain-644:644 plain-755:755"
	is "$name: nothing is left behind" "$(ls -A "$XDG_RUNTIME_DIR")" ""
}

mkdir -m 755 "$tmp/owned"
(umask 077 && echo kept >"$tmp/owned/kept" && touch "$tmp/owned/gone")
share cifs --bind "$tmp/owned:/work:owner=1000.100"
has "owner: its user reads, writes, makes, renames and removes; all is that user's" "$out" \
	'FACT owner 1000 kept \.: (total [0-9]+ )?drwx------ [0-9]+ 1000 100 .* dir -rw------- 1 1000 100 .* kept dir: (total [0-9]+ )?-rw-r----- 1 1000 100 .* new'
is "owner: the modes hold for others" "$(guest other)" 3
is "owner: on the host it is all of who runs the launcher" \
	"$(cd "$tmp/owned" && stat -c '%n %a %u' -- * dir/* && cat kept dir/new)" \
	"$(printf '%s\n' "dir 700 $(id -u)" "kept 600 $(id -u)" "dir/new 640 $(id -u)" kept more new)"
raw=$(sed -n 's/^RAW //p' <<<"$out")
is "raw SMB: the server does answer" "$(grep '^control' <<<"$raw")" $'control host-file: 00000000\ncontrol file: 00000000'
is "raw SMB: what is to be read is not written" "$(sed -n '/^control file/,$p' <<<"$raw" | grep -E '^(write|make|delete|rename|open).*: 00000000')" ""
is "raw SMB: nothing outside is to be had" "$(grep '^open .*: 00000000' <<<"$raw")" ""
is "raw SMB: each was tried" "$(grep -c '^open ' <<<"$raw")" 9
share 9p --share 9p
is "9p: a program in it runs" "$(guest program)" 1
export XDG_CACHE_HOME=$tmp/cache
mkdir "$XDG_CACHE_HOME"
programs=$(scripts/programs trixie) || exit 1
share "an image, and virtiofs" --share image --virtiofsd "$programs/virtiofsd" # the one in Rust; each-share.sh has the other
has "an image: a line says how they come" "$err" '^storeboot: the folders of --bind come by virtiofs$'
is "virtiofs: a program in it runs" "$(guest program)" 1
vm_run 120 --root tmpfs --bind "$tmp/ro:/etc/NIXOS"
is "no place for it: exit" "$status" 68
has "no place for it: one line" "$err" '^storeboot: stage 1 failed at step bind: cannot make the mount point /etc/NIXOS: Not a directory'
vm_run 60 --root tmpfs --share image --bind "$tmp/ro:/x" --smbd /nonexistent --virtiofsd /nonexistent --qemu /bin/false
is "no share for it: exit" "$status" 69
tap_end
