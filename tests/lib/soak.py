# SPDX-License-Identifier: MIT
"""soak.py ROLE FOLDER STOREBOOT SYSTEM SEED RUNS JOBS FIRST [OPTION]... - one part of a soak (tests/lib/soak)

worker-K makes every JOBS-th run, each with a fault. A run's kind, options and moments come from SEED and its number.
After each it checks the exit status against those that the fault may have, and that nothing is left within GRACE
seconds. resident keeps one VM through the whole soak, works in it all the time, and checks that nothing grows.
"""
import collections
import ctypes
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import threading
import time

ROLE, FOLDER, STOREBOOT, SYSTEM, SEED = sys.argv[1:6]
RUNS, JOBS, FIRST = map(int, sys.argv[6:9])
OPTIONS = sys.argv[9:]
GRACE = 2.0
HANG = 600.0  # a limit against a hang alone
FAILURES = set(range(64, 72))
PR_SET_CHILD_SUBREAPER = 36

ENV = {k: v for k, v in os.environ.items() if k not in ("STOREBOOT_RUNTIME_DIR", "XDG_RUNTIME_DIR", "TMPDIR")}


# --- processes ------------------------------------------------------------------------------------------------------
def processes():
    """pid: (name, state, parent) of all."""
    found = {}
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            with open(f"/proc/{entry}/stat", "rb") as f:
                text = f.read().decode(errors="replace")
        except OSError:
            continue
        name, rest = text[text.index("(") + 1:text.rindex(")")], text[text.rindex(")") + 2:].split()
        found[int(entry)] = (name, rest[0], int(rest[1]))
    return found


def below(top):
    """pid: name of all living descendants, oldest first. Orphans become children of this process (a subreaper)."""
    all_of = processes()
    found, todo = {}, [top]
    while todo:
        parent = todo.pop(0)
        for pid, (name, state, of) in sorted(all_of.items()):
            if of == parent and pid not in found:
                found[pid] = (name, state)
                todo.append(pid)
    return {pid: name for pid, (name, state) in found.items() if state not in "ZX"}


def reap(but):
    for pid, (_, state, parent) in processes().items():
        if parent == os.getpid() and state == "Z" and pid not in but:
            try:
                os.waitpid(pid, os.WNOHANG)
            except ChildProcessError:
                pass


def send(pid, number):
    try:
        os.kill(pid, number)
        return True
    except ProcessLookupError:
        return False


class Process:
    """A program of ours with what it wrote. Pipes, so that a limit on files is not one on what it may say."""

    def __init__(self, args, env, cwd, limits=(), stdin=subprocess.DEVNULL):
        def limit():
            for what, value in limits:
                resource.setrlimit(what, (value, value))
        self.args, self.out, self.err = args, bytearray(), bytearray()
        self.start = time.monotonic()
        self.p = subprocess.Popen(args, env=env, cwd=cwd, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                  preexec_fn=limit if limits else None)
        self.readers = [threading.Thread(target=self.read, args=a, daemon=True)
                        for a in ((self.p.stdout, self.out), (self.p.stderr, self.err))]
        for reader in self.readers:
            reader.start()

    @staticmethod
    def read(pipe, to):
        try:
            while data := os.read(pipe.fileno(), 65536):
                to += data
        except (OSError, ValueError):
            pass

    def said(self, text):
        return text in self.out

    def wait(self, until=HANG):
        try:
            self.p.wait(until)
        except subprocess.TimeoutExpired:
            return False
        return True

    def finish(self):
        """After the end: what it wrote is complete, unless somebody else holds its pipes."""
        for reader in self.readers:
            reader.join(GRACE)
        held = any(reader.is_alive() for reader in self.readers)
        return held


# --- one run --------------------------------------------------------------------------------------------------------
ACTIONS = {  # what the guest does: its chance, the exit status of a run without a fault, and of a command
    "poweroff": (12, {0}, {125}),
    "reboot": (2, {0}, {125}),
    "reset": (1, {0}, {125}),
    "panic": (2, {71}, {125}),
    "exit": (2, {71}, {3}),
    "kill-all": (2, {0}, {125, 137}),
    "kill-self": (1, {0}, {137}),
}
FAULTS = {  # chance
    "none": 3, "launcher-signal": 5, "launcher-killed": 4, "launcher-stopped": 2, "qemu-killed": 5, "qemu-stopped": 2,
    "qemu-stopped-signal": 2, "keeper-killed": 2, "both-killed": 2, "server-killed": 5, "server-stopped": 2, "stop": 3,
    "stop-now": 3, "timeout": 3, "full": 6, "limit": 6, "two": 4, "exec": 4, "stdout-closed": 2,
}


