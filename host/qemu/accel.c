/* SPDX-License-Identifier: MIT */
/*
 * accel.c - which accelerator truly runs a guest
 *
 * /dev/kvm can open, answer KVM_CREATE_VM and still run no guest (nested virtualisation without
 * the parts it needs): QEMU then aborts, or the guest hangs where the kernel has just begun. Only
 * a guest that ran to its end is a proof.
 */
#include "host/qemu/accel.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "host/cache.h"
#include "host/qemu/accel_probe.h"
#include "host/signals.h"
#include "init/lib/file.h"
#include "init/lib/spawn.h"
#include "init/lib/str.h"

/* A KVM that works needs a tenth of a second, TCG a little more. */
#define PROBE_TIMEOUT_MS 3000
#define VERDICT "kvm" /* the file's name in the cache */
#define VERDICT_MAX 8192
/* A verdict that is "no" is not for ever: another hypervisor may have held the processor, or KVM's module
 * gets a parameter. Where KVM hangs each time, one run in ten minutes pays for the probe. */
#define NO_MAX_AGE 600
#define ONCE "once: "

extern const unsigned char accel_probe_sector[], accel_probe_sector_end[];

const char *accel_name(enum accel accel)
{
	static const char *const names[] = { "auto", "kvm", "tcg" };

	return names[accel];
}

/* The last line that is QEMU's reason, without its own name in front. */
static const char *last_reason(char *text)
{
	const char *reason = "";
	char *save = NULL, *line = strtok_r(text, "\n", &save);

	for (; line; line = strtok_r(NULL, "\n", &save)) {
		char *rest = strstr(line, ": ");

		/* The line that assert(3) adds names a source file; the one before says why. */
		if (!strstr(line, "Assertion") && !strstr(line, "warning: "))
			reason = rest ? rest + 2 : line;
	}
	return reason;
}

/* What holds for this moment alone, and no word on what KVM can do. */
static bool is_passing(int status, const char *why)
{
	static const int nums[] = { EBUSY, ENOMEM, EAGAIN };

	/* A QEMU that KVM refuses something aborts; the other signals come from elsewhere, or are faults. */
	if (WIFSIGNALED(status) && WTERMSIG(status) != SIGABRT)
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(nums); i++)
		if (strstr(why, strerror(nums[i])))
			return true;
	return false;
}

static int judge(int r, int status, struct buf *said, char *why, size_t why_size)
{
	char how[64];

	if (r == -ETIMEDOUT) {
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

/* A disk that holds the boot sector, in memory; QEMU inherits it. */
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
	const char *const argv[] = { qemu, "-nodefaults", "-no-user-config", "-no-reboot",
				     "-display", "none", "-machine", "q35", "-m", "16M",
				     "-accel", accel_name(accel), "-cpu", "max",
				     "-device", "isa-debug-exit,iobase=0xf4,iosize=1",
				     "-drive", drive, "-device", "ide-hd,drive=disk", NULL };
	struct spawn s = { .path = qemu, .argv = argv, .stdin_fd = -1,
			   .timeout_ms = PROBE_TIMEOUT_MS };
	struct rlimit core, no_core;
	int r, status = 0;

	if (disk < 0) {
		snprintf(why, why_size, "memfd_create: %s", strerror(-disk));
		return disk;
	}
	snprintf(drive, sizeof(drive), "if=none,id=disk,format=raw,file=/proc/self/fd/%d", disk);
	/* A QEMU that aborts shall not leave a core file where the user stands. */
	getrlimit(RLIMIT_CORE, &core);
	no_core = (struct rlimit){ 0, core.rlim_max };
	setrlimit(RLIMIT_CORE, &no_core);
	r = spawn_run(&s, &out, &said, &status);
	setrlimit(RLIMIT_CORE, &core);
	return judge(r, status, &said, why, why_size);
}

/* What a verdict holds for: this boot of the host, this QEMU, this /dev/kvm. */
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

/*
 * The file is the key's line, then "runs" or the reason why not, behind ONCE where it is no more than one
 * probe that was too slow. Returns 1 or 0, -EAGAIN for a "no" that is not, or no more, to be believed, or
 * another -errno.
 */
static int verdict_load(int dir, const struct buf *key, char *why, size_t why_size)
{
	_cleanup_close_ int fd = openat(dir, VERDICT, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	_cleanup_buf_ struct buf b = { 0 };
	struct stat st;
	time_t age;
	int r;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	r = file_read_fd(fd, VERDICT_MAX, &b);
	if (r < 0)
		return r;
	if (b.len <= key->len || memcmp(b.data, key->data, key->len) != 0)
		return -ESTALE;
	snprintf(why, why_size, "%s", b.data + key->len);
	if (str_eq(why, "runs"))
		return 1;
	age = time(NULL) - st.st_mtime; /* less than 0: the clock was set back */
	return str_after(why, ONCE) || age < 0 || age >= NO_MAX_AGE ? -EAGAIN : 0;
}

static void verdict_store(int dir, const struct buf *key, const char *once, const char *verdict)
{
	_cleanup_buf_ struct buf b = { 0 };

	if (buf_add(&b, key->data, key->len) < 0 || buf_addf(&b, "%s%s", once, verdict) < 0)
		return;
	cache_sweep(dir);
	/* Without a cache the next run asks again. */
	if (file_replace(dir, VERDICT, b.data, b.len, 0600) < 0)
		return;
}

static int kvm_verdict(const char *qemu, char *why, size_t why_size)
{
	_cleanup_buf_ struct buf folder = { 0 }, key = { 0 };
	_cleanup_close_ int dir = cache_open("accel", &folder);
	bool cached = dir >= 0 && verdict_key(qemu, &key) == 0;
	int r = cached ? verdict_load(dir, &key, why, why_size) : -ENOENT;

	bool again = r == -EAGAIN;

	if (r >= 0)
		return r;
	r = accel_probe(qemu, ACCEL_KVM, why, why_size);
	/* Ctrl-C goes to QEMU as well: how it ended then says nothing about KVM. */
	if (!cached || signals_waiting())
		return r;
	/* A host can be slow for a moment, or hang each time, which is not to cost every run the wait: the
	 * second time in a row counts. */
	if (r >= 0 || r == -ETIMEDOUT)
		verdict_store(dir, &key, r >= 0 || again ? "" : ONCE, r == 1 ? "runs" : why);
	return r;
}

enum accel accel_choose(enum accel wanted, const char *qemu, char *why, size_t why_size)
{
	_cleanup_close_ int fd = -1;
	char reason[512];
	int r;

	if (wanted != ACCEL_AUTO) {
		snprintf(why, why_size, "as asked");
		return wanted;
	}
	fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (fd < 0) {
		snprintf(why, why_size, "/dev/kvm: %s%s", strerror(errno),
			 errno == EACCES ? " (are you in the group kvm?)" : "");
		return ACCEL_TCG;
	}
	r = kvm_verdict(qemu, reason, sizeof(reason));
	if (r == 1) {
		snprintf(why, why_size, "/dev/kvm runs a guest");
		return ACCEL_KVM;
	}
	snprintf(why, why_size, "/dev/kvm opens but runs no guest (%s)", reason);
	return ACCEL_TCG;
}
