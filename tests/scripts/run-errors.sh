#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# run-errors.sh - bad input to `storeboot run`: one clear line, the exit code of storeboot(1), nothing made or changed.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib/host.sh
. tests/lib/host.sh

system=$(scripts/demo-system) || exit 1
graph=$(scripts/demo-system --graph) || exit 1
holder=''
# shellcheck disable=SC2317 # called by the trap
at_end() {
	[ -z "$holder" ] || kill "$holder" 2>/dev/null
}
mkdir -m 700 "$tmp/work" "$tmp/bin"
cd "$tmp/work" || exit 1

# What is there: names, types, sizes, contents' sums.
state() {
	find "$tmp/work" "$tmp/run" -printf '%P %y %l\n' | LC_ALL=C sort
	find "$tmp/work" "$tmp/run" -type f -exec sha256sum {} + | LC_ALL=C sort
}

# refuse NAME STATUS PATTERN [ARGUMENT]...: `storeboot run ARGUMENT...` fails so, and leaves everything as it was.
refuse() {
	local name=$1 status=$2 pattern=$3 got=0 before lines
	shift 3
	before=$(state)
	[[ " $* " == *' --initrd '* && $name != *stage1* ]] || set -- --stage1 "$build/storeboot-init" "$@"
	timeout --kill-after=10 300 "$storeboot" run "$@" \
		</dev/null >"$tmp/out" 2>"$tmp/err" || got=$?
	is "$name: exit code" "$got" "$status"
	# What was found out about the accelerator is no error.
	lines=$(grep -v '^storeboot: accelerator ' "$tmp/err")
	is "$name: one line" "$(grep -c '' <<<"$lines")" 1
	has "$name: what it says" "$lines" "^storeboot: .*$pattern"
	is "$name: nothing made or changed" "$(state)" "$before"
}

# --- usage --------------------------------------------------------------------------------------------
refuse 'no SYSTEM' 64 'no SYSTEM is given'
refuse 'a name with a blank' 64 '--name my vm: want .* as in my-vm: the disk' "$system" --name 'my vm'
refuse 'a name that is not ASCII' 64 '--name vå: want ' "$system" --name vå
refuse 'a name with a folder' 64 '--name a/b: want ' "$system" --name a/b
refuse 'a name too long for a running VM' 64 "--name a*: want at most 64 " "$system" --name "$(printf 'a%.0s' {1..65})"
refuse 'no name' 64 '--name : want ' "$system" --name ''
refuse 'unknown option' 64 'unknown.*--frob' "$system" --frob
refuse 'two systems' 64 'unexpected argument' "$system" "$system"
refuse 'memory of no size' 64 '--memory lots: want a size' "$system" --memory lots
refuse 'disk of no size' 64 '--disk-size 0' "$system" --disk-size 0
refuse 'a disk larger than ext3' 64 '--disk-size: want a multiple of 512 bytes below 16T, where ext3 ends' "$system" --disk-size 16T
refuse 'a size without a unit' 64 'size=67108864 has no unit; say size=67108864M, or size=67108864B for bytes' "$system" --disk big.qcow2,size=67108864
refuse 'a disk larger than qcow2' 64 '--disk big.qcow2,size=2049T: QEMU has no such large disk' "$system" --disk big.qcow2,size=2049T
refuse 'an interface that is none' 64 '--disk-interface sata: want virtio, scsi or ide|disk-interface' "$system" --disk-interface sata
refuse 'window and terminal' 64 'not both' "$system" --graphics --serial
refuse 'KVM is asked for and runs no guest' 69 '--accel kvm: /dev/kvm.*; nothing was made or changed' "$system" --accel kvm --qemu /bin/false
QEMU_OPTS="-m '512" refuse 'QEMU_OPTS with an open quote' 64 'QEMU_OPTS: a quote is not closed' "$system"

# --- the system ---------------------------------------------------------------------------------------
refuse 'no such SYSTEM' 65 'nowhere: no such system' nowhere
refuse 'SYSTEM is a file' 65 'is no system: it is no folder' "$system/init"
mkdir empty
refuse 'SYSTEM is none' 65 'empty is no system: it lacks kernel, kernel-params, init' empty
mkdir outside
cp -P "$system"/{kernel,kernel-modules,kernel-params,init} outside/
refuse 'SYSTEM outside the store' 65 'is not in /nix/store' outside
# As NixOS has it with system.nixos-init.enable.
mkdir nixos-init
cp -P "$system"/{kernel,kernel-modules,kernel-params} nixos-init/
echo 26.05 >nixos-init/nixos-version
cp "$(readlink -f "$system/sw/bin/busybox")" nixos-init/init
refuse 'SYSTEM needs its own initramfs' 65 \
	'nixos-init: only its own initramfs .*system\.nixos-init\.enable.*: no boot\.json in it names the overlay on /etc' nixos-init
