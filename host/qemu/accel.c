/* SPDX-License-Identifier: MIT */
/*
 * accel.c - the choice of the accelerator: whether KVM really runs a guest
 *
 * /dev/kvm can open, answer KVM_CREATE_VM and still run no guest (nested virtualisation that lacks
 * parts): QEMU then aborts, or the guest hangs early in the kernel's boot. The only proof is a
 * guest that ran to its end.
 */
#include "host/qemu/accel.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <linux/kvm.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "host/lib/arch.h"
#include "host/lib/cache.h"
#include "host/lib/exit.h"
#include "host/qemu/accel_probe.h"
#include "host/qemu/stuck.h"
#include "host/lib/signals.h"
#include "init/lib/file.h"
#include "init/lib/spawn.h"
#include "init/lib/str.h"

/* A working KVM takes a tenth of a second on an idle host. The probe may take longer while it makes
 * progress; this limit is for hangs that stuck.h does not detect, such as a stopped QEMU. */
#define PROBE_TIMEOUT_MS 120000
#define VERDICT "kvm" /* name of the cached file */
#define VERDICT_MAX 8192
/* Seconds for which a "no" is believed. It may change: another hypervisor may have held the
 * processor, or KVM's module may get another parameter. Where KVM always hangs, one run in ten
 * minutes pays for the probe. */
#define NO_MAX_AGE 600
#define ONCE "once: "

extern const unsigned char accel_probe_sector[], accel_probe_sector_end[];

const char *accel_name(enum accel accel)
{
	static const char *const names[] = { "auto", "kvm", "tcg" };

	return names[accel];
}

/* Returns the line in which QEMU reports that KVM failed, or NULL (QEMU's accel/kvm/kvm-all.c and
 * target/i386/kvm/kvm.c). QEMU then dumps the registers and keeps running. */
static const char *find_failure(const struct buf *said)
{
	static const char *const lines[] = { "error: kvm run failed", "KVM internal error",
					     "KVM: " };

	for (size_t i = 0; said->data && i < ARRAY_SIZE(lines); i++) {
		const char *at = strstr(said->data, lines[i]);

		if (at && (at == said->data || at[-1] == '\n'))
			return at;
	}
	return NULL;
}

/* Returns the last line that gives a reason, without QEMU's name in front. */
static const char *last_reason(char *text)
{
	const char *reason = "";
	char *save = NULL, *line = strtok_r(text, "\n", &save);

	for (; line; line = strtok_r(NULL, "\n", &save)) {
		char *rest = strstr(line, ": ");

		/* assert(3) only names a source file; the line before it has the reason. */
		if (!strstr(line, "Assertion") && !strstr(line, "warning: "))
			reason = rest ? rest + 2 : line;
	}
	return reason;
}

/* Is this failure temporary, so that it proves nothing about KVM? */
static bool is_passing(int status, const char *why)
{
	static const int nums[] = { EBUSY, ENOMEM, EAGAIN };

	/* QEMU aborts when KVM refuses a request. Other signals come from outside or are faults. */
	if (WIFSIGNALED(status) && WTERMSIG(status) != SIGABRT)
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(nums); i++)
		if (strstr(why, strerror(nums[i])))
			return true;
	return false;
}

/* State of watch(). why: gets the reason; size is that of accel_probe's buffer. */
struct watched {
	struct stuck stuck;
	char *why;
	size_t size;
};

static int watch(pid_t pid, const struct buf *out, const struct buf *said, void *arg)
{
	struct watched *w = arg;

	if (signals_waiting())
		return -EINTR;
	if (find_failure(said))
		return -EIO;
	return stuck_look(&w->stuck, pid, out->len, SPAWN_WATCH_MS, w->why, w->size);
}

static int judge(int r, int status, struct buf *said, char *why, size_t why_size)
{
	const char *failure = find_failure(said);
	char how[64];

	if (r == -EIO && failure) {
		snprintf(why, why_size, "QEMU: %.*s", (int)strcspn(failure, "\n"), failure);
		return 0;
	}
	if (r == -ETIMEDOUT) {
		if (!why[0])
			snprintf(why, why_size, "it did not end a small guest in %d s",
				 PROBE_TIMEOUT_MS / 1000);
		return r;
	}
	if (r < 0) {
		snprintf(why, why_size, "%s", strerror(-r));
		return r;
	}
	if (WIFEXITED(status) && WEXITSTATUS(status) == ACCEL_PROBE_STATUS) {
		why[0] = '\0';
		return 1;
	}
	spawn_status_text(status, how, sizeof(how));
	if (said->len > 0)
		snprintf(why, why_size, "QEMU: %s", last_reason(said->data));
	else
		snprintf(why, why_size, "QEMU: %s", how);
	return is_passing(status, why) ? -EAGAIN : 0;
}

/* Makes a disk in memory that holds the boot sector. QEMU inherits the descriptor. */
static int make_disk(void)
{
	int fd = memfd_create("storeboot-probe", 0);
	size_t len = (size_t)(accel_probe_sector_end - accel_probe_sector);

	if (fd < 0)
		return -errno;
	if (file_write_all(fd, accel_probe_sector, len) < 0 || ftruncate(fd, 1 << 20) < 0) {
		int num = errno;

		close(fd);
		return -num;
	}
	return fd;
}

