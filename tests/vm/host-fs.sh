#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# host-fs.sh - what storeboot keeps on the host, on file systems that this host may not have: its unit tests run in a
# guest, whose kernel mounts FAT, exFAT, JFS, an overlay, and NFS from itself; CIFS and 9p come from outside
# shellcheck disable=SC2016,SC2046 # the guest expands its script, not this shell; one word for each library
set -u
# shellcheck source=tests/lib/vm.sh
. tests/lib/vm.sh

# The tests, and qemu-img, with their libraries, in one store path.
units=(new_file lock image_cache image)
programs=()
for unit in "${units[@]}"; do
	file=$(find tests/unit/host -name "$unit.c")
	programs+=("$build/host/${file%.c}")
done
make --no-print-directory BUILD="$build" "${programs[@]}" >"$tmp/make" 2>&1
is "the unit tests are built" $? 0
sed 's/^/# /' "$tmp/make"
programs+=("$(command -v qemu-img)")
mkdir "$tmp/tests" "$tmp/cifs" "$tmp/9p"
cp -L "${programs[@]}" $(ldd "${programs[@]}" | grep -oE '/[^ ]+\.so[^ :]*' | sort -u) "$tmp/tests/"
tests=$(vm_add "$tmp/tests")
disks=()
for kind in vfat exfat jfs; do
	truncate -s 64M "$tmp/$kind.img"
	quiet=
	[ $kind != jfs ] || quiet=-q
	"mkfs.$kind" $quiet "$tmp/$kind.img" >"$tmp/mkfs" 2>&1 || cat "$tmp/mkfs"
	disks+=(--disk "$tmp/$kind.img,raw")
done

# The kernel's own NFS server is told what rpc.mountd(8) would tell it: who may mount what (Documentation/filesystems/
# nfs/rpc-cache.rst); 9234 is insecure, async, no_subtree_check, fsid.
script=$(vm_script "tests=$tests units='${units[*]}'"'
cp -r $tests /run/tests
mkdir -p /lib64
[ -e /lib64/ld-linux-x86-64.so.2 ] || ln -s /run/tests/ld-linux-x86-64.so.2 /lib64/
export PATH=/run/tests:$PATH
on() { # NAME UNIT...
	local name=$1 said
	shift
	if ! grep -q " /m/$name " /proc/mounts; then
		# The name of a kind is at the end of its line.
		grep -q "	${kind_of:-$name}\$" /proc/filesystems && echo "FACT $name failed" || echo "FACT $name unknown"
		return
	fi
	for unit; do
		said=$(TMPDIR=/m/$name LD_LIBRARY_PATH=/run/tests /run/tests/$unit as-it-is 2>/run/stderr) && echo "FACT $name $unit ok" ||
			{ echo "FACT $name $unit failed"; echo "$said" | grep -v ^ok; cat /run/stderr; }
	done
	echo "FACT $name left: $(find /m/$name -type f ! -name ".nfs*")"
}
mkdir -p /m/overlay /m/nfs /m/9p /srv /run/over/lower /run/over/upper /run/over/work /var/lib/nfs/v4recovery
for disk in /sys/block/vd*; do
	kind=$(cat $disk/serial)
	case $kind in vfat | exfat | jfs) ;; *) continue ;; esac
	mkdir /m/$kind
	for module in nls_cp437 nls_ascii nls_utf8 $kind; do modprobe $module; done
	mount -t $kind /dev/${disk##*/} /m/$kind
done
modprobe overlay
mount -t overlay -o lowerdir=/run/over/lower,upperdir=/run/over/upper,workdir=/run/over/work none /m/overlay
modprobe 9pnet_virtio; modprobe 9p
mount -t 9p -o trans=virtio,version=9p2000.L,cache=none nine /m/9p
modprobe nfsd; modprobe nfsv4
mount -t tmpfs none /srv
mount -t nfsd nfsd /proc/fs/nfsd
ifconfig lo 127.0.0.1 up
echo "nfsd 127.0.0.1 4000000000 local" >/proc/net/rpc/auth.unix.ip/channel
echo "local /srv 4000000000 9234 65534 65534 0" >/proc/net/rpc/nfsd.export/channel
echo "local 1 \\x00000000 4000000000 /srv" >/proc/net/rpc/nfsd.fh/channel
echo "-2 -3 +4" >/proc/fs/nfsd/versions
echo 2 >/proc/fs/nfsd/threads
echo Y >/proc/fs/nfsd/v4_end_grace
mount -t nfs4 -o addr=127.0.0.1,clientaddr=127.0.0.1,vers=4.2 127.0.0.1:/ /m/nfs
on vfat new_file lock image_cache
on exfat new_file lock image_cache
on jfs new_file lock image_cache
on overlay new_file lock image_cache
kind_of=nfs4
on nfs $units
kind_of=
on cifs new_file lock image_cache
on 9p new_file lock image_cache
')
vm_run 1800 --root tmpfs --memory 640M --reginfo none --bind "$tmp/cifs:/m/cifs" "${disks[@]}" --append "demo.run=$script" \
	--qemu-opts "-fsdev 'local,id=nine,path=$tmp/9p,security_model=none' -device virtio-9p-pci,fsdev=nine,mount_tag=nine"
is "exit status" "$status" 0
# One row: the file system, and which tests run there.
while read -r kind those; do
	if grep -qx "FACT $kind unknown" <<<"$out"; then
		skip "$kind: ${those// /, }" "the guest's kernel does not know it"
		continue
	fi
	has "$kind: it is mounted" "$out" "^FACT $kind left: "
	for unit in $those; do
		has "$kind: $unit" "$out" "^FACT $kind $unit ok$"
	done
	has "$kind: nothing is left there" "$out" "^FACT $kind left: $"
done <<-END
	vfat new_file lock image_cache
	exfat new_file lock image_cache
	jfs new_file lock image_cache
	overlay new_file lock image_cache
	nfs ${units[*]}
	cifs new_file lock image_cache
	9p new_file lock image_cache
END
grep -E '^(# |not ok|mount: )' <<<"$out" | head -n 40 | sed 's/^/# /'
tap_end