refuse 'no such stage 2' 65 'init /nix/store/none: No such file' "$system" --init /nix/store/none
refuse 'no such store' 65 'no-store: no such store' "$system" --store no-store
refuse 'no such folder to bind' 65 'bind nowhere:/x: nowhere: No such file' "$system" --bind nowhere:/x
refuse 'a file to bind' 65 'init is no folder' "$system" --bind "$system/init:/x"
refuse 'a place that the guest needs' 64 'the guest has /nix/store for itself' "$system" --bind .:/nix
refuse 'a relative place' 64 'must be absolute' "$system" --bind .:x
refuse 'an owner by name' 64 'owner=UID\[.GID\], which are numbers' "$system" --bind .:/x:owner=me
refuse 'an owner by 9p' 64 "$PWD:/x: owner= is for --share cifs" "$system" --share 9p --root tmpfs --bind .:/x:owner=1000
refuse 'a place twice' 64 "two folders for the guest's /x" "$system" --bind .:/x --bind /usr:/x/
refuse 'the store, to write to' 64 'could write to the store, /nix/store; say :ro' "$system" --bind /nix:/host-nix

# --- kernel, modules, initrd --------------------------------------------------------------------------
refuse 'no such kernel' 65 'kernel no-kernel: No such file' "$system" --kernel no-kernel
echo 'not a kernel' >text
refuse 'no kernel' 65 'text' "$system" --kernel text
head -c 100000 "$system/kernel" >short-kernel
refuse 'truncated kernel' 65 'short-kernel' "$system" --kernel short-kernel
mkdir -p tree/kernel tree/include/config
touch tree/Makefile tree/include/config/auto.conf
refuse "a kernel's build tree" 65 'tree is a tree in which a kernel is built, .*; run: make -C .*tree modules_install INSTALL_MOD_PATH=DIR, ' \
	"$system" --modules tree
rm -r tree
refuse 'no such modules' 65 'kernel-modules none: No such file' "$system" --modules none

release=$(basename "$(echo "$system"/kernel-modules/lib/modules/*)")
mkdir -p other/lib/modules
cp -r --no-preserve=mode "$system/kernel-modules/lib/modules/$release" other/lib/modules/9.9.9-other
refuse "another kernel's modules" 65 "$release|9\.9\.9" "$system" --modules other
mv other/lib/modules/9.9.9-other "other/lib/modules/$release"
module=$(find other -name 'virtio_blk.ko*')
truncate -s 1000 "$module"
refuse 'truncated module' 65 'virtio_blk' "$system" --modules other
rm -r other

