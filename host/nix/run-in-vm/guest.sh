# SPDX-License-Identifier: MIT
# guest.sh COMMAND: runs it with a folder for what it makes, $out, and hands that folder to the host: a tar archive
# on the disk that is meant for it. Its status is the command's.
# shellcheck shell=dash

status=0
export out=/tmp/xchg
mkdir -p $out
sh "$1" || status=$?
for disk in /sys/block/[sv]d*; do # virtio's, and SCSI's and ATA's, which is filled up with spaces
	serial=$(cat "$disk/serial" 2>/dev/null || tail -c +5 "$disk/device/vpd_pg80")
	[ "${serial%% *}" = xchg ] || continue
	tar -C $out -cf "/dev/${disk##*/}" . && exit $status
done
echo "cannot hand $out to the host" >&2
[ $status -ne 0 ] || status=1
exit $status