int accel_probe(const char *qemu, enum accel accel, char *why, size_t why_size)
{
	_cleanup_close_ int disk = make_disk();
	_cleanup_buf_ struct buf out = { 0 }, said = { 0 };
	char drive[128];
	const char *const argv[] = { qemu,
				     "-nodefaults",
				     "-no-user-config",
				     "-no-reboot",
				     "-display",
				     "none",
				     "-machine",
				     "q35",
				     "-m",
				     "16M",
				     "-accel",
				     accel_name(accel),
				     "-cpu",
				     "max",
				     "-device",
				     "isa-debug-exit,iobase=0xf4,iosize=1",
				     "-chardev",
				     "file,id=signs,path=/proc/self/fd/1",
				     "-device",
				     "isa-debugcon,iobase=0x402,chardev=signs",
				     "-drive",
				     drive,
				     "-device",
				     "ide-hd,drive=disk",
				     NULL };
	struct watched w = { .why = why, .size = why_size };
	struct spawn s = { .path = qemu,
			   .argv = argv,
			   .stdin_fd = -1,
			   .timeout_ms = PROBE_TIMEOUT_MS,
			   .watch = watch,
			   .watch_arg = &w };
	struct rlimit core, no_core;
	int r, status = 0;

	why[0] = '\0';
	if (disk < 0) {
		snprintf(why, why_size, "memfd_create: %s", strerror(-disk));
		return disk;
	}
	snprintf(drive, sizeof(drive), "if=none,id=disk,format=raw,file=/proc/self/fd/%d", disk);
	/* QEMU may abort; it must not leave a core file in the user's directory. */
	getrlimit(RLIMIT_CORE, &core);
	no_core = (struct rlimit){ 0, core.rlim_max };
	setrlimit(RLIMIT_CORE, &no_core);
	r = spawn_run(&s, &out, &said, &status);
	setrlimit(RLIMIT_CORE, &core);
	return judge(r, status, &said, why, why_size);
}

/* A verdict is valid for this boot of the host, this QEMU and this /dev/kvm. */
static int verdict_key(const char *qemu, struct buf *ret)
{
	struct stat q, kvm;
	char boot[64];
	int r = file_read_line(AT_FDCWD, "/proc/sys/kernel/random/boot_id", boot, sizeof(boot));

	if (r < 0)
		return r;
	if (stat(qemu, &q) < 0 || stat("/dev/kvm", &kvm) < 0)
		return -errno;
	return buf_addf(ret, "%s %llu.%lu %llu %llu %llu.%lu %s\n", boot,
			(unsigned long long)q.st_mtim.tv_sec, (unsigned long)q.st_mtim.tv_nsec,
			(unsigned long long)q.st_size, (unsigned long long)kvm.st_ino,
			(unsigned long long)kvm.st_ctim.tv_sec, (unsigned long)kvm.st_ctim.tv_nsec,
			qemu);
}

/* Whether KVM runs a guest. runs: 1, 0 or -errno, as accel_probe returns. */
struct verdict {
	int runs;
	time_t kept_s; /* seconds for which a "no" is still believed; 0: not cached */
	char why[512];
};

/* Loads the cached verdict. The file holds the key's line, then "runs" or the reason why KVM does
 * not. ONCE before the reason: a single probe that made no progress. Sets runs to 1 or 0; -EAGAIN
 * for a "no" that is not believed, or no longer; or another -errno. */