# A kernel without one driver: its list of modules alone is another.
lacks() {
	rm -rf less
	mkdir -p "less/lib/modules/$release"
	ln -s "$system/kernel-modules/lib/modules/$release"/* "less/lib/modules/$release/"
	sed -i "/^[^:]*\/$1\.ko[.a-z]*:/d" "less/lib/modules/$release/modules.dep" # sed -i takes the link's place
}
for how in virtio:virtio_blk scsi:virtio_scsi ide:ahci; do
	lacks "${how#*:}"
	refuse "no driver for ${how%:*}" 65 "--disk-interface ${how%:*}: kernel $release lacks the module ${how#*:} \(needed for" "$system" \
		--modules less --disk-interface "${how%:*}"
done
lacks ext4
refuse 'no ext4' 65 "kernel $release lacks the module ext4 \\(needed for root\\)" "$system" --modules less
"$storeboot" run "$system" --modules less --print-qemu --root tmpfs --stage1 "$build/storeboot-init" >/dev/null 2>"$tmp/err"
is "no ext4, and none is needed" "$?" 0
lacks virtio_net
for how in '' '--share 9p --network open' '--share 9p --forward 2222:22' '--share 9p --vlan 1'; do
	# shellcheck disable=SC2086 # words
	refuse "no virtio_net: $how" 65 "kernel $release lacks the module virtio_net \\(needed for net\\)" "$system" --modules less $how
done
"$storeboot" run "$system" --modules less --print-qemu --share 9p --stage1 "$build/storeboot-init" >/dev/null 2>"$tmp/err"
is "no virtio_net, and none is needed" "$?" 0
lacks virtio_blk
for how in '--disk-interface ide' '--disk-interface scsi' '--root tmpfs'; do
	# shellcheck disable=SC2086 # two words
	"$storeboot" run "$system" --modules less --print-qemu $how --stage1 "$build/storeboot-init" >/dev/null 2>"$tmp/err"
	is "no driver for virtio, and none is needed: $how" "$?" 0
done
rm -r less

"$storeboot" initrd -o whole --kernel "$system/kernel" --modules "$system/kernel-modules" --init "$build/storeboot-init"
head -c "$(($(stat -c %s whole) / 2))" whole >half
refuse 'truncated initrd' 65 'the initrd half (is cut short|is damaged)' "$system" --initrd half
refuse 'no initrd' 65 'text is no initrd' "$system" --initrd text
refuse 'no such initrd' 65 'initrd none: No such file' "$system" --initrd none
refuse 'no such stage 1' 69 'none' "$system" --stage1 none
refuse 'no such registration' 65 "reginfo no-file: No such file" "$system" --reginfo no-file

sed 5q "$graph" | head -c -1 >cut-graph
refuse 'a graph that is cut short' 65 'cut-graph:5: the file ends where' "$system" --reginfo cut-graph
"$storeboot" reginfo --graph "$graph" >registration
head -n 2 registration >short
refuse 'a registration that is cut short' 65 'short:3: the file ends where a size in bytes' "$system" --reginfo short
sed '3s/.*/many/' registration >bad-size
refuse 'a registration without a size' 65 'bad-size:3: "many" is not a size' "$system" --reginfo bad-size
refuse 'something else' 65 'text:1: "not a kernel" is no store path' "$system" --reginfo text
refuse 'an empty registration' 65 '/dev/null:1: the file is empty' "$system" --reginfo /dev/null
refuse '--verify of none' 64 'verify needs a registration' "$system" --reginfo none --verify

# --- options of which one would silently win -----------------------------------------------------------
refuse '--initrd with --stage1' 64 'want --initrd or --stage1, not both: .* has its own stage 1' "$system" --initrd whole
# pair PATTERN ARGUMENT...: refused, without the --stage1 that refuse() gives to all. With a COMMAND 125 is ours.
pair() {
	local pattern=$1 got=0 want=64
	shift
	[[ " $* " != *' -- '* ]] || want=125
	timeout 300 "$storeboot" run "$system" "$@" </dev/null >/dev/null 2>"$tmp/err" || got=$?
	is "$*: exit code" "$got" "$want"
	has "$*: what it says" "$(cat "$tmp/err")" "^storeboot: run: $pattern"
}
pair 'want --initrd or --modules, not both: .* has its own modules' --initrd whole --modules "$system/kernel-modules"
pair 'want --no-stage2 or --init, not both' --no-stage2 --init /bin/sh -- true
pair 'want --no-stage2 or --ready, not both' --no-stage2 --ready exec -- true
pair 'unknown, ambiguous or ill-formed option --frob' --frob -- true
pair '--memory lots: want a size' --memory lots -- true
pair '--console-log-size needs --console-log' --console-log-size 1M
pair 'want --graphics or --serial, not both' --graphics --serial
pair '--resolution needs --graphics' --resolution 800x600
pair '--efi-firmware needs --efi' --efi-firmware whole
pair '--efi-variables needs --efi' --efi-variables whole
pair 'want --ephemeral or --fresh, not both' --ephemeral --fresh
pair 'with --root tmpfs there is no --image, --disk-size or --fresh' --root tmpfs --disk-size 1G
pair 'with --root tmpfs there is no disk for --writable-store=disk' --root tmpfs --writable-store=disk
pair 'want --reginfo or --register, not both' --reginfo none --register "$system"
pair '--rescue-shell needs --rescue' --rescue-shell whole
for how in '--need cifs' '--module cifs' '--kernel-version 6.1'; do
	got=0
	# shellcheck disable=SC2086 # two words
	"$storeboot" initrd -o none --init "$build/storeboot-init" $how 2>"$tmp/err" || got=$?
	is "initrd $how without --modules: exit code" "$got" 64
	has "initrd $how without --modules" "$(cat "$tmp/err")" "${how#* }: no folder of modules was given"
done

# --- outputs: a file that holds something else stays, one rule for all; and each is a file of its own --------------
qemu-img create -q -f qcow2 whose.qcow2 1M
ln -s whose.qcow2 to-whose
ln whose.qcow2 hard-whose
other='it holds something else, and is left as it was; remove it, or name another file'
for file in whose.qcow2 text; do
	refuse "events over $file" 65 "--json $file: $other" "$system" --json $file
	refuse "console log over $file" 65 "--console-log $file: $other" "$system" --root tmpfs --console-log $file
	refuse "plot over $file" 65 "cannot write the plot to $file: $other" "$system" --plot $file
	for to in "initrd --init $build/storeboot-init" "reginfo --graph $graph"; do
		before=$(state) got=0
		# shellcheck disable=SC2086 # words
		"$storeboot" $to -o $file 2>"$tmp/err" || got=$?
		is "${to%% *} -o over $file: exit code" "$got" 65
		has "${to%% *} -o over $file: what it says" "$(cat "$tmp/err")" "^storeboot: cannot write the .* to $file: $other\$"
		is "${to%% *} -o over $file: nothing changed" "$(state)" "$before"
	done
done
# A guest with a writable --bind can put a link in an output's place, or in a disk's.
link='a link leads there, and a guest may have made it; name the file itself'
ln -s . whose-folder
echo '{"event":"start"}' >events
for file in to-whose whose-folder/events whose-folder/none dangling; do
	[ $file != dangling ] || ln -s nowhere dangling
	refuse "events by a link, $file" 65 "--json $file: $link" "$system" --json $file
	refuse "console log by a link, $file" 65 "--console-log $file: $link" "$system" --root tmpfs --console-log $file
	refuse "plot by a link, $file" 65 "cannot write the plot to $file: $link" "$system" --plot $file
done
rm whose-folder events dangling
for to in "initrd --init $build/storeboot-init" "reginfo --graph $graph"; do
	before=$(state) got=0
	# shellcheck disable=SC2086 # words
	"$storeboot" $to -o to-whose 2>"$tmp/err" || got=$?
	is "${to%% *} -o by a link: exit code" "$got" 65
	has "${to%% *} -o by a link: what it says" "$(cat "$tmp/err")" "^storeboot: cannot write the .* to to-whose: $link\$"
	is "${to%% *} -o by a link: nothing changed" "$(state)" "$before"
	# shellcheck disable=SC2086 # words
	"$storeboot" $to -o again && "$storeboot" $to -o again
	is "${to%% *} -o over its own" $? 0
	rm again
done
same='name the same file, .*; each needs one of its own'
refuse 'two outputs in one new file' 64 "--json and --console-log $same" "$system" --json x --console-log "$PWD/x"
refuse 'two outputs in one file' 64 "--console-log and --plot $same" "$system" --console-log hard-whose --plot to-whose
refuse "an output in the image that is to be made" 64 "--console-log and --image $same" "$system" --console-log x.qcow2 --image ./x.qcow2
refuse 'events in the image' 64 "--json and --image $same" "$system" --json to-whose --image whose.qcow2
NIX_DISK_IMAGE=whose.qcow2 refuse 'events in the image that the environment names' 64 "--json and NIX_DISK_IMAGE $same" "$system" \
	--json hard-whose
refuse 'a plot in one more disk' 64 "--plot and --disk $same" "$system" --plot x --disk x,size=1M

# --- one file for two disks -----------------------------------------------------------------------------
for file in whose.qcow2 to-whose hard-whose; do
	refuse "one file for two disks: $file" 64 "--disk $file is the same file as the disk whose.qcow2; two disks have one file only if both are ro" \
		"$system" --image whose.qcow2 --disk $file,serial=b
done
refuse 'one file for two of --disk' 64 '--disk ./x1 is the same file as the disk x1;' "$system" --root tmpfs \
	--disk x1,size=1M --disk x2,size=1M --disk ./x1,serial=x3,size=1M
NIX_EFI_VARS=$PWD/whose.qcow2 refuse 'the EFI variables in a disk' 64 \
	"/whose.qcow2 is to be the machine's EFI variables and the disk hard-whose: each needs a file of its own" "$system" --root tmpfs \
	--disk hard-whose,ro --efi
rm whose.qcow2 to-whose hard-whose

mkfifo pipe
refuse 'events over what is something else' 65 '--json text: it holds something else.*left as it was' "$system" --json text
echo '{"event":"start"}' >live
# hold FILE: another program, $holder, has its lock. let_go: no more.
hold() {
	flock -F "$1" sleep 1000 &
	holder=$!
	within 60 held "$1"
}
# shellcheck disable=SC2317 # within calls it
held() { ! flock -n "$1" true; }
let_go() {
	kill "$holder"
	wait "$holder"
	holder=''
}
hold live
refuse 'events of another run' 67 '--json live: another run has it' "$system" --json live
refuse 'the log of another run' 67 '--console-log live: another run has it' "$system" --root tmpfs --console-log live
let_go
refuse 'a plot into no folder' 65 'cannot write the plot to no-such/x.svg: No such file' "$system" --plot no-such/x.svg
refuse 'a plot over a folder' 65 'cannot write the plot to empty: Is a directory' "$system" --plot empty
refuse 'events for nobody' 65 '--json pipe: nobody reads from this FIFO; start its reader first' "$system" --json pipe
# Nobody writes to it, and no signal would end a run that waits in open(2).
silent='pipe: nobody writes to this FIFO; start its writer first'
refuse 'registration from nobody' 65 "--reginfo $silent" "$system" --reginfo pipe
refuse 'stage 1 from nobody' 65 "init program $silent" "$system" --stage1 pipe
NIX_SSL_CERT_FILE=pipe refuse 'certificates from nobody' 65 "NIX_SSL_CERT_FILE $silent" "$system" --host-certs
refuse 'stage 1 is a device without an end' 65 'init program /dev/zero: File too large' "$system" --stage1 /dev/zero
refuse 'firmware is a pipe' 65 '--efi-firmware pipe is no regular file' "$system" --efi --efi-firmware pipe --efi-variables text
refuse 'variables are a pipe' 65 '--efi-variables pipe is no regular file' "$system" --efi --efi-firmware text --efi-variables pipe
NIX_EFI_VARS=pipe refuse "a machine's variables are a pipe" 66 'EFI variables /.*/pipe: no regular file' "$system" \
	--efi --efi-firmware text --efi-variables text
# With a writer a pipe is as good as a file, also where it says nothing for a while; and waiting for it can be ended.
for what in registration "graph of $graph"; do
	from=registration
	[ "$what" = registration ] || from=$graph
	got=0
	"$storeboot" run "$system" --stage1 "$build/storeboot-init" --print-qemu --reginfo <(sleep 0.5; cat "$from") >"$tmp/out" 2>"$tmp/err" || got=$?
	is "a pipe with the ${what%% *}" "$got" 0
	has "a pipe with the ${what%% *} is read" "$(cat "$tmp/out")" ' regInfo=|Without storeboot Nix in the guest knows no path'
done
got=0
exec 4<>pipe # a writer that says nothing
"$storeboot" run "$system" --stage1 "$build/storeboot-init" --reginfo pipe >/dev/null 2>"$tmp/err" 4>&- &
holder=$!
# shellcheck disable=SC2317 # ok calls it
waits() { find "/proc/$holder/fd" -lname "$PWD/pipe" | grep -q . && grep -q '^State:.S' "/proc/$holder/status"; }
ok 'a pipe is waited for' within 240 waits
kill -TERM $holder
timeout 240 tail -s 0.2 -f /dev/null --pid $holder
kill -KILL $holder 2>/dev/null
wait $holder || got=$?
holder=''
exec 4>&-
has 'SIGTERM while a pipe is waited for' "$(cat "$tmp/err")" 'ended by signal 15'
is 'SIGTERM while a pipe is waited for: it ends' "$got" 143
refuse 'kernel is a pipe' 65 'kernel pipe is no regular file' "$system" --kernel pipe
refuse 'kernel is a device' 65 'kernel /dev/zero is no regular file' "$system" --kernel /dev/zero
refuse 'kernel is a folder' 65 'kernel empty is no regular file' "$system" --kernel empty
refuse 'kernel-params are a pipe' 65 'kernel-params pipe is no regular file' "$system" --params pipe
refuse 'a credential from nobody' 65 "--load-credential a:$silent" "$system" --load-credential a:pipe
for file in empty /dev/zero; do
	refuse "credential $file" 65 "--load-credential a:$file: is neither a regular file nor a pipe" "$system" --load-credential "a:$file"
done
truncate -s 1048577 too-large
refuse 'a credential that is too large' 65 'a:too-large: too large: systemd takes 1 MiB' "$system" --load-credential a:too-large
refuse 'a credential without an end' 65 'a:/dev/fd/.*: too large: systemd takes 1 MiB' "$system" --load-credential a:<(cat /dev/zero)
refuse '--print-qemu of what comes by a pipe' 69 'QEMU alone cannot have the credential a' "$system" --print-qemu \
	--load-credential a:<(echo hush)
has "doctor says a credential's fault, too" "$("$storeboot" doctor "$system" --load-credential a:empty 2>&1 | tr -s ' \n' ' ')" \
	'--load-credential a:empty: is neither a regular file nor a pipe'
refuse 'initrd is a pipe' 65 'initrd pipe is no file' "$system" --initrd pipe

# --- the kernel's command line ------------------------------------------------------------------------
long=$(head -c 2047 /dev/zero | tr '\0' x)
refuse 'command line too long' 65 'command line has 2[0-9]{3} bytes' "$system" --append "$long"
QEMU_KERNEL_PARAMS=$long refuse 'QEMU_KERNEL_PARAMS too long' 65 'command line has 2[0-9]{3} bytes' "$system"

printf 'dyndbg="file x +p\n' >open-quote
refuse 'kernel-params with an open quote' 65 'kernel-params has a quote that is not closed' "$system" --params open-quote
refuse 'stage 2 with a quote in its name' 65 'init=/a"b cannot be said' "$system" --init '/a"b'

# --- the image ----------------------------------------------------------------------------------------
refuse 'image without a name' 64 'image needs a name' "$system" --image ''
: >zero.qcow2
refuse 'empty image' 66 'zero.qcow2 is empty' "$system" --image zero.qcow2
NIX_DISK_IMAGE=zero.qcow2 refuse 'NIX_DISK_IMAGE' 66 'zero.qcow2 is empty' "$system"
truncate -s 1M raw.img
refuse 'raw image' 66 'raw.img is no qcow2 image' "$system" --image raw.img
qemu-img create -q -f qcow2 base.qcow2 1M
refuse 'an ATA disk to read only' 64 'base.qcow2: with --disk-interface ide a disk can always be written; leave out ro' "$system" \
	--disk-interface ide --disk base.qcow2,ro
qemu-img create -q -f qcow2 -b base.qcow2 -F qcow2 layer.qcow2
refuse 'image with a backing file' 66 'only a layer over base.qcow2' "$system" --image layer.qcow2
ln -s nowhere dangling.qcow2
refuse 'link to nothing' 66 'dangling.qcow2 is a link to nothing' "$system" --image dangling.qcow2
refuse 'image is a folder' 66 'empty is no file' "$system" --image empty
refuse "image's folder is missing" 66 'no-such/x.qcow2: its folder' "$system" --image no-such/x.qcow2
hold base.qcow2
refuse 'image in use' 67 "base.qcow2 is in use by pid $holder \\(sleep 1000\\)" "$system" --image base.qcow2
let_go
# What the firmware and the TPM keep is looked at before the disk is moved aside or grown.
for how in --fresh '--disk-size 300M'; do
	# shellcheck disable=SC2086 # two words
	NIX_EFI_VARS=empty refuse "EFI variables are a folder, $how" 66 'EFI variables .*/empty: Is a directory' "$system" \
		--image base.qcow2 $how --yes --efi
done
NIX_EFI_VARS=no/vars refuse 'EFI variables nowhere' 66 'EFI variables .*/no/vars: No such file' "$system" --image base.qcow2 --efi
NIX_SWTPM_DIR=pipe refuse 'the TPM in a FIFO' 66 '--tpm: .*/pipe: Not a directory' "$system" --image base.qcow2 --fresh --yes --tpm
NIX_SWTPM_DIR=no/tpm/ refuse 'the TPM nowhere' 66 '--tpm: .*/no/tpm/: No such file' "$system" --image base.qcow2 --tpm
NIX_SWTPM_DIR=tpm/ NIX_EFI_VARS=vars "$storeboot" run "$system" --stage1 "$build/storeboot-init" --image base.qcow2 --tpm --efi \
	--print-qemu >/dev/null 2>"$tmp/err"
is 'EFI variables and a TPM that are not there yet' "$?" 0

# --- this host ----------------------------------------------------------------------------------------
refuse 'no such QEMU' 69 'no-qemu: no such program|no-qemu is not on this host' "$system" --qemu ./no-qemu
refuse 'no such smbd' 69 'no-smbd is not on this host; install it: .*samba' "$system" --smbd no-smbd
# A server without SMB1 and a bwrap that is not allowed to: programs that answer as those do.
printf '#!/bin/sh\necho "   WITH_ADS"\n' >"$tmp/bin/smbd"
chmod +x "$tmp/bin/smbd"
refuse 'smbd without SMB1' 69 'built without SMB1.*another share' "$system" --smbd "$tmp/bin/smbd"
got=0
"$storeboot" run "$system" --stage1 "$build/storeboot-init" --share auto --smbd "$tmp/bin/smbd" --virtiofsd none --reginfo none --cache \
	--print-qemu >/dev/null 2>"$tmp/err" || got=$?
is '--share auto takes another share then' "$got" 0
has '--share auto says why' "$(cat "$tmp/err")" 'the store comes by 9p, not by virtiofs \('
got=0
"$storeboot" run "$system" --stage1 "$build/storeboot-init" --share auto --expose root --print-qemu >/dev/null 2>"$tmp/err" || got=$?
is '--share auto takes the one share with --expose root' "$got" 0
has '--share auto says that it is the one' "$(cat "$tmp/err")" '^storeboot: the store comes by cifs: no other share has --expose root$'
refuse '--share auto where cifs alone would do' 69 'no share can bring the store: .*9p \(.*cifs \(.*built without SMB1' \
	"$system" --share auto --cache --bind "$tmp:/mnt:ro:owner=0" --smbd "$tmp/bin/smbd"
printf '#!/bin/sh\necho "bwrap: No permissions to create a new namespace" >&2\nexit 1\n' >"$tmp/bin/bwrap"
chmod +x "$tmp/bin/bwrap"
PATH=$tmp/bin:$PATH refuse 'bwrap not allowed' 69 'No permissions to create a new namespace.*user namespaces' "$system"

mkdir tmpdir
USE_TMPDIR=1 TMPDIR=$PWD/nowhere refuse 'TMPDIR is not there' 69 'TMPDIR .*/nowhere: No such file' "$system"
USE_TMPDIR=1 TMPDIR=$PWD/tmpdir refuse 'xchg is not made for a run that is refused' 66 'empty is no file' "$system" --image empty
USE_TMPDIR=1 TMPDIR=$PWD/tmpdir "$storeboot" run "$system" --stage1 "$build/storeboot-init" --print-qemu >/dev/null 2>&1
is 'xchg is not made for --print-qemu' "$? $(ls tmpdir)" '0 '

# --- QEMU does not start: it is known before anything is made -----------------------------------------------
made=(--image q.qcow2 --disk 'more.raw,raw,size=1M' --reginfo none)
NIX_SWTPM_DIR=$PWD/tpm NIX_EFI_VARS=$PWD/vars USE_TMPDIR=1 TMPDIR=$PWD/tmpdir QEMU_OPTS=-no-such-option refuse \
	'an option that QEMU does not have' 64 'QEMU did not start: -no-such-option: invalid option .*; nothing was made$' "$system" "${made[@]}" --efi --tpm
for how in cifs 9p; do
	refuse "more processors than the machine takes, $how" 64 'QEMU did not start: .*CPU.*; ask for fewer with --cores; nothing was made$' \
		"$system" "${made[@]}" --share $how --cores 99999
done
# What QEMU would find larger has its old size again, though not each byte of the image's own tables.
timeout 300 "$storeboot" run "$system" --stage1 "$build/storeboot-init" "${made[@]}" --image base.qcow2 --disk-size 300M --cores 99999 \
	</dev/null >/dev/null 2>&1
is 'more processors than the machine takes, --disk-size: the disk is as large as it was' "$? $(qemu-img info -f qcow2 --output=json base.qcow2 |
	python3 -c 'import json, sys; print(json.load(sys.stdin)["virtual-size"])')" "64 $((1 << 20))"