def draw(rng, table):
    return rng.choices(list(table), [v[0] if isinstance(v, tuple) else v for v in table.values()])[0]


class Run:
    boot = 8.0  # seconds that a run takes, from the runs before

    def __init__(self, n):
        rng = random.Random(f"{SEED}/{n}")
        self.n, self.rng = n, rng
        self.share = rng.choice(["cifs", "9p", "virtiofs", "image"])
        self.fault = draw(rng, FAULTS)
        self.command = rng.random() < 0.3
        self.action = draw(rng, ACTIONS)
        if self.fault in ("stop", "stop-now") and not self.command and rng.random() < 0.7:
            self.action = "hang"
        self.ms = rng.choice([0, 0, 300, 1500])
        self.disk = rng.random() < 0.5
        self.new = rng.random() < 0.2
        self.outputs = rng.random() < 0.5
        self.moment = rng.choice(["early", "boot", "boot", "boot", "end"])
        self.at = rng.random()
        self.errors, self.notes = [], []
        self.mounts = []
        self.limits = []
        self.may = set()
        self.top = f"{FOLDER}/{n}"
        self.name = f"soak-{n}"
        self.image = f"{FOLDER}/disk-{rng.choice('ab')}.qcow2"

    def bad(self, text):
        self.errors.append(text)

    def folder(self, name):
        path = f"{self.top}/{name}"
        os.makedirs(path, 0o700, exist_ok=True)
        return path

    def prepare(self):
        shutil.rmtree(self.top, ignore_errors=True)
        self.env = dict(ENV, TMPDIR=self.folder("tmp"), XDG_RUNTIME_DIR=self.folder("run"),
                        STOREBOOT_RUNTIME_DIR=self.folder("run"))
        self.out_folder = self.folder("out")
        if self.new and self.disk:
            if os.path.exists(self.image):
                os.unlink(self.image)
            forget(self.image)
        if self.fault == "full":
            self.small()
        if self.fault == "limit":
            kind, low, high = self.rng.choice([(resource.RLIMIT_FSIZE, 0, 3 << 20), (resource.RLIMIT_NOFILE, 3, 60),
                                               (resource.RLIMIT_AS, 8 << 20, 600 << 20),
                                               (resource.RLIMIT_STACK, 1 << 20, 4 << 20)])
            self.limits = [(kind, self.rng.randint(low, high))]
            self.notes.append(f"limit {kind} {self.limits[0][1]}")

    def small(self):
        """A small file system for one of the run's folders."""
        what = self.rng.choice(["tmp", "run", "out", "disk", "cache"])
        size = self.rng.choice([16, 64, 256, 1024, 4096, 16384])
        path = self.folder(what)
        self.notes.append(f"{size} KiB for {what}")
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"mode=700,size={size}k", "none", path], check=True)
        self.mounts.append(path)
        if what == "disk":
            self.disk, self.image = True, f"{path}/disk.qcow2"
        if what == "cache":
            self.env["XDG_CACHE_HOME"] = path
        if what == "out":
            self.outputs = True

    def arguments(self, name):
        args = [STOREBOOT, "run", SYSTEM, "--name", name, "--share", self.share, "--accel", "tcg", "-m", "128M",
                "--reginfo", "none", "--stop-timeout", "20", *OPTIONS]
        args += ["--image", self.image, "--disk-size", "48M"] if self.disk else ["--root", "tmpfs"]
        # Of a whole store virtiofsd opens each file, of which a host may allow too few.
        args += ["--expose", "closure"] if self.share == "virtiofs" else []
        if self.outputs:
            args += ["--json", f"{self.out_folder}/{name}.json", "--console-log", f"{self.out_folder}/{name}.log",
                     "--plot", f"{self.out_folder}/{name}.svg"]
        if self.fault == "timeout":
            args += ["--timeout", str(max(1, int(self.at * 1.2 * Run.boot)))]
        if self.command:
            return args + ["--no-stage2", "--", f"{SYSTEM}/init", f"{self.action},{self.ms}"]
        return args + ["--append", f"soak={self.action},{self.ms}"]

    def natural(self):
        """The exit statuses without a fault."""
        return {0} if self.action == "hang" else ACTIONS[self.action][2 if self.command else 1]

    def failures(self, *codes):
        return {125} if self.command else set(codes) or FAILURES

    # The faults: each waits for its moment, and returns the exit statuses that it may cause.
    def wait_for_moment(self):
        start = time.monotonic()
        if self.moment == "end":
            while not self.process.said(b"SOAK ") and self.process.p.poll() is None and \
                    time.monotonic() - start < HANG / 2:
                time.sleep(0.02)
            start = time.monotonic()
        limit = {"early": 0.4, "boot": Run.boot * 1.1, "end": 0.6}[self.moment] * self.at
        self.process.wait(max(0.0, start + limit - time.monotonic()))

    def victims(self, *names):
        """The processes with such a name, once there are any."""
        while self.process.p.poll() is None:
            found = [pid for pid, name in below(self.process.p.pid).items() if name.startswith(names)]
            if found:
                return found
            time.sleep(0.02)
        return []

    def hit(self, names, number):
        found = self.victims(*names)
        if found:
            pid = self.rng.choice(found)
            self.notes.append(f"{signal.Signals(number).name} to {processes().get(pid, names)[0]} after "
                              f"{time.monotonic() - self.process.start:.2f} s")
            send(pid, number)
            return pid
        return None

    def pause(self, pid, seconds):
        if pid and send(pid, signal.SIGSTOP):
            self.process.wait(seconds)
            send(pid, signal.SIGCONT)

    SERVERS = {"cifs": ("smbd", "bwrap"), "virtiofs": ("virtiofsd",), "9p": ("qemu-img", "qemu-system"),
               "image": ("qemu-img", "qemu-system")}

    def fault_none(self):
        return set()

    def fault_launcher_signal(self):
        number = self.rng.choice([signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
        self.notes.append(signal.Signals(number).name)
        send(self.process.p.pid, number)
        return {128 + number}

    def fault_launcher_killed(self):
        send(self.process.p.pid, signal.SIGKILL)
        return {-signal.SIGKILL}

    def fault_launcher_stopped(self):
        self.pause(self.process.p.pid, 1.5)
        return set()

    def fault_qemu_killed(self):
        self.hit(("qemu-system",), self.rng.choice([signal.SIGKILL, signal.SIGSEGV, signal.SIGTERM, signal.SIGABRT]))
        return self.failures(69, 71)

    def fault_qemu_stopped(self):
        self.pause((self.victims("qemu-system") or [None])[0], 1.5)
        return set()

    def fault_qemu_stopped_signal(self):
        pid = (self.victims("qemu-system") or [None])[0]
        if pid:
            send(pid, signal.SIGSTOP)
        send(self.process.p.pid, signal.SIGTERM)
        return {128 + signal.SIGTERM}

    def keeper(self):
        return self.hit(("storeboot",), signal.SIGKILL)

    def fault_keeper_killed(self):
        self.keeper()
        return set()

    def fault_both_killed(self):
        self.keeper()
        send(self.process.p.pid, signal.SIGKILL)
        self.process.wait()
        # Nobody is left who could clean up: the next program that lists the VMs does.
        subprocess.run([STOREBOOT, "list"], env=self.env, stdout=subprocess.DEVNULL, check=True, timeout=HANG)
        return {-signal.SIGKILL}

    def fault_server_killed(self):
        self.hit(self.SERVERS[self.share], signal.SIGKILL)
        return self.failures(66, 68, 69, 70, 71)

    def fault_server_stopped(self):
        found = self.victims(*self.SERVERS[self.share])
        self.pause(found[-1] if found else None, 1.5)
        return set()

    def other(self, *args):
        return Process([STOREBOOT, *args], self.env, self.top)

    def end_of(self, other, may):
        if not other.wait():
            self.bad(f"{other.args[1]} hangs")
            other.p.kill()
            other.wait()
        other.finish()
        if other.p.returncode not in may:
            self.bad(f"{' '.join(other.args[1:])}: exit {other.p.returncode}: {other.err.decode(errors='replace')}")

    def fault_stop(self, *more):
        other = self.other("stop", self.name, *more)
        self.end_of(other, {0, 65, 67, 69, 71})
        if other.p.returncode:
            self.notes.append(f"stop: {other.p.returncode} {other.err.decode(errors='replace').strip()}")
            if self.action == "hang":
                send(self.process.p.pid, signal.SIGTERM)
        elif self.process.wait(GRACE) is False:
            self.bad("stop has ended, the run has not")
        return {143} if self.command else {0, 143}

    def fault_stop_now(self):
        return self.fault_stop("--now")

    def fault_timeout(self):
        return self.failures(71)

    def fault_full(self):
        return FAILURES | {125}

    def fault_limit(self):
        return FAILURES | {125}

    def fault_two(self):
        other = Process(self.arguments(self.name + "-other"), self.env, self.top)
        self.end_of(other, self.natural() | ({67} if self.disk else set()) | self.failures(67))
        self.notes.append(f"the other: {other.p.returncode}")
        self.check_count(other)
        return self.failures(67) if self.disk else set()

    def fault_exec(self):
        others = [self.other("exec", self.name, "--", f"{SYSTEM}/sw/bin/busybox", "true")
                  for _ in range(self.rng.randint(1, 4))]
        for other in others:
            self.end_of(other, {0, 125})
            if other.p.returncode == 125 and b"storeboot:" not in other.err:
                self.bad("exec fails without a line")
        return {125} if self.command else set()

    def fault_stdout_closed(self):
        os.close(self.process.p.stdout.fileno())
        return FAILURES | {125, 128 + signal.SIGPIPE}

    # --- the checks
    def check_count(self, process):
        """The disk holds what a guest has written and said so."""
        if not self.disk:
            return
        for line in bytes(process.out).decode(errors="replace").replace("\r", "").split("\n"):
            word = line.split()
            if len(word) == 3 and word[:2] == ["SOAK", "saw"]:
                if int(word[2]) < counts[self.image]:
                    self.bad(f"the disk's count was {counts[self.image]}, and is {word[2]}")
            if len(word) == 3 and word[:2] == ["SOAK", "wrote"]:
                counts[self.image] = max(counts[self.image], int(word[2]))

    def check_verdict(self):
        status, out, err = self.process.p.returncode, self.process.out, self.process.err
        if status not in self.natural() | self.may:
            self.bad(f"exit {status}, not one of {sorted(self.natural() | self.may)}")
        if status == 0 and not self.command and not self.said_end():
            self.bad("a success, but the guest did not come to its end")
        if status in FAILURES or status == 125:
            if not any(line.startswith(b"storeboot:") for line in bytes(err).split(b"\n")):
                self.bad(f"exit {status} without a line")
        if status == 0 and self.outputs and not any(w in err for w in (b"--json", b"--plot", b"--console-log")):
            self.check_outputs(status)

    def said_end(self):
        if self.fault == "stdout-closed":
            return True
        if self.fault == "stop-now" or self.action in ("kill-self", "kill-all"):
            return self.process.said(b"SOAK stage2")
        return self.process.said(b"SOAK end")

    def check_outputs(self, status):
        try:
            with open(f"{self.out_folder}/{self.name}.json", encoding="utf-8") as f:
                last = json.loads(f.read().strip().split("\n")[-1])
            if last.get("event") != "verdict" or last.get("exit") != status:
                self.bad(f"--json ends with {last}")
            with open(f"{self.out_folder}/{self.name}.svg", encoding="utf-8") as f:
                if not f.read().rstrip().endswith("</svg>"):
                    self.bad("--plot is not complete")
        except (OSError, ValueError) as e:
            self.bad(f"outputs: {e}")

    def left(self):
        reap({self.process.p.pid})
        found = [f"process {pid} {name}" for pid, name in below(os.getpid()).items()]
        for top in ("tmp", "run"):
            for folder, folders, files in os.walk(f"{self.top}/{top}"):
                found += [f"{folder}/{name}" for name in files]
                found += [f"{folder}/{name}" for name in folders if name != "storeboot"]
        found += [f"/dev/shm/{name}" for name in os.listdir("/dev/shm")]
        found += [f"{self.top}/out/{name}" for name in os.listdir(self.out_folder) if not name.startswith("soak-")]
        with open("/proc/self/mountinfo", encoding="utf-8") as f:
            found += [f"mount {line.split()[4]}" for line in f if line not in mounts_before
                      and line.split()[4] not in self.mounts]
        return found

    def check_left(self):
        start = time.monotonic()
        while found := self.left():
            if time.monotonic() - start > GRACE:
                self.bad(f"left after {GRACE} s: {', '.join(found[:5])}")
                break
            time.sleep(0.05)
        for pid in below(os.getpid()):
            send(pid, signal.SIGKILL)

    def check_image(self):
        if not self.disk or not os.path.exists(self.image):
            return
        check_image(self, clean=self.process.p.returncode == 0 and not self.command and self.action != "reset"
                    and self.action not in ("kill-self", "kill-all") and self.fault != "two")

    def go(self):
        self.prepare()
        self.process = Process(self.arguments(self.name), self.env, self.top, self.limits)
        if self.fault not in ("none", "timeout", "full", "limit"):
            self.wait_for_moment()
        self.may = getattr(self, "fault_" + self.fault.replace("-", "_"))()
        if self.action == "hang" and self.fault not in ("stop", "stop-now"):
            send(self.process.p.pid, signal.SIGTERM)
        if not self.process.wait():
            self.bad("hangs")
            send(self.process.p.pid, signal.SIGKILL)
            self.process.wait()
        took = time.monotonic() - self.process.start
        self.check_left()
        if self.process.finish() and self.fault != "stdout-closed":
            self.bad("somebody holds its output")
        if self.fault == "none" and not self.errors:
            Run.boot = 0.7 * Run.boot + 0.3 * took
        self.check_verdict()
        self.check_count(self.process)
        self.check_image()
        for path in self.mounts:
            if subprocess.run(["umount", path], check=False).returncode:
                subprocess.run(["umount", "-l", path], check=False)
        self.report(took)
        if not self.errors:
            shutil.rmtree(self.top, ignore_errors=True)
        return not self.errors

    def report(self, took):
        print(f"# run {self.n}: {self.share}, {self.fault} at {self.moment} {self.at:.2f}, "
              f"{'command' if self.command else 'init'} {self.action},{self.ms}, "
              f"{os.path.basename(self.image) if self.disk else 'tmpfs'}{' new' if self.new and self.disk else ''}"
              f"{', outputs' if self.outputs else ''}: exit {self.process.p.returncode} after {took:.1f} s"
              f"{'; ' + '; '.join(self.notes) if self.notes else ''}", flush=True)
        for error in self.errors:
            print(f"#   WRONG, run {self.n}: {error}", flush=True)
        if self.errors:
            for text in (self.process.err, self.process.out[-1500:]):
                for line in bytes(text).decode(errors="replace").replace("\r", "").split("\n")[-12:]:
                    print(f"#     {line}")


# --- images ---------------------------------------------------------------------------------------------------------
counts = collections.Counter()  # what the last guest has written to this image, and said so


def forget(image):
    counts.pop(image, None)


def check_image(run, clean):
    """qcow2 and ext3 are sound. clean: without the journal."""
    image, raw = run.image, f"{run.top}/raw"
    check = subprocess.run(["qemu-img", "check", "-q", image], capture_output=True, check=False)
    if check.returncode not in (0, 3):  # 3: leaked clusters, which a kill may leave, and the next run repairs
        run.bad(f"qemu-img check: {check.stderr.decode(errors='replace')}")
        return
    if check.returncode == 3 and clean:
        run.bad("clusters leak after a clean end")
    if subprocess.run(["qemu-img", "convert", "-O", "raw", image, raw], check=False).returncode:
        run.bad("qemu-img convert fails")
        return
    with open(raw, "rb") as f:
        f.seek(1024)
        superblock = f.read(264)
    if len(superblock) < 264 or superblock[56:58] != b"\x53\xef":
        if clean:
            run.bad("a clean end, and no file system")
        return
    if clean and superblock[96] & 4:
        run.bad("a clean end, and the journal is not empty")
    subprocess.run(["e2fsck", "-E", "journal_only", "-y", raw], capture_output=True, check=False)
    e2fsck = subprocess.run(["e2fsck", "-fn", raw], capture_output=True, check=False)
    # One whose format was cut short is formatted again by the next boot; nothing was written to it.
    if e2fsck.returncode and (counts[image] or clean):
        run.bad(f"e2fsck: {e2fsck.stdout.decode(errors='replace')[-600:]}")
    os.unlink(raw)


def final_boot(image):
    """Whatever the faults have done to it: the next boot is well."""
    run = Run(0)
    run.share, run.fault, run.command, run.action, run.ms = "9p", "none", False, "poweroff", 0
    run.disk, run.new, run.outputs, run.image = True, False, False, image
    return run.go()


# --- the roles --------------------------------------------------------------------------------------------------------
def worker(k):
    figures, wrong = collections.Counter(), 0
    for n in range(FIRST + k, FIRST + RUNS, JOBS):
        run = Run(n)
        wrong += not run.go()
        figures["runs"] += 1
        for what in (f"fault={run.fault}", f"share={run.share}", f"exit={run.process.p.returncode}",
                     f"wrong={bool(run.errors)}"):
            figures[what] += 1
        with open(f"{FOLDER}/figures", "w", encoding="utf-8") as f:
            f.writelines(f"{what} {count}\n" for what, count in figures.items())
    for image in "ab":
        path = f"{FOLDER}/disk-{image}.qcow2"
        if os.path.exists(path):
            wrong += not final_boot(path)
    return wrong


def size_of(top):
    """What may grow in a process and those below it: private memory in KiB, descriptors, processes, by name."""
    found = collections.Counter()
    for pid, name in [(top, "launcher"), *below(top).items()]:
        try:
            with open(f"/proc/{pid}/status", encoding="utf-8") as f:
                found[f"{name} KiB"] += sum(int(line.split()[1]) for line in f if line.startswith("RssAnon"))
            found[f"{name} descriptors"] += len(os.listdir(f"/proc/{pid}/fd"))
            found[f"{name} processes"] += 1
        except OSError:
            pass
    return found


def resident():
    rng = random.Random(f"{SEED}/resident")
    env = dict(ENV, TMPDIR=FOLDER, XDG_RUNTIME_DIR=FOLDER, STOREBOOT_RUNTIME_DIR=FOLDER)
    busybox = f"{SYSTEM}/sw/bin/busybox"
    run = Process([STOREBOOT, "run", SYSTEM, "--name", "resident", "--share", "cifs", "--accel", "tcg", "-m", "128M",
                   "--root", "tmpfs", "--reginfo", "none", *OPTIONS, "--append", "soak=hang,0"], env, FOLDER)
    wrong, n, before, guest = 0, 0, None, None

    def bad(text):
        nonlocal wrong
        wrong += 1
        print(f"# WRONG, resident: {text}", flush=True)

    def work(want, *command, cut=False):
        nonlocal n
        other = Process([STOREBOOT, "exec", "resident", "--", busybox, *command], env, FOLDER)
        n += 1
        if cut:
            other.wait(rng.random())
            other.p.kill()
        ended = other.wait()
        other.finish()
        if not ended or (not cut and other.p.returncode != want):
            bad(f"exec {command}: {other.p.returncode} {bytes(other.err).decode(errors='replace')}")
        return bytes(other.out)

    def look():
        time.sleep(3)  # what was cut off goes away in the guest
        inside = work(0, "sh", "-c", "cd /proc && readlink [0-9]*/exe | wc -l; ls 1/fd | wc -l").split()
        time.sleep(1)
        return size_of(run.p.pid), inside

    while b"resident" not in subprocess.run([STOREBOOT, "list"], env=env, capture_output=True, check=True).stdout:
        if run.p.poll() is not None:
            bad(f"exit {run.p.returncode} {bytes(run.err).decode(errors='replace')}")
            return wrong
        time.sleep(0.1)
    while not os.path.exists(f"{FOLDER}/stop") or n < 30:
        work(0, "true")
        work(7, "sh", "-c", "exit 7")
        work(0, "sh", "-c", "head -c 200000 /dev/zero")
        work(0, "sleep", "100", cut=True)
        work(0, "cat", "/proc/version", cut=True)
        subprocess.run([STOREBOOT, "list"], env=env, stdout=subprocess.DEVNULL, check=True, timeout=HANG)
        if n == 20:
            before, guest = look()
        time.sleep(rng.random() * 8)
    after, guest_after = look()
    for what in sorted(before | after):
        print(f"# resident: {what}: {before[what]} after 20 commands, {after[what]} after {n}")
        # A leak grows with each command. Allocators and the guest's cache of open files have a limit; QEMU's TCG fills
        # a buffer with code.
        if "qemu" in what and "KiB" in what:
            continue
        if after[what] > before[what] + max(512 if "KiB" in what else 8, n // 20):
            bad(f"{what} has grown from {before[what]} to {after[what]}")
    print(f"# resident: guest's processes, descriptors of PID 1: {guest}, {guest_after}")
    if any(int(b) > int(a) + 2 for a, b in zip(guest, guest_after)):
        bad("the guest's processes are more")
    other = Process([STOREBOOT, "stop", "resident"], env, FOLDER)
    if not other.wait() or other.p.returncode or not run.wait(GRACE) or run.p.returncode:
        bad(f"stop: {other.p.returncode}, run: {run.p.returncode} {bytes(run.err).decode(errors='replace')}")
    return wrong


if ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
    sys.exit("soak: prctl")
with open("/proc/self/mountinfo", encoding="utf-8") as mountinfo:
    mounts_before = set(mountinfo)
sys.exit(1 if (resident() if ROLE == "resident" else worker(int(ROLE.split("-")[1]))) else 0)