static void verdict_load(int dir, const struct buf *key, struct verdict *v)
{
	_cleanup_close_ int fd =
		openat(dir, VERDICT, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	_cleanup_buf_ struct buf b = { 0 };
	struct stat st;
	time_t age;

	v->runs = fd < 0 || fstat(fd, &st) < 0 ? -errno : file_read_fd(fd, VERDICT_MAX, &b);
	if (v->runs == 0 && (b.len <= key->len || memcmp(b.data, key->data, key->len) != 0))
		v->runs = -ESTALE;
	if (v->runs < 0)
		return;
	snprintf(v->why, sizeof(v->why), "%s", b.data + key->len);
	age = time(NULL) - st.st_mtime; /* negative: the clock was set back */
	v->kept_s = age < 0 || str_after(v->why, ONCE) ? 0 : NO_MAX_AGE - age;
	if (str_eq(v->why, "runs"))
		v->runs = 1;
	else if (v->kept_s <= 0)
		v->runs = -EAGAIN;
}

/* Returns whether the verdict was stored. */
static bool verdict_store(int dir, const struct buf *key, const char *once, const char *verdict)
{
	_cleanup_buf_ struct buf b = { 0 };

	if (buf_add(&b, key->data, key->len) < 0 || buf_addf(&b, "%s%s", once, verdict) < 0)
		return false;
	cache_sweep(dir);
	return file_replace(dir, VERDICT, b.data, b.len, 0600) == 0;
}

/* Gets the verdict, from the cache or by a probe. anew: ignore a cached "no". */
static void kvm_verdict(const char *qemu, bool anew, struct verdict *v)
{
	_cleanup_buf_ struct buf folder = { 0 }, key = { 0 };
	_cleanup_close_ int dir = cache_open("accel", &folder);
	bool cached = dir >= 0 && verdict_key(qemu, &key) == 0;
	bool again, kept;

	*v = (struct verdict){ .runs = -ENOENT };
	if (cached)
		verdict_load(dir, &key, v);
	if (v->runs == 1 || (v->runs == 0 && !anew))
		return;
	again = v->runs == -EAGAIN || v->runs == 0;
	v->kept_s = 0;
	v->runs = accel_probe(qemu, ACCEL_KVM, v->why, sizeof(v->why));
	/* Ctrl-C also reaches QEMU, so its exit then proves nothing about KVM. */
	if (!cached || signals_waiting() || (v->runs < 0 && v->runs != -ETIMEDOUT))
		return;
	/* One lack of progress may be a slow host. Two in a row are cached, so that a KVM that
	 * always hangs does not delay every run. */
	kept = verdict_store(dir, &key, v->runs >= 0 || again ? "" : ONCE,
			     v->runs == 1 ? "runs" : v->why);
	if (kept && (v->runs == 0 || again))
		v->kept_s = NO_MAX_AGE;
}

static void why_not_open(int num, char *why, size_t size)
{
	const struct group *group = NULL;
	struct stat st;

	if ((num == EACCES || num == EPERM) && stat("/dev/kvm", &st) == 0)
		group = getgrgid(st.st_gid);
	snprintf(why, size, "/dev/kvm: %s%s%s%s", strerror(num),
		 group ? " (it belongs to the group " : "", group ? group->gr_name : "",
		 group ? ")" : "");
}

/* Makes a VM, which takes milliseconds: a KVM that ran a guest before may by now be in use by
 * another hypervisor. */
static int try_create(int kvm, char *why, size_t size)
{
	_cleanup_close_ int vm = ioctl(kvm, KVM_CREATE_VM, 0);

	if (vm < 0)
		snprintf(why, size, "KVM_CREATE_VM: %s", strerror(errno));
	return vm < 0 ? -EAGAIN : 0;
}

/* Returns whether KVM runs a guest, with the complete reason in v->why. */
static bool kvm_runs(const char *qemu, bool anew, struct verdict *v)
{
	_cleanup_close_ int fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	char reason[sizeof(v->why)];

	*v = (struct verdict){ 0 };
	if (fd < 0) {
		why_not_open(errno, v->why, sizeof(v->why));
		return false;
	}
	v->runs = try_create(fd, v->why, sizeof(v->why));
	if (v->runs == 0)
		kvm_verdict(qemu, anew, v);
	if (v->runs == 1) {
		snprintf(v->why, sizeof(v->why), "/dev/kvm runs a guest");
		return true;
	}
	snprintf(reason, sizeof(reason), "%s", v->why);
	snprintf(v->why, sizeof(v->why), "/dev/kvm opens but runs no guest (%.400s)", reason);
	return false;
}

enum accel accel_choose(enum accel wanted, const char *qemu, char *why, size_t why_size)
{
	const bool can_probe = &accel_probe_sector_end[0] > &accel_probe_sector[0];
	struct verdict v;

	if (wanted == ACCEL_TCG || (wanted == ACCEL_KVM && !can_probe)) {
		snprintf(why, why_size, "as asked");
		return wanted;
	}
	if (kvm_runs(qemu, wanted == ACCEL_KVM, &v)) {
		snprintf(why, why_size, "%s", v.why);
		return ACCEL_KVM;
	}
	if (wanted == ACCEL_KVM)
		snprintf(why, why_size, "%s", v.why);
	else if (v.kept_s > 0)
		snprintf(why, why_size,
			 "%s: " ACCEL_EMULATED
			 " (remembered for %ld min; 'storeboot doctor' asks again)",
			 v.why, ((long)v.kept_s + 59) / 60);
	else
		snprintf(why, why_size, "%s: " ACCEL_EMULATED, v.why);
	return ACCEL_TCG;
}

int accel_find(const struct accel_request *q, enum accel *ret, char *why, struct err *e)
{
	snprintf(why, ACCEL_WHY_SIZE, "as asked");
	*ret = q->wanted;
	if (q->wanted != ACCEL_TCG && !arch_by_kvm(q->arch)) {
		*ret = ACCEL_TCG;
		snprintf(why, ACCEL_WHY_SIZE,
			 "the kernel is for %s, this host is %s: " ACCEL_EMULATED, q->arch->name,
			 arch_host());
	} else if (q->wanted != ACCEL_KVM || !q->only_look) {
		*ret = accel_choose(q->wanted, q->qemu, why, ACCEL_WHY_SIZE);
	}
	if (signals_waiting())
		return err_sys(e, EINTR, "run");
	if (q->wanted == ACCEL_KVM && *ret != q->wanted)
		return err_exit(e, EXIT_MISSING, ENODEV,
				"run: --accel kvm: %s; nothing was made or changed", why);
	return 0;
}