for how in --fresh --ephemeral; do
	# shellcheck disable=SC2086 # two words
	refuse "more processors than the machine takes, $how" 64 'QEMU did not start: .*; ask for fewer with --cores; nothing was made$' \
		"$system" --image base.qcow2 $how --yes --cores 99999
done
refuse "a device of the user's that QEMU does not have" 64 "QEMU did not start: -device none: .*'none'.*; nothing was made\$" \
	"$system" "${made[@]}" --qemu-opts '-device none'
# A host that lends memory it has not (vm.overcommit_memory=1) leaves it to the processor, which cannot address it.
got=0
timeout 300 "$storeboot" run "$system" --stage1 "$build/storeboot-init" "${made[@]}" --memory 4000T </dev/null >/dev/null 2>"$tmp/err" || got=$?
has 'more memory than there is: exit code' "$got" '^(64|69)$'
has 'more memory than there is: what it says' "$(cat "$tmp/err")" 'QEMU did not start: .*; .*ask for less with --memory; nothing was made$'
python3 -c 'import socket, time
s = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen()
print(s.getsockname()[1], flush=True); time.sleep(1000)' >port &
holder=$!
ok 'a port in use' within 60 test -s port
QEMU_NET_OPTS="hostfwd=tcp:127.0.0.1:$(cat port)-:22" refuse 'a port in use, in QEMU_NET_OPTS' 67 \
	"QEMU did not start: .*127.0.0.1:$(cat port)-:22': Address already in use; nothing was made\$" "$system" "${made[@]}"
