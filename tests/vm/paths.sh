#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# paths.sh - a guest's root puts links to the user's own files into a shared folder, where the launcher may look for its
# disks and outputs: neither this run nor the next ones follow them
# shellcheck disable=SC2016 # the guest expands its script, not this shell
set -u
# shellcheck source=tests/lib/vm.sh
. tests/lib/vm.sh
# A user's home, with a folder that the guest may write.
home=$tmp/home
mkdir -p "$home/src" "$home/.ssh"
head -c 1M /dev/urandom >"$home/.ssh/id"
echo 'key of the user' >"$home/.ssh/authorized_keys"
echo 'export EDITOR=vi' >"$home/.bashrc"
cp -a "$home" "$tmp/as-it-was"
# shellcheck disable=SC2317 # ok calls it
unchanged() { diff -r --exclude=src "$home" "$tmp/as-it-was"; }

links=$(vm_script '
cd /src || exit 1
ln -s ../.bashrc boot.svg
ln -s ../.ssh/authorized_keys console
ln -s ../.ssh/authorized_keys events
ln -s ../.ssh/id data.raw
ln -s ../.ssh/id disk.qcow2
ln -s ../.ssh/id storeboot-demo.qcow2
ln -s ../.ssh folder
ls | wc -l
true')
vm_run 400 --share 9p --root tmpfs --bind "$home/src:/src" --append "demo.run=$links"
is "the guest has its links: exit" "$status" 0
is "the guest has its links" "$(find "$home/src" -type l | wc -l)" 7
ok "after this run the user's files are as they were" unchanged

# refused NAME STATUS PATTERN ARGUMENT...: the next run, in that folder
cd "$home/src" || exit 1
refused() {
	local name=$1 want=$2 pattern=$3 got=0
	shift 3
	timeout --kill-after=10 300 "$storeboot" run "$system" --share 9p "$@" </dev/null >"$tmp/out" 2>"$tmp/err" || got=$?
	is "$name: exit" "$got" "$want"
	has "$name: what it says" "$(cat "$tmp/err")" "^storeboot: .*$pattern"
	ok "$name: the user's files are as they were" unchanged
}
shared='--bind .*: the guest could write to .*; say :ro, or '
for option in --plot:boot.svg --console-log:console --json:events --plot:folder/new; do
	refused "$option, in a folder that is shared" 64 "$shared" --root tmpfs --bind .:/src "${option%%:*}" "${option#*:}"
	refused "$option, in a folder that was shared" 65 'a link leads there' --root tmpfs "${option%%:*}" "${option#*:}"
done
refused "a raw disk, in a folder that is shared" 64 "$shared" --root tmpfs --bind .:/src --disk data.raw,raw
refused "a raw disk, in a folder that was shared" 66 'link' --root tmpfs --disk data.raw,raw
refused "the image, in a folder that is shared" 64 "$shared" --bind .:/src --image disk.qcow2
refused "the image, in a folder that was shared" 66 'link' --image disk.qcow2
refused "the default image, in a folder that is shared" 64 "$shared" --bind .:/src
refused "the home around a shared folder's files" 64 "$shared" --bind "$home:/home" --image "$home/src/disk.qcow2"
tap_end
