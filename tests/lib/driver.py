# SPDX-License-Identifier: MIT
# driver.py - a stand-in for NixOS's test driver: it starts VMs as that does (nixos/lib/test-driver, machine.py), and
# runs a test of its own in two of them. Prints a line "NAME: VALUE" for each fact, which tests/vm/driver.sh judges.
#
# driver.py START-COMMAND FOLDER: the machines are two calls of the command; each runs a root shell on /dev/hvc0.
#
# Every wait has a limit against a hang, 400 s, ten times what a boot takes on a quiet host.
import base64
import os
import select
import socket
import subprocess
import sys
import time

LIMIT = 400


def fact(name, value):
    print(f"{name}: {value}", flush=True)


def until(what, condition):
    end = time.monotonic() + LIMIT
    while not condition():
        if time.monotonic() > end:
            sys.exit(f"{what}: not within {LIMIT} s")
        time.sleep(0.2)


class Vlan:
    """A switch that the machines find by its variable (vlan.py)."""

    def __init__(self, number, folder):
        path = os.path.join(folder, f"vde{number}.ctl")
        self.process = subprocess.Popen(
            ["vde_switch", "-s", path, "--dirmode", "0700", "--hub", "-x"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
        )
        os.environ[f"QEMU_VDE_SOCKET_{number}"] = path
        until("the switch", lambda: os.path.exists(path + "/ctl"))

    def end(self):
        self.process.terminate()
        self.process.wait(LIMIT)


class Machine:
    def __init__(self, number, command, folder):
        self.name = f"m{number}"
        self.number = number
        self.command = f"{command} --name {self.name}"
        self.folder = folder
        self.state = os.path.join(folder, f"vm-state-{self.name}")
        self.shared = os.path.join(folder, "shared-xchg")
        self.console = os.path.join(folder, f"{self.name}.console")
        self.process = None
        os.makedirs(self.state, 0o700)
        os.makedirs(self.shared, 0o700, exist_ok=True)

    def listen(self, name):
        path = os.path.join(self.state, name)
        if os.path.exists(path):
            os.unlink(path)
        s = socket.socket(socket.AF_UNIX)
        s.bind(path)
        s.listen(1)
        return path, s

    def accept(self, s):
        """The driver waits without a limit, also for a script that has refused an argument."""
        until(
            f"{self.name}: QEMU's connection",
            lambda: select.select([s], [], [], 0)[0] or self.process.poll() is not None,
        )
        if self.process.poll() is not None:
            sys.exit(f"{self.name}: the start command ended with {self.process.returncode}")
        c, _ = s.accept()
        c.settimeout(LIMIT)
        s.close()
        return c

    def start(self, allow_reboot=False):
        monitor, monitors = self.listen("monitor")
        shell, shells = self.listen("shell")
        words = (
            f"{self.command} -qmp unix:{self.state}/qmp,server=on,wait=off -monitor unix:{monitor}"
            f" -chardev socket,id=shell,path={shell} -device virtio-serial"
            " -device virtconsole,chardev=shell -device virtio-rng-pci -serial stdio"
            f"{'' if allow_reboot else ' -no-reboot'} -nographic"
        )
        with open(self.console, "ab") as out, open(f"{self.console}.err", "ab") as err:
            self.process = subprocess.Popen(
                words,
                shell=True,
                cwd=self.state,
                stdin=subprocess.PIPE,
                stdout=out,
                stderr=err,
                env=dict(os.environ, TMPDIR=self.state, SHARED_DIR=self.shared, USE_TMPDIR="1"),
            )
        self.monitor = self.accept(monitors)
        self.shell = self.accept(shells)
        self.prompt()

    def connect(self):
        """Waits for the root shell, and gives it its address in the VLAN."""
        said = b""
        while b"Spawning backdoor root shell..." not in said:
            chunk = self.shell.recv(4096)
            if not chunk:
                sys.exit(f"{self.name}: ended before its shell came")
            said += chunk
        address = f"192.168.1.{self.number}/24"
        self.succeed(f"ip link set eth1 up; ip addr add {address} dev eth1")

    def line(self):
        said = b""
        while not said.endswith(b"\n"):
            chunk = self.shell.recv(4096)
            if not chunk:
                sys.exit(f"{self.name}: ended during a command")
            said += chunk
        return said

    def execute(self, command):
        self.shell.sendall(f"({command}) 2>&1 | base64 -w 0; echo\n".encode())
        return base64.b64decode(self.line()).decode().strip()

    def status(self, command):
        return int(self.execute(f"({command}) >/dev/null 2>&1; echo $?"))

    def succeed(self, command):
        out = self.execute(f"({command}); s=$?; echo; echo $s").rsplit("\n", 1)
        if out[-1] != "0":
            sys.exit(f"{self.name}: {command}: {out}")
        return out[0].strip()

    def prompt(self):
        said = b""
        while not said.endswith(b"(qemu) "):
            chunk = self.monitor.recv(4096)
            if not chunk:
                return
            said += chunk

    def tell(self, command):
        self.monitor.sendall(f"{command}\n".encode())
        self.prompt()

    def keyboard(self):
        self.succeed("modprobe -a i8042 atkbd")
        until("a keyboard", lambda: self.status("grep -q kbd /proc/bus/input/devices") == 0)

    def pings(self, other):
        return self.status(f"ping -c 1 -W 5 192.168.1.{other.number}") == 0

    def end(self):
        status = self.process.wait(LIMIT)
        self.monitor.close()
        self.shell.close()
        self.process.stdin.close()
        return status

    def kill(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(LIMIT)


def two_machines(one, two):
    """All at once: both boot, and everything that needs no restart."""
    for m in (one, two):
        m.start()
    for m in (one, two):
        m.connect()
    fact("succeed", one.succeed("echo to standard output; echo and error >&2").replace("\n", " "))
    fact("a status", one.status("exit 7"))
    fact("the address of the VM's own network", one.succeed("ip -4 -o addr show eth0 | awk '{ print $4 }'"))

    until("a ping", lambda: one.pings(two))
    one.tell("set_link virtio-net-pci.1 off")
    fact("blocked", "no answer" if not one.pings(two) else "an answer")
    one.tell("set_link virtio-net-pci.1 on")
    until("a ping after unblock", lambda: one.pings(two))
    fact("one VLAN", "an answer, also after unblock")

    with open(f"{one.shared}/from-host", "w") as f:
        f.write("by the host\n")
    fact("SHARED_DIR", two.succeed("cat /tmp/shared/from-host"))
    two.succeed("echo by the guest >/tmp/xchg/file")
    with open(f"{two.state}/xchg/file") as f:
        fact("TMPDIR", f.read().strip())

    one.succeed("(read -r typed </dev/ttyS0; echo $typed >/run/typed) >/dev/null 2>&1 & true")
    one.process.stdin.write(b"typed on the console\n")
    one.process.stdin.flush()
    until("the console's input", lambda: one.status("test -s /run/typed") == 0)
    fact("send_console", one.succeed("cat /run/typed"))
    one.succeed("echo said on the console >/dev/ttyS0")

    def said():
        with open(one.console, "rb") as f:
            return b"said on the console" in f.read()

    until("wait_for_console_text", said)
    one.keyboard()
    one.succeed("(dd if=/dev/tty1 bs=1 count=1 of=/run/key) >/dev/null 2>&1 & true")

    def key():
        one.tell("sendkey k")
        one.tell("sendkey ret")
        return one.status("test -s /run/key") == 0

    until("a key", key)
    fact("send_key", one.succeed("head -c 1 /run/key"))
    one.tell(f"screendump {one.folder}/screen.ppm")
    with open(f"{one.folder}/screen.ppm", "rb") as f:
        shot = f.read()
    fact("screenshot", f"{shot[:2].decode()} {'with text' if any(shot[20:]) else 'black'}")


def restarts(one, two):
    """A power cut, a boot from the same disk, and a reboot without a new QEMU."""
    one.succeed("echo before the crash >/root/kept; sync")
    one.tell("quit")
    fact("crash: the start command ends", "with a status" if one.end() >= 0 else "by a signal")
    one.start(allow_reboot=True)
    one.connect()
    fact("crash and start", one.succeed("cat /root/kept"))
    boots = one.succeed("cat /var/lib/boots")
    one.keyboard()
    one.succeed("sync")
    one.tell("sendkey ctrl-alt-delete")
    one.connect()
    fact("a reboot", "once more" if int(one.succeed("cat /var/lib/boots")) == int(boots) + 1 else "no")
    fact("QEMU runs on", one.process.poll() is None)
    until("a ping after the reboot", lambda: one.pings(two))
    fact("the VLAN after the reboot", "an answer")


def main():
    command, folder = sys.argv[1:]
    vlan = Vlan(1, folder)
    machines = [Machine(n, command, folder) for n in (1, 2)]
    try:
        two_machines(*machines)
        restarts(*machines)
        for m in machines:
            m.shell.sendall(b"sync; poweroff -f\n")
        fact("poweroff", " ".join(str(m.end()) for m in machines))
    finally:
        for m in machines:
            m.kill()
        vlan.end()


main()