QEMU_OPTS="-netdev user,id=b,hostfwd=tcp::$(cat port)-:22" refuse 'a port in use, in QEMU_OPTS' 67 \
	'QEMU did not start: .*Address already in use; nothing was made$' "$system" "${made[@]}"
let_go
# Of the documentation's network (RFC 5737).
if [ "$(cat /proc/sys/net/ipv4/ip_nonlocal_bind)" = 0 ]; then
	QEMU_NET_OPTS=hostfwd=tcp:192.0.2.1:4567-:22 refuse "an address that is another host's" 64 \
		'QEMU did not start: .*: Cannot assign requested address; nothing was made$' "$system" "${made[@]}"
else
	skip "an address that is another host's" "net.ipv4.ip_nonlocal_bind lets any program have it"
fi
QEMU_NET_OPTS=hostfwd=x refuse 'a forward that is none' 64 "QEMU did not start: .*'x'.*; nothing was made\$" "$system" "${made[@]}"
# An ELF image with no PVH note: one segment, and the banner that a kernel has.
python3 -c 'import struct, sys
text = b"Linux version 6.1.0-none (x) #1\0".ljust(4096, b"\0")
head = b"\x7fELF\2\1\1".ljust(16, b"\0") + struct.pack("<HHIQQQIHHHHHH", 2, 62, 1, 0x1000000, 64, 0, 0, 64, 56, 1, 0, 0, 0)
sys.stdout.buffer.write((head + struct.pack("<IIQQQQQQ", 1, 5, 4096, 0x1000000, 0x1000000, 4096, 4096, 4096)).ljust(4096, b"\0") + text)' >vmlinux
refuse 'a vmlinux without a PVH note' 65 'QEMU did not start: .*without PVH ELF Note; .*CONFIG_PVH=y; nothing was made$' \
	--kernel vmlinux --init "$system/init" "${made[@]}"
