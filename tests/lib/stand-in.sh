# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# stand-in.sh - runs of the launcher with a stand-in for QEMU (tests/lib/stand_in.c), for the tests of the launcher's own
# faults: a run takes a quarter of a second, and each keeps every promise or says what failed.
# A source'd file.

# shellcheck source=tests/lib/host.sh
. tests/lib/host.sh
system=$(scripts/demo-system) || exit 1
qemu=$tmp/bin/qemu-system-x86_64
work=$tmp/work    # the folder where the run is: its disk and its outputs
private=$tmp/tmp  # TMPDIR: the run's private files
mkdir "$tmp/bin" "$private"
${CC:-gcc} -O1 -DREAL="\"$(command -v qemu-system-x86_64)\"" -o "$qemu" tests/lib/stand_in.c || exit 1

for how in dies stops mute garbage floods lingers; do
	ln "$qemu" "$tmp/bin/qemu-$how"
done

# fresh new|used: the folder of a run, without a disk or with one that holds something.
fresh() {
	rm -rf "$work" "$private" "${tmp:?}/run"
	mkdir "$work" "$private"
	mkdir -m 700 "$tmp/run"
	[ "$1" = new ] || cp "$tmp/used.qcow2" "$work/disk.qcow2"
}

# launch [WRAPPER...] -- [ARGUMENT...]: a run in $work. Sets status, out and err.
launch() {
	local wrapper=()
	while [ "$1" != -- ]; do
		wrapper+=("$1")
		shift
	done
	shift
	# This shell's own word on a program that dies of a signal goes nowhere: the status tells of it. A limit on files must
	# not keep the launcher from saying so.
	(cd "$work" && TMPDIR=$private timeout --kill-after=5 60 "${wrapper[@]}" "$storeboot" run "$system" \
		--stage1 "$build/storeboot-init" --qemu "$qemu" --accel tcg --share 9p --image disk.qcow2 \
		--json events --console-log console --plot plot.svg "$@" </dev/null 2>&1 >"$tmp/out") 2>/dev/null | cat >"$tmp/err"
	status=${PIPESTATUS[0]}
	out=$(cat "$tmp/out") err=$(cat "$tmp/err")
}

# whole: the last run kept what its exit status 0 promises: the guest's output and the disk are there; each further
# output is complete, or a line says that it is not.
whole() {
	grep -q 'a word from the stand-in' "$tmp/out" && [ -e "$work/disk.qcow2" ] &&
		{ cmp -s "$work/console" "$tmp/out" || grep -q '^storeboot: --console-log: .*; the log ends here' "$tmp/err"; } &&
		{ tail -n 1 "$work/events" | grep -q '"event":"verdict",.*"exit":0,' ||
			grep -q '^storeboot: --json: .*; no more events are written' "$tmp/err"; } &&
		{ tail -n 1 "$work/plot.svg" | grep -q '^</svg>$' || grep -q '^storeboot: --plot: ' "$tmp/err"; }
}

# disk_whole new|used: the disk is sound, and one from before has its bytes; a new one may also not be there.
disk_whole() {
	[ -e "$work/disk.qcow2" ] || { [ "$1" = new ]; return; }
	qemu-img check -q "$work/disk.qcow2" >/dev/null 2>&1 || return 1
	[ "$1" = new ] || ! qemu-io -r -c 'read -P 0x5a 1M 64k' "$work/disk.qcow2" 2>&1 | grep -q 'verification failed'
}

# left: what the last run left: processes, private files, and files that it was not told to make.
left() {
	grep -lsz "^TMPDIR=$private\$" /proc/[0-9]*/environ
	find "$private" -mindepth 1
	find "$tmp/run" -mindepth 1 ! -path "$tmp/run/storeboot"
	find "$work" -mindepth 1 ! -name disk.qcow2 ! -name events ! -name console ! -name plot.svg
}
nothing_left() { [ -z "$(left 2>/dev/null)" ]; }

# The used disk: a pattern 1 MiB from its beginning.
qemu-img create -q -f qcow2 "$tmp/used.qcow2" 1G
qemu-io -c 'write -P 0x5a 1M 64k' "$tmp/used.qcow2" >/dev/null
