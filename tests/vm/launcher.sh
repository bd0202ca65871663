#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# launcher.sh - storeboot run: piecewise systems, 2010's environment, an ordinary user, a terminal, and nothing left behind
# shellcheck disable=SC2016,SC2317 # the guest expands its script, not this shell; functions are called by name
set -u
# shellcheck source=tests/lib/vm.sh
. tests/lib/vm.sh

# left: what a run has left: files in its folder, and processes that carry this test's folder in their environment.
left() {
	find "$tmp/run" -mindepth 1
	local p
	for p in /proc/[0-9]*; do
		case $(tr '\0' ' ' 2>/dev/null <"$p/cmdline") in
		*qemu-system* | *smbd* | *bwrap* | *storeboot\ run*)
			grep -qzF "XDG_RUNTIME_DIR=$tmp/run" "$p/environ" 2>/dev/null && tr '\0' ' ' <"$p/cmdline" ;;
		esac
	done
}

nothing_left() {
	[ -z "$(left)" ]
}

# --- piecewise, with 2010's environment ----------------------------------------------------------------------
script=$(vm_script 'echo "FACT cmdline $(cat /proc/cmdline)"; echo "FACT cpus $(nproc)"; echo "FACT disk $(cat /sys/block/vda/size)"
echo "FACT disks $(ls /sys/block | grep -c ^vd)"; echo "FACT shown" $(cat /proc/sys/kernel/printk); echo "FACT shared $(cat /tmp/shared/note)"; echo "FACT certificates $(cat /etc/ssl/certs/ca-certificates.crt)"
echo "FACT memory $(awk "/MemTotal/ { print int(\$2 / 1024) }" /proc/meminfo)"; echo "FACT screens $(cat /sys/bus/pci/devices/*/class | grep -c ^0x03)"; grep -m 1 "model name" /proc/cpuinfo
echo "from the guest" >/tmp/xchg/note; printf "FACT \\033[1mescapes\\033[m \\033]0;title\\007\\033[6nend\\n"')
qemu-img create -q -f qcow2 "$tmp/second.qcow2" 32M
cat >"$tmp/options" <<END
# what the next run boots
qemu       $tmp/qemu
accel      tcg
serial
kernel     $system/kernel
modules    $system/kernel-modules
init       $system/init
params     $system/kernel-params
disk-size  1G
append     systemConfig=$system boot.trace
append     two words
host-certs
END
printf '#!/bin/sh\n: >%s/qemu.ran\nexec qemu-system-x86_64 "$@"\n' "$tmp" >"$tmp/qemu"
chmod +x "$tmp/qemu"
mkdir "$tmp/a:shared" "$tmp/tmpdir"
echo "from the host" >"$tmp/a:shared/note"
echo "a certificate" >"$tmp/ca.pem"
out=$(SHARED_DIR="$tmp/a:shared" USE_TMPDIR=1 TMPDIR="$tmp/tmpdir" NIX_SSL_CERT_FILE="$tmp/ca.pem" NIX_DISK_IMAGE="$tmp/a, b.qcow2" QEMU_KERNEL_PARAMS="word.of=environment demo.run=$script" \
	QEMU_OPTS="-smp 2 -drive 'file=$tmp/second.qcow2,format=qcow2,if=virtio'" \
	timeout 240 "$storeboot" run --config "$tmp/options" --disk-size 128M \
	--escapes filter --console-log "$tmp/log" </dev/null 2>"$tmp/err")
is "piecewise: exit status" $? 0
out=$(tr -d '\r' <<<"$out")
has "the script ran" "$out" 'demo\.run: exit 0'
has "kernel-params come first, QEMU_KERNEL_PARAMS behind init=" "$out" "^FACT cmdline cryptomgr\.notests pci=lastbus=0 $(cat "$system/kernel-params") .*init=.* word\.of=environment"
has "--config: a list, a value with a blank" "$out" '^FACT cmdline .* two words'
ok "--qemu: it is the one that was run" test -e "$tmp/qemu.ran"
has "--accel tcg: the processor is TCG's" "$out" '^model name.*QEMU TCG CPU'
is "--serial: no screen but the one for screenshots" "$(grep -o '^FACT screens .*' <<<"$out")" "FACT screens 1"
has "QEMU_OPTS: processors" "$out" '^FACT cpus 2'
has "QEMU_OPTS: a quoted drive" "$out" '^FACT disks 2'
has "boot.trace is seen on a quiet console" "$out" '\] storeboot: modules: virtio_blk\.ko'
has "stage 2 has its own loglevel again" "$out" '^FACT shown 4 '
has "--escapes filter: a file gets it as it came" "$out" $'^FACT \033\\[1mescapes\033\\[m \033\\]0;title\a\033\\[6nend$'
has "the log has it as it came" "$(tr -d '\r' <"$tmp/log")" $'^FACT \033\\[1mescapes\033\\[m \033\\]0;title\a\033\\[6nend$'
has "SHARED_DIR" "$out" '^FACT shared from the host'
has "--host-certs, NIX_SSL_CERT_FILE" "$out" '^FACT certificates a certificate'
is "USE_TMPDIR, TMPDIR" "$(cat "$tmp/tmpdir/xchg/note")" "from the guest"
has "--disk-size" "$out" "^FACT disk $((128 << 11))$"
ok "NIX_DISK_IMAGE, a name with comma and blank" test -s "$tmp/a, b.qcow2"
is "nothing is left" "$(left)" ""

# --- the printed command, pasted into a shell in another folder ---------------------------------------------------
command=$("$storeboot" run "$system" --share 9p --root tmpfs --memory 300M --cores 2 --no-tuning --print-qemu --append "word=it's demo.run=$script" 2>/dev/null)
out=$(cd "$tmp/run" && timeout 240 sh -c "$command" </dev/null 2>&1 | tr -d '\r')
has "--print-qemu: the command boots the system" "$out" '^demo\.run: exit 0'
has "--memory" "$out" '^FACT memory 2[0-9][0-9]'
has "--cores" "$out" '^FACT cpus 2'
has "--no-tuning: kernel-params come first" "$out" "^FACT cmdline $(cat "$system/kernel-params") init="
has "a quote, as it was said" "$out" "^FACT cmdline .* word=it's"
has "for cifs a comment says that the store is not there" "$("$storeboot" run "$system" --print-qemu 2>/dev/null)" '^# Without storeboot nobody serves the store by cifs'
is "--print-qemu: nothing is left" "$(left)" ""

# --- an ordinary user -------------------------------------------------------------------------------------------
if [ "$(id -u)" = 0 ]; then
	user=$(mktemp -d "${TMPDIR:-/tmp}/storeboot-user.XXXXXX")
	cp "$storeboot" "$build/storeboot-init" "$user/"
	"$storeboot" reginfo "$system" >"$user/registration"
	chown -R 1000:1000 "$user"
	out=$(cd "$user" && env -i PATH="$PATH" HOME="$user" TMPDIR="$user" timeout 240 setpriv --reuid 1000 --regid 1000 --clear-groups \
		./storeboot run "$system" --image disk.qcow2 --reginfo registration --append demo.batch=1 </dev/null 2>"$tmp/err")
	is "an ordinary user: exit status" $? 0
	has "the greeting" "$out" 'store paths +[0-9]+ registered, [0-9]+ valid; this system is registered'
	is "its files are its own" "$(find "$user" ! -uid 1000)" ""
	is "its temporary files are gone" "$(find "$user" -mindepth 1 -maxdepth 1 -name 'storeboot-*' ! -name storeboot-init)" ""
	rm -rf "$user"
else
	skip "an ordinary user" "the whole test runs as one"
fi

# --- signals: in the middle of a run ------------------------------------------------------------------------------
name=$("$storeboot" run "$system" --print-qemu 2>/dev/null | sed -n 's/.* -name guest=\([^ ]*\) .*/\1/p')
is "list: nothing runs" "$("$storeboot" list)" ""
wait_script=$(vm_script 'echo "FACT waiting"; sleep 600')
for signal in INT TERM HUP KILL; do
	: >"$tmp/out" # else the last one's may still be there when it is looked at first
	"$storeboot" run "$system" --image "$tmp/signal.qcow2" --append "demo.run=$wait_script" </dev/null >"$tmp/out" 2>"$tmp/err" &
	pid=$!
	ok "SIG$signal: the guest is up" within 240 grep -q 'FACT waiting' "$tmp/out"
	busy=$("$storeboot" run "$system" --image "$tmp/signal.qcow2" </dev/null 2>&1)
	is "SIG$signal: meanwhile the image is in use: exit status" $? 67
	has "the line names the holder" "$busy" "signal\.qcow2 .*$pid"
	has "SIG$signal: list has it" "$("$storeboot" list)" "^$name +$pid +$system +$tmp/signal\.qcow2 +[0-9]+m?[0-9]*s\$"
	if [ "$signal" = INT ]; then
		busy=$("$storeboot" run "$system" --name "$name" --root tmpfs </dev/null 2>&1)
		is "a name is in use: exit status" $? 67
		has "the line names who has it" "$busy" "a VM called $name runs already: pid $pid \\(.*storeboot run "
		is "list --json" "$("$storeboot" list --json | python3 -c 'import json,sys
for line in sys.stdin: o = json.loads(line); print(o["name"], o["pid"], o["image"], sorted(o))')" \
			"$name $pid $tmp/signal.qcow2 ['escapes', 'folder', 'image', 'kernel', 'name', 'pid', 'started', 'system']"
	fi
	kill -$signal $pid
	wait $pid 2>/dev/null
	is "SIG$signal: exit status" $? $((128 + $(kill -l $signal)))
	ok "SIG$signal: nothing is left after a moment" within 240 nothing_left
done

# --- a host too busy to read the guest's records ---------------------------------------------------------------
# QEMU's processor time in clock ticks; 0 if QEMU is gone.
ticks() { sed -n 's/.*) //p' "/proc/$1/stat" 2>/dev/null | awk '$1 != "Z" { n = $12 + $13 } END { print n + 0 }'; }
# idles PID: in a second the guest does next to nothing, or QEMU is gone.
idles() {
	local before
	before=$(ticks "$1")
	sleep 1
	[ $(($(ticks "$1") - before)) -le 15 ]
}
"$storeboot" run "$system" --share 9p --root tmpfs --reginfo none --append demo.batch=1 --json "$tmp/events" </dev/null >"$tmp/out" 2>"$tmp/err" &
pid=$!
ok "a launcher that is stopped in stage 1: it has begun" within 240 grep -q "\"step\"" "$tmp/events"
qemu=$(pgrep -P $pid qemu-system)
kill -STOP $pid
ok "a launcher that is stopped in stage 1: the guest waits, or has ended" within 240 idles "$qemu"
kill -CONT $pid
wait $pid
is "a launcher that is stopped in stage 1: exit status" $? 0
has "a launcher that is stopped in stage 1: nothing is lost" "$(tr -d '\r' <"$tmp/out")" '^storeboot demo: poweroff'

# --- a terminal ------------------------------------------------------------------------------------------------------
# Runs a command on a terminal; types each TEXT of stdin's lines "PATTERN=>TEXT" when PATTERN shows up behind the last one;
# prints what it saw, then how it ended.
cat >"$tmp/type.py" <<'END'
import os, pty, select, sys, termios, time
steps = [line.rstrip("\n").split("=>") for line in sys.stdin]
pid, master = pty.fork()
if pid == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
before = termios.tcgetattr(master)
seen, at, end = b"", 0, time.time() + 240
while True:
    if select.select([master], [], [], 0.2)[0]:
        try:
            seen += os.read(master, 65536)
        except OSError:  # the last descriptor of the terminal is closed
            pass
    found = seen.find(steps[0][0].encode(), at) if steps else -1
    if found >= 0:
        at = len(seen)
        os.write(master, steps.pop(0)[1].encode().decode("unicode_escape").encode("latin-1"))
    after = termios.tcgetattr(master)
    done, status = os.waitpid(pid, os.WNOHANG)
    if done:
        break
    if time.time() > end:
        os.kill(pid, 15)
        end += 30
sys.stdout.write(seen.decode("latin-1").replace("\r", ""))
print("\nENDED", os.waitstatus_to_exitcode(status), "TERMINAL", "restored" if after == before else "changed")
END
out=$(printf '%s\n' '# =>sh -c "echo go-$((40+1)); sleep 500"\r' 'go-41=>\x03' '# =>echo still-$((40+2))\r' 'still-42=>poweroff\r' |
	timeout 300 python3 "$tmp/type.py" "$storeboot" run "$system" --image "$tmp/tty.qcow2" 2>&1)
has "on a terminal: Ctrl-C goes to the guest's program" "$out" 'still-42'
has "poweroff ends it well, the terminal is as before" "$out" '^ENDED 0 TERMINAL restored'
out=$(printf '%s\n' '# =>\x01x' | timeout 300 python3 "$tmp/type.py" "$storeboot" run "$system" --image "$tmp/tty.qcow2" 2>&1)
has "Ctrl-a x ends it, the terminal is as before" "$out" '^ENDED 130 TERMINAL restored'
is "nothing is left at the end" "$(left)" ""
tap_end