is 'nothing is left of all these' "$(ls tmpdir q.qcow2* more.raw* 2>/dev/null)" tmpdir:
rm -r tmpdir

# --- the caller's descriptors and signals ----------------------------------------------------------------
# Whatever is opened must not become the stdout that is not there: the console would be written over the image.
got=0
timeout 300 "$storeboot" run "$system" --stage1 "$build/storeboot-init" --image closed.qcow2 </dev/null >&- 2>"$tmp/err" || got=$?
is 'stdout closed: exit code' "$got" 69
has 'stdout closed: what it says' "$(cat "$tmp/err")" "says to stdout: Bad file descriptor"
ok 'stdout closed: the image is whole' qemu-img check -q -f qcow2 closed.qcow2
got=0
timeout 300 "$storeboot" run "$system" --stage1 "$build/storeboot-init" --image closed.qcow2 <&- >/dev/full 2>"$tmp/err" || got=$?
is 'full stdout: exit code' "$got" 69
has 'full stdout: what it says' "$(cat "$tmp/err")" "says to stdout: No space left on device"
rm closed.qcow2
for args in --help --version 'run --help' "run $system --stage1 $build/storeboot-init --print-qemu"; do
	got=0
	# shellcheck disable=SC2086 # words
	"$storeboot" $args >/dev/full 2>"$tmp/err" || got=$?
	is "full stdout, ${args%% /*}: exit code" "$got" 65
