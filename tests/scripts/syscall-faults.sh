#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# syscall-faults.sh - each system call of the launcher fails once, or a signal comes there: the run either keeps every
# promise or says what failed; the disk stays whole, and nothing is left 2 s later
#
# strace injects the errors and signals. A stand-in for QEMU makes a run take a quarter of a second. There are more than a thousand
# of them, so a run of the suite tries a share that changes from day to day, FAULTS of them (default 60); FAULTS=all
# tries all (make check-faults).
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib/stand-in.sh
. tests/lib/stand-in.sh
if ! strace -o /dev/null true 2>"$tmp/err"; then
	skip "syscall faults" "strace cannot trace here: $(tail -n 1 "$tmp/err")"
	tap_end
fi

# The error that is injected into a system call; what is not named here has none that a host gives.
declare -A error=([openat]=EMFILE [open]=EMFILE [read]=EIO [pread64]=EIO [write]=ENOSPC [pwrite64]=ENOSPC [fsync]=EIO
	[fdatasync]=EIO [rename]=EACCES [renameat]=EACCES [renameat2]=EACCES [mkdir]=ENOSPC [mkdirat]=ENOSPC [link]=EMLINK
	[linkat]=EMLINK [unlink]=EACCES [unlinkat]=EACCES [rmdir]=EBUSY [symlink]=ENOSPC [symlinkat]=ENOSPC
	[clone]=EAGAIN [clone3]=EAGAIN [fork]=EAGAIN [vfork]=EAGAIN [pipe2]=EMFILE [socketpair]=EMFILE [socket]=EMFILE
	[bind]=EACCES [listen]=EADDRINUSE [accept4]=EMFILE [mmap]=ENOMEM [mremap]=ENOMEM [ftruncate]=EFBIG
	[fallocate]=ENOSPC [fcntl]=EBADF [flock]=ENOLCK [fstat]=EIO [newfstatat]=EIO [statx]=EIO [fstatfs]=EIO [statfs]=EIO
	[getdents64]=EIO [readlink]=EIO [readlinkat]=EIO [fchmod]=EPERM [fchmodat]=EPERM [fchown]=EPERM [fsetxattr]=EDQUOT
	[fgetxattr]=EIO [utimensat]=EPERM [getcwd]=ENOENT [sysinfo]=EPERM [uname]=EPERM [prctl]=EINVAL [ioctl]=EIO
	[pidfd_open]=EMFILE [signalfd4]=EMFILE [timerfd_create]=EMFILE [timerfd_settime]=EINVAL [memfd_create]=EMFILE
	[eventfd2]=EMFILE [poll]=EINTR [ppoll]=EINTR [wait4]=EINTR [waitid]=EINTR [sendto]=ECONNRESET [recvfrom]=ECONNRESET
	[sendmsg]=ECONNRESET [recvmsg]=ECONNRESET [getrandom]=EAGAIN [access]=EACCES [faccessat2]=EACCES
	[close_range]=ENOSYS [openat2]=ENOSYS [copy_file_range]=EIO [sendfile]=EIO [prlimit64]=EPERM [setrlimit]=EPERM
	[sigaltstack]=ENOMEM [kill]=EPERM [pidfd_send_signal]=EPERM)
most=150 # of one system call: of more, a sample at equal distances
signals=(TERM INT HUP)
every=15 # of the system calls, one of which brings a signal

# calls TRACE: "NUMBER CALL" of each system call in it.
calls() {
	sed -n 's/^\([a-z0-9_]*\)(.*/\1/p' "$1" | sort | uniq -c
}

# The first ones are the dynamic linker's.
declare -A linkers=()
strace -o "$tmp/trace" "$storeboot" --version >/dev/null
while read -r n call; do
	linkers[$call]=$n
done < <(calls "$tmp/trace")

# --- a good run of each kind, and from it the list: DISK SYSCALL N HOW ---------------------------------------------------
fresh new
launch --
is "the stand-in: exit status" "$status" 0
ok "the stand-in: every promise is kept" whole
ok "the stand-in: nothing is left" within 20 nothing_left
k=0
for disk in new used; do
	fresh $disk
	launch strace -o "$tmp/trace" --
	is "traced, disk $disk: exit status" "$status" 0
	while read -r n call; do
		[ -n "${error[$call]-}" ] || continue
		first=$((${linkers[$call]-0} + 1)) step=$((n > most ? n / most : 1))
		for ((i = first; i <= n; i += step)); do
			echo "$disk $call $i error=${error[$call]}"
			[ $((k++ % every)) -gt 0 ] || echo "$disk $call $i signal=SIG${signals[k % 3]}"
		done
	done < <(calls "$tmp/trace") >>"$tmp/faults"
done
total=$(wc -l <"$tmp/faults")
ok "there are a thousand faults to inject ($total)" [ "$total" -ge 1000 ]

# --- the day's share -----------------------------------------------------------------------------------------------------
faults=${FAULTS:-60}
[ "$faults" != all ] || faults=$total
stride=$((total / faults)) at=$(($(date +%s) / 86400 % (total / faults)))
awk -v s="$stride" -v a="$at" 'NR % s == a' "$tmp/faults" >"$tmp/today"
echo "# ${FAULTS:-60} faults: number $at of every $stride"

tried=0 good=0 false_success=0 silent=0 hung=0 damaged=0 remains=0
# bad KIND WHAT
bad() {
	echo "# $1: $how in $call $n, disk $disk: exit $status${2:+: $2}"
	sed 's/^/#   /' "$tmp/err" | tail -n 3
}
while read -r disk call n how; do
	fresh "$disk"
	launch strace -o /dev/null -e "inject=$call:$how:when=$n" --
	tried=$((tried + 1))
	case $status in
	0) if whole; then good=$((good + 1)); else false_success=$((false_success + 1)); bad "false success"; fi ;;
	129 | 130 | 143) ;;
	124 | 137) hung=$((hung + 1)); bad hung ;;
	*) grep -q '^storeboot: ' "$tmp/err" || { silent=$((silent + 1)); bad "no message"; } ;;
	esac
	disk_whole "$disk" || { damaged=$((damaged + 1)); bad "disk damaged"; }
	if ! within 2 nothing_left; then
		remains=$((remains + 1))
		bad "not removed after 2 s" "$(left | tr '\n' ' ')"
	fi
done <"$tmp/today"
echo "# $tried faults: $good runs did not need the call, $((tried - good)) failed"
is "false successes" $false_success 0
is "failures without a message" $silent 0
is "hangs" $hung 0
is "damaged disks" $damaged 0
is "runs that left something" $remains 0
tap_end