done
# env(1) of coreutils sets what a careless caller would leave.
env --ignore-signal=CHLD "$storeboot" run "$system" --stage1 "$build/storeboot-init" --image base.qcow2 --print-qemu \
	>/dev/null 2>"$tmp/err"
is 'SIGCHLD ignored by the caller: qemu-img is waited for' $? 0
# nohup(1)'s SIGHUP does not end the run, and the SIGTERM after it does.
env --ignore-signal=HUP "$storeboot" run "$system" --stage1 "$build/storeboot-init" --image nohup.qcow2 \
	</dev/null >"$tmp/out" 2>"$tmp/err" &
launcher=$!
within 240 test -s "$tmp/out" || cat "$tmp/err"
kill -HUP $launcher
kill -TERM $launcher
got=0
wait $launcher || got=$?
is 'SIGHUP ignored by the caller' "$got" $((128 + 15))
rm nohup.qcow2

# Ctrl-C reaches what is being asked as well; the run ends by the signal, not for want of an answer.
# shellcheck disable=SC2016 # the script expands it
printf '#!/bin/sh\nkill -INT $PPID\nkill -INT $$\n' >"$tmp/bin/bwrap"
PATH=$tmp/bin:$PATH refuse 'Ctrl-C while it is prepared' 130 'ended by signal 2' "$system"

# --- what QEMU says, and what is printed only -----------------------------------------------------------
got=0
before=$(state)
out=$("$storeboot" run "$system" --stage1 "$build/storeboot-init" --print-qemu --image 'a,b c.qcow2' 2>/dev/null) || got=$?
is '--print-qemu: exit code' "$got" 0
has '--print-qemu: one command, quoted' "$out" "^[^ ]*/qemu-system-x86_64 .*'[^']*\"filename\":\"[^']*/a,b c.qcow2\"}' "
is '--print-qemu: nothing made' "$(state)" "$before"

# print ARGUMENT...: what --print-qemu prints.
print() {
	"$storeboot" run "$system" --stage1 "$build/storeboot-init" --print-qemu "$@" 2>/dev/null
}
out=$(print --image base.qcow2 --timeout 9 --console-log log --json events --plot plot.svg)
is '--print-qemu: what QEMU alone cannot do, in one comment' "$(grep -F -e --timeout <<<"$out")" \
	'# Without storeboot there is no --console-log, --timeout, --json, --plot.'
is '--print-qemu: and no file is made for it' "$(state)" "$before"
has '--print-qemu: a disk that is to grow' "$(print --image base.qcow2 --disk-size 9G)" '^# One of its disks is smaller than was asked for; '
has "--print-qemu: the closure's image is not made" "$(XDG_CACHE_HOME=$tmp/none print --share image)" '^# The image of its closure is not there yet; '
has 'a credential for a kernel without modules' "$("$storeboot" run --kernel "$system/kernel" --init "$system/init" --root tmpfs \
	--stage1 "$build/storeboot-init" --load-credential "a:$system/kernel-params" --print-qemu 2>&1)" ' -fw_cfg name=opt/io\.systemd\.credentials/a,'
# What is pasted is typed: by another program than this shell, each word as it was given.
# shellcheck disable=SC2016 # that is the name
out=$(print --append $'esc\033[A tab\t \xff caf\xc3\xa9 \xc2\x9b' --image 'a"b$(c)`d`!e.qcow2' | grep -v '^#')
is '--print-qemu: no key is in it' "$(LC_ALL=C grep -c $'[^ -~\xc3\xa9]' <<<"$out")" 0
words=$(dash -c "set -- $out; for w; do printf '<%s>\n' \"\$w\"; done")
LC_ALL=C has '--print-qemu: the same words for a shell, bytes' "$words" $'^<.* init=.*esc\033\\[A tab\t \xff caf\xc3\xa9 \xc2\x9b>'
# shellcheck disable=SC2016
has '--print-qemu: and a name full of syntax' "$words" 'a\\"b\$\(c\)`d`!e\.qcow2"'
LC_ALL=C refuse '--print-qemu: a name that QEMU takes open only' 69 'its name is not UTF-8' "$system" --print-qemu --image $'\xff.qcow2'

is 'the private folders are gone' "$(ls "$tmp/run")" ''
tap_end
